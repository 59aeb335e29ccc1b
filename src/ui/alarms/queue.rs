//! The queue: one line for each alarm, or in a flood for several of one class at one place.

use eframe::egui::{self, Rangef, RichText, Sense, vec2};

use super::{mark, name_of, place_of, when};
use crate::app::alarms::AlarmsCommand;
use crate::app::command::Command;
use crate::app::context::AppContext;
use crate::model::act::Kept;
use crate::model::alarm::alarm::{Alarm, State as Stands};
use crate::model::alarm::queue::Part;
use crate::ui::theme;

/// So many lines are drawn also where they are scrolled out of sight, for whoever reads the screen by
/// other means.
const ALL_DRAWN: usize = 50;

pub(super) fn queue_ui(ctx: &AppContext<'_>, ui: &mut egui::Ui, out: &mut Vec<Command>) {
    let alarms = &ctx.state.seat.records.alarms;
    let entries = &ctx.state.alarms.queue.entries;
    // Every line has the same height, which is known from the paint before.
    let line = ui.scope_id().with("line-height");
    let height: Option<f32> = ui.data(|data| data.get_temp(line));
    let height = height.filter(|_| entries.len() > ALL_DRAWN);
    let in_sight = ui.clip_rect().y_range();
    let mut part = Part::Own;
    for entry in entries {
        let first = entry.alarms.first().and_then(|index| alarms.get(*index));
        let Some(kept) = first else { continue };
        if entry.part != part {
            part = entry.part;
            ui.add_space(8.0);
            super::dim(
                ui,
                ctx.words.get(match part {
                    Part::Own => "alarms-queue",
                    Part::Aside => "alarms-put-aside",
                    Part::Elsewhere | Part::Nowhere => "alarms-elsewhere",
                }),
            );
        }
        let top = ui.cursor().top();
        if let Some(height) = height
            && !in_sight.intersects(Rangef::new(top, top + height))
            // It may scroll itself into sight.
            && ctx.state.alarms.chosen != Some(kept.value.number)
        {
            ui.add_space(height);
            continue;
        }
        line_ui(ctx, ui, kept, entry.alarms.len(), entry.part, out);
        let height = ui.cursor().top() - top;
        ui.data_mut(|data| data.insert_temp(line, height));
    }
}

/// One line. `together` is how many alarms it stands for.
pub(super) fn line_ui(
    ctx: &AppContext<'_>,
    ui: &mut egui::Ui,
    kept: &Kept<Alarm>,
    together: usize,
    part: Part,
    out: &mut Vec<Command>,
) {
    let alarm = &kept.value;
    let words = ctx.words;
    let chosen = ctx.state.alarms.chosen == Some(alarm.number);
    let calls = alarm.state().calls() && part == Part::Own;
    let fill = if chosen {
        theme::BUTTON
    } else {
        egui::Color32::TRANSPARENT
    };
    let name = name_of(ctx, alarm);
    let frame = egui::Frame::NONE.fill(fill).inner_margin(4);
    let area = frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.horizontal(|ui| {
            let (rect, _) = ui.allocate_exact_size(vec2(16.0, 18.0), Sense::hover());
            mark::paint(ui.painter(), rect.center(), 7.0, alarm.priority, !calls);
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                let at = RichText::new(when(ctx, alarm.raised)).size(12.0);
                ui.label(at.color(theme::TEXT_DIM));
                let mut times = Vec::new();
                if alarm.count > 1 {
                    times.push(format!("×{}", alarm.count));
                }
                if together > 1 {
                    let count = [("count", together.into())];
                    times.push(words.with("alarms-together", &count));
                }
                if !times.is_empty() {
                    ui.label(RichText::new(times.join(" ")).font(theme::bold(12.0)));
                }
                ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                    let text = if calls {
                        RichText::new(&name).font(theme::bold(13.0))
                    } else {
                        RichText::new(&name).color(theme::TEXT_DIM)
                    };
                    ui.add(egui::Label::new(text).truncate());
                });
            });
        });
        let mut second = vec![place_of(ctx, alarm), stands(ctx, kept, part)];
        if part == Part::Elsewhere {
            // Whose it is comes first: the line may be cut off.
            second.reverse();
        }
        if ctx.state.waits_for_record(kept, ctx.wall) {
            second.insert(0, words.get("alarm-waits-for-record").into_owned());
        }
        second.retain(|part| !part.is_empty());
        let text = RichText::new(second.join(" · ")).size(12.0);
        ui.add(egui::Label::new(text.color(theme::TEXT_DIM)).truncate());
    });
    let response = ui.interact(
        area.response.rect,
        egui::Id::unique(("alarm", alarm.number)),
        Sense::click(),
    );
    let label = format!("{}: {name}", words.get(mark::key(alarm.priority)));
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::Button, true, chosen, &label));
    if chosen && !ui.clip_rect().contains_rect(area.response.rect) {
        area.response.scroll_to_me(None);
    }
    if response.clicked() {
        out.push(Command::Alarms(AlarmsCommand::Choose(alarm.number)));
    }
}

/// Where it stands, and with whom.
fn stands(ctx: &AppContext<'_>, kept: &Kept<Alarm>, part: Part) -> String {
    let (words, alarm) = (ctx.words, &kept.value);
    let mut parts = Vec::new();
    if kept.centre != ctx.state.seat.centre {
        let centre = [("centre", kept.centre.as_str().into())];
        parts.push(words.with("alarms-of-centre", &centre));
    }
    if part == Part::Elsewhere
        && let Some(between) = ctx.state.between(alarm)
    {
        parts.push(super::across::told(ctx, kept, between));
    }
    if part == Part::Aside
        && let Some(aside) = ctx.state.aside(alarm, ctx.wall)
    {
        let until = aside.until().map(|until| when(ctx, until));
        let key = words.get(aside.key());
        parts.push(match until {
            Some(until) => format!("{key} → {until}"),
            None => key.into_owned(),
        });
    } else {
        parts.push(words.get(super::state_key(alarm)).into_owned());
    }
    let owner = alarm.owner.as_ref().and_then(|owner| owner.person);
    if let Some(person) = owner.filter(|_| alarm.state() != Stands::Unacknowledged)
        && !ctx.state.is_elsewhere(kept)
    {
        parts.push(ctx.state.seat.name_of(person));
    }
    if alarm.chatters(ctx.wall) {
        parts.push(words.get("alarms-chatter").into_owned());
    }
    if alarm.is_stale(ctx.wall) {
        parts.push(words.get("alarms-stale").into_owned());
    }
    parts.join(" · ")
}
