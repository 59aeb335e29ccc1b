//! Why a camera is not shown, and what is to be done about it.
//!
//! What happened is judged by what a program can rely on: the status of an answer, the phase, whether
//! a log-in was sent, the kind of a system's error. Never by the words of a text, which every vendor
//! and every library writes differently. [`Reason::of_status`] and [`Reason::of_io`] lead from there
//! to a reason, and one table leads from the reason to its word, the advice, where to look, and how
//! soon it is tried again. `docs/ref/cameras.md` shows that table to people.

mod cause;
mod table;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt;

use self::table::Retry;

/// How far a session had come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// The name of the host was looked up.
    Resolve,
    /// The connection was made.
    Connect,
    /// It was encrypted (TLS).
    Secure,
    /// RTSP was put into HTTP.
    Tunnel,
    /// OPTIONS: what the camera can do.
    Options,
    /// DESCRIBE: what the stream is made of.
    Describe,
    /// SETUP: how it is to be sent.
    Setup,
    /// PLAY: it was to begin.
    Play,
    /// Pictures came.
    Stream,
}

impl Phase {
    /// All, in their order.
    pub const ALL: [Self; 9] = [
        Self::Resolve,
        Self::Connect,
        Self::Secure,
        Self::Tunnel,
        Self::Options,
        Self::Describe,
        Self::Setup,
        Self::Play,
        Self::Stream,
    ];

    /// The key of its words in the translations.
    pub fn key(self) -> &'static str {
        match self {
            Self::Resolve => "phase-resolve",
            Self::Connect => "phase-connect",
            Self::Secure => "phase-secure",
            Self::Tunnel => "phase-tunnel",
            Self::Options => "phase-options",
            Self::Describe => "phase-describe",
            Self::Setup => "phase-setup",
            Self::Play => "phase-play",
            Self::Stream => "phase-stream",
        }
    }
}

/// What had become of the password when an answer came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Login {
    /// None was sent.
    None,
    /// It was sent, with a nonce that the camera had just given out.
    Sent,
    /// It was accepted earlier in this session. (Of another session nothing follows: the password
    /// may have been changed since.)
    Accepted,
}

impl Login {
    /// All.
    pub const ALL: [Self; 3] = [Self::None, Self::Sent, Self::Accepted];
}

/// Where the cause is to be looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Matter {
    /// The user, the password, or what the user may do.
    Password,
    /// The camera or the recorder: its settings, its state, its address.
    Camera,
    /// What lies between.
    Network,
    /// This seat.
    Seat,
}

impl Matter {
    /// The key of its words in the translations.
    pub fn key(self) -> &'static str {
        match self {
            Self::Password => "matter-password",
            Self::Camera => "matter-camera",
            Self::Network => "matter-network",
            Self::Seat => "matter-seat",
        }
    }
}

/// Why nobody follows where a camera sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Detour {
    /// Back to where it came from.
    Circle,
    /// On and on.
    TooOften,
    /// To what is not RTSP, or from an encrypted address to an open one.
    OtherProtocol,
    /// The answer names no address that can be used.
    Nowhere,
}

impl Detour {
    /// The key of its words in the translations.
    pub fn key(self) -> &'static str {
        match self {
            Self::Circle => "detour-circle",
            Self::TooOften => "detour-too-often",
            Self::OtherProtocol => "detour-other-protocol",
            Self::Nowhere => "detour-nowhere",
        }
    }
}

/// Why a link is not live. Texts inside are for the log and the card; the tile shows the word for
/// the kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Nothing answered in time.
    NoAnswer(Phase),
    /// No way leads to the host.
    NoRoute,
    /// The host refused the connection.
    ConnectionRefused,
    /// The camera ended the connection. Said only when it did.
    ConnectionClosed,
    /// The connection was broken off, by the camera or by something between.
    ConnectionReset,
    /// The name of the host is unknown.
    UnknownHost,
    /// An encrypted connection was wanted, and no TLS is spoken there.
    NoEncryption,
    /// Nobody whom this seat trusts vouches for the certificate.
    CertificateUntrusted,
    /// The certificate's time is over, or has not begun.
    CertificateExpired,
    /// The certificate is not the one that was there before.
    CertificateChanged,
    /// User name or password were not accepted, although they answered a fresh nonce. The only
    /// reason for which an account rests.
    WrongPassword,
    /// A password is asked for and none is known.
    PasswordMissing,
    /// A password is known, but the camera wants it in a way that would give it away.
    PasswordUnsafe,
    /// The password is right or was not asked for, and this stream is not for this user.
    NotPermitted,
    /// The camera knows no such stream.
    NotFound,
    /// Others watch already, and it takes no more.
    TooManyViewers,
    /// The camera cannot do it in its present state.
    NotNow,
    /// The camera does not play from where it was asked to.
    RangeRefused,
    /// The camera does not send in the way that was asked for.
    TransportRefused,
    /// The camera refuses with this status, of which nothing more is known.
    Refused(u16),
    /// The camera says that it cannot serve now.
    ServerUnavailable,
    /// There is no video in what it offers.
    NoVideo,
    /// There is video, in codecs that this program does not know: their names.
    UnsupportedCodec(String),
    /// Open, but nothing comes.
    Silent,
    /// The camera sends on to where nobody follows.
    MovedAway(Detour),
    /// The other side broke the protocol.
    Protocol(String),
    /// The decoder could not make pictures of it.
    DecodeFailed(String),
    /// The process that decodes it had to be started again.
    DecoderRestarted,
    /// A file cannot be read.
    File(String),
    /// No address is known for this stream.
    NoAddress,
    /// The system of this seat would not do what a connection takes.
    SeatFailed(String),
    /// The seat slept, or was told to: all streams are opened again.
    Reopened,
}

impl Reason {
    /// The key of its word in the translations.
    pub fn key(&self) -> &'static str {
        self.row().word
    }

    /// The key of what is to be done about it.
    pub fn advice_key(&self) -> &'static str {
        self.row().advice
    }

    /// Where the cause is to be looked for.
    pub fn matter(&self) -> Matter {
        self.row().matter
    }

    /// The key of what is to be said beside the word: in which phase, or which way.
    pub fn circumstance_key(&self) -> Option<&'static str> {
        match self {
            Self::NoAnswer(phase) => Some(phase.key()),
            Self::MovedAway(detour) => Some(detour.key()),
            _ => None,
        }
    }

    /// Details beyond the words, if there are any; the same in every language.
    pub fn detail(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::UnsupportedCodec(text)
            | Self::DecodeFailed(text)
            | Self::Protocol(text)
            | Self::File(text)
            | Self::SeatFailed(text) => Some(text.into()),
            Self::Refused(status) => Some(format!("RTSP {status}").into()),
            _ => None,
        }
    }

    /// The same with another text where it has one.
    #[must_use]
    pub fn with_detail(self, told: impl FnOnce(&str) -> String) -> Self {
        match self {
            Self::UnsupportedCodec(text) => Self::UnsupportedCodec(told(&text)),
            Self::DecodeFailed(text) => Self::DecodeFailed(told(&text)),
            Self::Protocol(text) => Self::Protocol(told(&text)),
            Self::File(text) => Self::File(told(&text)),
            Self::SeatFailed(text) => Self::SeatFailed(told(&text)),
            other => other,
        }
    }

    /// The host or the way to it, not this camera alone: when the host answers somebody else it is
    /// worth trying at once.
    pub fn is_of_the_host(&self) -> bool {
        self.row().retry == Retry::WithHost
    }

    /// The pictures are lost on this seat; the camera and the way to it have no part in it.
    pub fn is_of_the_decoder(&self) -> bool {
        matches!(self, Self::DecodeFailed(_) | Self::DecoderRestarted)
    }

    /// The camera answered, and said no: trying often will not help and may lock the account.
    pub fn is_refusal(&self) -> bool {
        self.row().retry == Retry::Rarely
    }
}

impl fmt::Display for Reason {
    /// For the log: `no-answer (describe)`, `unsupported-codec: MP4V-ES`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key().trim_start_matches("reason-"))?;
        if let Some((_, circumstance)) = self.circumstance_key().and_then(|key| key.split_once('-'))
        {
            write!(f, " ({circumstance})")?;
        }
        match self.detail() {
            Some(detail) => write!(f, ": {detail}"),
            None => Ok(()),
        }
    }
}
