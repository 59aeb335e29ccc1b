//! The log as a table: which lines, and what stands in each column.

use std::io;

use jiff::tz::TimeZone;

use super::line::Entry;
use crate::base::clock::WallTime;
use crate::model::act::SEAT_KINDS;
use crate::model::alarm::acts as alarms;
use crate::model::detection::rule;
use crate::model::id::Id;
use crate::model::person::Person;
use crate::model::shift::acts;
use crate::model::staff;
use crate::words::{self, Words};

/// The columns' names in a file, which other programs read.
pub const HEAD: [&str; 8] = [
    "line", "time", "seat", "who", "second", "act", "about", "detail",
];

/// Which lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Acts of this kind.
    pub kind: Option<String>,
    /// What this person did, alone or beside another.
    pub author: Option<Id>,
    /// What somebody did who has this login, or this in the name.
    pub who: Option<String>,
    /// What was done at this seat.
    pub seat: Option<String>,
    /// What is about this.
    pub about: Option<String>,
    /// Not before.
    pub since: Option<WallTime>,
    /// Lines in which this stands in any column.
    pub text: String,
}

/// Who reads it.
#[derive(Clone, Copy)]
pub struct Reader<'a> {
    /// In which words.
    pub words: Words,
    /// In which time zone times are written.
    pub zone: &'a TimeZone,
    /// Somebody of whom an identity speaks.
    pub person: &'a dyn Fn(Id) -> Option<&'a Person>,
    /// What else has a name.
    pub thing: &'a dyn Fn(Id) -> Option<String>,
}

impl Reader<'_> {
    /// A line in columns, as in [`HEAD`].
    pub fn columns(&self, entry: &Entry) -> [String; 8] {
        let about = entry.about.clone().unwrap_or_default();
        let named = about
            .parse()
            .ok()
            .and_then(|id| (self.thing)(id).or_else(|| Some((self.person)(id)?.name.clone())));
        let detail = if entry.detail.is_empty() {
            String::new()
        } else {
            serde_json::to_string(&entry.detail).unwrap_or_default()
        };
        [
            entry.index.to_string(),
            words::date_time(entry.at, self.zone),
            entry.seat.clone(),
            self.name(entry.author),
            self.name(entry.second),
            kind_word(&entry.kind, self.words),
            named.unwrap_or(about),
            detail,
        ]
    }

    /// Whether a line is one of those that `filter` wants.
    pub fn fits(&self, filter: &Filter, entry: &Entry) -> bool {
        let wanted =
            |filter: &Option<String>, text: &str| filter.as_ref().is_none_or(|want| want == text);
        let author = filter
            .author
            .is_none_or(|who| entry.author == Some(who) || entry.second == Some(who));
        let who = filter.who.as_ref().is_none_or(|who| {
            let person = entry.author.and_then(|id| (self.person)(id));
            person.is_some_and(|person| {
                *who == person.login || person.name.to_lowercase().contains(&who.to_lowercase())
            })
        });
        let text = filter.text.trim().to_lowercase();
        author
            && who
            && wanted(&filter.kind, &entry.kind)
            && wanted(&filter.seat, &entry.seat)
            && wanted(&filter.about, entry.about.as_deref().unwrap_or_default())
            && filter.since.is_none_or(|since| entry.at >= since)
            && (text.is_empty()
                || self
                    .columns(entry)
                    .iter()
                    .any(|column| column.to_lowercase().contains(&text)))
    }

    fn name(&self, id: Option<Id>) -> String {
        id.map_or_else(String::new, |id| {
            (self.person)(id).map_or_else(|| id.to_string(), |person| person.name.clone())
        })
    }
}

/// All kinds of acts that this program knows, each with the key of its words.
pub fn kinds() -> impl Iterator<Item = (&'static str, &'static str)> {
    let people = staff::KINDS.iter().map(|(kind, word, _)| (*kind, *word));
    people
        .chain(acts::WORDS.iter().copied())
        .chain(rule::acts::WORDS.iter().copied())
        .chain(alarms::WORDS.iter().copied())
        .chain(SEAT_KINDS.iter().copied())
}

/// A kind of act in the reader's language; as it stands where this program does not know it.
pub fn kind_word(kind: &str, words: Words) -> String {
    kinds()
        .find(|(known, _)| *known == kind)
        .map_or_else(|| kind.to_owned(), |(_, word)| words.get(word).into_owned())
}

/// The log as CSV (RFC 4180).
pub struct Csv<W: io::Write>(csv::Writer<W>);

impl<W: io::Write> Csv<W> {
    /// Begins with the columns' names.
    ///
    /// # Errors
    /// As of the file.
    pub fn new(to: W) -> io::Result<Self> {
        let mut csv = csv::Writer::from_writer(to);
        csv.write_record(HEAD)?;
        Ok(Self(csv))
    }

    /// Writes a line. What a spreadsheet would take for a formula is written as text.
    ///
    /// # Errors
    /// As of the file.
    pub fn write(&mut self, columns: &[String; 8]) -> io::Result<()> {
        let safe = columns.iter().map(|column| {
            if column.starts_with(['=', '+', '-', '@', '\t', '\r']) {
                format!("'{column}")
            } else {
                column.clone()
            }
        });
        self.0.write_record(safe)?;
        Ok(())
    }

    /// Writes a line of the log that cannot be read; `verify` says what is wrong with it.
    ///
    /// # Errors
    /// As of the file.
    pub fn write_unread(&mut self, index: u64, text: &str) -> io::Result<()> {
        let empty = String::new;
        self.write(&[
            index.to_string(),
            empty(),
            empty(),
            empty(),
            empty(),
            "?".to_owned(),
            empty(),
            text.to_owned(),
        ])
    }

    /// Writes what is left.
    ///
    /// # Errors
    /// As of the file.
    pub fn finish(mut self) -> io::Result<W> {
        self.0.flush()?;
        self.0
            .into_inner()
            .map_err(|error| io::Error::new(error.error().kind(), error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Language;

    fn entry(kind: &str, seat: &str, author: Option<Id>) -> Entry {
        Entry {
            index: 7,
            act: Id::from_bytes([1; 16]),
            at: WallTime(1_000_000_000_000),
            seat_at: WallTime(1_000_000_000_000),
            seat: seat.to_owned(),
            centre: "c".to_owned(),
            author,
            second: None,
            kind: kind.to_owned(),
            about: Some("=HYPERLINK(\"x\")".to_owned()),
            detail: serde_json::Map::new(),
            changes: Vec::new(),
        }
    }

    #[test]
    fn lines_are_chosen_by_each_field_and_by_what_is_read() {
        let (one, two) = (Id::from_bytes([1; 16]), Id::from_bytes([2; 16]));
        let person = Person {
            name: "Әлия Ә.".to_owned(),
            login: "aliya".to_owned(),
            ..Person::default()
        };
        let find = |id: Id| (id == one).then_some(&person);
        let zone = TimeZone::UTC;
        let reader = Reader {
            words: Words::new(Language::En),
            zone: &zone,
            person: &find,
            thing: &|_| None,
        };
        let line = entry("sign-in", "seat-1", Some(one));
        let none = Filter::default();
        let some = |change: fn(&mut Filter, Id)| {
            let mut filter = Filter::default();
            change(&mut filter, one);
            filter
        };
        let fitting = [
            none,
            some(|filter, _| filter.kind = Some("sign-in".into())),
            some(|filter, one| filter.author = Some(one)),
            some(|filter, _| filter.who = Some("aliya".into())),
            some(|filter, _| filter.who = Some("әЛИЯ".into())),
            some(|filter, _| filter.seat = Some("seat-1".into())),
            some(|filter, _| filter.since = Some(WallTime(1_000_000_000_000))),
            some(|filter, _| filter.text = "ӘЛИЯ".into()),
        ];
        for filter in &fitting {
            assert!(reader.fits(filter, &line), "{filter:?}");
        }
        let others = [
            entry("sign-out", "seat-1", Some(one)),
            entry("sign-in", "seat-1", Some(two)),
            entry("sign-in", "seat-1", None),
            entry("sign-in", "seat-2", Some(one)),
        ];
        let all = Filter {
            kind: Some("sign-in".into()),
            author: Some(one),
            seat: Some("seat-1".into()),
            ..Filter::default()
        };
        for other in &others {
            assert!(!reader.fits(&all, other), "{other:?}");
        }
        let later = Filter {
            since: Some(WallTime(1_000_000_000_001)),
            ..Filter::default()
        };
        assert!(!reader.fits(&later, &line));
    }

    #[test]
    fn a_spreadsheet_meets_no_formula() {
        let zone = TimeZone::UTC;
        let reader = Reader {
            words: Words::new(Language::En),
            zone: &zone,
            person: &|_| None,
            thing: &|_| None,
        };
        let mut csv = Csv::new(Vec::new()).expect("begun");
        csv.write(&reader.columns(&entry("sign-in", "@seat", None)))
            .expect("written");
        let text = String::from_utf8(csv.finish().expect("finished")).expect("UTF-8");
        assert!(
            text.contains("'=HYPERLINK") && text.contains("'@seat"),
            "{text}"
        );
    }
}
