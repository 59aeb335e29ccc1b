//! What the detectors ask of a feed: how much moves, and its next picture in full.
//!
//! They take a picture when they are ready for one, so that none waits for them: the picture is
//! made of the frame that comes next after they asked.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};

use crossbeam_channel::Sender;
use parking_lot::Mutex;

use crate::pixels::{Look, Picture};

/// What is asked of one feed.
#[derive(Debug, Default)]
pub(super) struct Looking {
    /// Somebody wants to know how much moves.
    is_watched: AtomicBool,
    is_asked: AtomicBool,
    reply: Mutex<Option<Sender<Look>>>,
    /// Of the last two pictures that were compared, as the bits of an `f32`.
    motion: AtomicU32,
}

impl Looking {
    pub(super) fn watch(&self, watch: bool) {
        self.is_watched.store(watch, Relaxed);
        if !watch {
            self.motion.store(0, Relaxed);
        }
    }

    pub(super) fn is_watched(&self) -> bool {
        self.is_watched.load(Relaxed)
    }

    pub(super) fn ask(&self, reply: Sender<Look>) {
        *self.reply.lock() = Some(reply);
        self.is_asked.store(true, Relaxed);
    }

    pub(super) fn is_asked(&self) -> bool {
        self.is_asked.load(Relaxed)
    }

    /// Answers who asked; a picture that comes when nobody asks any more goes.
    pub(super) fn answer(&self, feed: u64, picture: Picture) {
        let Some(reply) = self.reply.lock().take() else {
            return;
        };
        self.is_asked.store(false, Relaxed);
        let picture = Arc::new(picture);
        // Whoever asked has gone, or is answered often enough.
        reply.try_send(Look { feed, picture }).ok();
    }

    pub(super) fn note_motion(&self, share: f32) {
        self.motion.store(share.to_bits(), Relaxed);
    }

    pub(super) fn motion(&self) -> f32 {
        f32::from_bits(self.motion.load(Relaxed))
    }
}
