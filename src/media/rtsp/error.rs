//! Why a session could not be opened, or ended. A fault is a kind, never a text of the other side:
//! what a camera writes may hold secrets, and changes with its firmware.

use std::fmt;
use std::io;

/// How far a session had come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Looking up the host's name.
    Resolve,
    /// Connecting.
    Connect,
    /// Agreeing on TLS.
    Secure,
    /// Opening the HTTP tunnel.
    Tunnel,
    /// Asking what can be asked.
    Options,
    /// Asking what is offered.
    Describe,
    /// Asking for a stream.
    Setup,
    /// Starting it.
    Play,
    /// Receiving.
    Stream,
}

/// What is wrong with a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CertificateFault {
    /// Nobody vouches for it.
    Untrusted,
    /// It is too old, or not valid yet.
    Expired,
    /// It is another than the one that was accepted before.
    Changed,
}

/// What a redirection lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RedirectFault {
    /// It names no address, or none that can be read.
    NoAddress,
    /// It leads to another protocol, or from TLS to plain text.
    OtherProtocol,
    /// It leads round in a circle.
    Circle,
    /// It leads on and on.
    TooMany,
}

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The host's name is unknown.
    UnknownHost,
    /// The host refuses connections at this port.
    ConnectionRefused,
    /// The network knows no way there.
    NoRoute,
    /// The other side hung up.
    Closed,
    /// The connection was torn down (reset, broken pipe).
    Reset,
    /// No answer in time.
    TimedOut,
    /// The system refuses (out of descriptors, not permitted …).
    System(io::ErrorKind),
    /// TLS is not spoken there, or none that we speak.
    NoTls,
    /// TLS is spoken, and the certificate is not accepted.
    Certificate(CertificateFault),
    /// A status that is no success, and that no rule of ours mends.
    Status(u16),
    /// A password is asked for and none is known.
    PasswordMissing,
    /// The password was refused in an answer to a fresh challenge.
    PasswordRefused,
    /// It is asked for in a way that shows it to everybody (Basic without TLS), which is forbidden.
    PasswordUnsafe,
    /// The log-in was accepted, and still this stream is not given.
    NotPermitted,
    /// Sent on to where we do not go.
    Redirect(RedirectFault),
    /// There is no video among the tracks.
    NoVideo,
    /// There is video, in these codecs only (names as the camera gives them, cleaned).
    NoKnownCodec(Vec<String>),
    /// Something has no end: a head, a line, a body.
    TooLong(&'static str),
    /// Something that is needed cannot be read.
    Malformed(&'static str),
}

/// An error of a session.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{fault} ({phase:?})")]
pub struct Error {
    /// How far it had come.
    pub phase: Phase,
    /// What went wrong.
    pub fault: Fault,
    /// A log-in had been accepted in this session before.
    pub logged_in: bool,
}

impl Error {
    pub(crate) fn new(phase: Phase, fault: Fault) -> Self {
        Self {
            phase,
            fault,
            logged_in: false,
        }
    }

    /// Sorts an error of the system.
    pub(crate) fn io(phase: Phase, error: &io::Error) -> Self {
        use io::ErrorKind;
        let fault = match error.kind() {
            ErrorKind::ConnectionRefused => Fault::ConnectionRefused,
            ErrorKind::NetworkUnreachable
            | ErrorKind::HostUnreachable
            | ErrorKind::AddrNotAvailable
            | ErrorKind::NetworkDown => Fault::NoRoute,
            ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::ConnectionAborted => {
                Fault::Reset
            }
            ErrorKind::TimedOut => Fault::TimedOut,
            // TLS that ends without its farewell is a hang-up like any other.
            ErrorKind::UnexpectedEof => Fault::Closed,
            kind => Fault::System(kind),
        };
        Self::new(phase, fault)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownHost => f.write_str("the host is unknown"),
            Self::ConnectionRefused => f.write_str("the connection was refused"),
            Self::NoRoute => f.write_str("there is no route to the host"),
            Self::Closed => f.write_str("the other side hung up"),
            Self::Reset => f.write_str("the connection was reset"),
            Self::TimedOut => f.write_str("no answer in time"),
            Self::System(kind) => write!(f, "the system refuses: {kind}"),
            Self::NoTls => f.write_str("no TLS that both sides speak"),
            Self::Certificate(CertificateFault::Untrusted) => {
                f.write_str("nobody vouches for the certificate")
            }
            Self::Certificate(CertificateFault::Expired) => {
                f.write_str("the certificate is not valid at this time")
            }
            Self::Certificate(CertificateFault::Changed) => {
                f.write_str("the certificate is another than before")
            }
            Self::Status(status) => write!(f, "status {status}"),
            Self::PasswordMissing => f.write_str("a password is asked for"),
            Self::PasswordRefused => f.write_str("user or password were refused"),
            Self::PasswordUnsafe => {
                f.write_str("the password is asked for in the clear, which is forbidden here")
            }
            Self::NotPermitted => f.write_str("logged in, and not permitted"),
            Self::Redirect(RedirectFault::NoAddress) => f.write_str("sent on without an address"),
            Self::Redirect(RedirectFault::OtherProtocol) => {
                f.write_str("sent on to another protocol")
            }
            Self::Redirect(RedirectFault::Circle) => f.write_str("sent round in a circle"),
            Self::Redirect(RedirectFault::TooMany) => f.write_str("sent on too often"),
            Self::NoVideo => f.write_str("no video is offered"),
            Self::NoKnownCodec(codecs) => write!(f, "no known codec: {}", codecs.join(", ")),
            Self::TooLong(what) => write!(f, "{what} without an end"),
            Self::Malformed(what) => write!(f, "{what} cannot be read"),
        }
    }
}
