//! A bare RTSP client that shows every status and every packet.

use std::collections::BTreeMap;

use base64::Engine as _;
use bytes::{Buf, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::city::{City, roster};
use crate::model::codec::Codec;
use crate::model::stamp::{self, Stamp};

pub(super) struct Client {
    stream: TcpStream,
    received: BytesMut,
    cseq: u32,
    base: String,
    authorization: Option<String>,
}

pub(super) struct Response {
    pub(super) status: u16,
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: String,
}

/// What comes over the connection.
pub(super) enum Item {
    Response(Response),
    /// Channel and packet.
    Packet(u8, Vec<u8>),
}

/// One picture's packets (without their RTP headers) and its RTP time.
pub(super) struct Picture {
    pub(super) payloads: Vec<Vec<u8>>,
    pub(super) rtp_time: u32,
    pub(super) first_seq: u16,
}

impl Picture {
    /// NAL unit types, of fragments too (H.264).
    pub(super) fn kinds(&self) -> Vec<u8> {
        let kinds = self.payloads.iter().map(|p| match p[0] & 0x1f {
            28 => p[1] & 0x1f,
            kind => kind,
        });
        kinds.collect()
    }

    pub(super) fn stamp(&self) -> Option<Stamp> {
        self.payloads
            .iter()
            .map(|p| [&[0, 0, 1], &p[..]].concat())
            .find_map(|nal| stamp::find_in_annexb(&nal, Codec::H264))
    }
}

impl Client {
    pub(super) async fn connect(city: &City, camera: &str) -> std::io::Result<Self> {
        Ok(Self {
            stream: TcpStream::connect(city.rtsp_addr).await?,
            received: BytesMut::new(),
            cseq: 0,
            base: format!("rtsp://{}/{camera}", city.rtsp_addr),
            authorization: None,
        })
    }

    /// With the log-in that camera 4 (Digest) would refuse and camera 3 (Basic) takes.
    pub(super) fn with_basic(mut self, number: usize) -> Self {
        let login = format!(
            "{}:{}",
            roster::user_of(number),
            roster::password_of(number)
        );
        let login = base64::engine::general_purpose::STANDARD.encode(login);
        self.authorization = Some(format!("Basic {login}"));
        self
    }

    /// Answers the Digest challenge of a refusal, for `method` at the base address.
    pub(super) fn answer_challenge(&mut self, challenge: &str, number: usize, method: &str) {
        use md5::{Digest, Md5};
        let hash = |text: String| format!("{:x}", Md5::digest(text));
        let nonce = challenge.split("nonce=\"").nth(1).unwrap();
        let nonce = nonce.split('"').next().unwrap();
        let (user, password) = (roster::user_of(number), roster::password_of(number));
        let who = hash(format!("{user}:Qyran City:{password}"));
        let what = hash(format!("{method}:{}", self.base));
        let response = hash(format!("{who}:{nonce}:{what}"));
        self.authorization = Some(format!(
            "Digest username=\"{user}\", realm=\"Qyran City\", nonce=\"{nonce}\", uri=\"{}\", response=\"{response}\"",
            self.base
        ));
    }

    /// The number of the request that was sent last.
    pub(super) fn cseq(&self) -> u32 {
        self.cseq
    }

    pub(super) async fn send(&mut self, method: &str, more: &str) {
        self.cseq += 1;
        let mut request = format!("{method} {} RTSP/1.0\r\nCSeq: {}\r\n", self.base, self.cseq);
        if let Some(authorization) = &self.authorization {
            request += &format!("Authorization: {authorization}\r\n");
        }
        request += &format!("{more}\r\n");
        self.stream.write_all(request.as_bytes()).await.ok();
    }

    /// Sends a request and waits for its answer, passing over packets.
    pub(super) async fn ask(&mut self, method: &str, more: &str) -> Response {
        self.send(method, more).await;
        loop {
            if let Item::Response(response) = self.next().await.expect("the connection ended") {
                assert_eq!(response.headers["cseq"], self.cseq.to_string());
                return response;
            }
        }
    }

    /// DESCRIBE, SETUP and PLAY of a camera that needs no more than the log-in set before.
    pub(super) async fn start(&mut self) {
        assert_eq!(self.ask("DESCRIBE", "").await.status, 200);
        let transport = "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n";
        let setup = self.ask("SETUP", transport).await;
        assert_eq!(setup.status, 200);
        let session = setup.headers["session"]
            .split(';')
            .next()
            .unwrap()
            .to_owned();
        let play = self.ask("PLAY", &format!("Session: {session}\r\n")).await;
        assert_eq!(play.status, 200);
    }

    /// Answers and packets; `None` when the city ended the connection, in order or not.
    pub(super) async fn next(&mut self) -> Option<Item> {
        loop {
            if let Some(item) = self.take() {
                return Some(item);
            }
            match self.stream.read_buf(&mut self.received).await {
                Ok(0) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    /// The next whole picture.
    pub(super) async fn picture(&mut self) -> Option<Picture> {
        let mut picture = Picture {
            payloads: Vec::new(),
            rtp_time: 0,
            first_seq: 0,
        };
        loop {
            let Item::Packet(0, packet) = self.next().await? else {
                continue;
            };
            if picture.payloads.is_empty() {
                picture.first_seq = u16::from_be_bytes([packet[2], packet[3]]);
            }
            picture.rtp_time = u32::from_be_bytes(packet[4..8].try_into().unwrap());
            picture.payloads.push(packet[12..].to_vec());
            if packet[1] & 0x80 != 0 {
                return Some(picture);
            }
        }
    }

    fn take(&mut self) -> Option<Item> {
        let bytes = &self.received[..];
        if let [b'$', channel, high, low, rest @ ..] = bytes {
            let len = u16::from_be_bytes([*high, *low]) as usize;
            let packet = rest.get(..len)?.to_vec();
            let channel = *channel;
            self.received.advance(4 + len);
            return Some(Item::Packet(channel, packet));
        }
        let end = bytes.windows(4).position(|w| w == b"\r\n\r\n")? + 4;
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        let mut lines = head.lines();
        let status = lines.next()?.split(' ').nth(1)?.parse().unwrap();
        let headers: BTreeMap<String, String> = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
            .collect();
        let len: usize = headers
            .get("content-length")
            .map_or(0, |len| len.parse().unwrap());
        let body = String::from_utf8(bytes.get(end..end + len)?.to_vec()).unwrap();
        self.received.advance(end + len);
        Some(Item::Response(Response {
            status,
            headers,
            body,
        }))
    }
}
