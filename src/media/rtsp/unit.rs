//! What a session gives out.

use std::time::Instant;

use bytes::Bytes;

use crate::sdp::Encoding;

/// A whole access unit: a coded picture, a frame of sound, a document of metadata.
#[derive(Clone, Debug)]
pub struct Unit {
    /// The track it is of, as [`crate::Session::tracks`] counts them.
    pub track: usize,
    /// Its encoding. H.264 and H.265 come as Annex B byte streams, JPEG as whole files.
    pub encoding: Encoding,
    /// Presentation time, nanoseconds since the track's first packet.
    pub pts_nanos: i64,
    /// When its last packet arrived.
    pub arrival: Instant,
    /// When the camera took it, by the camera's clock (sender reports, or the replay extension):
    /// nanoseconds since 1970.
    pub capture_unix_nanos: Option<i64>,
    /// Decoding may begin here: IDR, CRA, BLA, a recovery point, a picture that refers to no other.
    /// What is shown is whole after so many further units.
    pub random_access: Option<u16>,
    /// Part of it is known to be missing.
    pub is_damaged: bool,
    /// Packets known to be lost just before it or within it.
    pub lost_packets: u32,
    /// Width and height in pixels, as the stream tells.
    pub size: Option<(u32, u32)>,
    /// Pictures a second, as the stream or the SDP tells.
    pub rate_hz: Option<f32>,
    /// What a recorder says of it.
    pub replay: Option<Replay>,
    /// The decoder's configuration (AAC's `AudioSpecificConfig`).
    pub config: Option<Bytes>,
    /// The unit.
    pub bytes: Bytes,
}

/// ONVIF's replay extension (ONVIF Streaming Specification section 6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replay {
    /// The time of recording, nanoseconds since 1970.
    pub unix_nanos: Option<i64>,
    /// Decoding can begin here.
    pub is_clean_point: bool,
    /// The end of a section without gaps.
    pub is_end: bool,
    /// What came before is missing.
    pub is_discontinuity: bool,
    /// The low byte of the request that this answers.
    pub cseq: u8,
}

impl Replay {
    pub(crate) fn read(words: &[u8]) -> Option<Self> {
        let [n0, n1, n2, n3, f0, f1, f2, f3, flags, cseq, ..] = *words else {
            return None;
        };
        let secs = i64::from(u32::from_be_bytes([n0, n1, n2, n3]));
        let fraction = i64::from(u32::from_be_bytes([f0, f1, f2, f3]));
        let unix_nanos = (secs > 0)
            .then(|| (secs - 2_208_988_800) * 1_000_000_000 + ((fraction * 1_000_000_000) >> 32));
        Some(Self {
            unix_nanos,
            is_clean_point: flags & 0x80 != 0,
            is_end: flags & 0x40 != 0,
            is_discontinuity: flags & 0x20 != 0,
            cseq,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_replay_extension_tells_when_it_was_recorded() {
        // 1 January 2026, 08:00 and a half second.
        let secs = 1_767_254_400_u32.wrapping_add(2_208_988_800);
        let words = [&secs.to_be_bytes()[..], &[0x80, 0, 0, 0, 0xA0, 7, 0, 0]].concat();
        let expected = Replay {
            unix_nanos: Some(1_767_254_400_500_000_000),
            is_clean_point: true,
            is_end: false,
            is_discontinuity: true,
            cseq: 7,
        };
        assert_eq!(Replay::read(&words), Some(expected));
        let unknown = Replay::read(&[0, 0, 0, 0, 0, 0, 0, 0, 0x40, 1]).unwrap();
        assert_eq!((unknown.unix_nanos, unknown.is_end), (None, true));
        assert_eq!(Replay::read(&words[..9]), None);
    }
}
