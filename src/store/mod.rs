//! What is kept: the database with its log, folders, settings, the camera file, passwords, the
//! journal of states, how the wall was left. Nothing in here draws or opens streams.

pub mod cameras;
pub mod certificates;
pub mod credential;
pub mod database;
pub mod journal;
pub mod log;
pub mod login;
pub mod paths;
pub mod reading;
pub mod secrets;
pub mod settings;
pub mod spool;
pub mod wall;
