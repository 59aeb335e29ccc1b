//! One camera large beside the wall, live, with its state, as on its tile.

use std::sync::Arc;

use eframe::egui::{self, Rect};

use super::tile::Tile;
use super::wall::note_sizes;
use super::{Drawn, Screen, theme};
use crate::app::context::AppContext;
use crate::app::state::feed_id;
use crate::gpu::WallPaint;
use crate::model::camera::Camera;

/// Which of the pictures beside the wall: each has a number of its own in `gpu`.
#[derive(Clone, Copy)]
pub(super) enum Place {
    /// The camera, live.
    Live = 1,
    /// A recording of it.
    Recording = 2,
}

/// Draws the camera into `rect`.
pub(super) fn hotspot_ui(
    ctx: &AppContext<'_>,
    ui: &mut egui::Ui,
    camera: &Camera,
    (rect, place): (Rect, Place),
    screen: &mut Screen,
    drawn: &mut Drawn,
) {
    let pixels_per_point = ui.ctx().pixels_per_point();
    let best = ctx.state.best_stream(camera, ctx.now);
    let tile = Tile {
        camera,
        stream: best.map(|(_, stream)| stream),
        selected: false,
        large: false,
    };
    ui.painter().rect_filled(rect, 0.0, theme::EMPTY);
    let mut labels = Vec::new();
    tile.labels(ctx, rect, pixels_per_point, &mut labels);
    if let Some((kind, _)) = best {
        drawn.feeds.insert(feed_id(camera, kind));
    }
    note_sizes(ctx, &tile, rect, pixels_per_point, &mut drawn.sizes);
    let paint = WallPaint {
        view: place as u64,
        tiles: tile.draw(ctx, rect, pixels_per_point).into_iter().collect(),
        labels: screen.hotspot_labels.draws(ui.ctx(), labels),
        stats: Arc::clone(&screen.stats),
    };
    ui.painter().add(paint.into_shape(rect));
    tile.paint_frame(ui.painter(), rect);
}
