//! Rules in the store: one record for each, and the acts that write it.

use super::Rule;
use crate::model::act::{Draft, Kept};
use crate::model::camera::CameraId;
use crate::model::id::Id;

/// A rule was made or changed.
pub const RULE_SAVED: &str = "rule-saved";
/// A rule was removed.
pub const RULE_REMOVED: &str = "rule-removed";

/// Each kind with the key of its words.
pub const WORDS: &[(&str, &str)] = &[
    (RULE_SAVED, "act-rule-saved"),
    (RULE_REMOVED, "act-rule-removed"),
];

/// The identity of the record of the rule `id` of `camera`: made from both, so that two seats that
/// write the same rule meet in one record.
pub fn record_id(camera: &CameraId, id: &super::RuleId) -> Id {
    Id::named(&format!("rule {camera} {id}"))
}

/// Makes a rule or changes it. `before` is what is known of it.
///
/// # Errors
/// What is wrong with the rule.
pub fn save(rule: &Rule, before: Option<&Kept<Rule>>) -> Result<Draft, Vec<super::Fault>> {
    let faults = rule.check();
    if !faults.is_empty() {
        return Err(faults);
    }
    let version = before.map_or(0, |kept| kept.version);
    let id = before.map_or_else(|| record_id(&rule.camera, &rule.id), |kept| kept.id);
    Ok(Draft::new(RULE_SAVED)
        .about(&rule.camera)
        .with("rule", rule.id.as_str())
        .with("kind", rule.kind().word())
        .with("enabled", rule.enabled)
        .put(id, version, rule))
}

/// Removes a rule.
pub fn remove(kept: &Kept<Rule>) -> Draft {
    Draft::new(RULE_REMOVED)
        .about(&kept.value.camera)
        .with("rule", kept.value.id.as_str())
        .with("kind", kept.value.kind().word())
        .remove::<Rule>(kept.id, kept.version)
}
