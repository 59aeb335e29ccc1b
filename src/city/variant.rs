//! A camera's own clip in another look, for the faults "blur" and "moved": made with ffmpeg when it
//! is first wanted, and only in memory.

use std::path::Path;
use std::process::{Command, Stdio};

use super::clip::{Clip, ClipError, Meta};
use crate::model::codec::Codec;

/// The most pictures of a clip that are made: eight seconds at 15 frames a second.
const MAX_FRAMES: u32 = 120;

/// How a clip looks different.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Variant {
    /// Out of focus.
    Blurred,
    /// Left and right exchanged: another view where there is no other clip.
    Mirrored,
}

impl Variant {
    fn word(self) -> &'static str {
        match self {
            Self::Blurred => "blurred",
            Self::Mirrored => "mirrored",
        }
    }

    fn filter(self, meta: &Meta) -> String {
        match self {
            // Edges as wide as a thirtieth of the picture's height are gone.
            Self::Blurred => format!("gblur=sigma={:.1}", f64::from(meta.height) / 30.0),
            Self::Mirrored => "hflip".into(),
        }
    }
}

/// The file of the clip `meta` in `folder`.
fn file_of(folder: &Path, meta: &Meta) -> std::path::PathBuf {
    folder.join(format!("{}.{}", meta.name, extension(meta.codec)))
}

fn extension(codec: Codec) -> &'static str {
    match codec {
        Codec::H264 => "h264",
        Codec::H265 => "h265",
        Codec::Jpeg => "mjpeg",
    }
}

/// Makes the first seconds of the clip `meta` in `folder` in another look. Takes about a second of
/// one core for a small stream; call it where waiting is allowed.
///
/// # Errors
/// When ffmpeg is missing or fails, with its words.
pub(crate) fn make(folder: &Path, meta: &Meta, variant: Variant) -> Result<Clip, ClipError> {
    let name = format!("{}-{}", meta.name, variant.word());
    let unfit = |reason: String| ClipError::Unfit {
        name: name.clone(),
        reason,
    };
    let rate = format!("{}/{}", meta.fps_num, meta.fps_den);
    // A key picture each second, as the cameras have.
    let gop = meta.fps_num.div_ceil(meta.fps_den);
    let keys = format!(
        "aud=1:repeat-headers=1:scenecut=0:bframes=0:ref=1:keyint={gop}:min-keyint={gop}:open-gop=0"
    );
    let mut command = Command::new("ffmpeg");
    command.args(["-v", "error", "-nostdin", "-threads", "1", "-r", &rate]);
    command.arg("-i").arg(file_of(folder, meta));
    command.args(["-an", "-frames:v", &MAX_FRAMES.to_string()]);
    command.args(["-vf", &variant.filter(meta), "-threads", "1"]);
    match meta.codec {
        Codec::H264 => command.args([
            "-c:v",
            "libx264",
            "-preset",
            "veryfast",
            "-crf",
            "26",
            "-x264-params",
            &keys,
            "-f",
            "h264",
        ]),
        Codec::H265 => command.args([
            "-c:v",
            "libx265",
            "-preset",
            "ultrafast",
            "-crf",
            "27",
            "-x265-params",
            &format!("log-level=error:pools=none:frame-threads=1:wpp=0:{keys}"),
            "-f",
            "hevc",
        ]),
        Codec::Jpeg => command.args([
            "-c:v", "mjpeg", "-huffman", "default", "-q:v", "6", "-f", "mjpeg",
        ]),
    };
    let output = command
        .arg("pipe:1")
        .stdin(Stdio::null())
        .output()
        .map_err(|error| unfit(format!("ffmpeg cannot be run: {error}")))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(unfit(format!("ffmpeg failed: {}", said.trim())));
    }
    let meta = Meta {
        name: name.clone(),
        frames: meta.frames.min(MAX_FRAMES),
        ..meta.clone()
    };
    Clip::new(meta, output.stdout)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::city::clip::{read_meta, tests::fixtures};

    #[test]
    fn every_codec_can_be_blurred_and_mirrored() {
        for name in ["sub-01", "sub-02", "sub-03"] {
            let own = crate::city::clip::load(&fixtures(), name).unwrap();
            let meta = read_meta(&fixtures(), name).unwrap();
            let bytes = |clip: &Clip| -> usize {
                let units = (0..clip.num_units() as u64).map(|n| clip.unit(n));
                let of = |unit| {
                    clip.payloads(unit)
                        .map(|(_, body)| body.len())
                        .sum::<usize>()
                };
                units.map(of).sum()
            };
            for variant in [Variant::Blurred, Variant::Mirrored] {
                let made = match make(&fixtures(), &meta, variant) {
                    Ok(made) => made,
                    Err(error) if error.to_string().contains("cannot be run") => {
                        crate::base::skipped::skip(error);
                        return;
                    }
                    Err(error) => panic!("{error}"),
                };
                assert_eq!(made.meta.codec, meta.codec);
                assert_eq!(made.num_units(), own.num_units(), "{name} {variant:?}");
                assert!(made.unit(0).keyframe);
                // What has no edges takes fewer bytes.
                let fewer = bytes(&made) < bytes(&own) * 3 / 4;
                assert_eq!(fewer, variant == Variant::Blurred, "{name} {variant:?}");
            }
        }
    }

    #[test]
    fn what_cannot_be_made_is_said() {
        let meta = crate::city::clip::tests::meta("no-such-clip", Codec::H264);
        let error = make(&fixtures(), &meta, Variant::Blurred).unwrap_err();
        assert!(error.to_string().contains("ffmpeg"), "{error}");
    }
}
