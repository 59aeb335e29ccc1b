//! Black pictures for the fault "black", in each codec and the usual sizes, made with ffmpeg's
//! `color=black` source (two seconds at 15 frames a second; one picture for JPEG).

use super::clip::{Clip, ClipError, Meta};
use crate::model::codec::Codec;

/// Codec, width, height, stream.
type Black = (Codec, u32, u32, &'static [u8]);

macro_rules! black {
    ($codec:ident, $width:literal, $height:literal, $file:literal) => {
        (
            Codec::$codec,
            $width,
            $height,
            include_bytes!(concat!("black/", $file)),
        )
    };
}

const BLACK: [Black; 9] = [
    black!(H264, 640, 360, "black-360.h264"),
    black!(H264, 1280, 720, "black-720.h264"),
    black!(H264, 1920, 1080, "black-1080.h264"),
    black!(H265, 640, 360, "black-360.h265"),
    black!(H265, 1280, 720, "black-720.h265"),
    black!(H265, 1920, 1080, "black-1080.h265"),
    black!(Jpeg, 640, 360, "black-360.mjpeg"),
    black!(Jpeg, 1280, 720, "black-720.mjpeg"),
    black!(Jpeg, 1920, 1080, "black-1080.mjpeg"),
];

/// A black clip of the codec of `like` in its size or the one nearest by number of pixels.
///
/// # Errors
/// Never with the clips that are built in.
pub(crate) fn clip_like(like: &Meta) -> Result<Clip, ClipError> {
    nearest(like, |_, _| true)
}

/// The same in another size than that of `like`.
///
/// # Errors
/// Never with the clips that are built in.
pub(crate) fn clip_of_another_size(like: &Meta) -> Result<Clip, ClipError> {
    nearest(like, |width, height| {
        (width, height) != (like.width, like.height)
    })
}

fn nearest(like: &Meta, fits: impl Fn(u32, u32) -> bool) -> Result<Clip, ClipError> {
    let pixels = |width: u32, height: u32| i64::from(width) * i64::from(height);
    let wanted = pixels(like.width, like.height);
    let (codec, width, height, bytes) = BLACK
        .into_iter()
        .filter(|(codec, width, height, _)| *codec == like.codec && fits(*width, *height))
        .min_by_key(|(_, width, height, _)| (pixels(*width, *height) - wanted).abs())
        .ok_or_else(|| ClipError::Missing {
            name: "black".into(),
        })?;
    let meta = Meta {
        name: format!("black-{height}"),
        codec,
        width,
        height,
        fps_num: 15,
        fps_den: 1,
        frames: 0,
    };
    Clip::new(meta, bytes.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_black_clip_can_be_served() {
        for (codec, width, height, _) in BLACK {
            let like = Meta {
                width,
                height,
                ..crate::city::clip::tests::meta("x", codec)
            };
            let clip = clip_like(&like).unwrap();
            assert_eq!((clip.meta.width, clip.meta.height), (width, height));
            assert!(clip.unit(0).keyframe);
            let other = clip_of_another_size(&like).unwrap();
            assert_ne!((other.meta.width, other.meta.height), (width, height));
            assert_eq!(other.meta.codec, codec);
        }
    }
}
