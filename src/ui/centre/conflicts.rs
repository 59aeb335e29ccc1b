//! What was done at this seat while the centre was away, and the centre refused when it was back; and the
//! records that a newer program wrote, which cannot be read here.

use eframe::egui::{self, RichText};

use super::dim;
use crate::app::command::Command;
use crate::app::context::AppContext;
use crate::app::seat::Wish;
use crate::store::log::table;
use crate::ui::theme;
use crate::words;

/// So many records that cannot be read are named.
const MOST_UNREADABLE: usize = 20;

pub(super) fn conflicts_ui(ctx: &AppContext<'_>, ui: &mut egui::Ui, out: &mut Vec<Command>) {
    let (seat, words) = (&ctx.state.seat, ctx.words);
    let unreadable = seat.records.unreadable();
    if !unreadable.is_empty() {
        let count = [("count", unreadable.len().into())];
        let text = format!("▲ {}", words.with("seat-unreadable", &count));
        ui.label(
            RichText::new(text)
                .font(theme::bold(13.0))
                .color(theme::WARN),
        );
        for (id, kind) in unreadable.iter().take(MOST_UNREADABLE) {
            dim(ui, format!("{kind} · {id}"));
        }
        ui.add_space(12.0);
    }
    dim(ui, words.get("conflicts-hint"));
    ui.add_space(6.0);
    if seat.conflicts.is_empty() {
        ui.label(words.get("conflicts-none").as_ref());
        return;
    }
    let zone = jiff::tz::TimeZone::system();
    egui::ScrollArea::vertical()
        .auto_shrink([false, false])
        .show(ui, |ui| {
            for refused in &seat.conflicts {
                let act = &refused.act;
                let title = format!("▲ {}", table::kind_word(&act.kind, words));
                ui.label(
                    RichText::new(title)
                        .font(theme::bold(13.0))
                        .color(theme::WARN),
                );
                let who = act.author.map_or_else(
                    || words.get("conflicts-nobody").into_owned(),
                    |id| seat.name_of(id),
                );
                dim(ui, format!("{} · {who}", words::date_time(act.at, &zone)));
                if let Some(about) = &act.about {
                    dim(ui, named(ctx, about));
                }
                if refused.key.is_some() {
                    ui.label(words.get("conflicts-first").as_ref());
                } else {
                    ui.label(&refused.why);
                }
                if let Some(now) = refused.body.as_ref().and_then(|body| now(ctx, body)) {
                    dim(ui, words.with("conflicts-now", &[("who", now.into())]));
                }
                if ui.button(words.get("conflicts-seen").as_ref()).clicked() {
                    out.push(Command::Seat(Wish::SettleConflict(act.id)));
                }
                ui.add_space(12.0);
            }
        });
}

/// What it was about, by its name where it has one.
fn named(ctx: &AppContext<'_>, about: &str) -> String {
    let language = ctx.words.language();
    let camera = about.strip_prefix("camera:").and_then(|id| {
        let mut cameras = ctx.state.cameras.iter();
        cameras.find(|camera| camera.id.as_str() == id)
    });
    camera.map_or_else(
        || ctx.state.seat.thing_named(about, language),
        |camera| camera.name.get(language).to_owned(),
    )
}

/// Who has it now, where the record says that.
fn now(ctx: &AppContext<'_>, body: &str) -> Option<String> {
    let body: serde_json::Value = serde_json::from_str(body).ok()?;
    let holder = body.get("holder")?.get("person")?.as_str()?;
    Some(ctx.state.seat.name_of(holder.parse().ok()?))
}
