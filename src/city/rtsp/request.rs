//! Reads what a client sends: RTSP requests (RFC 2326) and interleaved data (section 10.12).
//!
//! Pure, with limits, and takes any bytes whatever.

/// The most bytes of a request's first line and headers.
pub(crate) const MAX_HEAD_BYTES: usize = 8 * 1024;
/// The most headers of a request.
pub(crate) const MAX_HEADERS: usize = 64;
/// The most bytes of a request's body.
pub(crate) const MAX_BODY_BYTES: usize = 64 * 1024;

/// What stands at the front of the bytes received.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Message {
    /// A request, and how many bytes it took.
    Request(Request, usize),
    /// Interleaved data on a channel (RTCP of the client), and how many bytes it took.
    Data(u8, usize),
    /// Not all of it is there yet.
    Incomplete,
}

/// A request. Its body is of no interest to us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Request {
    /// The method, as it was written.
    pub(crate) method: String,
    /// The address.
    pub(crate) uri: String,
    /// Headers in their order; names in lower case.
    headers: Vec<(String, String)>,
}

impl Request {
    /// The first header called `name` (in lower case).
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(have, _)| have == name)
            .map(|(_, value)| value.as_str())
    }
}

/// Why the bytes are no RTSP. The connection is of no use after that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RequestError {
    /// The head is longer than [`MAX_HEAD_BYTES`] or has more headers than [`MAX_HEADERS`].
    #[error("the request's head is too long")]
    HeadTooLong,
    /// The body is longer than [`MAX_BODY_BYTES`].
    #[error("the request's body is too long")]
    BodyTooLong,
    /// The first line is not `METHOD uri RTSP/1.0`.
    #[error("the first line is no RTSP request")]
    BadLine,
    /// The version is not 1.0.
    #[error("only RTSP/1.0 is spoken here")]
    BadVersion,
    /// A header is not `Name: value`.
    #[error("a header has no colon or is no text")]
    BadHeader,
}

impl RequestError {
    /// The status that tells the client.
    pub(crate) fn status(self) -> u16 {
        match self {
            Self::HeadTooLong | Self::BadLine | Self::BadHeader => 400,
            Self::BodyTooLong => 413,
            Self::BadVersion => 505,
        }
    }
}

/// Reads the message at the front of `bytes`.
///
/// # Errors
/// When it is no RTSP, or larger than the limits.
pub(crate) fn read(bytes: &[u8]) -> Result<Message, RequestError> {
    // Empty lines between requests are passed over (RFC 2326 has it from HTTP).
    let skipped = bytes
        .iter()
        .take(MAX_HEAD_BYTES)
        .take_while(|byte| matches!(byte, b'\r' | b'\n'))
        .count();
    let bytes = &bytes[skipped..];
    if bytes.first() == Some(&b'$') {
        return Ok(match bytes.get(1..4) {
            Some(&[channel, high, low]) => {
                let total = 4 + u16::from_be_bytes([high, low]) as usize;
                if bytes.len() < total {
                    Message::Incomplete
                } else {
                    Message::Data(channel, skipped + total)
                }
            }
            _ => Message::Incomplete,
        });
    }
    let window = &bytes[..bytes.len().min(MAX_HEAD_BYTES)];
    let Some(head_len) = window
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .map(|at| at + 4)
    else {
        if bytes.len() >= MAX_HEAD_BYTES || skipped >= MAX_HEAD_BYTES {
            return Err(RequestError::HeadTooLong);
        }
        return Ok(Message::Incomplete);
    };
    let head = std::str::from_utf8(&bytes[..head_len - 4]).ok();
    let request = read_head(head.ok_or(RequestError::BadHeader)?)?;
    let body_len = match request.header("content-length") {
        Some(text) => text.parse().map_or(Err(RequestError::BadHeader), Ok)?,
        None => 0_usize,
    };
    if body_len > MAX_BODY_BYTES {
        return Err(RequestError::BodyTooLong);
    }
    if bytes.len() < head_len + body_len {
        return Ok(Message::Incomplete);
    }
    Ok(Message::Request(request, skipped + head_len + body_len))
}

fn read_head(head: &str) -> Result<Request, RequestError> {
    let mut lines = head.split("\r\n");
    let mut words = lines.next().unwrap_or_default().split(' ');
    let (Some(method), Some(uri), Some(version), None) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return Err(RequestError::BadLine);
    };
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if method.is_empty() || uri.is_empty() || !method.bytes().all(is_token) {
        return Err(RequestError::BadLine);
    }
    match version {
        "RTSP/1.0" => {}
        _ if version.starts_with("RTSP/") => return Err(RequestError::BadVersion),
        _ => return Err(RequestError::BadLine),
    }
    let mut headers: Vec<(String, String)> = Vec::new();
    for line in lines {
        if let Some(more) = line.strip_prefix([' ', '\t']) {
            // A folded header goes on.
            let (_, value) = headers.last_mut().ok_or(RequestError::BadHeader)?;
            value.push(' ');
            value.push_str(more.trim());
            continue;
        }
        let (name, value) = line.split_once(':').ok_or(RequestError::BadHeader)?;
        if name.trim().is_empty() {
            return Err(RequestError::BadHeader);
        }
        if headers.len() == MAX_HEADERS {
            return Err(RequestError::HeadTooLong);
        }
        headers.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
    }
    Ok(Request {
        method: method.to_owned(),
        uri: uri.to_owned(),
        headers,
    })
}

/// How a client wants to receive, by its `Transport` header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transport {
    /// RTP over the RTSP connection, on this channel and the next.
    Interleaved(u8),
    /// RTP over UDP to this port of the client, reports to the next.
    Udp(u16),
    /// Only transports we do not speak (multicast).
    Unsupported,
}

/// Reads a `Transport` header: the first alternative that we speak counts.
pub(crate) fn transport(header: &str) -> Transport {
    let known = header.split(',').find_map(|offer| {
        let mut fields = offer.trim().split(';').map(str::trim);
        let profile = fields.next()?;
        if profile.eq_ignore_ascii_case("RTP/AVP/TCP") {
            return match fields.find_map(|field| field.strip_prefix("interleaved=")) {
                Some(channels) => {
                    let first = channels.split('-').next()?.parse::<u8>().ok()?;
                    (first < 255).then_some(Transport::Interleaved(first))
                }
                None => Some(Transport::Interleaved(0)),
            };
        }
        let plain = ["RTP/AVP", "RTP/AVP/UDP"];
        if !plain.iter().any(|name| profile.eq_ignore_ascii_case(name)) {
            return None;
        }
        let mut port = None;
        for field in fields {
            if field.eq_ignore_ascii_case("multicast") {
                return None;
            }
            if let Some(ports) = field.strip_prefix("client_port=") {
                port = ports.split('-').next()?.parse::<u16>().ok();
            }
        }
        port.filter(|port| (1..u16::MAX).contains(port))
            .map(Transport::Udp)
    });
    known.unwrap_or(Transport::Unsupported)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn request(bytes: &[u8]) -> (Request, usize) {
        match read(bytes) {
            Ok(Message::Request(request, used)) => (request, used),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn requests_are_read() {
        let bytes = b"\r\nSETUP rtsp://h:1/cam-001/sub/trackID=1 RTSP/1.0\r\nCSeq: 3\r\n\
            Transport: RTP/AVP/TCP;unicast;\r\n interleaved=0-1\r\nX-Empty:\r\n\r\nOPTIONS";
        let (request, used) = request(bytes);
        assert_eq!(used, bytes.len() - "OPTIONS".len());
        assert_eq!(request.method, "SETUP");
        assert_eq!(request.uri, "rtsp://h:1/cam-001/sub/trackID=1");
        assert_eq!(request.header("cseq"), Some("3"));
        assert_eq!(
            request.header("transport"),
            Some("RTP/AVP/TCP;unicast; interleaved=0-1")
        );
        assert_eq!(request.header("x-empty"), Some(""));
        assert_eq!(request.header("session"), None);
    }

    #[test]
    fn bodies_are_passed_over_once_they_are_all_there() {
        let bytes = b"SET_PARAMETER * RTSP/1.0\r\nCSeq: 3\r\nContent-Length: 5\r\n\r\nhello$";
        assert_eq!(request(bytes).1, bytes.len() - 1);
        assert_eq!(read(&bytes[..bytes.len() - 2]), Ok(Message::Incomplete));
    }

    #[test]
    fn interleaved_data_is_passed_over() {
        assert_eq!(read(b"$\x01\x00\x02ab$"), Ok(Message::Data(1, 6)));
        assert_eq!(read(b"$\x01\x00\x02a"), Ok(Message::Incomplete));
        assert_eq!(read(b"$\x01"), Ok(Message::Incomplete));
    }

    #[test]
    fn what_is_no_request_is_refused() {
        let check = |bytes: &[u8], expect| assert_eq!(read(bytes), expect, "{bytes:?}");
        check(b"", Ok(Message::Incomplete));
        check(b"OPTIONS * RTSP/1.0\r\n", Ok(Message::Incomplete));
        check(b"GET / HTTP/1.1\r\n\r\n", Err(RequestError::BadLine));
        check(b"OPTIONS *\r\n\r\n", Err(RequestError::BadLine));
        check(b"OPT\x01ONS * RTSP/1.0\r\n\r\n", Err(RequestError::BadLine));
        check(b"OPTIONS * RTSP/2.0\r\n\r\n", Err(RequestError::BadVersion));
        check(
            b"OPTIONS * RTSP/1.0\r\nCSeq 1\r\n\r\n",
            Err(RequestError::BadHeader),
        );
        check(
            b"OPTIONS * RTSP/1.0\r\n folded\r\n\r\n",
            Err(RequestError::BadHeader),
        );
        check(
            b"OPTIONS * RTSP/1.0\r\n: 1\r\n\r\n",
            Err(RequestError::BadHeader),
        );
        check(
            b"OPTIONS * RTSP/1.0\r\nA: \xff\r\n\r\n",
            Err(RequestError::BadHeader),
        );
        check(
            b"OPTIONS * RTSP/1.0\r\nContent-Length: -1\r\n\r\n",
            Err(RequestError::BadHeader),
        );
        check(
            b"OPTIONS * RTSP/1.0\r\nContent-Length: 99999999\r\n\r\n",
            Err(RequestError::BodyTooLong),
        );
        check(&[b'A'; MAX_HEAD_BYTES], Err(RequestError::HeadTooLong));
        check(&[b'\n'; MAX_HEAD_BYTES], Err(RequestError::HeadTooLong));
        let many = format!("OPTIONS * RTSP/1.0\r\n{}\r\n", "A: 1\r\n".repeat(65));
        check(many.as_bytes(), Err(RequestError::HeadTooLong));
    }

    #[test]
    fn transports_are_found() {
        let check = |header, expect| assert_eq!(transport(header), expect, "{header}");
        let tcp = Transport::Interleaved;
        check("RTP/AVP/TCP;unicast;interleaved=2-3", tcp(2));
        check("RTP/AVP/TCP;unicast", tcp(0));
        check("RTP/AVP;multicast, rtp/avp/tcp;interleaved=4-5", tcp(4));
        check(
            "RTP/AVP;unicast;client_port=5000-5001, RTP/AVP/TCP",
            Transport::Udp(5000),
        );
        check("rtp/avp/udp;unicast;client_port=5000", Transport::Udp(5000));
        for no in [
            "RTP/AVP/UDP;multicast",
            "RTP/AVP;unicast",
            "RTP/AVP;unicast;client_port=0-1",
            "RTP/AVP;unicast;client_port=65535-65536",
            "RTP/AVP;unicast;client_port=x",
            "RTP/SAVP;unicast;client_port=5000-5001",
            "RTP/AVP/TCP;interleaved=255-256",
            "RTP/AVP/TCP;interleaved=x",
            "",
        ] {
            check(no, Transport::Unsupported);
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            read(&bytes).ok();
        }

        #[test]
        fn nearly_requests_are_survived(text in "[A-Z]{0,8} ?[ -~]{0,20} RTSP/1.0\r\n([A-Za-z-]{0,12}:? ?[ -~]{0,20}\r\n){0,4}\r\n") {
            if let Ok(Message::Request(_, used)) = read(text.as_bytes()) {
                prop_assert!(used <= text.len());
            }
        }

        #[test]
        fn any_transport_is_survived(header in "\\PC{0,60}") {
            transport(&header);
        }
    }
}
