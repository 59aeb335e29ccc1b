//! Heads of messages: read as tolerantly as they come, written as the standard wants.

/// A name and its value, as they came.
pub(crate) type Header = (String, String);

/// A message of the other side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Message {
    /// An answer.
    Response(Response),
    /// A question.
    Request(Request),
}

/// An answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Vec<Header>,
    pub(crate) body: Vec<u8>,
}

/// A question of the server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) headers: Vec<Header>,
}

/// A head that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) message: Message,
    /// How many bytes of body follow, where the head says so.
    pub(crate) body_bytes: Option<usize>,
    /// It is not written as it should be.
    pub(crate) is_odd: bool,
}

/// The value of the first header of that name, whatever its case.
pub(crate) fn header<'a>(headers: &'a [Header], name: &str) -> Option<&'a str> {
    headers
        .iter()
        .find(|(have, _)| have.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.as_str())
}

impl Response {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }

    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    pub(crate) fn cseq(&self) -> Option<u32> {
        self.header("cseq").and_then(leading_number)
    }
}

/// Tells an answer from others.
pub(crate) fn digest(response: &Response) -> u64 {
    use std::hash::{DefaultHasher, Hash as _, Hasher as _};
    let mut hasher = DefaultHasher::new();
    response.status.hash(&mut hasher);
    response.headers.hash(&mut hasher);
    response.body.hash(&mut hasher);
    hasher.finish()
}

/// The number at the beginning of a text, past blanks and zeros.
pub(crate) fn leading_number<N: std::str::FromStr>(text: &str) -> Option<N> {
    let text = text.trim_start();
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    text[..end].parse().ok()
}

/// Whether these first bytes may begin a message: `RTSP/` in any case, or a method. Too few bytes
/// may.
pub(crate) fn may_begin(data: &[u8]) -> bool {
    let word = &data[..data.len().min(5)];
    if word.eq_ignore_ascii_case(&b"RTSP/"[..word.len()]) {
        return true;
    }
    let line = &data[..data.len().min(24)];
    match line.iter().position(|c| *c == b' ') {
        Some(end) => {
            end >= 3
                && line[..end]
                    .iter()
                    .all(|c| c.is_ascii_uppercase() || *c == b'_')
        }
        None => line.len() < 24 && line.iter().all(|c| c.is_ascii_uppercase() || *c == b'_'),
    }
}

/// Finds where a head ends, without looking at a byte twice.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct HeadEnd {
    scanned: usize,
    line_start: usize,
    has_newline: bool,
}

impl HeadEnd {
    /// The length of the head that `data` begins with, empty line included.
    pub(crate) fn find(&mut self, data: &[u8]) -> Option<usize> {
        while let Some(byte) = data.get(self.scanned) {
            let at = self.scanned;
            match byte {
                b'\n' => {
                    self.has_newline = true;
                    let line = &data[self.line_start..at];
                    let is_empty = line.is_empty() || line == b"\r";
                    self.line_start = at + 1;
                    self.scanned = at + 1;
                    if is_empty {
                        return Some(at + 1);
                    }
                }
                b'\r' => match data.get(at + 1) {
                    Some(b'\n') => self.scanned = at + 1,
                    // Lines that end with CR alone, in a head that knows nothing else.
                    next if !self.has_newline && (next.is_some() || at == self.line_start) => {
                        let is_empty = at == self.line_start;
                        self.line_start = at + 1;
                        self.scanned = at + 1;
                        if is_empty {
                            return Some(at + 1);
                        }
                    }
                    Some(_) => self.scanned = at + 1,
                    None => return None,
                },
                _ => self.scanned = at + 1,
            }
        }
        None
    }

    /// The length of the line that has no end yet, bytes.
    pub(crate) fn open_line_bytes(&self) -> usize {
        self.scanned - self.line_start
    }
}

/// Reads a head; nothing when it is none.
pub(crate) fn read(bytes: &[u8]) -> Option<Head> {
    let text = String::from_utf8_lossy(bytes);
    let mut is_odd = memchr::memmem::find(bytes, b"\r\n").is_none();
    let mut lines = text
        .split(['\r', '\n'])
        .filter(|line| !line.is_empty())
        .peekable();
    let first = lines.next()?;
    let mut headers: Vec<Header> = Vec::new();
    for line in lines {
        if line.starts_with([' ', '\t']) {
            is_odd = true;
            if let Some((_, value)) = headers.last_mut() {
                value.push(' ');
                value.push_str(line.trim());
            }
            continue;
        }
        match line.split_once(':') {
            Some((name, value)) => {
                headers.push((name.trim().to_owned(), value.trim().to_owned()));
            }
            None => is_odd = true,
        }
    }
    let body_bytes = header(&headers, "content-length").map(|value| {
        leading_number(value).unwrap_or_else(|| {
            is_odd = true;
            0
        })
    });
    let mut words = first.split_ascii_whitespace();
    let (one, two, three) = (words.next()?, words.next(), words.next());
    let is_version = |word: &str| {
        word.get(..5)
            .is_some_and(|start| start.eq_ignore_ascii_case("RTSP/") || start == "HTTP/")
    };
    let message = if is_version(one) {
        is_odd |= !one.starts_with("RTSP/1.0") || three.is_none();
        Message::Response(Response {
            status: two.and_then(leading_number)?,
            headers,
            body: Vec::new(),
        })
    } else if three.or(two).is_some_and(is_version) {
        Message::Request(Request {
            method: one.to_owned(),
            headers,
        })
    } else {
        return None;
    };
    Some(Head {
        message,
        body_bytes,
        is_odd,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(text: &str) -> (Response, Option<usize>, bool) {
        let mut end = HeadEnd::default();
        let length = end.find(text.as_bytes()).expect(text);
        match read(&text.as_bytes()[..length]).expect(text) {
            Head {
                message: Message::Response(response),
                body_bytes,
                is_odd,
            } => (response, body_bytes, is_odd),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn heads_are_read_however_they_are_written() {
        let check = |text: &str, odd: bool| {
            let (response, body, is_odd) = response(text);
            assert_eq!(response.status, 200, "{text:?}");
            assert_eq!(response.cseq(), Some(7), "{text:?}");
            assert_eq!(body, Some(12), "{text:?}");
            assert_eq!(is_odd, odd, "{text:?}");
        };
        check(
            "RTSP/1.0 200 OK\r\nCSeq: 7\r\nContent-Length: 12\r\n\r\n",
            false,
        );
        check("RTSP/1.0 200 OK\nCSeq: 7\nContent-Length: 12\n\n", true);
        check("RTSP/1.0 200 OK\rCSeq: 7\rContent-Length: 12\r\r", true);
        check(
            "rtsp/1.0  200\r\ncseq:0007\r\nCONTENT-LENGTH:12 \r\n\r\n",
            true,
        );
        check(
            "RTSP/1.0 200 OK\r\nCSeq : 7\r\nno colon\r\nContent-length: 12;x\r\n\r\n",
            true,
        );
        check(
            "RTSP/1.0 200 OK\r\nX: a\r\n b\r\nCSeq: 7\r\nContent-length:\t12\r\n\r\n",
            true,
        );
    }

    #[test]
    fn an_end_is_found_wherever_the_bytes_are_cut() {
        let text = b"RTSP/1.0 200 OK\r\nCSeq: 7\r\nX: \r\n\r\nrest";
        for cut in 0..text.len() {
            let mut end = HeadEnd::default();
            let found = end.find(&text[..cut]).or_else(|| end.find(text));
            assert_eq!(found, Some(text.len() - 4), "cut at {cut}");
        }
    }

    #[test]
    fn requests_are_told_from_answers_and_from_neither() {
        let read = |text: &str| read(text.as_bytes()).map(|head| head.message);
        assert!(matches!(
            read("OPTIONS rtsp://a/b RTSP/1.0\r\nCSeq: 1\r\n\r\n"),
            Some(Message::Request(request)) if request.method == "OPTIONS"
        ));
        assert_eq!(read("GET / x\r\n\r\n"), None);
        assert_eq!(read("RTSP/1.0 soon\r\n\r\n"), None);
        assert_eq!(read("\r\n\r\n"), None);
        for (bytes, may) in [
            (&b"RTSP/1.0 2"[..], true),
            (b"rt", true),
            (b"ANNOUNCE rtsp", true),
            (b"GET_PARAM", true),
            (b"\x80\x60\x00", false),
            (b"v=0\r\n", false),
            (b"a=control:1", false),
        ] {
            assert_eq!(may_begin(bytes), may, "{bytes:?}");
        }
    }
}
