//! How much the alarms are for one operator, against the figures of the standard, and what gives the
//! most.

use eframe::egui::{self, RichText};

use super::dim;
use crate::app::alarms::AlarmsCommand;
use crate::app::command::Command;
use crate::app::context::AppContext;
use crate::app::seat::AlarmWish;
use crate::model::alarm::load::{ACCEPTABLE_PER_HOUR, Band, FLOOD_SHARE, MANAGEABLE_PER_HOUR};
use crate::model::alarm::queue::FLOOD;
use crate::ui::theme;
use crate::words::Value;

/// An alarm's recording begins so long before it, seconds.
const BEFORE_S: u64 = 10;
/// So many of the noisiest are shown.
const NOISIEST: usize = 10;

pub(super) fn figures_ui(ctx: &AppContext<'_>, ui: &mut egui::Ui, out: &mut Vec<Command>) {
    let (words, figures) = (ctx.words, &ctx.state.alarms.figures);
    let now = ctx.state.seat.store_now(ctx.wall);
    let load = figures.load(now);
    egui::ScrollArea::vertical().show(ui, |ui| {
        ui.set_width(ui.available_width());
        egui::Grid::new("alarm-load")
            .num_columns(2)
            .spacing([10.0, 4.0])
            .show(ui, |ui| {
                let too_many = load.ten_minutes >= FLOOD;
                row(
                    ui,
                    &words.get("alarms-ten-minutes"),
                    &load.ten_minutes.to_string(),
                    too_many,
                );
                let hour = load.hour.to_string();
                row(
                    ui,
                    &words.get("alarms-hour"),
                    &hour,
                    load.band() == Band::TooMany,
                );
                let share = Value::Decimal {
                    value: load.flood_share * 100.0,
                    digits: 1,
                };
                let share = words.with("alarms-percent", &[("value", share)]);
                let much = load.flood_share > FLOOD_SHARE;
                row(ui, &words.get("alarms-flood-share"), &share, much);
                let alarms = ctx.state.own_alarms();
                let stale = alarms.filter(|kept| kept.value.is_stale(now));
                let stale = stale.count();
                row(
                    ui,
                    &words.get("alarms-stale-count"),
                    &stale.to_string(),
                    stale > 0,
                );
            });
        let band = match load.band() {
            Band::Acceptable => "alarms-band-acceptable",
            Band::Manageable => "alarms-band-manageable",
            Band::TooMany => "alarms-band-too-many",
        };
        dim(ui, words.get(band));
        let limits = [
            ("acceptable", ACCEPTABLE_PER_HOUR.into()),
            ("manageable", MANAGEABLE_PER_HOUR.into()),
            ("flood", FLOOD.into()),
        ];
        dim(ui, words.with("alarms-limits", &limits));
        ui.add_space(10.0);
        memory_ui(ctx, ui);
        ui.add_space(10.0);
        if ui
            .button(words.get("alarms-test-sounds").as_ref())
            .clicked()
        {
            let wish = AlarmsCommand::Wish(AlarmWish::TestSounds);
            out.push(Command::Alarms(wish));
        }
        ui.add_space(10.0);
        ui.label(RichText::new(words.get("alarms-noisiest")).font(theme::bold(13.0)));
        let noisiest = figures.noisiest(NOISIEST);
        if noisiest.is_empty() {
            dim(ui, words.get("alarms-none-week"));
        }
        for ((key, camera), precision, count) in noisiest {
            let language = words.language();
            let class = ctx.state.alarms.classes.get(key);
            let name = class.map_or(key.as_str(), |class| class.name.get(language));
            let camera = camera.as_ref().map_or(String::new(), |id| {
                let known = ctx.state.cameras.iter().find(|camera| camera.id == *id);
                let name = known.map_or(id.as_str(), |camera| camera.name.get(language));
                format!(" · {name}")
            });
            ui.add(egui::Label::new(format!("{count}  {name}{camera}")).truncate());
            if precision.settled > 0 {
                let values = [
                    ("right", precision.right.into()),
                    ("settled", precision.settled.into()),
                ];
                dim(ui, words.with("alarm-precision", &values));
            }
        }
    });
}

/// What is held in memory of the streams, so that what was before an alarm can be kept.
fn memory_ui(ctx: &AppContext<'_>, ui: &mut egui::Ui) {
    let (words, memory) = (ctx.words, ctx.state.alarms.in_memory);
    let mib = |bytes: u64| Value::from(bytes >> 20);
    let held = [
        ("held", mib(memory.held_bytes)),
        ("cap", mib(memory.cap_bytes)),
        ("streams", memory.streams.into()),
        ("seconds", memory.least_s.into()),
    ];
    ui.label(RichText::new(words.get("alarms-in-memory")).font(theme::bold(13.0)));
    let text = words.with("alarms-in-memory-held", &held);
    // Full, and less than what an alarm needs from before it.
    let is_short = memory.streams > 0
        && memory.least_s < BEFORE_S
        && memory.held_bytes >= memory.cap_bytes / 10 * 9;
    if is_short {
        let text = RichText::new(format!("▲ {text}")).color(theme::WARN);
        ui.add(egui::Label::new(text).wrap());
    } else {
        dim(ui, text);
    }
}

fn row(ui: &mut egui::Ui, name: &str, value: &str, warns: bool) {
    ui.label(RichText::new(name).color(theme::TEXT_DIM));
    let text = RichText::new(if warns {
        format!("▲ {value}")
    } else {
        value.to_owned()
    });
    ui.label(if warns {
        text.font(theme::bold(13.0)).color(theme::WARN)
    } else {
        text
    });
    ui.end_row();
}
