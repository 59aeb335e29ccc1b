//! What alarms sound like, and the only module that names the sound library.
//!
//! A [`Description`] says what each family sounds like; [`synth`] makes the samples of a burst of it;
//! [`Policy`] decides what sounds when, without a clock of its own; [`Player`] brings it to the device,
//! and brings it back when the device was away.

mod description;
mod mix;
mod player;
mod policy;
pub mod synth;

pub use description::{Description, DescriptionError, Pulses, Shape};
pub use player::{Options, Player, SoundEvent, State};
pub use policy::{MOST_AT_ONCE, Policy, Ring, Start};

/// Samples a second of everything that is made here.
pub const RATE_HZ: u32 = 48_000;
