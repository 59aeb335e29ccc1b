//! A rule: what is to be noticed on one camera. Data; `watch` carries it out.
//!
//! * [`Rule`]: what all rules have, and [`What`] each kind has of its own.
//! * [`shape`]: zones and lines on the picture. * [`schedule`]: days and hours.
//! * [`edit`]: its shapes, changed on the picture. * [`fault`]: what is wrong with a rule. * [`file`]: rules as a file. * [`acts`]: in the store.

pub mod acts;
pub mod edit;
pub mod fault;
pub mod file;
pub mod kind;
pub mod schedule;
pub mod shape;

pub use fault::{Fault, Field};
pub use kind::Kind;
pub use schedule::{Day, Schedule, Span, TimeOfDay};
pub use shape::{Direction, Line, Zone};

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

use super::{Class, Region};
use crate::model::act::Record;
use crate::model::camera::{CameraId, Names, Priority, SiteKind};

/// The most characters of a rule's name in one language, and of a zone's or a line's.
pub const LONGEST_NAME: usize = 80;
/// The most classes of one rule.
pub const MOST_CLASSES: usize = 100;
/// The most characters of a class.
pub const LONGEST_CLASS: usize = 64;
/// The longest time of a rule: a day, seconds.
pub const LONGEST_S: f32 = 86_400.0;
/// The most tiles in a row or a column.
pub const MOST_TILES: u8 = 8;

/// The id under which a rule is tried out before it is saved: nobody is told of what it notices but the
/// one who draws it.
pub const TRIED: &str = "try-out";

/// A rule's id, of the characters of a camera's id; unique on its camera.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RuleId(String);

impl RuleId {
    /// Wraps; [`Rule::check`] says whether it can be one.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What part of a camera's picture is looked at for a rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The small stream.
    #[default]
    Sub,
    /// The large stream.
    Main,
    /// A part of the large stream.
    Crop(Region),
    /// The large stream in so many columns and rows, one after another.
    Tiles([u8; 2]),
}

/// How many looks, and over which time, must agree before something is said. Both count.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Confirm {
    /// Looks in which it was so.
    pub looks: u16,
    /// Seconds over which it was so.
    #[serde(default)]
    pub seconds: f32,
}

/// Which way is the wrong one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Way {
    /// A line that may be crossed in one direction only.
    Across {
        /// The line.
        line: Line,
        /// The allowed direction.
        allowed: Direction,
    },
    /// A zone in which all move along an arrow.
    Along {
        /// The zone.
        zone: Zone,
        /// The allowed direction, from its one end to the other; where it lies does not matter.
        arrow: Line,
    },
}

/// What a rule notices, with what its kind needs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum What {
    /// See [`Kind::Zone`].
    Zone {
        /// Where.
        zone: Zone,
    },
    /// See [`Kind::Line`].
    Line {
        /// Which.
        line: Line,
        /// In which direction.
        #[serde(default)]
        direction: Direction,
    },
    /// See [`Kind::Counting`].
    Counting {
        /// Which.
        line: Line,
    },
    /// See [`Kind::Dwell`].
    Dwell {
        /// Where.
        zone: Zone,
        /// How long at least, watched seconds.
        seconds: f32,
    },
    /// See [`Kind::Count`].
    Count {
        /// Where.
        zone: Zone,
    },
    /// See [`Kind::Crowd`].
    Crowd {
        /// Where.
        zone: Zone,
        /// More than so many.
        over: u32,
        /// How long at least, watched seconds.
        seconds: f32,
    },
    /// See [`Kind::WrongWay`].
    WrongWay {
        /// Which way is wrong.
        way: Way,
    },
    /// See [`Kind::Left`].
    Left {
        /// Where.
        zone: Zone,
        /// How long it must stand alone, watched seconds.
        seconds: f32,
    },
    /// See [`Kind::Removed`].
    Removed {
        /// Where.
        zone: Zone,
        /// How long it must have stood there before, watched seconds.
        seconds: f32,
    },
    /// See [`Kind::Litter`].
    Litter {
        /// Where.
        zone: Zone,
        /// How long it must lie alone, watched seconds.
        seconds: f32,
    },
    /// See [`Kind::Yield`].
    Yield {
        /// The crosswalk, where people walk.
        zone: Zone,
        /// The line that a vehicle must not cross while somebody is on the crosswalk.
        line: Line,
        /// In which direction.
        #[serde(default)]
        direction: Direction,
    },
    /// See [`Kind::Closed`]; when it is closed, the rule's schedule says.
    Closed {
        /// Where.
        zone: Zone,
    },
    /// See [`Kind::Stopped`].
    Stopped {
        /// Where.
        zone: Zone,
        /// How long at least, watched seconds.
        seconds: f32,
    },
    /// See [`Kind::Blade`].
    Blade {
        /// Where.
        zone: Zone,
    },
}

impl What {
    /// Of which kind.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Zone { .. } => Kind::Zone,
            Self::Line { .. } => Kind::Line,
            Self::Counting { .. } => Kind::Counting,
            Self::Dwell { .. } => Kind::Dwell,
            Self::Count { .. } => Kind::Count,
            Self::Crowd { .. } => Kind::Crowd,
            Self::WrongWay { .. } => Kind::WrongWay,
            Self::Left { .. } => Kind::Left,
            Self::Removed { .. } => Kind::Removed,
            Self::Litter { .. } => Kind::Litter,
            Self::Yield { .. } => Kind::Yield,
            Self::Closed { .. } => Kind::Closed,
            Self::Stopped { .. } => Kind::Stopped,
            Self::Blade { .. } => Kind::Blade,
        }
    }

    /// Its zone, if its kind has one.
    pub fn zone(&self) -> Option<&Zone> {
        match self {
            Self::Line { .. } | Self::Counting { .. } => None,
            Self::WrongWay { way } => match way {
                Way::Across { .. } => None,
                Way::Along { zone, .. } => Some(zone),
            },
            Self::Zone { zone }
            | Self::Dwell { zone, .. }
            | Self::Count { zone }
            | Self::Crowd { zone, .. }
            | Self::Left { zone, .. }
            | Self::Removed { zone, .. }
            | Self::Litter { zone, .. }
            | Self::Yield { zone, .. }
            | Self::Closed { zone }
            | Self::Stopped { zone, .. }
            | Self::Blade { zone } => Some(zone),
        }
    }

    /// The same to be changed, for the editor.
    pub fn zone_mut(&mut self) -> Option<&mut Zone> {
        match self {
            Self::Line { .. } | Self::Counting { .. } => None,
            Self::WrongWay { way } => match way {
                Way::Across { .. } => None,
                Way::Along { zone, .. } => Some(zone),
            },
            Self::Zone { zone }
            | Self::Dwell { zone, .. }
            | Self::Count { zone }
            | Self::Crowd { zone, .. }
            | Self::Left { zone, .. }
            | Self::Removed { zone, .. }
            | Self::Litter { zone, .. }
            | Self::Yield { zone, .. }
            | Self::Closed { zone }
            | Self::Stopped { zone, .. }
            | Self::Blade { zone } => Some(zone),
        }
    }

    /// Its line or its arrow, if its kind has one.
    pub fn line(&self) -> Option<&Line> {
        match self {
            Self::Line { line, .. } | Self::Counting { line } | Self::Yield { line, .. } => {
                Some(line)
            }
            Self::WrongWay { way } => match way {
                Way::Across { line, .. } => Some(line),
                Way::Along { arrow, .. } => Some(arrow),
            },
            _ => None,
        }
    }

    /// The same to be changed, for the editor.
    pub fn line_mut(&mut self) -> Option<&mut Line> {
        match self {
            Self::Line { line, .. } | Self::Counting { line } | Self::Yield { line, .. } => {
                Some(line)
            }
            Self::WrongWay { way } => match way {
                Way::Across { line, .. } => Some(line),
                Way::Along { arrow, .. } => Some(arrow),
            },
            _ => None,
        }
    }

    /// Its seconds, if its kind has them.
    pub fn seconds(&self) -> Option<f32> {
        match self {
            Self::Dwell { seconds, .. }
            | Self::Crowd { seconds, .. }
            | Self::Left { seconds, .. }
            | Self::Removed { seconds, .. }
            | Self::Litter { seconds, .. }
            | Self::Stopped { seconds, .. } => Some(*seconds),
            _ => None,
        }
    }

    /// The same to be changed, for the editor.
    pub fn seconds_mut(&mut self) -> Option<&mut f32> {
        match self {
            Self::Dwell { seconds, .. }
            | Self::Crowd { seconds, .. }
            | Self::Left { seconds, .. }
            | Self::Removed { seconds, .. }
            | Self::Litter { seconds, .. }
            | Self::Stopped { seconds, .. } => Some(seconds),
            _ => None,
        }
    }

    /// The name of the place that facts carry: the zone's or the line's.
    pub fn place(&self) -> &str {
        let zone = self.zone().map(|zone| zone.name.as_str());
        let line = self.line().map(|line| line.name.as_str());
        let named = |name: &&str| !name.is_empty();
        zone.filter(named).or(line.filter(named)).unwrap_or("")
    }
}

/// What is to be noticed on one camera.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Stable, unique on its camera.
    pub id: RuleId,
    /// On which camera.
    pub camera: CameraId,
    /// What it is called.
    #[serde(default, deserialize_with = "names")]
    pub name: Names,
    /// Whether it is switched on.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// What is noticed.
    pub what: What,
    /// Of which classes; those of its kind when there is none.
    #[serde(default)]
    pub classes: BTreeSet<Class>,
    /// How sure the model must be of it, 0.05 to 1.
    #[serde(default = "least_score")]
    pub least_score: f32,
    /// How high it must be, as a share of the picture's height.
    #[serde(default)]
    pub least_height: f32,
    /// How high it must be in pixels of the picture that was looked at. For blades the least size that
    /// was proved.
    #[serde(default)]
    pub least_pixels: u32,
    /// When it holds.
    #[serde(default)]
    pub schedule: Schedule,
    /// How much it matters when the machine is short: 1 the most, 5 the least.
    #[serde(default)]
    pub priority: Priority,
    /// How often it must be looked at, looks a second; as its kind when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub looks_per_s: Option<f32>,
    /// What is looked at.
    #[serde(default)]
    pub source: Source,
    /// What must agree; as its kind when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirm: Option<Confirm>,
    /// For how many seconds the same thing is not said again; as its kind when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cooldown_s: Option<f32>,
}

fn yes() -> bool {
    true
}

fn least_score() -> f32 {
    0.5
}

/// Names of all three languages, of some of them, or one text for all.
fn names<'de, D: Deserializer<'de>>(from: D) -> Result<Names, D::Error> {
    #[derive(Default, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    struct Some3 {
        kk: String,
        ru: String,
        en: String,
    }
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        One(String),
        Three(Some3),
    }
    Ok(match Either::deserialize(from)? {
        Either::One(name) => Names::same(name),
        Either::Three(Some3 { kk, ru, en }) => Names { kk, ru, en },
    })
}

impl Record for Rule {
    const KIND: &'static str = "rule";
}

impl Rule {
    /// A rule that says no more than it must.
    pub fn new(id: RuleId, camera: CameraId, what: What) -> Self {
        Self {
            id,
            camera,
            name: Names::default(),
            enabled: true,
            what,
            classes: BTreeSet::new(),
            least_score: least_score(),
            least_height: 0.0,
            least_pixels: 0,
            schedule: Schedule::ALWAYS,
            priority: Priority::default(),
            looks_per_s: None,
            source: Source::Sub,
            confirm: None,
            cooldown_s: None,
        }
    }

    /// The rules that a camera has when nobody wrote any: blades at schools and kindergartens.
    /// `proved` is the least height of a blade, in pixels, that the model was proved to find.
    pub fn defaults(camera: &CameraId, site: SiteKind, proved: u32) -> Vec<Self> {
        if !matches!(site, SiteKind::School | SiteKind::Kindergarten) {
            return Vec::new();
        }
        let zone = Zone::whole();
        let mut rule = Self::new(RuleId::new("blade"), camera.clone(), What::Blade { zone });
        rule.least_pixels = proved;
        rule.priority = Priority::new(2).unwrap_or_default();
        // Where nobody moves nobody carries anything: motion brings the looks, this is the least.
        rule.looks_per_s = Some(0.34);
        vec![rule]
    }

    /// Of which kind.
    pub fn kind(&self) -> Kind {
        self.what.kind()
    }

    /// Whether it looks at a class.
    pub fn takes(&self, class: &Class) -> bool {
        if self.classes.is_empty() {
            self.kind().classes().contains(&class.as_str())
        } else {
            self.classes.contains(class)
        }
    }

    /// How often it must be looked at, looks a second.
    pub fn looks_per_s(&self) -> f32 {
        self.looks_per_s.unwrap_or(self.kind().looks_per_s())
    }

    /// What must agree.
    pub fn confirm(&self) -> Confirm {
        self.confirm.unwrap_or(self.kind().confirm())
    }

    /// For how many seconds the same thing is not said again.
    pub fn cooldown_s(&self) -> f32 {
        self.cooldown_s.unwrap_or(self.kind().cooldown_s())
    }

    /// What is wrong with it; nothing when it can be carried out.
    pub fn check(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        if CameraId::new(self.id.as_str()).is_err() {
            faults.push(Fault::Id);
        }
        if CameraId::new(self.camera.as_str()).is_err() {
            faults.push(Fault::Camera);
        }
        let places = [
            self.what.zone().map(|zone| &zone.name),
            self.what.line().map(|line| &line.name),
        ];
        let names = [&self.name.kk, &self.name.ru, &self.name.en];
        if names
            .into_iter()
            .chain(places.into_iter().flatten())
            .any(|name| name.chars().count() > LONGEST_NAME)
        {
            faults.push(Fault::LongName { most: LONGEST_NAME });
        }
        faults.extend(self.what.zone().map(Zone::check).unwrap_or_default());
        faults.extend(self.what.line().map(Line::check).unwrap_or_default());
        if let What::WrongWay {
            way:
                Way::Across {
                    allowed: Direction::Either,
                    ..
                },
        } = &self.what
        {
            faults.push(Fault::NoDirection);
        }
        if self.classes.len() > MOST_CLASSES {
            faults.push(Fault::TooManyClasses { most: MOST_CLASSES });
        }
        let bad = |class: &Class| {
            class.as_str().trim().is_empty() || class.as_str().chars().count() > LONGEST_CLASS
        };
        if self.classes.iter().any(bad) {
            faults.push(Fault::BadClass {
                most: LONGEST_CLASS,
            });
        }
        faults.extend(self.schedule.check());
        faults.extend(self.check_source());
        faults.extend(self.check_numbers());
        faults
    }

    fn check_source(&self) -> Option<Fault> {
        match self.source {
            Source::Crop(part) if !part.is_sound() || part.within_picture() != part => {
                Some(Fault::Part)
            }
            Source::Tiles(tiles) => tiles.iter().find_map(|count| {
                range(Field::Tiles, f32::from(*count), 1.0, f32::from(MOST_TILES))
            }),
            _ => None,
        }
    }

    fn check_numbers(&self) -> Vec<Fault> {
        let confirm = self.confirm();
        let over = match &self.what {
            What::Crowd { over, .. } => *over as f32,
            _ => 1.0,
        };
        [
            range(Field::LeastScore, self.least_score, 0.05, 1.0),
            range(Field::LeastHeight, self.least_height, 0.0, 1.0),
            range(Field::LeastPixels, self.least_pixels as f32, 0.0, 4320.0),
            range(Field::Priority, f32::from(self.priority.level()), 1.0, 5.0),
            range(Field::LooksPerS, self.looks_per_s(), 0.01, 25.0),
            range(Field::ConfirmLooks, f32::from(confirm.looks), 1.0, 100.0),
            range(Field::ConfirmSeconds, confirm.seconds, 0.0, 3600.0),
            range(Field::CooldownS, self.cooldown_s(), 0.0, LONGEST_S),
            range(
                Field::Seconds,
                self.what.seconds().unwrap_or(1.0),
                0.0,
                LONGEST_S,
            ),
            range(Field::Over, over, 1.0, 10_000.0),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

fn range(field: Field, value: f32, least: f32, most: f32) -> Option<Fault> {
    // Written so that what is no number is out of range.
    (!(least..=most).contains(&value)).then_some(Fault::Range { field, least, most })
}
