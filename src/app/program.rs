//! The running program: eframe's `App` around the state, the live feeds and the window.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Acquire};
use std::time::{Duration, Instant};

use eframe::egui;
use tokio::sync::mpsc;

use super::command::Command;
use super::context::AppContext;
use super::measure::{Measure, Paint};
use super::pacer::Pacer;
use super::state::{Effect, Figures, Notice, State, Stream};
use crate::base::clock;
use crate::base::proc;
use crate::gpu::PaintStats;
use crate::media::live::{Counters, Feed, FeedEvent, FeedId, Live};
use crate::media::source::Address;
use crate::model::camera::Camera;
use crate::store::secrets::Secrets;
use crate::ui;
use crate::words::Words;

/// Pages turned by key repeat must not open forty-five streams each: a page is opened when it has
/// been shown for so long.
const PAGE_SETTLES: Duration = Duration::from_millis(150);

/// What the program is made of when the window opens.
pub(super) struct Parts {
    pub(super) state: State,
    pub(super) live: Live,
    pub(super) events: mpsc::Receiver<FeedEvent>,
    pub(super) secrets: Secrets,
    pub(super) pacer: Arc<Pacer>,
    pub(super) settings_file: Option<PathBuf>,
    pub(super) measure: Option<Measure>,
    pub(super) exit_at: Option<Instant>,
}

/// The program.
pub struct App {
    parts: Parts,
    feeds: BTreeMap<FeedId, Arc<Feed>>,
    stats: Arc<PaintStats>,
    screen: ui::Screen,
    second: Second,
    visible: BTreeSet<FeedId>,
    page_since: (usize, Instant),
    device_lost: Option<Arc<AtomicBool>>,
    clock_text: String,
    zone: jiff::tz::TimeZone,
    commands: Vec<Command>,
}

/// Figures at the beginning of the running second.
struct Second {
    at: Instant,
    counters: BTreeMap<FeedId, Counters>,
    processor_secs: Option<f64>,
}

impl App {
    pub(super) fn new(parts: Parts, creation: &eframe::CreationContext<'_>) -> Self {
        let ctx = &creation.egui_ctx;
        ui::theme::install(ctx, parts.state.settings.scale);
        let stats = Arc::new(PaintStats::default());
        let mut device_lost = None;
        if let Some(render_state) = &creation.wgpu_render_state {
            crate::gpu::install(render_state);
            device_lost = Some(crate::gpu::watch_device(render_state));
            if let Some(measure) = &parts.measure {
                measure.watch(render_state, &stats);
            }
        }
        let repaint = ctx.clone();
        parts
            .pacer
            .connect(move |delay| repaint.request_repaint_after(delay));
        let now = clock::now();
        Self {
            parts,
            feeds: BTreeMap::new(),
            screen: ui::Screen::new(Arc::clone(&stats)),
            stats,
            second: Second {
                at: now,
                counters: BTreeMap::new(),
                processor_secs: None,
            },
            visible: BTreeSet::new(),
            page_since: (0, now.checked_sub(PAGE_SETTLES).unwrap_or(now)),
            device_lost,
            clock_text: String::new(),
            zone: jiff::tz::TimeZone::system(),
            commands: Vec::new(),
        }
    }

    fn hear(&mut self) {
        while let Ok(event) = self.parts.events.try_recv() {
            if let Some(measure) = &mut self.parts.measure {
                measure.heard(&event);
            }
            self.parts.state.hear(event);
        }
    }

    fn obey(&mut self, ctx: &egui::Context) {
        let mut commands = std::mem::take(&mut self.commands);
        commands.extend(ui::keys::commands(ctx, &self.parts.state));
        for command in commands {
            tracing::debug!(?command, "command");
            for effect in self.parts.state.apply(command) {
                self.bring_about(ctx, &effect);
            }
        }
    }

    fn bring_about(&mut self, ctx: &egui::Context, effect: &Effect) {
        match effect {
            Effect::SaveSettings => {
                // A few hundred bytes, once per choice of the operator.
                if let Some(file) = &self.parts.settings_file
                    && let Err(error) = self.parts.state.settings.write(file)
                {
                    tracing::error!(%error, file = %file.display(), "the settings were not saved");
                    let text = format!("{}: {error}", file.display());
                    self.parts.state.notices.push(Notice::Text(text));
                }
            }
            Effect::FullScreen(on) => ctx.send_viewport_cmd(egui::ViewportCommand::Fullscreen(*on)),
            Effect::Quit => ctx.send_viewport_cmd(egui::ViewportCommand::Close),
        }
    }

    /// Opens what the state wants open and closes the rest.
    fn open_and_close(&mut self, now: Instant) {
        let page = self.parts.state.page;
        if self.page_since.0 != page {
            self.page_since = (page, now);
        }
        if now.saturating_duration_since(self.page_since.1) < PAGE_SETTLES {
            self.parts.pacer.wake();
            return;
        }
        let wanted: BTreeMap<FeedId, Arc<Camera>> =
            self.parts.state.wanted_streams().into_iter().collect();
        let live = &self.parts.live;
        let state = &mut self.parts.state;
        self.feeds.retain(|id, _| {
            let keep = wanted.contains_key(id);
            if !keep {
                live.close(id);
                state.streams.remove(id);
            }
            keep
        });
        for (id, camera) in wanted {
            if self.feeds.contains_key(&id) {
                continue;
            }
            let Some(url) = camera.url(id.stream) else {
                continue;
            };
            let credentials = self.parts.secrets.for_camera(&camera, url);
            let feed = live.open(
                id.clone(),
                Address {
                    url: url.clone(),
                    credentials,
                },
            );
            state
                .streams
                .insert(id.clone(), Stream::new(feed.key(), now));
            self.feeds.insert(id, feed);
        }
    }

    fn take_pictures(&mut self, now: Instant) {
        for (id, feed) in &self.feeds {
            if let Some(stream) = self.parts.state.streams.get_mut(id) {
                match feed.take_picture() {
                    Some(picture) => stream.take(picture, now),
                    None => stream.picture = None,
                }
            }
        }
    }

    fn count_the_second(&mut self, now: Instant) {
        let length = now.saturating_duration_since(self.second.at);
        if length < Duration::from_secs(1) {
            return;
        }
        // Only what is on the screen is due there: feeds behind an enlarged one are not.
        let mut figures = Figures::default();
        let mut counters = BTreeMap::new();
        for (id, feed) in &self.feeds {
            let now = feed.counters();
            figures.dropped += now.overwritten + now.inbox_dropped;
            if let Some(before) = self.second.counters.get(id)
                && self.visible.contains(id)
            {
                figures.due += now.due - before.due;
                figures.shown += now.taken - before.taken;
            }
            counters.insert(id.clone(), now);
        }
        let processor_secs = proc::family_cpu_secs();
        let cores = processor_secs
            .zip(self.second.processor_secs)
            .map(|(after, before)| ((after - before).max(0.0) / length.as_secs_f64()) as f32);
        self.parts.state.figures = Figures { cores, ..figures };
        self.second = Second {
            at: now,
            counters,
            processor_secs,
        };
        self.clock_text = crate::words::date_time(clock::wall_now(), &self.zone);
    }

    fn tell_sizes(&self, sizes: &BTreeMap<FeedId, (u32, u32)>) {
        for (id, feed) in &self.feeds {
            let (width, height) = sizes.get(id).copied().unwrap_or_default();
            feed.set_shown_size(width, height);
        }
    }
}

impl eframe::App for App {
    fn logic(&mut self, ctx: &egui::Context, frame: &mut eframe::Frame) {
        let now = clock::now();
        if let Some(secs) = frame.info().cpu_usage {
            self.parts
                .pacer
                .note_paint(Duration::from_secs_f32(secs.clamp(0.0, 1.0)));
        }
        self.parts.pacer.painting(now);
        self.hear();
        self.obey(ctx);
        self.open_and_close(now);
        self.take_pictures(now);
        self.count_the_second(now);
        if let Some(measure) = &mut self.parts.measure {
            let state = &self.parts.state;
            let paint = Paint {
                now,
                feeds: &self.feeds,
                live: state.num_live(),
                of: state.page_range().len(),
            };
            measure.step(&paint, &self.stats, ctx);
        }
        // A window that can no longer draw must not stay there with an old picture in it.
        let lost = self
            .device_lost
            .as_ref()
            .is_some_and(|lost| lost.load(Acquire));
        if lost || self.parts.exit_at.is_some_and(|at| now >= at) {
            ctx.send_viewport_cmd(egui::ViewportCommand::Close);
        }
        // The clock of the status line and the ages of stale pictures go on by themselves.
        let to_next_second =
            Duration::from_secs(1).saturating_sub(now.saturating_duration_since(self.second.at));
        ctx.request_repaint_after(to_next_second.max(Duration::from_millis(5)));
    }

    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        let context = AppContext {
            state: &self.parts.state,
            words: Words::new(self.parts.state.language()),
            now: clock::now(),
            clock: &self.clock_text,
        };
        let drawn = ui::screen_ui(&context, ui, &mut self.screen);
        self.tell_sizes(&drawn.sizes);
        self.visible = drawn.sizes.into_keys().collect();
        self.parts.state.grid = drawn.grid.or(self.parts.state.grid);
        if !drawn.commands.is_empty() {
            self.commands = drawn.commands;
            ui.ctx().request_repaint();
        }
    }

    fn clear_color(&self, _visuals: &egui::Visuals) -> [f32; 4] {
        ui::theme::WALL.to_normalized_gamma_f32()
    }

    fn on_exit(&mut self) {
        if let Some(measure) = &mut self.parts.measure {
            measure.write(&self.feeds, &self.stats);
        }
    }
}
