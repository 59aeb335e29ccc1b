//! The head of a JPEG file that RTP leaves out (RFC 2435 appendices A and B, ITU-T T.81 annex K).

/// Everything a head says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Head<'a> {
    /// Width and height in pixels.
    pub(crate) size: (u16, u16),
    /// Colour has half the rows as well as half the columns (4:2:0), else half the columns (4:2:2).
    pub(crate) halves_rows: bool,
    /// Tables of 64 (or, with `is_wide`, 128) bytes each, one behind the other.
    pub(crate) quantizers: &'a [u8],
    pub(crate) is_wide: bool,
    /// Blocks between restart markers; 0 for none.
    pub(crate) restart_interval: u16,
}

/// The quantizers of a quality from 1 to 99, luma and chroma.
pub(crate) fn quantizers(quality: u8) -> [u8; 128] {
    let quality = u32::from(quality.clamp(1, 99));
    let factor = if quality < 50 {
        5000 / quality
    } else {
        200 - quality * 2
    };
    let mut tables = [0; 128];
    let standard = LUMA_QUANTIZERS.iter().chain(&CHROMA_QUANTIZERS);
    for (value, standard) in tables.iter_mut().zip(standard) {
        *value = ((u32::from(*standard) * factor + 50) / 100).clamp(1, 255) as u8;
    }
    tables
}

/// Writes the head of a file, up to the beginning of its scan.
pub(crate) fn write(head: &Head<'_>, into: &mut Vec<u8>) {
    into.extend([0xFF, 0xD8]);
    let table_bytes = if head.is_wide { 128 } else { 64 };
    let num_tables = head.quantizers.chunks_exact(table_bytes).take(4).count();
    for (number, table) in head
        .quantizers
        .chunks_exact(table_bytes)
        .take(4)
        .enumerate()
    {
        into.extend([0xFF, 0xDB, 0, table_bytes as u8 + 3]);
        into.push(number as u8 | u8::from(head.is_wide) << 4);
        into.extend(table);
    }
    if head.restart_interval > 0 {
        into.extend([0xFF, 0xDD, 0, 4]);
        into.extend(head.restart_interval.to_be_bytes());
    }
    into.extend([0xFF, 0xC0, 0, 17, 8]);
    into.extend(head.size.1.to_be_bytes());
    into.extend(head.size.0.to_be_bytes());
    let luma = if head.halves_rows { 0x22 } else { 0x21 };
    let (blue, red) = match num_tables {
        0 | 1 => (0, 0),
        2 => (1, 1),
        _ => (1, 2),
    };
    into.extend([3, 1, luma, 0, 2, 0x11, blue, 3, 0x11, red]);
    write_huffman(into);
    into.extend([0xFF, 0xDA, 0, 12, 3, 1, 0, 2, 0x11, 3, 0x11, 0, 63, 0]);
}

/// The tables that RFC 2435 takes for granted.
fn write_huffman(into: &mut Vec<u8>) {
    let mut table = |class: u8, lengths: &[u8; 16], symbols: &[u8]| {
        into.extend([0xFF, 0xC4]);
        into.extend((3 + 16 + symbols.len() as u16).to_be_bytes());
        into.push(class);
        into.extend(lengths);
        into.extend(symbols);
    };
    table(0x00, &LUMA_DC_LENGTHS, &DC_SYMBOLS);
    table(0x10, &LUMA_AC_LENGTHS, &LUMA_AC_SYMBOLS);
    table(0x01, &CHROMA_DC_LENGTHS, &DC_SYMBOLS);
    table(0x11, &CHROMA_AC_LENGTHS, &CHROMA_AC_SYMBOLS);
}

/// What the segments of a head say that stand outside the payload (ONVIF's way for pictures that are
/// too large for RFC 2435).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Segments {
    pub(crate) size: Option<(u16, u16)>,
    pub(crate) halves_rows: Option<bool>,
    pub(crate) restart_interval: Option<u16>,
    /// Quantizers of eight bits, in the order of their numbers.
    pub(crate) quantizers: Vec<u8>,
}

/// Reads marker segments as far as they go.
pub(crate) fn read_segments(mut bytes: &[u8]) -> Segments {
    let mut segments = Segments::default();
    while let [0xFF, marker, rest @ ..] = bytes {
        match marker {
            // Fill bytes, and the beginning of the file.
            0xFF => {
                bytes = &bytes[1..];
                continue;
            }
            0xD8 => {
                bytes = rest;
                continue;
            }
            _ => {}
        }
        let [high, low, ..] = rest else { break };
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        let Some((segment, behind)) = rest.split_at_checked(length.max(2)) else {
            break;
        };
        let segment = &segment[2..];
        match marker {
            0xDB => {
                let mut tables = segment;
                while let Some((table, more)) = tables.split_at_checked(65) {
                    if table[0] >> 4 == 0 {
                        segments.quantizers.extend(&table[1..]);
                    }
                    tables = more;
                }
            }
            0xC0 | 0xC1 => {
                if let [_, h1, h2, w1, w2, _, _, luma, ..] = *segment {
                    segments.size =
                        Some((u16::from_be_bytes([w1, w2]), u16::from_be_bytes([h1, h2])));
                    segments.halves_rows = Some(luma & 15 == 2);
                }
            }
            0xDD => {
                if let [high, low, ..] = *segment {
                    segments.restart_interval = Some(u16::from_be_bytes([high, low]));
                }
            }
            0xDA => break,
            _ => {}
        }
        bytes = behind;
    }
    segments
}

// In the order of the scan (zigzag).
const LUMA_QUANTIZERS: [u8; 64] = [
    16, 11, 12, 14, 12, 10, 16, 14, 13, 14, 18, 17, 16, 19, 24, 40, 26, 24, 22, 22, 24, 49, 35, 37,
    29, 40, 58, 51, 61, 60, 57, 51, 56, 55, 64, 72, 92, 78, 64, 68, 87, 69, 55, 56, 80, 109, 81,
    87, 95, 98, 103, 104, 103, 62, 77, 113, 121, 112, 100, 120, 92, 101, 103, 99,
];
const CHROMA_QUANTIZERS: [u8; 64] = [
    17, 18, 18, 24, 21, 24, 47, 26, 26, 47, 99, 66, 56, 66, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
];

// How many codes there are of each length, and what they mean.
pub(crate) const DC_SYMBOLS: [u8; 12] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
pub(crate) const LUMA_DC_LENGTHS: [u8; 16] = [0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0];
pub(crate) const CHROMA_DC_LENGTHS: [u8; 16] = [0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0];
pub(crate) const LUMA_AC_LENGTHS: [u8; 16] = [0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 0x7D];
pub(crate) const CHROMA_AC_LENGTHS: [u8; 16] = [0, 2, 1, 2, 4, 4, 3, 4, 7, 5, 4, 4, 0, 1, 2, 0x77];
pub(crate) const LUMA_AC_SYMBOLS: [u8; 162] = [
    0x01, 0x02, 0x03, 0x00, 0x04, 0x11, 0x05, 0x12, 0x21, 0x31, 0x41, 0x06, 0x13, 0x51, 0x61, 0x07,
    0x22, 0x71, 0x14, 0x32, 0x81, 0x91, 0xA1, 0x08, 0x23, 0x42, 0xB1, 0xC1, 0x15, 0x52, 0xD1, 0xF0,
    0x24, 0x33, 0x62, 0x72, 0x82, 0x09, 0x0A, 0x16, 0x17, 0x18, 0x19, 0x1A, 0x25, 0x26, 0x27, 0x28,
    0x29, 0x2A, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3A, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49,
    0x4A, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59, 0x5A, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69,
    0x6A, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78, 0x79, 0x7A, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89,
    0x8A, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99, 0x9A, 0xA2, 0xA3, 0xA4, 0xA5, 0xA6, 0xA7,
    0xA8, 0xA9, 0xAA, 0xB2, 0xB3, 0xB4, 0xB5, 0xB6, 0xB7, 0xB8, 0xB9, 0xBA, 0xC2, 0xC3, 0xC4, 0xC5,
    0xC6, 0xC7, 0xC8, 0xC9, 0xCA, 0xD2, 0xD3, 0xD4, 0xD5, 0xD6, 0xD7, 0xD8, 0xD9, 0xDA, 0xE1, 0xE2,
    0xE3, 0xE4, 0xE5, 0xE6, 0xE7, 0xE8, 0xE9, 0xEA, 0xF1, 0xF2, 0xF3, 0xF4, 0xF5, 0xF6, 0xF7, 0xF8,
    0xF9, 0xFA,
];
pub(crate) const CHROMA_AC_SYMBOLS: [u8; 162] = [
    0x00, 0x01, 0x02, 0x03, 0x11, 0x04, 0x05, 0x21, 0x31, 0x06, 0x12, 0x41, 0x51, 0x07, 0x61, 0x71,
    0x13, 0x22, 0x32, 0x81, 0x08, 0x14, 0x42, 0x91, 0xA1, 0xB1, 0xC1, 0x09, 0x23, 0x33, 0x52, 0xF0,
    0x15, 0x62, 0x72, 0xD1, 0x0A, 0x16, 0x24, 0x34, 0xE1, 0x25, 0xF1, 0x17, 0x18, 0x19, 0x1A, 0x26,
    0x27, 0x28, 0x29, 0x2A, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3A, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48,
    0x49, 0x4A, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59, 0x5A, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68,
    0x69, 0x6A, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78, 0x79, 0x7A, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87,
    0x88, 0x89, 0x8A, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99, 0x9A, 0xA2, 0xA3, 0xA4, 0xA5,
    0xA6, 0xA7, 0xA8, 0xA9, 0xAA, 0xB2, 0xB3, 0xB4, 0xB5, 0xB6, 0xB7, 0xB8, 0xB9, 0xBA, 0xC2, 0xC3,
    0xC4, 0xC5, 0xC6, 0xC7, 0xC8, 0xC9, 0xCA, 0xD2, 0xD3, 0xD4, 0xD5, 0xD6, 0xD7, 0xD8, 0xD9, 0xDA,
    0xE2, 0xE3, 0xE4, 0xE5, 0xE6, 0xE7, 0xE8, 0xE9, 0xEA, 0xF2, 0xF3, 0xF4, 0xF5, 0xF6, 0xF7, 0xF8,
    0xF9, 0xFA,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_that_is_written_is_read_again() {
        let tables = quantizers(50);
        assert_eq!(tables[..3], [16, 11, 12]);
        assert_eq!(quantizers(99)[..3], [1, 1, 1]);
        assert_eq!(quantizers(1)[127], 255);
        let head = Head {
            size: (2560, 1440),
            halves_rows: true,
            quantizers: &tables,
            is_wide: false,
            restart_interval: 40,
        };
        let mut bytes = Vec::new();
        write(&head, &mut bytes);
        let read = read_segments(&bytes);
        assert_eq!(read.size, Some((2560, 1440)));
        assert_eq!(read.halves_rows, Some(true));
        assert_eq!(read.restart_interval, Some(40));
        assert_eq!(read.quantizers, tables);
        for cut in 0..bytes.len() {
            read_segments(&bytes[..cut]);
        }
    }
}
