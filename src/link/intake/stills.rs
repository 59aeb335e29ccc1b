//! Pictures that came with events, on the disk before the event is offered: whoever is told “kept” may
//! forget the picture.

use std::fs;
use std::path::PathBuf;

use sha2::{Digest as _, Sha256};

use crate::base::ageing;
use crate::base::clock::WallTime;
use crate::base::hex::hex;
use crate::model::detection::fact;
use crate::model::outside::OutsideEvent;

/// What became of an event's picture.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Sent {
    /// There was none, or nobody keeps them.
    #[default]
    None,
    /// It is on the disk.
    Kept(fact::Still),
    /// The disk did not take it: what the system said.
    Lost(String),
}

/// Where they are kept; they are not where there is no folder.
pub(super) struct Stills(pub(super) Option<PathBuf>);

/// A picture that is on the disk now and was not before its event came.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct New(PathBuf);

impl New {
    /// Its event is not taken.
    pub(super) fn remove(self) {
        if let Err(error) = fs::remove_file(&self.0) {
            tracing::warn!(file = %self.0.display(), %error, "a picture of no event stays");
        }
    }
}

impl Stills {
    /// Removes what is too old or too much, also of events that were never taken: the program ended, or
    /// their sender did not come again.
    pub(super) fn sweep(&self) {
        if let Some(folder) = &self.0 {
            ageing::sweep(folder);
        }
    }

    /// Keeps the picture of an event. The same event again has the same file, and no other has it.
    pub(super) fn keep(&self, event: &OutsideEvent) -> (Sent, Option<New>) {
        let (Some(still), Some(folder)) = (&event.still, &self.0) else {
            return (Sent::None, None);
        };
        let sha256 = hex(&Sha256::digest(still.jpeg()));
        let file = format!("{}-{}.jpg", event.alarm_id(), &sha256[..16]);
        let path = folder.join(&file);
        let is_new = !path.exists();
        match ageing::keep(folder, &file, still.jpeg()) {
            Ok(_) => {
                let kept = fact::Still {
                    file,
                    sha256,
                    at: WallTime(event.at.0),
                    crop: None,
                };
                (Sent::Kept(kept), is_new.then_some(New(path)))
            }
            Err(error) => {
                let why = format!("{}: {error}", folder.display());
                (Sent::Lost(why), None)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::intake::tests::event;

    fn with_still() -> OutsideEvent {
        let mut json: serde_json::Value = serde_json::from_str(&event("1")).expect("JSON");
        json["still"] = "/9j/wAALCAAIABABAREA/9k=".into();
        OutsideEvent::parse(json.to_string().as_bytes()).expect("an event")
    }

    #[test]
    fn a_picture_is_on_the_disk_before_its_event_is_offered_and_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let stills = Stills(Some(folder.path().join("stills")));
        let (Sent::Kept(kept), Some(new)) = stills.keep(&with_still()) else {
            panic!("not kept");
        };
        let again = stills.keep(&with_still());
        assert_eq!(again, (Sent::Kept(kept.clone()), None), "it is the first's");
        let files: Vec<_> = std::fs::read_dir(folder.path().join("stills"))
            .expect("a folder")
            .flatten()
            .collect();
        assert_eq!(files.len(), 1);
        let bytes = std::fs::read(files[0].path()).expect("a file");
        assert_eq!(hex(&Sha256::digest(&bytes)), kept.sha256);
        assert_eq!(files[0].file_name().to_string_lossy(), kept.file);
        new.remove();
        assert!(!files[0].path().exists());
    }

    #[test]
    fn an_event_goes_on_where_its_picture_cannot_be_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("a-file");
        std::fs::write(&file, b"").expect("a file");
        let stills = Stills(Some(file.join("stills")));
        assert!(matches!(stills.keep(&with_still()), (Sent::Lost(_), None)));
        let without = OutsideEvent::parse(event("1").as_bytes()).expect("an event");
        assert_eq!(stills.keep(&without), (Sent::None, None));
        assert_eq!(Stills(None).keep(&with_still()), (Sent::None, None));
    }
}
