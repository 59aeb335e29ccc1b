//! `qyran store`: for whoever answers for what is kept, on one machine or in a centre. It looks
//! whether all is as it was done, makes copies while walls run, brings them back, and makes a centre
//! ready.
//!
//! Belongs here: what a backup is, and what is said. Does not: SQL (`store::database::keep`), the
//! log's own check (`store::log::verify`).

mod backup;
mod check;
mod export;
mod fault;
mod prepare;
mod restore;
mod seats;
mod sheet;

use std::path::{Path, PathBuf};

use crate::base::clock;
use crate::model::camera::Password;
use crate::store::database::keep::{Item, Made, View, Waiting};
use crate::store::database::{Address, MIRROR_FILE, OWN_FILE, StoreError};
use crate::store::login;
use crate::store::paths::Paths;
use crate::store::settings::Settings;
use crate::words::{Language, Words};
use check::{Checker, Finding};
pub use fault::Fault;
use sheet::Header;

/// Check, back up and restore the data store; prepare a centre
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
    /// Centre store (postgres://owner@host/database), using the database owner's login
    #[arg(long, value_name = "ADDRESS", global = true)]
    store: Option<String>,
    /// Output language: kk, ru or en [default: system language, else en]
    #[arg(long, value_name = "LANGUAGE", global = true)]
    lang: Option<Language>,
}

#[derive(Clone, Debug, clap::Subcommand)]
enum What {
    /// Check the store against the log (read-only)
    Check,
    /// Back up the store to one file (walls may keep running)
    Backup {
        /// Backup file to write
        to: PathBuf,
    },
    /// Restore a backup into an empty store
    Restore {
        /// Backup file
        from: PathBuf,
        /// Restore even if the data was already damaged when backed up
        #[arg(long)]
        as_it_is: bool,
    },
    /// Export everything as human-readable files
    Export {
        /// Folder to create
        folder: PathBuf,
    },
    /// Import an export into an empty store
    Import {
        /// Folder of the export
        folder: PathBuf,
        /// Restore even if the data was already damaged when backed up
        #[arg(long)]
        as_it_is: bool,
    },
    /// Prepare a centre's database and create logins and settings for its seats
    Prepare {
        /// File describing the centre and its seats (docs/guide/centre.md)
        #[arg(long, value_name = "FILE")]
        seats: Option<PathBuf>,
        /// Output folder for the seats' settings [default: seats/ next to that file]
        #[arg(long, value_name = "FOLDER", requires = "seats")]
        out: Option<PathBuf>,
    },
}

/// Runs the command; the result is whether nothing is wrong.
///
/// # Errors
/// When it cannot be done; the text says why.
pub fn run(args: &Args) -> anyhow::Result<bool> {
    run_and_say(args, &mut |line| print(line))
}

/// As [`run`], and hands each line that would be printed to `say`.
///
/// # Errors
/// As [`run`].
pub fn run_and_say(args: &Args, say: &mut dyn FnMut(&str)) -> anyhow::Result<bool> {
    let words = Words::new(args.lang.unwrap_or_else(Language::of_the_system));
    let mut run = Run {
        place: Kept::find(args)?,
        words,
        say,
    };
    match &args.what {
        What::Check => Ok(run.check()),
        What::Backup { to } => run.copy(to, Form::Backup),
        What::Export { folder } => run.copy(folder, Form::Export),
        What::Restore { from, as_it_is } => run.bring_back(from, Form::Backup, *as_it_is),
        What::Import { folder, as_it_is } => run.bring_back(folder, Form::Export, *as_it_is),
        What::Prepare { seats, out } => run.prepare(seats.as_deref(), out.as_deref()),
    }
}

/// Where things are kept.
struct Kept {
    data: PathBuf,
    centre: Option<Address>,
}

impl Kept {
    fn find(args: &Args) -> anyhow::Result<Self> {
        let paths = Paths::find(args.config.as_deref(), args.data.as_deref())?;
        let (settings, _warnings) = Settings::read(&paths.settings_file());
        let centre = match (&args.store, &settings.store) {
            (Some(given), _) => {
                // The password of the settings folder is a seat's own.
                let password = std::env::var(login::VARIABLE).ok().map(Password::new);
                Some(Address::parse(given, password.as_ref())?)
            }
            (None, Some(known)) => {
                let password = login::password(&paths.config)?;
                Some(Address::parse(known, password.as_ref())?)
            }
            (None, None) => None,
        };
        Ok(Self {
            data: paths.data,
            centre,
        })
    }

    fn view(&self) -> Result<View, StoreError> {
        match &self.centre {
            Some(address) => View::of_centre(address),
            None => View::of_file(&self.data.join(OWN_FILE)),
        }
    }
}

/// In one file, or in many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Backup,
    Export,
}

enum Sink {
    Backup(backup::Writer),
    Export(export::Writer),
}

impl Sink {
    fn create(form: Form, path: &Path, header: &Header) -> Result<Self, Fault> {
        Ok(match form {
            Form::Backup => Self::Backup(backup::Writer::create(path, header)?),
            Form::Export => Self::Export(export::Writer::create(path, header)?),
        })
    }

    fn put(&mut self, item: &Item) -> Result<(), Fault> {
        match self {
            Self::Backup(writer) => writer.put(item),
            Self::Export(writer) => writer.put(item),
        }
    }

    fn finish(self) -> Result<Made, Fault> {
        match self {
            Self::Backup(writer) => writer.finish(),
            Self::Export(writer) => writer.finish(),
        }
    }
}

enum Source {
    Backup(Box<backup::Reader>),
    Export(Box<export::Reader>),
}

impl Source {
    fn open(form: Form, path: &Path) -> Result<Self, Fault> {
        Ok(match form {
            Form::Backup => Self::Backup(Box::new(backup::Reader::open(path)?)),
            Form::Export => Self::Export(Box::new(export::Reader::open(path)?)),
        })
    }

    fn header(&self) -> &Header {
        match self {
            Self::Backup(reader) => reader.header(),
            Self::Export(reader) => reader.header(),
        }
    }

    fn walk(self, take: impl FnMut(Item) -> Result<(), Fault>) -> Result<Made, Fault> {
        match self {
            Self::Backup(reader) => reader.walk(take),
            Self::Export(reader) => reader.walk(take),
        }
    }
}

/// One run of the command.
struct Run<'a> {
    place: Kept,
    words: Words,
    say: &'a mut dyn FnMut(&str),
}

impl Run<'_> {
    fn tell(&mut self, text: &str) {
        (self.say)(text);
    }

    fn tell_findings<'a>(&mut self, findings: impl IntoIterator<Item = &'a Finding>) {
        for finding in findings {
            let text = format!("- {}", finding.say(self.words));
            self.tell(&text);
        }
    }

    fn check(&mut self) -> bool {
        let mirror = self.place.data.join(MIRROR_FILE);
        let mut findings = Vec::new();
        let mut store = None;
        match self.place.view() {
            Ok(view) => {
                let damage = view.damage();
                let (about, checked) = (view.about().clone(), check_all(&view));
                let said = match damage {
                    Ok(said) => said,
                    Err(error) => vec![error.to_string()],
                };
                findings.extend(said.into_iter().map(|said| Finding::Damage {
                    place: about.place.clone(),
                    said,
                }));
                match checked {
                    Ok(checked) => {
                        let compared = self.words.with(
                            "keep-checked",
                            &[
                                ("place", about.place.as_str().into()),
                                ("records", checked.records.into()),
                                ("lines", checked.report.lines.into()),
                            ],
                        );
                        self.tell(&compared);
                        self.tell(&checked.report.say(self.words));
                        findings.extend(checked.findings);
                    }
                    // What the engine said of the file is most likely why.
                    Err(error) => findings.push(Finding::Store(error)),
                }
                store = Some(about);
            }
            // What the seat itself keeps is looked at all the same.
            Err(error) => findings.push(Finding::Store(error)),
        }
        if self.place.centre.is_some() && mirror.exists() {
            findings.extend(waiting(&mirror, store.as_ref()));
        }
        let good = findings.is_empty();
        self.tell_findings(&findings);
        if good {
            let text = self.words.get("keep-all-well");
            self.tell(&text);
        }
        good
    }

    /// A backup or an export.
    fn copy(&mut self, to: &Path, form: Form) -> anyhow::Result<bool> {
        let view = self.place.view()?;
        let header = Header::new(view.about(), clock::wall_now());
        let mut checker = Checker::new(view.about());
        let done = (|| {
            let mut sink = Sink::create(form, to, &header)?;
            view.walk(|item| {
                checker.take(&item);
                sink.put(&item)
            })?;
            drop(view);
            let made = sink.finish()?;
            // What was written is read once more, as a restoring will.
            let read = Source::open(form, to)?.walk(|_item| Ok(()))?;
            if read == made {
                Ok(made)
            } else {
                Err(Fault::Short {
                    place: to.display().to_string(),
                    line: read.lines,
                })
            }
        })();
        let made = done.map_err(|fault: Fault| anyhow::anyhow!(fault.say(self.words)))?;
        let text = self.words.with(
            "keep-copied",
            &[
                ("place", to.display().to_string().into()),
                ("records", made.records.into()),
                ("lines", made.lines.into()),
                ("size", header.size.into()),
            ],
        );
        self.tell(&text);
        let mirror = self.place.data.join(MIRROR_FILE);
        let mut left_out = Vec::new();
        if self.place.centre.is_some()
            && let Ok(waiting) = Waiting::in_file(&mirror)
            && waiting.acts > 0
        {
            left_out.push(Finding::Waiting {
                acts: waiting.acts,
                place: mirror.display().to_string(),
            });
        }
        let checked = checker.finish();
        let harmed = checked.harm().count();
        if harmed > 0 {
            let text = self
                .words
                .with("keep-copied-harm", &[("count", harmed.into())]);
            self.tell(&text);
        }
        self.tell_findings(checked.harm().chain(&left_out));
        Ok(harmed == 0)
    }
}

/// The whole store against its log.
fn check_all(view: &View) -> Result<check::Checked, StoreError> {
    let mut checker = Checker::new(view.about());
    view.walk(|item| {
        checker.take(&item);
        Ok::<_, StoreError>(())
    })?;
    Ok(checker.finish())
}

/// What a seat of a centre keeps by itself.
fn waiting(mirror: &Path, store: Option<&crate::store::database::keep::About>) -> Vec<Finding> {
    let place = mirror.display().to_string();
    let waiting = match Waiting::in_file(mirror) {
        Ok(waiting) => waiting,
        Err(error) => return vec![Finding::Store(error)],
    };
    let mut findings: Vec<Finding> = waiting
        .damage
        .into_iter()
        .map(|said| Finding::Damage {
            place: place.clone(),
            said,
        })
        .collect();
    if waiting.acts > 0 {
        findings.push(Finding::Waiting {
            acts: waiting.acts,
            place: place.clone(),
        });
    }
    if waiting.conflicts > 0 {
        findings.push(Finding::Conflicts {
            count: waiting.conflicts,
            place: place.clone(),
        });
    }
    if let (Some(store), Some(mirrors)) = (store, waiting.store) {
        if mirrors != store.store {
            findings.push(Finding::OtherStore {
                place,
                mirrors,
                store: store.store.clone(),
            });
        } else if waiting.place > store.size {
            findings.push(Finding::SeenMore {
                place,
                seen: waiting.place,
                is: store.size,
            });
        }
    }
    findings
}

#[expect(clippy::print_stdout, reason = "what a command says")]
fn print(text: &str) {
    println!("{text}");
}
