//! The watchdog: a small process above the wall that starts it again, into the same wall, when it
//! crashed, stood still or lost its graphics device.
//!
//! ```text
//! qyran wall ──starts──► qyran wall --watched
//!  supervise   ◄──beats── line (stdout)  once a second from App::logic
//!              ──"quit"─► line (stdin)   closes the window
//! ```
//!
//! * `policy` is what is decided, as plain functions of times and endings.
//! * `line` is the wall's end of the two pipes.
//! * `supervise` is the process: it starts no decoder, no window and no graphics device.
//!
//! When the watchdog itself is killed the wall goes on, and says so in its log.

mod line;
mod policy;
mod signals;
mod supervise;

pub use line::{Beat, QUIT, Watched};
pub use policy::{Cause, EXIT_DEVICE_LOST, EXIT_NOT_STARTED, Ending, Pulse, Restarts};
pub use supervise::{Program, WatchError, supervise};
