//! Pictures of H.264 and H.265 out of NAL units, cut by the streams' own syntax (ITU-T H.264 section
//! 7.4.1.2.4, ITU-T H.265 section 7.4.2.4.4).
//!
//! The mark on an RTP packet says where a picture ends, and many cameras set it on every NAL unit,
//! on every packet or never. It is believed only once it was seen to be right over several pictures
//! with one that decoding can begin at among them; before that, and where it lies, a picture ends
//! where the next begins, when as many slices have come as these pictures always have, or when
//! nothing more comes.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};

use crate::leniency::{Leniencies, Leniency};
use crate::nal::{self, Kind, Sequence, SetKind, Slice, Syntax};
use crate::timeline::Pace;

/// Marks were right on so many pictures in a row before they are believed.
const MIN_RIGHT_MARKS: u32 = 4;
/// Even if there was no picture among them that decoding can begin at.
const MIN_RIGHT_MARKS_WITHOUT_KEY: u32 = 30;
/// So many pictures without a mark in a row, though nothing was lost: there are none.
const MAX_MISSING_MARKS: u32 = 3;
/// A picture whose end is marked is held back so long while marks are not believed yet.
const MARKED_HOLD: Duration = Duration::from_millis(40);
/// A picture whose end is not to be known is held back at least so long …
const MIN_HOLD: Duration = Duration::from_millis(40);
/// … and at most so long.
const MAX_HOLD: Duration = Duration::from_millis(400);
/// So many pictures had the same number of slices before that is believed.
const MIN_SAME_SLICES: u32 = 4;
/// The most bytes of a picture of unknown size, and the least bound of any.
const MIN_PICTURE_BYTES: usize = 768 << 10;
/// The most bytes of any picture.
const MAX_PICTURE_BYTES: usize = 6 << 20;
/// The most bytes before a picture's first slice.
const MAX_PREFIX_BYTES: usize = 64 << 10;
/// The most parameter sets of a stream, and the most bytes of one.
const MAX_SETS: usize = 64;
const MAX_SET_BYTES: usize = 4 << 10;

/// So many bytes of a NAL unit tell its kind in any case.
const HEAD_BYTES: usize = 40;

const START_CODE: [u8; 4] = [0, 0, 0, 1];

/// When and where of the packet at hand.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context {
    pub(crate) timestamp: u32,
    pub(crate) ticks: i64,
    pub(crate) arrival: Instant,
}

/// A picture, as an Annex B byte stream.
#[derive(Clone, Debug)]
pub(crate) struct Picture {
    pub(crate) bytes: Bytes,
    pub(crate) ticks: i64,
    pub(crate) arrival: Instant,
    /// Decoding can begin here; whole after so many further pictures.
    pub(crate) random_access: Option<u16>,
    pub(crate) is_damaged: bool,
    pub(crate) lost: u32,
}

/// Where the NAL unit that is being written goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    Prefix,
    Picture,
    Nowhere,
}

#[derive(Clone, Copy, Debug)]
struct OpenNal {
    target: Target,
    kind: Kind,
    /// Where it begins in its target, behind the start code.
    begin: usize,
}

/// The picture that is being put together.
#[derive(Debug)]
struct Current {
    bytes: BytesMut,
    context: Context,
    last: Instant,
    slices: u32,
    fields: u32,
    field: Option<(bool, u32)>,
    is_key: bool,
    is_intra: bool,
    recovery: Option<u16>,
    is_damaged: bool,
    lost: u32,
    /// The last packet was marked.
    is_marked: bool,
    /// A mark came before its last slice.
    had_false_mark: bool,
    is_too_large: bool,
}

/// The picture that was given out last.
#[derive(Clone, Copy, Debug)]
struct Given {
    timestamp: u32,
    was_marked: bool,
    had_false_mark: bool,
    is_key: bool,
    /// Decoding can begin at it.
    is_begin: bool,
    is_damaged: bool,
    slices: u32,
    lost_since: bool,
    by_mark: bool,
}

/// Whether the marks are believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Marks {
    Learning { right: u32, with_key: bool },
    Believed,
    Wrong,
}

#[derive(Clone, Copy, Debug, Default)]
struct SliceCount {
    slices: u32,
    same: u32,
}

#[derive(Clone, Debug)]
struct Set {
    kind: SetKind,
    number: u32,
    bytes: Bytes,
}

/// Puts pictures together.
#[derive(Debug)]
pub(crate) struct Assembler {
    syntax: Syntax,
    sets: Vec<Set>,
    sequence: Sequence,
    prefix: BytesMut,
    prefix_recovery: Option<u16>,
    /// The parameter sets that stand in `prefix`.
    prefix_sets: Vec<(SetKind, u32)>,
    current: Option<Current>,
    nal: Option<OpenNal>,
    /// A start code within a fragment and less behind it than tells what begins there.
    carry: Vec<u8>,
    given: Option<Given>,
    marks: Marks,
    missing_marks: u32,
    counts: [SliceCount; 2],
    pace: Pace,
    lost: u32,
    /// Numbers do not count: losses cannot be known.
    is_loss_unknown: bool,
    ready: VecDeque<Picture>,
}

impl Assembler {
    pub(crate) fn new(syntax: Syntax) -> Self {
        Self {
            syntax,
            sets: Vec::new(),
            sequence: Sequence::default(),
            prefix: BytesMut::new(),
            prefix_recovery: None,
            prefix_sets: Vec::new(),
            current: None,
            nal: None,
            carry: Vec::new(),
            given: None,
            marks: Marks::Learning {
                right: 0,
                with_key: false,
            },
            missing_marks: 0,
            counts: [SliceCount::default(); 2],
            pace: Pace::default(),
            lost: 0,
            is_loss_unknown: false,
            ready: VecDeque::new(),
        }
    }

    pub(crate) fn sequence(&self) -> &Sequence {
        &self.sequence
    }

    /// Bytes held, for the tests of bounds.
    #[cfg(test)]
    pub(crate) fn held_bytes(&self) -> usize {
        let sets: usize = self.sets.iter().map(|set| set.bytes.len()).sum();
        let current = self.current.as_ref().map_or(0, |c| c.bytes.capacity());
        sets + current + self.prefix.capacity()
    }

    /// The next picture that is whole, or as whole as it gets.
    pub(crate) fn pop(&mut self) -> Option<Picture> {
        self.ready.pop_front()
    }

    /// A parameter set that the SDP brings; it may have start codes before it.
    pub(crate) fn add_set(&mut self, bytes: &[u8], leniencies: &mut Leniencies) {
        let mut is_any = false;
        for nal in nal::split(bytes) {
            is_any = true;
            let Some(Kind::Set(kind)) = self.syntax.kind(nal, None) else {
                leniencies.note(Leniency::OddParameterSets);
                continue;
            };
            let is_readable = kind != SetKind::Sequence || self.syntax.sequence(nal).is_some();
            if !is_readable || !self.keep_set(kind, nal) {
                leniencies.note(Leniency::OddParameterSets);
            }
        }
        if !is_any {
            leniencies.note(Leniency::OddParameterSets);
        }
    }

    fn keep_set(&mut self, kind: SetKind, nal: &[u8]) -> bool {
        if nal.len() > MAX_SET_BYTES {
            return false;
        }
        let Some(number) = self.syntax.set_number(kind, nal) else {
            return false;
        };
        if kind == SetKind::Sequence
            && let Some(sequence) = self.syntax.sequence(nal)
        {
            self.sequence = sequence;
        }
        let known = self
            .sets
            .iter_mut()
            .find(|set| set.kind == kind && set.number == number);
        if let Some(set) = known {
            if set.bytes != nal {
                set.bytes = Bytes::copy_from_slice(nal);
            }
            return true;
        }
        if self.sets.len() >= MAX_SETS {
            return false;
        }
        self.sets.push(Set {
            kind,
            number,
            bytes: Bytes::copy_from_slice(nal),
        });
        self.sets.sort_by_key(|set| (set.kind, set.number));
        true
    }

    /// So many packets are missing before the one at hand.
    pub(crate) fn note_loss(&mut self, lost: u32) {
        if lost == 0 {
            return;
        }
        self.lost = self.lost.saturating_add(lost);
        if let Some(current) = &mut self.current {
            current.is_damaged = true;
        }
        if let Some(given) = &mut self.given {
            given.lost_since = true;
        }
        self.nal = None;
        self.carry.clear();
    }

    /// Numbers of packets do not count.
    pub(crate) fn note_loss_unknown(&mut self) {
        self.is_loss_unknown = true;
    }

    /// Something of the picture at hand is missing.
    pub(crate) fn note_damage(&mut self) {
        if let Some(current) = &mut self.current {
            current.is_damaged = true;
        }
        self.nal = None;
        self.carry.clear();
    }

    /// Whether a NAL unit is being written.
    pub(crate) fn is_open(&self) -> bool {
        self.nal.is_some() || !self.carry.is_empty()
    }

    /// A whole NAL unit, or several with start codes between them.
    pub(crate) fn whole(&mut self, bytes: &[u8], context: Context, leniencies: &mut Leniencies) {
        if memchr::memmem::find(bytes, &[0, 0, 1]).is_some() {
            leniencies.note(Leniency::StartCodes);
            for nal in nal::split(bytes) {
                self.begin(&[], nal, context, leniencies);
                self.end();
            }
        } else {
            self.begin(&[], bytes, context, leniencies);
            self.end();
        }
    }

    /// A NAL unit begins: its head, and the first of the rest.
    pub(crate) fn begin(
        &mut self,
        head: &[u8],
        data: &[u8],
        context: Context,
        leniencies: &mut Leniencies,
    ) {
        if !self.carry.is_empty() {
            self.begin_carried(context, leniencies);
        }
        if self.nal.is_some() {
            leniencies.note(Leniency::OddFragment);
            self.end();
        }
        let mut first = [0; HEAD_BYTES];
        let mut length = 0;
        for byte in head.iter().chain(data).take(first.len()) {
            first[length] = *byte;
            length += 1;
        }
        let Some(kind) = self.syntax.kind(&first[..length], self.sequence.fields) else {
            leniencies.note(Leniency::BadPacket);
            return;
        };
        let target = match kind {
            Kind::Slice(slice) => {
                self.place_slice(slice, context, leniencies);
                Target::Picture
            }
            Kind::Suffix if self.current.is_some() => Target::Picture,
            Kind::Suffix | Kind::Filler => Target::Nowhere,
            Kind::Set(_) | Kind::Prefix => Target::Prefix,
        };
        let begin = match target {
            Target::Prefix => self.prefix.len(),
            Target::Picture => self.current.as_ref().map_or(0, |c| c.bytes.len()),
            Target::Nowhere => 0,
        } + START_CODE.len();
        self.nal = Some(OpenNal {
            target,
            kind,
            begin,
        });
        self.write(&START_CODE, context, leniencies);
        self.write(head, context, leniencies);
        self.write(data, context, leniencies);
    }

    /// More of the NAL unit that has begun.
    pub(crate) fn extend(&mut self, data: &[u8], context: Context, leniencies: &mut Leniencies) {
        if let Some(current) = &mut self.current
            && self.nal.is_some_and(|nal| nal.target == Target::Picture)
            && current.is_marked
        {
            current.had_false_mark = true;
            current.is_marked = false;
        }
        let zeros = self.zeros_of_code(data);
        let has_code = zeros > 0 || memchr::memmem::find(data, &[0, 0, 1]).is_some();
        if self.carry.is_empty() && !has_code {
            self.write(data, context, leniencies);
            return;
        }
        // Several NAL units were cut into pieces as if they were one.
        leniencies.note(Leniency::StartCodes);
        let mut bytes = std::mem::take(&mut self.carry);
        bytes.resize(bytes.len() + zeros, 0);
        bytes.extend_from_slice(data);
        self.cut_zeros(zeros);
        let mut rest = bytes.as_slice();
        let mut is_first = true;
        while let Some(at) = memchr::memmem::find(rest, &[0, 0, 1]) {
            let nal = nal::trimmed(&rest[..at]);
            if is_first {
                self.write(nal, context, leniencies);
            } else if !nal.is_empty() {
                self.begin(&[], nal, context, leniencies);
            }
            self.end();
            is_first = false;
            rest = &rest[at + 3..];
        }
        // Zeros at the end of a fragment are the unit's own: it goes on in the next.
        if rest.len() < HEAD_BYTES {
            self.carry = [&[0, 0, 1], rest].concat();
        } else {
            self.begin(&[], rest, context, leniencies);
        }
    }

    /// The last fragment is through: what waits for more is all there is.
    pub(crate) fn end_fragments(&mut self, context: Context, leniencies: &mut Leniencies) {
        self.begin_carried(context, leniencies);
        self.end();
    }

    fn begin_carried(&mut self, context: Context, leniencies: &mut Leniencies) {
        let carry = std::mem::take(&mut self.carry);
        let nal = nal::trimmed(carry.get(3..).unwrap_or_default());
        if !nal.is_empty() {
            self.begin(&[], nal, context, leniencies);
        }
    }

    /// So many zeros at the end of what is written begin a start code that goes on in `data`.
    fn zeros_of_code(&self, data: &[u8]) -> usize {
        let more = data.iter().take(2).take_while(|byte| **byte == 0).count();
        if more == 2 || data.get(more) != Some(&1) {
            return 0;
        }
        let zeros = self
            .open_bytes()
            .iter()
            .rev()
            .take(3)
            .take_while(|byte| **byte == 0)
            .count();
        if zeros + more >= 2 { zeros } else { 0 }
    }

    /// What is written of the NAL unit at hand.
    fn open_bytes(&self) -> &[u8] {
        let bytes = self.nal.and_then(|nal| match nal.target {
            Target::Prefix => self.prefix.get(nal.begin..),
            Target::Picture => self.current.as_ref()?.bytes.get(nal.begin..),
            Target::Nowhere => None,
        });
        bytes.unwrap_or_default()
    }

    fn cut_zeros(&mut self, count: usize) {
        let target = match self.nal.map(|nal| nal.target) {
            Some(Target::Prefix) => &mut self.prefix,
            Some(Target::Picture) => match &mut self.current {
                Some(current) => &mut current.bytes,
                None => return,
            },
            Some(Target::Nowhere) | None => return,
        };
        target.truncate(target.len().saturating_sub(count));
    }

    fn write(&mut self, bytes: &[u8], context: Context, leniencies: &mut Leniencies) {
        let limit = self.max_picture_bytes();
        match self.nal.map(|nal| nal.target) {
            Some(Target::Prefix) => {
                if self.prefix.len() + bytes.len() > MAX_PREFIX_BYTES {
                    leniencies.note(Leniency::TooLarge);
                    self.clear_prefix();
                    self.nal = None;
                } else {
                    self.prefix.extend_from_slice(bytes);
                }
            }
            Some(Target::Picture) => {
                if let Some(current) = &mut self.current {
                    current.last = context.arrival;
                    if current.is_too_large {
                        return;
                    }
                    if current.bytes.len() + bytes.len() > limit {
                        leniencies.note(Leniency::TooLarge);
                        current.is_too_large = true;
                        current.bytes = BytesMut::new();
                        return;
                    }
                    current.bytes.extend_from_slice(bytes);
                }
            }
            Some(Target::Nowhere) | None => {}
        }
    }

    /// Half a byte a pixel is far more than any encoder gives.
    fn max_picture_bytes(&self) -> usize {
        let pixels = self
            .sequence
            .size
            .map_or(0, |(width, height)| width as usize * height as usize);
        (pixels / 2).clamp(MIN_PICTURE_BYTES, MAX_PICTURE_BYTES)
    }

    fn clear_prefix(&mut self) {
        self.prefix.clear();
        self.prefix_recovery = None;
        self.prefix_sets.clear();
    }

    /// The NAL unit is whole.
    pub(crate) fn end(&mut self) {
        let Some(nal) = self.nal.take() else {
            return;
        };
        match nal.kind {
            Kind::Set(kind) => {
                let bytes = self.prefix.get(nal.begin..).map(Bytes::copy_from_slice);
                if let Some(bytes) = bytes.filter(|bytes| !bytes.is_empty()) {
                    self.keep_set(kind, &bytes);
                    if let Some(number) = self.syntax.set_number(kind, &bytes)
                        && self.prefix_sets.len() < MAX_SETS
                    {
                        self.prefix_sets.push((kind, number));
                    }
                }
            }
            Kind::Prefix => {
                let bytes = self.prefix.get(nal.begin..).unwrap_or_default();
                if let Some(count) = self.syntax.recovery_point(bytes) {
                    self.prefix_recovery = Some(count);
                }
            }
            Kind::Slice(_) => {
                let is_complete = self.current.as_ref().is_some_and(|current| {
                    let count = self.counts[usize::from(current.is_key)];
                    self.marks == Marks::Wrong
                        && count.same >= MIN_SAME_SLICES
                        && current.slices == count.slices
                });
                if is_complete {
                    self.give(false);
                }
            }
            Kind::Suffix | Kind::Filler => {}
        }
    }

    /// A slice begins: of the picture at hand, or of another.
    fn place_slice(&mut self, slice: Slice, context: Context, leniencies: &mut Leniencies) {
        let is_new = match &self.current {
            None => {
                self.follow_given(slice, context, leniencies);
                true
            }
            Some(current) if slice.is_first => {
                let is_second_field = match (slice.field, current.field) {
                    (Some((bottom, number)), Some((first, same))) => {
                        bottom != first && number == same && current.fields == 1
                    }
                    _ => false,
                };
                !is_second_field
            }
            // The first slice of another picture was lost.
            Some(current) => {
                context.timestamp != current.context.timestamp
                    && (self.lost > 0 || (self.is_loss_unknown && current.is_marked))
            }
        };
        if is_new {
            let joins_late = !slice.is_first;
            self.give(false);
            self.confirm_given(leniencies);
            let is_begin = slice.is_key || slice.is_intra || self.prefix_recovery.is_some();
            let bytes = self.first_bytes(is_begin);
            self.current = Some(Current {
                bytes,
                context,
                last: context.arrival,
                slices: 0,
                fields: 0,
                field: slice.field,
                is_key: slice.is_key,
                is_intra: true,
                recovery: self.prefix_recovery,
                is_damaged: joins_late,
                lost: std::mem::take(&mut self.lost),
                is_marked: false,
                had_false_mark: false,
                is_too_large: false,
            });
        } else if let Some(current) = &mut self.current {
            if current.is_marked {
                current.had_false_mark = true;
                current.is_marked = false;
            }
            current.bytes.extend_from_slice(&self.prefix);
        }
        self.clear_prefix();
        if let Some(current) = &mut self.current {
            current.slices += 1;
            current.fields += u32::from(slice.is_first);
            current.is_intra &= slice.is_intra;
            current.is_key |= slice.is_key;
        }
    }

    /// What stands before the first slice: what came there, and at a beginning all sets that are
    /// missing there.
    fn first_bytes(&mut self, is_begin: bool) -> BytesMut {
        let mut bytes = BytesMut::with_capacity(self.prefix.len() + 4096);
        if is_begin {
            for set in &self.sets {
                if !self.prefix_sets.contains(&(set.kind, set.number)) {
                    bytes.extend_from_slice(&START_CODE);
                    bytes.extend_from_slice(&set.bytes);
                }
            }
        }
        bytes.extend_from_slice(&self.prefix);
        bytes
    }

    /// A slice comes while no picture is at hand: it should be the first of one.
    fn follow_given(&mut self, slice: Slice, context: Context, leniencies: &mut Leniencies) {
        let Some(given) = &mut self.given else {
            return;
        };
        if slice.is_first || given.lost_since || given.timestamp != context.timestamp {
            return;
        }
        // The rest of a picture that was given out: its end was not where it was thought to be.
        let (is_key, by_mark) = (given.is_key, given.by_mark);
        self.given = None;
        self.counts[usize::from(is_key)].same = 0;
        if by_mark || self.marks != Marks::Wrong {
            self.distrust(leniencies);
        }
    }

    fn distrust(&mut self, leniencies: &mut Leniencies) {
        leniencies.note(Leniency::OddMark);
        self.marks = Marks::Wrong;
    }

    /// The picture that was given out last was whole: another has begun.
    fn confirm_given(&mut self, leniencies: &mut Leniencies) {
        let Some(given) = self.given.take() else {
            return;
        };
        if given.is_damaged || given.lost_since {
            return;
        }
        let count = &mut self.counts[usize::from(given.is_key)];
        if count.slices == given.slices {
            count.same = count.same.saturating_add(1);
        } else {
            *count = SliceCount {
                slices: given.slices,
                same: 0,
            };
        }
        if self.marks == Marks::Wrong {
            return;
        }
        if given.had_false_mark {
            self.distrust(leniencies);
            return;
        }
        if !given.was_marked {
            self.missing_marks += 1;
            if self.missing_marks >= MAX_MISSING_MARKS {
                self.distrust(leniencies);
            }
            return;
        }
        self.missing_marks = 0;
        if let Marks::Learning { right, with_key } = &mut self.marks {
            *right += 1;
            *with_key |= given.is_begin;
            let enough = if *with_key {
                MIN_RIGHT_MARKS
            } else {
                MIN_RIGHT_MARKS_WITHOUT_KEY
            };
            if *right >= enough {
                self.marks = Marks::Believed;
            }
        }
    }

    /// A packet ends, with a mark or without.
    pub(crate) fn packet_ended(&mut self, is_marked: bool, leniencies: &mut Leniencies) {
        if !is_marked {
            return;
        }
        if self.nal.is_some() && self.marks == Marks::Believed {
            // Fragments without an end: the mark says that this is it.
            leniencies.note(Leniency::OddFragment);
            self.end();
        }
        let is_prefix = self.nal.is_some_and(|nal| nal.target == Target::Prefix);
        if let Some(current) = self.current.as_mut().filter(|_| !is_prefix) {
            current.is_marked = true;
            if self.marks == Marks::Believed {
                self.give(true);
            }
        }
    }

    /// When the picture at hand is given out even if nothing more comes.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        if self.marks == Marks::Believed {
            return None;
        }
        let current = self.current.as_ref()?;
        let usual = self
            .pace
            .interval()
            .map_or(MIN_HOLD, |interval| interval / 2);
        let hold = if current.is_marked && self.marks != Marks::Wrong {
            MARKED_HOLD
        } else {
            usual.clamp(MIN_HOLD, MAX_HOLD)
        };
        // A NAL unit without an end is waited for longer.
        let is_cut = self.nal.is_some() && !current.is_marked;
        let hold = if is_cut { MAX_HOLD } else { hold };
        Some(current.last + hold)
    }

    /// Nothing has come for a while.
    pub(crate) fn pass_time(&mut self, now: Instant) {
        if self.deadline().is_some_and(|deadline| now >= deadline) {
            self.end();
            self.give(false);
        }
    }

    /// Gives the picture at hand out.
    fn give(&mut self, by_mark: bool) {
        let Some(current) = self.current.take() else {
            return;
        };
        let is_begin = current.is_key || current.recovery.is_some() || current.is_intra;
        self.given = Some(Given {
            timestamp: current.context.timestamp,
            was_marked: current.is_marked,
            had_false_mark: current.had_false_mark,
            is_key: current.is_key,
            is_begin,
            is_damaged: current.is_damaged,
            slices: current.slices,
            lost_since: false,
            by_mark,
        });
        if current.is_too_large {
            self.lost = self.lost.saturating_add(1);
            return;
        }
        self.pace.note(current.context.arrival);
        self.ready.push_back(Picture {
            bytes: current.bytes.freeze(),
            ticks: current.context.ticks,
            arrival: current.last,
            random_access: is_begin.then(|| {
                if current.is_key {
                    0
                } else {
                    current.recovery.unwrap_or(0)
                }
            }),
            is_damaged: current.is_damaged,
            lost: current.lost,
        });
    }
}

#[cfg(test)]
#[path = "picture_tests.rs"]
mod tests;
