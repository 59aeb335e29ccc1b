//! Alarms between this centre and another: what waits for an answer, and what somebody may do about it.

use eframe::egui::{self, Button, RichText};

use super::{dim, name_of, place_of, said, when};
use crate::app::alarms::AlarmsCommand;
use crate::app::command::Command;
use crate::app::context::AppContext;
use crate::model::act::Kept;
use crate::model::alarm::alarm::Alarm;
use crate::model::alarm::between::{Between, Standing};
use crate::model::alarm::verdict::Judgement;
use crate::model::roles::{Answer, Right};
use crate::ui::theme;

/// So many stand above the queue; more are in it.
const MOST_SHOWN: usize = 3;

/// What waits for somebody of this centre: another asks for an alarm, or lets one go here.
pub(super) fn waiting_ui(ctx: &AppContext<'_>, ui: &mut egui::Ui, out: &mut Vec<Command>) {
    for (kept, between) in ctx.state.between_waiting().take(MOST_SHOWN) {
        let alarm = &kept.value;
        let what = [name_of(ctx, alarm), place_of(ctx, alarm)].join(" · ");
        let text = format!("↔ {}: {what}", told(ctx, kept, between));
        let text = RichText::new(text).font(theme::bold(13.0));
        let button = Button::new(text.color(theme::NOTE))
            .stroke(egui::Stroke::new(1.5, theme::NOTE))
            .wrap();
        if ui.add_sized([ui.available_width(), 0.0], button).clicked() {
            out.push(Command::Alarms(AlarmsCommand::Choose(alarm.number)));
        }
        ui.add_space(4.0);
    }
}

/// How an alarm stands between the centres.
pub(super) fn told(ctx: &AppContext<'_>, kept: &Kept<Alarm>, between: &Between) -> String {
    let request = &between.request.value;
    let ours = kept.centre == ctx.state.seat.centre && kept.value.origin.is_none();
    let other = if ours {
        &between.request.centre
    } else {
        &request.owner
    };
    let key = match (between.standing, ours) {
        (Standing::Asked, true) => "across-wants",
        (Standing::Asked, false) => "across-asked",
        (Standing::Granted, true) => "across-may-take",
        (Standing::Granted, false) => "across-granted",
        (Standing::Taken, true) => "across-has",
        (Standing::Taken, false) => "across-from",
        (Standing::GivenBack, true) => "across-gave-back",
        (Standing::GivenBack, false) => "across-given-back",
        (Standing::Recalled, true) => "across-recalled-here",
        (Standing::Recalled, false) => "across-recalled",
        (Standing::Kept, true) => "across-kept-here",
        (Standing::Kept, false) => "across-kept-there",
    };
    let values = [
        ("centre", other.as_str().into()),
        ("seat", request.asked_by.seat.as_str().into()),
        ("at", when(ctx, request.changed).into()),
        ("reason", said(ctx, &request.reason).into()),
    ];
    let mut line = ctx.words.with(key, &values);
    if let Some(found) = &request.found {
        if let Some(judgement) = Judgement::from_word(&found.found) {
            line = format!("{line} · {}", ctx.words.get(judgement.key()));
        }
        if !found.note.is_empty() {
            line = format!("{line} · {}", said(ctx, &found.note));
        }
    }
    line
}

/// What somebody may do; true where nothing else may be done with the alarm here.
pub(super) fn deeds_ui(
    ctx: &AppContext<'_>,
    ui: &mut egui::Ui,
    kept: &Kept<Alarm>,
    out: &mut Vec<Command>,
) -> bool {
    let words = ctx.words;
    let elsewhere = ctx.state.is_elsewhere(kept);
    if elsewhere {
        let centre = [("centre", kept.centre.as_str().into())];
        dim(ui, words.with("across-of", &centre));
    }
    if let Some(between) = ctx.state.between(&kept.value) {
        dim(ui, told(ctx, kept, between));
    }
    let may = ctx.state.seat.may(Right::TakeOver) != Answer::No;
    if !may {
        if elsewhere {
            dim(ui, words.get("across-who-may"));
        }
        return elsewhere;
    }
    ui.horizontal_wrapped(|ui| {
        for (key, across) in ctx.state.across(kept) {
            let text = format!("{key}  {}", words.get(across.key()));
            if ui.add(Button::new(text).wrap()).clicked() {
                out.push(Command::Alarms(AlarmsCommand::Across(across)));
            }
        }
    });
    elsewhere
}
