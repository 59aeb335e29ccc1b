//! A session: from an address to units, and its end.
//!
//! * `opening` goes from DESCRIBE to PLAY.
//! * `asking` puts questions, logs in and waits for answers.
//! * `receiving` takes what comes, and gives signs of life.

mod asking;
mod opening;
mod receiving;

use std::collections::VecDeque;
use std::pin::Pin;
use std::time::Duration;

use rand::Rng as _;
use tokio::time::{Instant, Sleep, sleep_until, timeout};
use url::Url;

use crate::address::{self, Transport};
use crate::auth::LogIn;
use crate::error::{Error, Fault, Phase};
use crate::framing::Framer;
use crate::head::Response;
use crate::io::{self, Io, Target};
use crate::leniency::{Leniencies, Leniency};
use crate::options::{Method, Options, Step};
use crate::receiver::{Receiver, TrackStatistics};
use crate::sdp::{Direction, Encoding, Medium};
use crate::udp::UdpPair;
use crate::unit::Unit;

/// A session that says nothing of itself ends after so long (RFC 2326 section 12.37).
const DEFAULT_SESSION_TIMEOUT: Duration = Duration::from_secs(60);
/// So long the first packet may take over UDP before the connection is taken instead.
const UDP_WAIT: Duration = Duration::from_secs(5);
/// Reports of ours: some cameras end a session after five seconds without one.
const REPORT_EVERY: Duration = Duration::from_secs(5);
/// So long a farewell may take.
const TEARDOWN_TIMEOUT: Duration = Duration::from_secs(2);

/// A track that a camera offers.
#[derive(Clone, Debug, PartialEq)]
pub struct OfferedTrack {
    /// What it carries.
    pub medium: Medium,
    /// What we can take apart, if it is that.
    pub encoding: Option<Encoding>,
    /// The codec as the camera names it.
    pub name: String,
    /// Who sends.
    pub direction: Direction,
    /// Ticks a second.
    pub clock_hz: u32,
    /// Channels of sound.
    pub channels: u16,
    /// Width and height in pixels, where the SDP tells.
    pub size: Option<(u32, u32)>,
}

/// Where and how fast a recording is played (ONVIF Streaming Specification section 6.4).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Play {
    /// `Range`, for example `clock=20260101T080000Z-`.
    pub range: Option<String>,
    /// `Scale`: times the speed; negative is backward.
    pub scale: Option<f32>,
    /// Further headers, for example `Rate-Control: no` or `Immediate: yes`.
    pub headers: Vec<(&'static str, String)>,
}

/// One set-up track.
struct Running {
    receiver: Receiver,
    channels: Option<(u8, u8)>,
    udp: Option<UdpPair>,
    /// Something came on it.
    is_heard: bool,
}

/// An open session that plays.
pub struct Session {
    options: Options,
    uri: String,
    io: Option<Box<dyn Io>>,
    local: std::net::IpAddr,
    peer: std::net::IpAddr,
    target: Target,
    framer: Framer,
    output: Vec<u8>,
    cseq: u32,
    log_in: LogIn,
    id: Option<String>,
    session_timeout: Duration,
    /// Methods that the camera says it knows.
    public: Option<String>,
    /// Where all tracks are asked for together.
    aggregate: String,
    /// The base of the tracks' places.
    base: String,
    /// Where the first track was found.
    track_uri: String,
    /// Somebody waits for the answer to a question, though the stream flows.
    is_asking: bool,
    answers: VecDeque<Response>,
    /// The last answer under its own number: the number, and what tells it from others.
    answered: Option<(u32, u64)>,
    offered: Vec<OfferedTrack>,
    running: Vec<Running>,
    strange: (u8, u32),
    ready: VecDeque<Unit>,
    leniencies: Leniencies,
    last_bytes: Instant,
    last_datagram: Option<Instant>,
    /// The camera has ended the session: when we believe it, if nothing more comes.
    farewell: Option<Instant>,
    keepalive: Option<Keepalive>,
    report_at: Option<Instant>,
    own_ssrc: u32,
    sleep: Pin<Box<Sleep>>,
    transport: Transport,
    is_playing: bool,
}

/// Signs of life.
#[derive(Clone, Copy, Debug)]
struct Keepalive {
    at: Instant,
    every: Duration,
    /// The number of the last.
    cseq: u32,
    /// The last is not answered yet.
    is_pending: bool,
    /// Only OPTIONS is taken.
    only_options: bool,
    /// It was asked anew with another log-in since the last time.
    is_repeated: bool,
}

/// Why a way to a stream ended.
enum Stopped {
    Elsewhere(Option<String>),
    /// The transport is not given.
    OtherTransport(Error),
    Failed(Error),
}

impl From<Error> for Stopped {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// Opens a session and plays it. Redirections are followed (RTSP only, never from TLS to plain text,
/// at most five times); user and password go along only to the same host.
///
/// # Errors
/// When no stream that was wanted comes of it, with the phase in which that was known.
pub async fn open(url: &Url, options: Options) -> Result<Session, Error> {
    let observer = options.observer.clone();
    let opened = open_any(url, options).await;
    if let (Err(error), Some(observer)) = (&opened, observer) {
        observer(&Step::Failed(error.clone()));
    }
    opened
}

async fn open_any(url: &Url, mut options: Options) -> Result<Session, Error> {
    let mut url = url.clone();
    let mut visited = vec![url.clone()];
    let mut other_transport = None;
    loop {
        match open_at(&url, &options, other_transport).await {
            Ok(session) => return Ok(session),
            Err(Stopped::Failed(error)) => return Err(error),
            Err(Stopped::OtherTransport(error)) => {
                let (target, transport) = address::target(&url)?;
                if other_transport.is_some() || target.is_secure || target.is_tunnel {
                    return Err(error);
                }
                other_transport = Some(match transport {
                    Transport::Tcp => Transport::Udp,
                    Transport::Udp => Transport::Tcp,
                });
            }
            Err(Stopped::Elsewhere(location)) => {
                let to = address::redirected(location.as_deref(), &url, &visited)?;
                if to.host_str() != url.host_str() {
                    options.credentials = None;
                }
                tracing::info!("sent on to another address");
                visited.push(to.clone());
                url = to;
                other_transport = None;
            }
        }
    }
}

async fn open_at(
    url: &Url,
    options: &Options,
    other: Option<Transport>,
) -> Result<Session, Stopped> {
    let (target, transport) = address::target(url)?;
    let mut session = Session::connect(target, address::request_uri(url), options.clone()).await?;
    session.transport = other.unwrap_or(transport);
    if other.is_some() {
        session.note(Leniency::OtherTransport);
    }
    let description = session.describe().await?;
    session.set_up(&description).await?;
    session.start(&Play::default()).await?;
    if session.transport == Transport::Udp && other.is_none() {
        session.wait_for_datagram().await?;
    }
    Ok(session)
}

async fn connect(target: &Target, options: &Options) -> Result<io::Connection, Error> {
    #[cfg(test)]
    if let Some(dial) = &options.dial {
        return dial(target);
    }
    io::connect(
        target,
        &options.trust,
        options.credentials.as_ref(),
        &options.user_agent,
    )
    .await
}

impl Session {
    async fn connect(target: Target, uri: String, options: Options) -> Result<Self, Error> {
        let connection = connect(&target, &options).await?;
        if let Some(observer) = &options.observer {
            observer(&Step::Connected {
                peer: connection.peer,
                fingerprint: connection.fingerprint,
            });
        }
        let mut framer = Framer::default();
        feed(&mut framer, &connection.early);
        Ok(Self {
            aggregate: uri.clone(),
            base: uri.clone(),
            track_uri: String::new(),
            is_asking: false,
            uri,
            io: Some(connection.io),
            local: connection.local,
            peer: connection.peer,
            target,
            framer,
            output: Vec::new(),
            cseq: 0,
            log_in: LogIn::default(),
            id: None,
            session_timeout: DEFAULT_SESSION_TIMEOUT,
            public: None,
            answers: VecDeque::new(),
            answered: None,
            offered: Vec::new(),
            running: Vec::new(),
            strange: (0, 0),
            ready: VecDeque::new(),
            leniencies: Leniencies::default(),
            last_bytes: Instant::now(),
            last_datagram: None,
            farewell: None,
            keepalive: None,
            report_at: None,
            own_ssrc: rand::rng().random(),
            sleep: Box::pin(sleep_until(Instant::now())),
            transport: Transport::Tcp,
            is_playing: false,
            options,
        })
    }

    /// The same on a new connection; what was learned for the log-in stays.
    async fn reconnect(&mut self) -> Result<(), Error> {
        let options = self.options.clone();
        let fresh = Self::connect(self.target.clone(), self.uri.clone(), options).await?;
        let mut fresh = fresh;
        self.io = fresh.io.take();
        self.framer = std::mem::take(&mut fresh.framer);
        self.output.clear();
        self.answers.clear();
        self.answered = None;
        Ok(())
    }

    fn note(&mut self, leniency: Leniency) {
        if self.leniencies.count(leniency) == 0
            && !self.is_playing
            && let Some(observer) = &self.options.observer
        {
            observer(&Step::Overlooked(leniency));
        }
        self.leniencies.note(leniency);
    }

    /// Bytes held, for the tests of bounds.
    #[cfg(test)]
    pub(crate) fn held_bytes(&self) -> usize {
        let tracks: usize = self.running.iter().map(|r| r.receiver.held_bytes()).sum();
        let units: usize = self.ready.iter().map(|unit| unit.bytes.len()).sum();
        self.framer.held_bytes() + self.output.capacity() + tracks + units
    }

    /// What the camera offers.
    pub fn tracks(&self) -> &[OfferedTrack] {
        &self.offered
    }

    /// How packets come.
    pub fn transport(&self) -> Transport {
        self.transport
    }

    /// What was overlooked so far.
    pub fn leniencies(&self) -> &Leniencies {
        &self.leniencies
    }

    /// What came on the track of an encoding's unit.
    pub fn statistics(&self, encoding: Encoding) -> Option<TrackStatistics> {
        self.running
            .iter()
            .find(|running| running.receiver.encoding() == encoding)
            .map(|running| running.receiver.statistics)
    }

    /// Waits for the next unit. Dropping the future loses none.
    ///
    /// # Errors
    /// When the session is over.
    pub async fn next(&mut self) -> Result<Unit, Error> {
        // A question that somebody asked and did not wait for.
        self.is_asking = false;
        loop {
            if let Some(unit) = self.ready.pop_front() {
                return Ok(unit);
            }
            if self
                .running
                .iter()
                .any(|running| running.receiver.has_no_size())
            {
                let names = vec!["JPEG > 2040 px".to_owned()];
                return Err(self.error(Phase::Stream, Fault::NoKnownCodec(names)));
            }
            self.progress(Phase::Stream).await?;
        }
    }

    /// Stops the packets; [`Session::play`] lets them come again.
    ///
    /// # Errors
    /// When the camera refuses.
    pub async fn pause(&mut self) -> Result<(), Error> {
        let uri = self.aggregate.clone();
        self.ask(Method::Pause, &uri, &[]).await.map(drop)
    }

    /// Plays from elsewhere or at another speed.
    ///
    /// # Errors
    /// When the camera refuses.
    pub async fn play(&mut self, play: &Play) -> Result<(), Error> {
        self.ready.clear();
        self.start(play).await
    }

    fn error(&self, phase: Phase, fault: Fault) -> Error {
        Error {
            logged_in: self.log_in.is_accepted,
            ..Error::new(phase, fault)
        }
    }
}

fn feed(framer: &mut Framer, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        let space = framer.space();
        let length = space.len().min(bytes.len());
        if length == 0 {
            return;
        }
        space[..length].copy_from_slice(&bytes[..length]);
        framer.filled(length);
        bytes = &bytes[length..];
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // A camera with few places keeps one for us until it hears that we have gone.
        let (Some(io), Some(_)) = (self.io.take(), &self.id) else {
            return;
        };
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return;
        };
        self.output.clear();
        let uri = self.aggregate.clone();
        self.send(Method::Teardown, &uri, &[]);
        let farewell = std::mem::take(&mut self.output);
        runtime.spawn(async move {
            let mut io = io;
            timeout(TEARDOWN_TIMEOUT, say_farewell(io.as_mut(), &farewell))
                .await
                .ok();
        });
    }
}

/// Writes TEARDOWN and waits until it is answered or the connection ends; what flows meanwhile is
/// passed over.
async fn say_farewell(io: &mut dyn Io, farewell: &[u8]) -> std::io::Result<()> {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    io.write_all(farewell).await?;
    io.flush().await?;
    let mut buffer = [0; 4096];
    loop {
        let length = io.read(&mut buffer).await?;
        if length == 0 || memchr::memmem::find(&buffer[..length], b"RTSP/1.0").is_some() {
            return Ok(());
        }
    }
}
