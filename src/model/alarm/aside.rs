//! What puts alarms aside: a shelf, a planned lesson, out of service. They are raised and kept all the
//! same, stand lower, and make no sound.
//!
//! All three say when they end or that somebody ends them, so whether an alarm is aside follows from
//! what is kept and the time: nothing has to be written when a shelf is over.

use serde::{Deserialize, Serialize};

use super::alarm::{Alarm, LONGEST_NOTE, Refusal};
use super::class::ClassKey;
use super::{Hand, Priority};
use crate::base::clock::WallTime;
use crate::model::act::{Kept, Record};
use crate::model::camera::CameraId;
use crate::model::id::Id;

/// The longest shelf, seconds.
pub const LONGEST_SHELF_S: i64 = 30 * 60;
/// The longest planned lesson, seconds.
pub const LONGEST_LESSON_S: i64 = 8 * 3600;
/// How far ahead a lesson may be planned, seconds.
pub const FARTHEST_LESSON_S: i64 = 60 * 86_400;

/// Repeats of one alarm are put aside for a while.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shelf {
    /// The alarm's key.
    pub key: String,
    /// Its class.
    pub class: ClassKey,
    /// Until when.
    pub until: WallTime,
    /// Why.
    pub reason: String,
    /// By whom.
    pub by: Hand,
}

impl Record for Shelf {
    const KIND: &'static str = "shelf";
}

/// Alarms of a class on a camera are expected for a while: a lesson with a dummy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lesson {
    /// On which camera.
    pub camera: CameraId,
    /// Of which class.
    pub class: ClassKey,
    /// From when.
    pub from: WallTime,
    /// Until when.
    pub until: WallTime,
    /// Why.
    pub reason: String,
    /// By whom.
    pub by: Hand,
}

impl Record for Lesson {
    const KIND: &'static str = "planned-lesson";
}

/// Alarms are aside until somebody says otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutOfService {
    /// On which camera; on all when none is named.
    #[serde(default)]
    pub camera: Option<CameraId>,
    /// Of which class; of all when none is named.
    #[serde(default)]
    pub class: Option<ClassKey>,
    /// Why.
    pub reason: String,
    /// By whom.
    pub by: Hand,
}

impl Record for OutOfService {
    const KIND: &'static str = "out-of-service";
}

/// Why an alarm is aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aside<'a> {
    /// It was shelved (G).
    Shelved(&'a Kept<Shelf>),
    /// It is expected (H).
    Planned(&'a Kept<Lesson>),
    /// It is out of service (I).
    OutOfService(&'a Kept<OutOfService>),
}

impl Aside<'_> {
    /// The key of its words.
    pub fn key(&self) -> &'static str {
        match self {
            Self::Shelved(_) => "alarm-shelved",
            Self::Planned(_) => "alarm-planned",
            Self::OutOfService(_) => "alarm-out-of-service",
        }
    }

    /// Until when, where that is known.
    pub fn until(&self) -> Option<WallTime> {
        match self {
            Self::Shelved(shelf) => Some(shelf.value.until),
            Self::Planned(lesson) => Some(lesson.value.until),
            Self::OutOfService(_) => None,
        }
    }

    /// Why, and by whom.
    pub fn reason(&self) -> (&str, &Hand) {
        match self {
            Self::Shelved(shelf) => (&shelf.value.reason, &shelf.value.by),
            Self::Planned(lesson) => (&lesson.value.reason, &lesson.value.by),
            Self::OutOfService(out) => (&out.value.reason, &out.value.by),
        }
    }
}

/// Everything that puts alarms aside.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Asides {
    /// Shelves; those that are over may be among them.
    pub shelves: Vec<Kept<Shelf>>,
    /// Planned lessons.
    pub lessons: Vec<Kept<Lesson>>,
    /// What is out of service.
    pub out_of_service: Vec<Kept<OutOfService>>,
}

impl Asides {
    /// Whether and why `alarm` is aside now. What is critical is never on a shelf.
    pub fn of(&self, alarm: &Alarm, now: WallTime) -> Option<Aside<'_>> {
        let fits = |class: &Option<ClassKey>, camera: &Option<CameraId>| {
            class.as_ref().is_none_or(|class| *class == alarm.class)
                && (camera.is_none() || *camera == alarm.camera)
        };
        let out = self
            .out_of_service
            .iter()
            .find(|out| fits(&out.value.class, &out.value.camera));
        if let Some(out) = out {
            return Some(Aside::OutOfService(out));
        }
        let planned = self.lessons.iter().find(|lesson| {
            let lesson = &lesson.value;
            lesson.class == alarm.class
                && Some(&lesson.camera) == alarm.camera.as_ref()
                // What began in the lesson stays expected while the lesson lasts, and no longer.
                && (lesson.from <= now && now < lesson.until)
        });
        if let Some(lesson) = planned {
            return Some(Aside::Planned(lesson));
        }
        if alarm.priority == Priority::Critical {
            return None;
        }
        let shelf = self
            .shelves
            .iter()
            .find(|shelf| shelf.value.key == alarm.key && now < shelf.value.until);
        shelf.map(Aside::Shelved)
    }

    /// When something that is aside at `now` comes back by itself, the soonest.
    pub fn next_change(&self, now: WallTime) -> Option<WallTime> {
        let shelves = self.shelves.iter().map(|shelf| shelf.value.until);
        let lessons = self
            .lessons
            .iter()
            .flat_map(|lesson| [lesson.value.from, lesson.value.until]);
        shelves.chain(lessons).filter(|at| *at > now).min()
    }
}

/// The identity of the record of the shelf of an alarm.
pub fn shelf_id(centre: &str, key: &str) -> Id {
    Id::named(&format!("shelf {centre} {key}"))
}

/// Whether a reason is one.
///
/// # Errors
/// When there is none, or it is too long.
pub fn reason(text: &str) -> Result<String, Refusal> {
    let text = text.trim();
    let fits = !text.is_empty() && text.chars().count() <= LONGEST_NOTE;
    fits.then(|| text.to_owned()).ok_or(Refusal::Reason)
}

/// Puts an alarm on a shelf.
///
/// # Errors
/// It is critical, the time is too long or over, or no reason is given.
pub fn shelve(
    alarm: &Alarm,
    until: WallTime,
    why: &str,
    by: Hand,
    now: WallTime,
) -> Result<Shelf, Refusal> {
    if alarm.priority == Priority::Critical {
        return Err(Refusal::Critical);
    }
    let secs = until.nanos_since(now) as f64 / 1e9;
    if secs <= 0.0 || secs > LONGEST_SHELF_S as f64 {
        return Err(Refusal::TooLong);
    }
    Ok(Shelf {
        key: alarm.key.clone(),
        class: alarm.class.clone(),
        until,
        reason: reason(why)?,
        by,
    })
}

/// Plans a lesson.
///
/// # Errors
/// It ends before it begins or is over, is too long or too far ahead, or no reason is given.
pub fn plan(lesson: Lesson, now: WallTime) -> Result<Lesson, Refusal> {
    let secs = |a: WallTime, b: WallTime| a.nanos_since(b) / 1_000_000_000;
    let long = secs(lesson.until, lesson.from);
    let fits = (1..=LONGEST_LESSON_S).contains(&long)
        && lesson.until > now
        && secs(lesson.from, now) <= FARTHEST_LESSON_S;
    if !fits {
        return Err(Refusal::TooLong);
    }
    let reason = reason(&lesson.reason)?;
    Ok(Lesson { reason, ..lesson })
}
