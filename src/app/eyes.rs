//! The detectors in the program: which feeds they look at, and what they saw.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use crossbeam_channel::Sender;

use super::pacer::Pacer;
use super::seat::RuleWish;
use super::state::{Notice, State};
use crate::base::clock::{self, WallTime, wall_now};
use crate::detect::registry::{self, Descriptor};
use crate::detect::{
    Eye, Foreign, Noticed, Observation, Options, Provider, Status, Watched, Watcher,
};
use crate::media::live::{Feed, FeedId};
use crate::model::camera::{Camera, CameraId, StreamKind};
use crate::model::detection::counting::Counting;
use crate::model::detection::rule::file::{self, Form};
use crate::model::detection::rule::{Rule, RuleId};
use crate::model::detection::watch::Sight;
use crate::model::detection::{Class, Views};
use crate::model::quality::Duties;
use crate::pixels::Look;
use crate::store::paths::Paths;
use crate::store::settings::Detectors;
use crate::words::{Language, Words};

/// What is at least so sure is followed; the tracker takes what is less sure only where something
/// was before.
pub const LEAST_SCORE: f32 = 0.2;

/// The model that is fetched at set-up, for the names of classes where no model is there.
const USUAL_MODEL: &str = include_str!("../../models/nanodet-g-416x256/model.json");

/// What the state knows of the detectors.
#[derive(Clone, Debug, Default)]
pub struct Eyes {
    /// How the watch stands; nothing where it is switched off.
    pub status: Option<Status>,
    /// What was seen last, by the feed's key.
    pub seen: BTreeMap<u64, Arc<Observation>>,
    /// What is to be noticed, as the store keeps it, by camera.
    pub kept: BTreeMap<CameraId, Vec<Rule>>,
    /// What is to be noticed beside that: from the rule file of this seat.
    pub rules: BTreeMap<CameraId, Vec<Rule>>,
    /// What cameras have of themselves, by their kind of place.
    pub defaults: BTreeMap<CameraId, Vec<Rule>>,
    /// Cameras whose rules are carried out on the large stream.
    pub large: BTreeSet<CameraId>,
    /// What lines counted, by camera and rule.
    pub counts: BTreeMap<(CameraId, RuleId), Counting>,
    descriptor: Option<Arc<Descriptor>>,
    /// Of which change of the store's rules `kept` is.
    taken: u64,
}

fn has(rules: &[Rule], rule: &Rule) -> bool {
    rules.iter().any(|known| known.id == rule.id)
}

impl Eyes {
    /// What is to be noticed on a camera: what was drawn, then what the file has, then what its kind of
    /// place has; of the same id only the first.
    pub fn rules_of<'a>(&'a self, camera: &CameraId) -> impl Iterator<Item = &'a Rule> + use<'a> {
        let of = |rules: &'a BTreeMap<CameraId, Vec<Rule>>| {
            rules.get(camera).map_or(&[][..], Vec::as_slice)
        };
        let (kept, file) = (of(&self.kept), of(&self.rules));
        let file_left = file.iter().filter(move |rule| !has(kept, rule));
        let defaults = of(&self.defaults).iter();
        let defaults_left = defaults.filter(move |rule| !has(kept, rule) && !has(file, rule));
        kept.iter().chain(file_left).chain(defaults_left)
    }

    /// Whether a rule is the store's.
    pub fn is_kept(&self, rule: &Rule) -> bool {
        let kept = self.kept.get(&rule.camera).map_or(&[][..], Vec::as_slice);
        has(kept, rule)
    }

    /// Whether a rule is the rule file's.
    pub fn is_of_file(&self, rule: &Rule) -> bool {
        let file = self.rules.get(&rule.camera).map_or(&[][..], Vec::as_slice);
        has(file, rule) && !self.is_kept(rule)
    }

    /// The model that looks, for the names of its classes.
    pub fn set_model(&mut self, model: Descriptor) {
        self.descriptor = Some(Arc::new(model));
    }

    /// What the operator reads for a class: as the model says, else as the usual one does.
    pub fn class_name(&self, class: &Class, language: Language) -> String {
        static USUAL: OnceLock<Option<Descriptor>> = OnceLock::new();
        let usual = USUAL.get_or_init(|| Descriptor::parse(USUAL_MODEL, Path::new("")).ok());
        let models = [self.descriptor.as_deref(), usual.as_ref()];
        let label = models
            .into_iter()
            .flatten()
            .find_map(|model| model.label(class));
        label.map_or_else(
            || class.to_string(),
            |label| label.name(language).to_owned(),
        )
    }
}

impl Eye for Feed {
    fn key(&self) -> u64 {
        Self::key(self)
    }

    fn motion(&self) -> f32 {
        Self::motion(self)
    }

    fn ask(&self, reply: Sender<Look>) {
        self.ask_for_look(reply);
    }
}

/// The detectors at work.
pub(super) struct Detecting {
    watcher: Watcher,
    /// What is watched now, to tell when it changes.
    watched: BTreeMap<u64, Known>,
    /// When that is looked at next.
    next: Option<Instant>,
    /// What the watch was started with, while its model is still to come.
    awaited: Option<Awaited>,
}

/// A model or a runtime that is not there yet: it may be on its way onto this machine.
struct Awaited {
    settings: Detectors,
    paths: Paths,
    pacer: Arc<Pacer>,
    looked: Instant,
}

/// How often it is looked whether a model has come.
const MODEL_AFTER: Duration = Duration::from_secs(5);

/// What is looked for on each camera where nobody has made rules.
pub(super) fn take_default_rules(state: &mut State) {
    for camera in &state.cameras {
        let rules = Rule::defaults(&camera.id, camera.site_kind, LEAST_BLADE);
        if !rules.is_empty() {
            state.eyes.defaults.insert(camera.id.clone(), rules);
        }
    }
}

/// The rules of a feed, and the size of its camera's large stream.
type Known = (Vec<Rule>, Option<(u32, u32)>);

/// How often it is looked whether other cameras or rules are to be watched: not at every paint.
const LOOKED_AFTER: Duration = Duration::from_millis(250);
/// The watch has so long to end when the program does.
const LAST_WORDS: Duration = Duration::from_millis(500);
/// A large stream that has not been seen yet is taken to be so large, pixels.
const USUAL_MAIN: (u32, u32) = (1920, 1080);
/// A blade lower than this is not looked for, pixels: the smallest of what COCO calls medium (32²) with
/// a little to spare; of small objects the models find next to nothing.
const LEAST_BLADE: u32 = 36;
/// A camera with something on it is decoded in full for so long after it was seen.
const AWAKE_FOR: Duration = Duration::from_secs(10);

impl Detecting {
    /// Starts the watch where it is switched on; what is missing is told by its status.
    pub(super) fn start(
        settings: &Detectors,
        paths: &Paths,
        state: &mut State,
        pacer: &Arc<Pacer>,
    ) -> Option<Self> {
        if !settings.on {
            return None;
        }
        read_rules(&paths.rules_file(), state);
        take_default_rules(state);
        let awaited = (!has_model(settings, paths)).then(|| Awaited {
            settings: settings.clone(),
            paths: paths.clone(),
            pacer: Arc::clone(pacer),
            looked: clock::now(),
        });
        match watcher(settings, paths, state, pacer) {
            Ok(watcher) => Some(Self {
                watcher,
                watched: BTreeMap::new(),
                next: None,
                awaited,
            }),
            Err(error) => {
                tracing::error!(%error, "the detectors do not start");
                let why = error.to_string();
                state.eyes.status = Some(Status::Blind { why });
                None
            }
        }
    }

    /// A model that was missing has come: the watch is started with it.
    fn take_up_model(&mut self, state: &mut State, now: Instant) {
        let Some(awaited) = &mut self.awaited else {
            return;
        };
        if now.saturating_duration_since(awaited.looked) < MODEL_AFTER {
            return;
        }
        awaited.looked = now;
        if !has_model(&awaited.settings, &awaited.paths) {
            return;
        }
        let started = watcher(&awaited.settings, &awaited.paths, state, &awaited.pacer);
        if let Ok(watcher) = started {
            tracing::info!("the detectors have their model now");
            self.watcher = watcher;
            self.watched.clear();
            self.next = None;
            self.awaited = None;
        }
    }

    /// What is open, and its rules, where either changed.
    fn tell_what_is_watched(&mut self, feeds: &BTreeMap<FeedId, Arc<Feed>>, state: &State) {
        let wanted = wanted(feeds, state);
        let keys: BTreeMap<u64, Known> = wanted
            .iter()
            .map(|watched| (watched.eye.key(), (watched.rules.clone(), watched.main)))
            .collect();
        if keys != self.watched {
            for feed in feeds.values() {
                feed.set_watched(keys.contains_key(&Feed::key(feed)));
            }
            self.watched = keys;
            self.watcher.watch(wanted);
        }
    }

    /// The watch ends: its last words.
    pub(super) fn finish(self) -> Vec<Noticed> {
        self.watcher.finish(LAST_WORDS)
    }

    /// Looks at what is open now, and takes what was seen; what was noticed that nobody has taken yet.
    pub(super) fn step(
        &mut self,
        feeds: &BTreeMap<FeedId, Arc<Feed>>,
        state: &mut State,
    ) -> Vec<Noticed> {
        state.eyes.status = Some(self.watcher.status());
        state.eyes.seen = self.watcher.seen();
        let now = clock::now();
        self.take_up_model(state, now);
        if self.next.is_none_or(|next| now >= next) {
            self.next = Some(now + LOOKED_AFTER);
            state.set_detector_duties(wall_now());
            self.tell_what_is_watched(feeds, state);
        }
        let mut noticed = Vec::new();
        while let Some(one) = self.watcher.take_noticed() {
            noticed.push(one);
        }
        noticed
    }
}

/// Whether what the detectors need is on this machine.
fn has_model(settings: &Detectors, paths: &Paths) -> bool {
    let folders = paths.model_folders(settings.models.as_deref());
    let model = model_folder(&folders, &settings.model);
    let is_there = |descriptor: Descriptor| model.join(&descriptor.file).is_file();
    Descriptor::read(&model).is_ok_and(is_there) && paths.model_runtime().exists()
}

/// The watch with the model that the settings name.
fn watcher(
    settings: &Detectors,
    paths: &Paths,
    state: &mut State,
    pacer: &Arc<Pacer>,
) -> std::io::Result<Watcher> {
    let folders = paths.model_folders(settings.models.as_deref());
    let model = model_folder(&folders, &settings.model);
    if let Ok(model) = Descriptor::read(&model) {
        state.eyes.set_model(model);
    }
    let key = settings.provider.as_str();
    let provider = Provider::ALL.into_iter().find(|known| known.key() == key);
    if provider.is_none() {
        tracing::warn!(
            provider = key,
            "no such provider: the models run on the processor"
        );
    }
    let options = Options {
        runtime: paths.model_runtime(),
        model,
        provider: provider.unwrap_or_default(),
        foreign: Foreign {
            memory_bytes: u64::from(settings.child_memory_mib) << 20,
            ..Foreign::of_this_program()
        },
        cores: settings.cores,
        least_score: LEAST_SCORE,
        rates: crate::detect::plan::Rates::default(),
        stills: Some(paths.stills()),
    };
    let waker = Arc::clone(pacer);
    Watcher::start(options, Arc::new(move || waker.wake()))
}

/// The rules of a file, where there is one; what is wrong with it is told, the others count.
fn read_rules(path: &Path, state: &mut State) {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return,
        Err(error) => {
            let text = format!("{}: {error}", path.display());
            state.notices.push(Notice::Text(text));
            return;
        }
    };
    let words = Words::new(state.language());
    let loaded = file::read(&text, Form::of(&path.to_string_lossy()));
    for fault in loaded.faults {
        let text = format!("{}: {}", path.display(), fault.say(words));
        tracing::warn!(%text, "a rule does not count");
        state.notices.push(Notice::Text(text));
    }
    for rule in loaded.rules {
        let rules = &mut state.eyes.rules;
        rules.entry(rule.camera.clone()).or_default().push(rule);
    }
}

/// Writes a rule into the rule file of this seat, or takes it out: where nobody sits, the store takes no
/// rules. The rules of the file hold at once.
pub(super) fn write_rules(path: &Path, state: &mut State, wish: &RuleWish) -> Result<(), String> {
    let mut rules = state.eyes.rules.clone();
    match wish {
        RuleWish::Save(rule) => {
            let of_camera = rules.entry(rule.camera.clone()).or_default();
            match of_camera.iter_mut().find(|known| known.id == rule.id) {
                Some(known) => known.clone_from(rule),
                None => of_camera.push(rule.as_ref().clone()),
            }
        }
        RuleWish::Remove(camera, id) => {
            if let Some(of_camera) = rules.get_mut(camera) {
                of_camera.retain(|known| known.id != *id);
            }
        }
    }
    let all: Vec<Rule> = rules.values().flatten().cloned().collect();
    let said = |error: std::io::Error| format!("{}: {error}", path.display());
    let text = file::write(&all, Form::of(&path.to_string_lossy()))?;
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(said)?;
    }
    let new = path.with_extension("toml.new");
    std::fs::write(&new, text).map_err(said)?;
    std::fs::rename(&new, path).map_err(said)?;
    state.eyes.rules = rules;
    Ok(())
}

/// One feed of each camera that may be looked at: its small stream, or its large one where its rules
/// ask for that and it is open.
fn wanted(feeds: &BTreeMap<FeedId, Arc<Feed>>, state: &State) -> Vec<Watched> {
    let mut wanted: BTreeMap<&CameraId, (&FeedId, &Arc<Feed>)> = BTreeMap::new();
    // The small one comes first in the order of feeds.
    for (id, feed) in feeds {
        let large = id.stream == StreamKind::Main && state.eyes.large.contains(&id.camera);
        if large {
            wanted.insert(&id.camera, (id, feed));
        } else {
            wanted.entry(&id.camera).or_insert((id, feed));
        }
    }
    let cameras: BTreeMap<&CameraId, &Camera> = state
        .watched()
        .into_iter()
        .map(|index| &state.cameras[index])
        .map(|camera| (&camera.id, camera.as_ref()))
        .collect();
    wanted
        .into_iter()
        .map(|(camera, (id, feed))| Watched {
            eye: Arc::clone(feed) as Arc<dyn Eye>,
            camera: camera.clone(),
            rules: rules_now(camera, state),
            main: cameras
                .get(camera)
                .and_then(|camera| main_size(id, camera, state)),
        })
        .collect()
}

/// The rules of a camera, and the one that is being drawn on it.
fn rules_now(camera: &CameraId, state: &State) -> Vec<Rule> {
    let tried = state
        .drawing
        .as_ref()
        .filter(|drawing| drawing.rule.camera == *camera)
        .filter(|_| state.seat.session.is_operated());
    let tried = tried.and_then(|drawing| drawing.tried(clock::now()));
    state.eyes.rules_of(camera).cloned().chain(tried).collect()
}

/// The size of the large stream beside the one that is looked at.
fn main_size(id: &FeedId, camera: &Camera, state: &State) -> Option<(u32, u32)> {
    if id.stream == StreamKind::Main || !camera.has_both_streams() {
        return None;
    }
    let known = state.stream(camera, StreamKind::Main).map(|main| main.size);
    Some(known.filter(|size| size.1 > 0).unwrap_or(USUAL_MAIN))
}

impl State {
    /// What was seen last on a camera, in whichever stream.
    pub fn observation(&self, camera: &Camera) -> Option<&Arc<Observation>> {
        [StreamKind::Sub, StreamKind::Main]
            .into_iter()
            .filter_map(|kind| self.stream(camera, kind))
            .filter_map(|stream| self.eyes.seen.get(&stream.key))
            .max_by_key(|seen| seen.arrival)
    }

    /// Takes over the store's rules where they changed.
    pub(super) fn take_rules(&mut self) {
        let records = &self.seat.records;
        if records.rules_changed == self.eyes.taken {
            return;
        }
        self.eyes.taken = records.rules_changed;
        let mut kept: BTreeMap<CameraId, Vec<Rule>> = BTreeMap::new();
        for rule in records.rules.iter().map(|kept| &kept.value) {
            kept.entry(rule.camera.clone())
                .or_default()
                .push(rule.clone());
        }
        self.eyes.kept = kept;
    }

    /// The cameras whose rules this seat carries out: those that are held here, those on the screen, and
    /// those of its own rule file. The centre has rules for thousands, which other seats look at.
    fn cameras_ruled_here(&self) -> BTreeSet<CameraId> {
        let held = &self.cameras[..self.set.min(self.cameras.len())];
        let shown = &self.cameras[self.page_range()];
        let own = self.eyes.rules.keys().cloned();
        let open = held.iter().chain(shown).map(|camera| camera.id.clone());
        open.chain(own).collect()
    }

    /// What the rules ask of streams: cameras of this seat with rules are received though no tile shows
    /// them, those on which something is to be seen are decoded in full, and where rules want the large
    /// stream it is opened.
    pub(super) fn set_detector_duties(&mut self, now: WallTime) {
        let local = jiff::Timestamp::from_nanosecond(i128::from(now.0))
            .unwrap_or_default()
            .to_zoned(jiff::tz::TimeZone::system())
            .datetime();
        let mut large = BTreeSet::new();
        let mut ruled: BTreeMap<CameraId, bool> = BTreeMap::new();
        for camera in self.cameras_ruled_here() {
            let hold = |rule: &&Rule| rule.enabled && rule.schedule.holds(local);
            let mut rules = self.eyes.rules_of(&camera).filter(hold).peekable();
            if rules.peek().is_none() {
                continue;
            }
            if Views::of(rules).large {
                large.insert(camera.clone());
            }
            ruled.insert(camera, false);
        }
        let at = clock::now();
        for (id, stream) in &self.streams {
            let Some(seen) = self.eyes.seen.get(&stream.key) else {
                continue;
            };
            let is_fresh = at.saturating_duration_since(seen.arrival) < AWAKE_FOR;
            // Once it is open it stays, unless nothing can be seen there either.
            let wants_large = |sight: &Sight| match id.stream {
                StreamKind::Sub => *sight == Sight::InMain,
                StreamKind::Main => *sight != Sight::Nowhere,
            };
            if seen.sight.iter().any(|(_, sight)| wants_large(sight)) {
                large.insert(id.camera.clone());
            }
            if let Some(awake) = ruled.get_mut(&id.camera) {
                *awake |= is_fresh && !seen.tracks.is_empty();
            }
        }
        // Where the machine is short the small stream must do.
        self.eyes.large = if self.shed_steps > 0 {
            BTreeSet::new()
        } else {
            large
        };
        for (camera, duties) in &mut self.duties {
            duties.rule = ruled.contains_key(camera);
            duties.rule_awake = ruled.get(camera).copied().unwrap_or_default();
        }
        for (camera, awake) in ruled {
            let duties = self.duties.entry(camera).or_default();
            (duties.rule, duties.rule_awake) = (true, awake);
        }
        self.duties.retain(|_, duties| *duties != Duties::default());
    }
}

/// The folder of the model `id`; where none has it, the one in which set-up would put it.
pub fn model_folder(folders: &[PathBuf], id: &str) -> PathBuf {
    let mut own = folders.iter().map(|folder| folder.join(id));
    let there = own
        .clone()
        .find(|folder| folder.join(registry::DESCRIPTOR).is_file());
    there.or_else(|| own.next_back()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::state::Stream;
    use super::*;
    use crate::model::condition::Administration;
    use crate::model::detection::Kind;
    use crate::model::detection::rule::edit;
    use crate::store::settings::Settings;

    #[test]
    fn at_a_seat_where_nobody_sits_rules_are_kept_in_its_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("deep/rules.toml");
        let mut state = State::new(Vec::new(), Settings::default());
        let camera = CameraId::new("c").expect("an id");
        let rule = |id: &str, kind| Rule::new(RuleId::new(id), camera.clone(), edit::blank(kind));
        let mut all = vec![rule("a", Kind::Zone), rule("b", Kind::Line)];
        for rule in &all {
            let wish = RuleWish::Save(Box::new(rule.clone()));
            write_rules(&path, &mut state, &wish).expect("written");
        }
        all[0].enabled = false;
        let wish = RuleWish::Save(Box::new(all[0].clone()));
        write_rules(&path, &mut state, &wish).expect("written");
        let mut read = State::new(Vec::new(), Settings::default());
        read_rules(&path, &mut read);
        assert_eq!(
            read.eyes.rules_of(&camera).cloned().collect::<Vec<_>>(),
            all
        );
        assert!(read.eyes.is_of_file(&all[0]) && !read.eyes.is_kept(&all[0]));
        let wish = RuleWish::Remove(camera.clone(), RuleId::new("a"));
        write_rules(&path, &mut state, &wish).expect("written");
        let mut read = State::new(Vec::new(), Settings::default());
        read_rules(&path, &mut read);
        assert_eq!(read.eyes.rules_of(&camera).count(), 1);
        assert_eq!(state.eyes.rules_of(&camera).count(), 1);
    }

    #[test]
    fn what_is_drawn_goes_before_the_file_and_the_file_before_the_kind_of_place() {
        let camera = CameraId::new("c").expect("an id");
        let rule = |score: f32| {
            let mut rule = Rule::new(RuleId::new("r"), camera.clone(), edit::blank(Kind::Zone));
            rule.least_score = score;
            rule
        };
        let mut eyes = Eyes::default();
        let scores = |eyes: &Eyes| -> Vec<f32> {
            eyes.rules_of(&camera)
                .map(|rule| rule.least_score)
                .collect()
        };
        eyes.defaults.insert(camera.clone(), vec![rule(0.1)]);
        assert_eq!(scores(&eyes), [0.1]);
        eyes.rules.insert(camera.clone(), vec![rule(0.2)]);
        assert_eq!(scores(&eyes), [0.2]);
        eyes.kept.insert(camera.clone(), vec![rule(0.3)]);
        assert_eq!(scores(&eyes), [0.3]);
    }

    #[test]
    fn the_large_stream_is_opened_for_blades_once_and_stays_while_it_shows_them() {
        let camera = CameraId::new("c").expect("an id");
        let url = |stream| {
            format!("rtsp://10.0.0.1/{stream}")
                .parse()
                .expect("an address")
        };
        let mut one = Camera::from_url(camera.clone(), url("main"));
        one.sub_url = Some(url("sub"));
        let mut state = State::new(vec![one], Settings::default());
        let now = clock::now();
        for (key, kind) in [(1, StreamKind::Sub), (2, StreamKind::Main)] {
            let id = FeedId {
                camera: camera.clone(),
                stream: kind,
            };
            let stream = Stream::new(key, Administration::InService, now);
            state.streams.insert(id, stream);
        }
        let blade = Rule::new(RuleId::new("b"), camera.clone(), edit::blank(Kind::Blade));
        state.eyes.rules.insert(camera.clone(), vec![blade]);
        let mut open = |feed: u64, sight| {
            let seen = Observation {
                feed,
                arrival: now,
                at: Duration::ZERO,
                tracks: Vec::new(),
                changes: Vec::new(),
                looks: 1,
                interval: None,
                cost: Duration::ZERO,
                parts: 1,
                sight: vec![(RuleId::new("b"), sight)],
                numbers: Vec::new(),
            };
            state.eyes.seen = BTreeMap::from([(feed, Arc::new(seen))]);
            state.set_detector_duties(wall_now());
            let duties = state.duties[&camera];
            (
                state.eyes.large.contains(&camera),
                duties.rule,
                duties.rule_awake,
            )
        };
        assert_eq!(open(1, Sight::Unknown), (false, true, false));
        assert_eq!(open(1, Sight::InMain), (true, true, false));
        assert_eq!(
            open(2, Sight::Unknown),
            (true, true, false),
            "it has just come"
        );
        assert_eq!(open(2, Sight::Here), (true, true, false));
        assert_eq!(open(2, Sight::Nowhere), (false, true, false));
        assert_eq!(open(1, Sight::Here), (false, true, false));
    }

    #[test]
    fn a_seat_looks_at_the_cameras_of_its_own_and_not_at_the_centres() {
        let cameras = (0..200).map(|n| {
            let url = format!("rtsp://10.0.0.1/{n}").parse().expect("an address");
            Camera::from_url(CameraId::new(format!("c{n}")).expect("an id"), url)
        });
        let mut state = State::new(cameras.collect(), Settings::default());
        state.settings.tiles_per_page = 9;
        let ids: Vec<CameraId> = state
            .cameras
            .iter()
            .map(|camera| camera.id.clone())
            .collect();
        for id in &ids {
            let rule = Rule::new(RuleId::new("r"), id.clone(), edit::blank(Kind::Zone));
            state.eyes.kept.insert(id.clone(), vec![rule]);
        }
        state.set_detector_duties(wall_now());
        assert_eq!(
            state.watched().len(),
            9,
            "the page, though the centre has 200 rules"
        );
        // What this seat holds is looked at on every page, and so is what its own file names.
        state.show_set(&ids[50..60], 0);
        let rule = Rule::new(
            RuleId::new("own"),
            ids[150].clone(),
            edit::blank(Kind::Zone),
        );
        state.eyes.rules.insert(ids[150].clone(), vec![rule]);
        state.page = state.pages() - 1;
        let shown = state.page_range().len();
        state.set_detector_duties(wall_now());
        let watched = state.watched();
        assert_eq!(watched.len(), shown + 10 + 1, "{watched:?}");
        state.eyes.kept.clear();
        state.eyes.rules.clear();
        state.set_detector_duties(wall_now());
        assert_eq!(state.watched().len(), shown);
        assert!(state.duties.is_empty(), "{:?}", state.duties);
    }

    #[test]
    fn classes_have_names_without_a_model() {
        let eyes = Eyes::default();
        let person = Class::new("person");
        assert_eq!(eyes.class_name(&person, Language::Ru), "человек");
        let strange = Class::new("zeppelin");
        assert_eq!(eyes.class_name(&strange, Language::Kk), "zeppelin");
    }
}
