//! What the seat does: it checks PINs beside the thread that draws, submits acts, and hears what
//! became of them. Nothing is shown as done before it is kept, but that somebody left or locked the
//! seat: that holds at once.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender};
use serde_json::{Map, Value};
use tracing::{error, info, warn};

use super::super::state::{Notice, State};
use super::session::{Panel, Session};
use super::{SeatState, Wish, demo};
use crate::base::clock::{self, WallTime};
use crate::base::threads;
use crate::model::act::{Act, Draft, Record as _};
use crate::model::camera::{CameraId, Password};
use crate::model::id::Id;
use crate::model::person::{self, Credential};
use crate::model::pin;
use crate::model::seat_key::SeatKey;
use crate::model::shift::items::{self, Trouble};
use crate::model::shift::page::{self, Paper};
use crate::model::shift::presence::{Presence, SeatState as Doing};
use crate::model::shift::refusal::Refusal;
use crate::model::shift::{cover, handover, post};
use crate::model::sign_in::{self, Attempt, Purpose, Tallies, Told};
use crate::model::staff::{self, NewPerson};
use crate::store::credential::{self, Cost};
use crate::store::database::{
    Answer, Kept, Link, Outcome, Running, Store, StoreError, StoreEvent, new_id,
};
use crate::words::Words;

/// How often what only the program does is looked after.
const LOOK_AFTER: Duration = Duration::from_secs(10);
/// How often it is looked whether this seat has something new to say of itself.
const SAY_EVERY: Duration = Duration::from_millis(300);
/// A step of our clock by less is how it is kept right.
const CLOCK_STEP: Duration = Duration::from_secs(2);
/// A try that meets another's is made again so often.
const TRIES: u32 = 5;

/// The store's side of the seat.
pub(crate) struct Desk {
    store: Option<Store>,
    running: Option<Running>,
    news: Receiver<StoreEvent>,
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
}

/// A try to sign in whose PIN was checked.
#[derive(Clone)]
struct Try {
    typed: String,
    right: bool,
    tries: u32,
    told: Option<Told>,
}

/// What the thread that checks and hashes PINs says.
enum Checked {
    SignIn { typed: String, right: bool },
    First { new: Box<NewPerson> },
    NewPin { credential: Credential },
    Demo { credential: Credential },
    Failed(String),
}

impl Desk {
    pub(crate) fn new(
        store: (Store, Running, Receiver<StoreEvent>),
        pages: PathBuf,
        key: Option<String>,
        wake: Arc<dyn Fn() + Send + Sync>,
    ) -> Self {
        let (store, running, news) = store;
        Self {
            store: Some(store),
            running: Some(running),
            news,
            checked: crossbeam_channel::bounded(4),
            wake,
            pending: Vec::new(),
            pages,
            key,
            said_of_itself: None,
            said_at: clock::now(),
            looked_after: clock::now(),
            touched: clock::now(),
            demo: false,
            large: None,
            clocks: (clock::now(), clock::wall_now()),
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
        while let Ok(event) = self.news.try_recv() {
            hear(&mut state.seat, event, wall);
        }
        while let Ok(checked) = self.checked.1.try_recv() {
            self.take_checked(state, checked, words, wall);
        }
        self.register_key(state);
        self.make_demo(state);
        self.settle(state, words, wall);
        if now.saturating_duration_since(self.said_at) >= SAY_EVERY {
            self.said_at = now;
            self.say_who_is_here(&state.seat, wall);
        }
        self.watch_what_is_large(state, now);
        self.watch_the_clock(state, now, wall);
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

    /// Does what somebody at the seat wants; [`super::permit`] has let it pass.
    pub(crate) fn wish(&mut self, state: &mut State, wish: Wish, words: Words) {
        let (now, wall) = (clock::now(), clock::wall_now());
        match wish {
            Wish::FirstAdministrator { name, login, pin } => {
                self.first(state, (name, login), pin, words);
            }
            Wish::SignIn { login, pin } => self.sign_in(state, login, pin, words, wall),
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

    fn submit(&mut self, state: &mut State, draft: Draft, then: Then) {
        let author = match &then {
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
            second: None,
            kind: draft.kind,
            about: draft.about,
            detail: draft.detail,
            changes: draft.changes,
        };
        let Some(store) = &self.store else { return };
        match store.submit(act) {
            Ok(answer) => self.pending.push(Pending { answer, then }),
            Err(problem) => {
                error!("an act was not taken: {problem}");
                tell(state, problem.to_string());
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
        let done = match kept {
            Ok(Kept::Queued | Kept::Settled(Outcome::Done { .. } | Outcome::DoneBefore { .. })) => {
                Ok(())
            }
            Ok(Kept::Settled(Outcome::Conflict(_))) => Err(None),
            Ok(Kept::Settled(Outcome::Unfit(unfit))) => Err(Some(unfit.to_string())),
            Err(problem) => Err(Some(problem.to_string())),
        };
        match (then, done) {
            (Then::Nothing | Then::Tell, Ok(())) => {}
            (Then::Nothing, Err(why)) => {
                if let Some(why) = why {
                    tell(state, why);
                }
            }
            (Then::Print(id), Ok(())) => self.print(state, id, words, wall),
            (Then::Try(tried), Ok(())) => sit_down(state, tried.told, words, wall),
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
                sit_down(state, Some(told), words, wall);
            }
            (Then::PinChanged, Ok(())) => {
                if let Session::In { must_change, .. } = &mut state.seat.session {
                    *must_change = None;
                }
            }
            (Then::Tell | Then::Print(_), Err(why)) => {
                let text = why.unwrap_or_else(|| words.get("seat-somebody-was-first").into_owned());
                tell(state, text);
            }
            (Then::Try(_) | Then::First(_) | Then::PinChanged, Err(why)) => {
                let text = why.unwrap_or_else(|| words.get("seat-somebody-was-first").into_owned());
                state.seat.session.try_failed(text);
            }
        }
    }

    // ---------------------------------------------------------------- signing in

    fn sign_in(
        &mut self,
        state: &mut State,
        typed: String,
        pin: Password,
        words: Words,
        wall: WallTime,
    ) {
        let seat = &mut state.seat;
        let now = seat.store_now(wall);
        if let Some(told) = sign_in::resting(tallies(seat, &typed), now) {
            seat.session.try_failed(told.say(words));
            return;
        }
        let credential = sign_in::credential(&seat.records.staff, &typed).cloned();
        seat.session.try_begins();
        self.beside(move || {
            match credential::verify(pin.reveal(), credential.as_ref(), Cost::USUAL) {
                Ok(right) => Checked::SignIn { typed, right },
                Err(problem) => Checked::Failed(problem.to_string()),
            }
        });
    }

    fn answer_try(&mut self, state: &mut State, tried: Try, words: Words, wall: WallTime) {
        let seat = &state.seat;
        let purpose = match &seat.session {
            Session::Locked { person, .. } => Purpose::Unlock { holder: *person },
            _ => Purpose::SignIn,
        };
        let attempt = Attempt {
            typed: &tried.typed,
            seat: &seat.name,
            purpose,
            now: seat.store_now(wall),
        };
        let answered = sign_in::answer(
            &seat.records.staff,
            &attempt,
            tried.right,
            tallies(seat, &tried.typed),
        );
        match answered.draft {
            Some(draft) => {
                let tried = Try {
                    told: Some(answered.told),
                    ..tried
                };
                self.submit(state, draft, Then::Try(tried));
            }
            None => state.seat.session.try_failed(answered.told.say(words)),
        }
    }

    fn first(
        &mut self,
        state: &mut State,
        (name, login): (String, String),
        pin: Password,
        words: Words,
    ) {
        let fits = person::name(&name)
            .and_then(|name| Ok((name, person::login(&login)?)))
            .map_err(|problem| problem.say(words))
            .and_then(|(name, login)| {
                pin::check(pin.reveal(), &login, &name).map_err(|problem| problem.say(words))?;
                Ok((name, login))
            });
        let (name, login) = match fits {
            Ok(fits) => fits,
            Err(said) => {
                state.seat.session.try_failed(said);
                return;
            }
        };
        let language = state.language();
        state.seat.session.try_begins();
        self.beside(move || match credential::hash(pin.reveal(), Cost::USUAL) {
            Ok(credential) => Checked::First {
                new: Box::new(NewPerson {
                    name,
                    login,
                    language,
                    credential: Some(credential),
                    ..NewPerson::default()
                }),
            },
            Err(problem) => Checked::Failed(problem.to_string()),
        });
    }

    fn new_pin(&mut self, state: &mut State, pin: Password, words: Words) {
        // Only where one was asked for at signing in; whoever passes a locked seat sets none.
        let Session::In {
            person,
            must_change: Some(_),
            ..
        } = state.seat.session
        else {
            return;
        };
        let Some(kept) = state.seat.records.staff.get(person) else {
            return;
        };
        if let Err(problem) = pin::check(pin.reveal(), &kept.value.login, &kept.value.name) {
            state.seat.session.try_failed(problem.say(words));
            return;
        }
        state.seat.session.try_begins();
        self.beside(move || match credential::hash(pin.reveal(), Cost::USUAL) {
            Ok(credential) => Checked::NewPin { credential },
            Err(problem) => Checked::Failed(problem.to_string()),
        });
    }

    fn take_checked(&mut self, state: &mut State, checked: Checked, words: Words, wall: WallTime) {
        match checked {
            Checked::SignIn { typed, right } => {
                let tried = Try {
                    typed,
                    right,
                    tries: 0,
                    told: None,
                };
                self.answer_try(state, tried, words, wall);
            }
            Checked::First { new } => {
                let id = new_id();
                match staff::first_administrator(&state.seat.records.staff, id, *new) {
                    Ok(draft) => self.submit(state, draft, Then::First(id)),
                    Err(refusal) => state.seat.session.try_failed(refusal.say(words)),
                }
            }
            Checked::NewPin { credential } => {
                let Session::In {
                    person,
                    must_change: Some(_),
                    ..
                } = state.seat.session
                else {
                    return;
                };
                let staff = &state.seat.records.staff;
                match staff::change_pin(staff, person, person, Some(credential)) {
                    Ok(draft) => self.submit(state, draft, Then::PinChanged),
                    Err(refusal) => state.seat.session.try_failed(refusal.say(words)),
                }
            }
            Checked::Demo { credential } => {
                let seat = &state.seat;
                let drafts = demo::people(&seat.records.staff, state.language(), &credential);
                let cameras = state.cameras.iter().map(AsRef::as_ref);
                let now = seat.store_now(wall);
                let posts = demo::posts(cameras, (&seat.name, &seat.centre), now);
                // Somebody is there by now: then they need no help.
                for draft in drafts.into_iter().chain(posts) {
                    self.submit(state, draft, Then::Nothing);
                }
            }
            Checked::Failed(why) => {
                warn!("{why}");
                state.seat.session.try_failed(why);
            }
        }
    }

    /// Hashing takes as long as several frames: it is done beside the thread that draws.
    fn beside(&self, work: impl FnOnce() -> Checked + Send + 'static) {
        let (sender, wake) = (self.checked.0.clone(), Arc::clone(&self.wake));
        let started = threads::spawn("pin", move || {
            // Nobody waits for it when the program ends.
            sender.send(work()).ok();
            wake();
        });
        if let Err(problem) = started {
            // It is the queue's other end that hears of it.
            self.checked
                .0
                .try_send(Checked::Failed(problem.to_string()))
                .ok();
        }
    }

    fn sign_out(&mut self, state: &mut State, _wall: WallTime) {
        let Some(person) = state.seat.session.holder() else {
            return;
        };
        // Posts stay with whoever holds them: who leaves hands over first.
        self.submit(state, sign_in::sign_out(person), Then::Nothing);
        leave(state, Session::Nobody(Panel::default()));
    }

    pub(crate) fn lock(&mut self, state: &mut State, why: &str, wall: WallTime) {
        let Session::In { person, .. } = state.seat.session else {
            return;
        };
        self.submit(state, sign_in::lock(person, why), Then::Nothing);
        let since = state.seat.store_now(wall);
        leave(
            state,
            Session::Locked {
                person,
                since,
                panel: Panel::default(),
            },
        );
    }

    // ---------------------------------------------------------------- by itself

    /// What was shown large, and for how long, is written down when it no longer is.
    fn watch_what_is_large(&mut self, state: &mut State, now: Instant) {
        let large = state.enlarged_camera().map(|camera| &camera.id);
        if self.large.as_ref().map(|(camera, _)| camera) == large {
            return;
        }
        let next = large.map(|camera| (camera.clone(), now));
        if let Some((camera, since)) = std::mem::replace(&mut self.large, next) {
            let seconds = now.saturating_duration_since(since).as_secs();
            let mut detail = Map::new();
            detail.insert("seconds".to_owned(), seconds.into());
            self.note(state, "enlarged", Some(camera.to_string()), detail);
        }
    }

    /// A step of our own clock is written down.
    fn watch_the_clock(&mut self, state: &mut State, now: Instant, wall: WallTime) {
        let passed = now.saturating_duration_since(self.clocks.0).as_nanos() as i64;
        let step = wall.nanos_since(self.clocks.1).saturating_sub(passed);
        self.clocks = (now, wall);
        if step.abs() >= CLOCK_STEP.as_nanos() as i64 {
            warn!(ms = step / 1_000_000, "our clock was set");
            let mut detail = Map::new();
            detail.insert("ms".to_owned(), (step / 1_000_000).into());
            self.note(state, "clock-stepped", None, detail);
        }
    }

    fn say_who_is_here(&mut self, seat: &SeatState, wall: WallTime) {
        let Some(store) = &self.store else { return };
        let known = seat.known(wall);
        let person = seat.session.holder();
        let since = match &seat.session {
            Session::In { since, .. } | Session::Locked { since, .. } => *since,
            _ => WallTime(0),
        };
        let state = match &seat.session {
            Session::Locked { .. } => Doing::Locked,
            Session::In { person, .. } if known.break_of(*person).is_some() => Doing::OnBreak,
            Session::In { .. } => Doing::Present,
            _ => Doing::Away,
        };
        let presence = Presence {
            seat: seat.name.clone(),
            centre: seat.centre.clone(),
            person,
            posts: person.map_or_else(Vec::new, |person| {
                known.held_by(person).map(|post| post.id).collect()
            }),
            state,
            answers: Vec::new(),
            since,
            seen: WallTime(0),
            without_break_secs: 0,
        };
        let body = serde_json::to_string(&presence).unwrap_or_default();
        if self.said_of_itself.as_ref() != Some(&body) && store.present(body.clone()).is_ok() {
            self.said_of_itself = Some(body);
        }
    }

    /// Offers that ran out, colleagues who are gone, handovers whose items changed.
    fn look_after(&mut self, state: &mut State, now: Instant, wall: WallTime) {
        let Some(person) = state.seat.session.person() else {
            return;
        };
        let mut drafts = Vec::new();
        let known = state.seat.known(wall);
        for kept in &state.seat.records.covers {
            let ours = kept.value.giver == person || kept.value.taker == person;
            if ours && kept.value.state.is_open() {
                drafts.extend(cover::expire(&known, kept.id).ok());
                drafts.extend(cover::lost(&known, kept.id).ok());
            }
        }
        let open = handover::begun_by(&state.seat.records.handovers, person);
        if let Some(kept) = open {
            let fresh = collected(state, kept.value.from, &kept.value.posts, now, wall);
            drafts.extend(handover::refresh(&known, kept, fresh).ok().flatten());
        }
        for draft in drafts {
            self.submit(state, draft, Then::Nothing);
        }
    }

    fn print(&mut self, state: &mut State, id: Id, words: Words, wall: WallTime) {
        let seat = &state.seat;
        let Some(kept) = seat.records.handovers.iter().find(|kept| kept.id == id) else {
            return;
        };
        let named = |id: Id| match seat.records.posts.iter().find(|post| post.id == id) {
            Some(post) => post.value.name.get(words.language()).to_owned(),
            None => seat.name_of(id),
        };
        let day = page::Day::default();
        let html = page::page(
            &kept.value,
            &Paper {
                words,
                zone: &jiff::tz::TimeZone::system(),
                named: &named,
                day: &day,
                printed: seat.store_now(wall),
            },
        );
        let path = self.pages.join(format!("handover-{id}.html"));
        let written =
            std::fs::create_dir_all(&self.pages).and_then(|()| std::fs::write(&path, html));
        let text = match written {
            Ok(()) => words.with(
                "handover-page-written",
                &[("file", path.display().to_string().into())],
            ),
            Err(problem) => format!("{}: {problem}", path.display()),
        };
        tell(state, text);
    }

    /// Who reads the log must know the keys that sign it: this seat's is a record.
    fn register_key(&mut self, state: &mut State) {
        if !state.seat.ready || matches!(state.seat.link, Link::Away { .. }) {
            return;
        }
        let Some(key) = self.key.take() else { return };
        let id = staff::named(&state.seat.centre, SeatKey::KIND, &key);
        let known = state
            .seat
            .records
            .seat_keys
            .iter()
            .any(|kept| kept.id == id);
        if !known {
            let seat = state.seat.name.clone();
            let draft = Draft::new("seat-key-registered")
                .about(&seat)
                .with("key", key.as_str())
                .put(id, 0, &SeatKey { seat, key });
            self.submit(state, draft, Then::Nothing);
        }
    }

    /// Makes the people of a demonstration, once it is known that nobody is there.
    pub(crate) fn make_demo_people(&mut self) {
        self.demo = true;
    }

    fn make_demo(&mut self, state: &mut State) {
        if !self.demo || !state.seat.ready {
            return;
        }
        self.demo = false;
        state.seat.demo = Some((demo::logins(), demo::PIN.to_owned()));
        if state.seat.records.staff.is_empty() {
            self.beside(|| match credential::hash(demo::PIN, Cost::USUAL) {
                Ok(credential) => Checked::Demo { credential },
                Err(problem) => Checked::Failed(problem.to_string()),
            });
        }
    }

    /// Waits until everything is kept.
    pub(crate) fn finish(&mut self, state: &mut State) {
        state.enlarged = false;
        self.watch_what_is_large(state, clock::now());
        self.note(state, "wall-closed", None, Map::new());
        self.store = None;
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

/// What is kept of the tries of a login and of this seat.
fn tallies<'a>(seat: &'a SeatState, typed: &str) -> Tallies<'a> {
    let tries = &seat.records.tries;
    Tallies {
        login: tries.get(&sign_in::login_tally(&seat.centre, typed)),
        seat: tries.get(&sign_in::seat_tally(&seat.centre, &seat.name)),
    }
}

/// What a try that was kept comes to.
fn sit_down(state: &mut State, told: Option<Told>, words: Words, wall: WallTime) {
    match told {
        Some(Told::In {
            person,
            must_change,
        }) => {
            let since = state.seat.store_now(wall);
            let language = state.seat.records.staff.get(person);
            if let Some(kept) = language {
                state.settings.language = kept.value.language;
            }
            state.seat.session = Session::In {
                person,
                since,
                must_change: must_change.then(Panel::default),
            };
        }
        Some(told) => state.seat.session.try_failed(told.say(words)),
        None => {}
    }
}

/// The wall stays; what only a person may see goes.
fn leave(state: &mut State, session: Session) {
    state.seat.session = session;
    state.side = None;
    state.help = false;
}

fn tell(state: &mut State, text: String) {
    state.notices.push(Notice::Text(text));
}

fn hear(seat: &mut SeatState, event: StoreEvent, wall: WallTime) {
    match event {
        StoreEvent::Rows { rows, .. } => rows.iter().for_each(|row| seat.records.learn(row)),
        StoreEvent::Ready => {
            // Of a centre that was never reached nothing is known yet.
            seat.ready = true;
        }
        StoreEvent::Link(link) => seat.link = link,
        StoreEvent::Presence { seats, now } => {
            seat.clock_ahead_us = now.nanos_since(wall) / 1000;
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
        StoreEvent::Trouble(trouble) => seat.trouble = trouble.map(|why| why.to_string()),
    }
    if let Link::Away { why, .. } = &seat.link
        && seat.records.staff.is_empty()
        && let Session::Nobody(panel) = &mut seat.session
        && panel.said.is_none()
    {
        panel.said = Some(why.to_string());
    }
}

/// What there is to hand over.
fn collected(
    state: &State,
    from: Id,
    posts: &[Id],
    now: Instant,
    wall: WallTime,
) -> Vec<items::Item> {
    let troubles = state.troubles(now);
    let troubles = troubles.iter().map(|trouble| {
        let camera = &state.cameras[trouble.index];
        Trouble {
            camera: &camera.id,
            name: &camera.name,
            word: trouble.shown.word,
            critical: false,
        }
    });
    items::collect(&state.seat.known(wall), from, posts, troubles, [])
}

/// What a wish about posts, breaks and handovers comes to.
fn shift_draft(
    state: &State,
    wish: Wish,
    now: Instant,
    wall: WallTime,
) -> Result<(Draft, Then), Refusal> {
    let seat = &state.seat;
    let by = seat.by().ok_or(Refusal::NotHolder)?;
    let known = seat.known(wall);
    let handovers = &seat.records.handovers;
    let begun = || handover::begun_by(handovers, by.person).ok_or(Refusal::Unknown);
    let waiting = || handover::waiting_for(handovers, by.person).ok_or(Refusal::Unknown);
    let mut then = Then::Tell;
    let draft = match wish {
        Wish::TakePost(id) => post::take(&known, by, id),
        Wish::StandDown(id) => post::stand_down(&known, by, id),
        Wish::OfferCover(to) => cover::offer(&known, by, new_id(), to),
        Wish::AcceptCover(id) => cover::accept(&known, by, id),
        Wish::RefuseCover(id) => cover::refuse(&known, by, id),
        Wish::WithdrawCover(id) => cover::withdraw(&known, by, id),
        Wish::AskBack(id) => cover::ask_back(&known, by, id),
        Wish::GiveBack(id) => cover::give_back(&known, by, id),
        Wish::BeginHandover => {
            let posts: Vec<Id> = known.held_by(by.person).map(|post| post.id).collect();
            let items = collected(state, by.person, &posts, now, wall);
            handover::draft(&known, by, new_id(), items, handovers)
        }
        Wish::NoteHandover { text, critical } => {
            handover::note(by, begun()?, new_id(), &text, critical)
        }
        Wish::OfferHandover(to) => handover::offer(&known, by, begun()?, to),
        Wish::WithdrawHandover => handover::withdraw(&known, by, begun()?),
        Wish::OpenHandover => handover::open(&known, by, waiting()?),
        Wish::DeclineHandover => handover::decline(by, waiting()?),
        Wish::ReadItems(places) => handover::read(&known, by, waiting()?, &places),
        Wish::FinishHandover => {
            let kept = waiting()?;
            let fresh = collected(state, kept.value.from, &kept.value.posts, now, wall);
            then = Then::Print(kept.id);
            handover::finish(&known, by, kept, fresh)
        }
        Wish::FirstAdministrator { .. }
        | Wish::SignIn { .. }
        | Wish::ChangePin(_)
        | Wish::SignOut
        | Wish::Lock
        | Wish::PrintHandover(_) => Err(Refusal::NotNow),
    }?;
    Ok((draft, then))
}
