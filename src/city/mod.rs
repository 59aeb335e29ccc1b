//! The demo city.

pub mod footage;
