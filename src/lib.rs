//! Qyran: a native video wall for the operators of police operative control centres.
//!
//! ```text
//! camera ─► media::source ─► media::live ─► slot (1, newest wins) ─► gpu ─► one instanced draw ─► screen
//!             encoded units     frames,                                ▲
//!                               reduced                                │ rectangles
//!                │ link, reason                                        │
//!                └──► FeedEvent ──► app::App::logic ──► app::state ──► ui ──► Command ──┐
//!                                        ▲                                              │
//!                                        └──────────────────────────────────────────────┘
//! ```
//!
//! | layer | modules |
//! | --- | --- |
//! | knows nothing of cameras | [`base`], [`words`] |
//! | data and pure functions | [`model`], [`pixels`] |
//! | the outside, each for itself | [`media`], [`gpu`], [`store`], [`link`] |
//! | state and what changes it | [`app`] |
//! | what the operator sees | [`ui`] |
//! | commands beside the wall | [`city`], [`demo`], [`doctor`], [`audit`], [`keeping`], [`people`], [`passwords`], [`emit`], [`trial`], [`bench`] |
//!
//! `ARCHITECTURE.md` tells more; `tests/tidy.rs` holds the arrows.

pub mod app;
pub mod audit;
pub mod base;
pub mod bench;
pub mod certificates;
pub mod city;
pub mod demo;
pub mod detect;
pub mod doctor;
pub mod emit;
pub mod gpu;
pub mod keeping;
pub mod link;
pub mod media;
pub mod model;
pub mod passwords;
pub mod people;
pub mod pixels;
pub mod probe;
pub mod sound;
pub mod store;
pub mod trial;
pub mod ui;
pub mod words;
