//! The real models on real pictures: `make test` brings both.
//!
//! Where models or clips are missing these tests fail and say how to get them.

#[path = "detect/clips.rs"]
mod clips;
#[path = "detect/foreign.rs"]
mod foreign;
#[path = "detect/golden.rs"]
mod golden;
#[path = "detect/harness.rs"]
mod harness;
#[path = "detect/scenes.rs"]
mod scenes;
