//! The capture stamp: when and as which number a camera took a picture, carried inside the stream.
//!
//! An SEI message `user_data_unregistered` (H.264 annex D.1.7, H.265 annex D.2.7) with a UUID of
//! our own and 16 bytes: UTC nanoseconds (signed) and the frame number, both big-endian. The demo
//! city writes it, the wall reads it to measure latency and loss without guessing.
//!
//! Pure functions over bytes. The reader takes any bytes whatever and never panics.

use super::codec::Codec;
use crate::base::clock::WallTime;

/// Marks our message among other unregistered user data.
pub const UUID: [u8; 16] = [
    0x6e, 0x1d, 0x9a, 0x52, 0x0b, 0x7c, 0x4f, 0x0e, 0x9d, 0x31, 0x51, 0x79, 0x72, 0x61, 0x6e, 0x01,
];

/// `payloadType` of `user_data_unregistered`.
const USER_DATA_UNREGISTERED: u32 = 5;
/// UUID, time and number.
const PAYLOAD_BYTES: usize = 32;

/// What a stamp says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// The camera's own clock at capture.
    pub wall: WallTime,
    /// The camera's frame number.
    pub number: u64,
}

/// The stamp as one H.264 NAL unit (type 6), without a start code.
pub fn write_h264(stamp: Stamp) -> Vec<u8> {
    let mut nal = Vec::with_capacity(64);
    append_nal(&mut nal, Codec::H264, stamp);
    nal
}

/// The stamp as one H.265 NAL unit (type 39, prefix SEI), without a start code.
pub fn write_h265(stamp: Stamp) -> Vec<u8> {
    let mut nal = Vec::with_capacity(64);
    append_nal(&mut nal, Codec::H265, stamp);
    nal
}

/// Appends the stamp's NAL unit, without a start code, to `out`; nothing for JPEG.
pub fn append_nal(out: &mut Vec<u8>, codec: Codec, stamp: Stamp) {
    match codec {
        Codec::H264 => out.push(6),
        Codec::H265 => out.extend_from_slice(&[39 << 1, 1]),
        Codec::Jpeg => return,
    }
    let mut rbsp = [0; 2 + PAYLOAD_BYTES + 1];
    rbsp[0] = USER_DATA_UNREGISTERED as u8;
    rbsp[1] = PAYLOAD_BYTES as u8;
    rbsp[2..18].copy_from_slice(&UUID);
    rbsp[18..26].copy_from_slice(&stamp.wall.0.to_be_bytes());
    rbsp[26..34].copy_from_slice(&stamp.number.to_be_bytes());
    rbsp[34] = 0x80; // rbsp_trailing_bits
    // Emulation prevention (H.264 7.4.1, H.265 7.4.2): 00 00 0x becomes 00 00 03 0x.
    let mut zeros = 0;
    for byte in rbsp {
        if zeros == 2 && byte <= 3 {
            out.push(3);
            zeros = 0;
        }
        zeros = if byte == 0 { zeros + 1 } else { 0 };
        out.push(byte);
    }
}

/// Finds the stamp in one Annex B access unit. Looks no further than the first slice, so the cost
/// does not grow with the picture. JPEG carries none.
pub fn find_in_annexb(bytes: &[u8], codec: Codec) -> Option<Stamp> {
    for nal in Nals::new(bytes) {
        let nal = &bytes[nal];
        match kind_of(nal, codec)? {
            Kind::Slice => return None,
            Kind::Sei => {
                let header_bytes = if codec == Codec::H264 { 1 } else { 2 };
                if let Some(stamp) = read_sei(nal.get(header_bytes..)?) {
                    return Some(stamp);
                }
            }
            Kind::Other => {}
        }
    }
    None
}

enum Kind {
    Slice,
    Sei,
    Other,
}

fn kind_of(nal: &[u8], codec: Codec) -> Option<Kind> {
    let Some(first) = nal.first() else {
        return Some(Kind::Other);
    };
    Some(match codec {
        Codec::H264 => match first & 0x1f {
            1..=5 => Kind::Slice,
            6 => Kind::Sei,
            _ => Kind::Other,
        },
        Codec::H265 => match (first >> 1) & 0x3f {
            0..=31 => Kind::Slice,
            39 => Kind::Sei,
            _ => Kind::Other,
        },
        Codec::Jpeg => return None,
    })
}

/// Walks the messages of one SEI (without its NAL header).
fn read_sei(escaped: &[u8]) -> Option<Stamp> {
    let mut rbsp = Unescaped { escaped, zeros: 0 };
    loop {
        let kind = read_ff_coded(&mut rbsp)?;
        let size = read_ff_coded(&mut rbsp)?;
        let mut payload = [0; PAYLOAD_BYTES];
        let ours = kind == USER_DATA_UNREGISTERED && size as usize >= PAYLOAD_BYTES;
        for at in 0..size as usize {
            let byte = rbsp.next()?;
            if let Some(place) = payload.get_mut(at).filter(|_| ours) {
                *place = byte;
            }
        }
        if ours && payload[..16] == UUID {
            let (mut wall, mut number) = ([0; 8], [0; 8]);
            wall.copy_from_slice(&payload[16..24]);
            number.copy_from_slice(&payload[24..32]);
            return Some(Stamp {
                wall: WallTime(i64::from_be_bytes(wall)),
                number: u64::from_be_bytes(number),
            });
        }
    }
}

/// `ff_byte` coding of a message's type and size (H.264 7.3.2.3.1).
fn read_ff_coded(rbsp: &mut Unescaped<'_>) -> Option<u32> {
    let mut value = 0_u32;
    loop {
        let byte = rbsp.next()?;
        value = value.checked_add(byte as u32)?;
        if byte != 0xff {
            return Some(value);
        }
    }
}

/// A NAL unit's bytes with emulation prevention taken out.
struct Unescaped<'a> {
    escaped: &'a [u8],
    zeros: u8,
}

impl Iterator for Unescaped<'_> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        let (&byte, rest) = self.escaped.split_first()?;
        self.escaped = rest;
        if self.zeros >= 2 && byte == 3 {
            self.zeros = 0;
            return self.next();
        }
        self.zeros = if byte == 0 { self.zeros + 1 } else { 0 };
        Some(byte)
    }
}

/// The NAL units of an Annex B byte stream as ranges, without start codes and trailing zeros.
pub(crate) struct Nals<'a> {
    bytes: &'a [u8],
    /// Where the next NAL unit starts, if there is one.
    start: Option<usize>,
}

impl<'a> Nals<'a> {
    /// Bytes before the first start code are passed over.
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            start: start_code(bytes, 0).map(|at| at + 3),
        }
    }
}

impl Iterator for Nals<'_> {
    type Item = std::ops::Range<usize>;

    fn next(&mut self) -> Option<Self::Item> {
        let start = self.start?;
        let next = start_code(self.bytes, start);
        self.start = next.map(|at| at + 3);
        let mut end = next.unwrap_or(self.bytes.len());
        while end > start && self.bytes[end - 1] == 0 {
            end -= 1;
        }
        Some(start..end)
    }
}

/// The position of the next `00 00 01` at or after `from`.
fn start_code(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    while let Some(&[a, b, c]) = bytes.get(at..at + 3) {
        if c > 1 {
            at += 3;
        } else if a == 0 && b == 0 && c == 1 {
            return Some(at);
        } else {
            at += 1;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn annexb(codec: Codec, start_code: &[u8], before: &[&[u8]], stamp: Stamp) -> Vec<u8> {
        let nal = match codec {
            Codec::H265 => write_h265(stamp),
            _ => write_h264(stamp),
        };
        let slice: &[u8] = if codec == Codec::H265 {
            &[1 << 1, 1, 0xaf]
        } else {
            &[0x65, 0x88, 0x84]
        };
        let mut unit = Vec::new();
        for nal in before.iter().copied().chain([&nal[..], slice]) {
            unit.extend_from_slice(start_code);
            unit.extend_from_slice(nal);
        }
        unit
    }

    #[test]
    fn stamps_come_back_whatever_zeros_they_hold() {
        let times = [
            0,
            1,
            2,
            3,
            -1,
            i64::MIN,
            i64::MAX,
            0x0000_0100_0002_0000,
            0x0000_0300_0000_0003,
            1_795_000_000_123_456_789,
        ];
        let numbers = [0, 1, 3, 0x0000_0100, 0x0001_0000_0200_0003, u64::MAX];
        for codec in [Codec::H264, Codec::H265] {
            for wall in times {
                for number in numbers {
                    let stamp = Stamp {
                        wall: WallTime(wall),
                        number,
                    };
                    for code in [&[0, 0, 1][..], &[0, 0, 0, 1]] {
                        let unit = annexb(codec, code, &[], stamp);
                        assert_eq!(find_in_annexb(&unit, codec), Some(stamp), "{unit:02x?}");
                        let nal = &unit[code.len()..unit.len() - code.len() - 3];
                        assert!(
                            !nal.windows(3).any(|w| w[0] == 0 && w[1] == 0 && w[2] < 3),
                            "a start code is emulated in {nal:02x?}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn parameter_sets_and_foreign_messages_before_it_are_passed_over() {
        let stamp = Stamp {
            wall: WallTime(77),
            number: 5,
        };
        // AUD, SPS, PPS, an SEI with user data of somebody else followed by a pic_timing.
        let mut foreign = vec![6, 5, 18];
        foreign.extend_from_slice(&[0xaa; 18]);
        foreign.extend_from_slice(&[1, 2, 0, 7, 0x80]);
        let before: [&[u8]; 4] = [&[9, 0xf0], &[0x67, 0x42, 0, 0x1e], &[0x68, 0xce], &foreign];
        let unit = annexb(Codec::H264, &[0, 0, 0, 1], &before, stamp);
        assert_eq!(find_in_annexb(&unit, Codec::H264), Some(stamp));
    }

    #[test]
    fn nothing_is_looked_for_behind_the_first_slice() {
        let stamp = Stamp {
            wall: WallTime(77),
            number: 5,
        };
        let mut unit = vec![0, 0, 1, 0x41, 0x9a, 0, 0, 1];
        unit.extend_from_slice(&write_h264(stamp));
        assert_eq!(find_in_annexb(&unit, Codec::H264), None);
        assert_eq!(find_in_annexb(&unit, Codec::Jpeg), None);
    }

    #[test]
    fn nal_units_are_found_behind_both_start_codes() {
        let bytes = [9, 0, 0, 1, 5, 6, 0, 0, 0, 1, 7, 0, 0, 1, 0, 0, 1, 8];
        let nals: Vec<_> = Nals::new(&bytes).map(|range| &bytes[range]).collect();
        assert_eq!(nals, [&[5, 6][..], &[7], &[], &[8]]);
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(bytes in proptest::collection::vec(
            prop_oneof![Just(0_u8), Just(1), Just(3), Just(5), Just(6), Just(78), Just(255), any::<u8>()],
            0..200,
        )) {
            for codec in [Codec::H264, Codec::H265, Codec::Jpeg] {
                find_in_annexb(&bytes, codec);
            }
        }

        #[test]
        fn any_stamp_comes_back(wall: i64, number: u64) {
            let stamp = Stamp { wall: WallTime(wall), number };
            for codec in [Codec::H264, Codec::H265] {
                let unit = annexb(codec, &[0, 0, 1], &[], stamp);
                prop_assert_eq!(find_in_annexb(&unit, codec), Some(stamp));
            }
        }
    }
}
