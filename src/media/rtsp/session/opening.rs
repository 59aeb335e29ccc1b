//! On the way to the stream: what is offered, which tracks are set up, and PLAY.

use std::future::poll_fn;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::{Keepalive, OfferedTrack, Play, REPORT_EVERY, Running, Session, Stopped, UDP_WAIT};
use crate::address::{self, Transport};
use crate::error::{Error, Fault, Phase};
use crate::head::{self, Response};
use crate::leniency::Leniency;
use crate::options::{Method, Step};
use crate::receiver::Receiver;
use crate::sdp::{self, Direction, Encoding, Medium};
use crate::udp::UdpPair;

/// The longest and the shortest time between signs of life.
const MAX_KEEPALIVE: Duration = Duration::from_secs(30);
const MIN_KEEPALIVE: Duration = Duration::from_secs(2);
/// So long a body is waited for that nothing announced.
const LONG_BODY_WAIT: Duration = Duration::from_millis(300);

impl Session {
    pub(super) async fn describe(&mut self) -> Result<sdp::Description, Stopped> {
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
    pub(super) async fn take_whole_body(&mut self, response: &mut Response) -> Result<(), Error> {
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

    pub(super) async fn set_up(&mut self, description: &sdp::Description) -> Result<(), Stopped> {
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

    pub(super) async fn set_up_track(
        &mut self,
        index: usize,
        track: &sdp::Track,
    ) -> Result<(), Stopped> {
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
    pub(super) fn is_heard(&self) -> bool {
        self.running.iter().any(|running| running.is_heard)
    }

    pub(super) async fn start(&mut self, play: &Play) -> Result<(), Error> {
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
    pub(super) async fn wait_for_datagram(&mut self) -> Result<(), Stopped> {
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
