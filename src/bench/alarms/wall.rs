//! A wall with somebody at it, to which events are told.
#![expect(clippy::print_stderr, reason = "progress of a command")]

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use serde_json::{Value, json};

use super::Args;
use super::server::Server;
use crate::app::alarm_times::AlarmMeasured;
use crate::app::measure::{Measured, Percentiles};
use crate::base::{clock, proc};
use crate::bench::seat::{figures_in, pause};
use crate::bench::story::alarms_in;
use crate::city::footage;
use crate::demo::children::{CityProcess, Guard, own_program};
use crate::demo::xvfb::Xvfb;
use crate::link::intake::sending::{self, Sent, Told};
use crate::link::token::Token;

/// Single alarms come so often.
const EVERY: Duration = Duration::from_millis(1500);
/// What lasts alone ends after so long.
const LASTS: Duration = Duration::from_millis(1000);
/// The flood comes in so long.
const FLOOD: Duration = Duration::from_secs(10);
/// Requests of the flood at the same time.
const CONNECTIONS: usize = 4;
/// Events of one request.
const AT_ONCE: usize = 50;
/// What the events of the flood are about: each of them so many times.
const THINGS: usize = 500;
/// A wall that is not there by then is not coming.
const THERE_WITHIN: Duration = Duration::from_secs(90);
/// Source of the events.
const SOURCE: &str = "bench";

/// What was measured.
pub(super) struct Live {
    pub(super) card_ms_p95: f64,
    pub(super) sound_ms_p95: Option<f64>,
    pub(super) singles: usize,
    pub(super) sounds: usize,
    pub(super) lost: usize,
    pub(super) offered_s: f64,
    pub(super) kept_s: f64,
    pub(super) alarms: usize,
    pub(super) critical_card_ms: f64,
    pub(super) critical_sound_ms: Option<f64>,
    pub(super) ui_ms_p99: f64,
    pub(super) ui_ms_most: f64,
    pub(super) growth_mib: f64,
}

/// The door of the wall.
#[derive(Clone)]
struct Door {
    url: String,
    token: Arc<Token>,
}

impl Door {
    /// Tells events until the wall has kept each of them or refuses it; how many were kept.
    async fn tell(&self, mut events: Vec<Value>) -> usize {
        let mut kept = 0;
        while !events.is_empty() {
            let body = Value::Array(events.clone()).to_string();
            match sending::send(&self.url, &self.token, body).await {
                Sent::Told(told) if told.len() == events.len() => {
                    let is = |told: &Told, words: &[&str]| words.contains(&told.outcome.as_str());
                    kept += told.iter().filter(|t| is(t, &["kept", "repeat"])).count();
                    let pairs = events.into_iter().zip(&told);
                    let busy = pairs.filter(|(_, told)| is(told, &["busy"]));
                    events = busy.map(|(event, _)| event).collect();
                }
                Sent::Refused(why) => {
                    eprintln!("refused: {why}");
                    return kept;
                }
                Sent::Told(_) | Sent::Away(_) => {}
            }
            if !events.is_empty() {
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }
        kept
    }
}

fn event(id: &str, class: &str, more: Value) -> Value {
    let now = clock::wall_now();
    let at = jiff::Timestamp::from_microsecond(now.micros()).unwrap_or_default();
    let mut event = json!({
        "form": 1, "source": SOURCE, "id": id, "class": class, "at": at.to_string(),
        "text": { "kk": "Сынақ", "ru": "Проверка", "en": "A test" },
    });
    if let (Value::Object(event), Value::Object(more)) = (&mut event, more) {
        event.extend(more);
    }
    event
}

pub(super) fn measure(args: &Args, home: &Path) -> anyhow::Result<Live> {
    let clips = match &args.footage {
        Some(folder) => folder.clone(),
        None => footage::default_dir()?,
    };
    let sounds = Server::start(home)?;
    let city = CityProcess::start(&clips, home, 0, 0, Duration::from_secs(30))?;
    let display = Xvfb::start(1920, 1080, home)?;
    let free = std::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0))?;
    let port = free.local_addr()?.port();
    drop(free);
    let settings = format!("detectors = false\nevents_port = {port}\n");
    std::fs::write(home.join("settings.toml"), settings)?;
    let file = home.join("figures.json");
    std::fs::remove_file(&file).ok(); // of an earlier run
    let mut wall = Command::new(own_program()?)
        .args([
            "wall",
            "--no-watchdog",
            "--demo-people",
            "--robot",
            "inspector1",
        ])
        .args(["--window", "1920x1080", "--measure-after", "0", "--tiles"])
        .arg(args.tiles.to_string())
        .arg("--cameras")
        .arg(&city.camera_file)
        .arg("--measure")
        .arg(&file)
        .arg("--config")
        .arg(home)
        .arg("--data")
        .arg(home)
        .env("DISPLAY", &display.display)
        .env("HOME", home)
        .env("XDG_RUNTIME_DIR", home)
        .env("XDG_CONFIG_HOME", home)
        .env_remove("PULSE_SERVER")
        .env("QYRAN_LOG", "error")
        .env_remove("WAYLAND_DISPLAY")
        .stdin(Stdio::null())
        .spawn()
        .map(Guard)
        .context("the wall does not start")?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    let door = runtime.block_on(there(&mut wall, port, home))?;
    // Somebody signs in, and every feed comes alive.
    pause(Duration::from_secs(12));
    eprintln!("single alarms for {:.0} s …", args.seconds);
    let singles = runtime.block_on(single(&door, args.seconds));
    pause(Duration::from_secs(3));
    let before = proc::anonymous_bytes(wall.0.id()).unwrap_or_default();
    eprintln!("{} events within {} s …", args.events, FLOOD.as_secs());
    let flood = runtime.block_on(flood(&door, args.events));
    pause(Duration::from_secs(3));
    let after = proc::anonymous_bytes(wall.0.id()).unwrap_or_default();
    display.screenshot(&home.join("flood.png"))?;
    let asked = Command::new("sh")
        .args(["-c", &format!("kill -TERM {}", wall.0.id())])
        .status()?;
    if !asked.success() {
        bail!("the wall cannot be asked to end");
    }
    wall.0.wait()?;
    let measured = figures_in(&file)?.context("the wall left no figures")?;
    let counted: usize = alarms_in(home)?
        .iter()
        .filter(|alarm| {
            alarm
                .subject
                .as_deref()
                .is_some_and(|s| s.starts_with("flood"))
        })
        .map(|alarm| alarm.count as usize)
        .sum();
    let lost =
        (args.events - flood.kept.min(args.events)).max(args.events - counted.min(args.events));
    Ok(live(
        &measured,
        &singles,
        &flood,
        (lost, sounds.is_some()),
        (before, after),
    ))
}

fn live(
    measured: &Measured,
    singles: &[String],
    flood: &Flood,
    (lost, hears): (usize, bool),
    (before, after): (u64, u64),
) -> Live {
    let alarms = &measured.alarms;
    let of = |subject: &str| -> Vec<&AlarmMeasured> {
        let all = alarms.each.iter();
        all.filter(|alarm| alarm.subject.starts_with(subject))
            .collect()
    };
    let single = of("single");
    let cards: Vec<f64> = single.iter().filter_map(|alarm| alarm.card_ms).collect();
    let sounds: Vec<f64> = single.iter().filter_map(|alarm| alarm.sound_ms).collect();
    eprintln!(
        "{} single alarms told, {} with a card, {} heard",
        singles.len(),
        cards.len(),
        sounds.len()
    );
    let critical = alarms
        .each
        .iter()
        .find(|alarm| alarm.class == "weapon.school");
    let flooded = of("flood");
    let all_cards = cards.len() == singles.len();
    let sounded = sounds.len();
    Live {
        // One that was never shown is later than any.
        card_ms_p95: if all_cards {
            Percentiles::of(cards).p95
        } else {
            f64::INFINITY
        },
        sound_ms_p95: hears.then(|| Percentiles::of(sounds).p95),
        singles: single.len(),
        sounds: sounded,
        lost,
        offered_s: flood.offered_s,
        kept_s: flood.kept_s,
        alarms: flooded.len(),
        critical_card_ms: critical
            .and_then(|alarm| alarm.card_ms)
            .unwrap_or(f64::INFINITY),
        critical_sound_ms: hears.then(|| {
            critical
                .and_then(|alarm| alarm.sound_ms)
                .unwrap_or(f64::INFINITY)
        }),
        ui_ms_p99: alarms.ui_ms.p99,
        ui_ms_most: alarms.ui_ms_most,
        growth_mib: (after as f64 - before as f64) / 1_048_576.0,
    }
}

async fn there(wall: &mut Guard, port: u16, home: &Path) -> anyhow::Result<Door> {
    let url = format!("http://127.0.0.1:{port}");
    let until = clock::now() + THERE_WITHIN;
    while clock::now() < until {
        if let Some(status) = wall.0.try_wait()? {
            bail!("the wall ended with {status}");
        }
        if let Ok(token) = Token::read(&home.join("events.token"))
            && sending::answers(&url, &token).await.is_ok()
        {
            let token = Arc::new(token);
            return Ok(Door { url, token });
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    bail!("the wall does not listen")
}

/// Single alarms of many classes, each on another camera; their subjects.
async fn single(door: &Door, seconds: f64) -> Vec<String> {
    const CLASSES: [&str; 5] = [
        "plate.hit",
        "bracelet.zone",
        "bracelet.curfew",
        "bracelet.left_residence",
        "person.wanted",
    ];
    let begun = clock::now();
    let mut told = Vec::new();
    while begun.elapsed().as_secs_f64() < seconds {
        let number = told.len();
        let subject = format!("single {number}");
        let class = CLASSES[number % CLASSES.len()];
        let camera = format!("cam-{:03}", number % 9 + 1);
        let about = |id: &str, stage: &str| {
            let more = json!({
                "stage": stage, "thing": format!("t{number}"), "camera": camera,
                "subject": { "kind": "thing", "text": subject },
            });
            event(id, class, more)
        };
        let next = tokio::time::Instant::now() + EVERY;
        door.tell(vec![about(&format!("s{number}.begun"), "begun")])
            .await;
        tokio::time::sleep(LASTS).await;
        door.tell(vec![about(&format!("s{number}.ended"), "ended")])
            .await;
        tokio::time::sleep_until(next).await;
        told.push(subject);
    }
    told
}

/// What came of the flood.
struct Flood {
    kept: usize,
    offered_s: f64,
    kept_s: f64,
}

/// Many events in ten seconds, and one that is critical in their midst.
async fn flood(door: &Door, events: usize) -> Flood {
    let begun: Instant = clock::now();
    let groups = events.div_ceil(AT_ONCE);
    let turns = Arc::new(tokio::sync::Semaphore::new(CONNECTIONS));
    let mut tasks = tokio::task::JoinSet::new();
    let mut offered_s = 0.0;
    for group in 0..groups {
        let due = FLOOD.mul_f64(group as f64 / groups as f64);
        tokio::time::sleep_until((begun + due).into()).await;
        if group == groups / 2 {
            let more =
                json!({ "camera": "cam-004", "subject": { "kind": "thing", "text": "critical" } });
            let critical = event("critical", "weapon.school", more);
            let door = door.clone();
            tasks.spawn(async move { door.tell(vec![critical]).await - 1 });
        }
        let from = group * AT_ONCE;
        let list: Vec<Value> = (from..(from + AT_ONCE).min(events))
            .map(|index| {
                let thing = index % THINGS;
                let more = json!({
                    "camera": format!("cam-{:03}", thing % 60 + 1),
                    "subject": { "kind": "plate", "text": format!("flood {thing}") },
                });
                event(&format!("f{index}"), "traffic.violation", more)
            })
            .collect();
        let (door, turns) = (door.clone(), Arc::clone(&turns));
        tasks.spawn(async move {
            // Never closed.
            let _turn = turns.acquire().await;
            door.tell(list).await
        });
        offered_s = begun.elapsed().as_secs_f64();
    }
    let mut kept = 0;
    while let Some(done) = tasks.join_next().await {
        kept += done.unwrap_or_default();
    }
    Flood {
        kept,
        offered_s,
        kept_s: begun.elapsed().as_secs_f64(),
    }
}
