//! The wall with live feeds, measured from inside and outside.
#![expect(clippy::print_stderr, reason = "progress of a command")]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, bail};

use super::report::{Figure, Report, machine};
use super::screen;
use crate::app::measure::Measured;
use crate::base::clock;
use crate::base::proc::Usage;
use crate::city::footage;
use crate::demo::children::{CityProcess, Guard, own_program};
use crate::demo::xvfb::Xvfb;
use crate::link::http;
use crate::store::cameras;

/// Threads of Mesa's software rasteriser.
const RASTER_THREADS: &str = "llvmpipe";
/// The longest group of pictures of the demo city's small streams, seconds.
const LONGEST_GOP_S: f64 = 4.0;

/// Arguments of `qyran bench wall`.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    /// Number of streams
    #[arg(long, default_value_t = 45)]
    pub feeds: usize,
    /// Measuring time, s
    #[arg(long, default_value_t = 60.0)]
    pub seconds: f64,
    /// Use the city's mix of codecs instead of H.264 only
    #[arg(long)]
    pub mixed: bool,
    /// Run the detectors with this processor budget, cores
    #[arg(long, value_name = "CORES", num_args = 0..=1, default_missing_value = "0.5")]
    pub detect: Option<f64>,
    /// Use H.264 with bare parameter sets (no VUI), as most cameras do
    #[arg(long, conflicts_with_all = ["mixed", "detect"])]
    pub bare: bool,
    /// Footage folder [default: footage-v1 in the user cache]
    #[arg(long, value_name = "FOLDER")]
    pub footage: Option<PathBuf>,
    /// Save the wall's figures and a screenshot in this folder
    #[arg(long, value_name = "FOLDER")]
    pub out: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

pub(super) fn run(args: &Args) -> anyhow::Result<bool> {
    let clips = match &args.footage {
        Some(folder) => folder.clone(),
        None => footage::default_dir()?,
    };
    let home = args.out.clone().unwrap_or_else(|| {
        std::env::temp_dir().join(format!("qyran-bench-{}", std::process::id()))
    });
    std::fs::create_dir_all(&home)?;
    let patience = Duration::from_secs(30);
    let city = if args.bare {
        CityProcess::start_bare(&clips, &home, patience)?
    } else {
        CityProcess::start(&clips, &home, 0, 0, patience)?
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let chosen = runtime.block_on(choose_cameras(args, &city, &home))?;
    let display = Xvfb::start(1920, 1080, &home)?;
    eprintln!("floor: the same feeds to nowhere …");
    let floor_before = floor_of(&chosen, args)?;
    let city_before = (clock::now(), Usage::of(city.pid()).unwrap_or_default());
    eprintln!("wall: {} feeds, {:.0} s …", args.feeds, args.seconds);
    let file = home.join("figures.json");
    std::fs::remove_file(&file).ok(); // of an earlier run
    let settings = match args.detect {
        Some(cores) => format!("detectors = true\ndetector_cores = {cores:?}\n"),
        None => "detectors = false\n".to_owned(),
    };
    std::fs::write(home.join("settings.toml"), settings)?;
    let child = Command::new(own_program()?)
        .args([
            "wall",
            "--open-seat",
            "--no-watchdog",
            "--window",
            "1920x1080",
            "--cameras",
        ])
        .arg(&chosen)
        .arg("--tiles")
        .arg(args.feeds.to_string())
        .arg("--measure")
        .arg(&file)
        .arg("--measure-seconds")
        .arg(args.seconds.to_string())
        .arg("--config")
        .arg(&home)
        .arg("--data")
        .arg(&home)
        .env("DISPLAY", &display.display)
        .env("XDG_RUNTIME_DIR", &home)
        .env("QYRAN_LOG", "warn")
        .env_remove("WAYLAND_DISPLAY")
        .stdin(Stdio::null())
        .spawn()
        .context("the wall does not start")?;
    let mut wall = Guard(child);
    let measured = wait_for_figures(&mut wall, &file, args.seconds + 60.0)?;
    let city_after = Usage::of(city.pid()).unwrap_or_default();
    let city_cores = (city_after.total_secs() - city_before.1.total_secs())
        / (clock::now() - city_before.0).as_secs_f64();
    eprintln!("screen: ten seconds from outside …");
    let changes = screen::changes(&display.frame_buffer, args.feeds, 10.0)?;
    display.screenshot(&home.join("wall.png"))?;
    eprintln!("idle: every feed silent …");
    let idle = runtime.block_on(idle_share(&city, &wall))?;
    drop(wall);
    // Before and after: many machines are not equally fast from one minute to the next.
    eprintln!("floor: once more …");
    let floor = f64::midpoint(floor_before, floor_of(&chosen, args)?);
    Ok(report(args, &measured, floor, idle, city_cores, &changes).tell(args.json))
}

/// Writes the camera file of the cameras to be shown.
async fn choose_cameras(args: &Args, city: &CityProcess, home: &Path) -> anyhow::Result<PathBuf> {
    let loaded = cameras::read(&city.camera_file)?;
    let told: serde_json::Value =
        http::get_json(&format!("http://{}/cameras", city.control)).await?;
    let is_h264 = |id: &str| {
        told.as_array().into_iter().flatten().any(|camera| {
            camera["id"].as_str() == Some(id) && camera["sub"]["codec"].as_str() == Some("h264")
        })
    };
    let list: Vec<_> = loaded
        .cameras
        .into_iter()
        .filter(|camera| args.mixed || is_h264(camera.id.as_str()))
        .take(args.feeds)
        .collect();
    if list.len() < args.feeds {
        bail!(
            "the city has {} such cameras, {} are wanted",
            list.len(),
            args.feeds
        );
    }
    let file = home.join("chosen.csv");
    cameras::write(&file, &list)?;
    Ok(file)
}

fn wait_for_figures(wall: &mut Guard, file: &Path, patience_s: f64) -> anyhow::Result<Measured> {
    let deadline = clock::now() + Duration::from_secs_f64(patience_s);
    let (_never, pause) = crossbeam_channel::bounded::<()>(1);
    while clock::now() < deadline {
        if let Ok(text) = std::fs::read_to_string(file) {
            return serde_json::from_str(&text).context("the wall's figures cannot be read");
        }
        if let Some(status) = wall.0.try_wait()? {
            bail!("the wall ended with {status} before it had measured");
        }
        pause.recv_timeout(Duration::from_millis(300)).ok(); // a pause, nobody sends
    }
    bail!("the wall gave no figures in {patience_s:.0} s")
}

/// Cores without and with raster while nothing new comes.
async fn idle_share(city: &CityProcess, wall: &Guard) -> anyhow::Result<(f64, f64)> {
    let wish = serde_json::json!({ "camera": "all", "fault": "stall" });
    let _done: serde_json::Value =
        http::post_json(&format!("http://{}/fault", city.control), &wish).await?;
    tokio::time::sleep(Duration::from_secs(12)).await;
    let pid = wall.0.id();
    let before = (
        clock::now(),
        Usage::of_family(pid).context("the wall is gone")?,
    );
    tokio::time::sleep(Duration::from_secs(15)).await;
    let after = Usage::of_family(pid).context("the wall is gone")?;
    let seconds = (clock::now() - before.0).as_secs_f64();
    let by_thread = after.since(&before.1);
    let all: f64 = by_thread.values().sum();
    let raster: f64 = by_thread
        .iter()
        .filter(|(name, _)| name.starts_with(RASTER_THREADS))
        .map(|(_, s)| s)
        .sum();
    let wish = serde_json::json!({ "camera": "all", "fault": "none" });
    let _done: serde_json::Value =
        http::post_json(&format!("http://{}/fault", city.control), &wish).await?;
    tokio::time::sleep(Duration::from_secs(3)).await;
    Ok(((all - raster) / seconds, all / seconds))
}

/// Cores that the same feeds cost when nothing is shown.
fn floor_of(cameras: &Path, args: &Args) -> anyhow::Result<f64> {
    let output = Command::new(own_program()?)
        .args(["bench", "floor", "--json", "--cameras"])
        .arg(cameras)
        .arg("--feeds")
        .arg(args.feeds.to_string())
        .arg("--seconds")
        .arg((args.seconds / 2.0).clamp(5.0, 15.0).to_string())
        .env("QYRAN_LOG", "warn")
        .stderr(Stdio::inherit())
        .output()
        .context("the floor does not start")?;
    let floor: serde_json::Value =
        serde_json::from_slice(&output.stdout).context("the floor's figures cannot be read")?;
    let figures = floor["figures"].as_array();
    figures
        .into_iter()
        .flatten()
        .find(|figure| figure["key"].as_str() == Some("cores_floor"))
        .and_then(|figure| figure["value"].as_f64())
        .context("the floor tells no cores")
}

fn report(
    args: &Args,
    measured: &Measured,
    cores_floor: f64,
    idle: (f64, f64),
    city_cores: f64,
    changes: &[f64],
) -> Report {
    let all: f64 = measured.cores.values().sum();
    let of = |prefix: &str| {
        measured
            .cores
            .iter()
            .filter(|(name, _)| name.starts_with(prefix))
            .map(|(_, s)| s)
            .sum::<f64>()
    };
    let raster = of(RASTER_THREADS);
    let total = all - raster;
    let sum = |get: fn(&crate::app::measure::FeedMeasured) -> u64| {
        measured.per_feed.iter().map(get).sum::<u64>() as f64
    };
    let due = sum(|feed| feed.due).max(1.0);
    let worst = measured
        .per_feed
        .iter()
        .map(|feed| feed.shown as f64 / feed.due.max(1) as f64)
        .fold(f64::INFINITY, f64::min);
    let mut figures = vec![
        Figure::at_most("cores_total", total, "cores", 0.75, 0.60),
        Figure::at_most("floor_ratio", total / cores_floor, "×", 1.35, 1.35),
        Figure::at_most("cores_all_in", all, "cores", 1.15, 0.79),
        Figure::plain("cores_raster", raster, "cores"),
        Figure::plain("cores_floor", cores_floor, "cores"),
        Figure::plain("cores_network", of("network"), "cores"),
        Figure::plain("cores_decode", of("decode"), "cores"),
        Figure::plain("cores_main", of("qyran"), "cores"),
        Figure::plain("cores_upload", measured.upload_cores, "cores"),
        Figure::plain("cores_city", city_cores, "cores"),
        Figure::at_least("shown_share", sum(|feed| feed.shown) / due, "", 0.99, 0.999),
        Figure::plain("shown_worst", worst, ""),
        Figure::plain("decoded_share", sum(|feed| feed.decoded) / due, ""),
        Figure::plain("due_per_s", due / measured.seconds.max(1e-3), "1/s"),
        Figure::plain("paints_per_s", measured.paints_per_s, "1/s"),
        Figure::plain("gpu_ms", measured.gpu_ms.unwrap_or(f64::NAN), "ms"),
        Figure::plain("screen_changes", screen::median(changes), "1/s"),
        Figure::at_most(
            "screen_still",
            changes.iter().filter(|rate| **rate == 0.0).count() as f64,
            "tiles",
            0.0,
            0.0,
        ),
        Figure::plain("age_ms_p50", measured.age_ms.p50, "ms"),
        Figure::at_most("age_ms_p95", measured.age_ms.p95, "ms", 100.0, 70.0),
        Figure::plain("age_ms_p99", measured.age_ms.p99, "ms"),
        Figure::at_most(
            "all_live_s",
            measured.all_live_s.unwrap_or(f64::INFINITY),
            "s",
            LONGEST_GOP_S + 1.0,
            LONGEST_GOP_S + 0.3,
        ),
        Figure::at_most(
            "rss_mb",
            measured.rss_bytes as f64 / 1e6,
            "MB",
            450.0,
            300.0,
        ),
        Figure::at_most("threads", measured.threads as f64, "", 90.0, 60.0),
        Figure::at_most("idle_cores", idle.0, "cores", 0.03, 0.01),
        Figure::at_most("idle_all_in", idle.1, "cores", 0.08, 0.04),
    ];
    if args.bare {
        let age = measured.age_ms.p95;
        figures.push(Figure::at_most("bare_age_ms_p95", age, "ms", 100.0, 70.0));
    }
    if args.detect.is_some() {
        figures.extend(looks(measured));
        figures.push(Figure::plain("cores_detect", of("detect"), "cores"));
    }
    Report {
        bench: match (args.mixed, args.detect.is_some()) {
            _ if args.bare => "wall-bare",
            (false, false) => "wall",
            (true, false) => "wall-mixed",
            (false, true) => "wall-detect",
            (true, true) => "wall-mixed-detect",
        },
        machine: machine(),
        figures,
    }
}

/// What the detectors looked at.
fn looks(measured: &Measured) -> Vec<Figure> {
    let each = measured.looks.iter().filter(|looked| looked.looks > 0);
    let all: u64 = each.clone().map(|looked| looked.looks).sum();
    let gaps = measured.looks.iter().map(|looked| looked.longest_gap_s);
    let ages: Vec<f64> = each.map(|looked| looked.age_ms).collect();
    let tracks: usize = measured.looks.iter().map(|looked| looked.tracks).sum();
    let rate = all as f64 / measured.seconds.max(1e-3);
    vec![
        Figure::plain("looks_per_s", rate, "1/s"),
        Figure::at_most("longest_gap_s", gaps.fold(0.0, f64::max), "s", 15.0, 10.0),
        Figure::plain("look_age_ms", screen::median(&ages), "ms"),
        Figure::plain("tracks", tracks as f64, ""),
    ]
}
