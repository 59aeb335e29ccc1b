//! Damaged and hostile bytes.

use super::super::*;
use super::{FULL, LEAST};

#[test]
fn a_message_cut_at_any_byte_is_refused() {
    for end in 0..FULL.len() {
        assert!(
            OutsideEvent::parse(&FULL.as_bytes()[..end]).is_err(),
            "cut at {end}"
        );
        assert!(
            bundle(&FULL.as_bytes()[..end]).map_or(true, |all| all[0].is_err()),
            "{end}"
        );
    }
    for begin in 1..FULL.len() {
        assert!(
            OutsideEvent::parse(&FULL.as_bytes()[begin..]).is_err(),
            "begun at {begin}"
        );
    }
    assert!(OutsideEvent::parse(format!("{LEAST}{LEAST}").as_bytes()).is_err());
    assert!(OutsideEvent::parse(format!("{LEAST}\u{0}").as_bytes()).is_err());
}

#[test]
fn every_byte_that_differs_is_read_or_refused() {
    let mut bytes = LEAST.as_bytes().to_vec();
    for at in 0..bytes.len() {
        let was = bytes[at];
        for byte in 0..=255 {
            bytes[at] = byte;
            if let Ok(event) = OutsideEvent::parse(&bytes) {
                let again = OutsideEvent::parse(event.to_json().as_bytes());
                assert_eq!(again, Ok(event), "byte {at} is {byte}");
            }
        }
        bytes[at] = was;
    }
}

#[test]
fn depth_width_and_length_are_bounded() {
    let check = |message: String, expect: &str| {
        let refusal = OutsideEvent::parse(message.as_bytes()).expect_err("refused");
        let told = refusal.to_string();
        assert!(told.contains(expect), "{told}");
        assert!(told.chars().count() < 500, "{told}");
    };
    let within = |value: &str| LEAST.replace("\"7\"", value);
    check("[".repeat(500_000), "at most 8 values in each other");
    check(
        within(&"{\"a\":".repeat(100_000)),
        "at most 8 values in each other",
    );
    check(
        within(&format!("[{}1]", "1,".repeat(400_000))),
        "/id: expected a list of at most 1000",
    );
    let members: Vec<String> = (0..100_000).map(|n| format!("\"{n}\":1")).collect();
    check(
        within(&format!("{{{}}}", members.join(","))),
        "at most 64 members",
    );
    check(
        within(&format!("\"{}\"", "x".repeat(1_000_000))),
        "a text of 1000000 characters",
    );
    check(
        within(&format!("\"{}\"", "x".repeat(LONGEST_MESSAGE))),
        "at most 1048576 bytes",
    );
    // A name of a megabyte stands in no answer.
    check(
        within(&format!("{{\"{}\":1,\"a\" 1}}", "\u{202e}".repeat(100_000))),
        "expected JSON",
    );
    check(
        LEAST.replace('}', &format!(",\"{}\":1}}", "x".repeat(1_000_000))),
        "no field of this",
    );
}

#[test]
fn numbers_that_are_none_names_twice_and_bytes_that_are_no_text() {
    let check = |from: &str, to: &str, expect: &str| {
        let message = FULL.replacen(from, to, 1);
        assert_ne!(message, FULL);
        let refusal = OutsideEvent::parse(message.as_bytes()).expect_err("refused");
        assert!(refusal.to_string().contains(expect), "{to}: {refusal}");
    };
    for number in [
        "NaN", "Infinity", "-", "1e999", "0x10", "01", "1.", ".5", "1e", "+1", "nul",
    ] {
        check("0.93", number, "expected JSON");
    }
    check(
        "0.93",
        "0.93, \"score\": 0.93",
        "/score: expected each name once",
    );
    check(
        "\"form\": 1",
        "\"form\": 1, \"form\": 1",
        "/form: expected each name once",
    );
    check("Strap open", "\\ud800", "expected JSON");
    check("Strap open", "a\nb", "expected JSON");
    for bad in [
        &[0xff][..],
        &[0xc0, 0x80],
        &[0xed, 0xa0, 0x80],
        &[0xf4, 0x90, 0x80, 0x80],
    ] {
        let (before, after) = FULL.split_once("Strap open").expect("there");
        let bytes = [before.as_bytes(), bad, after.as_bytes()].concat();
        let refusal = OutsideEvent::parse(&bytes).expect_err("refused");
        let expect = format!("byte {} ", before.len());
        assert!(refusal.reason.contains(&expect), "{refusal}");
    }
}

#[test]
fn stills_are_whole_or_refused() {
    let jpeg = super::JPEG;
    for end in 0..jpeg.len() {
        assert!(Still::new(&jpeg[..end]).is_err(), "cut at {end}");
    }
    for at in 0..jpeg.len() {
        for byte in 0..=255 {
            let mut other = jpeg;
            other[at] = byte;
            if let Ok(still) = Still::new(&other) {
                assert!((1..=MOST_PIXELS).contains(&still.width()));
                assert!((1..=MOST_PIXELS).contains(&still.height()));
            }
        }
    }
    // A segment whose length leads beyond the end, and one of length 0.
    for length in [[0xff, 0xff], [0, 0], [0, 1]] {
        let mut other = vec![0xff, 0xd8, 0xff, 0xe0, length[0], length[1]];
        other.extend_from_slice(&jpeg[2..]);
        assert!(Still::new(&other).is_err());
    }
    let mut filled = vec![0xff, 0xd8, 0xff, 0xff, 0xff, 0xe0, 0, 3, 9];
    filled.extend_from_slice(&jpeg[2..]);
    assert!(Still::new(&filled).is_ok());
}

#[test]
fn bundles_are_one_a_list_or_lines() {
    let two = LEAST.replace("\"7\"", "\"8\"");
    let ids = |bytes: &str| -> Vec<Result<String, String>> {
        bundle(bytes.as_bytes())
            .expect("a bundle")
            .into_iter()
            .map(|event| {
                event
                    .map(|event| event.id)
                    .map_err(|refusal| refusal.to_string())
            })
            .collect()
    };
    let ok = |id: &str| Ok::<_, String>(id.to_owned());
    assert_eq!(ids(FULL), [ok("EV-2026-000123")]);
    assert_eq!(ids(&format!("\u{feff} {LEAST}\n\n")), [ok("7")]);
    assert_eq!(ids(&format!("[{LEAST},\n{two}]")), [ok("7"), ok("8")]);
    assert_eq!(ids(&format!("{LEAST}\r\n \n{two}")), [ok("7"), ok("8")]);

    let lines = ids(&format!("{LEAST}\n\n{{\n{two}\n{}", &two[..40]));
    assert_eq!((&lines[0], &lines[2]), (&ok("7"), &ok("8")));
    let told = lines[1].as_ref().expect_err("refused");
    assert!(
        told.starts_with("line 3, the message: expected JSON"),
        "{told}"
    );
    assert!(lines[3].as_ref().expect_err("cut").starts_with("line 5, "));

    let list = ids(&format!("[{LEAST}, 5, {}]", two.replace("plate", "Plate")));
    assert_eq!(list[0], ok("7"));
    assert!(
        list[1]
            .as_ref()
            .expect_err("no object")
            .starts_with("/1: expected an object")
    );
    assert!(
        list[2]
            .as_ref()
            .expect_err("no class")
            .starts_with("/2/class: expected a class")
    );
    let missing = ids(&format!(
        "[{}]",
        LEAST.replace('}', ",\"stage\":\"ended\"}")
    ));
    assert!(
        missing[0]
            .as_ref()
            .expect_err("no thing")
            .starts_with("/0/thing: ")
    );

    for (bytes, expect) in [
        ("", "expected JSON"),
        (" \n\n", "expected JSON"),
        ("[]", "at least one event"),
        ("null", "expected an object, found null"),
        ("{} {}", "expected JSON"),
        ("[{}", "expected JSON"),
    ] {
        let told = match bundle(bytes.as_bytes()) {
            Err(refusal) => refusal.to_string(),
            Ok(all) => all[0].as_ref().expect_err("refused").to_string(),
        };
        assert!(told.contains(expect), "{bytes:?}: {told}");
    }
    let many = |n: usize| vec![LEAST; n].join("\n");
    assert_eq!(ids(&many(MOST_EVENTS)).len(), MOST_EVENTS);
    assert!(bundle(many(MOST_EVENTS + 1).as_bytes()).is_err());
    let list = |n: usize| format!("[{}]", vec![LEAST; n].join(","));
    assert_eq!(ids(&list(MOST_EVENTS)).len(), MOST_EVENTS);
    assert!(bundle(list(MOST_EVENTS + 1).as_bytes()).is_err());
}
