//! The last day as the journal of states remembers it.

use std::collections::BTreeMap;
use std::path::Path;

use crate::base::clock::WallTime;
use crate::model::camera::CameraId;
use crate::model::condition::{Administration, Link, Phase, Picture, Reason};
use crate::model::detection::RuleId;
use crate::model::detection::counting::Counting;
use crate::model::history::{self, History, Trust};
use crate::store::journal::{self, Entry, Line};

/// What is remembered of the day before.
pub(super) struct Remembered {
    /// The histories of all cameras.
    pub(super) histories: BTreeMap<CameraId, History>,
    /// What lines counted.
    pub(super) counts: BTreeMap<(CameraId, RuleId), Counting>,
}

/// The day before `now`.
pub(super) fn day(folder: &Path, now: WallTime) -> Remembered {
    let since = now.plus_nanos(-(history::DAY.as_nanos() as i64));
    let (entries, bad) = journal::read_since(folder, since);
    if bad > 0 {
        tracing::warn!(lines = bad, folder = %folder.display(), "lines of the journal of states cannot be read");
    }
    Remembered {
        histories: from_entries(&entries),
        counts: counts(&entries),
    }
}

fn counts(entries: &[Entry]) -> BTreeMap<(CameraId, RuleId), Counting> {
    let mut counts: BTreeMap<(CameraId, RuleId), Counting> = BTreeMap::new();
    for entry in entries {
        if let Line::Counted {
            camera,
            rule,
            minute,
            what,
        } = entry.line()
            && let Ok(camera) = CameraId::new(camera.as_str())
        {
            let key = (camera, RuleId::new(rule.as_str()));
            counts.entry(key).or_default().join(*minute, what);
        }
    }
    counts
}

/// What is known of one camera while its lines are read.
struct Known {
    link: Link,
    picture: Picture,
    administration: Administration,
    history: History,
}

impl Default for Known {
    fn default() -> Self {
        Self {
            link: Link::Connecting,
            picture: Picture::None,
            administration: Administration::InService,
            history: History::default(),
        }
    }
}

fn from_entries(entries: &[Entry]) -> BTreeMap<CameraId, History> {
    let mut cameras: BTreeMap<CameraId, Known> = BTreeMap::new();
    let mut watched_until = None;
    for entry in entries {
        match entry.line() {
            Line::Begin | Line::End => {
                // Between a crash and the next beginning nobody watched.
                let until = match entry.line() {
                    Line::Begin => watched_until.unwrap_or(entry.at()),
                    _ => entry.at(),
                };
                for known in cameras.values_mut() {
                    known.link = Link::Connecting;
                    known.picture = Picture::None;
                    known.history.note(until, Trust::Unwatched);
                }
            }
            Line::Field {
                camera,
                stream,
                field,
                value,
                ..
            } if stream == "sub" => {
                let Ok(id) = CameraId::new(camera.as_str()) else {
                    continue;
                };
                let known = cameras.entry(id).or_default();
                match field.as_str() {
                    "link" => known.link = link_of(value),
                    "picture" => known.picture = picture_of(value),
                    "administration" => known.administration = administration_of(value),
                    _ => continue,
                }
                let trust = history::trust(&known.link, known.picture, known.administration);
                known.history.note(entry.at(), trust);
            }
            Line::Watch | Line::Field { .. } | Line::Counted { .. } => {}
        }
        watched_until = Some(entry.at());
    }
    // Until this program watches, nobody does.
    if let Some(until) = watched_until {
        for known in cameras.values_mut() {
            known.history.note(until, Trust::Unwatched);
        }
    }
    cameras
        .into_iter()
        .map(|(id, known)| (id, known.history))
        .collect()
}

/// A link of this kind; why it was lost does not matter here.
fn link_of(key: &str) -> Link {
    if key.ends_with("-lost") {
        return Link::Lost(Reason::NoAnswer(Phase::Connect));
    }
    [
        Link::AwaitingKeyframe,
        Link::Live,
        Link::Late,
        Link::Refused(Reason::NotFound),
    ]
    .into_iter()
    .find(|link| link.key() == key)
    .unwrap_or(Link::Connecting)
}

fn picture_of(key: &str) -> Picture {
    [
        Picture::Disturbed,
        Picture::Frozen,
        Picture::Black,
        Picture::Blurred,
        Picture::Moved,
    ]
    .into_iter()
    .find(|picture| picture.key() == key)
    .unwrap_or(Picture::Good)
}

fn administration_of(key: &str) -> Administration {
    Administration::ALL
        .into_iter()
        .map(|(order, _)| order)
        .find(|order| order.key() == key)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn the_day_is_read_back_and_a_crash_is_a_gap() {
        let minute = |m: i64| WallTime(m * 60_000_000_000);
        let field = |m: i64, field: &str, value: &str| {
            let line = Line::Field {
                camera: "c".into(),
                stream: "sub".into(),
                field: field.into(),
                value: value.into(),
                reason: String::new(),
            };
            Entry::new(minute(m), line)
        };
        let entries = [
            Entry::new(minute(0), Line::Begin),
            field(0, "link", "link-live"),
            field(10, "picture", "picture-frozen"),
            field(20, "picture", "picture-good"),
            Entry::new(minute(30), Line::Watch),
            // A crash; ten minutes later it is started again.
            Entry::new(minute(40), Line::Begin),
            field(50, "link", "link-lost"),
            Entry::new(minute(60), Line::End),
        ];
        let histories = from_entries(&entries);
        let history = &histories[&CameraId::new("c").unwrap()];
        let strip = history.strip(Duration::from_secs(3600), minute(60));
        let trusts: Vec<(i64, Trust)> = strip
            .iter()
            .map(|s| ((s.from * 60.0).round() as i64, s.trust))
            .collect();
        let expect = [
            (0, Trust::Good),
            (10, Trust::Bad),
            (20, Trust::Good),
            (30, Trust::Unwatched),
            (50, Trust::Bad),
        ];
        assert_eq!(trusts, expect);
        assert_eq!(history.last(), Trust::Unwatched);
        assert!(history.was_bad_last());
    }
}
