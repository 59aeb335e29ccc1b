//! The scripted clips in the city's own form, made once by `packaging/make-clips`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use crate::base::hex::hex;
use crate::city::clip::Meta;
use crate::city::footage::{self, FootageError};
use crate::city::stage::{happens, innocent};
use crate::model::codec::Codec;

/// Why a scene cannot be shown.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SceneError {
    /// There is no folder to keep clips in.
    #[error(transparent)]
    Home(#[from] FootageError),
    /// The program was not started from where it was built.
    #[error("packaging/make-clips is not here: scripted clips are made in a clone of the project")]
    NoScript,
    /// A file cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The description of a scene is none.
    #[error("{}: {source}", path.display())]
    Description {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// The script gave up.
    #[error("make-clips {scene}: {said}")]
    Script {
        /// For which scene.
        scene: String,
        /// What it said.
        said: String,
    },
}

/// What is read of the description of a scripted clip.
#[derive(Deserialize)]
struct Scene {
    fps: f64,
    seconds: f64,
}

/// Where scripted clips come from, and where they are kept.
#[derive(Debug)]
pub(crate) struct Workshop {
    packaging: PathBuf,
    /// The folder with the clips that were made; another script or scene makes others, elsewhere.
    pub(crate) folder: PathBuf,
}

fn file_error(path: &Path) -> impl FnOnce(std::io::Error) -> SceneError {
    let path = path.to_owned();
    |source| SceneError::File { path, source }
}

impl Workshop {
    /// Looks for the script, from the current folder and from where this program lies upwards.
    ///
    /// # Errors
    /// When it is not there, or this user has no home.
    pub(crate) fn find() -> Result<Self, SceneError> {
        let current = std::env::current_dir().unwrap_or_default();
        let program = std::env::current_exe().unwrap_or_default();
        let packaging = current
            .ancestors()
            .chain(program.ancestors())
            .map(|folder| folder.join("packaging"))
            .find(|packaging| packaging.join("make-clips").is_file())
            .ok_or(SceneError::NoScript)?;
        let mut hash = Sha256::new();
        for name in ["make-clips", "scenes/cutouts.py", "scenes/cuts.json"] {
            let path = packaging.join(name);
            hash.update(std::fs::read(&path).map_err(file_error(&path))?);
        }
        let hash = hex(&hash.finalize()[..6]);
        let cache = footage::default_dir()?;
        let folder = cache
            .with_file_name("scenes-v1")
            .join(format!("city-{hash}"));
        Ok(Self { packaging, folder })
    }

    /// Makes both clips of a scene unless they are there. Takes seconds.
    ///
    /// # Errors
    /// When the script cannot make them.
    pub(crate) fn make(&self, scene: &str) -> Result<(), SceneError> {
        let about = self.packaging.join("scenes").join(scene);
        for (name, stem) in [(innocent(scene), "innocent"), (happens(scene), "happens")] {
            let path = about.join(format!("{stem}.json"));
            let text = std::fs::read_to_string(&path).map_err(file_error(&path))?;
            // Which script made a clip is in the folder's name, and of which scene in this one.
            let made_by = hex(&Sha256::digest(&text)[..6]);
            let done = self.folder.join(format!("{name}.made-by"));
            if std::fs::read_to_string(&done).is_ok_and(|by| by == made_by) {
                continue;
            }
            let scene: Scene = serde_json::from_str(&text)
                .map_err(|source| SceneError::Description { path, source })?;
            let made = Command::new(self.packaging.join("make-clips"))
                .args(["--form", "h264", "--out"])
                .arg(&self.folder)
                .arg(&name)
                .stdin(Stdio::null())
                .output();
            let said = match made {
                Ok(made) if made.status.success() => None,
                Ok(made) => Some(String::from_utf8_lossy(&made.stderr).trim().to_owned()),
                Err(error) => Some(error.to_string()),
            };
            if let Some(said) = said {
                return Err(SceneError::Script { scene: name, said });
            }
            let meta = Meta {
                name: name.clone(),
                codec: Codec::H264,
                width: 640,
                height: 360,
                fps_num: (scene.fps * 1000.0).round() as u32,
                fps_den: 1000,
                frames: (scene.seconds * scene.fps).round() as u32,
            };
            let path = self.folder.join(format!("{name}.json"));
            let json = serde_json::to_string(&meta).map_err(|source| SceneError::Description {
                path: path.clone(),
                source,
            })?;
            std::fs::write(&path, json).map_err(file_error(&path))?;
            std::fs::write(&done, made_by).map_err(file_error(&done))?;
        }
        Ok(())
    }
}
