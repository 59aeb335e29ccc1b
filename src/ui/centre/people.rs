//! The people of the centre, for whoever manages them.

use std::collections::BTreeSet;

use eframe::egui::{self, Button, RichText, TextEdit};

use super::{beside, dim, field_ui, heading, row_ui};
use crate::app::command::Command;
use crate::app::context::AppContext;
use crate::app::seat::{PeopleWish, Wish};
use crate::model::act::Kept;
use crate::model::camera::Password;
use crate::model::id::Id;
use crate::model::person::Person;
use crate::model::roles::Role;
use crate::model::staff::NewPerson;
use crate::ui::theme;
use crate::words::{Language, sort_key};

/// What is typed; nothing of it is kept when the tab is closed.
#[derive(Clone, Default)]
struct Form {
    /// Somebody who is there; else somebody new.
    of: Option<Id>,
    /// Of which the form was filled.
    version: u32,
    name: String,
    login: String,
    roles: BTreeSet<Role>,
    language: Language,
    pin: String,
    badge: String,
}

impl Form {
    fn of(kept: &Kept<Person>) -> Self {
        Self {
            of: Some(kept.id),
            version: kept.version,
            name: kept.value.name.clone(),
            login: kept.value.login.clone(),
            roles: kept.value.roles.clone(),
            language: kept.value.language,
            ..Self::default()
        }
    }
}

fn form_id() -> egui::Id {
    egui::Id::unique("people-form")
}

/// What was typed is for nobody who comes later.
pub(super) fn forget(ctx: &egui::Context) {
    ctx.data_mut(|data| data.remove::<Form>(form_id()));
}

pub(super) fn people_ui(ctx: &AppContext<'_>, ui: &mut egui::Ui, out: &mut Vec<Command>) {
    let words = ctx.words;
    let staff = &ctx.state.seat.records.staff;
    let mut form: Form = ui.data(|data| data.get_temp(form_id())).unwrap_or_default();
    if let Some(kept) = form.of.and_then(|id| staff.get(id))
        && kept.version != form.version
    {
        // Changed, here or elsewhere: what is there now is shown.
        form = Form::of(kept);
    }
    let before = form.of;
    let mut chosen = None;
    let mut people: Vec<&Kept<Person>> = staff.people.iter().collect();
    people.sort_by_cached_key(|kept| (kept.value.disabled, sort_key(&kept.value.name)));
    let (form_of, form_ref) = (form.of, &mut form);
    beside(
        ui,
        300.0,
        |ui| {
            if ui.button(words.get("people-new").as_ref()).clicked() {
                chosen = Some(Form::default());
            }
            ui.add_space(4.0);
            for kept in people {
                let person = &kept.value;
                let roles: Vec<_> = person.roles.iter().map(|role| role.word(words)).collect();
                let mut lines = vec![format!("{} · {}", person.login, roles.join(", "))];
                if person.disabled {
                    lines.push(format!("○ {}", words.get("people-disabled")));
                } else if person.must_change {
                    lines.push(words.get("people-must-change").into_owned());
                }
                let id = egui::Id::unique(("person", kept.id.to_string()));
                if row_ui(ui, id, form_of == Some(kept.id), &person.name, &lines) {
                    chosen = Some(Form::of(kept));
                }
            }
        },
        |ui| form_ui(ctx, ui, form_ref, out),
    );
    if let Some(chosen) = chosen
        && (chosen.of != before || before.is_none())
    {
        form = chosen;
    }
    ui.data_mut(|data| data.insert_temp(form_id(), form));
}

fn form_ui(ctx: &AppContext<'_>, ui: &mut egui::Ui, form: &mut Form, out: &mut Vec<Command>) {
    let words = ctx.words;
    let staff = &ctx.state.seat.records.staff;
    let kept = form.of.and_then(|id| staff.get(id));
    let own = form.of.is_some() && form.of == ctx.state.seat.session.person();
    let mut wish = |wish: PeopleWish| out.push(Command::Seat(Wish::People(wish)));
    let title = kept.map_or_else(
        || words.get("people-new").into_owned(),
        |kept| kept.value.name.clone(),
    );
    ui.label(RichText::new(title).font(theme::bold(15.0)));
    ui.add_space(6.0);
    field_ui(ui, &words.get("sign-in-name"), edit(&mut form.name));
    if kept.is_none() {
        field_ui(ui, &words.get("sign-in-login"), edit(&mut form.login));
    } else {
        dim(
            ui,
            format!("{}: {}", words.get("sign-in-login"), form.login),
        );
    }
    ui.horizontal(|ui| {
        for language in Language::ALL {
            ui.radio_value(&mut form.language, language, language.own_name());
        }
    });
    if let Some(kept) = kept {
        let changed = form.name.trim() != kept.value.name || form.language != kept.value.language;
        let save = Button::new(words.get("people-save").as_ref());
        if ui.add_enabled(changed, save).clicked() {
            wish(PeopleWish::Change {
                id: kept.id,
                name: form.name.trim().to_owned(),
                language: form.language,
            });
        }
    }
    heading(ui, &words.get("people-roles"));
    ui.add_enabled_ui(!own, |ui| {
        ui.horizontal_wrapped(|ui| {
            for role in Role::ALL {
                let mut has = form.roles.contains(&role);
                if ui.checkbox(&mut has, role.word(words).as_ref()).changed() {
                    if has {
                        form.roles.insert(role);
                    } else {
                        form.roles.remove(&role);
                    }
                }
            }
        });
    });
    if own {
        dim(ui, words.get("refusal-own-roles"));
    }
    if let Some(kept) = kept {
        let changed = form.roles != kept.value.roles && !form.roles.is_empty();
        let save = Button::new(words.get("people-save-roles").as_ref());
        if ui.add_enabled(changed && !own, save).clicked() {
            wish(PeopleWish::Roles {
                id: kept.id,
                roles: form.roles.clone(),
            });
        }
    }
    heading(ui, &words.get("people-pin"));
    let pin = edit(&mut form.pin).password(true);
    field_ui(ui, &words.get("sign-in-pin"), pin);
    dim(ui, words.get("people-pin-hint"));
    let typed = !form.pin.is_empty();
    match kept {
        None => {
            let complete = typed && !form.login.trim().is_empty() && !form.roles.is_empty();
            let add = Button::new(words.get("people-add").as_ref());
            ui.add_space(8.0);
            if ui.add_enabled(complete, add).clicked() {
                let login = form.login.trim().to_owned();
                let name = match form.name.trim() {
                    "" => login.clone(),
                    name => name.to_owned(),
                };
                wish(PeopleWish::Add {
                    new: Box::new(NewPerson {
                        name,
                        login,
                        roles: form.roles.clone(),
                        language: form.language,
                        ..NewPerson::default()
                    }),
                    pin: Password::new(std::mem::take(&mut form.pin)),
                });
            }
        }
        Some(kept) => {
            let set = Button::new(words.get("people-set-pin").as_ref());
            if ui.add_enabled(typed && !own, set).clicked() {
                wish(PeopleWish::NewPin {
                    id: kept.id,
                    pin: Password::new(std::mem::take(&mut form.pin)),
                });
            }
            badges_ui(ctx, ui, form, kept, out);
        }
    }
}

fn edit(text: &mut String) -> TextEdit<'_> {
    TextEdit::singleline(text)
        .char_limit(128)
        .desired_width(320.0)
}

fn badges_ui(
    ctx: &AppContext<'_>,
    ui: &mut egui::Ui,
    form: &mut Form,
    kept: &Kept<Person>,
    out: &mut Vec<Command>,
) {
    let words = ctx.words;
    let mut wish = |wish: PeopleWish| out.push(Command::Seat(Wish::People(wish)));
    let count = [("count", kept.value.badges.len().into())];
    heading(ui, &words.with("people-badges", &count));
    field_ui(ui, &words.get("people-badge"), edit(&mut form.badge));
    ui.horizontal(|ui| {
        let add = Button::new(words.get("people-add-badge").as_ref());
        if ui.add_enabled(!form.badge.is_empty(), add).clicked() {
            let badge = Password::new(std::mem::take(&mut form.badge));
            wish(PeopleWish::AddBadge { id: kept.id, badge });
        }
        let remove = Button::new(words.get("people-remove-badges").as_ref());
        if ui
            .add_enabled(!kept.value.badges.is_empty(), remove)
            .clicked()
        {
            wish(PeopleWish::RemoveBadges(kept.id));
        }
    });
    ui.add_space(14.0);
    if kept.value.disabled {
        if ui.button(words.get("people-enable").as_ref()).clicked() {
            wish(PeopleWish::Enable(kept.id));
        }
    } else if ui.button(words.get("people-disable").as_ref()).clicked() {
        wish(PeopleWish::Disable(kept.id));
    }
}
