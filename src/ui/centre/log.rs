//! The log, for whoever may read it: filters, the newest lines first, as a file, and checked.

use eframe::egui::{self, Button, ComboBox, RichText, TextEdit};

use super::{dim, field_ui};
use crate::app::command::Command;
use crate::app::context::AppContext;
use crate::app::seat::Wish;
use crate::app::seat::log_page::LogWish;
use crate::model::id::Id;
use crate::model::person::Person;
use crate::store::log::line::Entry;
use crate::store::log::table::{self, Filter, Reader};
use crate::ui::theme;
use crate::words::sort_key;

const ROW: f32 = 18.0;
/// Periods that may be chosen, hours; nothing: all.
const PERIODS: [(&str, i64); 5] = [
    ("log-page-hour", 1),
    ("log-page-shift", 12),
    ("log-page-day", 24),
    ("log-page-week", 168),
    ("log-page-month", 720),
];
const HOUR: i64 = 3_600_000_000_000;

/// What is chosen above the table.
#[derive(Clone, Default, PartialEq)]
struct Chosen {
    filter: Filter,
    hours: Option<i64>,
    begun: bool,
}

pub(super) fn log_ui(ctx: &AppContext<'_>, ui: &mut egui::Ui, out: &mut Vec<Command>) {
    let (seat, words) = (&ctx.state.seat, ctx.words);
    let log = &seat.log;
    let id = chosen_id();
    let before: Chosen = ui.data(|data| data.get_temp(id)).unwrap_or_default();
    let mut chosen = before.clone();
    filter_ui(ctx, ui, &mut chosen);
    let again = ui
        .horizontal(|ui| {
            let again = ui.button(words.get("log-page-again").as_ref()).clicked();
            let idle = !log.working;
            let write = Button::new(words.get("log-page-write").as_ref());
            if ui.add_enabled(idle && log.wanted > 0, write).clicked() {
                out.push(Command::Seat(Wish::Log(LogWish::Write)));
            }
            let verify = Button::new(words.get("log-page-verify").as_ref());
            if ui.add_enabled(idle, verify).clicked() {
                out.push(Command::Seat(Wish::Log(LogWish::Verify)));
            }
            if log.working {
                dim(ui, words.get("log-page-working"));
            } else if log.busy {
                dim(ui, words.get("log-page-reading"));
            }
            again
        })
        .inner;
    // Opened anew at another seat's turn: the page is empty then.
    let fresh = !chosen.begun || (log.wanted == 0 && !log.busy);
    if again || fresh || chosen != before {
        chosen.begun = true;
        let since = chosen
            .hours
            .map(|hours| seat.store_now(ctx.wall).plus_nanos(-hours * HOUR));
        let filter = Filter {
            since,
            ..chosen.filter.clone()
        };
        out.push(Command::Seat(Wish::Log(LogWish::Show(filter))));
    }
    ui.data_mut(|data| data.insert_temp(id, chosen));
    verified_ui(ctx, ui);
    ui.add_space(4.0);
    table_ui(ctx, ui, out);
}

fn chosen_id() -> egui::Id {
    egui::Id::unique("log-filter")
}

pub(super) fn forget(ctx: &egui::Context) {
    ctx.data_mut(|data| data.remove::<Chosen>(chosen_id()));
}

fn filter_ui(ctx: &AppContext<'_>, ui: &mut egui::Ui, chosen: &mut Chosen) {
    let (seat, words) = (&ctx.state.seat, ctx.words);
    let all = words.get("log-page-all").into_owned();
    ui.horizontal_wrapped(|ui| {
        let period = PERIODS
            .iter()
            .find(|(_, hours)| Some(*hours) == chosen.hours)
            .map_or_else(|| all.clone(), |(key, _)| words.get(key).into_owned());
        combo(
            ui,
            "log-period",
            &words.get("log-page-period"),
            &period,
            |ui| {
                ui.selectable_value(&mut chosen.hours, None, &all);
                for (key, hours) in PERIODS {
                    ui.selectable_value(&mut chosen.hours, Some(hours), words.get(key).as_ref());
                }
            },
        );
        let filter = &mut chosen.filter;
        let who = filter
            .author
            .map_or_else(|| all.clone(), |id| seat.name_of(id));
        combo(ui, "log-who", &words.get("log-page-who"), &who, |ui| {
            ui.selectable_value(&mut filter.author, None, &all);
            let mut people: Vec<_> = seat.records.staff.people.iter().collect();
            people.sort_by_cached_key(|kept| sort_key(&kept.value.name));
            for kept in people {
                ui.selectable_value(&mut filter.author, Some(kept.id), &kept.value.name);
            }
        });
        let kind = filter
            .kind
            .as_ref()
            .map_or_else(|| all.clone(), |kind| table::kind_word(kind, words));
        combo(ui, "log-kind", &words.get("log-page-act"), &kind, |ui| {
            ui.selectable_value(&mut filter.kind, None, &all);
            let mut kinds: Vec<(String, &str)> = table::kinds()
                .map(|(kind, word)| (words.get(word).into_owned(), kind))
                .collect();
            kinds.sort_by_cached_key(|(word, _)| sort_key(word));
            for (word, kind) in kinds {
                ui.selectable_value(&mut filter.kind, Some(kind.to_owned()), word);
            }
        });
        let at = filter.seat.clone().unwrap_or_else(|| all.clone());
        combo(ui, "log-seat", &words.get("log-page-seat"), &at, |ui| {
            ui.selectable_value(&mut filter.seat, None, &all);
            let mut seats: Vec<&String> = seat
                .records
                .seat_keys
                .iter()
                .map(|kept| &kept.value.seat)
                .chain([&seat.name])
                .collect();
            seats.sort_by_cached_key(|one| sort_key(one));
            seats.dedup();
            for one in seats {
                ui.selectable_value(&mut filter.seat, Some(one.clone()), one);
            }
        });
        ui.vertical(|ui| {
            let edit = TextEdit::singleline(&mut filter.text)
                .char_limit(100)
                .desired_width(220.0);
            field_ui(ui, &words.get("log-page-text"), edit);
        });
    });
    ui.add_space(4.0);
}

fn combo(ui: &mut egui::Ui, id: &str, name: &str, chosen: &str, add: impl FnOnce(&mut egui::Ui)) {
    ui.vertical(|ui| {
        let name = RichText::new(name).size(12.0).color(theme::TEXT_DIM);
        let name = ui.label(name).id;
        let combo = ComboBox::from_id_salt(id)
            .selected_text(chosen)
            .width(150.0)
            .truncate()
            .show_ui(ui, add);
        combo.response.labelled_by(name);
    });
}

fn verified_ui(ctx: &AppContext<'_>, ui: &mut egui::Ui) {
    let Some(report) = &ctx.state.seat.log.verified else {
        return;
    };
    let words = ctx.words;
    if report.clean() {
        ui.label(format!("✓ {}", report.say(words)));
        return;
    }
    let text = RichText::new(format!("▲ {}", report.say(words)))
        .font(theme::bold(13.0))
        .color(theme::WARN);
    ui.add(egui::Label::new(text).wrap());
    for finding in report.findings.iter().take(5) {
        dim(ui, format!("– {}", finding.say(words)));
    }
}

/// Widths of line, time, seat, who, act and about; what is left is for the rest.
const WIDTHS: [f32; 6] = [52.0, 126.0, 84.0, 170.0, 200.0, 170.0];

fn table_ui(ctx: &AppContext<'_>, ui: &mut egui::Ui, out: &mut Vec<Command>) {
    let (seat, words) = (&ctx.state.seat, ctx.words);
    let log = &seat.log;
    let heads = [
        "log-page-line",
        "log-page-time",
        "log-page-seat",
        "log-page-who",
        "log-page-act",
        "log-page-about",
        "log-page-detail",
    ];
    let heads = heads.map(|key| words.get(key).into_owned());
    columns_ui(ui, &heads, true);
    ui.separator();
    let person = |id: Id| -> Option<&Person> {
        let kept = seat.records.staff.get(id)?;
        Some(&kept.value)
    };
    let thing = |id: Id| -> Option<String> {
        let post = seat.records.posts.iter().find(|post| post.id == id)?;
        Some(post.value.name.get(words.language()).to_owned())
    };
    let zone = jiff::tz::TimeZone::system();
    let reader = Reader {
        words,
        zone: &zone,
        person: &person,
        thing: &thing,
    };
    if log.lines.is_empty() && !log.busy {
        dim(ui, words.get("log-page-none"));
    }
    egui::ScrollArea::vertical()
        .auto_shrink([false, false])
        .show_rows(ui, ROW, log.lines.len() + 1, |ui, rows| {
            for row in rows {
                match log.lines.get(row) {
                    Some(entry) => columns_ui(ui, &shown(&reader, entry), false),
                    None => more_ui(ctx, ui, out),
                }
            }
        });
}

/// Time, who and what; who stood beside goes with who.
fn shown(reader: &Reader<'_>, entry: &Entry) -> [String; 7] {
    let [line, time, seat, who, second, act, about, detail] = reader.columns(entry);
    let who = if second.is_empty() {
        who
    } else {
        format!("{who} + {second}")
    };
    [line, time, seat, who, act, about, detail]
}

fn columns_ui(ui: &mut egui::Ui, texts: &[String; 7], head: bool) {
    let left = ui.available_width() - WIDTHS.iter().sum::<f32>() - 6.0 * 8.0;
    ui.horizontal(|ui| {
        for (text, width) in texts.iter().zip(WIDTHS.into_iter().chain([left])) {
            let shown = RichText::new(text).size(12.0);
            let shown = if head {
                shown.color(theme::TEXT_DIM)
            } else {
                shown
            };
            let (rect, _) =
                ui.allocate_exact_size(egui::vec2(width.max(20.0), ROW), egui::Sense::hover());
            let label = egui::Label::new(shown).truncate().halign(egui::Align::Min);
            let mut inside = ui.new_child(
                egui::UiBuilder::new()
                    .max_rect(rect)
                    .layout(egui::Layout::left_to_right(egui::Align::Center)),
            );
            inside.add(label).on_hover_text(text);
        }
    });
}

fn more_ui(ctx: &AppContext<'_>, ui: &mut egui::Ui, out: &mut Vec<Command>) {
    let (log, words) = (&ctx.state.seat.log, ctx.words);
    ui.horizontal(|ui| {
        if log.below > 0 && !log.busy {
            let more = words.get("log-page-more");
            if ui.small_button(more.as_ref()).clicked() {
                out.push(Command::Seat(Wish::Log(LogWish::More)));
            }
        }
        if log.unread > 0 {
            let count = [("count", log.unread.into())];
            let text = format!("▲ {}", words.with("log-page-unread", &count));
            ui.label(RichText::new(text).size(12.0).color(theme::WARN));
        }
    });
}
