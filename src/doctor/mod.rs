//! `qyran doctor`: what this seat has, what it lacks, and what to do about it.
//!
//! Each file looks at one kind of thing and turns what it saw into findings; looking and judging
//! are apart, so that the judging is tested without the hardware. Nothing here changes the machine.

mod audio;
mod clock;
mod display;
mod finding;
mod folders;
mod graphics;
mod keyring;
mod machine;
mod media;
mod models;
mod probe;

use std::path::PathBuf;

use crate::city::footage;
use crate::media::inventory::Inventory;
use crate::store::paths::Paths;
use crate::words::{Language, Words};

use display::Displays;
use finding::{Finding, Report};
use probe::Probe;

/// Check this seat and report what is missing
#[derive(clap::Args, Clone, Debug, Default)]
pub struct Args {
    /// Print JSON
    #[arg(long)]
    pub json: bool,

    /// Output language: kk, ru or en [default: system language, else en]
    #[arg(long)]
    pub lang: Option<Language>,

    /// Settings folder, where the command line names one.
    #[arg(skip)]
    pub config: Option<PathBuf>,

    /// Data folder, where the command line names one.
    #[arg(skip)]
    pub data: Option<PathBuf>,

    /// For doctor's own child processes: answer one question as JSON.
    #[arg(long, hide = true)]
    probe: Option<Probe>,
}

/// Looks at this seat and prints what it found.
///
/// # Errors
/// When the wall cannot run here, so that the exit status says so.
pub fn run(args: Args) -> anyhow::Result<()> {
    if let Some(probe) = args.probe {
        print(&probe.answer()?);
        return Ok(());
    }
    let words = Words::new(args.lang.unwrap_or_else(Language::of_the_system));
    let paths = Paths::find(args.config.as_deref(), args.data.as_deref()).ok();
    let asked = Asked {
        adapters: Probe::Graphics.ask(),
        outputs: Probe::Sound.ask(),
    };
    let report = Report::new(words, look(paths.as_ref(), &asked, words));
    if args.json {
        print(&serde_json::to_string_pretty(&report)?);
    } else {
        print(&report.table(words));
    }
    let missing: Vec<&str> = report.missing().collect();
    anyhow::ensure!(
        report.ready,
        "{}: {}",
        words.get("doctor-not-ready"),
        missing.join(", ")
    );
    Ok(())
}

/// What child processes answered.
struct Asked {
    adapters: anyhow::Result<Vec<graphics::Adapter>>,
    outputs: anyhow::Result<Vec<String>>,
}

/// Everything, in the order of the sections.
fn look(paths: Option<&Paths>, asked: &Asked, words: Words) -> Vec<Finding> {
    let inventory = Inventory::take();
    let mut findings = machine::programs();
    findings.extend(graphics::findings(&asked.adapters, words));
    findings.extend(Displays::look().findings(words));
    findings.extend(media::findings(inventory.as_ref(), words));
    findings.extend(audio::findings(&asked.outputs, words));
    findings.extend(machine::look(words));
    findings.extend(clock::look(words));
    findings.push(keyring::look(words));
    findings.extend(models::look(paths, words));
    findings.extend(folders::findings(
        paths,
        footage::default_dir().ok().as_deref(),
        words,
    ));
    findings
}

#[expect(clippy::print_stdout, reason = "the output of a command")]
fn print(text: &str) {
    println!("{}", text.trim_end());
}

#[cfg(test)]
mod tests {
    use super::*;
    use finding::{Section, State};

    #[test]
    fn the_json_is_whole() {
        let home = tempfile::tempdir().expect("a folder");
        let paths = Paths::find(Some(home.path()), Some(home.path())).expect("given");
        let words = Words::new(Language::Kk);
        let asked = Asked {
            adapters: Ok(vec![]),
            outputs: Err(anyhow::anyhow!("no card")),
        };
        let report = Report::new(words, look(Some(&paths), &asked, words));
        let json = serde_json::to_string(&report).expect("JSON");
        let read: serde_json::Value = serde_json::from_str(&json).expect("it parses");
        assert!(read["ready"].is_boolean());
        assert_eq!(read["language"], "kk");
        let findings = read["findings"].as_array().expect("a list");
        assert_eq!(findings.len(), report.findings.len());
        for finding in findings {
            for key in ["section", "name", "state", "value", "hint"] {
                assert!(finding[key].is_string(), "{key} of {finding}");
            }
            let well = finding["state"] == "ok";
            assert_eq!(
                finding["hint"] == "",
                well,
                "a hint where one is needed: {finding}"
            );
            assert!(
                !finding["value"].as_str().unwrap_or_default().contains('\n'),
                "{finding}"
            );
        }
        for section in Section::ALL {
            let found = report.findings.iter().any(|f| f.section == section);
            assert!(found, "something is said under {section:?}");
        }
        assert!(
            report
                .findings
                .iter()
                .all(|f| f.state == State::Ok || !f.hint.is_empty())
        );
    }
}
