//! Events of the outside world, in the one form that all doors take (`docs/ref/events.md`).
//!
//! Here belong the form itself ([`OutsideEvent::parse`], with a limit on every field), what makes two
//! messages the same ([`OutsideEvent::content`], [`OutsideEvent::alarm_id`]) and what is thought of one
//! that has come ([`judge`]). Everything is pure: bytes and times come in as arguments.
//! Which classes there are and what they ask for lives in [`crate::model::alarm`]; how messages arrive,
//! in `link::intake`; what becomes of them, in `app`.

mod bundle;
mod canonical;
pub mod class;
mod fields;
mod judge;
mod near;
mod read;
mod refusal;
mod still;
mod tree;

use std::collections::BTreeMap;
use std::fmt;

use crate::base::clock::WallTime;
use crate::model::camera::{CameraId, Position};
use crate::model::detection::Region;
use crate::model::id::Id;

pub use bundle::{MOST_EVENTS, Shape, bundle, lines, shape};
pub use judge::{Judged, Remark, judge};
pub use refusal::Refusal;
pub use still::{MOST_PIXELS, MOST_STILL_BYTES, Still};

/// The version of the form that this program reads and writes.
pub const FORM: u32 = 1;
/// The longest message, or bundle of messages, bytes.
pub const LONGEST_MESSAGE: usize = 1 << 20;
/// The longest `source`, characters.
pub const LONGEST_SOURCE: usize = 64;
/// The longest `id` and `thing`, characters.
pub const LONGEST_ID: usize = 128;
/// The longest `class`, characters.
pub const LONGEST_CLASS: usize = 64;
/// The longest text in one language, characters.
pub const LONGEST_TEXT: usize = 1000;
/// The longest text of a place, and of a detail, characters.
pub const LONGEST_PLACE: usize = 200;
/// The longest `site`, characters.
pub const LONGEST_SITE: usize = 128;
/// The longest subject, characters.
pub const LONGEST_SUBJECT: usize = 64;
/// The most details.
pub const MOST_DETAILS: usize = 32;
/// The longest name of a detail, and of a kind of subject, characters.
pub const LONGEST_KEY: usize = 48;
/// No number among the details is further from zero: beyond it a number loses digits on its way, and
/// is sent as a text.
pub const LARGEST_NUMBER: f64 = 1e15;

/// Something that happened outside, as its source told it.
#[derive(Clone, Debug, PartialEq)]
pub struct OutsideEvent {
    /// Who tells it: `a–z 0–9 . _ -`, 1 to 64 characters.
    pub source: String,
    /// The source's own name for this message, 1 to 128 visible characters. A source that says the same
    /// `id` again says the same message again.
    pub id: String,
    /// What kind of event, a key such as `bracelet.strap` ([`class`]).
    pub class: String,
    /// When, by the source's clock.
    pub at: WallTime,
    /// Whether it lasts.
    pub stage: Stage,
    /// The camera that saw it, or that stands nearest.
    pub camera: Option<CameraId>,
    /// Where.
    pub place: Option<Place>,
    /// The site, such as a school, by the name that the source uses.
    pub site: Option<String>,
    /// Whom or what it is about.
    pub subject: Option<Subject>,
    /// What the source says of it to the operator.
    pub text: Texts,
    /// How certain the source is, 0 to 1.
    pub score: Option<f64>,
    /// Where in the camera's picture.
    pub region: Option<Share>,
    /// What else there is to say, in the order of the names.
    pub details: BTreeMap<String, Detail>,
    /// A picture that the source sends along.
    pub still: Option<Still>,
}

/// Whether something lasts. What lasts is a `thing`, named by its source; names of things are of one
/// source and one class, so that a bracelet's number can name its open strap and its empty battery.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Stage {
    /// It happened and is over.
    #[default]
    Once,
    /// It lasts from now on; the thing is the event's `id` where the source names none.
    Begun {
        /// What lasts.
        thing: String,
    },
    /// There is more to say of what lasts.
    Updated {
        /// What lasts.
        thing: String,
    },
    /// It has returned to normal.
    Ended {
        /// What lasted.
        thing: String,
    },
}

impl Stage {
    /// Its name in messages.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Once => "once",
            Self::Begun { .. } => "begun",
            Self::Updated { .. } => "updated",
            Self::Ended { .. } => "ended",
        }
    }

    /// What lasts, where something does.
    pub fn thing(&self) -> Option<&str> {
        match self {
            Self::Once => None,
            Self::Begun { thing } | Self::Updated { thing } | Self::Ended { thing } => Some(thing),
        }
    }
}

/// Where something is; at least one of the two is there.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Place {
    /// In words.
    pub text: Option<String>,
    /// On the globe, WGS 84.
    pub position: Option<Position>,
    /// How far off the position may be, metres; only with a position.
    pub accuracy_m: Option<f64>,
}

/// Whom or what an event is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// What kind of thing, such as `bracelet` or `plate`: `a–z 0–9 _`, from a letter.
    pub kind: String,
    /// Which one, such as a number.
    pub text: String,
}

/// One text in up to three languages; plain, in one line, without control characters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Texts {
    /// Kazakh.
    pub kk: Option<String>,
    /// Russian.
    pub ru: Option<String>,
    /// English.
    pub en: Option<String>,
}

impl Texts {
    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        self.kk.is_none() && self.ru.is_none() && self.en.is_none()
    }
}

/// A rectangle of a picture, in shares of its width and height.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share {
    /// Left edge, 0 to 0.999.
    pub left: f64,
    /// Top edge, 0 to 0.999.
    pub top: f64,
    /// Width, 0.001 to 1; what lies beside the picture does not count.
    pub width: f64,
    /// Height, 0.001 to 1.
    pub height: f64,
}

impl Share {
    /// As the detectors' regions are: within the picture, and never empty.
    pub fn region(&self) -> Region {
        Region {
            left: self.left as f32,
            top: self.top as f32,
            right: (self.left + self.width) as f32,
            bottom: (self.top + self.height) as f32,
        }
        .within_picture()
    }
}

/// The value of a detail.
#[derive(Clone, Debug, PartialEq)]
pub enum Detail {
    /// A short text.
    Text(String),
    /// A number, at most [`LARGEST_NUMBER`] from zero.
    Number(f64),
}

/// As it is shown.
impl fmt::Display for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Number(number) => write!(f, "{number}"),
        }
    }
}

impl OutsideEvent {
    /// The identity of what this event raises, the same each time it is told: made of `source` and
    /// `id` alone.
    pub fn alarm_id(&self) -> Id {
        // Neither holds a space, so two pairs never make one name.
        Id::named(&format!("outside event {} {}", self.source, self.id))
    }

    /// The identity of what lasts: of source, class and thing. Nothing for what happens once.
    pub fn thing_id(&self) -> Option<Id> {
        let thing = self.stage.thing()?;
        let (source, class) = (&self.source, &self.class);
        Some(Id::named(&format!(
            "outside thing {source} {class} {thing}"
        )))
    }

    /// Whether this event says that what `begun` began has returned to normal: of the same thing, and
    /// not from before it began. An end that was told before its beginning arrived counts too.
    pub fn ends(&self, begun: &Self) -> bool {
        matches!(self.stage, Stage::Ended { .. })
            && matches!(begun.stage, Stage::Begun { .. })
            && self.thing_id() == begun.thing_id()
            && self.at >= begun.at
    }
}

#[cfg(test)]
mod tests;
