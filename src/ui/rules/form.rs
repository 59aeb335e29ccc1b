//! The form of the rule that is drawn. What is changed goes back as the whole rule.

use eframe::egui::{self, Button, DragValue, RichText, Slider, TextEdit};

use super::{dim, send};
use crate::app::command::Command;
use crate::app::context::AppContext;
use crate::app::rules::{Asked, Drawing, RulesCommand};
use crate::app::seat::session::Session;
use crate::detect::Observation;
use crate::model::camera::{Names, Priority};
use crate::model::detection::fact::Stage;
use crate::model::detection::rule::edit;
use crate::model::detection::rule::schedule::{Day, Span};
use crate::model::detection::rule::{Direction, LONGEST_S, Rule, Source, Way, What};
use crate::model::detection::track::State as Followed;
use crate::model::detection::{Class, Kind};
use crate::ui::{theme, tile};
use crate::words::{Language, Words};

/// What can be chosen beside the classes of the kind.
const CHOICE: [&str; 16] = [
    "person",
    "bicycle",
    "car",
    "motorcycle",
    "bus",
    "truck",
    "dog",
    "backpack",
    "handbag",
    "suitcase",
    "bottle",
    "cup",
    "umbrella",
    "knife",
    "scissors",
    "baseball bat",
];
/// Spans of a schedule that are offered here; a file may have more.
const MOST_SPANS: usize = 4;

pub(super) fn form_ui(
    ctx: &AppContext<'_>,
    ui: &mut egui::Ui,
    drawing: &Drawing,
    out: &mut Vec<Command>,
) {
    let words = ctx.words;
    let mut rule = drawing.rule.clone();
    let kind = words.get(rule.kind().key());
    ui.label(RichText::new(kind.as_ref()).font(theme::bold(14.0)));
    ui.add(egui::Label::new(dim(words.get("rules-hint-keys"))).wrap());
    ui.add_space(6.0);
    buttons_ui(ctx, ui, drawing, out);
    ui.add_space(6.0);
    ui.checkbox(&mut rule.enabled, words.get("rules-enabled").as_ref());
    names_ui(words, ui, &mut rule.name);
    what_ui(words, ui, &mut rule.what);
    if let Some(observation) = ctx
        .state
        .selected_camera()
        .and_then(|camera| ctx.state.observation(camera))
    {
        now_ui(words, ui, &rule, observation);
    }
    told_ui(ctx, ui, drawing);
    heading(ui, &words.get("rules-classes"));
    classes_ui(ctx, ui, &mut rule);
    heading(ui, &words.get("rules-how-sure"));
    sizes_ui(words, ui, &mut rule);
    heading(ui, &words.get("rules-schedule"));
    schedule_ui(words, ui, &mut rule);
    if rule != drawing.rule {
        send(out, RulesCommand::Set(Box::new(rule)));
    }
}

fn heading(ui: &mut egui::Ui, text: &str) {
    ui.add_space(10.0);
    ui.label(RichText::new(text).font(theme::bold(13.0)));
    ui.add_space(2.0);
}

/// What is wrong with it, and what can be done.
fn buttons_ui(ctx: &AppContext<'_>, ui: &mut egui::Ui, drawing: &Drawing, out: &mut Vec<Command>) {
    let words = ctx.words;
    let faults = drawing.faults();
    for fault in &faults {
        let text = RichText::new(format!("▲ {}", fault.say(words))).color(theme::WARN);
        ui.add(egui::Label::new(text).wrap());
    }
    if drawing.asked == Some(Asked::Leave) {
        let text = RichText::new(format!("▲ {}", words.get("rules-would-be-lost")));
        ui.add(egui::Label::new(text.color(theme::WARN)).wrap());
    }
    ui.horizontal_wrapped(|ui| {
        let may = faults.is_empty() && drawing.is_changed() && !drawing.saving;
        let save = Button::new(words.get("rules-save").as_ref());
        if ui.add_enabled(may, save).clicked() {
            send(out, RulesCommand::Save);
        }
        let leave = match drawing.asked {
            Some(Asked::Leave) => "rules-leave-sure",
            _ if drawing.is_changed() => "rules-leave",
            _ => "rules-back",
        };
        if ui.button(words.get(leave).as_ref()).clicked() {
            send(out, RulesCommand::Leave);
        }
        let eyes = &ctx.state.eyes;
        let open = ctx.state.seat.session == Session::OpenToAll;
        if eyes.is_kept(&drawing.rule) || (open && eyes.is_of_file(&drawing.rule)) {
            let remove = match drawing.asked {
                Some(Asked::Remove) => "rules-remove-sure",
                _ => "rules-remove",
            };
            if ui.button(words.get(remove).as_ref()).clicked() {
                send(out, RulesCommand::Remove);
            }
        }
    });
}

fn names_ui(words: Words, ui: &mut egui::Ui, name: &mut Names) {
    ui.add_space(4.0);
    let label = ui.label(dim(words.get("rules-name")));
    let field = match words.language() {
        Language::Kk => &mut name.kk,
        Language::Ru => &mut name.ru,
        Language::En => &mut name.en,
    };
    let edit = TextEdit::singleline(field).desired_width(f32::INFINITY);
    ui.add(edit).labelled_by(label.id);
}

/// What only rules of this kind have.
fn what_ui(words: Words, ui: &mut egui::Ui, what: &mut What) {
    if let What::Crowd { over, .. } = what {
        ui.add_space(4.0);
        ui.horizontal(|ui| {
            let label = ui.label(dim(words.get("rules-over")));
            ui.add(DragValue::new(over).range(0..=10_000))
                .labelled_by(label.id);
        });
    }
    if let Some(seconds) = what.seconds_mut() {
        ui.add_space(4.0);
        ui.horizontal(|ui| {
            let label = ui.label(dim(words.get("rules-seconds")));
            let value = DragValue::new(seconds).range(0.0..=LONGEST_S).speed(1.0);
            ui.add(value.max_decimals(1)).labelled_by(label.id);
        });
    }
    if what.kind() == Kind::WrongWay {
        ui.add_space(4.0);
        let is_across = matches!(
            what,
            What::WrongWay {
                way: Way::Across { .. }
            }
        );
        let along = ui.radio(!is_across, words.get("rules-way-along").as_ref());
        let across = ui.radio(is_across, words.get("rules-way-across").as_ref());
        let line = what.line().cloned().unwrap_or_default();
        if along.clicked() && is_across {
            let mut blank = edit::blank(Kind::WrongWay);
            if let Some(arrow) = blank.line_mut() {
                *arrow = line;
            }
            *what = blank;
        } else if across.clicked() && !is_across {
            let allowed = Direction::LeftToRight;
            let way = Way::Across { line, allowed };
            *what = What::WrongWay { way };
        }
    }
    let way = matches!(what, What::WrongWay { .. });
    if let Some(direction) = edit::direction_mut(what) {
        ui.add_space(4.0);
        for one in [
            Direction::Either,
            Direction::LeftToRight,
            Direction::RightToLeft,
        ] {
            if !(way && one == Direction::Either) {
                ui.radio_value(direction, one, words.get(one.key()).as_ref());
            }
        }
    }
    if what.line().is_some() {
        ui.add_space(4.0);
        if ui.button(words.get("rules-turn").as_ref()).clicked() {
            edit::turn(what);
        }
    }
}

/// How many of its classes are in its zone at this moment.
fn now_ui(words: Words, ui: &mut egui::Ui, rule: &Rule, observation: &Observation) {
    let Some(zone) = rule.what.zone() else {
        return;
    };
    let height = rule.least_height;
    // As the rule counts: what was found in the last look, more than once or surely.
    let count = observation
        .tracks
        .iter()
        .filter(|track| track.state == Followed::Confirmed && track.last_seen >= observation.at)
        .filter(|track| rule.takes(&track.class) && track.score >= rule.least_score)
        .filter(|track| track.region.height() >= height)
        .filter(|track| zone.holds(track.region.foot()))
        .count();
    ui.add_space(4.0);
    ui.label(words.with("rules-now", &[("count", count.into())]));
}

/// What it would have told since the hand rested.
fn told_ui(ctx: &AppContext<'_>, ui: &mut egui::Ui, drawing: &Drawing) {
    let words = ctx.words;
    heading(ui, &words.get("rules-tried"));
    if drawing.told.is_empty() {
        ui.add(egui::Label::new(dim(words.get("rules-tried-nothing"))).wrap());
    }
    for fact in &drawing.told {
        let ago = ctx.wall.nanos_since(fact.first_seen).max(0) as u64;
        let ago = tile::age_text(words, std::time::Duration::from_nanos(ago));
        let what = words.get(fact.kind.fact_key());
        let class = fact.class.as_ref().map_or_else(String::new, |class| {
            let name = ctx.state.eyes.class_name(class, words.language());
            format!(" · {name}")
        });
        let goes_on = match fact.stage {
            Stage::Begun | Stage::Updated => format!(" · {}", words.get("rules-goes-on")),
            _ => String::new(),
        };
        let ago = words.with("age-ago", &[("age", ago.into())]);
        let text = format!("● {what}{class} · {ago}{goes_on}");
        ui.add(egui::Label::new(RichText::new(text).size(12.0)).wrap());
    }
}

fn classes_ui(ctx: &AppContext<'_>, ui: &mut egui::Ui, rule: &mut Rule) {
    let language = ctx.words.language();
    let own = rule.kind().classes();
    let mut all: Vec<Class> = own.iter().map(|class| Class::from(*class)).collect();
    for class in CHOICE
        .into_iter()
        .map(Class::from)
        .chain(rule.classes.iter().cloned())
    {
        if !all.contains(&class) {
            all.push(class);
        }
    }
    egui::Grid::new("rule-classes")
        .num_columns(2)
        .spacing([10.0, 2.0])
        .show(ui, |ui| {
            for (index, class) in all.iter().enumerate() {
                let mut on = rule.takes(class);
                let name = ctx.state.eyes.class_name(class, language);
                if ui.checkbox(&mut on, name).changed() {
                    if rule.classes.is_empty() {
                        rule.classes = own.iter().map(|class| Class::from(*class)).collect();
                    }
                    if on {
                        rule.classes.insert(class.clone());
                    } else if rule.classes.len() > 1 {
                        rule.classes.remove(class);
                    }
                }
                if index % 2 == 1 {
                    ui.end_row();
                }
            }
        });
}

fn sizes_ui(words: Words, ui: &mut egui::Ui, rule: &mut Rule) {
    let label = ui.label(dim(words.get("rules-least-score")));
    let score = Slider::new(&mut rule.least_score, 0.05..=1.0).max_decimals(2);
    ui.add(score).labelled_by(label.id);
    let label = ui.label(dim(words.get("rules-least-height")));
    let height = Slider::new(&mut rule.least_height, 0.0..=1.0).max_decimals(2);
    ui.add(height).labelled_by(label.id);
    ui.add_space(4.0);
    let label = ui.label(dim(words.get("rules-source")));
    let sources = [
        (Source::Sub, "rules-source-sub"),
        (Source::Main, "rules-source-main"),
        (Source::Tiles([2, 2]), "rules-source-tiles"),
        (Source::Tiles([3, 2]), "rules-source-tiles-more"),
    ];
    let known = sources.iter().find(|(source, _)| *source == rule.source);
    let shown = known.map_or("rules-source-other", |(_, key)| key);
    egui::ComboBox::from_id_salt("rule-source")
        .width(ui.available_width() - 16.0)
        .selected_text(words.get(shown).as_ref())
        .show_ui(ui, |ui| {
            for (source, key) in sources {
                ui.selectable_value(&mut rule.source, source, words.get(key).as_ref());
            }
        })
        .response
        .labelled_by(label.id);
    ui.add_space(4.0);
    ui.horizontal(|ui| {
        ui.label(dim(words.get("card-priority")));
        ui.spacing_mut().item_spacing.x = 3.0;
        for priority in (1..=5).filter_map(Priority::new) {
            let button = Button::new(priority.level().to_string()).small();
            if ui.add(button.selected(priority == rule.priority)).clicked() {
                rule.priority = priority;
            }
        }
    });
}

/// Spans of days and hours; without one it holds always.
fn schedule_ui(words: Words, ui: &mut egui::Ui, rule: &mut Rule) {
    let spans = &mut rule.schedule.0;
    if spans.is_empty() {
        ui.label(dim(words.get("rules-always")));
    }
    let mut gone = None;
    for (index, span) in spans.iter_mut().enumerate() {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 2.0;
            for day in Day::ALL {
                // Without a day it begins on all of them.
                let on = span.days.is_empty() || span.days.contains(&day);
                let button = Button::new(words.get(day.key()).as_ref()).small();
                if ui.add(button.selected(on)).clicked() {
                    span.toggle(day);
                }
            }
        });
        ui.horizontal(|ui| {
            time_ui(
                ui,
                (index, "from"),
                &words.get("rules-from"),
                &mut span.from,
            );
            time_ui(ui, (index, "to"), &words.get("rules-to"), &mut span.to);
            let away = Button::new("✕").small();
            let away = ui.add(away).on_hover_text(words.get("rules-span-away"));
            away.widget_info(|| {
                let name = words.get("rules-span-away");
                egui::WidgetInfo::labeled(egui::Role::Button, true, name)
            });
            if away.clicked() {
                gone = Some(index);
            }
        });
    }
    if let Some(index) = gone {
        spans.remove(index);
    }
    if spans.len() < MOST_SPANS && ui.button(words.get("rules-span-add").as_ref()).clicked() {
        spans.push(Span::night());
    }
}

/// A time of day, in hours and minutes.
fn time_ui(
    ui: &mut egui::Ui,
    id: (usize, &str),
    name: &str,
    time: &mut crate::model::detection::rule::TimeOfDay,
) {
    let label = ui.label(dim(name));
    let id = egui::Id::unique(("rule-time", id));
    let mut text = ui
        .data(|data| data.get_temp::<String>(id))
        .unwrap_or_else(|| time.to_string());
    let edit = TextEdit::singleline(&mut text).desired_width(44.0);
    let edit = ui.add(edit).labelled_by(label.id);
    if edit.has_focus() {
        if let Ok(said) = text.parse() {
            *time = said;
        }
        ui.data_mut(|data| data.insert_temp(id, text));
    } else {
        ui.data_mut(|data| data.remove::<String>(id));
    }
}
