//! Small things everything stands on: time, back-off, named threads, bytes as text.
//!
//! Belongs here: what knows nothing of cameras, pixels or people.
//! Does not: anything with a domain noun in its name (that is `model`).

pub mod ageing;
pub mod backoff;
pub mod clock;
pub mod confinement;
pub mod family;
pub mod files;
pub mod hex;
pub mod proc;
pub mod skipped;
pub mod sleep;
pub mod synchronised;
pub mod threads;
