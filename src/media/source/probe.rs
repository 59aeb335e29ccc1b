//! A camera looked at from outside: what it answers, offers and sends, and what the wall would make
//! of it. Nothing in here holds an address, a password or a camera's own words.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use qyran_rtsp::{Step, Transport};

use super::rtsp::{RtspSource, Rules, options, reason_of};
use super::{Address, Source as _};
use crate::base::clock;
use crate::media::live::{DecodeRequest, Decoder};
use crate::model::camera_clock::CameraClock;
use crate::model::codec::Codec;
use crate::model::condition::Reason;
use crate::model::frame::Integrity;

/// A step on the way to the stream.
#[derive(Clone, Debug, PartialEq)]
pub enum ProbeStep {
    /// A connection is there.
    Connected {
        /// The camera's address.
        peer: IpAddr,
        /// SHA-256 of its certificate in hexadecimal digits, over TLS.
        certificate: Option<String>,
    },
    /// A question was answered.
    Answered {
        /// The method, as RTSP writes it.
        method: &'static str,
        /// The status.
        status: u16,
        /// How long it took.
        took: Duration,
    },
    /// A track is offered.
    Offered {
        /// What it carries: the key of its word.
        medium: &'static str,
        /// The codec's name.
        codec: String,
        /// We can take it apart.
        is_known: bool,
    },
    /// A leniency was needed.
    Overlooked(&'static str),
}

/// What was seen of the stream.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProbeReport {
    /// Packets came by UDP.
    pub is_datagram: bool,
    /// The codec.
    pub codec: Option<Codec>,
    /// Width and height in pixels.
    pub size: Option<(u32, u32)>,
    /// Pictures a second, as the stream has it.
    pub told_rate_hz: Option<f32>,
    /// How long was looked.
    pub span: Duration,
    /// Coded pictures.
    pub units: u64,
    /// Bytes of them.
    pub bytes: u64,
    /// Places where decoding can begin.
    pub keyframes: u64,
    /// The most pictures from one such place to the next.
    pub longest_group: Option<u64>,
    /// From the start of the stream to the first such place.
    pub first_keyframe: Option<Duration>,
    /// To the first decoded picture.
    pub first_picture: Option<Duration>,
    /// The decoder that was taken.
    pub decoder: Option<String>,
    /// Pictures decoded.
    pub pictures: u64,
    /// Pictures of which parts are missing.
    pub disturbed: u64,
    /// Packets lost.
    pub lost_packets: u64,
    /// Jumps of stream time.
    pub jumps: u64,
    /// The camera's clock ahead of ours, seconds; nothing where it tells none.
    pub clock_secs: Option<f64>,
    /// What was overlooked, with how often.
    pub leniencies: Vec<(&'static str, u32)>,
    /// Why it ended before its time.
    pub ended: Option<Reason>,
    /// The decoder could not work on it.
    pub undecodable: Option<String>,
}

/// Connects to a camera and looks at its stream for `span`. Blocks; `on_step` is called as things
/// happen.
///
/// # Errors
/// Why there is no stream.
pub fn probe(
    address: Address,
    allow_plain_basic: bool,
    span: Duration,
    on_step: impl Fn(ProbeStep) + Send + Sync + 'static,
) -> Result<ProbeReport, Reason> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Reason::SeatFailed(error.to_string()))?;
    let rules = Rules {
        trust: qyran_rtsp::Trust::Any,
        allow_plain_basic,
    };
    runtime.block_on(look(address, rules, span, Arc::new(on_step)))
}

async fn look(
    address: Address,
    rules: Rules,
    span: Duration,
    on_step: Arc<dyn Fn(ProbeStep) + Send + Sync>,
) -> Result<ProbeReport, Reason> {
    let had_password = address.credentials.is_some();
    let mut options = options(&address, rules);
    options.observer = Some(Arc::new(move |step: &Step| tell(step, on_step.as_ref())));
    let session = qyran_rtsp::open(address.url.reveal(), options)
        .await
        .map_err(|error| reason_of(&error, had_password))?;
    let mut report = ProbeReport {
        is_datagram: session.transport() == Transport::Udp,
        ..ProbeReport::default()
    };
    let mut source = RtspSource::of(session, address);
    let clock = Mutex::new(CameraClock::default());
    let start = clock::now();
    let mut decoder: Option<Decoder> = None;
    let mut since_keyframe = None;
    loop {
        let left = span.saturating_sub(clock::now().saturating_duration_since(start));
        let unit = match tokio::time::timeout(left, source.next()).await {
            Err(_elapsed) => break,
            Ok(Ok(unit)) => unit,
            Ok(Err(error)) => {
                report.ended = Some(error.reason);
                break;
            }
        };
        let passed = unit.arrival.saturating_duration_since(start);
        report.codec = Some(unit.codec);
        report.size = unit.parameters.size.or(report.size);
        report.told_rate_hz = unit.parameters.rate_hz.or(report.told_rate_hz);
        report.units += 1;
        report.bytes += unit.bytes.len() as u64;
        report.lost_packets += u64::from(unit.lost_packets);
        if let Some(capture) = unit.capture {
            let late = clock::now().saturating_duration_since(unit.arrival);
            let arrival = clock::wall_now().plus_nanos(-(late.as_nanos() as i64));
            clock.lock().note(capture.wall, arrival, unit.arrival);
        }
        if unit.keyframe {
            report.keyframes += 1;
            report.first_keyframe.get_or_insert(passed);
            if let Some(group) = since_keyframe.replace(0) {
                report.longest_group = report.longest_group.max(Some(group));
            }
        }
        if let Some(group) = &mut since_keyframe {
            *group += 1;
        }
        decode(&mut decoder, &unit, start, &mut report);
    }
    report.span = clock::now().saturating_duration_since(start);
    report.clock_secs = clock
        .lock()
        .offset()
        .map(crate::model::camera_clock::ClockOffset::secs);
    let seen = source.report();
    report.jumps = seen.jumps;
    report.leniencies = seen.leniencies;
    Ok(report)
}

fn decode(
    decoder: &mut Option<Decoder>,
    unit: &super::EncodedUnit,
    start: Instant,
    report: &mut ProbeReport,
) {
    if report.undecodable.is_some() {
        return;
    }
    let ready = match decoder {
        Some(ready) => ready,
        place => match Decoder::new(DecodeRequest { codec: unit.codec }) {
            Ok(fresh) => place.insert(fresh),
            Err(error) => {
                report.undecodable = Some(error.to_string());
                return;
            }
        },
    };
    match ready.push(unit) {
        Ok(frames) => {
            for frame in frames {
                report.pictures += 1;
                report.disturbed += u64::from(frame.integrity != Integrity::Whole);
                report
                    .first_picture
                    .get_or_insert_with(|| clock::now().saturating_duration_since(start));
            }
            report.decoder = ready.element_name().or(report.decoder.take());
        }
        Err(error) => report.undecodable = Some(error.to_string()),
    }
}

fn tell(step: &Step, on_step: &(dyn Fn(ProbeStep) + Send + Sync)) {
    match step {
        Step::Connected { peer, fingerprint } => on_step(ProbeStep::Connected {
            peer: *peer,
            certificate: fingerprint.map(|print| crate::base::hex::hex(&print)),
        }),
        Step::Answered {
            method,
            status,
            took,
        } => on_step(ProbeStep::Answered {
            method: method.name(),
            status: *status,
            took: *took,
        }),
        Step::Offered(tracks) => {
            for track in tracks {
                let is_ours = track.direction == qyran_rtsp::Direction::FromCamera;
                on_step(ProbeStep::Offered {
                    medium: match track.medium {
                        qyran_rtsp::Medium::Video => "probe-video",
                        qyran_rtsp::Medium::Audio if is_ours => "probe-audio",
                        qyran_rtsp::Medium::Audio => "probe-loudspeaker",
                        qyran_rtsp::Medium::Other => "probe-other",
                    },
                    codec: track
                        .encoding
                        .map_or_else(|| track.name.clone(), |known| known.name().to_owned()),
                    is_known: track.encoding.is_some(),
                });
            }
        }
        Step::Overlooked(leniency) => on_step(ProbeStep::Overlooked(leniency.key())),
        Step::Failed(_) => {}
    }
}
