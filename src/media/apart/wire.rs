//! The messages between the wall and a process that writes or reads one file.
//!
//! Each is the length of its head and of its body (32 bits each, little-endian), the head as JSON and the
//! body as it is. Nothing that comes from a process is believed: lengths are bounded, numbers are taken
//! for no more than they are.

use std::io::{self, Read};

use bytes::{Buf as _, Bytes, BytesMut};
use serde::{Deserialize, Serialize};

use crate::model::codec::Codec;

/// No head is longer, bytes.
const LONGEST_HEAD: usize = 4096;
/// No unit is longer, bytes.
const LONGEST_BODY: usize = 64 << 20;
/// Texts are cut here, characters.
const LONGEST_TEXT: usize = 300;

/// A message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::media) enum Message {
    /// A unit, whose bytes are the body.
    Unit(UnitHead),
    /// That was the last of them; the file is written, or read to its end once.
    End,
    /// What is in the file is not for us: a codec.
    Refused(String),
    /// It cannot be done, and why.
    Failed(String),
}

/// All of a unit but its bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(in crate::media) struct UnitHead {
    pub(in crate::media) codec: Option<Codec>,
    /// When it is shown, nanoseconds.
    pub(in crate::media) pts: Option<i64>,
    /// When it is decoded, nanoseconds.
    pub(in crate::media) dts: Option<i64>,
    pub(in crate::media) size: Option<(u32, u32)>,
    pub(in crate::media) rate_hz: Option<f32>,
    pub(in crate::media) keyframe: bool,
    pub(in crate::media) is_damaged: bool,
}

impl Message {
    /// That something failed, no longer than may be said.
    pub(super) fn failed(why: &str) -> Self {
        Self::Failed(why.chars().take(LONGEST_TEXT).collect())
    }
}

/// A message but for its body, which follows.
pub(super) fn head(message: &Message, body: usize) -> io::Result<Vec<u8>> {
    let head = serde_json::to_vec(message)?;
    let mut whole = Vec::with_capacity(8 + head.len());
    for length in [head.len(), body] {
        whole.extend_from_slice(&(length as u32).to_le_bytes());
    }
    whole.extend_from_slice(&head);
    Ok(whole)
}

/// The lengths of head and body.
fn lengths(mut prefix: &[u8]) -> io::Result<(usize, usize)> {
    let (head, body) = (prefix.get_u32_le() as usize, prefix.get_u32_le() as usize);
    if head > LONGEST_HEAD || body > LONGEST_BODY {
        let why = format!("a message of {head} and {body} bytes, which is none");
        return Err(io::Error::new(io::ErrorKind::InvalidData, why));
    }
    Ok((head, body))
}

/// Takes the first message out of what came, if it is whole.
pub(super) fn take(come: &mut BytesMut) -> io::Result<Option<(Message, Bytes)>> {
    let Some(prefix) = come.get(..8) else {
        return Ok(None);
    };
    let (head, body) = lengths(prefix)?;
    if come.len() < 8 + head + body {
        return Ok(None);
    }
    come.advance(8);
    let head = come.split_to(head);
    let body = come.split_to(body).freeze();
    Ok(Some((serde_json::from_slice(&head)?, body)))
}

/// Reads a message; nothing at the end of what comes.
pub(super) fn read(from: &mut impl Read) -> io::Result<Option<(Message, Bytes)>> {
    let mut prefix = [0; 8];
    if from.read_exact(&mut prefix).is_err() {
        return Ok(None);
    }
    let (head, body) = lengths(&prefix)?;
    let mut bytes = vec![0; head + body];
    from.read_exact(&mut bytes)?;
    let message = serde_json::from_slice(&bytes[..head])?;
    Ok(Some((message, Bytes::from(bytes).slice(head..))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit() -> Message {
        Message::Unit(UnitHead {
            codec: Some(Codec::H265),
            pts: Some(i64::MIN),
            rate_hz: Some(12.5),
            keyframe: true,
            ..UnitHead::default()
        })
    }

    #[test]
    fn messages_cross_in_any_pieces() {
        let mut all = Vec::new();
        let sent: [(Message, &'static [u8]); 3] = [
            (unit(), &b"unit"[..]),
            (Message::End, &[]),
            (Message::failed(&"ж".repeat(9000)), &[]),
        ];
        for (message, body) in &sent {
            all.extend(head(message, body.len()).unwrap());
            all.extend_from_slice(body);
        }
        let mut come = BytesMut::new();
        let mut found = Vec::new();
        for byte in &all {
            come.extend_from_slice(&[*byte]);
            while let Some(message) = take(&mut come).unwrap() {
                found.push(message);
            }
        }
        let mut from = all.as_slice();
        for (index, (message, body)) in sent.iter().enumerate() {
            assert_eq!(found[index], (message.clone(), Bytes::from_static(body)));
            assert_eq!(read(&mut from).unwrap().as_ref(), Some(&found[index]));
        }
        assert_eq!(read(&mut from).unwrap(), None);
        assert_eq!(found.len(), sent.len());
    }

    #[test]
    fn what_is_no_message_is_refused_before_it_takes_memory() {
        let check = |bytes: &[u8]| {
            assert!(take(&mut BytesMut::from(bytes)).is_err(), "{bytes:?}");
            assert!(read(&mut &*bytes).is_err(), "{bytes:?}");
        };
        check(&[255; 8]);
        check(&[0, 0, 0, 0, 1, 0, 0, 255]);
        check(b"\x02\0\0\0\0\0\0\0{}");
        let mut lie = head(&unit(), 0).unwrap();
        lie[9] = b'?';
        check(&lie);
    }
}
