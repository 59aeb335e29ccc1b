//! Keys become commands. Letters and digits are bound to the key's place on the board, not to what
//! the layout prints there: under a Kazakh layout the number row types letters.

use eframe::egui::{self, Event, Key, Modifiers};

use crate::app::alarms::{AlarmsCommand, Asking};
use crate::app::command::{Command, Side, Step};
use crate::app::rules::RulesCommand;
use crate::app::seat::Wish;
use crate::app::state::State;
use crate::model::alarm::acts::Deed;
use crate::model::alarm::verdict::Judgement;
use crate::model::detection::Point;

/// A key and the message that says what it does.
pub struct Binding {
    /// As shown to people.
    pub keys: &'static str,
    /// Key of the message.
    pub word: &'static str,
}

/// All bindings, as the help shows them.
pub const BINDINGS: [Binding; 20] = [
    Binding {
        keys: "← ↑ ↓ →",
        word: "help-move",
    },
    Binding {
        keys: "Enter",
        word: "command-enlarge",
    },
    Binding {
        keys: "Esc",
        word: "command-back",
    },
    Binding {
        keys: "PgUp",
        word: "command-previous-page",
    },
    Binding {
        keys: "PgDn",
        word: "command-next-page",
    },
    Binding {
        keys: "A",
        word: "command-alarms",
    },
    Binding {
        keys: "Space",
        word: "command-first-alarm",
    },
    Binding {
        keys: "I",
        word: "command-card",
    },
    Binding {
        keys: "T",
        word: "command-troubles",
    },
    Binding {
        keys: "S",
        word: "command-shift",
    },
    Binding {
        keys: "C",
        word: "command-centre",
    },
    Binding {
        keys: "D",
        word: "command-rules",
    },
    Binding {
        keys: "Ctrl+L",
        word: "command-lock",
    },
    Binding {
        keys: "R",
        word: "command-replace",
    },
    Binding {
        keys: "Ctrl+Z",
        word: "command-undo-replace",
    },
    Binding {
        keys: "F",
        word: "command-fit",
    },
    Binding {
        keys: "B",
        word: "command-boxes",
    },
    Binding {
        keys: "L",
        word: "command-language",
    },
    Binding {
        keys: "F11",
        word: "command-full-screen",
    },
    Binding {
        keys: "F1",
        word: "command-help",
    },
];

/// The commands of the keys pressed since the last frame.
pub fn commands(ctx: &egui::Context, state: &State) -> Vec<Command> {
    // What is typed into a field is no command.
    let typing = ctx.egui_wants_keyboard_input();
    ctx.input(|input| {
        input
            .events
            .iter()
            .filter_map(|event| match event {
                Event::Key {
                    key,
                    physical_key,
                    pressed: true,
                    modifiers,
                    ..
                } if !typing || matches!(key, Key::F1 | Key::F11) => {
                    command(*key, physical_key.unwrap_or(*key), *modifiers, state)
                }
                _ => None,
            })
            .collect()
    })
}

/// What the keys do while a rule is drawn: points are held and moved.
fn drawing_command(key: Key, modifiers: Modifiers) -> Option<Command> {
    // A hundredth of the picture; with Shift as fine as the mouse.
    let step = if modifiers.shift { 0.002 } else { 0.01 };
    let nudge = |x: f32, y: f32| {
        let by = Point {
            x: x * step,
            y: y * step,
        };
        Some(RulesCommand::Nudge(by))
    };
    let command = match key {
        Key::ArrowLeft => nudge(-1.0, 0.0),
        Key::ArrowRight => nudge(1.0, 0.0),
        Key::ArrowUp => nudge(0.0, -1.0),
        Key::ArrowDown => nudge(0.0, 1.0),
        Key::PageDown => Some(RulesCommand::HoldNext(1)),
        Key::PageUp => Some(RulesCommand::HoldNext(-1)),
        Key::Insert => Some(RulesCommand::Add(None)),
        Key::Delete => Some(RulesCommand::TakeOut(None)),
        Key::Enter if modifiers.command => Some(RulesCommand::Save),
        _ => None,
    };
    command.map(Command::Rules)
}

/// What the keys do while the alarms stand beside the wall: one key an act, two where something is
/// asked.
fn alarm_command(key: Key, physical: Key, modifiers: Modifiers, state: &State) -> Option<Command> {
    if modifiers.any() {
        return None;
    }
    let digit = [Key::Num1, Key::Num2, Key::Num3, Key::Num4]
        .iter()
        .position(|digit| *digit == physical);
    let pressed = match (key, physical) {
        (Key::Enter, _) => "Enter",
        (_, Key::G) => "G",
        (_, Key::K) => "K",
        _ => "",
    };
    let across = state
        .chosen_alarm()
        .map_or_else(Vec::new, |kept| state.across(kept));
    if let Some((_, across)) = across.into_iter().find(|(key, _)| *key == pressed) {
        return Some(Command::Alarms(AlarmsCommand::Across(across)));
    }
    let elsewhere = state
        .chosen_alarm()
        .is_some_and(|kept| state.is_elsewhere(kept));
    let command = match (key, physical, digit) {
        (_, _, Some(n)) if state.alarms.asking.is_some() => AlarmsCommand::Answer(n),
        (_, Key::P | Key::Z, _) | (Key::Enter, ..) | (_, _, Some(_)) if elsewhere => return None,
        (_, _, Some(n)) => AlarmsCommand::Do(Deed::Judge(Judgement::ALL[n], String::new())),
        (Key::ArrowUp, ..) => AlarmsCommand::Step(-1),
        (Key::ArrowDown, ..) => AlarmsCommand::Step(1),
        (Key::Enter, ..) => {
            let calls = state.chosen_alarm()?.value.state().calls();
            let deed = if calls {
                Deed::Acknowledge
            } else {
                Deed::TakeOver
            };
            AlarmsCommand::Do(deed)
        }
        (_, Key::P, _) => AlarmsCommand::Ask(Asking::Pass),
        (_, Key::Z, _) => AlarmsCommand::Ask(Asking::Shelve),
        (_, Key::N, _) => AlarmsCommand::Neighbour,
        _ => return None,
    };
    Some(Command::Alarms(command))
}

fn command(key: Key, physical: Key, modifiers: Modifiers, state: &State) -> Option<Command> {
    if state.is_drawing()
        && let Some(command) = drawing_command(key, modifiers)
    {
        return Some(command);
    }
    if state.side == Some(Side::Alarms)
        && let Some(command) = alarm_command(key, physical, modifiers, state)
    {
        return Some(command);
    }
    let step = |right, down| Some(Command::MoveSelection(Step { right, down }));
    match key {
        Key::ArrowLeft => return step(-1, 0),
        Key::ArrowRight => return step(1, 0),
        Key::ArrowUp => return step(0, -1),
        Key::ArrowDown => return step(0, 1),
        Key::Enter => return Some(Command::ToggleEnlarged),
        Key::Escape => return Some(Command::Back),
        Key::PageDown => return Some(Command::NextPage),
        Key::PageUp => return Some(Command::PreviousPage),
        Key::Space => return Some(Command::Alarms(AlarmsCommand::First)),
        Key::F1 => return Some(Command::ToggleHelp),
        Key::F11 => return Some(Command::ToggleFullScreen),
        _ => {}
    }
    match physical {
        Key::Q if modifiers.command => Some(Command::Quit),
        Key::L if modifiers.command => Some(Command::Seat(Wish::Lock)),
        Key::Z if modifiers.command => Some(Command::UndoReplace),
        _ if modifiers.any() => None,
        Key::A => Some(Command::ToggleSide(Side::Alarms)),
        Key::I => Some(Command::ToggleSide(Side::Card)),
        Key::T => Some(Command::ToggleSide(Side::Troubles)),
        Key::S => Some(Command::ToggleSide(Side::Shift)),
        Key::C => Some(Command::ToggleCentre),
        Key::D => Some(Command::ToggleSide(Side::Rules)),
        Key::R => Some(Command::ReplaceByNext),
        Key::F => Some(Command::ToggleFit),
        Key::B => Some(Command::ToggleBoxes),
        Key::L => Some(Command::SetLanguage(state.language().next())),
        Key::H => Some(Command::ToggleHelp),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::settings::Settings;

    #[test]
    fn letters_are_bound_to_their_place_under_any_layout() {
        let state = State::new(Vec::new(), Settings::default());
        // The key right of D types А under a Russian layout; egui then reports no Latin key for it.
        let pressed = command(Key::Comma, Key::F, Modifiers::NONE, &state);
        assert_eq!(pressed, Some(Command::ToggleFit));
        assert_eq!(command(Key::F, Key::F, Modifiers::ALT, &state), None);
    }
}
