//! The file that lists a centre and its seats. What is wrong in it is told by line and field, all of it
//! at once.
//!
//! ```toml
//! [centre]
//! name = "aktobe"
//! store = "postgres://10.20.0.5/qyran?sslrootcert=/etc/qyran/centre.pem"
//! cameras = "cameras.csv"       # beside this file; copied into each seat's folder
//! language = "kk"               # any setting: what all seats begin with
//!
//! [[seat]]
//! name = "Пульт 1"
//! login = "aktobe_1"            # else qyran_seat_01, _02, …
//! folder = "pult-1"             # else seat-01, seat-02, …
//! tiles_per_page = 20           # any setting, for this seat alone
//! ```

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;
use toml::{Spanned, Value};

use crate::store::database::Address;
use crate::store::database::keep::Login;
use crate::store::settings::Settings;
use crate::words::Words;

/// Settings that may stand at the centre or at a seat.
const SETTINGS: [&str; 11] = [
    "language",
    "fit",
    "scale",
    "tiles_per_page",
    "connections_per_host",
    "camera_certificates",
    "decoder_processes",
    "log_witness",
    "lock_after_minutes",
    "events_port",
    "events_folder",
];
/// The longest name of a folder.
const LONGEST_FOLDER: usize = 64;

/// One seat as it is to be made.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Seat {
    /// Its name, as others see it.
    pub name: String,
    /// Its login at the server.
    pub login: Login,
    /// Its settings folder's name.
    pub folder: String,
    /// Its settings, whole.
    pub settings: toml::Table,
    /// The camera file to copy, beside the seats' file.
    pub cameras: Option<PathBuf>,
}

/// What is wrong at one place of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SeatsFault {
    /// The line, from 1.
    pub line: usize,
    /// The field; empty where the file as a whole is meant.
    pub field: String,
    /// What is wrong.
    pub problem: Problem,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Problem {
    /// No TOML, or not of this shape.
    Shape(String),
    /// A field that must be there is not.
    Missing,
    /// No such field is known.
    Unknown,
    /// Not a text.
    NotText,
    /// No name of 1 to 64 bytes.
    Name,
    /// No name for a login.
    LoginName,
    /// No name for a folder.
    FolderName,
    /// An address of a server, or what is wrong with it.
    Address(String),
    /// Another seat has it.
    Doubled(String),
    /// What the settings say of it.
    Setting(String),
    /// There are no seats.
    NoSeats,
}

impl SeatsFault {
    pub(super) fn say(&self, place: &str, words: Words) -> String {
        let problem = match &self.problem {
            Problem::Shape(why) | Problem::Address(why) | Problem::Setting(why) => why.clone(),
            Problem::Missing => words.get("keep-seats-missing").into_owned(),
            Problem::Unknown => words.get("keep-seats-unknown").into_owned(),
            Problem::NotText => words.get("keep-seats-text").into_owned(),
            Problem::Name => words.get("keep-seats-name").into_owned(),
            Problem::LoginName => words.get("keep-seats-login").into_owned(),
            Problem::FolderName => words.get("keep-seats-folder").into_owned(),
            Problem::Doubled(what) => {
                words.with("keep-seats-doubled", &[("what", what.as_str().into())])
            }
            Problem::NoSeats => words.get("keep-seats-none").into_owned(),
        };
        let values = [
            ("place", place.into()),
            ("line", self.line.into()),
            ("field", self.field.as_str().into()),
            ("problem", problem.into()),
        ];
        if self.field.is_empty() {
            words.with("keep-seats-fault", &values)
        } else {
            words.with("keep-seats-fault-field", &values)
        }
    }
}

type Fields = BTreeMap<Spanned<String>, Spanned<Value>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    centre: Spanned<Fields>,
    #[serde(default)]
    seat: Vec<Spanned<Fields>>,
}

/// Reads the text of the file.
pub(super) fn parse(text: &str) -> Result<Vec<Seat>, Vec<SeatsFault>> {
    let line_at = |at: usize| {
        text.as_bytes()[..at.min(text.len())]
            .iter()
            .filter(|b| **b == b'\n')
            .count()
            + 1
    };
    let file: File = match toml::from_str(text) {
        Ok(file) => file,
        Err(error) => {
            return Err(vec![SeatsFault {
                line: error.span().map_or(1, |span| line_at(span.start)),
                field: String::new(),
                problem: Problem::Shape(error.message().to_owned()),
            }]);
        }
    };
    let mut reading = Reading {
        line_at: &line_at,
        faults: Vec::new(),
    };
    let centre_line = line_at(file.centre.span().start);
    let centre = reading.fields(file.centre.into_inner(), &["name", "store", "cameras"]);
    let centre_name = reading.name(&centre, "name", centre_line, true);
    let store = reading.address(&centre, centre_line);
    if file.seat.is_empty() {
        reading.fault(centre_line, "", Problem::NoSeats);
    }
    let mut seats: Vec<Seat> = Vec::new();
    for (index, fields) in file.seat.into_iter().enumerate() {
        let line = line_at(fields.span().start);
        let seat = reading.fields(fields.into_inner(), &["name", "login", "folder", "cameras"]);
        let name = reading.name(&seat, "name", line, true);
        let login = reading
            .text(&seat, "login")
            .unwrap_or_else(|| (0, format!("qyran_seat_{:02}", index + 1)));
        if !Login::is_name(&login.1) {
            reading.fault(login.0, "login", Problem::LoginName);
        }
        let folder = reading
            .text(&seat, "folder")
            .unwrap_or_else(|| (0, format!("seat-{:02}", index + 1)));
        if !is_folder(&folder.1) {
            reading.fault(folder.0, "folder", Problem::FolderName);
        }
        for before in &seats {
            for (field, same, text) in [
                ("name", before.name == name, &name),
                ("login", before.login.name == login.1, &login.1),
                (
                    "folder",
                    before.folder.to_lowercase() == folder.1.to_lowercase(),
                    &folder.1,
                ),
            ] {
                if same {
                    reading.fault(line, field, Problem::Doubled(text.clone()));
                }
            }
        }
        let cameras = reading
            .text(&seat, "cameras")
            .or_else(|| reading.text(&centre, "cameras"))
            .map(|(_, file)| PathBuf::from(file));
        let mut settings = toml::Table::new();
        settings.insert("seat".to_owned(), name.clone().into());
        settings.insert("centre".to_owned(), centre_name.clone().into());
        settings.insert(
            "store".to_owned(),
            with_login(store.as_ref(), &login.1).into(),
        );
        if let Some(file) = cameras.as_ref().and_then(|file| file.file_name()) {
            let file = file.to_string_lossy().into_owned();
            settings.insert("cameras".to_owned(), file.into());
        }
        for (key, (_, value)) in centre.iter().chain(&seat) {
            if SETTINGS.contains(&key.as_str()) {
                settings.insert(key.clone(), value.clone());
            }
        }
        seats.push(Seat {
            name,
            login: Login {
                name: login.1,
                centre: centre_name.clone(),
            },
            folder: folder.1,
            settings,
            cameras,
        });
    }
    let mut faults = reading.faults;
    if faults.is_empty() {
        return Ok(seats);
    }
    faults.sort_by(|a, b| (a.line, &a.field).cmp(&(b.line, &b.field)));
    Err(faults)
}

/// What was read so far.
struct Reading<'a> {
    line_at: &'a dyn Fn(usize) -> usize,
    faults: Vec<SeatsFault>,
}

/// Field → its line and its value.
type Read = BTreeMap<String, (usize, Value)>;

impl Reading<'_> {
    fn fault(&mut self, line: usize, field: &str, problem: Problem) {
        self.faults.push(SeatsFault {
            line: line.max(1),
            field: field.to_owned(),
            problem,
        });
    }

    /// All fields; those that are settings must be such as the settings file may have.
    fn fields(&mut self, fields: Fields, known: &[&str]) -> Read {
        let mut read = Read::new();
        for (name, value) in fields {
            let line = (self.line_at)(name.span().start);
            let (name, value) = (name.into_inner(), value.into_inner());
            if SETTINGS.contains(&name.as_str()) {
                let mut table = toml::Table::new();
                table.insert(name.clone(), value.clone());
                let (_settings, warnings) = Settings::parse(&table.to_string());
                if let Some(warning) = warnings.into_iter().next() {
                    self.fault(line, &name, Problem::Setting(warning.problem));
                }
            } else if !known.contains(&name.as_str()) {
                self.fault(line, &name, Problem::Unknown);
                continue;
            } else if !value.is_str() {
                self.fault(line, &name, Problem::NotText);
            }
            read.insert(name, (line, value));
        }
        read
    }

    fn text(&self, fields: &Read, name: &str) -> Option<(usize, String)> {
        let (line, value) = fields.get(name)?;
        Some((*line, value.as_str()?.to_owned()))
    }

    /// A name of a seat or a centre, as the settings file wants it.
    fn name(&mut self, fields: &Read, field: &str, line: usize, must: bool) -> String {
        let Some((at, text)) = self.text(fields, field) else {
            if must && !fields.contains_key(field) {
                self.fault(line, field, Problem::Missing);
            }
            return String::new();
        };
        let text = text.trim().to_owned();
        if text.is_empty() || text.len() > 64 || text.chars().any(char::is_control) {
            self.fault(at, field, Problem::Name);
        }
        text
    }

    /// The server, as seats reach it: without a login, each has its own.
    fn address(&mut self, centre: &Read, line: usize) -> Option<url::Url> {
        let Some((at, text)) = self.text(centre, "store") else {
            if !centre.contains_key("store") {
                self.fault(line, "store", Problem::Missing);
            }
            return None;
        };
        let url = match url::Url::parse(&text) {
            Ok(url) => url,
            Err(error) => {
                self.fault(at, "store", Problem::Address(error.to_string()));
                return None;
            }
        };
        if !url.username().is_empty() || url.password().is_some() || url.host_str().is_none() {
            let example = "postgres://host/database, without a login";
            self.fault(at, "store", Problem::Address(example.to_owned()));
            return None;
        }
        let tried = with_login(Some(&url), "seat");
        if let Err(error) = Address::parse(&tried, None) {
            self.fault(at, "store", Problem::Address(error.to_string()));
        }
        Some(url)
    }
}

fn with_login(store: Option<&url::Url>, login: &str) -> String {
    let Some(mut url) = store.cloned() else {
        return String::new();
    };
    // It has a host, so it takes a login.
    url.set_username(login).ok();
    url.to_string()
}

/// Whether a text can be the name of a folder everywhere.
fn is_folder(text: &str) -> bool {
    let inside = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ' ');
    !text.is_empty()
        && text.len() <= LONGEST_FOLDER
        && !text.starts_with(['.', ' '])
        && !text.ends_with(['.', ' '])
        && text.chars().all(inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "[centre]\nname = \"north\"\nstore = \"postgres://127.0.0.1:5433/qyran\"\n\
        language = \"ru\"\ncameras = \"all.csv\"\n\n[[seat]]\nname = \"Пульт 1\"\n\n\
        [[seat]]\nname = \"Пульт 2\"\nlogin = \"two\"\nfolder = \"second\"\ntiles_per_page = 9\n\
        language = \"kk\"\n";

    #[test]
    fn a_seat_begins_with_its_centre_s_settings() {
        let seats = parse(GOOD).unwrap();
        assert_eq!(seats.len(), 2);
        assert_eq!(seats[0].login.name, "qyran_seat_01");
        assert_eq!(
            (&*seats[0].folder, &*seats[1].folder),
            ("seat-01", "second")
        );
        let (first, warnings) = Settings::parse(&seats[0].settings.to_string());
        assert_eq!(warnings, []);
        assert_eq!(first.seat.as_deref(), Some("Пульт 1"));
        assert_eq!(
            first.store.as_deref(),
            Some("postgres://qyran_seat_01@127.0.0.1:5433/qyran")
        );
        let (second, _) = Settings::parse(&seats[1].settings.to_string());
        assert_eq!((second.tiles_per_page, second.language.tag()), (9, "kk"));
        assert_eq!(first.language.tag(), "ru");
        assert_eq!(second.cameras, Some("all.csv".into()));
    }

    #[test]
    fn what_is_wrong_is_told_with_line_and_field() {
        let check = |from: &str, to: &str, expect: &[(usize, &str)]| {
            assert!(GOOD.contains(from), "{from}");
            let faults = parse(&GOOD.replacen(from, to, 1)).unwrap_err();
            let said: Vec<(usize, &str)> = faults
                .iter()
                .map(|it| (it.line, it.field.as_str()))
                .collect();
            assert_eq!(said, expect, "{to}: {faults:?}");
        };
        check("name = \"north\"\n", "", &[(1, "name")]);
        check("name = \"north\"", "name = 7", &[(2, "name")]);
        check("name = \"north\"", "name = \" \"", &[(2, "name")]);
        check("postgres://127", "postgres://me@127", &[(3, "store")]);
        check(
            "postgres://127.0.0.1:5433",
            "postgres://10.0.0.9",
            &[(3, "store")],
        );
        check("\"ru\"", "\"xx\"", &[(4, "language")]);
        check("cameras", "kameras", &[(5, "kameras")]);
        check("login = \"two\"", "login = \"Two\"", &[(12, "login")]);
        check(
            "login = \"two\"",
            "login = \"qyran_seat_01\"",
            &[(10, "login")],
        );
        check(
            "folder = \"second\"",
            "folder = \"../x\"",
            &[(13, "folder")],
        );
        check(
            "tiles_per_page = 9",
            "tiles_per_page = 0",
            &[(14, "tiles_per_page")],
        );
        check("Пульт 2", "Пульт 1", &[(10, "name")]);
        check(
            "[[seat]]\nname = \"Пульт 1\"",
            "[[seat]]\nname = ",
            &[(8, "")],
        );
        check(
            "[[seat]]\nname = \"Пульт 1\"",
            "[[seta]]\nname = \"1\"",
            &[(7, "")],
        );
        let both = GOOD.replace("\"ru\"", "\"xx\"").replace("= 9", "= 0");
        assert_eq!(parse(&both).unwrap_err().len(), 2, "all at once");
        let none = GOOD.split("[[seat]]").next().unwrap();
        assert_eq!(parse(none).unwrap_err()[0].problem, Problem::NoSeats);
    }
}
