//! How far apart a camera's units come, learned from the camera itself: one that sends a picture
//! every eight seconds is not late after two.
//!
//! The usual interval is the one in which the camera spends the middle of its time: a single long
//! gap among many short ones does not change it, and a camera that slows down for the night is
//! learned anew within a minute.

use std::time::{Duration, Instant};

/// What was seen so long ago counts half.
const HALF_LIFE_S: f64 = 30.0;
/// Intervals are told apart by a factor of the square root of two, from this on …
const SHORTEST_S: f64 = 0.008;
/// … in so many steps: up to two minutes.
const STEPS: usize = 28;
/// Something is known after so many intervals …
const KNOWN_GAPS: u32 = 3;
/// … and so much time.
const KNOWN_S: f64 = 1.0;

/// The interval of one camera, over its sessions.
#[derive(Clone, Debug)]
pub(super) struct Interval {
    last: Option<Instant>,
    /// For each step the time spent in such intervals, and the sum of their squares: the interval
    /// that belongs to it is their quotient.
    steps: [(f64, f64); STEPS],
    gaps: u32,
    seen_s: f64,
}

impl Default for Interval {
    fn default() -> Self {
        Self {
            last: None,
            steps: [(0.0, 0.0); STEPS],
            gaps: 0,
            seen_s: 0.0,
        }
    }
}

impl Interval {
    /// A session begins: the time since the last unit says nothing.
    pub(super) fn begin_session(&mut self) {
        self.last = None;
    }

    /// A unit came, `sent` after the one before it by the stream's own time, where that says
    /// anything: what a network held back and then brought at once was not sent so.
    pub(super) fn unit(&mut self, sent: Option<f64>, now: Instant) {
        let Some(last) = self.last.replace(now) else {
            return;
        };
        let arrived = now.saturating_duration_since(last).as_secs_f64();
        let gap = sent.map_or(arrived, |sent| sent.min(arrived));
        self.gaps = self.gaps.saturating_add(1);
        self.seen_s += arrived;
        let kept = 0.5_f64.powf(arrived / HALF_LIFE_S);
        for (time, squares) in &mut self.steps {
            *time *= kept;
            *squares *= kept;
        }
        let step = (2.0 * (gap / SHORTEST_S).max(1.0).log2()) as usize;
        let (time, squares) = &mut self.steps[step.min(STEPS - 1)];
        *time += gap;
        *squares += gap * gap;
    }

    /// How far apart its units usually come, once that is known.
    pub(super) fn usual(&self) -> Option<Duration> {
        if self.gaps < KNOWN_GAPS || self.seen_s < KNOWN_S {
            return None;
        }
        let all: f64 = self.steps.iter().map(|(time, _)| time).sum();
        let mut passed = 0.0;
        for (time, squares) in self.steps {
            passed += time;
            if time > 0.0 && passed * 2.0 >= all {
                return Some(Duration::from_secs_f64((squares / time).clamp(0.0, 600.0)));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock;

    struct Camera {
        interval: Interval,
        now: Instant,
    }

    impl Camera {
        fn new() -> Self {
            Self {
                interval: Interval::default(),
                now: clock::now(),
            }
        }

        fn send(&mut self, count: u32, every: f64) -> &mut Self {
            for _ in 0..count {
                self.now += Duration::from_secs_f64(every);
                self.interval.unit(Some(every), self.now);
            }
            self
        }

        fn usual(&self) -> f64 {
            self.interval
                .usual()
                .map_or(0.0, |usual| usual.as_secs_f64())
        }
    }

    #[test]
    fn any_regular_camera_is_learned_after_a_few_units() {
        for every in [1.0 / 25.0, 1.0 / 15.0, 0.5, 1.0, 3.0, 8.0, 30.0] {
            let mut camera = Camera::new();
            assert_eq!(camera.send(2, every).interval.usual(), None);
            camera.send(40, every);
            assert!((camera.usual() - every).abs() < every * 0.01, "{every}");
        }
    }

    #[test]
    fn a_stall_teaches_nothing_and_another_pace_is_learned_within_a_minute() {
        let mut camera = Camera::new();
        camera.send(900, 1.0 / 15.0).send(1, 5.0);
        assert!(camera.usual() < 0.1);
        camera.send(12, 5.0);
        assert!((camera.usual() - 5.0).abs() < 0.1, "{}", camera.usual());
        camera.send(900, 1.0 / 15.0);
        assert!(camera.usual() < 0.1);
        // A network that holds back and brings all at once.
        for _ in 0..30 {
            camera.now += Duration::from_secs(4);
            camera.interval.unit(Some(1.0 / 15.0), camera.now);
            for _ in 0..60 {
                camera.interval.unit(Some(1.0 / 15.0), camera.now);
            }
        }
        assert!(camera.usual() < 0.1, "{}", camera.usual());
    }

    #[test]
    fn what_a_server_sends_at_once_in_the_beginning_is_no_interval() {
        let mut camera = Camera::new();
        for _ in 0..30 {
            camera.now += Duration::from_millis(1);
            camera.interval.unit(Some(8.0), camera.now);
        }
        assert_eq!(camera.interval.usual(), None);
        camera.send(1, 8.0);
        assert!((camera.usual() - 8.0).abs() < 0.1);
    }
}
