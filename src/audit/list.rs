//! The log as a table.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

use anyhow::Context as _;

use super::reading::Reading;
use crate::model::act::{Record as _, SEAT_KINDS};
use crate::model::id::Id;
use crate::model::person::Person;
use crate::model::shift::acts;
use crate::model::staff;
use crate::store::log::line::Entry;
use crate::words::{self, Words};

/// Which lines.
#[derive(Clone, Debug, Default, clap::Args)]
pub(super) struct Filter {
    /// Only acts of this kind
    #[arg(long, value_name = "KIND")]
    kind: Option<String>,
    /// Only what this person did (login or a part of the name)
    #[arg(long, value_name = "WHO")]
    who: Option<String>,
    /// Only what was done at this seat
    #[arg(long, value_name = "SEAT")]
    seat: Option<String>,
    /// Only what is about this
    #[arg(long, value_name = "WHAT")]
    about: Option<String>,
    /// From this line on
    #[arg(long, value_name = "LINE", default_value_t = 0)]
    from: u64,
    /// Write to a file [default: what is printed]
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
}

pub(super) fn list(reading: &Reading, filter: &Filter, words: Words) -> anyhow::Result<()> {
    let mut people: BTreeMap<Id, Person> = BTreeMap::new();
    reading.rows(|row| {
        if row.key.kind == Person::KIND
            && let Some(person) = row.body.and_then(|body| serde_json::from_str(&body).ok())
        {
            people.insert(row.key.id, person);
        }
    })?;
    let to: Box<dyn io::Write> = match &filter.csv {
        Some(file) => {
            Box::new(std::fs::File::create(file).with_context(|| file.display().to_string())?)
        }
        None => Box::new(io::stdout()),
    };
    let mut csv = csv::Writer::from_writer(to);
    let head = [
        "line", "time", "seat", "who", "second", "act", "about", "detail",
    ];
    csv.write_record(head)?;
    let name = |id: Option<Id>| {
        id.map_or_else(String::new, |id| {
            people
                .get(&id)
                .map_or_else(|| id.to_string(), |person| person.name.clone())
        })
    };
    let zone = jiff::tz::TimeZone::system();
    let size = reading.head()?.size();
    reading.lines(filter.from, size, |line| {
        let Ok(entry) = Entry::parse(&line.text) else {
            // `verify` says what is wrong with it.
            csv.write_record([&*line.n.to_string(), "", "", "", "", "?", "", &*line.text])?;
            return Ok(());
        };
        let author = name(entry.author);
        let login = entry
            .author
            .and_then(|id| people.get(&id))
            .map_or("", |person| &person.login);
        let wanted = |filter: &Option<String>, text: &str| {
            filter.as_ref().is_none_or(|filter| filter == text)
        };
        let who = filter
            .who
            .as_ref()
            .is_none_or(|who| who == login || author.to_lowercase().contains(&who.to_lowercase()));
        let fits = who
            && wanted(&filter.kind, &entry.kind)
            && wanted(&filter.seat, &entry.seat)
            && wanted(&filter.about, entry.about.as_deref().unwrap_or_default());
        if !fits {
            return Ok(());
        }
        let detail = if entry.detail.is_empty() {
            String::new()
        } else {
            serde_json::to_string(&entry.detail)?
        };
        csv.write_record([
            line.n.to_string(),
            words::date_time(entry.at, &zone),
            entry.seat,
            author,
            name(entry.second),
            word_of(&entry.kind, words),
            entry.about.unwrap_or_default(),
            detail,
        ])?;
        Ok(())
    })?;
    csv.flush()?;
    Ok(())
}

/// A kind of act in the reader's language; as it stands where this program does not know it.
fn word_of(kind: &str, words: Words) -> String {
    let people = staff::KINDS.iter().map(|(kind, word, _)| (*kind, *word));
    let known = people
        .chain(acts::WORDS.iter().copied())
        .chain(SEAT_KINDS.iter().copied());
    let mut words_of = known.filter(|(known, _)| *known == kind);
    words_of
        .next()
        .map_or_else(|| kind.to_owned(), |(_, word)| words.get(word).into_owned())
}
