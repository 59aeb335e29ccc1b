//! The events that the bench tells, and what the door says of them.

use serde_json::{Value, json};

use super::wall::rfc3339;
use crate::base::clock::WallTime;
use crate::model::alarm::class::{Class, ClassKey, Classes};
use crate::model::id::Id;
use crate::model::outside::{OutsideEvent, Refusal};

/// Classes of the calm part, in turn: mostly such as can wait, and each family beside another, so that
/// two sounds have their places.
pub(super) const CALM: [&str; 12] = [
    "traffic.violation",
    "bracelet.battery",
    "camera.fault",
    "bracelet.curfew",
    "traffic.violation",
    "camera.fault",
    "bracelet.battery",
    "plate.hit",
    "camera.fault",
    "bracelet.no_signal",
    "traffic.violation",
    "weapon.school",
];
/// Classes of the flood, without critical ones.
pub(super) const FLOOD: [&str; 7] = [
    "traffic.violation",
    "plate.hit",
    "bracelet.battery",
    "bracelet.zone",
    "camera.fault",
    "bracelet.no_signal",
    "bracelet.curfew",
];
/// The class of the critical one in the middle of the flood.
pub(super) const CRITICAL: &str = "weapon.school";

/// A class by its key.
pub(super) fn class<'c>(classes: &'c Classes, key: &str) -> Option<&'c Class> {
    classes.get(&ClassKey::new(key)?)
}

/// One event, as it is sent.
#[derive(Clone, Debug)]
pub(super) struct Event {
    /// The identity by which the store has it.
    pub(super) news: Id,
    /// The message.
    pub(super) message: Value,
}

/// An event of `source` that happens once.
///
/// # Errors
/// When it is not of the form.
pub(super) fn event(
    (source, id): (&str, &str),
    (class, camera): (&str, &str),
    subject: Option<&str>,
    at: WallTime,
) -> Result<Event, Refusal> {
    let mut message = json!({
        "form": 1, "source": source, "id": id, "class": class, "at": rfc3339(at),
        "camera": camera, "text": { "en": "told by the bench" },
    });
    if let Some(subject) = subject {
        message["subject"] = json!({ "kind": "thing", "text": subject });
    }
    let news = OutsideEvent::parse(message.to_string().as_bytes())?.alarm_id();
    Ok(Event { news, message })
}

/// What became of one event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Answered {
    /// Nothing was said.
    #[default]
    Nothing,
    /// It is in the store.
    Kept,
    /// It was already.
    Repeat,
    /// It is not taken.
    Refused,
}

/// What the door's word means; nothing where the event is to be sent again.
pub(super) fn answered(outcome: &str) -> Option<Answered> {
    match outcome {
        "kept" => Some(Answered::Kept),
        "repeat" => Some(Answered::Repeat),
        "refused" | "conflict" => Some(Answered::Refused),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_of_the_form_and_of_classes_that_sound() {
        let classes = Classes::default();
        for key in CALM.iter().chain(&FLOOD).chain(&[CRITICAL]) {
            let class = class(&classes, key).unwrap_or_else(|| panic!("{key}"));
            // One verdict of one person must end it.
            assert!(class.enabled && !class.two_answers, "{key}");
            let now = WallTime(1_800_000_000_000_000_000);
            let told = event(("bench.calm", "7"), (key, "cam-001"), Some("x 1"), now).unwrap();
            let again = event(("bench.calm", "7"), (key, "cam-001"), None, now).unwrap();
            assert_eq!(told.news, again.news, "by source and id");
        }
        assert!(event(("bench", "a b"), ("sos.call", "cam-001"), None, WallTime(0)).is_err());
    }

    #[test]
    fn only_what_is_settled_is_an_answer() {
        assert_eq!(answered("kept"), Some(Answered::Kept));
        assert_eq!(answered("repeat"), Some(Answered::Repeat));
        assert_eq!(answered("conflict"), Some(Answered::Refused));
        assert_eq!(answered("busy"), None);
    }
}
