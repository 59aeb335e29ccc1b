//! What is typed goes where whoever types it means it to: after Tab and Enter into the next field.
//!
//! Between two paints a badge reader that types, or somebody fast, sends letters, Tab and more letters.
//! The fields hear all events of a paint at once, and the focus moves after it, so that all letters
//! would go into the field before. What follows a Tab or an Enter waits for the next paint.

use std::collections::VecDeque;

use eframe::egui::{Event, Key, RawInput};

/// More than this is never held back: somebody leans on the keyboard.
const MAX_HELD: usize = 1000;

/// What waits for the next paint.
#[derive(Debug, Default)]
pub(super) struct Typing {
    held: VecDeque<Event>,
}

impl Typing {
    /// Leaves what belongs to this paint in `input`; true where something waits for the next one.
    pub(super) fn hold_back(&mut self, input: &mut RawInput) -> bool {
        self.held.extend(std::mem::take(&mut input.events));
        while let Some(event) = self.held.pop_front() {
            let moves = matches!(
                event,
                Event::Key {
                    key: Key::Tab | Key::Enter,
                    pressed: true,
                    ..
                }
            );
            input.events.push(event);
            if moves && self.held.len() <= MAX_HELD {
                break;
            }
        }
        !self.held.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use eframe::egui::Modifiers;

    fn key(key: Key, pressed: bool) -> Event {
        Event::Key {
            key,
            physical_key: None,
            pressed,
            repeat: false,
            modifiers: Modifiers::NONE,
        }
    }

    fn text(text: &str) -> Event {
        Event::Text(text.to_owned())
    }

    fn paint(typing: &mut Typing, events: Vec<Event>) -> (Vec<Event>, bool) {
        let mut input = RawInput {
            events,
            ..RawInput::default()
        };
        let more = typing.hold_back(&mut input);
        (input.events, more)
    }

    #[test]
    fn what_follows_a_tab_waits_for_the_next_paint_and_nothing_is_lost() {
        let mut typing = Typing::default();
        let all = vec![
            text("a"),
            key(Key::Tab, true),
            key(Key::Tab, false),
            text("b"),
            key(Key::Enter, true),
            text("c"),
        ];
        let (first, more) = paint(&mut typing, all);
        assert_eq!((first, more), (vec![text("a"), key(Key::Tab, true)], true));
        // What comes meanwhile stands behind what waits.
        let (second, more) = paint(&mut typing, vec![text("d")]);
        let expected = vec![key(Key::Tab, false), text("b"), key(Key::Enter, true)];
        assert_eq!((second, more), (expected, true));
        let (third, more) = paint(&mut typing, Vec::new());
        assert_eq!((third, more), (vec![text("c"), text("d")], false));
        assert_eq!(paint(&mut typing, Vec::new()), (Vec::new(), false));
    }

    #[test]
    fn a_field_after_a_tab_has_what_was_typed_after_it() {
        let mut typing = Typing::default();
        let ctx = eframe::egui::Context::default();
        let mut fields = [String::new(), String::new()];
        let mut events = vec![text("login"), key(Key::Tab, true), text("1234")];
        for turn in 0..6 {
            let mut input = RawInput {
                // The first field has the focus before anything is typed.
                events: if turn == 2 {
                    std::mem::take(&mut events)
                } else {
                    Vec::new()
                },
                ..RawInput::default()
            };
            typing.hold_back(&mut input);
            let mut output = ctx.run_ui(input, |ui| {
                for (index, field) in fields.iter_mut().enumerate() {
                    let response = ui.text_edit_singleline(field);
                    if turn == 0 && index == 0 {
                        response.request_focus();
                    }
                }
            });
            output.textures_delta.clear();
        }
        assert_eq!(fields, ["login", "1234"]);
    }
}
