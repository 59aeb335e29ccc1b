//! Priorities by shape and colour, and the frame of a tile whose camera has an alarm.

use std::time::Duration;

use eframe::egui::{self, Color32, Pos2, Rect, Shape, Stroke, pos2, vec2};

use crate::app::alarms::Sound;
use crate::app::context::AppContext;
use crate::model::alarm::Priority;
use crate::ui::theme;

/// The key of the words of a priority.
pub(in crate::ui) fn key(priority: Priority) -> &'static str {
    match priority {
        Priority::Critical => "priority-critical",
        Priority::High => "priority-high",
        Priority::Medium => "priority-medium",
        Priority::Low => "priority-low",
    }
}

/// Okabe and Ito's colours, as the field's guides take them.
pub(in crate::ui) fn colour(priority: Priority) -> Color32 {
    match priority {
        Priority::Critical => theme::CRITICAL,
        Priority::High => theme::WARN,
        Priority::Medium => theme::NOTE,
        Priority::Low => theme::TEXT_DIM,
    }
}

/// How often a second an alarm pulses: 2 for what is urgent, 0.6 for the rest; never more than 3.
fn pulses_per_s(priority: Priority) -> Option<f64> {
    match priority {
        Priority::Critical | Priority::High => Some(2.0),
        Priority::Medium => Some(0.6),
        Priority::Low => None,
    }
}

/// Whether it is in its strong half now, and when that changes.
fn pulse(ctx: &AppContext<'_>, priority: Priority) -> (bool, Option<Duration>) {
    let Some(rate) = pulses_per_s(priority) else {
        return (true, None);
    };
    let half = 0.5 / rate;
    let secs = (ctx.wall.micros().rem_euclid(60_000_000)) as f64 / 1e6;
    let number = (secs / half).floor();
    let left = (number + 1.0) * half - secs;
    let strong = (number as i64).rem_euclid(2) == 0;
    (strong, Some(Duration::from_secs_f64(left.max(0.01))))
}

fn polygon(centre: Pos2, radius: f32, corners: usize, turned: f32) -> Vec<Pos2> {
    (0..corners)
        .map(|n| {
            let angle = (n as f32 + turned) / corners as f32 * std::f32::consts::TAU;
            centre + radius * vec2(angle.sin(), -angle.cos())
        })
        .collect()
}

/// The shape of a priority: octagon, triangle, circle, square. Hollow when somebody has seen it.
pub(in crate::ui) fn paint(
    painter: &egui::Painter,
    centre: Pos2,
    radius: f32,
    priority: Priority,
    hollow: bool,
) {
    let colour = colour(priority);
    let (fill, stroke) = if hollow {
        (Color32::TRANSPARENT, Stroke::new(1.5, colour))
    } else {
        (colour, Stroke::new(1.0, Color32::BLACK))
    };
    let shape = match priority {
        Priority::Critical => {
            Shape::convex_polygon(polygon(centre, radius * 1.05, 8, 0.5), fill, stroke)
        }
        Priority::High => Shape::convex_polygon(
            polygon(centre + vec2(0.0, radius * 0.2), radius * 1.15, 3, 0.0),
            fill,
            stroke,
        ),
        Priority::Medium => {
            painter.circle(centre, radius * 0.9, fill, stroke);
            return;
        }
        Priority::Low => Shape::convex_polygon(polygon(centre, radius * 1.1, 4, 0.5), fill, stroke),
    };
    painter.add(shape);
}

/// The frame of a tile whose camera has an alarm that nobody has seen: corners that grow and shrink,
/// and the shape of its priority.
pub(in crate::ui) fn tile(ctx: &AppContext<'_>, ui: &egui::Ui, cell: Rect, priority: Priority) {
    let (strong, left) = pulse(ctx, priority);
    if let Some(left) = left {
        ui.ctx().request_repaint_after(left);
    }
    let painter = ui.painter();
    let colour = colour(priority);
    let side = cell.width().min(cell.height());
    let length = side * if strong { 0.30 } else { 0.16 };
    let stroke = Stroke::new(if strong { 5.0 } else { 3.0 }, colour);
    let inner = cell.shrink(stroke.width / 2.0);
    // What can wait has its shape alone; the corner with the camera's name stays free.
    for (corner, right, down) in [
        (inner.left_top(), 1.0, 1.0),
        (inner.right_top(), -1.0, 1.0),
        (inner.right_bottom(), -1.0, -1.0),
    ]
    .into_iter()
    .filter(|_| priority != Priority::Low)
    {
        painter.line_segment([corner, corner + vec2(right * length, 0.0)], stroke);
        painter.line_segment([corner, corner + vec2(0.0, down * length)], stroke);
    }
    let radius = (side * 0.09).clamp(7.0, 18.0) * if strong { 1.0 } else { 0.8 };
    let centre = pos2(cell.center().x, cell.min.y + radius + stroke.width + 3.0);
    self::paint(painter, centre, radius, priority, false);
}

/// Over the wall, large: alarms cannot be heard. It flashes while one calls, in place of the sound.
pub(in crate::ui) fn no_sound(ctx: &AppContext<'_>, ui: &egui::Ui, area: Rect) {
    if !matches!(ctx.state.alarms.sound, Sound::Missing(..)) {
        return;
    }
    let calls = ctx.state.num_calling() > 0;
    let (strong, left) = if calls {
        pulse(ctx, Priority::Critical)
    } else {
        (false, None)
    };
    if let Some(left) = left {
        ui.ctx().request_repaint_after(left);
    }
    let text = format!("▲ {}", ctx.words.get("status-no-sound"));
    let (ground, ink) = if strong {
        (theme::WARN, Color32::BLACK)
    } else {
        (theme::BAR, theme::WARN)
    };
    let painter = ui.painter();
    let galley = painter.layout_no_wrap(text, theme::bold(26.0), ink);
    let size = galley.size() + vec2(28.0, 12.0);
    let place =
        Rect::from_center_size(pos2(area.center().x, area.min.y + size.y / 2.0 + 6.0), size);
    painter.rect_filled(place, 3.0, ground);
    painter.rect_stroke(
        place,
        3.0,
        Stroke::new(2.0, theme::WARN),
        egui::StrokeKind::Inside,
    );
    painter.galley(place.min + vec2(14.0, 6.0), galley, ink);
}
