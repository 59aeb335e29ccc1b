//! How long it takes until a tile says what is wrong: faults of the demo city under a stage of live
//! feeds, from the moment the city is told to the event that the wall shows with its next paint.
#![expect(clippy::print_stderr, reason = "progress of a command")]

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use tokio::sync::mpsc;

use super::report::{Figure, Report, machine};
use crate::base::clock;
use crate::city::footage;
use crate::demo::children::CityProcess;
use crate::link::http;
use crate::media;
use crate::media::live::{Fact, FeedEvent, FeedId, Live, Options};
use crate::media::source::{Address, SystemOpener};
use crate::model::camera::StreamKind;
use crate::model::condition::{Link, Picture};
use crate::store::cameras;
use crate::store::secrets::Secrets;

/// No fault may hide for longer.
const PATIENCE: Duration = Duration::from_secs(40);
/// The longest group of pictures of the demo city's small streams, seconds.
const LONGEST_GOP_S: f64 = 4.0;
/// How long the whole city is gone in the outage.
const OUTAGE: Duration = Duration::from_secs(20);
/// Size of a tile on a wall of 45, pixels.
const TILE_PX: (u32, u32) = (271, 152);

/// Arguments of `qyran bench faults`.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    /// Number of streams
    #[arg(long, default_value_t = 45)]
    pub feeds: usize,
    /// Cameras per fault, one after the other
    #[arg(long, default_value_t = 5)]
    pub rounds: usize,
    /// Footage folder [default: footage-v1 in the user cache]
    #[arg(long, value_name = "FOLDER")]
    pub footage: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// A fault, and the fact by which it must be known.
struct Case {
    key: &'static str,
    fault: &'static str,
    must_s: f64,
    is_told: fn(&Fact) -> bool,
}

const CASES: [Case; 6] = [
    Case {
        key: "lost_s",
        fault: "lost",
        must_s: 3.0,
        is_told: |fact| matches!(fact, Fact::Link(Link::Lost(_))),
    },
    Case {
        key: "lag_s",
        fault: "lag",
        must_s: 3.0,
        is_told: |fact| matches!(fact, Fact::Link(Link::Late)),
    },
    Case {
        key: "silent_s",
        fault: "stall",
        must_s: 3.0,
        is_told: |fact| matches!(fact, Fact::Link(Link::Late)),
    },
    Case {
        key: "black_s",
        fault: "black",
        must_s: 3.0,
        is_told: |fact| matches!(fact, Fact::Picture(Picture::Black)),
    },
    Case {
        key: "freeze_s",
        fault: "freeze",
        must_s: 5.0,
        is_told: |fact| matches!(fact, Fact::Picture(Picture::Frozen)),
    },
    Case {
        key: "blur_s",
        fault: "blur",
        must_s: 5.0,
        is_told: |fact| matches!(fact, Fact::Picture(Picture::Blurred)),
    },
];

pub(super) fn run(args: &Args) -> anyhow::Result<bool> {
    let clips = match &args.footage {
        Some(folder) => folder.clone(),
        None => footage::default_dir()?,
    };
    let home = std::env::temp_dir().join(format!("qyran-bench-{}", std::process::id()));
    std::fs::create_dir_all(&home)?;
    let city = CityProcess::start(&clips, &home, 0, 0, Duration::from_secs(30))?;
    media::init()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let mut stage = Stage::open(&city, args.feeds)?;
    let mut figures = Vec::new();
    let result = runtime.block_on(async {
        stage.all_live(clock::now() + PATIENCE).await?;
        for case in &CASES {
            figures.push(measure(case, args, &city, &mut stage).await?);
        }
        figures.extend(outage(&city, &mut stage).await?);
        anyhow::Ok(())
    });
    std::fs::remove_dir_all(&home).ok(); // in the folder for temporary files
    result?;
    figures.push(Figure::plain(
        "false_alarms",
        f64::from(stage.false_alarms),
        "",
    ));
    let report = Report {
        bench: "faults",
        machine: machine(),
        figures,
    };
    Ok(report.tell(args.json))
}

/// The slowest of the rounds of one fault.
async fn measure(
    case: &Case,
    args: &Args,
    city: &CityProcess,
    stage: &mut Stage,
) -> anyhow::Result<Figure> {
    let mut slowest = 0.0_f64;
    for round in 0..args.rounds {
        let feed = stage.feeds[(round * 7 + 2) % stage.feeds.len()].clone();
        let camera = feed.camera.as_str();
        let begun = set(city, camera, case.fault).await?;
        stage.faulty = Some(feed.clone());
        let told = stage
            .wait(&feed, case.is_told)
            .await
            .with_context(|| format!("{} of {camera} was not told", case.fault))?;
        let took = told.saturating_duration_since(begun).as_secs_f64();
        eprintln!("{} on {camera}: {took:.2} s", case.fault);
        slowest = slowest.max(took);
        set(city, camera, "none").await?;
        stage.all_live(clock::now() + PATIENCE).await?;
        stage.faulty = None;
    }
    Ok(Figure::at_most(
        case.key,
        slowest,
        "s",
        case.must_s,
        case.must_s,
    ))
}

/// The whole city goes for a while: until the last feed lives again.
async fn outage(city: &CityProcess, stage: &mut Stage) -> anyhow::Result<[Figure; 2]> {
    stage.outage = true;
    set(city, "all", "lost").await?;
    tokio::time::sleep(OUTAGE).await;
    stage.drain();
    let back = set(city, "all", "none").await?;
    let all = stage.all_live(back + PATIENCE).await?;
    let took = all.saturating_duration_since(back).as_secs_f64();
    eprintln!("outage of all: {took:.2} s");
    Ok([
        Figure::at_most(
            "reboot_all_live_s",
            took,
            "s",
            LONGEST_GOP_S + 3.0,
            LONGEST_GOP_S + 3.0,
        ),
        Figure::plain("longest_gop_s", LONGEST_GOP_S, "s"),
    ])
}

async fn set(city: &CityProcess, camera: &str, fault: &str) -> anyhow::Result<Instant> {
    let wish = serde_json::json!({ "camera": camera, "fault": fault });
    let url = format!("http://{}/fault", city.control);
    let _done: serde_json::Value = http::post_json(&url, &wish).await?;
    Ok(clock::now())
}

/// Live feeds, and what they have told.
struct Stage {
    live: Live,
    events: mpsc::Receiver<FeedEvent>,
    feeds: Vec<FeedId>,
    /// Whose condition is good, by the order of `feeds`: link and picture.
    good: Vec<(bool, bool)>,
    faulty: Option<FeedId>,
    outage: bool,
    /// Pictures that were not believed although nothing was wrong with them.
    false_alarms: u32,
}

impl Stage {
    fn open(city: &CityProcess, count: usize) -> anyhow::Result<Self> {
        let loaded = cameras::read(&city.camera_file)?;
        let secrets = Secrets::read(&city.camera_file.with_file_name("passwords.toml"))?;
        let opener = Arc::new(SystemOpener::default());
        let (live, events) = Live::start(&Options::of_this_program(), opener, Arc::new(|| {}))?;
        let mut feeds = Vec::new();
        for camera in loaded.cameras.iter().take(count) {
            let Some(url) = camera.url(StreamKind::Sub).cloned() else {
                continue;
            };
            let credentials = secrets.for_camera(camera, &url);
            let id = FeedId {
                camera: camera.id.clone(),
                stream: StreamKind::Sub,
            };
            let feed = live.open(id.clone(), Address { url, credentials });
            feed.set_shown_size(TILE_PX.0, TILE_PX.1);
            feeds.push(id);
        }
        if feeds.is_empty() {
            bail!("the city has no camera");
        }
        Ok(Self {
            good: vec![(false, false); feeds.len()],
            live,
            events,
            feeds,
            faulty: None,
            outage: false,
            false_alarms: 0,
        })
    }

    fn note(&mut self, event: &FeedEvent) {
        let Some(index) = self.feeds.iter().position(|feed| *feed == event.feed) else {
            return;
        };
        match &event.fact {
            Fact::IsSlow(_) => {}
            Fact::Link(link) => self.good[index].0 = *link == Link::Live,
            Fact::Picture(picture) => {
                let good = *picture == Picture::Good;
                self.good[index].1 = good;
                if !good && self.faulty.as_ref() != Some(&event.feed) && !self.outage {
                    self.false_alarms += 1;
                    eprintln!("{}: {picture:?} without a fault", event.feed.camera);
                }
            }
        }
    }

    fn drain(&mut self) {
        while let Ok(event) = self.events.try_recv() {
            self.note(&event);
        }
    }

    /// Waits for a fact of `feed`; when it was told.
    async fn wait(&mut self, feed: &FeedId, is_told: fn(&Fact) -> bool) -> anyhow::Result<Instant> {
        let deadline = clock::now() + PATIENCE;
        loop {
            let event = self.next(deadline).await?;
            self.note(&event);
            if event.feed == *feed && is_told(&event.fact) {
                return Ok(clock::now());
            }
        }
    }

    /// Waits until every feed is live and believed; when the last was.
    async fn all_live(&mut self, deadline: Instant) -> anyhow::Result<Instant> {
        while !self.good.iter().all(|(link, picture)| *link && *picture) {
            let event = self.next(deadline).await.with_context(|| {
                let missing = self.good.iter().zip(&self.feeds);
                let missing = missing.filter(|((link, picture), _)| !link || !picture);
                let missing: Vec<_> = missing.map(|(_, feed)| feed.camera.as_str()).collect();
                format!("not live: {}", missing.join(", "))
            })?;
            self.note(&event);
        }
        Ok(clock::now())
    }

    async fn next(&mut self, deadline: Instant) -> anyhow::Result<FeedEvent> {
        let left = deadline.saturating_duration_since(clock::now());
        let event = tokio::time::timeout(left, self.events.recv()).await?;
        event.context("the live stage is gone")
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        for feed in &self.feeds {
            self.live.close(feed);
        }
    }
}
