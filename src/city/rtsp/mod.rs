//! A small RTSP server (RFC 2326) for cameras on pre-encoded clips: RTP over the RTSP connection or UDP.
//!
//! One task per connection and one session per connection. No PAUSE, no recording.

pub(crate) mod address;
pub(crate) mod auth;
pub(crate) mod connection;
pub(crate) mod lag;
pub(crate) mod player;
pub(crate) mod request;
pub(crate) mod sdp;
pub(crate) mod udp;
pub(crate) mod weather;
