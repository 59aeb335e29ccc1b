//! The running program: eframe's `App` around the state, the live feeds and the window.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Acquire, Ordering::Release};
use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;
use eframe::egui;
use tokio::sync::mpsc;

use super::alarms::{CameraWatch, InMemory};
use super::camera_file::CameraFile;
use super::command::Command;
use super::context::AppContext;
use super::crops::Crops;
use super::eyes::{self, Detecting};
use super::left::Keeper;
use super::measure::{Measure, Paint};
use super::pacer::Pacer;
use super::quality::{FeedSecond, Quality, choose_mains};
use super::seat::desk::Desk;
use super::seat::session::Session;
use super::seat::{AlarmWish, RuleWish, Wish};
use super::sounds::Sounds;
use super::spans::{Spans, is_recording};
use super::state::{Effect, Figures, Notice, State, Stream};
use super::typing::Typing;
use super::watchdog::{Beat, Watched};
use crate::base::clock::{self, WallTime};
use crate::base::proc;
use crate::base::sleep::{self, SleepWatch};
use crate::base::synchronised::Synchronised;
use crate::base::threads;
use crate::detect::{Counts, Noticed};
use crate::gpu::PaintStats;
use crate::link::screen_saver::ScreenSaver;
use crate::media::live::{Counters, Fact, Feed, FeedEvent, FeedId, Live};
use crate::media::source::Address;
use crate::model::alarm::acts::{self, News};
use crate::model::alarm::occurrence::Occurrence;
use crate::model::camera::{Camera, CameraId, StreamKind};
use crate::model::condition::Reason;
use crate::model::detection::rule::TRIED;
use crate::model::detection::{Fact as DetectionFact, Stage};
use crate::model::history::Trust;
use crate::store::journal::{Journal, Line};
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
    pub(super) journal: Option<Journal>,
    pub(super) measure: Option<Measure>,
    pub(super) exit_at: Option<Instant>,
    pub(super) keeper: Keeper,
    pub(super) watched: Option<Watched>,
    /// Gives the graphics device up then, to see what becomes of the wall.
    pub(super) lose_device_at: Option<Instant>,
    pub(super) device: Arc<Device>,
    pub(super) desk: Option<Desk>,
    pub(super) detecting: Option<Detecting>,
    pub(super) sounds: Option<Sounds>,
    pub(super) spans: Option<Spans>,
    pub(super) crops: Crops,
    pub(super) camera_file: Option<CameraFile>,
}

/// What became of the graphics device.
#[derive(Debug, Default)]
pub(super) struct Device {
    /// It was lost, or went with the window.
    pub(super) lost: Arc<AtomicBool>,
    /// The window closes since it was lost.
    pub(super) given_up: AtomicBool,
}

/// The program.
pub struct App {
    parts: Parts,
    feeds: BTreeMap<FeedId, Arc<Feed>>,
    stats: Arc<PaintStats>,
    screen: ui::Screen,
    second: Second,
    /// Frames dropped on tiles that were on the screen, since the start.
    dropped: u64,
    visible: BTreeSet<FeedId>,
    window_seen: bool,
    quality: Quality,
    synchronised: Receiver<Synchronised>,
    page_since: (usize, Instant),
    clock_text: String,
    zone: jiff::tz::TimeZone,
    commands: Vec<Command>,
    sleep: SleepWatch,
    screen_saver: Option<ScreenSaver>,
    camera_watch: CameraWatch,
    typing: Typing,
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
        if let Some(render_state) = &creation.wgpu_render_state {
            crate::gpu::install(render_state);
            crate::gpu::watch_device(render_state, &parts.device.lost);
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
            dropped: 0,
            visible: BTreeSet::new(),
            window_seen: true,
            quality: Quality::default(),
            synchronised: watch_own_clock(),
            page_since: (0, now.checked_sub(PAGE_SETTLES).unwrap_or(now)),
            clock_text: String::new(),
            zone: jiff::tz::TimeZone::system(),
            commands: Vec::new(),
            sleep: SleepWatch::default(),
            camera_watch: CameraWatch::default(),
            typing: Typing::default(),
            screen_saver: ScreenSaver::start().ok(), // without a thread the screen goes dark, no more
        }
    }

    fn hear(&mut self) {
        while let Ok(event) = self.parts.events.try_recv() {
            if let Some(measure) = &mut self.parts.measure {
                measure.heard(&event);
            }
            let at = wall_of(event.at);
            let (field, value, reason) = match &event.fact {
                Fact::Link(link) => ("link", link.key(), link.reason()),
                Fact::Picture(picture) => ("picture", picture.key(), None),
                // The camera's nature is no state of its own.
                Fact::IsSlow(_) => {
                    self.parts.state.hear(event, at);
                    continue;
                }
            };
            self.log(at, &event.feed, field, value, reason);
            self.parts.state.hear(event, at);
        }
        if let Ok(synchronised) = self.synchronised.try_recv() {
            self.parts.state.synchronised = synchronised;
        }
    }

    /// The camera file was read anew: its cameras are the wall's, and it is read so from now on.
    fn take_cameras(&mut self, ctx: &egui::Context) {
        let file = self.parts.camera_file.as_mut();
        let Some((encoding, read)) = file.and_then(CameraFile::take) else {
            return;
        };
        let state = &mut self.parts.state;
        match read {
            Ok(loaded) => {
                let cameras = loaded.cameras.len();
                tracing::info!(cameras, %encoding, "camera list read");
                state.refused = None;
                // Addresses of the command line stay.
                let mut list: Vec<Camera> = loaded.cameras;
                list.extend(state.cameras.iter().map(|camera| (**camera).clone()));
                state.list(list);
                eyes::take_default_rules(state);
                if !loaded.errors.is_empty() {
                    state.notices.push(Notice::CameraRows(loaded.errors));
                }
                state.settings.cameras_encoding = Some(encoding);
                if let Some(desk) = &mut self.parts.desk {
                    desk.list_changed();
                }
                self.bring_about(ctx, &Effect::SaveSettings);
            }
            Err(refused) => state.refused = Some(refused),
        }
    }

    /// Each field of each stream is logged on its own.
    fn log(
        &mut self,
        at: WallTime,
        feed: &FeedId,
        field: &str,
        value: &str,
        reason: Option<&Reason>,
    ) {
        if let Some(journal) = &mut self.parts.journal
            && !is_recording(&feed.camera)
        {
            let line = Line::Field {
                camera: feed.camera.to_string(),
                stream: feed.stream.word().to_owned(),
                field: field.to_owned(),
                value: value.to_owned(),
                reason: reason.map(ToString::to_string).unwrap_or_default(),
            };
            journal.write(at, line);
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

    /// What asked for a second person, who is there now: for this one command.
    fn obey_with_second(&mut self, ctx: &egui::Context) {
        let Some((command, second, right)) = self.parts.state.seat.allowed.take() else {
            return;
        };
        self.parts.state.seat.second = Some((second, right));
        for effect in self.parts.state.apply(command) {
            self.bring_about(ctx, &effect);
        }
        self.parts.state.seat.second = None;
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
            Effect::ReadCameras(encoding) => {
                let file = self.parts.camera_file.as_mut();
                let begun = file.map(|file| file.read_anew(*encoding, &self.parts.pacer));
                if let Some(Err(error)) = begun {
                    tracing::error!(%error, "the camera file is not read");
                    self.parts
                        .state
                        .notices
                        .push(Notice::Text(error.to_string()));
                }
            }
            Effect::AcceptPicture(camera) => {
                let feeds = self.feeds.iter().filter(|(id, _)| id.camera == *camera);
                feeds.for_each(|(_, feed)| feed.accept_picture());
            }
            Effect::Seat(Wish::Rule(wish))
                if self.parts.state.seat.session == Session::OpenToAll =>
            {
                self.keep_rule_in_file(wish);
            }
            Effect::Seat(Wish::Alarm(AlarmWish::TestSounds)) => {
                if let Some(sounds) = &self.parts.sounds {
                    sounds.test();
                }
            }
            Effect::Seat(wish) => {
                let words = Words::new(self.parts.state.language());
                if let Some(desk) = &mut self.parts.desk {
                    desk.wish(&mut self.parts.state, wish.clone(), words);
                }
            }
            Effect::Mask(camera, lifted) => self.log_mask(camera, *lifted),
            Effect::FullScreen(on) => ctx.send_viewport_cmd(egui::ViewportCommand::Fullscreen(*on)),
            Effect::Quit => ctx.send_viewport_cmd(egui::ViewportCommand::Close),
        }
    }

    /// Where nobody sits there is no author: the rule file of the seat keeps it.
    fn keep_rule_in_file(&mut self, wish: &RuleWish) {
        let state = &mut self.parts.state;
        let kept = match &self.parts.settings_file {
            Some(settings) => {
                eyes::write_rules(&settings.with_file_name("rules.toml"), state, wish)
            }
            None => Err(Words::new(state.language())
                .get("rules-no-store")
                .into_owned()),
        };
        if let Err(why) = &kept {
            tracing::error!(%why, "a rule is not kept");
            state.notices.push(Notice::Text(why.clone()));
        }
        state.rule_settled(kept.is_ok());
    }

    fn log_mask(&mut self, camera: &CameraId, lifted: bool) {
        let kind = if lifted {
            "mask-lifted"
        } else {
            "mask-lowered"
        };
        if let Some(desk) = &mut self.parts.desk {
            let about = Some(camera.to_string());
            desk.note(&mut self.parts.state, kind, about, serde_json::Map::new());
        }
    }

    /// What must not be lost of what the detectors see.
    fn keep_noticed(&mut self, noticed: Noticed) {
        match noticed {
            Noticed::Fact(fact) if fact.rule.as_str() == TRIED => {
                if let Some(drawing) = &mut self.parts.state.drawing {
                    drawing.note(fact);
                }
            }
            Noticed::Counts(Counts { counted, .. }) if counted.rule.as_str() == TRIED => {}
            Noticed::Fact(fact) => self.keep_fact(&fact),
            Noticed::Counts(Counts { camera, counted }) => {
                let line = Line::Counted {
                    camera: camera.to_string(),
                    rule: counted.rule.to_string(),
                    minute: counted.minute,
                    what: counted.what.clone(),
                };
                if let Some(journal) = &mut self.parts.journal {
                    journal.write(clock::wall_now(), line);
                }
                let counts = &mut self.parts.state.eyes.counts;
                let counting = counts.entry((camera, counted.rule)).or_default();
                counting.join(counted.minute, &counted.what);
            }
        }
    }

    /// What the detectors noticed goes into the log, by its beginning and its end.
    fn keep_fact(&mut self, fact: &DetectionFact) {
        if fact.stage == Stage::Updated {
            return;
        }
        tracing::info!(camera = %fact.camera, rule = %fact.rule, kind = ?fact.kind, stage = ?fact.stage, "noticed");
        let wall = clock::wall_now();
        if let Some(desk) = &mut self.parts.desk {
            desk.noticed(&mut self.parts.state, fact);
            if let Some(occurrence) = Occurrence::of_fact(fact, wall) {
                let digest = None;
                let came = (occurrence.id, clock::now());
                self.parts.state.alarms.came.push(came);
                desk.happens(News { occurrence, digest }, None, wall);
            }
        }
    }

    /// The streams around alarms are kept with them.
    fn keep_spans(&mut self) {
        let (Some(spans), Some(desk)) = (&mut self.parts.spans, &mut self.parts.desk) else {
            return;
        };
        let wall = clock::wall_now();
        for (alarm, span) in spans.step(&mut self.parts.state, &self.feeds, wall) {
            desk.keep_span(&mut self.parts.state, alarm, span, wall);
        }
    }

    /// What calls is heard; a test of the sounds is a line of the log.
    fn sound(&mut self) {
        let Some(sounds) = &mut self.parts.sounds else {
            return;
        };
        let state = &mut self.parts.state;
        let tested = sounds.step(state, clock::wall_now());
        if let Some(whole) = tested
            && let Some(desk) = &mut self.parts.desk
        {
            let mut detail = serde_json::Map::new();
            detail.insert("heard".to_owned(), whole.into());
            let person = state.seat.session.holder();
            state.alarms.tested = person.map(|person| (person, clock::wall_now(), whole));
            desk.note(state, acts::SOUND_TESTED, None, detail);
        }
    }

    /// Cameras that cannot be relied on for long are alarms.
    fn tell_of_cameras(&mut self, now: Instant) {
        let Some(desk) = &mut self.parts.desk else {
            return;
        };
        let wall = clock::wall_now();
        for news in self.camera_watch.look(&self.parts.state, now, wall) {
            let came = (news.occurrence.id, now);
            self.parts.state.alarms.came.push(came);
            desk.happens(news, None, wall);
        }
    }

    /// Masks that were lifted for a while fall back.
    fn lower_masks(&mut self, now: Instant) {
        for camera in self.parts.state.masks_due(now) {
            self.parts.state.lower_mask(&camera);
            self.log_mask(&camera, false);
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
        let at = clock::wall_now();
        self.feeds.retain(|id, _| {
            let keep = wanted.contains_key(id);
            if !keep {
                live.close(id);
                state.streams.remove(id);
                if id.stream == StreamKind::Sub && !is_recording(&id.camera) {
                    state.note_trust(id.camera.clone(), at, Trust::Unwatched);
                }
            }
            keep
        });
        let mut opened = Vec::new();
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
                .insert(id.clone(), Stream::new(feed.key(), camera.service, now));
            opened.push((id.clone(), camera.service));
            self.feeds.insert(id, feed);
        }
        for (id, service) in opened {
            self.log(at, &id, "administration", service.key(), None);
        }
    }

    /// Takes what is new. What is not drawn is left where it is, so that nothing counts as shown
    /// that never reached a texture.
    fn take_pictures(&mut self, now: Instant) {
        for (id, feed) in &self.feeds {
            if let Some(stream) = self.parts.state.streams.get_mut(id) {
                let is_drawn = self.visible.contains(id) || stream.shown.is_none();
                match feed.take_picture_if(is_drawn) {
                    Some(picture) => stream.take(picture, feed.lag(), now),
                    None => stream.picture = None,
                }
            }
        }
    }

    fn set_efforts(&mut self, now: Instant) {
        let visible = self.window_seen.then_some(&self.visible);
        let state = &mut self.parts.state;
        let changed = self.quality.apply(state, &self.feeds, visible, now);
        let at = clock::wall_now();
        for (id, load) in changed {
            self.log(at, &id, "load", load.key(), None);
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
        let mut seconds = BTreeMap::new();
        for (id, feed) in &self.feeds {
            let now = feed.counters();
            let since = self.second.counters.get(id).map(|before| now.since(before));
            if let Some(since) = since {
                seconds.insert(
                    id.clone(),
                    FeedSecond {
                        received: since.units,
                        shown: since.taken,
                        dropped: since.inbox_dropped,
                    },
                );
            }
            if let Some(stream) = self.parts.state.streams.get_mut(id) {
                stream.clock_offset = feed.clock_offset();
                stream.report = feed.report();
            }
            // Of what is not on the screen nothing is missed.
            if let Some(since) = since.filter(|_| self.visible.contains(id)) {
                self.dropped += since.overwritten + since.inbox_dropped;
                figures.due += since.due;
                figures.shown += since.taken;
            }
            counters.insert(id.clone(), now);
        }
        let processor_secs = proc::family_cpu_secs();
        let cores = processor_secs
            .zip(self.second.processor_secs)
            .map(|(after, before)| ((after - before).max(0.0) / length.as_secs_f64()) as f32);
        figures.dropped = self.dropped;
        let budget = self.parts.live.ring_budget();
        let held = self.feeds.values().map(|feed| feed.ring().held());
        let held: Vec<_> = held.filter(|held| held.units > 0).collect();
        let least = held.iter().map(|held| held.length.as_secs()).min();
        let in_memory = InMemory {
            held_bytes: budget.held(),
            cap_bytes: budget.cap(),
            streams: held.len(),
            least_s: least.unwrap_or_default(),
        };
        let state = &mut self.parts.state;
        state.alarms.in_memory = in_memory;
        state.figures = Figures { cores, ..figures };
        self.quality.second(state, &seconds, cores, now);
        self.second = Second {
            at: now,
            counters,
            processor_secs,
        };
        self.clock_text = crate::words::date_time(clock::wall_now(), &self.zone);
    }

    /// Tells the watchdog that the main loop comes round; true when it wishes the window closed.
    fn beat(&mut self, now: Instant) -> bool {
        let (state, stats) = (&self.parts.state, &self.stats);
        let Some(watched) = &mut self.parts.watched else {
            return false;
        };
        watched.beat(now, || {
            let figures = stats.figures();
            Beat {
                live: state.num_live(),
                of: state.page_range().len(),
                paints: figures.paints,
                texture_bytes: figures.texture_bytes,
            }
        })
    }

    /// What is not drawn keeps its size: its keyframes are still looked at.
    fn tell_sizes(&self, sizes: &BTreeMap<FeedId, (u32, u32)>) {
        for (id, feed) in &self.feeds {
            if let Some((width, height)) = sizes.get(id) {
                feed.set_shown_size(*width, *height);
            }
        }
    }
}

impl eframe::App for App {
    fn raw_input_hook(&mut self, ctx: &egui::Context, input: &mut egui::RawInput) {
        if self.typing.hold_back(input) {
            ctx.request_repaint();
        }
    }

    fn logic(&mut self, ctx: &egui::Context, frame: &mut eframe::Frame) {
        let now = clock::now();
        if let Some(measure) = &mut self.parts.measure {
            measure.turn_begins(now);
        }
        if let Some(secs) = frame.info().cpu_usage {
            self.parts
                .pacer
                .note_paint(Duration::from_secs_f32(secs.clamp(0.0, 1.0)));
        }
        self.parts.pacer.painting(now);
        if let Some(asleep) = self.sleep.look(now, sleep::with_sleep) {
            tracing::info!(
                seconds = asleep.as_secs(),
                "the machine was asleep: every feed is opened again"
            );
            self.parts.live.gate().reopen_all();
        }
        self.hear();
        self.take_cameras(ctx);
        if let Some(desk) = &mut self.parts.desk {
            let touched = ctx.input(|input| !input.events.is_empty());
            let words = Words::new(self.parts.state.language());
            desk.step(
                &mut self.parts.state,
                words,
                touched,
                (now, clock::wall_now()),
            );
        }
        self.sound();
        self.keep_spans();
        self.obey(ctx);
        self.obey_with_second(ctx);
        self.parts.crops.step(&mut self.parts.state);
        self.lower_masks(now);
        self.open_and_close(now);
        self.take_pictures(now);
        if let Some(detecting) = &mut self.parts.detecting {
            let noticed = detecting.step(&self.feeds, &mut self.parts.state);
            for one in noticed {
                self.keep_noticed(one);
            }
        }
        self.tell_of_cameras(now);
        // A window that nobody can see is not drawn: its tiles are as hidden as those of other pages.
        self.window_seen = ctx.input(|input| input.viewport().visible() != Some(false));
        self.set_efforts(now);
        self.count_the_second(now);
        if let Some(measure) = &mut self.parts.measure {
            measure.look_at_alarms(&mut self.parts.state, &self.stats);
            let state = &self.parts.state;
            let paint = Paint {
                now,
                feeds: &self.feeds,
                live: state.num_live(),
                of: state.page_range().len(),
                seen: &state.eyes.seen,
            };
            measure.step(&paint, &self.stats, ctx);
        } else {
            self.parts.state.alarms.came.clear();
            self.parts.state.alarms.began.clear();
        }
        if self.parts.lose_device_at.is_some_and(|at| now >= at)
            && let Some(render_state) = frame.wgpu_render_state()
        {
            self.parts.lose_device_at = None;
            render_state.device.destroy();
        }
        // A window that can no longer draw must not stay there with an old picture in it.
        let lost = self.parts.device.lost.load(Acquire);
        if lost {
            self.parts.device.given_up.store(true, Release);
        }
        self.parts.keeper.step(now, &self.parts.state, ctx);
        if let Some(screen_saver) = &mut self.screen_saver {
            screen_saver.hold_off(self.parts.state.full_screen);
        }
        let asked = self.beat(now);
        if lost || asked || self.parts.exit_at.is_some_and(|at| now >= at) {
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
            wall: clock::wall_now(),
            clock: &self.clock_text,
        };
        let drawn = ui::screen_ui(&context, ui, &mut self.screen);
        self.tell_sizes(&drawn.sizes);
        self.parts.state.mains = choose_mains(&self.parts.state, &drawn.sizes);
        self.visible = drawn.feeds;
        let state = &mut self.parts.state;
        state.grid = drawn.grid.or(state.grid);
        if !drawn.commands.is_empty() {
            self.commands = drawn.commands;
            ui.ctx().request_repaint();
        }
        if let Some(measure) = &mut self.parts.measure {
            measure.turn_ends(clock::now());
        }
    }

    fn clear_color(&self, _visuals: &egui::Visuals) -> [f32; 4] {
        ui::theme::WALL.to_normalized_gamma_f32()
    }

    fn on_exit(&mut self) {
        if let Some(watched) = &self.parts.watched
            && !self.parts.device.given_up.load(Acquire)
        {
            watched.leave();
        }
        self.parts.keeper.finish(&self.parts.state);
        if let Some(detecting) = self.parts.detecting.take() {
            for noticed in detecting.finish() {
                self.keep_noticed(noticed);
            }
        }
        if let Some(desk) = &mut self.parts.desk {
            desk.finish(&mut self.parts.state);
        }
        if let Some(measure) = &mut self.parts.measure {
            measure.write(&self.feeds, &self.stats);
        }
    }
}

/// The wall-clock time of a moment.
fn wall_of(at: Instant) -> WallTime {
    let passed = clock::now().saturating_duration_since(at);
    clock::wall_now().plus_nanos(-(passed.as_nanos() as i64))
}

/// How often our own clock's services are asked.
const ASK_CLOCK_EVERY: Duration = Duration::from_secs(600);

/// Asks from time to time whether our own clock follows a reference, beside the thread that draws.
fn watch_own_clock() -> Receiver<Synchronised> {
    let (sender, receiver) = crossbeam_channel::bounded(1);
    let asking = threads::spawn("own-clock", move || {
        let (_never, pause) = crossbeam_channel::bounded::<()>(1);
        // Ends with the program, when nobody receives any more.
        while sender.send(Synchronised::look()).is_ok() {
            pause.recv_timeout(ASK_CLOCK_EVERY).ok(); // a pause, nobody sends
        }
    });
    if let Err(error) = asking {
        tracing::error!(%error, "our own clock is not watched");
    }
    receiver
}
