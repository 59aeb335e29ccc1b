//! Posts and their sets, for whoever plans the shifts.

use std::sync::Arc;

use eframe::egui::{self, Button, DragValue, RichText, TextEdit};

use super::{beside, field_ui, heading, row_ui};
use crate::app::command::Command;
use crate::app::context::AppContext;
use crate::app::seat::{PostWish, Wish};
use crate::model::act::Kept;
use crate::model::camera::{Camera, CameraId, Names};
use crate::model::id::Id;
use crate::model::shift::post::{LONGEST_NAME, LONGEST_ON_CARD, Post, Watched};
use crate::ui::theme;
use crate::words::{Language, sort_key};

/// Cameras that are offered at once.
const OFFERED: usize = 60;

/// What is changed; nothing of it is kept before it is saved.
#[derive(Clone, Default)]
struct Form {
    of: Option<Id>,
    version: u32,
    post: Post,
    search: String,
    classes: String,
    card: String,
    critical: bool,
    /// The places of all cameras by their names: thousands are not put in order at each paint.
    by_name: Option<(Language, Arc<[usize]>)>,
}

impl Form {
    fn of(kept: &Kept<Post>) -> Self {
        Self {
            of: Some(kept.id),
            version: kept.version,
            classes: kept.value.alarms.join(", "),
            post: kept.value.clone(),
            ..Self::default()
        }
    }

    /// Whether what is saved would differ from `kept`.
    fn differs(&self, kept: &Post) -> bool {
        let post = self.complete();
        (
            &post.name,
            &post.cameras,
            &post.alarms,
            post.at_once,
            post.rotate_secs,
        ) != (
            &kept.name,
            &kept.cameras,
            &kept.alarms,
            kept.at_once,
            kept.rotate_secs,
        )
    }

    /// The cameras in the order of their names.
    fn cameras_by_name(&mut self, cameras: &[Arc<Camera>], language: Language) -> Arc<[usize]> {
        let known = self.by_name.take();
        let known = known.filter(|(of, all)| *of == language && all.len() == cameras.len());
        let (_, all) = self.by_name.insert(known.unwrap_or_else(|| {
            let mut all: Vec<usize> = (0..cameras.len()).collect();
            all.sort_by_cached_key(|index| sort_key(cameras[*index].name.get(language)));
            (language, all.into())
        }));
        Arc::clone(all)
    }

    fn complete(&self) -> Post {
        let classes = self.classes.split(',').map(str::trim);
        Post {
            alarms: classes
                .filter(|class| !class.is_empty())
                .map(str::to_owned)
                .collect(),
            ..self.post.clone()
        }
    }
}

fn form_id() -> egui::Id {
    egui::Id::unique("posts-form")
}

pub(super) fn forget(ctx: &egui::Context) {
    ctx.data_mut(|data| data.remove::<Form>(form_id()));
}

pub(super) fn posts_ui(ctx: &AppContext<'_>, ui: &mut egui::Ui, out: &mut Vec<Command>) {
    let (seat, words) = (&ctx.state.seat, ctx.words);
    let mut form: Form = ui.data(|data| data.get_temp(form_id())).unwrap_or_default();
    let kept = |id: Id| seat.records.posts.iter().find(|post| post.id == id);
    if let Some(now) = form.of.and_then(kept)
        && now.version != form.version
    {
        let set_changed = form.differs(&now.value);
        let fresh = Form::of(now);
        // Who holds it and its card change all the time; what is being edited stays then.
        form = if set_changed && form.post.cameras != now.value.cameras {
            Form {
                version: fresh.version,
                post: Post {
                    holder: fresh.post.holder,
                    card: fresh.post.card,
                    ..form.post
                },
                ..form
            }
        } else {
            fresh
        };
    }
    let mut chosen = None;
    let (form_of, form_ref) = (form.of, &mut form);
    beside(
        ui,
        260.0,
        |ui| {
            if ui.button(words.get("posts-new").as_ref()).clicked() {
                chosen = Some(Form::default());
            }
            ui.add_space(4.0);
            let mut posts: Vec<_> = seat.records.posts.iter().collect();
            posts.sort_by_cached_key(|post| sort_key(post.value.name.get(words.language())));
            for post in posts {
                let count = [("count", post.value.cameras.len().into())];
                let holder = post.value.holder.as_ref().map_or_else(
                    || words.get("shift-free").into_owned(),
                    |holder| seat.name_of(holder.person),
                );
                let line = format!("{} · {holder}", words.with("shift-cameras", &count));
                let id = egui::Id::unique(("post", post.id.to_string()));
                let name = post.value.name.get(words.language());
                if row_ui(ui, id, form_of == Some(post.id), name, &[line]) {
                    chosen = Some(Form::of(post));
                }
            }
        },
        |ui| form_ui(ctx, ui, form_ref, out),
    );
    if let Some(chosen) = chosen {
        form = chosen;
    }
    ui.data_mut(|data| data.insert_temp(form_id(), form));
}

fn form_ui(ctx: &AppContext<'_>, ui: &mut egui::Ui, form: &mut Form, out: &mut Vec<Command>) {
    let (seat, words) = (&ctx.state.seat, ctx.words);
    let kept = form
        .of
        .and_then(|id| seat.records.posts.iter().find(|post| post.id == id));
    if form.of.is_some() && kept.is_none() {
        *form = Form::default();
    }
    let title = kept.map_or_else(
        || words.get("posts-new").into_owned(),
        |kept| kept.value.name.get(words.language()).to_owned(),
    );
    ui.label(RichText::new(title).font(theme::bold(15.0)));
    ui.add_space(4.0);
    let Names { kk, ru, en } = &mut form.post.name;
    for (language, name) in [("Қазақша", kk), ("Русский", ru), ("English", en)] {
        let edit = TextEdit::singleline(name)
            .char_limit(LONGEST_NAME)
            .desired_width(360.0);
        field_ui(ui, language, edit);
    }
    ui.add_space(6.0);
    ui.horizontal_wrapped(|ui| {
        let name = |ui: &mut egui::Ui, key| {
            let text = RichText::new(words.get(key)).size(12.0);
            ui.label(text.color(theme::TEXT_DIM)).id
        };
        let id = name(ui, "posts-at-once");
        let drag = DragValue::new(&mut form.post.at_once).range(0..=400);
        ui.add(drag).labelled_by(id);
        ui.add_space(12.0);
        let id = name(ui, "posts-rotate");
        let drag = DragValue::new(&mut form.post.rotate_secs).range(0..=3600);
        ui.add(drag).labelled_by(id);
    });
    let classes = TextEdit::singleline(&mut form.classes)
        .char_limit(1000)
        .desired_width(360.0);
    field_ui(ui, &words.get("posts-classes"), classes);
    set_ui(ctx, ui, form);
    ui.add_space(8.0);
    let named = !form.post.name.kk.trim().is_empty()
        || !form.post.name.ru.trim().is_empty()
        || !form.post.name.en.trim().is_empty();
    let changed = kept.is_none_or(|kept| form.differs(&kept.value));
    ui.horizontal(|ui| {
        let save = Button::new(words.get("posts-save").as_ref());
        if ui.add_enabled(named && changed, save).clicked() {
            let post = Box::new(form.complete());
            let wish = PostWish::Save { id: form.of, post };
            out.push(Command::Seat(Wish::Post(wish)));
            if form.of.is_none() {
                *form = Form::default();
            }
        }
        if let Some(kept) = kept {
            let free = kept.value.holder.is_none();
            let remove = Button::new(words.get("posts-remove").as_ref());
            if ui.add_enabled(free, remove).clicked() {
                out.push(Command::Seat(Wish::Post(PostWish::Remove(kept.id))));
            }
            let down = Button::new(words.get("posts-stand-down").as_ref());
            if ui.add_enabled(!free, down).clicked() {
                out.push(Command::Seat(Wish::StandDown(kept.id)));
            }
        }
    });
    if let Some(kept) = kept {
        card_ui(ctx, ui, form, kept, out);
    }
}

fn set_ui(ctx: &AppContext<'_>, ui: &mut egui::Ui, form: &mut Form) {
    let (state, words) = (ctx.state, ctx.words);
    let count = [("count", form.post.cameras.len().into())];
    heading(ui, &words.with("posts-set", &count));
    let name_of = |id: &CameraId| {
        state
            .cameras
            .iter()
            .find(|camera| camera.id == *id)
            .map_or_else(
                || format!("▲ {id} · {}", words.get("posts-not-in-the-list")),
                |camera| camera.name.get(words.language()).to_owned(),
            )
    };
    let mut gone = None;
    egui::ScrollArea::vertical()
        .id_salt("set")
        .max_height(190.0)
        .show(ui, |ui| {
            for (place, watched) in form.post.cameras.iter().enumerate() {
                ui.horizontal(|ui| {
                    if ui.small_button("✕").clicked() {
                        gone = Some(place);
                    }
                    let name = RichText::new(name_of(&watched.camera)).size(12.0);
                    ui.add(egui::Label::new(name).truncate());
                });
            }
        });
    if let Some(place) = gone {
        form.post.cameras.remove(place);
    }
    ui.add_space(4.0);
    let hint = words.get("posts-search");
    let search = TextEdit::singleline(&mut form.search)
        .hint_text(hint.as_ref())
        .char_limit(100)
        .desired_width(360.0);
    ui.add(search);
    let wanted = form.search.trim().to_lowercase();
    let by_name = form.cameras_by_name(&state.cameras, words.language());
    let offered: Vec<_> = by_name
        .iter()
        .map(|index| &state.cameras[*index])
        .filter(|camera| {
            let names = &camera.name;
            let fits = wanted.is_empty()
                || camera.id.as_str().to_lowercase().contains(&wanted)
                || [&names.kk, &names.ru, &names.en]
                    .iter()
                    .any(|name| name.to_lowercase().contains(&wanted));
            let in_set = form.post.cameras.iter().any(|one| one.camera == camera.id);
            fits && !in_set
        })
        .take(OFFERED)
        .collect();
    let add = |camera: &CameraId| Watched {
        camera: camera.clone(),
        shared: false,
    };
    if !wanted.is_empty() && !offered.is_empty() {
        let count = [("count", offered.len().into())];
        let all = words.with("posts-add-all", &count);
        if ui.small_button(all).clicked() {
            form.post
                .cameras
                .extend(offered.iter().map(|camera| add(&camera.id)));
        }
    }
    egui::ScrollArea::vertical()
        .id_salt("offered")
        .max_height(150.0)
        .show(ui, |ui| {
            for camera in offered {
                ui.horizontal(|ui| {
                    if ui.small_button("+").clicked() {
                        form.post.cameras.push(add(&camera.id));
                    }
                    let name = camera.name.get(words.language());
                    ui.add(egui::Label::new(RichText::new(name).size(12.0)).truncate());
                });
            }
        });
}

fn card_ui(
    ctx: &AppContext<'_>,
    ui: &mut egui::Ui,
    form: &mut Form,
    kept: &Kept<Post>,
    out: &mut Vec<Command>,
) {
    let (seat, words) = (&ctx.state.seat, ctx.words);
    heading(ui, &words.get("posts-card"));
    for item in kept.value.card_at(seat.store_now(ctx.wall)) {
        ui.horizontal(|ui| {
            if ui.small_button("✕").clicked() {
                let (post, item) = (kept.id, Box::new(item.clone()));
                out.push(Command::Seat(Wish::Post(PostWish::Strike { post, item })));
            }
            let sign = if item.critical { "▲" } else { "–" };
            let text = format!("{sign} {} · {}", item.text, seat.name_of(item.author));
            ui.add(egui::Label::new(RichText::new(text).size(12.0)).wrap());
        });
    }
    let hint = words.get("posts-card-hint");
    let edit = TextEdit::singleline(&mut form.card)
        .hint_text(hint.as_ref())
        .char_limit(LONGEST_ON_CARD)
        .desired_width(360.0);
    ui.add(edit);
    ui.horizontal(|ui| {
        ui.checkbox(&mut form.critical, words.get("handover-critical").as_ref());
        let add = Button::new(words.get("posts-card-add").as_ref());
        if ui.add_enabled(!form.card.trim().is_empty(), add).clicked() {
            let wish = PostWish::Write {
                post: kept.id,
                text: std::mem::take(&mut form.card),
                critical: std::mem::take(&mut form.critical),
            };
            out.push(Command::Seat(Wish::Post(wish)));
        }
    });
}
