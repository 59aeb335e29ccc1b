//! A few threads that decode for all feeds.
//!
//! A feed is in the queue at most once, and in at most one worker's hands; a worker takes a few of
//! its units in order and then lets the next feed have its turn.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use tracing::{error, warn};

use super::feed::Feed;
use super::work::{Done, Running, reason_of};
use crate::base::threads;
use crate::model::condition::Reason;
use crate::pixels;

/// Feeds that may wait for a worker. Each is in here at most once.
const QUEUE_FEEDS: usize = 1024;
/// Units a worker takes from one feed before it turns to the next.
const UNITS_A_TURN: usize = 4;
/// Buffers of pictures kept for the next ones: three for each of some hundred tiles.
const BUFFERS_KEPT: usize = 320;

pub(super) struct DecodePool {
    sender: Sender<Arc<Feed>>,
    stopping: Arc<AtomicBool>,
    exact: Arc<AtomicBool>,
    wake: Arc<dyn Fn() + Send + Sync>,
}

impl DecodePool {
    pub(super) fn start(
        workers: usize,
        discard: bool,
        wake: Arc<dyn Fn() + Send + Sync>,
    ) -> io::Result<Self> {
        let (sender, receiver) = bounded(QUEUE_FEEDS);
        let stopping = Arc::new(AtomicBool::new(false));
        let exact = Arc::new(AtomicBool::new(false));
        let buffers = pixels::Pool::new(BUFFERS_KEPT);
        for index in 0..workers.max(1) {
            let worker = Worker {
                receiver: receiver.clone(),
                sender: sender.clone(),
                stopping: Arc::clone(&stopping),
                exact: Arc::clone(&exact),
                wake: Arc::clone(&wake),
                buffers: buffers.clone(),
                discard,
            };
            threads::spawn(format!("decode-{index}"), move || worker.run())?;
        }
        Ok(Self {
            sender,
            stopping,
            exact,
            wake,
        })
    }

    /// A feed has units.
    pub(super) fn notify(&self, feed: &Arc<Feed>) {
        schedule(&self.sender, feed);
    }

    pub(super) fn wake(&self) {
        (self.wake)();
    }

    pub(super) fn make_exact_pixels(&self, make: bool) {
        self.exact.store(make, SeqCst);
    }

    pub(super) fn stop(&self) {
        self.stopping.store(true, SeqCst);
    }
}

impl Drop for DecodePool {
    fn drop(&mut self) {
        self.stop();
    }
}

fn schedule(sender: &Sender<Arc<Feed>>, feed: &Arc<Feed>) {
    if feed.scheduled.swap(true, SeqCst) {
        return;
    }
    match sender.try_send(Arc::clone(feed)) {
        // Without a receiver there is no worker any more: the pool stops.
        Ok(()) | Err(TrySendError::Disconnected(_)) => {}
        Err(TrySendError::Full(_)) => {
            // More feeds than the queue holds: the next unit tries again.
            feed.scheduled.store(false, SeqCst);
            warn!(camera = %feed.id.camera, "the decode queue is full");
        }
    }
}

struct Worker {
    receiver: Receiver<Arc<Feed>>,
    sender: Sender<Arc<Feed>>,
    stopping: Arc<AtomicBool>,
    exact: Arc<AtomicBool>,
    wake: Arc<dyn Fn() + Send + Sync>,
    buffers: pixels::Pool,
    discard: bool,
}

impl Worker {
    fn run(&self) {
        // The workers hold a sender themselves, so the queue never ends by itself: a look at the
        // stop flag twice a second ends them.
        while !self.stopping.load(SeqCst) {
            let Ok(feed) = self
                .receiver
                .recv_timeout(std::time::Duration::from_millis(500))
            else {
                continue;
            };
            let turn = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| self.turn(&feed)));
            if turn.is_err() {
                error!(camera = %feed.id.camera, "a decode worker panicked; the feed starts over");
                *feed.trouble.lock() = Some(Reason::DecodeFailed("internal error".into()));
                feed.forget_units();
            }
            feed.scheduled.store(false, SeqCst);
            if feed.has_units() {
                schedule(&self.sender, &feed);
            }
        }
    }

    fn turn(&self, feed: &Feed) {
        let mut work = feed.work.lock();
        for _ in 0..UNITS_A_TURN {
            if feed.is_closed() {
                work.stop();
                feed.note_running(Running::default());
                return;
            }
            let Some(unit) = feed.next_unit() else { return };
            if feed.take_new_session() {
                work.begin_session();
                feed.note_judgement(None);
            }
            let wish = feed.wish(self.exact.load(SeqCst), self.discard);
            match work.push(&unit, wish, &self.buffers) {
                Ok(done) => self.hand_on(feed, done),
                Err(error) => {
                    warn!(camera = %feed.id.camera, %error, "decoding failed");
                    *feed.trouble.lock() = Some(reason_of(&error));
                    feed.forget_units();
                    return;
                }
            }
        }
    }

    fn hand_on(&self, feed: &Feed, done: Done) {
        for frame in &done.frames {
            feed.note_picture(frame.arrival, frame.integrity);
        }
        if let Some(running) = done.running {
            feed.note_running(running);
        }
        if done.judgement.is_some() {
            feed.note_judgement(done.judgement);
        }
        if let Some(error) = done.left_out {
            warn!(camera = %feed.id.camera, %error, "a picture was left out");
        }
        feed.note_look(done.motion, done.look);
        if let Some(picture) = done.picture {
            feed.put_picture(picture);
            (self.wake)();
        }
    }
}
