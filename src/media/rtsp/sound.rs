//! Sound and metadata out of RTP payloads: G.711, G.722 and Opus as they are, AAC by RFC 3640,
//! ONVIF's metadata until the mark.

use bytes::Bytes;

use crate::leniency::{Leniencies, Leniency};
use crate::sdp::{Encoding, Track};

/// The most access units of AAC in a packet.
const MAX_AAC_UNITS: usize = 64;
/// The most bytes of a document of metadata, or of a unit of AAC in fragments.
const MAX_DOCUMENT_BYTES: usize = 512 << 10;

/// How AAC is packed (RFC 3640 section 4.1); where the SDP leaves it out, as everybody has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct AacFormat {
    size_bits: u32,
    index_bits: u32,
    delta_bits: u32,
    /// The SDP says nothing of an index: there may be none.
    may_lack_index: bool,
    /// Samples in a unit.
    unit_samples: u32,
}

/// Takes payloads of one track apart.
#[derive(Debug)]
pub(crate) enum SoundDepacketizer {
    /// A payload is a unit.
    Plain,
    Aac {
        format: AacPacking,
        open: Vec<u8>,
    },
    /// A document that goes over several packets.
    Document(Vec<u8>),
}

/// The packing of AAC, whose fields are this module's own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AacPacking(AacFormat);

/// A unit and how many ticks it lies behind its packet's time.
pub(crate) type SoundUnit = (Bytes, u32);

impl SoundDepacketizer {
    pub(crate) fn new(encoding: Encoding, track: &Track, leniencies: &mut Leniencies) -> Self {
        match encoding {
            Encoding::Aac => {
                let number = |name: &str| track.parameter(name).and_then(|v| v.trim().parse().ok());
                if number("sizelength").is_none() || track.parameter("config").is_none() {
                    leniencies.note(Leniency::OddAudio);
                }
                let told = number("sizelength").is_some();
                let format = AacFormat {
                    size_bits: number("sizelength").filter(|n| *n <= 16).unwrap_or(13),
                    index_bits: number("indexlength").filter(|n| *n <= 16).unwrap_or(3),
                    delta_bits: number("indexdeltalength").filter(|n| *n <= 16).unwrap_or(3),
                    may_lack_index: told && number("indexlength").is_none(),
                    unit_samples: number("constantduration").unwrap_or(1024),
                };
                Self::Aac {
                    format: AacPacking(format),
                    open: Vec::new(),
                }
            }
            Encoding::OnvifMetadata => Self::Document(Vec::new()),
            _ => Self::Plain,
        }
    }

    /// Packets are missing: what was begun cannot be ended.
    pub(crate) fn note_loss(&mut self) {
        match self {
            Self::Plain => {}
            Self::Aac { open, .. } => open.clear(),
            Self::Document(document) => document.clear(),
        }
    }

    /// Takes a packet's payload; the units that are whole.
    pub(crate) fn push(
        &mut self,
        payload: &[u8],
        is_marked: bool,
        leniencies: &mut Leniencies,
    ) -> Vec<SoundUnit> {
        if payload.is_empty() {
            return Vec::new();
        }
        match self {
            Self::Plain => vec![(Bytes::copy_from_slice(payload), 0)],
            Self::Document(document) => {
                if document.len() + payload.len() > MAX_DOCUMENT_BYTES {
                    leniencies.note(Leniency::TooLarge);
                    document.clear();
                }
                document.extend_from_slice(payload);
                if !is_marked {
                    return Vec::new();
                }
                vec![(Bytes::from(std::mem::take(document)), 0)]
            }
            Self::Aac { format, open } => {
                let mut units = aac(format.0, open, payload, is_marked, leniencies);
                // A head without anything behind it is no unit.
                units.retain(|(bytes, _)| !bytes.is_empty());
                units
            }
        }
    }
}

fn aac(
    mut format: AacFormat,
    open: &mut Vec<u8>,
    payload: &[u8],
    is_marked: bool,
    leniencies: &mut Leniencies,
) -> Vec<SoundUnit> {
    // ADTS in the payload instead of the standard's own heads.
    if is_adts(payload) {
        return vec![(Bytes::copy_from_slice(without_adts(payload, leniencies)), 0)];
    }
    let [high, low, ref rest @ ..] = *payload else {
        leniencies.note(Leniency::BadPacket);
        return Vec::new();
    };
    let head_bits = u32::from(u16::from_be_bytes([high, low]));
    let Some((heads, mut data)) = rest.split_at_checked(head_bits.div_ceil(8) as usize) else {
        leniencies.note(Leniency::BadPacket);
        return Vec::new();
    };
    if format.may_lack_index && head_bits.is_multiple_of(format.size_bits.max(1)) {
        (format.index_bits, format.delta_bits) = (0, 0);
    }
    let mut units = Vec::new();
    let mut at = 0;
    let mut behind = 0;
    while units.len() < MAX_AAC_UNITS {
        let index_bits = if at == 0 {
            format.index_bits
        } else {
            format.delta_bits
        };
        if format.size_bits == 0 || at + format.size_bits + index_bits > head_bits {
            break;
        }
        let size = bits_at(heads, at, format.size_bits) as usize;
        at += format.size_bits;
        if !units.is_empty() {
            behind += format.unit_samples * (1 + bits_at(heads, at, index_bits));
        }
        at += index_bits;
        if size > data.len() {
            // One unit over several packets.
            if open.len() + data.len() > MAX_DOCUMENT_BYTES {
                leniencies.note(Leniency::TooLarge);
                open.clear();
            }
            open.extend_from_slice(data);
            if open.len() >= size || is_marked {
                units.push((Bytes::from(std::mem::take(open)), behind));
            }
            return units;
        }
        let (unit, more) = data.split_at(size);
        if size > 0 {
            open.clear();
            units.push((
                Bytes::copy_from_slice(without_adts(unit, leniencies)),
                behind,
            ));
        }
        data = more;
    }
    units
}

fn is_adts(bytes: &[u8]) -> bool {
    bytes.len() > 7 && bytes[0] == 0xFF && bytes[1] & 0xF6 == 0xF0
}

/// Without the head of ADTS that some cameras leave before each unit.
fn without_adts<'a>(unit: &'a [u8], leniencies: &mut Leniencies) -> &'a [u8] {
    if !is_adts(unit) {
        return unit;
    }
    leniencies.note(Leniency::OddAudio);
    let head = if unit[1] & 1 == 0 { 9 } else { 7 };
    unit.get(head..).unwrap_or_default()
}

fn bits_at(bytes: &[u8], from: u32, count: u32) -> u32 {
    (from..from + count).fold(0, |value, at| {
        let byte = bytes.get(at as usize / 8).copied().unwrap_or(0);
        value << 1 | u32::from(byte >> (7 - at % 8) & 1)
    })
}

/// The decoder's configuration of AAC, from the hexadecimal digits of the SDP.
pub(crate) fn aac_config(track: &Track) -> Option<Bytes> {
    let text = track.parameter("config")?.trim();
    if !text.len().is_multiple_of(2) || text.len() > 128 || !text.is_ascii() {
        return None;
    }
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok())
        .collect::<Option<Vec<u8>>>()
        .map(Bytes::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn track(fmtp: &str) -> Track {
        let text = format!(
            "m=audio 0 RTP/AVP 97\r\na=rtpmap:97 MPEG4-GENERIC/16000/1\r\na=fmtp:97 {fmtp}\r\n"
        );
        let mut description = crate::sdp::read(text.as_bytes(), &mut Leniencies::default());
        description.tracks.remove(0)
    }

    #[test]
    fn aac_comes_in_units_however_it_is_packed() {
        let usual = "mode=AAC-hbr;config=1408;SizeLength=13;IndexLength=3;IndexDeltaLength=3";
        for fmtp in [usual, "mode=AAC-hbr"] {
            let track = track(fmtp);
            let mut leniencies = Leniencies::default();
            let mut sound = SoundDepacketizer::new(Encoding::Aac, &track, &mut leniencies);
            assert_eq!(
                leniencies.count(Leniency::OddAudio),
                u32::from(fmtp != usual)
            );
            // Two units of 3 and 2 bytes.
            let two = [0, 32, 0, 3 << 3, 0, 2 << 3, 1, 2, 3, 4, 5];
            let units = sound.push(&two, true, &mut leniencies);
            assert_eq!(
                units,
                [
                    (Bytes::from_static(&[1, 2, 3]), 0),
                    (Bytes::from_static(&[4, 5]), 1024)
                ]
            );
            // One of 6 bytes in two packets.
            let first = [0, 16, 0, 6 << 3, 1, 2, 3];
            let second = [0, 16, 0, 6 << 3, 4, 5, 6];
            assert_eq!(sound.push(&first, false, &mut leniencies), []);
            let units = sound.push(&second, true, &mut leniencies);
            assert_eq!(units, [(Bytes::from_static(&[1, 2, 3, 4, 5, 6]), 0)]);
            let adts = [0xFF, 0xF1, 0x50, 0x80, 1, 0x60, 0xFC, 9, 9];
            assert_eq!(sound.push(&adts, true, &mut leniencies)[0].0, [9, 9][..]);
            for cut in 0..two.len() {
                sound.push(&two[..cut], true, &mut leniencies);
            }
        }
        assert_eq!(
            aac_config(&track(usual)),
            Some(Bytes::from_static(&[0x14, 0x08]))
        );
        assert_eq!(aac_config(&track("config=14x8")), None);
    }

    #[test]
    fn metadata_is_a_document_up_to_its_mark_and_has_a_bound() {
        let mut leniencies = Leniencies::default();
        let mut sound =
            SoundDepacketizer::new(Encoding::OnvifMetadata, &track(""), &mut leniencies);
        assert_eq!(sound.push(b"<a>", false, &mut leniencies), []);
        assert_eq!(
            sound.push(b"</a>", true, &mut leniencies)[0].0,
            b"<a></a>"[..]
        );
        sound.push(b"<b>", false, &mut leniencies);
        sound.note_loss();
        assert_eq!(sound.push(b"<c/>", true, &mut leniencies)[0].0, b"<c/>"[..]);
        for _ in 0..2000 {
            sound.push(&[b'x'; 1000], false, &mut leniencies);
        }
        assert!(leniencies.count(Leniency::TooLarge) > 0);
    }
}
