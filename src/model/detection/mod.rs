//! What a detector finds in pictures, and what the rules make of it: data and pure functions.
//!
//! ```text
//! detect: picture ─► model ─► Detection ─┐
//!                                        ▼
//!                      Tracker::step ─► Seen ─► Watch::step(rules, time) ─► Fact
//! ```
//!
//! * [`region`]: where in a picture something is.
//! * [`track`]: the same thing in one look after another.
//! * [`rule`]: what is to be noticed, as data that the operator edits on the picture.
//! * [`views`]: which parts of the picture rules ask for.
//! * [`watch`]: rules over tracks, one camera at a time.
//! * [`fact`]: what was noticed.
//!
//! Belongs here: what needs no picture. Does not: pixels (`pixels`), models and processors
//! (`detect`), files (`store`).

pub mod counting;
pub mod fact;
pub mod region;
pub mod rule;
pub mod track;
pub mod views;
pub mod watch;

pub use fact::{Fact, Stage};
pub use region::{Point, Region};
pub use rule::{Kind, Rule, RuleId};
pub use views::Views;
pub use watch::{Limits, Look, Seen, StaticChange, Watch};

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The class of an object, as a model's labels name it: `person`, `car`, `knife`. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Class(Arc<str>);

impl Class {
    /// Wraps a label's id.
    pub fn new(id: impl Into<Arc<str>>) -> Self {
        Self(id.into())
    }

    /// The label's id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<String> for Class {
    fn from(id: String) -> Self {
        Self::new(id)
    }
}

impl From<Class> for String {
    fn from(class: Class) -> Self {
        class.0.as_ref().to_owned()
    }
}

impl From<&str> for Class {
    fn from(id: &str) -> Self {
        Self::new(id)
    }
}

/// Something found in one picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Detection {
    /// What.
    pub class: Class,
    /// How sure the model is, 0..1; what counts as sure is the rule's business.
    pub score: f32,
    /// Where.
    pub region: Region,
}
