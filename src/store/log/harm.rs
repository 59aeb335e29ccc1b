//! Every way to harm a log that was thought of, and whether it is found and where; for tests.

use proptest::prelude::*;
use rand::rngs::SmallRng;
use rand::{Rng as _, SeedableRng as _};

use super::line;
use super::note::Keys;
use super::signer::Signer;
use super::tree::{Frontier, Hash, leaf_hash};
use super::verify::{Finding, Held, Place, Report, Verifier};
use crate::base::clock::WallTime;
use crate::model::act::{Act, Key};
use crate::model::id::Id;
use crate::words::{Language, Words};

/// A log, what is kept beside it, and what a second place knows of it.
#[derive(Clone)]
pub(super) struct Story {
    /// Place, text, leaf hash.
    pub(super) lines: Vec<(u64, String, Hash)>,
    /// The store's checkpoints, each of the lines up to its size; the last covers all.
    pub(super) held: Vec<Held>,
    /// The second place's, fewer.
    pub(super) witness: Vec<Held>,
    pub(super) head: Frontier,
    pub(super) keys: Keys,
    every: u64,
}

/// A signer whose key is on no disk for longer than this takes.
fn signer(seat: &str) -> Signer {
    let folder = tempfile::tempdir().unwrap();
    Signer::open_or_make(&folder.path().join("k"), seat).unwrap()
}

fn act(number: u64) -> Act {
    let mut random = [0; 10];
    random[..8].copy_from_slice(&number.to_be_bytes());
    Act {
        id: Id::new(WallTime(1_763_800_000_000_000_000), random),
        at: WallTime(1_763_800_000_000_000_000 + number as i64 * 1_000_000),
        seat: "a".into(),
        centre: "aktobe".into(),
        author: None,
        second: None,
        kind: "camera-enlarged".into(),
        about: Some(format!("ak-{number:04}")),
        detail: serde_json::Map::new(),
        changes: Vec::new(),
    }
}

/// The line of another act at a place.
fn line_at(index: u64, number: u64) -> (u64, String, Hash) {
    let act = act(number);
    let key = Key::new("post", act.id);
    let text = line::text(index, &act, act.at, &[(key, 1, Some(Hash::of(b"{}")))]);
    let hash = leaf_hash(text.as_bytes());
    (index, text, hash)
}

fn held(place: Place, signer: &Signer, edge: &Frontier) -> Held {
    Held {
        size: (place == Place::Store).then_some(edge.size()),
        place,
        note: signer.sign(Story::ORIGIN, edge).unwrap().to_string(),
    }
}

impl Story {
    pub(super) const ORIGIN: &'static str = "qyran/019a";

    /// Of `size` lines with a checkpoint for each `every`, and one of all; the second place has the
    /// first of each two, and that of all.
    pub(super) fn new(size: u64, every: u64) -> Self {
        Self::signed_by(&signer("a"), size, every)
    }

    fn signed_by(signer: &Signer, size: u64, every: u64) -> Self {
        let mut keys = Keys::default();
        keys.add(signer.key().clone());
        let lines = (0..size).map(|index| line_at(index, index)).collect();
        let mut story = Self {
            lines,
            held: Vec::new(),
            witness: Vec::new(),
            head: Frontier::default(),
            keys,
            every,
        };
        story.rebuild();
        story.sign(signer, &Place::Store, every);
        story.sign(signer, &Place::Witness("second".into()), every * 2);
        story
    }

    /// Hashes, the head and nothing else anew, from the lines as they are; places by their order.
    fn rebuild(&mut self) {
        self.head = Frontier::default();
        for (place, line) in (0..).zip(&mut self.lines) {
            *line = (place, line.1.clone(), leaf_hash(line.1.as_bytes()));
            self.head.append(line.2);
        }
    }

    /// All checkpoints of a place anew.
    fn sign(&mut self, signer: &Signer, place: &Place, every: u64) {
        let mut edge = Frontier::default();
        let mut all = Vec::new();
        for (_, _, hash) in &self.lines {
            edge.append(*hash);
            if edge.size() % every == 0 || edge.size() == self.lines.len() as u64 {
                all.push(held(place.clone(), signer, &edge));
            }
        }
        if *place == Place::Store {
            self.held = all;
        } else {
            self.witness = all;
        }
    }

    fn verify(&self) -> Report {
        let held = self.held.iter().chain(&self.witness).cloned();
        let mut verifier = Verifier::new(Self::ORIGIN, &self.keys, held);
        for (index, text, hash) in &self.lines {
            verifier.line(*index, text, *hash);
        }
        verifier.finish(Some(&self.head))
    }

    /// The range of lines between the checkpoints around line `at`: the first and the last.
    fn around(&self, at: u64) -> (u64, u64) {
        let from = at / self.every * self.every;
        let size = self.lines.len() as u64;
        (from, (from + self.every).min(size) - 1)
    }

    /// Another text for a line, and maybe a hash that fits.
    fn edit(&mut self, at: u64, with_hash: bool) {
        let line = &mut self.lines[at as usize];
        line.1 = line.1.replace("enlarged", "ENLARGED");
        if with_hash {
            line.2 = leaf_hash(line.1.as_bytes());
        }
    }
}

/// Whether `report` holds exactly one root that differs, of the store, within these lines.
fn assert_differs(report: &Report, (from, to): (u64, u64)) {
    let is_it = |finding: &&Finding| {
        matches!(finding, Finding::RootDiffers { from: f, to: t, place: Place::Store, .. }
            if (*f, *t) == (from, to))
    };
    let count = report.findings.iter().filter(is_it).count();
    assert_eq!(count, 1, "{from} to {to}: {:?}", report.findings);
    assert_eq!(report.proved, from, "{:?}", report.findings);
}

fn rolled_back(report: &Report, at_store: bool) -> Option<(u64, u64)> {
    report.findings.iter().find_map(|finding| match finding {
        Finding::RolledBack {
            known, is, place, ..
        } if (*place == Place::Store) == at_store => Some((*known, *is)),
        _ => None,
    })
}

/// Harms a story, which this signer's key signed, and says what must be found.
type Way = fn(&mut Story, &Signer, &mut SmallRng);

/// The ways.
const WAYS: &[(&str, Way)] = &[
    ("nothing is done", |story, _, _| {
        let report = story.verify();
        assert_eq!(report.findings, []);
        assert!(report.clean());
        assert_eq!(report.proved, story.lines.len() as u64);
        assert_eq!(
            report.compared,
            (story.held.len() + story.witness.len()) as u64
        );
    }),
    ("a text is edited", |story, _, random| {
        let at = random.random_range(0..story.lines.len() as u64);
        story.edit(at, false);
        let report = story.verify();
        assert_eq!(report.findings, [Finding::Changed { index: at }]);
        assert_eq!(report.proved, at);
    }),
    ("a hash is edited", |story, _, random| {
        let at = random.random_range(0..story.lines.len() as u64);
        story.lines[at as usize].2 = Hash::default();
        assert_eq!(story.verify().findings, [Finding::Changed { index: at }]);
    }),
    ("a text and its hash are edited", |story, _, random| {
        let at = random.random_range(0..story.lines.len() as u64);
        story.edit(at, true);
        let report = story.verify();
        assert_differs(&report, story.around(at));
        // The head that was left tells the place again, in its own subtrees.
        assert!(report.findings.iter().any(|finding| matches!(finding,
            Finding::HeadDiffers { within: Some((from, to)), .. } if (*from..=*to).contains(&at))));
    }),
    (
        "a text, its hash and the head are edited",
        |story, _, random| {
            let at = random.random_range(0..story.lines.len() as u64);
            story.edit(at, true);
            story.rebuild();
            let report = story.verify();
            assert_differs(&report, story.around(at));
            assert_eq!(report.findings.len(), 1, "{:?}", report.findings);
        },
    ),
    (
        "all later roots are made to fit without a key",
        |story, _, random| {
            let at = random.random_range(0..story.lines.len() as u64);
            story.edit(at, true);
            story.rebuild();
            let (from, to) = story.around(at);
            let good = story.held.clone();
            let forger = signer("a");
            story.sign(&forger, &Place::Store, story.every);
            let mut forged = 0;
            for (held, good) in story.held.iter_mut().zip(&good) {
                if held.size.unwrap() <= at {
                    *held = good.clone();
                } else {
                    // The signature of the right key, over another text.
                    let (text, _) = held.note.split_once("\n\n").unwrap();
                    let (_, signature) = good.note.split_once("\n\n").unwrap();
                    held.note = format!("{text}\n\n{signature}");
                    forged += 1;
                }
            }
            let report = story.verify();
            let expect = Finding::SignatureBad {
                size: to + 1,
                last: story.lines.len() as u64,
                count: forged,
                key: "seat/a".into(),
                place: Place::Store,
            };
            assert!(report.findings.contains(&expect), "{:?}", report.findings);
            // The second place has every second checkpoint, and the last.
            assert!(report.proved <= from, "{:?}", report.findings);
            assert!(report.findings.iter().any(|finding| matches!(finding,
            Finding::RootDiffers { from, to, .. } if (*from..=*to).contains(&at))));
        },
    ),
    (
        "the same, and the second place is lost",
        |story, _, random| {
            let at = random.random_range(0..story.lines.len() as u64);
            let (from, to) = story.around(at);
            story.edit(at, true);
            story.rebuild();
            let good = story.held.clone();
            story.sign(&signer("a"), &Place::Store, story.every);
            let kept = (from / story.every) as usize;
            story.held[..kept].clone_from_slice(&good[..kept]);
            story.witness.clear();
            let report = story.verify();
            let size = story.lines.len() as u64;
            let expect = [
                Finding::Unsigned { from, to: size - 1 },
                Finding::UnknownKey {
                    size: to + 1,
                    last: size,
                    count: (story.held.len() - kept) as u64,
                    key: "seat/a".into(),
                    place: Place::Store,
                },
            ];
            assert_eq!(report.findings, expect);
            assert_eq!(report.proved, from);
        },
    ),
    ("a line is dropped", |story, _, random| {
        let at = random.random_range(0..story.lines.len() as u64 - 1);
        story.lines.remove(at as usize);
        let report = story.verify();
        assert_eq!(report.findings, [Finding::Missing { from: at, to: at }]);
        assert!(report.proved <= at);
    }),
    (
        "a line is dropped and the others close up",
        |story, _, random| {
            let size = story.lines.len() as u64;
            let at = random.random_range(0..size - 1);
            let (from, to) = story.around(at);
            story.lines.remove(at as usize);
            story.rebuild();
            let report = story.verify();
            let moved = Finding::Moved {
                from: at,
                to: size - 2,
                says: at + 1,
            };
            assert!(report.findings.contains(&moved), "{:?}", report.findings);
            assert_eq!(rolled_back(&report, true), Some((size, size - 1)));
            if to + 1 < size {
                assert_differs(&report, (from, to));
            }
        },
    ),
    ("the tail is dropped", |story, _, random| {
        let size = story.lines.len() as u64;
        let rest = random.random_range(0..size);
        story.lines.truncate(rest as usize);
        let report = story.verify();
        assert_eq!(rolled_back(&report, true), Some((size, rest)));
        assert_eq!(rolled_back(&report, false), Some((size, rest)));
        let head = Finding::HeadDiffers {
            says: size,
            is: rest,
            within: None,
        };
        assert!(report.findings.contains(&head));
        assert!(report.proved <= rest);
    }),
    ("two neighbouring lines are swapped", |story, _, random| {
        let at = random.random_range(0..story.lines.len() as u64 - 1);
        story.lines.swap(at as usize, at as usize + 1);
        story.rebuild();
        let report = story.verify();
        for (index, says) in [(at, at + 1), (at + 1, at)] {
            let moved = Finding::Moved {
                from: index,
                to: index,
                says,
            };
            assert!(report.findings.contains(&moved), "{:?}", report.findings);
        }
        assert_differs_somewhere(&report, at);
    }),
    ("a line is moved", |story, _, random| {
        let size = story.lines.len();
        let (from, to) = (random.random_range(0..size), random.random_range(0..size));
        if from == to {
            return;
        }
        let line = story.lines.remove(from);
        story.lines.insert(to, line);
        story.rebuild();
        let report = story.verify();
        let says = |finding: &Finding| {
            matches!(finding, Finding::Moved { from: at, says, .. }
                if (*at, *says) == (to as u64, from as u64))
        };
        assert!(report.findings.iter().any(says), "{:?}", report.findings);
        assert_differs_somewhere(&report, from.min(to) as u64);
    }),
    ("a line is doubled in its place", |story, _, random| {
        let at = random.random_range(0..story.lines.len());
        story.lines.insert(at, story.lines[at].clone());
        let report = story.verify();
        assert_eq!(report.findings, [Finding::Doubled { index: at as u64 }]);
    }),
    (
        "a line is doubled and the others make room",
        |story, _, random| {
            let at = random.random_range(0..story.lines.len() as u64);
            story
                .lines
                .insert(at as usize, story.lines[at as usize].clone());
            story.rebuild();
            let report = story.verify();
            let repeated = Finding::Repeated {
                index: at + 1,
                first: at,
            };
            assert!(report.findings.contains(&repeated), "{:?}", report.findings);
        },
    ),
    (
        "a line is put in that says its place",
        |story, _, random| {
            let size = story.lines.len() as u64;
            let at = random.random_range(0..size);
            let around = story.around(at);
            story.lines.insert(at as usize, line_at(at, 100_000));
            // The lines behind are written anew.
            for index in at + 1..=size {
                story.lines[index as usize] = line_at(index, index - 1);
            }
            story.rebuild();
            let report = story.verify();
            assert_differs(&report, around);
        },
    ),
    ("a line is added that nobody signed", |story, _, _| {
        let size = story.lines.len() as u64;
        story.lines.push(line_at(size, size));
        story.rebuild();
        let report = story.verify();
        let expect = Finding::Unsigned {
            from: size,
            to: size,
        };
        assert_eq!(report.findings, [expect]);
        assert_eq!(report.proved, size);
    }),
    (
        "log, head and checkpoints are rolled back",
        |story, _, random| {
            let size = story.lines.len() as u64;
            let rest = random.random_range(0..size / story.every) * story.every;
            story.lines.truncate(rest as usize);
            story.rebuild();
            story.held.retain(|held| held.size.unwrap() <= rest);
            let report = story.verify();
            let (known, is) = rolled_back(&report, false).unwrap();
            assert_eq!((known, is), (size, rest));
            assert_eq!(report.findings.len(), 1, "{:?}", report.findings);
            assert_eq!(report.proved, rest);
        },
    ),
    (
        "all is signed again with the seat's own key",
        |story, own, random| {
            let at = random.random_range(0..story.lines.len() as u64);
            story.edit(at, true);
            story.rebuild();
            story.sign(own, &Place::Store, story.every);
            let report = story.verify();
            let past = report.findings.iter().any(|finding| {
                matches!(finding,
            Finding::NotExtension { from, size, place: Place::Witness(_), .. }
                if (*from..*size).contains(&at))
            });
            assert!(past, "{at}: {:?}", report.findings);
            assert!(report.proved <= at);
        },
    ),
    ("all is signed again with another key", |story, _, _| {
        story.sign(&signer("b"), &Place::Store, story.every);
        let report = story.verify();
        let expect = Finding::UnknownKey {
            size: story.every,
            last: story.lines.len() as u64,
            count: story.held.len() as u64,
            key: "seat/b".into(),
            place: Place::Store,
        };
        assert_eq!(report.findings, [expect]);
        // What the second place knows proves the lines all the same.
        assert_eq!(report.proved, story.lines.len() as u64);
    }),
    (
        "a checkpoint stands for another size",
        |story, _, random| {
            let at = random.random_range(0..story.held.len() - 1);
            let (size, says) = (
                story.held[at + 1].size.unwrap(),
                story.held[at].size.unwrap(),
            );
            story.held[at + 1].note = story.held[at].note.clone();
            let report = story.verify();
            assert_eq!(report.findings, [Finding::CheckpointMoved { size, says }]);
        },
    ),
    ("a checkpoint is of another log", |story, own, random| {
        let at = random.random_range(0..story.held.len());
        let other = own.sign("qyran/other", &story.head).unwrap().to_string();
        story.held[at].note = other;
        let expect = Finding::OtherLog {
            origin: "qyran/other".into(),
            place: Place::Store,
        };
        assert_eq!(story.verify().findings, [expect]);
    }),
    ("a checkpoint is cut", |story, _, random| {
        let at = random.random_range(0..story.held.len());
        let held = &mut story.held[at];
        let size = held.size;
        let cut = random.random_range(0..held.note.len() - 4);
        held.note = held.note.chars().take(cut).collect();
        let report = story.verify();
        assert!(
            matches!(&report.findings[..], [Finding::CheckpointUnreadable { size: s, .. }] if *s == size),
            "{:?}",
            report.findings
        );
    }),
    ("the head is another", |story, _, _| {
        story.head.append(Hash::default());
        let is = story.lines.len() as u64;
        let expect = Finding::HeadDiffers {
            says: is + 1,
            is,
            within: None,
        };
        assert_eq!(story.verify().findings, [expect]);
    }),
    ("a line is no line", |story, _, random| {
        let at = random.random_range(0..story.lines.len());
        story.lines[at].1 = "DROP TABLE log".into();
        let index = at as u64;
        assert_eq!(
            story.verify().findings,
            [Finding::Changed { index }, Finding::Unreadable { index }]
        );
    }),
];

fn assert_differs_somewhere(report: &Report, at: u64) {
    let is_it = |finding: &Finding| matches!(finding, Finding::RootDiffers { from, to, .. } if (*from..=*to).contains(&at));
    assert!(report.findings.iter().any(is_it), "{:?}", report.findings);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn every_harm_is_found_and_located(size in 20_u64..400, every in 3_u64..20, seed: u64) {
        let own = signer("a");
        let whole = Story::signed_by(&own, size, every);
        for (name, harm) in WAYS {
            let mut story = whole.clone();
            let mut random = SmallRng::seed_from_u64(seed);
            let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                harm(&mut story, &own, &mut random);
            }));
            prop_assert!(done.is_ok(), "{}: size {}, every {}, seed {}", name, size, every, seed);
        }
    }
}

#[test]
fn an_empty_log_and_a_lost_one_are_told_apart() {
    let empty = Verifier::new(Story::ORIGIN, &Keys::default(), []);
    let report = empty.finish(Some(&Frontier::default()));
    assert!(report.clean());
    let mut story = Story::new(30, 10);
    story.lines.clear();
    story.head = Frontier::default();
    story.held.clear();
    let report = story.verify();
    assert_eq!(rolled_back(&report, false), Some((30, 0)));
    let unread = Verifier::new(Story::ORIGIN, &Keys::default(), []).finish(None);
    assert_eq!(unread.findings, [Finding::HeadUnreadable]);
}

#[test]
fn a_thousand_harms_are_listed_and_the_rest_counted() {
    let mut story = Story::new(1200, 100);
    (0..1200).for_each(|at| story.edit(at, false));
    let report = story.verify();
    assert_eq!((report.findings.len(), report.left_out), (1000, 200));
    // What is found once is never among those.
    story.lines.truncate(1100);
    let report = story.verify();
    assert_eq!(rolled_back(&report, true), Some((1200, 1100)));
    assert_eq!((report.proved, report.left_out), (0, 100));
}

#[test]
fn an_auditor_is_told_in_three_languages() {
    let place = || Place::Witness("mnt".into());
    let key = || "seat/a".to_owned();
    let all = [
        Finding::Changed { index: 1417 },
        Finding::Missing { from: 1, to: 1 },
        Finding::Missing { from: 1, to: 2 },
        Finding::Doubled { index: 1 },
        Finding::Repeated { index: 2, first: 1 },
        Finding::Moved {
            from: 1,
            to: 2,
            says: 3,
        },
        Finding::Unreadable { index: 1 },
        Finding::RootDiffers {
            from: 1,
            to: 2,
            key: key(),
            place: place(),
        },
        Finding::NotExtension {
            size: 1,
            from: 0,
            key: key(),
            place: place(),
        },
        Finding::SignatureBad {
            size: 1,
            last: 2,
            count: 2,
            key: key(),
            place: place(),
        },
        Finding::UnknownKey {
            size: 1,
            last: 2,
            count: 2,
            key: key(),
            place: Place::Store,
        },
        Finding::CheckpointUnreadable {
            size: Some(1),
            place: place(),
            why: super::note::Malformed::Parts,
        },
        Finding::CheckpointUnreadable {
            size: None,
            place: place(),
            why: super::note::Malformed::Parts,
        },
        Finding::CheckpointMoved { size: 1, says: 2 },
        Finding::OtherLog {
            origin: "x".into(),
            place: place(),
        },
        Finding::RolledBack {
            known: 2,
            is: 1,
            key: key(),
            place: place(),
        },
        Finding::HeadDiffers {
            says: 1,
            is: 2,
            within: None,
        },
        Finding::HeadDiffers {
            says: 1,
            is: 1,
            within: Some((0, 0)),
        },
        Finding::HeadUnreadable,
        Finding::Unsigned { from: 1, to: 2 },
    ];
    for language in Language::ALL {
        let words = Words::new(language);
        for finding in &all {
            let said = finding.say(words);
            assert!(!said.contains(['[', '{']), "{said}");
        }
        for findings in [vec![], all.to_vec()] {
            let report = Report {
                lines: 5,
                compared: 2,
                proved: 1,
                findings,
                left_out: 0,
            };
            assert!(!report.say(words).contains(['[', '{']));
        }
    }
    assert_eq!(
        all[0].say(Words::new(Language::En)),
        "Line 1,417 was changed: its text and its hash do not match"
    );
}
