//! The log that cannot be quietly changed.

pub mod line;
pub mod tree;
