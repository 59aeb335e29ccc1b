//! The samples that the device asks for: all voices that sound now, each at its place.

use std::num::{NonZeroU16, NonZeroU32};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender};
use rodio::Source;

use super::RATE_HZ;
use crate::base::clock;
use crate::model::id::Id;

/// Orders are looked for every so many samples of a side: 2.7 ms.
const LOOK_EVERY: u64 = 128;

/// What is cut ends within so many samples, so that it does not click: 10 ms.
const FADE: usize = 480;

/// What the mix is told.
pub(super) enum Order {
    /// This begins.
    Begin(Voice),
    /// What sounds of this alarm ends now.
    Cut(Id),
}

/// A burst to be mixed in.
pub(super) struct Voice {
    pub(super) alarm: Id,
    pub(super) samples: Arc<[f32]>,
    /// Left and right.
    pub(super) gains: [f32; 2],
}

/// Left and right gain of a place from -1 to 1, of constant power.
pub(super) fn place(pan: f32, gain: f32) -> [f32; 2] {
    let angle = (pan.clamp(-1.0, 1.0) + 1.0) * std::f32::consts::FRAC_PI_4;
    [angle.cos() * gain, angle.sin() * gain]
}

/// What the mix has done, for whoever watches it.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// Samples of a side that the device has asked for.
    pub(super) samples: AtomicU64,
}

/// A burst began.
pub(super) type Begun = (Id, Instant);

/// A burst that sounds.
struct Sounding {
    voice: Voice,
    at: usize,
    /// It was cut: so many samples are left.
    left: Option<usize>,
}

impl Sounding {
    /// Its next sample, of both sides; nothing when it is over.
    fn next(&mut self) -> Option<[f32; 2]> {
        let sample = *self.voice.samples.get(self.at)?;
        self.at += 1;
        let level = match &mut self.left {
            None => 1.0,
            Some(left) => {
                *left = left.checked_sub(1)?;
                *left as f32 / FADE as f32
            }
        };
        Some(self.voice.gains.map(|gain| sample * gain * level))
    }
}

/// An endless source in stereo.
pub(super) struct Mix {
    orders: Receiver<Order>,
    begun: Sender<Begun>,
    progress: Arc<Progress>,
    voices: Vec<Sounding>,
    right: Option<f32>,
    count: u64,
}

impl Mix {
    pub(super) fn new(
        orders: Receiver<Order>,
        begun: Sender<Begun>,
        progress: Arc<Progress>,
    ) -> Self {
        Self {
            orders,
            begun,
            progress,
            voices: Vec::with_capacity(8),
            right: None,
            count: 0,
        }
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::Begin(voice) => {
                // Whoever measures may have gone.
                self.begun.try_send((voice.alarm, clock::now())).ok();
                self.voices.push(Sounding {
                    voice,
                    at: 0,
                    left: None,
                });
            }
            Order::Cut(alarm) => {
                let its = self.voices.iter_mut();
                for cut in its.filter(|cut| cut.voice.alarm == alarm) {
                    cut.left.get_or_insert(FADE);
                }
            }
        }
    }

    fn next_pair(&mut self) -> [f32; 2] {
        if self.count.is_multiple_of(LOOK_EVERY) {
            self.progress.samples.store(self.count, Relaxed);
            while let Ok(order) = self.orders.try_recv() {
                self.obey(order);
            }
        }
        self.count += 1;
        let mut pair = [0.0; 2];
        self.voices.retain_mut(|voice| {
            let Some([left, right]) = voice.next() else {
                return false;
            };
            pair[0] += left;
            pair[1] += right;
            true
        });
        // Two at most sound at once, so this is seldom more than nothing.
        pair.map(|side| side.clamp(-1.0, 1.0))
    }
}

impl Iterator for Mix {
    type Item = f32;

    fn next(&mut self) -> Option<f32> {
        if let Some(right) = self.right.take() {
            return Some(right);
        }
        let [left, right] = self.next_pair();
        self.right = Some(right);
        Some(left)
    }
}

impl Source for Mix {
    fn current_span_len(&self) -> Option<usize> {
        None
    }

    fn channels(&self) -> NonZeroU16 {
        const { NonZeroU16::new(2).unwrap() }
    }

    fn sample_rate(&self) -> NonZeroU32 {
        const { NonZeroU32::new(RATE_HZ).unwrap() }
    }

    fn total_duration(&self) -> Option<Duration> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn voices_stand_at_their_place_with_the_same_power() {
        for pan in [-1.0, -0.5, 0.0, 0.7, 1.0] {
            let [left, right] = place(pan, 0.5);
            assert!((left * left + right * right - 0.25).abs() < 1e-6);
        }
        let (orders, waiting) = crossbeam_channel::bounded(16);
        let (begun, heard) = crossbeam_channel::bounded(16);
        let mut mix = Mix::new(waiting, begun, Arc::default());
        for (n, pan) in [(1, -1.0), (2, 1.0)] {
            let voice = Voice {
                alarm: Id::from_bytes([n; 16]),
                samples: vec![f32::from(n); 10].into(),
                gains: place(pan, 0.25),
            };
            orders.send(Order::Begin(voice)).unwrap();
        }
        let sides: Vec<f32> = mix.by_ref().take(40).collect();
        assert!((sides[0] - 0.25).abs() < 1e-6 && (sides[1] - 0.5).abs() < 1e-6);
        assert_eq!(sides[20..], [0.0; 20], "they end");
        assert_eq!(heard.len(), 2);
    }

    #[test]
    fn what_is_cut_fades_and_leaves_the_other_alone() {
        let (orders, waiting) = crossbeam_channel::bounded(4);
        let (begun, _heard) = crossbeam_channel::bounded(4);
        let mut mix = Mix::new(waiting, begun, Arc::default());
        let burst = |n: u8, pan: f32| Voice {
            alarm: Id::from_bytes([n; 16]),
            samples: vec![1.0; 48_000].into(),
            gains: place(pan, 0.5),
        };
        orders.send(Order::Begin(burst(1, -1.0))).unwrap();
        orders.send(Order::Begin(burst(2, 1.0))).unwrap();
        let pairs = |mix: &mut Mix, count| (0..count).map(|_| mix.next_pair()).collect::<Vec<_>>();
        pairs(&mut mix, 1000);
        orders.send(Order::Cut(Id::from_bytes([1; 16]))).unwrap();
        let after = pairs(&mut mix, 2000);
        let step = |two: &[[f32; 2]]| (two[0][0] - two[1][0]).abs();
        assert!(after.windows(2).all(|two| step(two) < 0.01), "it clicks");
        assert!(after[1000][0].abs() < 1e-6, "it ends");
        assert!(after.iter().all(|pair| (pair[1] - 0.5).abs() < 1e-3));
    }
}
