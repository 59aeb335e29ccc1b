//! The demo on a machine without a display.
#![expect(clippy::print_stdout, reason = "this is a command's output")]

use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, bail};

use super::Args;
use super::children::{CityProcess, Guard, own_program};
use super::xvfb::Xvfb;
use crate::app::measure::{FeedMeasured, Measured};
use crate::store::paths::Paths;
use crate::words::{Language, Words};

/// A feed whose newest picture is older than this at the end is dead, seconds.
const OLDEST_S: f64 = 15.0;
/// Screenshots, at these shares of the run.
const SHOTS: [(f64, &str); 2] = [(0.4, "wall-1.png"), (0.9, "wall-2.png")];

/// Runs the wall for a while and tells what it did.
pub(super) fn run(args: &Args, paths: &Paths, city: &CityProcess) -> anyhow::Result<()> {
    let words = Words::new(args.lang.unwrap_or(Language::En));
    let out = args
        .out
        .clone()
        .unwrap_or_else(|| std::env::temp_dir().join("qyran-demo"));
    std::fs::create_dir_all(&out).with_context(|| format!("cannot make {}", out.display()))?;
    println!(
        "{}: Xvfb, {:.0} s …",
        words.get("error-no-display"),
        args.seconds
    );
    let display = Xvfb::start(1920, 1080, &out)?;
    let figures = out.join("figures.json");
    std::fs::remove_file(&figures).ok(); // of an earlier run
    let mut wall = Command::new(own_program()?);
    wall.args(["wall", "--open-seat", "--no-watchdog", "--cameras"])
        .arg(&city.camera_file)
        .args(["--window", "1920x1080", "--tiles"])
        .arg(args.tiles.to_string())
        .arg("--exit-after")
        .arg(args.seconds.to_string())
        .arg("--measure")
        .arg(&figures)
        .arg("--config")
        .arg(&paths.config)
        .arg("--data")
        .arg(&out)
        .env("DISPLAY", &display.display)
        .env_remove("WAYLAND_DISPLAY")
        .stdin(Stdio::null());
    if std::env::var_os("XDG_RUNTIME_DIR").is_none() {
        wall.env("XDG_RUNTIME_DIR", &out);
    }
    if let Some(language) = args.lang {
        wall.args(["--lang", language.tag()]);
    }
    let mut wall = Guard(wall.spawn().context("the wall does not start")?);
    let (_never, pause) = crossbeam_channel::bounded::<()>(1);
    let mut waited = 0.0;
    for (share, name) in SHOTS {
        let until = args.seconds * share;
        pause
            .recv_timeout(Duration::from_secs_f64((until - waited).max(0.0)))
            .ok(); // a pause
        waited = until;
        let file = out.join(name);
        display.screenshot(&file)?;
        println!("{}", file.display());
    }
    let status = wall.0.wait().context("the wall was lost")?;
    if !status.success() {
        bail!("the wall ended with {status}");
    }
    let text = std::fs::read_to_string(&figures).context("the wall left no figures")?;
    let measured: Measured =
        serde_json::from_str(&text).context("the wall's figures cannot be read")?;
    println!("{}", figures.display());
    tell(&measured);
    let dead: Vec<&str> = measured
        .per_feed
        .iter()
        .filter(|feed| !lived(feed))
        .map(|feed| feed.feed.as_str())
        .collect();
    if !dead.is_empty() || measured.per_feed.len() < measured.feeds || measured.feeds == 0 {
        bail!(
            "{} of {} feeds did not live: {}",
            dead.len(),
            measured.feeds,
            dead.join(", ")
        );
    }
    Ok(())
}

/// A feed lived when it was shown within the run and its newest picture is not old at the end. On
/// a machine that cannot carry the wall a feed may be late in the very last second and yet live.
fn lived(feed: &FeedMeasured) -> bool {
    feed.shown > 0 && feed.newest_age_s.is_some_and(|age| age < OLDEST_S)
}

fn tell(measured: &Measured) {
    let due: u64 = measured.per_feed.iter().map(|feed| feed.due).sum();
    let shown: u64 = measured.per_feed.iter().map(|feed| feed.shown).sum();
    let cores: f64 = measured.cores.values().sum();
    println!("feeds live        {} of {}", measured.live, measured.feeds);
    println!(
        "frames shown      {shown} of {due} due in {:.0} s",
        measured.seconds
    );
    println!(
        "age at the screen p50 {:.0} ms, p95 {:.0} ms",
        measured.age_ms.p50, measured.age_ms.p95
    );
    println!(
        "processor         {cores:.2} cores, {:.1} paints a second",
        measured.paints_per_s
    );
    println!(
        "memory            {:.0} MB, {} threads",
        measured.rss_bytes as f64 / 1e6,
        measured.threads
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feed_that_stopped_did_not_live() {
        let check = |shown, newest_age_s, expect| {
            let feed = FeedMeasured {
                shown,
                newest_age_s,
                ..FeedMeasured::default()
            };
            assert_eq!(lived(&feed), expect, "{feed:?}");
        };
        check(100, Some(0.1), true);
        check(100, Some(40.0), false);
        check(0, Some(0.1), false);
        check(0, None, false);
    }
}
