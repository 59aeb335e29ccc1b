//! The alarm that is looked at: its camera now, what it is, what to do, and what somebody does.

use eframe::egui::{self, Button, Rect, RichText, Sense, vec2};

use super::{across, dim, mark, name_of, place_of, said, when};
use crate::app::alarms::{ASK_REASONS, AlarmsCommand, Asking, PASS_TO, REASONS, SHELF_MINUTES};
use crate::app::command::Command;
use crate::app::context::AppContext;
use crate::model::act::Kept;
use crate::model::alarm::Priority;
use crate::model::alarm::acts::Deed;
use crate::model::alarm::alarm::{Alarm, State as Stands};
use crate::model::alarm::verdict::Judgement;
use crate::ui::hotspot::{self, Place};
use crate::ui::{Drawn, Screen, theme};

/// The picture of what was noticed is at most so large beside the heading, points …
const CROP: egui::Vec2 = vec2(110.0, 64.0);
/// … and its longer side so long under the pointer.
const CROP_LARGE: f32 = 420.0;

pub(super) fn card_ui(
    ctx: &AppContext<'_>,
    ui: &mut egui::Ui,
    kept: &Kept<Alarm>,
    screen: &mut Screen,
    drawn: &mut Drawn,
) {
    let alarm = &kept.value;
    let room = ui.available_height();
    ui.horizontal_top(|ui| {
        let crop = crop(ctx, ui, alarm, screen);
        let beside = crop.as_ref().map_or(0.0, |(size, _)| size.x + 8.0);
        ui.vertical(|ui| {
            ui.set_width(ui.available_width() - beside);
            heading_ui(ctx, ui, alarm);
        });
        if let Some((size, texture)) = crop {
            crop_ui(ctx, ui, &texture, size);
        }
    });
    let own = ctx.state.camera_of(alarm);
    // What has no camera is shown by the nearest one; its name stands on it.
    let nearest = || {
        let index = *ctx.state.neighbours(alarm).first()?;
        ctx.state.cameras.get(index)
    };
    if let Some(camera) = own.or_else(nearest) {
        let width = ui.available_width();
        // What somebody has to do must stay in sight.
        let share = if ctx.state.recording().is_some() {
            0.27
        } else {
            0.42
        };
        let height = (width * 9.0 / 16.0).min(room * share).max(90.0);
        let (rect, _) = ui.allocate_exact_size(vec2(width, height), Sense::hover());
        let shown = Rect::from_center_size(rect.center(), vec2(height * 16.0 / 9.0, height));
        hotspot::hotspot_ui(ctx, ui, camera, (shown, Place::Live), screen, drawn);
        if own.is_some() {
            region_ui(ui, alarm, shown);
        }
        ui.add_space(4.0);
    }
    if ctx.state.waits_for_record(kept, ctx.wall) {
        super::banner_ui(ui, &ctx.words.get("alarm-waits-for-record"), 13.0);
    }
    if ctx.state.seat.records.unreadable().contains_key(&kept.id) {
        super::banner_ui(ui, &ctx.words.get("alarm-refused-unreadable"), 13.0);
    }
    recording_ui(ctx, ui, room, screen, drawn);
    action_ui(ctx, ui, alarm);
    ui.add_space(4.0);
    match ctx.state.alarms.asking {
        Some(asking) => asking_ui(ctx, ui, asking, &mut drawn.commands),
        None => {
            if !across::deeds_ui(ctx, ui, kept, &mut drawn.commands) {
                deeds_ui(ctx, ui, alarm, &mut drawn.commands);
            }
        }
    }
    ui.add_space(4.0);
    facts_ui(ctx, ui, kept);
    near_ui(ctx, ui, alarm, &mut drawn.commands);
}

/// The picture of what was noticed, and how large it is shown; nothing while there is none.
fn crop(
    ctx: &AppContext<'_>,
    ui: &egui::Ui,
    alarm: &Alarm,
    screen: &mut Screen,
) -> Option<(egui::Vec2, egui::TextureHandle)> {
    let crop = ctx.state.alarms.crop.as_ref();
    let crop = crop.filter(|crop| crop.alarm == alarm.number)?;
    if screen.crop.as_ref().is_none_or(|(of, _)| *of != crop.alarm) {
        let image = egui::ColorImage::from_rgb(crop.size, &crop.rgb);
        let texture = ui
            .ctx()
            .load_texture("alarm-crop", image, egui::TextureOptions::LINEAR);
        screen.crop = Some((crop.alarm, texture));
    }
    let (_, texture) = screen.crop.as_ref()?;
    let [width, height] = crop.size.map(|side| side.max(1) as f32);
    let scale = (CROP.x / width).min(CROP.y / height);
    Some((vec2(width, height) * scale, texture.clone()))
}

/// Small beside the heading; large under the pointer.
fn crop_ui(
    ctx: &AppContext<'_>,
    ui: &mut egui::Ui,
    texture: &egui::TextureHandle,
    size: egui::Vec2,
) {
    let shown = ui.add(egui::Image::new((texture.id(), size)));
    let at = ctx
        .state
        .alarms
        .crop
        .as_ref()
        .map(|crop| when(ctx, crop.at));
    shown.on_hover_ui(|ui| {
        let large = texture.size_vec2() * (CROP_LARGE / texture.size_vec2().max_elem().max(1.0));
        ui.add(egui::Image::new((texture.id(), large)));
        let at = [("at", at.unwrap_or_default().into())];
        ui.label(ctx.words.with("alarm-crop", &at));
    });
}

/// The recording of the alarm, over and over; its frame and its words say that it is none of now.
fn recording_ui(
    ctx: &AppContext<'_>,
    ui: &mut egui::Ui,
    room: f32,
    screen: &mut Screen,
    drawn: &mut Drawn,
) {
    let Some((camera, recording)) = ctx.state.recording() else {
        return;
    };
    let width = ui.available_width();
    let height = (width * 9.0 / 16.0).min(room * 0.27).max(90.0);
    let (rect, _) = ui.allocate_exact_size(vec2(width, height), Sense::hover());
    let shown = Rect::from_center_size(rect.center(), vec2(height * 16.0 / 9.0, height));
    hotspot::hotspot_ui(ctx, ui, &camera, (shown, Place::Recording), screen, drawn);
    let corners = [
        shown.left_top(),
        shown.right_top(),
        shown.right_bottom(),
        shown.left_bottom(),
        shown.left_top(),
    ];
    let stroke = egui::Stroke::new(2.0, theme::NOTE);
    ui.painter()
        .extend(egui::Shape::dashed_line(&corners, stroke, 8.0, 5.0));
    let span = [
        ("from", when(ctx, recording.from).into()),
        ("to", when(ctx, recording.to).into()),
    ];
    let text = ctx.words.with("alarm-recorded", &span);
    let galley = ui
        .painter()
        .layout_no_wrap(text, theme::bold(13.0), theme::NOTE);
    let place = shown.left_top() + vec2(6.0, 5.0);
    let ground = Rect::from_min_size(place, galley.size()).expand(3.0);
    ui.painter().rect_filled(ground, 0.0, theme::SHADE);
    ui.painter().galley(place, galley, theme::NOTE);
    ui.add_space(4.0);
}

fn heading_ui(ctx: &AppContext<'_>, ui: &mut egui::Ui, alarm: &Alarm) {
    ui.horizontal(|ui| {
        let (rect, _) = ui.allocate_exact_size(vec2(22.0, 24.0), Sense::hover());
        let hollow = !alarm.state().calls();
        mark::paint(ui.painter(), rect.center(), 10.0, alarm.priority, hollow);
        ui.vertical(|ui| {
            let name = RichText::new(name_of(ctx, alarm)).font(theme::bold(16.0));
            ui.add(egui::Label::new(name).wrap());
            let line = [
                ctx.words.get(mark::key(alarm.priority)).into_owned(),
                ctx.words.get(super::state_key(alarm)).into_owned(),
                when(ctx, alarm.raised),
            ];
            dim(ui, line.join(" · "));
        });
    });
    dim(ui, place_of(ctx, alarm));
    ui.add_space(4.0);
}

/// Where in the picture it was when it was last heard of.
fn region_ui(ui: &egui::Ui, alarm: &Alarm, rect: Rect) {
    let Some(region) = alarm.region else { return };
    let at = |x: f32, y: f32| rect.min + vec2(x * rect.width(), y * rect.height());
    let frame = Rect::from_two_pos(at(region.left, region.top), at(region.right, region.bottom));
    let stroke = egui::Stroke::new(1.5, mark::colour(alarm.priority));
    let painter = ui.painter().with_clip_rect(rect);
    // Dashed: it was there then, and may not be now.
    let corners = [
        frame.left_top(),
        frame.right_top(),
        frame.right_bottom(),
        frame.left_bottom(),
        frame.left_top(),
    ];
    painter.extend(egui::Shape::dashed_line(&corners, stroke, 6.0, 4.0));
}

fn action_ui(ctx: &AppContext<'_>, ui: &mut egui::Ui, alarm: &Alarm) {
    let language = ctx.words.language();
    let Some(class) = ctx.state.alarms.class(alarm) else {
        return;
    };
    egui::Frame::NONE
        .fill(theme::PANEL)
        .inner_margin(6)
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.add(egui::Label::new(class.action.get(language)).wrap());
        });
}

fn facts_ui(ctx: &AppContext<'_>, ui: &mut egui::Ui, kept: &Kept<Alarm>) {
    let (words, alarm) = (ctx.words, &kept.value);
    let language = words.language();
    let mut lines = Vec::new();
    if let Some(text) = &alarm.text {
        lines.push(text.get(language).to_owned());
    }
    // Where two people answer apart neither the score nor the first answer is seen before the second;
    // a source may tell how sure it is among its details, too.
    let open = alarm.two_answers && alarm.settled().is_none();
    let details = alarm.details.iter().filter(|_| !open);
    let details: Vec<String> = details
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    lines.push(details.join(" · "));
    if let Some(camera) = ctx.state.camera_of(alarm) {
        let site = camera.site.get(language);
        let line = [site, camera.phone.as_str()];
        let line: Vec<&str> = line.into_iter().filter(|part| !part.is_empty()).collect();
        lines.push(line.join(" · "));
    }
    if alarm.count > 1 {
        let values = [
            ("count", alarm.count.into()),
            ("last", when(ctx, alarm.last).into()),
        ];
        lines.push(words.with("alarm-times", &values));
    }
    if let Some(precision) = ctx.state.alarms.figures.precision(alarm)
        && precision.settled > 0
    {
        let values = [
            ("right", precision.right.into()),
            ("settled", precision.settled.into()),
        ];
        lines.push(words.with("alarm-precision", &values));
    }
    if open {
        lines.push(words.get("alarm-two-answers").into_owned());
    }
    for verdict in alarm.verdicts.iter().filter(|_| !open) {
        let who = verdict
            .by
            .person
            .map(|person| ctx.state.seat.name_of(person));
        let mut line = words.get(verdict.found.key()).into_owned();
        for part in [who.unwrap_or_default(), said(ctx, &verdict.note)] {
            if !part.is_empty() {
                line = format!("{line} · {part}");
            }
        }
        lines.push(line);
    }
    let recording = ctx.state.alarms.recordings.get(&alarm.number);
    if let Some(trouble) = recording.and_then(|recording| recording.trouble.as_ref()) {
        let why = [("why", trouble.as_str().into())];
        lines.push(words.with("alarm-not-recorded", &why));
    }
    if recording.is_some_and(|recording| recording.as_it_came) {
        lines.push(words.get("alarm-recorded-as-it-came").into_owned());
    }
    if let Some(passed) = &alarm.passed {
        let to = [("to", said(ctx, &passed.to).into())];
        lines.push(words.with("alarm-passed-to", &to));
    }
    if let Some(aside) = ctx.state.aside(alarm, ctx.wall) {
        let (why, _) = aside.reason();
        lines.push(format!("{} · {}", words.get(aside.key()), said(ctx, why)));
    }
    lines.retain(|line| !line.is_empty());
    for line in lines {
        dim(ui, line);
    }
}

fn deeds_ui(ctx: &AppContext<'_>, ui: &mut egui::Ui, alarm: &Alarm, out: &mut Vec<Command>) {
    let words = ctx.words;
    let mut button = |ui: &mut egui::Ui, key: &str, text: &str, command: AlarmsCommand| {
        let text = format!("{key}  {text}");
        if ui.add(Button::new(text).wrap()).clicked() {
            out.push(Command::Alarms(command));
        }
    };
    let mine = ctx.state.seat.session.person();
    let owner = alarm.owner.as_ref().and_then(|owner| owner.person);
    ui.horizontal_wrapped(|ui| {
        if alarm.state().calls() {
            let text = words.get("alarm-acknowledge");
            button(ui, "Enter", &text, AlarmsCommand::Do(Deed::Acknowledge));
        } else if owner != mine {
            let text = words.get("alarm-take-over");
            button(ui, "Enter", &text, AlarmsCommand::Do(Deed::TakeOver));
        }
    });
    ui.horizontal_wrapped(|ui| {
        let class = ctx.state.alarms.class(alarm);
        for (n, found) in Judgement::ALL.into_iter().enumerate() {
            let offered = class.is_none_or(|class| class.verdicts.contains(&found));
            if offered || found == Judgement::Unsure {
                let deed = Deed::Judge(found, String::new());
                let key = (n + 1).to_string();
                button(ui, &key, &words.get(found.key()), AlarmsCommand::Do(deed));
            }
        }
    });
    ui.horizontal_wrapped(|ui| {
        let pass = words.get("alarm-pass");
        button(ui, "P", &pass, AlarmsCommand::Ask(Asking::Pass));
        if alarm.priority != Priority::Critical && alarm.state() != Stands::Ended {
            let shelve = words.get("alarm-shelve");
            button(ui, "Z", &shelve, AlarmsCommand::Ask(Asking::Shelve));
        }
    });
}

fn asking_ui(ctx: &AppContext<'_>, ui: &mut egui::Ui, asking: Asking, out: &mut Vec<Command>) {
    let words = ctx.words;
    let (title, list) = match asking {
        Asking::Pass => (words.get("alarm-pass-to").into_owned(), PASS_TO),
        Asking::Reject => (words.get("alarm-reject-why").into_owned(), REASONS),
        Asking::Over => (words.get("across-ask-why").into_owned(), ASK_REASONS),
        Asking::Shelve => {
            let minutes = [("minutes", SHELF_MINUTES.into())];
            (words.with("alarm-shelve-why", &minutes), REASONS)
        }
    };
    ui.label(RichText::new(title).font(theme::bold(13.0)));
    for (n, word) in list.into_iter().enumerate() {
        let text = format!("{}  {}", n + 1, words.get(word));
        if ui.add(Button::new(text).wrap()).clicked() {
            out.push(Command::Alarms(AlarmsCommand::Answer(n)));
        }
    }
    let text = format!("Esc  {}", words.get("alarm-leave"));
    if ui.add(Button::new(text)).clicked() {
        out.push(Command::Alarms(AlarmsCommand::Leave));
    }
}

/// Cameras near the place.
fn near_ui(ctx: &AppContext<'_>, ui: &mut egui::Ui, alarm: &Alarm, out: &mut Vec<Command>) {
    let near = ctx.state.neighbours(alarm);
    if near.is_empty() {
        return;
    }
    let words = ctx.words;
    ui.add_space(6.0);
    let text = format!("N  {}", words.get("alarm-near"));
    ui.horizontal_wrapped(|ui| {
        if ui.add(Button::new(text)).clicked() {
            out.push(Command::Alarms(AlarmsCommand::Neighbour));
        }
        for index in near.iter().take(3) {
            let camera = &ctx.state.cameras[*index];
            let name = camera.name.get(words.language());
            let name = RichText::new(name).size(12.0);
            if ui.add(Button::new(name).wrap()).clicked() {
                out.push(Command::Enlarge(Some(camera.id.clone())));
            }
        }
    });
}
