//! The door: a badge reader or a face terminal says who is at this seat, and who went.
//!
//! An adapter, a small program of the terminal's side, connects to a socket of this machine, shows a
//! token and sends one line of JSON for each event (`docs/ref/door.md`). It says who somebody is, in
//! the badge's number or the login, and nothing else: no picture and no template of a face comes in
//! here. What follows from an event, [`crate::model::sign_in`] decides.
//!
//! One thread reads all adapters. Events go through a bounded channel; one that finds it full is
//! refused to the adapter, which sends it again.

mod line;
mod reader;

use std::fmt;
use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;

pub use line::{DoorEvent, LONGEST_LINE, LineProblem, MOST_CLOCK_DIFFERENCE_S, What, event};
pub use reader::{Door, MOST_ADAPTERS};

/// The shortest and the longest token, bytes.
const TOKEN_LENGTH: std::ops::RangeInclusive<usize> = 32..=256;

/// Where adapters connect: `unix:PATH`, or `tcp:ADDRESS:PORT` with an address of this machine only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A socket in a folder.
    Unix(PathBuf),
    /// A port of the loopback interface.
    Tcp(SocketAddr),
}

impl FromStr for Address {
    type Err = DoorError;

    fn from_str(text: &str) -> Result<Self, DoorError> {
        let bad = || DoorError::Address(text.chars().take(200).collect());
        match text.split_once(':') {
            Some(("unix", path)) if Path::new(path).is_absolute() => Ok(Self::Unix(path.into())),
            Some(("tcp", address)) => {
                let address: SocketAddr = address.parse().map_err(|_shape| bad())?;
                address
                    .ip()
                    .is_loopback()
                    .then_some(Self::Tcp(address))
                    .ok_or_else(bad)
            }
            _ => Err(bad()),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
            Self::Tcp(address) => write!(f, "tcp:{address}"),
        }
    }
}

/// What an adapter shows first, so that not any program of this machine can sign somebody in.
#[derive(Clone)]
pub struct Token(String);

impl Token {
    /// Takes a token.
    ///
    /// # Errors
    /// When it is not 32 to 256 visible ASCII characters.
    pub fn new(text: &str) -> Result<Self, DoorError> {
        let text = text.trim();
        let fits = TOKEN_LENGTH.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        fits.then(|| Self(text.to_owned())).ok_or(DoorError::Token)
    }

    /// Reads the token's file, which only its owner may read.
    ///
    /// # Errors
    /// When it cannot be read, others can read it, or it holds no token.
    pub fn read(path: &Path) -> Result<Self, DoorError> {
        let io_error = |source| DoorError::TokenFile {
            path: path.to_owned(),
            source,
        };
        let about = fs::metadata(path).map_err(io_error)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            if about.permissions().mode() & 0o077 != 0 {
                return Err(DoorError::TokenOpen(path.to_owned()));
            }
        }
        if about.len() > 1024 {
            return Err(DoorError::Token);
        }
        Self::new(&fs::read_to_string(path).map_err(io_error)?)
    }

    /// Whether an adapter's line is this; as slow for a wrong beginning as for a wrong end.
    fn is(&self, line: &[u8]) -> bool {
        let own = self.0.as_bytes();
        let differs = own.iter().zip(line).fold(0, |sum, (a, b)| sum | (a ^ b));
        own.len() == line.len() && std::hint::black_box(differs) == 0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// The door cannot be listened at.
#[derive(Debug, thiserror::Error)]
pub enum DoorError {
    /// No address of this machine.
    #[error("“{0}” is no address of this machine: unix:/PATH or tcp:127.0.0.1:PORT")]
    Address(String),
    /// No token.
    #[error("the door's token is not 32 to 256 visible ASCII characters")]
    Token,
    /// The token's file cannot be read.
    #[error("the door's token {path}", path = path.display())]
    TokenFile {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Others can read it.
    #[error("{path} can be read by others; make it yours alone: chmod 600 {path}", path = .0.display())]
    TokenOpen(PathBuf),
    /// Nothing can listen there.
    #[error("nobody can listen at {address}")]
    Listen {
        /// Where.
        address: Address,
        /// Why.
        source: io::Error,
    },
    /// The thread cannot be started.
    #[error("the door's thread")]
    Thread(#[source] io::Error),
}

#[cfg(test)]
mod tests;
