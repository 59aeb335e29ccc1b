//! Stories of the demo city on a real wall: whether it raises exactly what each of them names.
#![expect(clippy::print_stderr, reason = "progress of a command")]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde::Deserialize;

use super::report::{Figure, Report, machine};
use super::seat::pause;
use crate::base::clock;
use crate::city::footage;
use crate::city::story::{Happening, Raised, Story, judge};
use crate::demo::children::{CityProcess, Guard, Telling, own_program};
use crate::demo::xvfb::Xvfb;
use crate::link::http;
use crate::model::act::Record as _;
use crate::model::alarm::alarm::{Alarm, Past};
use crate::model::alarm::past::Query;
use crate::store::database::{Options, Seal, Store, StoreEvent};

/// What is raised at the very end has so long to be kept.
const AFTERWARDS: Duration = Duration::from_secs(4);
/// A story waits at most so long for the wall.
const BEGINS_WITHIN: Duration = Duration::from_secs(90);
/// The store of a wall that has ended opens within this time.
const OPENS_WITHIN: Duration = Duration::from_secs(30);

/// Arguments of `qyran bench story`.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    /// Scenarios: names from `qyran city story list`, or files [default: all but the demo's]
    stories: Vec<String>,
    /// Footage folder [default: footage-v1 in the user cache]
    #[arg(long, value_name = "FOLDER")]
    footage: Option<PathBuf>,
    /// Save the walls' folders and final screenshots in this folder
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Interface language: kk, ru or en
    #[arg(long, value_name = "LANGUAGE", default_value = "en")]
    lang: crate::words::Language,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What is read of the city's answer.
#[derive(Deserialize)]
struct Told {
    began_us: Option<i64>,
    over: bool,
    refused: Vec<String>,
    troubles: Vec<String>,
}

pub(super) fn run(args: &Args) -> anyhow::Result<bool> {
    let names = if args.stories.is_empty() {
        let all = Story::names().filter(|name| *name != "gentle");
        all.map(str::to_owned).collect()
    } else {
        args.stories.clone()
    };
    let own = format!("qyran-story-{}", std::process::id());
    let out = args
        .out
        .clone()
        .unwrap_or_else(|| std::env::temp_dir().join(own));
    let (mut expected, mut missing, mut unexpected, mut miscounted) = (0, 0, 0, 0);
    let mut troubles = 0;
    for name in &names {
        let mut story = Story::find(name)?;
        story.again = false;
        let home = out.join(&story.name);
        // A wall's store of an earlier run has other alarms in it.
        if home.exists() {
            std::fs::remove_dir_all(&home)?;
        }
        let (raised, told) =
            tell(args, name, &story, &home).with_context(|| format!("the story {}", story.name))?;
        let verdict = judge(&story, &raised);
        eprint!(
            "{}: {} of {} as told",
            story.name,
            raised.len(),
            verdict.expected
        );
        eprintln!("{}", if verdict.is_good() { "" } else { ", but" });
        eprint!("{}", verdict.text());
        for trouble in told.troubles.iter().chain(&told.refused) {
            eprintln!("trouble: {trouble}");
        }
        expected += verdict.expected;
        missing += verdict.missing.len();
        unexpected += verdict.unexpected.len();
        miscounted += verdict.miscounted.len();
        troubles += told.troubles.len() + told.refused.len();
    }
    if args.out.is_none() {
        std::fs::remove_dir_all(&out).ok(); // in the folder for temporary files
    }
    let none = |key, count: usize| Figure::at_most(key, count as f64, "", 0.0, 0.0);
    let report = Report {
        bench: "story",
        machine: machine(),
        figures: vec![
            Figure::plain("stories", names.len() as f64, ""),
            Figure::plain("expected", expected as f64, ""),
            none("missing", missing),
            none("unexpected", unexpected),
            none("miscounted", miscounted),
            none("troubles", troubles),
        ],
    };
    Ok(report.tell(args.json))
}

/// Tells a story to a wall of its own; what was raised there.
fn tell(
    args: &Args,
    name: &str,
    story: &Story,
    home: &Path,
) -> anyhow::Result<(Vec<Raised>, Told)> {
    let clips = match &args.footage {
        Some(folder) => folder.clone(),
        None => footage::default_dir()?,
    };
    let settings = home.join("settings");
    std::fs::create_dir_all(&settings)?;
    let telling = Telling::prepare(name, story, &settings)?;
    let city = CityProcess::start_telling(&clips, home, Some(&telling), Duration::from_secs(120))?;
    let cameras = only(&city.camera_file, story)?;
    let display = Xvfb::start(1920, 1080, home)?;
    let mut wall = Command::new(own_program()?)
        .args(["wall", "--no-watchdog", "--demo-people", "--paint-hz", "5"])
        .args(["--window", "1920x1080", "--tiles", "45"])
        .args(["--lang", args.lang.tag()])
        .arg("--cameras")
        .arg(&cameras)
        .arg("--config")
        .arg(&settings)
        .arg("--data")
        .arg(home)
        .env("DISPLAY", &display.display)
        .env("XDG_RUNTIME_DIR", home)
        .env("QYRAN_LOG", "error")
        .env_remove("WAYLAND_DISPLAY")
        .stdin(Stdio::null())
        .spawn()
        .map(Guard)
        .context("the wall does not start")?;
    let told = wait_over(&mut wall, &city, story)?;
    pause(AFTERWARDS);
    display.screenshot(&home.join("end.png"))?;
    // Its lines are kept when it is asked to end.
    terminate(&mut wall)?;
    let began = told.began_us.unwrap_or_default();
    Ok((raised(home, began)?, told))
}

/// The cameras that the story names, and a few more: a wall of all of them would only be slower.
fn only(file: &Path, story: &Story) -> anyhow::Result<PathBuf> {
    let id = |number: usize| format!("cam-{number:03}");
    let mut named: Vec<String> = (1..=4).map(id).collect();
    named.extend(story.cast.iter().map(|part| id(part.camera)));
    named.extend(story.steps.iter().filter_map(|step| match &step.what {
        Happening::Scene { camera, .. } | Happening::Fault { camera, .. } => Some(id(*camera)),
        Happening::Event(_) => None,
    }));
    for beat in crate::city::story::plan(story) {
        if let crate::city::story::plan::What::Event(event) = beat.what {
            let camera = event.get("camera").and_then(|camera| camera.as_str());
            named.extend(camera.map(str::to_owned));
        }
    }
    let text = std::fs::read_to_string(file)?;
    let lines = text.lines().enumerate().filter(|(index, line)| {
        let first = line.split(',').next().unwrap_or_default();
        *index == 0 || named.iter().any(|id| id == first)
    });
    let kept: Vec<&str> = lines.map(|(_, line)| line).collect();
    let path = file.with_file_name("story-cameras.csv");
    std::fs::write(&path, kept.join("\n") + "\n")?;
    Ok(path)
}

fn wait_over(wall: &mut Guard, city: &CityProcess, story: &Story) -> anyhow::Result<Told> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let url = format!("http://{}/story", city.control);
    let deadline = clock::now() + BEGINS_WITHIN + Duration::from_secs_f64(story.seconds * 1.2);
    loop {
        if let Some(status) = wall.0.try_wait()? {
            bail!("the wall ended with {status}");
        }
        let told: Told = runtime.block_on(http::get_json(&url))?;
        if told.over {
            return Ok(told);
        }
        if clock::now() >= deadline {
            bail!("it does not come to its end: {:?}", told.troubles);
        }
        pause(Duration::from_millis(500));
    }
}

fn terminate(wall: &mut Guard) -> anyhow::Result<()> {
    let command = format!("kill -TERM {}", wall.0.id());
    let done = Command::new("sh").args(["-c", &command]).status()?;
    if !done.success() {
        bail!("the wall cannot be asked to end");
    }
    wall.0.wait()?;
    Ok(())
}

/// What was raised, by the alarms in the store under `home`.
fn raised(home: &Path, began_us: i64) -> anyhow::Result<Vec<Raised>> {
    let alarms = alarms_in(home)?.into_iter();
    let raised = alarms.map(|alarm| Raised {
        class: alarm.class.to_string(),
        camera: alarm.camera.map(|id| id.to_string()),
        at_s: (alarm.raised.micros() - began_us) as f64 / 1e6,
        times: alarm.count,
    });
    Ok(raised.collect())
}

/// All alarms in the store under `home`, those that are open and those that are over.
fn alarms_in(home: &Path) -> anyhow::Result<Vec<Alarm>> {
    let options = Options {
        folder: home.to_owned(),
        centre: None,
        seat: "bench".to_owned(),
        centre_name: String::new(),
        seal: Arc::new(Seal::none()),
    };
    let (store, running, news) = Store::open(options, Arc::new(|| {}))?;
    let deadline = clock::now() + OPENS_WITHIN;
    let mut alarms: Vec<Alarm> = Vec::new();
    loop {
        match news.recv_deadline(deadline) {
            Ok(StoreEvent::Ready) => break,
            Ok(StoreEvent::Rows { rows, .. }) => {
                let open = rows.into_iter().filter(|row| row.key.kind == Alarm::KIND);
                for body in open.filter_map(|row| row.body) {
                    alarms.push(serde_json::from_str(&body).context("an alarm in the store")?);
                }
            }
            Ok(_) => {}
            Err(_late) => bail!("the store does not open"),
        }
    }
    let query = Query {
        most: 100_000,
        ..Query::default()
    };
    let past = store.past(query)?.wait()?.into_iter();
    for body in past.filter_map(|row| row.body) {
        let past: Past = serde_json::from_str(&body).context("a past alarm in the store")?;
        alarms.push(past.alarm);
    }
    drop(store);
    running.join();
    Ok(alarms)
}
