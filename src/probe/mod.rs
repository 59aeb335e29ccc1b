//! `qyran probe`: what a camera says, step by step, and what the wall would show of it; and a small
//! report of that which a firm can be sent.
#![expect(clippy::print_stdout, reason = "the output of a command")]

use std::fmt::Write as _;
use std::io::{self, IsTerminal as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use parking_lot::Mutex;

use crate::media;
use crate::media::source::Address;
use crate::media::source::probe::{ProbeReport, ProbeStep, probe};
use crate::model::camera::{Credentials, Password};
use crate::model::condition::Reason;
use crate::model::redact;
use crate::store::paths::Paths;
use crate::store::secrets::Secrets;
use crate::store::settings::Settings;
use crate::words::{Language, Words};

/// Connect to a camera and report step by step what it answers, sends and needs
#[derive(clap::Args, Clone, Debug)]
pub struct Args {
    /// Address of the stream: rtsp://10.1.2.3/stream1 (rtspu: UDP, rtsps: TLS, rtsph: through HTTP);
    /// `-` reads it from standard input, where others cannot see what it hides
    #[arg(value_name = "ADDRESS")]
    address: String,
    /// User name; the password is the stored one of the host, else it is prompted for or read from
    /// standard input
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// Test duration, s
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0)]
    seconds: f64,
    /// Also write the report to this file (without address path, user name and password)
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Settings folder
    #[arg(long, value_name = "FOLDER")]
    config: Option<PathBuf>,
    /// Password file [default: passwords.toml in the settings folder]
    #[arg(long, value_name = "FILE")]
    passwords: Option<PathBuf>,
    /// Output language: kk, ru or en [default: system language, else en]
    #[arg(long, value_name = "LANGUAGE")]
    lang: Option<Language>,
}

/// Looks and prints; false when no stream came.
///
/// # Errors
/// When it cannot even be tried.
pub fn run(args: Args) -> anyhow::Result<bool> {
    let words = Words::new(args.lang.unwrap_or_else(Language::of_the_system));
    anyhow::ensure!(
        args.seconds.is_finite() && (0.5..=3600.0).contains(&args.seconds),
        "--seconds must be from 0.5 to 3600"
    );
    let paths = Paths::find(args.config.as_deref(), None)?;
    let (settings, _warnings) = Settings::read(&paths.settings_file());
    media::init()?;
    let address = address_of(&args, &paths, words)?;
    let lines = Arc::new(Mutex::new(String::new()));
    let head = words.with(
        "probe-head",
        &[
            ("host", address.host_key().into()),
            ("scheme", address.url.scheme().to_owned().into()),
        ],
    );
    say(&lines, &head);
    let told = Arc::clone(&lines);
    let seen = probe(
        address,
        settings.camera_plain_passwords,
        Duration::from_secs_f64(args.seconds),
        move |step| say(&told, &step_line(&step, words)),
    );
    let is_good = match &seen {
        Ok(report) => {
            say(&lines, &report_lines(report, words));
            report.pictures > 0
        }
        Err(reason) => {
            say(&lines, &reason_lines(reason, words));
            false
        }
    };
    if let Some(file) = &args.report {
        std::fs::write(file, lines.lock().as_str())
            .with_context(|| format!("{}", file.display()))?;
        println!(
            "{}",
            words.with(
                "probe-written",
                &[("file", file.display().to_string().into())]
            )
        );
    }
    Ok(is_good)
}

fn say(lines: &Mutex<String>, text: &str) {
    println!("{text}");
    let mut lines = lines.lock();
    lines.push_str(text);
    lines.push('\n');
}

/// The address without what is secret, and the log-in beside it.
fn address_of(args: &Args, paths: &Paths, words: Words) -> anyhow::Result<Address> {
    let written = if args.address == "-" {
        read_line()?
    } else {
        args.address.clone()
    };
    let mut url: url::Url = written
        .parse()
        .with_context(|| format!("{} is no address", redact::address(&written)))?;
    let in_address = (!url.username().is_empty()).then(|| {
        let decode = |text: &str| {
            percent_encoding::percent_decode_str(text)
                .decode_utf8_lossy()
                .into_owned()
        };
        (decode(url.username()), url.password().map(decode))
    });
    if url.host_str().is_some() {
        // An address without a host cannot have a log-in either.
        url.set_username("").ok();
        url.set_password(None).ok();
    }
    let file = args
        .passwords
        .clone()
        .unwrap_or_else(|| paths.passwords_file());
    let kept = Secrets::read(&file)?.for_host(&url);
    let user = args
        .user
        .clone()
        .or_else(|| in_address.as_ref().map(|(user, _)| user.clone()));
    let credentials = match (user, in_address.and_then(|(_, password)| password), kept) {
        (Some(user), Some(password), _) => Some(Credentials {
            user,
            password: Password::new(password),
        }),
        (Some(user), None, Some(kept)) if kept.user.is_empty() || kept.user == user => {
            Some(Credentials { user, ..kept })
        }
        (Some(user), None, _) => Some(Credentials {
            user,
            password: Password::new(read_password(words)?),
        }),
        (None, _, kept) => kept,
    };
    Ok(Address {
        url: url.into(),
        credentials,
    })
}

fn read_password(words: Words) -> anyhow::Result<String> {
    if io::stdin().is_terminal() {
        return rpassword::prompt_password(words.get("probe-password"))
            .context("no password was given");
    }
    read_line()
}

fn read_line() -> anyhow::Result<String> {
    let mut line = String::new();
    io::stdin().read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

fn step_line(step: &ProbeStep, words: Words) -> String {
    match step {
        ProbeStep::Connected { peer, certificate } => {
            let line = words.with("probe-connected", &[("peer", peer.to_string().into())]);
            match certificate {
                Some(print) => {
                    let values = [("fingerprint", print.clone().into())];
                    format!("{line}\n  {}", words.with("probe-certificate", &values))
                }
                None => line,
            }
        }
        ProbeStep::Answered {
            method,
            status,
            took,
        } => words.with(
            "probe-answered",
            &[
                ("method", (*method).into()),
                ("status", status.to_string().into()),
                ("ms", words.number(took.as_secs_f64() * 1e3, 0).into()),
            ],
        ),
        ProbeStep::Offered {
            medium,
            codec,
            is_known,
        } => {
            let values = [
                ("medium", words.get(medium).into_owned().into()),
                ("codec", codec.clone().into()),
            ];
            let key = if *is_known {
                "probe-offered"
            } else {
                "probe-offered-unknown"
            };
            format!("  {}", words.with(key, &values))
        }
        ProbeStep::Overlooked(leniency) => format!("  {}", leniency_line(leniency, None, words)),
    }
}

fn leniency_line(leniency: &str, count: Option<u32>, words: Words) -> String {
    let what = words.get(&format!("leniency-{leniency}")).into_owned();
    match count {
        Some(count) => words.with(
            "probe-overlooked-often",
            &[("what", what.into()), ("count", count.into())],
        ),
        None => words.with("probe-overlooked", &[("what", what.into())]),
    }
}

/// Why there is no stream, whose matter that is, and what can be done.
fn reason_lines(reason: &Reason, words: Words) -> String {
    let mut text = words.with(
        "probe-no-stream",
        &[("reason", words.get(reason.key()).into_owned().into())],
    );
    if let Some(detail) = reason.detail() {
        write!(text, " ({detail})").ok(); // a string takes everything
    }
    let matter = words.get(reason.matter().key()).into_owned();
    let advice = words.get(reason.advice_key()).into_owned();
    format!("{text}\n  {matter}. {advice}")
}

fn report_lines(report: &ProbeReport, words: Words) -> String {
    let mut lines = Vec::new();
    let number = |value: f64, digits| words.number(value, digits);
    let seconds = report.span.as_secs_f64().max(0.001);
    let unknown = || words.get("probe-not-told").into_owned();
    let transport = if report.is_datagram { "UDP" } else { "TCP" };
    let size = report
        .size
        .map_or_else(unknown, |(width, height)| format!("{width} × {height}"));
    lines.push(
        words.with(
            "probe-stream",
            &[
                (
                    "codec",
                    report
                        .codec
                        .map_or_else(unknown, |codec| codec.name().to_owned())
                        .into(),
                ),
                ("size", size.into()),
                ("transport", transport.into()),
            ],
        ),
    );
    let told = report
        .told_rate_hz
        .map_or_else(unknown, |rate| number(f64::from(rate), 1));
    lines.push(words.with(
        "probe-rate",
        &[
            ("rate", number(report.units as f64 / seconds, 1).into()),
            ("told", told.into()),
            (
                "kbit",
                number(report.bytes as f64 * 8.0 / seconds / 1e3, 0).into(),
            ),
        ],
    ));
    let first = |time: Option<Duration>| {
        time.map_or_else(
            || words.get("probe-never").into_owned(),
            |time| {
                words.with(
                    "probe-after",
                    &[("seconds", number(time.as_secs_f64(), 1).into())],
                )
            },
        )
    };
    lines.push(
        words.with(
            "probe-keyframes",
            &[
                ("count", report.keyframes.into()),
                ("first", first(report.first_keyframe).into()),
                (
                    "group",
                    report
                        .longest_group
                        .map_or_else(unknown, |group| number(group as f64, 0))
                        .into(),
                ),
            ],
        ),
    );
    lines.push(words.with(
        "probe-pictures",
        &[
            ("count", report.pictures.into()),
            ("disturbed", report.disturbed.into()),
            ("first", first(report.first_picture).into()),
            (
                "decoder",
                report.decoder.clone().unwrap_or_else(unknown).into(),
            ),
        ],
    ));
    lines.push(words.with(
        "probe-loss",
        &[
            ("lost", report.lost_packets.into()),
            ("jumps", report.jumps.into()),
        ],
    ));
    lines.push(match report.clock_secs {
        Some(offset) => words.with("probe-clock", &[("seconds", number(offset, 1).into())]),
        None => words.get("probe-no-clock").into_owned(),
    });
    for (leniency, count) in &report.leniencies {
        lines.push(leniency_line(leniency, Some(*count), words));
    }
    if let Some(error) = &report.undecodable {
        lines.push(words.with("probe-undecodable", &[("error", error.clone().into())]));
    }
    if let Some(reason) = &report.ended {
        lines.push(reason_lines(reason, words));
    }
    lines.push(words.get(verdict(report)).into_owned());
    lines.join("\n")
}

/// What the wall will show of it.
fn verdict(report: &ProbeReport) -> &'static str {
    if report.undecodable.is_some() || (report.pictures == 0 && report.keyframes > 0) {
        "probe-shows-nothing"
    } else if report.pictures == 0 {
        "probe-shows-waiting"
    } else if report.disturbed * 20 > report.pictures {
        "probe-shows-disturbed"
    } else if report.ended.is_some() {
        "probe-shows-breaks"
    } else {
        "probe-shows-live"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_wall_will_show_follows_from_what_was_seen() {
        let report = |pictures, disturbed, keyframes| ProbeReport {
            keyframes,
            pictures,
            disturbed,
            ..ProbeReport::default()
        };
        assert_eq!(verdict(&report(100, 0, 4)), "probe-shows-live");
        assert_eq!(verdict(&report(100, 30, 4)), "probe-shows-disturbed");
        assert_eq!(verdict(&report(0, 0, 0)), "probe-shows-waiting");
        assert_eq!(verdict(&report(0, 0, 4)), "probe-shows-nothing");
        let ended = ProbeReport {
            ended: Some(Reason::ConnectionClosed),
            ..report(100, 0, 4)
        };
        assert_eq!(verdict(&ended), "probe-shows-breaks");
    }
}
