//! `qyran`: arguments → logging → the chosen command.

use std::io::Write as _;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
#[cfg(target_os = "linux")]
use qyran::media::apart::{MediaArgs, run_media_worker};
#[cfg(target_os = "linux")]
use qyran::media::live::{WorkerArgs, run_worker};
use qyran::{
    app, audit, bench, certificates, city, demo, detect, doctor, emit, keeping, passwords, people,
    probe, trial,
};

use qyran::base::files;
use tracing_subscriber::EnvFilter;

/// Video wall client for police control centres
#[derive(Parser)]
#[command(version, propagate_version = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
#[expect(
    clippy::large_enum_variant,
    reason = "made once, when the program starts"
)]
enum Command {
    /// Open the video wall
    Wall(app::Args),
    /// Start the demo city and a wall showing its cameras
    Demo(demo::Args),
    /// Run the demo city: 64 simulated RTSP cameras
    City(city::Args),
    /// Measure the performance of this seat
    Bench(bench::Args),
    /// Check this seat and report what is missing
    Doctor(doctor::Args),
    /// Run detection rules on a video file
    Detect(trial::Args),
    /// Verify, search and export the tamper-evident audit log
    Audit(audit::Args),
    /// Check, back up and restore the data store; prepare a centre
    Store(keeping::Args),
    /// Print the table of roles and rights
    Roles(people::Args),
    /// Manage camera passwords (system keyring or password file)
    Passwords(passwords::Args),
    /// List trusted camera certificates and remove them
    Certificates(certificates::Args),
    /// Connect to a camera and report step by step what it answers, sends and needs
    Probe(probe::Args),
    /// Send external events to the wall on this machine
    Emit(emit::Args),
    /// Decode for a wall: started by the wall alone
    #[cfg(target_os = "linux")]
    #[command(hide = true)]
    DecodeWorker(WorkerArgs),
    /// Write or read a file for a wall: started by the wall alone
    #[cfg(target_os = "linux")]
    #[command(hide = true)]
    MediaWorker(MediaArgs),
    /// Run a foreign model: started by the program that looks, alone
    #[command(hide = true)]
    ModelWorker,
}

impl Command {
    /// Whether what it writes is its user's alone.
    fn keeps_what_is_nobody_elses(&self) -> bool {
        // Footage and measurements are no secrets, and a database that is started beside has a user of
        // its own.
        !matches!(self, Self::City(_) | Self::Demo(_) | Self::Bench(_))
    }

    /// Whether it is a part of a wall, and who reads its log is the wall.
    fn speaks_to_a_wall(&self) -> bool {
        #[cfg(target_os = "linux")]
        return matches!(
            self,
            Self::DecodeWorker(_) | Self::MediaWorker(_) | Self::ModelWorker
        );
        #[cfg(not(target_os = "linux"))]
        return matches!(self, Self::ModelWorker);
    }
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return refuse(&error),
    };
    if cli.command.keeps_what_is_nobody_elses() {
        files::make_private();
    }
    let filter = EnvFilter::try_from_env("QYRAN_LOG")
        .unwrap_or_else(|_unset| EnvFilter::new("warn,qyran=info"));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    if cli.command.speaks_to_a_wall() {
        // The wall writes its lines into its own log.
        log.with_ansi(false).without_time().init();
    } else {
        log.init();
    }
    let result = match cli.command {
        Command::Wall(args) => return wall(args),
        Command::City(args) => city::run(args),
        Command::Demo(args) => demo::run(&args),
        Command::Bench(args) => match bench::run(&args) {
            Ok(true) => Ok(()),
            Ok(false) => return ExitCode::FAILURE,
            Err(error) => Err(error),
        },
        Command::Doctor(args) => doctor::run(args),
        Command::Detect(args) => trial::run(&args),
        Command::Audit(args) => match audit::run(&args) {
            Ok(true) => Ok(()),
            Ok(false) => return ExitCode::FAILURE,
            Err(error) => Err(error),
        },
        Command::Store(args) => match keeping::run(&args) {
            Ok(true) => Ok(()),
            Ok(false) => return ExitCode::FAILURE,
            Err(error) => Err(error),
        },
        Command::Roles(args) => people::run(&args),
        Command::Passwords(args) => passwords::run(args),
        Command::Certificates(args) => certificates::run(args),
        Command::Probe(args) => match probe::run(args) {
            Ok(true) => Ok(()),
            Ok(false) => return ExitCode::FAILURE,
            Err(error) => Err(error),
        },
        Command::Emit(args) => return emit::run(&args),
        #[cfg(target_os = "linux")]
        Command::DecodeWorker(args) => run_worker(&args).map_err(anyhow::Error::from),
        #[cfg(target_os = "linux")]
        Command::MediaWorker(args) => run_media_worker(&args).map_err(anyhow::Error::from),
        Command::ModelWorker => detect::run_model_worker().map_err(anyhow::Error::from),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Says what is wrong with the command line, or what was asked of it.
fn refuse(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        error.print().ok(); // nobody may read it
        return ExitCode::SUCCESS;
    }
    let said = error.render().to_string();
    let told = app::given::discreet(&said, std::env::args_os().skip(1));
    writeln!(std::io::stderr(), "{}", told.trim_end()).ok(); // likewise
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(1))
}

/// The wall, or the watchdog above it.
fn wall(mut args: app::Args) -> ExitCode {
    let given = match app::given::hide().and_then(|()| app::given::read(&mut args)) {
        Ok(given) => given,
        Err(error) => {
            tracing::error!("{error}");
            return ExitCode::FAILURE;
        }
    };
    if args.wants_watchdog() {
        let input = if args.addresses_on_stdin {
            app::given::written(&given)
        } else {
            String::new()
        };
        let watched =
            app::watchdog::Program::own(input).and_then(|own| app::watchdog::supervise(&own));
        return match watched {
            Ok(code) => ExitCode::from(code),
            Err(error) => {
                tracing::error!("{error}");
                ExitCode::FAILURE
            }
        };
    }
    match app::run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::from(args.exit_code(&error))
        }
    }
}
