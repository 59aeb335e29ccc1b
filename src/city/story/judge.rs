//! What was raised, held against what a story says must be. Pure.

use std::fmt::Write as _;

use super::{Expected, Story};

/// An alarm that was raised.
#[derive(Clone, Debug, PartialEq)]
pub struct Raised {
    /// Of which class.
    pub class: String,
    /// On which camera.
    pub camera: Option<String>,
    /// When, seconds from the beginning of the story.
    pub at_s: f64,
    /// How often it happened.
    pub times: u32,
}

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Verdict {
    /// How many alarms were expected.
    pub expected: usize,
    /// What is wrong, a sentence each.
    pub missing: Vec<String>,
    /// Alarms that nothing in the story explains.
    pub unexpected: Vec<String>,
    /// Alarms that were there and were not counted rightly.
    pub miscounted: Vec<String>,
}

impl Verdict {
    /// Exactly what the story names was raised.
    pub fn is_good(&self) -> bool {
        self.missing.is_empty() && self.unexpected.is_empty() && self.miscounted.is_empty()
    }

    /// One line for each thing that is wrong.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for (word, lines) in [
            ("missing", &self.missing),
            ("unexpected", &self.unexpected),
            ("miscounted", &self.miscounted),
        ] {
            for line in lines {
                writeln!(text, "{word}: {line}").ok(); // a string takes everything
            }
        }
        text
    }
}

/// Holds `raised` against `story`.
pub fn judge(story: &Story, raised: &[Raised]) -> Verdict {
    let mut left: Vec<&Raised> = raised.iter().collect();
    left.sort_by(|a, b| a.at_s.total_cmp(&b.at_s));
    let mut verdict = Verdict::default();
    // What names a camera chooses first: what names none takes any.
    let mut expects: Vec<&Expected> = story.expects.iter().collect();
    expects.sort_by_key(|expected| expected.camera.is_none());
    for expected in expects {
        verdict.expected += expected.alarms;
        let (mut found, mut times) = (0, 0);
        left.retain(|raised| {
            let fits = found < expected.alarms && fits(expected, raised);
            if fits {
                found += 1;
                times += raised.times;
            }
            !fits
        });
        let name = describe(expected);
        if found < expected.alarms {
            let found = format!("{name}: {found} of {}", expected.alarms);
            verdict.missing.push(found);
        } else if let Some((least, most)) = expected.times
            && !(least..=most).contains(&times)
        {
            let counted = format!("{name}: {times} times, not {least} to {most}");
            verdict.miscounted.push(counted);
        }
    }
    verdict.unexpected = left
        .iter()
        .map(|raised| {
            let camera = raised.camera.as_deref().unwrap_or("no camera");
            format!("{} on {camera} at {:.1} s", raised.class, raised.at_s)
        })
        .collect();
    verdict
}

fn fits(expected: &Expected, raised: &Raised) -> bool {
    let camera = expected
        .camera
        .as_ref()
        .map(crate::model::camera::CameraId::as_str);
    raised.class == expected.class
        && (camera.is_none() || camera == raised.camera.as_deref())
        && (expected.within.0..=expected.within.1).contains(&raised.at_s)
}

fn describe(expected: &Expected) -> String {
    let camera = expected
        .camera
        .as_ref()
        .map_or("any camera", |id| id.as_str());
    let (from, to) = expected.within;
    format!("{} on {camera} between {from} and {to} s", expected.class)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::city::story::read;

    fn story() -> Story {
        let text = r#"
            form = 1
            seconds = 100
            title = { kk = "а", ru = "б", en = "c" }
            [[expect]]
            class = "plate.hit"
            within = [0, 50]
            alarms = 2
            [[expect]]
            class = "plate.hit"
            camera = "cam-002"
            within = [10, 20]
            times = [3, 4]
        "#;
        read("tale", text).unwrap()
    }

    fn hit(camera: &str, at_s: f64, times: u32) -> Raised {
        Raised {
            class: "plate.hit".into(),
            camera: Some(camera.into()),
            at_s,
            times,
        }
    }

    #[test]
    fn exactly_what_was_named_is_good_in_any_order() {
        let raised = [
            hit("cam-005", 49.0, 1),
            hit("cam-002", 15.0, 3),
            hit("cam-001", 1.0, 9),
        ];
        let verdict = judge(&story(), &raised);
        assert!(verdict.is_good(), "{}", verdict.text());
        assert_eq!(verdict.expected, 3);
    }

    #[test]
    fn what_is_missing_too_much_or_wrongly_counted_is_said() {
        let raised = [hit("cam-001", 1.0, 1), hit("cam-001", 2.0, 1)];
        let verdict = judge(&story(), &raised);
        assert_eq!(verdict.missing.len(), 1, "{}", verdict.text());
        assert!(verdict.missing[0].contains("cam-002"));
        let raised = [
            hit("cam-001", 1.0, 1),
            hit("cam-001", 2.0, 1),
            hit("cam-002", 15.0, 5),
            hit("cam-009", 51.0, 1),
        ];
        let verdict = judge(&story(), &raised);
        assert_eq!(verdict.missing, Vec::<String>::new());
        assert!(verdict.miscounted[0].contains("5 times, not 3 to 4"));
        assert_eq!(verdict.unexpected, ["plate.hit on cam-009 at 51.0 s"]);
        assert!(!verdict.is_good());
    }
}
