//! A session: from an address to units, and its end.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use rand::Rng as _;
use tokio::io::{AsyncRead as _, AsyncWrite as _, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until, timeout, timeout_at};
use url::Url;

use crate::address::{self, Transport};
use crate::auth::{self, LogIn, Next, NoWay};
use crate::error::{Error, Fault, Phase};
use crate::framing::{Framer, Parsed};
use crate::head::{self, Message, Request, Response};
use crate::io::{self, Io, Target};
use crate::leniency::{Leniencies, Leniency};
use crate::options::{Method, Options, Step};
use crate::receiver::{Receiver, TrackStatistics};
use crate::rtp;
use crate::sdp::{self, Direction, Encoding, Medium};
use crate::udp::{Datagram, UdpPair};
use crate::unit::Unit;

/// A session that says nothing of itself ends after so long (RFC 2326 section 12.37).
const DEFAULT_SESSION_TIMEOUT: Duration = Duration::from_secs(60);
/// The longest and the shortest time between signs of life.
const MAX_KEEPALIVE: Duration = Duration::from_secs(30);
const MIN_KEEPALIVE: Duration = Duration::from_secs(2);
/// Where packets come already, PLAY is answered within this time or not at all.
const PLAY_WAIT: Duration = Duration::from_secs(2);
/// A body that is shorter than it says is taken as it is after so long.
const SHORT_BODY_WAIT: Duration = Duration::from_secs(1);
/// So long a body is waited for that nothing announced.
const LONG_BODY_WAIT: Duration = Duration::from_millis(300);
/// So often a log-in is answered for one request.
const MAX_LOG_INS: u32 = 4;
/// So often a connection is made anew on the way to a stream.
const MAX_RECONNECTS: u32 = 2;
/// So long the first packet may take over UDP before the connection is taken instead.
const UDP_WAIT: Duration = Duration::from_secs(5);
/// Reports of ours: some cameras end a session after five seconds without one.
const REPORT_EVERY: Duration = Duration::from_secs(5);
/// The most bytes that wait to be written; a camera that does not read gets no more.
const MAX_OUTPUT_BYTES: usize = 64 << 10;
/// So long a farewell may take.
const TEARDOWN_TIMEOUT: Duration = Duration::from_secs(2);
/// Who says that it is over and sends on is listened to until nothing has come for so long.
const FAREWELL_WAIT: Duration = Duration::from_secs(2);
/// The most answers that wait for nobody.
const MAX_ANSWERS: usize = 8;
/// So many packets on a channel that nobody asked for, while nothing comes on ours, are ours.
const MAX_STRANGE: u32 = 8;

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

    // ---------------------------------------------------------------- on the way to the stream

    async fn describe(&mut self) -> Result<sdp::Description, Stopped> {
        let uri = self.uri.clone();
        let mut headers = vec![("Accept", "application/sdp".to_owned())];
        headers.extend(self.options.headers.clone());
        let mut response = self.ask_any(Method::Describe, &uri, &headers).await?;
        if (300..400).contains(&response.status) {
            return Err(Stopped::Elsewhere(
                response.header("location").map(ToOwned::to_owned),
            ));
        }
        if !response.is_success() {
            return Err(self
                .error(Phase::Describe, Fault::Status(response.status))
                .into());
        }
        self.take_whole_body(&mut response).await?;
        let description = sdp::read(&response.body, &mut self.leniencies);
        self.offered = description
            .tracks
            .iter()
            .map(|track| OfferedTrack {
                medium: track.medium,
                encoding: track.encoding,
                name: track.name.clone(),
                direction: track.direction,
                clock_hz: track.clock_hz,
                channels: track.channels,
                size: track.size,
            })
            .collect();
        if let Some(observer) = &self.options.observer {
            observer(&Step::Offered(self.offered.clone()));
        }
        let told = response
            .header("content-base")
            .or_else(|| response.header("content-location"));
        let (base, is_odd) = address::base(told, &uri);
        if is_odd {
            self.note(Leniency::OtherControl);
        }
        self.aggregate = address::controls(description.control.as_deref(), &base, &uri)
            .into_iter()
            .next()
            .unwrap_or(uri);
        self.base = base;
        Ok(description)
    }

    /// Bodies that are longer than their heads say, or that no head announces.
    async fn take_whole_body(&mut self, response: &mut Response) -> Result<(), Error> {
        let has_media = |body: &[u8]| memchr::memmem::find(body, b"m=").is_some();
        if self.framer.take_sdp_lines(&mut response.body) {
            self.note(Leniency::BodyLength);
        }
        // A body whose length nobody tells goes on until nothing more comes.
        let is_open = response.header("content-length").is_none();
        let until = Instant::now() + self.options.answer_timeout;
        while (is_open || !has_media(&response.body)) && !self.framer.can_begin() {
            let look = (Instant::now() + LONG_BODY_WAIT).min(until);
            let more = timeout_at(look, poll_fn(|cx| self.poll_read(cx))).await;
            match more {
                Ok(Ok(0)) | Err(_) => break,
                Ok(Ok(_)) => {
                    if self.framer.take_sdp_lines(&mut response.body) {
                        self.note(Leniency::BodyLength);
                    }
                }
                Ok(Err(error)) => return Err(Error::io(Phase::Describe, &error)),
            }
        }
        // What is left of its last line, which may have no end.
        if is_open && self.framer.take_sdp_rest(&mut response.body) {
            self.note(Leniency::BodyLength);
        }
        Ok(())
    }

    async fn set_up(&mut self, description: &sdp::Description) -> Result<(), Stopped> {
        let wanted = self.options.wanted;
        let from_camera = |track: &&sdp::Track| track.direction == Direction::FromCamera;
        let tracks = || {
            description
                .tracks
                .iter()
                .enumerate()
                .filter(|(_, t)| from_camera(t))
        };
        let mut videos = tracks().filter(|(_, track)| track.medium == Medium::Video);
        if wanted.video {
            if videos.clone().next().is_none() {
                return Err(self.error(Phase::Describe, Fault::NoVideo).into());
            }
            let names: Vec<String> = videos
                .clone()
                .map(|(_, track)| track.name.clone())
                .collect();
            let known: Vec<_> = videos
                .by_ref()
                .filter(|(_, track)| track.encoding.is_some())
                .collect();
            if known.is_empty() {
                return Err(self
                    .error(Phase::Describe, Fault::NoKnownCodec(names))
                    .into());
            }
            let mut refusal = None;
            for (index, track) in known {
                match self.set_up_track(index, track).await {
                    Ok(()) => {
                        refusal = None;
                        break;
                    }
                    Err(Stopped::Failed(error)) if matches!(error.fault, Fault::Status(404)) => {
                        refusal = Some(error);
                    }
                    Err(stopped) => return Err(stopped),
                }
            }
            if let Some(error) = refusal {
                return Err(error.into());
            }
        }
        let also = |track: &sdp::Track| match track.medium {
            Medium::Audio => wanted.audio && track.encoding.is_some(),
            Medium::Other => wanted.metadata && track.encoding == Some(Encoding::OnvifMetadata),
            Medium::Video => false,
        };
        let mut has_audio = false;
        for (index, track) in tracks().filter(|(_, track)| also(track)) {
            if track.medium == Medium::Audio && std::mem::replace(&mut has_audio, true) {
                continue;
            }
            match self.set_up_track(index, track).await {
                Ok(()) => {}
                // Sound that is refused takes no picture away.
                Err(Stopped::Failed(error) | Stopped::OtherTransport(error))
                    if wanted.video && !matches!(error.fault, Fault::Closed | Fault::Reset) =>
                {
                    tracing::debug!(%error, "a track beside the video is not given");
                }
                Err(stopped) => return Err(stopped),
            }
        }
        if self.running.is_empty() {
            return Err(self.error(Phase::Setup, Fault::NoVideo).into());
        }
        Ok(())
    }

    async fn set_up_track(&mut self, index: usize, track: &sdp::Track) -> Result<(), Stopped> {
        let Some(encoding) = track.encoding else {
            return Err(self.error(Phase::Setup, Fault::NoVideo).into());
        };
        let mut udp = None;
        let first_channel = self.running.len() as u8 * 2;
        let transport = match self.transport {
            Transport::Tcp => format!(
                "RTP/AVP/TCP;unicast;interleaved={first_channel}-{}",
                first_channel + 1
            ),
            Transport::Udp => {
                let pair = UdpPair::bind(self.local, self.peer)
                    .await
                    .map_err(|error| Error::io(Phase::Setup, &error))?;
                let text = format!(
                    "RTP/AVP;unicast;client_port={}-{}",
                    pair.port(),
                    pair.port() + 1
                );
                udp = Some(pair);
                text
            }
        };
        let mut headers = vec![("Transport", transport)];
        headers.extend(self.options.headers.clone());
        let places = address::controls(track.control.as_deref(), &self.base, &self.uri);
        let mut answer = None;
        for (number, place) in places.iter().enumerate() {
            let response = self.ask_any(Method::Setup, place, &headers).await?;
            if response.is_success() {
                if number > 0 {
                    self.note(Leniency::OtherControl);
                }
                if self.running.is_empty() {
                    self.track_uri.clone_from(place);
                }
                answer = Some(response);
                break;
            }
            let error = self.error(Phase::Setup, Fault::Status(response.status));
            match response.status {
                461 => return Err(Stopped::OtherTransport(error)),
                // Perhaps it is elsewhere.
                400 | 404 | 405 | 451 | 454 | 455 | 459 | 460 if number + 1 < places.len() => {}
                _ => return Err(error.into()),
            }
        }
        let Some(response) = answer else {
            return Err(self.error(Phase::Setup, Fault::NoVideo).into());
        };
        if !self.running.is_empty() || self.id.is_some() {
            // The first answer with a session counts, later ones are read in `ask_any`.
        } else {
            self.note(Leniency::NoSession);
        }
        let told = TransportAnswer::read(response.header("transport").unwrap_or_default());
        let is_datagram = udp.is_some();
        if told.is_datagram.is_some_and(|told| told != is_datagram) {
            self.note(Leniency::OddTransport);
        }
        let channels = (!is_datagram).then(|| {
            if told.interleaved.is_none() {
                self.note(Leniency::OddTransport);
            }
            told.interleaved
                .unwrap_or((first_channel, first_channel + 1))
        });
        if let Some(pair) = &mut udp {
            pair.set_sender(told.server_port);
            pair.open_way();
        }
        let receiver = Receiver::new(index, track, encoding, is_datagram, &mut self.leniencies);
        self.running.push(Running {
            receiver,
            channels,
            udp,
            is_heard: false,
        });
        Ok(())
    }

    /// Packets have come.
    fn is_heard(&self) -> bool {
        self.running.iter().any(|running| running.is_heard)
    }

    async fn start(&mut self, play: &Play) -> Result<(), Error> {
        let mut headers = vec![(
            "Range",
            play.range
                .clone()
                .unwrap_or_else(|| "npt=0.000-".to_owned()),
        )];
        if let Some(scale) = play.scale {
            headers.push(("Scale", format!("{scale:.3}")));
        }
        headers.extend(play.headers.clone());
        headers.extend(self.options.headers.clone());
        let mut places = vec![self.aggregate.clone()];
        for place in [&self.base, &self.uri, &self.track_uri] {
            if !place.is_empty() && !places.contains(place) {
                places.push(place.clone());
            }
        }
        let mut number = 0;
        loop {
            let place = places[number].clone();
            let response = match self.ask_any(Method::Play, &place, &headers).await {
                Err(error) if error.fault == Fault::TimedOut && self.is_heard() => {
                    self.note(Leniency::PlayUnanswered);
                    break;
                }
                answer => answer?,
            };
            if response.is_success() {
                if number > 0 {
                    self.note(Leniency::OtherControl);
                    self.aggregate = place;
                }
                break;
            }
            match response.status {
                457 if play.range.is_none() && headers.first().is_some_and(|h| h.0 == "Range") => {
                    headers.remove(0);
                    self.note(Leniency::OddTransport);
                }
                400 | 404 | 451 | 454 | 455 | 459 | 460 if number + 1 < places.len() => number += 1,
                status => return Err(self.error(Phase::Play, Fault::Status(status))),
            }
        }
        self.is_playing = true;
        self.framer.begin_stream();
        let every = (self.session_timeout / 2).clamp(MIN_KEEPALIVE, MAX_KEEPALIVE);
        let now = Instant::now();
        self.keepalive = Some(Keepalive {
            at: now + every,
            every,
            cseq: 0,
            is_pending: false,
            only_options: false,
            is_repeated: false,
        });
        self.report_at = Some(now + REPORT_EVERY);
        // The first datagram may come after the connection has gone.
        self.last_datagram = Some(now);
        Ok(())
    }

    /// Nothing that comes over UDP may be held back by something between; over the connection it
    /// would come.
    async fn wait_for_datagram(&mut self) -> Result<(), Stopped> {
        let until = Instant::now() + UDP_WAIT;
        while !self.running.iter().any(|running| running.is_heard) {
            match timeout_at(until, self.progress(Phase::Stream)).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => return Err(error.into()),
                Err(_elapsed) => {
                    let error = self.error(Phase::Stream, Fault::TimedOut);
                    return Err(Stopped::OtherTransport(error));
                }
            }
        }
        Ok(())
    }

    // ---------------------------------------------------------------- questions and answers

    /// Asks, and takes anything but success for an error.
    async fn ask(
        &mut self,
        method: Method,
        uri: &str,
        headers: &[(&'static str, String)],
    ) -> Result<Response, Error> {
        let response = self.ask_any(method, uri, headers).await?;
        if response.is_success() {
            Ok(response)
        } else {
            Err(self.error(method.phase(), Fault::Status(response.status)))
        }
    }

    /// Asks, logs in where that is wanted, and returns whatever the answer is.
    async fn ask_any(
        &mut self,
        method: Method,
        uri: &str,
        headers: &[(&'static str, String)],
    ) -> Result<Response, Error> {
        let phase = method.phase();
        let mut log_ins = 0;
        let mut reconnects = 0;
        loop {
            let begun = Instant::now();
            let (cseq, was_answered) = self.send(method, uri, headers);
            let response = match self.answer_to(cseq, phase).await {
                Ok(response) => response,
                // Some hang up after they have asked for a log-in, or at a first question that is
                // not OPTIONS.
                Err(error)
                    if matches!(error.fault, Fault::Closed | Fault::Reset)
                        && method == Method::Describe
                        && reconnects < MAX_RECONNECTS
                        && (log_ins > 0 || reconnects == 0) =>
                {
                    reconnects += 1;
                    self.reconnect().await?;
                    self.note(Leniency::NewConnection);
                    if log_ins == 0 {
                        let (cseq, _) = self.send(Method::Options, uri, &[]);
                        self.answer_to(cseq, phase).await?;
                    }
                    continue;
                }
                Err(error) => return Err(error),
            };
            if let Some(observer) = &self.options.observer {
                observer(&Step::Answered {
                    method,
                    status: response.status,
                    took: begun.elapsed(),
                });
            }
            tracing::debug!(method = method.name(), status = response.status, "answered");
            // Some say "not found" where they want a log-in.
            let has_challenge = response.header("www-authenticate").is_some();
            if response.status == 401 || (response.status == 404 && has_challenge && !was_answered)
            {
                log_ins += 1;
                self.challenge(&response, was_answered, phase)?;
                if log_ins > MAX_LOG_INS {
                    return Err(self.error(phase, Fault::Status(401)));
                }
                continue;
            }
            if was_answered {
                self.log_in.is_accepted = true;
            }
            self.read_session(&response);
            return Ok(response);
        }
    }

    /// Takes a challenge up; an error where no answer to it makes sense.
    fn challenge(
        &mut self,
        response: &Response,
        was_answered: bool,
        phase: Phase,
    ) -> Result<(), Error> {
        if self.options.credentials.is_none() {
            return Err(self.error(phase, Fault::PasswordMissing));
        }
        let offers = response
            .headers
            .iter()
            .filter(|(name, _)| name.eq_ignore_ascii_case("www-authenticate"))
            .map(|(_, value)| value.as_str());
        let allow_basic = self.options.allow_plain_basic || self.target.is_secure;
        let challenge = match auth::choose(offers, allow_basic) {
            Ok(challenge) => challenge,
            Err(NoWay::Unsafe) => return Err(self.error(phase, Fault::PasswordUnsafe)),
            Err(NoWay::Unknown) => {
                return Err(self.error(phase, Fault::Malformed("the way to log in")));
            }
        };
        if self.log_in.challenged(challenge, was_answered) == Next::Refused {
            let fault = if self.log_in.is_accepted {
                Fault::NotPermitted
            } else {
                Fault::PasswordRefused
            };
            return Err(self.error(phase, fault));
        }
        if was_answered {
            self.note(Leniency::NewChallenge);
        }
        Ok(())
    }

    fn read_session(&mut self, response: &Response) {
        if let Some(public) = response.header("public") {
            self.public = Some(public.to_ascii_uppercase());
        }
        let Some(session) = response.header("session") else {
            return;
        };
        let mut parts = session.split(';');
        let id = parts.next().unwrap_or_default().trim();
        if !id.is_empty() {
            self.id = Some(id.to_owned());
        }
        for part in parts {
            let Some((name, value)) = part.split_once('=') else {
                continue;
            };
            if name.trim().eq_ignore_ascii_case("timeout") {
                let secs = head::leading_number::<u64>(value).filter(|secs| *secs > 0);
                self.session_timeout = secs.map_or(DEFAULT_SESSION_TIMEOUT, |secs| {
                    Duration::from_secs(secs.min(86_400))
                });
            }
        }
    }

    /// Puts a request on its way; its number, and whether it carries an answer to a challenge.
    fn send(
        &mut self,
        method: Method,
        uri: &str,
        headers: &[(&'static str, String)],
    ) -> (u32, bool) {
        self.cseq += 1;
        let mut text = format!(
            "{} {uri} RTSP/1.0\r\nCSeq: {}\r\n",
            method.name(),
            self.cseq
        );
        let answer = self
            .options
            .credentials
            .as_ref()
            .and_then(|credentials| self.log_in.answer(credentials, method.name(), uri));
        let was_answered = answer.is_some();
        if let Some(answer) = answer {
            text.push_str(&format!("Authorization: {answer}\r\n"));
        }
        text.push_str(&format!("User-Agent: {}\r\n", self.options.user_agent));
        if let Some(id) = &self.id {
            text.push_str(&format!("Session: {id}\r\n"));
        }
        for (name, value) in headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str("\r\n");
        self.queue(text.as_bytes());
        (self.cseq, was_answered)
    }

    fn queue(&mut self, bytes: &[u8]) {
        if self.output.len() + bytes.len() <= MAX_OUTPUT_BYTES {
            self.output.extend_from_slice(bytes);
        }
    }

    async fn answer_to(&mut self, cseq: u32, phase: Phase) -> Result<Response, Error> {
        self.is_asking = true;
        let answer = self.wait_for_answer(cseq, phase).await;
        self.is_asking = false;
        answer
    }

    async fn wait_for_answer(&mut self, cseq: u32, phase: Phase) -> Result<Response, Error> {
        let begun = Instant::now();
        let until = begun + self.options.answer_timeout;
        loop {
            while let Some(response) = self.answers.pop_front() {
                if response.status < 200 {
                    continue;
                }
                if response.cseq() == Some(cseq) {
                    self.answered = Some((cseq, head::digest(&response)));
                    return Ok(response);
                }
                self.note(Leniency::OtherCseq);
                // The answer before, once more; or the answer to a sign of life.
                let told = response.cseq().unwrap_or(0);
                if self.answered == Some((told, head::digest(&response))) {
                    continue;
                }
                if self
                    .keepalive
                    .is_some_and(|keepalive| keepalive.is_pending && keepalive.cseq == told)
                {
                    self.heard(response);
                    continue;
                }
                // Only one question is open: whatever its number, this is its answer.
                return Ok(response);
            }
            let now = Instant::now();
            let plays = phase == Phase::Play && self.is_heard();
            if now >= until || (plays && now >= begun + PLAY_WAIT) {
                return Err(self.error(phase, Fault::TimedOut));
            }
            let look = (Instant::now() + SHORT_BODY_WAIT).min(until);
            match timeout_at(look, self.progress(phase)).await {
                Ok(result) => result?,
                Err(_elapsed) => {
                    if self.last_bytes.elapsed() >= SHORT_BODY_WAIT
                        && let Some(Message::Response(response)) = self.framer.abandon_body()
                    {
                        self.note(Leniency::BodyLength);
                        self.answers.push_back(response);
                    } else if Instant::now() >= until {
                        return Err(self.error(phase, Fault::TimedOut));
                    }
                }
            }
        }
    }

    // ---------------------------------------------------------------- what comes

    /// Waits until something came of the connection, the ports or the time.
    async fn progress(&mut self, phase: Phase) -> Result<(), Error> {
        poll_fn(|cx| self.poll_progress(cx, phase)).await
    }

    fn poll_progress(&mut self, cx: &mut Context<'_>, phase: Phase) -> Poll<Result<(), Error>> {
        // However much comes, signs of life are given in time.
        if self.keepalive.is_some_and(|k| k.at <= Instant::now()) {
            self.poll_time(cx);
        }
        loop {
            if let Err(error) = self.poll_write(cx) {
                return Poll::Ready(Err(self.error(phase, Error::io(phase, &error).fault)));
            }
            match self.parse() {
                Ok(true) => return Poll::Ready(Ok(())),
                Ok(false) => {}
                Err(fault) => return Poll::Ready(Err(self.error(phase, fault))),
            }
            if !self.output.is_empty() {
                // An answer to a question of the camera.
                if let Err(error) = self.poll_write(cx) {
                    return Poll::Ready(Err(self.error(phase, Error::io(phase, &error).fault)));
                }
            }
            match self.poll_read(cx) {
                Poll::Ready(Ok(0)) if self.outlives_connection() => break,
                Poll::Ready(Err(_gone)) if self.outlives_connection() => break,
                Poll::Ready(Ok(0)) => return Poll::Ready(Err(self.error(phase, Fault::Closed))),
                Poll::Ready(Ok(_)) => {}
                Poll::Ready(Err(error)) => {
                    return Poll::Ready(Err(self.error(phase, Error::io(phase, &error).fault)));
                }
                Poll::Pending => break,
            }
        }
        if self.poll_datagrams(cx) || self.poll_time(cx) {
            return Poll::Ready(Ok(()));
        }
        let is_over = self.farewell.is_some_and(|at| at <= Instant::now());
        if is_over || (self.io.is_none() && !self.outlives_connection()) {
            return Poll::Ready(Err(self.error(phase, Fault::Closed)));
        }
        Poll::Pending
    }

    /// Some close the connection once packets flow over UDP; as long as they do, nothing is lost.
    fn outlives_connection(&mut self) -> bool {
        let is_flowing = self.transport == Transport::Udp
            && self.is_playing
            && !self.is_asking
            && self.last_datagram.is_some_and(|at| at.elapsed() < UDP_WAIT);
        if is_flowing && self.io.take().is_some() {
            self.note(Leniency::ConnectionClosed);
        }
        is_flowing
    }

    fn poll_write(&mut self, cx: &mut Context<'_>) -> std::io::Result<()> {
        let Some(io) = &mut self.io else {
            // Whether that is an end is said by the next read.
            self.output.clear();
            return Ok(());
        };
        while !self.output.is_empty() {
            match Pin::new(&mut *io).poll_write(cx, &self.output) {
                Poll::Ready(Ok(0)) => return Err(std::io::ErrorKind::WriteZero.into()),
                Poll::Ready(Ok(written)) => {
                    self.output.drain(..written);
                }
                // Who hangs up while we speak may have said why: that is read first.
                Poll::Ready(Err(_gone)) => {
                    self.output.clear();
                    return Ok(());
                }
                Poll::Pending => return Ok(()),
            }
        }
        // That it is gone is met at the next read.
        drop(Pin::new(io).poll_flush(cx));
        Ok(())
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<std::io::Result<usize>> {
        let Some(io) = &mut self.io else {
            return Poll::Ready(Ok(0));
        };
        let mut buffer = ReadBuf::new(self.framer.space());
        match Pin::new(io).poll_read(cx, &mut buffer) {
            Poll::Ready(Ok(())) => {
                let length = buffer.filled().len();
                self.framer.filled(length);
                self.last_bytes = Instant::now();
                Poll::Ready(Ok(length))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => Poll::Pending,
        }
    }

    /// Whether what is waited for is there: units that come before an answer wait behind it.
    fn has_result(&self) -> bool {
        if self.is_asking {
            !self.answers.is_empty()
        } else {
            !self.ready.is_empty()
        }
    }

    /// Takes what is whole; true when somebody waits for it.
    fn parse(&mut self) -> Result<bool, Fault> {
        let now = Instant::now();
        loop {
            let running = &self.running;
            let is_ours = |channel: u8| {
                running
                    .iter()
                    .filter_map(|running| running.channels)
                    .any(|(packets, reports)| packets == channel || reports == channel)
            };
            match self.framer.parse(is_ours, &mut self.leniencies)? {
                Parsed::Incomplete => return Ok(self.has_result()),
                Parsed::Packet(channel, range) => {
                    let bytes = self.framer.bytes(range);
                    let place = self.running.iter_mut().find(|running| {
                        running
                            .channels
                            .is_some_and(|(p, r)| p == channel || r == channel)
                    });
                    if let Some(running) = place {
                        if let Some(end) = &mut self.farewell {
                            *end = now + FAREWELL_WAIT;
                        }
                        let to_reports = running
                            .channels
                            .is_some_and(|(p, r)| r == channel && p != r);
                        take(
                            running,
                            bytes,
                            to_reports,
                            now,
                            self.options.now_unix_secs,
                            &mut self.leniencies,
                            &mut self.ready,
                        );
                    } else {
                        self.leniencies.note(Leniency::StrangeChannel);
                        if self.strange.0 != channel {
                            self.strange = (channel, 0);
                        }
                        // Packets of ours under another number than was agreed on.
                        if let [only] = &mut self.running[..]
                            && !only.is_heard
                            && only.receiver.fits(bytes)
                        {
                            self.strange.1 += 1;
                            if self.strange.1 >= MAX_STRANGE {
                                only.channels = Some((channel, channel.wrapping_add(1)));
                            }
                        }
                    }
                    if self.has_result() {
                        return Ok(true);
                    }
                }
                Parsed::Message(Message::Response(response)) => {
                    if self.keepalive.is_some() && !self.is_asking {
                        self.heard(response);
                    } else if self.answers.len() < MAX_ANSWERS {
                        self.answers.push_back(response);
                        return Ok(true);
                    }
                }
                Parsed::Message(Message::Request(request)) => self.answer(&request)?,
            }
        }
    }

    /// An answer while the stream flows: of a sign of life.
    fn heard(&mut self, response: Response) {
        let Some(mut keepalive) = self.keepalive else {
            return;
        };
        keepalive.is_pending = false;
        if response.status == 401 && !keepalive.is_repeated {
            keepalive.is_repeated = true;
            self.keepalive = Some(keepalive);
            if self.challenge(&response, true, Phase::Stream).is_ok() {
                self.send_keepalive();
            }
            return;
        }
        if response.is_success() {
            self.read_session(&response);
        } else {
            self.note(Leniency::KeepaliveRefused);
            keepalive.only_options = true;
        }
        self.keepalive = Some(keepalive);
    }

    /// A question of the camera.
    fn answer(&mut self, request: &Request) -> Result<(), Fault> {
        self.note(Leniency::ServerRequest);
        let status = match request.method.to_ascii_uppercase().as_str() {
            "OPTIONS" | "GET_PARAMETER" | "SET_PARAMETER" | "ANNOUNCE" | "REDIRECT"
            | "TEARDOWN" => "200 OK",
            _ => "501 Not Implemented",
        };
        let mut text = format!("RTSP/1.0 {status}\r\n");
        if let Some(cseq) = head::header(&request.headers, "cseq") {
            let cseq: String = cseq.chars().filter(char::is_ascii_digit).take(20).collect();
            text.push_str(&format!("CSeq: {cseq}\r\n"));
        }
        text.push_str("Public: OPTIONS, ANNOUNCE, GET_PARAMETER, SET_PARAMETER\r\n\r\n");
        self.queue(text.as_bytes());
        match request.method.as_str() {
            // It is over, or goes on elsewhere: the next session finds out.
            "TEARDOWN" | "REDIRECT" if !self.is_playing => Err(Fault::Closed),
            "TEARDOWN" | "REDIRECT" => {
                // Some say so and send on: a picture that comes is not given up for a word.
                self.farewell = Some(Instant::now() + FAREWELL_WAIT);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn poll_datagrams(&mut self, cx: &mut Context<'_>) -> bool {
        let now = Instant::now();
        let mut is_any = false;
        for at in 0..self.running.len() {
            let Some(mut pair) = self.running[at].udp.take() else {
                continue;
            };
            while let Poll::Ready(datagram) = pair.poll(cx, now.into_std()) {
                is_any = true;
                let running = &mut self.running[at];
                let (length, to_reports) = match datagram {
                    Datagram::Packet(length) => (length, false),
                    Datagram::Report(length) => (length, true),
                    Datagram::Strange => {
                        self.leniencies.note(Leniency::StrangeSender);
                        continue;
                    }
                };
                self.last_datagram = Some(now);
                if let Some(end) = &mut self.farewell {
                    *end = now + FAREWELL_WAIT;
                }
                if pair.is_elsewhere() && !running.is_heard {
                    self.leniencies.note(Leniency::OddTransport);
                }
                take(
                    running,
                    pair.bytes(length),
                    to_reports,
                    now,
                    self.options.now_unix_secs,
                    &mut self.leniencies,
                    &mut self.ready,
                );
                if self.ready.len() > 8 {
                    // Somebody else has his turn; the rest waits in the kernel.
                    cx.waker().wake_by_ref();
                    break;
                }
            }
            self.running[at].udp = Some(pair);
        }
        is_any
    }

    fn poll_time(&mut self, cx: &mut Context<'_>) -> bool {
        let mut is_any = false;
        loop {
            let units = self
                .running
                .iter()
                .filter_map(|running| running.receiver.deadline());
            let end = self.last_datagram.filter(|_| self.io.is_none());
            let others = [
                self.keepalive.map(|k| k.at),
                self.report_at,
                end.map(|at| at + UDP_WAIT)
                    .filter(|at| *at > Instant::now()),
                self.farewell.filter(|at| *at > Instant::now()),
            ];
            let first = units
                .map(Instant::from_std)
                .chain(others.into_iter().flatten())
                .min();
            let Some(first) = first else {
                return is_any;
            };
            if self.sleep.deadline() != first {
                self.sleep.as_mut().reset(first);
            }
            if self.sleep.as_mut().poll(cx).is_pending() {
                return is_any;
            }
            is_any = true;
            let now = Instant::now();
            for running in &mut self.running {
                running
                    .receiver
                    .pass_time(now.into_std(), &mut self.leniencies, &mut self.ready);
            }
            if self.keepalive.is_some_and(|keepalive| keepalive.at <= now) {
                self.keep_alive(now);
                self.poll_write(cx).ok(); // what fails is met at the next read
            }
            if self.report_at.is_some_and(|at| at <= now) {
                self.report_at = Some(now + REPORT_EVERY);
                self.send_reports(now);
                self.poll_write(cx).ok(); // what fails is met at the next read
            }
        }
    }

    fn send_reports(&mut self, now: Instant) {
        // What waits to be written is more than enough for who does not read.
        let is_free = self.output.is_empty();
        for running in &self.running {
            let Some(report) = running.receiver.own_report(self.own_ssrc, now.into_std()) else {
                continue;
            };
            if let Some(pair) = &running.udp {
                pair.send_report(&report);
            } else if let Some((packets, reports)) = running.channels
                && packets != reports
                && is_free
            {
                self.output.extend([b'$', reports]);
                self.output.extend((report.len() as u16).to_be_bytes());
                self.output.extend(report);
            }
        }
    }

    /// A sign of life is due.
    fn keep_alive(&mut self, now: Instant) {
        let Some(mut keepalive) = self.keepalive else {
            return;
        };
        if keepalive.is_pending {
            // Never answered: while pictures flow that is the camera's matter.
            self.note(Leniency::KeepaliveRefused);
        }
        keepalive.at = now + keepalive.every;
        keepalive.is_pending = true;
        keepalive.is_repeated = false;
        self.keepalive = Some(keepalive);
        self.send_keepalive();
    }

    fn send_keepalive(&mut self) {
        let knows = |public: &Option<String>, name: &str| {
            public.as_ref().is_some_and(|public| public.contains(name))
        };
        let only_options = self
            .keepalive
            .is_some_and(|keepalive| keepalive.only_options);
        let method = if !only_options && knows(&self.public, "GET_PARAMETER") {
            Method::GetParameter
        } else {
            Method::Options
        };
        let uri = self.aggregate.clone();
        let (cseq, _) = self.send(method, &uri, &[]);
        if let Some(keepalive) = &mut self.keepalive {
            keepalive.cseq = cseq;
        }
    }
}

/// Takes a packet of a track.
fn take(
    running: &mut Running,
    bytes: &[u8],
    to_reports: bool,
    now: Instant,
    now_unix_secs: i64,
    leniencies: &mut Leniencies,
    ready: &mut VecDeque<Unit>,
) {
    // Reports and packets may come on each other's way.
    let is_report = if to_reports {
        rtp::is_report(bytes) || !running.receiver.fits(bytes)
    } else {
        // Marked packets of types from 64 to 95 look like reports.
        rtp::is_report(bytes) && !running.receiver.fits(bytes)
    };
    if is_report {
        running
            .receiver
            .report(bytes, now.into_std(), now_unix_secs, leniencies);
        return;
    }
    running.is_heard = true;
    running
        .receiver
        .packet(bytes, now.into_std(), leniencies, ready);
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

/// What an answer to SETUP says of the way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct TransportAnswer {
    interleaved: Option<(u8, u8)>,
    server_port: Option<(u16, u16)>,
    is_datagram: Option<bool>,
}

impl TransportAnswer {
    fn read(text: &str) -> Self {
        let mut answer = Self::default();
        for part in text.split([';', ',']) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            match name.trim().to_ascii_lowercase().as_str() {
                "interleaved" => answer.interleaved = pair(value),
                "server_port" => answer.server_port = pair(value),
                "rtp/avp/tcp" => answer.is_datagram = Some(false),
                "rtp/avp" | "rtp/avp/udp" => answer.is_datagram = Some(true),
                _ => {}
            }
        }
        answer
    }
}

/// Two neighbouring numbers, `4-5` or `4`.
fn pair<N: std::str::FromStr + Copy + TryFrom<u32> + Into<u32>>(text: &str) -> Option<(N, N)> {
    let (first, second) = text.split_once('-').unwrap_or((text, ""));
    let first: N = head::leading_number(first)?;
    let next = N::try_from(first.into() + 1).unwrap_or(first);
    Some((first, head::leading_number(second).unwrap_or(next)))
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
