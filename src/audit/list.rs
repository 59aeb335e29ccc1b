//! The log as a table.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

use anyhow::Context as _;

use super::reading::Reading;
use crate::model::act::Record as _;
use crate::model::id::Id;
use crate::model::person::Person;
use crate::store::log::line::Entry;
use crate::store::log::table::{self, Csv, Reader};
use crate::words::Words;

/// Which lines.
#[derive(Clone, Debug, Default, clap::Args)]
pub(super) struct Filter {
    /// Filter by kind of action
    #[arg(long, value_name = "KIND")]
    kind: Option<String>,
    /// Filter by person (login or part of the name)
    #[arg(long, value_name = "WHO")]
    who: Option<String>,
    /// Filter by seat
    #[arg(long, value_name = "SEAT")]
    seat: Option<String>,
    /// Filter by subject
    #[arg(long, value_name = "WHAT")]
    about: Option<String>,
    /// Start at this line (from 0)
    #[arg(long, value_name = "LINE", default_value_t = 0)]
    from: u64,
    /// Output file [default: standard output]
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
    let mut csv = Csv::new(to)?;
    let zone = jiff::tz::TimeZone::system();
    let table_reader = Reader {
        words,
        zone: &zone,
        person: &|id| people.get(&id),
        thing: &|_| None,
    };
    let wanted = table::Filter {
        kind: filter.kind.clone(),
        who: filter.who.clone(),
        seat: filter.seat.clone(),
        about: filter.about.clone(),
        ..table::Filter::default()
    };
    let size = reading.head()?.size();
    reading.lines(filter.from, size, |line| {
        match Entry::parse(&line.text) {
            Ok(entry) if table_reader.fits(&wanted, &entry) => {
                csv.write(&table_reader.columns(&entry))?;
            }
            Ok(_) => {}
            Err(_) => csv.write_unread(line.n, &line.text)?,
        }
        Ok(())
    })?;
    csv.finish()?;
    Ok(())
}
