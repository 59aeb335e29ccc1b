//! The line at the bottom: how many are live, frames, processor, page, language, clock.

use eframe::egui::{self, Button, Color32, RichText};

use super::theme;
use crate::app::alarms::Sound;
use crate::app::command::{Command, Side};
use crate::app::context::AppContext;
use crate::detect::Status;
use crate::store::database::Link;
use crate::store::settings::Fit;
use crate::words::{Language, Value};

/// The longest name of whoever sits here, characters; of a longer one the beginning is shown.
const LONGEST_NAME: usize = 24;

/// Draws the status line: what is operated on the right, what is told on the left as far as there
/// is room for it.
pub(super) fn status_ui(ctx: &AppContext<'_>, ui: &mut egui::Ui, out: &mut Vec<Command>) {
    ui.horizontal(|ui| {
        ui.set_height(theme::STATUS_TEXT_HEIGHT);
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            operated_ui(ctx, ui, out);
            ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                told_ui(ctx, ui);
            });
        });
    });
}

fn told_ui(ctx: &AppContext<'_>, ui: &mut egui::Ui) {
    let (state, words) = (ctx.state, ctx.words);
    let total = state.page_range().len();
    let live = state.num_live();
    let feeds = words.with(
        "status-feeds",
        &[("live", live.into()), ("total", total.into())],
    );
    let figures = &state.figures;
    let frames = [("shown", figures.shown.into()), ("due", figures.due.into())];
    let mut parts = vec![if live < total {
        (format!("▲ {feeds}"), theme::bold(13.0), theme::WARN)
    } else {
        (feeds, egui::FontId::proportional(13.0), theme::TEXT)
    }];
    let seat = &state.seat;
    let mut warn = |text: String| {
        parts.push((format!("▲ {text}"), theme::bold(13.0), theme::WARN));
    };
    let calling = state.num_calling();
    if calling > 0 && state.side != Some(Side::Alarms) {
        warn(words.with("status-alarms", &[("count", calling.into())]));
    }
    if let Sound::Missing(..) = &state.alarms.sound {
        warn(words.get("status-no-sound").into_owned());
    }
    if state.alarms.lost > 0 {
        let count = [("count", state.alarms.lost.into())];
        warn(words.with("alarms-lost", &count));
    }
    if let Some(why) = &seat.trouble {
        warn(words.with("seat-no-store", &[("problem", why.as_str().into())]));
    }
    let unreadable = seat.records.unreadable().len();
    if unreadable > 0 {
        warn(words.with("seat-unreadable", &[("count", unreadable.into())]));
    }
    if let Link::Away { waiting, .. } = &seat.link {
        warn(words.with("seat-centre-away", &[("count", (*waiting).into())]));
    }
    if !seat.conflicts.is_empty() {
        let count = [("count", seat.conflicts.len().into())];
        warn(words.with("seat-conflicts", &count));
    }
    if let Some(Status::Blind { .. }) = &state.eyes.status {
        warn(words.get("eyes-blind").into_owned());
    }
    let mut add =
        |text: String| parts.push((text, egui::FontId::proportional(13.0), theme::TEXT_DIM));
    if state.num_slowed() > 0 {
        add(words.with("status-slowed", &[("count", state.num_slowed().into())]));
    }
    add(words.with("status-frames", &frames));
    add(words.with("status-dropped", &[("frames", figures.dropped.into())]));
    if let Some(cores) = figures.cores {
        let cores = Value::Decimal {
            value: f64::from(cores),
            digits: 2,
        };
        add(words.with("status-processor", &[("cores", cores)]));
    }
    if let Some(Status::Watching { looks_per_s, .. }) = &state.eyes.status {
        let looks = Value::Decimal {
            value: f64::from(*looks_per_s),
            digits: 1,
        };
        add(words.with("status-looks", &[("looks", looks)]));
    }
    for (text, font, colour) in parts {
        let galley = ui.painter().layout_no_wrap(text, font, colour);
        if galley.size().x > ui.available_width() {
            break;
        }
        ui.label(galley);
    }
}

fn operated_ui(ctx: &AppContext<'_>, ui: &mut egui::Ui, out: &mut Vec<Command>) {
    let (state, words) = (ctx.state, ctx.words);
    let flat = |text: &str| Button::new(text).small().fill(Color32::TRANSPARENT);
    ui.label(RichText::new(ctx.clock).color(theme::TEXT));
    ui.separator();
    if ui
        .add(flat("F1"))
        .on_hover_text(words.get("command-help"))
        .clicked()
    {
        out.push(Command::ToggleHelp);
    }
    if let Some(person) = state.seat.session.person() {
        let name = state.seat.name_of(person);
        let short: String = name.chars().take(LONGEST_NAME).collect();
        let name = if short.len() < name.len() {
            format!("{}…", short.trim_end())
        } else {
            short
        };
        let button = flat(&name).selected(state.side == Some(Side::Shift));
        let hint = words.get("command-shift");
        if ui.add(button).on_hover_text(hint).clicked() {
            out.push(Command::ToggleSide(Side::Shift));
        }
        let open = matches!(state.side, Some(Side::Centre(_)));
        let button = flat("C").selected(open);
        let hint = words.get("command-centre");
        if ui.add(button).on_hover_text(hint).clicked() {
            out.push(Command::ToggleCentre);
        }
        ui.separator();
    }
    for (key, side, word) in [
        ("A", Side::Alarms, "command-alarms"),
        ("T", Side::Troubles, "command-troubles"),
        ("I", Side::Card, "command-card"),
    ] {
        let button = flat(key).selected(state.side == Some(side));
        if ui.add(button).on_hover_text(words.get(word)).clicked() {
            out.push(Command::ToggleSide(side));
        }
    }
    for language in Language::ALL.into_iter().rev() {
        let chosen = language == words.language();
        let button = Button::new(RichText::new(language.own_short_name()).size(12.0))
            .small()
            .selected(chosen);
        let button = if chosen {
            button
        } else {
            button.fill(Color32::TRANSPARENT)
        };
        if ui
            .add(button)
            .on_hover_text(words.get("command-language"))
            .clicked()
            && !chosen
        {
            out.push(Command::SetLanguage(language));
        }
    }
    ui.separator();
    let fit = match state.settings.fit {
        Fit::Letterbox => "command-fit-letterbox",
        Fit::Crop => "command-fit-crop",
    };
    if ui
        .add(flat(&words.get(fit)))
        .on_hover_text(words.get("command-fit"))
        .clicked()
    {
        out.push(Command::ToggleFit);
    }
    if state.pages() > 1 {
        ui.separator();
        if ui
            .add(flat("→"))
            .on_hover_text(words.get("command-next-page"))
            .clicked()
        {
            out.push(Command::NextPage);
        }
        let page = [
            ("page", (state.page + 1).into()),
            ("pages", state.pages().into()),
        ];
        ui.label(words.with("count-pages", &page));
        if ui
            .add(flat("←"))
            .on_hover_text(words.get("command-previous-page"))
            .clicked()
        {
            out.push(Command::PreviousPage);
        }
    }
}
