//! What the seat does: it checks PINs beside the thread that draws, submits acts, and hears what
//! became of them. Nothing is shown as done before it is kept, but that somebody left or locked the
//! seat: that holds at once.

mod across;
mod alarms;
mod door;
mod intake;
mod itself;
#[cfg(test)]
mod leave_tests;
mod log;
mod past;
mod people;
mod rules;
mod shift;
mod signing;
#[cfg(test)]
mod tests;
mod unrecorded;
mod waiting;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender};
use serde_json::{Map, Value};
use tracing::{error, info};

use super::super::state::{Notice, State};
use super::log_page::LogPage;
use super::session::Session;
use super::{SeatState, Wish};
use crate::base::clock::{self, WallTime};
use crate::base::threads;
use crate::model::act::{Act, Draft};
use crate::model::alarm::class::ClassKey;
use crate::model::camera::CameraId;
use crate::model::detection::Fact;
use crate::model::id::Id;
use crate::model::settings_file::SettingsFile;
use crate::model::shift::presence::Presence;
use crate::model::shift::watching::Watching;
use crate::model::sign_in::Told;
use crate::store::database::{
    Answer, Kept, Link, Outcome, Running, Store, StoreError, StoreEvent, new_id,
};
use crate::words::Words;
pub(crate) use door::Joined;
pub(crate) use intake::Heard;
pub(crate) use shift::about_camera;
use shift::shift_draft;
use signing::{Checked, Try, sit_down};

/// How often what only the program does is looked after.
const LOOK_AFTER: Duration = Duration::from_secs(10);
/// How often it is looked whether this seat has something new to say of itself.
const SAY_EVERY: Duration = Duration::from_millis(300);
/// A store that could not be opened is tried again after so long.
const OPEN_AGAIN_AFTER: Duration = Duration::from_secs(5);
/// So many acts wait for a store that could not be opened; alarms are not among them.
const MAX_UNSENT: usize = 1000;
/// A try that meets another's is made again so often.
const TRIES: u32 = 5;

/// The store's side of the seat.
pub(crate) struct Desk {
    store: Option<Store>,
    running: Option<Running>,
    news: Receiver<StoreEvent>,
    /// Opens the store again where it could not be opened.
    opening: Option<Opening>,
    /// What is nobody's act waits for it.
    unsent: Vec<(Act, Then)>,
    begun: Instant,
    checked: (Sender<Checked>, Receiver<Checked>),
    wake: Arc<dyn Fn() + Send + Sync>,
    pending: Vec<Pending>,
    /// Where pages to print are written.
    pages: PathBuf,
    /// The public key that this seat signs the log with, until it is known to be registered.
    key: Option<String>,
    said_of_itself: Option<String>,
    said_at: Instant,
    looked_after: Instant,
    touched: Instant,
    demo: bool,
    large: Option<(CameraId, Instant)>,
    /// Our clock and the one that only goes on, at the same moment.
    clocks: (Instant, WallTime),
    /// How long whoever sits here has watched, and when that was last counted.
    watching: (Option<Id>, Watching, Instant),
    set: Set,
    swept: Option<Instant>,
    log: log::LogDesk,
    jobs: (Sender<log::Job>, Receiver<log::Job>),
    door: Option<door::Joined>,
    alarms: alarms::AlarmDesk,
    past: past::PastDesk,
    /// The name of this seat.
    seat: String,
    /// The files of its settings, until it is known whether the log knows them.
    settings: Vec<SettingsFile>,
    outside: Option<intake::Heard>,
}

/// The sets that are shown.
struct Set {
    cameras: Vec<CameraId>,
    at_once: u16,
    turned: Instant,
}

/// An open store, and the public key that this seat signs its log with.
pub(crate) struct Opened {
    pub(crate) store: (Store, Running, Receiver<StoreEvent>),
    pub(crate) key: Option<String>,
}

/// Opens a store.
pub(crate) type Open = Arc<dyn Fn() -> Result<Opened, StoreError> + Send + Sync>;

/// A store that could not be opened, and how it is tried again.
struct Opening {
    open: Open,
    tried: Instant,
    trying: Option<Receiver<Result<Opened, StoreError>>>,
}

/// An act on its way.
struct Pending {
    answer: Answer<Kept>,
    then: Then,
}

/// What follows when an act is kept.
enum Then {
    Nothing,
    /// Whoever wished it is told when it did not come true.
    Tell,
    /// A try to sign in.
    Try(Try),
    /// The first administrator sits down.
    First(Id),
    /// The new PIN holds.
    PinChanged,
    /// The page was finished: the page to print is written.
    Print(Id),
    /// What the detectors noticed.
    Noticed,
    /// A rule was drawn.
    Rule,
    /// News of an alarm, by its key.
    Alarm(String),
    /// The stream around an alarm was kept.
    Span(Id),
    /// What there was no room for was written down, so many of each class.
    Lost(BTreeMap<ClassKey, u64>),
}

impl Desk {
    /// A desk without a store: alarms are seen and heard all the same, and wait for it.
    pub(crate) fn new(pages: PathBuf, seat: String, wake: Arc<dyn Fn() + Send + Sync>) -> Self {
        Self {
            store: None,
            running: None,
            news: crossbeam_channel::never(),
            opening: None,
            unsent: Vec::new(),
            begun: clock::now(),
            checked: crossbeam_channel::bounded(4),
            wake,
            pending: Vec::new(),
            pages,
            key: None,
            said_of_itself: None,
            said_at: clock::now(),
            looked_after: clock::now(),
            touched: clock::now(),
            demo: false,
            large: None,
            clocks: (clock::now(), clock::wall_now()),
            watching: (None, Watching::default(), clock::now()),
            set: Set {
                cameras: Vec::new(),
                at_once: 0,
                turned: clock::now(),
            },
            swept: None,
            log: log::LogDesk::default(),
            jobs: crossbeam_channel::bounded(4),
            door: None,
            alarms: alarms::AlarmDesk::default(),
            past: past::PastDesk::default(),
            seat,
            settings: Vec::new(),
            outside: None,
        }
    }

    /// Hears what there is to hear, and looks after what goes on by itself.
    /// `touched`: whether somebody has just used mouse or keyboard.
    pub(crate) fn step(
        &mut self,
        state: &mut State,
        words: Words,
        touched: bool,
        (now, wall): (Instant, WallTime),
    ) {
        // Before anything of another clock is heard.
        self.watch_the_clock(state, now, wall);
        self.open_again(state, words, now);
        while let Ok(event) = self.news.try_recv() {
            hear(&mut state.seat, event, words, wall);
        }
        while let Ok(checked) = self.checked.1.try_recv() {
            self.take_checked(state, checked, words, wall);
        }
        state.take_rules();
        self.register_key(state);
        self.log_settings(state);
        self.make_demo(state);
        self.settle(state, words, wall);
        self.take_events(state, (now, wall));
        self.raise_what_waits(state, words, wall);
        state.look_through_alarms(wall);
        let passed = now.saturating_duration_since(self.said_at);
        if passed >= SAY_EVERY {
            self.said_at = now;
            let at = state.seat.store_now(wall);
            state.seat.records.asides.pass(passed, at);
            self.say_who_is_here(&state.seat, wall);
            self.show_what_is_held(state, now, wall);
            self.watch_for_breaks(state, now, wall);
        }
        self.hear_the_door(state, words, wall);
        self.read_the_log(state, words);
        self.take_jobs(state, words);
        self.watch_what_is_large(state, now);
        if touched {
            self.touched = now;
        }
        let lock_after = Duration::from_secs(60 * u64::from(state.settings.lock_after_minutes));
        let idle = now.saturating_duration_since(self.touched);
        if !lock_after.is_zero() && idle >= lock_after {
            self.lock(state, "idle", wall);
        }
        if now.saturating_duration_since(self.looked_after) >= LOOK_AFTER {
            self.looked_after = now;
            self.look_after(state, now, wall);
        }
        state.seat.unsaved = self.pending.len();
    }

    /// The store is there.
    pub(crate) fn take_store(&mut self, opened: Opened) {
        let (store, running, news) = opened.store;
        for (act, then) in std::mem::take(&mut self.unsent) {
            match store.submit(act) {
                Ok(answer) => self.pending.push(Pending { answer, then }),
                Err(problem) => error!("an act was not taken: {problem}"),
            }
        }
        self.store = Some(store);
        self.running = Some(running);
        self.news = news;
        self.key = opened.key;
        self.opening = None;
    }

    /// The store could not be opened: it is tried again from time to time.
    pub(crate) fn open_later(&mut self, open: Open) {
        self.opening = Some(Opening {
            open,
            tried: clock::now(),
            trying: None,
        });
    }

    fn open_again(&mut self, state: &mut State, words: Words, now: Instant) {
        let Some(opening) = &mut self.opening else {
            return;
        };
        match opening.trying.as_ref().map(Receiver::try_recv) {
            Some(Ok(Ok(opened))) => {
                info!("the store is open now");
                self.take_store(opened);
                state.seat.trouble = None;
                if let Some(panel) = state.seat.session.panel_mut() {
                    panel.said = None;
                }
            }
            Some(Ok(Err(problem))) => {
                opening.trying = None;
                state.seat.trouble = Some(problem.say(words));
            }
            Some(Err(crossbeam_channel::TryRecvError::Empty)) => {}
            Some(Err(_gone)) => opening.trying = None,
            None if now.saturating_duration_since(opening.tried) < OPEN_AGAIN_AFTER => {}
            None => {
                opening.tried = now;
                let (sender, receiver) = crossbeam_channel::bounded(1);
                let (open, wake) = (Arc::clone(&opening.open), Arc::clone(&self.wake));
                let begun = threads::spawn("store-opening", move || {
                    sender.send(open()).ok(); // nobody waits for it when the program ends
                    wake();
                });
                if begun.is_ok() {
                    opening.trying = Some(receiver);
                }
            }
        }
    }

    /// Does what somebody at the seat wants; [`super::permit`] has let it pass.
    pub(crate) fn wish(&mut self, state: &mut State, wish: Wish, words: Words) {
        let (now, wall) = (clock::now(), clock::wall_now());
        match wish {
            Wish::FirstAdministrator { name, login, pin } => {
                self.first(state, (name, login), pin, words);
            }
            Wish::SignIn { login, pin } => self.sign_in(state, (login, None), pin, words, wall),
            Wish::SignInSecond { login, pin } => {
                let right = state.seat.four_eyes.as_ref().map(|asked| asked.right);
                self.sign_in(state, (login, right), pin, words, wall);
            }
            Wish::NoSecond => state.seat.four_eyes = None,
            Wish::People(wish) => self.people(state, wish, words),
            Wish::Rule(wish) => self.rule(state, wish, words),
            Wish::Alarm(wish) => self.alarm_wish(state, wish, words, wall),
            Wish::Log(wish) => self.log_wish(state, wish, words, wall),
            Wish::SettleConflict(act) => {
                let settled = self.store.as_ref().map(|store| store.settle(act));
                if let Some(Err(problem)) = settled {
                    tell(state, problem.say(words));
                }
            }
            Wish::ChangePin(pin) => self.new_pin(state, pin, words),
            Wish::SignOut => self.sign_out(state, wall),
            Wish::Lock => self.lock(state, "asked", wall),
            Wish::PrintHandover(id) => self.print(state, id, words, wall),
            other => match shift_draft(state, other, now, wall) {
                Ok((draft, then)) => self.submit(state, draft, then),
                Err(refusal) => tell(state, refusal.said(words)),
            },
        }
    }

    /// Writes a line in the log: something happened at this seat.
    pub(crate) fn note(
        &mut self,
        state: &mut State,
        kind: &str,
        about: Option<String>,
        detail: Map<String, Value>,
    ) {
        let draft = Draft {
            kind: kind.to_owned(),
            about,
            detail,
            changes: Vec::new(),
        };
        self.submit(state, draft, Then::Nothing);
    }

    /// What the detectors noticed: nobody's act, with all that is known of it.
    pub(crate) fn noticed(&mut self, state: &mut State, fact: &Fact) {
        let Ok(Value::Object(detail)) = serde_json::to_value(fact) else {
            return;
        };
        let draft = Draft {
            kind: "noticed".to_owned(),
            about: Some(fact.camera.to_string()),
            detail,
            changes: Vec::new(),
        };
        self.submit(state, draft, Then::Noticed);
    }

    /// Submits what was heard of an alarm; false where the store takes nothing at the moment.
    fn submit_alarm(&mut self, state: &mut State, draft: Draft, key: &str) -> bool {
        let before = self.pending.len();
        self.submit(state, draft, Then::Alarm(key.to_owned()));
        self.pending.len() > before
    }

    fn submit(&mut self, state: &mut State, draft: Draft, then: Then) {
        let author = match &then {
            Then::Noticed | Then::Alarm(_) | Then::Span(_) | Then::Lost(_) => None,
            // Who signs in is the author of it, and the first of all has none yet.
            Then::Try(Try {
                told: Some(Told::In { person, .. }),
                ..
            })
            | Then::First(person) => Some(*person),
            _ => state.seat.session.holder(),
        };
        let act = Act {
            id: new_id(),
            at: clock::wall_now(),
            seat: state.seat.name.clone(),
            centre: state.seat.centre.clone(),
            author,
            second: state.seat.second.map(|(second, _)| second),
            kind: draft.kind,
            about: draft.about,
            detail: draft.detail,
            changes: draft.changes,
        };
        let of_rule = matches!(then, Then::Rule);
        let Some(store) = &self.store else {
            if of_rule {
                state.rule_settled(false);
            }
            let nobodys = matches!(then, Then::Nothing | Then::Noticed | Then::Span(_));
            if nobodys && self.unsent.len() < MAX_UNSENT {
                self.unsent.push((act, then));
            }
            return;
        };
        match store.submit(act) {
            Ok(answer) => self.pending.push(Pending { answer, then }),
            Err(problem) => {
                error!("an act was not taken: {problem}");
                tell(state, problem.say(Words::new(state.language())));
                if of_rule {
                    state.rule_settled(false);
                }
            }
        }
    }

    /// Hears what became of the acts on their way.
    fn settle(&mut self, state: &mut State, words: Words, wall: WallTime) {
        let mut waiting = Vec::with_capacity(self.pending.len());
        for mut pending in std::mem::take(&mut self.pending) {
            match pending.answer.poll() {
                None => waiting.push(pending),
                Some(kept) => self.kept(state, kept, pending.then, words, wall),
            }
        }
        waiting.append(&mut self.pending);
        self.pending = waiting;
    }

    fn kept(
        &mut self,
        state: &mut State,
        kept: Result<Kept, StoreError>,
        then: Then,
        words: Words,
        wall: WallTime,
    ) {
        let then = match then {
            Then::Alarm(key) => {
                self.alarm_kept(state, &key, kept, words);
                return;
            }
            Then::Lost(lost) => {
                let is_kept = matches!(
                    &kept,
                    Ok(Kept::Queued
                        | Kept::Settled(Outcome::Done { .. } | Outcome::DoneBefore { .. }))
                );
                self.loss_kept(state, lost, is_kept, words);
                return;
            }
            other => other,
        };
        let done = match kept {
            Ok(Kept::Queued | Kept::Settled(Outcome::Done { .. } | Outcome::DoneBefore { .. })) => {
                Ok(())
            }
            Ok(Kept::Settled(Outcome::Conflict(_))) => Err(None),
            Ok(Kept::Settled(Outcome::Unfit(unfit))) => Err(Some(unfit.to_string())),
            Err(problem) => Err(Some(problem.say(words))),
        };
        match (then, done) {
            (
                Then::Nothing
                | Then::Tell
                | Then::Noticed
                | Then::Alarm(_)
                | Then::Span(_)
                | Then::Lost(_),
                Ok(()),
            ) => {}
            // Somebody changed the alarm at that moment: tried again with what it is now.
            (Then::Span(alarm), Err(None)) => self.alarms.span_again(alarm),
            (
                Then::Nothing | Then::Noticed | Then::Alarm(_) | Then::Span(_) | Then::Lost(_),
                Err(why),
            ) => {
                if let Some(why) = why {
                    tell(state, why);
                }
            }
            (Then::Print(id), Ok(())) => self.print(state, id, words, wall),
            (Then::Try(tried), Ok(())) => {
                sit_down(state, tried.told, tried.second, words, wall);
            }
            (Then::Try(tried), Err(None)) if tried.tries < TRIES => {
                // Somebody else tried at the same moment: answered again from what is there now.
                self.answer_try(
                    state,
                    Try {
                        tries: tried.tries + 1,
                        told: None,
                        ..tried
                    },
                    words,
                    wall,
                );
            }
            (Then::First(person), Ok(())) => {
                info!("the first administrator was made");
                let told = Told::In {
                    person,
                    must_change: false,
                };
                sit_down(state, Some(told), None, words, wall);
            }
            (Then::PinChanged, Ok(())) => {
                if let Session::In { must_change, .. } = &mut state.seat.session {
                    *must_change = None;
                }
            }
            (Then::Rule, Ok(())) => state.rule_settled(true),
            (Then::Rule, Err(why)) => {
                state.rule_settled(false);
                let text = why.unwrap_or_else(|| words.get("seat-somebody-was-first").into_owned());
                tell(state, text);
            }
            (Then::Tell | Then::Print(_), Err(why)) => {
                let text = why.unwrap_or_else(|| words.get("seat-somebody-was-first").into_owned());
                tell(state, text);
            }
            (Then::Try(_) | Then::First(_) | Then::PinChanged, Err(why)) => {
                let text = why.unwrap_or_else(|| words.get("seat-somebody-was-first").into_owned());
                state.seat.try_failed(text);
            }
        }
    }

    /// Waits until everything is kept.
    pub(crate) fn finish(&mut self, state: &mut State) {
        state.enlarged = false;
        self.watch_what_is_large(state, clock::now());
        self.log_search(state, Duration::ZERO);
        self.note(state, "wall-closed", None, Map::new());
        self.store = None;
        self.wait_for_the_store();
        let words = Words::new(state.language());
        // What it took is told first, and what it refused at the end.
        self.settle(state, words, clock::wall_now());
        self.spool_the_rest();
    }

    fn wait_for_the_store(&mut self) {
        let Some(running) = self.running.take() else {
            return;
        };
        // Its last words must not keep it waiting.
        let news = self.news.clone();
        let drained = threads::spawn("store-news", move || while news.recv().is_ok() {});
        if drained.is_ok() {
            running.join();
        }
    }
}

/// The wall stays; what only a person may see goes.
fn leave(state: &mut State, session: Session) {
    if session.holder().is_none() {
        forget(state);
    }
    state.seat.session = session;
    state.seat.four_eyes = None;
    state.seat.second = None;
    state.seat.allowed = None;
    state.seat.log = LogPage::default();
    state.seat.reminder = None;
    state.side = None;
    state.help = false;
}

/// Somebody else will sit here, or sits here now: what the last person had begun or looked for is no
/// business of theirs. While its author has locked the seat it waits.
fn forget(state: &mut State) {
    state.drawing = None;
    state.alarms.forget();
}

fn tell(state: &mut State, text: String) {
    state.notices.push(Notice::Text(text));
}

fn hear(seat: &mut SeatState, event: StoreEvent, words: Words, wall: WallTime) {
    match event {
        StoreEvent::Rows { rows, .. } => rows.iter().for_each(|row| seat.records.learn(row)),
        StoreEvent::Ready => {
            // Of a centre that was never reached nothing is known yet.
            seat.ready = true;
        }
        StoreEvent::Link(link) => {
            if link == Link::There {
                // It has just told its time.
                seat.clock_back_ns = 0;
            }
            seat.link = link;
        }
        StoreEvent::Presence { seats, now } => {
            seat.clock_ahead_us = now.nanos_since(wall) / 1000;
            if seat.link != Link::Alone {
                // It is the centre's clock, which was not set back.
                seat.clock_back_ns = 0;
            }
            seat.presences = seats
                .into_iter()
                .filter_map(|told| {
                    let presence: Presence = serde_json::from_str(&told.body).ok()?;
                    Some(Presence {
                        seat: told.seat,
                        centre: told.centre,
                        seen: told.at,
                        ..presence
                    })
                })
                .collect();
        }
        StoreEvent::Conflicts(conflicts) => seat.conflicts = conflicts,
        StoreEvent::Trouble(trouble) => seat.trouble = trouble.map(|why| why.say(words)),
    }
}
