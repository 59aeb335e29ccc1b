//! From what happened to the reason.

use std::io;

use super::{Detour, Login, Phase, Reason};

impl Reason {
    /// What an answer with this status means, which is no success and was not followed.
    #[expect(clippy::match_same_arms, reason = "the first that fits counts")]
    pub fn of_status(status: u16, phase: Phase, login: Login) -> Self {
        match (status, phase) {
            (401, _) => match login {
                Login::None => Self::PasswordMissing,
                Login::Sent => Self::WrongPassword,
                Login::Accepted => Self::NotPermitted,
            },
            (403, _) => Self::NotPermitted,
            // Whoever knows no tunnel says nothing about the stream.
            (404 | 405 | 410 | 501, Phase::Tunnel) => Self::TransportRefused,
            (404 | 410, _) => Self::NotFound,
            (453, _) => Self::TooManyViewers,
            // Of a session it has forgotten, and of a stream for which no session was ever asked.
            (454, Phase::Setup | Phase::Play | Phase::Stream) => Self::NotNow,
            (454, _) => Self::NotFound,
            (408 | 425 | 429 | 455 | 464, _) => Self::NotNow,
            (457, _) => Self::RangeRefused,
            (461 | 462, _) => Self::TransportRefused,
            (300..=303 | 305..=399, _) => Self::MovedAway(Detour::Nowhere),
            // What it never learned, waiting does not teach it.
            (501 | 505 | 551, _) => Self::Refused(status),
            (500..=599, _) => Self::ServerUnavailable,
            _ => Self::Refused(status),
        }
    }

    /// What an error of the system means.
    pub fn of_io(error: &io::Error, phase: Phase) -> Self {
        use io::ErrorKind as Kind;
        match (error.kind(), phase) {
            (Kind::TimedOut | Kind::WouldBlock, _) => Self::NoAnswer(phase),
            (_, Phase::Resolve) => Self::UnknownHost,
            (Kind::HostUnreachable | Kind::NetworkUnreachable | Kind::NetworkDown, _) => {
                Self::NoRoute
            }
            (Kind::ConnectionRefused, _) => Self::ConnectionRefused,
            (Kind::ConnectionReset | Kind::ConnectionAborted, _) => Self::ConnectionReset,
            (Kind::UnexpectedEof | Kind::BrokenPipe | Kind::NotConnected | Kind::WriteZero, _) => {
                Self::ConnectionClosed
            }
            (Kind::InvalidData, Phase::Secure) => Self::NoEncryption,
            (Kind::InvalidData, _) => Self::Protocol(error.kind().to_string()),
            // The system's own words for it, never what somebody may have put in with an address.
            (kind, _) => Self::SeatFailed(error.raw_os_error().map_or_else(
                || kind.to_string(),
                |number| io::Error::from_raw_os_error(number).to_string(),
            )),
        }
    }
}
