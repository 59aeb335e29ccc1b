//! What each family sounds like, read from a file: `assets/sounds.toml`, `docs/ref/sounds.md`.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::model::alarm::{Family, Priority};

/// The form of the file that this program reads.
const FORM: u32 = 1;
/// The longest file, bytes.
const LONGEST_FILE: usize = 64 << 10;
/// The description that comes with the program.
const DEFAULT: &str = include_str!("../../assets/sounds.toml");

/// Fundamentals, Hz (IEC 60601-1-8:2020, auditory icons).
const FUNDAMENTAL_HZ: std::ops::RangeInclusive<f64> = 150.0..=1000.0;
/// Partials that count, Hz.
const PARTIAL_HZ: std::ops::RangeInclusive<f64> = 150.0..=4000.0;
/// So many partials at least must count …
const LEAST_PARTIALS: usize = 4;
/// … and lie within so many dB of the strongest.
const WITHIN_DB: f64 = 15.0;

/// A file cannot be used, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DescriptionError {
    /// Too long.
    #[error("the file is longer than {LONGEST_FILE} bytes")]
    TooLong,
    /// No TOML, or not of this form.
    #[error("{0}")]
    Syntax(String),
    /// Written by a newer program.
    #[error("the file has form {0}, this program reads {FORM}; a newer program wrote it")]
    Newer(i64),
    /// A family is missing.
    #[error("[family.{0}] is missing")]
    Missing(&'static str),
    /// A number that cannot be.
    #[error("{at}: {why}")]
    Wrong {
        /// Where.
        at: String,
        /// What was expected.
        why: String,
    },
}

/// How a priority pulses.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pulses {
    /// How many pulses each group has.
    pub groups: Vec<u32>,
    /// Length of a pulse, milliseconds.
    pub pulse_ms: u32,
    /// Pause between pulses, milliseconds.
    pub gap_ms: u32,
    /// Pause between groups, milliseconds.
    pub group_gap_ms: u32,
    /// The burst comes again after so many seconds; 0: it does not.
    pub again_s: u32,
}

impl Pulses {
    /// Beginnings of the pulses and the length of the burst, milliseconds.
    pub fn times(&self) -> (Vec<u32>, u32) {
        let mut begins = Vec::new();
        let mut at = 0;
        for (n, pulses) in self.groups.iter().enumerate() {
            if n > 0 {
                at += self.group_gap_ms;
            }
            for _ in 0..*pulses {
                begins.push(at);
                at += self.pulse_ms + self.gap_ms;
            }
            at -= self.gap_ms;
        }
        (begins, at)
    }

    fn check(&self, at: &str) -> Result<(), DescriptionError> {
        let wrong = |field: &str, why: &str| DescriptionError::Wrong {
            at: format!("[pulses] {at}.{field}"),
            why: why.to_owned(),
        };
        let count: u32 = self.groups.iter().fold(0, |sum, n| sum.saturating_add(*n));
        if self.groups.len() > 4 || self.groups.contains(&0) || !(1..=20).contains(&count) {
            return Err(wrong(
                "groups",
                "expected 1 to 4 groups with 1 to 20 pulses in all",
            ));
        }
        if !(50..=1000).contains(&self.pulse_ms) {
            return Err(wrong("pulse_ms", "expected 50 to 1000"));
        }
        if !(20..=2000).contains(&self.gap_ms) {
            return Err(wrong("gap_ms", "expected 20 to 2000"));
        }
        if self.group_gap_ms > 3000 {
            return Err(wrong("group_gap_ms", "expected at most 3000"));
        }
        let (_, length) = self.times();
        if self.again_s != 0 && u64::from(self.again_s) * 1000 <= u64::from(length) + 500 {
            return Err(wrong("again_s", "it would begin again before it has ended"));
        }
        if self.again_s == 0 && matches!(at, "high" | "critical") {
            let why = "it must come again until somebody has seen the alarm: expected 1 or more";
            return Err(wrong("again_s", why));
        }
        if self.again_s > 60 && at == "critical" {
            return Err(wrong("again_s", "expected at most 60"));
        }
        if self.again_s > 600 {
            return Err(wrong("again_s", "expected at most 600"));
        }
        Ok(())
    }
}

/// What one pulse of a family is.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shape {
    /// The fundamental at the beginning of a pulse, Hz.
    pub from: f64,
    /// The fundamental at its end, Hz.
    pub to: f64,
    /// Multiples of the fundamental, and their level, dB.
    pub partials: Vec<(f64, f64)>,
    /// Until it is at its height, milliseconds.
    pub attack_ms: f64,
    /// How far it falls from there to the end of the pulse, dB.
    pub fall_db: f64,
    /// Hz, and depth as a share of the frequency.
    pub vibrato: (f64, f64),
}

impl Shape {
    fn check(&self, family: &str) -> Result<(), DescriptionError> {
        let wrong = |field: &str, why: String| DescriptionError::Wrong {
            at: format!("[family.{family}] {field}"),
            why,
        };
        for (field, hz) in [("from", self.from), ("to", self.to)] {
            if !FUNDAMENTAL_HZ.contains(&hz) {
                return Err(wrong(field, format!("expected 150 to 1000 Hz, found {hz}")));
            }
        }
        let sane = |(multiple, db): &(f64, f64)| {
            (0.25..=32.0).contains(multiple) && (-60.0..=0.0).contains(db)
        };
        if self.partials.len() > 16 || !self.partials.iter().all(sane) {
            let why =
                "expected at most 16 pairs of a multiple (0.25 to 32) and a level (-60 to 0 dB)";
            return Err(wrong("partials", why.to_owned()));
        }
        let strongest = self
            .partials
            .iter()
            .map(|(_, db)| *db)
            .fold(-60.0, f64::max);
        for hz in [self.from, self.to] {
            let counts = |(multiple, db): &&(f64, f64)| {
                PARTIAL_HZ.contains(&(multiple * hz)) && *db >= strongest - WITHIN_DB
            };
            let count = self.partials.iter().filter(counts).count();
            if count < LEAST_PARTIALS {
                let why = format!(
                    "at {hz} Hz only {count} partials lie between 150 and 4000 Hz and within 15 dB \
                     of the strongest; expected at least 4"
                );
                return Err(wrong("partials", why));
            }
        }
        if !(1.0..=200.0).contains(&self.attack_ms) {
            return Err(wrong("attack_ms", "expected 1 to 200".to_owned()));
        }
        if !(0.0..=40.0).contains(&self.fall_db) {
            return Err(wrong("fall_db", "expected 0 to 40".to_owned()));
        }
        let (hz, depth) = self.vibrato;
        if !(0.0..=50.0).contains(&hz) || !(0.0..=0.2).contains(&depth) {
            return Err(wrong("vibrato", "expected up to 50 Hz and 0.2".to_owned()));
        }
        Ok(())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    form: i64,
    loudness: f64,
    pulses: PulsesOf,
    family: BTreeMap<Family, Shape>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct PulsesOf {
    low: Pulses,
    medium: Pulses,
    high: Pulses,
    critical: Pulses,
}

/// What all alarms sound like.
#[derive(Clone, Debug, PartialEq)]
pub struct Description {
    /// Loudness of every burst, LUFS.
    pub loudness: f64,
    pulses: PulsesOf,
    families: BTreeMap<Family, Shape>,
}

impl Description {
    /// The one that comes with the program.
    ///
    /// # Errors
    /// Never in a program that was tested.
    pub fn own() -> Result<Self, DescriptionError> {
        Self::read(DEFAULT)
    }

    /// Reads a file's text.
    ///
    /// # Errors
    /// What is wrong, and where.
    pub fn read(text: &str) -> Result<Self, DescriptionError> {
        if text.len() > LONGEST_FILE {
            return Err(DescriptionError::TooLong);
        }
        let syntax = |error: toml::de::Error| DescriptionError::Syntax(error.to_string());
        let table: toml::Table = toml::from_str(text).map_err(syntax)?;
        let form = table.get("form").and_then(toml::Value::as_integer);
        if let Some(newer) = form.filter(|form| *form > i64::from(FORM)) {
            return Err(DescriptionError::Newer(newer));
        }
        let file: File = toml::from_str(text).map_err(syntax)?;
        let wrong = |at: &str, why: &str| DescriptionError::Wrong {
            at: at.to_owned(),
            why: why.to_owned(),
        };
        if file.form != i64::from(FORM) {
            return Err(wrong("form", "expected 1"));
        }
        if !(-40.0..=-12.0).contains(&file.loudness) {
            return Err(wrong("loudness", "expected -40 to -12 LUFS"));
        }
        for family in Family::ALL {
            let shape = file.family.get(&family);
            let shape = shape.ok_or(DescriptionError::Missing(family.word()))?;
            shape.check(family.word())?;
        }
        let own = Self {
            loudness: file.loudness,
            pulses: file.pulses,
            families: file.family,
        };
        for priority in Priority::ALL {
            own.pulses(priority).check(priority.word())?;
        }
        Ok(own)
    }

    /// How a priority pulses.
    pub fn pulses(&self, priority: Priority) -> &Pulses {
        match priority {
            Priority::Low => &self.pulses.low,
            Priority::Medium => &self.pulses.medium,
            Priority::High => &self.pulses.high,
            Priority::Critical => &self.pulses.critical,
        }
    }

    /// What a family sounds like.
    pub fn shape(&self, family: Family) -> Option<&Shape> {
        self.families.get(&family)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sounds_that_come_along_are_as_the_standard_asks() {
        let own = Description::own().expect("a description");
        assert_eq!(own.pulses(Priority::Medium).times().0.len(), 3);
        for priority in [Priority::High, Priority::Critical] {
            assert_eq!(own.pulses(priority).groups, [5, 5]);
        }
        let (_, critical) = own.pulses(Priority::Critical).times();
        assert!(critical < 3000, "{critical} ms");
    }

    #[test]
    fn nonsense_is_told_by_its_place() {
        let check = |from: &str, to: &str, told: &str| {
            let text = DEFAULT.replacen(from, to, 1);
            assert_ne!(text, DEFAULT, "{from}");
            let error = Description::read(&text).expect_err(to).to_string();
            assert!(error.contains(told), "{error}");
        };
        check("form = 1", "form = 7", "newer program");
        check("from = 420", "from = 42", "[family.sos] from");
        check(
            "[[1, 0], [2, -2], [3, -5]",
            "[[1, 0], [2, -22], [3, -25]",
            "only",
        );
        check("groups = [3]", "groups = [0]", "[pulses] medium.groups");
        check("again_s = 7 ", "again_s = 2 ", "again before it has ended");
        check("again_s = 7 ", "again_s = 0 ", "must come again");
        check("again_s = 7 ", "again_s = 61 ", "at most 60");
        check("again_s = 12 ", "again_s = 0 ", "must come again");
        check("[family.bracelet]", "[family.braclet]", "braclet");
        check("attack_ms = 25", "attack_ms = nan", "attack_ms");
        check("vibrato = [18, 0.03]", "", "vibrato");
        check("loudness = -20.0", "loudness = 20.0", "loudness");
        let long = "#".repeat(LONGEST_FILE + 1);
        assert_eq!(Description::read(&long), Err(DescriptionError::TooLong));
    }
}
