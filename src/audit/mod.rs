//! `qyran audit`: whether the log is as it was written, and what stands in it.

mod list;
mod reading;

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, bail};

use crate::store::log::checkpoint::origin;
use crate::store::log::note::{Keys, Note};
use crate::store::log::proof;
use crate::store::log::witness;
use crate::words::{Language, Words};
use reading::Reading;

/// Verify, search and export the tamper-evident audit log
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
    /// Data folder of the seat
    #[arg(long, value_name = "FOLDER", global = true)]
    data: Option<PathBuf>,
    /// Settings folder of the seat
    #[arg(long, value_name = "FOLDER", global = true)]
    config: Option<PathBuf>,
    /// Centre store (postgres://user@host/database), using a login that may read everything
    #[arg(long, value_name = "ADDRESS", global = true)]
    store: Option<String>,
    /// Output language: kk, ru or en [default: system language, else en]
    #[arg(long, value_name = "LANGUAGE", global = true)]
    lang: Option<Language>,
}

#[derive(Clone, Debug, clap::Subcommand)]
enum What {
    /// Verify the whole log and report any tampering
    Verify {
        /// Trusted keys, one per line, instead of the store's own
        #[arg(long, value_name = "FILE")]
        keys: Option<PathBuf>,
        /// Folder of an independent witness with checkpoints; repeatable
        #[arg(long, value_name = "FOLDER")]
        witness: Vec<PathBuf>,
    },
    /// Write a self-contained proof that a line is in the log
    Prove {
        /// Line number (from 0)
        line: u64,
        /// Output file [default: standard output]
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Verify a proof
    Check {
        /// Proof file
        proof: PathBuf,
        /// Trusted keys, one per line
        #[arg(long, value_name = "FILE")]
        keys: PathBuf,
    },
    /// Print the log as CSV
    List(list::Filter),
    /// Print the seats' signing keys, one per line
    Keys,
}

/// Runs the command; the result is whether nothing is wrong.
///
/// # Errors
/// When the log cannot be read.
pub fn run(args: &Args) -> anyhow::Result<bool> {
    let words = Words::new(args.lang.unwrap_or_else(Language::of_the_system));
    if let What::Check { proof, keys } = &args.what {
        return check(proof, keys, words);
    }
    let reading = Reading::open(
        args.config.as_deref(),
        args.data.as_deref(),
        args.store.as_deref(),
    )?;
    match &args.what {
        What::Verify { keys, witness } => verify(&reading, keys.as_deref(), witness, words),
        What::Prove { line, out } => prove(&reading, *line, out.as_deref()),
        What::List(filter) => list::list(&reading, filter, words).map(|()| true),
        What::Keys => {
            for key in reading.keys()?.iter() {
                print(&key.to_string());
            }
            Ok(true)
        }
        What::Check { .. } => Ok(true),
    }
}

fn verify(
    reading: &Reading,
    keys: Option<&std::path::Path>,
    witnesses: &[PathBuf],
    words: Words,
) -> anyhow::Result<bool> {
    let keys = match keys {
        Some(file) => read_keys(file)?,
        None => reading.keys()?,
    };
    let origin = origin(reading.identity()?);
    let mut elsewhere = Vec::new();
    for folder in witnesses {
        let history = witness::read(folder, &origin)
            .with_context(|| format!("the second place {}", folder.display()))?;
        elsewhere.extend(history.held);
    }
    let report = reading.verify(&keys, elsewhere)?;
    print(&report.say(words));
    for finding in &report.findings {
        print(&format!("- {}", finding.say(words)));
    }
    Ok(report.clean())
}

fn prove(reading: &Reading, index: u64, out: Option<&std::path::Path>) -> anyhow::Result<bool> {
    let checkpoints = reading.checkpoints()?;
    let held = checkpoints
        .iter()
        .filter(|held| held.size.is_some_and(|size| size > index))
        .max_by_key(|held| held.size)
        .with_context(|| format!("no checkpoint covers line {index}"))?;
    let note = Note::parse(&held.note)?;
    let mut line = None;
    reading.lines(index, index + 1, |found| {
        line = Some(found.text);
        Ok(())
    })?;
    let line = line.with_context(|| format!("there is no line {index}"))?;
    let hashes = |range: std::ops::Range<u64>| -> anyhow::Result<_> {
        let mut hashes = Vec::new();
        reading.lines(range.start, range.end, |line| {
            hashes.push(line.hash);
            Ok(())
        })?;
        Ok(hashes)
    };
    let text = proof::prove(index, &line, &note, hashes)
        .map_err(|problem| anyhow::anyhow!("{problem}"))?;
    match out {
        Some(file) => fs::write(file, text).with_context(|| file.display().to_string())?,
        None => print(text.trim_end()),
    }
    Ok(true)
}

fn check(file: &std::path::Path, keys: &std::path::Path, words: Words) -> anyhow::Result<bool> {
    let text = fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let proved = match proof::check(&text, None, None, &read_keys(keys)?) {
        Ok(proved) => proved,
        Err(problem) => bail!("{}: {problem}", file.display()),
    };
    let signers: Vec<String> = proved
        .signers
        .iter()
        .map(|key| key.name().to_owned())
        .collect();
    print(&words.with(
        "audit-proved",
        &[
            ("line", proved.index.into()),
            ("origin", proved.origin.into()),
            ("size", proved.size.into()),
            ("signers", signers.join(", ").into()),
        ],
    ));
    print(&proved.line);
    Ok(true)
}

fn read_keys(file: &std::path::Path) -> anyhow::Result<Keys> {
    let text = fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let (keys, faults) = Keys::parse(&text);
    if let Some((line, fault)) = faults.first() {
        bail!("{} line {line}: {fault}", file.display());
    }
    Ok(keys)
}

#[expect(clippy::print_stdout, reason = "what a command says")]
fn print(text: &str) {
    println!("{text}");
}
