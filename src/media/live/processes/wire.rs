//! The messages between the wall and a decoder process, and nothing else: bytes to values and back.
//!
//! Each is a length (32 bits), a kind (8 bits) and its fields, all little-endian. Times are
//! nanoseconds since a moment that the wall alone knows; neither side sends a clock's reading.
//!
//! What comes from a decoder process is not believed: every length, count and kind is checked here,
//! and what a message says of units and memory is checked against the books in `ledger`.

use crate::model::codec::Codec;
use crate::model::condition;
use crate::model::frame::{Colour, Integrity, Matrix, Range, Rotation};

/// Version of these messages; both sides are the same program, and say so.
pub(super) const VERSION: u32 = 3;
/// No message of a decoder process is longer, bytes.
pub(super) const LONGEST_ANSWER: usize = 4096;
/// No unit is longer, bytes.
const LONGEST_ORDER: usize = 64 << 20;
/// A unit gives no more frames than this.
const MOST_FRAMES: usize = 64;
/// Texts are cut here, bytes.
const LONGEST_TEXT: usize = 512;

/// A message that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum WireError {
    #[error("a message of {0} bytes, which is none")]
    Length(usize),
    #[error("a message that ends before its last field")]
    Short,
    #[error("a message with {0} bytes behind its last field")]
    Long(usize),
    #[error("{what} {value}, which is none")]
    Value { what: &'static str, value: u64 },
    #[error("a text that is no UTF-8")]
    Text,
}

/// What the wall tells a decoder process.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Order<'a> {
    /// Decode this.
    Unit(UnitHead, &'a [u8]),
    /// A feed is closed: its decoder may go.
    Close { feed: u64 },
}

/// All of a unit but its bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct UnitHead {
    pub(super) feed: u64,
    /// Rises by one with each unit that this process is given.
    pub(super) number: u64,
    /// Pictures of answers up to this unit's were taken: their memory is free.
    pub(super) taken: u64,
    pub(super) arrival_ns: u64,
    pub(super) pts_ns: i64,
    pub(super) shown: (u32, u32),
    pub(super) codec: Codec,
    pub(super) keyframe: bool,
    pub(super) recovers_after: u16,
    pub(super) lost_packets: u32,
    pub(super) is_damaged: bool,
    pub(super) new_session: bool,
    pub(super) exact: bool,
    pub(super) discard: bool,
    pub(super) leave_out: u8,
    pub(super) accept: bool,
    pub(super) watch: bool,
    pub(super) look: bool,
}

/// What a decoder process tells the wall.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Answer {
    /// It has started.
    Ready { version: u32 },
    /// A unit is done; units are done in the order in which they were given.
    Done(Box<Done>),
}

/// What became of a unit.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Done {
    pub(super) number: u64,
    /// Memory that the process has for itself, KiB; only believed to find who eats it.
    pub(super) memory_kib: u64,
    /// Numbers of the units whose frames came out, in order, and whether they are whole.
    pub(super) frames: Vec<(u64, Integrity)>,
    /// Of the last of them.
    pub(super) picture: Option<PictureHead>,
    /// The last of them in full.
    pub(super) look: Option<PictureHead>,
    /// The share of the picture that changed, in thousandths.
    pub(super) motion: Option<u16>,
    pub(super) judgement: Option<Judged>,
    /// Another decoder is at work.
    pub(super) running: Option<(Codec, String)>,
    /// No decoder can work on this stream.
    pub(super) trouble: Option<Trouble>,
    /// Why there is no picture of the last frame, for the log.
    pub(super) left_out: Option<String>,
}

/// A judgement, as it crosses.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Judged {
    pub(super) picture: condition::Picture,
    pub(super) since_ns: u64,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Trouble {
    NoDecoder,
    Failed(String),
}

/// All of a picture but its samples, which lie at `offset` of the shared memory: luma, chroma and
/// the screen's pixels, one behind the other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct PictureHead {
    pub(super) offset: u64,
    pub(super) source: (u32, u32),
    pub(super) halvings: u32,
    pub(super) size: (u32, u32),
    /// Size of the screen's pixels; 0 where there are none.
    pub(super) exact: (u32, u32),
    pub(super) colour: Colour,
    pub(super) rotation: Rotation,
}

impl PictureHead {
    /// Bytes of luma, of chroma and of the screen's pixels.
    pub(super) fn lengths(&self) -> [u64; 3] {
        let area = |(width, height): (u32, u32)| u64::from(width) * u64::from(height);
        let chroma = (self.size.0.div_ceil(2), self.size.1.div_ceil(2));
        [area(self.size), 2 * area(chroma), 4 * area(self.exact)]
    }
}

impl Order<'_> {
    /// The message but for a unit's bytes, which follow.
    pub(super) fn head(&self) -> Vec<u8> {
        let mut out = Writer::default();
        let mut behind = 0;
        match self {
            Self::Unit(head, bytes) => {
                behind = bytes.len();
                out.u8(1);
                out.u64(head.feed);
                out.u64(head.number);
                out.u64(head.taken);
                out.u64(head.arrival_ns);
                out.u64(head.pts_ns as u64);
                out.pair(head.shown);
                out.u8(codec_number(head.codec));
                out.u8(head.leave_out);
                out.u16(head.recovers_after);
                out.u32(head.lost_packets);
                let flags = [
                    head.keyframe,
                    head.new_session,
                    head.exact,
                    head.discard,
                    head.accept,
                    head.watch,
                    head.look,
                    head.is_damaged,
                ];
                out.u8(flags
                    .iter()
                    .rev()
                    .fold(0, |all, flag| all << 1 | u8::from(*flag)));
            }
            Self::Close { feed } => {
                out.u8(2);
                out.u64(*feed);
            }
        }
        out.finish(behind)
    }

    pub(super) fn read(body: &[u8]) -> Result<Order<'_>, WireError> {
        let mut from = Reader(body);
        match from.u8()? {
            1 => {
                let (feed, number, taken) = (from.u64()?, from.u64()?, from.u64()?);
                let (arrival_ns, pts_ns) = (from.u64()?, from.u64()? as i64);
                let shown = from.pair()?;
                let codec = codec(from.u8()?)?;
                let leave_out = from.u8()?;
                let recovers_after = from.u16()?;
                let lost_packets = from.u32()?;
                let flags = from.u8()?;
                let flag = |bit: u8| flags >> bit & 1 == 1;
                let head = UnitHead {
                    feed,
                    number,
                    taken,
                    arrival_ns,
                    pts_ns,
                    shown,
                    codec,
                    keyframe: flag(0),
                    recovers_after,
                    lost_packets,
                    is_damaged: flag(7),
                    new_session: flag(1),
                    exact: flag(2),
                    discard: flag(3),
                    leave_out,
                    accept: flag(4),
                    watch: flag(5),
                    look: flag(6),
                };
                Ok(Order::Unit(head, from.0))
            }
            2 => {
                let feed = from.u64()?;
                from.end()?;
                Ok(Order::Close { feed })
            }
            other => Err(none("an order of kind", other)),
        }
    }

    /// How long the message is that begins with `length`.
    pub(super) fn length(length: [u8; 4]) -> Result<usize, WireError> {
        checked_length(length, LONGEST_ORDER)
    }
}

impl Answer {
    /// The whole message.
    pub(super) fn write(&self) -> Vec<u8> {
        let mut out = Writer::default();
        match self {
            Self::Ready { version } => {
                out.u8(1);
                out.u32(*version);
            }
            Self::Done(done) => {
                out.u8(2);
                out.u64(done.number);
                out.u64(done.memory_kib);
                let frames = &done.frames[done.frames.len().saturating_sub(MOST_FRAMES)..];
                out.u8(frames.len() as u8);
                for (number, integrity) in frames {
                    out.u64(*number);
                    out.u8(integrity_number(*integrity));
                }
                out.option(done.picture.as_ref(), Writer::picture);
                out.option(done.look.as_ref(), Writer::picture);
                out.option(done.motion.as_ref(), |out, share| out.u16(*share));
                out.option(done.judgement.as_ref(), |out, judged| {
                    out.u8(seen_number(judged.picture));
                    out.u64(judged.since_ns);
                });
                out.option(done.running.as_ref(), |out, (codec, name)| {
                    out.u8(codec_number(*codec));
                    out.text(name);
                });
                out.option(done.trouble.as_ref(), |out, trouble| match trouble {
                    Trouble::NoDecoder => out.u8(1),
                    Trouble::Failed(text) => {
                        out.u8(2);
                        out.text(text);
                    }
                });
                out.option(done.left_out.as_ref(), |out, text| out.text(text));
            }
        }
        out.finish(0)
    }

    pub(super) fn read(body: &[u8]) -> Result<Self, WireError> {
        let mut from = Reader(body);
        let answer = match from.u8()? {
            1 => Self::Ready {
                version: from.u32()?,
            },
            2 => {
                let (number, memory_kib) = (from.u64()?, from.u64()?);
                let count = from.u8()?;
                if usize::from(count) > MOST_FRAMES {
                    return Err(none("a number of frames", count));
                }
                let frames = (0..count)
                    .map(|_| Ok((from.u64()?, integrity(from.u8()?)?)))
                    .collect::<Result<_, _>>()?;
                let picture = from.option(Reader::picture)?;
                let look = from.option(Reader::picture)?;
                let motion = from.option(Reader::u16)?;
                let judgement = from.option(|from| {
                    Ok(Judged {
                        picture: seen(from.u8()?)?,
                        since_ns: from.u64()?,
                    })
                })?;
                let running = from.option(|from| Ok((codec(from.u8()?)?, from.text()?)))?;
                let trouble = from.option(|from| match from.u8()? {
                    1 => Ok(Trouble::NoDecoder),
                    2 => Ok(Trouble::Failed(from.text()?)),
                    other => Err(none("a trouble of kind", other)),
                })?;
                let left_out = from.option(Reader::text)?;
                Self::Done(Box::new(Done {
                    number,
                    memory_kib,
                    frames,
                    picture,
                    look,
                    motion,
                    judgement,
                    running,
                    trouble,
                    left_out,
                }))
            }
            other => return Err(none("an answer of kind", other)),
        };
        from.end()?;
        Ok(answer)
    }

    /// How long the message is that begins with `length`.
    pub(super) fn length(length: [u8; 4]) -> Result<usize, WireError> {
        checked_length(length, LONGEST_ANSWER)
    }
}

fn checked_length(length: [u8; 4], most: usize) -> Result<usize, WireError> {
    let length = u32::from_le_bytes(length) as usize;
    if (1..=most).contains(&length) {
        Ok(length)
    } else {
        Err(WireError::Length(length))
    }
}

fn none(what: &'static str, value: u8) -> WireError {
    WireError::Value {
        what,
        value: u64::from(value),
    }
}

fn codec_number(codec: Codec) -> u8 {
    match codec {
        Codec::H264 => 1,
        Codec::H265 => 2,
        Codec::Jpeg => 3,
    }
}

fn codec(number: u8) -> Result<Codec, WireError> {
    let found = Codec::ALL.into_iter().find(|c| codec_number(*c) == number);
    found.ok_or_else(|| none("a codec", number))
}

fn integrity_number(integrity: Integrity) -> u8 {
    match integrity {
        Integrity::Whole => 1,
        Integrity::Damaged => 2,
        Integrity::Tainted => 3,
    }
}

fn integrity(number: u8) -> Result<Integrity, WireError> {
    match number {
        1 => Ok(Integrity::Whole),
        2 => Ok(Integrity::Damaged),
        3 => Ok(Integrity::Tainted),
        other => Err(none("an integrity", other)),
    }
}

fn seen_number(picture: condition::Picture) -> u8 {
    match picture {
        condition::Picture::None => 1,
        condition::Picture::Good => 2,
        condition::Picture::Frozen => 3,
        condition::Picture::Black => 4,
        condition::Picture::Blurred => 5,
        condition::Picture::Moved => 6,
        condition::Picture::Disturbed => 7,
    }
}

fn seen(number: u8) -> Result<condition::Picture, WireError> {
    let all = [
        condition::Picture::None,
        condition::Picture::Good,
        condition::Picture::Frozen,
        condition::Picture::Black,
        condition::Picture::Blurred,
        condition::Picture::Moved,
        condition::Picture::Disturbed,
    ];
    let found = all.into_iter().find(|p| seen_number(*p) == number);
    found.ok_or_else(|| none("a judgement", number))
}

#[derive(Default)]
struct Writer(Vec<u8>);

impl Writer {
    fn u8(&mut self, value: u8) {
        self.0.push(value);
    }

    fn u16(&mut self, value: u16) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    fn u32(&mut self, value: u32) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    fn u64(&mut self, value: u64) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    fn pair(&mut self, (first, second): (u32, u32)) {
        self.u32(first);
        self.u32(second);
    }

    fn text(&mut self, text: &str) {
        let end = text.floor_char_boundary(LONGEST_TEXT);
        self.u32(end as u32);
        self.0.extend_from_slice(&text.as_bytes()[..end]);
    }

    fn option<T: ?Sized>(&mut self, value: Option<&T>, write: impl FnOnce(&mut Self, &T)) {
        self.u8(u8::from(value.is_some()));
        if let Some(value) = value {
            write(self, value);
        }
    }

    fn picture(&mut self, picture: &PictureHead) {
        self.u64(picture.offset);
        self.pair(picture.source);
        self.u8(picture.halvings as u8);
        self.pair(picture.size);
        self.pair(picture.exact);
        self.u8(match picture.colour.matrix {
            Matrix::Bt601 => 1,
            Matrix::Bt709 => 2,
            Matrix::Bt2020 => 3,
        });
        self.u8(match picture.colour.range {
            Range::Limited => 1,
            Range::Full => 2,
        });
        self.u8(match picture.rotation {
            Rotation::None => 1,
            Rotation::Quarter => 2,
            Rotation::Half => 3,
            Rotation::ThreeQuarters => 4,
        });
    }

    /// The length in front; `behind` more bytes will follow.
    fn finish(self, behind: usize) -> Vec<u8> {
        let mut whole = Vec::with_capacity(4 + self.0.len());
        whole.extend_from_slice(&((self.0.len() + behind) as u32).to_le_bytes());
        whole.extend_from_slice(&self.0);
        whole
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], WireError> {
        let (head, rest) = self.0.split_at_checked(count).ok_or(WireError::Short)?;
        self.0 = rest;
        Ok(head)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], WireError> {
        let (head, rest) = self.0.split_first_chunk().ok_or(WireError::Short)?;
        self.0 = rest;
        Ok(*head)
    }

    fn u8(&mut self) -> Result<u8, WireError> {
        self.array().map(|[byte]| byte)
    }

    fn u16(&mut self) -> Result<u16, WireError> {
        self.array().map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> Result<u32, WireError> {
        self.array().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Result<u64, WireError> {
        self.array().map(u64::from_le_bytes)
    }

    fn pair(&mut self) -> Result<(u32, u32), WireError> {
        Ok((self.u32()?, self.u32()?))
    }

    fn text(&mut self) -> Result<String, WireError> {
        let length = self.u32()? as usize;
        if length > LONGEST_TEXT {
            return Err(WireError::Length(length));
        }
        let text = std::str::from_utf8(self.take(length)?).map_err(|_error| WireError::Text)?;
        Ok(text.to_owned())
    }

    fn option<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, WireError>,
    ) -> Result<Option<T>, WireError> {
        match self.u8()? {
            0 => Ok(None),
            1 => read(self).map(Some),
            other => Err(none("a mark of presence", other)),
        }
    }

    fn picture(&mut self) -> Result<PictureHead, WireError> {
        Ok(PictureHead {
            offset: self.u64()?,
            source: self.pair()?,
            halvings: u32::from(self.u8()?),
            size: self.pair()?,
            exact: self.pair()?,
            colour: Colour {
                matrix: match self.u8()? {
                    1 => Matrix::Bt601,
                    2 => Matrix::Bt709,
                    3 => Matrix::Bt2020,
                    other => return Err(none("a matrix", other)),
                },
                range: match self.u8()? {
                    1 => Range::Limited,
                    2 => Range::Full,
                    other => return Err(none("a range", other)),
                },
            },
            rotation: match self.u8()? {
                1 => Rotation::None,
                2 => Rotation::Quarter,
                3 => Rotation::Half,
                4 => Rotation::ThreeQuarters,
                other => return Err(none("a rotation", other)),
            },
        })
    }

    fn end(&self) -> Result<(), WireError> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(WireError::Long(self.0.len()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn full() -> Done {
        Done {
            number: 77,
            memory_kib: 123,
            frames: vec![
                (74, Integrity::Damaged),
                (75, Integrity::Tainted),
                (76, Integrity::Whole),
            ],
            picture: Some(PictureHead {
                offset: 4096,
                source: (1920, 1080),
                halvings: 2,
                size: (480, 270),
                exact: (271, 152),
                colour: Colour {
                    matrix: Matrix::Bt2020,
                    range: Range::Full,
                },
                rotation: Rotation::Half,
            }),
            look: Some(PictureHead {
                offset: 1 << 20,
                source: (1920, 1080),
                halvings: 0,
                size: (1920, 1080),
                exact: (0, 0),
                colour: Colour {
                    matrix: Matrix::Bt2020,
                    range: Range::Full,
                },
                rotation: Rotation::Half,
            }),
            motion: Some(250),
            judgement: Some(Judged {
                picture: condition::Picture::Frozen,
                since_ns: 5,
            }),
            running: Some((Codec::H265, "avdec_h265".into())),
            trouble: Some(Trouble::Failed("ж".repeat(400))),
            left_out: Some("no pixel".into()),
        }
    }

    #[test]
    fn answers_come_back_as_they_were_but_for_cut_texts() {
        let wanted = Done {
            trouble: Some(Trouble::Failed("ж".repeat(256))),
            ..full()
        };
        for (told, wanted) in [
            (
                Answer::Done(Box::new(full())),
                Answer::Done(Box::new(wanted)),
            ),
            (Answer::Done(Box::default()), Answer::Done(Box::default())),
            (Answer::Ready { version: 9 }, Answer::Ready { version: 9 }),
        ] {
            let bytes = told.write();
            let (length, body) = bytes.split_first_chunk().unwrap();
            assert_eq!(Answer::length(*length), Ok(body.len()));
            assert_eq!(Answer::read(body), Ok(wanted));
        }
    }

    #[test]
    fn the_longest_answer_fits() {
        let done = Done {
            frames: vec![(u64::MAX, Integrity::Tainted); 200],
            running: Some((Codec::Jpeg, "d".repeat(900))),
            trouble: Some(Trouble::Failed("t".repeat(900))),
            left_out: Some("l".repeat(900)),
            ..full()
        };
        let bytes = Answer::Done(Box::new(done)).write();
        let (length, body) = bytes.split_first_chunk().unwrap();
        assert_eq!(Answer::length(*length), Ok(body.len()));
        assert!(Answer::read(body).is_ok());
    }

    #[test]
    fn orders_come_back_as_they_were() {
        for bits in 0..=255_u8 {
            let flag = |bit: u8| bits >> bit & 1 == 1;
            let head = UnitHead {
                feed: 3,
                number: 4,
                taken: 2,
                arrival_ns: 5,
                pts_ns: -6,
                shown: (271, 152),
                codec: Codec::Jpeg,
                keyframe: flag(0),
                recovers_after: 300 + u16::from(bits),
                lost_packets: 70_000 + u32::from(bits),
                is_damaged: flag(7),
                new_session: flag(1),
                exact: flag(2),
                discard: flag(3),
                leave_out: bits,
                accept: flag(4),
                watch: flag(5),
                look: flag(6),
            };
            let unit = Order::Unit(head, b"abc");
            let mut bytes = unit.head();
            bytes.extend_from_slice(b"abc");
            let (length, body) = bytes.split_first_chunk().unwrap();
            assert_eq!(Order::length(*length), Ok(body.len()));
            assert_eq!(Order::read(body), Ok(unit));
        }
        let close = Order::Close { feed: 7 };
        assert_eq!(Order::read(&close.head()[4..]), Ok(close));
    }

    #[test]
    fn damaged_answers_are_told_apart() {
        let whole = Answer::Done(Box::new(full())).write()[4..].to_vec();
        for end in 0..whole.len() {
            assert!(Answer::read(&whole[..end]).is_err(), "cut at {end}");
        }
        let mut longer = whole.clone();
        longer.push(0);
        assert_eq!(Answer::read(&longer), Err(WireError::Long(1)));
        assert!(Answer::length([0; 4]).is_err());
        assert!(Answer::length([255; 4]).is_err());
        assert!(Answer::read(&[9]).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            Answer::read(&bytes).ok();
            Order::read(&bytes).ok();
        }

        #[test]
        fn any_changed_byte_is_survived(at in 0..900_usize, to: u8) {
            let mut whole = Answer::Done(Box::new(full())).write()[4..].to_vec();
            let at = at % whole.len();
            whole[at] = to;
            Answer::read(&whole).ok();
        }
    }
}
