//! From the reason to its word, to what is to be done, where to look and when it is tried again.

use super::{Matter, Phase, Reason};

/// When it is tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Retry {
    /// Soon, and then more and more rarely.
    Soon,
    /// So, too, and at once when the host answers somebody else.
    WithHost,
    /// Rarely from the first: it will not help, and may lock the account.
    Rarely,
}

/// What the table tells of a reason.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub(super) word: &'static str,
    pub(super) advice: &'static str,
    pub(super) matter: Matter,
    pub(super) retry: Retry,
}

impl Reason {
    /// The table.
    pub(super) fn row(&self) -> Row {
        use Matter::{Camera, Network, Password, Seat};
        use Retry::{Rarely, Soon, WithHost};
        let (word, advice, matter, retry) = match self {
            Self::NoAnswer(phase) => {
                // Whether anybody is there at all makes the difference.
                let (advice, matter) = match phase {
                    Phase::Resolve => ("advice-name-server", Network),
                    Phase::Connect => ("advice-no-answer", Network),
                    _ => ("advice-camera-stuck", Camera),
                };
                ("reason-no-answer", advice, matter, WithHost)
            }
            Self::NoRoute => ("reason-no-route", "advice-no-route", Network, WithHost),
            Self::ConnectionRefused => (
                "reason-connection-refused",
                "advice-connection-refused",
                Camera,
                WithHost,
            ),
            Self::ConnectionClosed => (
                "reason-connection-closed",
                "advice-connection-closed",
                Camera,
                WithHost,
            ),
            Self::ConnectionReset => (
                "reason-connection-reset",
                "advice-connection-reset",
                Network,
                WithHost,
            ),
            Self::UnknownHost => (
                "reason-unknown-host",
                "advice-unknown-host",
                Network,
                WithHost,
            ),
            Self::NoEncryption => (
                "reason-no-encryption",
                "advice-no-encryption",
                Camera,
                Rarely,
            ),
            Self::CertificateUntrusted => (
                "reason-certificate-untrusted",
                "advice-certificate-untrusted",
                Camera,
                Rarely,
            ),
            Self::CertificateExpired => (
                "reason-certificate-expired",
                "advice-certificate-expired",
                Camera,
                Rarely,
            ),
            Self::CertificateChanged => (
                "reason-certificate-changed",
                "advice-certificate-changed",
                Camera,
                Rarely,
            ),
            Self::WrongPassword => (
                "reason-wrong-password",
                "advice-wrong-password",
                Password,
                Rarely,
            ),
            Self::PasswordMissing => (
                "reason-password-missing",
                "advice-password-missing",
                Password,
                Rarely,
            ),
            Self::PasswordUnsafe => (
                "reason-password-unsafe",
                "advice-password-unsafe",
                Password,
                Rarely,
            ),
            Self::NotPermitted => (
                "reason-not-permitted",
                "advice-not-permitted",
                Password,
                Rarely,
            ),
            Self::NotFound => ("reason-not-found", "advice-not-found", Camera, Rarely),
            Self::TooManyViewers => (
                "reason-too-many-viewers",
                "advice-too-many-viewers",
                Camera,
                Rarely,
            ),
            Self::NotNow => ("reason-not-now", "advice-not-now", Camera, Soon),
            Self::RangeRefused => (
                "reason-range-refused",
                "advice-range-refused",
                Camera,
                Rarely,
            ),
            Self::TransportRefused => (
                "reason-transport-refused",
                "advice-transport-refused",
                Camera,
                Rarely,
            ),
            Self::Refused(_) => ("reason-refused", "advice-refused", Camera, Rarely),
            Self::ServerUnavailable => (
                "reason-server-unavailable",
                "advice-server-unavailable",
                Camera,
                WithHost,
            ),
            Self::NoVideo => ("reason-no-video", "advice-no-video", Camera, Rarely),
            Self::UnsupportedCodec(_) => (
                "reason-unsupported-codec",
                "advice-unsupported-codec",
                Camera,
                Rarely,
            ),
            Self::Silent => ("reason-silent", "advice-silent", Network, WithHost),
            Self::MovedAway(_) => ("reason-moved-away", "advice-moved-away", Camera, Rarely),
            Self::Protocol(_) => (
                "reason-protocol-error",
                "advice-protocol-error",
                Camera,
                Soon,
            ),
            Self::DecodeFailed(_) => ("reason-decode-failed", "advice-decode-failed", Seat, Soon),
            Self::DecoderRestarted => (
                "reason-decoder-restarted",
                "advice-decoder-restarted",
                Seat,
                Soon,
            ),
            Self::File(_) => ("reason-file", "advice-file", Seat, Soon),
            Self::NoAddress => ("reason-no-address", "advice-no-address", Seat, Rarely),
            Self::SeatFailed(_) => ("reason-seat-failed", "advice-seat-failed", Seat, Soon),
            Self::Reopened => ("reason-reopened", "advice-reopened", Seat, Soon),
        };
        Row {
            word,
            advice,
            matter,
            retry,
        }
    }
}
