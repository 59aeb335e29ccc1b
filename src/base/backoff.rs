//! Waiting longer after each failure, with jitter, so that a switch that comes back is not stormed.

use std::time::Duration;

use rand::Rng;

/// How waits grow.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Policy {
    /// The wait after the first failure.
    pub first: Duration,
    /// No wait is longer.
    pub most: Duration,
    /// Each wait is this many times the one before.
    pub factor: f64,
    /// Each wait is spread by up to this share of itself, both ways (0..1).
    pub jitter: f64,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            first: Duration::from_millis(500),
            most: Duration::from_secs(10),
            factor: 1.8,
            jitter: 0.3,
        }
    }
}

/// Counts failures and says how long to wait.
#[derive(Clone, Debug)]
pub struct Backoff {
    policy: Policy,
    failures: u32,
}

impl Backoff {
    /// No failure yet.
    pub fn new(policy: Policy) -> Self {
        Self {
            policy,
            failures: 0,
        }
    }

    /// A success: the next wait is the first again.
    pub fn reset(&mut self) {
        self.failures = 0;
    }

    /// Failures in a row.
    pub fn failures(&self) -> u32 {
        self.failures
    }

    /// A failure: how long to wait before the next try.
    pub fn next_wait(&mut self, rng: &mut impl Rng) -> Duration {
        let grown =
            self.policy.first.as_secs_f64() * self.policy.factor.powi(self.failures.min(64) as i32);
        let base = grown.min(self.policy.most.as_secs_f64());
        self.failures = self.failures.saturating_add(1);
        let spread = self.policy.jitter.clamp(0.0, 1.0);
        let share = if spread > 0.0 {
            rng.random_range(-spread..=spread)
        } else {
            0.0
        };
        Duration::from_secs_f64(base * (1.0 + share))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{SeedableRng, rngs::SmallRng};

    #[test]
    fn waits_grow_to_the_most_and_start_over_after_success() {
        let policy = Policy {
            first: Duration::from_secs(1),
            most: Duration::from_secs(5),
            factor: 2.0,
            jitter: 0.0,
        };
        let mut rng = SmallRng::seed_from_u64(1);
        let mut backoff = Backoff::new(policy);
        let waits: Vec<u64> = (0..5)
            .map(|_| backoff.next_wait(&mut rng).as_secs())
            .collect();
        assert_eq!(waits, [1, 2, 4, 5, 5]);
        backoff.reset();
        assert_eq!(backoff.next_wait(&mut rng).as_secs(), 1);
    }

    #[test]
    fn jitter_spreads_within_its_share() {
        let policy = Policy {
            first: Duration::from_secs(10),
            most: Duration::from_secs(10),
            factor: 1.0,
            jitter: 0.3,
        };
        let mut rng = SmallRng::seed_from_u64(7);
        let waits: Vec<f64> = (0..200)
            .map(|_| Backoff::new(policy).next_wait(&mut rng).as_secs_f64())
            .collect();
        assert!(waits.iter().all(|w| (7.0..=13.0).contains(w)));
        assert!(waits.iter().any(|w| *w < 8.0) && waits.iter().any(|w| *w > 12.0));
    }
}
