//! Pictures that came with events, on the disk before the event is offered: whoever is told “kept” may
//! forget the picture.

use std::path::PathBuf;

use sha2::{Digest as _, Sha256};

use crate::base::clock::WallTime;
use crate::base::files;
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

impl Stills {
    /// Keeps the picture of an event; the same picture is the same file.
    pub(super) fn keep(&self, event: &OutsideEvent) -> Sent {
        let (Some(still), Some(folder)) = (&event.still, &self.0) else {
            return Sent::None;
        };
        let sha256 = hex(&Sha256::digest(still.jpeg()));
        let file = format!("{sha256}.jpg");
        match files::keep(folder, &file, still.jpeg()) {
            Ok(_) => Sent::Kept(fact::Still {
                file,
                sha256,
                at: WallTime(event.at.0),
                crop: None,
            }),
            Err(error) => Sent::Lost(format!("{}: {error}", folder.display())),
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
        let Sent::Kept(kept) = stills.keep(&with_still()) else {
            panic!("not kept");
        };
        assert_eq!(stills.keep(&with_still()), Sent::Kept(kept.clone()));
        let files: Vec<_> = std::fs::read_dir(folder.path().join("stills"))
            .expect("a folder")
            .flatten()
            .collect();
        assert_eq!(files.len(), 1);
        let bytes = std::fs::read(files[0].path()).expect("a file");
        assert_eq!(hex(&Sha256::digest(&bytes)), kept.sha256);
        assert_eq!(files[0].file_name().to_string_lossy(), kept.file);
    }

    #[test]
    fn an_event_goes_on_where_its_picture_cannot_be_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("a-file");
        std::fs::write(&file, b"").expect("a file");
        let stills = Stills(Some(file.join("stills")));
        assert!(matches!(stills.keep(&with_still()), Sent::Lost(_)));
        let without = OutsideEvent::parse(event("1").as_bytes()).expect("an event");
        assert_eq!(stills.keep(&without), Sent::None);
        assert_eq!(Stills(None).keep(&with_still()), Sent::None);
    }
}
