//! Whether a picture moves.

use std::time::{Duration, Instant};

use super::Limits;
use crate::pixels::look::{REGIONS, changed_regions};

/// Less than this share of the regions changes when something moves in a calm scene; when a frozen
/// picture comes back to life time has passed, and nearly everything has changed.
const CALM_SHARE: f32 = 0.4;

/// The movement of one feed.
#[derive(Debug)]
pub(super) struct Movement {
    limits: Limits,
    /// The picture since which nothing has moved, and its width.
    anchor: Vec<u8>,
    width: usize,
    still_since: Option<Instant>,
    /// How long this camera may stand still: more for one that was seen to be calm by nature.
    patience: Duration,
    frozen: bool,
    /// The anchor is younger than the standstill: the tile changed its size meanwhile.
    resized: bool,
}

impl Movement {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            anchor: Vec::new(),
            width: 0,
            still_since: None,
            patience: limits.frozen_after,
            frozen: false,
            resized: false,
        }
    }

    pub(super) fn begin_session(&mut self) {
        self.anchor.clear();
        self.still_since = None;
        self.frozen = false;
        self.resized = false;
    }

    /// When something moved last.
    pub(super) fn moved_at(&self) -> Option<Instant> {
        self.still_since
    }

    /// Since when it has stood still, if that is longer than it may.
    pub(super) fn look(&mut self, luma: &[u8], width: usize, now: Instant) -> Option<Instant> {
        self.compare(luma, width, now);
        let still = self
            .still_since
            .filter(|since| now.saturating_duration_since(*since) >= self.patience);
        self.frozen |= still.is_some();
        still
    }

    fn compare(&mut self, luma: &[u8], width: usize, now: Instant) {
        let same_shape = self.width == width && self.anchor.len() == luma.len();
        let changed = if same_shape {
            // Whoever was frozen is counted to the end: how much moves tells why it was still.
            let enough = if self.frozen {
                u32::MAX
            } else {
                self.limits.still_regions
            };
            changed_regions(&self.anchor, luma, width, enough)
        } else {
            u32::MAX
        };
        if changed <= self.limits.still_regions {
            return;
        }
        if self.frozen && !same_shape {
            // The tile became larger or smaller: that is no life. It is compared from here on.
            self.resized = true;
            self.keep_anchor(luma, width);
            return;
        }
        let resized = std::mem::take(&mut self.resized);
        if std::mem::take(&mut self.frozen) {
            let all = (REGIONS.0 * REGIONS.1) as f32;
            if let Some(since) = self
                .still_since
                .filter(|_| !resized && changed as f32 <= CALM_SHARE * all)
            {
                let calm = now.saturating_duration_since(since);
                let learned = calm.mul_f32(1.5).min(self.limits.calm_at_most);
                self.patience = self.patience.max(learned);
            }
        }
        self.keep_anchor(luma, width);
        self.still_since = Some(now);
    }

    fn keep_anchor(&mut self, luma: &[u8], width: usize) {
        self.anchor.clear();
        self.anchor.extend_from_slice(luma);
        self.width = width;
    }
}
