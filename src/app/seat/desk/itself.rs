//! What the seat does by itself.

use std::time::{Duration, Instant};

use serde_json::Map;
use tracing::warn;

use super::super::super::state::State;
use super::super::session::Session;
use super::super::{SeatState, demo};
use super::shift::collected;
use super::signing::Checked;
use super::{Desk, Set, Then};
use crate::base::clock::WallTime;
use crate::model::act::{Draft, Record as _};
use crate::model::camera::CameraId;
use crate::model::seat_key::SeatKey;
use crate::model::settings_file::SettingsFile;
use crate::model::shift::post::Post;
use crate::model::shift::presence::{Presence, SeatState as Doing};
use crate::model::shift::watching::{Activity, WatchRules, Watching};
use crate::model::shift::{cover, handover};
use crate::model::{sign_in, staff};
use crate::store::credential::{self, Cost};
use crate::store::database::Link;

/// A step of our clock by less is how it is kept right.
const CLOCK_STEP: Duration = Duration::from_secs(2);
/// How often tallies of tries that count for nothing any more are removed.
const SWEEP_EVERY: Duration = Duration::from_secs(24 * 3600);

impl Desk {
    /// What was shown large, and for how long, is written down when it no longer is.
    pub(super) fn watch_what_is_large(&mut self, state: &mut State, now: Instant) {
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
    pub(super) fn watch_the_clock(&mut self, state: &mut State, now: Instant, wall: WallTime) {
        let passed = now.saturating_duration_since(self.clocks.0).as_nanos() as i64;
        let step = wall.nanos_since(self.clocks.1).saturating_sub(passed);
        self.clocks = (now, wall);
        if step.abs() >= CLOCK_STEP.as_nanos() as i64 {
            let seat = &mut state.seat;
            seat.clock_back_ns = seat.clock_back_ns.saturating_sub(step).max(0);
            if seat.link == Link::Alone {
                // What was heard of others is as long ago as it was.
                for presence in &mut seat.presences {
                    presence.seen = presence.seen.plus_nanos(step);
                }
            }
            warn!(ms = step / 1_000_000, "our clock was set");
            let mut detail = Map::new();
            detail.insert("ms".to_owned(), (step / 1_000_000).into());
            self.note(state, "clock-stepped", None, detail);
        }
    }

    pub(super) fn say_who_is_here(&mut self, seat: &SeatState, wall: WallTime) {
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
            // In whole minutes: each change is told to all seats.
            without_break_secs: self.watching.1.without_break().as_secs() as u32 / 60 * 60,
        };
        let body = serde_json::to_string(&presence).unwrap_or_default();
        if self.said_of_itself.as_ref() != Some(&body) && store.present(body.clone()).is_ok() {
            self.said_of_itself = Some(body);
        }
    }

    /// Offers that ran out, colleagues who are gone, handovers whose items changed.
    pub(super) fn look_after(&mut self, state: &mut State, now: Instant, wall: WallTime) {
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
        let due = self
            .swept
            .is_none_or(|at| now.saturating_duration_since(at) >= SWEEP_EVERY);
        if due && state.seat.ready {
            self.swept = Some(now);
            let tries = state.seat.records.tries.values();
            drafts.extend(sign_in::sweep(tries, state.seat.steady_now(wall)));
        }
        for draft in drafts {
            self.submit(state, draft, Then::Nothing);
        }
    }

    /// The list of cameras is another: the sets are put before it again.
    pub(crate) fn list_changed(&mut self) {
        self.set.cameras.clear();
    }

    /// The sets of the posts that are held here come first on the wall, also those of a colleague
    /// who is on a break. Whoever signs in without a post sees the list; a locked seat stays as it is.
    pub(super) fn show_what_is_held(&mut self, state: &mut State, now: Instant, wall: WallTime) {
        let Some(person) = state.seat.session.person() else {
            return;
        };
        let known = state.seat.known(wall);
        let held: Vec<&Post> = known.held_by(person).map(|post| &post.value).collect();
        let cameras = held.iter().flat_map(|post| &post.cameras);
        let cameras: Vec<CameraId> = cameras.map(|watched| watched.camera.clone()).collect();
        // Whoever holds the sets of others too sees as much of them as there is room for.
        let (at_once, rotate) = match held[..] {
            [post] => (post.at_once, post.rotate_secs),
            _ => (0, 0),
        };
        if (&cameras, at_once) != (&self.set.cameras, self.set.at_once) {
            state.show_set(&cameras, at_once);
            self.set = Set {
                cameras,
                at_once,
                turned: now,
            };
        }
        let since = now.saturating_duration_since(self.set.turned).as_secs();
        if rotate > 0 && since >= u64::from(rotate) {
            self.set.turned = now;
            state.turn_set();
        }
    }

    /// Whoever watches for long is told to take a break.
    pub(super) fn watch_for_breaks(&mut self, state: &mut State, now: Instant, wall: WallTime) {
        let (who, watching, counted) = &mut self.watching;
        let passed = now.saturating_duration_since(*counted);
        *counted = now;
        let holder = state.seat.session.holder();
        if holder.is_some() && *who != holder {
            (*who, *watching) = (holder, Watching::default());
        }
        let activity = match state.seat.session.person() {
            Some(person) if state.seat.known(wall).break_of(person).is_some() => Activity::Rest,
            Some(_) if state.enlarged => Activity::Spot,
            Some(_) => Activity::Wall,
            None => Activity::Rest,
        };
        let rules = WatchRules::default();
        let told = watching.step(passed, activity, rules);
        state.seat.reminder = watching.due(rules);
        if let (Some(told), Some(by)) = (told, state.seat.by()) {
            let draft: Draft = told.told(by);
            self.submit(state, draft, Then::Nothing);
        }
    }

    /// Who reads the log must know the keys that sign it: this seat's is a record.
    /// What the files of settings say; what is another than the log knows is written down.
    pub(crate) fn know_settings(&mut self, files: &[(&str, std::path::PathBuf)]) {
        let of = |(name, path): &(&str, std::path::PathBuf)| {
            // One that is not there, or cannot be read, says nothing; what is no file is not waited for.
            let is_file = std::fs::metadata(path).is_ok_and(|about| about.is_file());
            let text = is_file.then(|| std::fs::read_to_string(path).unwrap_or_default());
            let text = text.unwrap_or_default();
            SettingsFile::of(&self.seat, name, &text)
        };
        self.settings = files.iter().map(of).collect();
    }

    pub(super) fn log_settings(&mut self, state: &mut State) {
        if !state.seat.ready || self.settings.is_empty() {
            return;
        }
        let centre = state.seat.centre.clone();
        for file in std::mem::take(&mut self.settings) {
            let mut known = state.seat.records.settings_files.iter();
            let known = known.find(|kept| {
                let same = kept.value.seat == file.seat && kept.value.file == file.file;
                kept.centre == centre && same
            });
            if let Some(draft) = file.changed(&centre, known) {
                self.submit(state, draft, Then::Nothing);
            }
        }
    }

    pub(super) fn register_key(&mut self, state: &mut State) {
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

    pub(super) fn make_demo(&mut self, state: &mut State) {
        let known = matches!(state.seat.link, Link::Alone | Link::There);
        if !self.demo || !state.seat.ready || !known {
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
}
