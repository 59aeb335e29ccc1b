//! Where a camera stands in time: a pure function, so that everybody who joins sees the same moment.

use std::time::Duration;

const NANOS: u128 = 1_000_000_000;
/// The RTP clock of every video payload format used here, in hertz.
pub(crate) const RTP_HZ: u128 = 90_000;

/// The timeline of one stream of one camera. Time is counted from the start of the city.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Timeline {
    /// Frames per second, numerator; not 0.
    pub(crate) fps_num: u32,
    /// Frames per second, denominator; not 0.
    pub(crate) fps_den: u32,
    /// How far the camera is ahead.
    pub(crate) phase: Duration,
    /// RTP time of frame 0.
    pub(crate) rtp_origin: u32,
}

impl Timeline {
    /// The frame that is current at `elapsed`: floor((t + phase) × fps).
    pub(crate) fn number_at(&self, elapsed: Duration) -> u64 {
        let nanos = (elapsed + self.phase).as_nanos();
        (nanos * self.fps_num as u128 / (NANOS * self.fps_den as u128)) as u64
    }

    /// When frame `number` becomes current; zero for those before the start of the city.
    pub(crate) fn due(&self, number: u64) -> Duration {
        let nanos = (number as u128 * NANOS * self.fps_den as u128).div_ceil(self.fps_num as u128);
        let whole = Duration::new((nanos / NANOS) as u64, (nanos % NANOS) as u32);
        whole.saturating_sub(self.phase)
    }

    /// The RTP time of frame `number`; wraps.
    pub(crate) fn rtp_time(&self, number: u64) -> u32 {
        let ticks = number as u128 * RTP_HZ * self.fps_den as u128 / self.fps_num as u128;
        self.rtp_origin.wrapping_add(ticks as u32)
    }

    /// The RTP time at `elapsed`, between frames too: what a sender report tells.
    pub(crate) fn rtp_time_at(&self, elapsed: Duration) -> u32 {
        let ticks = (elapsed + self.phase).as_nanos() * RTP_HZ / NANOS;
        self.rtp_origin.wrapping_add(ticks as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timeline(fps_num: u32, fps_den: u32, phase_millis: u64) -> Timeline {
        Timeline {
            fps_num,
            fps_den,
            phase: Duration::from_millis(phase_millis),
            rtp_origin: 0xffff_ff00,
        }
    }

    #[test]
    fn a_frame_is_current_from_its_due_time_on() {
        for (num, den) in [(15, 1), (25, 1), (30_000, 1001), (25, 2), (12, 1)] {
            for phase in [0, 1, 12_345] {
                let timeline = timeline(num, den, phase);
                let first = timeline.number_at(Duration::ZERO) + 1;
                for number in first..first + 500 {
                    let due = timeline.due(number);
                    assert_eq!(timeline.number_at(due), number);
                    let before = due.checked_sub(Duration::from_nanos(1)).unwrap();
                    assert_eq!(timeline.number_at(before), number - 1);
                }
            }
        }
    }

    #[test]
    fn rtp_time_follows_the_frames_and_wraps() {
        let timeline = timeline(15, 1, 0);
        assert_eq!(timeline.rtp_time(0), 0xffff_ff00);
        assert_eq!(timeline.rtp_time(1), 0xffff_ff00_u32.wrapping_add(6000));
        // After 30 hours at 29.97 it is still exact to a tick.
        let ntsc = Timeline {
            fps_num: 30_000,
            fps_den: 1001,
            ..timeline
        };
        let number = 3_236_763;
        let at = ntsc.rtp_time_at(ntsc.due(number));
        assert!(at.wrapping_sub(ntsc.rtp_time(number)) <= 1);
    }
}
