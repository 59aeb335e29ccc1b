//! Alarms beside the wall: the queue and the one that is looked at, those that somebody was unsure of,
//! those that are over, how much it all is, and what is put aside.

mod across;
mod aside;
mod card;
mod figures;
mod history;
pub(super) mod mark;
mod queue;

use eframe::egui::{self, Button, RichText};

use super::card::title_ui;
use super::{Drawn, Screen, theme};
use crate::app::alarms::{AlarmTab, AlarmsCommand, Sound};
use crate::app::command::{Command, Side};
use crate::app::context::AppContext;
use crate::model::alarm::alarm::{Alarm, State as Stands};
use crate::model::alarm::queue::Part;
use crate::words::{date, time};

/// Draws the panel.
pub(super) fn alarms_ui(
    ctx: &AppContext<'_>,
    ui: &mut egui::Ui,
    screen: &mut Screen,
    drawn: &mut Drawn,
) {
    let words = ctx.words;
    let calling = [("count", ctx.state.num_calling().into())];
    let title = words.with("alarms-title", &calling);
    title_ui(ctx, ui, &title, Side::Alarms, &mut drawn.commands);
    // Above what comes and goes: a tab must not move away under the pointer.
    tabs_ui(ctx, ui, &mut drawn.commands);
    ui.add_space(4.0);
    warnings_ui(ctx, ui);
    across::waiting_ui(ctx, ui, &mut drawn.commands);
    match ctx.state.alarms.tab {
        AlarmTab::Queue => queue_and_card_ui(ctx, ui, screen, drawn),
        AlarmTab::Asked => asked_ui(ctx, ui, screen, drawn),
        AlarmTab::History => history::history_ui(ctx, ui, &mut drawn.commands),
        AlarmTab::Figures => figures::figures_ui(ctx, ui, &mut drawn.commands),
        AlarmTab::Aside => aside::aside_ui(ctx, ui, &mut drawn.commands),
    }
}

/// What makes the list less than it seems: no sound, a flood, what is not kept yet.
fn warnings_ui(ctx: &AppContext<'_>, ui: &mut egui::Ui) {
    let words = ctx.words;
    let alarms = &ctx.state.alarms;
    if let Sound::Missing(why, since) = &alarms.sound {
        let since = time(*since, &jiff::tz::TimeZone::system());
        let values = [("why", why.as_str().into()), ("since", since.into())];
        banner_ui(ui, &words.with("alarms-no-sound", &values), 16.0);
    }
    for waiting in &alarms.waiting {
        let class = alarms.classes.get(&waiting.class);
        let name = class.map_or(waiting.class.as_str(), |class| {
            class.name.get(words.language())
        });
        let camera = waiting.camera.as_ref().map_or("", |camera| camera.as_str());
        let values = [
            ("class", name.into()),
            ("camera", camera.into()),
            ("count", waiting.count.into()),
        ];
        banner_ui(ui, &words.with("alarms-not-kept", &values), 13.0);
    }
    if alarms.waiting_more > 0 {
        let count = [("count", alarms.waiting_more.into())];
        banner_ui(ui, &words.with("alarms-not-kept-more", &count), 13.0);
    }
    if alarms.lost > 0 {
        let count = [("count", alarms.lost.into())];
        banner_ui(ui, &words.with("alarms-lost", &count), 16.0);
    }
    if alarms.only_in_memory {
        banner_ui(ui, &words.get("alarms-only-in-memory"), 13.0);
    }
    if alarms.queue.flood {
        let count = [("count", alarms.queue.recent.into())];
        banner_ui(ui, &words.with("alarms-flood", &count), 13.0);
    }
}

fn banner_ui(ui: &mut egui::Ui, text: &str, size: f32) {
    egui::Frame::NONE
        .stroke(egui::Stroke::new(1.5, theme::WARN))
        .inner_margin(6)
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            let text = RichText::new(format!("▲ {text}"))
                .font(theme::bold(size))
                .color(theme::WARN);
            ui.add(egui::Label::new(text).wrap());
        });
    ui.add_space(4.0);
}

fn tabs_ui(ctx: &AppContext<'_>, ui: &mut egui::Ui, out: &mut Vec<Command>) {
    let state = ctx.state;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 2.0;
        for tab in AlarmTab::ALL {
            let name = ctx.words.get(tab.key());
            let text = match tab {
                AlarmTab::Asked => {
                    let asked = state.own_alarms();
                    let asked = asked.filter(|kept| kept.value.is_asked()).count();
                    if asked > 0 {
                        format!("{name} {asked}")
                    } else {
                        name.into_owned()
                    }
                }
                _ => name.into_owned(),
            };
            let chosen = state.alarms.tab == tab;
            let button = Button::new(RichText::new(text).size(12.0)).selected(chosen);
            if ui.add(button).clicked() && !chosen {
                out.push(Command::Alarms(AlarmsCommand::Tab(tab)));
            }
        }
    });
}

fn queue_and_card_ui(
    ctx: &AppContext<'_>,
    ui: &mut egui::Ui,
    screen: &mut Screen,
    drawn: &mut Drawn,
) {
    let state = ctx.state;
    if state.alarms.queue.entries.is_empty() {
        ui.add_space(12.0);
        dim(ui, ctx.words.get("alarms-none"));
        return;
    }
    // The card keeps its room; the queue has the rest, and scrolls.
    let room = ui.available_height();
    let card = state.chosen_alarm();
    let most = if card.is_some() { room * 0.30 } else { room };
    egui::ScrollArea::vertical()
        .id_salt("alarm-queue")
        .max_height(most.max(90.0))
        .auto_shrink([false, true])
        .show(ui, |ui| queue::queue_ui(ctx, ui, &mut drawn.commands));
    if let Some(kept) = card {
        ui.separator();
        egui::ScrollArea::vertical()
            .id_salt("alarm-card")
            .show(ui, |ui| card::card_ui(ctx, ui, kept, screen, drawn));
    }
}

/// What somebody was unsure of, for whoever looks again.
fn asked_ui(ctx: &AppContext<'_>, ui: &mut egui::Ui, screen: &mut Screen, drawn: &mut Drawn) {
    let asked = ctx.state.own_alarms();
    let asked: Vec<_> = asked.filter(|kept| kept.value.is_asked()).collect();
    if asked.is_empty() {
        dim(ui, ctx.words.get("alarms-none-asked"));
        return;
    }
    for kept in &asked {
        queue::line_ui(ctx, ui, kept, 1, Part::Own, &mut drawn.commands);
    }
    let chosen = ctx
        .state
        .chosen_alarm()
        .filter(|kept| kept.value.is_asked() && !ctx.state.is_elsewhere(kept));
    if let Some(kept) = chosen {
        ui.separator();
        egui::ScrollArea::vertical()
            .id_salt("asked-card")
            .show(ui, |ui| card::card_ui(ctx, ui, kept, screen, drawn));
    }
}

/// Where an alarm stands, by the key of its words. What never lasted has no cause that could go.
fn state_key(alarm: &Alarm) -> &'static str {
    match alarm.state() {
        Stands::Returned if alarm.turns.is_empty() => Stands::Unacknowledged.key(),
        state => state.key(),
    }
}

/// What an alarm is called.
pub(super) fn name_of(ctx: &AppContext<'_>, alarm: &Alarm) -> String {
    let class = ctx.state.alarms.class(alarm);
    class.map_or_else(
        || alarm.class.to_string(),
        |class| class.name.get(ctx.words.language()).to_owned(),
    )
}

/// Where it is: the camera, the place, the subject.
pub(super) fn place_of(ctx: &AppContext<'_>, alarm: &Alarm) -> String {
    let language = ctx.words.language();
    let camera = match (ctx.state.camera_of(alarm), &alarm.camera) {
        (Some(camera), _) => camera.name.get(language).to_owned(),
        (None, Some(id)) => id.to_string(),
        (None, None) => String::new(),
    };
    let subject = alarm.subject.clone().unwrap_or_default();
    let parts = [camera, alarm.place.clone(), subject];
    let parts: Vec<&str> = parts
        .iter()
        .map(String::as_str)
        .filter(|part| !part.is_empty())
        .collect();
    parts.join(" · ")
}

/// A time of today by the clock, of another day with its date.
pub(super) fn when(ctx: &AppContext<'_>, at: crate::base::clock::WallTime) -> String {
    let zone = jiff::tz::TimeZone::system();
    let (day, today) = (date(at, &zone), date(ctx.wall, &zone));
    if day == today {
        time(at, &zone)
    } else {
        format!("{day} {}", time(at, &zone))
    }
}

pub(super) fn dim(ui: &mut egui::Ui, text: impl Into<String>) {
    ui.add(egui::Label::new(RichText::new(text).size(12.0).color(theme::TEXT_DIM)).wrap());
}

/// Words that were written down as the key of words are read in one's own language.
pub(super) fn said(ctx: &AppContext<'_>, text: &str) -> String {
    if ctx.words.has(text) {
        ctx.words.get(text).into_owned()
    } else {
        text.to_owned()
    }
}
