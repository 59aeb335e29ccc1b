//! Bare parameter sets: an H.264 SPS without its VUI, as most cameras send.
//!
//! Such a set says nothing of timing, colours and reordering, so a decoder that is not told that its
//! stream is live holds back as many pictures as the level allows.

use crate::city::clip::Clip;
use crate::model::codec::Codec;

/// The NAL unit type of a sequence parameter set.
const SPS: u8 = 7;
/// Profiles whose sets tell chroma format and bit depths (H.264 section 7.3.2.1.1).
const HIGH_PROFILES: [u8; 13] = [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135];

/// The NAL unit `nal` without VUI; nothing when it is no SPS, has none, or cannot be read.
pub(crate) fn sps(nal: &[u8]) -> Option<Vec<u8>> {
    let (&head, body) = nal.split_first()?;
    if head & 0x1f != SPS {
        return None;
    }
    let raw = unescaped(body);
    let mut bits = Bits { raw: &raw, at: 0 };
    let profile = bits.number(8)?;
    bits.number(16)?; // constraints, level
    bits.exp_golomb()?; // seq_parameter_set_id
    if HIGH_PROFILES.map(u32::from).contains(&profile) {
        let chroma = bits.exp_golomb()?;
        if chroma == 3 {
            bits.number(1)?; // separate_colour_plane_flag
        }
        bits.exp_golomb()?; // bit depths
        bits.exp_golomb()?;
        bits.number(1)?; // qpprime_y_zero_transform_bypass_flag
        if bits.number(1)? == 1 {
            for list in 0..if chroma == 3 { 12 } else { 8 } {
                if bits.number(1)? == 1 {
                    bits.scaling_list(if list < 6 { 16 } else { 64 })?;
                }
            }
        }
    }
    bits.exp_golomb()?; // log2_max_frame_num_minus4
    match bits.exp_golomb()? {
        0 => {
            bits.exp_golomb()?; // log2_max_pic_order_cnt_lsb_minus4
        }
        1 => {
            bits.number(1)?; // delta_pic_order_always_zero_flag
            bits.exp_golomb()?; // two offsets, which are signed: as long either way
            bits.exp_golomb()?;
            for _ in 0..bits.exp_golomb()? {
                bits.exp_golomb()?;
            }
        }
        _ => {}
    }
    bits.exp_golomb()?; // max_num_ref_frames
    bits.number(1)?; // gaps_in_frame_num_value_allowed_flag
    bits.exp_golomb()?; // width, height
    bits.exp_golomb()?;
    if bits.number(1)? == 0 {
        bits.number(1)?; // mb_adaptive_frame_field_flag
    }
    bits.number(1)?; // direct_8x8_inference_flag
    if bits.number(1)? == 1 {
        for _ in 0..4 {
            bits.exp_golomb()?; // cropping
        }
    }
    let kept = bits.at;
    if bits.number(1)? == 0 {
        return None;
    }
    // vui_parameters_present_flag becomes 0, and the stop bit follows.
    let mut short = raw[..kept / 8].to_vec();
    let mut rest = u16::from(raw[kept / 8]) << 8 & !(0xffff_u16 >> (kept % 8));
    rest |= 0x4000 >> (kept % 8);
    short.push((rest >> 8) as u8);
    if rest & 0xff != 0 {
        short.push(rest as u8);
    }
    let mut bare = vec![head];
    append_escaped(&mut bare, &short);
    Some(bare)
}

/// The parameter sets of `clip`; those of H.264 without VUI where `bare` says so.
pub(crate) fn parameter_sets(clip: &Clip, bare: bool) -> Vec<Vec<u8>> {
    let mut sets = clip.parameter_sets.clone();
    if bare && clip.meta.codec == Codec::H264 {
        for set in &mut sets {
            if let Some(bare) = sps(set) {
                *set = bare;
            }
        }
    }
    sets
}

/// Without the bytes that keep start codes out (H.264 section 7.4.1).
fn unescaped(bytes: &[u8]) -> Vec<u8> {
    let mut raw: Vec<u8> = Vec::with_capacity(bytes.len());
    let mut zeros = 0;
    for &byte in bytes {
        if zeros >= 2 && byte == 3 {
            zeros = 0;
            continue;
        }
        zeros = if byte == 0 { zeros + 1 } else { 0 };
        raw.push(byte);
    }
    raw
}

fn append_escaped(out: &mut Vec<u8>, raw: &[u8]) {
    let mut zeros = 0;
    for &byte in raw {
        if zeros >= 2 && byte <= 3 {
            out.push(3);
            zeros = 0;
        }
        zeros = if byte == 0 { zeros + 1 } else { 0 };
        out.push(byte);
    }
}

/// Reads bits, the highest of each byte first.
struct Bits<'a> {
    raw: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn number(&mut self, bits: u32) -> Option<u32> {
        let mut number = 0;
        for _ in 0..bits {
            let byte = self.raw.get(self.at / 8)?;
            number = number << 1 | u32::from(byte >> (7 - self.at % 8) & 1);
            self.at += 1;
        }
        Some(number)
    }

    fn exp_golomb(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while self.number(1)? == 0 {
            zeros += 1;
            if zeros > 31 {
                return None;
            }
        }
        Some((1_u32 << zeros) - 1 + self.number(zeros)?)
    }

    /// Passes over one list: differences until one says that the default follows (section 7.3.2.1.1.1).
    fn scaling_list(&mut self, entries: u32) -> Option<()> {
        let mut last = 8_i64;
        for _ in 0..entries {
            let code = i64::from(self.exp_golomb()?);
            let difference = if code % 2 == 1 {
                (code + 1) / 2
            } else {
                -code / 2
            };
            last = (last + difference).rem_euclid(256);
            if last == 0 {
                break;
            }
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::city::clip::{load, tests::fixtures};
    use proptest::prelude::*;

    /// Writes a set bit by bit.
    fn written(bits: &str) -> Vec<u8> {
        let mut bits: String = bits.split_whitespace().collect();
        bits.push('1');
        while !bits.len().is_multiple_of(8) {
            bits.push('0');
        }
        let raw: Vec<u8> = (0..bits.len() / 8)
            .map(|at| u8::from_str_radix(&bits[8 * at..8 * at + 8], 2).unwrap())
            .collect();
        let mut nal = vec![0x67];
        append_escaped(&mut nal, &raw);
        nal
    }

    #[test]
    fn the_vui_is_cut_and_all_before_it_stays() {
        let heads = [
            // Main profile, cropped.
            "01001101 00000000 00011110 1 1 1 011 010 0 0001010 0001100 1 1 1 1 1 1 010",
            // High profile, 4:4:4; the second entry of the first of twelve scaling lists ends it.
            "01100100 00000000 00011110 1 00100 0 1 1 0 1 1 1 000010001 00000000000 1 011 010 0 1 1 1 1 0",
            // Picture order of the kind 1.
            "01001101 00000000 00011110 1 1 010 1 010 011 011 1 010 010 0 1 1 1 1 0",
            // Interlaced.
            "01001101 00000000 00011110 1 1 011 010 0 1 1 0 1 1 0",
        ];
        for head in heads {
            let full = written(&format!("{head} 1 0001 11110000 1010"));
            let expect = written(&format!("{head} 0"));
            assert_eq!(sps(&full), Some(expect.clone()), "{head}");
            assert_eq!(sps(&expect), None, "it has none: {head}");
        }
    }

    #[test]
    fn what_looks_like_a_start_code_is_escaped_again() {
        let raw = [0, 0, 1, 0, 0, 0, 0, 3];
        let mut escaped = Vec::new();
        append_escaped(&mut escaped, &raw);
        assert_eq!(escaped, [0, 0, 3, 1, 0, 0, 3, 0, 0, 3, 3]);
        assert_eq!(unescaped(&escaped), raw);
    }

    #[test]
    fn only_the_sps_of_a_clip_becomes_bare() {
        let clip = load(&fixtures(), "sub-01").unwrap();
        let sets = parameter_sets(&clip, true);
        assert_eq!(sets.len(), clip.parameter_sets.len());
        for (bare, own) in sets.iter().zip(&clip.parameter_sets) {
            assert_eq!(bare.len() < own.len(), own[0] & 0x1f == SPS);
            assert_eq!(bare[..3], own[..3]);
        }
        assert_eq!(parameter_sets(&clip, false), clip.parameter_sets);
        let other = load(&fixtures(), "sub-02").unwrap();
        assert_eq!(parameter_sets(&other, true), other.parameter_sets);
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            sps(&[&[0x67], &bytes[..]].concat());
        }
    }
}
