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
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;

pub use line::{DoorEvent, LONGEST_LINE, LineProblem, MOST_CLOCK_DIFFERENCE_S, What, event};
pub use reader::{Door, MOST_ADAPTERS};

use super::token::TokenError;

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

/// The door cannot be listened at.
#[derive(Debug, thiserror::Error)]
pub enum DoorError {
    /// No address of this machine.
    #[error("“{0}” is no address of this machine: unix:/PATH or tcp:127.0.0.1:PORT")]
    Address(String),
    /// The token that an adapter shows first cannot be had, so that not any program of this machine
    /// can sign somebody in.
    #[error(transparent)]
    Token(#[from] TokenError),
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
