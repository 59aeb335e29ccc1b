//! What is heard: played by the program's own player into a sound server of the test's own, recorded
//! behind it, and measured.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "helpers of tests fail, and say why they skip, as tests do"
)]

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use qyran::base::clock;
use qyran::model::alarm::{Family, Priority};
use qyran::model::id::Id;
use qyran::sound::{Description, Options, Player, Ring, SoundEvent, State, synth};

/// What a test tells the process that plays.
const PLAY: &str = "QYRAN_TEST_PLAYS";
/// So often a recording is tried that was broken.
const TRIES: u32 = 6;
const PATIENCE: Duration = Duration::from_secs(30);

/// A sound server without a device, and what stands in its folder.
struct Server {
    folder: tempfile::TempDir,
    process: Option<Child>,
}

impl Server {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("native");
        let address = format!("unix:{}", socket.display());
        let config = format!(
            "pcm.!default {{ type pulse server \"{address}\" }}\n\
             ctl.!default {{ type pulse server \"{address}\" }}\n"
        );
        std::fs::write(folder.path().join(".asoundrc"), config).unwrap();
        let mut server = Self {
            folder,
            process: None,
        };
        server.begin();
        server
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn address(&self) -> String {
        format!("unix:{}", self.path("native").display())
    }

    fn begin(&mut self) {
        let sink = "module-null-sink sink_name=heard rate=48000 channels=2";
        let door = format!(
            "module-native-protocol-unix auth-anonymous=1 socket={}",
            self.path("native").display()
        );
        let process = self
            .command("pulseaudio")
            .args([
                "-n",
                "--daemonize=no",
                "--exit-idle-time=-1",
                "--use-pid-file=no",
            ])
            .args([
                "--disable-shm=yes",
                "--log-target=stderr",
                "-L",
                sink,
                "-L",
                &door,
            ])
            .stderr(File::create(self.path("server.log")).unwrap())
            .spawn()
            .expect("pulseaudio: packaging/setup.sh test installs it");
        self.process = Some(process);
        let until = clock::now() + PATIENCE;
        loop {
            let asked = self
                .command("pactl")
                .args(["-s", &self.address(), "info"])
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status();
            if asked.is_ok_and(|status| status.success()) {
                return;
            }
            assert!(clock::now() < until, "the sound server does not come up");
            pause(Duration::from_millis(20));
        }
    }

    fn end(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .env("HOME", self.folder.path())
            .env("XDG_RUNTIME_DIR", self.folder.path())
            .env("XDG_CONFIG_HOME", self.folder.path())
            .env_remove("PULSE_SERVER");
        command
    }

    /// Plays in a process of its own, which reads the configuration of sound anew, and records.
    fn record(&self, plays: &str) -> [Vec<f64>; 2] {
        let file = self.path("heard.raw");
        let mut recorder = self
            .command("parec")
            .args(["-s", &self.address(), "-d", "heard.monitor", "--raw"])
            .args([
                "--format=s16le",
                "--rate=48000",
                "--channels=2",
                "--latency-msec=20",
            ])
            .stdout(File::create(&file).unwrap())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // The recorder is there when the server sends it silence.
        wait_until("the recorder hears", || length(&file) > 0);
        let mut player = self.player(plays);
        assert!(player.wait().unwrap().success(), "{plays}");
        // What was played last is in the file when as much again has come.
        let played = length(&file);
        wait_until("all was recorded", || length(&file) > played + 96_000);
        recorder.kill().unwrap();
        recorder.wait().unwrap();
        read(&file)
    }

    /// Records until nothing is broken in what is `heard`: a machine that is too busy for sound in real
    /// time proves nothing, and is asked again.
    fn record_whole(&self, plays: &str, heard: impl Fn(&[Vec<f64>; 2]) -> bool) -> [Vec<f64>; 2] {
        let mut sides = self.record(plays);
        for _ in 1..TRIES {
            if heard(&sides) {
                break;
            }
            sides = self.record(plays);
        }
        sides
    }

    fn player(&self, plays: &str) -> Child {
        self.command(std::env::current_exe().unwrap().to_str().unwrap())
            .args(["--exact", "plays_for_another_test", "--nocapture"])
            .env(PLAY, plays)
            .stdout(File::create(self.path("player.log")).unwrap())
            .spawn()
            .unwrap()
    }

    fn said(&self) -> String {
        std::fs::read_to_string(self.path("player.log")).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}

fn length(file: &Path) -> u64 {
    std::fs::metadata(file).map_or(0, |about| about.len())
}

fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let until = clock::now() + PATIENCE;
    while !done() {
        assert!(clock::now() < until, "never: {what}");
        pause(Duration::from_millis(5));
    }
}

/// Leaves the processor to those that play and record.
fn pause(length: Duration) {
    let (_never, pause) = crossbeam_channel::bounded::<()>(1);
    pause.recv_timeout(length).unwrap_err();
}

/// Sound is made in real time: one test plays at a time.
fn alone() -> parking_lot::MutexGuard<'static, ()> {
    static TURN: parking_lot::Mutex<()> = parking_lot::Mutex::new(());
    TURN.lock()
}

fn read(file: &Path) -> [Vec<f64>; 2] {
    let mut bytes = Vec::new();
    File::open(file).unwrap().read_to_end(&mut bytes).unwrap();
    let samples: Vec<f64> = bytes
        .chunks_exact(2)
        .map(|two| f64::from(i16::from_le_bytes([two[0], two[1]])) / 32_768.0)
        .collect();
    [0, 1].map(|side| samples.iter().skip(side).step_by(2).copied().collect())
}

fn number(family: Family) -> u8 {
    Family::ALL
        .iter()
        .position(|other| *other == family)
        .unwrap() as u8
        + 1
}

/// `family priority pan` for each alarm, all at once; until all that can sound at once has begun and
/// one burst has ended.
fn play(plays: &str) {
    let description = Description::own().unwrap();
    let rings: Vec<(Ring, bool)> = plays
        .split(';')
        .map(|one| {
            let words: Vec<&str> = one.split_whitespace().collect();
            let family = Family::from_word(words[0]).unwrap();
            let ring = Ring {
                alarm: Id::from_bytes([number(family); 16]),
                family,
                priority: Priority::from_word(words[1]).unwrap(),
                pan: words[2].parse().unwrap(),
            };
            (ring, false)
        })
        .collect();
    let longest = rings
        .iter()
        .map(|(ring, _)| description.pulses(ring.priority).times().1)
        .max()
        .unwrap();
    let options = Options {
        description,
        volume: 1.0,
    };
    let (player, events) = Player::start(options, Arc::new(|| {})).unwrap();
    let wait = |wanted: &dyn Fn(&SoundEvent) -> bool| loop {
        let event = events.recv_timeout(PATIENCE).expect("the player says it");
        println!("{event:?}");
        if wanted(&event) {
            return;
        }
    };
    wait(&|event| *event == SoundEvent::State(State::Ready));
    let forever = plays.contains("critical 0.5");
    for _ in 0..rings.len().min(2) {
        player.set(rings.clone());
        wait(&|event| matches!(event, SoundEvent::Began(..)));
    }
    if forever {
        // Until the device has gone and come back, and it sounds again.
        wait(&|event| matches!(event, SoundEvent::State(State::Missing(_))));
        wait(&|event| *event == SoundEvent::State(State::Ready));
        wait(&|event| matches!(event, SoundEvent::Began(..)));
        return;
    }
    // Time itself is what a sound is made of.
    pause(Duration::from_millis(u64::from(longest) + 300));
}

#[test]
fn plays_for_another_test() {
    if let Ok(plays) = std::env::var(PLAY) {
        play(&plays);
    }
}

/// Where the sound begins.
fn onset(samples: &[f64]) -> usize {
    let loud = samples.iter().position(|sample| sample.abs() > 0.003);
    loud.unwrap_or(0)
}

/// How much `heard` is like `template`, 0 to 1, at the best of some places near its beginning.
fn likeness(heard: &[f64], template: &[f32]) -> f64 {
    let length = template.len().min(12_000).min(heard.len());
    let template = &template[..length];
    let own: f64 = template.iter().map(|s| f64::from(*s) * f64::from(*s)).sum();
    let begin = onset(heard).saturating_sub(600);
    let mut best = 0.0_f64;
    for at in begin..begin + 700 {
        let Some(part) = heard.get(at..at + length) else {
            break;
        };
        let (mut cross, mut power) = (0.0, 0.0);
        for (a, b) in part.iter().zip(template) {
            cross += a * f64::from(*b);
            power += a * a;
        }
        best = best.max(cross.abs() / (own * power).sqrt().max(1e-12));
    }
    best
}

/// How often it grows from quiet to loud: windows of 5 ms, with a pause of at least 30 ms between.
fn pulses(samples: &[f64]) -> usize {
    let levels: Vec<f64> = samples
        .chunks(240)
        .map(|part| (part.iter().map(|s| s * s).sum::<f64>() / part.len() as f64).sqrt())
        .collect();
    let peak = levels.iter().copied().fold(0.0, f64::max);
    let (mut count, mut quiet) = (0, 6);
    for level in levels {
        if level < 0.04 * peak {
            quiet += 1;
        } else if level > 0.3 * peak {
            count += usize::from(quiet >= 6);
            quiet = 0;
        }
    }
    count
}

fn energy(samples: &[f64]) -> f64 {
    samples.iter().map(|sample| sample * sample).sum()
}

/// The sound, without the silence around it.
fn cut(samples: &[f64]) -> Vec<f64> {
    let begin = onset(samples);
    let end = samples.iter().rposition(|s| s.abs() > 0.003).unwrap() + 1;
    samples[begin..end].to_vec()
}

#[test]
fn each_family_is_heard_as_itself_with_its_pulses_and_its_level() {
    let _turn = alone();
    let server = Server::start();
    let own = Description::own().unwrap();
    let mut levels = Vec::new();
    for (family, priority, expected) in [
        (Family::Sos, Priority::Critical, 10),
        (Family::Weapon, Priority::High, 10),
        (Family::Person, Priority::Medium, 3),
        (Family::Bracelet, Priority::Medium, 3),
        (Family::Vehicle, Priority::Medium, 3),
        (Family::Equipment, Priority::Low, 2),
    ] {
        let plays = format!("{} {} 0", family.word(), priority.word());
        let own_burst = synth::burst(&own, family, priority);
        let [left, right] = server.record_whole(&plays, |[left, right]| {
            likeness(left, &own_burst) > 0.95
                && likeness(right, &own_burst) > 0.95
                && pulses(left) == expected
        });
        let likest = Family::ALL.map(|other| {
            let template = synth::burst(&own, other, priority);
            (likeness(&left, &template), other)
        });
        let best = likest.iter().max_by(|a, b| a.0.total_cmp(&b.0)).unwrap();
        assert_eq!(best.1, family, "{likest:?}");
        assert!(best.0 > 0.95, "{likest:?}");
        let second = likest.iter().filter(|(_, other)| *other != family);
        assert!(second.clone().all(|(value, _)| *value < 0.5), "{likest:?}");
        assert_eq!(pulses(&left), expected, "{family:?}");
        let sides = energy(&left) / energy(&right);
        assert!((sides - 1.0).abs() < 0.05, "in the middle: {sides}");
        // Both sides of the middle have half the power.
        let level = synth::loudness(&cut(&left)) + 3.01;
        levels.push((family, level));
    }
    let quiet = levels
        .iter()
        .map(|(_, level)| *level)
        .fold(f64::MAX, f64::min);
    let loud = levels
        .iter()
        .map(|(_, level)| *level)
        .fold(f64::MIN, f64::max);
    println!("{levels:?}");
    assert!(loud - quiet < 2.0, "{levels:?}");
    assert!((loud - own.loudness).abs() < 2.0, "{levels:?}");
}

#[test]
fn two_sound_at_once_each_from_its_side_and_a_third_waits() {
    let _turn = alone();
    let server = Server::start();
    let own = Description::own().unwrap();
    let sos = synth::burst(&own, Family::Sos, Priority::Critical);
    let vehicle = synth::burst(&own, Family::Vehicle, Priority::High);
    let plays = "sos critical -1;vehicle high 1;equipment low 0";
    let [left, right] = server.record_whole(plays, |[left, right]| {
        likeness(left, &sos) > 0.95 && likeness(right, &vehicle) > 0.95
    });
    // Nothing of the one is on the other's side.
    let equipment = synth::burst(&own, Family::Equipment, Priority::Low);
    assert!(likeness(&left, &sos) > 0.95, "{}", likeness(&left, &sos));
    assert!(
        likeness(&right, &vehicle) > 0.95,
        "{}",
        likeness(&right, &vehicle)
    );
    assert!(likeness(&left, &vehicle) < 0.3);
    assert!(likeness(&right, &sos) < 0.3);
    assert!(likeness(&left, &equipment) < 0.3 && likeness(&right, &equipment) < 0.3);
}

#[test]
fn a_device_that_goes_is_told_and_sound_returns_with_it() {
    let _turn = alone();
    let mut server = Server::start();
    let mut player = server.player("sos critical 0.5");
    wait_until("it sounds", || server.said().contains("Began"));
    server.end();
    wait_until("the loss is told", || server.said().contains("Missing"));
    server.begin();
    let ended = player.wait().unwrap();
    assert!(ended.success(), "{}", server.said());
    assert_eq!(
        server.said().matches("Began").count(),
        2,
        "{}",
        server.said()
    );
}
