//! A small RTSP server (RFC 2326) for cameras on pre-encoded clips: RTP over the RTSP connection.
//!
//! One task per connection and one session per connection. No UDP, no PAUSE, no recording.

pub(crate) mod address;
pub(crate) mod auth;
pub(crate) mod connection;
pub(crate) mod player;
pub(crate) mod request;
pub(crate) mod sdp;
