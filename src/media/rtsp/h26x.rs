//! NAL units of H.264 (RFC 6184) and H.265 (RFC 7798) out of RTP payloads.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};

use crate::leniency::{Leniencies, Leniency};
use crate::nal::Syntax;
use crate::picture::{Assembler, Context, Picture};
use crate::sdp::Track;

/// Takes payloads of one track apart.
#[derive(Debug)]
pub(crate) struct NalDepacketizer {
    syntax: Syntax,
    pub(crate) pictures: Assembler,
    /// NAL units carry their decoding order (H.265 with `sprop-max-don-diff`).
    has_order: bool,
}

impl NalDepacketizer {
    pub(crate) fn new(syntax: Syntax, track: &Track, leniencies: &mut Leniencies) -> Self {
        let mut pictures = Assembler::new(syntax);
        let names: &[&str] = match syntax {
            Syntax::H264 => &["sprop-parameter-sets"],
            Syntax::H265 => &["sprop-vps", "sprop-sps", "sprop-pps"],
        };
        for name in names {
            for text in track.parameter(name).unwrap_or_default().split(',') {
                let text = text.trim().trim_end_matches('=');
                if text.is_empty() {
                    continue;
                }
                match STANDARD_NO_PAD
                    .decode(text)
                    .or_else(|_odd| STANDARD.decode(text))
                {
                    Ok(bytes) => pictures.add_set(&bytes, leniencies),
                    Err(_odd) => leniencies.note(Leniency::OddParameterSets),
                }
            }
        }
        let has_order = ["sprop-max-don-diff", "sprop-depack-buf-nalus"]
            .iter()
            .filter_map(|name| track.parameter(name))
            .any(|value| value.trim().parse::<u32>().is_ok_and(|n| n > 0));
        Self {
            syntax,
            pictures,
            has_order: syntax == Syntax::H265 && has_order,
        }
    }

    pub(crate) fn pop(&mut self) -> Option<Picture> {
        self.pictures.pop()
    }

    /// Takes a packet's payload.
    pub(crate) fn push(
        &mut self,
        payload: &[u8],
        is_marked: bool,
        context: Context,
        leniencies: &mut Leniencies,
    ) {
        match self.syntax {
            Syntax::H264 => self.push_h264(payload, context, leniencies),
            Syntax::H265 => self.push_h265(payload, context, leniencies),
        }
        self.pictures.packet_ended(is_marked, leniencies);
    }

    fn push_h264(&mut self, payload: &[u8], context: Context, leniencies: &mut Leniencies) {
        let Some(first) = payload.first() else {
            return;
        };
        match first & 31 {
            24 => self.aggregated(&payload[1..], 0, context, leniencies),
            25 => self.aggregated(payload.get(3..).unwrap_or_default(), 0, context, leniencies),
            kind @ (26 | 27) => {
                let units = payload.get(3..).unwrap_or_default();
                self.aggregated(units, if kind == 26 { 3 } else { 4 }, context, leniencies);
            }
            kind @ (28 | 29) => {
                let [indicator, header, ref data @ ..] = *payload else {
                    leniencies.note(Leniency::BadPacket);
                    return;
                };
                let is_start = header & 0x80 != 0;
                let data = if kind == 29 && is_start {
                    data.get(2..).unwrap_or_default()
                } else {
                    data
                };
                let head = [(indicator & 0xE0) | (header & 31)];
                self.fragment(
                    &head,
                    data,
                    is_start,
                    header & 0x40 != 0,
                    context,
                    leniencies,
                );
            }
            0 | 30 | 31 if !payload.starts_with(&[0, 0]) => leniencies.note(Leniency::BadPacket),
            _ => self.pictures.whole(payload, context, leniencies),
        }
    }

    fn push_h265(&mut self, payload: &[u8], context: Context, leniencies: &mut Leniencies) {
        let [first, second, ref rest @ ..] = *payload else {
            if !payload.is_empty() {
                leniencies.note(Leniency::BadPacket);
            }
            return;
        };
        let order = if self.has_order { 2 } else { 0 };
        match (first >> 1) & 63 {
            48 => {
                let units = rest.get(order..).unwrap_or_default();
                self.aggregated(units, usize::from(self.has_order), context, leniencies);
            }
            49 => {
                let Some((header, data)) = rest.split_first() else {
                    leniencies.note(Leniency::BadPacket);
                    return;
                };
                let is_start = header & 0x80 != 0;
                let data = data
                    .get(if is_start { order } else { 0 }..)
                    .unwrap_or_default();
                let head = [(first & 0x81) | ((header & 63) << 1), second];
                self.fragment(
                    &head,
                    data,
                    is_start,
                    header & 0x40 != 0,
                    context,
                    leniencies,
                );
            }
            50..=63 => leniencies.note(Leniency::BadPacket),
            _ if payload.starts_with(&[0, 0, 1]) || payload.starts_with(&[0, 0, 0, 1]) => {
                self.pictures.whole(payload, context, leniencies);
            }
            _ if self.has_order => {
                let data = rest.get(order..).unwrap_or_default();
                self.pictures
                    .begin(&[first, second], data, context, leniencies);
                self.pictures.end();
            }
            _ => self.pictures.whole(payload, context, leniencies),
        }
    }

    /// Several NAL units, each behind its length and `between` bytes of times or order.
    fn aggregated(
        &mut self,
        mut units: &[u8],
        between: usize,
        context: Context,
        leniencies: &mut Leniencies,
    ) {
        // The order stands before each unit but the first (H.265), or behind each length (H.264).
        let mut is_first = true;
        while !units.is_empty() {
            if self.syntax == Syntax::H265 && !is_first {
                units = units.get(between..).unwrap_or_default();
            }
            is_first = false;
            let [high, low, ref rest @ ..] = *units else {
                // Padding, or what is left of something.
                if units.iter().any(|byte| *byte != 0) {
                    leniencies.note(Leniency::OddFragment);
                }
                return;
            };
            let rest = if self.syntax == Syntax::H264 {
                rest.get(between..).unwrap_or_default()
            } else {
                rest
            };
            let length = usize::from(u16::from_be_bytes([high, low]));
            let (nal, behind) = rest.split_at(length.min(rest.len()));
            if length > rest.len() {
                leniencies.note(Leniency::OddFragment);
                self.pictures.note_damage();
            }
            if !nal.is_empty() {
                self.pictures.whole(nal, context, leniencies);
            }
            units = behind;
        }
    }

    fn fragment(
        &mut self,
        head: &[u8],
        data: &[u8],
        is_start: bool,
        is_end: bool,
        context: Context,
        leniencies: &mut Leniencies,
    ) {
        if data.is_empty() && !is_start {
            // It says nothing, not even an end: the rest may follow.
            leniencies.note(Leniency::OddFragment);
            return;
        }
        if is_start {
            if data.starts_with(&[0, 0, 1]) || data.starts_with(&[0, 0, 0, 1]) {
                // A byte stream that was cut into pieces: the head is in it.
                leniencies.note(Leniency::StartCodes);
                self.pictures.end();
                self.pictures.extend(data, context, leniencies);
            } else {
                let codes = memchr::memmem::find(data, &[0, 0, 1]);
                let (first, more) = data.split_at(codes.unwrap_or(data.len()));
                self.pictures.begin(head, first, context, leniencies);
                if !more.is_empty() {
                    self.pictures.extend(more, context, leniencies);
                }
            }
        } else if self.pictures.is_open() {
            self.pictures.extend(data, context, leniencies);
        } else {
            leniencies.note(Leniency::OddFragment);
            self.pictures.note_damage();
        }
        if is_end {
            self.pictures.end_fragments(context, leniencies);
        }
    }
}
