//! `qyran wall`: from the command line to the open window.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering::Acquire;
use std::time::Duration;

use eframe::egui;
use tracing::{info, warn};

use super::camera_file::{self, CameraFile, Refused, Why};
use super::crops::Crops;
use super::eyes::Detecting;
use super::left::{self, Keeper};
use super::measure::Measure;
use super::pacer::Pacer;
use super::passwords;
use super::program::{App, Device, Parts};
use super::remembered;
use super::seat::opening;
use super::sounds::Sounds;
use super::spans::Spans;
use super::state::{Notice, State};
use super::watchdog::{Cause, EXIT_DEVICE_LOST, EXIT_NOT_STARTED, Watched};
use crate::base::clock;
use crate::gpu;
use crate::media;
use crate::media::apart::Workers;
use crate::media::inventory::Inventory;
use crate::media::live::{Live, Options};
use crate::media::source::SystemOpener;
use crate::model::camera::{Camera, CameraId, Credentials, Password};
use crate::model::stream_url::StreamUrl;
use crate::store::cameras::{self, Encoding, RowError};
use crate::store::certificates::KnownCertificates;
use crate::store::journal::Journal;
use crate::store::paths::{NoHome, Paths};
use crate::store::secrets::keyring::{self, Asked};
use crate::store::secrets::{Secrets, SecretsError};
use crate::store::settings::Settings;
use crate::store::wall::WallState;
use crate::words::{Language, Words};

/// Repaints a second where the processor draws: a third more than the 15 pictures a second of small
/// streams, so that two that arrive close together both get their turn when a paint is late, too.
const SOFTWARE_HZ: f32 = 20.0;
/// Repaints a second where a GPU draws.
const HARDWARE_HZ: f32 = 60.0;

/// Open the video wall
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Args {
    /// Camera file (.csv or .toml)
    #[arg(long, value_name = "FILE")]
    pub cameras: Option<PathBuf>,
    /// Password file [default: passwords.toml next to the camera file, else in the settings folder]
    #[arg(long, value_name = "FILE")]
    pub passwords: Option<PathBuf>,
    /// Encoding of a camera file that is not UTF-8: utf-16, cp1251 or kz1048
    #[arg(long, value_name = "ENCODING")]
    pub encoding: Option<Encoding>,
    /// Streams to open instead of a camera file (rtsp://…, file:///…, test:smpte)
    #[arg(value_name = "ADDRESS")]
    pub addresses: Vec<StreamUrl>,
    /// Read addresses from standard input, one per line, until an empty line
    #[arg(long)]
    pub addresses_on_stdin: bool,
    /// Interface language: kk, ru or en [default: as in the settings]
    #[arg(long, value_name = "LANGUAGE")]
    pub lang: Option<Language>,
    /// Maximum tiles per page
    #[arg(long, value_name = "N")]
    pub tiles: Option<usize>,
    /// Start full-screen
    #[arg(long)]
    pub full_screen: bool,
    /// Window size, as WIDTHxHEIGHT
    #[arg(long, value_name = "SIZE", value_parser = window_size)]
    pub window: Option<(f32, f32)>,
    /// Maximum repaints per second
    #[arg(long, value_name = "HZ")]
    pub paint_hz: Option<f32>,
    /// Exit after this many seconds
    #[arg(long, value_name = "SECONDS")]
    pub exit_after: Option<f64>,
    /// Write performance figures to this JSON file on exit (measuring starts after 10 s)
    #[arg(long, value_name = "FILE")]
    pub measure: Option<PathBuf>,
    /// Start measuring after this many seconds [default: 10]
    #[arg(long, value_name = "SECONDS", requires = "measure")]
    pub measure_after: Option<f64>,
    /// Write the figures after measuring this many seconds; keep running
    #[arg(long, value_name = "SECONDS", requires = "measure")]
    pub measure_seconds: Option<f64>,
    /// Settings folder
    #[arg(long, value_name = "FOLDER")]
    pub config: Option<PathBuf>,
    /// Data folder
    #[arg(long, value_name = "FOLDER")]
    pub data: Option<PathBuf>,
    /// Centre store (postgres://user@host/database?sslrootcert=FILE); password from
    /// QYRAN_STORE_PASSWORD
    #[arg(long, value_name = "ADDRESS")]
    pub store: Option<String>,
    /// Name of this seat
    #[arg(long, value_name = "NAME")]
    pub seat: Option<String>,
    /// Run without sign-in and without storing anything: anyone may do everything
    #[arg(long, conflicts_with_all = ["store", "seat"])]
    pub open_seat: bool,
    /// Make the people of the demonstration where nobody is there yet
    #[arg(long, hide = true)]
    pub demo_people: bool,
    /// Do not restart the wall automatically after a crash
    #[arg(long)]
    pub no_watchdog: bool,
    /// Another process watches this one
    #[arg(long, hide = true)]
    pub watched: bool,
    /// The wall was started again, for this cause
    #[arg(long, hide = true, value_name = "CAUSE")]
    pub restarted: Option<Cause>,
    /// Give the graphics device up after so many seconds, once
    #[arg(long, hide = true, value_name = "SECONDS")]
    pub lose_device_after: Option<f64>,
}

impl Args {
    /// Whether this process is to be the watchdog of the wall, not the wall.
    pub fn wants_watchdog(&self) -> bool {
        !self.no_watchdog && !self.watched
    }

    /// The exit code of a wall that ended with `error`. To its watchdog it says more.
    pub fn exit_code(&self, error: &StartError) -> u8 {
        match (self.watched, error) {
            (false, _) => 1,
            (true, StartError::DeviceLost) => EXIT_DEVICE_LOST,
            (true, _) => EXIT_NOT_STARTED,
        }
    }
}

fn window_size(text: &str) -> Result<(f32, f32), String> {
    let parts = text
        .split_once('x')
        .and_then(|(w, h)| Some((w.parse().ok()?, h.parse().ok()?)));
    parts
        .filter(|(w, h)| *w >= 320.0 && *h >= 200.0)
        .ok_or_else(|| "as in 1920x1080".to_owned())
}

/// The wall cannot open, or cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// No folders.
    #[error(transparent)]
    NoHome(#[from] NoHome),
    /// The password file.
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    /// GStreamer.
    #[error(transparent)]
    Media(#[from] media::InitError),
    /// Threads.
    #[error(transparent)]
    Live(#[from] media::live::StartError),
    /// No display to open a window on.
    #[error("{0}")]
    NoDisplay(String),
    /// The window or the GPU.
    #[error("{0}")]
    Window(String),
    /// The GPU, in mid-work.
    #[error("the graphics device was lost")]
    DeviceLost,
    /// The watchdog's pipes.
    #[error("the watchdog cannot be told that the wall lives: {0}")]
    Watchdog(#[source] std::io::Error),
}

/// Runs the wall until its window closes.
///
/// # Errors
/// When it cannot open; the text says what is missing and what to do.
pub fn run(args: &Args) -> Result<(), StartError> {
    let started = clock::now();
    let paths = Paths::find(args.config.as_deref(), args.data.as_deref())?;
    let (mut settings, warnings) = Settings::read(&paths.settings_file());
    if let Some(language) = args.lang {
        settings.language = language;
    }
    if let Some(tiles) = args.tiles {
        settings.tiles_per_page = tiles.clamp(1, 400);
    }
    let words = Words::new(settings.language);
    require_display(words)?;
    let asked = Asked::begin(keyring::system(keyring::SHORT_PATIENCE));
    media::init()?;
    let connections_per_host = settings.connections_per_host;
    let decoder_processes = settings.decoder_processes;
    let certificates = Arc::new(KnownCertificates::of(&paths.config));
    let memory = Arc::new(super::certificates::Memory(certificates));
    let opener = SystemOpener::remembering(settings.camera_certificates, memory)
        .with_plain_passwords(settings.camera_plain_passwords)
        .with_files_read_by(Workers::of_this_program());
    let (mut secrets, keyring_notice) = passwords::of_keyring(asked.wait(), words);
    secrets.extend(Secrets::read(&paths.passwords_file())?);
    let own_file = settings
        .cameras
        .as_ref()
        .filter(|_| args.addresses.is_empty())
        .map(|file| paths.config.join(file));
    let cameras_file = args.cameras.clone().or(own_file);
    let encoding = args.encoding.or(settings.cameras_encoding);
    let (cameras, read) = load((cameras_file.as_deref(), encoding), args, &mut secrets)?;
    let (errors, refused) = match read {
        Ok(errors) => (errors, None),
        Err(refused) => (Vec::new(), Some(refused)),
    };
    info!(
        cameras = cameras.len(),
        bad_rows = cameras::rows_left_out(&errors),
        refused = refused.is_some(),
        "camera list read"
    );
    let mut state = State::new(cameras, settings);
    if let Some(Refused {
        why: Why::Rows(errors),
        ..
    }) = &refused
    {
        log_rows(errors);
    }
    state.refused = refused;
    let wall_file = paths.wall_file();
    let left = WallState::read(&wall_file).unwrap_or_else(|error| {
        warn!(file = %wall_file.display(), %error, "the wall does not open as it was left");
        WallState::default()
    });
    left::bring_back(&mut state, &left);
    // A wall that failed comes back as it was; one that somebody starts, as that one says.
    state.full_screen = if args.restarted.is_some() {
        left.full_screen
    } else {
        left.full_screen || args.full_screen
    };
    if let Some(cause) = args.restarted {
        let zone = jiff::tz::TimeZone::system();
        let time = crate::words::time(clock::wall_now(), &zone);
        warn!(%cause, "the wall was restarted");
        state.notices.push(Notice::Text(cause.told(words, &time)));
    }
    state.notices.extend(keyring_notice.map(Notice::Text));
    for warning in warnings {
        warn!(key = %warning.key, problem = %warning.problem, "settings");
        let text = format!(
            "{} {}: {}",
            paths.settings_file().display(),
            warning.key,
            warning.problem
        );
        state.notices.push(Notice::Text(text));
    }
    for element in Inventory::take()?.lacking() {
        warn!(
            element = element.name,
            package = element.package,
            "a GStreamer element is missing"
        );
        let values = [
            ("element", element.name.into()),
            ("package", element.package.into()),
        ];
        state
            .notices
            .push(Notice::Text(words.with("error-missing-element", &values)));
    }
    if !errors.is_empty() {
        log_rows(&errors);
        state.notices.push(Notice::CameraRows(errors));
    }
    let journal_folder = paths.journal();
    let remembered = remembered::day(&journal_folder, clock::wall_now());
    state.histories = remembered.histories;
    state.eyes.counts = remembered.counts;
    let journal = match Journal::open(&journal_folder) {
        Ok(journal) => Some(journal),
        Err(error) => {
            warn!(%error, folder = %journal_folder.display(), "the journal of states is not written");
            let text = format!("{}: {error}", journal_folder.display());
            state.notices.push(Notice::Text(text));
            None
        }
    };
    let pacer = Arc::new(Pacer::new(args.paint_hz.unwrap_or(HARDWARE_HZ)));
    let desk = opening::open(args, &paths, &mut state, words, &pacer);
    let waker = Arc::clone(&pacer);
    let ring_bytes = u64::from(state.settings.ring_mib) << 20;
    let options = Options {
        connections_per_host,
        ring_bytes,
        ..if decoder_processes {
            Options::of_this_program()
        } else {
            Options::default()
        }
    };
    let (live, events) = Live::start(&options, Arc::new(opener), Arc::new(move || waker.wake()))?;
    let after = |secs: f64| started + Duration::from_secs_f64(secs.clamp(0.0, 1e6));
    let exit_at = args.exit_after.map(after);
    let lose_device_at = args
        .lose_device_after
        .filter(|_| args.restarted.is_none())
        .map(after);
    let measure = args
        .measure
        .clone()
        .map(|file| Measure::new(file, args.measure_after, args.measure_seconds));
    let watched = if args.watched {
        let waker = Arc::clone(&pacer);
        Some(Watched::start(move || waker.wake()).map_err(StartError::Watchdog)?)
    } else {
        None
    };
    let detectors = state.settings.detectors.clone();
    let spans = desk
        .as_ref()
        .and_then(|_| Spans::start(&paths.spans(), &pacer));
    // Where nothing is kept, nothing calls.
    let sounds = if args.open_seat {
        None
    } else {
        Sounds::start(&paths, &mut state, &pacer)
    };
    let detecting = Detecting::start(&detectors, &paths, &mut state, &pacer);
    let device = Arc::new(Device::default());
    let viewport = viewport(args, &state, &left);
    let parts = Parts {
        state,
        live,
        events,
        secrets,
        pacer: Arc::clone(&pacer),
        settings_file: Some(paths.settings_file()),
        journal,
        measure,
        crops: Crops::new(paths.stills(), &pacer),
        camera_file: cameras_file.map(CameraFile::new),
        exit_at,
        keeper: Keeper::new(wall_file, left),
        watched,
        lose_device_at,
        device: Arc::clone(&device),
        desk,
        detecting,
        sounds,
        spans,
    };
    let native = eframe::NativeOptions {
        viewport,
        renderer: eframe::Renderer::Wgpu,
        wgpu_options: gpu::adapter_choice(),
        ..Default::default()
    };
    let fixed_rate = args.paint_hz.is_some();
    let run = || {
        eframe::run_native(
            "Qyran",
            native,
            Box::new(move |creation| {
                let adapter = creation
                    .wgpu_render_state
                    .as_ref()
                    .map(|r| gpu::AdapterSummary::of(&r.adapter));
                if let Some(adapter) = &adapter {
                    info!(name = %adapter.name, backend = %adapter.backend, driver = %adapter.driver, "graphics adapter");
                    parts.live.make_exact_pixels(adapter.is_software());
                    if adapter.is_software() {
                        // Smoothed edges are many thin triangles, which a rasteriser in software
                        // pays for one by one.
                        creation
                            .egui_ctx
                            .tessellation_options_mut(|options| options.feathering = false);
                        if !fixed_rate {
                            pacer.set_rate(SOFTWARE_HZ);
                        }
                    }
                }
                Ok(Box::new(App::new(parts, creation)))
            }),
        )
    };
    // Without a device the painter panics at the next buffer; that is no fault of its own.
    match std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)) {
        Ok(ended) => ended.map_err(|error| window_error(&error, words))?,
        Err(_panic) if device.lost.load(Acquire) => return Err(StartError::DeviceLost),
        Err(panic) => std::panic::resume_unwind(panic),
    }
    if device.given_up.load(Acquire) {
        return Err(StartError::DeviceLost);
    }
    Ok(())
}

/// The window: as it was left, unless the command line says how large.
fn viewport(args: &Args, state: &State, left: &WallState) -> egui::ViewportBuilder {
    let mut viewport = egui::ViewportBuilder::default()
        .with_title("Qyran")
        .with_app_id("kz.qyran.Qyran")
        .with_inner_size([1600.0, 900.0])
        .with_min_inner_size([480.0, 270.0])
        .with_fullscreen(state.full_screen);
    match (args.window, left.window) {
        (Some((width, height)), _) if args.restarted.is_none() => {
            viewport = viewport.with_inner_size([width, height]);
        }
        (given, window) => {
            let size = window.map(|window| (window.width, window.height));
            if let Some((width, height)) = size.or(given) {
                viewport = viewport.with_inner_size([width, height]);
            }
            if let Some((x, y)) = window.and_then(|window| window.x.zip(window.y)) {
                viewport = viewport.with_position([x, y]);
            }
            viewport = viewport.with_maximized(left.maximised);
        }
    }
    viewport
}

fn log_rows(errors: &[RowError]) {
    for error in errors {
        warn!(row = error.row, field = %error.field, problem = ?error.problem, "camera file");
    }
}

/// Cameras, and the rows of the camera file that are wrong, or why it is refused.
type Loaded = (Vec<Camera>, Result<Vec<RowError>, Refused>);

/// The cameras of the command line and the passwords that go with them, and what is wrong with the
/// camera file.
fn load(
    (file, encoding): (Option<&Path>, Option<Encoding>),
    args: &Args,
    secrets: &mut Secrets,
) -> Result<Loaded, StartError> {
    let mut list = Vec::new();
    let mut errors = Ok(Vec::new());
    if let Some(file) = file {
        errors = camera_file::read(file, encoding).map(|loaded| {
            list = loaded.cameras;
            loaded.errors
        });
        let beside = file.with_file_name("passwords.toml");
        secrets.extend(Secrets::read(args.passwords.as_ref().unwrap_or(&beside))?);
    } else if let Some(file) = &args.passwords {
        secrets.extend(Secrets::read(file)?);
    }
    for (index, address) in args.addresses.iter().enumerate() {
        let Ok(id) = CameraId::new(format!("address-{}", index + 1)) else {
            continue;
        };
        let mut url = address.reveal().clone();
        if let Some(password) = url.password() {
            let user = percent_decoded(url.username());
            secrets.set_camera(
                &id,
                Credentials {
                    user,
                    password: Password::new(percent_decoded(password)),
                },
            );
        }
        // An address without a host takes no user; then there is none to remove.
        url.set_username("").ok();
        url.set_password(None).ok();
        list.push(Camera::from_url(id, url.into()));
    }
    Ok((list, errors))
}

fn percent_decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(text)
        .decode_utf8_lossy()
        .into_owned()
}

fn require_display(words: Words) -> Result<(), StartError> {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if cfg!(target_os = "linux") && !set("DISPLAY") && !set("WAYLAND_DISPLAY") {
        let text = format!(
            "{}. {}",
            words.get("error-no-display"),
            words.get("error-no-display-hint")
        );
        return Err(StartError::NoDisplay(text));
    }
    Ok(())
}

fn window_error(error: &eframe::Error, words: Words) -> StartError {
    let text = match error {
        eframe::Error::Wgpu(error) => {
            let hint = words.with(
                "error-no-gpu-hint",
                &[("package", "mesa-vulkan-drivers".into())],
            );
            format!("{}. {hint} ({error})", words.get("error-no-gpu"))
        }
        other => {
            let hint = words.get("error-no-display-hint");
            format!("{}. {hint} ({other})", words.get("error-no-display"))
        }
    };
    StartError::Window(text)
}
