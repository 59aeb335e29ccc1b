//! A clip on disk: its description, and counting its pictures.

use std::fs;
use std::io::{BufReader, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::FootageError;
use super::graph::fingerprint;
use super::recipe::{Codec, Recipe};

/// The description beside a clip, `NAME.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClipInfo {
    /// Name of the clip.
    pub name: String,
    /// `h264`, `h265` or `jpeg`.
    pub codec: String,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Pictures a second: numerator.
    pub fps_num: u32,
    /// Pictures a second: denominator.
    pub fps_den: u32,
    /// Pictures in the file.
    pub frames: u32,
    /// Fingerprint of what the clip was made by: it is made anew when that changes.
    #[serde(default)]
    pub made_by: String,
}

impl ClipInfo {
    /// What `recipe` promises, with the pictures really found.
    pub(super) fn of(recipe: &Recipe, frames: u32) -> Self {
        Self {
            name: recipe.name.clone(),
            codec: recipe.codec.word().to_owned(),
            width: recipe.size.0,
            height: recipe.size.1,
            fps_num: recipe.fps.0,
            fps_den: recipe.fps.1,
            frames,
            made_by: fingerprint(recipe),
        }
    }
}

/// The stream's file.
pub(super) fn stream_path(dir: &Path, recipe: &Recipe) -> PathBuf {
    dir.join(format!("{}.{}", recipe.name, recipe.codec.extension()))
}

/// The description's file.
pub(super) fn info_path(dir: &Path, recipe: &Recipe) -> PathBuf {
    dir.join(format!("{}.json", recipe.name))
}

/// Whether the clip is there, and is what the recipe says.
pub(super) fn is_done(dir: &Path, recipe: &Recipe) -> bool {
    let Ok(text) = fs::read(info_path(dir, recipe)) else {
        return false;
    };
    serde_json::from_slice::<ClipInfo>(&text)
        .is_ok_and(|info| info == ClipInfo::of(recipe, recipe.frames))
        && stream_path(dir, recipe).is_file()
}

/// Writes `bytes` to `path` so that it is there whole or not at all.
pub(super) fn write_at_once(path: &Path, bytes: &[u8]) -> Result<(), FootageError> {
    let tmp = path.with_extension(format!("json.{}.tmp", std::process::id()));
    let write = || {
        let mut file = fs::File::create(&tmp)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&tmp, path)
    };
    write().map_err(|source| FootageError::File {
        path: path.to_owned(),
        source,
    })
}

/// Pictures in the stream at `path`.
pub(super) fn count_pictures(path: &Path, codec: Codec) -> Result<u32, FootageError> {
    let count = || {
        let mut reader = BufReader::with_capacity(1 << 16, fs::File::open(path)?);
        let mut counter = Counter::new(codec);
        let mut block = vec![0; 1 << 16];
        loop {
            match reader.read(&mut block) {
                Ok(0) => return Ok(counter.pictures),
                Ok(n) => counter.take(&block[..n]),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    };
    count().map_err(|source| FootageError::File {
        path: path.to_owned(),
        source,
    })
}

/// Counts access unit delimiters (ITU-T H.264 7.3.1, H.265 7.3.1.2) or starts of image (ITU-T T.81
/// B.1.1.3; in entropy-coded data FF is always followed by 00 or a restart marker).
struct Counter {
    codec: Codec,
    /// The last four bytes, newest lowest.
    last: u32,
    pictures: u32,
}

impl Counter {
    fn new(codec: Codec) -> Self {
        Self {
            codec,
            last: u32::MAX,
            pictures: 0,
        }
    }

    fn take(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.last = self.last << 8 | u32::from(*byte);
            let starts = match self.codec {
                Codec::H264 => self.last >> 8 == 1 && byte & 0x1f == 9,
                Codec::H265 => self.last >> 8 == 1 && byte >> 1 & 0x3f == 35,
                Codec::Jpeg => self.last & 0xffff == 0xffd8,
            };
            self.pictures += u32::from(starts);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(codec: Codec, bytes: &[u8], expect: u32) {
        let mut counter = Counter::new(codec);
        // A start code may straddle two blocks.
        for byte in bytes {
            counter.take(&[*byte]);
        }
        assert_eq!(counter.pictures, expect, "{codec} {bytes:02x?}");
    }

    #[test]
    fn pictures_are_counted_by_their_delimiters() {
        let h264 = [
            0, 0, 0, 1, 0x09, 0xf0, 0, 0, 1, 0x67, 0x09, 0, 0, 1, 0x65, 9, 0, 0, 1, 0x09, 0xf0,
        ];
        check(Codec::H264, &h264, 2);
        let h265 = [
            0, 0, 0, 1, 0x46, 1, 0x50, 0, 0, 1, 0x40, 1, 0x46, 0, 0, 1, 0x46, 1,
        ];
        check(Codec::H265, &h265, 2);
        let jpeg = [
            0xff, 0xd8, 0xff, 0xe0, 1, 0xff, 0, 0xd8, 0xff, 0xd9, 0xff, 0xd8, 0xff, 0xd9,
        ];
        check(Codec::Jpeg, &jpeg, 2);
        check(Codec::H264, &[], 0);
    }
}
