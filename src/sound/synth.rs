//! Samples of a burst, made of its description: pure, and the same each time.

use std::f64::consts::TAU;

use super::RATE_HZ;
use super::description::{Description, Pulses, Shape};
use crate::model::alarm::{Family, Priority};

/// No sample is larger.
const CEILING: f64 = 0.89;
/// How long a pulse fades out at its end, seconds: no click.
const FADE_S: f64 = 0.008;

/// One burst of a family at a priority: mono, [`RATE_HZ`] samples a second, -1 to 1. Every burst is
/// as loud as the description says, but where its peaks would not fit.
pub fn burst(description: &Description, family: Family, priority: Priority) -> Vec<f32> {
    let Some(shape) = description.shape(family) else {
        return Vec::new();
    };
    let samples = unscaled(shape, description.pulses(priority));
    let wanted = 10_f64.powf((description.loudness - loudness(&samples)) / 20.0);
    let peak = samples
        .iter()
        .fold(0.0_f64, |peak, one| peak.max(one.abs()));
    let gain = wanted.min(CEILING / peak.max(1e-9));
    samples.iter().map(|one| (one * gain) as f32).collect()
}

fn unscaled(shape: &Shape, pulses: &Pulses) -> Vec<f64> {
    let to_samples = |ms: u32| ms as usize * (RATE_HZ as usize / 1000);
    let (begins, length) = pulses.times();
    let mut samples = vec![0.0; to_samples(length)];
    let one = pulse(shape, to_samples(pulses.pulse_ms));
    for begin in begins {
        let begin = to_samples(begin);
        for (sample, value) in samples[begin..].iter_mut().zip(&one) {
            *sample += value;
        }
    }
    samples
}

fn pulse(shape: &Shape, length: usize) -> Vec<f64> {
    let rate = f64::from(RATE_HZ);
    let seconds = length as f64 / rate;
    let levels: Vec<(f64, f64)> = shape
        .partials
        .iter()
        .map(|(multiple, db)| (*multiple, 10_f64.powf(db / 20.0)))
        .collect();
    // Each partial's phase goes on by itself, so that a glide has no jump.
    let mut phases = vec![0.0_f64; levels.len()];
    (0..length)
        .map(|n| {
            let at = n as f64 / rate;
            let share = at / seconds;
            let (vibrato_hz, depth) = shape.vibrato;
            let wavers = 1.0 + depth * (TAU * vibrato_hz * at).sin();
            let fundamental = shape.from * (shape.to / shape.from).powf(share) * wavers;
            let mut sum = 0.0;
            for ((multiple, level), phase) in levels.iter().zip(&mut phases) {
                sum += level * phase.sin();
                *phase = (*phase + TAU * fundamental * multiple / rate) % TAU;
            }
            sum * envelope(shape, at, seconds)
        })
        .collect()
}

fn envelope(shape: &Shape, at: f64, seconds: f64) -> f64 {
    let rises = (at / (shape.attack_ms / 1000.0)).min(1.0);
    let fades = ((seconds - at) / FADE_S).clamp(0.0, 1.0);
    let falls = 10_f64.powf(-shape.fall_db * (at / seconds) / 20.0);
    rises * fades * falls
}

/// Loudness, LUFS: mean square behind the K-weighting of ITU-R BS.1770-4 (its coefficients for
/// 48 kHz), one channel, over what is not silent; a burst is shorter than the gate's blocks.
pub fn loudness(samples: &[f64]) -> f64 {
    let mut shelf = Biquad::new(
        [
            1.535_124_859_586_97,
            -2.691_696_189_406_38,
            1.198_392_810_852_85,
        ],
        [-1.690_659_293_182_41, 0.732_480_774_215_85],
    );
    let mut high_pass = Biquad::new(
        [1.0, -2.0, 1.0],
        [-1.990_047_454_833_98, 0.990_072_250_366_21],
    );
    let (mut sum, mut count) = (0.0, 0_u64);
    for sample in samples {
        let weighted = high_pass.step(shelf.step(*sample));
        if *sample != 0.0 {
            sum += weighted * weighted;
            count += 1;
        }
    }
    -0.691 + 10.0 * (sum / (count.max(1) as f64)).max(1e-12).log10()
}

/// A filter of the second order, direct form II transposed.
struct Biquad {
    b: [f64; 3],
    a: [f64; 2],
    state: [f64; 2],
}

impl Biquad {
    fn new(b: [f64; 3], a: [f64; 2]) -> Self {
        Self {
            b,
            a,
            state: [0.0; 2],
        }
    }

    fn step(&mut self, x: f64) -> f64 {
        let y = self.b[0] * x + self.state[0];
        self.state[0] = self.b[1] * x - self.a[0] * y + self.state[1];
        self.state[1] = self.b[2] * x - self.a[1] * y;
        y
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loudness_is_that_of_the_standard() {
        // A sine of 997 Hz at full scale in one channel is -3.01 LKFS (ITU-R BS.2217).
        let sine: Vec<f64> = (0..96_000)
            .map(|n| (TAU * 997.0 * f64::from(n) / 48_000.0).sin())
            .collect();
        let measured = loudness(&sine);
        assert!((measured + 3.01).abs() < 0.05, "{measured}");
    }

    #[test]
    fn every_burst_is_as_loud_as_all_others_and_fits() {
        let own = Description::own().expect("a description");
        for family in Family::ALL {
            for priority in Priority::ALL {
                let burst = burst(&own, family, priority);
                let peak = burst.iter().fold(0.0_f32, |peak, one| peak.max(one.abs()));
                assert!(peak <= 0.9, "{family:?} {priority:?}: {peak}");
                let samples: Vec<f64> = burst.iter().map(|one| f64::from(*one)).collect();
                let off = loudness(&samples) - own.loudness;
                assert!(off.abs() < 0.5, "{family:?} {priority:?}: {off} dB");
                let (_, ms) = own.pulses(priority).times();
                assert_eq!(burst.len(), ms as usize * 48);
            }
        }
    }
}
