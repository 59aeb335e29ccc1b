//! Streams in, pictures out: the only module that names GStreamer and the RTSP client.
//!
//! * [`apart`] starts the processes that parse what cameras sent, beside those that decode.
//! * [`source`] opens an address and yields [`source::EncodedUnit`]s, nothing decoded.
//! * [`clip`] gives the pictures of a video file, one after the other.
//! * [`inventory`] says what GStreamer has on this machine.
//! * [`ring`] keeps the units of the last half minute, and writes spans of them to disk.
//! * [`live`] takes units to [`crate::pixels::Picture`]s in a newest-wins slot.
//!
//! No GStreamer type leaves this module. What does not belong here: textures (`gpu`), which
//! cameras there are (`store`), what a tile shows (`model::condition`).

pub mod apart;
pub mod clip;
pub mod inventory;
pub mod live;
pub mod ring;
pub mod source;

/// Makes GStreamer ready; call it once before anything else here.
///
/// # Errors
/// When GStreamer cannot start, with its own words.
pub fn init() -> Result<(), InitError> {
    gstreamer::init().map_err(|error| InitError(error.to_string()))
}

/// GStreamer did not start.
#[derive(Debug, thiserror::Error)]
#[error("GStreamer cannot start: {0}; is the package libgstreamer1.0-0 whole?")]
pub struct InitError(String);
