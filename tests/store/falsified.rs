//! A story of an hour, proved by `qyran audit verify` and falsified from outside in every way that
//! was thought of: each is caught, and told where.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use qyran::store::database::new_id;
use qyran::store::log::signer::Signer;

use crate::harness::{Place, new_database, server};
use crate::story::{Copy, LINES, Story, key_of, tell};

/// The line that is harmed.
const AT: u64 = 300;

/// Another line with the place of line 300.
fn forged(line: &str) -> String {
    let forged = line.replace("camera-enlarged", "camera-lookedat");
    assert_ne!(forged, line);
    forged
}

fn shift(copy: &Copy<'_>, from: u64, by: i64) {
    copy.sql(&format!(
        "UPDATE log SET n = -n WHERE n >= {from}; UPDATE log SET n = -n + ({by}) WHERE n < 0"
    ));
}

fn swap(copy: &Copy<'_>) {
    copy.sql(&format!(
        "UPDATE log SET n = -1 WHERE n = {AT}; UPDATE log SET n = {AT} WHERE n = {AT} + 1;
         UPDATE log SET n = {AT} + 1 WHERE n = -1"
    ));
}

/// A way to harm, and what must be said of it; nothing where only the second place can know.
struct Harm {
    what: &'static str,
    harm: fn(&Copy<'_>),
    says: &'static [&'static str],
    /// What the second place knows of it besides.
    witness: &'static [&'static str],
}

const NOTHING: &[&str] = &[];

const HARM: &[Harm] = &[
    Harm {
        what: "a line edited",
        harm: |copy| {
            copy.sql(&format!(
                "UPDATE log SET line = replace(line, 'enlarged', 'lookedat') WHERE n = {AT}"
            ));
        },
        says: &["Line 300 was changed"],
        witness: NOTHING,
    },
    Harm {
        what: "a line's hash edited",
        harm: |copy| {
            let hash = copy.blob(&[7; 32]);
            copy.sql(&format!("UPDATE log SET hash = {hash} WHERE n = {AT}"));
        },
        says: &["Line 300 was changed"],
        witness: NOTHING,
    },
    Harm {
        what: "a line edited with a hash that fits",
        harm: |copy| copy.set_line(AT, &forged(&copy.line(AT))),
        says: &["Among lines 256 to 5"],
        witness: NOTHING,
    },
    Harm {
        what: "a line edited with a hash and a head that fit",
        harm: |copy| {
            copy.set_line(AT, &forged(&copy.line(AT)));
            copy.set_head(LINES);
        },
        says: &["Among lines 256 to 5"],
        witness: NOTHING,
    },
    Harm {
        what: "a line dropped",
        harm: |copy| copy.sql(&format!("DELETE FROM log WHERE n = {AT}")),
        says: &["Line 300 is missing"],
        witness: NOTHING,
    },
    Harm {
        what: "a line dropped and the gap closed",
        harm: |copy| {
            copy.sql(&format!("DELETE FROM log WHERE n = {AT}"));
            shift(copy, AT + 1, -1);
            copy.set_head(LINES - 1);
        },
        says: &["Lines 300 to 698 are in the wrong place: the first has the number 301"],
        witness: NOTHING,
    },
    Harm {
        what: "two lines exchanged",
        harm: swap,
        says: &["Lines 300 to 300 are in the wrong place: the first has the number 301"],
        witness: NOTHING,
    },
    Harm {
        what: "two lines exchanged, with places and hashes that fit",
        harm: |copy| {
            swap(copy);
            for n in [AT, AT + 1] {
                let line = copy.line(n);
                let rest = line.split_once(",\"act\"").expect("a line").1.to_owned();
                copy.set_line(n, &format!("{{\"v\":1,\"n\":{n},\"act\"{rest}"));
            }
            copy.set_head(LINES);
        },
        says: &["Among lines 256 to 5"],
        witness: NOTHING,
    },
    Harm {
        what: "a line inserted",
        harm: |copy| {
            shift(copy, AT, 1);
            let act = new_id();
            copy.sql(&format!(
                "INSERT INTO log (n, act, at, centre, seat, kind, line, hash)
                 SELECT {AT}, '{act}', at, centre, seat, kind, line, hash FROM log WHERE n = {AT} - 1"
            ));
            let line = copy.line(AT);
            let rest = line.split_once(",\"at\"").expect("a line").1.to_owned();
            copy.set_line(
                AT,
                &format!("{{\"v\":1,\"n\":{AT},\"act\":\"{act}\",\"at\"{rest}"),
            );
            copy.set_head(LINES + 1);
        },
        says: &[
            "Lines 301 to 700 are in the wrong place: the first has the number 300",
            "Among lines 256 to 5",
        ],
        witness: NOTHING,
    },
    Harm {
        what: "the end cut off",
        harm: |copy| copy.sql("DELETE FROM log WHERE n >= 600"),
        says: &[
            "The log was rolled back",
            "signed 700 lines (beside the log), now there are 600",
        ],
        witness: NOTHING,
    },
    Harm {
        what: "the end cut off, with a head that fits and without what was signed since",
        harm: |copy| {
            copy.sql("DELETE FROM log WHERE n >= 600; DELETE FROM checkpoint WHERE size > 600");
            copy.set_head(600);
        },
        says: &["Lines 512 to 599 are not signed by any known key"],
        witness: &[
            "The log was rolled back",
            "signed 700 lines (at the second place",
        ],
    },
    Harm {
        what: "all rolled back to a moment that was signed",
        harm: |copy| {
            copy.sql("DELETE FROM log WHERE n >= 512; DELETE FROM checkpoint WHERE size > 512");
            copy.set_head(512);
        },
        // The records of what came afterwards are still there.
        says: &["is not in the log"],
        witness: &["The log was rolled back", "there are 512"],
    },
    Harm {
        what: "all rolled back, and the records too",
        harm: |copy| {
            copy.sql(
                "DELETE FROM log WHERE n >= 60; DELETE FROM checkpoint WHERE size > 0;
                 DELETE FROM record WHERE seq >= 60",
            );
            copy.set_head(60);
            copy.sign(&key_of(&copy.story.options), 60);
        },
        says: NOTHING,
        witness: &[
            "The log was rolled back",
            "signed 700 lines (at the second place",
            "there are 60",
        ],
    },
    Harm {
        what: "written anew by somebody who has the seat's key",
        harm: |copy| {
            copy.set_line(AT, &forged(&copy.line(AT)));
            copy.set_head(LINES);
            copy.sql("DELETE FROM checkpoint WHERE size > 256");
            copy.sign(&key_of(&copy.story.options), LINES);
        },
        says: NOTHING,
        witness: &["lines from 0 on were rewritten"],
    },
    Harm {
        what: "a checkpoint rolled back",
        harm: |copy| {
            copy.sql(
                "UPDATE checkpoint SET text = (SELECT text FROM checkpoint WHERE size = 256)
                 WHERE size = 700",
            );
        },
        says: &[
            "The checkpoint kept for 700 lines is of 256 lines",
            "to 699 are not signed by any known key",
        ],
        witness: NOTHING,
    },
    Harm {
        what: "the last checkpoint dropped",
        harm: |copy| copy.sql("DELETE FROM checkpoint WHERE size = 700"),
        says: &["to 699 are not signed by any known key"],
        witness: NOTHING,
    },
    Harm {
        what: "a checkpoint edited",
        harm: |copy| {
            copy.sql("UPDATE checkpoint SET text = replace(text, '512', '511') WHERE size = 512");
        },
        says: &[
            "Invalid signatures in the name of seat/duty-",
            "at sizes 511 to 511",
        ],
        witness: NOTHING,
    },
    Harm {
        what: "a checkpoint signed by another key",
        harm: |copy| {
            copy.sql("DELETE FROM checkpoint");
            let folder = copy.folder.path();
            let signer = Signer::open_or_make(&folder.join("stranger.key"), "duty-2");
            copy.sign(&signer.expect("a key"), LINES);
        },
        says: &[
            "signed by an unknown key seat/duty-2",
            "Lines 0 to 699 are not signed by any known key",
        ],
        witness: NOTHING,
    },
    Harm {
        what: "a checkpoint that is nonsense",
        harm: |copy| copy.sql("UPDATE checkpoint SET text = 'nonsense' WHERE size = 512"),
        says: &["The checkpoint of 512 lines (beside the log) cannot be read"],
        witness: NOTHING,
    },
    Harm {
        what: "a head that says less",
        harm: |copy| copy.set_head(600),
        says: &["The log was rolled back", "there are 600"],
        witness: NOTHING,
    },
    Harm {
        what: "a record edited",
        harm: |copy| {
            copy.sql("UPDATE record SET body = '{\"state\":\"never\"}' WHERE kind = 'cover'");
        },
        says: &["The record cover", "does not match line "],
        witness: NOTHING,
    },
    Harm {
        what: "a record put back to what it was",
        harm: |copy| {
            copy.sql("UPDATE record SET body = '{\"state\":\"running\"}', version = 2 WHERE kind = 'cover'");
        },
        says: &["The record cover", "does not match line "],
        witness: NOTHING,
    },
    Harm {
        what: "a record taken away",
        harm: |copy| copy.sql("DELETE FROM record WHERE kind = 'handover'"),
        says: &["The record handover", "wrote last is missing"],
        witness: NOTHING,
    },
    Harm {
        what: "a record put in",
        harm: |copy| {
            let id = new_id();
            copy.sql(&format!(
                "INSERT INTO record (kind, id, version, seq, centre, at, body)
                 VALUES ('claim', '{id}', 1, 5, 'north', 0, '{{}}')"
            ));
        },
        says: &["The record claim", "is not in the log"],
        witness: NOTHING,
    },
];

fn prove_and_falsify(story: &Story) {
    let name = story.place.name;
    for with_witness in [false, true] {
        let (content, said) = story.copy().verify(with_witness);
        assert!(
            content && said.contains("700 lines agree"),
            "{name}: {said}"
        );
    }
    for Harm {
        what,
        harm,
        says,
        witness,
    } in HARM
    {
        let copy = story.copy();
        harm(&copy);
        let (content, said) = copy.verify(false);
        assert_eq!(content, says.is_empty(), "{name}: {what}: {said}");
        for says in *says {
            assert!(said.contains(says), "{name}: {what}: “{says}” in: {said}");
        }
        if !witness.is_empty() {
            let (content, said) = copy.verify(true);
            assert!(!content, "{name}: {what}: {said}");
            for says in *witness {
                assert!(said.contains(says), "{name}: {what}: “{says}” in: {said}");
            }
        }
    }
}

#[test]
fn the_story_of_an_hour_is_proved_and_falsified_on_one_machine() {
    prove_and_falsify(&tell(Place::alone(), None));
}

#[test]
fn the_story_of_an_hour_is_proved_and_falsified_in_a_centre() {
    let database = new_database();
    let place = Place::at(&server().url("postgres", &database));
    prove_and_falsify(&tell(place, Some(database)));
}

/// Whoever has nothing but a key can check one line.
#[test]
fn a_line_of_the_story_is_proved_to_a_stranger() {
    let story = tell(Place::alone(), None);
    let copy = story.copy();
    let folder: &Path = copy.folder.path();
    let keys: PathBuf = folder.join("keys");
    let proof = folder.join("proof");
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_qyran"));
        command
            .arg("audit")
            .args(arguments)
            .args(["--lang", "en", "--data"])
            .arg(folder);
        command.arg("--config").arg(folder).output().expect("qyran")
    };
    fs::write(&keys, run(&["keys"]).stdout).expect("written");
    let (keys, proof_name) = (
        keys.to_str().expect("a name"),
        proof.to_str().expect("a name"),
    );
    assert!(run(&["prove", "300", "--out", proof_name]).status.success());
    let check = || run(&["check", proof_name, "--keys", keys]);
    let said = check();
    assert!(said.status.success());
    assert!(String::from_utf8_lossy(&said.stdout).contains(&copy.line(AT)));
    let text = fs::read_to_string(&proof).expect("the proof");
    fs::write(&proof, text.replace("index 300", "index 301")).expect("written");
    assert!(!check().status.success(), "a proof of what never was");
}
