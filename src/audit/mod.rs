//! `qyran audit`: whether the log is as it was written, and what stands in it.

mod list;
mod reading;

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, bail};

use crate::store::log::checkpoint::origin;
use crate::store::log::note::{Keys, Note};
use crate::store::log::proof;
use crate::store::log::records::{self, Records};
use crate::store::log::tree::Hash;
use crate::store::log::verify::Verifier;
use crate::store::log::witness;
use crate::words::{Language, Words};
use reading::Reading;

/// Lines that are read at once.
const PAGE: usize = 8192;

/// Look at the log that nobody can quietly change.
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
    /// Store of the centre (postgres://user@host/database), with a login that sees everything
    #[arg(long, value_name = "ADDRESS", global = true)]
    store: Option<String>,
    /// Language of what is said
    #[arg(long, value_name = "LANGUAGE", global = true)]
    lang: Option<Language>,
}

#[derive(Clone, Debug, clap::Subcommand)]
enum What {
    /// Check every line, and where something was harmed
    Verify {
        /// Keys to trust, one in a line, instead of those that the store names
        #[arg(long, value_name = "FILE")]
        keys: Option<PathBuf>,
        /// A second place that has checkpoints
        #[arg(long, value_name = "FOLDER")]
        witness: Vec<PathBuf>,
    },
    /// Prove to somebody who has nothing else that a line is in the log
    Prove {
        /// Its place, from 0
        line: u64,
        /// Where the proof is written [default: what is printed]
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Check a proof
    Check {
        /// The proof
        proof: PathBuf,
        /// Keys to trust, one in a line
        #[arg(long, value_name = "FILE")]
        keys: PathBuf,
    },
    /// What stands in it, as CSV
    List(list::Filter),
    /// The keys that seats sign with, one in a line
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
    // Those that are kept beside the log first: what is written meanwhile lies behind them.
    let mut held = reading.checkpoints()?;
    for folder in witnesses {
        let history = witness::read(folder, &origin)
            .with_context(|| format!("the second place {}", folder.display()))?;
        held.extend(history.held);
    }
    // Records before the lines: what is written meanwhile is known by its lines.
    let before = reading.head()?.size();
    let mut kept = Vec::new();
    reading.rows(|row| {
        kept.push(records::Kept {
            key: row.key,
            version: row.version,
            body: row.body.map(|body| Hash::of(body.as_bytes())),
        });
    })?;
    let head = reading.head()?;
    let mut verifier = Verifier::new(&origin, &keys, held);
    let mut written = Records::default();
    reading.lines(0, head.size(), |line| {
        verifier.line(line.n, &line.text, line.hash);
        written.line(line.n, &line.text);
        Ok(())
    })?;
    let report = verifier
        .finish(Some(&head))
        .and(written.compare(kept, before));
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
