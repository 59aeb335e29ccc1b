//! What is done with one unit: decode, reduce, look, and the pixels of the screen. The same code
//! runs in the wall's own decode workers and in a decoder process.

use std::time::{Duration, Instant};

use super::decoder::{DecodeError, Decoder, Request};
use super::proof::{Judgement, Proof};
use crate::media::source::EncodedUnit;
use crate::model::codec::Codec;
use crate::model::condition::Reason;
use crate::model::frame::{Capture, Frame, Integrity, Memory, Rotation};
use crate::pixels::motion::Motion;
use crate::pixels::{self, Picture, PictureError, exact_pixels};

/// What decodes one feed, and what is known of its pictures.
#[derive(Default)]
pub(super) struct Work {
    decoder: Option<Decoder>,
    serial: u64,
    proof: Proof,
    told: Running,
    /// Pictures left out since the last that was made.
    left_out: u8,
    motion: Motion,
    /// Arrival of the picture that movement was last seen in.
    motion_at: Option<Instant>,
}

/// How much moves is looked at no oftener than this.
const MOTION_EVERY: Duration = Duration::from_millis(240);

/// The decoder at work.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Running {
    pub(super) codec: Option<Codec>,
    /// Name of the element.
    pub(super) decoder: Option<String>,
}

/// What shall become of a unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Wish {
    /// Width and height of the largest tile that shows it, in pixels; 0 when none does.
    pub(super) shown: (u32, u32),
    /// The pixels of the screen too.
    pub(super) exact: bool,
    /// No pictures at all (to measure the floor).
    pub(super) discard: bool,
    /// No more pictures than this are left out before one is made: the seat is short, or newer
    /// units wait.
    pub(super) leave_out: u8,
    /// What is seen now is how the camera looks.
    pub(super) accept: bool,
    /// How much moves is to be told.
    pub(super) watch: bool,
    /// The frame in full too, for the detectors.
    pub(super) look: bool,
}

/// A frame came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Decoded {
    /// When its last packet arrived.
    pub(super) arrival: Instant,
    pub(super) capture: Option<Capture>,
    pub(super) integrity: Integrity,
}

/// What became of a unit.
#[derive(Debug, Default)]
pub(super) struct Done {
    /// The frames that came out, in order.
    pub(super) frames: Vec<Decoded>,
    /// Of the newest of them.
    pub(super) picture: Option<Picture>,
    pub(super) judgement: Option<Judgement>,
    /// The newest of them in full, for the detectors.
    pub(super) look: Option<Picture>,
    /// The share of the picture, 0..1, that has changed.
    pub(super) motion: Option<f32>,
    /// Why there is no picture of the newest.
    pub(super) left_out: Option<PictureError>,
    /// Another decoder is at work than was told last.
    pub(super) running: Option<Running>,
}

impl Work {
    /// A session begins: the decoder of the one before has nothing to do with it.
    pub(super) fn begin_session(&mut self) {
        self.decoder = None;
        self.proof.begin_session();
        self.motion.forget();
    }

    /// Gives the decoder away.
    pub(super) fn stop(&mut self) {
        self.decoder = None;
    }

    /// Decodes a unit.
    ///
    /// # Errors
    /// When no decoder can work on this stream; the decoder is gone then.
    pub(super) fn push(
        &mut self,
        unit: &EncodedUnit,
        wish: Wish,
        buffers: &pixels::Pool,
    ) -> Result<Done, DecodeError> {
        let done = self.decode(unit, wish, buffers);
        if done.is_err() {
            self.decoder = None;
        }
        done
    }

    fn decode(
        &mut self,
        unit: &EncodedUnit,
        wish: Wish,
        buffers: &pixels::Pool,
    ) -> Result<Done, DecodeError> {
        let decoder = match &mut self.decoder {
            Some(decoder) if decoder.codec() == unit.codec => decoder,
            place => {
                let mut decoder = Decoder::new(Request { codec: unit.codec })?;
                decoder.continue_serial(self.serial);
                place.insert(decoder)
            }
        };
        let frames = decoder.push(unit)?;
        self.serial = decoder.serial();
        let running = Running {
            codec: Some(decoder.codec()),
            decoder: decoder.element_name(),
        };
        let mut done = Done {
            frames: frames
                .iter()
                .map(|frame| Decoded {
                    arrival: frame.arrival,
                    capture: frame.capture,
                    integrity: frame.integrity,
                })
                .collect(),
            ..Done::default()
        };
        if running != self.told {
            self.told = running.clone();
            done.running = Some(running);
        }
        if wish.accept {
            self.proof.accept();
        }
        let Some(frame) = frames.last().filter(|_| !wish.discard) else {
            return Ok(done);
        };
        if wish.watch {
            done.motion = self.see_motion(frame);
        }
        if wish.look {
            match pixels::reduce(frame, 0, buffers) {
                Ok(picture) => done.look = Some(picture),
                Err(error) => done.left_out = Some(error),
            }
        }
        if wish.shown == (0, 0) {
            return Ok(done);
        }
        if self.left_out < wish.leave_out {
            self.left_out += 1;
            return Ok(done);
        }
        self.left_out = 0;
        let halvings = pixels::halvings_for((frame.width, frame.height), wish.shown);
        match pixels::reduce(frame, halvings, buffers) {
            Ok(mut picture) => {
                let width = picture.width as usize;
                done.judgement = self.proof.look(&picture.y, width, picture.arrival);
                if wish.exact && picture.rotation == Rotation::None {
                    let (width, height) = wish.shown;
                    picture.exact = exact_pixels(&picture, width, height, buffers);
                }
                done.picture = Some(picture);
            }
            Err(error) => done.left_out = Some(error),
        }
        Ok(done)
    }

    fn see_motion(&mut self, frame: &Frame) -> Option<f32> {
        let since_last = |last: Instant| frame.arrival.saturating_duration_since(last);
        if self
            .motion_at
            .is_some_and(|last| since_last(last) < MOTION_EVERY)
        {
            return None;
        }
        self.motion_at = Some(frame.arrival);
        let Memory::System(planes) = &frame.memory;
        let (width, height) = (frame.width as usize, frame.height as usize);
        self.motion.step(planes.plane(0), width, height)
    }
}

/// A decoding error in the words of the wall.
pub(super) fn reason_of(error: &DecodeError) -> Reason {
    match error {
        DecodeError::NoDecoder { codec, .. } => Reason::UnsupportedCodec(codec.name().into()),
        other => Reason::DecodeFailed(other.to_string()),
    }
}
