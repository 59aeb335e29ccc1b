//! NAL units of H.264 and H.265: what has to be known of each to cut pictures and to join a stream.

use h264_reader::nal::sps::{FrameMbsFlags, SeqParameterSet};
use h264_reader::rbsp::{BitRead as _, BitReader};

/// H.264 or H.265.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Syntax {
    H264,
    H265,
}

/// What a NAL unit is to whoever cuts pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Part of a picture.
    Slice(Slice),
    /// A parameter set: video, sequence or picture.
    Set(SetKind),
    /// Supplemental information before a picture, delimiters and the like.
    Prefix,
    /// What belongs to the picture before it.
    Suffix,
    /// Nothing of use.
    Filler,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum SetKind {
    Video,
    Sequence,
    Picture,
}

/// The beginning of a slice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slice {
    /// It is the first of its picture.
    pub(crate) is_first: bool,
    /// It is of a picture where decoding can begin (IDR, CRA, BLA).
    pub(crate) is_key: bool,
    /// It refers to no other picture.
    pub(crate) is_intra: bool,
    /// It is of a field: which one, and of which frame.
    pub(crate) field: Option<(bool, u32)>,
}

impl Syntax {
    /// Bytes of a NAL unit's own head.
    pub(crate) fn head_bytes(self) -> usize {
        match self {
            Self::H264 => 1,
            Self::H265 => 2,
        }
    }

    /// What a NAL unit is, by its first bytes; `fields` knows how fields are told, where there are
    /// any.
    pub(crate) fn kind(self, nal: &[u8], fields: Option<Fields>) -> Option<Kind> {
        let first = *nal.first()?;
        match self {
            Self::H264 => Some(match first & 31 {
                kind @ (1 | 2 | 5) => Kind::Slice(slice_h264(nal, kind == 5, fields)),
                7 => Kind::Set(SetKind::Sequence),
                8 => Kind::Set(SetKind::Picture),
                6 | 9 | 13..=18 => Kind::Prefix,
                12 => Kind::Filler,
                // 3, 4: further partitions; 10, 11: ends; 19: auxiliary; 20, 21: extensions.
                3 | 4 | 10 | 11 | 19..=21 => Kind::Suffix,
                _ => return None,
            }),
            Self::H265 => {
                nal.get(1)?;
                Some(match (first >> 1) & 63 {
                    kind @ (0..=9 | 16..=21) => Kind::Slice(Slice {
                        is_first: nal.get(2).is_none_or(|byte| byte & 0x80 != 0),
                        is_key: kind >= 16,
                        is_intra: kind >= 16,
                        field: None,
                    }),
                    32 => Kind::Set(SetKind::Video),
                    33 => Kind::Set(SetKind::Sequence),
                    34 => Kind::Set(SetKind::Picture),
                    35 | 39 | 41..=44 => Kind::Prefix,
                    36 | 37 | 40 | 45..=47 => Kind::Suffix,
                    38 => Kind::Filler,
                    _ => return None,
                })
            }
        }
    }

    /// After how many further pictures all is whole, where supplemental information says that
    /// decoding can begin here (a recovery point).
    pub(crate) fn recovery_point(self, nal: &[u8]) -> Option<u16> {
        let is_sei = match self {
            Self::H264 => nal.first()? & 31 == 6,
            Self::H265 => (nal.first()? >> 1) & 63 == 39,
        };
        if !is_sei {
            return None;
        }
        let bytes = unescaped(nal.get(self.head_bytes()..)?, 1024);
        let mut rest = &bytes[..];
        // What ends a message of this kind: the stop bit alone.
        while rest.len() > 2 {
            let (kind, behind) = sei_number(rest)?;
            let (length, behind) = sei_number(behind)?;
            let payload = &behind[..behind.len().min(length)];
            if kind == 6 {
                let mut bits = BitReader::new(payload);
                let count = match self {
                    Self::H264 => i64::from(bits.read_ue("recovery_frame_cnt").ok()?),
                    Self::H265 => i64::from(bits.read_se("recovery_poc_cnt").ok()?),
                };
                return Some(count.clamp(0, 1000) as u16);
            }
            rest = behind.get(length..)?;
        }
        None
    }

    /// The number of a parameter set, which tells it from others of its kind.
    pub(crate) fn set_number(self, kind: SetKind, nal: &[u8]) -> Option<u32> {
        match (self, kind) {
            (Self::H264, SetKind::Sequence) => {
                // Behind profile, constraints and level.
                let bytes = unescaped(nal.get(4..)?, 16);
                BitReader::new(&bytes[..]).read_ue("id").ok()
            }
            (Self::H264, _) | (Self::H265, SetKind::Picture) => {
                let bytes = unescaped(nal.get(self.head_bytes()..)?, 16);
                BitReader::new(&bytes[..]).read_ue("id").ok()
            }
            (Self::H265, SetKind::Video) => Some(u32::from(*nal.get(2)? >> 4)),
            (Self::H265, SetKind::Sequence) => {
                let bytes = unescaped(nal.get(2..)?, 512);
                let mut bits = BitReader::new(&bytes[..]);
                sps_head_h265(&mut bits)
            }
        }
    }

    /// What a sequence parameter set says of the pictures; nothing where it cannot be read.
    pub(crate) fn sequence(self, nal: &[u8]) -> Option<Sequence> {
        match self {
            Self::H264 => {
                let bytes = unescaped(nal.get(1..)?, 4096);
                let set = SeqParameterSet::from_bits(BitReader::new(&bytes[..])).ok()?;
                let fields = match set.frame_mbs_flags {
                    FrameMbsFlags::Frames => None,
                    FrameMbsFlags::Fields { .. } => Some(Fields {
                        frame_number_bits: u32::from(set.log2_max_frame_num_minus4) + 4,
                        has_planes: set.chroma_info.separate_colour_plane_flag,
                    }),
                };
                Some(Sequence {
                    size: set.pixel_dimensions().ok(),
                    rate_hz: set
                        .fps()
                        .map(|fps| fps as f32)
                        .filter(|fps| fps.is_finite() && (0.01..=240.0).contains(fps)),
                    fields,
                })
            }
            Self::H265 => {
                let bytes = unescaped(nal.get(2..)?, 512);
                let mut bits = BitReader::new(&bytes[..]);
                let _number = sps_head_h265(&mut bits)?;
                Some(Sequence {
                    size: sps_size_h265(&mut bits),
                    rate_hz: None,
                    fields: None,
                })
            }
        }
    }
}

/// What is known of the pictures of a sequence.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Sequence {
    /// Width and height in pixels.
    pub(crate) size: Option<(u32, u32)>,
    /// Pictures a second, as the set has it.
    pub(crate) rate_hz: Option<f32>,
    /// Pictures may come as two fields.
    pub(crate) fields: Option<Fields>,
}

/// How slices tell fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fields {
    frame_number_bits: u32,
    has_planes: bool,
}

/// The first `most` bytes without emulation prevention.
fn unescaped(bytes: &[u8], most: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len().min(most));
    let mut zeros = 0;
    for byte in bytes {
        if out.len() >= most {
            break;
        }
        if zeros >= 2 && *byte == 3 {
            zeros = 0;
            continue;
        }
        zeros = if *byte == 0 { zeros + 1 } else { 0 };
        out.push(*byte);
    }
    out
}

fn sei_number(mut bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut number = 0;
    loop {
        let (first, rest) = bytes.split_first()?;
        number += usize::from(*first);
        bytes = rest;
        if *first != 0xFF {
            return Some((number, bytes));
        }
    }
}

/// ITU-T H.264 section 7.3.3. What cannot be read is taken for the first slice of a picture.
fn slice_h264(nal: &[u8], is_key: bool, fields: Option<Fields>) -> Slice {
    let bytes = unescaped(&nal[1..], 24);
    let mut bits = BitReader::new(&bytes[..]);
    let first_macroblock = bits.read_ue("first_mb_in_slice").unwrap_or(0);
    let kind = bits.read_ue("slice_type").unwrap_or(0);
    let mut field = || {
        let fields = fields?;
        bits.read_ue("pic_parameter_set_id").ok()?;
        if fields.has_planes {
            bits.read::<u8>(2, "colour_plane_id").ok()?;
        }
        let mut number = 0;
        for _ in 0..fields.frame_number_bits {
            number = number << 1 | u32::from(bits.read_bool("frame_num").ok()?);
        }
        if !bits.read_bool("field_pic_flag").ok()? {
            return None;
        }
        Some((bits.read_bool("bottom_field_flag").ok()?, number))
    };
    Slice {
        is_first: first_macroblock == 0,
        is_key,
        is_intra: is_key || matches!(kind % 5, 2 | 4),
        field: field(),
    }
}

/// Up to and with `sps_seq_parameter_set_id` (ITU-T H.265 section 7.3.2.2).
fn sps_head_h265(bits: &mut BitReader<&[u8]>) -> Option<u32> {
    skip(bits, 4)?;
    let mut layers = 0;
    for _ in 0..3 {
        layers = layers << 1 | u32::from(bits.read_bool("sps_max_sub_layers_minus1").ok()?);
    }
    skip(bits, 1)?;
    // profile_tier_level: the general part …
    skip(bits, 88 + 8)?;
    let mut present = Vec::new();
    for _ in 0..layers {
        let profile = bits.read_bool("sub_layer_profile_present_flag").ok()?;
        present.push((
            profile,
            bits.read_bool("sub_layer_level_present_flag").ok()?,
        ));
    }
    if layers > 0 {
        skip(bits, 2 * (8 - layers))?;
    }
    // … and that of each further layer.
    for (profile, level) in present {
        skip(
            bits,
            if profile { 88 } else { 0 } + if level { 8 } else { 0 },
        )?;
    }
    bits.read_ue("sps_seq_parameter_set_id").ok()
}

fn skip(bits: &mut BitReader<&[u8]>, count: u32) -> Option<()> {
    for _ in 0..count {
        bits.read_bool("skipped").ok()?;
    }
    Some(())
}

fn sps_size_h265(bits: &mut BitReader<&[u8]>) -> Option<(u32, u32)> {
    let mut ue = |name| bits.read_ue(name).ok();
    let chroma = ue("chroma_format_idc")?;
    if chroma == 3 {
        bits.read_bool("separate_colour_plane_flag").ok()?;
    }
    let mut ue = |name| bits.read_ue(name).ok();
    let (width, height) = (ue("width")?, ue("height")?);
    let (mut across, mut down) = (0, 0);
    if bits.read_bool("conformance_window_flag").ok()? {
        let mut ue = |name| bits.read_ue(name).ok();
        let (left, right) = (ue("left")?, ue("right")?);
        let (top, bottom) = (ue("top")?, ue("bottom")?);
        let (unit_x, unit_y) = match chroma {
            1 => (2, 2),
            2 => (2, 1),
            _ => (1, 1),
        };
        across = left.checked_add(right)?.checked_mul(unit_x)?;
        down = top.checked_add(bottom)?.checked_mul(unit_y)?;
    }
    let size = (width.checked_sub(across)?, height.checked_sub(down)?);
    (size.0 > 0 && size.1 > 0 && size.0 <= 32_768 && size.1 <= 32_768).then_some(size)
}

/// Where NAL units begin and end in bytes with start codes; without any, all is one.
pub(crate) fn split(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(bytes);
    std::iter::from_fn(move || {
        let now = rest?;
        let (nal, behind) = match memchr::memmem::find(now, &[0, 0, 1]) {
            Some(at) => (&now[..at], Some(&now[at + 3..])),
            None => (now, None),
        };
        rest = behind;
        Some(nal)
    })
    .map(trimmed)
    .filter(|nal| !nal.is_empty())
}

/// Without the zeros that may follow a NAL unit.
pub(crate) fn trimmed(nal: &[u8]) -> &[u8] {
    let end = nal
        .iter()
        .rposition(|byte| *byte != 0)
        .map_or(0, |at| at + 1);
    &nal[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_told_by_the_first_bytes() {
        let first = |nal: &[u8]| match Syntax::H264.kind(nal, None) {
            Some(Kind::Slice(slice)) => (slice.is_first, slice.is_key, slice.is_intra),
            other => panic!("{other:?}"),
        };
        // first_mb 0 is one bit; 40 is 00000101001.
        assert_eq!(first(&[0x65, 0x88, 0x84]), (true, true, true));
        assert_eq!(first(&[0x41, 0x9A, 0x02]), (true, false, false));
        assert_eq!(
            first(&[0x41, 0b0000_0101, 0b0011_1000]),
            (false, false, false)
        );
        assert_eq!(
            first(&[0x41, 0b1001_1100]),
            (true, false, false),
            "slice type 6"
        );
        assert_eq!(
            first(&[0x41, 0b1_0001000, 0b0_0000000]),
            (true, false, true),
            "slice type 7"
        );
        assert_eq!(first(&[0x41]), (true, false, false), "nothing to be read");
        assert_eq!(
            Syntax::H264.kind(&[0x67], None),
            Some(Kind::Set(SetKind::Sequence))
        );
        assert_eq!(
            Syntax::H264.kind(&[0x7C], None),
            None,
            "a fragment is no NAL unit"
        );
        assert_eq!(Syntax::H264.kind(&[], None), None);
        let of = |kind: u8, byte: u8| Syntax::H265.kind(&[kind << 1, 1, byte], None);
        let slice = |is_first, is_key| {
            Some(Kind::Slice(Slice {
                is_first,
                is_key,
                is_intra: is_key,
                field: None,
            }))
        };
        assert_eq!(of(21, 0x80), slice(true, true));
        assert_eq!(of(1, 0x00), slice(false, false));
        assert_eq!(of(34, 0), Some(Kind::Set(SetKind::Picture)));
        assert_eq!(of(48, 0), None);
    }

    #[test]
    fn recovery_points_are_found_behind_other_information() {
        let h264 = |bytes: &[u8]| Syntax::H264.recovery_point(bytes);
        assert_eq!(h264(&[6, 6, 1, 0xC4, 0x80]), Some(0));
        assert_eq!(
            h264(&[6, 6, 2, 0b0000_0110, 0b0110_0000, 0x80]),
            Some(50 - 1 + 1 - 1 + 1)
        );
        assert_eq!(h264(&[6, 5, 2, 9, 9, 6, 1, 0xC4, 0x80]), Some(0));
        assert_eq!(h264(&[6, 5, 2, 9, 9, 0x80]), None);
        assert_eq!(h264(&[6, 0xFF, 0xFF]), None);
        assert_eq!(h264(&[5, 6, 1, 0xC4]), None, "no such information");
        assert_eq!(
            Syntax::H265.recovery_point(&[39 << 1, 1, 6, 1, 0xC0, 0x80]),
            Some(0)
        );
    }

    #[test]
    fn sizes_and_numbers_are_read_from_sets() {
        // Made by x264 (640x360) and x265 (640x360).
        let sps = [
            0x67, 0x64, 0x00, 0x1E, 0xAC, 0xD9, 0x40, 0xA0, 0x2F, 0xF9, 0x70, 0x11, 0x00, 0x00,
            0x03, 0x00, 0x01, 0x00, 0x00, 0x03, 0x00, 0x1E, 0x0F, 0x16, 0x2D, 0x96,
        ];
        assert_eq!(Syntax::H264.set_number(SetKind::Sequence, &sps), Some(0));
        assert_eq!(Syntax::H264.sequence(&sps).unwrap().size, Some((640, 360)));
        for cut in 0..sps.len() {
            Syntax::H264.sequence(&sps[..cut]);
            Syntax::H264.set_number(SetKind::Sequence, &sps[..cut]);
        }
        let hevc = [
            0x42, 0x01, 0x01, 0x01, 0x60, 0x00, 0x00, 0x03, 0x00, 0x90, 0x00, 0x00, 0x03, 0x00,
            0x00, 0x03, 0x00, 0x3F, 0xA0, 0x05, 0x02, 0x01, 0x69, 0x65, 0x95, 0x9A, 0x49, 0x32,
        ];
        assert_eq!(Syntax::H265.set_number(SetKind::Sequence, &hevc), Some(0));
        assert_eq!(Syntax::H265.sequence(&hevc).unwrap().size, Some((640, 360)));
        for cut in 0..hevc.len() {
            Syntax::H265.sequence(&hevc[..cut]);
        }
    }

    #[test]
    fn start_codes_cut() {
        let cut = |bytes: &[u8]| split(bytes).map(<[u8]>::to_vec).collect::<Vec<_>>();
        assert_eq!(
            cut(b"\0\0\0\x01abc\0\0\x01d\0\0\0\x01\0"),
            [b"abc".to_vec(), b"d".to_vec()]
        );
        assert_eq!(cut(b"abc"), [b"abc".to_vec()]);
        assert_eq!(cut(b""), Vec::<Vec<u8>>::new());
    }
}
