//! The card: all that is known of the selected camera.

use std::time::{Duration, Instant};

use eframe::egui::{self, Button, Color32, Rect, RichText, pos2, vec2};

use super::{counts, theme, tile};
use crate::app::command::{Command, Side};
use crate::app::context::AppContext;
use crate::app::state::Stream;
use crate::base::synchronised::Synchronised;
use crate::model::camera::{Camera, Priority, StreamKind};
use crate::model::camera_clock::{ClockJudgement, ClockOffset};
use crate::model::condition::{Administration, Condition, Picture};
use crate::model::detection::Kind;
use crate::model::history::{self, History, Trust};
use crate::words::{Value, Words};

/// Height of the strip of the last day, points.
const STRIP_HEIGHT: f32 = 18.0;

/// Draws the card.
pub(super) fn card_ui(ctx: &AppContext<'_>, ui: &mut egui::Ui, out: &mut Vec<Command>) {
    let words = ctx.words;
    title_ui(ctx, ui, &words.get("card-title"), Side::Card, out);
    let Some(camera) = ctx.state.selected_camera() else {
        ui.label(RichText::new(words.get("empty-no-cameras")).color(theme::TEXT_DIM));
        return;
    };
    let language = words.language();
    egui::ScrollArea::vertical().show(ui, |ui| {
        ui.label(RichText::new(camera.name.get(language)).font(theme::bold(16.0)));
        let place = [camera.district.get(language), camera.site.get(language)];
        let place = place.map(str::to_owned).join(" · ");
        let place = place.trim_matches([' ', '·']);
        if !place.is_empty() {
            ui.label(RichText::new(place).color(theme::TEXT_DIM));
        }
        ui.add_space(6.0);
        strip_ui(ctx, ui, camera);
        ui.add_space(6.0);
        let best = ctx.state.best_stream(camera, ctx.now);
        let stream = best.map(|(_, stream)| stream);
        egui::Grid::new("card")
            .num_columns(2)
            .min_col_width(96.0)
            .spacing([10.0, 4.0])
            .show(ui, |ui| {
                let fresh = Condition::new(camera.service, ctx.now);
                let condition = stream.map_or(&fresh, |stream| &stream.condition);
                condition_rows(ctx, ui, condition);
                if let Some((kind, stream)) = best {
                    stream_rows(words, ui, kind.word(), stream);
                }
                let offset = ctx
                    .state
                    .stream(camera, StreamKind::Sub)
                    .and_then(|stream| stream.clock_offset);
                clock_rows(ctx, ui, offset);
                detector_rows(ctx, ui, camera);
                priority_row(ctx, ui, camera, out);
                owner_rows(words, ui, camera);
            });
        counts::card_ui(ctx, ui, camera);
        mask_ui(ctx, ui, camera, out);
        let picture = stream.map(|stream| stream.condition.picture.value);
        if matches!(picture, Some(Picture::Blurred | Picture::Moved)) {
            ui.add_space(8.0);
            let accept = words.get("command-accept-picture");
            if ui.add(Button::new(accept).wrap()).clicked() {
                out.push(Command::AcceptPicture(camera.id.clone()));
            }
        }
    });
}

/// A masked camera may be shown for a while, with a second person beside.
fn mask_ui(ctx: &AppContext<'_>, ui: &mut egui::Ui, camera: &Camera, out: &mut Vec<Command>) {
    let words = ctx.words;
    if let Some(until) = ctx.state.lifted.get(&camera.id) {
        let left = tile::age_text(words, until.saturating_duration_since(ctx.now));
        let text = words.with("card-mask-lifted", &[("left", left.into())]);
        ui.add_space(8.0);
        ui.label(RichText::new(format!("● {text}")).color(theme::NOTE));
        if ui
            .button(words.get("command-lower-mask").as_ref())
            .clicked()
        {
            out.push(Command::LowerMask(camera.id.clone()));
        }
    } else if camera.service == Administration::Masked {
        ui.add_space(8.0);
        let lift = Button::new(words.get("command-lift-mask").as_ref()).wrap();
        if ui.add(lift).clicked() {
            out.push(Command::LiftMask(camera.id.clone()));
        }
    }
}

/// The heading of what stands beside the wall, with its button to close.
pub(super) fn title_ui(
    ctx: &AppContext<'_>,
    ui: &mut egui::Ui,
    title: &str,
    side: Side,
    out: &mut Vec<Command>,
) {
    ui.horizontal(|ui| {
        ui.label(
            RichText::new(title)
                .font(theme::bold(14.0))
                .color(theme::TEXT_DIM),
        );
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let close = Button::new("✕").small().fill(Color32::TRANSPARENT);
            let close = ui.add(close).on_hover_text(ctx.words.get("help-close"));
            if close.clicked() {
                out.push(Command::ToggleSide(side));
            }
        });
    });
    ui.add_space(4.0);
}

fn row(ui: &mut egui::Ui, name: &str, value: impl Into<egui::WidgetText>) {
    ui.label(RichText::new(name).color(theme::TEXT_DIM));
    ui.add(egui::Label::new(value).wrap());
    ui.end_row();
}

fn since(words: Words, since: Instant, now: Instant) -> String {
    tile::age_text(words, now.saturating_duration_since(since))
}

/// The four fields, each on its own: none hides another here.
fn condition_rows(ctx: &AppContext<'_>, ui: &mut egui::Ui, condition: &Condition) {
    let words = ctx.words;
    let mut add = |name: &str, key: &str, at: Instant| {
        let value = format!("{} · {}", words.get(key), since(words, at, ctx.now));
        row(ui, &words.get(name), value);
    };
    let (link, picture) = (&condition.link, &condition.picture);
    add("card-link", link.value.key(), link.since);
    if picture.value != Picture::None {
        add("card-picture", picture.value.key(), picture.since);
    }
    add(
        "card-load",
        condition.load.value.key(),
        condition.load.since,
    );
    row(
        ui,
        &words.get("card-service"),
        words.get(condition.administration.value.key()).into_owned(),
    );
    if let Some(reason) = link.value.reason() {
        let age = ctx.now.saturating_duration_since(link.since);
        let text = tile::reason_text(words, reason, Some(age));
        row(ui, &words.get("card-reason"), text);
        let rows = [
            ("card-matter", reason.matter().key()),
            ("card-advice", reason.advice_key()),
        ];
        for (name, key) in rows {
            row(ui, &words.get(name), words.get(key).into_owned());
        }
    }
}

/// So many of what is overlooked for a camera stand on its card, the most frequent first.
const MAX_OVERLOOKED: usize = 5;

fn stream_rows(words: Words, ui: &mut egui::Ui, kind: &str, stream: &Stream) {
    let report = &stream.report;
    if let Some(codec) = report.codec {
        let (width, height) = stream.size;
        let text = format!("{kind} · {} · {width}×{height}", codec.name());
        row(ui, &words.get("card-stream"), text);
    }
    let decimal = |value: f32| Value::Decimal {
        value: f64::from(value),
        digits: 0,
    };
    let ages = [0.5, 0.95, 0.99].map(|share| stream.ages.percentile_ms(share));
    if let [Some(p50), Some(p95), Some(p99)] = ages {
        let values = [
            ("p50", decimal(p50)),
            ("p95", decimal(p95)),
            ("p99", decimal(p99)),
        ];
        let text = words.with("card-ages", &values);
        row(ui, &words.get("card-age"), text);
    }
    let counters = &report.counters;
    let values = [
        ("received", counters.units.into()),
        ("lost", counters.lost_packets.into()),
        ("sessions", counters.sessions.into()),
    ];
    row(
        ui,
        &words.get("card-frames"),
        words.with("card-counters", &values),
    );
    let minute = report.minute;
    let has_breaks = minute.lost_packets + minute.concealed + minute.discontinuities > 0;
    if has_breaks || minute.disturbed > 0 {
        let values = [
            ("percent", minute.disturbed_percent().into()),
            ("lost", minute.lost_packets.into()),
            ("concealed", minute.concealed.into()),
            ("breaks", minute.discontinuities.into()),
        ];
        let text = words.with("card-breaks", &values);
        row(ui, &words.get("card-minute"), text);
    }
    let mut overlooked = report.way.leniencies.clone();
    overlooked.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let lines: Vec<String> = overlooked
        .iter()
        .take(MAX_OVERLOOKED)
        .map(|(name, count)| format!("{} × {count}", words.get(&format!("leniency-{name}"))))
        .collect();
    if !lines.is_empty() {
        row(ui, &words.get("card-overlooked"), lines.join("\n"));
    }
}

fn clock_rows(ctx: &AppContext<'_>, ui: &mut egui::Ui, offset: Option<ClockOffset>) {
    let words = ctx.words;
    let text = match offset {
        None => RichText::new(words.get("clock-unknown")).color(theme::TEXT_DIM),
        Some(offset) => {
            let colour = match offset.judge() {
                ClockJudgement::Fine => theme::TEXT,
                _ => theme::WARN,
            };
            RichText::new(clock_text(words, offset, ctx.state.synchronised)).color(colour)
        }
    };
    row(ui, &words.get("card-clock"), text);
    let own = match ctx.state.synchronised {
        Synchronised::Yes(_) => "clock-own-yes",
        Synchronised::No(_) => "clock-own-no",
        Synchronised::Unknown => "clock-own-unknown",
    };
    row(
        ui,
        &words.get("card-own-clock"),
        words.get(own).into_owned(),
    );
}

/// What a camera's clock says against ours: `▲ +7.0 s`, an hour with its likely cause.
pub(super) fn clock_text(words: Words, offset: ClockOffset, own: Synchronised) -> String {
    let sign = if offset.nanos < 0 { "−" } else { "+" };
    let size = Value::Decimal {
        value: offset.secs().abs(),
        digits: 1,
    };
    let mut text = words.with("clock-offset", &[("sign", sign.into()), ("seconds", size)]);
    match offset.judge() {
        ClockJudgement::Fine => {}
        ClockJudgement::Off => text = format!("▲ {text}"),
        ClockJudgement::HourAhead | ClockJudgement::HourBehind => {
            text = format!("▲ {text}\n{}", words.get("clock-hour"));
        }
    }
    if !matches!(own, Synchronised::Yes(_)) {
        text = format!("{text}\n{}", words.get("clock-uncertain"));
    }
    text
}

/// What the detectors looked at and what they passed over, and what they can see.
fn detector_rows(ctx: &AppContext<'_>, ui: &mut egui::Ui, camera: &Camera) {
    let words = ctx.words;
    let name = words.get("card-detectors");
    if ctx.state.eyes.status.is_none() {
        return;
    }
    let Some(seen) = ctx.state.observation(camera) else {
        row(
            ui,
            &name,
            RichText::new(words.get("card-no-look")).color(theme::TEXT_DIM),
        );
        return;
    };
    let ago = tile::age_text(words, ctx.now.saturating_duration_since(seen.arrival));
    let mut text = words.with("card-looked", &[("age", ago.into())]);
    if let Some(interval) = seen.interval.filter(|interval| !interval.is_zero()) {
        let seconds = Value::Decimal {
            value: interval.as_secs_f64(),
            digits: 1,
        };
        let every = words.with("card-look-every", &[("seconds", seconds)]);
        text = format!("{text} · {every}");
    }
    row(ui, &name, text);
    let decoded = [StreamKind::Sub, StreamKind::Main]
        .into_iter()
        .filter_map(|kind| ctx.state.stream(camera, kind))
        .find(|stream| stream.key == seen.feed)
        .map_or(0, |stream| stream.report.counters.decoded);
    let values = [
        ("looks", seen.looks.into()),
        ("passed", decoded.saturating_sub(seen.looks).into()),
        ("parts", (seen.parts as u64).into()),
    ];
    row(ui, "", words.with("card-look-counts", &values));
    for (rule, sight) in &seen.sight {
        let rules = ctx.state.eyes.rules_of(&camera.id);
        let name = rules
            .filter(|known| known.id == *rule)
            .map(|known| known.name.get(words.language()))
            .find(|name| !name.is_empty())
            .map_or_else(|| words.get(Kind::Blade.key()).into_owned(), str::to_owned);
        row(ui, &name, words.get(sight.key()).into_owned());
    }
}

/// What the camera is worth at this seat; the least important are slowed first.
fn priority_row(ctx: &AppContext<'_>, ui: &mut egui::Ui, camera: &Camera, out: &mut Vec<Command>) {
    let name = ctx.words.get("card-priority");
    ui.label(RichText::new(name.as_ref()).color(theme::TEXT_DIM));
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 3.0;
        let current = ctx.state.priority(camera);
        for priority in (1..=5).filter_map(Priority::new) {
            let button = Button::new(priority.level().to_string()).small();
            let button = ui.add(button.selected(priority == current));
            let button = button.on_hover_text(ctx.words.get("card-priority-hint"));
            if button.clicked() && priority != current {
                out.push(Command::SetPriority(camera.id.clone(), priority));
            }
        }
    });
    ui.end_row();
}

fn owner_rows(words: Words, ui: &mut egui::Ui, camera: &Camera) {
    let rows = [
        ("card-id", camera.id.as_str()),
        ("card-firm", camera.firm.as_str()),
        ("card-system", camera.system.as_str()),
        ("card-phone", camera.phone.as_str()),
    ];
    for (name, value) in rows.into_iter().filter(|(_, value)| !value.is_empty()) {
        row(ui, &words.get(name), value);
    }
}

/// The last day: the worse, the higher, so that it can be read without colour.
fn strip_ui(ctx: &AppContext<'_>, ui: &mut egui::Ui, camera: &Camera) {
    let words = ctx.words;
    let nothing = History::default();
    let history = ctx.state.histories.get(&camera.id).unwrap_or(&nothing);
    let now = ctx.wall;
    let (rect, _) = ui.allocate_exact_size(
        vec2(ui.available_width(), STRIP_HEIGHT),
        egui::Sense::hover(),
    );
    let painter = ui.painter();
    painter.rect_filled(rect, 0.0, theme::WALL);
    for stretch in history.strip(history::DAY, now) {
        let (share, colour) = match stretch.trust {
            Trust::Unwatched => continue,
            Trust::Good => (0.25, theme::TEXT_DIM),
            Trust::Doubtful => (0.6, theme::NOTE),
            Trust::Bad => (1.0, theme::WARN),
        };
        let x = |share: f32| rect.min.x + share * rect.width();
        // What lasted for a moment is seen all the same.
        let right = x(stretch.to).max(x(stretch.from) + 1.0);
        let top = rect.max.y - share * rect.height();
        let bar = Rect::from_min_max(pos2(x(stretch.from), top), pos2(right, rect.max.y));
        painter.rect_filled(bar, 0.0, colour);
    }
    let hours = Duration::from_secs(6 * 3600);
    for quarter in 1..4 {
        let share = (hours * quarter).as_secs_f32() / history::DAY.as_secs_f32();
        let x = rect.min.x + share * rect.width();
        painter.vline(x, rect.y_range(), egui::Stroke::new(1.0, theme::LINE));
    }
    ui.horizontal(|ui| {
        let dim = |text: String| RichText::new(text).size(11.0).color(theme::TEXT_DIM);
        ui.label(dim(words.get("card-day").into_owned()));
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            if let Some(share) = history.good_share(history::DAY, now) {
                let percent = Value::Decimal {
                    // Never rounded up to a whole day.
                    value: (f64::from(share) * 1000.0).floor() / 10.0,
                    digits: 1,
                };
                ui.label(dim(words.with("card-good-share", &[("percent", percent)])));
            }
        });
    });
}
