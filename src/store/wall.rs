//! How the operator left the wall: page, selection, window. Written while the wall runs, so that it
//! is found again after a restart as well as the next morning.
//!
//! Cameras are remembered by their id: the camera file may have changed meanwhile.

use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::model::camera::CameraId;

/// Windows smaller or larger than this, in points, are not remembered.
const SIDES: std::ops::RangeInclusive<f32> = 200.0..=32_768.0;

/// The wall as it was left.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct WallState {
    /// Page, from 0.
    pub page: usize,
    /// The selected camera.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selected: Option<CameraId>,
    /// It was shown large.
    pub enlarged: bool,
    /// The window filled the screen.
    pub full_screen: bool,
    /// The window was as large as its desktop lets it be.
    pub maximised: bool,
    /// The window when it was neither.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
}

/// A window, in points.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Window {
    /// Left edge of its frame; unknown where the desktop does not tell (Wayland).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub x: Option<f32>,
    /// Upper edge of its frame.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub y: Option<f32>,
    /// Width of its inside.
    pub width: f32,
    /// Height of its inside.
    pub height: f32,
}

impl Window {
    fn is_sound(&self) -> bool {
        let place = [self.x, self.y];
        SIDES.contains(&self.width)
            && SIDES.contains(&self.height)
            && place
                .into_iter()
                .flatten()
                .all(|at| at.abs() <= *SIDES.end())
    }
}

/// The file is there and says nothing that can be used.
#[derive(Debug, thiserror::Error)]
pub enum WallStateError {
    /// It cannot be read.
    #[error("cannot be read: {0}")]
    Read(#[from] io::Error),
    /// It is no TOML, or something else stands in it.
    #[error("is damaged: {0}")]
    Damaged(String),
}

impl WallState {
    /// Reads the file; a missing one is a wall that nobody has touched.
    ///
    /// # Errors
    /// When it cannot be read or is damaged.
    pub fn read(path: &Path) -> Result<Self, WallStateError> {
        let bytes = match fs::read(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            read => read?,
        };
        let text = String::from_utf8(bytes)
            .map_err(|error| WallStateError::Damaged(error.utf8_error().to_string()))?;
        let mut state: Self = toml::from_str(&text)
            .map_err(|error| WallStateError::Damaged(error.message().to_owned()))?;
        state.window = state.window.filter(Window::is_sound);
        Ok(state)
    }

    /// Writes the file as a whole, or not at all.
    ///
    /// # Errors
    /// When the folder or the file cannot be written.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let text = toml::to_string(self).map_err(io::Error::other)?;
        let new = path.with_extension("toml.new");
        fs::write(&new, text)?;
        fs::rename(&new, path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left() -> WallState {
        WallState {
            page: 2,
            selected: Some(CameraId::new("cam-017").unwrap()),
            enlarged: true,
            full_screen: false,
            maximised: true,
            window: Some(Window {
                x: Some(-1280.0),
                y: Some(24.5),
                width: 1600.0,
                height: 900.0,
            }),
        }
    }

    #[test]
    fn a_wall_is_found_as_it_was_left() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("new/wall.toml");
        assert_eq!(WallState::read(&file).unwrap(), WallState::default());
        left().write(&file).unwrap();
        assert_eq!(WallState::read(&file).unwrap(), left());
    }

    #[test]
    fn a_damaged_file_is_told_and_a_foolish_window_is_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("wall.toml");
        let damaged: [&[u8]; 5] = [
            b"page = ",
            b"page = -1",
            b"selected = 7",
            b"\xff\xfe\x00",
            b"window = 7",
        ];
        for bytes in damaged {
            fs::write(&file, bytes).unwrap();
            let read = WallState::read(&file);
            assert!(
                matches!(read, Err(WallStateError::Damaged(_))),
                "{bytes:?}: {read:?}"
            );
        }
        // What an earlier or a later version wrote is no damage.
        fs::write(
            &file,
            "page = 3\nlater = [1]\nwindow = { width = 1e9, height = 10 }",
        )
        .unwrap();
        let state = WallState::read(&file).unwrap();
        assert_eq!((state.page, state.window), (3, None));
        // An empty file is what a power cut may leave.
        fs::write(&file, "").unwrap();
        assert_eq!(WallState::read(&file).unwrap(), WallState::default());
    }
}
