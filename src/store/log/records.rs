//! Whether the records are what the log says of them: the version and the hash that the last line
//! which wrote a record gives it. So a record that was changed, put back or taken away beside the log
//! is found, and the line that says otherwise is told.

use std::collections::HashMap;

use super::finding::Finding;
use super::tree::Hash;
use crate::model::act::Key;
use crate::model::id::Id;

/// How a line ends that wrote no record.
const NONE_WRITTEN: &str = ",\"changes\":[]}";
/// What stands before the records that a line wrote. A text within a line has its quotation marks
/// escaped, so of those that stand there so the last is the one.
const WRITTEN: &str = ",\"changes\":";

/// What the log says of all records, line by line.
#[derive(Debug, Default)]
pub struct Records {
    last: HashMap<Key, Said>,
}

/// What the last line says of a record.
#[derive(Clone, Copy, Debug)]
struct Said {
    line: u64,
    version: u32,
    body: Option<Hash>,
}

/// A record as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Which.
    pub key: Key,
    /// How often it was written.
    pub version: u32,
    /// The hash of its text; nothing once removed.
    pub body: Option<Hash>,
}

impl Records {
    /// The next line of the log, in the order of their places. One that cannot be read is the
    /// verifier's to tell.
    pub fn line(&mut self, index: u64, text: &str) {
        if text.ends_with(NONE_WRITTEN) {
            return;
        }
        let written = text
            .rfind(WRITTEN)
            .and_then(|at| text.get(at + WRITTEN.len()..text.len() - 1));
        let Some(written) = written else { return };
        let Ok(written) = serde_json::from_str::<Vec<(String, Id, u32, Option<&str>)>>(written)
        else {
            return;
        };
        for (kind, id, version, body) in written {
            let Ok(body) = body.map(str::parse).transpose() else {
                continue;
            };
            let said = Said {
                line: index,
                version,
                body,
            };
            self.last.insert(Key { kind, id }, said);
        }
    }

    /// What is wrong with the records `kept`, which are all that there were when the log had `size`
    /// lines; what was written later is not judged. In the order of the lines.
    pub fn compare(mut self, kept: impl IntoIterator<Item = Kept>, size: u64) -> Vec<Finding> {
        let mut found = Vec::new();
        for kept in kept {
            let Key { kind, id } = kept.key.clone();
            match self.last.remove(&kept.key) {
                None => found.push((u64::MAX, Finding::RecordUnknown { kind, id })),
                Some(said) if said.line >= size => {}
                Some(said) if (said.version, said.body) == (kept.version, kept.body) => {}
                Some(Said { line, .. }) => {
                    found.push((line, Finding::RecordDiffers { kind, id, line }));
                }
            }
        }
        let gone = self.last.into_iter().filter(|(_, said)| said.line < size);
        found.extend(gone.map(|(Key { kind, id }, Said { line, .. })| {
            (line, Finding::RecordMissing { kind, id, line })
        }));
        found.sort_by(|(a, first), (b, second)| (a, first.record()).cmp(&(b, second.record())));
        found.into_iter().map(|(_, finding)| finding).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::WallTime;
    use crate::model::act::Act;
    use crate::store::log::line;

    fn id(n: u8) -> Id {
        Id::from_bytes([n; 16])
    }

    fn key(n: u8) -> Key {
        Key::new("post", id(n))
    }

    /// A line that wrote records: which, the version, the text.
    fn written(index: u64, records: &[(u8, u32, Option<&str>)]) -> String {
        let mut act = Act {
            id: id(200),
            at: WallTime(0),
            seat: "a".to_owned(),
            centre: "b".to_owned(),
            author: None,
            second: None,
            kind: "c".to_owned(),
            about: Some(WRITTEN.to_owned()),
            detail: serde_json::Map::new(),
            changes: Vec::new(),
        };
        act.detail
            .insert("changes".to_owned(), vec![1, 2, 3].into());
        let changed: Vec<_> = records
            .iter()
            .map(|(n, version, body)| (key(*n), *version, body.map(|b| Hash::of(b.as_bytes()))))
            .collect();
        line::text(index, &act, WallTime(0), &changed)
    }

    fn kept(n: u8, version: u32, body: Option<&str>) -> Kept {
        Kept {
            key: key(n),
            version,
            body: body.map(|body| Hash::of(body.as_bytes())),
        }
    }

    fn log() -> Records {
        let mut records = Records::default();
        for (index, line) in [
            written(0, &[(1, 1, Some("{}")), (2, 1, Some("{}"))]),
            written(1, &[]),
            written(2, &[(1, 2, Some("{\"a\":1}"))]),
            written(3, &[(2, 2, None)]),
            "no line".to_owned(),
        ]
        .iter()
        .enumerate()
        {
            records.line(index as u64, line);
        }
        records
    }

    #[test]
    fn records_are_what_their_last_lines_say() {
        let good = [kept(1, 2, Some("{\"a\":1}")), kept(2, 2, None)];
        assert_eq!(log().compare(good, 4), []);
    }

    #[test]
    fn every_other_record_is_told_with_its_line() {
        let good = (kept(1, 2, Some("{\"a\":1}")), kept(2, 2, None));
        let differs = |n, line| Finding::RecordDiffers {
            kind: "post".to_owned(),
            id: id(n),
            line,
        };
        for (kept, expect) in [
            (
                vec![kept(1, 2, Some("{\"a\":2}")), good.1.clone()],
                differs(1, 2),
            ),
            // Put back to what it was.
            (vec![kept(1, 1, Some("{}")), good.1.clone()], differs(1, 2)),
            (
                vec![kept(1, 3, Some("{\"a\":1}")), good.1.clone()],
                differs(1, 2),
            ),
            // A removed one that is there again.
            (vec![good.0.clone(), kept(2, 1, Some("{}"))], differs(2, 3)),
            (
                vec![good.0.clone()],
                Finding::RecordMissing {
                    kind: "post".to_owned(),
                    id: id(2),
                    line: 3,
                },
            ),
            (
                vec![good.0.clone(), good.1.clone(), kept(3, 1, Some("{}"))],
                Finding::RecordUnknown {
                    kind: "post".to_owned(),
                    id: id(3),
                },
            ),
        ] {
            assert_eq!(log().compare(kept, 4), [expect]);
        }
    }

    #[test]
    fn what_is_written_meanwhile_is_not_judged() {
        assert_eq!(
            log().compare([kept(1, 1, Some("{}")), kept(2, 1, None)], 2),
            []
        );
    }
}
