//! A clip in memory: access units with their RTP payloads split once for all who send it.
//!
//! A [`Clip`] is immutable and shared. Where a camera stands in it is [`super::timeline`]'s affair,
//! sequence numbers and time stamps are [`super::rtsp`]'s.

use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::jpeg;
use crate::model::codec::Codec;
use crate::model::stamp::Nals;

/// The most bytes of RTP payload in a packet.
pub const MAX_PAYLOAD_BYTES: usize = 1400;

/// What the `.json` beside a clip says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meta {
    /// The clip's name, which is also its file's stem.
    pub name: String,
    /// Codec of the stream.
    pub codec: Codec,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Frames per second, numerator.
    pub fps_num: u32,
    /// Frames per second, denominator.
    pub fps_den: u32,
    /// Number of frames.
    pub frames: u32,
}

/// Why a clip cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum ClipError {
    /// The clip has not been made yet: its `.json` is not there.
    #[error("the clip {name} does not exist yet")]
    Missing {
        /// The clip's name.
        name: String,
    },
    /// A file of it cannot be read.
    #[error("cannot read {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The `.json` is not what it should be.
    #[error("{path} does not describe a clip")]
    Describe {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// The description or the stream makes no sense.
    #[error("the clip {name} cannot be served: {reason}")]
    Unfit {
        /// The clip's name.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// One access unit.
#[derive(Clone, Debug)]
pub struct Unit {
    /// Its packets, as a range of the clip's.
    packets: Range<u32>,
    /// Before which of its packets the capture stamp belongs (counted within the unit).
    pub stamp_before: u32,
    /// Whether decoding can start here.
    pub keyframe: bool,
}

/// One RTP payload: a header of its own, then bytes of the clip.
#[derive(Clone, Debug)]
struct Packet {
    header: (u32, u16),
    body: (u32, u16),
}

/// A clip, ready to be sent.
pub struct Clip {
    /// Its description.
    pub meta: Meta,
    /// VPS (H.265 only), SPS and PPS as they stand before the first picture; empty for JPEG.
    pub parameter_sets: Vec<Vec<u8>>,
    units: Vec<Unit>,
    packets: Vec<Packet>,
    headers: Vec<u8>,
    bytes: Vec<u8>,
}

impl std::fmt::Debug for Clip {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Clip")
            .field("meta", &self.meta)
            .field("units", &self.units.len())
            .finish_non_exhaustive()
    }
}

/// Reads the description of the clip `name` in `folder`.
///
/// # Errors
/// [`ClipError::Missing`] while there is no `.json`; others when it is no good.
pub fn read_meta(folder: &Path, name: &str) -> Result<Meta, ClipError> {
    let path = folder.join(format!("{name}.json"));
    let text = match std::fs::read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(ClipError::Missing {
                name: name.to_owned(),
            });
        }
        Err(source) => return Err(ClipError::Read { path, source }),
    };
    let meta: Meta =
        serde_json::from_slice(&text).map_err(|source| ClipError::Describe { path, source })?;
    if meta.fps_num == 0 || meta.fps_den == 0 || meta.width == 0 || meta.height == 0 {
        return Err(ClipError::Unfit {
            name: name.to_owned(),
            reason: "its rate and its size must not be zero".into(),
        });
    }
    Ok(meta)
}

/// Reads and splits the clip `name` in `folder`. Takes a few milliseconds per megabyte.
///
/// # Errors
/// As [`read_meta`]; also when the stream has no picture one could start with.
pub fn load(folder: &Path, name: &str) -> Result<Clip, ClipError> {
    let meta = read_meta(folder, name)?;
    let extension = match meta.codec {
        Codec::H264 => "h264",
        Codec::H265 => "h265",
        Codec::Jpeg => "mjpeg",
    };
    let path = folder.join(format!("{name}.{extension}"));
    let bytes = std::fs::read(&path).map_err(|source| ClipError::Read { path, source })?;
    Clip::new(meta, bytes)
}

impl Clip {
    /// Splits `bytes` (Annex B, or JPEGs one behind the other) into access units and packets.
    ///
    /// # Errors
    /// [`ClipError::Unfit`] when there is no picture, the first is not a key picture, or a JPEG is
    /// of a kind RTP cannot carry.
    pub fn new(meta: Meta, bytes: Vec<u8>) -> Result<Self, ClipError> {
        let mut clip = Self {
            meta,
            parameter_sets: Vec::new(),
            units: Vec::new(),
            packets: Vec::new(),
            headers: Vec::new(),
            bytes,
        };
        let unfit = |name: &str, reason: String| ClipError::Unfit {
            name: name.to_owned(),
            reason,
        };
        if u32::try_from(clip.bytes.len()).is_err() {
            return Err(unfit(&clip.meta.name, "it is larger than 4 GiB".into()));
        }
        match clip.meta.codec {
            Codec::H264 | Codec::H265 => clip.split_annexb(),
            Codec::Jpeg => clip
                .split_jpegs()
                .map_err(|error| unfit(&clip.meta.name, error.to_string()))?,
        }
        if clip.units.first().is_none_or(|unit| !unit.keyframe) {
            return Err(unfit(
                &clip.meta.name,
                "it does not begin with a key picture".into(),
            ));
        }
        if clip.meta.codec != Codec::Jpeg && clip.parameter_sets.is_empty() {
            return Err(unfit(&clip.meta.name, "it has no parameter sets".into()));
        }
        clip.units.shrink_to_fit();
        clip.packets.shrink_to_fit();
        clip.headers.shrink_to_fit();
        Ok(clip)
    }

    /// How many units there are; never 0.
    pub fn num_units(&self) -> usize {
        self.units.len()
    }

    /// The unit with `number`, counted endlessly round the clip.
    pub fn unit(&self, number: u64) -> &Unit {
        &self.units[(number % self.units.len() as u64) as usize]
    }

    /// The number of the key picture at or before `number` in the same round of the clip.
    pub fn keyframe_at_or_before(&self, number: u64) -> u64 {
        let at = (number % self.units.len() as u64) as usize;
        let back = self.units[..=at]
            .iter()
            .rev()
            .position(|unit| unit.keyframe)
            .unwrap_or(at);
        number - back as u64
    }

    /// The RTP payloads of `unit`, each as its header and its body.
    pub fn payloads(&self, unit: &Unit) -> impl ExactSizeIterator<Item = (&[u8], &[u8])> {
        self.packets[unit.packets.start as usize..unit.packets.end as usize]
            .iter()
            .map(|packet| {
                let (at, len) = packet.header;
                let header = &self.headers[at as usize..at as usize + len as usize];
                let (at, len) = packet.body;
                (header, &self.bytes[at as usize..at as usize + len as usize])
            })
    }

    fn split_annexb(&mut self) {
        let h265 = self.meta.codec == Codec::H265;
        let mut open = OpenUnit::default();
        let nals: Vec<Range<usize>> = Nals::new(&self.bytes).collect();
        for nal in nals {
            let header_bytes = if h265 { 2 } else { 1 };
            if nal.len() <= header_bytes {
                continue;
            }
            let bytes = &self.bytes[nal.clone()];
            let kind = if h265 {
                NalKind::of_h265(bytes)
            } else {
                NalKind::of_h264(bytes)
            };
            let begins = match kind {
                NalKind::Delimiter => true,
                NalKind::ParameterSet | NalKind::BeforeSlices => open.has_slice,
                NalKind::Slice { first, .. } => first && open.has_slice,
                NalKind::AfterSlices => false,
            };
            if begins {
                self.close(&mut open);
            }
            match kind {
                // Every packet's marker bit ends a unit already; cameras do not send delimiters.
                NalKind::Delimiter => continue,
                NalKind::ParameterSet => {
                    if self.units.is_empty() {
                        self.parameter_sets.push(self.bytes[nal.clone()].to_vec());
                    }
                }
                NalKind::Slice { key, .. } => {
                    if !open.has_slice {
                        open.stamp_before = self.packets.len() as u32 - open.first;
                    }
                    open.has_slice = true;
                    open.keyframe |= key;
                }
                NalKind::BeforeSlices | NalKind::AfterSlices => {}
            }
            if h265 {
                self.packetise_h265(nal);
            } else {
                self.packetise_h264(nal);
            }
        }
        self.close(&mut open);
    }

    fn close(&mut self, open: &mut OpenUnit) {
        let end = self.packets.len() as u32;
        if open.has_slice {
            self.units.push(Unit {
                packets: open.first..end,
                stamp_before: open.stamp_before,
                keyframe: open.keyframe,
            });
            *open = OpenUnit::default();
            open.first = end;
        }
    }

    /// Single NAL unit packets and FU-A (RFC 6184 sections 5.6 and 5.8).
    fn packetise_h264(&mut self, nal: Range<usize>) {
        if nal.len() <= MAX_PAYLOAD_BYTES {
            self.push_packet(&[], nal);
            return;
        }
        let header = self.bytes[nal.start];
        let body = nal.start + 1..nal.end;
        for (part, first, last) in parts(body, MAX_PAYLOAD_BYTES - 2) {
            let fu = fu_bits(first, last) | (header & 0x1f);
            self.push_packet(&[(header & 0xe0) | 0x1c, fu], part);
        }
    }

    /// Single NAL unit packets and fragmentation units (RFC 7798 sections 4.4.1 and 4.4.3).
    fn packetise_h265(&mut self, nal: Range<usize>) {
        if nal.len() <= MAX_PAYLOAD_BYTES {
            self.push_packet(&[], nal);
            return;
        }
        let (high, low) = (self.bytes[nal.start], self.bytes[nal.start + 1]);
        let body = nal.start + 2..nal.end;
        for (part, first, last) in parts(body, MAX_PAYLOAD_BYTES - 3) {
            let fu = fu_bits(first, last) | ((high >> 1) & 0x3f);
            self.push_packet(&[(high & 0x81) | (49 << 1), low, fu], part);
        }
    }

    /// RFC 2435 with the quantiser tables in band (Q = 255).
    fn split_jpegs(&mut self) -> Result<(), jpeg::JpegError> {
        let mut at = 0;
        while let Some(picture) = jpeg::read(&self.bytes, at)? {
            at = picture.end;
            let first = self.packets.len() as u32;
            let mut offset = 0;
            while offset < picture.scan.len() {
                let header = picture.payload_header(offset as u32);
                let most = MAX_PAYLOAD_BYTES - header.len();
                let from = picture.scan.start + offset;
                let to = (from + most).min(picture.scan.end);
                self.push_packet(&header, from..to);
                offset += to - from;
            }
            self.units.push(Unit {
                packets: first..self.packets.len() as u32,
                stamp_before: 0,
                keyframe: true,
            });
        }
        Ok(())
    }

    fn push_packet(&mut self, header: &[u8], body: Range<usize>) {
        let at = self.headers.len() as u32;
        self.headers.extend_from_slice(header);
        self.packets.push(Packet {
            header: (at, header.len() as u16),
            body: (body.start as u32, body.len() as u16),
        });
    }
}

#[derive(Default)]
struct OpenUnit {
    first: u32,
    stamp_before: u32,
    keyframe: bool,
    has_slice: bool,
}

#[derive(Clone, Copy)]
enum NalKind {
    Delimiter,
    ParameterSet,
    /// What may stand in front of the slices and so begins a unit behind a picture (SEI and such).
    BeforeSlices,
    Slice {
        first: bool,
        key: bool,
    },
    AfterSlices,
}

impl NalKind {
    /// H.264 7.4.1.2.3: what begins an access unit.
    fn of_h264(nal: &[u8]) -> Self {
        match nal[0] & 0x1f {
            kind @ 1..=5 => Self::Slice {
                // first_mb_in_slice is ue(v): 0 is a single set bit.
                first: nal[1] & 0x80 != 0,
                key: kind == 5,
            },
            6 | 14..=18 => Self::BeforeSlices,
            7 | 8 => Self::ParameterSet,
            9 => Self::Delimiter,
            _ => Self::AfterSlices,
        }
    }

    /// H.265 7.4.2.4.4.
    fn of_h265(nal: &[u8]) -> Self {
        match (nal[0] >> 1) & 0x3f {
            kind @ 0..=31 => Self::Slice {
                // first_slice_segment_in_pic_flag
                first: nal.get(2).is_some_and(|byte| byte & 0x80 != 0),
                key: (16..=23).contains(&kind),
            },
            32..=34 => Self::ParameterSet,
            35 => Self::Delimiter,
            39 | 41..=44 | 48..=55 => Self::BeforeSlices,
            _ => Self::AfterSlices,
        }
    }
}

fn fu_bits(first: bool, last: bool) -> u8 {
    u8::from(first) << 7 | u8::from(last) << 6
}

/// `body` in parts of at most `most` bytes, with whether each is the first and the last.
fn parts(body: Range<usize>, most: usize) -> impl Iterator<Item = (Range<usize>, bool, bool)> {
    body.clone().step_by(most).map(move |from| {
        let to = (from + most).min(body.end);
        (from..to, from == body.start, to == body.end)
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// The fixture clips are described in `tests/fixtures/clips/README.md`.
    pub(crate) fn fixtures() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/clips")
    }

    /// Puts RTP payloads together again: an independent reading of RFC 6184 and RFC 7798.
    fn depacketise(codec: Codec, payloads: &[Vec<u8>]) -> Vec<Vec<u8>> {
        let mut nals = Vec::new();
        let mut open: Option<Vec<u8>> = None;
        for payload in payloads {
            let (fragment, header_bytes) = match codec {
                Codec::H265 => (payload[0] >> 1 & 0x3f == 49, 3),
                _ => (payload[0] & 0x1f == 28, 2),
            };
            if !fragment {
                assert!(open.is_none());
                nals.push(payload.clone());
                continue;
            }
            let fu = payload[header_bytes - 1];
            if fu & 0x80 != 0 {
                assert!(open.is_none());
                open = Some(match codec {
                    Codec::H265 => vec![(payload[0] & 0x81) | (fu & 0x3f) << 1, payload[1]],
                    _ => vec![(payload[0] & 0xe0) | (fu & 0x1f)],
                });
            }
            let nal = open.as_mut().expect("a fragment without a start");
            nal.extend_from_slice(&payload[header_bytes..]);
            if fu & 0x40 != 0 {
                nals.extend(open.take());
            }
        }
        assert!(open.is_none());
        nals
    }

    fn payloads_of(clip: &Clip, number: u64) -> Vec<Vec<u8>> {
        clip.payloads(clip.unit(number))
            .map(|(header, body)| [header, body].concat())
            .collect()
    }

    #[test]
    fn packets_put_together_again_are_the_clip() {
        for (name, codec) in [("sub-01", Codec::H264), ("sub-02", Codec::H265)] {
            let clip = load(&fixtures(), name).unwrap();
            assert_eq!(clip.meta.codec, codec);
            assert_eq!(clip.num_units(), clip.meta.frames as usize);
            let mut nals = Vec::new();
            let mut fragments = 0;
            for number in 0..clip.num_units() as u64 {
                let payloads = payloads_of(&clip, number);
                assert!(payloads.iter().all(|p| p.len() <= MAX_PAYLOAD_BYTES));
                fragments += payloads.len();
                let unit = depacketise(codec, &payloads);
                fragments -= unit.len();
                nals.extend(unit);
            }
            assert!(fragments > 0, "{name} has no unit that needs fragments");
            let is_delimiter = |nal: &[u8]| match codec {
                Codec::H265 => nal[0] >> 1 & 0x3f == 35,
                _ => nal[0] & 0x1f == 9,
            };
            let expect: Vec<_> = Nals::new(&clip.bytes)
                .map(|range| clip.bytes[range].to_vec())
                .filter(|nal| !is_delimiter(nal))
                .collect();
            assert!(nals == expect, "{name} does not come back");
        }
    }

    #[test]
    fn a_clip_goes_round_for_ever() {
        let clip = load(&fixtures(), "sub-01").unwrap();
        let len = clip.num_units() as u64;
        assert!(clip.unit(0).keyframe && !clip.unit(1).keyframe);
        for round in [1, 7, 1_000_000_007] {
            assert!(clip.unit(round * len).keyframe);
            assert_eq!(payloads_of(&clip, 3), payloads_of(&clip, round * len + 3));
            assert_eq!(clip.keyframe_at_or_before(round * len + 3), round * len);
        }
    }

    #[test]
    fn the_stamp_goes_in_front_of_the_first_slice() {
        let clip = load(&fixtures(), "sub-01").unwrap();
        for number in 0..clip.num_units() as u64 {
            let unit = clip.unit(number);
            let payloads = payloads_of(&clip, number);
            let kinds: Vec<u8> = payloads.iter().map(|p| p[0] & 0x1f).collect();
            let first_slice = kinds.iter().position(|k| matches!(k, 1..=5 | 28)).unwrap();
            assert_eq!(unit.stamp_before as usize, first_slice, "{kinds:?}");
        }
    }

    #[test]
    fn units_without_delimiters_are_split_at_the_first_slice() {
        let bytes = [
            &[0, 0, 0, 1, 0x67, 0x42][..],
            &[0, 0, 1, 0x68, 0xce],
            &[0, 0, 1, 0x65, 0x88, 1],
            &[0, 0, 1, 0x65, 0x48, 2], // a second slice of the same picture
            &[0, 0, 1, 0x41, 0x9a, 3],
            &[0, 0, 1, 0x06, 0x05, 4], // an SEI of the next
            &[0, 0, 1, 0x41, 0x9a, 5],
        ]
        .concat();
        let clip = Clip::new(meta("x", Codec::H264), bytes).unwrap();
        let sizes: Vec<_> = clip.units.iter().map(|u| u.packets.len()).collect();
        assert_eq!(sizes, [4, 1, 2]);
        assert_eq!(clip.parameter_sets.len(), 2);
    }

    #[test]
    fn what_cannot_be_served_is_refused_with_a_reason() {
        let check = |codec, bytes: &[u8], expect: &str| {
            let error = Clip::new(meta("x", codec), bytes.to_vec()).unwrap_err();
            assert!(error.to_string().contains(expect), "{error}");
        };
        check(Codec::H264, &[], "key picture");
        check(Codec::H264, &[0, 0, 1, 0x41, 0x9a, 3], "key picture");
        check(Codec::H264, &[0, 0, 1, 0x65, 0x88, 3], "parameter sets");
        check(Codec::Jpeg, b"no picture", "key picture");
        let missing = load(&fixtures(), "no-such-clip").unwrap_err();
        assert!(matches!(missing, ClipError::Missing { .. }));
    }

    pub(crate) fn meta(name: &str, codec: Codec) -> Meta {
        Meta {
            name: name.into(),
            codec,
            width: 160,
            height: 96,
            fps_num: 15,
            fps_den: 1,
            frames: 1,
        }
    }
}
