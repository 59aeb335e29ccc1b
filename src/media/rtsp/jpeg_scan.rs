//! How many blocks a JPEG's scan holds, found by reading its codes (ITU-T T.81 annex F): for cameras
//! whose pictures are wider than RTP's header can say, and that let the number overflow or write 0.

use crate::jpeg_head::{CHROMA_AC_LENGTHS, CHROMA_AC_SYMBOLS, CHROMA_DC_LENGTHS, DC_SYMBOLS};
use crate::jpeg_head::{LUMA_AC_LENGTHS, LUMA_AC_SYMBOLS, LUMA_DC_LENGTHS};

/// What a scan holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Scan {
    /// Groups of blocks (16 by 16, or 16 by 8, pixels).
    pub(crate) groups: usize,
    /// Groups before the first restart marker.
    pub(crate) first_restart: Option<usize>,
}

/// A table of codes, by their length.
struct Codes<'a> {
    /// The first code of each length, and the place of its symbol.
    first: [(u32, usize); 17],
    counts: &'a [u8; 16],
    symbols: &'a [u8],
}

impl<'a> Codes<'a> {
    fn new(counts: &'a [u8; 16], symbols: &'a [u8]) -> Self {
        let mut first = [(0, 0); 17];
        let (mut code, mut place) = (0_u32, 0);
        for (length, count) in counts.iter().enumerate() {
            first[length + 1] = (code, place);
            code = (code + u32::from(*count)) << 1;
            place += usize::from(*count);
        }
        Self {
            first,
            counts,
            symbols,
        }
    }

    fn read(&self, bits: &mut Bits<'_>) -> Option<u8> {
        let mut code = 0;
        for length in 1..=16 {
            code = code << 1 | bits.next()?;
            let (first, place) = self.first[length];
            let at = code.checked_sub(first)?;
            if at < u32::from(self.counts[length - 1]) {
                return self.symbols.get(place + at as usize).copied();
            }
        }
        None
    }
}

struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
    bit: u32,
}

impl Bits<'_> {
    fn next(&mut self) -> Option<u32> {
        let byte = *self.bytes.get(self.at)?;
        if self.bit == 0 && byte == 0xFF && self.bytes.get(self.at + 1) != Some(&0) {
            // A marker where codes should go on.
            return None;
        }
        let value = u32::from(byte >> (7 - self.bit) & 1);
        self.bit += 1;
        if self.bit == 8 {
            self.bit = 0;
            self.at += if byte == 0xFF { 2 } else { 1 };
        }
        Some(value)
    }

    fn skip(&mut self, count: u8) -> Option<()> {
        for _ in 0..count {
            self.next()?;
        }
        Some(())
    }

    /// The marker that stands at the next whole byte, behind ones only.
    fn marker(&self) -> Option<(u8, usize)> {
        let at = if self.bit == 0 {
            self.at
        } else {
            let byte = *self.bytes.get(self.at)?;
            let rest = 0xFF >> self.bit;
            if byte & rest != rest {
                return None;
            }
            self.at + if byte == 0xFF { 2 } else { 1 }
        };
        match self.bytes.get(at..at + 2)? {
            [0xFF, marker] if *marker != 0 => Some((*marker, at + 2)),
            _ => None,
        }
    }

    fn is_at_end(&self) -> bool {
        let whole = if self.bit == 0 { self.at } else { self.at + 1 };
        whole >= self.bytes.len()
    }
}

/// Counts the groups of a scan with the tables that RFC 2435 takes for granted; nothing where it
/// cannot be read with them.
pub(crate) fn count(scan: &[u8], halves_rows: bool) -> Option<Scan> {
    let luma = (
        Codes::new(&LUMA_DC_LENGTHS, &DC_SYMBOLS),
        Codes::new(&LUMA_AC_LENGTHS, &LUMA_AC_SYMBOLS),
    );
    let chroma = (
        Codes::new(&CHROMA_DC_LENGTHS, &DC_SYMBOLS),
        Codes::new(&CHROMA_AC_LENGTHS, &CHROMA_AC_SYMBOLS),
    );
    let num_luma = if halves_rows { 4 } else { 2 };
    let mut bits = Bits {
        bytes: scan,
        at: 0,
        bit: 0,
    };
    let mut groups = 0;
    let mut first_restart = None;
    loop {
        match bits.marker() {
            Some((0xD0..=0xD7, behind)) => {
                first_restart.get_or_insert(groups);
                bits.at = behind;
                bits.bit = 0;
                continue;
            }
            Some(_) => break,
            None if bits.is_at_end() => break,
            None => {}
        }
        for block in 0..num_luma + 2 {
            let (dc, ac) = if block < num_luma { &luma } else { &chroma };
            read_block(&mut bits, dc, ac)?;
        }
        groups += 1;
    }
    (groups > 0).then_some(Scan {
        groups,
        first_restart,
    })
}

fn read_block(bits: &mut Bits<'_>, dc: &Codes<'_>, ac: &Codes<'_>) -> Option<()> {
    let size = dc.read(bits)?;
    bits.skip(size)?;
    let mut place = 1;
    while place < 64 {
        let symbol = ac.read(bits)?;
        let (zeros, size) = (usize::from(symbol >> 4), symbol & 15);
        if size == 0 {
            if zeros < 15 {
                break;
            }
            place += 16;
            continue;
        }
        place += zeros + 1;
        bits.skip(size)?;
    }
    Some(())
}

/// Sizes of large pictures, where neither side is told.
const USUAL_SIZES: [(usize, usize); 8] = [
    (2560, 1440),
    (2592, 1944),
    (3840, 2160),
    (2688, 1520),
    (2304, 1296),
    (2560, 1920),
    (3072, 2048),
    (4000, 3000),
];

/// The size with so many groups whose eighths, in eight bits, are those that were told (0: not told).
pub(crate) fn size_of(groups: usize, eighths: (u8, u8), halves_rows: bool) -> Option<(u16, u16)> {
    let rows_a_group = if halves_rows { 16 } else { 8 };
    let fits =
        |width: usize, height: usize| width.div_ceil(16) * height.div_ceil(rows_a_group) == groups;
    let (width, height) = (usize::from(eighths.0) * 8, usize::from(eighths.1) * 8);
    let larger = |told: usize| {
        (0..4)
            .map(move |more| told + 2048 * more)
            .filter(|n| *n > 0)
    };
    let found = match (width, height) {
        (0, 0) => USUAL_SIZES.into_iter().find(|(w, h)| fits(*w, *h)),
        (0, _) => larger(height).find_map(|height| {
            let rows = height.div_ceil(rows_a_group);
            let width = groups / rows * 16;
            (groups.is_multiple_of(rows) && width > 2040).then_some((width, height))
        }),
        (_, 0) => larger(width).find_map(|width| {
            let columns = width.div_ceil(16);
            let height = groups / columns * rows_a_group;
            (groups.is_multiple_of(columns) && height > 2040).then_some((width, height))
        }),
        _ => larger(height)
            .flat_map(|height| larger(width).map(move |width| (width, height)))
            .filter(|(width, height)| fits(*width, *height))
            .min_by_key(|(width, height)| width + height),
    };
    let (width, height) = found?;
    Some((u16::try_from(width).ok()?, u16::try_from(height).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A scan of grey groups: each block is "no difference, nothing more".
    fn grey(groups: usize, restart: usize) -> Vec<u8> {
        let mut bits = String::new();
        let mut bytes = Vec::new();
        let flush = |bits: &mut String, bytes: &mut Vec<u8>| {
            while !bits.len().is_multiple_of(8) {
                bits.push('1');
            }
            for byte in bits.as_bytes().chunks(8) {
                let byte = u8::from_str_radix(std::str::from_utf8(byte).unwrap(), 2).unwrap();
                bytes.push(byte);
                if byte == 0xFF {
                    bytes.push(0);
                }
            }
            bits.clear();
        };
        for group in 0..groups {
            if restart > 0 && group > 0 && group % restart == 0 {
                flush(&mut bits, &mut bytes);
                bytes.extend([0xFF, 0xD0 + (group / restart - 1) as u8 % 8]);
            }
            // Luma: DC 0 is 00, end of block 1010; chroma: 00 and 00.
            bits.push_str(&"001010".repeat(4));
            bits.push_str(&"0000".repeat(2));
        }
        flush(&mut bits, &mut bytes);
        bytes
    }

    #[test]
    fn groups_are_counted_and_restarts_found() {
        let count = |groups, restart| count(&grey(groups, restart), true).unwrap();
        assert_eq!(
            count(160 * 90, 0),
            Scan {
                groups: 14_400,
                first_restart: None
            }
        );
        assert_eq!(
            count(100, 40),
            Scan {
                groups: 100,
                first_restart: Some(40)
            }
        );
        assert_eq!(super::count(b"\xFF\xD9", true), None);
        assert_eq!(super::count(&[], true), None);
    }

    #[test]
    fn sizes_follow_from_their_remainders() {
        // 2560 wide: nothing is told, or 320 eighths less 256.
        assert_eq!(size_of(160 * 90, (0, 180), true), Some((2560, 1440)));
        assert_eq!(size_of(160 * 90, (64, 180), true), Some((2560, 1440)));
        assert_eq!(size_of(160 * 90, (0, 0), true), Some((2560, 1440)));
        assert_eq!(size_of(240 * 135, (224, 14), true), Some((3840, 2160)));
        assert_eq!(size_of(40 * 23, (80, 45), true), Some((640, 360)));
        assert_eq!(size_of(40 * 45, (80, 45), false), Some((640, 360)));
        assert_eq!(size_of(41, (80, 45), true), None);
    }
}
