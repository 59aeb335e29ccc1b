//! Qyran: a native video wall.

pub mod app;
pub mod base;
pub mod city;
pub mod gpu;
pub mod link;
pub mod media;
pub mod model;
pub mod pixels;
pub mod store;
pub mod ui;
pub mod words;
