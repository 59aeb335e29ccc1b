//! Repaints when something new is there, but no oftener than the machine should.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::base::clock;

/// How a repaint is asked for, after a delay.
type Ask = Box<dyn Fn(Duration) + Send>;

/// Asks for one repaint at a time, spaced by an interval.
pub struct Pacer {
    ask: Mutex<Option<Ask>>,
    born: Instant,
    asked: AtomicBool,
    last_paint_nanos: AtomicU64,
    interval_nanos: AtomicU64,
    paint_nanos: AtomicU64,
}

impl Pacer {
    /// No more than `hz` repaints a second.
    pub fn new(hz: f32) -> Self {
        let pacer = Self {
            ask: Mutex::new(None),
            born: clock::now(),
            asked: AtomicBool::new(false),
            last_paint_nanos: AtomicU64::new(0),
            interval_nanos: AtomicU64::new(0),
            paint_nanos: AtomicU64::new(0),
        };
        pacer.set_rate(hz);
        pacer
    }

    /// Changes the rate.
    pub fn set_rate(&self, hz: f32) {
        self.interval_nanos
            .store((1e9 / f64::from(hz.clamp(1.0, 240.0))) as u64, SeqCst);
    }

    /// How long a paint took. Painting takes at most half of the time: on a machine that draws with
    /// its processor, the other half decodes, and a wall that is short shows fewer pictures a second
    /// of live feeds rather than more of late ones.
    pub fn note_paint(&self, took: Duration) {
        let took = took.as_nanos().min(1_000_000_000) as u64;
        let before = self.paint_nanos.load(SeqCst);
        let smooth = if before == 0 {
            took
        } else {
            (before * 7 + took) / 8
        };
        self.paint_nanos.store(smooth, SeqCst);
    }

    /// How to ask for a repaint after a delay.
    pub fn connect(&self, ask: impl Fn(Duration) + Send + 'static) {
        *self.ask.lock() = Some(Box::new(ask));
    }

    /// Something new is there. From any thread, as often as one likes.
    pub fn wake(&self) {
        if self.asked.swap(true, SeqCst) {
            return;
        }
        match &*self.ask.lock() {
            Some(ask) => ask(self.delay(clock::now())),
            None => self.asked.store(false, SeqCst),
        }
    }

    /// A repaint begins: what comes from now on asks for another.
    pub fn painting(&self, now: Instant) {
        self.last_paint_nanos.store(self.nanos(now), SeqCst);
        self.asked.store(false, SeqCst);
    }

    fn delay(&self, now: Instant) -> Duration {
        let spacing = self
            .interval_nanos
            .load(SeqCst)
            .max(2 * self.paint_nanos.load(SeqCst));
        let due = self.last_paint_nanos.load(SeqCst) + spacing;
        Duration::from_nanos(due.saturating_sub(self.nanos(now)))
    }

    fn nanos(&self, at: Instant) -> u64 {
        at.saturating_duration_since(self.born).as_nanos() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn slow_paints_leave_half_of_the_time() {
        let pacer = Pacer::new(60.0);
        let asked: Arc<Mutex<Vec<Duration>>> = Arc::default();
        let seen = Arc::clone(&asked);
        pacer.connect(move |delay| seen.lock().push(delay));
        pacer.note_paint(Duration::from_millis(100));
        pacer.painting(clock::now() + Duration::from_secs(10));
        pacer.wake();
        let asked = asked.lock()[0];
        assert!(asked > Duration::from_millis(10_150), "{asked:?}");
    }

    #[test]
    fn many_wakes_are_one_repaint_no_sooner_than_the_interval() {
        let pacer = Pacer::new(10.0);
        let asked: Arc<Mutex<Vec<Duration>>> = Arc::default();
        let seen = Arc::clone(&asked);
        pacer.connect(move |delay| seen.lock().push(delay));
        let start = clock::now();
        pacer.painting(start + Duration::from_secs(3600));
        for _ in 0..50 {
            pacer.wake();
        }
        assert_eq!(asked.lock().len(), 1);
        assert!(asked.lock()[0] > Duration::from_secs(3599));
        pacer.painting(start);
        pacer.wake();
        assert_eq!(asked.lock().len(), 2);
        assert!(asked.lock()[1] <= Duration::from_millis(100));
    }
}
