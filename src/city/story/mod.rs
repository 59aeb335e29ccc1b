//! Stories that the demo city tells: what happens on which camera when, and what a wall must raise of it.
//!
//! A story is a text file (`docs/ref/stories.md`): [`read`] checks it, [`plan`] draws its times from its
//! seed, [`play`] lets it happen, [`judge`] holds what was raised against it. The first, second and last are
//! pure.

mod command;
pub mod judge;
pub mod plan;
pub(crate) mod play;
mod read;
pub(crate) mod scenes;

use std::path::Path;

use serde_json::{Map, Value};

pub use command::{Args, run};
pub use judge::{Raised, Verdict, judge};
pub use plan::{Beat, plan};
pub use read::{StoryError, read};

use super::fault::Fault;
use crate::model::camera::{CameraId, Names};
use crate::model::detection::rule::Rule;

/// The version of the form that this program reads.
pub const FORM: u32 = 1;

/// A story, as its file says it.
#[derive(Clone, Debug, PartialEq)]
pub struct Story {
    /// Its name: the stem of its file.
    pub name: String,
    /// What times are drawn from where the file leaves room.
    pub seed: u64,
    /// What it is called.
    pub title: Names,
    /// How long it lasts, seconds.
    pub seconds: f64,
    /// It begins anew when it is over.
    pub again: bool,
    /// Cameras that play scripted clips.
    pub cast: Vec<Part>,
    /// What detectors are to look for.
    pub rules: Vec<Rule>,
    /// What happens.
    pub steps: Vec<Step>,
    /// What a wall must raise.
    pub expects: Vec<Expected>,
}

/// A camera that plays scripted clips: its innocent clip, again and again, until a step says otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Which camera, from 1.
    pub camera: usize,
    /// Of which scene.
    pub scene: String,
}

/// Something that happens, once or several times.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The seconds from the beginning between which it happens first.
    pub at: (f64, f64),
    /// How often.
    pub times: u32,
    /// How many seconds apart.
    pub every: f64,
    /// What happens.
    pub what: Happening,
}

/// What happens.
#[derive(Clone, Debug, PartialEq)]
pub enum Happening {
    /// A camera plays the clip of its scene in which something happens, once.
    Scene {
        /// Which camera, from 1.
        camera: usize,
        /// Of which scene.
        scene: String,
    },
    /// A camera has a fault.
    Fault {
        /// Which camera, from 1.
        camera: usize,
        /// Which one.
        fault: Fault,
        /// For so many seconds.
        seconds: f64,
    },
    /// Something is told from outside (`docs/ref/events.md`): of several, one each time in turn. What
    /// the file leaves out is filled in when it is sent.
    Event(Vec<Map<String, Value>>),
}

/// Alarms that a wall must raise.
#[derive(Clone, Debug, PartialEq)]
pub struct Expected {
    /// Of which class.
    pub class: String,
    /// On which camera; on any when there is none.
    pub camera: Option<CameraId>,
    /// Raised between these seconds from the beginning.
    pub within: (f64, f64),
    /// How many.
    pub alarms: usize,
    /// How often all of them together happened, where that is said: at least and at most.
    pub times: Option<(u32, u32)>,
}

/// The stories that come with the program.
const OWN: [(&str, &str); 10] = [
    (
        "gentle",
        include_str!("../../../assets/stories/gentle.toml"),
    ),
    ("crowd", include_str!("../../../assets/stories/crowd.toml")),
    (
        "left-bag",
        include_str!("../../../assets/stories/left-bag.toml"),
    ),
    (
        "wrong-way",
        include_str!("../../../assets/stories/wrong-way.toml"),
    ),
    (
        "closed-yard",
        include_str!("../../../assets/stories/closed-yard.toml"),
    ),
    (
        "blade-at-school",
        include_str!("../../../assets/stories/blade-at-school.toml"),
    ),
    (
        "dummy-in-lesson",
        include_str!("../../../assets/stories/dummy-in-lesson.toml"),
    ),
    ("flood", include_str!("../../../assets/stories/flood.toml")),
    (
        "chatter",
        include_str!("../../../assets/stories/chatter.toml"),
    ),
    (
        "camera-faults",
        include_str!("../../../assets/stories/camera-faults.toml"),
    ),
];

impl Story {
    /// The names of the stories that come with the program.
    pub fn names() -> impl Iterator<Item = &'static str> {
        OWN.iter().map(|(name, _)| *name)
    }

    /// The story of this name, or that of a file.
    ///
    /// # Errors
    /// When there is none, or it is not a story.
    pub fn find(name: &str) -> Result<Self, StoryError> {
        if let Some((name, text)) = OWN.iter().find(|(own, _)| *own == name) {
            return read(name, text);
        }
        let path = Path::new(name);
        let text = std::fs::read_to_string(path).map_err(|source| StoryError::File {
            file: name.to_owned(),
            known: Self::names().collect::<Vec<_>>().join(", "),
            source,
        })?;
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        read(&stem, &text)
    }

    /// The rule file of what detectors are to look for.
    ///
    /// # Errors
    /// When a rule cannot be written; its words.
    pub fn rule_file(&self) -> Result<String, String> {
        use crate::model::detection::rule::file::{Form, write};
        write(&self.rules, Form::Toml)
    }
}
