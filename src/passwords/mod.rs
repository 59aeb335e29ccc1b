//! `qyran passwords`: keeps the passwords of cameras, in the system keyring where there is one.
//!
//! No password is an argument, since other users of the machine can read those, and none is ever
//! printed. What goes where is decided in `store::secrets`.
#![expect(clippy::print_stdout, reason = "the output of a command")]

use std::io::{self, IsTerminal as _, Read as _};
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Subcommand;

use crate::model::camera::{CameraId, Credentials, Password};
use crate::store::paths::Paths;
use crate::store::secrets::keyring::{self, LONG_PATIENCE};
use crate::store::secrets::{Kept, KeyringError, Place, Places, Whom};
use crate::words::{Language, Words};

/// Longer than any camera takes, in bytes.
const LONGEST: usize = 1024;

/// Manage camera passwords (system keyring or password file)
#[derive(clap::Args, Clone, Debug)]
pub struct Args {
    #[command(subcommand)]
    command: Command,

    /// Settings folder
    #[arg(long, global = true, value_name = "FOLDER")]
    config: Option<PathBuf>,

    /// Password file [default: passwords.toml in the settings folder]
    #[arg(long, global = true, value_name = "FILE")]
    passwords: Option<PathBuf>,

    /// Output language: kk, ru or en [default: system language, else en]
    #[arg(long, global = true, value_name = "LANGUAGE")]
    lang: Option<Language>,
}

#[derive(Subcommand, Clone, Debug)]
enum Command {
    /// Store a password (prompted, or read from standard input)
    Set {
        #[command(flatten)]
        whom: WhomArgs,
        /// User name, where the camera file names none
        #[arg(long, default_value = "")]
        user: String,
    },
    /// List stored passwords by camera or host (never the passwords themselves)
    List,
    /// Delete a stored password
    Forget {
        #[command(flatten)]
        whom: WhomArgs,
    },
    /// Move all passwords from the file to the system keyring and delete the file
    Move {
        /// Move from the keyring to the file instead
        #[arg(long)]
        to_file: bool,
    },
}

#[derive(clap::Args, Clone, Debug)]
#[group(required = true, multiple = false)]
struct WhomArgs {
    /// Camera ID
    #[arg(value_name = "CAMERA", value_parser = |id: &str| CameraId::new(id))]
    camera: Option<CameraId>,
    /// All cameras of a host (or of one port)
    #[arg(long, value_name = "HOST[:PORT]", value_parser = Whom::host)]
    host: Option<Whom>,
}

impl WhomArgs {
    fn whom(self) -> anyhow::Result<Whom> {
        let camera = self.camera.as_ref().map(Whom::camera);
        camera.or(self.host).context("a camera or --host")
    }
}

/// Does what is asked and prints what was done.
///
/// # Errors
/// When it cannot be done; nothing is lost then.
pub fn run(args: Args) -> anyhow::Result<()> {
    let words = Words::new(args.lang.unwrap_or_else(Language::of_the_system));
    let file = match args.passwords {
        Some(file) => file,
        None => Paths::find(args.config.as_deref(), None)?.passwords_file(),
    };
    let keyring = keyring::system(LONG_PATIENCE);
    let places = Places {
        keyring: &keyring,
        file,
    };
    let file = places.file.display().to_string();
    match args.command {
        Command::Set { whom, user } => {
            let whom = whom.whom()?;
            let password = Password::new(read_password(&whom, words)?);
            let done = places.set(&whom, Credentials { user, password })?;
            let name = ("name", whom.name().into());
            println!(
                "{}",
                match done.done {
                    Place::Keyring => words.with("passwords-set-keyring", &[name]),
                    Place::File => words.with("passwords-set-file", &[name, ("file", file.into())]),
                }
            );
            tell_away(done.away.as_ref(), words);
        }
        Command::List => {
            let list = places.list()?;
            if list.done.is_empty() {
                println!("{}", words.get("passwords-none"));
            } else {
                println!("{}", table(&list.done, words));
            }
            tell_away(list.away.as_ref(), words);
        }
        Command::Forget { whom } => {
            let whom = whom.whom()?;
            let done = places.forget(&whom)?;
            let values = [
                ("name", whom.name().into()),
                ("places", said(&done.done, words).into()),
            ];
            println!("{}", words.with("passwords-forgotten", &values));
            tell_away(done.away.as_ref(), words);
        }
        Command::Move { to_file } => {
            let count = if to_file {
                places.move_to_file()?
            } else {
                places.move_to_keyring()?
            };
            let values = [("count", count.into()), ("file", file.into())];
            println!(
                "{}",
                match (count, to_file) {
                    (0, _) => words.get("passwords-nothing-to-move").into_owned(),
                    (_, true) => words.with("passwords-moved-file", &values),
                    (_, false) => words.with("passwords-moved-keyring", &values),
                }
            );
        }
    }
    Ok(())
}

/// Why the keyring had no part in it.
fn tell_away(away: Option<&KeyringError>, words: Words) {
    match away {
        None => {}
        Some(KeyringError::Missing { why, .. }) => {
            let problem = [("problem", why.as_str().into())];
            println!("{}", words.with("passwords-keyring-missing", &problem));
        }
        Some(KeyringError::Locked { .. }) => println!("{}", words.get("passwords-keyring-locked")),
        Some(other) => println!("{other}"),
    }
}

/// The names of places, one after the other.
fn said(places: &[Place], words: Words) -> String {
    let name = |place: &Place| match place {
        Place::Keyring => words.get("passwords-in-keyring"),
        Place::File => words.get("passwords-in-file"),
    };
    places.iter().map(name).collect::<Vec<_>>().join(", ")
}

/// One line for each entry: kind, name, user, places.
fn table(kept: &[Kept], words: Words) -> String {
    let rows: Vec<[String; 4]> = kept
        .iter()
        .map(|kept| {
            let kind = match kept.whom {
                Whom::Camera(_) => words.get("passwords-camera"),
                Whom::Host(_) => words.get("passwords-host"),
            };
            let name = kept.whom.name().to_owned();
            let places = said(&kept.places, words);
            [kind.into_owned(), name, kept.user.clone(), places]
        })
        .collect();
    let width = |column: usize| {
        let widths = rows.iter().map(|row| row[column].chars().count());
        widths.max().unwrap_or(0)
    };
    let [kind, name, user] = [width(0), width(1), width(2)];
    let lines = rows
        .iter()
        .map(|[k, n, u, p]| format!("{k:kind$}  {n:name$}  {u:user$}  {p}"));
    lines.collect::<Vec<_>>().join("\n")
}

/// From the terminal without echo, else the first line of standard input.
fn read_password(whom: &Whom, words: Words) -> anyhow::Result<String> {
    let password = if io::stdin().is_terminal() {
        let asked = words.with("passwords-prompt", &[("name", whom.name().into())]);
        rpassword::prompt_password(format!("{asked}: "))
            .context("the password cannot be read from the terminal")?
    } else {
        let mut text = String::new();
        io::stdin()
            .take(LONGEST as u64 + 2)
            .read_to_string(&mut text)
            .context("the password cannot be read from standard input")?;
        one_line(&text)?.to_owned()
    };
    anyhow::ensure!(!password.is_empty(), "the password is empty");
    anyhow::ensure!(
        password.len() <= LONGEST,
        "the password is longer than {LONGEST} bytes"
    );
    Ok(password)
}

/// The one line of a text, without its end.
fn one_line(text: &str) -> anyhow::Result<&str> {
    let line = text.strip_suffix('\n').unwrap_or(text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    anyhow::ensure!(
        !line.contains(['\n', '\r']),
        "standard input has more than one line; the password is one line"
    );
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_one_line_as_it_stands() {
        for (text, expect) in [
            ("a b\n", Some("a b")),
            (" x \r\n", Some(" x ")),
            ("no end", Some("no end")),
            ("", Some("")),
            ("two\nlines\n", None),
        ] {
            assert_eq!(one_line(text).ok(), expect, "{text:?}");
        }
    }

    #[test]
    fn the_list_shows_no_password_and_stands_in_columns() {
        let entry = |whom, user: &str, places: &[Place]| Kept {
            whom,
            user: user.into(),
            places: places.to_vec(),
        };
        let kept = [
            entry(Whom::Camera("ak-001".into()), "", &[Place::File]),
            entry(
                Whom::Host("10.1.2.4:8554".into()),
                "me",
                &[Place::Keyring, Place::File],
            ),
        ];
        assert_eq!(
            table(&kept, Words::new(Language::En)),
            "camera  ak-001             password file\n\
             host    10.1.2.4:8554  me  system keyring, password file"
        );
    }
}
