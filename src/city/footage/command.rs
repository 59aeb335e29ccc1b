//! `qyran city footage`.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::time::Duration;

use super::prepare::{Options, Progress, prepare};

/// Prepare the footage (only what is missing)
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Footage folder [default: footage-v1 in the user cache]
    #[arg(long, value_name = "FOLDER")]
    pub dir: Option<PathBuf>,
    /// Prepare only the first N sub-streams
    #[arg(long, value_name = "N")]
    pub first: Option<usize>,
    /// Look for source clips in this folder first
    #[arg(long, value_name = "FOLDER")]
    pub sources: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Runs `qyran city footage`.
///
/// # Errors
/// When footage cannot be made; the message says what to do.
pub fn run(args: Args) -> anyhow::Result<()> {
    let dir = match args.dir {
        Some(dir) => dir,
        None => super::default_dir()?,
    };
    let mut options = Options::new(dir)?;
    options.first = args.first;
    if let Some(sources) = args.sources {
        options.sources.insert(0, sources);
    }
    let mut line = ProgressLine::new();
    let result = prepare(&options, &mut |progress| line.show(&progress));
    line.end();
    let report = result?;
    say(&if args.json {
        serde_json::json!({
            "folder": options.dir,
            "clips": report.all,
            "made": report.made,
            "kept": report.kept,
            "seconds": report.took.as_secs_f64(),
            "bytes": report.bytes,
        })
        .to_string()
    } else if report.made == 0 {
        format!("Footage: all {} clips are there", report.all)
    } else {
        format!(
            "Footage: {} clips, {:.0} MB, made in {:.0} s",
            report.all,
            report.bytes as f64 / 1e6,
            report.took.as_secs_f64()
        )
    });
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the result of a command")]
fn say(text: &str) {
    println!("{text}");
}

/// One line on standard error that is written over; in a log, one line for each tenth of the way.
pub(super) struct ProgressLine {
    terminal: bool,
    tenths: usize,
    open: bool,
}

impl ProgressLine {
    /// Looks whether standard error is a terminal.
    pub(super) fn new() -> Self {
        Self {
            terminal: std::io::stderr().is_terminal(),
            tenths: 0,
            open: false,
        }
    }

    /// Shows how far it is.
    pub(super) fn show(&mut self, progress: &Progress) {
        if progress.done == progress.all && !self.open {
            return;
        }
        let text = progress_text(progress);
        let mut stderr = std::io::stderr();
        // A line that cannot be shown is no reason to stop working.
        if self.terminal {
            write!(stderr, "\r\x1b[K{text}").ok();
            stderr.flush().ok();
        } else {
            let tenths = progress.done * 10 / progress.all.max(1);
            if tenths > self.tenths || !self.open {
                self.tenths = tenths;
                writeln!(stderr, "{text}").ok();
            }
        }
        self.open = true;
    }

    /// Leaves the line.
    pub(super) fn end(&mut self) {
        if self.terminal && self.open {
            // As above.
            writeln!(std::io::stderr()).ok();
        }
        self.open = false;
    }
}

fn progress_text(progress: &Progress) -> String {
    let left = match progress.left {
        None => String::new(),
        Some(left) if left < Duration::from_secs(60) => ", less than a minute left".to_owned(),
        Some(left) => format!(", about {} min left", left.as_secs().div_ceil(60)),
    };
    format!("Footage: {} of {} clips{left}", progress.done, progress.all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(done: usize, left: Option<u64>, expect: &str) {
        let progress = Progress {
            done,
            all: 92,
            clip: String::new(),
            left: left.map(Duration::from_secs),
        };
        assert_eq!(progress_text(&progress), expect);
    }

    #[test]
    fn progress_tells_the_minutes_left() {
        check(0, None, "Footage: 0 of 92 clips");
        check(9, Some(150), "Footage: 9 of 92 clips, about 3 min left");
        check(
            90,
            Some(20),
            "Footage: 90 of 92 clips, less than a minute left",
        );
    }
}
