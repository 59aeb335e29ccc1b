//! What counting lines counted: a line on the tile, a chart of a day on the card. Where nobody looked
//! there is no number: a gap is a gap, never a zero.

use eframe::egui::{self, Color32, Rect, RichText, Stroke, pos2, vec2};

use super::theme;
use crate::app::context::AppContext;
use crate::base::clock::WallTime;
use crate::model::camera::Camera;
use crate::model::detection::counting::{Counting, Sum};
use crate::model::detection::rule::Rule;
use crate::model::detection::{Class, Kind};
use crate::words::{Value, Words};

/// Height of the chart, points.
const CHART_HEIGHT: f32 = 44.0;
/// Hours in the chart.
const HOURS: u32 = 24;
/// Less than this was not the whole time.
const WHOLE: f32 = 0.95;
const MINUTE: i64 = 60_000_000_000;

/// The counting rules of a camera, with what they counted.
fn counting<'a>(
    ctx: &'a AppContext<'_>,
    camera: &'a Camera,
) -> impl Iterator<Item = (&'a Rule, Option<&'a Counting>)> {
    let eyes = &ctx.state.eyes;
    eyes.rules_of(&camera.id)
        .filter(|rule| rule.enabled && rule.kind() == Kind::Counting)
        .map(|rule| {
            let key = (camera.id.clone(), rule.id.clone());
            (rule, eyes.counts.get(&key))
        })
}

/// What the lines of a camera counted in the last whole hour of minutes, for its tile; nothing where
/// no line counts or none of it was watched.
pub(super) fn tile_text(ctx: &AppContext<'_>, camera: &Camera) -> Option<String> {
    let words = ctx.words;
    let parts: Vec<String> = counting(ctx, camera)
        .filter_map(|(rule, counting)| {
            let sum = last_hour(counting?, ctx.wall)?;
            Some(sum_text(words, rule, &sum))
        })
        .collect();
    if parts.is_empty() {
        return None;
    }
    let hour = words.get("count-an-hour");
    Some(format!("{} {hour}", parts.join(" | ")))
}

/// The sixty minutes before the running one.
fn last_hour(counting: &Counting, now: WallTime) -> Option<Sum> {
    counting.sum(now.plus_nanos(-60 * MINUTE), 60)
}

/// How many; where not all of the time was watched, that there were at least so many.
fn sum_text(words: Words, rule: &Rule, sum: &Sum) -> String {
    let least = if sum.watched < WHOLE { "≥ " } else { "" };
    let number = |count: u32| Value::from(format!("{least}{count}"));
    let mut parts = Vec::new();
    if rule.takes(&Class::new("person")) {
        let values = [("count", number(sum.persons()))];
        parts.push(words.with("count-people", &values));
    }
    if rule.takes(&Class::new("car")) || parts.is_empty() {
        let values = [("count", number(sum.vehicles()))];
        parts.push(words.with("count-vehicles", &values));
    }
    parts.join(" · ")
}

/// Charts of the last day on the card, one for each counting line.
pub(super) fn card_ui(ctx: &AppContext<'_>, ui: &mut egui::Ui, camera: &Camera) {
    let words = ctx.words;
    for (rule, counting) in counting(ctx, camera) {
        let name = rule.name.get(words.language());
        let name = if name.is_empty() {
            words.get(Kind::Counting.key()).into_owned()
        } else {
            name.to_owned()
        };
        ui.add_space(8.0);
        ui.label(RichText::new(name).font(theme::bold(13.0)));
        let nothing = Counting::default();
        let counting = counting.unwrap_or(&nothing);
        let text = match last_hour(counting, ctx.wall) {
            Some(sum) => {
                let hour = words.get("count-an-hour");
                let mut text = format!("{} {hour}", sum_text(words, rule, &sum));
                if sum.watched < WHOLE {
                    let share = [("percent", percent(sum.watched))];
                    text = format!("{text} · {}", words.with("count-watched", &share));
                }
                text
            }
            None => words.get("count-not-watched").into_owned(),
        };
        ui.add(egui::Label::new(RichText::new(text).size(12.0)).wrap());
        chart_ui(ctx, ui, rule, counting);
    }
}

fn percent(share: f32) -> Value<'static> {
    Value::Decimal {
        value: f64::from(share * 100.0).floor(),
        digits: 0,
    }
}

fn chart_ui(ctx: &AppContext<'_>, ui: &mut egui::Ui, rule: &Rule, counting: &Counting) {
    let words = ctx.words;
    let hour = 60 * MINUTE;
    // The running hour is the last one.
    let first = WallTime((ctx.wall.0.div_euclid(hour) - i64::from(HOURS) + 1) * hour);
    let hours = counting.hours(first, HOURS);
    let size = vec2(ui.available_width(), CHART_HEIGHT);
    let (rect, response) = ui.allocate_exact_size(size, egui::Sense::hover());
    let painter = ui.painter();
    painter.rect_filled(rect, 0.0, theme::WALL);
    let total = |sum: &Sum| sum.persons() + sum.vehicles();
    let most = hours.iter().flatten().map(total).max().unwrap_or(0).max(1);
    let width = rect.width() / HOURS as f32;
    for (index, sum) in hours.iter().enumerate() {
        let left = rect.left() + index as f32 * width;
        let column = Rect::from_min_max(
            pos2(left + 1.0, rect.top()),
            pos2(left + width - 1.0, rect.bottom()),
        );
        match sum {
            None => hatch(painter, column),
            Some(sum) => {
                if sum.watched < WHOLE && index + 1 < HOURS as usize {
                    hatch(painter, column);
                }
                let share = total(sum) as f32 / most as f32;
                // A zero that was seen is a line on the ground.
                let top = rect.bottom() - (share * (CHART_HEIGHT - 2.0)).max(1.0);
                let bar = Rect::from_min_max(pos2(column.left(), top), column.max);
                painter.rect_filled(bar, 0.0, theme::TEXT_DIM);
            }
        }
    }
    let text = hover_text(words, rule, &hours, first, &response, rect, width);
    response.widget_info(|| {
        egui::WidgetInfo::labeled(egui::Role::Image, true, words.get("count-chart"))
    });
    if let Some(text) = text {
        response.on_hover_text(text);
    }
    ui.horizontal(|ui| {
        let dim = |text: String| RichText::new(text).size(11.0).color(theme::TEXT_DIM);
        ui.label(dim(words.get("count-chart").into_owned()));
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let values = [("count", most.into())];
            ui.label(dim(words.with("count-most", &values)));
        });
    });
}

/// The hour under the mouse.
fn hover_text(
    words: Words,
    rule: &Rule,
    hours: &[Option<Sum>],
    first: WallTime,
    response: &egui::Response,
    rect: Rect,
    width: f32,
) -> Option<String> {
    let at = response.hover_pos()?;
    let index = ((at.x - rect.left()) / width).floor().max(0.0) as usize;
    let sum = hours.get(index)?;
    let begins = first.plus_nanos(index as i64 * 60 * MINUTE);
    let local = jiff::Timestamp::from_nanosecond(i128::from(begins.0))
        .ok()?
        .to_zoned(jiff::tz::TimeZone::system());
    let clock = local.strftime("%H:%M").to_string();
    Some(match sum {
        None => format!("{clock}  {}", words.get("count-not-watched")),
        Some(sum) => {
            let share = [("percent", percent(sum.watched))];
            let watched = words.with("count-watched", &share);
            format!("{clock}  {} · {watched}", sum_text(words, rule, sum))
        }
    })
}

/// Nobody looked: thin strokes, told from a bar without colour.
fn hatch(painter: &egui::Painter, column: Rect) {
    let painter = painter.with_clip_rect(column);
    let stroke = Stroke::new(1.0, Color32::from_gray(56));
    let mut x = column.left() - column.height();
    while x < column.right() {
        let ends = [
            pos2(x, column.bottom()),
            pos2(x + column.height(), column.top()),
        ];
        painter.line_segment(ends, stroke);
        x += 6.0;
    }
}
