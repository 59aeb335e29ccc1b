//! Who may do what, as one table.

use eframe::egui::{self, RichText};

use super::dim;
use crate::app::context::AppContext;
use crate::model::roles::{self, Answer, Right, Role};
use crate::ui::theme;

/// Width of the rights' names, in points.
const NAMES: f32 = 290.0;
/// Size of the roles' names.
const HEAD: f32 = 11.5;

pub(super) fn roles_ui(ctx: &AppContext<'_>, ui: &mut egui::Ui) {
    let words = ctx.words;
    dim(ui, words.get("roles-legend"));
    ui.add_space(6.0);
    egui::ScrollArea::both()
        .auto_shrink([false, false])
        .show(ui, |ui| {
            // As wide as the longest word of each role's name.
            let widths = Role::ALL.map(|role| {
                let name = role.word(words);
                let widths = name.split_whitespace().map(|word| {
                    let font = theme::bold(HEAD);
                    let galley = ui
                        .painter()
                        .layout_no_wrap(word.to_owned(), font, theme::TEXT);
                    galley.size().x + 2.0
                });
                widths.fold(40.0, f32::max)
            });
            let table = egui::Grid::new("roles")
                .striped(true)
                .min_row_height(18.0)
                .spacing([8.0, 1.0]);
            table.show(ui, |ui| {
                ui.label("");
                for (role, width) in Role::ALL.into_iter().zip(widths) {
                    cell(ui, width, |ui| {
                        let name = RichText::new(role.word(words)).font(theme::bold(HEAD));
                        ui.add(egui::Label::new(name).wrap().halign(egui::Align::Center));
                    });
                }
                ui.end_row();
                for right in Right::ALL {
                    ui.scope(|ui| {
                        ui.set_width(NAMES);
                        let name = RichText::new(right.word(words)).size(12.0);
                        ui.add(egui::Label::new(name).truncate());
                    });
                    for (role, width) in Role::ALL.into_iter().zip(widths) {
                        let (mark, colour) = match roles::cell(role, right) {
                            Answer::Yes => ("✓", theme::TEXT),
                            Answer::WithSecond => ("2", theme::NOTE),
                            Answer::No => ("·", theme::LINE),
                        };
                        cell(ui, width, |ui| {
                            ui.label(RichText::new(mark).font(theme::bold(13.0)).color(colour));
                        });
                    }
                    ui.end_row();
                }
            });
        });
}

fn cell(ui: &mut egui::Ui, width: f32, add: impl FnOnce(&mut egui::Ui)) {
    ui.vertical_centered(|ui| {
        ui.set_width(width);
        add(ui);
    });
}
