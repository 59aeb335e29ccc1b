//! The wall: a grid of tiles, or one camera large.

use std::collections::BTreeMap;
use std::sync::Arc;

use eframe::egui::{self, Rect, Sense, pos2};

use super::tile::{self, Tile};
use super::{Drawn, Screen, alarms, boxes, rules, theme};
use crate::app::command::{Command, Side};
use crate::app::context::AppContext;
use crate::app::state::{Stream, feed_id};
use crate::gpu::WallPaint;
use crate::media::live::FeedId;
use crate::model::camera::StreamKind;
use crate::model::condition::Face;
use crate::model::layout::{self, Grid};

/// The shape of most pictures, for which the grid is arranged.
const ASPECT: f32 = 16.0 / 9.0;

/// The callback's number in `gpu`: the first window's wall.
const VIEW: u64 = 0;

/// Draws the wall into what room there is.
pub(super) fn wall_ui(
    ctx: &AppContext<'_>,
    ui: &mut egui::Ui,
    screen: &mut Screen,
    drawn: &mut Drawn,
) {
    let area = ui.available_rect_before_wrap();
    let cameras = &ctx.state.cameras;
    if cameras.is_empty() {
        // Where the list is refused the window over the wall says so.
        if ctx.state.refused.is_none() {
            tile::paint_empty(ctx.words, ui.painter(), area);
        }
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
    let mut labels = Vec::with_capacity(2 * cells.len());
    let mut painted = Vec::with_capacity(cells.len());
    for (index, cell) in cells {
        let camera = &cameras[index];
        let best = ctx.state.best_stream(camera, ctx.now);
        let tile = Tile {
            camera,
            stream: best.map(|(_, stream)| stream),
            selected: index == ctx.state.selected,
            large,
        };
        tiles.extend(tile.draw(ctx, cell, pixels_per_point));
        tile.labels(ctx, cell, pixels_per_point, &mut labels);
        if let Some((kind, _)) = best {
            drawn.feeds.insert(feed_id(camera, kind));
        }
        note_sizes(ctx, &tile, cell, pixels_per_point, &mut drawn.sizes);
        let response = ui.interact(
            cell,
            egui::Id::unique(("tile", camera.id.as_str())),
            Sense::click(),
        );
        response.widget_info(|| {
            egui::WidgetInfo::selected(egui::Role::Button, true, tile.selected, tile.label(ctx))
        });
        // A double click beside a handle does not leave what is drawn.
        if response.double_clicked() && !(large && ctx.state.is_drawing()) {
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
    let paint = WallPaint {
        view: VIEW,
        tiles,
        labels: screen.labels.draws(ui.ctx(), labels),
        stats: Arc::clone(&screen.stats),
    };
    ui.painter().add(paint.into_shape(area));
    for (tile, cell) in painted {
        paint_boxes(ctx, ui.painter(), &tile, cell, pixels_per_point);
        if large || (tile.selected && ctx.state.side == Some(Side::Rules)) {
            rules_on_picture(
                ctx,
                ui,
                &tile,
                (cell, pixels_per_point),
                &mut drawn.commands,
            );
        }
        tile.paint_frame(ui.painter(), cell);
        if let Some(alarm) = ctx.state.calling_of(&tile.camera.id) {
            alarms::mark::tile(ctx, ui, cell, alarm.priority);
        }
    }
    alarms::mark::no_sound(ctx, ui, area);
}

/// What the detectors see of a camera, over a picture that is now.
fn paint_boxes(
    ctx: &AppContext<'_>,
    painter: &egui::Painter,
    tile: &Tile<'_>,
    cell: Rect,
    pixels_per_point: f32,
) {
    let Some(stream) = tile.stream.filter(|_| ctx.state.settings.detectors.boxes) else {
        return;
    };
    let shown = tile.shown(ctx);
    if shown.is_stale() || shown.face == Face::Hidden {
        return;
    }
    let Some((observation, on_screen)) = ctx.state.observation(tile.camera).zip(stream.arrival)
    else {
        return;
    };
    let (picture, uv) = shown_part(ctx, stream, cell, pixels_per_point);
    boxes::paint(ctx, painter, (observation, on_screen), picture, uv);
}

/// Where the picture is, points, and which part of it: left, top, right, bottom in shares.
fn shown_part(
    ctx: &AppContext<'_>,
    stream: &Stream,
    cell: Rect,
    pixels_per_point: f32,
) -> (Rect, [f32; 4]) {
    let ([left, top, width, height], [u, v, across, down]) =
        tile::place(ctx, stream.aspect, cell, pixels_per_point);
    let points = |px: f32| px / pixels_per_point;
    let picture = Rect::from_min_size(
        pos2(points(left), points(top)),
        egui::vec2(points(width), points(height)),
    );
    (picture, [u, v, u + across, v + down])
}

/// The rules of the selected camera, and the one that is drawn. They can be drawn on a picture that is
/// old, or on none.
fn rules_on_picture(
    ctx: &AppContext<'_>,
    ui: &mut egui::Ui,
    tile: &Tile<'_>,
    (cell, pixels_per_point): (Rect, f32),
    out: &mut Vec<Command>,
) {
    if tile.shown(ctx).face == Face::Hidden {
        return;
    }
    let whole = (cell, [0.0, 0.0, 1.0, 1.0]);
    let (picture, uv) = tile
        .stream
        .filter(|stream| stream.shown.is_some())
        .map_or(whole, |stream| {
            shown_part(ctx, stream, cell, pixels_per_point)
        });
    rules::paint_rules(ctx, ui.painter(), tile.camera, picture, uv);
    if let Some(drawing) = ctx.state.drawing_here().filter(|_| ctx.state.is_drawing()) {
        rules::canvas_ui(ctx, ui, drawing, picture, uv, out);
    }
}

/// Every open stream of a camera on the screen gets pictures: the large one is not shown before
/// its first picture, and must get it to be shown.
pub(super) fn note_sizes(
    ctx: &AppContext<'_>,
    tile: &Tile<'_>,
    cell: Rect,
    pixels_per_point: f32,
    sizes: &mut BTreeMap<FeedId, (u32, u32)>,
) {
    for kind in [StreamKind::Sub, StreamKind::Main] {
        let id = feed_id(tile.camera, kind);
        if let Some(stream) = ctx.state.streams.get(&id) {
            let (rect, uv) = tile::place(ctx, stream.aspect, cell, pixels_per_point);
            let whole = |side: f32, share: f32| (side / share.max(0.01)).round().max(1.0) as u32;
            sizes.insert(id, (whole(rect[2], uv[2]), whole(rect[3], uv[3])));
        }
    }
}

fn to_egui(rect: layout::Rect) -> Rect {
    Rect::from_min_max(pos2(rect.x, rect.y), pos2(rect.x + rect.w, rect.y + rect.h))
}
