//! `qyran city` on the command line.
#![expect(clippy::print_stdout, reason = "this is a command's output")]

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args as ClapArgs, Subcommand};

use super::control::FaultWish;
use super::fault::Fault;
use super::story::play::Door;
use super::story::{self, Story};
use super::{City, Options, footage, roster, serve};
use crate::link::http;

/// The control's port when nobody says.
const CONTROL_PORT: u16 = 8555;

/// Arguments of `qyran city`.
#[derive(Debug, ClapArgs)]
pub struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    /// Footage folder [default: footage-v1 in the user cache]
    #[arg(long, value_name = "FOLDER")]
    footage: Option<PathBuf>,
    /// Write the camera file (CSV) for a wall here, and passwords.toml beside it
    #[arg(long, value_name = "FILE")]
    write_cameras: Option<PathBuf>,
    /// Exit when standard input closes
    #[arg(long)]
    until_stdin_closes: bool,
    /// RTSP port on 127.0.0.1 (0 = any free port)
    #[arg(long, default_value_t = 8554)]
    rtsp_port: u16,
    /// Control port on 127.0.0.1 (0 = any free port)
    #[arg(long, default_value_t = CONTROL_PORT)]
    control_port: u16,
    /// Send H.264 with bare parameter sets (no VUI), as most cameras do
    #[arg(long)]
    bare: bool,
    /// Number of cameras
    #[arg(long, default_value_t = roster::NUM_CAMERAS)]
    cameras: usize,
    /// Play this scenario (a name from `qyran city story list`, or a file)
    #[arg(long, value_name = "STORY")]
    story: Option<String>,
    /// Event intake URL of the wall; the scenario starts when it answers
    #[arg(long, value_name = "URL", requires = "events_token")]
    events: Option<String>,
    /// Token file for the event intake (events.token in the wall's settings folder)
    #[arg(long, value_name = "FILE", requires = "events")]
    events_token: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Prepare the footage (only what is missing)
    Footage(footage::Args),
    /// Inject or clear a fault in a running city
    Fault {
        /// Camera ID (cam-001 …) or `all`
        camera: String,
        /// Fault to inject; `none` clears it
        fault: Fault,
        /// Duration in seconds [default: until the next fault]
        #[arg(long)]
        seconds: Option<f64>,
        /// Control address of the running city
        #[arg(long, default_value_t = SocketAddr::from(([127, 0, 0, 1], CONTROL_PORT)))]
        control: SocketAddr,
    },
    /// Scenarios: scripted events in the demo city
    Story(story::Args),
    /// List the cameras of a running city and their state
    Cameras {
        /// Control address of the running city
        #[arg(long, default_value_t = SocketAddr::from(([127, 0, 0, 1], CONTROL_PORT)))]
        control: SocketAddr,
    },
}

/// Serves the city until it is interrupted, or talks to one that is running.
///
/// # Errors
/// When a port is taken, no city answers, or the city refuses.
pub fn run(args: Args) -> anyhow::Result<()> {
    if let Some(Command::Footage(args)) = args.command {
        return footage::run(args);
    }
    // One thread is enough: sending is all there is to do.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the city's runtime")?;
    runtime.block_on(async {
        match args.command {
            // Making footage needs no runtime and was dealt with above.
            None | Some(Command::Footage(_)) => {
                let options = Options {
                    footage: match args.footage {
                        Some(folder) => folder,
                        None => footage::default_dir()?,
                    },
                    rtsp_port: args.rtsp_port,
                    control_port: args.control_port,
                    cameras: args.cameras,
                    door: args
                        .events
                        .zip(args.events_token)
                        .map(|(url, token)| Door { url, token }),
                };
                let story = args.story.as_deref().map(Story::find).transpose()?;
                let city = serve(options).await?;
                if args.bare {
                    city.be_bare();
                }
                if let Some(file) = args.write_cameras {
                    city.write_cameras(&file)?;
                }
                if let Some(story) = story {
                    city.tell(story).await;
                }
                println!(
                    "{} cameras at rtsp://{}/cam-001/sub …, control at http://{}",
                    args.cameras, city.rtsp_addr, city.control_addr
                );
                serve_until_interrupted(city, args.until_stdin_closes).await
            }
            Some(Command::Fault {
                camera,
                fault,
                seconds,
                control,
            }) => {
                let wish = FaultWish {
                    camera,
                    fault: fault.word().into(),
                    seconds,
                };
                let _done: serde_json::Value =
                    http::post_json(&format!("http://{control}/fault"), &wish).await?;
                match seconds {
                    Some(seconds) => println!("{}: {} for {seconds} s", wish.camera, wish.fault),
                    None => println!("{}: {}", wish.camera, wish.fault),
                }
                Ok(())
            }
            Some(Command::Story(args)) => story::run(&args).await,
            Some(Command::Cameras { control }) => {
                let cameras = http::get_json(&format!("http://{control}/cameras")).await?;
                print!("{}", table(&cameras));
                Ok(())
            }
        }
    })
}

async fn serve_until_interrupted(city: City, until_stdin_closes: bool) -> anyhow::Result<()> {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
        .context("cannot listen for signals")?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted.context("cannot listen for signals")?,
        _ = terminate.recv() => {}
        () = stdin_closed(), if until_stdin_closes => {}
    }
    city.shutdown().await;
    Ok(())
}

/// Waits until standard input ends. A thread of its own reads it: it cannot be waited for in any
/// other way on every system.
async fn stdin_closed() {
    let (closed, ended) = tokio::sync::oneshot::channel();
    let reading = crate::base::threads::spawn("stdin", move || {
        // An error is an end as well.
        std::io::copy(&mut std::io::stdin(), &mut std::io::sink()).ok();
        closed.send(()).ok(); // nobody waits when the city ended first
    });
    if reading.is_err() || ended.await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// One line a camera.
fn table(cameras: &serde_json::Value) -> String {
    use std::fmt::Write as _;
    let mut text = String::from("camera   sub    main   fault           sessions  frames\n");
    let word = |value: &serde_json::Value| value.as_str().unwrap_or("–").to_owned();
    for camera in cameras.as_array().into_iter().flatten() {
        let sessions = camera["sessions"].as_array().map_or(&[][..], Vec::as_slice);
        let frames: u64 = sessions
            .iter()
            .filter_map(|session| session["frames_sent"].as_u64())
            .sum();
        writeln!(
            text,
            "{:<8} {:<6} {:<6} {:<15} {:>8} {:>7}",
            word(&camera["id"]),
            word(&camera["sub"]["codec"]),
            word(&camera["main"]["codec"]),
            word(&camera["fault"]),
            sessions.len(),
            frames,
        )
        .ok(); // Writing to a string cannot fail.
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{CommandFactory, Parser};

    #[derive(Debug, Parser)]
    struct Program {
        #[command(flatten)]
        args: Args,
    }

    #[test]
    fn the_command_line_is_sound() {
        Program::command().debug_assert();
        let parse = |line: &str| Program::try_parse_from(line.split(' '));
        parse("city --footage /f --rtsp-port 0 --control-port 0 --cameras 3 --bare").unwrap();
        parse("city fault cam-003 wrong_password --seconds 5").unwrap();
        parse("city fault all reboot --control 127.0.0.1:9").unwrap();
        parse("city cameras").unwrap();
        parse("city --story gentle --events http://127.0.0.1:1 --events-token /t").unwrap();
        assert!(parse("city --events http://127.0.0.1:1").is_err());
        parse("city story list").unwrap();
        parse("city story tell flood --control 127.0.0.1:9").unwrap();
        assert!(parse("city fault cam-003 on_fire").is_err());
    }

    #[test]
    fn cameras_are_listed() {
        let cameras = serde_json::json!([
            {"id": "cam-001", "sub": {"codec": "h264"}, "main": {"codec": null}, "fault": "none",
             "sessions": [{"frames_sent": 3}, {"frames_sent": 4}]},
        ]);
        let table = table(&cameras);
        let words: Vec<_> = table.lines().nth(1).unwrap().split_whitespace().collect();
        assert_eq!(words, ["cam-001", "h264", "–", "none", "2", "7"]);
    }
}
