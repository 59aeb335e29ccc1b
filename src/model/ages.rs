//! How old pictures were when they were drawn, counted in steps of about a seventh.

/// Upper end of the first step, milliseconds.
const FIRST_MS: f32 = 2.0;
/// Each step ends so much later than the one before.
const GROWTH: f32 = 1.15;
/// Steps: the last ends above a minute.
const STEPS: usize = 76;

/// Counts of ages since the beginning of a shift.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ages {
    counts: [u32; STEPS],
}

impl Default for Ages {
    fn default() -> Self {
        Self { counts: [0; STEPS] }
    }
}

impl Ages {
    /// One picture was so old when it was drawn.
    pub fn note(&mut self, age: std::time::Duration) {
        let ms = age.as_secs_f32() * 1e3;
        let step = (ms / FIRST_MS).max(1.0).ln() / GROWTH.ln();
        let step = (step.ceil() as usize).min(STEPS - 1);
        self.counts[step] = self.counts[step].saturating_add(1);
    }

    /// How many pictures.
    pub fn count(&self) -> u64 {
        self.counts.iter().map(|count| u64::from(*count)).sum()
    }

    /// The age in milliseconds that this share (0..1) of the pictures did not exceed, to within a
    /// step; `None` before the first picture.
    pub fn percentile_ms(&self, share: f32) -> Option<f32> {
        let all = self.count();
        if all == 0 {
            return None;
        }
        let wanted = ((f64::from(share) * all as f64).ceil() as u64).clamp(1, all);
        let mut sum = 0;
        let step = self.counts.iter().position(|count| {
            sum += u64::from(*count);
            sum >= wanted
        })?;
        Some(FIRST_MS * GROWTH.powi(step as i32))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn percentiles_are_within_a_step() {
        let mut ages = Ages::default();
        assert_eq!(ages.percentile_ms(0.5), None);
        for ms in 1..=1000 {
            ages.note(Duration::from_millis(ms));
        }
        for (share, expect) in [(0.5, 500.0), (0.95, 950.0), (0.99, 990.0)] {
            let ms = ages.percentile_ms(share).unwrap();
            assert!((expect..expect * GROWTH).contains(&ms), "{share}: {ms}");
        }
        ages.note(Duration::from_secs(1_000_000));
        assert_eq!(ages.count(), 1001);
    }
}
