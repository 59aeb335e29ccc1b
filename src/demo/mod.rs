//! `qyran demo`: the demo city and the wall, together.
//!
//! The city is a process of its own; so is the making of its footage. The window opens as soon as
//! the first clips exist; the other cameras come alive behind it. Without a display the same wall
//! runs under Xvfb for a minute and tells its figures.

pub mod children;
pub mod frame_buffer;
mod headless;
pub mod xvfb;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;

use crate::app;
use crate::city::footage;
use crate::city::story::Story;
use crate::store::paths::Paths;
use crate::words::Language;

use children::{CityProcess, FootageProcess, Telling};

/// Clips that must exist before the window opens.
const FIRST_CLIPS: usize = 8;
/// Tiles of the demo wall.
pub(crate) const TILES: usize = 45;

/// Arguments of `qyran demo`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Interface language: kk, ru or en [default: as in the settings]
    #[arg(long, value_name = "LANGUAGE")]
    pub lang: Option<Language>,
    /// Tiles per page
    #[arg(long, value_name = "N", default_value_t = TILES)]
    pub tiles: usize,
    /// Footage folder [default: footage-v1 in the user cache]
    #[arg(long, value_name = "FOLDER")]
    pub footage: Option<PathBuf>,
    /// Run headless under Xvfb even if a display is available
    #[arg(long)]
    pub headless: bool,
    /// Duration of the headless run, s
    #[arg(long, value_name = "SECONDS", default_value_t = 60.0)]
    pub seconds: f64,
    /// Save screenshots and figures of the headless run in this folder [default: qyran-demo in the
    /// temporary folder]
    #[arg(long, value_name = "FOLDER")]
    pub out: Option<PathBuf>,
    /// Settings folder [default: the demo's own; a scenario plays only with those]
    #[arg(long, value_name = "FOLDER")]
    pub config: Option<PathBuf>,
    /// Data folder
    #[arg(long, value_name = "FOLDER")]
    pub data: Option<PathBuf>,
    /// Scenario to play (a name from `qyran city story list`, or a file)
    #[arg(long, value_name = "STORY", default_value = "gentle")]
    pub story: String,
    /// Play no scenario
    #[arg(long, conflicts_with = "story")]
    pub no_story: bool,
}

/// Runs the demo.
///
/// # Errors
/// When footage, city or wall cannot start, or a headless run had feeds that did not live.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let paths = Paths::find(args.config.as_deref(), args.data.as_deref())?;
    let clips = match &args.footage {
        Some(folder) => folder.clone(),
        None => footage::default_dir()?,
    };
    let headless = args.headless || !has_display();
    let mut making = FootageProcess::start(&clips)?;
    let enough = if headless { usize::MAX } else { FIRST_CLIPS };
    making.wait_for(&clips, enough)?;
    let home = paths.data.join("demo-city");
    std::fs::create_dir_all(&home).with_context(|| format!("cannot make {}", home.display()))?;
    if headless {
        let city = CityProcess::start(&clips, &home, 0, 0, Duration::from_secs(20))?;
        return headless::run(args, &paths, &city);
    }
    // Settings that somebody named are theirs; else the demo has its own, as it has its own store.
    let settings = match &args.config {
        Some(folder) => folder.clone(),
        None => home.join("settings"),
    };
    let telling = if args.no_story || args.config.is_some() {
        None
    } else {
        let story = Story::find(&args.story)?;
        Some(Telling::prepare(&args.story, &story, &settings)?)
    };
    // Scripted clips are made at the first time: some seconds a scene.
    let patience = Duration::from_secs(120);
    let city = CityProcess::start_telling(&clips, &home, telling.as_ref(), patience)?;
    let wall = app::Args {
        cameras: Some(city.camera_file.clone()),
        lang: args.lang,
        tiles: Some(args.tiles),
        config: Some(settings),
        // The demo's wall is left and found apart from the seat's own.
        data: Some(home),
        demo_people: true,
        ..app::Args::default()
    };
    app::run(&wall)?;
    Ok(())
}

fn has_display() -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    cfg!(not(target_os = "linux")) || set("DISPLAY") || set("WAYLAND_DISPLAY")
}

/// The clips that are there.
pub(crate) fn clips_in(folder: &Path) -> usize {
    std::fs::read_dir(folder).map_or(0, |entries| {
        entries
            .flatten()
            .filter(|entry| {
                let name = entry.file_name();
                let name = name.to_string_lossy();
                name.starts_with("sub-") && name.ends_with(".json")
            })
            .count()
    })
}
