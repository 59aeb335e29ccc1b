//! Posts, breaks and the shift's handover, beside the wall.

use std::time::Duration;

use eframe::egui::{self, Button, RichText, TextEdit};

use super::card::title_ui;
use super::theme;
use super::tile::age_text;
use crate::app::alarms::AlarmsCommand;
use crate::app::command::{Command, Side};
use crate::app::context::AppContext;
use crate::app::seat::{AlarmWish, Wish};
use crate::base::clock::WallTime;
use crate::model::act::Kept;
use crate::model::camera::CameraId;
use crate::model::id::Id;
use crate::model::shift::handover::{self, Handover, HandoverState};
use crate::model::shift::presence::{self, PostRow, Sight};
use crate::model::shift::{Known, cover};
use crate::words::{Words, sort_key};

/// From so many minutes without a break on it is shown; reminders begin soon after.
const LONG_MINUTES: u32 = 20;

/// A test of the sounds holds for the longest shift, nanoseconds.
const TEST_HOLDS_NS: u64 = 12 * 3600 * 1_000_000_000;

/// Draws the panel.
pub(super) fn shift_ui(ctx: &AppContext<'_>, ui: &mut egui::Ui, out: &mut Vec<Command>) {
    let words = ctx.words;
    title_ui(ctx, ui, &words.get("shift-title"), Side::Shift, out);
    let seat = &ctx.state.seat;
    let Some(by) = seat.by() else {
        ui.label(RichText::new(words.get("shift-nobody")).color(theme::TEXT_DIM));
        return;
    };
    let known = seat.known(ctx.wall);
    egui::ScrollArea::vertical().show(ui, |ui| {
        ui.set_width(ui.available_width());
        who_ui(ctx, ui, by.person, out);
        told_ui(ctx, ui, &known, by.person, out);
        sounds_ui(ctx, ui, by.person, out);
        heading(ui, &words.get("shift-posts"));
        let mut board = presence::board(&known);
        board.sort_by_cached_key(|row| {
            let post = seat.records.posts.iter().find(|kept| kept.id == row.post);
            post.map(|post| sort_key(post.value.name.get(words.language())))
        });
        if board.is_empty() {
            ui.label(RichText::new(words.get("shift-no-posts")).color(theme::TEXT_DIM));
        }
        for row in &board {
            post_ui(ctx, ui, row, by.person, out);
        }
        let holds = known.held_by(by.person).next().is_some();
        break_ui(ctx, ui, &known, by.person, holds, out);
        handover_ui(ctx, ui, by.person, holds, out);
        seats_ui(ctx, ui, &known);
    });
}

/// Whoever begins a shift hears every sound once.
fn sounds_ui(ctx: &AppContext<'_>, ui: &mut egui::Ui, person: Id, out: &mut Vec<Command>) {
    let words = ctx.words;
    ui.add_space(8.0);
    let tested = ctx.state.alarms.tested;
    let holds = |at: WallTime| ctx.wall.nanos_since(at).unsigned_abs() < TEST_HOLDS_NS;
    match tested.filter(|(by, at, _)| *by == person && holds(*at)) {
        Some((_, at, true)) => {
            let at = [(
                "at",
                crate::words::time(at, &jiff::tz::TimeZone::system()).into(),
            )];
            dim(ui, words.with("shift-sounds-tested", &at));
        }
        untested => {
            let key = match untested {
                Some(_) => "shift-sounds-not-heard",
                None => "shift-sounds-untested",
            };
            let text = RichText::new(format!("● {}", words.get(key))).color(theme::NOTE);
            ui.add(egui::Label::new(text).wrap());
            if ui
                .add(Button::new(words.get("alarms-test-sounds")).wrap())
                .clicked()
            {
                let wish = AlarmsCommand::Wish(AlarmWish::TestSounds);
                out.push(Command::Alarms(wish));
            }
        }
    }
}

fn heading(ui: &mut egui::Ui, text: &str) {
    ui.add_space(12.0);
    ui.label(RichText::new(text).font(theme::bold(13.0)));
    ui.add_space(2.0);
}

fn dim(ui: &mut egui::Ui, text: impl Into<String>) {
    ui.add(egui::Label::new(RichText::new(text).size(12.0).color(theme::TEXT_DIM)).wrap());
}

fn wish_ui(ui: &mut egui::Ui, text: &str, wish: Wish, out: &mut Vec<Command>) {
    if ui.add(Button::new(text).wrap()).clicked() {
        out.push(Command::Seat(wish));
    }
}

fn who_ui(ctx: &AppContext<'_>, ui: &mut egui::Ui, person: Id, out: &mut Vec<Command>) {
    let (seat, words) = (&ctx.state.seat, ctx.words);
    ui.label(RichText::new(seat.name_of(person)).font(theme::bold(15.0)));
    if let Some(kept) = seat.records.staff.get(person) {
        let roles: Vec<String> = kept
            .value
            .roles
            .iter()
            .map(|role| role.word(words).into_owned())
            .collect();
        dim(ui, format!("{} · {}", roles.join(", "), seat.name));
    }
    ui.add_space(4.0);
    ui.horizontal_wrapped(|ui| {
        let lock = format!("{} (Ctrl+L)", words.get("command-lock"));
        wish_ui(ui, &lock, Wish::Lock, out);
        wish_ui(ui, &words.get("command-sign-out"), Wish::SignOut, out);
    });
}

/// What this person is to be told, with the answers it asks for.
fn told_ui(
    ctx: &AppContext<'_>,
    ui: &mut egui::Ui,
    known: &Known<'_>,
    person: Id,
    out: &mut Vec<Command>,
) {
    let (seat, words) = (&ctx.state.seat, ctx.words);
    if let Some(reminder) = seat.reminder {
        ui.add_space(8.0);
        let minutes = [("minutes", (reminder.watched.as_secs() / 60).into())];
        let text = words.with(reminder.key(), &minutes);
        let text = RichText::new(format!("● {text}")).color(theme::NOTE);
        ui.add(egui::Label::new(text).wrap());
    }
    for notice in cover::notices(known, person) {
        ui.add_space(8.0);
        let name = seat.name_of(notice.other);
        let text = words.with(notice.word, &[("name", name.into())]);
        ui.label(RichText::new(format!("● {text}")).color(theme::NOTE));
        if !notice.asks {
            continue;
        }
        ui.horizontal_wrapped(|ui| {
            let asked_back = known.covered_by(person).any(|kept| kept.id == notice.cover);
            if asked_back {
                let word = words.get("shift-give-back");
                wish_ui(ui, &word, Wish::GiveBack(notice.cover), out);
            } else {
                let word = words.get("shift-accept");
                wish_ui(ui, &word, Wish::AcceptCover(notice.cover), out);
                let word = words.get("shift-refuse");
                wish_ui(ui, &word, Wish::RefuseCover(notice.cover), out);
            }
        });
    }
}

fn post_ui(
    ctx: &AppContext<'_>,
    ui: &mut egui::Ui,
    row: &PostRow,
    person: Id,
    out: &mut Vec<Command>,
) {
    let (seat, words) = (&ctx.state.seat, ctx.words);
    let Some(post) = seat.records.posts.iter().find(|kept| kept.id == row.post) else {
        return;
    };
    let (sign, colour) = match row.sight {
        Sight::Seen => ("●", theme::TEXT_DIM),
        Sight::Free => ("○", theme::TEXT_DIM),
        Sight::Nobody(_) => ("▲", theme::WARN),
    };
    ui.horizontal(|ui| {
        ui.label(RichText::new(sign).color(colour));
        let name = post.value.name.get(words.language());
        ui.add(egui::Label::new(RichText::new(name).font(theme::bold(13.0))).truncate());
        let count = [("count", post.value.cameras.len().into())];
        dim(ui, words.with("shift-cameras", &count));
    });
    let mut lines = Vec::new();
    match &row.holder {
        None => lines.push(words.get("shift-free").into_owned()),
        Some((holder, since)) => {
            lines.push(format!(
                "{} · {}",
                seat.name_of(*holder),
                age_text(words, *since)
            ));
        }
    }
    if let Some((giver, _, since)) = &row.stands_in_for {
        let values = [
            ("name", seat.name_of(*giver).into()),
            ("age", age_text(words, *since).into()),
        ];
        lines.push(words.with("shift-stands-in", &values));
    }
    if let Sight::Nobody(_) = row.sight {
        lines.push(words.get(row.sight.key()).into_owned());
    }
    let listed = |camera: &CameraId| ctx.state.cameras.iter().any(|one| one.id == *camera);
    let unknown = post.value.cameras.iter();
    let unknown = unknown.filter(|watched| !listed(&watched.camera)).count();
    for line in lines {
        dim(ui, line);
    }
    let concerns = row
        .holder
        .as_ref()
        .is_none_or(|(holder, _)| *holder == person);
    if unknown > 0 && concerns {
        let text = words.with("shift-not-in-the-list", &[("count", unknown.into())]);
        let text = RichText::new(format!("▲ {text}"))
            .size(12.0)
            .color(theme::WARN);
        ui.add(egui::Label::new(text).wrap());
    }
    for item in post.value.card_at(seat.store_now(ctx.wall)) {
        let sign = if item.critical { "▲" } else { "–" };
        dim(ui, format!("{sign} {}", item.text));
    }
    let mine = row
        .holder
        .as_ref()
        .is_some_and(|(holder, _)| *holder == person);
    if !mine && (row.holder.is_none() || matches!(row.sight, Sight::Nobody(_))) {
        wish_ui(ui, &words.get("shift-take"), Wish::TakePost(row.post), out);
    }
    ui.add_space(6.0);
}

/// Colleagues who are there and might stand in or take over.
fn colleagues(ctx: &AppContext<'_>, known: &Known<'_>, person: Id) -> Vec<Id> {
    let mut found: Vec<Id> = known
        .presences
        .iter()
        .filter(|one| !known.is_gone(one) && one.centre == ctx.state.seat.centre)
        .filter_map(|one| one.person)
        .filter(|other| *other != person)
        .collect();
    found.sort_unstable();
    found.dedup();
    found.sort_by_cached_key(|person| sort_key(&ctx.state.seat.name_of(*person)));
    found
}

fn break_ui(
    ctx: &AppContext<'_>,
    ui: &mut egui::Ui,
    known: &Known<'_>,
    person: Id,
    holds: bool,
    out: &mut Vec<Command>,
) {
    let (seat, words) = (&ctx.state.seat, ctx.words);
    heading(ui, &words.get("shift-break"));
    if let Some(kept) = known.break_of(person) {
        let values = [("name", seat.name_of(kept.value.taker).into())];
        ui.label(words.with("notice-cover-accepted", &values));
        if kept.value.asked_back.is_some() {
            dim(ui, words.get("shift-waits"));
        } else {
            wish_ui(
                ui,
                &words.get("shift-i-am-back"),
                Wish::AskBack(kept.id),
                out,
            );
        }
    } else if let Some(kept) = known.offer_of(person) {
        let values = [("name", seat.name_of(kept.value.taker).into())];
        ui.label(words.with("shift-asked", &values));
        let word = words.get("shift-withdraw");
        wish_ui(ui, &word, Wish::WithdrawCover(kept.id), out);
    } else if holds {
        dim(ui, words.get("shift-ask-whom"));
        people_ui(ctx, ui, known, person, Wish::OfferCover, out);
    } else {
        dim(ui, words.get("shift-holds-nothing"));
    }
}

fn people_ui(
    ctx: &AppContext<'_>,
    ui: &mut egui::Ui,
    known: &Known<'_>,
    person: Id,
    wish: impl Fn(Id) -> Wish,
    out: &mut Vec<Command>,
) {
    let others = colleagues(ctx, known, person);
    if others.is_empty() {
        dim(ui, ctx.words.get("shift-no-colleague"));
    }
    ui.horizontal_wrapped(|ui| {
        for other in others {
            wish_ui(ui, &ctx.state.seat.name_of(other), wish(other), out);
        }
    });
}

fn handover_ui(
    ctx: &AppContext<'_>,
    ui: &mut egui::Ui,
    person: Id,
    holds: bool,
    out: &mut Vec<Command>,
) {
    let (seat, words) = (&ctx.state.seat, ctx.words);
    let handovers = &seat.records.handovers;
    heading(ui, &words.get("handover-title"));
    if let Some(kept) = handover::waiting_for(handovers, person) {
        taking_ui(ctx, ui, kept, out);
    } else if let Some(kept) = handover::begun_by(handovers, person) {
        giving_ui(ctx, ui, kept, person, out);
    } else if holds {
        wish_ui(ui, &words.get("handover-begin"), Wish::BeginHandover, out);
    } else {
        dim(ui, words.get("shift-holds-nothing"));
    }
    let last = handovers
        .iter()
        .filter(|kept| kept.value.state == HandoverState::Finished)
        .max_by_key(|kept| kept.value.ended);
    if let Some(kept) = last {
        ui.add_space(4.0);
        let values = [
            ("from", seat.name_of(kept.value.from).into()),
            (
                "to",
                kept.value
                    .to
                    .map_or_else(String::new, |to| seat.name_of(to))
                    .into(),
            ),
        ];
        dim(ui, words.with("handover-last", &values));
        let word = words.get("handover-print");
        wish_ui(ui, &word, Wish::PrintHandover(kept.id), out);
    }
}

/// The one who goes.
fn giving_ui(
    ctx: &AppContext<'_>,
    ui: &mut egui::Ui,
    kept: &Kept<Handover>,
    person: Id,
    out: &mut Vec<Command>,
) {
    let (seat, words) = (&ctx.state.seat, ctx.words);
    let value = &kept.value;
    let view = handover::view(value);
    let state = words.get(value.state.key()).into_owned();
    let values = [
        ("state", state.into()),
        ("count", view.total.into()),
        ("unread", view.unread.into()),
    ];
    ui.label(words.with("handover-how-far", &values));
    items_ui(ctx, ui, kept, false, out);
    let id = egui::Id::unique("handover-note");
    let mut note: (String, bool) = ui.data(|data| data.get_temp(id)).unwrap_or_default();
    let hint = words.get("handover-note-hint");
    let edit = TextEdit::multiline(&mut note.0)
        .hint_text(hint.as_ref())
        .char_limit(500)
        .desired_rows(2)
        .desired_width(f32::INFINITY);
    ui.add(edit);
    ui.horizontal_wrapped(|ui| {
        ui.checkbox(&mut note.1, words.get("handover-critical").as_ref());
        let add = Button::new(words.get("handover-add-note").as_ref());
        if ui.add_enabled(!note.0.trim().is_empty(), add).clicked() {
            let (text, critical) = std::mem::take(&mut note);
            out.push(Command::Seat(Wish::NoteHandover { text, critical }));
        }
    });
    ui.data_mut(|data| data.insert_temp(id, note));
    ui.add_space(4.0);
    if value.state == HandoverState::Draft {
        dim(ui, words.get("handover-to-whom"));
        let known = seat.known(ctx.wall);
        people_ui(ctx, ui, &known, person, Wish::OfferHandover, out);
    } else if let Some(to) = value.to {
        dim(
            ui,
            format!("{}: {}", words.get("handover-to"), seat.name_of(to)),
        );
    }
    let word = words.get("shift-withdraw");
    wish_ui(ui, &word, Wish::WithdrawHandover, out);
}

/// The one who comes.
fn taking_ui(
    ctx: &AppContext<'_>,
    ui: &mut egui::Ui,
    kept: &Kept<Handover>,
    out: &mut Vec<Command>,
) {
    let (seat, words) = (&ctx.state.seat, ctx.words);
    let from = format!(
        "{}: {}",
        words.get("handover-from"),
        seat.name_of(kept.value.from)
    );
    ui.label(RichText::new(format!("● {from}")).color(theme::NOTE));
    let view = handover::view(&kept.value);
    if kept.value.state == HandoverState::Offered {
        ui.horizontal_wrapped(|ui| {
            wish_ui(ui, &words.get("handover-open"), Wish::OpenHandover, out);
            wish_ui(ui, &words.get("shift-refuse"), Wish::DeclineHandover, out);
        });
        return;
    }
    items_ui(ctx, ui, kept, true, out);
    if view.unread_critical > 0 {
        let count = [("count", view.unread_critical.into())];
        let text = words.with("handover-critical-left", &count);
        ui.label(RichText::new(format!("▲ {text}")).color(theme::WARN));
    }
    ui.horizontal_wrapped(|ui| {
        let finish = Button::new(words.get("handover-finish").as_ref());
        if ui.add_enabled(view.may_finish, finish).clicked() {
            out.push(Command::Seat(Wish::FinishHandover));
        }
        wish_ui(ui, &words.get("shift-refuse"), Wish::DeclineHandover, out);
    });
}

fn items_ui(
    ctx: &AppContext<'_>,
    ui: &mut egui::Ui,
    kept: &Kept<Handover>,
    reads: bool,
    out: &mut Vec<Command>,
) {
    let (seat, words) = (&ctx.state.seat, ctx.words);
    let named = |id: Id| seat.name_of(id);
    for place in handover::view(&kept.value).rows {
        let item = &kept.value.items[place];
        ui.horizontal(|ui| {
            if reads && item.is_unread() {
                if ui.button(words.get("handover-read").as_ref()).clicked() {
                    let which = vec![(item.kind, item.about.clone())];
                    out.push(Command::Seat(Wish::ReadItems(which)));
                }
            } else {
                ui.label(if item.is_unread() { "○" } else { "✓" });
            }
            let said = item.said(words, &named);
            let said = if item.critical {
                format!("▲ {said}")
            } else {
                said
            };
            let mut text = RichText::new(said).size(12.0);
            if item.critical {
                text = text.color(theme::WARN);
            }
            if item.over.is_some() {
                text = text.strikethrough().color(theme::TEXT_DIM);
            }
            ui.add(egui::Label::new(text).wrap());
        });
    }
}

fn seats_ui(ctx: &AppContext<'_>, ui: &mut egui::Ui, known: &Known<'_>) {
    let (seat, words) = (&ctx.state.seat, ctx.words);
    heading(ui, &words.get("shift-seats"));
    let roll = presence::roll(known.presences, known.now, known.rules);
    let mut seats: Vec<_> = roll.seats.iter().collect();
    seats.sort_by_cached_key(|now| (sort_key(&now.presence.centre), sort_key(&now.presence.seat)));
    for now in seats {
        let who = now.presence.person.map_or_else(
            || words.get("shift-empty").into_owned(),
            |id| seat.name_of(id),
        );
        let doing = match now.gone {
            Some(gone) => gone_text(words, gone),
            None => words.get(now.presence.state.key()).into_owned(),
        };
        let mut text = format!("{} · {who} · {doing}", now.presence.seat);
        let minutes = now.presence.without_break_secs / 60;
        if now.gone.is_none() && minutes >= LONG_MINUTES {
            let minutes = [("minutes", minutes.into())];
            text = format!("{text} · {}", words.with("shift-without-break", &minutes));
        }
        if now.gone.is_some() && now.presence.person.is_some() {
            ui.label(
                RichText::new(format!("▲ {text}"))
                    .size(12.0)
                    .color(theme::WARN),
            );
        } else {
            dim(ui, text);
        }
    }
}

fn gone_text(words: Words, gone: Duration) -> String {
    words.with("shift-gone", &[("age", age_text(words, gone).into())])
}
