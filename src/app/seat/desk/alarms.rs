//! Alarms on their way into the store and out of it: what comes in is kept before it is shown, each
//! alarm by one act at a time, and what comes meanwhile waits and goes with the next.

use std::collections::BTreeMap;
use std::time::Duration;

use tracing::{error, warn};

use super::super::super::alarms::Waiting as Shown;
use super::super::super::state::State;
use super::super::AlarmWish;
use super::waiting::{Group, ONLY_KEPT, Waiting, in_turn, once_each};
use super::{Desk, Then, across, tell};
use crate::base::clock::{self, WallTime};
use crate::model::act::{Draft, Record as _};
use crate::model::alarm::Hand;
use crate::model::alarm::acts::{self, News, Said};
use crate::model::alarm::alarm::{KeptSpan, Refusal};
use crate::model::alarm::aside::{self, Lesson, OutOfService};
use crate::model::alarm::class::Class;
use crate::model::id::Id;
use crate::store::database::{Conflict, Kept, Outcome, StoreError, new_id};
use crate::words::Words;

/// The most news that wait; more are refused to those who can send them again.
const MOST_WAITING: usize = 20_000;
/// How long the thread that draws is kept at sending what waits, in one turn.
const A_TURN: Duration = Duration::from_millis(4);
/// What waits for longer is shown as not kept.
const SHOWN_AFTER: Duration = Duration::from_secs(1);
/// So many of what waits are shown one by one, the most urgent and oldest.
const MOST_SHOWN: usize = 4;

/// What became of news from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// It is kept.
    Kept,
    /// It had been kept before.
    Repeat,
    /// Something else was said under this identity before, and stands.
    Conflict,
    /// It cannot be kept.
    Refused(String),
    /// Too much waits.
    Busy,
}

/// Tells whoever said it.
pub(crate) type Tell = Box<dyn FnOnce(Taken) + Send>;

/// What waits, by the key of its alarm.
#[derive(Default)]
pub(super) struct AlarmDesk {
    waiting: BTreeMap<String, Group>,
    count: usize,
    /// Spans on their way, and those of them that met another act.
    spans: BTreeMap<Id, KeptSpan>,
    spans_again: Vec<Id>,
}

impl AlarmDesk {
    /// The span of this alarm met another act.
    pub(super) fn span_again(&mut self, alarm: Id) {
        self.spans_again.push(alarm);
    }
}

impl Desk {
    /// Something happens. Whoever cannot wait hears what became of it by `tell`.
    pub(crate) fn happens(&mut self, news: News, tell: Option<Tell>, wall: WallTime) {
        let key = news.occurrence.key();
        self.take_in(key, news, tell, wall);
    }

    /// Something was said that calls nobody: it is kept.
    pub(super) fn is_kept(&mut self, news: News, tell: Option<Tell>, wall: WallTime) {
        let key = format!("{ONLY_KEPT}{}", news.occurrence.id);
        self.take_in(key, news, tell, wall);
    }

    fn take_in(&mut self, key: String, news: News, tell: Option<Tell>, wall: WallTime) {
        if self.alarms.count >= MOST_WAITING {
            match tell {
                Some(tell) => tell(Taken::Busy),
                None => {
                    error!(class = %news.occurrence.class, "too much waits: an occurrence is lost");
                }
            }
            return;
        }
        self.alarms.count += 1;
        let mut news = news;
        news.occurrence.seat.clone_from(&self.seat);
        let group = self.alarms.waiting.entry(key).or_default();
        group.all.push(Waiting {
            news,
            since: wall,
            tell,
        });
    }

    /// The stream around an alarm is on the disk.
    pub(crate) fn keep_span(
        &mut self,
        state: &mut State,
        alarm: Id,
        span: KeptSpan,
        wall: WallTime,
    ) {
        let centre = state.seat.centre.clone();
        if self.alarms.spans.len() > 1000 {
            self.alarms.spans.clear();
        }
        self.alarms.spans.insert(alarm, span.clone());
        let draft = match state.alarm(alarm) {
            Some(kept) if kept.centre == centre => acts::span_kept(&centre, kept, span, wall),
            // It is over already: the log says which file is its.
            _ => Draft::new(acts::SPAN_KEPT)
                .about(alarm)
                .with("file", span.file)
                .with("sha256", span.sha256),
        };
        self.submit(state, draft, Then::Span(alarm));
    }

    /// Sends what waits, and says what waits for long.
    pub(super) fn raise_what_waits(&mut self, state: &mut State, words: Words, wall: WallTime) {
        if self.store.is_none() {
            self.refuse_all(&StoreError::Closed, words);
            return;
        }
        self.raise_in_turn(state, wall);
        for alarm in std::mem::take(&mut self.alarms.spans_again) {
            if let Some(span) = self.alarms.spans.remove(&alarm) {
                self.keep_span(state, alarm, span, wall);
            }
        }
        self.show_what_waits(state, wall);
        self.ask_for_the_day(state, wall);
        self.hear_searches(state, words, wall);
    }

    /// Sends what waits, the most urgent first and then what has waited longest, for so long as the
    /// thread that draws may be kept; the rest goes in its next turn.
    fn raise_in_turn(&mut self, state: &mut State, wall: WallTime) {
        let ready = in_turn(&self.alarms.waiting, &state.alarms.classes);
        let until = clock::now() + A_TURN;
        for key in ready {
            if clock::now() >= until {
                (self.wake)();
                return;
            }
            self.raise(state, &key, wall);
        }
    }

    fn raise(&mut self, state: &mut State, key: &str, wall: WallTime) {
        let Some(group) = self.alarms.waiting.get_mut(key) else {
            return;
        };
        let most = once_each(&group.all);
        let news: Vec<News> = group.all[..most]
            .iter()
            .map(|waiting| waiting.news.clone())
            .collect();
        let Some(class) = class_of(state, &news) else {
            self.settle_news(key, most, |_| {
                Taken::Refused("the class is not known".into())
            });
            return;
        };
        let centre = state.seat.centre.clone();
        let records = state.seat.records.alarms.iter();
        let open = records
            .filter(|kept| kept.centre == centre)
            .find(|kept| kept.value.key == key)
            .cloned();
        let draft = if class.enabled && !key.starts_with(ONLY_KEPT) {
            acts::hear(&centre, open.as_ref(), &news, &class, new_id(), wall)
        } else {
            acts::event(&news)
        };
        let Some(draft) = draft else {
            // Nothing new was said.
            self.settle_news(key, most, |_| Taken::Kept);
            return;
        };
        if let Some(group) = self.alarms.waiting.get_mut(key) {
            group.flying = most;
        }
        if !self.submit_alarm(state, draft, key)
            && let Some(group) = self.alarms.waiting.get_mut(key)
        {
            group.flying = 0;
        }
    }

    /// An act of an alarm was answered: what it took is told, or tried again.
    pub(super) fn alarm_kept(
        &mut self,
        state: &mut State,
        key: &str,
        kept: Result<Kept, StoreError>,
        words: Words,
    ) {
        let Some(group) = self.alarms.waiting.get_mut(key) else {
            return;
        };
        let flying = std::mem::take(&mut group.flying);
        match kept {
            Ok(Kept::Queued | Kept::Settled(Outcome::Done { .. } | Outcome::DoneBefore { .. })) => {
                self.settle_news(key, flying, |_| Taken::Kept);
            }
            // Somebody was first: tried again with what is there now.
            Ok(Kept::Settled(Outcome::Conflict(conflict))) => self.said_before(key, &conflict),
            Ok(Kept::Settled(Outcome::Unfit(unfit))) => {
                error!(%key, %unfit, "an occurrence cannot be kept");
                tell(state, unfit.to_string());
                self.settle_news(key, flying, |_| Taken::Refused(unfit.to_string()));
            }
            Err(problem) if problem.may_pass() => {}
            Err(problem) => {
                tell(state, problem.say(words));
                self.settle_news(key, flying, |_| Taken::Refused(problem.to_string()));
            }
        }
    }

    /// Something was said under an identity that is taken: a repeat, or something else.
    fn said_before(&mut self, key: &str, conflict: &Conflict) {
        if conflict.key.kind != Said::KIND {
            return;
        }
        let Some(group) = self.alarms.waiting.get_mut(key) else {
            return;
        };
        let same = |waiting: &Waiting| waiting.news.occurrence.id == conflict.key.id;
        let Some(at) = group.all.iter().position(same) else {
            return;
        };
        let said = conflict.body.as_deref();
        let said: Option<Said> = said.and_then(|body| serde_json::from_str(body).ok());
        let waiting = group.all.remove(at);
        self.alarms.count -= 1;
        if group.all.is_empty() {
            self.alarms.waiting.remove(key);
        }
        let digest = said.map(|said| said.digest);
        let repeat = digest.is_some() && digest == waiting.news.digest;
        if !repeat {
            warn!(id = %conflict.key.id, "something else was said before under this identity");
        }
        if let Some(tell) = waiting.tell {
            tell(if repeat {
                Taken::Repeat
            } else {
                Taken::Conflict
            });
        }
    }

    fn settle_news(&mut self, key: &str, first: usize, taken: impl Fn(&News) -> Taken) {
        let Some(group) = self.alarms.waiting.get_mut(key) else {
            return;
        };
        for waiting in group.all.drain(..first.min(group.all.len())) {
            self.alarms.count -= 1;
            if let Some(tell) = waiting.tell {
                tell(taken(&waiting.news));
            }
        }
        if group.all.is_empty() {
            self.alarms.waiting.remove(key);
        }
    }

    fn refuse_all(&mut self, why: &StoreError, words: Words) {
        let said = why.say(words);
        let keys: Vec<String> = self.alarms.waiting.keys().cloned().collect();
        for key in keys {
            self.settle_news(&key, usize::MAX, |_| Taken::Refused(said.clone()));
        }
    }

    fn show_what_waits(&self, state: &mut State, wall: WallTime) {
        let long =
            |waiting: &&Waiting| wall.nanos_since(waiting.since) >= SHOWN_AFTER.as_nanos() as i64;
        let groups = self.alarms.waiting.values();
        let mut shown: Vec<Shown> = groups
            .filter_map(|group| {
                let first = group.all.iter().find(long)?;
                let occurrence = &first.news.occurrence;
                Some(Shown {
                    class: occurrence.class.clone(),
                    camera: occurrence.camera.clone(),
                    since: first.since,
                    count: group.all.len(),
                })
            })
            .collect();
        let classes = &state.alarms.classes;
        shown.sort_by_key(|waiting| {
            let priority = classes.get(&waiting.class).map(|class| class.priority);
            (std::cmp::Reverse(priority), waiting.since)
        });
        let more = shown.iter().skip(MOST_SHOWN).map(|waiting| waiting.count);
        state.alarms.waiting_more = more.sum();
        shown.truncate(MOST_SHOWN);
        state.alarms.waiting = shown;
    }

    /// What somebody wants of alarms.
    pub(super) fn alarm_wish(
        &mut self,
        state: &mut State,
        wish: AlarmWish,
        words: Words,
        wall: WallTime,
    ) {
        let drafted = match wish {
            AlarmWish::Search(query) => {
                self.search_past(*query);
                return;
            }
            AlarmWish::Week => {
                self.ask_for_the_week(wall);
                return;
            }
            AlarmWish::TestSounds => return,
            AlarmWish::AskFor { number, reason } => {
                let drafted = across::ask(state, number, &reason, wall);
                drafted.map_err(|refusal| refusal.said(words))
            }
            AlarmWish::Across(number, across) => {
                let drafted = across::draft(state, number, across, wall);
                drafted.map_err(|refusal| refusal.said(words))
            }
            other => {
                let drafted = draft(state, other, wall);
                drafted.map_err(|refusal| words.get(refusal.key()).into_owned())
            }
        };
        match drafted {
            Ok(draft) => self.submit(state, draft, Then::Tell),
            Err(why) => tell(state, why),
        }
    }
}

fn class_of(state: &State, news: &[News]) -> Option<Class> {
    let key = &news.first()?.occurrence.class;
    state.alarms.classes.get(key).cloned()
}

/// The act of what somebody wants.
fn draft(
    state: &State,
    wish: AlarmWish,
    wall: WallTime,
) -> Result<crate::model::act::Draft, Refusal> {
    let seat = &state.seat;
    let by = Hand {
        person: seat.session.holder(),
        seat: seat.name.clone(),
        at: wall,
    };
    let now = seat.store_now(wall);
    let centre = &seat.centre;
    let asides = &seat.records.asides;
    match wish {
        AlarmWish::Do(number, deed) => {
            let kept = state.alarm(number).ok_or(Refusal::Over)?;
            if kept.centre != *centre {
                return Err(Refusal::Elsewhere);
            }
            let class = state.alarms.class(&kept.value);
            let draft = acts::done(centre, kept, &deed, class, by)?;
            Ok(across::answered(state, draft, &kept.value, &deed, wall))
        }
        AlarmWish::Shelve {
            number,
            minutes,
            reason,
        } => {
            let kept = state.alarm(number).ok_or(Refusal::Over)?;
            let until = now.plus_nanos(minutes.saturating_mul(60_000_000_000));
            let shelf = aside::shelve(&kept.value, until, &reason, by, now)?;
            let known = asides.shelves.iter();
            let known = known
                .filter(|known| known.centre == *centre)
                .find(|known| known.value.key == shelf.key);
            Ok(acts::shelved(centre, &shelf, known))
        }
        AlarmWish::Unshelve(id) => {
            let shelf = asides.shelves.iter().find(|shelf| shelf.id == id);
            shelf.map(acts::unshelved).ok_or(Refusal::Over)
        }
        AlarmWish::Plan {
            camera,
            class,
            from,
            until,
            reason,
        } => {
            let lesson = Lesson {
                camera,
                class,
                from,
                until,
                reason,
                by,
            };
            let lesson = aside::plan(lesson, now)?;
            Ok(acts::planned(new_id(), &lesson))
        }
        AlarmWish::Cancel(id) => {
            let lesson = asides.lessons.iter().find(|lesson| lesson.id == id);
            lesson.map(acts::cancelled).ok_or(Refusal::Over)
        }
        AlarmWish::OutOfService {
            camera,
            class,
            reason,
        } => {
            let out = OutOfService {
                camera,
                class,
                reason: aside::reason(&reason)?,
                by,
            };
            Ok(acts::out_of_service(new_id(), &out))
        }
        AlarmWish::InService(id) => {
            let out = asides.out_of_service.iter().find(|out| out.id == id);
            out.map(acts::in_service).ok_or(Refusal::Over)
        }
        // These have no act of their own.
        AlarmWish::Search(_)
        | AlarmWish::Week
        | AlarmWish::TestSounds
        | AlarmWish::AskFor { .. }
        | AlarmWish::Across(..) => Err(Refusal::Over),
    }
}
