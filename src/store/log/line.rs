//! The text of a line.

use serde_json::{Map, Value, json};

use super::tree::Hash;
use crate::base::clock::WallTime;
use crate::model::act::{Act, Key};

/// One line of JSON.
pub fn text(n: u64, act: &Act, now: WallTime, changed: &[(Key, u32, Option<Hash>)]) -> String {
    let changes: Vec<Value> = changed
        .iter()
        .map(|(key, version, hash)| {
            json!([key.kind, key.id, version, hash.map(|hash| hash.to_string())])
        })
        .collect();
    let mut line = Map::new();
    line.insert("n".into(), n.into());
    line.insert("act".into(), act.id.to_string().into());
    line.insert("at".into(), now.micros().into());
    line.insert("seat_at".into(), act.at.micros().into());
    line.insert("seat".into(), act.seat.clone().into());
    line.insert("centre".into(), act.centre.clone().into());
    line.insert("author".into(), act.author.map(|id| id.to_string()).into());
    line.insert("second".into(), act.second.map(|id| id.to_string()).into());
    line.insert("kind".into(), act.kind.clone().into());
    line.insert("about".into(), act.about.clone().into());
    line.insert("detail".into(), Value::Object(act.detail.clone()));
    line.insert("changes".into(), changes.into());
    Value::Object(line).to_string()
}
