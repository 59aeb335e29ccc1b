//! The form: what is read, what is refused and where, what is the same, and what is thought of it.

mod form;
mod hostile;
mod judged;
mod schema;
mod validator;

use super::OutsideEvent;

/// 2026-03-01T08:00:00Z
pub(super) const NOW: crate::base::clock::WallTime =
    crate::base::clock::WallTime(1_772_352_000_000_000_000);

/// The smallest JPEG header there is to look at: 16 × 8 pixels, grey.
pub(super) const JPEG: [u8; 17] = [
    0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, 0, 8, 0, 16, 1, 1, 0x11, 0, 0xff, 0xd9,
];

/// A message with every field.
pub(super) const FULL: &str = r#"{
  "form": 1, "source": "probation.pavlodar", "id": "EV-2026-000123",
  "class": "bracelet.strap", "at": "2026-03-01T12:59:30.25+05:00",
  "stage": "begun", "thing": "BR-0042/strap", "camera": "ak-017",
  "place": {"text": "Ақтоғай көшесі, 12", "lat": 52.2873, "lon": 76.9674, "accuracy_m": 15},
  "site": "№ 12 мектеп «Алтын ұя»",
  "subject": {"kind": "bracelet", "text": "BR 0042"},
  "text": {"kk": "Белдік ашылды", "ru": "Ремень вскрыт", "en": "Strap open"},
  "score": 0.93,
  "region": {"left": 0.25, "top": 0.5, "width": 0.125, "height": 0.25},
  "details": {"battery_percent": 64, "firmware": "2.1.7", "speed_kmh": -0.0},
  "still": "/9j/wAALCAAIABABAREA/9k="
}"#;

/// The least that a message says.
pub(super) const LEAST: &str =
    r#"{"form":1,"source":"lpr","id":"7","class":"plate.hit","at":"2026-03-01T08:00:00Z"}"#;

pub(super) fn full() -> OutsideEvent {
    OutsideEvent::parse(FULL.as_bytes()).expect("the example is of the form")
}

/// What is told of a message that is refused.
pub(super) fn told(message: &str) -> String {
    OutsideEvent::parse(message.as_bytes())
        .expect_err("it is not of the form")
        .to_string()
}
