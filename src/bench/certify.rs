//! What this seat carries, found in under two minutes and told on one page.
#![expect(clippy::print_stdout, reason = "this is a command's output")]
#![expect(clippy::print_stderr, reason = "progress of a command")]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use serde::Serialize;

use super::report::machine;
use super::search::Search;
use super::seat::{Seat, WatchedWall};
use crate::app::measure::Measured;
use crate::base::clock;
use crate::base::proc::Usage;
use crate::gpu;
use crate::link::http;
use crate::media;
use crate::media::inventory::Inventory;
use crate::model::camera::{Camera, CameraId};
use crate::model::codec::Codec;
use crate::store::cameras;
use crate::store::wall::WallState;

/// All of it takes no longer.
const IN_ALL: Duration = Duration::from_secs(115);
/// Of it, for small streams alone.
const FOR_SMALL: Duration = Duration::from_secs(75);
/// One run: connecting, the longest group of pictures …
const WARM_UP_S: f64 = 6.0;
/// … measuring …
const MEASURED_S: f64 = 4.0;
/// … and the start and the end of the processes.
const AROUND_S: f64 = 3.0;
/// The most that is tried.
const MOST: usize = 256;
/// Of the frames due, so many must be shown.
const SHOWN: f64 = 0.99;
/// Of the pictures shown, 95 of 100 must be no older than this, milliseconds.
const P95_MS: f64 = 100.0;

/// Arguments of `qyran bench certify`.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    /// Run headless under Xvfb even if a display is available
    #[arg(long)]
    pub headless: bool,
    /// Footage folder [default: footage-v1 in the user cache]
    #[arg(long, value_name = "FOLDER")]
    pub footage: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// One try.
#[derive(Clone, Debug, Default, Serialize)]
struct Try {
    small_streams: usize,
    main_enlarged: bool,
    live: usize,
    /// Of the frames due on the screen.
    shown_share: f64,
    age_ms_p95: f64,
    cores_wall: f64,
    cores_city: f64,
    good: bool,
}

/// What was found about one question.
#[derive(Clone, Debug, Serialize)]
struct Found {
    /// The largest number that was good.
    carries: usize,
    /// The smallest number that was not.
    too_many: Option<usize>,
    /// Time was over before the two were an eighth apart.
    cut_short: bool,
}

/// The page.
#[derive(Clone, Debug, Serialize)]
struct Certificate {
    version: &'static str,
    at: String,
    machine: String,
    graphics: Vec<String>,
    decoder: String,
    display: String,
    small_stream: String,
    main_stream: String,
    small: Found,
    behind_main: Found,
    tries: Vec<Try>,
    seconds: f64,
}

pub(super) fn run(args: &Args) -> anyhow::Result<bool> {
    let begun = clock::now();
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let real = !args.headless && (set("DISPLAY") || set("WAYLAND_DISPLAY"));
    let seat = Seat::open(args.footage.as_deref(), None, real)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let told: serde_json::Value = runtime.block_on(http::get_json(&format!(
        "http://{}/cameras",
        seat.city.control
    )))?;
    let chosen = h264_cameras(&seat.city.camera_file, &told)?;
    let mut bench = Bench {
        seat,
        chosen,
        tries: Vec::new(),
    };
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    let small = bench.find(
        Search::new((12 * cores).clamp(16, 64), MOST),
        false,
        begun + FOR_SMALL,
    )?;
    let behind_main = bench.find(
        Search::new(small.carries.max(1), small.carries.max(1)),
        true,
        begun + IN_ALL,
    )?;
    let stream = |kind: &str| describe_stream(&told, bench.chosen.first(), kind);
    let certificate = Certificate {
        version: env!("CARGO_PKG_VERSION"),
        at: crate::words::date_time(clock::wall_now(), &jiff::tz::TimeZone::system()),
        machine: machine(),
        graphics: gpu::describe_adapters()
            .iter()
            .map(|a| format!("{} ({}, {}, {})", a.name, a.backend, a.kind, a.driver))
            .collect(),
        decoder: decoder()?,
        display: if real {
            "the seat's own".into()
        } else {
            "Xvfb, 1920×1080".into()
        },
        small_stream: stream("sub"),
        main_stream: stream("main"),
        small,
        behind_main,
        tries: bench.tries,
        seconds: (clock::now() - begun).as_secs_f64(),
    };
    if args.json {
        println!("{}", serde_json::to_string_pretty(&certificate)?);
    } else {
        print!("{}", page(&certificate));
    }
    Ok(certificate.small.carries > 0)
}

struct Bench {
    seat: Seat,
    chosen: Vec<Camera>,
    tries: Vec<Try>,
}

impl Bench {
    /// Tries until the search is content or the next try would not end by `until`.
    fn find(&mut self, mut search: Search, main: bool, until: Instant) -> anyhow::Result<Found> {
        let one = Duration::from_secs_f64(WARM_UP_S + MEASURED_S + AROUND_S);
        let mut cut_short = false;
        while let Some(feeds) = search.next() {
            if clock::now() + one > until {
                cut_short = true;
                break;
            }
            let tried = self.measure(feeds, main)?;
            eprintln!(
                "{feeds} small{}: {:.1} % shown, p95 {:.0} ms: {}",
                if main { " and one main" } else { "" },
                100.0 * tried.shown_share,
                tried.age_ms_p95,
                if tried.good { "good" } else { "too many" },
            );
            search.tried(feeds, tried.good);
            self.tries.push(tried);
        }
        Ok(Found {
            carries: search.good(),
            too_many: search.bad(),
            cut_short,
        })
    }

    fn measure(&self, feeds: usize, main: bool) -> anyhow::Result<Try> {
        let home = &self.seat.home;
        let list = repeated(&self.chosen, feeds);
        let file = home.join("chosen.csv");
        cameras::write(&file, &list)?;
        WallState {
            selected: list.first().map(|camera| camera.id.clone()),
            enlarged: main,
            ..WallState::default()
        }
        .write(&home.join("wall.toml"))?;
        let figures = home.join("figures.json");
        std::fs::remove_file(&figures).ok(); // of the try before
        let mut command = self.seat.wall()?;
        command
            .arg("--cameras")
            .arg(&file)
            .arg("--tiles")
            .arg(feeds.to_string())
            .arg("--measure")
            .arg(&figures)
            .arg("--measure-after")
            .arg(WARM_UP_S.to_string())
            .arg("--measure-seconds")
            .arg(MEASURED_S.to_string());
        let city = self.seat.city.pid();
        let before = (clock::now(), Usage::of(city).unwrap_or_default());
        let mut wall = WatchedWall::start(command)?;
        let deadline = clock::now() + Duration::from_secs(30);
        let measured = wall.wait_figures(&figures, deadline);
        let city_secs = Usage::of(city).unwrap_or_default().total_secs() - before.1.total_secs();
        let cores_city = city_secs / (clock::now() - before.0).as_secs_f64();
        Ok(match measured {
            Ok(measured) => judge(feeds, main, &measured, cores_city),
            // A seat that is this short does not carry it; what else it was is told.
            Err(error) => {
                eprintln!("{error:#}");
                Try {
                    small_streams: feeds,
                    main_enlarged: main,
                    cores_city,
                    ..Try::default()
                }
            }
        })
    }
}

/// Whether a wall was carried: what is on the screen counts, and every feed must be there.
fn judge(feeds: usize, main: bool, measured: &Measured, cores_city: f64) -> Try {
    let on_screen = measured
        .per_feed
        .iter()
        .filter(|feed| !main || feed.feed.ends_with(" Main"));
    let (shown, due) = on_screen.fold((0, 0), |(shown, due), feed| {
        (shown + feed.shown, due + feed.due)
    });
    // More can be shown than due, where a picture fell due just before the stretch.
    let shown_share = (shown as f64 / due.max(1) as f64).min(1.0);
    let age_ms_p95 = measured.age_ms.p95;
    let there = due > 0 && measured.age_ms.count > 0 && measured.live >= feeds;
    Try {
        small_streams: feeds,
        main_enlarged: main,
        live: measured.live,
        shown_share,
        age_ms_p95,
        cores_wall: measured.cores.values().sum(),
        cores_city,
        good: there && shown_share >= SHOWN && age_ms_p95 <= P95_MS,
    }
}

/// The city's cameras whose small stream is H.264; those with the largest H.264 main stream first.
fn h264_cameras(file: &Path, told: &serde_json::Value) -> anyhow::Result<Vec<Camera>> {
    let pixels = |id: &str, kind: &str| {
        let mut list = told.as_array().into_iter().flatten();
        let stream = &list.find(|camera| camera["id"].as_str() == Some(id))?[kind];
        let is_h264 = stream["codec"].as_str() == Some("h264");
        let side = |key: &str| stream[key].as_u64().unwrap_or_default();
        is_h264.then(|| side("width") * side("height"))
    };
    let mut list = cameras::read(file)?.cameras;
    list.retain(|camera| pixels(camera.id.as_str(), "sub").is_some());
    list.sort_by_key(|camera| std::cmp::Reverse(pixels(camera.id.as_str(), "main")));
    if list.is_empty() {
        anyhow::bail!("the city has no H.264 camera");
    }
    Ok(list)
}

/// So many cameras; where there are fewer, each comes again under another id.
fn repeated(cameras: &[Camera], count: usize) -> Vec<Camera> {
    let mut list = Vec::with_capacity(count);
    for (index, camera) in cameras.iter().cycle().take(count).enumerate() {
        let mut camera = camera.clone();
        let round = index / cameras.len().max(1);
        if round > 0
            && let Ok(id) = CameraId::new(format!("{}-{}", camera.id, round + 1))
        {
            camera.id = id;
        }
        list.push(camera);
    }
    list
}

fn describe_stream(told: &serde_json::Value, camera: Option<&Camera>, kind: &str) -> String {
    let list = told.as_array().into_iter().flatten();
    let id = camera.map(|camera| camera.id.as_str());
    let found = list
        .map(|camera| (&camera["id"], &camera[kind]))
        .find(|(of, _)| of.as_str() == id);
    let Some((_, stream)) = found else {
        return String::new();
    };
    let word = |key: &str| match &stream[key] {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Null => "?".into(),
        other => other.to_string(),
    };
    format!(
        "{}, {}×{}, {} a second",
        word("codec"),
        word("width"),
        word("height"),
        word("fps")
    )
}

/// The decoder that is chosen for H.264: the one of the highest rank that is there.
fn decoder() -> anyhow::Result<String> {
    media::init()?;
    let inventory = Inventory::take()?;
    let best = inventory
        .decoders(Codec::H264)
        .into_iter()
        .max_by_key(|(_, present)| present.rank)
        .context("there is no H.264 decoder")?;
    Ok(format!("{} {} (H.264)", best.0.name, best.1.version))
}

fn page(certificate: &Certificate) -> String {
    let c = certificate;
    let mut text = format!("Qyran {}: what this seat carries\n", c.version);
    let mut line = |name: &str, value: &str| {
        text.push_str(&format!("  {name:<14} {value}\n"));
    };
    line("measured", &format!("{}, in {:.0} s", c.at, c.seconds));
    line("machine", &c.machine);
    for adapter in &c.graphics {
        line("graphics", adapter);
    }
    line("decoder", &c.decoder);
    line("display", &c.display);
    line("small streams", &c.small_stream);
    line("main stream", &c.main_stream);
    text.push('\n');
    for (found, what) in [
        (&c.small, "small streams on the wall at once"),
        (
            &c.behind_main,
            "small streams behind one main stream shown large",
        ),
    ] {
        text.push_str(&format!(
            "  {:>4}  {what} ({})\n",
            found.carries,
            sure(found)
        ));
    }
    text.push_str(&format!(
        "\nCarried means: every feed live, {:.0} % of the frames due on the screen shown, and 95 of 100\n\
         pictures no older than {P95_MS:.0} ms from their last packet to the finished paint.\n\n",
        SHOWN * 100.0
    ));
    text.push_str("  small  main   shown     p95     wall     city\n");
    for t in &c.tries {
        let main = if t.main_enlarged { "yes" } else { "no" };
        let verdict = if t.good { "good" } else { "too many" };
        text.push_str(&format!(
            "  {:>5}  {main:>4} {:>5.1} % {:>4.0} ms {:>8.2} {:>8.2} cores  {verdict}\n",
            t.small_streams,
            100.0 * t.shown_share,
            t.age_ms_p95,
            t.cores_wall,
            t.cores_city,
        ));
    }
    text.push_str(&format!(
        "\nHow sure this is: each line is one run of {MEASURED_S:.0} s, so that other work on the machine in those\n\
         seconds counts. The demo city ran on this machine too and took the cores told under \"city\";\n\
         cameras of the network leave these to the wall. Only H.264 was tried.\n"
    ));
    text
}

fn sure(found: &Found) -> String {
    let bound = match found.too_many {
        Some(bad) => format!("{bad} were too many"),
        None => "more was not tried".into(),
    };
    if found.cut_short {
        format!("{bound}; time was over before it was known closer")
    } else {
        bound
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::measure::{FeedMeasured, Percentiles};

    fn measured(feeds: &[(&str, u64, u64)], live: usize, p95: f64) -> Measured {
        Measured {
            live,
            age_ms: Percentiles {
                count: 100,
                p95,
                ..Percentiles::default()
            },
            per_feed: feeds
                .iter()
                .map(|(feed, due, shown)| FeedMeasured {
                    feed: (*feed).to_owned(),
                    due: *due,
                    shown: *shown,
                    ..FeedMeasured::default()
                })
                .collect(),
            ..Measured::default()
        }
    }

    #[test]
    fn only_what_is_on_the_screen_live_and_young_is_carried() {
        let check = |feeds: &[(&str, u64, u64)], live, p95, main, expect: bool| {
            let tried = judge(2, main, &measured(feeds, live, p95), 0.1);
            assert_eq!(tried.good, expect, "{tried:?}");
        };
        let good = [("a Sub", 100, 100), ("b Sub", 100, 99)];
        check(&good, 2, 80.0, false, true);
        check(&good, 1, 80.0, false, false);
        check(&good, 2, 101.0, false, false);
        check(
            &[("a Sub", 100, 100), ("b Sub", 100, 90)],
            2,
            80.0,
            false,
            false,
        );
        check(&[], 2, 80.0, false, false);
        // Behind a large picture the small ones need not be shown.
        let behind = [("a Main", 100, 100), ("a Sub", 60, 0), ("b Sub", 60, 0)];
        check(&behind, 2, 80.0, true, true);
        check(&behind, 2, 80.0, false, false);
        check(&[("a Main", 100, 90)], 2, 80.0, true, false);
        check(&good, 2, 80.0, true, false);
    }

    #[test]
    fn more_cameras_than_the_city_has_are_the_same_under_other_ids() {
        let camera = |id: &str| {
            let url = format!("rtsp://10.0.0.1/{id}").parse().unwrap();
            Camera::from_url(CameraId::new(id).unwrap(), url)
        };
        let list = repeated(&[camera("a"), camera("b")], 5);
        let ids: Vec<&str> = list.iter().map(|camera| camera.id.as_str()).collect();
        assert_eq!(ids, ["a", "b", "a-2", "b-2", "a-3"]);
    }

    #[test]
    fn the_page_says_what_is_not_known() {
        let found = |too_many, cut_short| Found {
            carries: 40,
            too_many,
            cut_short,
        };
        assert_eq!(sure(&found(Some(45), false)), "45 were too many");
        assert_eq!(sure(&found(None, false)), "more was not tried");
        assert!(sure(&found(Some(60), true)).contains("time was over"));
    }
}
