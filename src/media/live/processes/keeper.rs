//! The task that starts one decoder process, hears it, judges it, ends it and starts another.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream as StdStream;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::time::{Duration, Instant};

use rand::SeedableRng as _;
use rand::rngs::SmallRng;
use tokio::net::UnixStream;
use tokio::net::unix::pipe;
use tokio::time::MissedTickBehavior;
use tracing::{debug, error, warn};

use super::Shared;
use super::desk::{Desk, Line, end_child};
use super::ledger::{Checked, CheckedPicture, Lie};
use super::platform::Memory;
use super::rules::{Sentence, Stall, stalled};
use super::wire::{Answer, Done, Trouble, VERSION, WireError};
use crate::base::backoff::{Backoff, Policy};
use crate::base::{clock, proc};
use crate::media::apart::{relay, surroundings};
use crate::media::live::feed::{Feed, Setback};
use crate::media::live::work::Running;
use crate::model::condition::Reason;
use crate::pixels::{ExactPixels, Picture, Pool};

/// How often the process is judged.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Every so many looks its memory is looked at.
const LOOKS_A_MEMORY_LOOK: u32 = 5;
/// A process that is not ready by then never will be.
const READY_WITHIN: Duration = Duration::from_secs(15);
/// A process that ran for so long is followed by the next at once.
const WELL_STARTED: Duration = Duration::from_secs(1);
/// Waits between processes that end at their start.
const RETRY: Policy = Policy {
    first: Duration::from_millis(250),
    most: Duration::from_secs(10),
    factor: 2.0,
    jitter: 0.2,
};

/// How glibc's allocator keeps memory in a process of decoders, which lets pictures go and takes as
/// large ones again for days: left to itself it learns to keep them in its heap, where they lie
/// scattered, and the heap grows. `mallopt(3)`; other systems' allocators do not know these names.
const ALLOCATOR: [(&str, &str); 3] = [
    ("MALLOC_ARENA_MAX", "2"),
    ("MALLOC_MMAP_THRESHOLD_", "262144"),
    ("MALLOC_TRIM_THRESHOLD_", "262144"),
];

/// Why a process is no more.
#[derive(Debug, thiserror::Error)]
enum End {
    #[error("cannot be started: {0}")]
    NotStarted(io::Error),
    #[error("was not ready in {READY_WITHIN:?}")]
    NotReady,
    #[error("has ended: {0}")]
    Ended(ExitStatus),
    #[error("has hung up")]
    HungUp,
    #[error("does not answer: {0:?}")]
    Stalled(Stall),
    #[error("has {mib} MiB of memory, {most_mib} are allowed")]
    Memory { mib: u64, most_mib: u64 },
    #[error("sends what is no message: {0}")]
    Garbage(#[from] WireError),
    #[error("speaks version {0}")]
    Version(u32),
    #[error("says what cannot be: {0}")]
    Lied(#[from] Lie),
    #[error("is not needed any more")]
    Stopping,
}

impl End {
    /// Whether the unit that the process was at has to do with it.
    fn blames_unit(&self) -> bool {
        match self {
            // Killed from outside is no fault of a stream; killed by its own fault is.
            Self::Ended(status) => {
                use std::os::unix::process::ExitStatusExt as _;
                const KILL_TERM_INT_HUP: [i32; 4] = [9, 15, 2, 1];
                status
                    .signal()
                    .is_none_or(|signal| !KILL_TERM_INT_HUP.contains(&signal))
            }
            Self::Stalled(stall) => *stall != Stall::Stopped,
            Self::HungUp | Self::Garbage(_) | Self::Lied(_) => true,
            Self::NotStarted(_)
            | Self::NotReady
            | Self::Memory { .. }
            | Self::Version(_)
            | Self::Stopping => false,
        }
    }
}

/// A process that was started, and is not yet ready.
struct Started {
    stream: Arc<UnixStream>,
    memory: Memory,
    pid: u32,
}

/// How a process ended.
#[derive(Debug)]
struct Death {
    end: End,
    /// The feed whose unit has to do with it.
    blamed: Option<u64>,
    was_ready: bool,
}

/// Keeps one desk's process.
pub(super) struct Keeper {
    desk: Arc<Desk>,
    shared: Arc<Shared>,
}

impl Keeper {
    pub(super) fn new(desk: Arc<Desk>, shared: Arc<Shared>) -> Self {
        Self { desk, shared }
    }

    /// Runs until all stops, or nobody needs this desk any more.
    pub(super) async fn run(self) {
        let mut rng = SmallRng::from_os_rng();
        let mut backoff = Backoff::new(RETRY);
        while !self.is_over() {
            let begun = clock::now();
            let death = match self.start() {
                Ok(started) => self.attend(&started).await,
                Err(error) => Death {
                    end: End::NotStarted(error),
                    blamed: None,
                    was_ready: false,
                },
            };
            if matches!(death.end, End::Stopping) || self.is_over() {
                break;
            }
            if death.was_ready {
                backoff.reset();
            }
            self.mourn(death);
            if clock::now().saturating_duration_since(begun) < WELL_STARTED {
                tokio::time::sleep(backoff.next_wait(&mut rng)).await;
            }
        }
        self.desk.end();
        self.shared.forget(&self.desk);
    }

    fn is_over(&self) -> bool {
        self.shared.stopping.load(SeqCst) || self.desk.state.lock().retired
    }

    fn start(&self) -> io::Result<Started> {
        let (here, there) = StdStream::pair()?;
        let memory = Memory::new()?;
        memory.send(&here)?;
        let options = &self.shared.options;
        let mut command = Command::new(&options.program);
        let mut child = command
            .args(&options.arguments)
            .args(["--number", &self.desk.number.to_string()])
            .env_clear()
            .envs(surroundings())
            .envs(ALLOCATOR)
            .stdin(OwnedFd::from(there))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        // Its own descriptors of the other end go with it.
        drop(command);
        let pid = child.id();
        let said = child.stderr.take();
        {
            let mut state = self.desk.state.lock();
            if self.shared.stopping.load(SeqCst) {
                drop(state);
                end_child(child);
                return Err(io::ErrorKind::Interrupted.into());
            }
            state.child = Some(child);
        }
        if let Some(said) = said {
            let pipe = pipe::Receiver::from_owned_fd(OwnedFd::from(said))?;
            tokio::spawn(relay(pipe, format!("decode-{}", self.desk.number)));
        }
        here.set_nonblocking(true)?;
        Ok(Started {
            stream: Arc::new(UnixStream::from_std(here)?),
            memory,
            pid,
        })
    }

    /// Hears a process until its end.
    async fn attend(&self, started: &Started) -> Death {
        let mut inbox = Inbox::default();
        let mut watch = Watch::new(started.pid, clock::now());
        let mut ticks = tokio::time::interval(LOOK_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let end = loop {
            let waits = self
                .desk
                .state
                .lock()
                .line
                .as_ref()
                .is_some_and(Line::waits);
            tokio::select! {
                biased;
                ready = started.stream.readable() => {
                    let heard = match ready {
                        Ok(()) => self.hear(&mut inbox, started, &mut watch),
                        Err(_gone) => Err(End::HungUp),
                    };
                    if let Err(end) = heard {
                        break end;
                    }
                }
                _ = started.stream.writable(), if waits => {
                    if let Some(line) = &mut self.desk.state.lock().line {
                        line.flush();
                    }
                }
                () = self.desk.look.notified() => {
                    if self.is_over() {
                        break End::Stopping;
                    }
                }
                _ = ticks.tick() => {
                    if self.is_over() {
                        break End::Stopping;
                    }
                    // What it has said counts before its silence does.
                    if let Err(end) = self.hear(&mut inbox, started, &mut watch) {
                        break end;
                    }
                    self.desk.end_pauses(clock::now());
                    self.desk.pass_on_all();
                    if let Some(end) = self.judge(&mut watch) {
                        break end;
                    }
                }
            }
        };
        let blamed = match &end {
            End::Memory { .. } => self.desk.state.lock().ledger.eater(),
            // It has taken its word on it already.
            End::Lied(_) => watch.at_work,
            end if end.blames_unit() => self.desk.state.lock().ledger.at_work(),
            _ => None,
        };
        Death {
            end,
            blamed,
            was_ready: watch.ready,
        }
    }

    /// Reads all that is there.
    fn hear(&self, inbox: &mut Inbox, started: &Started, watch: &mut Watch) -> Result<(), End> {
        loop {
            match started.stream.try_read(inbox.room()) {
                Ok(0) => return Err(End::HungUp),
                Ok(count) => inbox.filled += count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_gone) => return Err(End::HungUp),
            }
            while let Some(answer) = inbox.next()? {
                match answer {
                    Answer::Ready { version } if version != VERSION || watch.ready => {
                        return Err(End::Version(version));
                    }
                    Answer::Ready { .. } => {
                        watch.ready = true;
                        debug!(decoder = self.desk.number, pid = watch.pid, "ready");
                        self.desk.taken.store(0, SeqCst);
                        let line = Line::new(Arc::clone(&started.stream));
                        self.desk.state.lock().line = Some(line);
                        self.desk.pass_on_all();
                    }
                    Answer::Done(done) => self.take(&done, &started.memory, watch)?,
                }
            }
        }
    }

    /// Takes an answer: checks it, copies its picture, and gives the next unit.
    fn take(&self, done: &Done, memory: &Memory, watch: &mut Watch) -> Result<(), End> {
        let checked = {
            let mut state = self.desk.state.lock();
            watch.at_work = state.ledger.at_work();
            state.ledger.answered(done, clock::now())?
        };
        if let Some(checked) = checked {
            let key = checked.feed.key();
            // The next unit goes first, so that the process need not wait for this thread.
            self.desk.pass_on(key);
            self.hand_on(done, checked, memory);
        }
        self.desk.taken.store(done.number, SeqCst);
        Ok(())
    }

    fn hand_on(&self, done: &Done, checked: Checked, memory: &Memory) {
        let feed = &checked.feed;
        for (arrival, integrity) in &checked.frames {
            feed.note_picture(*arrival, *integrity);
        }
        if let Some((codec, decoder)) = &done.running {
            feed.note_running(Running {
                codec: Some(*codec),
                decoder: (!decoder.is_empty()).then(|| decoder.clone()),
            });
        }
        if let Some(why) = &done.left_out {
            warn!(camera = %feed.id.camera, %why, "a picture was left out");
        }
        if checked.outdated || feed.is_closed() {
            return;
        }
        if let Some(trouble) = &done.trouble {
            *feed.trouble.lock() = Some(match trouble {
                Trouble::NoDecoder => {
                    let codec = feed.report().codec.map_or("", |codec| codec.name());
                    Reason::UnsupportedCodec(codec.into())
                }
                Trouble::Failed(text) => Reason::DecodeFailed(text.clone()),
            });
            feed.forget_units();
        }
        if checked.judgement.is_some() {
            feed.note_judgement(checked.judgement);
        }
        let look = checked.look.as_ref().and_then(|wanted| {
            let copied = copy(wanted, memory, &self.shared.buffers);
            copied
                .inspect_err(|error| warn!(camera = %feed.id.camera, %error, "a look was not read"))
                .ok()
        });
        feed.note_look(checked.motion, look);
        if let Some(wanted) = checked.picture {
            match copy(&wanted, memory, &self.shared.buffers) {
                Ok(picture) => {
                    feed.put_picture(picture);
                    (self.shared.wake)();
                }
                Err(error) => warn!(camera = %feed.id.camera, %error, "a picture was not read"),
            }
        }
    }

    /// Whether the process is to be ended, or has.
    fn judge(&self, watch: &mut Watch) -> Option<End> {
        let now = clock::now();
        // Only time in which this program ran counts: it may have been stopped itself.
        let passed = now
            .saturating_duration_since(watch.looked)
            .min(2 * LOOK_EVERY);
        watch.looked = now;
        let (oldest, feeds) = {
            let mut state = self.desk.state.lock();
            if let Some(Ok(Some(status))) = state.child.as_mut().map(std::process::Child::try_wait)
            {
                return Some(End::Ended(status));
            }
            let ledger = &state.ledger;
            (ledger.oldest_unanswered(), ledger.members.len())
        };
        if !watch.ready {
            watch.silent += passed;
            return (watch.silent >= READY_WITHIN).then_some(End::NotReady);
        }
        if oldest.is_none() || oldest != watch.oldest {
            watch.oldest = oldest;
            watch.silent = Duration::ZERO;
            watch.standing = None;
        } else {
            watch.silent += passed;
            let limit = self.shared.options.stalled_after;
            if let Some(standing) = proc::standing(watch.pid) {
                let then = *watch.standing.get_or_insert(standing);
                if let Some(stall) = stalled(watch.silent, limit, then, standing) {
                    return Some(End::Stalled(stall));
                }
            }
        }
        watch.looks = watch.looks.wrapping_add(1);
        if watch.looks.is_multiple_of(LOOKS_A_MEMORY_LOOK) {
            let options = &self.shared.options;
            let most = options.memory_bytes + options.memory_bytes_a_feed * feeds as u64;
            let has = proc::anonymous_bytes(watch.pid).unwrap_or(0);
            if has > most {
                return Some(End::Memory {
                    mib: has >> 20,
                    most_mib: most >> 20,
                });
            }
        }
        None
    }

    /// Ends what is left of a process, and tells its feeds.
    fn mourn(&self, death: Death) {
        let Death { end, blamed, .. } = death;
        let now = clock::now();
        let (lost, child) = {
            let mut state = self.desk.state.lock();
            state.line = None;
            state.restarts += 1;
            (state.ledger.begin(), state.child.take())
        };
        let status = child.and_then(end_child);
        // What it hung up for is known only now.
        let end = match (end, status) {
            (End::HungUp, Some(status)) => End::Ended(status),
            (end, _) => end,
        };
        let blamed = blamed.filter(|_| end.blames_unit() || matches!(end, End::Memory { .. }));
        error!(
            decoder = self.desk.number,
            feeds = lost.len(),
            "a decoder process {end}; it is started again"
        );
        for feed in &lost {
            lose(feed, Reason::DecoderRestarted, now);
        }
        if let Some(key) = blamed {
            self.punish(key, &end, now);
        }
        (self.shared.wake)();
    }

    /// A feed whose unit ended the process once more.
    fn punish(&self, key: u64, end: &End, now: Instant) {
        let mut state = self.desk.state.lock();
        let alone = self.desk.is_alone();
        let Some(member) = state.ledger.members.get_mut(&key) else {
            return;
        };
        let feed = Arc::clone(&member.feed);
        let sentence = member.strikes.strike(now, alone);
        drop(state);
        let camera = &feed.id.camera;
        warn!(%camera, "it was at a unit of this camera");
        let until = match sentence {
            Sentence::GoOn => return,
            Sentence::Alone => {
                if self.shared.isolate(&self.desk, key) {
                    warn!(%camera, "it is decoded in a process of its own from now on");
                    return;
                }
                now + RETRY.most
            }
            Sentence::Pause(until) => until,
        };
        let mut state = self.desk.state.lock();
        let Some(member) = state.ledger.members.get_mut(&key) else {
            return;
        };
        member.paused_until = Some(until);
        let pauses = member.strikes.pauses();
        drop(state);
        let wait = until.saturating_duration_since(now);
        error!(%camera, pauses, ?wait, "it is not decoded for a while");
        let reason = Reason::DecodeFailed(format!("a decoder process {end}"));
        lose(&feed, reason, until);
    }
}

/// Tells a feed that it has lost its decoder.
fn lose(feed: &Feed, reason: Reason, from: Instant) {
    feed.skip_to_keyframe();
    feed.note_running(Running::default());
    feed.note_setback(Setback { reason, from });
}

/// What is known of a process while it runs.
struct Watch {
    pid: u32,
    ready: bool,
    looked: Instant,
    looks: u32,
    /// The oldest unanswered unit at the last look, and for how long it has been that.
    oldest: Option<u64>,
    silent: Duration,
    standing: Option<proc::Standing>,
    /// The feed whose unit was being answered for.
    at_work: Option<u64>,
}

impl Watch {
    fn new(pid: u32, now: Instant) -> Self {
        Self {
            pid,
            ready: false,
            looked: now,
            looks: 0,
            oldest: None,
            silent: Duration::ZERO,
            standing: None,
            at_work: None,
        }
    }
}

/// Bytes that came, up to a few messages.
struct Inbox {
    bytes: Box<[u8]>,
    filled: usize,
    read: usize,
}

impl Default for Inbox {
    fn default() -> Self {
        Self {
            // The longest answer fits in whole, whatever is left of the one before.
            bytes: vec![0; 1 << 15].into(),
            filled: 0,
            read: 0,
        }
    }
}

impl Inbox {
    /// Where more may be written to.
    fn room(&mut self) -> &mut [u8] {
        self.bytes.copy_within(self.read..self.filled, 0);
        self.filled -= self.read;
        self.read = 0;
        &mut self.bytes[self.filled..]
    }

    /// The next whole message.
    fn next(&mut self) -> Result<Option<Answer>, WireError> {
        let here = &self.bytes[self.read..self.filled];
        let Some((length, rest)) = here.split_first_chunk() else {
            return Ok(None);
        };
        let length = Answer::length(*length)?;
        let Some(body) = rest.get(..length) else {
            return Ok(None);
        };
        let answer = Answer::read(body)?;
        self.read += 4 + length;
        Ok(Some(answer))
    }
}

/// A picture of the shared memory. What lies there is only looked at in the copy.
fn copy(wanted: &CheckedPicture, memory: &Memory, buffers: &Pool) -> io::Result<Picture> {
    let head = &wanted.head;
    let mut at = head.offset;
    let mut plane = |length: u64| {
        let mut samples = buffers.take(length as usize);
        memory.read(&mut samples, at)?;
        at += length;
        io::Result::Ok(samples)
    };
    let [luma, chroma, pixels] = head.lengths();
    let (y, uv) = (plane(luma)?, plane(chroma)?);
    let exact = match head.exact {
        (0, _) | (_, 0) => None,
        (width, height) => Some(ExactPixels {
            width,
            height,
            bgra: plane(pixels)?,
        }),
    };
    Ok(Picture {
        serial: wanted.serial,
        source_width: head.source.0,
        source_height: head.source.1,
        halvings: head.halvings,
        width: head.size.0,
        height: head.size.1,
        y,
        uv,
        exact,
        colour: head.colour,
        rotation: head.rotation,
        pts: wanted.pts,
        arrival: wanted.arrival,
        capture: wanted.capture,
    })
}

#[cfg(test)]
mod tests;
