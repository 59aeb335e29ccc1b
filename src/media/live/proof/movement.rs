//! Whether a picture moves.

use std::time::{Duration, Instant};

use super::Limits;
use super::trail::Trail;
use crate::pixels::look::{
    CHANGED, CLEARLY_CHANGED, REGIONS, Regions, changed_regions, copy_regions, view,
};

/// Less than this share of the regions changes when something moves in a calm scene; when a frozen
/// picture comes back to life time has passed, and nearly everything has changed.
const CALM_SHARE: f32 = 0.4;
/// A keyframe that encodes the same picture anew changes it slightly for no longer than this, with
/// the pictures that mend it …
const MAX_PULSE: Duration = Duration::from_secs(1);
/// … and nothing changes at so many looks before it.
const QUIET_LOOKS: u32 = 2;

/// What is in no more regions than this may be one that moves, with the place where it was.
const MAX_MOVER: u32 = 24;
/// A region is in another light when its mean differs by so many codes.
const OTHER_LIGHT: f32 = 3.0;

/// The movement of one feed.
#[derive(Debug)]
pub(super) struct Movement {
    limits: Limits,
    /// The picture since which nothing has changed, and its width.
    anchor: Vec<u8>,
    width: usize,
    still_since: Option<Instant>,
    /// How long this camera may stand still: more for one that was seen to be calm by nature.
    patience: Duration,
    frozen: bool,
    /// The anchor is younger than the standstill: the tile changed its size meanwhile.
    resized: bool,
    /// The first anchor of a standstill that pulses, which is compared for clear changes; empty
    /// when it does not.
    ground: Vec<u8>,
    /// What moves over the ground, or over the anchor when there is no ground.
    trail: Trail,
    /// Changes everywhere began then and have gone on since.
    stirred_since: Option<Instant>,
    /// Looks without changes everywhere since the last with them.
    quiet_looks: u32,
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
            ground: Vec::new(),
            trail: Trail::default(),
            stirred_since: None,
            quiet_looks: 0,
        }
    }

    pub(super) fn begin_session(&mut self) {
        self.anchor.clear();
        self.ground.clear();
        self.trail = Trail::default();
        self.still_since = None;
        self.frozen = false;
        self.resized = false;
        self.stirred_since = None;
        self.quiet_looks = 0;
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
        let few = self.limits.still_regions;
        if self.width != width || self.anchor.len() != luma.len() {
            if self.frozen {
                // The tile became larger or smaller: that is no life. It is compared from here on.
                self.resized = true;
            } else {
                self.live(Regions::ALL, now);
            }
            self.renew(luma, width);
            return;
        }
        // Whoever was frozen is counted to the end: how much moves tells why it was still. So is who
        // stood still a moment ago, lest the trail of a mover that is nearer than others be lost.
        let is_calm = self.frozen || self.quiet_looks > 0;
        let enough = if is_calm { u32::MAX } else { few };
        let changed = changed_regions(&self.anchor, luma, width, CHANGED, enough);
        let is_stirred = changed.count() > few;
        let differing = if is_stirred && !self.stirs_as_a_pulse(now) {
            changed
        } else if is_stirred || !self.ground.is_empty() {
            self.differing_clearly(luma, enough)
        } else {
            changed
        };
        if differing.count() > few || is_stirred && self.is_otherwise_lit(luma) {
            self.live(if is_stirred { changed } else { differing }, now);
            if is_calm && differing.count() <= MAX_MOVER {
                self.trail.moves(differing, few, now);
            }
            self.renew(luma, width);
            return;
        }
        if is_stirred {
            if self.ground.is_empty() {
                std::mem::swap(&mut self.ground, &mut self.anchor);
            }
            self.keep_anchor(luma, width);
        } else {
            self.quiet_looks = self.quiet_looks.saturating_add(1);
        }
        // A keyframe that encodes the same picture anew is no step of whoever walked here before.
        if self.trail.moves(differing, few, now) && !is_stirred {
            self.live(differing, now);
            let settled = self.trail.settle(now);
            for plane in [&mut self.anchor, &mut self.ground] {
                copy_regions(luma, plane, width, settled);
            }
        }
    }

    /// Notes that there are changes everywhere; whether they began a moment ago, after a calm.
    fn stirs_as_a_pulse(&mut self, now: Instant) -> bool {
        if std::mem::take(&mut self.quiet_looks) >= QUIET_LOOKS {
            self.stirred_since = Some(now);
        }
        let since = *self.stirred_since.get_or_insert(now);
        now.saturating_duration_since(since) <= MAX_PULSE
    }

    /// What the ground is: the first anchor, or the only one.
    fn ground(&self) -> &[u8] {
        if self.ground.is_empty() {
            &self.anchor
        } else {
            &self.ground
        }
    }

    fn differing_clearly(&self, luma: &[u8], enough: u32) -> Regions {
        changed_regions(self.ground(), luma, self.width, CLEARLY_CHANGED, enough)
    }

    /// Whether the light is another: slow changes add up, and those of keyframes do not.
    fn is_otherwise_lit(&self, luma: &[u8]) -> bool {
        let before = view(self.ground(), self.width);
        before
            .zip(view(luma, self.width))
            .is_some_and(|(before, now)| {
                before.otherwise_lit(&now, OTHER_LIGHT) > self.limits.still_regions
            })
    }

    /// It moves; when it was taken for frozen, what has changed tells whether it is calm by nature.
    fn live(&mut self, changed: Regions, now: Instant) {
        let resized = std::mem::take(&mut self.resized);
        if std::mem::take(&mut self.frozen) {
            let all = (REGIONS.0 * REGIONS.1) as f32;
            if let Some(since) = self
                .still_since
                .filter(|_| !resized && changed.count() as f32 <= CALM_SHARE * all)
            {
                let calm = now.saturating_duration_since(since);
                let learned = calm.mul_f32(1.5).min(self.limits.calm_at_most);
                self.patience = self.patience.max(learned);
            }
        }
        self.still_since = Some(now);
    }

    /// Compares with this picture from here on.
    fn renew(&mut self, luma: &[u8], width: usize) {
        self.ground.clear();
        self.trail.renew_ground();
        self.keep_anchor(luma, width);
    }

    fn keep_anchor(&mut self, luma: &[u8], width: usize) {
        self.anchor.clear();
        self.anchor.extend_from_slice(luma);
        self.width = width;
    }
}
