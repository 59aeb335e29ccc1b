//! One alarm and its life, after ISA-18.2 and IEC 62682.
//!
//! An alarm is *active* while its cause lasts and *acknowledged* when somebody has said to have seen it.
//! Of these, and of whether it was judged, [`Alarm::state`] makes the states of the standard. What puts
//! it aside (shelf, planned lesson, out of service) is in [`super::aside`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::aside::CLOCKS_DIFFER_S;
use super::between::Origin;
use super::class::{Class, ClassKey, Texts};
use super::occurrence::Occurrence;
use super::verdict::{Judgement, Verdict};
use super::{Hand, Priority};
use crate::base::clock::WallTime;
use crate::model::act::Record;
use crate::model::camera::{CameraId, Position};
use crate::model::detection::Region;
use crate::model::detection::fact::{Stage, Still};
use crate::model::id::Id;

/// So many turns within [`CHATTER_WITHIN_S`] are chatter.
pub const CHATTER_TURNS: usize = 3;
/// See [`CHATTER_TURNS`], seconds.
pub const CHATTER_WITHIN_S: i64 = 60;
/// An alarm that is active for so long is stale, hours.
pub const STALE_H: i64 = 24;
/// So many turns are remembered.
const TURNS: usize = 16;
/// So many identities of news and of what lasts are remembered.
const REMEMBERED: usize = 64;
/// The most details of one alarm.
const MOST_DETAILS: usize = 64;
/// The most verdicts of one alarm.
const MOST_VERDICTS: usize = 64;
/// The most characters of a note.
pub const LONGEST_NOTE: usize = 500;

/// The states of the standard, but for those that put an alarm aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// It is there and nobody has said to have seen it (B).
    Unacknowledged,
    /// Its cause is gone before anybody had seen it (D).
    Returned,
    /// It is there and somebody has it (C).
    Acknowledged,
    /// Its cause is gone, somebody has it, and it waits for a judgement (F).
    Latched,
    /// It is over (A).
    Ended,
}

impl State {
    /// The key of its words.
    pub fn key(self) -> &'static str {
        match self {
            Self::Unacknowledged => "alarm-unacknowledged",
            Self::Returned => "alarm-returned",
            Self::Acknowledged => "alarm-acknowledged",
            Self::Latched => "alarm-latched",
            Self::Ended => "alarm-ended",
        }
    }

    /// Whether it calls for somebody.
    pub fn calls(self) -> bool {
        matches!(self, Self::Unacknowledged | Self::Returned)
    }
}

/// It was passed on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passed {
    /// To whom, in words.
    pub to: String,
    /// By whom.
    pub by: Hand,
}

/// The span of the camera's stream that is kept with it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeptSpan {
    /// The file's name in the folder of spans.
    pub file: String,
    /// Its SHA-256, hexadecimal.
    pub sha256: String,
    /// The time of its first picture.
    pub from: WallTime,
    /// The time of its last picture.
    pub to: WallTime,
    /// Seconds within it in which nothing came.
    #[serde(default)]
    pub missing_s: f32,
}

/// An alarm.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alarm {
    /// Its identity for life. The record of an open alarm has the identity of its key.
    pub number: Id,
    /// What it repeats by.
    pub key: String,
    /// Of which class.
    pub class: ClassKey,
    /// How soon somebody has to answer, as the class said when it was raised.
    pub priority: Priority,
    /// On which camera.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub camera: Option<CameraId>,
    /// At what place.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub place: String,
    /// Where that is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
    /// About what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Who said it first.
    pub source: String,
    /// At which seat it was heard of first; that one keeps the stream around it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub seat: String,
    /// What was said last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Texts>,
    /// More of it, each as it was said last.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub details: BTreeMap<String, String>,
    /// Where in the picture, last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<Region>,
    /// How sure, at its best.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<f32>,
    /// A picture of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub still: Option<Still>,
    /// When it first happened, in the words of who says it.
    pub first: WallTime,
    /// When it was raised, by our clock.
    pub raised: WallTime,
    /// When it was last heard of, by our clock.
    pub last: WallTime,
    /// How often it happened.
    pub count: u32,
    /// What lasts still.
    #[serde(default)]
    pub lasting: Vec<Id>,
    /// News that were counted, the newest last.
    #[serde(default)]
    pub heard: Vec<Id>,
    /// When it became active or was over, by our clock, the newest last.
    #[serde(default)]
    pub turns: Vec<WallTime>,
    /// Who has seen it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acknowledged: Option<Hand>,
    /// Whose it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Hand>,
    /// What was found, the newest last.
    #[serde(default)]
    pub verdicts: Vec<Verdict>,
    /// To whom it was passed on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passed: Option<Passed>,
    /// What is kept of the stream.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span: Option<KeptSpan>,
    /// It stays until it is judged.
    pub latches: bool,
    /// Two people answer apart.
    #[serde(default)]
    pub two_answers: bool,
    /// What sounds of several about one subject.
    #[serde(default)]
    pub rank: u8,
    /// Where it was taken over from, where another centre owns it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
}

impl Record for Alarm {
    const KIND: &'static str = "alarm";
}

/// What became of news.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A new alarm.
    Raised,
    /// Once more, within the window or while nobody has seen the first.
    Repeated,
    /// Once more, and it calls for somebody anew.
    Again,
    /// It goes on, otherwise than before.
    Changed,
    /// Its cause is gone.
    Returned,
    /// Nothing new: it was counted, or what is over was never heard of.
    Known,
}

/// Something cannot be done to an alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Somebody was first.
    #[error("somebody has it already")]
    Taken,
    /// The class does not offer this verdict.
    #[error("this class has no such verdict")]
    NoSuchVerdict,
    /// Two people have to answer apart.
    #[error("two people have to give the same answer apart first")]
    TwoAnswers,
    /// The same person answered before.
    #[error("the second answer is another person's")]
    SamePerson,
    /// Something must be said.
    #[error("a reason is missing or too long")]
    Reason,
    /// What is critical is never shelved.
    #[error("a critical alarm cannot be shelved")]
    Critical,
    /// Longer than may be.
    #[error("this is longer than may be")]
    TooLong,
    /// It is over.
    #[error("it is over")]
    Over,
    /// It belongs to another centre.
    #[error("it belongs to another centre")]
    Elsewhere,
    /// Everything would be put aside.
    #[error("a class or a camera must be named")]
    Everything,
    /// A newer program wrote it.
    #[error("a newer program wrote it")]
    Unreadable,
    /// The store does not have it yet.
    #[error("it is not recorded yet")]
    NotRecorded,
}

impl Refusal {
    /// The key of its words.
    pub fn key(self) -> &'static str {
        match self {
            Self::Taken => "alarm-refused-taken",
            Self::NoSuchVerdict => "alarm-refused-verdict",
            Self::TwoAnswers => "alarm-refused-two-answers",
            Self::SamePerson => "alarm-refused-same-person",
            Self::Reason => "alarm-refused-reason",
            Self::Critical => "alarm-refused-critical",
            Self::TooLong => "alarm-refused-too-long",
            Self::Over => "alarm-refused-over",
            Self::Elsewhere => "alarm-refused-elsewhere",
            Self::Everything => "alarm-refused-everything",
            Self::Unreadable => "alarm-refused-unreadable",
            Self::NotRecorded => "alarm-refused-not-recorded",
        }
    }
}

fn remember<T: PartialEq>(all: &mut Vec<T>, one: T, most: usize) {
    if all.len() >= most {
        all.remove(0);
    }
    all.push(one);
}

impl Alarm {
    /// A new alarm.
    pub fn raise(number: Id, news: &Occurrence, class: &Class) -> Self {
        let lasts = matches!(news.stage, Stage::Begun | Stage::Updated);
        Self {
            number,
            key: news.key(),
            class: news.class.clone(),
            priority: class.priority,
            camera: news.camera.clone(),
            place: news.place.clone(),
            position: news.position,
            subject: news.subject.clone(),
            source: news.source.clone(),
            seat: news.seat.clone(),
            text: news.text.clone(),
            details: news.details.clone(),
            region: news.region,
            score: news.score,
            still: news.still.clone(),
            first: news.at,
            raised: news.heard,
            last: news.heard,
            count: 1,
            lasting: lasts.then_some(news.thing).into_iter().collect(),
            heard: vec![news.id],
            turns: lasts.then_some(news.heard).into_iter().collect(),
            acknowledged: None,
            owner: None,
            verdicts: Vec::new(),
            passed: None,
            span: None,
            latches: class.latches,
            two_answers: class.two_answers,
            rank: class.rank,
            origin: None,
        }
    }

    /// What can be read of an alarm that a newer program wrote under `id`: its class, camera, place and
    /// times where they are as they were, the highest priority where that is not known, and nobody has
    /// seen it. `at` is when it was written.
    pub fn of_unknown_form(id: Id, body: &serde_json::Value, at: WallTime) -> Self {
        fn of<T: serde::de::DeserializeOwned>(body: &serde_json::Value, name: &str) -> Option<T> {
            serde_json::from_value(body.get(name)?.clone()).ok()
        }
        let raised = of(body, "raised").unwrap_or(at);
        Self {
            number: of(body, "number").unwrap_or(id),
            key: of(body, "key").unwrap_or_else(|| id.to_string()),
            class: of(body, "class").unwrap_or_else(ClassKey::unknown),
            priority: of(body, "priority").unwrap_or(Priority::Critical),
            camera: of(body, "camera"),
            place: of(body, "place").unwrap_or_default(),
            position: of(body, "position"),
            subject: of(body, "subject"),
            source: of(body, "source").unwrap_or_default(),
            seat: String::new(),
            text: of(body, "text"),
            details: BTreeMap::new(),
            region: None,
            score: None,
            still: None,
            first: raised,
            raised,
            last: of(body, "last").unwrap_or(raised),
            count: of(body, "count").unwrap_or(1),
            lasting: Vec::new(),
            heard: Vec::new(),
            turns: Vec::new(),
            acknowledged: None,
            owner: None,
            verdicts: Vec::new(),
            passed: None,
            span: None,
            latches: true,
            two_answers: false,
            rank: 0,
            origin: None,
        }
    }

    /// Whether its cause is there.
    pub fn is_active(&self) -> bool {
        !self.lasting.is_empty()
    }

    /// Where it stands.
    pub fn state(&self) -> State {
        match (self.is_active(), self.acknowledged.is_some()) {
            (true, false) => State::Unacknowledged,
            (true, true) => State::Acknowledged,
            (false, false) => State::Returned,
            (false, true) if self.latches && self.settled().is_none() => State::Latched,
            (false, true) if self.is_asked() => State::Latched,
            (false, true) => State::Ended,
        }
    }

    /// The verdict that settles it: the last one, where it settles, or the second of two alike.
    pub fn settled(&self) -> Option<&Verdict> {
        let last = self.verdicts.last().filter(|last| last.found.settles())?;
        if !self.two_answers {
            return Some(last);
        }
        let person = last.by.person?;
        let first = self.verdicts.iter().rev().skip(1).find(|verdict| {
            verdict.by.person.is_some_and(|other| other != person) && verdict.found.settles()
        })?;
        (first.found == last.found).then_some(last)
    }

    /// Whether somebody was unsure and nobody has settled it since.
    pub fn is_asked(&self) -> bool {
        let unsure = |verdict: &Verdict| verdict.found == Judgement::Unsure;
        self.settled().is_none() && self.verdicts.iter().any(unsure)
    }

    /// Whether it comes and goes so fast that it says nothing.
    pub fn chatters(&self, now: WallTime) -> bool {
        // Those of a clock that was set back since are not of the last minute.
        let within = (CHATTER_WITHIN_S * 1_000_000_000).unsigned_abs();
        let lately = |at: &&WallTime| now.nanos_since(**at).unsigned_abs() <= within;
        self.turns.iter().filter(lately).count() >= CHATTER_TURNS
    }

    /// Whether its cause has lasted for more than a day.
    pub fn is_stale(&self, now: WallTime) -> bool {
        now.nanos_since(self.raised) > STALE_H * 3600 * 1_000_000_000
    }

    /// Takes news of the same key. `window_s` is the class's.
    pub fn hear(&mut self, news: &Occurrence, window_s: u32) -> Step {
        if self.heard.contains(&news.id) {
            return Step::Known;
        }
        let lasted = self.lasting.contains(&news.thing);
        let passed = news.heard.nanos_since(self.last);
        let window = i64::from(window_s) * 1_000_000_000;
        // A clock that was set back makes no window longer.
        let set_back = passed < -CLOCKS_DIFFER_S * 1_000_000_000;
        let late = passed > window || (set_back && passed < -window);
        let step = match news.stage {
            Stage::Ended => {
                if !lasted {
                    return Step::Known;
                }
                self.lasting.retain(|thing| *thing != news.thing);
                if !self.is_active() {
                    remember(&mut self.turns, news.heard, TURNS);
                }
                Step::Returned
            }
            Stage::Updated if lasted => Step::Changed,
            Stage::Begun if lasted => Step::Known,
            Stage::Once => {
                self.count = self.count.saturating_add(1);
                if late && self.acknowledged.is_some() {
                    self.call_anew();
                    Step::Again
                } else {
                    Step::Repeated
                }
            }
            Stage::Begun | Stage::Updated => {
                self.count = self.count.saturating_add(1);
                let returned = !self.is_active();
                remember(&mut self.lasting, news.thing, REMEMBERED);
                if returned {
                    remember(&mut self.turns, news.heard, TURNS);
                }
                // What comes and goes all the time does not call each time.
                let calls = (returned || late) && !self.chatters(news.heard);
                if calls && self.acknowledged.is_some() {
                    self.call_anew();
                    Step::Again
                } else {
                    Step::Repeated
                }
            }
        };
        remember(&mut self.heard, news.id, REMEMBERED);
        self.last = if set_back {
            news.heard
        } else {
            news.heard.max(self.last)
        };
        if news.stage != Stage::Ended {
            self.region = news.region.or(self.region);
            self.text = news.text.clone().or_else(|| self.text.take());
            for (name, value) in &news.details {
                let room = self.details.len() < MOST_DETAILS;
                if room || self.details.contains_key(name) {
                    self.details.insert(name.clone(), value.clone());
                }
            }
            self.still = self.still.take().or_else(|| news.still.clone());
            self.score = match (self.score, news.score) {
                (Some(a), Some(b)) => Some(a.max(b)),
                (a, b) => a.or(b),
            };
        }
        step
    }

    /// Nobody has seen what happened now.
    fn call_anew(&mut self) {
        self.acknowledged = None;
    }

    /// Somebody has seen it, and it is theirs.
    ///
    /// # Errors
    /// Somebody else has it.
    pub fn acknowledge(&mut self, by: Hand) -> Result<(), Refusal> {
        if self.acknowledged.is_some() {
            return Err(Refusal::Taken);
        }
        self.owner = Some(by.clone());
        self.acknowledged = Some(by);
        Ok(())
    }

    /// Somebody says what it is, and has seen it by that.
    ///
    /// # Errors
    /// It is not offered, was settled, or this person answered before where two answer apart.
    pub fn judge(&mut self, verdict: Verdict, class: Option<&Class>) -> Result<(), Refusal> {
        let offered = class.is_none_or(|class| class.verdicts.contains(&verdict.found));
        // To ask somebody is always offered.
        if !offered && verdict.found.settles() {
            return Err(Refusal::NoSuchVerdict);
        }
        let why = class.is_some_and(|class| class.reason_to_reject);
        if why && verdict.found == Judgement::NoThreat && verdict.note.is_empty() {
            return Err(Refusal::Reason);
        }
        if verdict.note.chars().count() > LONGEST_NOTE {
            return Err(Refusal::Reason);
        }
        if self.settled().is_some() {
            return Err(Refusal::Over);
        }
        let same = |other: &Verdict| other.by.person == verdict.by.person;
        if self.two_answers && self.verdicts.iter().any(same) {
            return Err(Refusal::SamePerson);
        }
        if self.acknowledged.is_none() {
            self.acknowledged = Some(verdict.by.clone());
            self.owner = Some(verdict.by.clone());
        }
        remember(&mut self.verdicts, verdict, MOST_VERDICTS);
        Ok(())
    }

    /// Passes it on.
    ///
    /// # Errors
    /// Where two people have to answer apart first, or nobody is named.
    pub fn pass(&mut self, to: &str, by: Hand) -> Result<(), Refusal> {
        let to = to.trim();
        if to.is_empty() || to.chars().count() > LONGEST_NOTE {
            return Err(Refusal::Reason);
        }
        if self.two_answers && self.settled().map(|verdict| verdict.found) != Some(Judgement::Real)
        {
            return Err(Refusal::TwoAnswers);
        }
        if self.acknowledged.is_none() {
            self.acknowledged = Some(by.clone());
            self.owner = Some(by.clone());
        }
        self.passed = Some(Passed {
            to: to.to_owned(),
            by,
        });
        Ok(())
    }

    /// Takes it over from whoever has it.
    ///
    /// # Errors
    /// It is theirs already.
    pub fn take_over(&mut self, by: Hand) -> Result<(), Refusal> {
        let same = |owner: &Hand| owner.person == by.person && owner.seat == by.seat;
        if self.owner.as_ref().is_some_and(same) {
            return Err(Refusal::Taken);
        }
        self.acknowledged.get_or_insert_with(|| by.clone());
        self.owner = Some(by);
        Ok(())
    }
}

/// An alarm that is over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Past {
    /// As it was at last.
    #[serde(flatten)]
    pub alarm: Alarm,
    /// When it was over, by our clock.
    pub ended: WallTime,
    /// Folded words to find it by; see [`super::past`].
    #[serde(default)]
    pub find: String,
}

impl Record for Past {
    const KIND: &'static str = "past-alarm";
}
