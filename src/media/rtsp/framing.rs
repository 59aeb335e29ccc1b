//! One connection's bytes as what they are: interleaved packets, and messages with their bodies.
//! Bytes that are neither are passed over.

use std::ops::Range;

use crate::error::Fault;
use crate::head::{self, Head, HeadEnd, Message};
use crate::leniency::{Leniencies, Leniency};

/// The most bytes of a line of a head.
const MAX_LINE_BYTES: usize = 8 << 10;
/// The most bytes of a head.
const MAX_HEAD_BYTES: usize = 32 << 10;
/// The most bytes of a body.
const MAX_BODY_BYTES: usize = 256 << 10;
/// The most bytes that are passed over before the stream has begun.
const MAX_JUNK_BYTES: usize = 64 << 10;
/// The buffer at first; it grows when a read fills it …
const MIN_BUFFER_BYTES: usize = 8 << 10;
/// … up to two of the largest packets.
const MAX_BUFFER_BYTES: usize = 160 << 10;

/// What the bytes at hand hold.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Parsed {
    /// Nothing whole.
    Incomplete,
    /// A packet of a channel; see [`Framer::bytes`].
    Packet(u8, Range<usize>),
    /// A message.
    Message(Message),
}

/// Takes bytes as they come and cuts them.
#[derive(Debug)]
pub(crate) struct Framer {
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    head_end: HeadEnd,
    /// A head whose body is on its way, and how much of that is missing.
    pending: Option<(Message, Vec<u8>, usize)>,
    junk_bytes: usize,
    in_junk: bool,
    /// Packets are expected: nothing beside them ends the session.
    is_streaming: bool,
}

impl Default for Framer {
    fn default() -> Self {
        Self {
            buffer: vec![0; MIN_BUFFER_BYTES],
            start: 0,
            end: 0,
            head_end: HeadEnd::default(),
            pending: None,
            junk_bytes: 0,
            in_junk: false,
            is_streaming: false,
        }
    }
}

impl Framer {
    /// Packets are expected from now on.
    pub(crate) fn begin_stream(&mut self) {
        self.is_streaming = true;
    }

    /// Room for more bytes; never empty as long as everything is parsed that can be.
    pub(crate) fn space(&mut self) -> &mut [u8] {
        if self.start == self.end {
            self.start = 0;
            self.end = 0;
        }
        if self.end == self.buffer.len() {
            if self.start > 0 {
                self.buffer.copy_within(self.start..self.end, 0);
                self.end -= self.start;
                self.start = 0;
            }
            if self.end * 4 > self.buffer.len() * 3 && self.buffer.len() < MAX_BUFFER_BYTES {
                let larger = (self.buffer.len() * 2).min(MAX_BUFFER_BYTES);
                self.buffer.resize(larger, 0);
            }
        }
        &mut self.buffer[self.end..]
    }

    /// So many bytes of the room were filled.
    pub(crate) fn filled(&mut self, bytes: usize) {
        self.end = (self.end + bytes).min(self.buffer.len());
    }

    /// The bytes of a packet, until more are taken.
    pub(crate) fn bytes(&self, range: Range<usize>) -> &[u8] {
        self.buffer.get(range).unwrap_or_default()
    }

    /// Bytes held, for the tests of bounds.
    #[cfg(test)]
    pub(crate) fn held_bytes(&self) -> usize {
        let body = self
            .pending
            .as_ref()
            .map_or(0, |(_, body, _)| body.capacity());
        self.buffer.capacity() + body
    }

    /// Cuts the next whole thing off. `is_channel` knows the channels in use.
    pub(crate) fn parse(
        &mut self,
        is_channel: impl Fn(u8) -> bool,
        leniencies: &mut Leniencies,
    ) -> Result<Parsed, Fault> {
        loop {
            if self.pending.is_some() {
                return Ok(self.parse_body());
            }
            self.skip_blanks();
            let data = &self.buffer[self.start..self.end];
            let Some(first) = data.first() else {
                return Ok(Parsed::Incomplete);
            };
            if *first == b'$' {
                let [_, channel, high, low, ..] = *data else {
                    return Ok(Parsed::Incomplete);
                };
                let length = usize::from(u16::from_be_bytes([high, low]));
                if self.in_junk && !self.is_plausible(data, &is_channel) {
                    self.skip_junk(&is_channel, leniencies)?;
                    continue;
                }
                if data.len() < 4 + length {
                    return Ok(Parsed::Incomplete);
                }
                self.in_junk = false;
                let begin = self.start + 4;
                self.start = begin + length;
                self.head_end = HeadEnd::default();
                return Ok(Parsed::Packet(channel, begin..begin + length));
            }
            if head::may_begin(data) {
                let Some(length) = self.head_end.find(data) else {
                    let line_is_long = self.head_end.open_line_bytes() > MAX_LINE_BYTES;
                    if !line_is_long && data.len() <= MAX_HEAD_BYTES {
                        return Ok(Parsed::Incomplete);
                    }
                    if self.is_streaming {
                        self.skip_junk(&is_channel, leniencies)?;
                        continue;
                    }
                    return Err(Fault::TooLong(if line_is_long {
                        "a line"
                    } else {
                        "a head"
                    }));
                };
                if let Some(head) = head::read(&data[..length]) {
                    self.start += length;
                    self.head_end = HeadEnd::default();
                    self.in_junk = false;
                    if let Some(whole) = self.begin_body(head, leniencies)? {
                        return Ok(whole);
                    }
                    continue;
                }
            }
            if !self.is_streaming && data.starts_with(b"HTTP/") {
                return Err(Fault::Malformed("an answer of HTTP"));
            }
            self.skip_junk(&is_channel, leniencies)?;
            if self.start == self.end {
                return Ok(Parsed::Incomplete);
            }
            // Junk that may be the beginning of something stays until more is there.
            if self.end - self.start < 5 && !self.can_begin() {
                return Ok(Parsed::Incomplete);
            }
        }
    }

    /// What lies next may be a packet or a message.
    pub(crate) fn can_begin(&self) -> bool {
        let data = &self.buffer[self.start..self.end];
        data.first() == Some(&b'$') || head::may_begin(data)
    }

    fn begin_body(
        &mut self,
        head: Head,
        leniencies: &mut Leniencies,
    ) -> Result<Option<Parsed>, Fault> {
        if head.is_odd {
            leniencies.note(Leniency::OddHead);
        }
        let length = head.body_bytes.unwrap_or(0);
        if length == 0 {
            return Ok(Some(Parsed::Message(head.message)));
        }
        if length > MAX_BODY_BYTES {
            if self.is_streaming {
                leniencies.note(Leniency::BodyLength);
                return Ok(Some(Parsed::Message(head.message)));
            }
            return Err(Fault::TooLong("a body"));
        }
        self.pending = Some((head.message, Vec::new(), length));
        Ok(None)
    }

    fn parse_body(&mut self) -> Parsed {
        let Some((_, body, missing)) = &mut self.pending else {
            return Parsed::Incomplete;
        };
        let take = (*missing).min(self.end - self.start);
        body.extend_from_slice(&self.buffer[self.start..self.start + take]);
        self.start += take;
        *missing -= take;
        if *missing > 0 {
            return Parsed::Incomplete;
        }
        self.take_pending()
            .map_or(Parsed::Incomplete, Parsed::Message)
    }

    fn take_pending(&mut self) -> Option<Message> {
        let (mut message, bytes, _) = self.pending.take()?;
        if let Message::Response(response) = &mut message {
            response.body = bytes;
        }
        Some(message)
    }

    /// The message whose body does not come to its end, with what has come.
    pub(crate) fn abandon_body(&mut self) -> Option<Message> {
        self.take_pending()
    }

    /// Takes the lines of an SDP that lie before anything else: a body that is longer than was said.
    pub(crate) fn take_sdp_lines(&mut self, into: &mut Vec<u8>) -> bool {
        let before = into.len();
        // The rest of a line that the told length cut.
        if !into.is_empty() && !into.ends_with(b"\n") && !into.ends_with(b"\r") && !self.can_begin()
        {
            let data = &self.buffer[self.start..self.end];
            if let Some(end) = memchr::memchr(b'\n', data).filter(|end| *end < MAX_LINE_BYTES) {
                into.extend_from_slice(&data[..=end]);
                self.start += end + 1;
            }
        }
        while into.len() < MAX_BODY_BYTES {
            let data = &self.buffer[self.start..self.end];
            let blank = data
                .iter()
                .take_while(|c| matches!(c, b'\r' | b'\n'))
                .count();
            let line = &data[blank..];
            let is_sdp = line.len() > 2 && line[0].is_ascii_lowercase() && line[1] == b'=';
            let Some(end) = line.iter().position(|c| *c == b'\n').filter(|_| is_sdp) else {
                break;
            };
            into.extend_from_slice(&data[..=(blank + end)]);
            self.start += blank + end + 1;
        }
        into.len() > before
    }

    /// Takes a last line of an SDP that has no end.
    pub(crate) fn take_sdp_rest(&mut self, into: &mut Vec<u8>) -> bool {
        let data = &self.buffer[self.start..self.end];
        let is_sdp = matches!(data, [kind, b'=', ..] if kind.is_ascii_lowercase());
        if is_sdp && into.len() + data.len() <= MAX_BODY_BYTES {
            into.extend_from_slice(data);
            self.start = self.end;
        }
        is_sdp
    }

    fn skip_blanks(&mut self) {
        let data = &self.buffer[self.start..self.end];
        let blanks = data
            .iter()
            .take_while(|c| matches!(c, b'\r' | b'\n' | b' ' | b'\t' | 0))
            .count();
        self.start += blanks;
        if blanks > 0 {
            self.head_end = HeadEnd::default();
        }
    }

    /// Whether a packet may begin here, judged by its head.
    fn is_plausible(&self, data: &[u8], is_channel: &impl Fn(u8) -> bool) -> bool {
        match *data {
            [b'$', channel, high, low, ref rest @ ..] => {
                let length = u16::from_be_bytes([high, low]);
                let version_fits = rest.first().is_none_or(|first| first >> 6 == 2);
                is_channel(channel) && length >= 8 && version_fits
            }
            _ => false,
        }
    }

    /// Passes over at least one byte, to what may be something.
    fn skip_junk(
        &mut self,
        is_channel: &impl Fn(u8) -> bool,
        leniencies: &mut Leniencies,
    ) -> Result<(), Fault> {
        if !self.in_junk {
            leniencies.note(Leniency::Resynchronised);
        }
        self.in_junk = true;
        self.head_end = HeadEnd::default();
        let data = &self.buffer[self.start..self.end];
        let mut skip = 1.min(data.len());
        loop {
            let Some(next) = memchr::memchr2(b'$', b'R', &data[skip..]) else {
                skip = data.len();
                break;
            };
            skip += next;
            let rest = &data[skip..];
            let fits = if rest[0] == b'$' {
                rest.len() < 5 || self.is_plausible(rest, is_channel)
            } else {
                rest.starts_with(&b"RTSP/"[..rest.len().min(5)])
            };
            if fits {
                break;
            }
            skip += 1;
        }
        self.start += skip;
        if !self.is_streaming {
            self.junk_bytes += skip;
            if self.junk_bytes > MAX_JUNK_BYTES {
                return Err(Fault::Malformed("what comes"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn push(framer: &mut Framer, mut bytes: &[u8]) -> Result<Vec<String>, Fault> {
        let mut seen = Vec::new();
        let mut leniencies = Leniencies::default();
        while !bytes.is_empty() {
            let space = framer.space();
            let take = space.len().min(bytes.len());
            assert!(take > 0, "no room");
            space[..take].copy_from_slice(&bytes[..take]);
            framer.filled(take);
            bytes = &bytes[take..];
            loop {
                match framer.parse(|c| c < 2, &mut leniencies)? {
                    Parsed::Incomplete => break,
                    Parsed::Packet(channel, range) => {
                        seen.push(format!("{channel}:{}", framer.bytes(range).len()));
                    }
                    Parsed::Message(Message::Response(response)) => {
                        seen.push(format!("{} {}", response.status, response.body.len()));
                    }
                    Parsed::Message(Message::Request(request)) => seen.push(request.method),
                }
            }
        }
        Ok(seen)
    }

    fn packet(channel: u8, length: u16) -> Vec<u8> {
        let mut packet = vec![b'$', channel];
        packet.extend(length.to_be_bytes());
        packet.push(0x80);
        packet.resize(4 + usize::from(length), b'R');
        packet
    }

    #[test]
    fn packets_and_messages_are_cut_wherever_the_bytes_are() {
        let mut bytes = packet(0, 100);
        bytes.extend(b"RTSP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello");
        bytes.extend(packet(1, 60));
        bytes.extend(b"\r\nOPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n");
        bytes.extend(packet(9, 40_000));
        bytes.extend(b"RTSP/1.0 404 No\n\n");
        let expect = ["0:100", "200 5", "1:60", "OPTIONS", "9:40000", "404 0"];
        for piece in [1, 2, 3, 7, 64, 1000, bytes.len()] {
            let mut framer = Framer::default();
            framer.begin_stream();
            let mut seen = Vec::new();
            for part in bytes.chunks(piece) {
                seen.extend(push(&mut framer, part).unwrap());
            }
            assert_eq!(seen, expect, "in pieces of {piece}");
        }
    }

    #[test]
    fn after_junk_and_lengths_that_lie_it_goes_on() {
        for junk in [
            &b"\xff\x00garbage $$$$ \x24\x07\x00\x01 RRRR"[..],
            b"RTSP is not said here\r\n\r\n",
            b"<html>400</html>\r\n\r\n",
        ] {
            let mut framer = Framer::default();
            framer.begin_stream();
            let mut bytes = packet(0, 50);
            bytes.extend(junk);
            for _ in 0..4 {
                bytes.extend(packet(0, 50));
            }
            let seen = push(&mut framer, &bytes).unwrap();
            let whole = seen.iter().filter(|s| *s == "0:50").count();
            assert!(whole >= 4, "{junk:?}: {seen:?}");
        }
    }

    #[test]
    fn what_has_no_end_is_refused_before_the_stream_and_costs_little() {
        let endless: [(&[u8], &[u8]); 3] = [
            (b"RTSP/1.0 200 OK\r\n", b"and more and more "),
            (b"RTSP/1.0 200 OK\r\n", b"X-More: and more\r\n"),
            (b"", b"\x80\x01\x02 neither \xff"),
        ];
        for (begin, more) in endless {
            let mut framer = Framer::default();
            push(&mut framer, begin).unwrap();
            let mut error = None;
            for _ in 0..200_000 {
                if let Err(fault) = push(&mut framer, more) {
                    error = Some(fault);
                    break;
                }
            }
            assert!(
                matches!(error, Some(Fault::TooLong(_) | Fault::Malformed(_))),
                "{error:?}"
            );
            let mut framer = Framer::default();
            framer.begin_stream();
            push(&mut framer, begin).unwrap();
            for _ in 0..50_000 {
                push(&mut framer, more).unwrap();
            }
            assert!(
                framer.held_bytes() <= MAX_BUFFER_BYTES,
                "{}",
                framer.held_bytes()
            );
            let seen = push(&mut framer, &[packet(0, 90), packet(0, 90)].concat()).unwrap();
            assert!(!seen.is_empty(), "the stream goes on behind {more:?}");
        }
        let mut framer = Framer::default();
        let error = push(
            &mut framer,
            b"RTSP/1.0 200 OK\r\nContent-Length: 4000000000\r\n\r\nv=0",
        );
        assert_eq!(error, Err(Fault::TooLong("a body")));
    }

    #[test]
    fn an_sdp_that_is_longer_than_was_said_is_taken_whole() {
        let mut framer = Framer::default();
        let seen = push(
            &mut framer,
            b"RTSP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nv=0\r\n",
        );
        assert_eq!(seen, Ok(vec!["200 5".to_owned()]));
        let more = b"s=x\r\nm=video 0 RTP/AVP 26\r\nRTSP/1.0 200 OK\r\n\r\n";
        framer.space()[..more.len()].copy_from_slice(more);
        framer.filled(more.len());
        let mut body = Vec::new();
        assert!(framer.take_sdp_lines(&mut body));
        assert_eq!(body, b"s=x\r\nm=video 0 RTP/AVP 26\r\n");
        assert_eq!(push(&mut framer, b"\r\n"), Ok(vec!["200 0".to_owned()]));
    }
}
