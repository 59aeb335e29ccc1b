//! Whether a picture looks as this camera does: sharp, with contrast, at the same place.
//!
//! Everything is measured against what the camera itself has shown, slowly learned, so that a dirty
//! lens, a night street or a foggy coast is nobody's fault.

use std::time::Instant;

use super::{Lasting, Limits};
use crate::pixels::look::{Detail, Light, View, detail, view};

/// What is normal follows what is seen with a time constant of so many looks: ten minutes.
const MEMORY_LOOKS: u32 = 2400;
/// The least likeness is forgotten by this share of the way each look.
const FORGET_SHARE: f32 = 0.002;
/// Sizes of reduced pictures whose sharpness is remembered: a tile is small, then large, then small.
const SIZES_REMEMBERED: usize = 4;
/// A coarse difference below this is a flat picture, of which sharpness means nothing, codes.
const FLAT: f32 = 1.0;

/// What one feed normally looks like, and since when it does not.
#[derive(Debug, Default)]
pub(super) struct Normal {
    sharpness: Vec<Sharpness>,
    contrast: Learned,
    seen: Option<Seen>,
    pub(super) blinded: Lasting,
    pub(super) blurred: Lasting,
    pub(super) moved: Lasting,
}

/// Sharpness depends on the size at which it is measured.
#[derive(Debug)]
struct Sharpness {
    width: usize,
    share: Learned,
}

/// A running mean that turns into a slow average.
#[derive(Clone, Copy, Debug, Default)]
struct Learned {
    value: f32,
    looks: u32,
}

/// Where the camera looks.
#[derive(Debug)]
struct Seen {
    view: View,
    looks: u32,
    /// The least likeness to it, slowly forgotten.
    least: f32,
}

impl Learned {
    fn learn(&mut self, value: f32) {
        self.looks = (self.looks + 1).min(MEMORY_LOOKS);
        self.value += (value - self.value) / self.looks as f32;
    }
}

impl Normal {
    pub(super) fn begin_session(&mut self) {
        self.blinded = Lasting::default();
        self.blurred = Lasting::default();
        self.moved = Lasting::default();
    }

    pub(super) fn look(
        &mut self,
        limits: &Limits,
        luma: &[u8],
        width: usize,
        light: Light,
        now: Instant,
    ) {
        let knows = self.contrast.looks >= limits.looks_to_learn;
        let blinded = knows && light.deviation < limits.blinded_share * self.contrast.value;
        self.blinded.note(blinded, now);
        if blinded {
            // Neither sharpness nor place can be told; what was, may still be.
            return;
        }
        let blurred = self.look_for_sharpness(limits, detail(luma, width), width);
        self.blurred.note(blurred, now);
        let moved = view(luma, width).is_some_and(|view| self.look_for_place(limits, view));
        self.moved.note(moved, now);
        if self.moved.for_at_least(limits.moved_at_most, now).is_some() {
            *self = Self::default();
        }
        if !blurred && !moved {
            self.contrast.learn(light.deviation);
        }
    }

    fn look_for_sharpness(&mut self, limits: &Limits, detail: Detail, width: usize) -> bool {
        if detail.coarse < FLAT {
            return false;
        }
        let share = detail.fine / detail.coarse;
        let at = if let Some(at) = self.sharpness.iter().position(|s| s.width == width) {
            at
        } else {
            if self.sharpness.len() >= SIZES_REMEMBERED {
                self.sharpness.remove(0);
            }
            self.sharpness.push(Sharpness {
                width,
                share: Learned::default(),
            });
            self.sharpness.len() - 1
        };
        let normal = &mut self.sharpness[at].share;
        let blurred =
            normal.looks >= limits.looks_to_learn && share < limits.blurred_share * normal.value;
        if !blurred {
            normal.learn(share);
        }
        blurred
    }

    fn look_for_place(&mut self, limits: &Limits, view: View) -> bool {
        let Some(seen) = &mut self.seen else {
            self.seen = Some(Seen {
                view,
                looks: 1,
                least: 1.0,
            });
            return false;
        };
        let likeness = seen.view.likeness(&view);
        let knows = seen.looks >= limits.looks_to_learn && seen.least >= limits.steady_likeness;
        if knows && likeness < limits.moved_likeness {
            return true;
        }
        seen.looks = (seen.looks + 1).min(MEMORY_LOOKS);
        seen.view.learn(&view, 1.0 / seen.looks as f32);
        seen.least = (seen.least + (1.0 - seen.least) * FORGET_SHARE).min(likeness);
        false
    }
}
