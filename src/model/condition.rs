//! What is known about a tile, as four independent fields, and the one function that picks what
//! the tile shows.
//!
//! The fields never mask each other in the log: a camera can be in repair, lost and paused at once.
//! Only [`shown`] decides which of them the operator reads first.

use std::fmt;
use std::time::{Duration, Instant};

/// A value with the moment since which it holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Since<T> {
    /// The value.
    pub value: T,
    /// It holds since then.
    pub since: Instant,
}

impl<T: PartialEq> Since<T> {
    /// Holds from `now` on.
    pub fn new(value: T, now: Instant) -> Self {
        Self { value, since: now }
    }

    /// Takes another value; the same value keeps its beginning. True when something changed.
    pub fn set(&mut self, value: T, now: Instant) -> bool {
        if self.value == value {
            return false;
        }
        *self = Self::new(value, now);
        true
    }
}

/// Why a link is not live. Texts inside are for the log and the tooltip; the tile shows the word
/// for the kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Nothing answered in time.
    NoAnswer,
    /// The host refused the connection.
    ConnectionRefused,
    /// The connection ended.
    ConnectionClosed,
    /// The name of the host is unknown.
    UnknownHost,
    /// User name or password were not accepted.
    WrongPassword,
    /// A password is asked for and none is known.
    PasswordMissing,
    /// The camera knows no such stream.
    NotFound,
    /// The camera says that it cannot serve now.
    ServerUnavailable,
    /// There is no video in what it offers.
    NoVideo,
    /// Video in a codec that this program does not know.
    UnsupportedCodec(String),
    /// The decoder could not make pictures of it.
    DecodeFailed(String),
    /// The process that decodes it had to be started again.
    DecoderRestarted,
    /// Open, but nothing comes.
    Silent,
    /// The other side broke the protocol.
    Protocol(String),
    /// A file cannot be read.
    File(String),
    /// No address is known for this stream.
    NoAddress,
}

impl Reason {
    /// The key of its word in the translations.
    pub fn key(&self) -> &'static str {
        match self {
            Self::NoAnswer => "reason-no-answer",
            Self::ConnectionRefused => "reason-connection-refused",
            Self::ConnectionClosed => "reason-connection-closed",
            Self::UnknownHost => "reason-unknown-host",
            Self::WrongPassword => "reason-wrong-password",
            Self::PasswordMissing => "reason-password-missing",
            Self::NotFound => "reason-not-found",
            Self::ServerUnavailable => "reason-server-unavailable",
            Self::NoVideo => "reason-no-video",
            Self::UnsupportedCodec(_) => "reason-unsupported-codec",
            Self::DecodeFailed(_) => "reason-decode-failed",
            Self::DecoderRestarted => "reason-decoder-restarted",
            Self::Silent => "reason-silent",
            Self::Protocol(_) => "reason-protocol-error",
            Self::File(_) => "reason-file",
            Self::NoAddress => "reason-no-address",
        }
    }

    /// Details beyond the word, if there are any.
    pub fn detail(&self) -> Option<&str> {
        match self {
            Self::UnsupportedCodec(text)
            | Self::DecodeFailed(text)
            | Self::Protocol(text)
            | Self::File(text) => Some(text),
            _ => None,
        }
    }

    /// The host or the way to it, not this camera alone: when the host answers somebody else it is
    /// worth trying at once.
    pub fn is_of_the_host(&self) -> bool {
        matches!(
            self,
            Self::NoAnswer
                | Self::ConnectionRefused
                | Self::ConnectionClosed
                | Self::UnknownHost
                | Self::Silent
                | Self::ServerUnavailable
        )
    }

    /// The pictures are lost on this seat; the camera and the way to it have no part in it.
    pub fn is_of_the_decoder(&self) -> bool {
        matches!(self, Self::DecodeFailed(_) | Self::DecoderRestarted)
    }

    /// The camera answered, and said no: trying often will not help and may lock the account.
    pub fn is_refusal(&self) -> bool {
        matches!(
            self,
            Self::WrongPassword
                | Self::PasswordMissing
                | Self::NotFound
                | Self::NoVideo
                | Self::UnsupportedCodec(_)
                | Self::NoAddress
        )
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key().trim_start_matches("reason-"))?;
        match self.detail() {
            Some(detail) => write!(f, ": {detail}"),
            None => Ok(()),
        }
    }
}

/// The connection to the camera.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Link {
    /// On the way to the first picture.
    Connecting,
    /// Pictures come.
    Live,
    /// Open, but nothing has come for longer than it should.
    Late,
    /// Was there and is gone, or never came; tried again by itself.
    Lost(Reason),
    /// The camera said no; tried again rarely.
    Refused(Reason),
}

/// What the picture itself looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Picture {
    /// No picture has been seen yet.
    None,
    /// Nothing speaks against it.
    Good,
    /// It stands still although pictures come.
    Frozen,
    /// There is nothing in it to be seen.
    Black,
}

/// What people have ordered about the camera.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Administration {
    /// In service.
    InService,
}

/// How much of the stream this seat decodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Load {
    /// Every frame.
    Full,
    /// Frames were dropped because the machine is short.
    Slowed,
    /// Nothing: the tile is not visible.
    Paused,
}

/// All that is known about a tile.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// The connection.
    pub link: Since<Link>,
    /// The picture.
    pub picture: Since<Picture>,
    /// Orders.
    pub administration: Since<Administration>,
    /// Decoding effort.
    pub load: Since<Load>,
}

impl Condition {
    /// Nothing has happened yet.
    pub fn new(now: Instant) -> Self {
        Self {
            link: Since::new(Link::Connecting, now),
            picture: Since::new(Picture::None, now),
            administration: Since::new(Administration::InService, now),
            load: Since::new(Load::Full, now),
        }
    }

    /// Pictures come, and nothing speaks against them.
    pub fn is_live(&self) -> bool {
        self.link.value == Link::Live && matches!(self.picture.value, Picture::None | Picture::Good)
    }
}

/// The shape that stands beside the word, so that colour is never alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mark {
    /// A small filled dot: live.
    Dot,
    /// An open ring: on the way.
    Ring,
    /// A triangle: late.
    Triangle,
    /// A cross: lost.
    Cross,
    /// A bar in a ring: refused.
    NoEntry,
    /// Two bars: slowed or paused.
    Bars,
    /// A filled diamond: frozen.
    Diamond,
    /// A filled square: black.
    Square,
}

/// How loudly the tile speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tone {
    /// Grey: as it should be.
    Calm,
    /// Information.
    Note,
    /// Not to be trusted.
    Warn,
}

/// What the tile shows.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// Shape.
    pub mark: Mark,
    /// Colour family.
    pub tone: Tone,
    /// Key of the word in the translations.
    pub word: &'static str,
    /// Why, where there is a reason.
    pub reason: Option<Reason>,
    /// Age of the last picture (or of the state, when there never was one); `None` while live.
    pub age: Option<Duration>,
    /// The picture on the screen is not now: dim and grey it.
    pub stale: bool,
}

/// Picks what a tile shows.
///
/// `last_picture` is the arrival of the picture on the screen, if there is one.
pub fn shown(condition: &Condition, last_picture: Option<Instant>, now: Instant) -> Shown {
    let age_from = |start: Instant| now.saturating_duration_since(start);
    let link = &condition.link;
    let age = Some(age_from(last_picture.unwrap_or(link.since)));
    let stale = |mark, tone, word, reason: Option<&Reason>| Shown {
        mark,
        tone,
        word,
        reason: reason.cloned(),
        age,
        stale: true,
    };
    match &link.value {
        Link::Connecting => stale(Mark::Ring, Tone::Note, "link-connecting", None),
        Link::Late => stale(Mark::Triangle, Tone::Warn, "link-late", None),
        Link::Lost(reason) if reason.is_of_the_decoder() => {
            stale(Mark::Cross, Tone::Warn, "picture-lost", Some(reason))
        }
        Link::Lost(reason) => stale(Mark::Cross, Tone::Warn, "link-lost", Some(reason)),
        Link::Refused(reason) => stale(Mark::NoEntry, Tone::Warn, "link-refused", Some(reason)),
        Link::Live if condition.picture.value == Picture::Frozen => Shown {
            // The last picture is new; what it shows is as old as the standstill.
            age: Some(age_from(condition.picture.since)),
            ..stale(Mark::Diamond, Tone::Warn, "picture-frozen", None)
        },
        Link::Live if condition.picture.value == Picture::Black => Shown {
            age: Some(age_from(condition.picture.since)),
            ..stale(Mark::Square, Tone::Warn, "picture-black", None)
        },
        Link::Live if condition.load.value == Load::Paused => {
            stale(Mark::Bars, Tone::Note, "load-paused", None)
        }
        Link::Live => Shown {
            mark: if condition.load.value == Load::Slowed {
                Mark::Bars
            } else {
                Mark::Dot
            },
            tone: if condition.load.value == Load::Slowed {
                Tone::Note
            } else {
                Tone::Calm
            },
            word: if condition.load.value == Load::Slowed {
                "load-slowed"
            } else {
                "link-live"
            },
            reason: None,
            age: None,
            stale: false,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start() -> Instant {
        crate::base::clock::now()
    }

    #[test]
    fn only_a_live_link_shows_a_bare_picture() {
        let t0 = start();
        let later = t0 + Duration::from_secs(9);
        let links = [
            (Link::Connecting, true, "link-connecting"),
            (Link::Live, false, "link-live"),
            (Link::Late, true, "link-late"),
            (Link::Lost(Reason::Silent), true, "link-lost"),
            (Link::Lost(Reason::DecoderRestarted), true, "picture-lost"),
            (Link::Refused(Reason::WrongPassword), true, "link-refused"),
        ];
        for (link, stale, word) in links {
            let mut condition = Condition::new(t0);
            condition.link.set(link.clone(), t0);
            let shown = shown(&condition, Some(t0 + Duration::from_secs(2)), later);
            assert_eq!((shown.stale, shown.word), (stale, word), "{link:?}");
            let age = stale.then_some(Duration::from_secs(7));
            assert_eq!(shown.age, age, "{link:?}");
        }
    }

    #[test]
    fn a_paused_tile_is_never_shown_as_live() {
        let t0 = start();
        let mut condition = Condition::new(t0);
        condition.link.set(Link::Live, t0);
        condition.load.set(Load::Paused, t0);
        let shown = shown(&condition, Some(t0), t0);
        assert!(shown.stale);
        assert_eq!(shown.word, "load-paused");
    }

    #[test]
    fn every_mark_of_trouble_differs_from_live() {
        let t0 = start();
        let mut condition = Condition::new(t0);
        condition.link.set(Link::Live, t0);
        let live = shown(&condition, Some(t0), t0).mark;
        for link in [
            Link::Connecting,
            Link::Late,
            Link::Lost(Reason::NoAnswer),
            Link::Refused(Reason::NotFound),
        ] {
            condition.link.set(link.clone(), t0);
            assert_ne!(shown(&condition, Some(t0), t0).mark, live, "{link:?}");
        }
    }

    #[test]
    fn the_same_value_keeps_its_beginning() {
        let t0 = start();
        let mut link = Since::new(Link::Live, t0);
        assert!(!link.set(Link::Live, t0 + Duration::from_secs(5)));
        assert_eq!(link.since, t0);
        assert!(link.set(Link::Late, t0 + Duration::from_secs(5)));
        assert_eq!(link.since, t0 + Duration::from_secs(5));
    }
}
