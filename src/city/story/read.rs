//! The file of a story, checked.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Expected, FORM, Happening, Part, Step, Story};
use crate::city::fault::Fault;
use crate::city::roster;
use crate::city::rtsp::address;
use crate::model::camera::{CameraId, Names};
use crate::model::detection::rule::file::{self, Form};
use crate::words::{Language, Words};

/// The longest story, seconds: a day.
const LONGEST_S: f64 = 86_400.0;
/// The most that one step may happen.
const MOST_TIMES: u32 = 20_000;

/// Why something is not a story.
#[derive(Debug, thiserror::Error)]
pub enum StoryError {
    /// There is no such story, and no such file.
    #[error("{file}: {source}; the stories that come with the program are {known}")]
    File {
        /// What was asked for.
        file: String,
        /// The stories that there are.
        known: String,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The file has not the form of a story. The message has line and column.
    #[error("{story}: {problem}")]
    Form {
        /// Which story.
        story: String,
        /// What is wrong and where.
        problem: String,
    },
    /// Something in it makes no sense.
    #[error("{story}: {place}: {problem}")]
    Sense {
        /// Which story.
        story: String,
        /// Where, such as `step 3`.
        place: String,
        /// What is wrong.
        problem: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StoryFile {
    form: u32,
    #[serde(default)]
    seed: u64,
    title: Names,
    seconds: f64,
    #[serde(default)]
    again: bool,
    #[serde(default)]
    cast: Vec<PartFile>,
    #[serde(default)]
    rule: Vec<toml::Table>,
    #[serde(default)]
    step: Vec<StepFile>,
    #[serde(default)]
    expect: Vec<ExpectFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PartFile {
    camera: String,
    scene: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StepFile {
    at: Time,
    #[serde(default = "once")]
    times: u32,
    #[serde(default)]
    every: f64,
    camera: Option<String>,
    scene: Option<String>,
    fault: Option<String>,
    seconds: Option<f64>,
    event: Option<Events>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectFile {
    class: String,
    camera: Option<CameraId>,
    within: [f64; 2],
    #[serde(default = "one")]
    alarms: usize,
    times: Option<[u32; 2]>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(
    untagged,
    expecting = "expected a second, or two between which it happens"
)]
enum Time {
    At(f64),
    Between([f64; 2]),
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "expected an event, or a list of them")]
enum Events {
    One(Map<String, Value>),
    Several(Vec<Map<String, Value>>),
}

fn once() -> u32 {
    1
}

fn one() -> usize {
    1
}

/// Reads the text of the story `name`.
///
/// # Errors
/// When it has not the form of a story, or a step, a part or a rule of it makes no sense.
pub fn read(name: &str, text: &str) -> Result<Story, StoryError> {
    let found: StoryFile = toml::from_str(text).map_err(|error| StoryError::Form {
        story: name.to_owned(),
        problem: error.to_string().trim().replace('\n', " "),
    })?;
    let checker = Checker { story: name };
    let top = |problem: &str| checker.sense("story", problem);
    if found.form != FORM {
        return Err(top(&format!("form {} is not {FORM}", found.form)));
    }
    if !(found.seconds > 0.0 && found.seconds <= LONGEST_S) {
        return Err(top(&format!(
            "seconds must be more than 0 and up to {LONGEST_S}"
        )));
    }
    let mut cast: Vec<Part> = Vec::new();
    for (index, part) in found.cast.into_iter().enumerate() {
        let place = format!("cast {}", index + 1);
        let camera = checker.camera(&place, &part.camera)?;
        if cast.iter().any(|known| known.camera == camera) {
            return Err(checker.sense(&place, &format!("{} plays twice", part.camera)));
        }
        checker.scene(&place, &part.scene)?;
        let scene = part.scene;
        cast.push(Part { camera, scene });
    }
    let rules = checker.rules(found.rule)?;
    let mut steps = Vec::new();
    for (index, step) in found.step.into_iter().enumerate() {
        steps.push(checker.step(&format!("step {}", index + 1), step, &cast, found.seconds)?);
    }
    let mut expects = Vec::new();
    for (index, expected) in found.expect.into_iter().enumerate() {
        let place = format!("expect {}", index + 1);
        let [from, to] = expected.within;
        if !(0.0 <= from && from <= to) {
            return Err(checker.sense(&place, "within goes from an earlier second to a later one"));
        }
        if expected.times.is_some_and(|[least, most]| least > most) {
            return Err(checker.sense(&place, "times goes from fewer to more"));
        }
        expects.push(Expected {
            class: expected.class,
            camera: expected.camera,
            within: (from, to),
            alarms: expected.alarms,
            times: expected.times.map(|[least, most]| (least, most)),
        });
    }
    Ok(Story {
        name: name.to_owned(),
        seed: found.seed,
        title: found.title,
        seconds: found.seconds,
        again: found.again,
        cast,
        rules,
        steps,
        expects,
    })
}

struct Checker<'a> {
    story: &'a str,
}

impl Checker<'_> {
    fn sense(&self, place: &str, problem: &str) -> StoryError {
        StoryError::Sense {
            story: self.story.to_owned(),
            place: place.to_owned(),
            problem: problem.to_owned(),
        }
    }

    fn camera(&self, place: &str, id: &str) -> Result<usize, StoryError> {
        address::camera_number(id)
            .filter(|number| (1..=roster::NUM_CAMERAS).contains(number))
            .ok_or_else(|| {
                let last = address::camera_id(roster::NUM_CAMERAS);
                self.sense(
                    place,
                    &format!("there is no camera {id:?}; say cam-001 to {last}"),
                )
            })
    }

    /// The name of a scene becomes part of a file's name.
    fn scene(&self, place: &str, scene: &str) -> Result<(), StoryError> {
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if scene.is_empty() || scene.len() > 64 || !scene.chars().all(is_plain) {
            let problem = format!("{scene:?} is no scene: letters a to z, digits and hyphens");
            return Err(self.sense(place, &problem));
        }
        Ok(())
    }

    fn rules(
        &self,
        rules: Vec<toml::Table>,
    ) -> Result<Vec<crate::model::detection::rule::Rule>, StoryError> {
        let whole = serde_json::json!({ "format": 1, "rule": rules });
        let loaded = file::read(&whole.to_string(), Form::Json);
        match loaded.faults.first() {
            None => Ok(loaded.rules),
            Some(fault) => {
                let said = fault.say(Words::new(Language::En));
                Err(self.sense("rule", &said))
            }
        }
    }

    fn step(
        &self,
        place: &str,
        step: StepFile,
        cast: &[Part],
        seconds: f64,
    ) -> Result<Step, StoryError> {
        let at = match step.at {
            Time::At(at) => (at, at),
            Time::Between([from, to]) => (from, to),
        };
        if !(0.0 <= at.0 && at.0 <= at.1) {
            return Err(self.sense(place, "at is a second, or an earlier one and a later one"));
        }
        if !(1..=MOST_TIMES).contains(&step.times) || step.every.is_nan() || step.every < 0.0 {
            let problem = format!("it happens 1 to {MOST_TIMES} times, every 0 or more seconds");
            return Err(self.sense(place, &problem));
        }
        let last = at.1 + step.every * f64::from(step.times - 1);
        if last.is_nan() || last > seconds {
            let problem = format!("it happens at {last} s, and the story has {seconds}");
            return Err(self.sense(place, &problem));
        }
        let camera = |named: Option<String>| match named {
            Some(id) => self.camera(place, &id),
            None => Err(self.sense(place, "it needs a camera")),
        };
        let what = match (step.scene, step.fault, step.event) {
            (Some(scene), None, None) if step.seconds.is_none() => {
                let camera = camera(step.camera)?;
                let known = cast
                    .iter()
                    .any(|part| part.camera == camera && part.scene == scene);
                if !known {
                    let problem = format!("no camera of the cast plays {scene:?} there");
                    return Err(self.sense(place, &problem));
                }
                Happening::Scene { camera, scene }
            }
            (None, Some(word), None) => {
                let camera = camera(step.camera)?;
                let fault = Fault::from_word(&word).ok_or_else(|| {
                    let words = Fault::ALL.map(|(_, word)| word).join(", ");
                    self.sense(
                        place,
                        &format!("there is no fault {word:?}; say one of {words}"),
                    )
                })?;
                let seconds = step
                    .seconds
                    .filter(|seconds| (0.0..=LONGEST_S).contains(seconds));
                let Some(seconds) = seconds else {
                    return Err(self.sense(place, "a fault needs its seconds"));
                };
                Happening::Fault {
                    camera,
                    fault,
                    seconds,
                }
            }
            (None, None, Some(events)) if step.camera.is_none() && step.seconds.is_none() => {
                let events = match events {
                    Events::One(event) => vec![event],
                    Events::Several(events) => events,
                };
                if events.is_empty() || events.iter().any(|event| !event.contains_key("class")) {
                    return Err(self.sense(place, "an event needs a class"));
                }
                Happening::Event(events)
            }
            _ => {
                let problem = "it is one of: a scene of a camera, a fault of a camera for some \
                               seconds, an event";
                return Err(self.sense(place, problem));
            }
        };
        Ok(Step {
            at,
            times: step.times,
            every: step.every,
            what,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "form = 1\nseconds = 60\ntitle = { kk = \"а\", ru = \"б\", en = \"c\" }\n";

    fn problem(text: &str) -> String {
        read("tale", &format!("{HEAD}{text}"))
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn every_story_of_the_program_is_sound() {
        for name in Story::names() {
            let story = Story::find(name).unwrap_or_else(|error| panic!("{error}"));
            assert!(!story.steps.is_empty(), "{name}");
            assert!(!story.expects.is_empty(), "{name}");
            {
                let Names { kk, ru, en } = &story.title;
                assert!(!kk.is_empty() && !ru.is_empty() && en.is_ascii(), "{name}");
            }
            // A wall that shows the first page sees them.
            assert!(story.cast.iter().all(|part| part.camera <= 45), "{name}");
            for rule in &story.rules {
                let number = address::camera_number(rule.camera.as_str());
                let plays = story.cast.iter().any(|part| Some(part.camera) == number);
                assert!(
                    plays,
                    "{name}: the rule {} looks at nothing scripted",
                    rule.id
                );
            }
        }
    }

    #[test]
    fn events_of_the_stories_have_the_form_that_the_wall_takes() {
        use crate::model::alarm::class::{ClassKey, Classes};
        let classes = Classes::default();
        for name in Story::names() {
            let story = Story::find(name).unwrap();
            for beat in super::super::plan(&story) {
                if let super::super::plan::What::Event(event) = beat.what {
                    let key = event["class"].as_str().and_then(ClassKey::new).unwrap();
                    assert!(classes.get(&key).is_some(), "{name}: {key}");
                    let whole =
                        super::super::play::whole(event, "t.1.1", crate::base::clock::WallTime(0));
                    crate::model::outside::OutsideEvent::parse(whole.to_string().as_bytes())
                        .unwrap_or_else(|refusal| panic!("{name}: {refusal:?}"));
                }
            }
        }
    }

    #[test]
    fn what_makes_no_sense_is_said_with_its_place() {
        let check = |text: &str, parts: &[&str]| {
            let said = problem(text);
            for part in parts {
                assert!(said.contains(part), "{said:?} does not say {part:?}");
            }
        };
        check("colour = 1", &["line 4", "colour"]);
        check("[[step]]\nat = 5", &["step 1", "one of"]);
        check("[[step]]\nat = \"x\"\n", &["line 5", "expected a second"]);
        check(
            "[[step]]\nat = -1\nevent = { class = \"x\" }",
            &["step 1", "at is"],
        );
        check(
            "[[step]]\nat = nan\nevent = { class = \"x\" }",
            &["step 1", "at is"],
        );
        check(
            "[[step]]\nat = 61\nevent = { class = \"x\" }",
            &["61", "60"],
        );
        check("[[step]]\nat = 1\nevent = { kind = \"x\" }", &["class"]);
        check(
            "[[step]]\nat = 1\ntimes = 0\nevent = { class = \"x\" }",
            &["1 to"],
        );
        check(
            "[[step]]\nat = 1\ncamera = \"cam-001\"\nfault = \"on_fire\"\nseconds = 1",
            &["on_fire"],
        );
        check(
            "[[step]]\nat = 1\ncamera = \"cam-001\"\nfault = \"black\"",
            &["its seconds"],
        );
        check(
            "[[step]]\nat = 1\ncamera = \"cam-900\"\nscene = \"left\"",
            &["cam-900"],
        );
        check(
            "[[step]]\nat = 1\ncamera = \"cam-001\"\nscene = \"left\"",
            &["no camera of the cast"],
        );
        check(
            "[[cast]]\ncamera = \"cam-001\"\nscene = \"../x\"",
            &["cast 1", "no scene"],
        );
        check(
            "[[cast]]\ncamera = \"cam-001\"\nscene = \"a\"\n[[cast]]\ncamera = \"cam-001\"\nscene = \"b\"",
            &["cast 2", "twice"],
        );
        check("[[rule]]\nid = \"a\"", &["rule"]);
        check("[[expect]]\nclass = \"a\"\nwithin = [5, 1]", &["expect 1"]);
        let other = read("tale", &HEAD.replace("form = 1", "form = 2")).unwrap_err();
        assert!(other.to_string().contains("form 2"), "{other}");
        let none = Story::find("no-such-story").unwrap_err().to_string();
        assert!(none.contains("gentle"), "{none}");
    }
}
