//! What a bad network does to packets: some are left out, change places, come twice or are damaged.
//!
//! Pure: framed packets in (`$`, channel, length, packet), framed packets out. Chance is seeded, so
//! that a run can be made again.

use rand::rngs::SmallRng;
use rand::{Rng as _, SeedableRng as _};

use crate::city::fault::Fault;

/// Of so many packets one changes places with the next, and one comes twice.
const SWAP_ONE_IN: u32 = 10;
const TWICE_ONE_IN: u32 = 20;
/// Of so many packets one is damaged.
const DAMAGE_ONE_IN: u32 = 20;
/// Damage begins behind the RTP header: a wrong header is another fault.
const RTP_HEADER_BYTES: usize = 12;

/// The weather of one session.
#[derive(Debug)]
pub(crate) struct Weather {
    rng: SmallRng,
    /// A packet that lets the next go first.
    held: Vec<u8>,
}

impl Weather {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            rng: SmallRng::seed_from_u64(seed),
            held: Vec::new(),
        }
    }

    /// Whether `fault` does anything to packets.
    pub(crate) fn is_bad(fault: Fault) -> bool {
        loss_percent(fault).is_some() || matches!(fault, Fault::Reorder | Fault::Corrupt)
    }

    /// Puts what is left of the framed packets in `sound` behind `out`. Only packets of `channel`
    /// are touched.
    pub(crate) fn pass(&mut self, fault: Fault, channel: u8, sound: &[u8], out: &mut Vec<u8>) {
        for packet in packets(sound) {
            if packet[1] == channel {
                self.packet(fault, packet, out);
            } else {
                out.extend_from_slice(packet);
            }
        }
    }

    fn packet(&mut self, fault: Fault, packet: &[u8], out: &mut Vec<u8>) {
        if let Some(percent) = loss_percent(fault) {
            if self.rng.random_range(0..100) >= percent {
                out.extend_from_slice(packet);
            }
            return;
        }
        match fault {
            Fault::Reorder => {
                if self.held.is_empty() && self.rng.random_ratio(1, SWAP_ONE_IN) {
                    self.held.extend_from_slice(packet);
                    return;
                }
                out.extend_from_slice(packet);
                out.append(&mut self.held);
                if self.rng.random_ratio(1, TWICE_ONE_IN) {
                    out.extend_from_slice(packet);
                }
            }
            Fault::Corrupt => {
                let at = out.len() + 4 + RTP_HEADER_BYTES;
                out.extend_from_slice(packet);
                if at < out.len() && self.rng.random_ratio(1, DAMAGE_ONE_IN) {
                    for _ in 0..self.rng.random_range(1..=8) {
                        let byte = self.rng.random_range(at..out.len());
                        out[byte] ^= self.rng.random_range(1..=255_u8);
                    }
                }
            }
            _ => out.extend_from_slice(packet),
        }
    }
}

fn loss_percent(fault: Fault) -> Option<u32> {
    match fault {
        Fault::LossLight => Some(1),
        Fault::Loss => Some(5),
        Fault::LossHeavy => Some(20),
        _ => None,
    }
}

/// The framed packets in `bytes`, each with its frame.
pub(crate) fn packets(mut bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let [b'$', _, high, low, ..] = *bytes else {
            return None;
        };
        let len = 4 + u16::from_be_bytes([high, low]) as usize;
        let (packet, rest) = bytes.split_at_checked(len)?;
        bytes = rest;
        Some(packet)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    const NUM: u16 = 20_000;

    /// Packets with a number and ten bytes of payload; every tenth is a report on channel 1.
    fn sound() -> Vec<u8> {
        let mut bytes = Vec::new();
        for number in 0..NUM {
            bytes.extend_from_slice(&[b'$', u8::from(number % 10 == 9), 0, 22, 0x80, 96]);
            bytes.extend_from_slice(&number.to_be_bytes());
            bytes.extend_from_slice(&[7; 18]);
        }
        bytes
    }

    fn weathered(fault: Fault) -> (Vec<u16>, Vec<u8>) {
        let mut out = Vec::new();
        Weather::new(5).pass(fault, 0, &sound(), &mut out);
        let numbers = packets(&out).map(|p| u16::from_be_bytes([p[6], p[7]]));
        (numbers.collect(), out)
    }

    #[test]
    fn good_weather_changes_nothing() {
        for fault in [Fault::None, Fault::Black, Fault::Lag] {
            assert!(!Weather::is_bad(fault));
            assert!(weathered(fault).1 == sound());
        }
    }

    #[test]
    fn as_many_packets_are_missing_as_it_says_and_no_report() {
        for (fault, percent) in [
            (Fault::LossLight, 1.0),
            (Fault::Loss, 5.0),
            (Fault::LossHeavy, 20.0),
        ] {
            assert!(Weather::is_bad(fault));
            let (numbers, _) = weathered(fault);
            let reports = numbers.iter().filter(|n| *n % 10 == 9).count();
            assert_eq!(reports, NUM as usize / 10);
            let packets = f64::from(NUM) * 0.9;
            let share = 100.0 * (1.0 - (numbers.len() - reports) as f64 / packets);
            assert!((share - percent).abs() < 1.0, "{fault:?}: {share} %");
        }
    }

    #[test]
    fn packets_change_places_and_come_twice_but_none_is_missing() {
        let (numbers, _) = weathered(Fault::Reorder);
        let mut times = BTreeMap::new();
        for number in &numbers {
            *times.entry(*number).or_insert(0) += 1;
        }
        // The last may still be held.
        assert!(times.len() >= NUM as usize - 1);
        let twice = times.values().filter(|n| **n == 2).count();
        let swapped = numbers.windows(2).filter(|w| w[1] < w[0]).count();
        assert!(twice > 500 && swapped > 1000, "{twice} {swapped}");
        assert!(times.values().all(|n| *n <= 2));
    }

    #[test]
    fn damage_leaves_headers_and_lengths_alone() {
        let (numbers, out) = weathered(Fault::Corrupt);
        assert_eq!(numbers.len(), NUM as usize);
        let damaged = packets(&out).filter(|p| p[16..] != [7; 10]).count();
        assert!((600..1300).contains(&damaged), "{damaged}");
    }
}
