//! What is thought of an event that has come: whether it is taken, as of when, and what is odd in it.

use std::fmt;

use super::near::near;
use super::refusal::{Refusal, harmless};
use super::{OutsideEvent, Stage, class};
use crate::base::clock::WallTime;
use crate::model::camera::{CameraId, Position};

const SECOND: i64 = 1_000_000_000;
/// A source's clock may be ahead of ours by so much, nanoseconds: five minutes.
const MOST_AHEAD: i64 = 300 * SECOND;
/// Older is late, nanoseconds: an hour.
const LATE: i64 = 3600 * SECOND;
/// Older is kept as an event and raises nothing, nanoseconds: seven days.
const ANCIENT: i64 = 7 * 86_400 * SECOND;

/// Something odd in an event that is kept all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remark {
    /// Its time lies more than five minutes ahead; it is taken as of its arrival.
    Future {
        /// How far ahead, seconds.
        secs: i64,
    },
    /// It is more than an hour old.
    Late {
        /// How old, seconds.
        secs: i64,
    },
    /// It is more than seven days old: kept as an event, not rung.
    Ancient {
        /// How old, seconds.
        secs: i64,
    },
    /// Nobody here knows the camera; the event is kept without one.
    UnknownCamera(CameraId),
    /// Its position is 0° 0°, which a receiver without a fix tells; it is kept without one.
    NoFix,
    /// A text held characters that cannot be shown; U+FFFD stands for them.
    Neutralised,
    /// Its picture could not be written; the event is kept without it.
    StillLost,
}

impl Remark {
    /// The message that says it to the operator; it has the variable `seconds` or `camera`, or none.
    pub fn words_key(&self) -> &'static str {
        match self {
            Self::Future { .. } => "outside-remark-future",
            Self::Late { .. } => "outside-remark-late",
            Self::Ancient { .. } => "outside-remark-ancient",
            Self::UnknownCamera(_) => "outside-remark-unknown-camera",
            Self::NoFix => "outside-remark-no-fix",
            Self::Neutralised => "outside-remark-neutralised",
            Self::StillLost => "outside-remark-still-lost",
        }
    }
}

/// In English, for the source.
impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Future { secs } => write!(
                f,
                "/at lies {secs} s ahead of this seat's clock; taken as of its arrival"
            ),
            Self::Late { secs } => write!(f, "/at is {secs} s ago: told late"),
            Self::Ancient { secs } => {
                write!(f, "/at is {secs} s ago: kept, and nobody is called for it")
            }
            Self::UnknownCamera(camera) => {
                write!(
                    f,
                    "/camera: {camera} is not known here; kept without a camera"
                )
            }
            Self::NoFix => f.write_str("/place is 0° 0°: kept without a position"),
            Self::Neutralised => {
                f.write_str("a text had characters that cannot be shown; U+FFFD stands for them")
            }
            Self::StillLost => f.write_str("/still could not be written; kept without it"),
        }
    }
}

/// What is thought of an event.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// As of when it is taken.
    pub at: WallTime,
    /// Whether it may raise an alarm: it is not ancient, and tells neither more of nor the end of
    /// something.
    pub may_ring: bool,
    /// The camera, where it is known here.
    pub camera: Option<CameraId>,
    /// The position, where there is one.
    pub position: Option<Position>,
    /// What is odd, in this order: time, camera, position, texts.
    pub remarks: Vec<Remark>,
}

/// Judges an event that came at `now`. `classes` are the keys that may be told from outside;
/// `knows_camera` says whether the catalogue has one.
///
/// # Errors
/// When its class is unknown, with those that may have been meant, or one of this program's own.
pub fn judge(
    event: &OutsideEvent,
    now: WallTime,
    classes: &[impl AsRef<str>],
    knows_camera: impl Fn(&CameraId) -> bool,
) -> Result<Judged, Refusal> {
    check_class(&event.class, classes)?;
    let mut remarks = Vec::new();
    let age = now.nanos_since(event.at);
    let secs = age / SECOND;
    let ahead = age < -MOST_AHEAD;
    let ancient = age > ANCIENT;
    if ahead {
        remarks.push(Remark::Future { secs: -secs });
    } else if ancient {
        remarks.push(Remark::Ancient { secs });
    } else if age > LATE {
        remarks.push(Remark::Late { secs });
    }
    let camera = event.camera.clone().filter(&knows_camera);
    if camera.is_none()
        && let Some(unknown) = &event.camera
    {
        remarks.push(Remark::UnknownCamera(unknown.clone()));
    }
    let told = event.place.as_ref().and_then(|place| place.position);
    let position = told.filter(|place| place.lat_deg != 0.0 || place.lon_deg != 0.0);
    if told.is_some() && position.is_none() {
        remarks.push(Remark::NoFix);
    }
    if event.texts().any(|text| text.contains('\u{fffd}')) {
        remarks.push(Remark::Neutralised);
    }
    let begins = matches!(event.stage, Stage::Once | Stage::Begun { .. });
    Ok(Judged {
        at: if ahead { now } else { event.at },
        may_ring: begins && !ancient,
        camera,
        position,
        remarks,
    })
}

fn check_class(told: &str, classes: &[impl AsRef<str>]) -> Result<(), Refusal> {
    if told.starts_with(class::OWN) {
        let reason = format!(
            "expected a class that is told from outside; what begins with `{}` is told by this \
             program's own detectors",
            class::OWN
        );
        return Err(Refusal::new("/class", reason));
    }
    if classes.iter().any(|known| known.as_ref() == told) {
        return Ok(());
    }
    let found = harmless(told, super::LONGEST_CLASS);
    let meant = near(told, classes.iter().map(AsRef::as_ref)).join(", ");
    let hint = if meant.is_empty() {
        "GET /v1/classes lists them".to_owned()
    } else {
        format!("such as {meant}")
    };
    Err(Refusal::new(
        "/class",
        format!("expected a class that is known here ({hint}), found {found}"),
    ))
}

impl OutsideEvent {
    /// Everything that was written for people.
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        let texts = [&self.text.kk, &self.text.ru, &self.text.en, &self.site];
        let place = self.place.as_ref().and_then(|place| place.text.as_deref());
        let details = self.details.values().filter_map(|detail| match detail {
            super::Detail::Text(text) => Some(text.as_str()),
            super::Detail::Number(_) => None,
        });
        texts
            .into_iter()
            .filter_map(|text| text.as_deref())
            .chain(place)
            .chain(details)
    }
}
