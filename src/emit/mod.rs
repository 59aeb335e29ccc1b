//! `qyran emit`: tells a wall of this machine events of the outside world.
//!
//! It reads or builds events, judges their form before anything is sent, sends them in their order,
//! and sends again what the wall could not keep yet. What an event may say is
//! [`crate::model::outside`], how the wall hears it [`crate::link::intake`].
#![expect(clippy::print_stdout, reason = "the output of a command")]

mod build;
mod input;
mod sender;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;

use crate::link::token::Token;
use crate::store::paths::Paths;
use crate::store::settings::Settings;
use build::EventArgs;
use input::Item;
use sender::{Fared, Sender};

/// Everything was kept, now or before.
const ALL_KEPT: u8 = 0;
/// Some are not of the form, of an unknown class, or another stands under their source and id.
const SOME_REFUSED: u8 = 1;
/// The wall was away or busy until the wait ended; not everything was sent.
const NOT_ALL_SENT: u8 = 3;
/// Nothing can be sent: no token, no such file, a door that does not take this sender.
const CANNOT_SEND: u8 = 4;

/// Send external events to the wall on this machine.
///
/// Prints one line for each: kept, repeat, conflict, refused or unsent, its source and its id.
/// Exit status: 0 all are kept, now or before; 1 some are refused or in conflict; 2 the arguments are
/// wrong; 3 the wall was away or busy until --wait ended; 4 nothing can be sent.
#[derive(clap::Args, Clone, Debug)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// JSON file: one event, a list, or one event per line (- = standard input)
    #[arg(value_name = "FILE", conflicts_with = "EventArgs")]
    input: Option<PathBuf>,

    /// Same as FILE
    #[arg(long, value_name = "FILE", conflicts_with_all = ["input", "EventArgs"])]
    file: Option<PathBuf>,

    #[command(flatten)]
    event: EventArgs,

    /// Event intake URL [default: port from the settings]
    #[arg(long, value_name = "URL")]
    to: Option<String>,

    /// Token file [default: events.token in the settings folder]
    #[arg(long, value_name = "FILE")]
    token: Option<PathBuf>,

    /// Settings folder
    #[arg(long, value_name = "FOLDER")]
    config: Option<PathBuf>,

    /// Retry for this many seconds per batch while the wall is unavailable or busy
    #[arg(long, value_name = "SECONDS", default_value_t = 30.0, value_parser = seconds)]
    wait: f64,

    /// Validate the events without sending
    #[arg(long)]
    check: bool,
}

fn seconds(text: &str) -> Result<f64, String> {
    let number: f64 = text.parse().map_err(|_shape| "expected a number")?;
    (0.0..=86_400.0)
        .contains(&number)
        .then_some(number)
        .ok_or_else(|| "expected 0 to 86400".to_owned())
}

/// Does what is asked and prints what became of each event.
pub fn run(args: &Args) -> ExitCode {
    let done = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("no runtime")
        .and_then(|runtime| runtime.block_on(emit(args)));
    let code = done.unwrap_or_else(|error| {
        tracing::error!("{error:#}");
        CANNOT_SEND
    });
    ExitCode::from(code)
}

async fn emit(args: &Args) -> anyhow::Result<u8> {
    let mut items = items(args)?;
    let mut tally = Fared::default();
    let mut sender = if args.check {
        None
    } else {
        Some(sender(args)?)
    };
    // What waits is sent in one request; a stream is sent as it comes.
    while let Some(batch) = items.next_batch()? {
        let mut events = Vec::new();
        for item in batch {
            match item {
                Item::Event(event) => events.push(*event),
                Item::Refused(refusal) => {
                    tally.refused += 1;
                    println!("refused {refusal}");
                }
            }
        }
        match &mut sender {
            None => {
                for event in events {
                    println!("good {} {}", event.source, event.id);
                }
            }
            Some(sender) => {
                let mut say = |line: &str| println!("{line}");
                if !sender.send(events, &mut tally, &mut say).await? {
                    return Ok(NOT_ALL_SENT);
                }
            }
        }
    }
    Ok(if tally.refused > 0 {
        SOME_REFUSED
    } else {
        ALL_KEPT
    })
}

fn items(args: &Args) -> anyhow::Result<input::Items> {
    match args.input.as_ref().or(args.file.as_ref()) {
        Some(path) if path == Path::new("-") => input::Items::standard_input(),
        Some(path) => input::Items::file(path),
        None => Ok(input::Items::one(args.event.build()?)),
    }
}

fn sender(args: &Args) -> anyhow::Result<Sender> {
    // The folders are asked for only where something is to be found there.
    let paths = || Paths::find(args.config.as_deref(), None);
    let url = if let Some(url) = &args.to {
        url.clone()
    } else {
        let (settings, _) = Settings::read(&paths()?.settings_file());
        let port = settings.events_port;
        anyhow::ensure!(port != 0, "the settings hear no events (events_port = 0)");
        format!("http://127.0.0.1:{port}")
    };
    let file = match &args.token {
        Some(file) => file.clone(),
        None => paths()?.events_token(),
    };
    let token = Token::read(&file).context("the wall makes its token when it starts")?;
    Ok(Sender::new(url, token, Duration::from_secs_f64(args.wait)))
}

#[cfg(test)]
mod tests;
