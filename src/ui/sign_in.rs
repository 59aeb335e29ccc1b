//! The panel over the wall while nobody sits there: signing in, unlocking, the first start, a new PIN.

use eframe::egui::{self, RichText, TextEdit};

use super::theme;
use crate::app::command::Command;
use crate::app::context::AppContext;
use crate::app::seat::session::{Panel, Session};
use crate::app::seat::{SeatState, Wish};
use crate::model::camera::Password;
use crate::model::id::Id;
use crate::model::roles::Right;
use crate::store::database::Link;

/// Width of the panel's fields, points.
const WIDTH: f32 = 300.0;

/// What was typed, until it is tried.
#[derive(Clone, Default)]
struct Fields {
    ask: Option<Ask>,
    tries: u32,
    name: String,
    login: String,
    pin: String,
    again: String,
}

/// What is asked of whoever types.
#[derive(Clone, Copy, PartialEq)]
enum Ask {
    /// Login and PIN, to sit down.
    SignIn,
    /// The same, to unlock.
    Unlock(Id),
    /// The first start: who manages people.
    First,
    /// A PIN of one's own.
    NewPin,
    /// Login and PIN of somebody else, for an act that asks for four eyes.
    Second(Right),
}

impl Ask {
    fn of(seat: &SeatState) -> Option<(Self, &Panel)> {
        if let Some(asked) = &seat.four_eyes {
            return Some((Self::Second(asked.right), &asked.panel));
        }
        let panel = seat.session.panel()?;
        let ask = match &seat.session {
            Session::Locked { person, .. } => Self::Unlock(*person),
            Session::In { .. } => Self::NewPin,
            _ if seat.ready
                && seat.records.staff.is_empty()
                && matches!(seat.link, Link::Alone | Link::There) =>
            {
                Self::First
            }
            _ => Self::SignIn,
        };
        Some((ask, panel))
    }

    fn title(self, ctx: &AppContext<'_>) -> String {
        let words = ctx.words;
        match self {
            Self::Unlock(person) => {
                let name = ctx.state.seat.name_of(person);
                words.with("sign-in-locked", &[("name", name.into())])
            }
            Self::NewPin => words.get("sign-in-new-pin").into_owned(),
            Self::First => words.get("sign-in-first").into_owned(),
            Self::SignIn => words.get("sign-in-title").into_owned(),
            Self::Second(_) => words.get("sign-in-second").into_owned(),
        }
    }

    fn button(self) -> &'static str {
        match self {
            Self::Unlock(_) => "sign-in-unlock",
            Self::NewPin => "sign-in-take-pin",
            Self::First => "sign-in-make-first",
            Self::SignIn => "sign-in-go",
            Self::Second(_) => "sign-in-confirm",
        }
    }
}

/// Draws the panel, where one is wanted.
pub(super) fn sign_in_ui(ctx: &AppContext<'_>, ui: &mut egui::Ui, out: &mut Vec<Command>) {
    let seat = &ctx.state.seat;
    let Some((ask, panel)) = Ask::of(seat) else {
        // What was typed is for nobody who comes later.
        ui.data_mut(|data| data.remove::<Fields>(fields_id()));
        return;
    };
    let words = ctx.words;
    let title = ask.title(ctx);
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
            if let Ask::Second(right) = ask {
                let right = right.word(words);
                let right = [("right", right.as_ref().into())];
                ui.add_space(6.0);
                ui.label(words.with("sign-in-second-why", &right));
            }
            ui.add_space(8.0);
            if seat.ready {
                fields_ui(ctx, ui, panel, ask, out);
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
                RichText::new(why.say(ctx.words))
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
    ask: Ask,
    out: &mut Vec<Command>,
) {
    let words = ctx.words;
    let seat = &ctx.state.seat;
    let id = fields_id();
    let mut fields: Fields = ui.data(|data| data.get_temp(id)).unwrap_or_default();
    if (fields.tries, fields.ask) != (panel.tries, Some(ask)) {
        // After a try the PIN is typed anew; and what is typed for one thing is not for another.
        if fields.ask != Some(ask) {
            fields = Fields::default();
        }
        (fields.tries, fields.ask) = (panel.tries, Some(ask));
        fields.pin.clear();
        fields.again.clear();
    }
    let (first, new_pin) = (ask == Ask::First, ask == Ask::NewPin);
    if let Ask::Unlock(person) = ask
        && fields.login.is_empty()
        && let Some(kept) = seat.records.staff.get(person)
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
        let complete = !fields.pin.is_empty() && !differ && (new_pin || !fields.login.is_empty());
        let button =
            egui::Button::new(RichText::new(words.get(ask.button())).font(theme::bold(14.0)))
                .min_size(egui::vec2(ui.available_width(), 30.0));
        let pressed = ui.add_enabled(complete, button).clicked();
        if complete && (pressed || entered) {
            out.push(Command::Seat(wish(&fields, ask)));
            // Else it would lie in the field when the seat is locked again.
            fields.pin.clear();
            fields.again.clear();
        }
        if matches!(ask, Ask::Second(_)) {
            let cancel = egui::Button::new(words.get("sign-in-cancel").as_ref());
            let escape = ui.input(|input| input.key_pressed(egui::Key::Escape));
            if ui.add(cancel).clicked() || escape {
                out.push(Command::Seat(Wish::NoSecond));
            }
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

fn wish(fields: &Fields, ask: Ask) -> Wish {
    let pin = Password::new(fields.pin.clone());
    let login = fields.login.trim().to_owned();
    match ask {
        Ask::NewPin => Wish::ChangePin(pin),
        Ask::First => {
            let name = match fields.name.trim() {
                "" => login.clone(),
                name => name.to_owned(),
            };
            Wish::FirstAdministrator { name, login, pin }
        }
        Ask::Second(_) => Wish::SignInSecond { login, pin },
        Ask::SignIn | Ask::Unlock(_) => Wish::SignIn { login, pin },
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
    let asked = egui::Id::unique("sign-in-focus");
    let pass = ui.ctx().cumulative_pass_nr();
    let free = ui.memory(|memory| memory.focused().is_none());
    let taken = ui.data(|data| data.get_temp(asked)) == Some(pass);
    if text.is_empty() && free && !taken {
        // Whoever comes types at once, into the first field that is empty.
        response.request_focus();
        ui.data_mut(|data| data.insert_temp(asked, pass));
    }
    response.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter))
}
