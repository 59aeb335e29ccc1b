//! The device and the thread that serves it.

use std::collections::BTreeMap;
#[cfg(target_os = "linux")]
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{
    AtomicBool, Ordering::AcqRel, Ordering::Acquire, Ordering::Relaxed, Ordering::Release,
};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use rand::SeedableRng as _;
use rand::rngs::SmallRng;
use rodio::{DeviceSinkBuilder, DeviceSinkError, MixerDeviceSink};
use tracing::{info, warn};

use super::description::Description;
use super::mix::{self, Begun, Mix, Progress, Voice, place};
use super::policy::{Policy, Ring};
use super::synth;
use crate::base::backoff::{Backoff, Policy as Waits};
use crate::base::{clock, threads};
use crate::model::alarm::{Family, Priority};
use crate::model::id::Id;

/// How often it is looked whether something is due.
const TICK: Duration = Duration::from_millis(20);
/// A device that asked for nothing for so long is lost.
const STALLED: Duration = Duration::from_secs(2);
/// Samples of a side that the device holds: 85 ms.
const BUFFER: u32 = 4096;
/// How soon a lost device is tried again.
const RETRY: Waits = Waits {
    first: Duration::from_millis(300),
    most: Duration::from_secs(5),
    factor: 1.6,
    jitter: 0.2,
};
/// Orders that wait.
const WAITING: usize = 64;

/// How the sounds of a seat are.
#[derive(Clone, Debug)]
pub struct Options {
    /// What they are.
    pub description: Description,
    /// How loud, 0 to 1.
    pub volume: f32,
}

/// Whether anything can be heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// The device asks for samples.
    Ready,
    /// There is none, and why, in the words of the system.
    Missing(String),
}

/// What happens to the sounds.
#[derive(Clone, Debug, PartialEq)]
pub enum SoundEvent {
    /// The device came or went.
    State(State),
    /// A burst of an alarm began to sound.
    Began(Id, Instant),
    /// The test has ended: whether all of it was played.
    Tested(bool),
}

enum Order {
    Set(Vec<(Ring, bool)>),
    Volume(f32),
    Voice(bool),
    Test,
}

/// The sounds of a seat; they end when it is dropped.
#[derive(Debug)]
pub struct Player {
    orders: Option<Sender<Order>>,
    thread: Option<JoinHandle<()>>,
}

impl Player {
    /// Starts the thread; whether there is a device is told. `wake` is called after each event.
    ///
    /// # Errors
    /// When the system refuses the thread.
    pub fn start(
        options: Options,
        wake: Arc<dyn Fn() + Send + Sync>,
    ) -> std::io::Result<(Self, Receiver<SoundEvent>)> {
        let (orders, waiting) = crossbeam_channel::bounded(WAITING);
        let (events, heard) = crossbeam_channel::bounded(WAITING);
        let thread = threads::spawn("sounds", move || {
            Desk::new(options, events, wake).run(&waiting);
        })?;
        let player = Self {
            orders: Some(orders),
            thread: Some(thread),
        };
        Ok((player, heard))
    }

    /// These alarms sound from now on, the most urgent of them; see [`Policy::set`].
    pub fn set(&self, rings: Vec<(Ring, bool)>) {
        self.send(Order::Set(rings));
    }

    /// How loud all is, 0 to 1.
    pub fn set_volume(&self, volume: f32) {
        self.send(Order::Volume(volume));
    }

    /// Somebody speaks: everything is quieter.
    pub fn set_voice(&self, voice: bool) {
        self.send(Order::Voice(voice));
    }

    /// Plays every family once, left and right in turn.
    pub fn test(&self) {
        self.send(Order::Test);
    }

    fn send(&self, order: Order) {
        if let Some(orders) = &self.orders {
            // The thread takes them all within a tick; without a thread there is no sound to order.
            orders.send(order).ok();
        }
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        self.orders = None;
        if let Some(thread) = self.thread.take() {
            // A panic of the thread was told by the hook that all threads have.
            thread.join().ok();
        }
    }
}

/// An open device.
struct Device {
    sink: MixerDeviceSink,
    voices: Sender<mix::Order>,
    begun: Receiver<Begun>,
    progress: Arc<Progress>,
    failed: Arc<AtomicBool>,
    /// What it had asked for when that was last more than before, and when.
    asked: (u64, Instant),
}

/// What the thread holds.
struct Desk {
    description: Description,
    bursts: BTreeMap<(Family, Priority), Arc<[f32]>>,
    policy: Policy,
    device: Option<Device>,
    state: Option<State>,
    try_at: Instant,
    backoff: Backoff,
    rng: SmallRng,
    events: Sender<SoundEvent>,
    wake: Arc<dyn Fn() + Send + Sync>,
    /// What of the test is still to be played, and when.
    test: Vec<(Instant, Family, f32)>,
    tested: Option<bool>,
    begun: Instant,
}

impl Desk {
    fn new(
        options: Options,
        events: Sender<SoundEvent>,
        wake: Arc<dyn Fn() + Send + Sync>,
    ) -> Self {
        let mut policy = Policy::default();
        policy.set_volume(options.volume);
        Self {
            description: options.description,
            bursts: BTreeMap::new(),
            policy,
            device: None,
            state: None,
            try_at: clock::now(),
            backoff: Backoff::new(RETRY),
            rng: SmallRng::from_os_rng(),
            events,
            wake,
            test: Vec::new(),
            tested: None,
            begun: clock::now(),
        }
    }

    fn run(mut self, orders: &Receiver<Order>) {
        loop {
            match orders.recv_timeout(TICK) {
                Ok(order) => self.take(order),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            while let Ok(order) = orders.try_recv() {
                self.take(order);
            }
            self.look_after_device();
            self.play();
        }
    }

    fn take(&mut self, order: Order) {
        match order {
            Order::Set(rings) => self.policy.set(&rings, self.now()),
            Order::Volume(volume) => self.policy.set_volume(volume),
            Order::Voice(voice) => self.policy.set_voice(voice),
            Order::Test => self.begin_test(),
        }
    }

    fn now(&self) -> Duration {
        clock::now().saturating_duration_since(self.begun)
    }

    fn begin_test(&mut self) {
        let now = clock::now();
        let (_, ms) = self.description.pulses(Priority::Medium).times();
        let step = Duration::from_millis(u64::from(ms) + 200);
        let turns = Family::ALL
            .into_iter()
            .flat_map(|family| [(family, -1.0), (family, 1.0)]);
        self.test = turns
            .enumerate()
            .map(|(n, (family, pan))| (now + step * n as u32, family, pan))
            .collect();
        self.tested = Some(self.device.is_some());
    }

    /// Opens the device, or notices that it is gone.
    fn look_after_device(&mut self) {
        let now = clock::now();
        if let Some(device) = &mut self.device {
            let asked = device.progress.samples.load(Relaxed);
            if asked != device.asked.0 {
                device.asked = (asked, now);
            }
            let stalled = now.saturating_duration_since(device.asked.1) >= STALLED;
            let failed = device.failed.swap(false, AcqRel);
            if !failed && !stalled {
                return;
            }
            let why = if failed {
                "the device has gone"
            } else {
                "the device takes nothing"
            };
            self.device = None;
            self.try_at = now + self.backoff.next_wait(&mut self.rng);
            self.tell_state(State::Missing(why.to_owned()));
            self.tested = self.tested.map(|_| false);
            return;
        }
        if now < self.try_at {
            return;
        }
        match Device::open() {
            Ok(device) => {
                self.device = Some(device);
                self.backoff.reset();
                let now = self.now();
                self.policy.begin_anew(now);
                self.tell_state(State::Ready);
            }
            Err(why) => {
                self.try_at = now + self.backoff.next_wait(&mut self.rng);
                self.tell_state(State::Missing(why));
            }
        }
    }

    fn play(&mut self) {
        let now = self.now();
        let starts = self.policy.step(&self.description, now);
        for start in starts {
            let ring = start.ring;
            if let (Some(alarm), Some(device)) = (start.cuts, &self.device) {
                device.voices.try_send(mix::Order::Cut(alarm)).ok(); // as with what begins
            }
            let gains = place(ring.pan, start.gain);
            self.begin(ring.alarm, ring.family, ring.priority, gains);
        }
        self.play_test();
        let begun: Vec<Begun> = self
            .device
            .iter()
            .flat_map(|device| device.begun.try_iter())
            .collect();
        for (alarm, at) in begun {
            self.tell(SoundEvent::Began(alarm, at));
        }
    }

    fn play_test(&mut self) {
        let now = clock::now();
        let due: Vec<_> = self
            .test
            .iter()
            .filter(|(at, ..)| *at <= now)
            .copied()
            .collect();
        self.test.retain(|(at, ..)| *at > now);
        for (_, family, pan) in due {
            self.begin(TEST, family, Priority::Medium, place(pan, 1.0));
        }
        if self.test.is_empty()
            && let Some(whole) = self.tested.take()
        {
            self.tell(SoundEvent::Tested(whole && self.device.is_some()));
        }
    }

    fn begin(&mut self, alarm: Id, family: Family, priority: Priority, gains: [f32; 2]) {
        let Some(device) = &self.device else { return };
        let description = &self.description;
        let made = || synth::burst(description, family, priority).into();
        let samples = self.bursts.entry((family, priority)).or_insert_with(made);
        let voice = Voice {
            alarm,
            samples: Arc::clone(samples),
            gains,
        };
        // A device that does not take them is noticed by what it asks for.
        device.voices.try_send(mix::Order::Begin(voice)).ok();
    }

    fn tell_state(&mut self, state: State) {
        if self.state.as_ref() == Some(&state) {
            return;
        }
        match &state {
            State::Ready => info!("alarms can be heard"),
            State::Missing(why) => warn!(%why, "no sound: alarms cannot be heard"),
        }
        self.state = Some(state.clone());
        self.tell(SoundEvent::State(state));
    }

    fn tell(&self, event: SoundEvent) {
        // Who does not take them falls behind, and learns the state by the next one.
        self.events.try_send(event).ok();
        (self.wake)();
    }
}

/// What the bursts of the test are of.
const TEST: Id = Id::NONE;

/// Opens the default device, with a buffer of so many samples of a side where one is wished.
fn open_sink(
    buffer: Option<u32>,
    failed: &Arc<AtomicBool>,
) -> Result<MixerDeviceSink, DeviceSinkError> {
    let flag = Arc::clone(failed);
    let mut builder = DeviceSinkBuilder::from_default_device()?;
    if let Some(samples) = buffer {
        builder = builder.with_buffer_size(rodio::cpal::BufferSize::Fixed(samples));
    }
    builder
        .with_error_callback(move |error| {
            use rodio::cpal::ErrorKind;
            let gone = matches!(
                error.kind(),
                ErrorKind::DeviceNotAvailable
                    | ErrorKind::HostUnavailable
                    | ErrorKind::StreamInvalidated
                    | ErrorKind::PermissionDenied
            );
            // A gap is heard and passes; a device that takes nothing any more is noticed by that.
            if gone {
                warn!(%error, "the sound device");
                flag.store(true, Release);
            }
        })
        .open_stream()
}

/// Whether anything on this machine may play. Where nothing does, to try would only make the system's
/// library write a dozen lines each time.
#[cfg(target_os = "linux")]
fn may_play() -> bool {
    let cards = std::fs::read_to_string("/proc/asound/cards").unwrap_or_default();
    let var = |name| std::env::var_os(name).map(PathBuf::from);
    let below = |name, paths: &[&str]| {
        var(name).is_some_and(|folder| paths.iter().any(|path| folder.join(path).exists()))
    };
    is_card(&cards)
        || var("PULSE_SERVER").is_some()
        || below("XDG_RUNTIME_DIR", &["pulse/native", "pipewire-0"])
        || below("XDG_CONFIG_HOME", &["alsa/asoundrc"])
        || below("HOME", &[".asoundrc", ".config/alsa/asoundrc"])
        || [
            "/etc/asound.conf",
            "/run/pulse/native",
            "/var/run/pulse/native",
        ]
        .iter()
        .any(|path| Path::new(path).exists())
}

/// Whether the kernel's list of sound cards has one: each begins with its number.
#[cfg(target_os = "linux")]
fn is_card(list: &str) -> bool {
    let begins = |line: &str| line.trim_start().starts_with(|c: char| c.is_ascii_digit());
    list.lines().any(begins)
}

#[cfg(not(target_os = "linux"))]
fn may_play() -> bool {
    true
}

impl Device {
    fn open() -> Result<Self, String> {
        if !may_play() {
            return Err("there is neither a sound card nor a sound server".to_owned());
        }
        let failed = Arc::new(AtomicBool::new(false));
        // A tenth of a second lets a busy seat play without gaps; a device that cannot has its own way.
        let mut sink = open_sink(Some(BUFFER), &failed)
            .or_else(|_why| open_sink(None, &failed))
            .map_err(|error| error.to_string())?;
        failed.store(false, Release);
        sink.log_on_drop(false);
        let (voices, orders) = crossbeam_channel::bounded(WAITING);
        let (begins, begun) = crossbeam_channel::bounded(WAITING);
        let progress = Arc::new(Progress::default());
        sink.mixer()
            .add(Mix::new(orders, begins, Arc::clone(&progress)));
        if failed.load(Acquire) {
            return Err("the device failed when it was opened".to_owned());
        }
        Ok(Self {
            sink,
            voices,
            begun,
            progress,
            failed,
            asked: (0, clock::now()),
        })
    }
}

impl std::fmt::Debug for Device {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.sink.config())
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    #[test]
    fn a_list_of_no_sound_cards_has_none() {
        assert!(!super::is_card("--- no soundcards ---\n"));
        assert!(!super::is_card(""));
        let one = " 0 [PCH            ]: HDA-Intel - HDA Intel PCH\n                      HDA Intel PCH\n";
        assert!(super::is_card(one));
    }
}
