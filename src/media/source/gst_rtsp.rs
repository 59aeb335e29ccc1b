//! RTSP over UDP and over TLS, through GStreamer's `rtspsrc`: its jitter buffer puts packets in order
//! and gives up on lost ones, and the system's TLS library does the rest.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use futures::StreamExt as _;
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use parking_lot::Mutex;
use tokio::net::TcpStream;
use tokio::sync::mpsc;

use super::pipeline::{QUEUE_UNITS, add_and_link, broken, make, unit_of, unit_sink};
use super::{Address, EncodedUnit, NextUnit, Source, SourceError};
use crate::base::clock::{MediaTime, WallTime};
use crate::base::threads;
use crate::model::camera::Certificates;
use crate::model::condition::{Phase, Reason};
use crate::model::frame::Capture;
use crate::model::stamp;

/// From connecting to the answer to PLAY.
const OPEN_TIMEOUT: Duration = Duration::from_secs(12);
/// So long the jitter buffer waits for a packet that is missing.
const LATENCY_MS: u32 = 200;
/// The kernel's buffer for packets that nobody has fetched: a large key picture and more.
const UDP_BUFFER_BYTES: i32 = 1 << 20;
/// Seconds from the start of NTP's time (1900) to that of Unix (1970).
const NTP_TO_UNIX_SECS: u64 = 2_208_988_800;

/// Addresses whose last pipeline is still taking leave. A camera that never ends its answer holds it
/// there; until it lets go no other is started, so that it costs one thread and not one more a try.
static LEAVING: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// How the stream is carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Carrier {
    /// RTP over UDP, RTSP in the clear.
    Udp,
    /// All over one TLS connection.
    Tls,
}

/// A playing `rtspsrc`.
pub(super) struct GstRtspSource {
    pipeline: gst::Pipeline,
    messages: gst::bus::BusStream,
    units: mpsc::Receiver<EncodedUnit>,
    seen: Arc<Seen>,
    had_password: bool,
    address: Address,
}

/// What is seen on the way from the packets to the units.
#[derive(Default)]
struct Seen {
    /// Streams were offered.
    offered: AtomicBool,
    /// A video stream in a codec we know was among them.
    video: AtomicBool,
    /// The codec of a video stream that we do not know.
    unknown: Mutex<Option<String>>,
    next_seq: Mutex<Option<u16>>,
    lost: AtomicU32,
    /// Capture time by sender reports, and the presentation time it belongs to.
    report: Mutex<Option<(MediaTime, WallTime)>>,
}

impl GstRtspSource {
    /// DESCRIBE, SETUP of the first video stream, PLAY.
    pub(super) async fn open(
        address: Address,
        carrier: Carrier,
        certificates: Certificates,
    ) -> Result<Self, SourceError> {
        if LEAVING.lock().contains(address.url.reveal().as_str()) {
            return Err(Reason::NoAnswer(Phase::Describe).into());
        }
        let had_password = address.credentials.is_some();
        let source = make("rtspsrc")?;
        source.set_property("location", address.url.reveal().as_str());
        source.set_property_from_str(
            "protocols",
            match carrier {
                Carrier::Udp => "udp",
                Carrier::Tls => "tcp",
            },
        );
        if let Some(credentials) = &address.credentials {
            source.set_property("user-id", &credentials.user);
            source.set_property("user-pw", credentials.password.reveal());
        }
        source.set_property("user-agent", concat!("Qyran/", env!("CARGO_PKG_VERSION")));
        source.set_property("latency", LATENCY_MS);
        source.set_property("udp-buffer-size", UDP_BUFFER_BYTES);
        source.set_property("tcp-timeout", 8_000_000_u64);
        source.set_property("add-reference-timestamp-meta", true);
        if certificates == Certificates::Any {
            let host = address.host_key();
            source.connect("accept-certificate", false, move |_| {
                tracing::info!(host, "the camera's certificate is not verified");
                Some(true.to_value())
            });
        }
        let pipeline = gst::Pipeline::new();
        let sink = unit_sink(
            &[
                "video/x-h264,stream-format=byte-stream,alignment=au",
                "video/x-h265,stream-format=byte-stream,alignment=au",
                "image/jpeg",
            ],
            false,
        )?;
        add_and_link(&pipeline, &[&source])?;
        add_and_link(&pipeline, &[sink.upcast_ref()])?;
        let seen = Arc::new(Seen::default());
        select_first_video(&source, &seen);
        link_when_added(&source, &pipeline, &sink, &seen);
        let units = pass_on(&sink, &seen);
        let bus = pipeline
            .bus()
            .ok_or_else(|| Reason::Protocol("the pipeline has no bus".into()))?;
        let mut opening = Self {
            messages: bus.stream(),
            pipeline,
            units,
            seen,
            had_password,
            address: address.clone(),
        };
        opening
            .pipeline
            .set_state(gst::State::Playing)
            .map_err(broken)?;
        match tokio::time::timeout(OPEN_TIMEOUT, opening.until_playing()).await {
            Ok(Ok(())) => Ok(opening),
            Ok(Err(Trouble::NotConnected)) => {
                Err(why_not_connected(&address, carrier).await.into())
            }
            Ok(Err(Trouble::Reason(reason))) => Err(reason.into()),
            Err(_elapsed) => Err(Reason::NoAnswer(Phase::Describe).into()),
        }
    }

    async fn until_playing(&mut self) -> Result<(), Trouble> {
        while let Some(message) = self.messages.next().await {
            if let gst::MessageView::Progress(progress) = message.view() {
                let (kind, code, _) = progress.get();
                if kind == gst::ProgressType::Complete && code == "request" {
                    return match self.without_video() {
                        Some(reason) => Err(Trouble::Reason(reason)),
                        None => Ok(()),
                    };
                }
            }
            self.look_at(&message)?;
        }
        Err(Trouble::Reason(Reason::ConnectionClosed))
    }

    async fn next_unit(&mut self) -> Result<EncodedUnit, SourceError> {
        loop {
            tokio::select! {
                unit = self.units.recv() => {
                    return unit.ok_or_else(|| Reason::ConnectionClosed.into());
                }
                message = self.messages.next() => match message {
                    Some(message) => match self.look_at(&message) {
                        Ok(()) => {}
                        Err(Trouble::Reason(reason)) => return Err(reason.into()),
                        Err(Trouble::NotConnected) => return Err(Reason::ConnectionClosed.into()),
                    },
                    None => return Err(Reason::ConnectionClosed.into()),
                }
            }
        }
    }

    fn look_at(&self, message: &gst::Message) -> Result<(), Trouble> {
        match message.view() {
            gst::MessageView::Error(error) => {
                let detail = error.debug().unwrap_or_default();
                let error = error.error();
                let said = self.address.without_secrets(&format!("{error}: {detail}"));
                tracing::debug!(said, "rtspsrc");
                Err(match self.without_video() {
                    Some(reason) => Trouble::Reason(reason),
                    None => trouble_of(&error, &detail, self.had_password),
                })
            }
            gst::MessageView::Warning(warning) => {
                let detail = warning.debug().unwrap_or_default();
                let said = format!("{}: {detail}", warning.error());
                tracing::debug!(warning = self.address.without_secrets(&said), "rtspsrc");
                Ok(())
            }
            gst::MessageView::Eos(_) => Err(Trouble::Reason(Reason::ConnectionClosed)),
            _ => Ok(()),
        }
    }

    /// What is missing where streams are offered and none of them is for us.
    fn without_video(&self) -> Option<Reason> {
        let seen = &self.seen;
        if !seen.offered.load(Relaxed) || seen.video.load(Relaxed) {
            return None;
        }
        let unknown = seen.unknown.lock().clone();
        Some(unknown.map_or(Reason::NoVideo, Reason::UnsupportedCodec))
    }
}

/// What an error of `rtspsrc` says.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Trouble {
    /// There is no connection; why not it does not tell.
    NotConnected,
    /// This.
    Reason(Reason),
}

/// Finds out why there is no connection, by connecting once more.
async fn why_not_connected(address: &Address, carrier: Carrier) -> Reason {
    let url = &address.url;
    let host = url.host_str().unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let port = url.port().unwrap_or(match carrier {
        Carrier::Udp => 554,
        Carrier::Tls => 322,
    });
    let connecting = async {
        let found: Vec<_> = tokio::net::lookup_host((host, port)).await.ok()?.collect();
        Some(TcpStream::connect(&found[..]).await)
    };
    match tokio::time::timeout(Duration::from_secs(3), connecting).await {
        Ok(None) => Reason::UnknownHost,
        Ok(Some(Err(error))) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
            Reason::ConnectionRefused
        }
        Ok(Some(Err(_))) | Err(_) => Reason::NoAnswer(Phase::Connect),
        Ok(Some(Ok(_))) if carrier == Carrier::Tls => {
            Reason::Protocol("no TLS, or a certificate that is not accepted".into())
        }
        Ok(Some(Ok(_))) => Reason::ConnectionClosed,
    }
}

impl Source for GstRtspSource {
    fn next(&mut self) -> NextUnit<'_> {
        Box::pin(self.next_unit())
    }
}

impl Drop for GstRtspSource {
    fn drop(&mut self) {
        // The callback must not wait for a reader who is gone.
        self.units.close();
        let pipeline = self.pipeline.clone();
        let address = self.address.url.reveal().to_string();
        LEAVING.lock().insert(address.clone());
        // Taking leave of the camera may take a moment, which the network runtime has not.
        let stop = move || {
            if let Err(error) = pipeline.set_state(gst::State::Null) {
                tracing::debug!(%error, "a source pipeline did not stop cleanly");
            }
            LEAVING.lock().remove(&address);
        };
        if let Err(error) = threads::spawn("rtsp-stop", stop) {
            tracing::warn!(%error, "a source pipeline is left to itself");
        }
    }
}

/// Depayloader and parser of an encoding.
fn elements_of(encoding: &str) -> Option<(&'static str, &'static str)> {
    match encoding {
        "H264" => Some(("rtph264depay", "h264parse")),
        "H265" => Some(("rtph265depay", "h265parse")),
        "JPEG" => Some(("rtpjpegdepay", "jpegparse")),
        _ => None,
    }
}

/// Media and encoding name of a stream's caps.
fn kind_of(caps: &gst::CapsRef) -> Option<(String, String)> {
    let structure = caps.structure(0)?;
    let media = structure.get::<String>("media").ok()?;
    let encoding = structure.get::<String>("encoding-name").ok()?;
    Some((media, encoding.to_uppercase()))
}

/// Only the first video stream in a codec we know is set up: no sound, no metadata.
fn select_first_video(source: &gst::Element, seen: &Arc<Seen>) {
    let seen = Arc::clone(seen);
    source.connect("select-stream", false, move |values| {
        let kind = values
            .get(2)
            .and_then(|value| value.get::<gst::Caps>().ok())
            .and_then(|caps| kind_of(&caps));
        seen.offered.store(true, Relaxed);
        let wanted = match kind {
            Some((media, encoding)) if media == "video" => {
                if elements_of(&encoding).is_some() {
                    !seen.video.swap(true, Relaxed)
                } else {
                    *seen.unknown.lock() = Some(encoding.to_lowercase());
                    false
                }
            }
            _ => false,
        };
        Some(wanted.to_value())
    });
}

fn link_when_added(
    source: &gst::Element,
    pipeline: &gst::Pipeline,
    sink: &gst_app::AppSink,
    seen: &Arc<Seen>,
) {
    let pipeline = pipeline.downgrade();
    let sink = sink.downgrade();
    let seen = Arc::clone(seen);
    source.connect_pad_added(move |source, pad| {
        let (Some(pipeline), Some(sink)) = (pipeline.upgrade(), sink.upgrade()) else {
            return;
        };
        let caps = pad.current_caps().unwrap_or_else(|| pad.query_caps(None));
        let Some((_, encoding)) = kind_of(&caps) else {
            return;
        };
        if let Err(error) = link(&pipeline, pad, &encoding, &sink, &seen) {
            gst::element_error!(source, gst::StreamError::Failed, ["{error}"]);
        }
    });
}

fn link(
    pipeline: &gst::Pipeline,
    pad: &gst::Pad,
    encoding: &str,
    sink: &gst_app::AppSink,
    seen: &Arc<Seen>,
) -> Result<(), SourceError> {
    let (depayload, parse) =
        elements_of(encoding).ok_or_else(|| Reason::UnsupportedCodec(encoding.to_lowercase()))?;
    let (depayload, parse) = (make(depayload)?, make(parse)?);
    if parse.has_property("config-interval") {
        parse.set_property("config-interval", -1i32);
    }
    pipeline.add_many([&depayload, &parse]).map_err(broken)?;
    gst::Element::link_many([&depayload, &parse, sink.upcast_ref()]).map_err(broken)?;
    parse.sync_state_with_parent().map_err(broken)?;
    depayload.sync_state_with_parent().map_err(broken)?;
    let target = depayload
        .static_pad("sink")
        .ok_or_else(|| Reason::Protocol("a depayloader without an entrance".into()))?;
    let seen = Arc::clone(seen);
    target.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        if let Some(gst::PadProbeData::Buffer(buffer)) = &info.data {
            seen.packet(buffer);
        }
        gst::PadProbeReturn::Ok
    });
    pad.link(&target).map_err(broken)?;
    Ok(())
}

impl Seen {
    /// Looks at a packet behind the jitter buffer.
    fn packet(&self, buffer: &gst::BufferRef) {
        let mut head = [0; 4];
        if buffer.copy_to_slice(0, &mut head).is_ok() {
            self.sequence(u16::from_be_bytes([head[2], head[3]]));
        }
        let meta = buffer.meta::<gst::ReferenceTimestampMeta>();
        if let (Some(pts), Some(meta)) = (buffer.pts(), meta) {
            let is_ntp = meta
                .reference()
                .structure(0)
                .is_some_and(|reference| reference.name() == "timestamp/x-ntp");
            let since_1900 = meta.timestamp().nseconds();
            let unix = since_1900.checked_sub(NTP_TO_UNIX_SECS * 1_000_000_000);
            if let (true, Some(unix)) = (is_ntp, unix) {
                let at = MediaTime(pts.nseconds() as i64);
                *self.report.lock() = Some((at, WallTime(unix as i64)));
            }
        }
    }

    fn sequence(&self, seq: u16) {
        let mut next = self.next_seq.lock();
        let missing = next.map_or(0, |next| seq.wrapping_sub(next));
        // More than half the circle is a packet of before, or a new start.
        if missing < 0x8000 {
            self.lost.fetch_add(u32::from(missing), Relaxed);
        }
        *next = Some(seq.wrapping_add(1));
    }

    fn capture(&self, unit: &EncodedUnit) -> Option<Capture> {
        if let Some(stamp) = stamp::find_in_annexb(&unit.bytes, unit.codec) {
            return Some(Capture {
                wall: stamp.wall,
                number: Some(stamp.number),
            });
        }
        let (at, wall) = (*self.report.lock())?;
        Some(Capture {
            wall: wall.plus_nanos(unit.pts.0 - at.0),
            number: None,
        })
    }
}

fn pass_on(sink: &gst_app::AppSink, seen: &Arc<Seen>) -> mpsc::Receiver<EncodedUnit> {
    let (sender, units) = mpsc::channel(QUEUE_UNITS);
    let seen = Arc::clone(seen);
    sink.set_callbacks(
        gst_app::AppSinkCallbacks::builder()
            .new_sample(move |sink| {
                let sample = sink.pull_sample().map_err(|_eos| gst::FlowError::Eos)?;
                let mut unit = unit_of(&sample).ok_or(gst::FlowError::Error)?;
                unit.lost_packets = seen.lost.swap(0, Relaxed);
                unit.capture = seen.capture(&unit);
                match sender.blocking_send(unit) {
                    Ok(()) => Ok(gst::FlowSuccess::Ok),
                    Err(_closed) => Err(gst::FlowError::Eos),
                }
            })
            .build(),
    );
    units
}

/// The status in what `rtspsrc` says of a refused request: "Service Unavailable (503)".
fn status_in(detail: &str) -> Option<u16> {
    let (_, status) = detail.trim_end().strip_suffix(')')?.rsplit_once('(')?;
    status
        .parse()
        .ok()
        .filter(|status| (300..600).contains(status))
}

/// Sorts GStreamer's errors into the reasons of the wall.
fn trouble_of(error: &gst::glib::Error, detail: &str, had_password: bool) -> Trouble {
    use gst::ResourceError;
    let text = error.to_string();
    let lower = format!("{text} {detail}").to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    let is = |kind: ResourceError| error.matches(kind);
    if has(&["failed to connect", "could not connect"]) {
        return Trouble::NotConnected;
    }
    let status = status_in(detail);
    Trouble::Reason(
        if is(ResourceError::NotAuthorized) || matches!(status, Some(401 | 403)) {
            if had_password {
                Reason::WrongPassword
            } else {
                Reason::PasswordMissing
            }
        } else if is(ResourceError::NotFound) || matches!(status, Some(404 | 454)) {
            Reason::NotFound
        } else if matches!(status, Some(500..=599)) {
            Reason::ServerUnavailable
        } else if let Some(status) = status {
            Reason::Protocol(format!("the camera refuses with status {status}"))
        } else if has(&["udp packets"]) {
            Reason::Silent
        } else if has(&["timed out", "timeout"]) {
            Reason::NoAnswer(Phase::Describe)
        } else if is(ResourceError::Read)
            || is(ResourceError::Write)
            || has(&["closed", "reset", "end-of-file"])
        {
            Reason::ConnectionClosed
        } else {
            let first = text.lines().next().unwrap_or_default();
            Reason::Protocol(first.chars().take(160).collect())
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_packets_are_counted_and_old_ones_are_not() {
        let seen = Seen::default();
        let lost = |sequence: &[u16]| {
            for seq in sequence {
                seen.sequence(*seq);
            }
            seen.lost.swap(0, Relaxed)
        };
        assert_eq!(lost(&[65_534, 65_535, 0, 1]), 0);
        assert_eq!(lost(&[4, 5, 9]), 2 + 3);
        assert_eq!(lost(&[3, 4]), 0, "a new start");
    }

    #[test]
    fn errors_are_sorted() {
        use gst::ResourceError::{Failed, NotAuthorized, NotFound, OpenReadWrite, Read};
        let check = |kind, detail: &str, expect: Reason| {
            let error = gst::glib::Error::new::<gst::ResourceError>(kind, "Could not do it.");
            let trouble = trouble_of(&error, detail, true);
            assert_eq!(trouble, Trouble::Reason(expect), "{detail}");
        };
        check(NotAuthorized, "Unauthorized", Reason::WrongPassword);
        check(NotFound, "Not Found", Reason::NotFound);
        check(Failed, "Nope (404)", Reason::NotFound);
        check(Failed, "Busy (503)", Reason::ServerUnavailable);
        let refused = Reason::Protocol("the camera refuses with status 461".into());
        check(Failed, "gst_rtspsrc_send (): x:\nX (461)", refused);
        check(
            Read,
            "Could not receive any UDP packets for 5.0000 seconds",
            Reason::Silent,
        );
        check(
            Read,
            "Socket I/O timed out",
            Reason::NoAnswer(Phase::Describe),
        );
        check(Read, "x", Reason::ConnectionClosed);
        let error = gst::glib::Error::new(OpenReadWrite, "Could not open resource.");
        let trouble = trouble_of(&error, "Failed to connect. (Generic error)", true);
        assert_eq!(trouble, Trouble::NotConnected);
        let error = gst::glib::Error::new(NotAuthorized, "x");
        let missing = Trouble::Reason(Reason::PasswordMissing);
        assert_eq!(trouble_of(&error, "", false), missing);
    }
}
