//! What comes in: somebody or something says that it happens, goes on, or is over.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::class::{ClassKey, Texts};
use crate::base::clock::WallTime;
use crate::model::camera::{CameraId, Position};
use crate::model::detection::fact::{Fact, Stage, Still};
use crate::model::detection::{Region, rule::Kind};
use crate::model::id::Id;

/// News that may ask for an answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Occurrence {
    /// The identity of this news: the same news twice is counted once.
    pub id: Id,
    /// The identity of what lasts: the same when it begins, changes and ends.
    pub thing: Id,
    /// Of which class.
    pub class: ClassKey,
    /// How far it is.
    pub stage: Stage,
    /// When it was so.
    pub at: WallTime,
    /// When we heard of it, by our clock.
    pub heard: WallTime,
    /// On which camera.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub camera: Option<CameraId>,
    /// At what place, in the words of whoever says it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub place: String,
    /// Where that is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
    /// About what: a bracelet, a plate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Who says it: a rule of a camera, a system outside.
    pub source: String,
    /// What it says besides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Texts>,
    /// More of it, in the words of whoever says it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub details: BTreeMap<String, String>,
    /// Where in the picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<Region>,
    /// How sure it is, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<f32>,
    /// A picture of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub still: Option<Still>,
    /// At which seat it was heard of.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub seat: String,
}

impl Occurrence {
    /// What a detector noticed; nothing of a kind that only counts.
    pub fn of_fact(fact: &Fact, heard: WallTime) -> Option<Self> {
        if !fact.kind.raises() {
            return None;
        }
        let class = ClassKey::new(format!("seen.{}", fact.kind.word()))?;
        // Each telling of one fact is news of its own.
        let told = format!(
            "fact {} {:?} {}",
            fact.id,
            fact.stage,
            fact.last_seen.micros()
        );
        Some(Self {
            id: Id::named(&told),
            thing: fact.id,
            class,
            stage: fact.stage,
            at: fact.first_seen,
            heard,
            camera: Some(fact.camera.clone()),
            place: fact.place.clone(),
            position: None,
            subject: None,
            source: format!("rule:{}", fact.rule.as_str()),
            text: None,
            region: Some(fact.region),
            score: Some(fact.score),
            details: BTreeMap::new(),
            still: fact.stills.first().cloned(),
            seat: String::new(),
        })
    }

    /// What makes two occurrences one alarm: the class, and the subject, the camera, the place or the
    /// source, the first of these that there is.
    pub fn key(&self) -> String {
        let about = match (&self.subject, &self.camera) {
            (Some(subject), _) => format!("subject {subject}"),
            (None, Some(camera)) => format!("camera {camera}"),
            (None, None) if !self.place.is_empty() => format!("place {}", self.place),
            (None, None) => format!("source {}", self.source),
        };
        format!("{} {about}", self.class)
    }
}

impl Kind {
    /// Whether what it notices may ask for an answer; the others only count.
    pub fn raises(self) -> bool {
        !matches!(self, Self::Counting | Self::Count)
    }
}
