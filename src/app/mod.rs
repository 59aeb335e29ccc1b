//! The program's state and the one place that changes it.
//!
//! [`App::logic`] drains events and commands and decides; `ui` reads [`state::State`] through
//! [`context::AppContext`] and sends [`command::Command`]s. Nothing else changes state.

pub mod alarms;
pub mod camera_file;
mod certificates;
pub mod command;
pub mod context;
mod crops;
pub mod eyes;
pub mod given;
mod left;
pub mod measure;
pub mod pacer;
pub mod pages;
mod passwords;
mod program;
mod quality;
mod remembered;
pub mod rules;
pub mod seat;
mod sounds;
mod spans;
mod start;
pub mod state;
mod typing;
pub mod watchdog;

pub use program::App;
pub use start::{Args, StartError, run};
