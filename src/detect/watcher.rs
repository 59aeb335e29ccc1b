//! The thread that looks at all cameras, one after the other, within its budget.
//!
//! It asks a camera for its next picture when it is nearly ready for one, so that nothing queues;
//! what it saw replaces what it saw before. Facts are handed on one by one: where nobody takes them
//! the watch waits, since a fact must not be lost.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use parking_lot::Mutex;
use tracing::{debug, error, info, warn};

use super::observer::{Observation, Observer, Taken};
use super::plan::{self, Budget, Rates, Turn, Wants};
use super::stills;
use super::{Fault, Foreign, Model, ModelError, Provider, RunError, Runtime};
use crate::base::clock::{self, WallTime};
use crate::base::{proc, threads};
use crate::model::camera::{CameraId, Priority};
use crate::model::detection::counting::Counted;
use crate::model::detection::rule::{self, Rule};
use crate::model::detection::watch::Limits;
use crate::model::detection::{Detection, Fact, Stage};
use crate::pixels::{Look, Pool};

/// A camera as the detectors see it.
pub trait Eye: Send + Sync {
    /// Its key: no other camera ever has it.
    fn key(&self) -> u64;
    /// The share of its picture, 0..1, that changed a moment ago.
    fn motion(&self) -> f32;
    /// Asks for its next picture; none comes while nothing is decoded.
    fn ask(&self, reply: Sender<Look>);
}

/// A camera that is to be watched.
#[derive(Clone)]
pub struct Watched {
    /// Its pictures: of the small stream, or of the large one where its rules ask for that.
    pub eye: Arc<dyn Eye>,
    /// Which camera it is.
    pub camera: CameraId,
    /// Its rules.
    pub rules: Vec<Rule>,
    /// Width and height of its large stream, pixels, where it has one.
    pub main: Option<(u32, u32)>,
}

/// What a camera's counting line counted in a minute.
#[derive(Clone, Debug, PartialEq)]
pub struct Counts {
    /// The camera.
    pub camera: CameraId,
    /// What.
    pub counted: Counted,
}

/// How the watch is set up.
#[derive(Clone, Debug)]
pub struct Options {
    /// ONNX Runtime.
    pub runtime: PathBuf,
    /// The folder of the model that finds objects.
    pub model: PathBuf,
    /// Where it runs.
    pub provider: Provider,
    /// How it runs when it is not one of ours.
    pub foreign: Foreign,
    /// How much of the processor it may use, cores.
    pub cores: f32,
    /// What is at least so sure is followed; rules ask for more.
    pub least_score: f32,
    /// When cameras are due.
    pub rates: Rates,
    /// Where pictures of what was noticed are kept; none are where there is no folder.
    pub stills: Option<PathBuf>,
}

/// How the watch stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Status {
    /// It loads its model.
    #[default]
    Starting,
    /// It looks.
    Watching {
        /// The model's id.
        model: String,
        /// Where it runs.
        provider: Provider,
        /// Whether it is foreign, and runs in a process of its own.
        apart: bool,
        /// Looks in the last second that was counted.
        looks_per_s: f32,
        /// What they cost, cores.
        cores: f32,
        /// Not as it was set up: what went wrong.
        trouble: Option<String>,
    },
    /// It cannot look.
    Blind {
        /// Why.
        why: String,
    },
}

/// What the thread and its owner share.
struct Shared {
    stop: AtomicBool,
    /// What is to be watched, when that has changed.
    wanted: Mutex<Option<Vec<Watched>>>,
    cores: Mutex<f32>,
    seen: Mutex<BTreeMap<u64, Arc<Observation>>>,
    status: Mutex<Status>,
}

/// The watch over all cameras; dropping it ends it.
pub struct Watcher {
    shared: Arc<Shared>,
    noticed: Receiver<Noticed>,
    thread: Option<JoinHandle<()>>,
}

/// What must not be lost.
#[derive(Clone, Debug)]
pub enum Noticed {
    /// By a rule.
    Fact(Fact),
    /// By a counting line.
    Counts(Counts),
}

/// What nobody has taken yet; when so much waits, the watch waits too.
const NOTICED_WAITING: usize = 1024;
/// Pictures that are asked for at a time: one is looked at while the next is on its way.
const AHEAD: usize = 2;
/// The longest look, or the loading of a model.
const ENDS_WITHIN: Duration = Duration::from_secs(10);
/// A model that failed so often in a row is given up.
const MOST_FAILURES: u32 = 5;

impl Watcher {
    /// Starts the thread. `wake` is called (from that thread) when something new was seen.
    ///
    /// # Errors
    /// When the system refuses a thread.
    pub fn start(options: Options, wake: Arc<dyn Fn() + Send + Sync>) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            stop: AtomicBool::new(false),
            wanted: Mutex::new(None),
            cores: Mutex::new(options.cores),
            seen: Mutex::default(),
            status: Mutex::default(),
        });
        let (sender, noticed) = bounded(NOTICED_WAITING);
        let own = Arc::clone(&shared);
        let thread = threads::spawn("detect", move || {
            // What is shown live comes first: a look may wait some milliseconds, a picture may not.
            threads::give_way();
            match Worker::load(options, own, sender, wake) {
                Ok(mut worker) => {
                    worker.run();
                    worker.end();
                }
                Err((shared, why)) => {
                    warn!(%why, "the detectors do not run");
                    *shared.status.lock() = Status::Blind { why };
                }
            }
        })?;
        Ok(Self {
            shared,
            noticed,
            thread: Some(thread),
        })
    }

    /// What is to be watched from now on.
    pub fn watch(&self, cameras: Vec<Watched>) {
        *self.shared.wanted.lock() = Some(cameras);
    }

    /// How much of the processor it may use from now on, cores.
    pub fn set_budget(&self, cores: f32) {
        *self.shared.cores.lock() = cores;
    }

    /// What was seen last, by the feed's key; the same `Arc` while there was no other look.
    pub fn seen(&self) -> BTreeMap<u64, Arc<Observation>> {
        self.shared.seen.lock().clone()
    }

    /// The next of what nobody has taken yet.
    pub fn take_noticed(&self) -> Option<Noticed> {
        self.noticed.try_recv().ok()
    }

    /// Ends the watch and waits for its last words, but no longer than `within`.
    pub fn finish(self, within: Duration) -> Vec<Noticed> {
        self.shared.stop.store(true, SeqCst);
        let until = clock::now() + within;
        let mut last = Vec::new();
        // The thread drops its end when it is done.
        while let Ok(noticed) = self.noticed.recv_deadline(until) {
            last.push(noticed);
        }
        last
    }

    /// How it stands.
    pub fn status(&self) -> Status {
        self.shared.status.lock().clone()
    }
}

impl Drop for Watcher {
    /// Waits for the thread: the libraries that it is in are taken down when the program ends, and a
    /// thread that still uses them would end it by a signal, which looks like a crash.
    fn drop(&mut self) {
        self.shared.stop.store(true, SeqCst);
        let until = clock::now() + ENDS_WITHIN;
        // The thread drops its end when it is done.
        while self.noticed.recv_deadline(until).is_ok() {}
        let Some(thread) = self.thread.take() else {
            return;
        };
        if clock::now() < until {
            // A panic in there was told by the hook that all threads have.
            thread.join().ok();
        } else {
            warn!("the detectors do not end");
        }
    }
}

/// A camera in the thread's books.
struct Place {
    watched: Watched,
    observer: Observer,
    /// What the rules that hold at this hour want.
    wants: Wants,
}

impl Place {
    fn new(watched: Watched) -> Self {
        let limits = Limits {
            main: watched.main,
            ..Limits::default()
        };
        Self {
            observer: Observer::new(watched.rules.clone(), TimeZone::system(), limits),
            wants: Wants::default(),
            watched,
        }
    }

    /// What the rules that hold now want.
    fn heed(&mut self, local: DateTime) {
        let hold = |rule: &&Rule| rule.enabled && rule.schedule.holds(local);
        self.wants = wants(self.watched.rules.iter().filter(hold));
    }

    /// What its lines counted in the minutes that are over; where there is no time, in all.
    fn counts(&mut self, now: Option<WallTime>) -> Vec<Noticed> {
        let camera = &self.watched.camera;
        let counted = self.observer.take_counted(now).into_iter();
        let of_camera = |counted| Counts {
            camera: camera.clone(),
            counted,
        };
        counted.map(of_camera).map(Noticed::Counts).collect()
    }
}

/// Loads the watch's model for a provider.
type Load = Box<dyn FnMut(Provider) -> Result<Model, Fault> + Send>;

struct Worker {
    options: Options,
    load: Load,
    model: Model,
    shared: Arc<Shared>,
    noticed: Sender<Noticed>,
    wake: Arc<dyn Fn() + Send + Sync>,
    places: Vec<Place>,
    /// In the order of `places`.
    turns: Vec<Turn>,
    budget: Budget,
    cores: f32,
    found: Vec<Detection>,
    failures: u32,
    /// Why it runs otherwise than it was set up.
    trouble: Option<String>,
    /// Why it does not run just now.
    pause: Option<String>,
    second: Second,
    pool: Pool,
}

/// Whom the thread tells what it sees.
struct Told {
    shared: Arc<Shared>,
    noticed: Sender<Noticed>,
    wake: Arc<dyn Fn() + Send + Sync>,
}

/// Figures of the running second.
struct Second {
    since: Instant,
    looks: u32,
    spent: Duration,
}

impl Worker {
    fn load(
        options: Options,
        shared: Arc<Shared>,
        noticed: Sender<Noticed>,
        wake: Arc<dyn Fn() + Send + Sync>,
    ) -> Result<Self, (Arc<Shared>, String)> {
        let runtime = match Runtime::load(&options.runtime) {
            Ok(runtime) => runtime,
            Err(error) => return Err((shared, error.to_string())),
        };
        let mut trouble = None;
        let (folder, foreign) = (options.model.clone(), options.foreign.clone());
        let mut load: Load =
            Box::new(move |provider| Model::open(runtime, &folder, provider, &foreign));
        let model = load(options.provider).or_else(|error| {
            if options.provider == Provider::Cpu {
                return Err(error);
            }
            warn!(%error, provider = %options.provider, "the model runs on the processor instead");
            trouble = Some(error.to_string());
            load(Provider::Cpu)
        });
        let model = match model {
            Ok(model) => model,
            Err(error) => return Err((shared, error.to_string())),
        };
        info!(
            model = %model.descriptor().id,
            provider = %model.provider(),
            apart = model.is_apart(),
            runtime = runtime.description(),
            "the detectors run"
        );
        let told = Told {
            shared,
            noticed,
            wake,
        };
        Ok(Self::new(options, load, model, trouble, told))
    }

    fn new(
        options: Options,
        load: Load,
        model: Model,
        trouble: Option<String>,
        told: Told,
    ) -> Self {
        let cores = options.cores;
        Self {
            budget: Budget::new(cores),
            cores,
            options,
            load,
            model,
            shared: told.shared,
            noticed: told.noticed,
            wake: told.wake,
            places: Vec::new(),
            turns: Vec::new(),
            found: Vec::new(),
            failures: 0,
            trouble,
            pause: None,
            second: Second {
                since: clock::now(),
                looks: 0,
                spent: Duration::ZERO,
            },
            pool: Pool::new(2),
        }
    }

    fn run(&mut self) {
        let (sender, receiver) = bounded::<Look>(AHEAD);
        let (_never, pause) = bounded::<()>(1);
        self.tell();
        while !self.shared.stop.load(SeqCst) {
            let now = clock::now();
            self.take_wishes(now);
            self.note_motion(now);
            self.ask(&sender, now);
            self.count_the_second(now);
            let Ok(look) = receiver.recv_timeout(Duration::from_millis(20)) else {
                continue;
            };
            let wait = self.budget.wait(clock::now());
            if !wait.is_zero() {
                pause.recv_timeout(wait).ok(); // a pause, nobody sends
            }
            if !self.look(&look) {
                return;
            }
        }
    }

    /// Takes over what is to be watched: who stays keeps what is known of it.
    fn take_wishes(&mut self, now: Instant) {
        let cores = *self.shared.cores.lock();
        if (cores - self.cores).abs() > f32::EPSILON {
            self.cores = cores;
            self.budget = Budget::new(cores);
        }
        let Some(wanted) = self.shared.wanted.lock().take() else {
            return;
        };
        let mut before: BTreeMap<u64, (Place, Turn)> = std::mem::take(&mut self.places)
            .into_iter()
            .zip(std::mem::take(&mut self.turns))
            .map(|(place, turn)| (place.watched.eye.key(), (place, turn)))
            .collect();
        let mut told = Vec::new();
        for watched in wanted {
            let known = before.remove(&watched.eye.key());
            let (place, turn) = if let Some((mut place, turn)) =
                known.filter(|(place, _)| place.watched.main == watched.main)
            {
                if place.watched.rules != watched.rules {
                    told.extend(place.observer.set_rules(watched.rules.clone()));
                }
                place.watched = watched;
                (place, turn)
            } else {
                let turn = Turn {
                    since: Some(now),
                    ..Turn::default()
                };
                (Place::new(watched), turn)
            };
            self.places.push(place);
            self.turns.push(turn);
        }
        let mut counted = Vec::new();
        let mut seen = self.shared.seen.lock();
        for (key, (mut place, _)) in before {
            seen.remove(&key);
            told.extend(place.observer.finish());
            counted.extend(place.counts(None));
        }
        drop(seen);
        self.hand_on(told.into_iter().map(Noticed::Fact));
        self.hand_on(counted);
        self.heed_rules();
    }

    /// Schedules begin and end.
    fn heed_rules(&mut self) {
        let local = jiff::Zoned::now().datetime();
        for (place, turn) in self.places.iter_mut().zip(&mut self.turns) {
            place.heed(local);
            turn.wants = place.wants;
        }
    }

    fn note_motion(&mut self, now: Instant) {
        for (place, turn) in self.places.iter().zip(&mut self.turns) {
            turn.note_motion(place.watched.eye.motion(), &self.options.rates, now);
        }
    }

    /// Asks for pictures, so that one is there when the next look may begin.
    fn ask(&mut self, sender: &Sender<Look>, now: Instant) {
        let rates = self.options.rates;
        let mut asked = 0;
        for turn in &mut self.turns {
            let Some(since) = turn.asked.filter(|_| !turn.silent) else {
                continue;
            };
            if now.saturating_duration_since(since) < rates.answer_within {
                asked += 1;
            } else {
                turn.silent = true;
            }
        }
        while asked < AHEAD {
            let Some(index) = plan::next(&self.turns, &rates, now) else {
                return;
            };
            self.turns[index].asked = Some(now);
            self.turns[index].silent = false;
            self.places[index].watched.eye.ask(sender.clone());
            asked += 1;
        }
    }

    /// Looks at a picture; false when the model is given up.
    fn look(&mut self, look: &Look) -> bool {
        let at = |place: &Place| place.watched.eye.key() == look.feed;
        // It may have been closed while its answer was on the way.
        let Some(index) = self.places.iter().position(at) else {
            return true;
        };
        let begun = clock::now();
        let before = proc::thread_time();
        self.found.clear();
        let parts = self.places[index].observer.parts();
        let looked = self.model.look_at_parts(
            &look.picture,
            &parts,
            self.options.least_score,
            &mut self.found,
        );
        let turn = &mut self.turns[index];
        turn.asked = None;
        turn.silent = false;
        turn.looked = Some(begun);
        let goes_on = match looked {
            Ok(_) => {
                self.failures = 0;
                self.pause = None;
                self.second.looks += 1;
                self.observe(index, look, parts.len(), begun);
                true
            }
            Err(error) => self.failed(index, &error),
        };
        let spent = before.zip(proc::thread_time()).map_or_else(
            || begun.elapsed(),
            |(before, after)| after.saturating_sub(before),
        );
        let spent = spent + self.model.spent_apart().unwrap_or_default();
        self.budget.spend(spent);
        self.second.spent += spent;
        goes_on
    }

    fn observe(&mut self, index: usize, look: &Look, parts: usize, begun: Instant) {
        let passed = clock::now().saturating_duration_since(look.picture.arrival);
        let wall: WallTime = clock::wall_now().plus_nanos(-(passed.as_nanos() as i64));
        let place = &mut self.places[index];
        let taken = Taken {
            feed: look.feed,
            wall,
            cost: begun.elapsed(),
            parts,
        };
        let (observation, facts) = place.observer.observe(&look.picture, &self.found, taken);
        let counted = place.counts(Some(wall));
        debug!(
            camera = %place.watched.camera,
            at = observation.at.as_secs_f32(),
            tracks = observation.tracks.len(),
            changes = observation.changes.len(),
            facts = facts.len(),
            "looked"
        );
        self.shared.seen.lock().insert(look.feed, observation);
        let facts: Vec<Noticed> = facts
            .into_iter()
            .map(|fact| Noticed::Fact(self.with_still(fact, look, wall)))
            .collect();
        self.hand_on(facts);
        self.hand_on(counted);
        (self.wake)();
    }

    /// A fact that begins gets its picture; one whose picture cannot be kept is told all the same.
    fn with_still(&self, mut fact: Fact, look: &Look, wall: WallTime) -> Fact {
        let begins =
            matches!(fact.stage, Stage::Once | Stage::Begun) && fact.rule.as_str() != rule::TRIED;
        if let Some(folder) = self.options.stills.as_ref().filter(|_| begins) {
            match stills::keep(folder, &fact, &look.picture, wall, &self.pool) {
                Ok(still) => fact.stills.push(still),
                Err(error) => error!(%error, "the picture of what was noticed is not kept"),
            }
        }
        fact
    }

    fn hand_on(&self, noticed: impl IntoIterator<Item = Noticed>) {
        for mut one in noticed {
            // The program ends when nobody takes it any more.
            while let Err(full) = self.noticed.send_timeout(one, Duration::from_millis(200)) {
                if self.shared.stop.load(SeqCst) {
                    return;
                }
                one = full.into_inner();
            }
        }
    }

    /// What goes on ends with the watch; what was counted is handed on.
    fn end(&mut self) {
        let mut last = Vec::new();
        for place in &mut self.places {
            last.extend(place.observer.finish().into_iter().map(Noticed::Fact));
            last.extend(place.counts(None));
        }
        self.hand_on(last);
    }

    /// A look gave nothing; false when the model is given up.
    fn failed(&mut self, index: usize, failure: &ModelError) -> bool {
        let camera = &self.places[index].watched.camera;
        match failure {
            ModelError::Picture(error) => {
                // That camera's picture; the others' are as good as before.
                warn!(%camera, %error, "a picture could not be looked at");
                return true;
            }
            // Its next process is on its way; that it was ended is told already.
            ModelError::Run(RunError::Resting { .. }) => return true,
            ModelError::Run(error) => warn!(%camera, %error, "a look gave nothing"),
        }
        let runs_elsewhere = self.model.provider() != Provider::Cpu;
        let provider_failed = matches!(
            failure,
            ModelError::Run(
                RunError::Failed { .. } | RunError::Stopped { .. } | RunError::GivenUp { .. }
            )
        );
        match failure {
            ModelError::Run(RunError::GivenUp { .. }) if !runs_elsewhere => {
                return self.give_up(failure.to_string());
            }
            ModelError::Run(RunError::Stopped { .. }) if !runs_elsewhere => {
                // Its runner counts, and gives it up when that is enough.
                self.pause = Some(failure.to_string());
                self.tell();
                return true;
            }
            _ => self.failures += 1,
        }
        if runs_elsewhere && (provider_failed || self.failures >= MOST_FAILURES) {
            self.trouble = Some(failure.to_string());
            match (self.load)(Provider::Cpu) {
                Ok(model) => {
                    warn!("the model runs on the processor from now on");
                    self.model = model;
                    self.failures = 0;
                    self.tell();
                }
                Err(error) => return self.give_up(error.to_string()),
            }
        } else if self.failures >= MOST_FAILURES {
            return self.give_up(failure.to_string());
        }
        true
    }

    fn give_up(&mut self, why: String) -> bool {
        error!(%why, "the detectors are given up");
        self.shared.seen.lock().clear();
        *self.shared.status.lock() = Status::Blind { why };
        (self.wake)();
        false
    }

    fn count_the_second(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.second.since);
        if passed < Duration::from_secs(1) {
            return;
        }
        self.tell();
        self.heed_rules();
        self.second = Second {
            since: now,
            looks: 0,
            spent: Duration::ZERO,
        };
    }

    fn tell(&self) {
        let passed = clock::now()
            .saturating_duration_since(self.second.since)
            .as_secs_f32()
            .max(0.1);
        *self.shared.status.lock() = Status::Watching {
            model: self.model.descriptor().id.clone(),
            provider: self.model.provider(),
            apart: self.model.is_apart(),
            looks_per_s: self.second.looks as f32 / passed,
            cores: self.second.spent.as_secs_f32() / passed,
            trouble: self.pause.clone().or_else(|| self.trouble.clone()),
        };
    }
}

/// What rules of a camera want together.
fn wants<'a>(rules: impl Iterator<Item = &'a Rule>) -> Wants {
    rules.fold(Wants::default(), |wants, rule| Wants {
        least_rate: wants.least_rate.max(rule.looks_per_s()),
        // A rule of the ordinary level asks for nothing beyond its rate; one step is enough to come
        // before them, more would starve them.
        priority: wants
            .priority
            .max(u8::from(rule.priority < Priority::default())),
    })
}

#[cfg(test)]
mod tests;
