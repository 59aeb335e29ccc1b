//! A scripted camera: a script sees each request and says what is answered; without a word of the
//! script's it answers as a well-behaved camera does.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use url::Url;

use crate::error::{Error, Fault};
use crate::head::{self, HeadEnd, Message};
use crate::io::Connection;
use crate::options::Options;
use crate::session::{Session, open};
use crate::unit::Unit;

use super::stream::Pictures;

pub(super) const SDP: &str = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=x\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\n\
    a=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1\r\na=control:trackID=1\r\n";
pub(super) const URL: &str = "rtsp://camera.test/live";
/// Pictures come at 25 a second.
const INTERVAL: Duration = Duration::from_millis(40);

/// A request as it came.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    /// Which connection it came on, from 0.
    pub(super) connection: usize,
    /// How many of this method came before on all connections.
    pub(super) before: usize,
    pub(super) method: String,
    pub(super) uri: String,
    pub(super) headers: Vec<(String, String)>,
    /// The host that was dialled.
    pub(super) host: String,
}

impl Asked {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        head::header(&self.headers, name)
    }

    pub(super) fn cseq(&self) -> &str {
        self.header("cseq").unwrap_or("none")
    }

    /// An answer with this status and further headers, each with its end of line.
    pub(super) fn answer(&self, status: &str, headers: &str) -> Reply {
        Reply::new(format!(
            "RTSP/1.0 {status}\r\nCSeq: {}\r\n{headers}\r\n",
            self.cseq()
        ))
    }

    /// An answer with a body.
    pub(super) fn describe(&self, sdp: &str) -> Reply {
        let length = sdp.len();
        let mut reply = self.answer("200 OK", &format!("Content-Length: {length}\r\n"));
        reply.bytes.extend(sdp.as_bytes());
        reply
    }

    /// What a well-behaved camera answers.
    pub(super) fn usual(&self) -> Reply {
        match self.method.as_str() {
            "OPTIONS" => self.answer("200 OK", "Public: OPTIONS, DESCRIBE, GET_PARAMETER\r\n"),
            "DESCRIBE" => self.describe(SDP),
            "SETUP" => {
                let transport = self.header("transport").unwrap_or_default();
                let headers = format!("Session: 1234;timeout=60\r\nTransport: {transport}\r\n");
                self.answer("200 OK", &headers)
            }
            "PLAY" => self.answer("200 OK", "").then(Then::Stream),
            "PAUSE" => self.answer("200 OK", "").then(Then::Stop),
            "TEARDOWN" => self.answer("200 OK", "").then(Then::HangUp),
            _ => self.answer("200 OK", ""),
        }
    }
}

/// What goes on after an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    Go,
    HangUp,
    /// Pictures come from now on.
    Stream,
    /// They stop.
    Stop,
}

#[derive(Clone, Debug)]
pub(super) struct Reply {
    pub(super) bytes: Vec<u8>,
    pub(super) then: Then,
}

impl Reply {
    pub(super) fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            bytes: bytes.into(),
            then: Then::Go,
        }
    }

    pub(super) fn nothing() -> Self {
        Self::new("")
    }

    pub(super) fn hang_up() -> Self {
        Self::nothing().then(Then::HangUp)
    }

    pub(super) fn then(mut self, then: Then) -> Self {
        self.then = then;
        self
    }
}

type Script = Box<dyn FnMut(&Asked) -> Option<Reply> + Send>;

/// A camera that a test has written.
#[derive(Clone)]
pub(super) struct Camera {
    script: Arc<Mutex<Script>>,
    asked: Arc<Mutex<Vec<Asked>>>,
    connections: Arc<Mutex<usize>>,
    /// Interleaved packets that came.
    reports: Arc<Mutex<usize>>,
    pictures: Arc<Mutex<Pictures>>,
}

impl Camera {
    pub(super) fn new(script: impl FnMut(&Asked) -> Option<Reply> + Send + 'static) -> Self {
        Self {
            script: Arc::new(Mutex::new(Box::new(script))),
            asked: Arc::default(),
            connections: Arc::default(),
            reports: Arc::default(),
            pictures: Arc::new(Mutex::new(Pictures::default())),
        }
    }

    /// How its pictures are packed.
    pub(super) fn with_pictures(self, pictures: Pictures) -> Self {
        *self.pictures.lock() = pictures;
        self
    }

    /// What was asked so far.
    pub(super) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().clone()
    }

    /// The methods that were asked for so far.
    pub(super) fn methods(&self) -> Vec<String> {
        self.asked.lock().iter().map(|a| a.method.clone()).collect()
    }

    /// So many connections were made.
    pub(super) fn num_connections(&self) -> usize {
        *self.connections.lock()
    }

    /// So many reports came.
    pub(super) fn num_reports(&self) -> usize {
        *self.reports.lock()
    }

    /// Options of a session with it.
    pub(super) fn options(&self, options: Options) -> Options {
        let camera = self.clone();
        Options {
            dial: Some(Arc::new(move |target| {
                let (ours, theirs) = duplex(1 << 18);
                let connection = {
                    let mut connections = camera.connections.lock();
                    *connections += 1;
                    *connections - 1
                };
                let host = target.host.clone();
                tokio::spawn(serve(camera.clone(), theirs, connection, host));
                Ok(Connection {
                    io: Box::new(ours),
                    peer: IpAddr::V4(Ipv4Addr::LOCALHOST),
                    local: IpAddr::V4(Ipv4Addr::LOCALHOST),
                    fingerprint: None,
                    early: Vec::new(),
                })
            })),
            ..options
        }
    }

    pub(super) async fn open(&self) -> Result<Session, Error> {
        self.open_with(Options::default()).await
    }

    pub(super) async fn open_with(&self, options: Options) -> Result<Session, Error> {
        self.open_at(URL, options).await
    }

    pub(super) async fn open_at(&self, url: &str, options: Options) -> Result<Session, Error> {
        let url: Url = url.parse().unwrap();
        open(&url, self.options(options)).await
    }

    /// The fault with which no session comes about.
    pub(super) async fn fault(&self, options: Options) -> Fault {
        match self.open_with(options).await {
            Ok(_) => panic!("a session came about"),
            Err(error) => error.fault,
        }
    }
}

/// Answers what comes on a connection and sends pictures between.
async fn serve(camera: Camera, mut io: DuplexStream, connection: usize, host: String) {
    let mut bytes = Vec::new();
    let mut is_streaming = false;
    let mut clock = tokio::time::interval(INTERVAL);
    loop {
        let mut buffer = [0; 4096];
        let length = tokio::select! {
            biased;
            read = io.read(&mut buffer) => match read {
                Ok(0) | Err(_) => return,
                Ok(length) => length,
            },
            _ = clock.tick(), if is_streaming => {
                let picture = camera.pictures.lock().next();
                if io.write_all(&picture).await.is_err() {
                    return;
                }
                continue;
            }
        };
        bytes.extend_from_slice(&buffer[..length]);
        while let Some(message) = next_message(&mut bytes) {
            let Some((method, uri, headers)) = message else {
                *camera.reports.lock() += 1;
                continue;
            };
            let asked = {
                let mut all = camera.asked.lock();
                let asked = Asked {
                    connection,
                    before: all.iter().filter(|a| a.method == method).count(),
                    method,
                    uri,
                    headers,
                    host: host.clone(),
                };
                all.push(asked.clone());
                asked
            };
            let reply = (camera.script.lock())(&asked).unwrap_or_else(|| asked.usual());
            if io.write_all(&reply.bytes).await.is_err() {
                return;
            }
            match reply.then {
                Then::Go => {}
                Then::HangUp => return,
                Then::Stream => is_streaming = true,
                Then::Stop => is_streaming = false,
            }
        }
    }
}

type Line = (String, String, Vec<(String, String)>);

/// Cuts the next message off: a request, or (nothing of use) an answer or a report of ours.
#[expect(clippy::option_option, reason = "nothing whole, or nothing of use")]
fn next_message(bytes: &mut Vec<u8>) -> Option<Option<Line>> {
    if bytes.first() == Some(&b'$') {
        let length = 4 + usize::from(u16::from_be_bytes([*bytes.get(2)?, *bytes.get(3)?]));
        if bytes.len() < length {
            return None;
        }
        bytes.drain(..length);
        return Some(None);
    }
    let length = HeadEnd::default().find(bytes)?;
    let head: Vec<u8> = bytes.drain(..length).collect();
    let text = String::from_utf8(head.clone()).expect("requests are text");
    let uri = text.split(' ').nth(1).unwrap_or_default().to_owned();
    match head::read(&head).expect("requests are well-formed").message {
        Message::Request(request) => Some(Some((request.method, uri, request.headers))),
        Message::Response(response) => {
            assert!(response.status > 0);
            Some(Some((
                format!("ANSWER {}", response.status),
                String::new(),
                response.headers,
            )))
        }
    }
}

/// The next so many pictures.
pub(super) async fn units(session: &mut Session, count: usize) -> Vec<Unit> {
    let mut units = Vec::new();
    for _ in 0..count {
        units.push(session.next().await.expect("pictures come"));
    }
    units
}
