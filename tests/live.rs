//! The live stage against real RTSP on loopback: the demo city on the fixture clips, a server that
//! is not ours, and servers that lie, stall or hang up. No window, no GPU, no footage.
//!
//! Nothing here waits for a time to pass: every test waits for what a feed tells.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

#[path = "live/answers.rs"]
mod answers;
#[path = "live/bars.rs"]
mod bars;
#[path = "live/faults.rs"]
mod faults;
#[path = "live/files.rs"]
mod files;
#[cfg(target_os = "linux")]
#[path = "live/keyring.rs"]
mod keyring;
#[path = "live/lasting.rs"]
mod lasting;
#[path = "live/odd.rs"]
mod odd;
#[path = "live/passwords.rs"]
mod passwords;
#[path = "live/peers.rs"]
mod peers;
#[path = "live/perl.rs"]
mod perl;
#[cfg(target_os = "linux")]
#[path = "live/processes.rs"]
mod processes;
#[path = "live/ring.rs"]
mod ring;
#[path = "live/secrets.rs"]
mod secrets;
#[path = "live/stage.rs"]
mod stage;
#[path = "live/transport.rs"]
mod transport;
#[path = "live/wall.rs"]
mod wall;
