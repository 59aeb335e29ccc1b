//! A few threads that decode for all feeds.
//!
//! A feed is in the queue at most once, and in at most one worker's hands; a worker takes a few of
//! its units in order and then lets the next feed have its turn.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use tracing::{error, warn};

use super::decoder::{DecodeError, Decoder, Request};
use super::feed::{Feed, Stage};
use crate::base::threads;
use crate::media::source::EncodedUnit;
use crate::model::condition::{Load, Reason};
use crate::model::frame::Rotation;
use crate::pixels::{self, exact_pixels};

/// Feeds that may wait for a worker. Each is in here at most once.
const QUEUE_FEEDS: usize = 1024;
/// Units a worker takes from one feed before it turns to the next.
const UNITS_A_TURN: usize = 4;
/// A feed with more waiting units than this catches up: most of its pictures are not made.
const CATCHING_UP: usize = 3;
/// Of a feed that is slowed one picture is made for so many left out.
const LEFT_OUT_SLOWED: u32 = 2;
/// And of one that catches up.
const LEFT_OUT_CATCHING_UP: u32 = 5;
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

/// Whether no picture is made of the next frame: the seat is short, or it is late and a newer one
/// waits.
fn is_left_out(feed: &Feed, stage: &mut Stage) -> bool {
    let most = if feed.num_waiting() > CATCHING_UP {
        LEFT_OUT_CATCHING_UP
    } else if feed.effort() == Load::Slowed {
        LEFT_OUT_SLOWED
    } else {
        0
    };
    let left_out = stage.left_out < most;
    stage.left_out = if left_out { stage.left_out + 1 } else { 0 };
    left_out
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
        let mut stage = feed.stage.lock();
        for _ in 0..UNITS_A_TURN {
            if feed.is_closed() {
                stage.decoder = None;
                return;
            }
            let Some(unit) = feed.next_unit() else { return };
            if feed.take_new_session() {
                stage.decoder = None;
                stage.proof.begin_session();
                feed.note_judgement(None);
            }
            if feed.take_accepted() {
                stage.proof.accept();
            }
            if let Err(error) = self.decode(feed, &mut stage, &unit) {
                warn!(camera = %feed.id.camera, %error, "decoding failed");
                *feed.trouble.lock() = Some(match error {
                    DecodeError::NoDecoder { codec, .. } => {
                        Reason::UnsupportedCodec(codec.name().into())
                    }
                    other => Reason::DecodeFailed(other.to_string()),
                });
                stage.decoder = None;
                feed.forget_units();
                return;
            }
        }
    }

    fn decode(
        &self,
        feed: &Feed,
        stage: &mut Stage,
        unit: &EncodedUnit,
    ) -> Result<(), DecodeError> {
        let decoder = match &mut stage.decoder {
            Some(decoder) if decoder.codec() == unit.codec => decoder,
            place => {
                let mut decoder = Decoder::new(Request { codec: unit.codec })?;
                decoder.continue_serial(stage.serial);
                place.insert(decoder)
            }
        };
        let frames = decoder.push(unit)?;
        stage.serial = decoder.serial();
        let newest = frames.len().saturating_sub(1);
        for (index, frame) in frames.iter().enumerate() {
            feed.note_picture(frame.arrival);
            if index == newest && !self.discard && !is_left_out(feed, stage) {
                let shown = feed.shown_size();
                if shown != (0, 0) {
                    let halvings = pixels::halvings_for((frame.width, frame.height), shown);
                    match pixels::reduce(frame, halvings, &self.buffers) {
                        Ok(mut picture) => {
                            let width = picture.width as usize;
                            let judged = stage.proof.look(&picture.y, width, picture.arrival);
                            if judged.is_some() {
                                feed.note_judgement(judged);
                            }
                            if self.exact.load(SeqCst) && picture.rotation == Rotation::None {
                                let (width, height) = shown;
                                picture.exact =
                                    exact_pixels(&picture, width, height, &self.buffers);
                            }
                            feed.put_picture(picture);
                            (self.wake)();
                        }
                        Err(error) => {
                            warn!(camera = %feed.id.camera, %error, "a picture was left out");
                        }
                    }
                }
            }
        }
        Ok(())
    }
}
