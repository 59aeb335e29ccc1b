//! The domain as plain data and plain functions: cameras, layouts, conditions, frames.
//!
//! No I/O, no clock, no GPU, no thread. Time comes in as an argument.
//! What reads or writes a file lives in `store`, what opens a stream in `media`.

pub mod act;
pub mod ages;
pub mod alarm;
pub mod camera;
pub mod camera_clock;
pub mod codec;
pub mod condition;
pub mod detection;
pub mod frame;
pub mod history;
pub mod id;
pub mod lawful;
pub mod layout;
pub mod near;
pub mod outside;
pub mod person;
pub mod pin;
pub mod quality;
pub mod reason;
pub mod redact;
pub mod roles;
pub mod seat_key;
pub mod settings_file;
pub mod shift;
pub mod sign_in;
pub mod staff;
pub mod stamp;
pub mod stream_url;
