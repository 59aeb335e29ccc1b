//! The camera file of the wall: why it is refused as a whole, and reading it anew as somebody says.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crossbeam_channel::{Receiver, bounded};

use super::pacer::Pacer;
use crate::base::threads;
use crate::store::cameras::{self, CameraFileError, Encoding, Loaded, Offer, RowError};

/// A camera file of which nothing is used.
#[derive(Clone, Debug, PartialEq)]
pub struct Refused {
    /// The file.
    pub file: PathBuf,
    /// Why.
    pub why: Why,
}

/// Why a camera file is refused as a whole.
#[derive(Clone, Debug, PartialEq)]
pub enum Why {
    /// The system does not give it; in its words.
    System(String),
    /// Its name ends in neither `.csv` nor `.toml`.
    Kind,
    /// It is larger than any camera file.
    TooLarge,
    /// It is no text.
    NotText,
    /// It is text in another encoding, in which it can be read.
    Encoding(Offer),
    /// None of its rows can be used.
    Rows(Vec<RowError>),
}

/// Reads a camera file. One in which there is no camera, but what should be one, is refused.
///
/// # Errors
/// When it is refused as a whole.
pub fn read(file: &Path, encoding: Option<Encoding>) -> Result<Loaded, Refused> {
    let why = match cameras::read_as(file, encoding) {
        Ok(loaded) if loaded.cameras.is_empty() && !loaded.errors.is_empty() => {
            Why::Rows(loaded.errors)
        }
        Ok(loaded) => return Ok(loaded),
        Err(error) => {
            tracing::warn!(%error, "the camera file is refused");
            match error {
                CameraFileError::Io { source, .. } => Why::System(source.to_string()),
                CameraFileError::Kind { .. } => Why::Kind,
                CameraFileError::TooLarge { .. } => Why::TooLarge,
                CameraFileError::NotText { .. } => Why::NotText,
                CameraFileError::Encoding { offer, .. } => Why::Encoding(offer),
            }
        }
    };
    Err(Refused {
        file: file.to_owned(),
        why,
    })
}

/// A camera file that may be read anew.
pub(super) struct CameraFile {
    path: PathBuf,
    reading: Option<Receiver<Anew>>,
}

/// What was asked for, and what came of it.
pub(super) type Anew = (Encoding, Result<Loaded, Refused>);

impl CameraFile {
    pub(super) fn new(path: PathBuf) -> Self {
        Self {
            path,
            reading: None,
        }
    }

    /// Begins to read it in `encoding`, on a thread of its own: a city's table takes a moment.
    ///
    /// # Errors
    /// When the system refuses the thread.
    pub(super) fn read_anew(&mut self, encoding: Encoding, pacer: &Arc<Pacer>) -> io::Result<()> {
        let (done, reading) = bounded(1);
        let (path, pacer) = (self.path.clone(), Arc::clone(pacer));
        threads::spawn("camera-file", move || {
            done.send((encoding, read(&path, Some(encoding)))).ok(); // the program may have ended
            pacer.wake();
        })?;
        self.reading = Some(reading);
        Ok(())
    }

    /// What was read anew, once.
    pub(super) fn take(&mut self) -> Option<Anew> {
        let anew = self.reading.as_ref()?.try_recv().ok()?;
        self.reading = None;
        Some(anew)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_a_camera_is_refused_with_what_is_wrong() {
        let folder = tempfile::tempdir().unwrap();
        let why = |name: &str, bytes: &[u8]| {
            let file = folder.path().join(name);
            std::fs::write(&file, bytes).unwrap();
            read(&file, None).map_err(|refused| refused.why)
        };
        assert_eq!(why("a.txt", b"id,sub_url\n"), Err(Why::Kind));
        assert_eq!(why("a.csv", b"id\n\x80\x81"), Err(Why::NotText));
        assert!(matches!(why("b.csv", b"name\nx\n"), Err(Why::Rows(errors)) if errors.len() == 1));
        assert!(matches!(
            why("c.csv", b"id;sub_url\na;x\n"),
            Err(Why::Rows(_))
        ));
        let offer = why(
            "d.csv",
            b"id;name_ru;sub_url\na;\xcc\xee\xf1\xf2;test:ball\n",
        );
        assert!(matches!(offer, Err(Why::Encoding(offer)) if offer.encoding == Encoding::Cp1251));
        // An empty list is nothing wrong, and one bad row is no reason for the others.
        assert_eq!(why("e.csv", b"id,sub_url\n").unwrap().cameras.len(), 0);
        let some = why("f.csv", b"id,sub_url\na,test:ball\nb,x\n").unwrap();
        assert_eq!((some.cameras.len(), some.errors.len()), (1, 1));
        let missing = read(&folder.path().join("none.csv"), None).unwrap_err();
        assert!(matches!(missing.why, Why::System(_)));
    }

    #[test]
    fn a_file_is_read_anew_as_somebody_says() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        std::fs::write(&path, b"id;name_ru;sub_url\na;\xcc\xee\xf1\xf2;test:ball\n").unwrap();
        let mut file = CameraFile::new(path);
        assert!(file.take().is_none());
        file.read_anew(Encoding::Cp1251, &Arc::new(Pacer::new(60.0)))
            .unwrap();
        let anew = loop {
            match file.take() {
                Some(anew) => break anew,
                None => std::thread::yield_now(),
            }
        };
        assert_eq!(anew.0, Encoding::Cp1251);
        assert_eq!(anew.1.unwrap().cameras[0].name.ru, "Мост");
        assert!(file.take().is_none());
    }
}
