//! The log for whoever may read it: pages of it from the newest line back, the whole as a file, and
//! whether it is as it was written.

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::PathBuf;
use std::sync::Arc;

use jiff::tz::TimeZone;
use serde_json::Map;

use super::super::super::state::State;
use super::super::log_page::{LogPage, LogWish};
use super::{Desk, tell};
use crate::base::clock::WallTime;
use crate::base::threads;
use crate::model::id::Id;
use crate::model::person::Person;
use crate::store::database::{Answer, Line, Store, StoreError};
use crate::store::log::finding::Report;
use crate::store::log::line::Entry;
use crate::store::log::note::Keys;
use crate::store::log::table::{Csv, Filter, Reader};
use crate::store::log::tree::Frontier;
use crate::store::reading;
use crate::words::Words;

/// Lines that are looked through at once.
const PAGE: u64 = 2048;
/// Lines that are shown at first, and again with each wish for more.
const SHOWN: usize = 400;

/// How far the log is being read.
#[derive(Default)]
pub(super) struct LogDesk {
    head: Option<Answer<Frontier>>,
    page: Option<Answer<Vec<Line>>>,
}

/// What a thread beside did.
pub(super) enum Job {
    /// The log as a file, and how many lines.
    Written(Result<(PathBuf, u64), String>),
    /// The log was checked.
    Verified(Result<Report, String>),
    /// A handover's page.
    Printed(Result<PathBuf, String>),
}

impl Desk {
    pub(super) fn log_wish(
        &mut self,
        state: &mut State,
        wish: LogWish,
        words: Words,
        wall: WallTime,
    ) {
        match wish {
            LogWish::Show(filter) => {
                state.seat.log = LogPage {
                    filter,
                    wanted: SHOWN,
                    verified: std::mem::take(&mut state.seat.log.verified),
                    ..LogPage::default()
                };
                self.log.page = None;
                self.log.head = self.store.as_ref().and_then(|store| store.head().ok());
                state.seat.log.busy = self.log.head.is_some();
            }
            LogWish::More => {
                state.seat.log.wanted = state.seat.log.lines.len() + SHOWN;
                self.read_on(state);
            }
            LogWish::Write => self.write_log(state, words, wall),
            LogWish::Verify => self.verify_log(state, words),
        }
    }

    /// Takes what was read, and reads on while lines are wanted.
    pub(super) fn read_the_log(&mut self, state: &mut State, words: Words) {
        if !state.seat.log.busy {
            // Whoever looked has left.
            self.log = LogDesk::default();
            return;
        }
        if let Some(head) = self.log.head.as_mut().and_then(Answer::poll) {
            self.log.head = None;
            match head {
                Ok(head) => {
                    state.seat.log.below = head.size();
                    self.read_on(state);
                }
                Err(problem) => fail(state, &problem),
            }
        }
        if let Some(page) = self.log.page.as_mut().and_then(Answer::poll) {
            self.log.page = None;
            match page {
                Ok(page) => {
                    take_page(state, page, words);
                    self.read_on(state);
                }
                Err(problem) => fail(state, &problem),
            }
        }
    }

    /// Takes what was done beside.
    pub(super) fn take_jobs(&mut self, state: &mut State, words: Words) {
        while let Ok(job) = self.jobs.1.try_recv() {
            let log = &mut state.seat.log;
            let mut detail = Map::new();
            let kind = match job {
                Job::Printed(Ok(file)) => {
                    let file = [("file", file.display().to_string().into())];
                    tell(state, words.with("handover-page-written", &file));
                    continue;
                }
                Job::Printed(Err(why)) => {
                    tell(state, why);
                    continue;
                }
                Job::Written(Ok((file, lines))) => {
                    log.working = false;
                    let values = [
                        ("file", file.display().to_string().into()),
                        ("lines", lines.into()),
                    ];
                    tell(state, words.with("log-page-written", &values));
                    detail.insert("lines".to_owned(), lines.into());
                    "log-exported"
                }
                Job::Verified(Ok(report)) => {
                    log.working = false;
                    detail.insert("lines".to_owned(), report.lines.into());
                    detail.insert("findings".to_owned(), report.findings.len().into());
                    log.verified = Some(report);
                    "log-verified"
                }
                Job::Written(Err(why)) | Job::Verified(Err(why)) => {
                    log.working = false;
                    tell(state, why);
                    continue;
                }
            };
            self.note(state, kind, None, detail);
        }
    }

    fn read_on(&mut self, state: &mut State) {
        let log = &mut state.seat.log;
        let enough = log.lines.len() >= log.wanted || log.below == 0;
        log.busy = !enough;
        if enough || self.log.page.is_some() {
            return;
        }
        let from = log.below.saturating_sub(PAGE);
        let most = (log.below - from) as usize;
        let asked = self.store.as_ref().map(|store| store.lines(from, most));
        match asked {
            Some(Ok(answer)) => self.log.page = Some(answer),
            Some(Err(problem)) => fail(state, &problem),
            None => log.busy = false,
        }
    }

    /// All lines that the filter wants, as a file.
    fn write_log(&mut self, state: &mut State, words: Words, wall: WallTime) {
        let Some(store) = self.store.clone() else {
            return;
        };
        let known = Known::of(state);
        let filter = state.seat.log.filter.clone();
        let zone = TimeZone::system();
        let stamp: String = crate::words::date_time(wall, &zone)
            .chars()
            .map(|c| if c.is_ascii_digit() { c } else { '-' })
            .collect();
        let file = self.pages.join(format!("log-{stamp}.csv"));
        let work = move || {
            let lines = write(&store, &known, &filter, words, &zone, &file)
                .map_err(|error| format!("{}: {error}", file.display()))?;
            Ok((file, lines))
        };
        self.log_job(state, move || Job::Written(work()));
    }

    fn verify_log(&mut self, state: &mut State, words: Words) {
        let Some(store) = self.store.clone() else {
            return;
        };
        let mut keys = Keys::default();
        let mut unread = Vec::new();
        for kept in &state.seat.records.seat_keys {
            match kept.value.key.parse() {
                Ok(key) => keys.add(key),
                Err(fault) => {
                    let values = [
                        ("seat", kept.value.seat.as_str().into()),
                        ("problem", format!("{fault}").into()),
                    ];
                    unread.push(words.with("log-page-key-unread", &values));
                }
            }
        }
        for text in unread {
            tell(state, text);
        }
        self.log_job(state, move || {
            let report = reading::verify(&store, &keys, Vec::new());
            Job::Verified(report.map_err(|problem| problem.say(words)))
        });
    }

    fn log_job(&mut self, state: &mut State, work: impl FnOnce() -> Job + Send + 'static) {
        if !state.seat.log.working {
            state.seat.log.working = self.beside_job(state, work);
        }
    }

    /// Does what takes long beside the thread that draws; whether it could be begun.
    pub(super) fn beside_job(
        &self,
        state: &mut State,
        work: impl FnOnce() -> Job + Send + 'static,
    ) -> bool {
        let (sender, wake) = (self.jobs.0.clone(), Arc::clone(&self.wake));
        let started = threads::spawn("desk", move || {
            // Nobody waits for it when the program ends.
            sender.send(work()).ok();
            wake();
        });
        if let Err(problem) = &started {
            tell(state, problem.to_string());
        }
        started.is_ok()
    }
}

/// The lines since a moment, the newest first.
pub(super) fn since(store: &Store, moment: WallTime) -> Result<Vec<Entry>, StoreError> {
    let mut below = store.head()?.wait()?.size();
    let mut found = Vec::new();
    while below > 0 {
        let from = below.saturating_sub(PAGE);
        let page = store.lines(from, (below - from) as usize)?.wait()?;
        for line in page.iter().rev() {
            // `verify` says what is wrong with a line that cannot be read.
            let Ok(entry) = Entry::parse(&line.text) else {
                continue;
            };
            if entry.at < moment {
                return Ok(found);
            }
            found.push(entry);
        }
        below = from;
    }
    Ok(found)
}

fn fail(state: &mut State, problem: &StoreError) {
    state.seat.log.busy = false;
    tell(state, problem.say(Words::new(state.language())));
}

/// The lines of a page that the filter wants, the newest first.
fn take_page(state: &mut State, page: Vec<Line>, words: Words) {
    let known = Known::of(state);
    let log = &mut state.seat.log;
    let zone = TimeZone::system();
    let person = |id: Id| known.person(id);
    let thing = |id: Id| known.thing(id, words);
    let reader = Reader {
        words,
        zone: &zone,
        person: &person,
        thing: &thing,
    };
    log.below = page.first().map_or(0, |line| line.n);
    for line in page.into_iter().rev() {
        match Entry::parse(&line.text) {
            Ok(entry) => {
                if log.filter.since.is_some_and(|since| entry.at < since) {
                    // The store's clock goes on: what lies before is older still.
                    log.below = 0;
                    return;
                }
                if reader.fits(&log.filter, &entry) {
                    log.lines.push(entry);
                }
            }
            Err(_) => log.unread += 1,
        }
    }
}

/// Whom and what the log speaks of, for a thread beside.
pub(super) struct Known {
    people: Vec<(Id, Person)>,
    posts: Vec<(Id, crate::model::camera::Names)>,
}

impl Known {
    pub(super) fn of(state: &State) -> Self {
        let records = &state.seat.records;
        let people = records.staff.people.iter();
        let posts = records.posts.iter();
        Self {
            people: people.map(|kept| (kept.id, kept.value.clone())).collect(),
            posts: posts
                .map(|kept| (kept.id, kept.value.name.clone()))
                .collect(),
        }
    }

    fn person(&self, id: Id) -> Option<&Person> {
        let found = self.people.iter().find(|(known, _)| *known == id)?;
        Some(&found.1)
    }

    /// A person's or a post's name; an identity where nothing is known by it.
    pub(super) fn any(&self, id: Id, words: Words) -> String {
        let person = self.person(id).map(|person| person.name.clone());
        person
            .or_else(|| self.thing(id, words))
            .unwrap_or_else(|| id.to_string().chars().take(8).collect())
    }

    fn thing(&self, id: Id, words: Words) -> Option<String> {
        let found = self.posts.iter().find(|(known, _)| *known == id)?;
        Some(found.1.get(words.language()).to_owned())
    }
}

fn write(
    store: &Store,
    known: &Known,
    filter: &Filter,
    words: Words,
    zone: &TimeZone,
    file: &std::path::Path,
) -> io::Result<u64> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut csv = Csv::new(BufWriter::new(File::create_new(file)?))?;
    let person = |id: Id| known.person(id);
    let thing = |id: Id| known.thing(id, words);
    let reader = Reader {
        words,
        zone,
        person: &person,
        thing: &thing,
    };
    let mut written = 0;
    let head = store
        .head()
        .and_then(Answer::wait)
        .map_err(io::Error::other)?;
    let taken = reading::lines(store, 0, head.size(), |line| {
        match Entry::parse(&line.text) {
            Ok(entry) if reader.fits(filter, &entry) => csv.write(&reader.columns(&entry)),
            Ok(_) => return Ok::<(), Failed>(()),
            Err(_) => csv.write_unread(line.n, &line.text),
        }?;
        written += 1;
        Ok(())
    });
    taken.map_err(|failed| failed.0)?;
    csv.finish()?
        .into_inner()
        .map_err(io::IntoInnerError::into_error)?
        .sync_all()?;
    Ok(written)
}

/// The file or the store.
struct Failed(io::Error);

impl From<io::Error> for Failed {
    fn from(error: io::Error) -> Self {
        Self(error)
    }
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        Self(io::Error::other(error))
    }
}
