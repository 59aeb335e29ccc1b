//! The shapes of rules on the picture: thin and grey as what is watched, with handles while one is
//! drawn. Places are shares of the upright picture; `uv` is the part of it that is shown.

use eframe::egui::{
    self, Align2, Color32, CursorIcon, FontId, Pos2, Rect, Sense, Shape as Paint, Stroke, Vec2,
    pos2, vec2,
};

use super::{name_of, send};
use crate::app::command::Command;
use crate::app::context::AppContext;
use crate::app::rules::{Drawing, RulesCommand};
use crate::model::camera::Camera;
use crate::model::detection::rule::edit::{self, Handle, Shape};
use crate::model::detection::rule::{Direction, Line, Rule, Way, What, Zone};
use crate::model::detection::{Kind, Point};
use crate::ui::theme;

/// Radius of a handle, points.
const HANDLE: f32 = 5.0;
/// How near the mouse must come to it, points.
const NEAR: f32 = 11.0;
/// Length of the arrow that shows a direction, points.
const ARROW: f32 = 26.0;
/// Size of the names, points.
const NAME_SIZE: f32 = 11.0;

/// Where a picture is on the screen, and which part of it.
#[derive(Clone, Copy)]
struct Place {
    picture: Rect,
    uv: [f32; 4],
}

impl Place {
    fn across(&self) -> Vec2 {
        let [left, top, right, bottom] = self.uv;
        vec2((right - left).max(1e-3), (bottom - top).max(1e-3))
    }

    fn on_screen(&self, point: Point) -> Pos2 {
        let across = self.across();
        pos2(
            self.picture.left() + (point.x - self.uv[0]) / across.x * self.picture.width(),
            self.picture.top() + (point.y - self.uv[1]) / across.y * self.picture.height(),
        )
    }

    fn in_picture(&self, at: Pos2) -> Point {
        let by = self.by(at - self.picture.min);
        Point {
            x: self.uv[0] + by.x,
            y: self.uv[1] + by.y,
        }
    }

    /// A way on the screen, in shares of the picture.
    fn by(&self, way: Vec2) -> Point {
        let across = self.across();
        Point {
            x: way.x / self.picture.width().max(1.0) * across.x,
            y: way.y / self.picture.height().max(1.0) * across.y,
        }
    }
}

/// What is watched on a camera, thin and grey; the rule that is drawn is left to [`canvas_ui`].
pub(in crate::ui) fn paint_rules(
    ctx: &AppContext<'_>,
    painter: &egui::Painter,
    camera: &Camera,
    picture: Rect,
    uv: [f32; 4],
) {
    let place = Place { picture, uv };
    let painter = painter.with_clip_rect(picture);
    let drawn = ctx.state.drawing_here().filter(|_| ctx.state.is_drawing());
    let drawn = drawn.map(|drawing| &drawing.rule.id);
    let eyes = &ctx.state.eyes;
    for rule in eyes.rules_of(&camera.id) {
        if rule.enabled && Some(&rule.id) != drawn {
            paint_rule(&painter, place, rule, theme::TEXT_DIM, 1.0);
            paint_name(&painter, place, rule, &name_of(ctx.words, rule));
        }
    }
}

/// The rule that is drawn, with what can be held.
pub(in crate::ui) fn canvas_ui(
    ctx: &AppContext<'_>,
    ui: &mut egui::Ui,
    drawing: &Drawing,
    picture: Rect,
    uv: [f32; 4],
    out: &mut Vec<Command>,
) {
    let place = Place { picture, uv };
    let painter = ui.painter().with_clip_rect(picture);
    let rule = &drawing.rule;
    if let Some(zone) = rule.what.zone() {
        let points = zone.points.iter().map(|point| place.on_screen(*point));
        let points: Vec<Pos2> = points.collect();
        let bounds = Rect::from_points(&points);
        drag_ui(ctx, ui, place, (Shape::Zone, rule), bounds, out);
    }
    if let Some(line) = rule.what.line() {
        let ends = [place.on_screen(line.from), place.on_screen(line.to)];
        let bounds = Rect::from_points(&ends).expand(NEAR / 2.0);
        drag_ui(ctx, ui, place, (Shape::Line, rule), bounds, out);
    }
    paint_rule(&painter, place, rule, theme::TEXT, 2.0);
    for (after, middle) in edit::middles(&rule.what) {
        let at = place.on_screen(middle);
        let name = ctx
            .words
            .with("rules-edge", &[("number", (after + 1).into())]);
        let response = spot_ui(ui, ("rule-edge", after), at, &name);
        painter.circle(
            at,
            HANDLE - 2.0,
            Color32::from_black_alpha(120),
            line_of(theme::TEXT_DIM),
        );
        if response.clicked() || response.drag_started() {
            send(out, RulesCommand::Add(Some(after)));
        }
    }
    for (handle, point) in edit::handles(&rule.what) {
        handle_ui(ctx, ui, (place, &painter), drawing, (handle, point), out);
    }
}

fn line_of(colour: Color32) -> Stroke {
    Stroke::new(1.0, colour)
}

/// A place on the picture that can be held.
fn spot_ui(ui: &egui::Ui, id: (&'static str, usize), at: Pos2, name: &str) -> egui::Response {
    let rect = Rect::from_center_size(at, Vec2::splat(2.0 * NEAR));
    let response = ui.interact(rect, egui::Id::unique(id), Sense::click_and_drag());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, name));
    response.on_hover_cursor(CursorIcon::Grab)
}

fn handle_ui(
    ctx: &AppContext<'_>,
    ui: &egui::Ui,
    (place, painter): (Place, &egui::Painter),
    drawing: &Drawing,
    (handle, point): (Handle, Point),
    out: &mut Vec<Command>,
) {
    let at = place.on_screen(point);
    let (id, word) = match handle.shape {
        Shape::Zone => ("rule-corner", "rules-corner"),
        Shape::Line => ("rule-end", "rules-end"),
    };
    let name = ctx
        .words
        .with(word, &[("number", (handle.index + 1).into())]);
    let response = spot_ui(ui, (id, handle.index), at, &name);
    if response.clicked() || response.drag_started() {
        send(out, RulesCommand::Hold(handle));
    }
    if response.dragged()
        && let Some(to) = response.interact_pointer_pos()
    {
        send(out, RulesCommand::MoveTo(handle, place.in_picture(to)));
    }
    if response.secondary_clicked() {
        send(out, RulesCommand::TakeOut(Some(handle)));
    }
    // The one that is held is larger and has a ring: told without colour.
    let held = drawing.held == Some(handle);
    let radius = if held { HANDLE + 1.5 } else { HANDLE };
    painter.circle(at, radius, theme::TEXT, Stroke::new(1.5, Color32::BLACK));
    if held {
        painter.circle_stroke(at, radius + 3.0, Stroke::new(2.0, theme::SELECTION));
    }
}

/// The shape to which a place on the screen belongs: the line where both do, as it is the smaller.
fn shape_at(place: Place, what: &What, at: Pos2) -> Option<Shape> {
    let on_line = what.line().is_some_and(|line| {
        let ends = [place.on_screen(line.from), place.on_screen(line.to)];
        distance(ends, at) <= NEAR / 2.0
    });
    let in_zone = |zone: &Zone| zone.holds(place.in_picture(at));
    if on_line {
        Some(Shape::Line)
    } else {
        what.zone()
            .filter(|zone| in_zone(zone))
            .map(|_| Shape::Zone)
    }
}

/// Moves the whole shape that lay where the drag began. The bounds of both shapes may overlap.
fn drag_ui(
    ctx: &AppContext<'_>,
    ui: &egui::Ui,
    place: Place,
    (shape, rule): (Shape, &Rule),
    bounds: Rect,
    out: &mut Vec<Command>,
) {
    let id = egui::Id::unique(("rule-shape", shape));
    let response = ui.interact(bounds, id, Sense::drag());
    response.widget_info(|| {
        let name = ctx.words.get(match shape {
            Shape::Zone => "rules-whole-zone",
            Shape::Line => "rules-whole-line",
        });
        egui::WidgetInfo::labeled(egui::Role::Button, true, name)
    });
    // What is dragged is settled where the drag begins: the shape moves on from there.
    if response.drag_started() {
        let begun = ui.ctx().input(|input| input.pointer.press_origin());
        let dragged = begun.and_then(|at| shape_at(place, &rule.what, at));
        ui.data_mut(|data| data.insert_temp(id, dragged));
    }
    if response.dragged()
        && let Some(dragged) = ui.data(|data| data.get_temp::<Option<Shape>>(id)).flatten()
    {
        send(
            out,
            RulesCommand::MoveAll(dragged, place.by(response.drag_delta())),
        );
    }
}

fn distance([a, b]: [Pos2; 2], at: Pos2) -> f32 {
    let (way, to) = (b - a, at - a);
    let along = (to.dot(way) / way.length_sq().max(1e-6)).clamp(0.0, 1.0);
    (to - way * along).length()
}

fn paint_rule(painter: &egui::Painter, place: Place, rule: &Rule, colour: Color32, width: f32) {
    // A dark line under the light one: seen on snow and on asphalt.
    for stroke in [
        Stroke::new(width + 2.0, Color32::from_black_alpha(110)),
        Stroke::new(width, colour),
    ] {
        if let Some(zone) = rule.what.zone() {
            let points = zone.points.iter().map(|point| place.on_screen(*point));
            painter.add(Paint::closed_line(points.collect(), stroke));
        }
        if let Some(line) = rule.what.line() {
            paint_line(painter, place, &rule.what, line, stroke);
        }
    }
}

fn paint_line(painter: &egui::Painter, place: Place, what: &What, line: &Line, stroke: Stroke) {
    let (from, to) = (place.on_screen(line.from), place.on_screen(line.to));
    let way = to - from;
    if let What::WrongWay {
        way: Way::Along { .. },
    } = what
    {
        painter.arrow(from, way, stroke);
        return;
    }
    painter.line_segment([from, to], stroke);
    let direction = match what {
        What::Line { direction, .. } | What::Yield { direction, .. } => *direction,
        What::WrongWay {
            way: Way::Across { allowed, .. },
        } => *allowed,
        _ => Direction::Either,
    };
    // To the right hand of who stands at `from` and looks to `to`; y grows downwards.
    let right = vec2(-way.y, way.x).normalized() * ARROW;
    let middle = from + way * 0.5;
    if direction != Direction::RightToLeft {
        painter.arrow(middle, right, stroke);
    }
    if direction != Direction::LeftToRight {
        painter.arrow(middle, -right, stroke);
    }
}

fn paint_name(painter: &egui::Painter, place: Place, rule: &Rule, name: &str) {
    let first = edit::handles(&rule.what).first().map(|(_, at)| *at);
    let Some(at) = first.filter(|_| rule.kind() != Kind::Blade) else {
        return;
    };
    let font = FontId::proportional(NAME_SIZE);
    let galley = painter.layout_no_wrap(name.to_owned(), font, theme::TEXT_DIM);
    let at = place.on_screen(at) + vec2(4.0, 2.0);
    let ground = Align2::LEFT_TOP.anchor_size(at, galley.size() + vec2(6.0, 0.0));
    painter.rect_filled(ground, 0.0, theme::SHADE);
    painter.galley(at + vec2(3.0, 0.0), galley, theme::TEXT_DIM);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_on_the_screen_is_a_place_in_the_picture() {
        let place = Place {
            picture: Rect::from_min_max(pos2(100.0, 50.0), pos2(300.0, 150.0)),
            uv: [0.25, 0.0, 0.75, 1.0],
        };
        for (x, y) in [(0.25, 0.0), (0.5, 0.5), (0.75, 1.0), (0.1, 1.2)] {
            let back = place.in_picture(place.on_screen(Point { x, y }));
            assert!(
                (back.x - x).abs() < 1e-5 && (back.y - y).abs() < 1e-5,
                "{x} {y}"
            );
        }
        assert_eq!(
            place.on_screen(Point { x: 0.5, y: 0.5 }),
            pos2(200.0, 100.0)
        );
        let by = place.by(vec2(20.0, 10.0));
        assert!((by.x - 0.05).abs() < 1e-6 && (by.y - 0.1).abs() < 1e-6);
        let ends = [pos2(0.0, 0.0), pos2(10.0, 0.0)];
        assert_eq!(distance(ends, pos2(5.0, 3.0)), 3.0);
        assert_eq!(distance(ends, pos2(13.0, 4.0)), 5.0);
    }
}
