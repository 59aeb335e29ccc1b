//! Qyran: a native video wall.

pub mod base;
pub mod city;
pub mod link;
pub mod model;
