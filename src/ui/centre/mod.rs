//! The centre beside the wall: its people, roles and posts, its log, and what the centre refused.

mod conflicts;
mod log;
mod people;
mod posts;
mod roles;

use eframe::egui::{self, Button, Color32, RichText};

use super::theme;
use crate::app::command::{Command, Side, Tab};
use crate::app::context::AppContext;
use crate::app::seat::permit::{Permit, permit};

/// Draws the tab that is open, under the names of those that may be opened.
pub(super) fn centre_ui(ctx: &AppContext<'_>, ui: &mut egui::Ui, tab: Tab, out: &mut Vec<Command>) {
    let words = ctx.words;
    ui.horizontal(|ui| {
        for one in Tab::ALL {
            let command = Command::ToggleSide(Side::Centre(one));
            if permit(&ctx.state.seat, &command) != Permit::Yes {
                continue;
            }
            let text = RichText::new(words.get(one.key())).font(theme::bold(14.0));
            let chosen = one == tab;
            let text = if chosen {
                text
            } else {
                text.color(theme::TEXT_DIM)
            };
            let button = Button::new(text).selected(chosen);
            let button = if chosen {
                button
            } else {
                button.fill(Color32::TRANSPARENT)
            };
            if ui.add(button).clicked() && !chosen {
                out.push(command);
            }
        }
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let close = Button::new("✕").small().fill(Color32::TRANSPARENT);
            let close = ui.add(close).on_hover_text(words.get("help-close"));
            if close.clicked() {
                out.push(Command::ToggleSide(Side::Centre(tab)));
            }
        });
    });
    ui.separator();
    match tab {
        Tab::People => people::people_ui(ctx, ui, out),
        Tab::Roles => roles::roles_ui(ctx, ui),
        Tab::Posts => posts::posts_ui(ctx, ui, out),
        Tab::Log => log::log_ui(ctx, ui, out),
        Tab::Conflicts => conflicts::conflicts_ui(ctx, ui, out),
    }
}

/// What was typed and not sent is for nobody who comes later.
pub(super) fn forget(ctx: &egui::Context) {
    people::forget(ctx);
    posts::forget(ctx);
    log::forget(ctx);
}

/// Two columns: a list on the left, what is chosen in it on the right.
fn beside(
    ui: &mut egui::Ui,
    left: f32,
    list: impl FnOnce(&mut egui::Ui),
    chosen: impl FnOnce(&mut egui::Ui),
) {
    let (all, height) = (ui.available_width(), ui.available_height());
    ui.horizontal_top(|ui| {
        let top = egui::Layout::top_down(egui::Align::Min);
        ui.allocate_ui_with_layout(egui::vec2(left, height), top, |ui| {
            ui.set_width(left);
            egui::ScrollArea::vertical()
                .id_salt("list")
                .auto_shrink([false, false])
                .show(ui, list);
        });
        ui.add_space(12.0);
        let right = (all - left - 36.0).max(120.0);
        ui.allocate_ui_with_layout(egui::vec2(right, height), top, |ui| {
            ui.set_width(right);
            egui::ScrollArea::vertical()
                .id_salt("chosen")
                .auto_shrink([false, false])
                .show(ui, chosen);
        });
    });
}

/// A row of a list: a line in bold, lines under it; true when it was clicked.
fn row_ui(ui: &mut egui::Ui, id: egui::Id, chosen: bool, title: &str, lines: &[String]) -> bool {
    let fill = if chosen {
        theme::BUTTON
    } else {
        Color32::TRANSPARENT
    };
    let frame = egui::Frame::NONE.fill(fill).inner_margin(4);
    let area = frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        let title = RichText::new(title).font(theme::bold(13.0));
        ui.add(egui::Label::new(title).truncate());
        for line in lines {
            let line = RichText::new(line).size(12.0).color(theme::TEXT_DIM);
            ui.add(egui::Label::new(line).truncate());
        }
    });
    let response = ui.interact(area.response.rect, id, egui::Sense::click());
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::Button, true, chosen, title));
    response.clicked()
}

/// A field under its name.
fn field_ui(ui: &mut egui::Ui, name: &str, edit: egui::TextEdit<'_>) -> egui::Response {
    let label = ui.label(RichText::new(name).size(12.0).color(theme::TEXT_DIM));
    ui.add(edit).labelled_by(label.id)
}

fn heading(ui: &mut egui::Ui, text: &str) {
    ui.add_space(10.0);
    ui.label(RichText::new(text).font(theme::bold(13.0)));
    ui.add_space(2.0);
}

fn dim(ui: &mut egui::Ui, text: impl Into<String>) {
    ui.add(egui::Label::new(RichText::new(text).size(12.0).color(theme::TEXT_DIM)).wrap());
}
