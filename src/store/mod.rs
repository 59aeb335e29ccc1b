//! What is kept on disk: folders, settings, the camera file, passwords, the journal of states, how
//! the wall was left.
//!
//! Later orders add the database, the audit log and migrations here. Nothing in here draws or
//! opens streams.

pub mod cameras;
pub mod journal;
pub mod log;
pub mod paths;
pub mod secrets;
pub mod settings;
pub mod wall;
