//! Where encoded video comes from.
//!
//! A [`Source`] yields [`EncodedUnit`]s: whole access units with their codec, times and a keyframe
//! flag. The decoder consumes them, and later the recorder, the pre-roll and the replay: one
//! connection, no second decode. Sources run on the network runtime and wait there.

mod discreet;
mod file;
mod pattern;
mod pipeline;
pub mod probe;
#[cfg(target_os = "linux")]
mod reading;
mod rtsp;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
#[cfg(target_os = "linux")]
pub(super) use pipeline::{PipelineSource, Said};

use super::apart::Workers;
use crate::base::clock::MediaTime;
use crate::model::camera::{Certificates, Credentials};
use crate::model::codec::Codec;
use crate::model::condition::Reason;
use crate::model::frame::Capture;
use crate::model::stream_url::StreamUrl;

/// What a stream says about itself before the first unit, where it does.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Parameters {
    /// Width and height in pixels.
    pub size: Option<(u32, u32)>,
    /// Frames per second.
    pub rate_hz: Option<f32>,
}

/// [`EncodedUnit::recovers_after`] of a unit at which decoding is only tried: nothing in the stream
/// says when its pictures are whole.
pub const NEVER_TOLD: u16 = u16::MAX;

/// One access unit (a coded picture).
#[derive(Clone, Debug)]
pub struct EncodedUnit {
    /// Codec.
    pub codec: Codec,
    /// What the stream says of itself.
    pub parameters: Parameters,
    /// Presentation time, from an origin of this session.
    pub pts: MediaTime,
    /// When its last packet arrived.
    pub arrival: Instant,
    /// Capture time and number, where the stream tells.
    pub capture: Option<Capture>,
    /// Decoding may begin here: IDR, CRA, BLA, a recovery point, the start of an intra refresh, a
    /// JPEG.
    pub keyframe: bool,
    /// Where decoding begins here: so many further units until the picture is whole (0: at once;
    /// [`NEVER_TOLD`]: nobody knows).
    pub recovers_after: u16,
    /// Packets known to be lost just before it.
    pub lost_packets: u32,
    /// Part of it is known to be missing (packets lost within it, fragments without an end).
    pub is_damaged: bool,
    /// The unit.
    pub bytes: Bytes,
}

/// A source could not be opened, or ended.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct SourceError {
    /// Why, in the words of the wall.
    pub reason: Reason,
}

impl From<Reason> for SourceError {
    fn from(reason: Reason) -> Self {
        Self { reason }
    }
}

/// The next unit, when it comes.
pub type NextUnit<'a> = Pin<Box<dyn Future<Output = Result<EncodedUnit, SourceError>> + Send + 'a>>;

/// Something that yields encoded units.
pub trait Source: Send {
    /// Waits for the next unit. After an error the source is spent. Dropping the future loses no
    /// unit: it is cancel-safe.
    fn next(&mut self) -> NextUnit<'_>;

    /// What is known of the way here; a source of this machine has none.
    fn report(&self) -> SourceReport {
        SourceReport::default()
    }
}

/// How a stream comes here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceReport {
    /// Packets come by UDP.
    pub is_datagram: bool,
    /// Packets that came twice or too late.
    pub late_packets: u64,
    /// Jumps of stream time.
    pub jumps: u64,
    /// What was overlooked (`docs/ref/cameras.md` has the table), with how often.
    pub leniencies: Vec<(&'static str, u32)>,
}

/// A source on its way to open.
pub type Opening = Pin<Box<dyn Future<Output = Result<Box<dyn Source>, SourceError>> + Send>>;

/// What to open.
#[derive(Clone, Debug)]
pub struct Address {
    /// `rtsp:` (or `rtspt:`), `rtspu:`, `rtsps:`, `rtsph:`, `rtspsh:`, `file:` or `test:`; without
    /// credentials.
    pub url: StreamUrl,
    /// User and password, where the other side wants them.
    pub credentials: Option<Credentials>,
}

impl Address {
    /// The key by which connections are limited: host and port, or the scheme for what has none.
    pub fn host_key(&self) -> String {
        match (
            self.url.host_str(),
            self.url.reveal().port_or_known_default(),
        ) {
            (Some(host), Some(port)) => format!("{host}:{port}"),
            (Some(host), None) => match self.url.scheme() {
                "rtsps" => format!("{host}:322"),
                "rtsph" => format!("{host}:80"),
                "rtspsh" => format!("{host}:443"),
                _ => format!("{host}:554"),
            },
            _ => self.url.scheme().to_owned(),
        }
    }
}

/// Opens addresses; the tests have one of their own.
pub trait Opener: Send + Sync {
    /// Starts to open.
    fn open(&self, address: Address) -> Opening;
}

/// Remembers the certificates of cameras: see [`SystemOpener::remembering`].
pub use qyran_rtsp::CertificateMemory;

/// Opens real addresses by their scheme.
#[derive(Clone)]
pub struct SystemOpener {
    rules: rtsp::Rules,
    files: Option<Workers>,
}

impl Default for SystemOpener {
    fn default() -> Self {
        Self::new(Certificates::Any)
    }
}

impl SystemOpener {
    /// With what cameras' certificates have to be. Without a memory the first certificate counts no
    /// more than any other.
    pub fn new(certificates: Certificates) -> Self {
        Self {
            rules: rtsp::Rules {
                trust: rtsp::trust_of(certificates, None),
                allow_plain_basic: true,
            },
            files: None,
        }
    }

    /// The same, with the certificates that cameras showed before in `memory`.
    pub fn remembering(certificates: Certificates, memory: Arc<dyn CertificateMemory>) -> Self {
        let mut opener = Self::new(certificates);
        opener.rules.trust = rtsp::trust_of(certificates, Some(memory));
        opener
    }

    /// Files are read in processes of their own; with nothing, in this one: whoever made a file that the
    /// reader is not made for ends it then.
    #[must_use]
    pub fn with_files_read_by(mut self, workers: Option<Workers>) -> Self {
        self.files = workers;
        self
    }

    /// Whether a password may go in the clear (Basic without TLS) where a camera asks for that alone.
    #[must_use]
    pub fn with_plain_passwords(mut self, allow: bool) -> Self {
        self.rules.allow_plain_basic = allow;
        self
    }
}

impl Opener for SystemOpener {
    fn open(&self, address: Address) -> Opening {
        let opener = self.clone();
        Box::pin(async move {
            match address.url.scheme() {
                "rtsp" | "rtspt" | "rtspu" | "rtsps" | "rtsph" | "rtspsh" => {
                    let source = rtsp::RtspSource::open(address, opener.rules).await?;
                    Ok(Box::new(source) as Box<dyn Source>)
                }
                "file" => {
                    let source = file::open(address.url.reveal(), opener.files)?;
                    Ok(Box::new(source) as Box<dyn Source>)
                }
                "test" => Ok(Box::new(pattern::open(address.url.reveal())?) as Box<dyn Source>),
                other => Err(SourceError::from(Reason::Protocol(format!(
                    "no source for {other}: addresses"
                )))),
            }
        })
    }
}

/// The units of a `file:` address, once and as fast as they are taken. Must be called within a
/// tokio runtime; after the last it is closed.
///
/// # Errors
/// When the file is not there, or holds no video that the wall knows.
pub fn read_file(url: &url::Url) -> Result<Box<dyn Source>, SourceError> {
    Ok(Box::new(file::open_once(url)?))
}
