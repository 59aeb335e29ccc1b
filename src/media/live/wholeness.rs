//! Whether the pictures of a stream are whole, told in the order in which its units are decoded.
//!
//! What was lost is missing in every picture that refers to it, until one that refers to nothing
//! before it, or until an intra refresh has gone once over the picture. Where a stream never says
//! that decoding may begin, decoding is tried all the same: such pictures are not believed before
//! the decoder takes its marks off them, or before nothing was concealed for a long time.

use std::time::{Duration, Instant};

use super::anatomy::Signs;
use crate::base::clock::MediaTime;
use crate::media::source::{EncodedUnit, NEVER_TOLD};
use crate::model::codec::Codec;
use crate::model::frame::Integrity;

/// Where nobody tells when the pictures are whole, they are taken for whole after so long without
/// anything concealed.
const TRIED_UNTIL: Duration = Duration::from_secs(30);
/// A unit behind a keyframe whose picture lies before it refers to what was before the keyframe. No
/// picture lies further before it.
const MAX_LEADING: Duration = Duration::from_secs(2);

/// The state of one stream.
#[derive(Debug)]
pub(super) struct Wholeness {
    state: State,
    /// Something of the unit at hand is missing or was concealed.
    is_damaged: bool,
    /// The unit at hand lies before its keyframe and refers to what was not whole.
    is_leading: bool,
    /// The picture of the last keyframe, where what came before it was not whole.
    leading_of: Option<MediaTime>,
    /// The stream has said where decoding may begin.
    has_keys: bool,
    /// The decoder has shown that it takes its marks off.
    marks_mean_something: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Nothing is missing.
    Whole,
    /// Nothing will be missing after so many further units.
    Recovering { left: u16 },
    /// Something is missing until decoding begins anew.
    Broken,
    /// Decoding is tried since then; or since something was concealed last.
    Tried { since: Instant, is_marked: bool },
}

impl Default for Wholeness {
    fn default() -> Self {
        Self {
            state: State::Broken,
            is_damaged: false,
            is_leading: false,
            leading_of: None,
            has_keys: false,
            marks_mean_something: false,
        }
    }
}

impl Wholeness {
    /// Another decoder is at work.
    pub(super) fn begin_decoder(&mut self) {
        self.marks_mean_something = false;
    }

    /// Units were left out.
    pub(super) fn skip(&mut self) {
        self.state = State::Broken;
    }

    /// A unit is about to be decoded; `signs` are what it shows by itself.
    pub(super) fn unit(&mut self, unit: &EncodedUnit, signs: Signs) {
        self.is_damaged = unit.is_damaged || signs.lacks_slices;
        if unit.codec == Codec::Jpeg {
            self.state = State::Whole;
            return;
        }
        let lost_before = unit.lost_packets > 0 || signs.follows_gap;
        if unit.keyframe {
            self.key(unit, lost_before);
        } else {
            if let State::Recovering { left } = &mut self.state {
                *left = left.saturating_sub(1);
                if *left == 0 {
                    self.state = State::Whole;
                }
            }
            // It is not known of which unit they were.
            self.is_damaged |= lost_before;
        }
        if let State::Tried { since, .. } = self.state
            && unit.arrival.saturating_duration_since(since) >= TRIED_UNTIL
        {
            self.state = State::Whole;
        }
        self.is_leading = self.leading_of.is_some_and(|key| {
            let before = key.0.saturating_sub(unit.pts.0);
            before > 0 && before <= MAX_LEADING.as_nanos() as i64
        });
        if !self.is_leading && !unit.keyframe {
            self.leading_of = None;
        }
        if self.is_damaged {
            self.damage(unit.arrival);
        }
    }

    fn key(&mut self, unit: &EncodedUnit, lost_before: bool) {
        let was_whole = self.state == State::Whole;
        self.has_keys |= unit.recovers_after != NEVER_TOLD;
        self.leading_of = None;
        self.state = match unit.recovers_after {
            0 => {
                self.leading_of = (!was_whole || lost_before).then_some(unit.pts);
                State::Whole
            }
            NEVER_TOLD => State::Tried {
                since: unit.arrival,
                is_marked: false,
            },
            _ if was_whole && !lost_before => State::Whole,
            left => State::Recovering { left },
        };
    }

    fn damage(&mut self, at: Instant) {
        self.state = match self.state {
            State::Tried { is_marked, .. } => State::Tried {
                since: at,
                is_marked,
            },
            _ if self.has_keys => State::Broken,
            _ => State::Tried {
                since: at,
                is_marked: false,
            },
        };
    }

    /// The decoder had to conceal something of the unit at hand.
    pub(super) fn conceal(&mut self, unit: &EncodedUnit) {
        self.is_damaged = true;
        if unit.codec != Codec::Jpeg {
            self.damage(unit.arrival);
        }
    }

    /// What is to be thought of the picture of the unit at hand.
    pub(super) fn integrity(&self) -> Integrity {
        if self.is_damaged {
            Integrity::Damaged
        } else if self.is_leading || self.state != State::Whole {
            Integrity::Tainted
        } else {
            Integrity::Whole
        }
    }

    /// A picture comes out, of which `integrity` was thought when it went in; `is_marked` is the
    /// decoder's own opinion.
    pub(super) fn picture(
        &mut self,
        integrity: Integrity,
        is_marked: bool,
        arrival: Instant,
    ) -> Integrity {
        if let State::Tried {
            is_marked: was_marked,
            ..
        } = &mut self.state
        {
            if is_marked {
                *was_marked = true;
            } else if *was_marked && integrity != Integrity::Damaged {
                self.state = State::Whole;
                self.marks_mean_something = true;
                return Integrity::Whole;
            }
            return integrity;
        }
        if !is_marked {
            self.marks_mean_something = true;
        } else if self.marks_mean_something && integrity == Integrity::Whole {
            self.damage(arrival);
            return Integrity::Damaged;
        }
        integrity
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock;
    use crate::media::source::Parameters;

    struct Stream {
        books: Wholeness,
        start: Instant,
        number: i64,
    }

    impl Stream {
        fn new() -> Self {
            Self {
                books: Wholeness::default(),
                start: clock::now(),
                number: 0,
            }
        }

        /// The next unit, one a second, changed by `change`; what is thought of its picture.
        fn unit(&mut self, change: impl FnOnce(&mut EncodedUnit)) -> Integrity {
            self.with(Signs::default(), change)
        }

        fn with(&mut self, signs: Signs, change: impl FnOnce(&mut EncodedUnit)) -> Integrity {
            self.number += 1;
            let mut unit = EncodedUnit {
                codec: Codec::H264,
                parameters: Parameters::default(),
                pts: MediaTime(self.number * 1_000_000_000),
                arrival: self.start + Duration::from_secs(self.number as u64),
                capture: None,
                keyframe: false,
                recovers_after: 0,
                lost_packets: 0,
                is_damaged: false,
                bytes: Vec::new().into(),
            };
            change(&mut unit);
            self.books.unit(&unit, signs);
            self.books.integrity()
        }

        fn key(&mut self) -> Integrity {
            self.unit(|unit| unit.keyframe = true)
        }

        fn plain(&mut self) -> Integrity {
            self.unit(|_| {})
        }

        /// The same, as a decoder that marks gives it out.
        fn out(&mut self, is_marked: bool) -> Integrity {
            let thought = self.plain();
            let at = self.start;
            self.books.picture(thought, is_marked, at)
        }
    }

    use Integrity::{Damaged, Tainted, Whole};

    #[test]
    fn damage_goes_on_until_decoding_begins_anew() {
        let changes: [fn(&mut EncodedUnit); 2] =
            [|unit| unit.is_damaged = true, |unit| unit.lost_packets = 3];
        for change in changes {
            let mut stream = Stream::new();
            assert_eq!(stream.key(), Whole);
            assert_eq!(stream.plain(), Whole);
            assert_eq!(stream.unit(change), Damaged);
            assert_eq!([stream.plain(), stream.plain()], [Tainted; 2]);
            assert_eq!(stream.key(), Whole);
            assert_eq!(stream.plain(), Whole);
        }
        let mut stream = Stream::new();
        stream.key();
        for signs in [
            Signs {
                lacks_slices: true,
                follows_gap: false,
            },
            Signs {
                lacks_slices: false,
                follows_gap: true,
            },
        ] {
            assert_eq!(stream.with(signs, |_| {}), Damaged);
            assert_eq!(stream.plain(), Tainted);
            assert_eq!(stream.key(), Whole);
        }
        let concealed = EncodedUnit {
            ..unit_at(stream.start)
        };
        stream.books.conceal(&concealed);
        assert_eq!(stream.books.integrity(), Damaged);
        assert_eq!(stream.plain(), Tainted);
    }

    fn unit_at(arrival: Instant) -> EncodedUnit {
        EncodedUnit {
            codec: Codec::H264,
            parameters: Parameters::default(),
            pts: MediaTime(0),
            arrival,
            capture: None,
            keyframe: false,
            recovers_after: 0,
            lost_packets: 0,
            is_damaged: false,
            bytes: Vec::new().into(),
        }
    }

    #[test]
    fn what_was_lost_before_a_keyframe_is_none_of_its_own() {
        let mut stream = Stream::new();
        stream.key();
        let lost = |unit: &mut EncodedUnit| {
            unit.keyframe = true;
            unit.lost_packets = 9;
        };
        assert_eq!(stream.unit(lost), Whole);
        // Pictures that lie before the keyframe refer to what was lost; those behind it do not.
        assert_eq!(stream.unit(|unit| unit.pts.0 -= 1_500_000_000), Tainted);
        assert_eq!(stream.plain(), Whole);
        let torn = |unit: &mut EncodedUnit| {
            unit.keyframe = true;
            unit.is_damaged = true;
        };
        assert_eq!(stream.unit(torn), Damaged);
        assert_eq!(stream.plain(), Tainted);
    }

    #[test]
    fn an_intra_refresh_makes_it_whole_again_and_does_not_disturb_what_is() {
        let mut stream = Stream::new();
        let refresh = |unit: &mut EncodedUnit| {
            unit.keyframe = true;
            unit.recovers_after = 3;
        };
        let seen = [
            stream.unit(refresh),
            stream.plain(),
            stream.plain(),
            stream.plain(),
        ];
        assert_eq!(seen, [Tainted, Tainted, Tainted, Whole]);
        assert_eq!(stream.unit(refresh), Whole);
        assert_eq!(stream.unit(|unit| unit.lost_packets = 1), Damaged);
        let seen = [
            stream.unit(refresh),
            stream.plain(),
            stream.plain(),
            stream.plain(),
        ];
        assert_eq!(seen, [Tainted, Tainted, Tainted, Whole]);
    }

    #[test]
    fn what_is_tried_is_believed_when_the_decoder_takes_its_marks_off() {
        let tried = |unit: &mut EncodedUnit| {
            unit.keyframe = true;
            unit.recovers_after = NEVER_TOLD;
        };
        let mut stream = Stream::new();
        assert_eq!(stream.unit(tried), Tainted);
        assert_eq!(stream.out(true), Tainted);
        assert_eq!(stream.out(true), Tainted);
        assert_eq!(stream.out(false), Whole);
        assert_eq!(stream.out(false), Whole);
        assert_eq!(stream.out(true), Damaged, "marked again");
    }

    #[test]
    fn where_nobody_tells_it_is_believed_after_half_a_minute_without_damage() {
        let mut stream = Stream::new();
        stream.unit(|unit| {
            unit.keyframe = true;
            unit.recovers_after = NEVER_TOLD;
        });
        for second in 0..20 {
            assert_eq!(stream.out(true), Tainted, "{second}");
        }
        assert_eq!(stream.unit(|unit| unit.is_damaged = true), Damaged);
        for second in 1..30 {
            assert_eq!(stream.out(true), Tainted, "{second}");
        }
        assert_eq!(stream.out(true), Whole, "its marks never meant anything");
        assert_eq!(stream.unit(|unit| unit.lost_packets = 1), Damaged);
        let seen: Vec<_> = (1..=30).map(|_| stream.plain()).collect();
        assert!(seen[..29].iter().all(|seen| *seen == Tainted));
        assert_eq!(seen[29], Whole);
    }

    #[test]
    fn of_pictures_that_refer_to_nothing_each_stands_for_itself() {
        let mut stream = Stream::new();
        let jpeg = |damaged: bool| {
            move |unit: &mut EncodedUnit| {
                unit.codec = Codec::Jpeg;
                unit.keyframe = true;
                unit.is_damaged = damaged;
            }
        };
        assert_eq!(stream.unit(jpeg(false)), Whole);
        assert_eq!(stream.unit(jpeg(true)), Damaged);
        assert_eq!(stream.unit(jpeg(false)), Whole);
    }
}
