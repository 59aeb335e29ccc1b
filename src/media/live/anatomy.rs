//! What a coded unit says of its own wholeness, by the syntax of its stream: whether slices are gone,
//! or pictures that it refers to.
//!
//! A decoder conceals what is missing, some without a word, and a picture that was patched together
//! looks like any other. So what can be told apart before decoding is told apart here:
//!
//! * a picture without its first slice;
//! * a picture with fewer slices than all others of a stream that always has the same number;
//! * in H.264 a number of a picture that does not follow the last (`frame_num`), where the stream
//!   does not say that it leaves numbers out.
//!
//! What cannot be read says nothing: this must never mark a picture that is whole.

use std::collections::BTreeMap;

use crate::model::codec::Codec;
use crate::model::stamp::Nals;

/// Bytes of a slice's head that are read.
const HEAD_BYTES: usize = 40;
/// No parameter set is read further, bytes.
const SET_BYTES: usize = 512;
/// A number of slices is a habit after so many units …
const HABIT_UNITS: u32 = 30;
/// … and so many places where decoding may begin.
const HABIT_KEYS: u32 = 2;
/// Another number that comes so often in a row ends the habit.
const OTHER_HABIT_UNITS: u32 = 3;
/// Numbers that do not follow this often do not mean anything: a score, two for each, less one for
/// each that does.
const NUMBERS_MEAN_NOTHING: u32 = 8;

/// What is missing, as far as a unit shows it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Signs {
    /// Slices of its own.
    pub(super) lacks_slices: bool,
    /// Pictures between the last unit and this one, which it may refer to.
    pub(super) follows_gap: bool,
}

/// Reads the units of one stream in the order in which they are decoded.
#[derive(Debug, Default)]
pub(super) struct Anatomy {
    habit: Habit,
    numbers: Numbers,
}

impl Anatomy {
    /// What is missing of this unit, or of what it refers to, as far as it shows. `is_key` says that
    /// it refers to nothing before it.
    pub(super) fn look(&mut self, bytes: &[u8], codec: Codec, is_key: bool) -> Signs {
        if codec == Codec::Jpeg {
            return Signs::default();
        }
        let (mut slices, mut has_first, mut follows_gap) = (0_u32, false, false);
        for nal in Nals::new(bytes) {
            let nal = &bytes[nal];
            let Some(&head) = nal.first() else { continue };
            match codec {
                Codec::H264 => match head & 31 {
                    1 | 5 => {
                        let body = nal.get(1..).unwrap_or_default();
                        let mut bits = Bits::new(body, HEAD_BYTES);
                        slices += 1;
                        has_first |= bits.ue() == Some(0);
                        // All slices of a picture have its number.
                        if slices == 1 {
                            follows_gap = self.numbers.has_gap(head, bits, is_key);
                        }
                    }
                    7 => self.numbers.read_sps(nal),
                    8 => self.numbers.read_pps(nal),
                    _ => {}
                },
                Codec::H265 => {
                    if head >> 1 & 63 < 32 {
                        slices += 1;
                        has_first |= nal.get(2).is_some_and(|byte| byte & 0x80 != 0);
                    }
                }
                Codec::Jpeg => {}
            }
        }
        if slices == 0 {
            // No picture at all, or one in a form that is not read here.
            return Signs::default();
        }
        let too_few = self.habit.is_less(slices, is_key);
        Signs {
            lacks_slices: !has_first || too_few,
            follows_gap,
        }
    }
}

/// How many slices the pictures of a stream have.
#[derive(Debug, Default)]
struct Habit {
    usual: u32,
    units: u32,
    keys: u32,
    other: u32,
    others: u32,
}

impl Habit {
    /// Whether `slices` are fewer than a picture of this stream always has.
    fn is_less(&mut self, slices: u32, is_key: bool) -> bool {
        if slices == self.usual {
            self.units = self.units.saturating_add(1);
            self.keys = self.keys.saturating_add(u32::from(is_key));
            self.others = 0;
            return false;
        }
        let is_habit = self.units >= HABIT_UNITS && self.keys >= HABIT_KEYS;
        self.others = if slices == self.other {
            self.others + 1
        } else {
            1
        };
        self.other = slices;
        if !is_habit || self.others >= OTHER_HABIT_UNITS {
            *self = Self {
                usual: slices,
                units: 1,
                keys: u32::from(is_key),
                ..Self::default()
            };
            return false;
        }
        slices < self.usual
    }
}

/// The numbers of H.264's pictures (ITU-T H.264 section 7.4.3, `frame_num`).
#[derive(Debug, Default)]
struct Numbers {
    /// What is needed of each sequence parameter set, by its id.
    sequences: BTreeMap<u32, Sequence>,
    /// Which of them each picture parameter set belongs to.
    pictures: BTreeMap<u32, u32>,
    /// The number of the last picture that others refer to.
    last: Option<u32>,
    score: u32,
}

#[derive(Clone, Copy, Debug)]
struct Sequence {
    number_bits: u32,
    has_planes: bool,
    leaves_out: bool,
}

impl Numbers {
    /// Whether pictures are missing before the one whose slice begins so. `bits` stands behind
    /// `first_mb_in_slice`.
    fn has_gap(&mut self, head: u8, mut bits: Bits<'_>, is_key: bool) -> bool {
        let read = |numbers: &Self, bits: &mut Bits<'_>| {
            let _kind = bits.ue()?;
            let sequence = numbers.pictures.get(&bits.ue()?)?;
            let sequence = *numbers.sequences.get(sequence)?;
            if sequence.has_planes {
                bits.u(2)?;
            }
            Some((bits.u(sequence.number_bits)?, sequence))
        };
        let Some((number, sequence)) = read(self, &mut bits) else {
            self.last = None;
            return false;
        };
        let last = self.last;
        let is_referred_to = head >> 5 & 3 != 0;
        if is_referred_to || last.is_none() {
            self.last = Some(number);
        }
        let Some(last) = last else { return false };
        let next = (last + 1) % (1 << sequence.number_bits);
        // Small numbers may follow a picture that made the decoder forget all others.
        let follows = is_key || sequence.leaves_out || number == last || number == next;
        if follows || number <= 1 {
            self.score = self.score.saturating_sub(1);
            return false;
        }
        if !is_referred_to {
            self.last = Some(number.checked_sub(1).unwrap_or(last));
        }
        self.score = (self.score + 2).min(2 * NUMBERS_MEAN_NOTHING);
        self.score < NUMBERS_MEAN_NOTHING
    }

    fn read_sps(&mut self, nal: &[u8]) {
        let body = nal.get(1..).unwrap_or_default();
        if let Some((id, sequence)) = sequence(Bits::new(body, SET_BYTES)) {
            self.sequences.insert(id, sequence);
        }
    }

    fn read_pps(&mut self, nal: &[u8]) {
        let mut bits = Bits::new(nal.get(1..).unwrap_or_default(), SET_BYTES);
        if let (Some(id @ 0..=255), Some(sequence @ 0..=31)) = (bits.ue(), bits.ue()) {
            self.pictures.insert(id, sequence);
        }
    }
}

/// What is needed of a sequence parameter set (ITU-T H.264 section 7.3.2.1.1).
fn sequence(mut bits: Bits<'_>) -> Option<(u32, Sequence)> {
    let profile = bits.u(8)?;
    bits.u(16)?;
    let id = bits.ue().filter(|id| *id <= 31)?;
    let mut has_planes = false;
    if [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135].contains(&profile) {
        let chroma = bits.ue()?;
        if chroma == 3 {
            has_planes = bits.u(1)? == 1;
        }
        bits.ue()?;
        bits.ue()?;
        bits.u(1)?;
        if bits.u(1)? == 1 {
            for list in 0..if chroma == 3 { 12 } else { 8 } {
                if bits.u(1)? == 1 {
                    pass_scaling_list(&mut bits, if list < 6 { 16 } else { 64 })?;
                }
            }
        }
    }
    let number_bits = bits.ue().filter(|bits| *bits <= 12)? + 4;
    match bits.ue()? {
        0 => {
            bits.ue()?;
        }
        1 => {
            bits.u(1)?;
            bits.ue()?;
            bits.ue()?;
            for _ in 0..bits.ue().filter(|count| *count <= 255)? {
                bits.ue()?;
            }
        }
        _ => {}
    }
    bits.ue()?;
    let leaves_out = bits.u(1)? == 1;
    let sequence = Sequence {
        number_bits,
        has_planes,
        leaves_out,
    };
    Some((id, sequence))
}

fn pass_scaling_list(bits: &mut Bits<'_>, size: usize) -> Option<()> {
    let (mut last, mut next) = (8_i64, 8_i64);
    for _ in 0..size {
        if next != 0 {
            let code = i64::from(bits.ue()?);
            let change = if code % 2 == 1 {
                (code + 1) / 2
            } else {
                -(code / 2)
            };
            next = (last + change).rem_euclid(256);
        }
        last = if next == 0 { last } else { next };
    }
    Some(())
}

/// The bits of a NAL unit without emulation prevention, from the first on.
pub(super) struct Bits<'a> {
    escaped: &'a [u8],
    zeros: u8,
    byte: u8,
    left: u8,
}

impl<'a> Bits<'a> {
    /// At most the first `most` bytes are read.
    pub(super) fn new(escaped: &'a [u8], most: usize) -> Self {
        Self {
            escaped: &escaped[..escaped.len().min(most)],
            zeros: 0,
            byte: 0,
            left: 0,
        }
    }

    fn bit(&mut self) -> Option<u32> {
        if self.left == 0 {
            let (mut byte, mut rest) = self.escaped.split_first()?;
            if self.zeros >= 2 && *byte == 3 {
                (byte, rest) = rest.split_first()?;
                self.zeros = 0;
            }
            self.zeros = if *byte == 0 {
                self.zeros.saturating_add(1)
            } else {
                0
            };
            (self.byte, self.escaped, self.left) = (*byte, rest, 8);
        }
        self.left -= 1;
        Some(u32::from(self.byte >> self.left & 1))
    }

    /// `count` bits, at most 32.
    pub(super) fn u(&mut self, count: u32) -> Option<u32> {
        (0..count).try_fold(0_u32, |all, _| Some(all << 1 | self.bit()?))
    }

    /// An Exp-Golomb code.
    pub(super) fn ue(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while self.bit()? == 0 {
            zeros += 1;
            if zeros > 31 {
                return None;
            }
        }
        Some((1_u32 << zeros) - 1 + self.u(zeros)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Writes bits, for the heads of units.
    #[derive(Default)]
    struct Out(Vec<bool>);

    impl Out {
        fn u(mut self, value: u32, count: u32) -> Self {
            self.0
                .extend((0..count).rev().map(|bit| value >> bit & 1 == 1));
            self
        }

        fn ue(self, value: u32) -> Self {
            let bits = 32 - (value + 1).leading_zeros();
            self.u(0, bits - 1).u(value + 1, bits)
        }

        /// A NAL unit with its start code; ones behind the bits, which need no escaping.
        fn nal(mut self, head: u8) -> Vec<u8> {
            self.0.resize(self.0.len().next_multiple_of(8) + 64, true);
            let mut bytes = vec![0, 0, 1, head];
            bytes.extend(
                self.0
                    .chunks(8)
                    .map(|byte| byte.iter().fold(0_u8, |all, bit| all << 1 | u8::from(*bit))),
            );
            bytes
        }
    }

    /// Baseline, numbers of four bits, which may or may not be left out.
    fn sets(leaves_out: bool) -> Vec<u8> {
        let sps = Out::default()
            .u(66, 8)
            .u(0xffff, 16)
            .ue(0)
            .ue(0)
            .ue(2)
            .ue(1)
            .u(u32::from(leaves_out), 1)
            .nal(0x67);
        [sps, Out::default().ue(0).ue(0).nal(0x68)].concat()
    }

    fn slice(head: u8, first: u32, number: u32) -> Vec<u8> {
        Out::default().ue(first).ue(5).ue(0).u(number, 4).nal(head)
    }

    fn key() -> Vec<u8> {
        [sets(false), slice(0x65, 0, 0)].concat()
    }

    const REFERRED: u8 = 0x41;
    const DISPOSABLE: u8 = 0x01;

    fn see(anatomy: &mut Anatomy, bytes: &[u8]) -> bool {
        let is_key = bytes.get(3) == Some(&0x67);
        anatomy.look(bytes, Codec::H264, is_key) != Signs::default()
    }

    #[test]
    fn numbers_that_follow_are_whole_and_a_gap_is_told_once() {
        let mut anatomy = Anatomy::default();
        assert!(!see(&mut anatomy, &key()));
        for number in 1..40 {
            assert!(!see(&mut anatomy, &slice(REFERRED, 0, number % 16)));
        }
        // Number 8 is gone.
        assert!(see(&mut anatomy, &slice(REFERRED, 0, 9)));
        assert!(!see(&mut anatomy, &slice(REFERRED, 0, 10)));
        // Pictures that nobody refers to share the number of the next.
        for head in [DISPOSABLE, DISPOSABLE, DISPOSABLE, REFERRED] {
            assert!(!see(&mut anatomy, &slice(head, 0, 11)), "{head}");
        }
        assert!(!see(&mut anatomy, &slice(REFERRED, 0, 12)));
        assert!(!see(&mut anatomy, &key()), "all begins anew");
    }

    #[test]
    fn numbers_that_a_stream_leaves_out_or_never_had_in_order_mean_nothing() {
        let mut layers = Anatomy::default();
        see(&mut layers, &[sets(true), slice(0x65, 0, 0)].concat());
        for number in [3, 6, 9, 12, 15] {
            assert!(!see(&mut layers, &slice(REFERRED, 0, number)));
        }
        let mut odd = Anatomy::default();
        see(&mut odd, &key());
        let told = (1..60)
            .filter(|step| see(&mut odd, &slice(REFERRED, 0, step * 3 % 16)))
            .count();
        assert!(told <= 4, "{told}");
    }

    #[test]
    fn a_picture_without_its_first_slice_or_with_one_less_than_always_is_not_whole() {
        let unit = |number: u32, firsts: &[u32]| -> Vec<u8> {
            let head = if number == 0 { 0x65 } else { REFERRED };
            let slices = firsts.iter().flat_map(|first| slice(head, *first, number));
            let sets = if number == 0 { sets(false) } else { Vec::new() };
            sets.into_iter().chain(slices).collect()
        };
        let four = [0, 60, 120, 180];
        let mut anatomy = Anatomy::default();
        assert!(see(&mut anatomy, &unit(0, &four[1..])));
        for turn in 0..40 {
            assert!(!see(&mut anatomy, &unit(turn % 16, &four)), "{turn}");
        }
        for missing in 0..4 {
            let mut some = four.to_vec();
            some.remove(missing);
            assert!(see(&mut anatomy, &unit(8, &some)), "{missing}");
            assert!(!see(&mut anatomy, &unit(8, &four)));
        }
        // Who cuts slices by their size has another number of them in each picture.
        let mut varying = Anatomy::default();
        for turn in 0..100 {
            let count = 1 + turn * 7 % 4;
            let told = see(&mut varying, &unit(turn % 16, &four[..count as usize]));
            assert!(!told, "{turn}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(
            units in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..60), 1..20)
        ) {
            for codec in Codec::ALL {
                let mut anatomy = Anatomy::default();
                for body in &units {
                    let unit = [&[0, 0, 1, 0x67], &body[..], &[0, 0, 1, 0x68], &body[..], &[0, 0, 1, 0x41], &body[..]].concat();
                    anatomy.look(&unit, codec, false);
                }
            }
        }
    }
}
