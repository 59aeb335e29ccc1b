//! Packets in order: what is missing over TCP, and what is out of order over UDP.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use bytes::Bytes;

/// So long a packet that is missing is waited for over UDP.
const MAX_REORDER_WAIT: Duration = Duration::from_millis(150);
/// And no longer than for so many later packets …
const MAX_REORDER_PACKETS: usize = 512;
/// … or bytes.
const MAX_REORDER_BYTES: usize = 1 << 20;
/// A step as large as this is a new beginning, not a loss.
const MAX_LOST: u16 = 3000;
/// Numbers have to have counted for so many packets before a gap in them is believed.
const MIN_REGULAR: u32 = 8;

/// A packet that lies less than this behind the last is late …
const MAX_LATE: u16 = 64;
/// … unless so many in a row do.
const MAX_LATE_IN_A_ROW: u32 = 4;

/// So many datagrams that all come too late are the stream itself.
const MAX_LATE_DATAGRAMS: u32 = 12;

/// What a packet's number says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// It follows, after so many that are missing.
    After(u32),
    /// It came before, or its place is taken by later ones.
    Late,
    /// Numbers that do not count: nothing is known of losses.
    Odd,
}

/// Watches numbers of packets that come in order (TCP).
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counter {
    last: Option<u16>,
    regular: u32,
    /// So many in a row were late.
    late: u32,
}

impl Counter {
    pub(crate) fn step(&mut self, sequence: u16) -> Step {
        let Some(last) = self.last else {
            self.last = Some(sequence);
            return Step::After(0);
        };
        let missing = sequence.wrapping_sub(last).wrapping_sub(1);
        let was_regular = self.regular >= MIN_REGULAR;
        // A few that lie a little behind came twice or too late; more are a new beginning.
        if was_regular && last.wrapping_sub(sequence) < MAX_LATE && self.late < MAX_LATE_IN_A_ROW {
            self.late += 1;
            return Step::Late;
        }
        self.late = 0;
        self.last = Some(sequence);
        if missing == 0 {
            self.regular = self.regular.saturating_add(1);
            return Step::After(0);
        }
        if missing < MAX_LOST && was_regular {
            return Step::After(u32::from(missing));
        }
        self.regular = 0;
        Step::Odd
    }

    /// The last number, for reports.
    pub(crate) fn last(&self) -> u16 {
        self.last.unwrap_or(0)
    }
}

/// A packet that waits for those before it.
#[derive(Clone, Debug)]
struct Waiting {
    since: Instant,
    bytes: Bytes,
}

/// Puts packets in order that come in any (UDP).
#[derive(Debug, Default)]
pub(crate) struct Reorder {
    next: Option<u64>,
    waiting: BTreeMap<u64, Waiting>,
    held_bytes: usize,
    restarts: u32,
    /// So many came too late since the last that came in its turn.
    late: u32,
}

/// What becomes of a packet that came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// It is the next: take it at once.
    Next,
    /// It waits.
    Waits,
    /// It came before, or too late.
    Dropped,
}

impl Reorder {
    /// A packet came; when it waits its bytes are kept.
    pub(crate) fn offer(&mut self, sequence: u16, bytes: &[u8], now: Instant) -> Place {
        let Some(next) = self.next else {
            self.next = Some(0x1_0000 + u64::from(sequence) + 1);
            return Place::Next;
        };
        // The number nearest to the one that is due.
        let ahead = sequence.wrapping_sub(next as u16);
        let full = if ahead < 0x8000 {
            next + u64::from(ahead)
        } else {
            next.saturating_sub(u64::from(ahead.wrapping_neg()))
        };
        if full == next {
            self.next = Some(next + 1);
            self.restarts = 0;
            self.late = 0;
            return Place::Next;
        }
        let is_far = full.abs_diff(next) > u64::from(MAX_LOST);
        if full < next && !is_far {
            self.late += 1;
            if self.late < MAX_LATE_DATAGRAMS {
                return Place::Dropped;
            }
            // One number that lay far ahead was believed; these are the stream.
            self.late = 0;
            self.waiting.clear();
            self.held_bytes = 0;
            self.next = Some(0x1_0000 + u64::from(sequence) + 1);
            return Place::Next;
        }
        if is_far {
            // One of these is a stray; several in a row are a new beginning.
            self.restarts += 1;
            if self.restarts < 3 {
                return Place::Dropped;
            }
            self.restarts = 0;
            self.waiting.clear();
            self.held_bytes = 0;
            self.next = Some(0x1_0000 + u64::from(sequence) + 1);
            return Place::Next;
        }
        let waiting = Waiting {
            since: now,
            bytes: Bytes::copy_from_slice(bytes),
        };
        self.held_bytes += bytes.len();
        if let Some(before) = self.waiting.insert(full, waiting) {
            self.held_bytes -= before.bytes.len();
        }
        Place::Waits
    }

    /// The packet that is due, if it is there, or is no longer waited for.
    pub(crate) fn pop(&mut self, now: Instant) -> Option<Bytes> {
        let next = self.next?;
        let first = self.waiting.first_entry()?;
        let is_due = *first.key() == next
            || now.saturating_duration_since(first.get().since) >= MAX_REORDER_WAIT
            || self.held_bytes > MAX_REORDER_BYTES;
        if !is_due && self.waiting.len() <= MAX_REORDER_PACKETS {
            return None;
        }
        let (number, packet) = self.waiting.pop_first()?;
        self.held_bytes -= packet.bytes.len();
        self.next = Some(number + 1);
        Some(packet.bytes)
    }

    /// Bytes held, for the tests of bounds.
    #[cfg(test)]
    pub(crate) fn held_bytes(&self) -> usize {
        self.held_bytes
    }

    /// When the first that waits is no longer held back.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let (_, first) = self.waiting.first_key_value()?;
        Some(first.since + MAX_REORDER_WAIT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_are_counted_only_where_numbers_count() {
        let steps = |numbers: &[u16]| {
            let mut counter = Counter::default();
            numbers.iter().map(|n| counter.step(*n)).collect::<Vec<_>>()
        };
        let regular: Vec<u16> = (65_530..=65_535).chain(0..6).collect();
        let seen = steps(&[&regular[..], &[9, 10, 40_000, 40_001]].concat());
        assert!(seen[..12].iter().all(|step| *step == Step::After(0)));
        assert_eq!(
            seen[12..],
            [Step::After(3), Step::After(0), Step::Odd, Step::After(0)]
        );
        // A camera that always says the same, or anything.
        assert!(steps(&[7; 20])[1..].iter().all(|step| *step == Step::Odd));
        let any = steps(&[5, 900, 3, 77, 12, 1000, 4]);
        assert!(any[1..].iter().all(|step| *step == Step::Odd), "{any:?}");
    }

    /// Offers numbers 10 ms apart; those that come out, in their order.
    fn ordered(numbers: &[u16], wait: Duration) -> Vec<u16> {
        let start = tokio::time::Instant::now().into_std();
        let mut reorder = Reorder::default();
        let mut out = Vec::new();
        for (at, number) in numbers.iter().enumerate() {
            let now = start + Duration::from_millis(10) * at as u32;
            if reorder.offer(*number, &number.to_be_bytes(), now) == Place::Next {
                out.push(*number);
            }
            while let Some(bytes) = reorder.pop(now) {
                out.push(u16::from_be_bytes([bytes[0], bytes[1]]));
            }
        }
        while let Some(bytes) = reorder.pop(start + wait) {
            out.push(u16::from_be_bytes([bytes[0], bytes[1]]));
        }
        assert_eq!(reorder.waiting.len(), 0);
        assert_eq!(reorder.held_bytes, 0);
        out
    }

    #[test]
    fn packets_come_out_in_their_order_and_nobody_waits_for_ever() {
        let late = Duration::from_secs(9);
        assert_eq!(ordered(&[1, 3, 2, 4, 6, 5], late), [1, 2, 3, 4, 5, 6]);
        assert_eq!(
            ordered(&[65_534, 0, 65_535, 1, 1, 0], late),
            [65_534, 65_535, 0, 1]
        );
        assert_eq!(ordered(&[1, 3, 4, 5], late), [1, 3, 4, 5], "2 is lost");
        let lost: Vec<u16> = [1].into_iter().chain(3..60).collect();
        assert_eq!(
            ordered(&lost, Duration::ZERO),
            lost,
            "it is given up in time"
        );
        // A stray is dropped; a new beginning is taken.
        assert_eq!(ordered(&[1, 2, 30_000, 3, 4], late), [1, 2, 3, 4]);
        assert_eq!(
            ordered(&[1, 2, 30_000, 30_001, 30_002, 30_003], late),
            [1, 2, 30_002, 30_003]
        );
    }

    #[test]
    fn what_waits_is_bounded() {
        let now = tokio::time::Instant::now().into_std();
        let mut reorder = Reorder::default();
        let packet = [0; 1400];
        reorder.offer(0, &packet, now);
        let mut out = 0;
        for number in 2..2900_u16 {
            out += usize::from(reorder.offer(number, &packet, now) == Place::Next);
            while reorder.pop(now).is_some() {
                out += 1;
            }
            assert!(reorder.held_bytes <= MAX_REORDER_BYTES + 1400);
        }
        assert!(out > 2000, "{out}");
    }
}
