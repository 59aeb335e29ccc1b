//! What the operator should know that belongs to no tile: bad rows of the camera file, settings
//! that were not saved.

use eframe::egui::{self, RichText};

use super::theme;
use crate::app::camera_file::Why;
use crate::app::command::Command;
use crate::app::context::AppContext;
use crate::app::state::Notice;
use crate::store::cameras::{self, Problem, RowError};
use crate::words::{Value, Words};

/// Rows named one by one; the rest are counted.
const ROWS_NAMED: usize = 6;

/// Says large that nothing of the camera file is used, and what can be done about it.
pub(super) fn refused_ui(ctx: &AppContext<'_>, ui: &mut egui::Ui, out: &mut Vec<Command>) {
    let Some(refused) = &ctx.state.refused else {
        return;
    };
    let words = ctx.words;
    egui::Window::new("camera-file")
        .title_bar(false)
        .resizable(false)
        .anchor(egui::Align2::CENTER_TOP, [0.0, 40.0])
        .show(ui.ctx(), |ui| {
            ui.set_max_width(720.0);
            let file = refused.file.display().to_string();
            let problem = why_text(words, &refused.why);
            let values = [("file", file.into()), ("problem", problem.into())];
            let title = words.with("error-camera-file", &values);
            ui.label(
                RichText::new(format!("▲ {title}"))
                    .color(theme::WARN)
                    .font(theme::bold(20.0)),
            );
            match &refused.why {
                Why::Encoding(offer) => {
                    let sample = [("sample", offer.sample.as_str().into())];
                    let sample = words.with("camera-file-sample", &sample);
                    ui.label(RichText::new(sample).size(16.0));
                    let name = [("encoding", offer.encoding.name().into())];
                    let read = words.with("camera-file-read-as", &name);
                    if ui.button(RichText::new(read).size(16.0)).clicked() {
                        out.push(Command::ReadCamerasAs(offer.encoding));
                    }
                }
                Why::Rows(errors) => rows_ui(words, ui, errors),
                Why::System(_) | Why::Kind | Why::TooLarge | Why::NotText => {}
            }
        });
}

fn why_text(words: Words, why: &Why) -> String {
    let key = match why {
        Why::System(text) => return text.clone(),
        Why::Kind => "camera-file-kind",
        Why::TooLarge => "camera-file-large",
        Why::NotText => "camera-file-not-text",
        Why::Encoding(offer) => {
            let name = [("encoding", offer.encoding.name().into())];
            return words.with("camera-file-encoding", &name);
        }
        Why::Rows(_) => "camera-file-no-camera",
    };
    words.get(key).into_owned()
}

/// The first of what is wrong, and how much more there is.
fn rows_ui(words: Words, ui: &mut egui::Ui, errors: &[RowError]) {
    for error in errors.iter().take(ROWS_NAMED) {
        ui.label(row_text(words, error));
    }
    if errors.len() > ROWS_NAMED {
        ui.label(format!("… +{}", errors.len() - ROWS_NAMED));
    }
}

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
                    let count = cameras::rows_left_out(errors);
                    let title = words.with("error-camera-rows", &[("count", count.into())]);
                    ui.label(
                        RichText::new(format!("▲ {title}"))
                            .color(theme::WARN)
                            .font(theme::bold(13.0)),
                    );
                    rows_ui(words, ui, errors);
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
    if error.field.is_empty() {
        return words.with("error-camera-line", &[values[0].clone(), values[2].clone()]);
    }
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
        Problem::DoubledColumn => words.get("problem-doubled-column").into_owned(),
        Problem::OpenQuote => words.get("problem-open-quote").into_owned(),
        Problem::TooManyCells { most } => {
            words.with("problem-too-many-cells", &[("most", (*most).into())])
        }
        Problem::Syntax(text) => words.with("problem-syntax", &[("value", text.as_str().into())]),
    }
}
