//! Identities that the program makes itself.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::base::clock::WallTime;

/// An identity: a UUID of version 7 (RFC 9562), which begins with the milliseconds of UTC at which it
/// was made. In order of their making they are also in order of their text, but for those of one
/// millisecond and of clocks that differ; nothing relies on that order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Id(Uuid);

/// A text is no identity.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("“{text}” is no identity (a UUID)")]
pub struct NotAnId {
    /// The text, its first characters.
    pub text: String,
}

impl Id {
    /// The identity of nothing.
    pub const NONE: Self = Self(Uuid::nil());

    /// A new one, of this moment, from 74 random bits.
    pub fn new(at: WallTime, random: [u8; 10]) -> Self {
        let millis = u64::try_from(at.0 / 1_000_000).unwrap_or(0);
        Self(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
    }

    /// One made from a name, the same each time: the first half of its SHA-256, as a UUID of version 8
    /// (RFC 9562 section 5.8).
    pub fn named(name: &str) -> Self {
        let digest = Sha256::digest(name.as_bytes());
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        bytes[6] = bytes[6] & 0x0f | 0x80;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        Self::from_bytes(bytes)
    }

    /// As the 16 bytes of a UUID.
    pub fn bytes(self) -> [u8; 16] {
        self.0.into_bytes()
    }

    /// From the 16 bytes of a UUID.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes))
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0.as_hyphenated(), f)
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Id {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        Uuid::try_parse(text).map(Self).map_err(|_reason| NotAnId {
            text: text.chars().take(40).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_of_version_7_and_in_the_order_of_their_time() {
        let early = Id::new(WallTime(1_700_000_000_000_000_000), [255; 10]);
        let late = Id::new(WallTime(1_700_000_000_001_000_000), [0; 10]);
        assert!(early.to_string() < late.to_string());
        assert_eq!(&early.to_string()[14..15], "7");
        assert_eq!(early.to_string().parse(), Ok(early));
        assert_eq!(Id::from_bytes(early.bytes()), early);
        assert!("no".parse::<Id>().is_err());
    }
}
