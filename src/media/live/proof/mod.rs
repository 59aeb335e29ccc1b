//! Proof of life: whether the pictures of a feed are to be believed. Plain state machines of what
//! was seen and when; time is the arrival of the pictures.
//!
//! * `movement`: whether it moves; `trail`: whether a few changes are of something that moves.
//! * `normal`: whether it looks as this camera does: sharp, with contrast, at the same place.
//!
//! Method, thresholds and figures: `docs/design/004-proof-of-life.md`.

mod movement;
mod normal;
#[cfg(test)]
mod still_ground;
mod trail;

use std::time::{Duration, Instant};

use self::movement::Movement;
use self::normal::Normal;
use crate::model::condition::Picture;
use crate::pixels::look::light;

/// A picture is looked at no oftener than this.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// Limits of belief.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// A picture that stood still for so long is frozen.
    pub frozen_after: Duration,
    /// It stands still while no more regions of 144 than this change: a burned-in clock may tick.
    pub still_regions: u32,
    /// No camera is believed to be so calm by nature that it may stand still for longer.
    pub calm_at_most: Duration,
    /// Nothing is seen when the mean luma is at most this …
    pub black_mean: f32,
    /// … and it varies no more than this …
    pub black_deviation: f32,
    /// … for so long.
    pub black_after: Duration,
    /// So many looks teach what is normal before it is judged by it.
    pub looks_to_learn: u32,
    /// Blurred when the fine detail, against the coarse, is below this share of the normal …
    pub blurred_share: f32,
    /// … blinded when the contrast is below this share of the normal …
    pub blinded_share: f32,
    /// … for so long.
    pub blurred_after: Duration,
    /// Looks elsewhere when the view is less alike the normal than this, −1..1 …
    pub moved_likeness: f32,
    /// … of a camera whose view never was less alike than this …
    pub steady_likeness: f32,
    /// … for so long.
    pub moved_after: Duration,
    /// A new view is the normal one after so long.
    pub moved_at_most: Duration,
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
            looks_to_learn: 40,
            blurred_share: 0.6,
            blinded_share: 0.35,
            blurred_after: Duration::from_millis(2000),
            moved_likeness: 0.6,
            steady_likeness: 0.8,
            moved_after: Duration::from_millis(3500),
            moved_at_most: Duration::from_secs(600),
        }
    }
}

/// What a look says, and since when it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// The state.
    pub picture: Picture,
    /// It began then.
    pub since: Instant,
}

/// What is known of one feed's pictures.
#[derive(Debug)]
pub struct Proof {
    limits: Limits,
    movement: Movement,
    normal: Normal,
    dark: Lasting,
    last_look: Option<Instant>,
}

/// Since when something has been so without a break.
#[derive(Clone, Copy, Debug, Default)]
struct Lasting(Option<Instant>);

impl Lasting {
    fn note(&mut self, is_so: bool, now: Instant) {
        if is_so {
            self.0.get_or_insert(now);
        } else {
            self.0 = None;
        }
    }

    /// When it began, if that is at least `limit` ago.
    fn for_at_least(self, limit: Duration, now: Instant) -> Option<Instant> {
        self.0
            .filter(|since| now.saturating_duration_since(*since) >= limit)
    }
}

impl Default for Proof {
    fn default() -> Self {
        Self::new(Limits::default())
    }
}

impl Proof {
    /// Knows nothing yet.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            movement: Movement::new(limits),
            normal: Normal::default(),
            dark: Lasting::default(),
            last_look: None,
        }
    }

    /// A session begins: time has passed unseen. What was learned of the camera stays.
    pub fn begin_session(&mut self) {
        self.movement.begin_session();
        self.normal.begin_session();
        self.dark = Lasting::default();
        self.last_look = None;
    }

    /// What is seen now is how this camera looks.
    pub fn accept(&mut self) {
        self.normal = Normal::default();
    }

    /// Looks at a picture's luma, `width` samples a row, that arrived at `now`; nothing when the
    /// last look was a moment ago.
    pub fn look(&mut self, luma: &[u8], width: usize, now: Instant) -> Option<Judgement> {
        let since_last = |last: Instant| now.saturating_duration_since(last);
        if self
            .last_look
            .is_some_and(|last| since_last(last) < LOOK_EVERY)
        {
            return None;
        }
        let first = *self.last_look.get_or_insert(now);
        self.last_look = Some(now);
        let limits = &self.limits;
        let light = light(luma);
        let is_dark = light.mean <= limits.black_mean && light.deviation <= limits.black_deviation;
        self.dark.note(is_dark, now);
        let still = self.movement.look(luma, width, now);
        // What nobody can see teaches nothing, nor does what stands still.
        if !is_dark && still.is_none() {
            self.normal.look(limits, luma, width, light, now);
        }
        let black = self.dark.for_at_least(limits.black_after, now);
        let normal = &self.normal;
        let blinded = normal.blinded.for_at_least(limits.blurred_after, now);
        let blurred = normal.blurred.for_at_least(limits.blurred_after, now);
        let moved = normal.moved.for_at_least(limits.moved_after, now);
        // What hides most comes first. A picture without contrast also stands still.
        let worst = [
            (Picture::Black, black),
            (Picture::Blurred, blinded),
            (Picture::Frozen, still),
            (Picture::Blurred, blurred),
            (Picture::Moved, moved),
        ];
        let judged = worst
            .into_iter()
            .find_map(|(picture, since)| Some((picture, since?)));
        let (picture, since) =
            judged.unwrap_or((Picture::Good, self.movement.moved_at().unwrap_or(first)));
        Some(Judgement { picture, since })
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
        assert_eq!(Camera::new().show(20.0, night), [(Picture::Good, 0.0)]);
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

    /// What a lens out of focus leaves of a picture: means over neighbours in a row.
    fn defocused(picture: &[u8]) -> Vec<u8> {
        let mean = |at: usize| {
            let part = &picture[at.saturating_sub(3)..(at + 4).min(picture.len())];
            (part.iter().map(|c| u32::from(*c)).sum::<u32>() / part.len() as u32) as u8
        };
        (0..picture.len()).map(mean).collect()
    }

    /// A street with houses, light and dark; another `place` has others.
    fn houses(frame: usize, place: usize) -> Vec<u8> {
        let mut picture = moving(frame);
        for (at, code) in picture.iter_mut().enumerate() {
            let house = at / WIDTH / 30 * 8 + at % WIDTH / 20;
            if (house * 7 + place).is_multiple_of(3) {
                *code /= 4;
            }
        }
        picture
    }

    #[test]
    fn what_hides_the_view_is_told_within_five_seconds_and_its_end_at_once() {
        type Scene = fn(usize) -> Vec<u8>;
        let hiding: [(&str, Scene); 3] = [
            ("defocus", |f| defocused(&moving(f))),
            ("fog", |f| moving(f).iter().map(|c| 150 + c / 10).collect()),
            ("glare", |f| {
                moving(f).iter().map(|c| 225 + c / 12).collect()
            }),
        ];
        for (name, hidden) in hiding {
            let mut camera = Camera::new();
            assert_eq!(camera.show(15.0, moving), [(Picture::Good, 0.0)], "{name}");
            let seen = camera.show(20.0, hidden);
            assert_eq!(seen.len(), 1, "{name}: {seen:?}");
            assert_eq!(seen[0].0, Picture::Blurred, "{name}");
            assert!(seen[0].1 <= 3.0, "{name}: after {} s", seen[0].1);
            let seen = camera.show(5.0, moving);
            assert_eq!(seen[0].0, Picture::Good, "{name}");
            assert!(seen[0].1 <= 0.4, "{name}: after {} s", seen[0].1);
        }
    }

    #[test]
    fn a_camera_that_was_turned_is_told_until_its_new_view_is_the_normal_one() {
        let (here, there) = (|f| houses(f, 0), |f| houses(f, 1));
        let mut camera = Camera::new();
        assert_eq!(camera.show(20.0, here), [(Picture::Good, 0.0)]);
        let seen = camera.show(60.0, there);
        assert_eq!(seen.len(), 1, "{seen:?}");
        assert_eq!(seen[0].0, Picture::Moved);
        assert!(seen[0].1 <= 4.5, "after {} s", seen[0].1);
        camera.proof.accept();
        assert_eq!(camera.show(30.0, there)[0].0, Picture::Good);
        let seen = camera.show(30.0, here);
        assert_eq!(seen[0].0, Picture::Moved, "from the accepted view");
        let seen = camera.show(700.0, here);
        assert_eq!(seen.len(), 1, "{seen:?}");
        assert_eq!(seen[0].0, Picture::Good, "after ten minutes it is normal");
    }

    #[test]
    fn dawn_is_neither_blur_nor_movement() {
        let mut camera = Camera::new();
        let seen = camera.show(120.0, |f| {
            let light = 20 + (f / 10) as u32;
            moving(f)
                .iter()
                .map(|c| (16 + u32::from(*c) * light.min(200) / 200) as u8)
                .collect()
        });
        assert_eq!(seen, [(Picture::Good, 0.0)]);
    }
}
