//! Alarms that are over: looked for in the store, and what the figures of the last day and week need.

use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, bounded};
use tracing::error;

use super::super::super::state::State;
use super::{Desk, Then};
use crate::base::clock::{self, WallTime};
use crate::base::threads;
use crate::model::act::{Draft, Kept};
use crate::model::alarm::acts;
use crate::model::alarm::alarm::{KeptSpan, Past};
use crate::model::alarm::load::{self, Sources};
use crate::model::alarm::past::Query;
use crate::model::id::Id;
use crate::store::database::{Answer, Row, StoreError};
use crate::words::Words;

/// So many are shown of what was looked for.
const MOST_SHOWN: usize = 200;
/// The most alarms of a day.
const MOST_OF_A_DAY: usize = 4096;
/// The most alarms of a week that are looked through.
const MOST_OF_A_WEEK: usize = 50_000;

/// A search that stays the same for so long was meant.
const SEARCH_RESTS: Duration = Duration::from_secs(2);

/// What was asked and is not answered yet.
#[derive(Default)]
pub(super) struct PastDesk {
    history: Option<Answer<Vec<Row>>>,
    day: Option<Answer<Vec<Row>>>,
    day_asked: bool,
    week: Option<Receiver<Result<Sources, StoreError>>>,
    /// What was looked for last and is not written down yet.
    searched: Option<(Query, Instant)>,
    /// Streams around alarms that are over, whose record is looked for.
    pub(super) spans: Vec<(Id, KeptSpan, Answer<Vec<Row>>)>,
}

impl Desk {
    /// Looks for alarms that are over; an older search is not waited for.
    pub(super) fn search_past(&mut self, query: Query) {
        // While somebody types, the search is another with each letter.
        self.past.searched = Some((query.clone(), clock::now()));
        let most = if query.most == 0 {
            MOST_SHOWN
        } else {
            query.most
        };
        self.past.history = self.ask_past(Query { most, ..query });
    }

    fn ask_past(&self, query: Query) -> Option<Answer<Vec<Row>>> {
        let asked = self.store.as_ref()?.past(query);
        asked
            .map_err(|problem| error!("alarms that are over: {problem}"))
            .ok()
    }

    /// The stream around an alarm that is over by now: kept with its record, which is looked for.
    pub(super) fn keep_past_span(&mut self, alarm: Id, span: KeptSpan) {
        let asked = self.ask_past(Query {
            from: Some(span.from),
            before: Some(span.to.plus_nanos(1_000_000_000)),
            most: MOST_OF_A_DAY,
            ..Query::default()
        });
        self.past
            .spans
            .extend(asked.map(|answer| (alarm, span, answer)));
    }

    /// Who looked for what, and why, is written down when it rests.
    pub(super) fn log_search(&mut self, state: &mut State, rest: Duration) {
        let rests = |at: Instant| clock::now().saturating_duration_since(at) >= rest;
        let Some((query, _)) = self.past.searched.take_if(|(_, at)| rests(*at)) else {
            return;
        };
        let class = query.class.as_ref().map(ToString::to_string);
        let found = query
            .found
            .map(crate::model::alarm::verdict::Judgement::word);
        if query.words.trim().is_empty() && class.is_none() && found.is_none() {
            return;
        }
        let draft = Draft::new(acts::SEARCHED)
            .with("words", query.words.trim())
            .with("class", class)
            .with("found", found)
            .with("purpose", query.purpose.trim());
        self.submit(state, draft, Then::Nothing);
    }

    fn hear_spans(&mut self, state: &mut State) {
        let mut waiting = Vec::new();
        for (alarm, span, mut answer) in std::mem::take(&mut self.past.spans) {
            let Some(found) = answer.poll() else {
                waiting.push((alarm, span, answer));
                continue;
            };
            let found = found.map_or_else(
                |problem| {
                    error!("an alarm that is over: {problem}");
                    Vec::new()
                },
                |rows| read(&rows),
            );
            let draft = match found.iter().find(|kept| kept.id == alarm) {
                Some(kept) => acts::past_span_kept(kept, span),
                // The log says which file is its.
                None => Draft::new(acts::SPAN_KEPT)
                    .about(alarm)
                    .with("file", span.file)
                    .with("sha256", span.sha256),
            };
            self.submit(state, draft, Then::Span(alarm));
        }
        self.past.spans = waiting;
    }

    /// What was raised in the last day and is over counts for the load.
    pub(super) fn ask_for_the_day(&mut self, state: &State, wall: WallTime) {
        if self.past.day_asked || !state.seat.ready {
            return;
        }
        self.past.day_asked = true;
        self.past.day = self.ask_past(since(wall, 1, MOST_OF_A_DAY));
        self.ask_for_the_week(wall);
    }

    /// A week may have tens of thousands: they are read and counted on a thread of their own.
    pub(super) fn ask_for_the_week(&mut self, wall: WallTime) {
        let Some(answer) = self.ask_past(since(wall, 7, MOST_OF_A_WEEK)) else {
            return;
        };
        let (sender, receiver) = bounded(1);
        let wake = std::sync::Arc::clone(&self.wake);
        let thread = threads::spawn("week", move || {
            let counted = answer.wait().map(|rows| {
                let all = read(&rows);
                load::by_source(all.iter().map(|kept| &kept.value.alarm))
            });
            // Whoever asked again meanwhile does not wait for this one.
            sender.send(counted).ok();
            wake();
        });
        match thread {
            Ok(_) => self.past.week = Some(receiver),
            Err(problem) => error!("the alarms of the week: {problem}"),
        }
    }

    pub(super) fn hear_searches(&mut self, state: &mut State, words: Words, wall: WallTime) {
        self.hear_spans(state);
        self.log_search(state, SEARCH_RESTS);
        if let Some(found) = taken(&mut self.past.history) {
            let history = &mut state.alarms.history;
            // Who asked may have left meanwhile.
            let wanted = std::mem::take(&mut history.busy);
            match found.map(|rows| if wanted { rows } else { Vec::new() }) {
                Ok(rows) => {
                    history.trouble = None;
                    history.found = read(&rows);
                    // They are in the same order: what is missing could not be read.
                    let mut found = history.found.iter().map(|kept| kept.id).peekable();
                    let rows = rows.iter().map(|row| row.key.id);
                    let unread = rows.filter(|id| found.next_if_eq(id).is_none());
                    history.unreadable = unread.collect();
                }
                Err(problem) => history.trouble = Some(problem.say(words)),
            }
        }
        match taken(&mut self.past.day) {
            Some(Ok(rows)) => {
                for past in read(&rows) {
                    state.alarms.figures.note_over(&past.value, wall);
                }
            }
            Some(Err(problem)) => error!("the alarms of the day: {problem}"),
            None => {}
        }
        match self.past.week.as_ref().map(Receiver::try_recv) {
            Some(Ok(Ok(week))) => state.alarms.figures.take_week(week),
            Some(Ok(Err(problem))) => error!("the alarms of the week: {problem}"),
            _ => return,
        }
        self.past.week = None;
    }
}

/// The answer, once.
fn taken(waiting: &mut Option<Answer<Vec<Row>>>) -> Option<Result<Vec<Row>, StoreError>> {
    let answer = waiting.as_mut()?.poll()?;
    *waiting = None;
    Some(answer)
}

/// What was raised in the last days.
fn since(wall: WallTime, days: i64, most: usize) -> Query {
    Query {
        from: Some(wall.plus_nanos(-days * 86_400_000_000_000)),
        most,
        ..Query::default()
    }
}

fn read(rows: &[Row]) -> Vec<Kept<Past>> {
    let read = |row: &Row| {
        Some(Kept {
            id: row.key.id,
            version: row.version,
            seq: row.seq,
            centre: row.centre.clone(),
            value: serde_json::from_str(row.body.as_ref()?).ok()?,
        })
    };
    rows.iter().filter_map(read).collect()
}
