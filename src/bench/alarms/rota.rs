//! When the next event may be told so that its sound has a place: two sound at once, and of one
//! family from one side only one. What waits for its turn says nothing about the program's speed.

use std::time::Duration;

use crate::model::alarm::{Family, Priority};
use crate::sound::{Description, MOST_AT_ONCE};

/// So long after it was told a sound has begun, or the bound is missed anyway.
const BEGINS_WITHIN: Duration = Duration::from_millis(400);

/// What sounds until when. Times are since an origin of the caller's.
pub(super) struct Rota {
    description: Description,
    sounding: Vec<(Duration, Family)>,
}

impl Rota {
    /// Nothing sounds.
    pub(super) fn new(description: Description) -> Self {
        Self {
            description,
            sounding: Vec::new(),
        }
    }

    /// When an event of this family and priority can be told, at `due` or later.
    pub(super) fn place(&mut self, family: Family, priority: Priority, due: Duration) -> Duration {
        let mut at = due;
        let ends: Vec<Duration> = self.sounding.iter().map(|(until, _)| *until).collect();
        let free = |at: Duration| {
            let still = self.sounding.iter().filter(|(until, _)| *until > at);
            let same = still.clone().any(|(_, other)| *other == family);
            still.count() < MOST_AT_ONCE && !same
        };
        if !free(at) {
            let later = ends.into_iter().filter(|end| *end > due && free(*end));
            // When the last has ended there is a place.
            at = later.min().unwrap_or(due);
        }
        self.sounding.retain(|(until, _)| *until > at);
        let (_, ms) = self.description.pulses(priority).times();
        let until = at + BEGINS_WITHIN + Duration::from_millis(u64::from(ms));
        self.sounding.push((until, family));
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::alarms::events::{CALM, class};
    use crate::model::alarm::class::Classes;
    use crate::model::id::Id;
    use crate::sound::{Policy, Ring};

    /// The sounds' own policy begins every one of them at once, however late within the bound.
    #[test]
    fn whatever_is_told_by_it_begins_to_sound_at_once() {
        let classes = Classes::default();
        let own = Description::own().unwrap();
        for late_ms in [0, 150, 399] {
            let mut rota = Rota::new(own.clone());
            let mut policy = Policy::default();
            let mut due = Duration::ZERO;
            for n in 0..200_u32 {
                let class = class(&classes, CALM[n as usize % CALM.len()]).unwrap();
                let at = rota.place(class.family, class.priority, due);
                assert!(
                    at >= due && at < due + Duration::from_secs(4),
                    "{n}: {at:?}"
                );
                due = at + Duration::from_millis(500);
                let begins = at + Duration::from_millis(late_ms);
                let ring = Ring {
                    alarm: Id::named(&n.to_string()),
                    family: class.family,
                    priority: class.priority,
                    pan: 0.0,
                };
                // Somebody has answered those before.
                policy.set(&[(ring, false)], begins);
                let starts = policy.step(&own, begins);
                assert_eq!(starts.len(), 1, "{n}: {ring:?}");
                assert_eq!(starts[0].cuts, None, "{n}");
            }
        }
    }
}
