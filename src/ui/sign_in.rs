//! The panel over the wall while nobody sits there: signing in, unlocking, the first start, a new PIN.

use eframe::egui::{self, RichText, TextEdit};

use super::theme;
use crate::app::command::Command;
use crate::app::context::AppContext;
use crate::app::seat::Wish;
use crate::app::seat::session::{Panel, Session};
use crate::model::camera::Password;
use crate::store::database::Link;

/// Width of the panel's fields, points.
const WIDTH: f32 = 300.0;

/// What was typed, until it is tried.
#[derive(Clone, Default)]
struct Fields {
    tries: u32,
    name: String,
    login: String,
    pin: String,
    again: String,
}

/// Draws the panel, where one is wanted.
pub(super) fn sign_in_ui(ctx: &AppContext<'_>, ui: &mut egui::Ui, out: &mut Vec<Command>) {
    let seat = &ctx.state.seat;
    let Some(panel) = seat.session.panel() else {
        // What was typed is for nobody who comes later.
        ui.data_mut(|data| data.remove::<Fields>(fields_id()));
        return;
    };
    let words = ctx.words;
    let first = matches!(seat.session, Session::Nobody(_))
        && seat.ready
        && seat.records.staff.is_empty()
        && matches!(seat.link, Link::Alone | Link::There);
    let title = match &seat.session {
        Session::Locked { person, .. } => {
            words.with("sign-in-locked", &[("name", seat.name_of(*person).into())])
        }
        Session::In { .. } => words.get("sign-in-new-pin").into_owned(),
        _ if first => words.get("sign-in-first").into_owned(),
        _ => words.get("sign-in-title").into_owned(),
    };
    egui::Window::new("sign-in")
        .title_bar(false)
        .resizable(false)
        .anchor(egui::Align2::CENTER_CENTER, [0.0, 0.0])
        .show(ui.ctx(), |ui| {
            ui.set_width(WIDTH);
            ui.add_space(4.0);
            ui.label(RichText::new(title).font(theme::bold(16.0)));
            let place = format!("{} · {}", seat.centre, seat.name);
            ui.label(RichText::new(place).size(12.0).color(theme::TEXT_DIM));
            ui.add_space(8.0);
            if seat.ready {
                fields_ui(ctx, ui, panel, first, out);
            } else {
                ui.label(words.get("sign-in-opening"));
            }
            said_ui(ctx, ui, panel);
            if let Some((logins, pin)) = &seat.demo {
                ui.add_space(8.0);
                let values = [
                    ("logins", logins.join(", ").into()),
                    ("pin", pin.as_str().into()),
                ];
                let hint = words.with("sign-in-demo", &values);
                ui.label(RichText::new(hint).size(12.0).color(theme::TEXT_DIM));
            }
            ui.add_space(4.0);
        });
}

fn said_ui(ctx: &AppContext<'_>, ui: &mut egui::Ui, panel: &Panel) {
    if let Some(said) = &panel.said {
        ui.add_space(6.0);
        ui.label(RichText::new(format!("▲ {said}")).color(theme::WARN));
    }
    if let Link::Away { why, waiting } = &ctx.state.seat.link {
        ui.add_space(6.0);
        let waiting = [("count", (*waiting).into())];
        let text = ctx.words.with("seat-centre-away", &waiting);
        ui.label(RichText::new(format!("▲ {text}")).color(theme::WARN));
        if panel.said.is_none() {
            ui.label(
                RichText::new(why.to_string())
                    .size(12.0)
                    .color(theme::TEXT_DIM),
            );
        }
    }
}

fn fields_ui(
    ctx: &AppContext<'_>,
    ui: &mut egui::Ui,
    panel: &Panel,
    first: bool,
    out: &mut Vec<Command>,
) {
    let words = ctx.words;
    let seat = &ctx.state.seat;
    let id = fields_id();
    let mut fields: Fields = ui.data(|data| data.get_temp(id)).unwrap_or_default();
    if fields.tries != panel.tries {
        // After a try the PIN is typed anew.
        fields.tries = panel.tries;
        fields.pin.clear();
        fields.again.clear();
    }
    let new_pin = matches!(seat.session, Session::In { .. });
    if let Session::Locked { person, .. } = &seat.session
        && fields.login.is_empty()
        && let Some(kept) = seat.records.staff.get(*person)
    {
        fields.login.clone_from(&kept.value.login);
    }
    let mut entered = false;
    ui.add_enabled_ui(!panel.busy, |ui| {
        if first {
            ui.label(words.get("sign-in-first-why"));
            ui.add_space(6.0);
            field_ui(ui, &words.get("sign-in-name"), &mut fields.name, false);
        }
        if !new_pin {
            field_ui(ui, &words.get("sign-in-login"), &mut fields.login, false);
        }
        entered |= field_ui(ui, &words.get("sign-in-pin"), &mut fields.pin, true);
        if first || new_pin {
            entered |= field_ui(ui, &words.get("sign-in-pin-again"), &mut fields.again, true);
        }
        ui.add_space(8.0);
        let differ = (first || new_pin) && fields.pin != fields.again;
        if differ && !fields.again.is_empty() {
            ui.label(RichText::new(words.get("sign-in-pins-differ")).color(theme::WARN));
        }
        let word = match &seat.session {
            Session::Locked { .. } => "sign-in-unlock",
            Session::In { .. } => "sign-in-take-pin",
            _ if first => "sign-in-make-first",
            _ => "sign-in-go",
        };
        let complete = !fields.pin.is_empty() && !differ && (new_pin || !fields.login.is_empty());
        let button = egui::Button::new(RichText::new(words.get(word)).font(theme::bold(14.0)))
            .min_size(egui::vec2(ui.available_width(), 30.0));
        let pressed = ui.add_enabled(complete, button).clicked();
        if complete && (pressed || entered) {
            out.push(Command::Seat(wish(&fields, first, new_pin)));
            // Else it would lie in the field when the seat is locked again.
            fields.pin.clear();
            fields.again.clear();
        }
        if panel.busy {
            ui.label(words.get("sign-in-busy"));
        }
    });
    ui.data_mut(|data| data.insert_temp(id, fields));
}

fn fields_id() -> egui::Id {
    egui::Id::unique("sign-in-fields")
}

fn wish(fields: &Fields, first: bool, new_pin: bool) -> Wish {
    let pin = Password::new(fields.pin.clone());
    if new_pin {
        Wish::ChangePin(pin)
    } else if first {
        let login = fields.login.trim().to_owned();
        let name = match fields.name.trim() {
            "" => login.clone(),
            name => name.to_owned(),
        };
        Wish::FirstAdministrator { name, login, pin }
    } else {
        Wish::SignIn {
            login: fields.login.trim().to_owned(),
            pin,
        }
    }
}

/// A field with its name over it; true when Enter was pressed in it.
fn field_ui(ui: &mut egui::Ui, name: &str, text: &mut String, secret: bool) -> bool {
    let label = ui.label(RichText::new(name).size(12.0).color(theme::TEXT_DIM));
    let edit = TextEdit::singleline(text)
        .password(secret)
        .char_limit(128)
        .desired_width(f32::INFINITY);
    let response = ui.add(edit).labelled_by(label.id);
    if secret && let Some(mut state) = egui::text_edit::TextEditState::load(ui.ctx(), response.id) {
        // Ctrl+Z must not bring back what somebody typed before.
        state.clear_undoer();
        state.store(ui.ctx(), response.id);
    }
    if text.is_empty() && ui.memory(|memory| memory.focused().is_none()) {
        // Whoever comes types at once.
        response.request_focus();
    }
    response.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter))
}
