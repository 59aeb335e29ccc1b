//! What puts alarms aside: a shelf, a planned lesson, out of service. They are raised and kept all the
//! same, stand lower, and make no sound.
//!
//! All three say when they end or that somebody ends them, so whether an alarm is aside follows from
//! what is kept and the time: nothing has to be written when a shelf is over.

use std::collections::BTreeMap;
use std::time::Duration;

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
/// Clocks of seats may differ by so much, seconds.
pub(super) const CLOCKS_DIFFER_S: i64 = 120;
/// The longest planned lesson, seconds.
pub const LONGEST_LESSON_S: i64 = 8 * 3600;
/// How far ahead a lesson may be planned, seconds.
pub const FARTHEST_LESSON_S: i64 = 60 * 86_400;

const SECOND: i64 = 1_000_000_000;

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

impl Shelf {
    /// Nanoseconds; never more than the longest, whatever a record says.
    fn length(&self) -> i64 {
        let length = self.until.nanos_since(self.by.at);
        length.clamp(0, LONGEST_SHELF_S * SECOND)
    }

    /// Whether it holds at `now`, where it was seen to hold for a while already.
    fn holds(&self, now: WallTime, held: Option<Duration>) -> bool {
        let begun = held.is_some() || self.by.at.nanos_since(now) <= CLOCKS_DIFFER_S * SECOND;
        let length = self.length();
        begun && now < self.by.at.plus_nanos(length) && is_within(held, length)
    }
}

/// Whether what was seen to hold for a while may hold on.
fn is_within(held: Option<Duration>, length: i64) -> bool {
    held.unwrap_or_default().as_nanos() < length.unsigned_abs().into()
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

impl Lesson {
    fn length(&self) -> i64 {
        let length = self.until.nanos_since(self.from);
        length.clamp(0, LONGEST_LESSON_S * SECOND)
    }

    /// Whether it holds at `now`, where it was seen to hold for a while already. A lesson is an
    /// appointment: where a clock is put right, it is so with the clock.
    fn holds(&self, now: WallTime, held: Option<Duration>) -> bool {
        let length = self.length();
        self.from <= now && now < self.from.plus_nanos(length) && is_within(held, length)
    }
}

impl Record for Lesson {
    const KIND: &'static str = "planned-lesson";
}

/// Alarms are aside until somebody says otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutOfService {
    /// On which camera; on all of the class when none is named.
    #[serde(default)]
    pub camera: Option<CameraId>,
    /// Of which class; all of the camera when none is named.
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
    /// Of shelves and lessons, by the identity of their records, for how long each has held here.
    pub(crate) held: BTreeMap<Id, Held>,
}

/// For how long something has held, by the clock that only goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    /// Of its record: one that is written anew begins anew.
    version: u32,
    time: Duration,
}

impl Asides {
    /// `passed` went by, on the clock that only goes on, until `now`. What holds has held so much longer,
    /// and nothing holds for longer than it was meant to, whatever is done to the other clock meanwhile.
    pub fn pass(&mut self, passed: Duration, now: WallTime) {
        let shelves = self.shelves.iter().map(|kept| {
            let held = self.held_for(kept);
            (kept.id, kept.version, held, kept.value.holds(now, held))
        });
        let lessons = self.lessons.iter().map(|kept| {
            let held = self.held_for(kept);
            (kept.id, kept.version, held, kept.value.holds(now, held))
        });
        let held = shelves.chain(lessons);
        let held = held.filter_map(|(id, version, before, holds)| {
            let time = match (before, holds) {
                (None, false) => return None,
                (None, true) => Duration::ZERO,
                (Some(time), true) => time.saturating_add(passed),
                // What is over stays so.
                (Some(time), false) => time,
            };
            Some((id, Held { version, time }))
        });
        let held = held.collect();
        self.held = held;
    }

    fn held_for<T>(&self, kept: &Kept<T>) -> Option<Duration> {
        let held = self.held.get(&kept.id)?;
        (held.version == kept.version).then_some(held.time)
    }

    /// Whether a shelf holds.
    pub fn is_on(&self, shelf: &Kept<Shelf>, now: WallTime) -> bool {
        shelf.value.holds(now, self.held_for(shelf))
    }

    /// Whether and why `alarm` is aside now. What is critical is never on a shelf, and nothing puts
    /// everything aside. A shelf that begins after `now`, and was not seen here before, is of a clock
    /// that was set back since: it is over, rather than longer.
    pub fn of(&self, alarm: &Alarm, now: WallTime) -> Option<Aside<'_>> {
        let fits = |class: &Option<ClassKey>, camera: &Option<CameraId>| {
            (class.is_some() || camera.is_some())
                && class.as_ref().is_none_or(|class| *class == alarm.class)
                && (camera.is_none() || *camera == alarm.camera)
        };
        let out = self
            .out_of_service
            .iter()
            .find(|out| fits(&out.value.class, &out.value.camera));
        if let Some(out) = out {
            return Some(Aside::OutOfService(out));
        }
        let planned = self.lessons.iter().find(|kept| {
            let lesson = &kept.value;
            lesson.class == alarm.class
                && Some(&lesson.camera) == alarm.camera.as_ref()
                // What began in the lesson stays expected while the lesson lasts, and no longer.
                && lesson.holds(now, self.held_for(kept))
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
            .find(|shelf| shelf.value.key == alarm.key && self.is_on(shelf, now));
        shelf.map(Aside::Shelved)
    }
}

/// Whether a record that puts alarms aside is one that may be written, whoever writes it: nothing puts
/// everything aside, and a shelf or a lesson is no longer than the longest. Records of other kinds are.
pub fn is_lawful(kind: &str, body: &str) -> bool {
    fn holds<T: serde::de::DeserializeOwned>(body: &str, holds: impl Fn(&T) -> bool) -> bool {
        serde_json::from_str(body).is_ok_and(|value| holds(&value))
    }
    let is_long = |from: WallTime, until: WallTime, most: i64| {
        !(1..=most.saturating_mul(SECOND)).contains(&until.nanos_since(from))
    };
    match kind {
        Shelf::KIND => holds(body, |shelf: &Shelf| {
            !is_long(shelf.by.at, shelf.until, LONGEST_SHELF_S)
        }),
        Lesson::KIND => holds(body, |lesson: &Lesson| {
            !is_long(lesson.from, lesson.until, LONGEST_LESSON_S)
        }),
        OutOfService::KIND => holds(body, |out: &OutOfService| {
            out.class.is_some() || out.camera.is_some()
        }),
        _ => true,
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

/// Takes a class, a camera, or a class on a camera out of service.
///
/// # Errors
/// Neither is named, or no reason is given.
pub fn out_of_service(out: OutOfService) -> Result<OutOfService, Refusal> {
    if out.camera.is_none() && out.class.is_none() {
        return Err(Refusal::Everything);
    }
    let reason = reason(&out.reason)?;
    Ok(OutOfService { reason, ..out })
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::alarm::class::Classes;
    use crate::model::alarm::occurrence::Occurrence;
    use crate::model::detection::fact::Stage;

    const MINUTE: i64 = 60_000_000_000;

    fn alarm(class: &str) -> Alarm {
        let class = ClassKey::new(class).unwrap();
        let at = WallTime(0);
        let occurrence = Occurrence {
            id: Id::named("a"),
            thing: Id::named("a"),
            class: class.clone(),
            stage: Stage::Once,
            at,
            heard: at,
            camera: CameraId::new("c1").ok(),
            place: String::new(),
            position: None,
            subject: None,
            source: "test".into(),
            text: None,
            region: None,
            score: None,
            details: std::collections::BTreeMap::new(),
            still: None,
            seat: String::new(),
        };
        let classes = Classes::default();
        Alarm::raise(Id::named("n"), &occurrence, classes.get(&class).unwrap())
    }

    fn by(at: WallTime) -> Hand {
        Hand {
            person: None,
            seat: "s".into(),
            at,
        }
    }

    fn kept<T>(value: T) -> Kept<T> {
        Kept {
            id: Id::named("kept"),
            version: 1,
            seq: 1,
            centre: "c".into(),
            value,
        }
    }

    #[test]
    fn a_shelf_is_no_longer_when_the_clock_is_set_back() {
        let alarm = alarm("plate.hit");
        let noon = WallTime(720 * MINUTE);
        let until = noon.plus_nanos(30 * MINUTE);
        let shelf = shelve(&alarm, until, "works", by(noon), noon).unwrap();
        let asides = Asides {
            shelves: vec![kept(shelf)],
            ..Asides::default()
        };
        let aside = |minutes: i64| asides.of(&alarm, noon.plus_nanos(minutes * MINUTE));
        assert!(aside(0).is_some() && aside(29).is_some());
        assert!(aside(30).is_none(), "it is over");
        assert!(aside(-1).is_some(), "clocks of seats differ a little");
        assert!(aside(-60).is_none(), "the clock was set back an hour");
    }

    /// A lesson of `minutes` from noon on, on the camera and of the class of the alarm.
    fn lesson(alarm: &Alarm, from: WallTime, minutes: i64) -> Kept<Lesson> {
        kept(Lesson {
            camera: alarm.camera.clone().unwrap(),
            class: alarm.class.clone(),
            from,
            until: from.plus_nanos(minutes * MINUTE),
            reason: "lesson".into(),
            by: by(from),
        })
    }

    #[test]
    fn nothing_holds_longer_than_it_was_meant_to_however_often_the_clock_is_set_back() {
        let hit = alarm("plate.hit");
        let weapon = alarm("weapon.school");
        let noon = WallTime(720 * MINUTE);
        let until = noon.plus_nanos(30 * MINUTE);
        let shelf = Kept {
            id: Id::named("shelf"),
            ..kept(shelve(&hit, until, "works", by(noon), noon).unwrap())
        };
        for set_back in [0, 5, 20, 60, 300] {
            let mut asides = Asides {
                shelves: vec![shelf.clone()],
                lessons: vec![lesson(&weapon, noon, 45)],
                ..Asides::default()
            };
            let (mut shelved, mut expected) = (0, 0);
            for minute in 0..600 {
                // Set back when the shelf has ten minutes left, and once more an hour later.
                let back = set_back * (i64::from(minute >= 20) + i64::from(minute >= 80));
                let now = noon.plus_nanos((minute - back) * MINUTE);
                asides.pass(Duration::from_secs(60), now);
                shelved += i32::from(asides.of(&hit, now).is_some());
                expected += i32::from(asides.of(&weapon, now).is_some());
            }
            assert_eq!(shelved, 30, "minutes of the shelf, {set_back} back");
            assert!((20..=45).contains(&expected), "{expected}, {set_back} back");
        }
        // One that is put on anew is a new one.
        let mut asides = Asides {
            shelves: vec![shelf.clone()],
            ..Asides::default()
        };
        asides.pass(Duration::ZERO, noon);
        asides.pass(Duration::from_secs(1800), noon);
        assert_eq!(asides.of(&hit, noon), None);
        asides.shelves[0].version += 1;
        assert!(asides.of(&hit, noon).is_some());
    }

    #[test]
    fn a_lesson_follows_a_clock_that_is_put_right() {
        let weapon = alarm("weapon.school");
        let ten = WallTime(600 * MINUTE);
        let mut asides = Asides {
            lessons: vec![lesson(&weapon, ten, 45)],
            ..Asides::default()
        };
        // The machine started with a clock that was five hours fast, and it was put right at six.
        asides.pass(Duration::ZERO, ten.plus_nanos(60 * MINUTE));
        for minute in -240..0 {
            let now = ten.plus_nanos(minute * MINUTE);
            asides.pass(Duration::from_secs(60), now);
            assert_eq!(asides.of(&weapon, now), None, "{minute} before the lesson");
        }
        for minute in 0..45 {
            let now = ten.plus_nanos(minute * MINUTE);
            asides.pass(Duration::from_secs(60), now);
            assert!(asides.of(&weapon, now).is_some(), "{minute} of the lesson");
        }
        assert_eq!(asides.of(&weapon, ten.plus_nanos(45 * MINUTE)), None);
    }

    #[test]
    fn no_record_holds_longer_than_may_be() {
        let hit = alarm("plate.hit");
        let noon = WallTime(720 * MINUTE);
        let shelf = Shelf {
            key: hit.key.clone(),
            class: hit.class.clone(),
            until: noon.plus_nanos(600 * MINUTE),
            reason: "works".into(),
            by: by(noon),
        };
        let asides = Asides {
            shelves: vec![kept(shelf.clone())],
            lessons: vec![lesson(&hit, noon.plus_nanos(60 * MINUTE), 24 * 60)],
            ..Asides::default()
        };
        let aside = |minutes: i64| asides.of(&hit, noon.plus_nanos(minutes * MINUTE));
        assert!(aside(29).is_some() && aside(30).is_none());
        assert!(aside(60 + 479).is_some() && aside(60 + 480).is_none());
    }

    #[test]
    fn everything_at_once_is_never_out_of_service() {
        let out = |camera: Option<&str>, class: Option<&str>| OutOfService {
            camera: camera.map(|id| CameraId::new(id).unwrap()),
            class: class.and_then(ClassKey::new),
            reason: "works".into(),
            by: by(WallTime(0)),
        };
        assert_eq!(out_of_service(out(None, None)), Err(Refusal::Everything));
        assert!(out_of_service(out(Some("c1"), None)).is_ok());
        assert!(out_of_service(out(None, Some("plate.hit"))).is_ok());
        // Nor where a store has such a record.
        let critical = alarm("weapon.school");
        let of = |out| {
            let asides = Asides {
                out_of_service: vec![kept(out)],
                ..Asides::default()
            };
            asides.of(&critical, WallTime(0)).is_some()
        };
        assert!(!of(out(None, None)));
        assert!(of(out(Some("c1"), None)));
    }
}
