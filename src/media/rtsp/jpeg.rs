//! JPEG files out of RTP payloads (RFC 2435), with ONVIF's way for large ones (ONVIF Streaming
//! Specification section 5.1.4: a header extension that carries the segments of the head).

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;

use crate::jpeg_head::{self, Head, Segments};
use crate::jpeg_scan;
use crate::leniency::{Leniencies, Leniency};
use crate::picture::{Context, Picture};

/// The most bytes of a picture.
const MAX_PICTURE_BYTES: usize = 8 << 20;
/// The most bytes of a picture whose size is told by nobody.
const MAX_BYTES_WITHOUT_SIZE: usize = 1 << 20;
/// So many tables are remembered by their number.
const MAX_TABLES: usize = 128;
/// The profile of the header extension that carries a head.
const HEAD_EXTENSION: u16 = 0xFFD8;
/// And that of the packets behind the first.
const MORE_EXTENSION: u16 = 0xFFFF;
/// A recording's own extension, behind which it may stand.
const REPLAY_EXTENSION: u16 = 0xABAC;

/// A picture on its way.
#[derive(Debug)]
struct Current {
    bytes: Vec<u8>,
    /// Bytes of the scan so far: the offset that the next fragment has to have.
    offset: usize,
    context: Context,
    is_broken: bool,
    lost: u32,
    limit: usize,
    /// Its head is a guess until its scan was counted.
    guess: Option<Guess>,
}

/// What a head was made of whose size is not certain.
#[derive(Debug)]
struct Guess {
    key: GeometryKey,
    size: Option<(u16, u16)>,
    halves_rows: bool,
    quantizers: Vec<u8>,
    is_wide: bool,
    restart_interval: u16,
    /// Where the scan begins.
    scan_at: usize,
}

/// What RTP's header says: kind, eighths of width and height, restart interval.
type GeometryKey = (u8, (u8, u8), u16);

/// What that means, once a scan was counted.
#[derive(Clone, Copy, Debug)]
struct Geometry {
    key: GeometryKey,
    size: (u16, u16),
    restart_interval: u16,
}

/// Takes payloads of one track apart.
#[derive(Debug, Default)]
pub(crate) struct JpegDepacketizer {
    current: Option<Current>,
    ready: VecDeque<Picture>,
    /// Quantizers by the number (128 to 255) under which they came.
    tables: BTreeMap<u8, (Vec<u8>, bool)>,
    /// What the SDP says of the pictures.
    told_size: Option<(u32, u32)>,
    size: Option<(u32, u32)>,
    has_no_size: bool,
    geometry: Option<Geometry>,
    lost: u32,
    /// Packets' numbers do not count: only the offsets tell what is missing.
    is_loss_unknown: bool,
}

impl JpegDepacketizer {
    pub(crate) fn new(told_size: Option<(u32, u32)>) -> Self {
        Self {
            told_size,
            ..Self::default()
        }
    }

    /// Width and height of the last picture, pixels.
    pub(crate) fn size(&self) -> Option<(u32, u32)> {
        self.size
    }

    /// The pictures are too large for the standard, and nobody says how large they are.
    pub(crate) fn has_no_size(&self) -> bool {
        self.has_no_size
    }

    pub(crate) fn pop(&mut self) -> Option<Picture> {
        self.ready.pop_front()
    }

    /// Bytes held, for the tests of bounds.
    #[cfg(test)]
    pub(crate) fn held_bytes(&self) -> usize {
        let tables: usize = self
            .tables
            .values()
            .map(|(table, _)| table.capacity())
            .sum();
        tables
            + self
                .current
                .as_ref()
                .map_or(0, |current| current.bytes.capacity())
    }

    /// So many packets are missing.
    pub(crate) fn note_loss(&mut self, lost: u32) {
        self.lost = self.lost.saturating_add(lost);
    }

    /// Numbers of packets do not count.
    pub(crate) fn note_loss_unknown(&mut self) {
        self.is_loss_unknown = true;
    }

    /// Takes a packet's payload.
    pub(crate) fn push(
        &mut self,
        payload: &[u8],
        extension: Option<(u16, &[u8])>,
        is_marked: bool,
        context: Context,
        leniencies: &mut Leniencies,
    ) {
        let [_, o1, o2, o3, kind, quality, width, height, ref rest @ ..] = *payload else {
            if !payload.is_empty() {
                leniencies.note(Leniency::BadPacket);
            }
            return;
        };
        let offset = usize::from(o1) << 16 | usize::from(o2) << 8 | usize::from(o3);
        let mut rest = rest;
        let mut restart_interval = 0;
        if (64..128).contains(&kind) {
            let Some((restart, behind)) = rest.split_at_checked(4) else {
                leniencies.note(Leniency::BadPacket);
                return;
            };
            restart_interval = u16::from_be_bytes([restart[0], restart[1]]);
            rest = behind;
        }
        // With ONVIF's extension it says which packet is the first, and offsets mean nothing.
        let extension = extension.and_then(head_extension);
        let is_first = match extension {
            Some((profile, _)) => profile == HEAD_EXTENSION,
            None => offset == 0,
        };
        if is_first {
            if self.current.is_some() {
                // The one before has no mark: it ends where this one begins.
                leniencies.note(Leniency::OddMark);
                self.finish(context);
            }
            let begin = Begin {
                kind,
                quality,
                eighths: (width, height),
                restart_interval,
                extension,
            };
            self.begin(&begin, rest, context, leniencies);
        } else if let Some(current) = &mut self.current {
            // Offsets of a few cameras overflow, and ONVIF's way leaves them out; where nothing is
            // lost the fragments follow each other all the same.
            let has_gap = self.lost > 0 || self.is_loss_unknown;
            let follows = !has_gap || (offset == current.offset && extension.is_none());
            if offset != current.offset && follows {
                leniencies.note(Leniency::OddJpeg);
            }
            if follows && !current.is_broken {
                if current.bytes.len() + rest.len() > current.limit {
                    leniencies.note(Leniency::TooLarge);
                    current.is_broken = true;
                    current.bytes = Vec::new();
                } else {
                    current.bytes.extend_from_slice(rest);
                    current.offset += rest.len();
                }
            } else {
                current.is_broken = true;
            }
        }
        if is_marked {
            self.finish(context);
        }
    }

    fn begin(
        &mut self,
        begin: &Begin<'_>,
        rest: &[u8],
        context: Context,
        leniencies: &mut Leniencies,
    ) {
        let mut rest = rest;
        let mut bytes = Vec::with_capacity(32 << 10);
        let mut guess = None;
        let lost = std::mem::take(&mut self.lost);
        self.is_loss_unknown = false;
        if rest.starts_with(&[0xFF, 0xD8, 0xFF]) {
            // A whole file, head and all.
            leniencies.note(Leniency::OddJpeg);
            let segments = jpeg_head::read_segments(rest);
            self.size = segments.size.map(|(w, h)| (u32::from(w), u32::from(h)));
        } else {
            let Some((tables, is_wide, scan)) = self.quantizers(begin.quality, rest, leniencies)
            else {
                return;
            };
            rest = scan;
            let segments = match begin.extension {
                Some((HEAD_EXTENSION, words)) => jpeg_head::read_segments(words),
                _ => Segments::default(),
            };
            if !matches!(begin.kind, 0 | 1 | 64 | 65) {
                leniencies.note(Leniency::OddJpeg);
            }
            let own = segments.quantizers.is_empty();
            let halves_rows = segments.halves_rows.unwrap_or(begin.kind & 1 != 0);
            let mut restart_interval = segments.restart_interval.unwrap_or(begin.restart_interval);
            let key = (begin.kind, begin.eighths, begin.restart_interval);
            let size = if let Some(told) = self.told_size_of(begin, &segments) {
                told
            } else {
                // Eight bits of eighths reach to 2040 pixels; what they mean is seen once a
                // picture was counted.
                let (width, height) = begin.eighths;
                let size = (width > 0 && height > 0)
                    .then(|| (u16::from(width) * 8, u16::from(height) * 8));
                if let Some(known) = self.geometry.filter(|known| known.key == key) {
                    restart_interval = known.restart_interval;
                    known.size
                } else {
                    guess = Some(Guess {
                        key,
                        size,
                        halves_rows,
                        quantizers: if own {
                            tables.clone()
                        } else {
                            segments.quantizers.clone()
                        },
                        is_wide: own && is_wide,
                        restart_interval,
                        scan_at: 0,
                    });
                    size.unwrap_or((16, 16))
                }
            };
            let head = Head {
                size,
                halves_rows,
                quantizers: if own { &tables } else { &segments.quantizers },
                is_wide: own && is_wide,
                restart_interval,
            };
            jpeg_head::write(&head, &mut bytes);
            self.size = Some((u32::from(size.0), u32::from(size.1)));
        }
        if let Some(guess) = &mut guess {
            guess.scan_at = bytes.len();
        }
        let pixels = self.size.map_or(0, |(w, h)| w as usize * h as usize);
        bytes.extend_from_slice(rest);
        self.current = Some(Current {
            bytes,
            offset: rest.len(),
            context,
            is_broken: false,
            lost,
            // A guess may be far too small.
            limit: if guess.is_some() {
                MAX_BYTES_WITHOUT_SIZE * 2 - (128 << 10)
            } else {
                pixels.clamp(MAX_BYTES_WITHOUT_SIZE, MAX_PICTURE_BYTES)
            },
            guess,
        });
    }

    /// The tables of a quality, and what follows them in the first fragment.
    fn quantizers<'a>(
        &mut self,
        quality: u8,
        rest: &'a [u8],
        leniencies: &mut Leniencies,
    ) -> Option<(Vec<u8>, bool, &'a [u8])> {
        if quality < 128 {
            if quality == 0 || quality > 99 {
                leniencies.note(Leniency::OddJpeg);
            }
            return Some((jpeg_head::quantizers(quality).to_vec(), false, rest));
        }
        let [_, precision, high, low, ref behind @ ..] = *rest else {
            leniencies.note(Leniency::BadPacket);
            return None;
        };
        let length = usize::from(u16::from_be_bytes([high, low]));
        if length == 0 {
            // The same as before; that it may not be so for 255 is overlooked.
            // Where they came before we did, they come again with a later picture.
            let known = self
                .tables
                .get(&quality)
                .or_else(|| self.tables.values().next());
            let Some((tables, is_wide)) = known.cloned() else {
                leniencies.note(Leniency::OddJpeg);
                return None;
            };
            return Some((tables, is_wide, behind));
        }
        let Some((tables, scan)) = behind.split_at_checked(length) else {
            leniencies.note(Leniency::BadPacket);
            return None;
        };
        let is_wide = precision & 1 != 0 && length.is_multiple_of(128);
        if !length.is_multiple_of(64) {
            leniencies.note(Leniency::OddJpeg);
        }
        if self.tables.len() < MAX_TABLES || self.tables.contains_key(&quality) {
            self.tables.insert(quality, (tables.to_vec(), is_wide));
        }
        Some((tables.to_vec(), is_wide, scan))
    }

    /// The size that somebody tells beside the eighths.
    fn told_size_of(&self, begin: &Begin<'_>, segments: &Segments) -> Option<(u16, u16)> {
        if let Some((width, height)) = segments.size
            && width > 0
            && height > 0
        {
            return Some((width, height));
        }
        let told = self
            .told_size
            .and_then(|(w, h)| Some((u16::try_from(w).ok()?, u16::try_from(h).ok()?)))
            .filter(|(w, h)| *w > 0 && *h > 0);
        let (width, height) = begin.eighths;
        // Some write nothing, some what is left of the number in eight bits.
        let fits =
            |told: u16, eighths: u8| eighths == 0 || told.div_ceil(8) & 0xFF == u16::from(eighths);
        told.filter(|told| fits(told.0, width) && fits(told.1, height))
    }

    /// Counts the scan of a picture whose size is a guess, and mends its head; false where the
    /// picture is larger than is told, and nothing fits.
    fn settle(&mut self, bytes: &mut Vec<u8>, guess: &Guess) -> bool {
        let scan = bytes.get(guess.scan_at..).unwrap_or_default();
        let counted = jpeg_scan::count(scan, guess.halves_rows);
        let size = match counted {
            Some(counted) => {
                jpeg_scan::size_of(counted.groups, guess.key.1, guess.halves_rows).or_else(|| {
                    // Fewer than told: the end is missing, and the size may be right.
                    let rows = if guess.halves_rows { 16 } else { 8 };
                    guess.size.filter(|(width, height)| {
                        let told =
                            usize::from(*width).div_ceil(16) * usize::from(*height).div_ceil(rows);
                        counted.groups < told
                    })
                })
            }
            // Codes of its own: what is told counts.
            None => guess.size,
        };
        let Some(size) = size else {
            self.has_no_size = true;
            return false;
        };
        let restart = counted.and_then(|counted| counted.first_restart);
        let restart_interval = match (guess.restart_interval, restart) {
            (0, Some(first)) => u16::try_from(first).unwrap_or(0),
            (told, _) => told,
        };
        self.has_no_size = false;
        self.size = Some((u32::from(size.0), u32::from(size.1)));
        self.geometry = Some(Geometry {
            key: guess.key,
            size,
            restart_interval,
        });
        if guess.size != Some(size) || restart_interval != guess.restart_interval {
            let head = Head {
                size,
                halves_rows: guess.halves_rows,
                quantizers: &guess.quantizers,
                is_wide: guess.is_wide,
                restart_interval,
            };
            let mut mended = Vec::with_capacity(bytes.len() + 16);
            jpeg_head::write(&head, &mut mended);
            mended.extend_from_slice(scan);
            *bytes = mended;
        }
        true
    }

    fn finish(&mut self, now: Context) {
        let Some(mut current) = self.current.take() else {
            return;
        };
        if current.is_broken {
            // Half a JPEG is shown as half grey: it is left out, and counted.
            self.lost = self.lost.saturating_add(current.lost.max(1));
            return;
        }
        if let Some(guess) = current.guess.take()
            && !self.settle(&mut current.bytes, &guess)
        {
            return;
        }
        if !current.bytes.ends_with(&[0xFF, 0xD9]) {
            current.bytes.extend([0xFF, 0xD9]);
        }
        self.ready.push_back(Picture {
            bytes: Bytes::from(current.bytes),
            ticks: current.context.ticks,
            arrival: now.arrival,
            random_access: Some(0),
            is_damaged: false,
            lost: current.lost,
        });
    }
}

/// ONVIF's extension of JPEG, alone or behind that of a recording.
fn head_extension((profile, words): (u16, &[u8])) -> Option<(u16, &[u8])> {
    match (profile, words) {
        (HEAD_EXTENSION | MORE_EXTENSION, words) => Some((profile, words)),
        (REPLAY_EXTENSION, words) => {
            let [p1, p2, _, _, ref words @ ..] = *words.get(12..)? else {
                return None;
            };
            let profile = u16::from_be_bytes([p1, p2]);
            matches!(profile, HEAD_EXTENSION | MORE_EXTENSION).then_some((profile, words))
        }
        _ => None,
    }
}

/// What the first fragment of a picture says of it.
struct Begin<'a> {
    kind: u8,
    quality: u8,
    eighths: (u8, u8),
    restart_interval: u16,
    extension: Option<(u16, &'a [u8])>,
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    const CONTEXT_TIMESTAMP: u32 = 9;

    struct Line {
        jpeg: JpegDepacketizer,
        leniencies: Leniencies,
        now: Instant,
    }

    impl Line {
        fn new(told_size: Option<(u32, u32)>) -> Self {
            Self {
                jpeg: JpegDepacketizer::new(told_size),
                leniencies: Leniencies::default(),
                now: tokio::time::Instant::now().into_std(),
            }
        }

        fn push(&mut self, payload: &[u8], extension: Option<(u16, &[u8])>, is_marked: bool) {
            let context = Context {
                timestamp: CONTEXT_TIMESTAMP,
                ticks: 0,
                arrival: self.now,
            };
            self.jpeg
                .push(payload, extension, is_marked, context, &mut self.leniencies);
        }

        /// The size, the tables and the scan of the picture that came.
        fn picture(&mut self) -> Option<(u32, u32, Vec<u8>, Bytes)> {
            let bytes = self.jpeg.pop()?.bytes;
            let (width, height) = self.jpeg.size().unwrap();
            let segments = jpeg_head::read_segments(&bytes);
            assert_eq!(
                segments.size.map(|(w, h)| (u32::from(w), u32::from(h))),
                Some((width, height))
            );
            Some((width, height, segments.quantizers, bytes))
        }
    }

    fn payload(quality: u8, eighths: (u8, u8), offset: u8, rest: &[u8]) -> Vec<u8> {
        let head = [0, 0, 0, offset, 1, quality, eighths.0, eighths.1];
        [&head[..], rest].concat()
    }

    #[test]
    fn the_sdp_tells_a_size_that_eight_bits_cannot_hold() {
        // 2560 pixels are 320 eighths, of which 64 are left; 0 says nothing.
        for eighths in [(64, 180), (0, 0), (0, 180)] {
            let mut line = Line::new(Some((2560, 1440)));
            line.push(&payload(50, eighths, 0, b"scan"), None, true);
            let (width, height, _, bytes) = line.picture().unwrap();
            assert_eq!((width, height), (2560, 1440));
            assert!(bytes.ends_with(b"scan\xFF\xD9"));
        }
        // A size that does not fit what comes is not believed.
        let mut line = Line::new(Some((2560, 1440)));
        line.push(&payload(50, (80, 60), 0, b"scan"), None, true);
        assert_eq!(line.picture().unwrap().0, 640);
        let mut line = Line::new(None);
        line.push(&payload(50, (0, 0), 0, b"scan"), None, true);
        assert!(line.picture().is_none() && line.jpeg.has_no_size());
    }

    #[test]
    fn onvifs_extension_tells_size_and_tables() {
        let tables: Vec<u8> = (1..=128).collect();
        let head = Head {
            size: (3840, 2160),
            halves_rows: true,
            quantizers: &tables,
            is_wide: false,
            restart_interval: 0,
        };
        let mut words = Vec::new();
        jpeg_head::write(&head, &mut words);
        let behind_replay = [
            &[0; 12][..],
            &HEAD_EXTENSION.to_be_bytes(),
            &((words.len() / 4) as u16).to_be_bytes(),
            &words,
        ]
        .concat();
        for (profile, words) in [(HEAD_EXTENSION, &words), (REPLAY_EXTENSION, &behind_replay)] {
            let mut line = Line::new(None);
            line.push(
                &payload(50, (0, 0), 0, b"scan"),
                Some((profile, words)),
                false,
            );
            // Offsets say nothing then.
            line.push(
                &payload(50, (0, 0), 0, b"more"),
                Some((MORE_EXTENSION, &[])),
                true,
            );
            let (width, height, found, bytes) = line.picture().unwrap();
            assert_eq!((width, height), (3840, 2160));
            assert_eq!(found, tables);
            assert!(bytes.ends_with(b"scanmore\xFF\xD9"));
        }
    }

    #[test]
    fn tables_that_came_once_are_used_again() {
        let tables: Vec<u8> = (1..=128).collect();
        let with = [&[0, 0, 0, 128][..], &tables, b"scan"].concat();
        let without = [&[0, 0, 0, 0][..], b"scan"].concat();
        let mut line = Line::new(None);
        line.push(&payload(255, (80, 60), 0, &without), None, true);
        assert!(line.picture().is_none(), "nobody has said them yet");
        line.push(&payload(255, (80, 60), 0, &with), None, true);
        assert_eq!(line.picture().unwrap().2, tables);
        line.push(&payload(255, (80, 60), 0, &without), None, true);
        let (_, _, found, bytes) = line.picture().unwrap();
        assert_eq!(found, tables);
        assert!(bytes.ends_with(b"scan\xFF\xD9"));
    }

    #[test]
    fn a_picture_with_a_hole_is_left_out_and_counted() {
        let mut line = Line::new(None);
        line.push(&payload(50, (80, 60), 0, b"scan"), None, false);
        line.jpeg.note_loss(1);
        line.push(&payload(50, (80, 60), 8, b"more"), None, true);
        assert!(line.jpeg.pop().is_none());
        line.push(&payload(50, (80, 60), 0, b"scan"), None, true);
        assert!(line.jpeg.pop().unwrap().lost > 0);
    }
}
