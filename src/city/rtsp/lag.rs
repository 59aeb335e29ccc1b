//! The fault "lag": everything comes seconds late and in bursts, as over a line that is too thin.
//! Pure; time is counted from the start of the city.

use std::time::Duration;

/// How late a burst is at the least.
const DELAY: Duration = Duration::from_secs(3);
/// Time between bursts.
const BURST: Duration = Duration::from_secs(1);

/// When a picture that is due at `due` goes out: with the first burst `DELAY` later.
pub(crate) fn release(due: Duration) -> Duration {
    let bursts = (due + DELAY).as_nanos().div_ceil(BURST.as_nanos());
    BURST * bursts as u32
}

/// The time that pictures are overdue at: what waits for its burst is not.
pub(crate) fn behind(elapsed: Duration) -> Duration {
    elapsed.saturating_sub(DELAY + BURST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_come_late_and_in_bursts() {
        let mut bursts = std::collections::BTreeMap::new();
        for frame in 0..150_u64 {
            let due = Duration::from_millis(frame * 1000 / 15);
            let at = release(due);
            assert!(at >= due + DELAY && at < due + DELAY + BURST);
            assert!(behind(at) <= due);
            *bursts.entry(at).or_insert(0) += 1;
        }
        assert_eq!(bursts.len(), 11);
        assert!(bursts.values().skip(1).take(9).all(|frames| *frames == 15));
    }
}
