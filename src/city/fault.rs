//! Faults on demand: which camera has which fault at which time. Pure state; time is an argument.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

/// How long a reboot takes when nobody says.
pub const REBOOT: Duration = Duration::from_secs(10);

/// What can be wrong with a camera.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
#[clap(rename_all = "snake_case")]
pub enum Fault {
    /// No fault
    None,
    /// Connections are reset, including reconnections
    Lost,
    /// Connections stay open but send nothing
    Stall,
    /// Picture frozen while the stream continues
    Freeze,
    /// Black picture
    Black,
    /// Every password is refused
    WrongPassword,
    /// Unknown address
    NotFound,
    /// Codec changes: the session ends and the next uses another codec
    Codec,
    /// Picture size changes mid-stream
    Size,
    /// Slow to answer and to start
    SlowStart,
    /// Network switch restarts: all cameras drop and return
    Reboot,
    /// Picture out of focus, fogged or sprayed over
    Blur,
    /// Camera turned to another view
    Moved,
    /// Camera clock jumps an hour ahead
    Clock,
    /// Video arrives seconds late, in bursts
    Lag,
    /// 5 % packet loss
    Loss,
    /// 1 % packet loss
    LossLight,
    /// 20 % packet loss
    LossHeavy,
    /// Packets reordered and duplicated
    Reorder,
    /// Corrupted packets
    Corrupt,
    /// RTSP redirect to another address
    Redirect,
    /// Redirect loop
    RedirectLoop,
    /// Short session timeout: ends unless kept alive
    ShortSession,
    /// Too many viewers
    Busy,
    /// Correct login without the right to view
    Forbidden,
    /// Camera temporarily unavailable
    Unavailable,
    /// RTP marker on every NAL unit instead of every picture
    Marks,
    /// Login nonce valid for one request only
    Nonce,
    /// Keepalives refused, with the number of the previous request
    Keepalive,
    /// Another RTP source for each group of pictures
    Ssrc,
    /// No keyframe for 20 s
    LateKeyframe,
    /// Camera clock starts in 1970
    #[serde(rename = "clock_1970")]
    #[value(name = "clock_1970")]
    Clock1970,
    /// Camera sends no time
    NoClock,
    /// H.264 parameter sets without timing, colour and reordering information
    Bare,
}

impl Fault {
    /// All, with the word used on the wire and on the command line.
    pub const ALL: [(Self, &'static str); 34] = [
        (Self::None, "none"),
        (Self::Lost, "lost"),
        (Self::Stall, "stall"),
        (Self::Freeze, "freeze"),
        (Self::Black, "black"),
        (Self::WrongPassword, "wrong_password"),
        (Self::NotFound, "not_found"),
        (Self::Codec, "codec"),
        (Self::Size, "size"),
        (Self::SlowStart, "slow_start"),
        (Self::Reboot, "reboot"),
        (Self::Blur, "blur"),
        (Self::Moved, "moved"),
        (Self::Clock, "clock"),
        (Self::Lag, "lag"),
        (Self::Loss, "loss"),
        (Self::LossLight, "loss_light"),
        (Self::LossHeavy, "loss_heavy"),
        (Self::Reorder, "reorder"),
        (Self::Corrupt, "corrupt"),
        (Self::Redirect, "redirect"),
        (Self::RedirectLoop, "redirect_loop"),
        (Self::ShortSession, "short_session"),
        (Self::Busy, "busy"),
        (Self::Forbidden, "forbidden"),
        (Self::Unavailable, "unavailable"),
        (Self::Marks, "marks"),
        (Self::Nonce, "nonce"),
        (Self::Keepalive, "keepalive"),
        (Self::Ssrc, "ssrc"),
        (Self::LateKeyframe, "late_keyframe"),
        (Self::Clock1970, "clock_1970"),
        (Self::NoClock, "no_clock"),
        (Self::Bare, "bare"),
    ];

    /// The word used on the wire and on the command line.
    pub fn word(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(fault, _)| *fault == self)
            .map_or("none", |(_, word)| word)
    }

    /// From that word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .find(|(_, w)| *w == word)
            .map(|(fault, _)| *fault)
    }

    /// Whether a connection to the camera must be torn down.
    pub fn resets(self) -> bool {
        matches!(self, Self::Lost | Self::Reboot)
    }

    /// The status with which `method` is refused after the log-in was taken.
    pub(crate) fn refusal(self, method: &str) -> Option<u16> {
        match self {
            Self::Busy if method != "DESCRIBE" => Some(453),
            Self::Forbidden => Some(403),
            Self::Unavailable => Some(503),
            _ => None,
        }
    }

    /// Whether a session is like that from its beginning or not at all.
    pub(crate) fn is_of_session(self) -> bool {
        matches!(
            self,
            Self::ShortSession | Self::Keepalive | Self::LateKeyframe | Self::Bare
        )
    }
}

/// Whom a fault befalls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Every camera.
    All,
    /// The camera with this number, from 1.
    Camera(usize),
}

#[derive(Clone, Copy, Debug)]
struct Active {
    fault: Fault,
    until: Option<Instant>,
}

impl Active {
    fn at(self, now: Instant) -> Fault {
        match self.until {
            Some(until) if now >= until => Fault::None,
            _ => self.fault,
        }
    }
}

/// The faults of all cameras.
#[derive(Debug)]
pub struct FaultBook {
    cameras: Vec<Active>,
    everything_down_until: Option<Instant>,
}

impl FaultBook {
    /// `num_cameras` sound cameras.
    pub fn new(num_cameras: usize) -> Self {
        let sound = Active {
            fault: Fault::None,
            until: None,
        };
        Self {
            cameras: vec![sound; num_cameras],
            everything_down_until: None,
        }
    }

    /// Sets `fault` for `target`, for `lasting` or until it is set again; a reboot without a
    /// duration takes [`REBOOT`]. `false` when there is no such camera.
    pub fn set(
        &mut self,
        target: Target,
        fault: Fault,
        lasting: Option<Duration>,
        now: Instant,
    ) -> bool {
        let lasting = lasting.or((fault == Fault::Reboot).then_some(REBOOT));
        let until = lasting.map(|lasting| now + lasting);
        let active = Active { fault, until };
        match target {
            Target::All => {
                if fault == Fault::Reboot {
                    self.everything_down_until = until;
                } else {
                    self.everything_down_until = None;
                    self.cameras.fill(active);
                }
                true
            }
            Target::Camera(number) => match self.at_mut(number) {
                Some(camera) => {
                    *camera = active;
                    true
                }
                None => false,
            },
        }
    }

    /// The fault of the camera with `number` (from 1) at `now`.
    pub fn at(&self, number: usize, now: Instant) -> Fault {
        if self.everything_down(now) {
            return Fault::Reboot;
        }
        let index = number.checked_sub(1);
        index
            .and_then(|index| self.cameras.get(index))
            .map_or(Fault::None, |active| active.at(now))
    }

    /// Whether the whole switch is restarting.
    pub fn everything_down(&self, now: Instant) -> bool {
        self.everything_down_until.is_some_and(|until| now < until)
    }

    fn at_mut(&mut self, number: usize) -> Option<&mut Active> {
        self.cameras.get_mut(number.checked_sub(1)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn words_round_trip() {
        for (fault, word) in Fault::ALL {
            assert_eq!(Fault::from_word(word), Some(fault));
            assert_eq!(fault.word(), word);
            let json = serde_json::to_string(&fault).unwrap();
            assert_eq!(json, format!("{word:?}"));
            assert_eq!(<Fault as clap::ValueEnum>::from_str(word, false), Ok(fault));
        }
        assert_eq!(Fault::from_word("on_fire"), None);
    }

    #[test]
    fn a_fault_lasts_as_long_as_it_was_told() {
        let now = clock::now();
        let mut book = FaultBook::new(3);
        assert!(book.set(Target::Camera(2), Fault::Freeze, Some(SECOND), now));
        assert!(book.set(Target::Camera(3), Fault::Lost, None, now));
        let check = |book: &FaultBook, at, expect: [Fault; 3]| {
            assert_eq!([1, 2, 3].map(|number| book.at(number, at)), expect);
        };
        check(&book, now, [Fault::None, Fault::Freeze, Fault::Lost]);
        check(&book, now + SECOND, [Fault::None, Fault::None, Fault::Lost]);
        book.set(Target::All, Fault::None, None, now);
        check(&book, now, [Fault::None; 3]);
    }

    #[test]
    fn a_reboot_takes_everything_down_and_ends_by_itself() {
        let now = clock::now();
        let mut book = FaultBook::new(2);
        book.set(Target::Camera(1), Fault::Black, None, now);
        book.set(Target::All, Fault::Reboot, None, now);
        assert!(book.everything_down(now));
        assert_eq!(book.at(1, now), Fault::Reboot);
        let later = now + REBOOT;
        assert!(!book.everything_down(later));
        assert_eq!(
            [book.at(1, later), book.at(2, later)],
            [Fault::Black, Fault::None]
        );
    }

    #[test]
    fn cameras_that_do_not_exist_have_no_faults() {
        let now = clock::now();
        let mut book = FaultBook::new(2);
        assert!(!book.set(Target::Camera(0), Fault::Lost, None, now));
        assert!(!book.set(Target::Camera(3), Fault::Lost, None, now));
        assert_eq!([book.at(0, now), book.at(3, now)], [Fault::None; 2]);
    }
}
