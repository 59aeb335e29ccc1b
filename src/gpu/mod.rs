//! Pictures become textures, textures become tiles: all tiles of a window in one instanced draw
//! per size of picture.
//!
//! Belongs here: wgpu pipelines, textures, uploads, the choice of the adapter.
//! Does not: cameras and layouts (`model`, `ui`), arithmetic on samples (`pixels`).
//!
//! The life of a picture here: the UI puts a [`TileDraw`] per tile into a [`WallPaint`] and hands
//! that to egui as a paint callback. Before egui's pass the newest pictures are written to their
//! layers of texture arrays, if their serial is new; within the pass the tiles are drawn.

mod adapter;
mod label;
mod stats;
mod textures;
mod timing;
mod wall;

pub use adapter::{
    AdapterSummary, adapter_choice, describe_adapters, headless, present_now, watch_device,
};
pub use label::{LabelDraw, LabelImage};
pub use stats::{PaintFigures, PaintStats, Uploaded};
pub use textures::FeedKey;
pub use wall::{TileDraw, WallPaint, install, most_side_px};
