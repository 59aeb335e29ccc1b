//! Proof of life: whether the pictures of a feed are to be believed. A plain state machine of what
//! was seen and when; time is the arrival of the pictures.
//!
//! Method, thresholds and figures: `docs/design/004-proof-of-life.md`.

use std::time::{Duration, Instant};

use crate::model::condition::Picture;
use crate::pixels::look::{REGIONS, changed_regions, light};

/// A picture is looked at no oftener than this.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// Limits of belief.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// A picture that stood still for so long is frozen.
    pub(super) frozen_after: Duration,
    /// It stands still while no more regions of 144 than this change: a burned-in clock may tick.
    pub(super) still_regions: u32,
    /// No camera is believed to be so calm by nature that it may stand still for longer.
    pub(super) calm_at_most: Duration,
    /// Nothing is seen when the mean luma is at most this …
    pub(super) black_mean: f32,
    /// … and it varies no more than this …
    pub(super) black_deviation: f32,
    /// … for so long.
    pub(super) black_after: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            frozen_after: Duration::from_secs(4),
            still_regions: 8,
            calm_at_most: Duration::from_secs(60),
            black_mean: 40.0,
            black_deviation: 2.5,
            black_after: Duration::from_millis(1500),
        }
    }
}

/// Less than this share of the regions changes when something moves in a calm scene; when a frozen
/// picture comes back to life time has passed, and nearly everything has changed.
const CALM_SHARE: f32 = 0.4;

/// What a look says, and since when it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Judgement {
    pub(super) picture: Picture,
    pub(super) since: Instant,
}

/// What is known of one feed's pictures.
#[derive(Debug)]
pub(super) struct Proof {
    limits: Limits,
    /// The picture since which nothing has moved, and its width.
    anchor: Vec<u8>,
    width: usize,
    still_since: Option<Instant>,
    dark_since: Option<Instant>,
    last_look: Option<Instant>,
    /// How long this camera may stand still: more for one that was seen to be calm by nature.
    patience: Duration,
    frozen: bool,
    /// The anchor is younger than the standstill: the tile changed its size meanwhile.
    resized: bool,
}

impl Default for Proof {
    fn default() -> Self {
        Self::new(Limits::default())
    }
}

impl Proof {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            anchor: Vec::new(),
            width: 0,
            still_since: None,
            dark_since: None,
            last_look: None,
            patience: limits.frozen_after,
            frozen: false,
            resized: false,
        }
    }

    /// A session begins: time has passed unseen. What was learned of the camera stays.
    pub(super) fn begin_session(&mut self) {
        self.anchor.clear();
        self.still_since = None;
        self.dark_since = None;
        self.last_look = None;
        self.frozen = false;
        self.resized = false;
    }

    /// Looks at a picture's luma, `width` samples a row, that arrived at `now`; nothing when the
    /// last look was a moment ago.
    pub(super) fn look(&mut self, luma: &[u8], width: usize, now: Instant) -> Option<Judgement> {
        let since_last = |last: Instant| now.saturating_duration_since(last);
        if self
            .last_look
            .is_some_and(|last| since_last(last) < LOOK_EVERY)
        {
            return None;
        }
        let first = *self.last_look.get_or_insert(now);
        self.last_look = Some(now);
        self.look_for_movement(luma, width, now);
        self.look_for_light(luma, now);
        let long = |since: Option<Instant>, limit| {
            since.filter(|since| now.saturating_duration_since(*since) >= limit)
        };
        let judge = |picture, since| Some(Judgement { picture, since });
        if let Some(since) = long(self.dark_since, self.limits.black_after) {
            return judge(Picture::Black, since);
        }
        if let Some(since) = long(self.still_since, self.patience) {
            self.frozen = true;
            return judge(Picture::Frozen, since);
        }
        judge(Picture::Good, self.still_since.unwrap_or(first))
    }

    fn look_for_movement(&mut self, luma: &[u8], width: usize, now: Instant) {
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

    fn look_for_light(&mut self, luma: &[u8], now: Instant) {
        let light = light(luma);
        let dark =
            light.mean <= self.limits.black_mean && light.deviation <= self.limits.black_deviation;
        if dark {
            self.dark_since.get_or_insert(now);
        } else {
            self.dark_since = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock;

    const WIDTH: usize = 160;
    const HEIGHT: usize = 90;

    /// A street: texture, and a car at `x`.
    fn street(x: usize, seed: u64) -> Vec<u8> {
        let mut state = seed | 1;
        (0..WIDTH * HEIGHT)
            .map(|at| {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                let (column, row) = (at % WIDTH, at / WIDTH);
                let car = (x..x + 40).contains(&column) && (30..60).contains(&row);
                let ground = 90 + (column * 5 + row * 3) % 60;
                (if car { 220 } else { ground }) as u8 + (state % 3) as u8
            })
            .collect()
    }

    struct Camera {
        proof: Proof,
        now: Instant,
        last: Picture,
    }

    impl Camera {
        fn new() -> Self {
            Self {
                proof: Proof::default(),
                now: clock::now(),
                last: Picture::None,
            }
        }

        /// Shows `pictures` at 15 a second for `seconds`; the states in the order they came, with
        /// the seconds after which they did.
        fn show(
            &mut self,
            seconds: f32,
            picture: impl Fn(usize) -> Vec<u8>,
        ) -> Vec<(Picture, f32)> {
            let mut seen = Vec::new();
            let start = self.now;
            for frame in 0..(seconds * 15.0) as usize {
                if let Some(judged) = self.proof.look(&picture(frame), WIDTH, self.now)
                    && judged.picture != self.last
                {
                    self.last = judged.picture;
                    seen.push((judged.picture, (self.now - start).as_secs_f32()));
                }
                self.now += Duration::from_nanos(66_666_667);
            }
            seen
        }
    }

    fn moving(frame: usize) -> Vec<u8> {
        street(frame * 2 % 120, frame as u64)
    }

    #[test]
    fn a_frozen_picture_is_told_within_five_seconds_and_life_at_once() {
        let mut camera = Camera::new();
        assert_eq!(camera.show(20.0, moving), [(Picture::Good, 0.0)]);
        let seen = camera.show(30.0, |_| moving(3));
        assert_eq!(seen.len(), 1, "{seen:?}");
        assert_eq!(seen[0].0, Picture::Frozen);
        assert!(seen[0].1 <= 4.6, "after {} s", seen[0].1);
        let seen = camera.show(5.0, |frame| {
            street(frame * 2, frame as u64 + 99)
                .iter()
                .map(|c| 255 - c)
                .collect()
        });
        assert_eq!(seen[0].0, Picture::Good);
        assert!(seen[0].1 <= 0.4, "after {} s", seen[0].1);
        // That it came back changed everywhere: nothing was learned, the next is told as fast.
        let seen = camera.show(30.0, |_| moving(7));
        assert!(seen[0].1 <= 4.6, "after {} s", seen[0].1);
    }

    #[test]
    fn a_ticking_clock_over_a_frozen_scene_is_no_life() {
        let mut camera = Camera::new();
        camera.show(10.0, moving);
        let seen = camera.show(10.0, |frame| {
            let mut picture = moving(3);
            for row in 0..7 {
                for column in 0..70 {
                    picture[row * WIDTH + column] = ((frame / 15 * 37 + row * column) % 200) as u8;
                }
            }
            picture
        });
        assert_eq!(seen.len(), 1, "{seen:?}");
        assert_eq!(seen[0].0, Picture::Frozen);
    }

    #[test]
    fn repeated_frames_are_no_freeze() {
        let mut camera = Camera::new();
        // One in three is a repetition; and a second for each picture.
        assert_eq!(
            camera.show(20.0, |f| moving(f - f % 3)),
            [(Picture::Good, 0.0)]
        );
        assert_eq!(camera.show(20.0, |f| moving(f - f % 15)), []);
    }

    #[test]
    fn who_is_calm_by_nature_is_given_more_time() {
        let mut camera = Camera::new();
        camera.show(5.0, moving);
        let empty = |_| street(0, 5);
        let seen = camera.show(10.0, empty);
        assert_eq!(seen.len(), 1, "the first time it is taken for frozen");
        // Somebody walks in: a few regions change.
        let seen = camera.show(3.0, |f| street(f, 5));
        assert_eq!(seen[0].0, Picture::Good);
        assert_eq!(
            camera.show(10.0, |_| street(44, 5)),
            [],
            "now it may stand for longer"
        );
        let seen = camera.show(100.0, |_| street(44, 5));
        assert_eq!(seen[0].0, Picture::Frozen, "but not for ever");
    }

    #[test]
    fn black_is_told_within_three_seconds_and_night_is_not_black() {
        let mut camera = Camera::new();
        camera.show(5.0, moving);
        let seen = camera.show(10.0, |f| {
            street(0, f as u64).iter().map(|c| 16 + c % 3).collect()
        });
        assert_eq!(seen[0].0, Picture::Black);
        assert!(seen[0].1 <= 2.0, "after {} s", seen[0].1);
        assert_eq!(seen.len(), 1, "{seen:?}");
        let night = |f: usize| moving(f).iter().map(|c| 16 + c / 8).collect::<Vec<_>>();
        assert_eq!(camera.show(20.0, night)[0].0, Picture::Good);
        assert_eq!(camera.last, Picture::Good);
    }

    /// Enlarging a frozen tile must not show it as live.
    #[test]
    fn a_frozen_picture_stays_frozen_when_its_tile_changes_its_size() {
        let mut camera = Camera::new();
        camera.show(10.0, |_| moving(1));
        assert_eq!(camera.last, Picture::Frozen);
        let small = |code: u8| vec![code; 64 * 36];
        for _ in 0..20 {
            camera.now += Duration::from_millis(300);
            let judged = camera.proof.look(&small(100), 64, camera.now);
            assert_eq!(judged.map(|j| j.picture), Some(Picture::Frozen));
        }
        camera.now += Duration::from_millis(300);
        let judged = camera.proof.look(&small(160), 64, camera.now);
        assert_eq!(judged.map(|j| j.picture), Some(Picture::Good));
    }

    #[test]
    fn another_size_is_another_picture_and_a_session_starts_anew() {
        let mut camera = Camera::new();
        camera.show(10.0, |_| moving(1));
        assert_eq!(camera.last, Picture::Frozen);
        camera.proof.begin_session();
        let judged = camera
            .proof
            .look(&moving(1), WIDTH, camera.now)
            .map(|j| j.picture);
        assert_eq!(judged, Some(Picture::Good));
        camera.now += Duration::from_secs(10);
        let other = vec![100; 64 * 36];
        let judged = camera.proof.look(&other, 64, camera.now).map(|j| j.picture);
        assert_eq!(judged, Some(Picture::Good));
    }
}
