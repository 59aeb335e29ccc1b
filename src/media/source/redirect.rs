//! Where a server sends us that answers DESCRIBE with "elsewhere" (3xx with a `Location`).
//!
//! The RTSP client tells the status but not the header, so after such an answer, and only then, one
//! DESCRIBE of our own asks for it. A password goes to nobody but the host it is for.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use url::Url;

use super::Address;
use crate::model::condition::{Phase, Reason};

/// So many times we let ourselves be sent on.
pub(super) const MAX_HOPS: usize = 5;
/// The longest wait for the answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(8);
/// The most bytes of an answer's head.
const MAX_HEAD_BYTES: usize = 8 * 1024;

/// Follows one redirection of `from`, which came by way of `visited` (with itself at the end).
///
/// # Errors
/// When the server does not say where to, or that is nowhere to go.
pub(super) async fn follow(from: &Address, visited: &[Url]) -> Result<Address, Reason> {
    if visited.len() > MAX_HOPS {
        return Err(Reason::Protocol(format!(
            "sent on more than {MAX_HOPS} times"
        )));
    }
    let head = tokio::time::timeout(ANSWER_TIMEOUT, ask(from.url.reveal()))
        .await
        .map_err(|_elapsed| Reason::NoAnswer(Phase::Describe))??;
    let to = location(&head, from.url.reveal())?;
    if visited.contains(&to) {
        return Err(Reason::Protocol("sent round in a circle".into()));
    }
    let same_host = to.host_str() == from.url.host_str();
    Ok(Address {
        url: to.into(),
        credentials: from.credentials.clone().filter(|_| same_host),
    })
}

/// The head of the answer to a DESCRIBE without a password.
async fn ask(url: &Url) -> Result<Vec<u8>, Reason> {
    let closed = |_error: std::io::Error| Reason::ConnectionClosed;
    let host = url.host_str().unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let port = url.port().unwrap_or(554);
    let mut stream = TcpStream::connect((host, port)).await.map_err(closed)?;
    let request = format!(
        "DESCRIBE {url} RTSP/1.0\r\nCSeq: 1\r\nAccept: application/sdp\r\nUser-Agent: Qyran/{}\r\n\r\n",
        env!("CARGO_PKG_VERSION")
    );
    stream.write_all(request.as_bytes()).await.map_err(closed)?;
    let mut head = Vec::new();
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        if head.len() >= MAX_HEAD_BYTES {
            return Err(Reason::Protocol("an endless answer".into()));
        }
        if stream.read_buf(&mut head).await.map_err(closed)? == 0 {
            return Err(Reason::ConnectionClosed);
        }
    }
    Ok(head)
}

/// The address in the `Location` of an answer's head: one of RTSP, without user and password, and
/// never one that is less protected than where it came from.
fn location(head: &[u8], from: &Url) -> Result<Url, Reason> {
    let protocol = |text: String| Reason::Protocol(text);
    let head = String::from_utf8_lossy(head);
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap_or_default();
    if !(status.starts_with("RTSP/1.0 3") || status.starts_with("RTSP/1.1 3")) {
        return Err(protocol("the server changes its mind where it is".into()));
    }
    let location = lines
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("location"))
        .map(|(_, value)| value.trim())
        .ok_or_else(|| protocol("sent on without an address".into()))?;
    let mut to = from
        .join(location)
        .map_err(|_error| protocol("sent on to what is no address".into()))?;
    let allowed = match from.scheme() {
        "rtsps" => to.scheme() == "rtsps",
        _ => matches!(to.scheme(), "rtsp" | "rtsps"),
    };
    if !allowed || to.host_str().is_none_or(str::is_empty) {
        return Err(protocol(format!(
            "sent on to another protocol ({})",
            to.scheme()
        )));
    }
    // What stands there is none of ours; it would end up in logs.
    if to.set_username("").is_err() || to.set_password(None).is_err() {
        return Err(protocol("sent on to what is no address".into()));
    }
    Ok(to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locations_are_read_and_judged() {
        let check = |from: &str, head: &str, expect: Result<&str, &str>| {
            let from = from.parse().unwrap();
            match (location(head.as_bytes(), &from), expect) {
                (Ok(to), Ok(expect)) => assert_eq!(to.as_str(), expect),
                (Err(Reason::Protocol(text)), Err(part)) => {
                    assert!(text.contains(part), "{text}");
                }
                (have, expect) => panic!("{head:?}: {have:?} is not {expect:?}"),
            }
        };
        let to = |location: &str| format!("RTSP/1.0 302 Found\r\nCSeq: 1\r\n{location}\r\n\r\n");
        let from = "rtsp://a:554/x";
        check(from, &to("Location: rtsp://b/y"), Ok("rtsp://b/y"));
        check(from, &to("LOCATION:rtsps://b:322/y"), Ok("rtsps://b:322/y"));
        check(from, &to("Location: /y?z=1"), Ok("rtsp://a:554/y?z=1"));
        check(from, &to("Location: rtsp://u:p@b/y"), Ok("rtsp://b/y")); // tidy: a test vector
        check(from, &to("Location: http://b/y"), Err("another protocol"));
        check(
            from,
            &to("Location: file:///etc/passwd"),
            Err("another protocol"),
        );
        check(
            "rtsps://a/x",
            &to("Location: rtsp://a/x"),
            Err("another protocol"),
        );
        check(from, &to("Location: rtsp://"), Err("sent on to"));
        check(from, &to("X: 1"), Err("without an address"));
        check(from, "RTSP/1.0 200 OK\r\n\r\n", Err("changes its mind"));
        check(from, "", Err("changes its mind"));
    }

    #[tokio::test]
    async fn circles_and_long_ways_are_not_gone() {
        let address = Address {
            url: "rtsp://127.0.0.1:9/x".parse().unwrap(),
            credentials: None,
        };
        let visited = vec![address.url.reveal().clone(); MAX_HOPS + 1];
        let error = follow(&address, &visited).await.unwrap_err();
        assert!(matches!(error, Reason::Protocol(text) if text.contains("more than")));
    }
}
