//! An RTSP client (RFC 2326) that takes what real cameras send.
//!
//! * [`open`] goes from an address to a [`Session`] that plays; [`Session::next`] gives [`Unit`]s.
//! * Only what is needed to set a track up and to tell pictures apart can be an error. While units
//!   flow, nothing that is said beside them ends the session. What is overlooked is a named
//!   [`Leniency`] and counted.
//! * Everything has a bound: heads, lines, bodies, tracks, fragments, packets that wait.
//! * Nothing that a camera says, and no address, is written into errors or logs: both may hold
//!   secrets.
//!
//! What does not belong here: decoding, which cameras there are, when to try again, what a tile says.
//! No vendor is named; no C code is called; there is no `unsafe`.

mod address;
mod auth;
mod error;
mod framing;
mod h26x;
mod head;
mod io;
mod jpeg;
mod jpeg_head;
mod jpeg_scan;
mod leniency;
mod nal;
mod options;
mod picture;
mod receiver;
mod rtp;
mod sdp;
mod sequence;
mod session;
mod sound;
mod timeline;
mod trust;
mod udp;
mod unit;

#[cfg(test)]
mod tests;

pub use address::Transport;
pub use auth::Credentials;
pub use error::{CertificateFault, Error, Fault, Phase, RedirectFault};
pub use leniency::{Leniencies, Leniency};
pub use options::{Method, Observer, Options, Step, Wanted};
pub use receiver::TrackStatistics;
pub use sdp::{Direction, Encoding, Medium};
pub use session::{OfferedTrack, Play, Session, open};
pub use trust::{CertificateMemory, Fingerprint, Trust};
pub use unit::{Replay, Unit};
