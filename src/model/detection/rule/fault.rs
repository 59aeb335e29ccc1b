//! What is wrong with a rule, in words for who draws or writes it.

use crate::words::{Value, Words};

/// What is wrong. Points, edges and spans are numbered from 0 here and from 1 in words; an edge has
/// the number of the point that it begins at.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Fault {
    /// The id of the rule cannot be one.
    #[error("the rule's id is empty, too long or has a character that no id has")]
    Id,
    /// The id of the camera cannot be one.
    #[error("the camera's id is empty, too long or has a character that no id has")]
    Camera,
    /// The name is too long.
    #[error("the name is longer than {most} characters")]
    LongName {
        /// The most characters.
        most: usize,
    },
    /// Fewer than three corners.
    #[error("the zone has {points} points; at least 3 are needed")]
    TooFewPoints {
        /// How many there are.
        points: usize,
    },
    /// Too many corners.
    #[error("the zone has more than {most} points")]
    TooManyPoints {
        /// The most.
        most: usize,
    },
    /// A point that is no number.
    #[error("point {} is no number", .point + 1)]
    PointNoNumber {
        /// Which.
        point: usize,
    },
    /// A point beside the picture.
    #[error("point {} lies outside the picture", .point + 1)]
    PointOutside {
        /// Which.
        point: usize,
    },
    /// Two neighbours in one place.
    #[error("points {} and {} lie in the same place", .first + 1, .second + 1)]
    SamePoint {
        /// One.
        first: usize,
        /// The next.
        second: usize,
    },
    /// The border crosses itself.
    #[error("the edge from point {} crosses the edge from point {}", .first + 1, .second + 1)]
    Crosses {
        /// The point at which the one edge begins.
        first: usize,
        /// The point at which the other begins.
        second: usize,
    },
    /// All corners on one line, or next to it.
    #[error("the zone has no area")]
    NoArea,
    /// Both ends in one place, or next to it.
    #[error("the line's ends lie in the same place")]
    LineTooShort,
    /// A part of the picture that is none.
    #[error("the part of the picture to look at is none")]
    Part,
    /// A wrong way needs one direction.
    #[error("a wrong way needs one allowed direction")]
    NoDirection,
    /// No classes that such a rule could look at.
    #[error("more than {most} classes")]
    TooManyClasses {
        /// The most.
        most: usize,
    },
    /// A class without a name, or with one too long.
    #[error("a class has no name or a name longer than {most} characters")]
    BadClass {
        /// The most characters.
        most: usize,
    },
    /// Too many spans of time.
    #[error("the schedule has more than {most} spans")]
    TooManySpans {
        /// The most.
        most: usize,
    },
    /// A span of time that is none.
    #[error("span {} of the schedule is empty", .span + 1)]
    EmptySpan {
        /// Which.
        span: usize,
    },
    /// A number out of its range.
    #[error("{} must be from {least} to {most}", .field.word())]
    Range {
        /// Of what.
        field: Field,
        /// The least.
        least: f32,
        /// The most.
        most: f32,
    },
}

/// A number of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// How sure the model must be.
    LeastScore,
    /// How high something must be, as a share of the picture.
    LeastHeight,
    /// How high something must be in pixels.
    LeastPixels,
    /// 1 to 5.
    Priority,
    /// Looks a second.
    LooksPerS,
    /// How many tiles.
    Tiles,
    /// Looks that must agree.
    ConfirmLooks,
    /// Seconds that must agree.
    ConfirmSeconds,
    /// Seconds until the same may be said again.
    CooldownS,
    /// Seconds of the rule itself.
    Seconds,
    /// More than how many.
    Over,
}

impl Field {
    /// Its name in files.
    pub fn word(self) -> &'static str {
        match self {
            Self::LeastScore => "least_score",
            Self::LeastHeight => "least_height",
            Self::LeastPixels => "least_pixels",
            Self::Priority => "priority",
            Self::LooksPerS => "looks_per_s",
            Self::Tiles => "source.tiles",
            Self::ConfirmLooks => "confirm.looks",
            Self::ConfirmSeconds => "confirm.seconds",
            Self::CooldownS => "cooldown_s",
            Self::Seconds => "what.seconds",
            Self::Over => "what.over",
        }
    }

    /// The key of its words.
    pub fn key(self) -> &'static str {
        match self {
            Self::LeastScore => "rule-field-least-score",
            Self::LeastHeight => "rule-field-least-height",
            Self::LeastPixels => "rule-field-least-pixels",
            Self::Priority => "rule-field-priority",
            Self::LooksPerS => "rule-field-looks",
            Self::Tiles => "rule-field-tiles",
            Self::ConfirmLooks => "rule-field-confirm-looks",
            Self::ConfirmSeconds => "rule-field-confirm-seconds",
            Self::CooldownS => "rule-field-cooldown",
            Self::Seconds => "rule-field-seconds",
            Self::Over => "rule-field-over",
        }
    }
}

impl Fault {
    /// The key of its words.
    pub fn key(&self) -> &'static str {
        match self {
            Self::Id => "rule-fault-id",
            Self::Camera => "rule-fault-camera",
            Self::LongName { .. } => "rule-fault-long-name",
            Self::TooFewPoints { .. } => "rule-fault-few-points",
            Self::TooManyPoints { .. } => "rule-fault-many-points",
            Self::PointNoNumber { .. } => "rule-fault-point-no-number",
            Self::PointOutside { .. } => "rule-fault-point-outside",
            Self::SamePoint { .. } => "rule-fault-same-point",
            Self::Crosses { .. } => "rule-fault-crosses",
            Self::NoArea => "rule-fault-no-area",
            Self::LineTooShort => "rule-fault-line-short",
            Self::Part => "rule-fault-part",
            Self::NoDirection => "rule-fault-no-direction",
            Self::TooManyClasses { .. } => "rule-fault-many-classes",
            Self::BadClass { .. } => "rule-fault-class",
            Self::TooManySpans { .. } => "rule-fault-many-spans",
            Self::EmptySpan { .. } => "rule-fault-empty-span",
            Self::Range { .. } => "rule-fault-range",
        }
    }

    /// In the words of who drew or wrote the rule.
    pub fn say(&self, words: Words) -> String {
        let count = |name, number: usize| (name, Value::from(number));
        let values: Vec<(&str, Value<'_>)> = match self {
            Self::LongName { most }
            | Self::TooManyPoints { most }
            | Self::TooManyClasses { most }
            | Self::BadClass { most }
            | Self::TooManySpans { most } => vec![count("most", *most)],
            Self::TooFewPoints { points } => vec![count("count", *points)],
            Self::PointNoNumber { point } | Self::PointOutside { point } => {
                vec![count("point", point + 1)]
            }
            Self::SamePoint { first, second } | Self::Crosses { first, second } => {
                vec![count("first", first + 1), count("second", second + 1)]
            }
            Self::EmptySpan { span } => vec![count("span", span + 1)],
            Self::Range { field, least, most } => vec![
                ("field", words.get(field.key()).into_owned().into()),
                ("least", decimal(*least)),
                ("most", decimal(*most)),
            ],
            Self::Id
            | Self::Camera
            | Self::NoArea
            | Self::LineTooShort
            | Self::Part
            | Self::NoDirection => Vec::new(),
        };
        words.with(self.key(), &values)
    }
}

/// A bound, with as many digits as it has.
fn decimal(value: f32) -> Value<'static> {
    let text = value.to_string();
    let digits = text.split_once('.').map_or(0, |(_, digits)| digits.len());
    Value::Decimal {
        value: text.parse().unwrap_or(f64::from(value)),
        digits: u8::try_from(digits).unwrap_or(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Language;

    #[test]
    fn a_fault_names_its_numbers_in_every_language() {
        let check = |fault: Fault, named: &[&str]| {
            for language in Language::ALL {
                let said = fault.say(Words::new(language));
                for part in named {
                    assert!(said.contains(part), "{said}");
                }
                assert!(!said.contains(['[', '{']), "{said}");
            }
        };
        check(Fault::TooFewPoints { points: 2 }, &["2", "3"]);
        check(Fault::PointOutside { point: 4 }, &["5"]);
        let crosses = Fault::Crosses {
            first: 0,
            second: 6,
        };
        check(crosses, &["1", "7"]);
        check(Fault::EmptySpan { span: 0 }, &["1"]);
        for field in [
            Field::LeastScore,
            Field::LeastHeight,
            Field::LeastPixels,
            Field::Priority,
            Field::LooksPerS,
            Field::Tiles,
            Field::ConfirmLooks,
            Field::ConfirmSeconds,
            Field::CooldownS,
            Field::Seconds,
            Field::Over,
        ] {
            let (least, most) = (1.0, 600.0);
            check(Fault::Range { field, least, most }, &["1", "600"]);
        }
        let english = Fault::Range {
            field: Field::LeastScore,
            least: 0.05,
            most: 1.0,
        };
        let said = english.say(Words::new(Language::En));
        assert_eq!(said, "Least certainty must be from 0.05 to 1");
    }
}
