//! Connections: TCP, TLS over it, and the HTTP tunnel over either.

use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::client::TlsStream;

use crate::auth::{self, Credentials, LogIn, Next, NoWay};
use crate::error::{Error, Fault, Phase};
use crate::head::{self, HeadEnd, Message};
use crate::trust::{self, Fingerprint, Trust, Ways};

/// The longest wait for each step of connecting.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(6);
/// The most bytes of the tunnel's answer.
const MAX_TUNNEL_HEAD_BYTES: usize = 16 << 10;

/// A connection of any kind.
pub(crate) trait Io: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// Whither, and how.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) is_secure: bool,
    pub(crate) is_tunnel: bool,
    /// Path and query, for the tunnel.
    pub(crate) path: String,
}

impl Target {
    /// The host with its port, as certificates are remembered.
    pub(crate) fn host_and_port(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}

/// An open connection.
pub(crate) struct Connection {
    pub(crate) io: Box<dyn Io>,
    pub(crate) peer: IpAddr,
    pub(crate) local: IpAddr,
    pub(crate) fingerprint: Option<Fingerprint>,
    /// What came with the tunnel's answer already.
    pub(crate) early: Vec<u8>,
}

/// Opens a connection.
pub(crate) async fn connect(
    target: &Target,
    trust: &Trust,
    credentials: Option<&Credentials>,
    user_agent: &str,
) -> Result<Connection, Error> {
    if !target.is_tunnel {
        let (io, peer, local, fingerprint) = connect_stream(target, trust).await?;
        return Ok(Connection {
            io,
            peer,
            local,
            fingerprint,
            early: Vec::new(),
        });
    }
    open_tunnel(target, trust, credentials, user_agent).await
}

type Stream = (Box<dyn Io>, IpAddr, IpAddr, Option<Fingerprint>);

async fn connect_stream(target: &Target, trust: &Trust) -> Result<Stream, Error> {
    let host = target.host.trim_start_matches('[').trim_end_matches(']');
    let addresses: Vec<SocketAddr> = match host.parse::<IpAddr>() {
        Ok(address) => vec![(address, target.port).into()],
        Err(_name) => timeout(
            CONNECT_TIMEOUT,
            tokio::net::lookup_host((host, target.port)),
        )
        .await
        .map_err(|_elapsed| Error::new(Phase::Resolve, Fault::TimedOut))?
        .map_err(|_unknown| Error::new(Phase::Resolve, Fault::UnknownHost))?
        .collect(),
    };
    let (stream, peer, local) = connect_tcp(&addresses).await?;
    if !target.is_secure {
        return Ok((Box::new(stream), peer, local, None));
    }
    let name = ServerName::try_from(host.to_owned())
        .map_err(|_odd| Error::new(Phase::Resolve, Fault::UnknownHost))?;
    let secured = match secure(target, trust, name.clone(), stream, Ways::All).await {
        Err((_, true)) => {
            let (stream, ..) = connect_tcp(&[(peer, target.port).into()]).await?;
            secure(target, trust, name, stream, Ways::Older).await
        }
        secured => secured,
    };
    let (stream, fingerprint) = secured.map_err(|(error, _)| error)?;
    if let (Trust::FirstUse(memory), Some(fingerprint)) = (trust, fingerprint) {
        let host = target.host_and_port();
        if memory.known(&host).is_none() {
            memory.learn(&host, fingerprint);
        }
    }
    Ok((Box::new(stream), peer, local, fingerprint))
}

async fn connect_tcp(addresses: &[SocketAddr]) -> Result<(TcpStream, IpAddr, IpAddr), Error> {
    let mut last = Error::new(Phase::Resolve, Fault::UnknownHost);
    let mut connected = None;
    for address in addresses {
        match timeout(CONNECT_TIMEOUT, TcpStream::connect(*address)).await {
            Ok(Ok(stream)) => {
                connected = Some(stream);
                break;
            }
            Ok(Err(error)) => last = Error::io(Phase::Connect, &error),
            Err(_elapsed) => last = Error::new(Phase::Connect, Fault::TimedOut),
        }
    }
    let Some(stream) = connected else {
        return Err(last);
    };
    let at = |error: std::io::Error| Error::io(Phase::Connect, &error);
    stream.set_nodelay(true).map_err(at)?;
    let peer = stream.peer_addr().map_err(at)?.ip();
    let local = stream.local_addr().map_err(at)?.ip();
    Ok((stream, peer, local))
}

/// TLS over a connection; an error says whether the older ways may do.
async fn secure(
    target: &Target,
    trust: &Trust,
    name: ServerName<'static>,
    stream: TcpStream,
    ways: Ways,
) -> Result<(TlsStream<TcpStream>, Option<Fingerprint>), (Error, bool)> {
    let (config, seen) = trust::config(trust, &target.host_and_port(), ways);
    let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
    let secured = timeout(CONNECT_TIMEOUT, connector.connect(name, stream))
        .await
        .map_err(|_elapsed| (Error::new(Phase::Secure, Fault::TimedOut), false))?;
    let seen = seen.lock();
    match secured {
        Ok(stream) => Ok((stream, seen.fingerprint)),
        Err(error) => Err((
            trust::fault_of(&error, &seen),
            ways == Ways::All && seen.wants_older(),
        )),
    }
}

/// RTSP within HTTP: answers and packets come by a GET, what we say goes by a POST in Base64.
struct Tunnel {
    get: Box<dyn Io>,
    post: Box<dyn Io>,
    pending: Vec<u8>,
}

impl Tunnel {
    fn poll_pending(&mut self, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        while !self.pending.is_empty() {
            let written = ready!(Pin::new(&mut self.post).poll_write(cx, &self.pending))?;
            if written == 0 {
                return Poll::Ready(Err(std::io::ErrorKind::WriteZero.into()));
            }
            self.pending.drain(..written);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for Tunnel {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.get).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Tunnel {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        ready!(self.poll_pending(cx))?;
        // Each message is encoded for itself, as servers decode them.
        self.pending = STANDARD.encode(bytes).into_bytes();
        if let Poll::Ready(Err(error)) = self.poll_pending(cx) {
            return Poll::Ready(Err(error));
        }
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        ready!(self.poll_pending(cx))?;
        Pin::new(&mut self.post).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.post).poll_shutdown(cx)
    }
}

async fn open_tunnel(
    target: &Target,
    trust: &Trust,
    credentials: Option<&Credentials>,
    user_agent: &str,
) -> Result<Connection, Error> {
    let cookie = format!("{:032x}", rand::random::<u128>());
    let mut log_in = LogIn::default();
    let mut was_answered = false;
    // Asked without a log-in, with one, and once more where the nonce had grown old.
    for _ in 0..3 {
        let (mut get, peer, local, fingerprint) = connect_stream(target, trust).await?;
        let mut request = |method: &str| {
            let mut text = format!(
                "{method} {} HTTP/1.0\r\nHost: {}\r\nUser-Agent: {user_agent}\r\n\
                 x-sessioncookie: {cookie}\r\nPragma: no-cache\r\nCache-Control: no-cache\r\n",
                target.path,
                target.host_and_port()
            );
            let answer = credentials.and_then(|c| log_in.answer(c, method, &target.path));
            let has_answer = answer.is_some();
            if let Some(answer) = answer {
                text.push_str(&format!("Authorization: {answer}\r\n"));
            }
            (text, has_answer)
        };
        let (mut text, has_answer) = request("GET");
        text.push_str("Accept: application/x-rtsp-tunnelled\r\n\r\n");
        was_answered |= has_answer;
        let answer = timeout(CONNECT_TIMEOUT, ask(get.as_mut(), text.as_bytes()))
            .await
            .map_err(|_elapsed| Error::new(Phase::Tunnel, Fault::TimedOut))??;
        let (response, early) = answer;
        if response.status == 401 {
            let Some(_) = credentials else {
                return Err(Error::new(Phase::Tunnel, Fault::PasswordMissing));
            };
            let offers = response
                .headers
                .iter()
                .filter(|(name, _)| name.eq_ignore_ascii_case("www-authenticate"))
                .map(|(_, value)| value.as_str());
            let challenge = auth::choose(offers, target.is_secure).map_err(|no| {
                let fault = match no {
                    NoWay::Unsafe => Fault::PasswordUnsafe,
                    NoWay::Unknown => Fault::Status(401),
                };
                Error::new(Phase::Tunnel, fault)
            })?;
            if log_in.challenged(challenge, has_answer) == Next::Refused {
                return Err(Error::new(Phase::Tunnel, Fault::PasswordRefused));
            }
            continue;
        }
        if response.status != 200 {
            return Err(Error::new(Phase::Tunnel, Fault::Status(response.status)));
        }
        let (mut text, _) = request("POST");
        text.push_str(
            "Content-Type: application/x-rtsp-tunnelled\r\nContent-Length: 32767\r\n\
             Expires: Sun, 9 Jan 1972 00:00:00 GMT\r\n\r\n",
        );
        let (mut post, ..) = connect_stream(target, trust).await?;
        post.write_all(text.as_bytes())
            .await
            .map_err(|error| Error::io(Phase::Tunnel, &error))?;
        return Ok(Connection {
            io: Box::new(Tunnel {
                get,
                post,
                pending: Vec::new(),
            }),
            peer,
            local,
            fingerprint,
            early,
        });
    }
    let fault = if was_answered {
        Fault::PasswordRefused
    } else {
        Fault::Status(401)
    };
    Err(Error::new(Phase::Tunnel, fault))
}

/// Sends a request and reads the head of its answer; what follows that is kept.
async fn ask(io: &mut dyn Io, request: &[u8]) -> Result<(head::Response, Vec<u8>), Error> {
    let at = |error: std::io::Error| Error::io(Phase::Tunnel, &error);
    io.write_all(request).await.map_err(at)?;
    let mut bytes = Vec::new();
    let mut end = HeadEnd::default();
    let mut buffer = [0; 2048];
    let length = loop {
        if let Some(length) = end.find(&bytes) {
            break length;
        }
        if bytes.len() > MAX_TUNNEL_HEAD_BYTES {
            return Err(Error::new(Phase::Tunnel, Fault::TooLong("a head")));
        }
        let read = io.read(&mut buffer).await.map_err(at)?;
        if read == 0 {
            return Err(Error::new(Phase::Tunnel, Fault::Closed));
        }
        bytes.extend_from_slice(&buffer[..read]);
    };
    match head::read(&bytes[..length]).map(|head| head.message) {
        Some(Message::Response(response)) => Ok((response, bytes.split_off(length))),
        _ => Err(Error::new(Phase::Tunnel, Fault::Malformed("the answer"))),
    }
}
