//! The list of keys.

use eframe::egui::{self, RichText};

use super::{keys, theme};
use crate::app::command::Command;
use crate::app::context::AppContext;

/// Height of the heading, the button and the margins, points.
const BESIDE: f32 = 110.0;

/// Draws the list over the wall.
pub(super) fn help_ui(ctx: &AppContext<'_>, ui: &mut egui::Ui, out: &mut Vec<Command>) {
    let words = ctx.words;
    egui::Window::new(RichText::new(words.get("help-title")).font(theme::bold(15.0)))
        .id(egui::Id::unique("help"))
        .anchor(egui::Align2::CENTER_CENTER, [0.0, 0.0])
        .collapsible(false)
        .resizable(false)
        .show(ui.ctx(), |ui| {
            // In a small window the list is moved; its heading and its button stay.
            let room = (ui.ctx().content_rect().height() - BESIDE).max(80.0);
            egui::ScrollArea::vertical()
                .max_height(room)
                .show(ui, |ui| {
                    egui::Grid::new("keys")
                        .num_columns(2)
                        .spacing([24.0, 6.0])
                        .show(ui, |ui| {
                            for binding in &keys::BINDINGS {
                                ui.label(RichText::new(binding.keys).font(theme::bold(13.0)));
                                ui.label(words.get(binding.word));
                                ui.end_row();
                            }
                            let double = words.get("help-double-click");
                            ui.label(RichText::new(double).font(theme::bold(13.0)));
                            ui.label(words.get("command-enlarge"));
                            ui.end_row();
                        });
                });
            ui.add_space(6.0);
            if ui.button(words.get("help-close")).clicked() {
                out.push(Command::ToggleHelp);
            }
        });
}
