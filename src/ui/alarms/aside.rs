//! What puts alarms aside: shelves, planned lessons, what is out of service; and planning a lesson.

use eframe::egui::{self, Button, ComboBox, RichText, TextEdit};

use super::{dim, said, when};
use crate::app::alarms::AlarmsCommand;
use crate::app::command::Command;
use crate::app::context::AppContext;
use crate::app::seat::AlarmWish;
use crate::model::alarm::class::ClassKey;
use crate::model::roles::{Answer, Right};
use crate::ui::theme;

const MINUTE: i64 = 60_000_000_000;
/// How long a lesson may be chosen to last, minutes.
const LASTS: [i64; 4] = [30, 45, 90, 180];
/// How soon it may be chosen to begin, minutes.
const BEGINS: [i64; 4] = [0, 10, 30, 60];

/// What is chosen for a lesson.
#[derive(Clone)]
struct Form {
    class: Option<ClassKey>,
    begins: i64,
    lasts: i64,
    reason: String,
}

impl Default for Form {
    fn default() -> Self {
        Self {
            class: ClassKey::new("weapon.school"),
            begins: 0,
            lasts: 45,
            reason: String::new(),
        }
    }
}

pub(super) fn aside_ui(ctx: &AppContext<'_>, ui: &mut egui::Ui, out: &mut Vec<Command>) {
    let words = ctx.words;
    let now = ctx.state.seat.store_now(ctx.wall);
    let asides = &ctx.state.seat.records.asides;
    egui::ScrollArea::vertical().show(ui, |ui| {
        ui.set_width(ui.available_width());
        heading(ui, &words.get("aside-shelves"));
        let shelves: Vec<_> = asides
            .shelves
            .iter()
            .filter(|shelf| asides.is_on(shelf, now))
            .collect();
        if shelves.is_empty() {
            dim(ui, words.get("aside-none"));
        }
        for kept in shelves {
            let shelf = &kept.value;
            let text = format!(
                "{} → {} · {}",
                class_name(ctx, &shelf.class),
                when(ctx, shelf.until),
                said(ctx, &shelf.reason)
            );
            let wish = AlarmWish::Unshelve(kept.id);
            line_ui(ui, &text, &words.get("aside-end"), wish, out);
        }
        heading(ui, &words.get("aside-lessons"));
        let lessons: Vec<_> = asides
            .lessons
            .iter()
            .filter(|lesson| lesson.value.until > now)
            .collect();
        if lessons.is_empty() {
            dim(ui, words.get("aside-none"));
        }
        for kept in lessons {
            let lesson = &kept.value;
            let text = format!(
                "{} · {} · {} → {} · {}",
                class_name(ctx, &lesson.class),
                camera_name(ctx, lesson.camera.as_str()),
                when(ctx, lesson.from),
                when(ctx, lesson.until),
                lesson.reason
            );
            let wish = AlarmWish::Cancel(kept.id);
            line_ui(ui, &text, &words.get("aside-cancel"), wish, out);
        }
        if ctx.state.seat.may(Right::PlanLessons) != Answer::No {
            lesson_form_ui(ctx, ui, out);
        }
        heading(ui, &words.get("aside-out-of-service"));
        if asides.out_of_service.is_empty() {
            dim(ui, words.get("aside-none"));
        }
        for kept in &asides.out_of_service {
            let value = &kept.value;
            let class = value.class.as_ref().map(|class| class_name(ctx, class));
            let camera = value.camera.as_ref();
            let camera = camera.map(|camera| camera_name(ctx, camera.as_str()));
            let mut parts: Vec<String> = class.into_iter().chain(camera).collect();
            parts.push(said(ctx, &value.reason));
            let wish = AlarmWish::InService(kept.id);
            line_ui(ui, &parts.join(" · "), &words.get("aside-end"), wish, out);
        }
        out_of_service_ui(ctx, ui, out);
    });
}

fn heading(ui: &mut egui::Ui, text: &str) {
    ui.add_space(10.0);
    ui.label(RichText::new(text).font(theme::bold(13.0)));
}

fn class_name(ctx: &AppContext<'_>, key: &ClassKey) -> String {
    let class = ctx.state.alarms.classes.get(key);
    class.map_or_else(
        || key.to_string(),
        |class| class.name.get(ctx.words.language()).to_owned(),
    )
}

fn camera_name(ctx: &AppContext<'_>, id: &str) -> String {
    let mut cameras = ctx.state.cameras.iter();
    cameras.find(|camera| camera.id.as_str() == id).map_or_else(
        || id.to_owned(),
        |camera| camera.name.get(ctx.words.language()).to_owned(),
    )
}

fn line_ui(ui: &mut egui::Ui, text: &str, button: &str, wish: AlarmWish, out: &mut Vec<Command>) {
    ui.add(egui::Label::new(RichText::new(text).size(12.0)).wrap());
    if ui.add(Button::new(button).small()).clicked() {
        out.push(Command::Alarms(AlarmsCommand::Wish(wish)));
    }
}

/// A lesson with a dummy on the selected camera.
fn lesson_form_ui(ctx: &AppContext<'_>, ui: &mut egui::Ui, out: &mut Vec<Command>) {
    let words = ctx.words;
    let Some(camera) = ctx.state.selected_camera() else {
        return;
    };
    let id = egui::Id::unique("lesson-form");
    let mut form: Form = ui.data(|data| data.get_temp(id)).unwrap_or_default();
    ui.add_space(4.0);
    let name = [("camera", camera.name.get(words.language()).into())];
    dim(ui, words.with("aside-plan-for", &name));
    let minutes = |n: i64| words.with("aside-minutes", &[("minutes", n.into())]);
    ui.horizontal_wrapped(|ui| {
        let class = form.class.as_ref().map(|class| class_name(ctx, class));
        combo(
            ui,
            "lesson-class",
            &words.get("alarms-class"),
            &class.unwrap_or_default(),
            |ui| {
                for (key, class) in ctx.state.alarms.classes.iter() {
                    let text = class.name.get(words.language());
                    ui.selectable_value(&mut form.class, Some(key.clone()), text);
                }
            },
        );
        let begins = |n: i64| match n {
            0 => words.get("aside-now").into_owned(),
            n => words.with("aside-in-minutes", &[("minutes", n.into())]),
        };
        combo(
            ui,
            "lesson-begins",
            &words.get("aside-begins"),
            &begins(form.begins),
            |ui| {
                for n in BEGINS {
                    ui.selectable_value(&mut form.begins, n, begins(n));
                }
            },
        );
        combo(
            ui,
            "lesson-lasts",
            &words.get("aside-lasts"),
            &minutes(form.lasts),
            |ui| {
                for n in LASTS {
                    ui.selectable_value(&mut form.lasts, n, minutes(n));
                }
            },
        );
    });
    let hint = words.get("aside-reason");
    let field = TextEdit::singleline(&mut form.reason)
        .hint_text(hint.as_ref())
        .char_limit(200)
        .desired_width(ui.available_width() - 8.0);
    let response = ui.add(field);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, hint.as_ref()));
    let plan = Button::new(words.get("aside-plan").as_ref());
    let ready = !form.reason.trim().is_empty();
    if ui.add_enabled(ready, plan).clicked()
        && let Some(class) = form.class.clone()
    {
        let now = ctx.state.seat.store_now(ctx.wall);
        let from = now.plus_nanos(form.begins * MINUTE);
        let wish = AlarmWish::Plan {
            camera: camera.id.clone(),
            class,
            from,
            until: from.plus_nanos(form.lasts * MINUTE),
            reason: form.reason.trim().to_owned(),
        };
        out.push(Command::Alarms(AlarmsCommand::Wish(wish)));
        form.reason.clear();
    }
    ui.data_mut(|data| data.insert_temp(id, form));
}

/// The class of the chosen alarm on its camera, until somebody says otherwise.
fn out_of_service_ui(ctx: &AppContext<'_>, ui: &mut egui::Ui, out: &mut Vec<Command>) {
    let Some(kept) = ctx.state.chosen_alarm() else {
        return;
    };
    if ctx.state.seat.may(Right::ShelveClass) == Answer::No {
        return;
    }
    let alarm = &kept.value;
    // What a button does stands on it, and whom it does it to above: a class and a place may be long.
    ui.add_space(8.0);
    ui.separator();
    let what = [class_name(ctx, &alarm.class), super::place_of(ctx, alarm)].join(" · ");
    ui.add(egui::Label::new(RichText::new(what).size(12.0)).wrap());
    let text = ctx.words.get("aside-take-out");
    if ui.button(text.as_ref()).clicked() {
        let wish = AlarmWish::OutOfService {
            camera: alarm.camera.clone(),
            class: Some(alarm.class.clone()),
            reason: "reason-works".to_owned(),
        };
        out.push(Command::Alarms(AlarmsCommand::Wish(wish)));
    }
}

fn combo(
    ui: &mut egui::Ui,
    salt: &str,
    name: &str,
    chosen: &str,
    list: impl FnOnce(&mut egui::Ui),
) {
    let response = ComboBox::from_id_salt(salt)
        .selected_text(chosen)
        .truncate()
        .show_ui(ui, list)
        .response;
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::ComboBox, true, name));
}
