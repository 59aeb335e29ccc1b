//! A seat's store, opened as the wall opens it, and acts like those of a shift.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use crossbeam_channel::Receiver;
use serde_json::json;

use super::share;
use crate::base::{clock, threads};
use crate::model::act::{Act, Change, Draft, Key};
use crate::model::id::Id;
use crate::model::roles::Role;
use crate::model::seat_key::SeatKey;
use crate::model::staff::{self, NewPerson, Staff};
use crate::store::database::{
    Address, Answer, Kept, Link, Options, Outcome, Running, Seal, Store, StoreEvent, new_id,
};
use crate::store::log::signer::Signer;

/// A seat that is not there by then is not coming.
const THERE_WITHIN: Duration = Duration::from_secs(60);
/// Acts that are submitted and not yet answered.
const AHEAD: usize = 2048;

/// The centre of all seats here.
pub(in crate::bench) const CENTRE: &str = "north";

/// A seat.
pub(in crate::bench) struct Seat {
    pub(in crate::bench) options: Options,
    pub(in crate::bench) news: Receiver<StoreEvent>,
    store: Option<Store>,
    running: Option<Running>,
    key: String,
}

impl Seat {
    /// Opens the store in `folder`; `wake` is called when there is something to hear.
    pub(in crate::bench) fn open(
        folder: &Path,
        name: &str,
        centre: Option<&Address>,
        wake: Arc<dyn Fn() + Send + Sync>,
    ) -> anyhow::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let signer = Signer::open_or_make(&folder.join("seat-key"), name)?;
        let key = signer.key().to_string();
        let seal = Seal::new(signer, None);
        Self::with_seal(folder, name, centre, (seal, key), wake)
    }

    /// Opens the store of this machine in `folder`, beside whoever else uses it, and signs nothing.
    pub(in crate::bench) fn unsigned(folder: &Path, name: &str) -> anyhow::Result<Self> {
        let seal = (Seal::none(), String::new());
        Self::with_seal(folder, name, None, seal, Arc::new(|| {}))
    }

    fn with_seal(
        folder: &Path,
        name: &str,
        centre: Option<&Address>,
        (seal, key): (Seal, String),
        wake: Arc<dyn Fn() + Send + Sync>,
    ) -> anyhow::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let options = Options {
            folder: folder.to_owned(),
            centre: centre.cloned(),
            seat: name.to_owned(),
            centre_name: CENTRE.to_owned(),
            seal: Arc::new(seal),
        };
        let (store, running, news) = Store::open(options.clone(), wake)?;
        Ok(Self {
            options,
            news,
            store: Some(store),
            running: Some(running),
            key,
        })
    }

    pub(in crate::bench) fn store(&self) -> anyhow::Result<&Store> {
        self.store.as_ref().context("the store is closed")
    }

    /// Waits until all that is kept was told, and with a centre until that is reached; how many
    /// records were told.
    pub(in crate::bench) fn there(&self) -> anyhow::Result<usize> {
        let deadline = clock::now() + THERE_WITHIN;
        let (mut ready, mut reached, mut told) = (false, false, 0);
        let mut why = "no answer".to_owned();
        while !(ready && reached) {
            match self.news.recv_deadline(deadline) {
                Ok(StoreEvent::Ready) => ready = true,
                Ok(StoreEvent::Link(Link::Alone | Link::There)) => reached = true,
                Ok(StoreEvent::Link(Link::Away { why: said, .. })) => why = said.to_string(),
                Ok(StoreEvent::Rows { rows, .. }) => told += rows.len(),
                Ok(_) => {}
                Err(_late) => bail!("{}: {why}", self.options.seat),
            }
        }
        Ok(told)
    }

    /// The key that this seat signs with, registered as a wall does it.
    pub(in crate::bench) fn register_key(&self) -> Act {
        let key = SeatKey {
            seat: self.options.seat.clone(),
            key: self.key.clone(),
        };
        let draft = Draft::new("seat-key-registered").put(new_id(), 0, &key);
        Act {
            changes: draft.changes,
            ..self.act(&draft.kind, Vec::new())
        }
    }

    /// The people of the centre, once: the store asks who may do an act.
    pub(in crate::bench) fn found(&self) -> anyhow::Result<()> {
        let new = |role: Role| NewPerson {
            name: role.key().to_owned(),
            login: role.key().to_owned(),
            roles: [role].into(),
            ..NewPerson::default()
        };
        let people = vec![
            (author(), new(Role::Inspector)),
            (new_id(), new(Role::Administrator)),
        ];
        let staff = Staff {
            centre: self.options.centre_name.clone(),
            ..Staff::default()
        };
        let draft = staff::found(&staff, people)?;
        self.keep(self.act(&draft.kind, draft.changes)).map(drop)
    }

    pub(in crate::bench) fn act(&self, kind: &str, changes: Vec<Change>) -> Act {
        let about = changes
            .is_empty()
            .then(|| "camera ak-0417".to_owned())
            .or_else(|| changes.first().map(|change| change.key.id.to_string()));
        let mut detail = serde_json::Map::new();
        detail.insert("seconds".to_owned(), 42.into());
        Act {
            id: new_id(),
            at: clock::wall_now(),
            seat: self.options.seat.clone(),
            centre: self.options.centre_name.clone(),
            author: Some(author()),
            second: None,
            kind: kind.to_owned(),
            about,
            detail,
            changes,
        }
    }

    /// A claim that is made or changed: one record of the size of those of a shift.
    pub(in crate::bench) fn claim(&self, id: Id, expect: u32) -> Act {
        let body = json!({
            "by": author(), "seat": self.options.seat, "of": new_id(), "kind": "alarm",
            "since_us": clock::wall_now().micros(), "says": "taken over from the seat beside",
            "states": [{ "at_us": clock::wall_now().micros(), "what": "taken" }],
        });
        let change = Change {
            key: Key::new("claim", id),
            expect,
            body: Some(body.to_string()),
        };
        self.act("claim-taken", vec![change])
    }

    /// Does an act and waits until it is durable; the milliseconds that took.
    pub(in crate::bench) fn keep(&self, act: Act) -> anyhow::Result<f64> {
        let begun = clock::now();
        done(self.store()?.submit(act)?)?;
        Ok(ms_since(begun))
    }

    /// Does acts as fast as they are taken, and waits until the last is durable.
    pub(in crate::bench) fn keep_all(
        &self,
        acts: impl IntoIterator<Item = Act>,
    ) -> anyhow::Result<()> {
        let store = self.store()?;
        let mut answers = std::collections::VecDeque::with_capacity(AHEAD);
        for act in acts {
            if answers.len() == AHEAD {
                // Half of them at once, so that groups are whole.
                for answer in answers.drain(..AHEAD / 2) {
                    done(answer)?;
                }
            }
            answers.push_back(store.submit(act)?);
        }
        answers.into_iter().try_for_each(done)
    }

    /// Closes it and waits until everything is kept.
    pub(in crate::bench) fn close(mut self) -> anyhow::Result<()> {
        self.shut()
    }

    fn shut(&mut self) -> anyhow::Result<()> {
        self.store = None;
        if let Some(running) = self.running.take() {
            // Its last words must not keep it waiting.
            let news = self.news.clone();
            threads::spawn("bench-news", move || while news.recv().is_ok() {})?;
            running.join();
        }
        Ok(())
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        // Without a thread there is nothing to wait for.
        self.shut().ok();
    }
}

/// What keeping acts costs.
#[derive(Clone, Copy, Debug)]
pub(in crate::bench) struct Cost {
    pub(in crate::bench) ms_p99: f64,
    pub(in crate::bench) per_second: f64,
}

/// Acts one by one, then as many as are taken.
pub(in crate::bench) fn cost(seat: &Seat, single: usize, grouped: usize) -> anyhow::Result<Cost> {
    // What is told meanwhile is heard, as a wall does it.
    let news = seat.news.clone();
    threads::spawn("bench-news", move || while news.recv().is_ok() {})?;
    let claims: Vec<Id> = (0..single).map(|_| new_id()).collect();
    let mut took = claims
        .iter()
        .map(|id| seat.keep(seat.claim(*id, 0)))
        .collect::<Result<Vec<f64>, _>>()?;
    took.sort_by(f64::total_cmp);
    let begun = clock::now();
    // Every second one changes a record.
    let acts = (0..grouped).map(|n| {
        if n % 2 == 0 {
            seat.claim(new_id(), 0)
        } else {
            seat.act("camera-enlarged", Vec::new())
        }
    });
    seat.keep_all(acts)?;
    Ok(Cost {
        ms_p99: share(&took, 0.99),
        per_second: grouped as f64 / (ms_since(begun) / 1e3),
    })
}

/// An act that must be kept.
pub(in crate::bench) fn done(answer: Answer<Kept>) -> anyhow::Result<()> {
    match answer.wait()? {
        Kept::Settled(Outcome::Done { .. }) => Ok(()),
        other => bail!("an act was not kept: {other:?}"),
    }
}

pub(in crate::bench) fn ms_since(begun: Instant) -> f64 {
    (clock::now() - begun).as_secs_f64() * 1e3
}

/// Who does it all: an inspector.
pub(in crate::bench) fn author() -> Id {
    Id::from_bytes([7; 16])
}
