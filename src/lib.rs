//! Qyran: a native video wall.

pub mod base;
pub mod model;
pub mod words;
