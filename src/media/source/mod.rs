//! Where encoded video comes from.
//!
//! A [`Source`] yields [`EncodedUnit`]s: whole access units with their codec, times and a keyframe
//! flag. The decoder consumes them, and later the recorder, the pre-roll and the replay: one
//! connection, no second decode. Sources run on the network runtime and wait there.

mod discreet;
mod file;
mod gst_rtsp;
mod pattern;
mod pipeline;
mod redirect;
mod rtsp;

use std::future::Future;
use std::pin::Pin;
use std::time::Instant;

use bytes::Bytes;

use self::discreet::Discreet;
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
}

/// A source on its way to open.
pub type Opening = Pin<Box<dyn Future<Output = Result<Box<dyn Source>, SourceError>> + Send>>;

/// What to open.
#[derive(Clone, Debug)]
pub struct Address {
    /// `rtsp:`, `rtspu:`, `rtsps:`, `file:` or `test:`; without credentials.
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
            (Some(host), None) if self.url.scheme() == "rtsps" => format!("{host}:322"),
            (Some(host), None) => format!("{host}:554"),
            _ => self.url.scheme().to_owned(),
        }
    }
}

/// Opens addresses; the tests have one of their own.
pub trait Opener: Send + Sync {
    /// Starts to open.
    fn open(&self, address: Address) -> Opening;
}

/// Opens real addresses by their scheme.
#[derive(Clone, Default)]
pub struct SystemOpener {
    sessions: rtsp::Sessions,
    certificates: Certificates,
}

impl SystemOpener {
    /// With what cameras' certificates have to be.
    pub fn new(certificates: Certificates) -> Self {
        Self {
            sessions: rtsp::Sessions::default(),
            certificates,
        }
    }

    /// Opens an RTSP address and those that it leads to.
    async fn open_rtsp(self, mut address: Address) -> Result<Box<dyn Source>, SourceError> {
        let mut visited = Vec::new();
        loop {
            match self.open_here(&address).await {
                Ok(source) => return Ok(Box::new(Discreet::new(source, address))),
                Err(rtsp::OpenError::Failed(error)) => return Err(address.discreet(error)),
                Err(rtsp::OpenError::Elsewhere) => {
                    visited.push(address.url.reveal().clone());
                    let next = redirect::follow(&address, &visited).await;
                    address = next.map_err(|reason| address.discreet(reason.into()))?;
                    tracing::info!(to = %address.url, "sent on");
                }
            }
        }
    }

    async fn open_here(&self, address: &Address) -> Result<Box<dyn Source>, rtsp::OpenError> {
        use gst_rtsp::{Carrier, GstRtspSource};
        let carrier = match address.url.scheme() {
            "rtsps" => Carrier::Tls,
            "rtspu" => Carrier::Udp,
            _ => {
                let opening = rtsp::RtspSource::open(address.clone(), self.sessions.clone());
                return Ok(Box::new(opening.await?));
            }
        };
        let opening = GstRtspSource::open(address.clone(), carrier, self.certificates);
        Ok(Box::new(opening.await?))
    }
}

impl Opener for SystemOpener {
    fn open(&self, address: Address) -> Opening {
        let opener = self.clone();
        Box::pin(async move {
            match address.url.scheme() {
                "rtsp" | "rtspu" | "rtsps" => opener.open_rtsp(address).await,
                "file" => Ok(Box::new(file::open(address.url.reveal())?) as Box<dyn Source>),
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
