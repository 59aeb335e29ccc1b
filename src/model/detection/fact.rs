//! What was noticed: typed, with place and time, as it is stored and handed on.
//!
//! A fact of something that lasts (somebody in a zone, a crowd) is told once when it begins, again
//! when it changes, and once when it ends, each time under the same id. One of something that happens
//! (a line was crossed) is told once.

use serde::{Deserialize, Serialize};

use super::rule::{Direction, Kind, RuleId};
use super::{Class, Region};
use crate::base::clock::WallTime;
use crate::model::act::Record;
use crate::model::camera::CameraId;
use crate::model::id::Id;

/// The most tracks that a fact names.
pub const MOST_TRACKS: usize = 32;

/// How far a fact is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// It happened, and that is all.
    Once,
    /// It began and goes on.
    Begun,
    /// It goes on and is otherwise than before.
    Updated,
    /// It is over.
    Ended,
}

/// Somebody or something that had to do with it: who left the bag, who was on the crosswalk.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Party {
    /// Its track.
    pub track: u64,
    /// What it is.
    pub class: Class,
    /// Where it was at that time.
    pub region: Region,
}

/// What else there is to say, by kind.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Detail {
    /// How many there are (count, crowd).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// The most there were.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub most: Option<u32>,
    /// For how long so far, watched seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f32>,
    /// In which direction a line was crossed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direction: Option<Direction>,
}

/// A picture that was kept with a fact.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Still {
    /// The file's name in the folder of stills.
    pub file: String,
    /// Its SHA-256, hexadecimal.
    pub sha256: String,
    /// When the picture was taken.
    pub at: WallTime,
    /// Which part of the picture it is; the whole when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crop: Option<Region>,
}

/// Something was noticed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fact {
    /// Its identity, made from the camera, the rule, the time and a number: the same pictures and the
    /// same rules give the same ids.
    pub id: Id,
    /// The rule that noticed it.
    pub rule: RuleId,
    /// The rule's kind.
    pub kind: Kind,
    /// The camera.
    pub camera: CameraId,
    /// The name of the zone or the line; may be empty.
    #[serde(default)]
    pub place: String,
    /// How far it is.
    pub stage: Stage,
    /// The tracks that it is about, the oldest first; none for a thing that only the background tells.
    pub tracks: Vec<u64>,
    /// Who or what else had to do with it.
    #[serde(default)]
    pub with: Vec<Party>,
    /// What it is; nothing where no model names it.
    #[serde(default)]
    pub class: Option<Class>,
    /// Where it is or was last seen; of several, what holds all.
    pub region: Region,
    /// How sure the model was at its best, 0 to 1.
    pub score: f32,
    /// When it began.
    pub first_seen: WallTime,
    /// When it was last so.
    pub last_seen: WallTime,
    /// What else there is to say.
    #[serde(default)]
    pub detail: Detail,
    /// Pictures of it.
    #[serde(default)]
    pub stills: Vec<Still>,
}

impl Record for Fact {
    const KIND: &'static str = "fact";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fact_is_written_as_it_always_was() {
        let fact = Fact {
            id: Id::from_bytes([7; 16]),
            rule: RuleId::new("gate"),
            kind: Kind::WrongWay,
            camera: CameraId::new("ak-001").expect("an id"),
            place: "east gate".into(),
            stage: Stage::Once,
            tracks: vec![4],
            with: vec![Party {
                track: 5,
                class: "person".into(),
                region: [0.0, 0.0, 0.5, 0.5].into(),
            }],
            class: Some("car".into()),
            region: [0.25, 0.5, 0.5, 0.75].into(),
            score: 0.75,
            first_seen: WallTime(1_000_000_000),
            last_seen: WallTime(2_000_000_000),
            detail: Detail {
                direction: Some(Direction::LeftToRight),
                ..Detail::default()
            },
            stills: vec![],
        };
        let json = serde_json::to_string(&fact).expect("JSON");
        let expect = concat!(
            r#"{"id":"07070707-0707-0707-0707-070707070707","rule":"gate","kind":"wrong_way","#,
            r#""camera":"ak-001","place":"east gate","stage":"once","tracks":[4],"#,
            r#""with":[{"track":5,"class":"person","region":[0.0,0.0,0.5,0.5]}],"class":"car","#,
            r#""region":[0.25,0.5,0.5,0.75],"score":0.75,"first_seen":1000000,"#,
            r#""last_seen":2000000,"detail":{"direction":"left_to_right"},"stills":[]}"#,
        );
        assert_eq!(json, expect);
        assert_eq!(serde_json::from_str::<Fact>(&json).expect("a fact"), fact);
    }
}
