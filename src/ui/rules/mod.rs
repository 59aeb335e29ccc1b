//! What is to be noticed on the selected camera: the list of its rules, and the one that is drawn.
//!
//! * `form`: what a rule says otherwise than its shapes. * `canvas`: its shapes, on the picture.

mod canvas;
mod form;

use eframe::egui::{self, Button, RichText};

use super::card::title_ui;
use super::theme;
use crate::app::command::{Command, Side};
use crate::app::context::AppContext;
use crate::app::rules::RulesCommand;
use crate::model::detection::{Kind, Rule};
use crate::words::Words;

pub(super) use canvas::{canvas_ui, paint_rules};

/// Draws the panel.
pub(super) fn rules_ui(ctx: &AppContext<'_>, ui: &mut egui::Ui, out: &mut Vec<Command>) {
    let words = ctx.words;
    title_ui(ctx, ui, &words.get("rules-title"), Side::Rules, out);
    let Some(camera) = ctx.state.selected_camera() else {
        ui.label(RichText::new(words.get("empty-no-cameras")).color(theme::TEXT_DIM));
        return;
    };
    let name = camera.name.get(words.language());
    ui.label(RichText::new(name).font(theme::bold(16.0)));
    ui.add_space(6.0);
    egui::ScrollArea::vertical().show(ui, |ui| {
        ui.set_width(ui.available_width());
        match ctx.state.drawing_here() {
            Some(drawing) => form::form_ui(ctx, ui, drawing, out),
            None => list_ui(ctx, ui, out),
        }
    });
}

fn send(out: &mut Vec<Command>, command: RulesCommand) {
    out.push(Command::Rules(command));
}

fn dim(text: impl Into<String>) -> RichText {
    RichText::new(text).size(12.0).color(theme::TEXT_DIM)
}

/// What a rule is called: its name, else its kind.
fn name_of(words: Words, rule: &Rule) -> String {
    let name = rule.name.get(words.language());
    if name.is_empty() {
        words.get(rule.kind().key()).into_owned()
    } else {
        name.to_owned()
    }
}

fn list_ui(ctx: &AppContext<'_>, ui: &mut egui::Ui, out: &mut Vec<Command>) {
    let words = ctx.words;
    let Some(camera) = ctx.state.selected_camera() else {
        return;
    };
    if let Some(drawing) = &ctx.state.drawing {
        // It belongs to another camera, and is not lost.
        let of = ctx
            .state
            .cameras
            .iter()
            .find(|one| one.id == drawing.rule.camera);
        let of = of.map_or(drawing.rule.camera.as_str(), |one| {
            one.name.get(words.language())
        });
        let text = words.with("rules-drawn-elsewhere", &[("camera", of.into())]);
        ui.add(egui::Label::new(RichText::new(format!("● {text}")).color(theme::NOTE)).wrap());
        ui.add_space(6.0);
    }
    let eyes = &ctx.state.eyes;
    let mut rules = eyes.rules_of(&camera.id).peekable();
    if rules.peek().is_none() {
        ui.add(egui::Label::new(dim(words.get("rules-none"))).wrap());
    }
    for rule in rules {
        ui.add_space(4.0);
        let name = name_of(words, rule);
        ui.horizontal(|ui| {
            // Switched on or off is a word, not a colour.
            let state = if rule.enabled {
                "rules-on"
            } else {
                "rules-off"
            };
            let room = ui.available_width() - 64.0;
            let button = Button::new(RichText::new(&name).strong())
                .truncate()
                .min_size(egui::vec2(room, 24.0));
            if ui.add_sized([room, 24.0], button).clicked() {
                send(out, RulesCommand::Edit(rule.id.clone()));
            }
            ui.label(dim(words.get(state)));
        });
        let mut about = words.get(rule.kind().key()).into_owned();
        if name == about {
            about = String::new();
        }
        if !eyes.is_kept(rule) {
            let whence = if eyes
                .rules
                .get(&camera.id)
                .is_some_and(|file| file.contains(rule))
            {
                "rules-of-file"
            } else {
                "rules-of-place"
            };
            let whence = words.get(whence);
            about = if about.is_empty() {
                whence.into_owned()
            } else {
                format!("{about} · {whence}")
            };
        }
        if !about.is_empty() {
            ui.label(dim(about));
        }
    }
    ui.add_space(12.0);
    ui.label(RichText::new(words.get("rules-add")).font(theme::bold(13.0)));
    ui.add_space(2.0);
    for kind in Kind::ALL {
        let button = Button::new(words.get(kind.key()).as_ref())
            .fill(egui::Color32::TRANSPARENT)
            .min_size(egui::vec2(ui.available_width(), 22.0));
        if ui.add(button).clicked() {
            send(out, RulesCommand::New(kind));
        }
    }
}
