//! The pictures of alarms, of our detectors and from outside, as they lie in their folder: read and checked
//! beside the thread that draws, for the alarm that is looked at.

mod picture;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender};
use sha2::{Digest as _, Sha256};

use super::alarms::Crop;
use super::pacer::Pacer;
use super::state::State;
use crate::base::hex::hex;
use crate::base::threads;
use crate::model::detection::fact::Still;
use crate::model::id::Id;
use picture::PictureError;

/// No such file has more bytes.
const MOST_BYTES: u64 = 16 << 20;
/// Pictures that wait to be taken: one for each alarm that was looked at meanwhile.
const WAITING: usize = 16;

/// Why a picture cannot be shown.
#[derive(Debug, thiserror::Error)]
enum CropError {
    /// It cannot be read.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It is not what was kept then.
    #[error("{} is not what was kept: its SHA-256 is another", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// It is no picture.
    #[error("{}: {source}", path.display())]
    Picture {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: PictureError,
    },
    /// It is larger than any that is kept here.
    #[error("{} is too large for a picture", path.display())]
    Large {
        /// The file.
        path: PathBuf,
    },
}

/// The pictures of alarms.
pub(super) struct Crops {
    folder: PathBuf,
    wanted: Option<Id>,
    tell: Sender<(Id, Option<Crop>)>,
    told: Receiver<(Id, Option<Crop>)>,
    pacer: Arc<Pacer>,
}

impl Crops {
    pub(super) fn new(folder: PathBuf, pacer: &Arc<Pacer>) -> Self {
        let (tell, told) = crossbeam_channel::bounded(WAITING);
        Self {
            folder,
            wanted: None,
            tell,
            told,
            pacer: Arc::clone(pacer),
        }
    }

    /// Asks for the picture of the alarm that is looked at, and takes it when it is there.
    pub(super) fn step(&mut self, state: &mut State) {
        let chosen = state.chosen_alarm().map(|kept| &kept.value);
        let number = chosen.map(|alarm| alarm.number);
        if number != self.wanted {
            self.wanted = number;
            let still = chosen.and_then(|alarm| alarm.still.clone());
            state.alarms.crop = None;
            if let (Some(number), Some(still)) = (number, still) {
                self.ask(number, still);
            }
        }
        while let Ok((alarm, crop)) = self.told.try_recv() {
            if Some(alarm) == self.wanted {
                state.alarms.crop = crop;
            }
        }
    }

    fn ask(&self, alarm: Id, still: Still) {
        let (folder, tell) = (self.folder.clone(), self.tell.clone());
        let pacer = Arc::clone(&self.pacer);
        let reading = threads::spawn("crop", move || {
            let crop = read(&folder, alarm, &still);
            if let Err(problem) = &crop {
                // One of another seat lies there and not here.
                tracing::warn!(%problem, "the picture of an alarm is not shown");
            }
            // Nobody takes it when the program ends.
            tell.send((alarm, crop.ok())).ok();
            pacer.wake();
        });
        if let Err(error) = reading {
            tracing::error!(%error, "no thread for the picture of an alarm");
        }
    }
}

fn read(folder: &Path, alarm: Id, still: &Still) -> Result<Crop, CropError> {
    // A name in a record must not lead elsewhere.
    let name = Path::new(&still.file).file_name().unwrap_or_default();
    let path = folder.join(name);
    let file = |source| CropError::File {
        path: path.clone(),
        source,
    };
    if fs::metadata(&path).map_err(file)?.len() > MOST_BYTES {
        return Err(CropError::Large { path });
    }
    let bytes = fs::read(&path).map_err(file)?;
    let sha256 = hex(&Sha256::digest(&bytes));
    if sha256 != still.sha256 {
        return Err(CropError::Changed { path });
    }
    let picture = picture::read(&bytes).map_err(|source| CropError::Picture {
        path: path.clone(),
        source,
    })?;
    Ok(Crop {
        alarm,
        size: picture.size,
        rgb: picture.pixels.into(),
        at: still.at,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::WallTime;

    fn still(folder: &Path, bytes: &[u8]) -> Still {
        fs::write(folder.join("a.png"), bytes).unwrap();
        Still {
            file: "a.png".into(),
            sha256: hex(&Sha256::digest(bytes)),
            at: WallTime(7),
            crop: None,
        }
    }

    fn png(width: u32, height: u32, colour: png::ColorType) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, width, height);
        encoder.set_color(colour);
        let mut writer = encoder.write_header().unwrap();
        let pixels = vec![9; width as usize * height as usize * colour.samples()];
        writer.write_image_data(&pixels).unwrap();
        writer.finish().unwrap();
        bytes
    }

    #[test]
    fn a_picture_is_shown_as_it_was_kept_and_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let alarm = Id::named("alarm");
        let bytes = png(3, 2, png::ColorType::Rgb);
        let kept = still(folder.path(), &bytes);
        let crop = read(folder.path(), alarm, &kept).unwrap();
        assert_eq!((crop.size, crop.rgb.len()), ([3, 2], 18));
        // A name that leads elsewhere leads nowhere.
        let elsewhere = Still {
            file: "../../a.png".into(),
            ..kept.clone()
        };
        assert!(read(folder.path(), alarm, &elsewhere).is_ok());
        fs::write(folder.path().join("a.png"), png(3, 3, png::ColorType::Rgb)).unwrap();
        let changed = read(folder.path(), alarm, &kept).unwrap_err();
        assert!(matches!(changed, CropError::Changed { .. }), "{changed}");
        for bytes in [
            &bytes[..40],
            b"no picture",
            &png(2, 2, png::ColorType::Grayscale),
        ] {
            let kept = still(folder.path(), bytes);
            assert!(read(folder.path(), alarm, &kept).is_err());
        }
        fs::remove_file(folder.path().join("a.png")).unwrap();
        let gone = read(folder.path(), alarm, &kept).unwrap_err();
        assert!(matches!(gone, CropError::File { .. }), "{gone}");
    }
}
