//! The log as it is read: of this machine's store, or of a centre's.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use crossbeam_channel::Receiver;

use crate::base::clock;
use crate::model::act::Record as _;
use crate::model::camera::Password;
use crate::model::seat_key::SeatKey;
use crate::store::database::{
    Address, Line, Link, Options, Row, Running, Seal, Store, StoreEvent, new_id,
};
use crate::store::log::finding::Report;
use crate::store::log::note::Keys;
use crate::store::log::tree::Frontier;
use crate::store::log::verify::Held;
use crate::store::login;
use crate::store::paths::Paths;
use crate::store::reading;
use crate::store::settings::Settings;

/// A centre that was not reached within this time is not there.
const REACHED_WITHIN: Duration = Duration::from_secs(20);

/// An open store of which only the log is read.
pub(super) struct Reading {
    store: Option<Store>,
    running: Option<Running>,
    news: Receiver<StoreEvent>,
    /// Of a centre nothing is to stay on this machine.
    scratch: Option<PathBuf>,
}

impl Reading {
    pub(super) fn open(
        config: Option<&Path>,
        data: Option<&Path>,
        store: Option<&str>,
    ) -> anyhow::Result<Self> {
        let paths = Paths::find(config, data)?;
        let (settings, _warnings) = Settings::read(&paths.settings_file());
        let password = match store {
            // The password of the settings folder is a seat's own.
            Some(_given) => std::env::var(login::VARIABLE).ok().map(Password::new),
            None => login::password(&paths.config)?,
        };
        let address = store.map(str::to_owned).or(settings.store);
        let centre = address
            .map(|address| Address::parse(&address, password.as_ref()))
            .transpose()?;
        let scratch = centre
            .is_some()
            .then(|| std::env::temp_dir().join(format!("qyran-audit-{}", new_id())));
        let options = Options {
            folder: scratch.clone().unwrap_or(paths.data),
            centre,
            seat: "audit".to_owned(),
            centre_name: settings.centre,
            seal: Arc::new(Seal::none()),
        };
        if scratch.is_none() && !options.own_file().exists() {
            bail!("{}: there is no store", options.own_file().display());
        }
        let (store, running, news) = Store::open(options, Arc::new(|| {}))?;
        let reading = Self {
            store: Some(store),
            running: Some(running),
            news,
            scratch,
        };
        reading.wait()?;
        Ok(reading)
    }

    /// Until the store is there.
    fn wait(&self) -> anyhow::Result<()> {
        let deadline = clock::now() + REACHED_WITHIN;
        let mut why = String::from("no answer");
        loop {
            match self.news.recv_deadline(deadline) {
                Ok(StoreEvent::Link(Link::Alone | Link::There)) => return Ok(()),
                Ok(StoreEvent::Link(Link::Away { why: told, .. })) => why = told.to_string(),
                Ok(_) => {}
                Err(_late) => bail!("{why}"),
            }
        }
    }

    fn store(&self) -> anyhow::Result<&Store> {
        // What it tells meanwhile is not wanted, and must not keep it waiting.
        while self.news.try_recv().is_ok() {}
        self.store.as_ref().context("the store is closed")
    }

    pub(super) fn identity(&self) -> anyhow::Result<String> {
        Ok(self.store()?.identity()?.wait()?)
    }

    pub(super) fn head(&self) -> anyhow::Result<Frontier> {
        Ok(self.store()?.head()?.wait()?)
    }

    pub(super) fn checkpoints(&self) -> anyhow::Result<Vec<Held>> {
        Ok(reading::checkpoints(self.store()?)?)
    }

    /// Hands the lines from place `from` up to before `to` over, in their order.
    pub(super) fn lines(
        &self,
        from: u64,
        to: u64,
        take: impl FnMut(Line) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        reading::lines(self.store()?, from, to, take)
    }

    /// Checks all of it.
    pub(super) fn verify(&self, keys: &Keys, elsewhere: Vec<Held>) -> anyhow::Result<Report> {
        Ok(reading::verify(self.store()?, keys, elsewhere)?)
    }

    /// All records.
    pub(super) fn rows(&self, take: impl FnMut(Row)) -> anyhow::Result<()> {
        Ok(reading::rows(self.store()?, take)?)
    }

    /// The keys that the store names.
    pub(super) fn keys(&self) -> anyhow::Result<Keys> {
        let mut keys = Keys::default();
        let mut faults = Vec::new();
        self.rows(|row| {
            if row.key.kind == SeatKey::KIND
                && let Some(body) = &row.body
            {
                match serde_json::from_str::<SeatKey>(body).map(|key| key.key.parse()) {
                    Ok(Ok(key)) => keys.add(key),
                    Ok(Err(fault)) => faults.push(fault.to_string()),
                    Err(fault) => faults.push(fault.to_string()),
                }
            }
        })?;
        for fault in faults {
            tracing::warn!("a key that the store names cannot be read: {fault}");
        }
        Ok(keys)
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.store = None;
        if let Some(running) = self.running.take() {
            let news = self.news.clone();
            let drained =
                crate::base::threads::spawn("store-news", move || while news.recv().is_ok() {});
            if drained.is_ok() {
                running.join();
            }
        }
        if let Some(scratch) = &self.scratch {
            // What stays is a mirror in the folder of temporary files.
            std::fs::remove_dir_all(scratch).ok();
        }
    }
}
