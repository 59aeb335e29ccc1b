//! The text of a line: what a leaf of the tree hashes. One act is one object of JSON on one line, in
//! one form only (`canonical`), so that a person can read it, a `grep` can find it, and two programs
//! that say the same say it in the same bytes. `docs/ref/log.md` describes the fields.
//!
//! What the records become is not in a line, only the SHA-256 of each: a line is never deleted, what
//! it speaks of may have to be.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::canonical;
use super::tree::Hash;
use crate::base::clock::WallTime;
use crate::model::act::{Act, Key};
use crate::model::id::Id;

/// The version of this form, which each line begins with.
const FORM: u8 = 1;
/// The longest line that is read, bytes.
pub const LONGEST_LINE: usize = 1 << 20;

/// What an act did to one record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// Which.
    pub key: Key,
    /// The version that it has since.
    pub version: u32,
    /// The SHA-256 of its text; nothing where it was removed.
    pub body: Option<Hash>,
}

/// A line of the log.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its place in the log, from 0.
    pub index: u64,
    /// Which act.
    pub act: Id,
    /// When, by the store's clock.
    pub at: WallTime,
    /// When, by the seat's clock.
    pub seat_at: WallTime,
    /// At which seat.
    pub seat: String,
    /// Of which centre.
    pub centre: String,
    /// Who; nothing where the program did it by itself.
    pub author: Option<Id>,
    /// Who signed in beside the author.
    pub second: Option<Id>,
    /// What.
    pub kind: String,
    /// About what.
    pub about: Option<String>,
    /// What else.
    pub detail: Map<String, Value>,
    /// What became of which records.
    pub changes: Vec<Changed>,
}

/// A text is no line of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotALine {
    /// Longer than any.
    #[error("longer than {LONGEST_LINE} bytes")]
    Long,
    /// No JSON with the fields of a line.
    #[error("no line of the log, at byte {at}")]
    Shape {
        /// Byte, from 0.
        at: usize,
    },
    /// It says what a line may say, but not in the one form.
    #[error("a line of the log in another form")]
    Form,
}

/// The text of the line `index` for `act`, which the store did at `at` and by which the records
/// `changed` (the version each has since, and the SHA-256 of its text or nothing once removed).
pub fn text(index: u64, act: &Act, at: WallTime, changed: &[(Key, u32, Option<Hash>)]) -> String {
    let mut out = String::with_capacity(512);
    before_detail(
        &mut out,
        &Fields {
            index,
            act: act.id,
            at,
            seat_at: act.at,
            seat: &act.seat,
            centre: &act.centre,
            author: act.author,
            second: act.second,
            kind: &act.kind,
            about: act.about.as_deref(),
        },
    );
    canonical::write_map(&mut out, &act.detail);
    let changes = changed
        .iter()
        .map(|(key, version, body)| (key, *version, *body));
    behind_detail(&mut out, changes);
    out
}

/// The place that a line says it has and the act it is of, without reading the rest; nothing where
/// it does not begin as lines do.
pub fn place(line: &str) -> Option<(u64, Id)> {
    let rest = line.strip_prefix("{\"v\":")?;
    let (_form, rest) = rest.split_once(",\"n\":")?;
    let (index, rest) = rest.split_once(',')?;
    let act = rest.strip_prefix("\"act\":\"")?.get(..36)?;
    Some((super::checkpoint::decimal(index)?, act.parse().ok()?))
}

/// What stands before the detail.
struct Fields<'a> {
    index: u64,
    act: Id,
    at: WallTime,
    seat_at: WallTime,
    seat: &'a str,
    centre: &'a str,
    author: Option<Id>,
    second: Option<Id>,
    kind: &'a str,
    about: Option<&'a str>,
}

fn before_detail(out: &mut String, fields: &Fields<'_>) {
    let id = |out: &mut String, name: &str, id: Option<Id>| match id {
        Some(id) => out.push_str(&format!(",\"{name}\":\"{id}\"")),
        None => out.push_str(&format!(",\"{name}\":null")),
    };
    let text = |out: &mut String, name: &str, text: Option<&str>| {
        out.push_str(&format!(",\"{name}\":"));
        match text {
            Some(text) => canonical::write_text(out, text),
            None => out.push_str("null"),
        }
    };
    out.push_str(&format!("{{\"v\":{FORM},\"n\":{}", fields.index));
    id(out, "act", Some(fields.act));
    out.push_str(&format!(
        ",\"at\":{},\"seat_at\":{}",
        fields.at.micros(),
        fields.seat_at.micros()
    ));
    text(out, "seat", Some(fields.seat));
    text(out, "centre", Some(fields.centre));
    id(out, "author", fields.author);
    id(out, "second", fields.second);
    text(out, "kind", Some(fields.kind));
    text(out, "about", fields.about);
    out.push_str(",\"detail\":");
}

fn behind_detail<'a>(
    out: &mut String,
    changes: impl Iterator<Item = (&'a Key, u32, Option<Hash>)>,
) {
    out.push_str(",\"changes\":[");
    for (index, (key, version, body)) in changes.enumerate() {
        out.push_str(if index > 0 { ",[" } else { "[" });
        canonical::write_text(out, &key.kind);
        out.push_str(&format!(",\"{}\",{version},", key.id));
        match body {
            Some(hash) => out.push_str(&format!("\"{hash}\"]")),
            None => out.push_str("null]"),
        }
    }
    out.push_str("]}");
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Read {
    v: u8,
    n: u64,
    act: Id,
    at: WallTime,
    seat_at: WallTime,
    seat: String,
    centre: String,
    author: Option<Id>,
    second: Option<Id>,
    kind: String,
    about: Option<String>,
    detail: Map<String, Value>,
    changes: Vec<(String, Id, u32, Option<String>)>,
}

impl Entry {
    /// Reads a line.
    ///
    /// # Errors
    /// Where it is not in the one form of lines, even if another reader of JSON would make the same
    /// of it.
    pub fn parse(line: &str) -> Result<Self, NotALine> {
        if line.len() > LONGEST_LINE {
            return Err(NotALine::Long);
        }
        let read: Read = serde_json::from_str(line).map_err(|error| NotALine::Shape {
            at: error.column().saturating_sub(1),
        })?;
        if read.v != FORM {
            return Err(NotALine::Form);
        }
        let changes = read
            .changes
            .into_iter()
            .map(|(kind, id, version, body)| {
                let key = Key { kind, id };
                let body = body.map(|hash| hash.parse()).transpose().ok()?;
                Some(Changed { key, version, body })
            })
            .collect::<Option<Vec<_>>>()
            .ok_or(NotALine::Form)?;
        let entry = Self {
            index: read.n,
            act: read.act,
            at: read.at,
            seat_at: read.seat_at,
            seat: read.seat,
            centre: read.centre,
            author: read.author,
            second: read.second,
            kind: read.kind,
            about: read.about,
            detail: read.detail,
            changes,
        };
        if entry.is_written_as(line) {
            Ok(entry)
        } else {
            Err(NotALine::Form)
        }
    }

    /// Whether `line` is what would be written for this. The detail is looked at by itself: fractions
    /// in it may be written in ways that do not survive reading and writing to the last digit.
    fn is_written_as(&self, line: &str) -> bool {
        let (mut before, mut behind) = (String::with_capacity(512), String::new());
        before_detail(
            &mut before,
            &Fields {
                index: self.index,
                act: self.act,
                at: self.at,
                seat_at: self.seat_at,
                seat: &self.seat,
                centre: &self.centre,
                author: self.author,
                second: self.second,
                kind: &self.kind,
                about: self.about.as_deref(),
            },
        );
        let changes = self.changes.iter();
        behind_detail(&mut behind, changes.map(|c| (&c.key, c.version, c.body)));
        line.strip_prefix(&before)
            .and_then(|rest| rest.strip_suffix(&behind))
            .is_some_and(canonical::is_canonical)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::log::tree::leaf_hash;
    use proptest::prelude::*;
    use serde_json::json;

    fn act() -> Act {
        let id = |byte: u8| Id::new(WallTime(1_763_800_000_000_000_000), [byte; 10]);
        Act {
            id: id(1),
            at: WallTime(1_763_800_000_123_456_789),
            seat: "Пульт 4".into(),
            centre: "aktobe".into(),
            author: Some(id(2)),
            second: None,
            kind: "camera-enlarged".into(),
            about: Some("ak-0417".into()),
            detail: json!({"seconds": 12.5, "because": "a \"loud\"\nnoise", "and": [1, null]})
                .as_object()
                .cloned()
                .unwrap(),
            changes: Vec::new(),
        }
    }

    fn changed() -> Vec<(Key, u32, Option<Hash>)> {
        let id = Id::new(WallTime(1_763_800_000_000_000_000), [3; 10]);
        vec![
            (Key::new("post", id), 3, Some(Hash::of(b"{}"))),
            (Key::new("claim", id), 1, None),
        ]
    }

    /// Every byte of this is promised: hashes of lines that are kept depend on it.
    const GOLDEN: &str = "{\"v\":1,\"n\":7,\"act\":\"019aaaac-2600-7101-8101-010101010101\",\
        \"at\":1763800000200000,\"seat_at\":1763800000123456,\"seat\":\"Пульт 4\",\"centre\":\"aktobe\",\
        \"author\":\"019aaaac-2600-7202-8202-020202020202\",\"second\":null,\
        \"kind\":\"camera-enlarged\",\"about\":\"ak-0417\",\
        \"detail\":{\"and\":[1,null],\"because\":\"a \\\"loud\\\"\\nnoise\",\"seconds\":12.5},\
        \"changes\":[[\"post\",\"019aaaac-2600-7303-8303-030303030303\",3,\
        \"44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a\"],\
        [\"claim\",\"019aaaac-2600-7303-8303-030303030303\",1,null]]}";

    #[test]
    fn the_form_of_a_line_stays() {
        let line = text(7, &act(), WallTime(1_763_800_000_200_000_000), &changed());
        assert_eq!(line, GOLDEN);
        assert_eq!(
            leaf_hash(line.as_bytes()).to_string(),
            "8f2d386010e7fc7349ef9c7e761890adf4c1f0c052b77b425ebfbf2a15b635ae"
        );
        let page = include_str!("../../../docs/ref/log.md");
        assert!(page.contains(GOLDEN), "docs/ref/log.md shows this line");
        assert!(page.contains("8f2d386010e7fc7349ef9c7e761890adf4c1f0c052b77b425ebfbf2a15b635ae"));
    }

    #[test]
    fn a_line_is_read_back() {
        let entry = Entry::parse(GOLDEN).unwrap();
        let act = act();
        assert_eq!((entry.index, entry.act), (7, act.id));
        assert_eq!(place(GOLDEN), Some((7, act.id)));
        assert_eq!(entry.seat_at.micros(), act.at.micros());
        assert_eq!((&entry.seat, &entry.detail), (&act.seat, &act.detail));
        assert_eq!(entry.changes[0].body, Some(Hash::of(b"{}")));
        assert_eq!((entry.changes[1].version, entry.changes[1].body), (1, None));
    }

    #[test]
    fn other_ways_to_say_the_same_are_refused() {
        let check = |from: &str, to: &str| {
            assert!(GOLDEN.contains(from), "{from}");
            let line = GOLDEN.replacen(from, to, 1);
            assert!(Entry::parse(&line).is_err(), "{line}");
        };
        check("{\"v\"", "{ \"v\"");
        check("\"v\":1", "\"v\":2");
        check("\"n\":7", "\"n\":07");
        check("\"n\":7,", "\"n\":7,\"n\":7,");
        check("\"second\":null,", "");
        check("019aaaac-2600-7101", "019AAAAC-2600-7101");
        check("\"and\":[1,null],", "\"and\":[1,null],\"and\":[1,null],");
        check("\"seconds\":12.5", "\"aa\":12.5");
        check("\"kind\":\"camera", "\"kind\":\"\\u0063amera");
        check("\"at\":1763800000200000,", "\"at\":1763800000200000.0,");
        check(",\"about\":\"ak-0417\"", "");
        check("44136fa", "44136FA");
        check("44136fa", "4136fa");
        check("null]]}", "null]]}\n");
        check("null]]}", "null],[]]}");
        check("null]]}", "null]],\"more\":1}");
        assert_eq!(
            Entry::parse(&"x".repeat(LONGEST_LINE + 1)),
            Err(NotALine::Long)
        );
        assert_eq!(Entry::parse(""), Err(NotALine::Shape { at: 0 }));
        for line in [
            "",
            "{\"v\":1,\"n\":07,\"act\":\"",
            "{\"v\":1,\"n\":7,\"act\":\"é",
        ] {
            assert_eq!(place(line), None);
        }
    }

    proptest! {
        #[test]
        fn whatever_is_done_is_one_line_and_read_back(
            index in 0..u64::MAX / 2, name: String, about: Option<String>, key: String, fraction: f64, hostile: String,
        ) {
            let mut act = act();
            act.seat = name;
            act.about = about;
            act.detail.insert(key, fraction.into());
            act.detail.insert("text".into(), hostile.into());
            let line = text(index, &act, act.at, &changed());
            prop_assert!(!line.contains(|c: char| c < ' '), "{}", line);
            let entry = Entry::parse(&line).unwrap();
            prop_assert_eq!(place(&line), Some((index, act.id)));
            prop_assert_eq!((entry.seat, entry.about), (act.seat, act.about));
        }

        #[test]
        fn a_damaged_line_is_read_only_in_the_form(at in 0..GOLDEN.len(), to in "[\\x00-\u{7f}]") {
            if GOLDEN.is_char_boundary(at) && GOLDEN.is_char_boundary(at + 1) {
                let mut line = GOLDEN.to_owned();
                line.replace_range(at..=at, &to);
                if let Ok(entry) = Entry::parse(&line) {
                    prop_assert!(entry.is_written_as(&line));
                }
            }
        }
    }
}
