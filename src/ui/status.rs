//! The line at the bottom: how many are live, frames, processor, page, language, clock.

use eframe::egui::{self, RichText};

use super::theme;
use crate::app::command::Command;
use crate::app::context::AppContext;
use crate::store::settings::Fit;
use crate::words::{Language, Value};

/// Draws the status line.
pub(super) fn status_ui(ctx: &AppContext<'_>, ui: &mut egui::Ui, out: &mut Vec<Command>) {
    let (state, words) = (ctx.state, ctx.words);
    ui.horizontal(|ui| {
        ui.set_height(22.0);
        let total = state.page_range().len();
        let live = state.num_live();
        let feeds = words.with(
            "status-feeds",
            &[("live", live.into()), ("total", total.into())],
        );
        let feeds = if live < total {
            RichText::new(format!("▲ {feeds}"))
                .color(theme::WARN)
                .font(theme::bold(13.0))
        } else {
            RichText::new(feeds).color(theme::TEXT)
        };
        ui.label(feeds);
        let figures = &state.figures;
        let dim = |text: String| RichText::new(text).color(theme::TEXT_DIM);
        ui.label(dim(words.with(
            "status-frames",
            &[("shown", figures.shown.into()), ("due", figures.due.into())],
        )));
        ui.label(dim(
            words.with("status-dropped", &[("frames", figures.dropped.into())])
        ));
        if let Some(cores) = figures.cores {
            let cores = Value::Decimal {
                value: f64::from(cores),
                digits: 2,
            };
            ui.label(dim(words.with("status-processor", &[("cores", cores)])));
        }
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            ui.label(RichText::new(ctx.clock).color(theme::TEXT));
            ui.separator();
            if ui
                .small_button("F1")
                .on_hover_text(words.get("command-help"))
                .clicked()
            {
                out.push(Command::ToggleHelp);
            }
            for language in Language::ALL.into_iter().rev() {
                let chosen = language == words.language();
                let button = ui
                    .selectable_label(chosen, RichText::new(language.own_short_name()).size(12.0));
                if button
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
                .small_button(words.get(fit))
                .on_hover_text(words.get("command-fit"))
                .clicked()
            {
                out.push(Command::ToggleFit);
            }
            if state.pages() > 1 {
                ui.separator();
                if ui
                    .small_button("→")
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
                    .small_button("←")
                    .on_hover_text(words.get("command-previous-page"))
                    .clicked()
                {
                    out.push(Command::PreviousPage);
                }
            }
        });
    });
}
