//! What the operator should know that belongs to no tile: bad rows of the camera file, settings
//! that were not saved.

use eframe::egui::{self, RichText};

use super::theme;
use crate::app::command::Command;
use crate::app::context::AppContext;
use crate::app::state::Notice;
use crate::store::cameras::{Problem, RowError};
use crate::words::{Value, Words};

/// Rows named one by one; the rest are counted.
const ROWS_NAMED: usize = 6;

/// Draws the oldest notice.
pub(super) fn notice_ui(ctx: &AppContext<'_>, ui: &mut egui::Ui, out: &mut Vec<Command>) {
    let Some(notice) = ctx.state.notices.first() else {
        return;
    };
    let words = ctx.words;
    egui::Window::new("notice")
        .title_bar(false)
        .resizable(false)
        .anchor(egui::Align2::RIGHT_BOTTOM, [-12.0, -40.0])
        .show(ui.ctx(), |ui| {
            ui.set_max_width(520.0);
            match notice {
                Notice::Text(text) => {
                    ui.label(format!("▲ {text}"));
                }
                Notice::NotAllowed(right) => {
                    let right = right.word(words).into_owned();
                    let text = words.with("seat-not-allowed", &[("right", right.into())]);
                    ui.label(format!("▲ {text}"));
                }
                Notice::NoOtherCamera => {
                    ui.label(words.get("notice-no-other-camera"));
                }
                Notice::CameraRows(errors) => {
                    let count = errors.iter().filter(|error| error.row > 0).count();
                    let title = words.with("error-camera-rows", &[("count", count.into())]);
                    ui.label(
                        RichText::new(format!("▲ {title}"))
                            .color(theme::WARN)
                            .font(theme::bold(13.0)),
                    );
                    for error in errors.iter().take(ROWS_NAMED) {
                        ui.label(row_text(words, error));
                    }
                    if errors.len() > ROWS_NAMED {
                        ui.label(format!("… +{}", errors.len() - ROWS_NAMED));
                    }
                }
            }
            if ui.button(words.get("help-close")).clicked() {
                out.push(Command::DismissNotice);
            }
        });
}

/// What is wrong with one row, in the operator's language.
pub(crate) fn row_text(words: Words, error: &RowError) -> String {
    let problem = problem_text(words, &error.problem);
    let values = [
        ("row", error.row.into()),
        ("field", error.field.as_str().into()),
        ("problem", problem.into()),
    ];
    words.with("error-camera-row", &values)
}

fn problem_text(words: Words, problem: &Problem) -> String {
    let decimal = |n: f64| Value::Decimal {
        value: n,
        digits: 0,
    };
    match problem {
        Problem::Empty => words.get("problem-empty").into_owned(),
        Problem::TooLong { most } => words.with("problem-too-long", &[("most", (*most).into())]),
        Problem::BadCharacter(c) => words.with(
            "problem-bad-character",
            &[("character", c.escape_debug().to_string().into())],
        ),
        Problem::NotANumber(value) => {
            words.with("problem-not-a-number", &[("value", value.as_str().into())])
        }
        Problem::OutOfRange { value, least, most } => words.with(
            "problem-out-of-range",
            &[
                ("value", value.as_str().into()),
                ("least", decimal(*least)),
                ("most", decimal(*most)),
            ],
        ),
        Problem::UnknownWord { value, known } => words.with(
            "problem-unknown-word",
            &[
                ("value", value.as_str().into()),
                ("known", known.as_str().into()),
            ],
        ),
        Problem::Doubled(value) => {
            words.with("problem-doubled", &[("value", value.as_str().into())])
        }
        Problem::BadAddress(value) => {
            words.with("problem-bad-address", &[("value", value.as_str().into())])
        }
        Problem::AddressHasPassword => words.get("problem-address-has-password").into_owned(),
        Problem::MissingColumn => words.get("problem-missing-column").into_owned(),
        Problem::UnknownColumn => words.get("problem-unknown-column").into_owned(),
        Problem::Syntax(text) => words.with("problem-syntax", &[("value", text.as_str().into())]),
    }
}
