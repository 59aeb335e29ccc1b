//! Qyran: a native video wall.

pub mod base;
pub mod gpu;
pub mod model;
pub mod pixels;
