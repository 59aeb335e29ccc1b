//! What all connections of a city share.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use rand::TryRngCore as _;
use rand::rngs::OsRng;
use tokio::sync::watch;

use super::clip::ClipError;
use super::fault::{Fault, FaultBook, Target};
use super::footage;
use super::roster;
use super::rtsp::address::Stream;
use super::rtsp::auth::{Nonces, Scheme};
use super::shelf::Shelf;
use super::stage::Stage;
use crate::base::clock;

/// The state of a running city.
#[derive(Debug)]
pub(crate) struct Shared {
    num_cameras: usize,
    shelf: Arc<Shelf>,
    /// The scripted clips, where there are any.
    scenes: Mutex<Option<Arc<Shelf>>>,
    stage: Stage,
    /// Whether all cameras send bare parameter sets.
    bare: AtomicBool,
    faults: Mutex<FaultBook>,
    /// Counts what changes for sessions: faults and scenes.
    changes: watch::Sender<u64>,
    shutdown: watch::Sender<bool>,
    origin: Instant,
    nonces: Nonces,
    sessions: Arc<Mutex<BTreeMap<u64, Arc<SessionStats>>>>,
    totals: Arc<Totals>,
}

/// Sums since the start.
#[derive(Debug, Default)]
pub(crate) struct Totals {
    pub(crate) connections: AtomicU64,
    pub(crate) sessions: AtomicU64,
    pub(crate) frames: AtomicU64,
    pub(crate) bytes: AtomicU64,
    pub(crate) unread: AtomicU64,
}

/// From the system; should that fail, from the clock, which is good enough for a demonstration.
fn random() -> u64 {
    OsRng
        .try_next_u64()
        .unwrap_or_else(|_| roster::scatter(clock::wall_now().0 as usize, 0))
}

/// What one playing session has sent.
#[derive(Debug)]
pub(crate) struct SessionStats {
    pub(crate) camera: usize,
    pub(crate) stream: Stream,
    pub(crate) peer: SocketAddr,
    pub(crate) frames: AtomicU64,
    pub(crate) bytes: AtomicU64,
}

/// A session's place in the list; it leaves the list when this is dropped.
#[derive(Debug)]
pub(crate) struct SessionEntry {
    key: u64,
    stats: Arc<SessionStats>,
    totals: Arc<Totals>,
    sessions: Arc<Mutex<BTreeMap<u64, Arc<SessionStats>>>>,
}

impl SessionEntry {
    /// Counts a picture of `bytes`.
    pub(crate) fn count(&self, bytes: usize) {
        self.stats.frames.fetch_add(1, Relaxed);
        self.stats.bytes.fetch_add(bytes as u64, Relaxed);
        self.totals.frames.fetch_add(1, Relaxed);
        self.totals.bytes.fetch_add(bytes as u64, Relaxed);
    }
}

impl Drop for SessionEntry {
    fn drop(&mut self) {
        self.sessions.lock().remove(&self.key);
    }
}

impl Shared {
    pub(crate) fn new(shelf: Shelf, num_cameras: usize) -> Self {
        Self {
            num_cameras,
            shelf: Arc::new(shelf),
            scenes: Mutex::default(),
            stage: Stage::default(),
            bare: AtomicBool::new(false),
            faults: Mutex::new(FaultBook::new(num_cameras)),
            changes: watch::Sender::new(0),
            shutdown: watch::Sender::new(false),
            origin: clock::now(),
            nonces: Nonces::new(random()),
            sessions: Arc::default(),
            totals: Arc::default(),
        }
    }

    pub(crate) fn num_cameras(&self) -> usize {
        self.num_cameras
    }

    pub(crate) fn has_camera(&self, number: usize) -> bool {
        (1..=self.num_cameras).contains(&number)
    }

    /// The usual footage.
    pub(crate) fn shelf(&self) -> &Shelf {
        &self.shelf
    }

    /// Where the clip of this name lies.
    pub(crate) fn shelf_of(&self, clip: &str) -> Arc<Shelf> {
        let usual = ["sub-", "main-", "fault-"]
            .iter()
            .any(|kind| clip.starts_with(kind));
        let scenes = self.scenes.lock().as_ref().filter(|_| !usual).cloned();
        scenes.unwrap_or_else(|| Arc::clone(&self.shelf))
    }

    /// Time zero of every timeline.
    pub(crate) fn origin(&self) -> Instant {
        self.origin
    }

    pub(crate) fn nonces(&self) -> &Nonces {
        &self.nonces
    }

    pub(crate) fn totals(&self) -> &Totals {
        &self.totals
    }

    // Faults.

    pub(crate) fn set_fault(
        &self,
        target: Target,
        fault: Fault,
        lasting: Option<Duration>,
    ) -> bool {
        let set = self.faults.lock().set(target, fault, lasting, clock::now());
        self.tell_change();
        set
    }

    /// Makes what the streams of a camera that are looked at need to show `fault`.
    ///
    /// # Errors
    /// When that cannot be made.
    pub(crate) async fn prepare(&self, number: usize, fault: Fault) -> Result<(), ClipError> {
        for session in self.sessions() {
            if session.camera != number {
                continue;
            }
            let own = self.clip_name(session.camera, session.stream, Fault::None)?;
            self.prepare_like(&own, fault).await?;
        }
        Ok(())
    }

    /// Makes what a camera with the clip `own` needs to show `fault`.
    ///
    /// # Errors
    /// When that cannot be made.
    pub(crate) async fn prepare_like(&self, own: &str, fault: Fault) -> Result<(), ClipError> {
        let shelf = self.shelf_of(own);
        let like = shelf.meta(own)?;
        shelf.instead(fault, &like).await.map(drop)
    }

    pub(crate) fn fault_at(&self, number: usize, now: Instant) -> Fault {
        self.faults.lock().at(number, now)
    }

    pub(crate) fn everything_down(&self, now: Instant) -> bool {
        self.faults.lock().everything_down(now)
    }

    /// Sessions that begin from now on have bare parameter sets, whatever befalls them.
    pub(crate) fn be_bare(&self) {
        self.bare.store(true, Relaxed);
    }

    /// Whether a session that begins under `fault` has bare parameter sets.
    pub(crate) fn is_bare(&self, fault: Fault) -> bool {
        fault == Fault::Bare || self.bare.load(Relaxed)
    }

    /// Wakes whenever a fault or a scene begins or ends.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// A number nobody can guess.
    pub(crate) fn random(&self) -> u64 {
        random()
    }

    // Stories.

    /// Where the scripted clips lie from now on.
    pub(crate) fn set_scenes(&self, shelf: Shelf) {
        *self.scenes.lock() = Some(Arc::new(shelf));
    }

    /// From now on these cameras play these scenes; a session that plays something else ends.
    pub(crate) fn cast(&self, parts: impl Iterator<Item = (usize, String)>) {
        self.stage.cast(
            parts.filter(|(camera, _)| self.has_camera(*camera)),
            clock::now(),
        );
        self.tell_change();
    }

    /// What is scripted for a camera happens now. `false` when nothing is.
    pub(crate) fn begin_scene(&self, camera: usize, now: Instant) -> bool {
        let begun = self.stage.begin(camera, now);
        self.tell_change();
        begun
    }

    /// What began at `since` is over.
    pub(crate) fn end_scene(&self, camera: usize, since: Instant) {
        self.stage.end(camera, since, clock::now());
        self.tell_change();
    }

    /// All scenes begin with their innocent clips.
    pub(crate) fn restart_scenes(&self, now: Instant) {
        self.stage.restart(now);
        self.tell_change();
    }

    /// The clip that a camera of a story plays, and since when.
    pub(crate) fn playing(&self, camera: usize) -> Option<(String, Instant)> {
        self.stage.playing(camera)
    }

    fn tell_change(&self) {
        self.changes.send_modify(|version| *version += 1);
    }

    // The end.

    pub(crate) fn shutdown(&self) -> watch::Receiver<bool> {
        self.shutdown.subscribe()
    }

    pub(crate) fn begin_shutdown(&self) {
        self.shutdown.send_replace(true);
    }

    // Sessions.

    pub(crate) fn open_session(
        &self,
        camera: usize,
        stream: Stream,
        peer: SocketAddr,
    ) -> SessionEntry {
        let key = self.totals.sessions.fetch_add(1, Relaxed);
        let stats = Arc::new(SessionStats {
            camera,
            stream,
            peer,
            frames: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
        });
        self.sessions.lock().insert(key, Arc::clone(&stats));
        SessionEntry {
            key,
            stats,
            totals: Arc::clone(&self.totals),
            sessions: Arc::clone(&self.sessions),
        }
    }

    pub(crate) fn sessions(&self) -> Vec<Arc<SessionStats>> {
        self.sessions.lock().values().cloned().collect()
    }

    pub(crate) fn count_connection(&self) {
        self.totals.connections.fetch_add(1, Relaxed);
    }

    pub(crate) fn count_unread(&self) {
        self.totals.unread.fetch_add(1, Relaxed);
    }

    // Cameras.

    /// The name of the clip a stream serves under `fault`.
    pub(crate) fn clip_name(
        &self,
        number: usize,
        stream: Stream,
        fault: Fault,
    ) -> Result<String, ClipError> {
        let own = self.stage.clip_of(number).unwrap_or_else(|| match stream {
            Stream::Sub => format!("sub-{number:02}"),
            Stream::Main => String::from(footage::main_clip_of(number)),
        });
        if fault != Fault::Codec {
            return Ok(own);
        }
        let meta = self.shelf_of(&own).meta(&own)?;
        let other = self.shelf.another_codec(&meta);
        other
            .map(|meta| meta.name)
            .ok_or(ClipError::Missing { name: own })
    }

    pub(crate) fn login_of(&self, number: usize) -> (Scheme, &'static str, &'static str) {
        (
            roster::scheme_of(number),
            roster::user_of(number),
            roster::password_of(number),
        )
    }

    pub(crate) fn phase(&self, number: usize) -> Duration {
        roster::phase_of(number)
    }

    pub(crate) fn clock_offset_nanos(&self, number: usize) -> i64 {
        roster::clock_offset_nanos_of(number)
    }

    pub(crate) fn rtp_origin(&self, number: usize, stream: Stream) -> u32 {
        roster::scatter(number, 2 + stream as u64) as u32
    }

    pub(crate) fn ssrc(&self, number: usize, stream: Stream) -> u32 {
        roster::scatter(number, 4 + stream as u64) as u32
    }
}
