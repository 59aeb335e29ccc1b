//! One client's connection: answers its requests and sends its stream.
//!
//! A task of its own. A client that does not read blocks nobody else: what is in hand is one
//! picture, and after [`FULL_SOCKET`] the connection is reset.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::{Buf, BytesMut};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::address::{self, Stream};
use super::auth::{self, Scheme, Verdict};
use super::lag;
use super::player::{Player, Track};
use super::request::{self, Message, Request, Transport};
use super::sdp;
use super::udp::Pair;
use super::weather::Weather;
use crate::base::clock;
use crate::city::clip::{Clip, ClipError};
use crate::city::fault::Fault;
use crate::city::roster;
use crate::city::shared::{SessionEntry, Shared};
use crate::city::timeline::Timeline;

/// What the `Session` header promises, in seconds.
const SESSION_SECS: u64 = 60;
/// How long a client may really be silent.
const SILENCE: Duration = Duration::from_secs(SESSION_SECS + 5);
/// The same under the fault "short session"; then only requests count as signs of life.
const SHORT_SESSION_SECS: u64 = 4;
const SHORT_SILENCE: Duration = Duration::from_secs(SHORT_SESSION_SECS + 1);
/// The fault "late keyframe": how long there is none.
const LATE_KEYFRAME: Duration = Duration::from_secs(20);
/// The fault "clock": how far the clock is off.
const CLOCK_ERROR_NANOS: i64 = 3_600_000_000_000;
/// How long a client may leave its socket full.
const FULL_SOCKET: Duration = Duration::from_secs(10);
/// The most bytes received and not yet looked at.
const MAX_WAITING: usize = request::MAX_HEAD_BYTES + request::MAX_BODY_BYTES + 4096;
/// The fault "slow start": how long after a connection begins its first DESCRIBE is answered, and
/// how late the first packet goes out.
const SLOW_DESCRIBE: Duration = Duration::from_secs(5);
const SLOW_PLAY: Duration = Duration::from_secs(3);

const METHODS: &str = "OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, SET_PARAMETER, TEARDOWN";

/// How a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// In order.
    Closed,
    /// As if the cable were pulled.
    Reset,
}

struct Session {
    id: String,
    /// Interleaved channel of the packets; over UDP it only tells packets from reports.
    channel: u8,
    /// The ports, where packets go over UDP.
    udp: Option<Pair>,
    /// The fault it was set up under.
    made_for: Fault,
    weather: Weather,
    clip: Arc<Clip>,
    playing: Option<(Player, SessionEntry)>,
}

impl Session {
    /// Whether it ends early.
    fn is_short(&self) -> bool {
        matches!(self.made_for, Fault::ShortSession | Fault::Keepalive)
    }

    fn timeout_secs(&self) -> u64 {
        if self.is_short() {
            SHORT_SESSION_SECS
        } else {
            SESSION_SECS
        }
    }
}

struct Connection {
    shared: Arc<Shared>,
    stream: TcpStream,
    peer: SocketAddr,
    changes: watch::Receiver<u64>,
    shutdown: watch::Receiver<bool>,
    received: BytesMut,
    out: Vec<u8>,
    /// A picture's packets on their way through the weather, before and behind it.
    framed: Vec<u8>,
    weathered: Vec<u8>,
    /// The stream the client asked for last.
    wanted: Option<(usize, Stream)>,
    /// Whether it asked at the address a redirection leads to.
    at_moved: bool,
    /// The request in hand.
    pending: Option<Request>,
    /// The number of the request before.
    answered_cseq: Option<String>,
    /// The nonce that was offered last and has not been used yet.
    offered_nonce: Option<String>,
    session: Option<Session>,
    opened: Instant,
    heard: Instant,
    /// The fault the stream was last set up for.
    shown_fault: Fault,
    /// The clip of a story that the stream was last set up for, and since when it plays.
    shown_scene: Option<(String, Instant)>,
    /// Which change was looked at last.
    looked_at: u64,
    /// A picture in the making, and the fault that it is for.
    making: Option<(Fault, tokio::task::JoinHandle<bool>)>,
    ending: bool,
}

/// Serves `stream` until either side ends it.
pub(crate) async fn serve(stream: TcpStream, peer: SocketAddr, shared: Arc<Shared>) {
    let now = clock::now();
    let mut connection = Connection {
        changes: shared.changes(),
        shutdown: shared.shutdown(),
        stream,
        peer,
        received: BytesMut::new(),
        out: Vec::new(),
        framed: Vec::new(),
        weathered: Vec::new(),
        wanted: None,
        at_moved: false,
        pending: None,
        answered_cseq: None,
        offered_nonce: None,
        session: None,
        opened: now,
        heard: now,
        shown_fault: Fault::None,
        shown_scene: None,
        looked_at: 0,
        making: None,
        ending: false,
        shared,
    };
    let end = connection.run().await;
    tracing::debug!(%peer, wanted = ?connection.wanted, ?end, "connection ended");
    if end == End::Reset {
        // The socket is closed with the connection either way.
        connection.stream.set_zero_linger().ok();
    }
}

impl Connection {
    async fn run(&mut self) -> End {
        self.stream.set_nodelay(true).ok(); // A slower connection is still a connection.
        let timer = tokio::time::sleep(Duration::ZERO);
        tokio::pin!(timer);
        loop {
            let wake = match self.turn().await {
                Ok(wake) => wake,
                Err(end) => return end,
            };
            timer.as_mut().reset(wake.into());
            let room = self.received.len() < MAX_WAITING;
            tokio::select! {
                biased;
                _ = self.shutdown.changed() => return End::Closed,
                changed = self.changes.changed() => if changed.is_err() { return End::Closed },
                read = self.stream.read_buf(&mut self.received), if room => match read {
                    Ok(0) | Err(_) => return End::Closed,
                    Ok(_) => if !self.is_short() { self.heard = clock::now() },
                },
                () = report_on(self.session.as_ref()) => {
                    if !self.is_short() { self.heard = clock::now() }
                }
                () = &mut timer => {}
            }
        }
    }

    /// Does all that is to be done now. Returns when to look again at the latest.
    async fn turn(&mut self) -> Result<Instant, End> {
        loop {
            let now = clock::now();
            self.take_request().await?;
            let fault = self.fault(now);
            if fault.resets() {
                return Err(End::Reset);
            }
            let patience = if self.is_short() {
                SHORT_SILENCE
            } else {
                SILENCE
            };
            if now.saturating_duration_since(self.heard) >= patience {
                return Err(End::Closed);
            }
            let silent_at = self.heard + patience;
            if fault == Fault::Stall {
                return Ok(silent_at.min(now + Duration::from_millis(200)));
            }
            if fault != self.shown_fault {
                self.show_fault(fault).await?;
            }
            self.show_scene(fault).await?;
            if let Some(request) = self.pending.take() {
                if fault == Fault::SlowStart && request.method == "DESCRIBE" {
                    // Once a connection: whoever is asked for a password asks twice.
                    let answer_at = self.opened + SLOW_DESCRIBE;
                    if now < answer_at {
                        self.pending = Some(request);
                        return Ok(answer_at.min(silent_at));
                    }
                }
                self.answer(&request, fault, now).await;
                self.flush().await?;
                if self.ending {
                    return Err(End::Closed);
                }
                continue;
            }
            let next = self.play(now).await?;
            return Ok(next.map_or(silent_at, |next| next.min(silent_at)));
        }
    }

    fn is_short(&self) -> bool {
        self.session.as_ref().is_some_and(Session::is_short)
    }

    fn fault(&self, now: Instant) -> Fault {
        match self.wanted {
            Some((number, _)) => self.shared.fault_at(number, now),
            None if self.shared.everything_down(now) => Fault::Reboot,
            None => Fault::None,
        }
    }

    /// Takes the next request out of what was received, if there is a whole one.
    async fn take_request(&mut self) -> Result<(), End> {
        while self.pending.is_none() {
            match request::read(&self.received) {
                Ok(Message::Incomplete) => break,
                Ok(Message::Data(_, used)) => self.received.advance(used),
                Ok(Message::Request(request, used)) => {
                    self.received.advance(used);
                    self.heard = clock::now();
                    if let Some(wanted) = address::parse(&request.uri) {
                        self.wanted = Some(wanted);
                        self.at_moved = address::is_moved(&request.uri);
                    }
                    self.pending = Some(request);
                }
                Err(error) => {
                    tracing::debug!(peer = %self.peer, %error, "not RTSP");
                    self.respond(error.status(), None, &[], "");
                    self.flush().await?;
                    return Err(End::Closed);
                }
            }
        }
        Ok(())
    }

    /// Sends what is due. Returns when the next picture is.
    async fn play(&mut self, now: Instant) -> Result<Option<Instant>, End> {
        let origin = self.shared.origin();
        let fault = self.shown_fault;
        loop {
            let Some(session) = self.session.as_mut() else {
                return Ok(None);
            };
            let Some((player, entry)) = session.playing.as_mut() else {
                return Ok(None);
            };
            let elapsed = clock::now().saturating_duration_since(origin);
            let due = if fault == Fault::Lag {
                player.catch_up(lag::behind(elapsed));
                lag::release(player.due())
            } else {
                player.catch_up(elapsed);
                player.due()
            };
            if due > elapsed {
                return Ok(Some(origin + due));
            }
            self.framed.clear();
            if player.append_next(elapsed, clock::wall_now(), &mut self.framed) {
                entry.count(self.framed.len());
                let mut sent = &self.framed;
                if Weather::is_bad(fault) {
                    self.weathered.clear();
                    let (channel, out) = (session.channel, &mut self.weathered);
                    session.weather.pass(fault, channel, &self.framed, out);
                    sent = &self.weathered;
                }
                match &session.udp {
                    Some(pair) => pair.send(session.channel, sent),
                    None => self.out.extend_from_slice(sent),
                }
                self.flush().await?;
            }
            if clock::now().saturating_duration_since(now) > Duration::from_millis(100) {
                // Long behind: let requests and faults have their turn.
                return Ok(Some(now));
            }
        }
    }

    /// Makes the picture follow a change of fault; ends sessions a real camera would end.
    async fn show_fault(&mut self, fault: Fault) -> Result<(), End> {
        self.shown_fault = fault;
        // What the fault shows takes the place of a scene; the scene is looked at again behind it.
        self.forget_scene();
        let Some((number, stream)) = self.wanted else {
            return Ok(());
        };
        let Some(session) = self.session.as_mut() else {
            return Ok(());
        };
        let ends = match fault {
            Fault::WrongPassword | Fault::NotFound | Fault::RedirectLoop => true,
            Fault::Redirect => !self.at_moved,
            _ if fault.refusal("PLAY").is_some() => true,
            _ => fault.is_of_session() && fault != session.made_for,
        };
        if ends {
            return Err(End::Closed);
        }
        // Another codec needs another session.
        let name = self.shared.clip_name(number, stream, fault);
        if name.is_ok_and(|name| name != session.clip.meta.name) {
            return Err(End::Closed);
        }
        let Some((player, _)) = session.playing.as_mut() else {
            return Ok(());
        };
        player.set_fault(fault);
        player.set_clock_error(match fault {
            Fault::Clock => CLOCK_ERROR_NANOS,
            Fault::Clock1970 => -clock::wall_now().0,
            _ => 0,
        });
        if fault == Fault::Freeze {
            player.freeze();
            return Ok(());
        }
        let like = player.clip().meta.clone();
        let shelf = self.shared.shelf_of(&like.name);
        if !shelf.is_ready(fault, &like) {
            // The stream goes on meanwhile; the fault is looked at again at the next picture.
            match &self.making {
                Some((made_for, task)) if *made_for == fault => {
                    if !task.is_finished() {
                        self.shown_fault = Fault::None;
                        return Ok(());
                    }
                }
                _ => {
                    let (shared, own) = (Arc::clone(&self.shared), like.name.clone());
                    let task = async move { shared.prepare_like(&own, fault).await.is_ok() };
                    self.making = Some((fault, tokio::spawn(task)));
                    self.shown_fault = Fault::None;
                    return Ok(());
                }
            }
        }
        match shelf.instead(fault, &like).await {
            Ok(Some(other)) => player.show(other),
            Ok(None) => player.resume(),
            Err(error) => {
                tracing::warn!(camera = number, %error, "the fault cannot be shown");
            }
        }
        Ok(())
    }

    /// The scene is to be looked at again.
    fn forget_scene(&mut self) {
        self.shown_scene = None;
        self.looked_at = 0;
    }

    /// Makes the picture follow what a story lets happen on this camera; a session with a camera whose
    /// part has changed ends.
    async fn show_scene(&mut self, fault: Fault) -> Result<(), End> {
        let change = *self.changes.borrow();
        if change == self.looked_at || fault != Fault::None {
            return Ok(());
        }
        self.looked_at = change;
        let (Some((number, stream)), Some(session)) = (self.wanted, self.session.as_mut()) else {
            return Ok(());
        };
        let name = self.shared.clip_name(number, stream, fault);
        if name.is_ok_and(|name| name != session.clip.meta.name) {
            return Err(End::Closed);
        }
        let Some((player, _)) = session.playing.as_mut() else {
            return Ok(());
        };
        let scene = self.shared.playing(number);
        if scene == self.shown_scene {
            return Ok(());
        }
        match &scene {
            None => player.resume(),
            Some((name, since)) => match self.shared.shelf_of(name).clip(name).await {
                Ok(clip) => {
                    let since = since.saturating_duration_since(self.shared.origin());
                    player.show_since(clip, since);
                }
                Err(error) => tracing::warn!(camera = number, %error, "a scene cannot be shown"),
            },
        }
        self.shown_scene = scene;
        Ok(())
    }

    async fn answer(&mut self, request: &Request, fault: Fault, now: Instant) {
        let cseq = request.header("cseq").map(str::to_owned);
        let before = std::mem::replace(&mut self.answered_cseq, cseq.clone());
        let cseq = cseq.as_deref();
        let says_it_is_there = matches!(
            request.method.as_str(),
            "OPTIONS" | "GET_PARAMETER" | "SET_PARAMETER"
        );
        if self.session.is_some() && says_it_is_there {
            if fault == Fault::Keepalive {
                self.respond(400, before.as_deref(), &[], "");
                return;
            }
            if fault == Fault::Nonce && !self.admit(request, cseq, fault, now) {
                return;
            }
        }
        match request.method.as_str() {
            "OPTIONS" => self.respond(200, cseq, &[("Public", METHODS)], ""),
            "GET_PARAMETER" | "SET_PARAMETER" => match self.session_status(request) {
                Some(status) if request.header("session").is_some() => {
                    self.respond(status, cseq, &[], "");
                }
                _ => self.respond_in_session(200, cseq, &[]),
            },
            "DESCRIBE" => self.describe(request, cseq, fault, now).await,
            "SETUP" => self.setup(request, cseq, fault, now).await,
            "PLAY" => self.start_playing(request, cseq, fault, now),
            "TEARDOWN" => {
                if let Some(status) = self.session_status(request) {
                    self.respond(status, cseq, &[], "");
                } else {
                    self.respond_in_session(200, cseq, &[("Connection", "close")]);
                    self.session = None;
                    self.ending = true;
                }
            }
            "PAUSE" | "ANNOUNCE" | "RECORD" | "REDIRECT" => {
                self.respond(405, cseq, &[("Allow", METHODS)], "");
            }
            _ => self.respond(501, cseq, &[("Public", METHODS)], ""),
        }
    }

    /// The status of a request that names no session of ours.
    fn session_status(&self, request: &Request) -> Option<u16> {
        let named = request.header("session");
        let named = named.map(|header| header.split(';').next().unwrap_or_default().trim());
        match (&self.session, named) {
            (Some(session), Some(named)) if session.id == named => None,
            _ => Some(454),
        }
    }

    /// What stands in the way of a request for a stream: unknown address, no authorisation.
    fn admit(&mut self, request: &Request, cseq: Option<&str>, fault: Fault, now: Instant) -> bool {
        let Some((number, _)) = address::parse(&request.uri)
            .filter(|(number, _)| self.shared.has_camera(*number) && fault != Fault::NotFound)
        else {
            self.respond(404, cseq, &[], "");
            return false;
        };
        let (scheme, user, password) = self.shared.login_of(number);
        let age = now.saturating_duration_since(self.shared.origin());
        let nonces = self.shared.nonces();
        let shown = request.header("authorization");
        let verdict = if fault == Fault::WrongPassword {
            Verdict::Refused
        } else {
            let who = (scheme, user, password);
            auth::judge(shown, who, (&request.method, &request.uri), nonces, age)
        };
        let offered = self.offered_nonce.take();
        let is_used = fault == Fault::Nonce
            && scheme == Scheme::Digest
            && !offered.is_some_and(|nonce| shown.is_some_and(|shown| shown.contains(&nonce)));
        let stale = match verdict {
            Verdict::Granted if !is_used => {
                let refusal = fault.refusal(&request.method);
                if let Some(status) = refusal {
                    self.respond(status, cseq, &[], "");
                }
                return refusal.is_none();
            }
            Verdict::Refused => false,
            Verdict::Granted | Verdict::Stale => true,
        };
        let scheme = if scheme == Scheme::Open {
            Scheme::Digest
        } else {
            scheme
        };
        let nonce = nonces.make(age);
        let challenge = auth::challenge(scheme, &nonce, stale);
        self.offered_nonce = Some(nonce);
        self.respond(401, cseq, &[("WWW-Authenticate", &challenge)], "");
        false
    }

    /// The clip behind the address of `request`; answers the request when there is none.
    async fn clip_for(
        &mut self,
        request: &Request,
        cseq: Option<&str>,
        fault: Fault,
    ) -> Option<Arc<Clip>> {
        let (number, stream) = address::parse(&request.uri)?;
        let clip = match self.shared.clip_name(number, stream, fault) {
            Ok(name) => self.shared.shelf_of(&name).clip(&name).await,
            Err(error) => Err(error),
        };
        match clip {
            Ok(clip) => Some(clip),
            Err(error @ ClipError::Missing { .. }) => {
                tracing::debug!(camera = number, %error, "not yet");
                self.respond(503, cseq, &[("Retry-After", "3")], "");
                None
            }
            Err(error) => {
                tracing::warn!(camera = number, %error, "a clip cannot be served");
                self.respond(500, cseq, &[], "");
                None
            }
        }
    }

    async fn describe(
        &mut self,
        request: &Request,
        cseq: Option<&str>,
        fault: Fault,
        now: Instant,
    ) {
        let elsewhere = match fault {
            Fault::Redirect if !address::is_moved(&request.uri) => true,
            Fault::RedirectLoop => true,
            _ => false,
        };
        if let Some(location) = address::redirected(&request.uri).filter(|_| elsewhere) {
            self.respond(302, cseq, &[("Location", &location)], "");
            return;
        }
        if !self.admit(request, cseq, fault, now) {
            return;
        }
        let accepts = request
            .header("accept")
            .is_none_or(|accept| accept.contains("application/sdp") || accept.contains("*/*"));
        if !accepts {
            self.respond(406, cseq, &[], "");
            return;
        }
        let Some(clip) = self.clip_for(request, cseq, fault).await else {
            return;
        };
        let Some((number, _)) = address::parse(&request.uri) else {
            return;
        };
        let bare = self.shared.is_bare(fault);
        let sdp = sdp::describe(&clip, bare, &address::camera_id(number), number as u64);
        let base = format!("{}/", request.uri.trim_end_matches('/'));
        let headers = [
            ("Content-Base", &base[..]),
            ("Content-Type", "application/sdp"),
        ];
        self.respond(200, cseq, &headers, &sdp);
    }

    async fn setup(&mut self, request: &Request, cseq: Option<&str>, fault: Fault, now: Instant) {
        if !self.admit(request, cseq, fault, now) {
            return;
        }
        if request.header("session").is_some()
            && let Some(status) = self.session_status(request)
        {
            self.respond(status, cseq, &[], "");
            return;
        }
        if self.session.as_ref().is_some_and(|s| s.playing.is_some()) {
            self.respond(455, cseq, &[("Allow", METHODS)], "");
            return;
        }
        let transport = request.header("transport").unwrap_or_default();
        let transport = request::transport(transport);
        if transport == Transport::Unsupported {
            self.respond(461, cseq, &[], "");
            return;
        }
        let Some((number, stream)) = address::parse(&request.uri) else {
            return;
        };
        let Some(clip) = self.clip_for(request, cseq, fault).await else {
            return;
        };
        let (channel, udp) = match transport {
            Transport::Interleaved(channel) => (channel, None),
            Transport::Udp(port) => match Pair::open(self.peer.ip(), port).await {
                Ok(pair) => (0, Some(pair)),
                Err(error) => {
                    tracing::warn!(camera = number, %error, "no ports for a session");
                    self.respond(503, cseq, &[], "");
                    return;
                }
            },
            Transport::Unsupported => return,
        };
        let ssrc = self.shared.ssrc(number, stream);
        let answer = match (&udp, transport) {
            (Some(pair), Transport::Udp(port)) => {
                let server = pair.server_port().unwrap_or_default();
                format!(
                    "RTP/AVP;unicast;client_port={port}-{};server_port={server}-{};\
                     ssrc={ssrc:08X};mode=\"PLAY\"",
                    port + 1,
                    u32::from(server) + 1,
                )
            }
            _ => format!(
                "RTP/AVP/TCP;unicast;interleaved={channel}-{};ssrc={ssrc:08X};mode=\"PLAY\"",
                u16::from(channel) + 1
            ),
        };
        self.session = Some(Session {
            id: format!("{:016X}", self.shared.random()),
            channel,
            udp,
            made_for: fault,
            weather: Weather::new(roster::scatter(number, 6 + stream as u64)),
            clip,
            playing: None,
        });
        self.respond_in_session(200, cseq, &[("Transport", &answer)]);
    }

    fn start_playing(&mut self, request: &Request, cseq: Option<&str>, fault: Fault, now: Instant) {
        if !self.admit(request, cseq, fault, now) {
            return;
        }
        if self.session.is_none() {
            let status = if request.header("session").is_some() {
                454
            } else {
                455
            };
            self.respond(status, cseq, &[("Allow", METHODS)], "");
            return;
        }
        if let Some(status) = self.session_status(request) {
            self.respond(status, cseq, &[], "");
            return;
        }
        let (Some((number, stream)), Some(session)) = (self.wanted, self.session.as_mut()) else {
            return;
        };
        if session.playing.is_none() {
            let meta = &session.clip.meta;
            let track = Track {
                name: address::camera_id(number),
                timeline: Timeline {
                    fps_num: meta.fps_num,
                    fps_den: meta.fps_den,
                    phase: self.shared.phase(number),
                    rtp_origin: self.shared.rtp_origin(number, stream),
                },
                clock_offset_nanos: self.shared.clock_offset_nanos(number),
                channel: session.channel,
                ssrc: self.shared.ssrc(number, stream),
                first_seq: self.shared.random() as u16,
                bare: self.shared.is_bare(session.made_for),
            };
            let mut from = now.saturating_duration_since(self.shared.origin());
            if fault == Fault::SlowStart {
                from += SLOW_PLAY;
            }
            let entry = self.shared.open_session(number, stream, self.peer);
            let mut player = Player::new(track, Arc::clone(&session.clip), from);
            if session.made_for == Fault::LateKeyframe {
                player.hold_keys_until(from + LATE_KEYFRAME);
            }
            session.playing = Some((player, entry));
        }
        let Some((player, _)) = session.playing.as_ref() else {
            return;
        };
        let (seq, rtp_time) = player.rtp_info();
        let track = request
            .uri
            .trim_end_matches('/')
            .trim_end_matches("/trackID=1");
        let info = format!("url={track}/trackID=1;seq={seq};rtptime={rtp_time}");
        self.respond_in_session(200, cseq, &[("Range", "npt=now-"), ("RTP-Info", &info)]);
        // A fault of the picture that is already there befalls the new stream too, and so does a scene.
        self.shown_fault = Fault::None;
        self.forget_scene();
    }

    fn respond_in_session(&mut self, status: u16, cseq: Option<&str>, headers: &[(&str, &str)]) {
        let session = self.session.as_ref();
        let session =
            session.map(|session| format!("{};timeout={}", session.id, session.timeout_secs()));
        let mut all = headers.to_vec();
        if let Some(session) = &session {
            all.push(("Session", session));
        }
        self.respond(status, cseq, &all, "");
    }

    fn respond(&mut self, status: u16, cseq: Option<&str>, headers: &[(&str, &str)], body: &str) {
        use std::io::Write as _;
        let out = &mut self.out;
        // Writing to a vector cannot fail.
        write!(out, "RTSP/1.0 {status} {}\r\n", reason(status)).ok();
        if let Some(cseq) = cseq {
            write!(out, "CSeq: {cseq}\r\n").ok();
        }
        write!(out, "Server: Qyran-City\r\n").ok();
        for (name, value) in headers {
            write!(out, "{name}: {value}\r\n").ok();
        }
        if !body.is_empty() {
            write!(out, "Content-Length: {}\r\n", body.len()).ok();
        }
        write!(out, "\r\n{body}").ok();
    }

    /// Writes all that is in hand; waits for a full socket, but not for ever.
    async fn flush(&mut self) -> Result<(), End> {
        let mut at = 0;
        let mut full_since = None;
        while at < self.out.len() {
            match self.stream.try_write(&self.out[at..]) {
                Ok(written) => at += written,
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                    let since = *full_since.get_or_insert_with(clock::now);
                    let give_up = tokio::time::sleep_until((since + FULL_SOCKET).into());
                    tokio::select! {
                        biased;
                        _ = self.shutdown.changed() => return Err(End::Closed),
                        changed = self.changes.changed() => {
                            if changed.is_err() || self.fault(clock::now()).resets() {
                                return Err(End::Reset);
                            }
                        }
                        ready = self.stream.writable() => if ready.is_err() {
                            return Err(End::Closed);
                        },
                        () = give_up => {
                            tracing::debug!(peer = %self.peer, "the client does not read");
                            self.shared.count_unread();
                            return Err(End::Reset);
                        }
                    }
                }
                Err(_) => return Err(End::Closed),
            }
        }
        self.out.clear();
        Ok(())
    }
}

/// Waits for a report of the client over UDP, where packets go that way.
async fn report_on(session: Option<&Session>) {
    if let Some(pair) = session.and_then(|session| session.udp.as_ref()) {
        match pair.report().await {
            Ok(()) => return,
            Err(error) => tracing::debug!(%error, "no more reports of a client"),
        }
    }
    std::future::pending::<()>().await;
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        302 => "Found",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        413 => "Request Entity Too Large",
        453 => "Not Enough Bandwidth",
        454 => "Session Not Found",
        455 => "Method Not Valid in This State",
        461 => "Unsupported Transport",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        503 => "Service Unavailable",
        505 => "RTSP Version Not Supported",
        _ => "Unknown",
    }
}
