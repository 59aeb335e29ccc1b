//! Finds baseline JPEGs in a byte stream and takes them apart for RTP (RFC 2435).
//!
//! RTP carries neither tables nor headers of a JPEG but rebuilds them, so only baseline pictures
//! with the standard Huffman tables (ITU-T T.81 annex K.3) and 4:2:2 or 4:2:0 sampling pass.

use std::ops::Range;

/// Why a JPEG cannot go over RTP.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum JpegError {
    /// The headers end too early or contradict themselves.
    #[error("the JPEG at byte {at} is damaged")]
    Damaged {
        /// Where it begins.
        at: usize,
    },
    /// RFC 2435 has no way to say it.
    #[error("the JPEG at byte {at} has {what}, which RTP cannot carry (RFC 2435)")]
    Unfit {
        /// Where it begins.
        at: usize,
        /// What stands in the way.
        what: &'static str,
    },
}

/// One picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Picture {
    /// The entropy-coded data, with restart markers, without the end marker.
    pub(crate) scan: Range<usize>,
    /// Where the next picture may begin.
    pub(crate) end: usize,
    /// RFC 2435 type: 0 for 4:2:2, 1 for 4:2:0.
    kind: u8,
    width_blocks: u8,
    height_blocks: u8,
    restart_interval: u16,
    tables: [[u8; 64]; 2],
}

impl Picture {
    /// The payload header of the fragment that begins `offset` bytes into the scan
    /// (RFC 2435 sections 3.1.1 to 3.1.8).
    pub(crate) fn payload_header(&self, offset: u32) -> Vec<u8> {
        let restarts = self.restart_interval > 0;
        let [_, high, mid, low] = offset.to_be_bytes();
        let kind = self.kind | if restarts { 64 } else { 0 };
        let mut header = Vec::with_capacity(144);
        header.extend_from_slice(&[0, high, mid, low]);
        header.extend_from_slice(&[kind, 255, self.width_blocks, self.height_blocks]);
        if restarts {
            header.extend_from_slice(&self.restart_interval.to_be_bytes());
            // First and last set, count of all ones: put the whole frame together before decoding.
            header.extend_from_slice(&[0xff, 0xff]);
        }
        if offset == 0 {
            header.extend_from_slice(&[0, 0, 0, 128]);
            header.extend_from_slice(&self.tables[0]);
            header.extend_from_slice(&self.tables[1]);
        }
        header
    }
}

/// The first picture at or after `from`; `None` when there is none.
///
/// # Errors
/// When it is damaged or of a kind that RTP cannot carry.
pub(crate) fn read(bytes: &[u8], from: usize) -> Result<Option<Picture>, JpegError> {
    let Some(start) = find_start(bytes, from) else {
        return Ok(None);
    };
    let damaged = || JpegError::Damaged { at: start };
    let unfit = |what| JpegError::Unfit { at: start, what };

    let mut quantisers = [[0_u8; 64]; 4];
    let mut frame: Option<Frame> = None;
    let mut restart_interval = 0;
    let mut huffman = StandardHuffman::default();
    let mut at = start + 2;
    loop {
        // Any number of fill bytes may stand in front of a marker.
        while bytes.get(at) == Some(&0xff) && bytes.get(at + 1) == Some(&0xff) {
            at += 1;
        }
        let (Some(0xff), Some(&marker)) = (bytes.get(at), bytes.get(at + 1)) else {
            return Err(damaged());
        };
        let length = match bytes.get(at + 2..at + 4) {
            Some(&[high, low]) => u16::from_be_bytes([high, low]) as usize,
            _ => return Err(damaged()),
        };
        let segment = bytes
            .get(at + 4..at + 2 + length.max(2))
            .ok_or_else(damaged)?;
        at += 2 + length.max(2);
        match marker {
            0xdb => read_quantisers(segment, &mut quantisers).map_err(|error| match error {
                None => damaged(),
                Some(what) => unfit(what),
            })?,
            0xc0 => frame = Some(Frame::read(segment).ok_or_else(damaged)?),
            0xc1..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                return Err(unfit("another coding than baseline"));
            }
            0xc4 => huffman.read(segment).ok_or_else(damaged)?,
            0xdd => match segment {
                [high, low] => restart_interval = u16::from_be_bytes([*high, *low]),
                _ => return Err(damaged()),
            },
            0xda => {
                if segment.len() < 10 || segment[0] != 3 {
                    return Err(unfit("a scan that does not hold all three components"));
                }
                break;
            }
            _ => {}
        }
    }
    if huffman.other {
        return Err(unfit("Huffman tables of its own"));
    }
    let frame = frame.ok_or_else(damaged)?;
    let kind = match frame.sampling {
        [0x21, 0x11, 0x11] => 0,
        [0x22, 0x11, 0x11] => 1,
        _ => return Err(unfit("a sampling other than 4:2:2 and 4:2:0")),
    };
    if frame.tables[1] != frame.tables[2] {
        return Err(unfit("different tables for Cb and Cr"));
    }
    let blocks = |pixels: u16| {
        u8::try_from(pixels / 8)
            .ok()
            .filter(|_| pixels.is_multiple_of(8))
    };
    let (Some(width_blocks), Some(height_blocks)) = (blocks(frame.width), blocks(frame.height))
    else {
        return Err(unfit("a size that is above 2040 or no multiple of 8"));
    };
    let table = |id: u8| quantisers.get(id as usize).copied().ok_or_else(damaged);
    let scan_end = find_scan_end(bytes, at);
    if scan_end == at {
        return Err(damaged());
    }
    Ok(Some(Picture {
        scan: at..scan_end,
        end: (scan_end + 2).min(bytes.len()),
        kind,
        width_blocks,
        height_blocks,
        restart_interval,
        tables: [table(frame.tables[0])?, table(frame.tables[1])?],
    }))
}

fn find_start(bytes: &[u8], from: usize) -> Option<usize> {
    bytes
        .get(from..)?
        .windows(3)
        .position(|window| window == [0xff, 0xd8, 0xff])
        .map(|at| from + at)
}

/// The first marker in entropy-coded data that is neither a stuffed zero nor a restart.
fn find_scan_end(bytes: &[u8], from: usize) -> usize {
    let mut at = from;
    while let Some(&[byte, next]) = bytes.get(at..at + 2) {
        if byte == 0xff && next != 0 && !(0xd0..=0xd7).contains(&next) && next != 0xff {
            return at;
        }
        at += 1;
    }
    bytes.len()
}

struct Frame {
    width: u16,
    height: u16,
    sampling: [u8; 3],
    tables: [u8; 3],
}

impl Frame {
    fn read(segment: &[u8]) -> Option<Self> {
        let segment: &[u8; 15] = segment.try_into().ok()?;
        (segment[0] == 8 && segment[5] == 3).then_some(Self {
            height: u16::from_be_bytes([segment[1], segment[2]]),
            width: u16::from_be_bytes([segment[3], segment[4]]),
            sampling: [segment[7], segment[10], segment[13]],
            tables: [segment[8], segment[11], segment[14]],
        })
    }
}

fn read_quantisers(
    mut segment: &[u8],
    quantisers: &mut [[u8; 64]; 4],
) -> Result<(), Option<&'static str>> {
    while let Some((&head, rest)) = segment.split_first() {
        if head >> 4 != 0 {
            return Err(Some("16-bit quantiser tables"));
        }
        let table = quantisers.get_mut((head & 15) as usize).ok_or(None)?;
        let (values, rest) = rest.split_at_checked(64).ok_or(None)?;
        table.copy_from_slice(values);
        segment = rest;
    }
    Ok(())
}

/// Checks Huffman tables against annex K.3 by their code lengths and a sum over their symbols.
#[derive(Default)]
struct StandardHuffman {
    other: bool,
}

impl StandardHuffman {
    fn read(&mut self, mut segment: &[u8]) -> Option<()> {
        while let Some((&head, rest)) = segment.split_first() {
            let (lengths, rest) = rest.split_at_checked(16)?;
            let num: usize = lengths.iter().map(|n| *n as usize).sum();
            let (symbols, rest) = rest.split_at_checked(num)?;
            segment = rest;
            let expect = match head {
                0x00 => &LUMA_DC,
                0x01 => &CHROMA_DC,
                0x10 => &LUMA_AC,
                0x11 => &CHROMA_AC,
                _ => return None,
            };
            self.other |= lengths != expect.lengths || fold(symbols) != expect.symbols;
        }
        Some(())
    }
}

struct Table {
    lengths: [u8; 16],
    /// [`fold`] of the symbols.
    symbols: u32,
}

/// FNV-1a, so that 162 symbols need not stand here twice.
fn fold(symbols: &[u8]) -> u32 {
    symbols.iter().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ *byte as u32).wrapping_mul(0x0100_0193)
    })
}

const LUMA_DC: Table = Table {
    lengths: [0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0],
    symbols: 0x4a50_9959,
};
const CHROMA_DC: Table = Table {
    lengths: [0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0],
    symbols: 0x4a50_9959,
};
const LUMA_AC: Table = Table {
    lengths: [0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 0x7d],
    symbols: 0xe676_e2e5,
};
const CHROMA_AC: Table = Table {
    lengths: [0, 2, 1, 2, 4, 4, 3, 4, 7, 5, 4, 4, 0, 1, 2, 0x77],
    symbols: 0xff9d_ac27,
};

#[cfg(test)]
mod tests {
    use super::*;

    fn fixture() -> Vec<u8> {
        let path = super::super::clip::tests::fixtures().join("sub-03.mjpeg");
        std::fs::read(path).unwrap()
    }

    #[test]
    fn pictures_are_found_one_behind_the_other() {
        let bytes = fixture();
        let (mut at, mut pictures) = (0, Vec::new());
        while let Some(picture) = read(&bytes, at).unwrap() {
            at = picture.end;
            pictures.push(picture);
        }
        assert_eq!(pictures.len(), 30);
        assert_eq!(at, bytes.len());
        for picture in &pictures {
            assert_eq!((picture.width_blocks, picture.height_blocks), (20, 12));
            assert_eq!(bytes[picture.scan.end..picture.end], [0xff, 0xd9]);
            assert!(picture.tables[0].iter().all(|value| *value > 0));
        }
    }

    #[test]
    fn headers_say_where_a_fragment_belongs() {
        let bytes = fixture();
        let mut picture = read(&bytes, 0).unwrap().unwrap();
        assert_eq!(picture.payload_header(0).len(), 8 + 4 + 128);
        assert_eq!(
            picture.payload_header(0x01_0203),
            [0, 1, 2, 3, 1, 255, 20, 12]
        );
        picture.restart_interval = 10;
        assert_eq!(
            picture.payload_header(1),
            [0, 0, 0, 1, 65, 255, 20, 12, 0, 10, 255, 255]
        );
    }

    #[test]
    fn what_rtp_cannot_carry_is_refused() {
        let check = |change: &dyn Fn(&mut Vec<u8>, usize), marker: u8, expect: &str| {
            let mut bytes = fixture();
            let at = bytes
                .windows(2)
                .position(|window| window == [0xff, marker])
                .unwrap();
            change(&mut bytes, at);
            let error = read(&bytes, 0).unwrap_err().to_string();
            assert!(error.contains(expect), "{error}");
        };
        check(&|bytes, at| bytes[at + 1] = 0xc2, 0xc0, "baseline");
        check(&|bytes, at| bytes[at + 11] = 0x11, 0xc0, "sampling");
        check(&|bytes, at| bytes[at + 6] += 1, 0xc0, "multiple of 8");
        check(&|bytes, at| bytes[at + 22] ^= 1, 0xc4, "Huffman");
        check(&|bytes, at| bytes.truncate(at + 3), 0xda, "damaged");
    }

    #[test]
    fn any_bytes_are_survived() {
        let bytes = fixture();
        // Every prefix, and every byte of the headers changed.
        for len in 0..1000 {
            read(&bytes[..len], 0).ok();
        }
        for at in 0..700 {
            for value in [0, 1, 0xc0, 0xda, 0xff] {
                let mut bytes = bytes[..3000].to_vec();
                bytes[at] = value;
                read(&bytes, 0).ok();
            }
        }
    }
}
