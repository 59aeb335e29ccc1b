//! The list of the cameras that cannot be relied on: which, why, since when.

use eframe::egui::{self, Button, RichText, Sense};

use super::card::{clock_text, title_ui};
use super::{theme, tile};
use crate::app::command::{Command, Side};
use crate::app::context::AppContext;
use crate::app::seat::Wish;
use crate::app::state::Trouble;
use crate::model::camera::Camera;
use crate::model::id::Id;
use crate::model::roles::{Answer, Right};

/// Draws the list.
pub(super) fn troubles_ui(ctx: &AppContext<'_>, ui: &mut egui::Ui, out: &mut Vec<Command>) {
    let words = ctx.words;
    let troubles = ctx.state.troubles(ctx.now);
    let count = [("count", troubles.len().into())];
    title_ui(
        ctx,
        ui,
        &words.with("troubles-title", &count),
        Side::Troubles,
        out,
    );
    if troubles.is_empty() {
        ui.label(RichText::new(words.get("troubles-none")).color(theme::TEXT_DIM));
        return;
    }
    egui::ScrollArea::vertical().show(ui, |ui| {
        for trouble in &troubles {
            trouble_ui(ctx, ui, trouble, out);
        }
    });
    ui.add_space(8.0);
    let replace = Button::new(words.get("command-replace")).wrap();
    if ui.add(replace).clicked() {
        out.push(Command::ReplaceByNext);
    }
}

fn trouble_ui(ctx: &AppContext<'_>, ui: &mut egui::Ui, trouble: &Trouble, out: &mut Vec<Command>) {
    let words = ctx.words;
    let camera = &ctx.state.cameras[trouble.index];
    let (shown, selected) = (&trouble.shown, trouble.index == ctx.state.selected);
    let fill = if selected {
        theme::BUTTON
    } else {
        egui::Color32::TRANSPARENT
    };
    let frame = egui::Frame::NONE.fill(fill).inner_margin(4);
    let name = camera.name.get(words.language());
    let taken = ctx.state.seat.taken_by(&camera.id);
    let area = frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.horizontal(|ui| {
            let sign = RichText::new(tile::sign(shown.mark)).color(theme::tone(shown.tone));
            ui.label(sign);
            ui.add(egui::Label::new(RichText::new(name).font(theme::bold(13.0))).truncate());
        });
        let age = ctx.now.saturating_duration_since(trouble.since);
        let mut text = format!("{} · {}", words.get(shown.word), tile::age_text(words, age));
        if let Some(reason) = &shown.reason {
            text = format!("{text} · {}", tile::reason_text(words, reason, shown.age));
        }
        if shown.tone != crate::model::condition::Tone::Calm {
            ui.label(RichText::new(text).size(12.0));
        }
        if let Some(offset) = trouble.offset {
            let text = clock_text(words, offset, ctx.state.synchronised);
            ui.label(RichText::new(text).size(12.0).color(theme::WARN));
        }
        if let Some(person) = taken {
            let name = [("name", ctx.state.seat.name_of(person).into())];
            ui.label(RichText::new(words.with("troubles-taken", &name)).size(12.0));
        }
        if !camera.firm.is_empty() {
            ui.label(
                RichText::new(&camera.firm)
                    .size(12.0)
                    .color(theme::TEXT_DIM),
            );
        }
    });
    let response = ui.interact(
        area.response.rect,
        egui::Id::unique(("trouble", camera.id.as_str())),
        Sense::click(),
    );
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::Button, true, selected, name));
    if selected && ctx.state.seat.may(Right::ReportCamera) == Answer::Yes {
        take_ui(ctx, ui, camera, taken, out);
    }
    if response.double_clicked() {
        out.push(Command::Enlarge(Some(camera.id.clone())));
    } else if response.clicked() {
        out.push(Command::Select(camera.id.clone()));
    }
}

/// “I take it”: exactly one has it, and all the others see who.
fn take_ui(
    ctx: &AppContext<'_>,
    ui: &mut egui::Ui,
    camera: &Camera,
    taken: Option<Id>,
    out: &mut Vec<Command>,
) {
    let Some(person) = ctx.state.seat.session.person() else {
        return;
    };
    let (word, wish) = match taken {
        None => ("troubles-take", Wish::TakeCamera(camera.id.clone())),
        Some(holder) if holder == person => {
            ("troubles-let-go", Wish::LetCameraGo(camera.id.clone()))
        }
        // Of somebody who is gone it may be taken; the store says who was first.
        Some(holder) if !ctx.state.seat.known(ctx.wall).is_there(holder) => {
            ("troubles-take", Wish::TakeCamera(camera.id.clone()))
        }
        Some(_) => return,
    };
    if ui.button(ctx.words.get(word).as_ref()).clicked() {
        out.push(Command::Seat(wish));
    }
}
