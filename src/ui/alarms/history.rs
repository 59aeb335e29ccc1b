//! Alarms that are over: found by class, verdict, time and words.

use eframe::egui::{self, ComboBox, RichText, Sense, TextEdit, vec2};

use super::{dim, mark, name_of, place_of, said, when};
use crate::app::alarms::AlarmsCommand;
use crate::app::command::Command;
use crate::app::context::AppContext;
use crate::app::seat::AlarmWish;
use crate::model::act::Record as _;
use crate::model::alarm::alarm::Past;
use crate::model::alarm::past::Query;
use crate::model::alarm::verdict::Judgement;
use crate::ui::theme;

/// So many that cannot be read are named.
const MOST_UNREADABLE: usize = 5;

pub(super) fn history_ui(ctx: &AppContext<'_>, ui: &mut egui::Ui, out: &mut Vec<Command>) {
    let (words, history) = (ctx.words, &ctx.state.alarms.history);
    let language = words.language();
    let mut query = history.query.clone();
    let all = words.get("log-page-all").into_owned();
    ui.horizontal_wrapped(|ui| {
        let hint = words.get("alarms-find");
        let field = TextEdit::singleline(&mut query.words)
            .hint_text(hint.as_ref())
            .char_limit(80)
            .desired_width(ui.available_width() - 8.0);
        let response = ui.add(field);
        response
            .widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, hint.as_ref()));
        let hint = words.get("alarms-purpose");
        let field = TextEdit::singleline(&mut query.purpose)
            .hint_text(hint.as_ref())
            .char_limit(80)
            .desired_width(ui.available_width() - 8.0);
        let response = ui.add(field);
        response
            .widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, hint.as_ref()));
    });
    ui.horizontal_wrapped(|ui| {
        let classes = &ctx.state.alarms.classes;
        let chosen = query.class.as_ref().and_then(|key| classes.get(key));
        let text = chosen.map_or(all.as_str(), |class| class.name.get(language));
        let name = words.get("alarms-class");
        ComboBox::from_id_salt("past-class")
            .selected_text(text)
            .width(ui.available_width() * 0.55)
            .truncate()
            .show_ui(ui, |ui| {
                ui.selectable_value(&mut query.class, None, &all);
                for (key, class) in classes.iter() {
                    let text = class.name.get(language);
                    ui.selectable_value(&mut query.class, Some(key.clone()), text);
                }
            })
            .response
            .widget_info(|| egui::WidgetInfo::labeled(egui::Role::ComboBox, true, name.as_ref()));
        let text = query
            .found
            .map_or(all.clone(), |found| words.get(found.key()).into_owned());
        let name = words.get("alarms-verdict");
        ComboBox::from_id_salt("past-verdict")
            .selected_text(text)
            .width(ui.available_width() - 8.0)
            .truncate()
            .show_ui(ui, |ui| {
                ui.selectable_value(&mut query.found, None, &all);
                for found in Judgement::ALL {
                    let text = words.get(found.key()).into_owned();
                    ui.selectable_value(&mut query.found, Some(found), text);
                }
            })
            .response
            .widget_info(|| egui::WidgetInfo::labeled(egui::Role::ComboBox, true, name.as_ref()));
    });
    if query != history.query {
        search(query, out);
    }
    ui.add_space(4.0);
    if let Some(trouble) = &history.trouble {
        dim(ui, trouble.as_str());
    } else if history.found.is_empty() && history.unreadable.is_empty() && !history.busy {
        dim(ui, words.get("alarms-none-found"));
    }
    if !history.unreadable.is_empty() {
        let values = [("count", history.unreadable.len().into())];
        dim(ui, words.with("seat-unreadable", &values));
        for id in history.unreadable.iter().take(MOST_UNREADABLE) {
            dim(ui, format!("{} · {id}", Past::KIND));
        }
    }
    let found = &history.found;
    egui::ScrollArea::vertical()
        .id_salt("past")
        .auto_shrink([false, false])
        .show_rows(ui, 40.0, found.len(), |ui, rows| {
            for kept in &found[rows] {
                past_ui(ctx, ui, &kept.value);
            }
        });
}

fn search(query: Query, out: &mut Vec<Command>) {
    let wish = AlarmWish::Search(Box::new(query));
    out.push(Command::Alarms(AlarmsCommand::Wish(wish)));
}

fn past_ui(ctx: &AppContext<'_>, ui: &mut egui::Ui, past: &Past) {
    let alarm = &past.alarm;
    ui.allocate_ui(vec2(ui.available_width(), 40.0), |ui| {
        ui.horizontal(|ui| {
            let (rect, _) = ui.allocate_exact_size(vec2(14.0, 16.0), Sense::hover());
            mark::paint(ui.painter(), rect.center(), 5.5, alarm.priority, true);
            let text = format!("{} · {}", when(ctx, alarm.raised), name_of(ctx, alarm));
            ui.add(egui::Label::new(RichText::new(text).size(13.0)).truncate());
        });
        let mut parts = vec![place_of(ctx, alarm)];
        if let Some(verdict) = alarm.verdicts.last() {
            parts.push(ctx.words.get(verdict.found.key()).into_owned());
            parts.push(said(ctx, &verdict.note));
            let person = verdict.by.person;
            parts.extend(person.map(|person| ctx.state.seat.name_of(person)));
        }
        if alarm.count > 1 {
            parts.push(format!("×{}", alarm.count));
        }
        parts.retain(|part| !part.is_empty());
        let text = RichText::new(parts.join(" · ")).size(12.0);
        ui.add(egui::Label::new(text.color(theme::TEXT_DIM)).truncate());
    });
}
