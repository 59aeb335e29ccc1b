//! Alarms on their way into the store and out of it: each by one act at a time, and what comes
//! meanwhile waits and goes with the next. What waits is seen and heard already, see
//! [`super::unrecorded`].

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tracing::{error, warn};

use super::super::super::state::State;
use super::super::AlarmWish;
use super::unrecorded::record_of;
use super::waiting::{Group, ONLY_KEPT, RETRY_AFTER, Remembered, Waiting, in_turn};
use super::{Desk, Then, across, tell};
use crate::base::clock::{self, WallTime};
use crate::model::act::{Draft, Record as _};
use crate::model::alarm::acts::{self, News, Said};
use crate::model::alarm::alarm::{KeptSpan, Refusal};
use crate::model::alarm::aside::{self, Lesson, OutOfService};
use crate::model::alarm::class::{Class, ClassKey, Classes};
use crate::model::alarm::{Hand, Priority};
use crate::model::id::Id;
use crate::store::database::{Conflict, Kept, Outcome, StoreError, Unfit, new_id};
use crate::store::spool::Spool;
use crate::words::Words;

/// The most news that wait. Of more, those who can say them again are asked to, then the least urgent
/// go. What is critical goes when nothing else is left, and never the first of an alarm before the last
/// repeat of any.
const MAX_WAITING: usize = 20_000;
/// So many make room at once.
const ROOM: usize = 1000;
/// How long the thread that draws is kept at sending what waits, in one turn.
const A_TURN: Duration = Duration::from_millis(4);

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
    pub(super) waiting: BTreeMap<String, Group>,
    count: usize,
    /// The keys of which something changed since their alarms were shown last.
    pub(super) changed: BTreeSet<String>,
    /// What the store is known to have.
    said: Remembered,
    /// How many there was no room for, by class, and how many of them are in the act that is on its way.
    lost: BTreeMap<ClassKey, u64>,
    losing: u64,
    loss_refused: Option<Instant>,
    classes: Arc<Classes>,
    /// The store refused some, which is told until it takes one.
    refused: bool,
    /// Keeps what waits for long.
    pub(super) spool: Option<Spool>,
    /// Spans on their way, and those of them that met another act.
    spans: BTreeMap<Id, KeptSpan>,
    spans_again: Vec<Id>,
}

impl AlarmDesk {
    /// How urgent the alarm of a key is; what is only kept is not.
    fn priority_of(&self, key: &str) -> Priority {
        let class = key.split(' ').next().and_then(ClassKey::new);
        let class = class.and_then(|class| self.classes.get(&class));
        class.map(|class| class.priority).unwrap_or_default()
    }

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
        if let Some(known) = self.alarms.said.look(&news) {
            if let Some(tell) = tell {
                tell(known);
            }
            return;
        }
        // What waits already takes no more room when it is said again.
        let group = self.alarms.waiting.get_mut(&key);
        let waits = group.is_some_and(|group| group.same(&news).is_some());
        if !waits && self.alarms.count >= MAX_WAITING {
            let priority = self.alarms.priority_of(&key);
            let may_wait = tell.is_none() || priority == Priority::Critical;
            if !may_wait || !self.make_room(priority) {
                return match tell {
                    Some(tell) => tell(Taken::Busy),
                    None => self.lose(&news),
                };
            }
        }
        let mut news = news;
        news.occurrence.seat.clone_from(&self.seat);
        self.wait(key, news, tell, (wall, false));
    }

    /// Room for news of a priority: those go that their senders say again, then the least urgent and
    /// newest of what is no more urgent. False where there are none.
    fn make_room(&mut self, priority: Priority) -> bool {
        type Other<'a> = (bool, Priority, bool, Reverse<(WallTime, usize)>, &'a String);
        let mut others: Vec<Other<'_>> = Vec::new();
        let mut repeats = Vec::new();
        for (key, group) in &self.alarms.waiting {
            let of = self.alarms.priority_of(key);
            if of > priority {
                continue;
            }
            let is_critical = of == Priority::Critical;
            let skipped = if is_critical {
                // Without the first nobody would hear of the alarm.
                group.flying.max(1)
            } else {
                group.flying
            };
            let only_kept = key.starts_with(ONLY_KEPT);
            let waiting = group.all.iter().enumerate().skip(skipped);
            let all = if is_critical {
                &mut repeats
            } else {
                &mut others
            };
            all.extend(waiting.map(|(at, waiting)| {
                let newest = Reverse((waiting.since, at));
                (waiting.tell.is_none(), of, !only_kept, newest, key)
            }));
        }
        let mut others = if others.is_empty() { repeats } else { others };
        others.sort_unstable();
        let mut gone: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
        for (.., Reverse((_, at)), key) in others.into_iter().take(ROOM) {
            gone.entry(key.clone()).or_default().insert(at);
        }
        for (key, places) in &gone {
            let Some(group) = self.alarms.waiting.get_mut(key) else {
                continue;
            };
            let taken = group.remove(places);
            self.alarms.count -= taken.len();
            self.alarms.changed.insert(key.clone());
            for waiting in taken {
                match waiting.tell {
                    Some(tell) => tell(Taken::Busy),
                    None => self.lose(&waiting.news),
                }
            }
        }
        !gone.is_empty()
    }

    /// There is no room: it is told on the wall, and in the log when the store takes something again.
    pub(super) fn lose(&mut self, news: &News) {
        let class = &news.occurrence.class;
        error!(%class, "too much waits: an occurrence is lost");
        *self.alarms.lost.entry(class.clone()).or_default() += 1;
        if let Some(spool) = &self.alarms.spool {
            spool.recorded(vec![news.occurrence.id]);
        }
    }

    /// What was lost is shown, and stands in the log as soon as the store takes something again.
    fn tell_what_is_lost(&mut self, state: &mut State) {
        state.alarms.classes.clone_into(&mut self.alarms.classes);
        let lost: u64 = self.alarms.lost.values().sum();
        state.alarms.lost = lost + self.alarms.losing;
        let rests = |at: Instant| clock::now().saturating_duration_since(at) < RETRY_AFTER;
        let takes = self.alarms.count < MAX_WAITING - ROOM
            && state.seat.trouble.is_none()
            && !self.alarms.loss_refused.is_some_and(rests);
        if lost == 0 || self.alarms.losing > 0 || !takes || self.store.is_none() {
            return;
        }
        let all = std::mem::take(&mut self.alarms.lost);
        let detail = all.iter();
        let detail = detail.map(|(class, count)| (class.to_string(), (*count).into()));
        let draft = Draft {
            kind: acts::LOST.to_owned(),
            detail: detail.collect(),
            ..Draft::default()
        };
        let before = self.pending.len();
        self.submit(state, draft, Then::Lost(all.clone()));
        if self.pending.len() > before {
            self.alarms.losing = lost;
        } else {
            self.alarms.lost = all;
            self.alarms.loss_refused = Some(clock::now());
        }
    }

    /// What was lost stands in the log, or is to be written down once more.
    pub(super) fn loss_kept(
        &mut self,
        state: &mut State,
        lost: BTreeMap<ClassKey, u64>,
        is_kept: bool,
        words: Words,
    ) {
        let count = std::mem::take(&mut self.alarms.losing);
        if is_kept {
            tell(state, words.with("alarms-lost", &[("count", count.into())]));
            return;
        }
        for (class, count) in lost {
            *self.alarms.lost.entry(class).or_default() += count;
        }
        self.alarms.loss_refused = Some(clock::now());
    }

    /// News wait, since a moment, and whether they lie in the spool.
    pub(super) fn wait(
        &mut self,
        key: String,
        news: News,
        tell: Option<Tell>,
        (since, spooled): (WallTime, bool),
    ) {
        self.alarms.changed.insert(key.clone());
        let group = self.alarms.waiting.entry(key);
        let group = group.or_insert_with(|| Group::new(new_id()));
        // Whoever was not answered in time says it again: it waits once, and the last one who said it
        // hears what becomes of it.
        if let Some(waiting) = group.same(&news) {
            waiting.tell = tell.or(waiting.tell.take());
            return;
        }
        self.alarms.count += 1;
        group.push(Waiting {
            news,
            since,
            tell,
            spooled,
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
        let shown = state.alarm(alarm).filter(|kept| kept.centre == centre);
        let recorded = shown.map(|kept| state.seat.records.recorded(kept.id));
        let draft = match recorded {
            // The alarm is recorded first.
            Some(None) => return self.alarms.span_again(alarm),
            Some(Some(kept)) => acts::span_kept(&centre, kept, span, wall),
            // It is over already.
            None => return self.keep_past_span(alarm, span),
        };
        self.submit(state, draft, Then::Span(alarm));
    }

    /// Sends what waits, and says what waits for long.
    pub(super) fn raise_what_waits(&mut self, state: &mut State, words: Words, wall: WallTime) {
        self.tell_what_is_lost(state);
        if self.store.is_some() {
            self.raise_in_turn(state, wall);
        }
        self.show_ahead(state, clock::now());
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
        let ready = in_turn(&self.alarms.waiting, &state.alarms.classes, clock::now());
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
        let most = group.next();
        let news: Vec<News> = group.all[..most]
            .iter()
            .map(|waiting| waiting.news.clone())
            .collect();
        let Some(class) = class_of(state, &news) else {
            let why = || Taken::Refused("the class is not known".into());
            self.settle_news(key, most, why);
            return;
        };
        let number = group.number;
        let id = record_of(state, key);
        if state.seat.records.unreadable().contains_key(&id) {
            // Nobody writes over what a newer program wrote; it calls as it is.
            group.refused(clock::now());
            return;
        }
        let centre = state.seat.centre.clone();
        let open = state.seat.records.recorded(id).cloned();
        let draft = if class.enabled && !key.starts_with(ONLY_KEPT) {
            acts::hear(&centre, open.as_ref(), &news, &class, number, wall)
        } else {
            acts::event(&centre, &news)
        };
        let Some(draft) = draft else {
            // Nothing new was said.
            let said = self.settle_news(key, most, || Taken::Kept);
            self.took(state, key, said, clock::now());
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
        let now = clock::now();
        self.alarms.changed.insert(key.to_owned());
        let Some(group) = self.alarms.waiting.get_mut(key) else {
            return;
        };
        let flying = std::mem::take(&mut group.flying);
        match kept {
            Ok(Kept::Queued | Kept::Settled(Outcome::Done { .. } | Outcome::DoneBefore { .. })) => {
                let news = self.settle_news(key, flying, || Taken::Kept);
                for news in &news {
                    if let Some(digest) = &news.digest {
                        let said = &mut self.alarms.said;
                        said.remember(news.occurrence.id, digest.clone());
                    }
                }
                self.took(state, key, news, now);
                if std::mem::take(&mut self.alarms.refused) {
                    state.seat.trouble = None;
                }
            }
            // Somebody was first: tried again with what is there now.
            Ok(Kept::Settled(Outcome::Conflict(conflict))) => {
                self.said_before(key, &state.seat.centre, flying, conflict);
            }
            // Whose login it is that writes is no fault of theirs either.
            Ok(Kept::Settled(Outcome::Unfit(
                unfit @ (Unfit::Foreign { .. } | Unfit::NotAllowed { .. }),
            ))) => self.place_refuses(state, key, unfit.to_string(), now),
            // One among them cannot be kept, and the others can.
            Ok(Kept::Settled(Outcome::Unfit(_))) if !group.is_unfit(flying) => {}
            Ok(Kept::Settled(Outcome::Unfit(unfit))) => {
                error!(%key, %unfit, "an occurrence cannot be kept");
                tell(state, unfit.to_string());
                self.settle_news(key, flying, || Taken::Refused(unfit.to_string()));
            }
            Err(problem) => self.place_refuses(state, key, problem.say(words), now),
        }
    }

    /// That is the store's fault and not theirs: they wait, and who said them says them again.
    fn place_refuses(&mut self, state: &mut State, key: &str, why: String, now: Instant) {
        if let Some(group) = self.alarms.waiting.get_mut(key) {
            group.refused(now);
            for waiting in &mut group.all {
                if let Some(tell) = waiting.tell.take() {
                    tell(Taken::Busy);
                }
            }
        }
        state.seat.trouble = Some(why);
        self.alarms.refused = true;
    }

    /// Some were said before under identities that are taken: repeats, or something else. All of one act
    /// are answered together, so that what is new stands behind no thousand turns.
    fn said_before(&mut self, key: &str, centre: &str, flying: usize, conflict: Conflict) {
        let first = (conflict.key, conflict.body);
        let all = std::iter::once(first).chain(conflict.others);
        let said: BTreeMap<Id, Option<String>> = all
            .filter(|(record, _)| record.kind == Said::KIND)
            .map(|(record, body)| {
                let said = serde_json::from_str::<Said>(body.as_deref().unwrap_or_default());
                (record.id, said.ok().map(|said| said.digest))
            })
            .collect();
        let Some(group) = self
            .alarms
            .waiting
            .get_mut(key)
            .filter(|_| !said.is_empty())
        else {
            return;
        };
        let of = |waiting: &Waiting| said.get(&acts::said_id(centre, waiting.news.occurrence.id));
        let known = group.take_known(flying, |waiting| of(waiting).is_some());
        self.alarms.count -= known.len();
        if let Some(spool) = &self.alarms.spool {
            let ids = known.iter().map(|waiting| waiting.news.occurrence.id);
            spool.recorded(ids.collect());
        }
        for waiting in known {
            let id = waiting.news.occurrence.id;
            let digest = of(&waiting).cloned().flatten();
            let repeat = digest.is_some() && digest == waiting.news.digest;
            if !repeat {
                warn!(%id, "something else was said before under this identity");
            }
            if let Some(digest) = digest {
                self.alarms.said.remember(id, digest);
            }
            if let Some(tell) = waiting.tell {
                tell(if repeat {
                    Taken::Repeat
                } else {
                    Taken::Conflict
                });
            }
        }
    }

    /// The first so many of what waits are answered, and returned.
    fn settle_news(&mut self, key: &str, first: usize, taken: impl Fn() -> Taken) -> Vec<News> {
        let Some(group) = self.alarms.waiting.get_mut(key) else {
            return Vec::new();
        };
        let settled = group.take(first);
        self.alarms.count -= settled.len();
        if let Some(spool) = &self.alarms.spool {
            let spooled = settled.iter().filter(|waiting| waiting.spooled);
            spool.recorded(spooled.map(|waiting| waiting.news.occurrence.id).collect());
        }
        let told = settled.into_iter().map(|waiting| {
            if let Some(tell) = waiting.tell {
                tell(taken());
            }
            waiting.news
        });
        told.collect()
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

/// The class of a key, which begins with it.
pub(super) fn class_of_key(state: &State, key: &str) -> Option<Class> {
    let class = key.split(' ').next().and_then(ClassKey::new)?;
    state.alarms.classes.get(&class).cloned()
}

fn class_of(state: &State, news: &[News]) -> Option<Class> {
    let key = &news.first()?.occurrence.class;
    state.alarms.classes.get(key).cloned()
}

/// The act of what somebody wants.
pub(super) fn draft(
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
            if state.seat.records.unreadable().contains_key(&kept.id) {
                return Err(Refusal::Unreadable);
            }
            let recorded = state.seat.records.recorded(kept.id);
            let kept = recorded.ok_or(Refusal::NotRecorded)?;
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
            let by = Hand { at: now, ..by };
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
            let out = aside::out_of_service(OutOfService {
                camera,
                class,
                reason,
                by,
            })?;
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
