//! Keys of classes of events. What a class means to the operator (its priority, name and required
//! action) is told by the catalogue of alarms.

/// Somebody with a bracelet is where they may not be.
pub const BRACELET_ZONE: &str = "bracelet.zone";
/// Somebody with a bracelet is not at home at the hour at which they have to be.
pub const BRACELET_CURFEW: &str = "bracelet.curfew";
/// Somebody under house arrest has left the residence.
pub const BRACELET_LEFT_RESIDENCE: &str = "bracelet.left_residence";
/// A bracelet's strap is open or cut. It outranks the battery.
pub const BRACELET_STRAP: &str = "bracelet.strap";
/// A bracelet's battery is low.
pub const BRACELET_BATTERY: &str = "bracelet.battery";
/// Nothing is heard of a bracelet.
pub const BRACELET_NO_SIGNAL: &str = "bracelet.no_signal";
/// A plate that is looked for was read.
pub const PLATE_HIT: &str = "plate.hit";
/// A face like that of somebody who is looked for.
pub const PERSON_WANTED: &str = "person.wanted";
/// A weapon at a school.
pub const WEAPON_SCHOOL: &str = "weapon.school";
/// A vehicle broke a rule of the road.
pub const TRAFFIC_VIOLATION: &str = "traffic.violation";
/// A camera does not do what it should.
pub const CAMERA_FAULT: &str = "camera.fault";
/// Somebody calls for help at an SOS post.
pub const SOS_CALL: &str = "sos.call";

/// All that come from outside by default.
pub const ALL: [&str; 12] = [
    BRACELET_ZONE,
    BRACELET_CURFEW,
    BRACELET_LEFT_RESIDENCE,
    BRACELET_STRAP,
    BRACELET_BATTERY,
    BRACELET_NO_SIGNAL,
    PLATE_HIT,
    PERSON_WANTED,
    WEAPON_SCHOOL,
    TRAFFIC_VIOLATION,
    CAMERA_FAULT,
    SOS_CALL,
];

/// How the classes begin that this program's own detectors tell; nobody outside may tell them.
pub const OWN: &str = "seen.";

/// Whether `key` can be a class: words of `a–z 0–9 _`, two or more with points between them, the first
/// from a letter; at most [`super::LONGEST_CLASS`] characters.
pub fn is_class(key: &str) -> bool {
    let word = |word: &str| {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
        !word.is_empty() && word.bytes().all(plain)
    };
    key.len() <= super::LONGEST_CLASS
        && key.starts_with(|c: char| c.is_ascii_lowercase())
        && key.contains('.')
        && key.split('.').all(word)
}
