//! The wall: a grid of tiles, or one camera large.

use std::collections::BTreeMap;
use std::sync::Arc;

use eframe::egui::{self, Rect, Sense, pos2};

use super::tile::{self, Tile};
use super::{Drawn, theme};
use crate::app::command::Command;
use crate::app::context::AppContext;
use crate::app::state::feed_id;
use crate::gpu::{PaintStats, TileDraw, WallPaint};
use crate::media::live::FeedId;
use crate::model::layout::{self, Grid};

/// The shape of most pictures, for which the grid is arranged.
const ASPECT: f32 = 16.0 / 9.0;

/// The callback's number in `gpu`: the first window's wall.
const VIEW: u64 = 0;

/// Draws the wall into what room there is.
pub(super) fn wall_ui(
    ctx: &AppContext<'_>,
    ui: &mut egui::Ui,
    stats: &Arc<PaintStats>,
    drawn: &mut Drawn,
) {
    let area = ui.available_rect_before_wrap();
    let cameras = &ctx.state.cameras;
    if cameras.is_empty() {
        tile::paint_empty(ctx.words, ui.painter(), area);
        return;
    }
    let range = ctx.state.page_range();
    let cells: Vec<(usize, Rect)> = if ctx.state.enlarged_camera().is_some() {
        vec![(ctx.state.selected, area)]
    } else {
        let place = layout::Rect {
            x: area.min.x,
            y: area.min.y,
            w: area.width(),
            h: area.height(),
        };
        let grid = Grid::arrange(range.len(), place, ASPECT, theme::GAP);
        drawn.grid = Some(grid);
        range
            .clone()
            .map(|index| (index, to_egui(grid.cell(index - range.start))))
            .collect()
    };
    let large = ctx.state.enlarged_camera().is_some();
    let pixels_per_point = ui.ctx().pixels_per_point();
    let mut tiles = Vec::with_capacity(cells.len());
    let mut painted = Vec::with_capacity(cells.len());
    for (index, cell) in cells {
        let camera = &cameras[index];
        let best = ctx.state.best_stream(camera);
        let tile = Tile {
            camera,
            stream: best.map(|(_, stream)| stream),
            selected: index == ctx.state.selected,
            large,
        };
        let draw = tile.draw(ctx, cell, pixels_per_point);
        note_sizes(ctx, camera, cell, pixels_per_point, &mut drawn.sizes);
        if let Some(draw) = draw {
            tiles.push(draw);
        }
        let response = ui.interact(
            cell,
            egui::Id::unique(("tile", camera.id.as_str())),
            Sense::click(),
        );
        response.widget_info(|| {
            egui::WidgetInfo::selected(egui::Role::Button, true, tile.selected, tile.label(ctx))
        });
        if response.double_clicked() {
            let command = if large {
                Command::Back
            } else {
                Command::Enlarge(Some(camera.id.clone()))
            };
            drawn.commands.push(command);
        } else if response.clicked() {
            drawn.commands.push(Command::Select(camera.id.clone()));
        }
        painted.push((tile, cell));
    }
    paint_pictures(ui, area, tiles, stats);
    for (tile, cell) in painted {
        tile.paint(ctx, ui.painter(), cell);
    }
}

/// Every open stream of a camera on the screen gets pictures: the large one is not shown before
/// its first picture, and must get it to be shown.
fn note_sizes(
    ctx: &AppContext<'_>,
    camera: &crate::model::camera::Camera,
    cell: Rect,
    pixels_per_point: f32,
    sizes: &mut BTreeMap<FeedId, (u32, u32)>,
) {
    use crate::model::camera::StreamKind;
    let px = |points: f32| (points * pixels_per_point).round().max(1.0) as u32;
    let size = (px(cell.width()), px(cell.height()));
    for kind in [StreamKind::Sub, StreamKind::Main] {
        let id = feed_id(camera, kind);
        if ctx.state.streams.contains_key(&id) {
            sizes.insert(id, size);
        }
    }
}

fn paint_pictures(ui: &egui::Ui, area: Rect, tiles: Vec<TileDraw>, stats: &Arc<PaintStats>) {
    let paint = WallPaint {
        view: VIEW,
        tiles,
        stats: Arc::clone(stats),
    };
    ui.painter().add(paint.into_shape(area));
}

fn to_egui(rect: layout::Rect) -> Rect {
    Rect::from_min_max(pos2(rect.x, rect.y), pos2(rect.x + rect.w, rect.y + rect.h))
}
