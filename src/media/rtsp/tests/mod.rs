//! Sessions against servers of the tests' own, most of them over pipes and under simulated time.

mod answers;
mod hostile;
mod keepalive;
mod log_in;
mod peer;
mod secure;
mod stream;
mod tracks;
mod transport;
mod tunnel;

use std::sync::Arc;

use crate::error::Error;
use crate::io::{Connection, Target};

/// Opens connections for a session.
pub(crate) type Dial = Arc<dyn Fn(&Target) -> Result<Connection, Error> + Send + Sync>;
