//! The settings file: a few choices of the person at the seat.
//!
//! Precedence: command line, then the file, then the default. A value that is no good is reported
//! and left at its default; the others count. What the program does not know it keeps.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::cameras::Encoding;
use crate::model::camera::{CameraId, Certificates, Priority};
use crate::words::Language;

/// Where events of the outside world are heard over HTTP when the settings name no other port.
pub const EVENTS_PORT: u16 = 8710;

/// How a picture whose shape differs from its tile is fitted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fit {
    /// All of it, with bars.
    #[default]
    Letterbox,
    /// Filling the tile, edges cut.
    Crop,
}

/// The settings.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Language of the program.
    pub language: Language,
    /// Fit of pictures.
    pub fit: Fit,
    /// Scale of all text, 0.8 to 2.0.
    pub scale: f32,
    /// What the last half minutes of all cameras may take in memory together, MiB.
    pub ring_mib: u32,
    /// How loud alarms are, 0 to 1; what is critical is never quieter than half.
    pub sound_volume: f32,
    /// Most tiles on one page.
    pub tiles_per_page: usize,
    /// Connections to one host on their way at once.
    pub connections_per_host: usize,
    /// What cameras are worth at this seat, where the operator has said so.
    pub priorities: BTreeMap<CameraId, Priority>,
    /// Which certificates of cameras count.
    pub camera_certificates: Certificates,
    /// A password may go to a camera in the clear (Basic without TLS) where it asks for that alone.
    pub camera_plain_passwords: bool,
    /// Decode in processes of their own, where the system has them: a decoder that crashes takes
    /// nothing with it. Else on threads of the wall, which costs less.
    pub decoder_processes: bool,
    /// This seat's name; the machine's where there is none.
    pub seat: Option<String>,
    /// The centre that this seat belongs to.
    pub centre: String,
    /// The address of the centre's store; none: this machine keeps its own.
    pub store: Option<String>,
    /// The camera file that the wall opens when it is told none; beside the settings file.
    pub cameras: Option<PathBuf>,
    /// The encoding in which somebody said that the camera file is to be read, where it is not UTF-8.
    pub cameras_encoding: Option<Encoding>,
    /// A second place for the log's checkpoints: a folder, such as one of another machine.
    pub log_witness: Option<PathBuf>,
    /// Where the door's adapter connects, which signs people in; none: nobody is signed in by a door.
    pub door: Option<String>,
    /// The port of this machine at which events of the outside world are heard over HTTP; 0: none.
    pub events_port: u16,
    /// The folder whose files are events of the outside world, from the settings folder; none: no
    /// folder is watched.
    pub events_folder: Option<PathBuf>,
    /// The seat locks itself when nothing was touched for so many minutes; 0: never.
    pub lock_after_minutes: u32,
    /// How the detectors look at cameras.
    pub detectors: Detectors,
    table: toml::Table,
}

/// How the detectors look at cameras.
#[derive(Clone, Debug, PartialEq)]
pub struct Detectors {
    /// They look at all.
    pub on: bool,
    /// How much of the processor they may use, cores.
    pub cores: f32,
    /// The id of the model that finds objects.
    pub model: String,
    /// Where it runs: a provider's key.
    pub provider: String,
    /// A folder with models beside the ones that set-up brings.
    pub models: Option<PathBuf>,
    /// Memory of the process that runs a model of others, MiB.
    pub child_memory_mib: u32,
    /// What is found is drawn over the pictures.
    pub boxes: bool,
}

impl Default for Detectors {
    fn default() -> Self {
        Self {
            on: true,
            cores: 0.5,
            model: "nanodet-g-416x256".to_owned(),
            provider: "cpu".to_owned(),
            models: None,
            child_memory_mib: 2048,
            boxes: true,
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            language: Language::default(),
            fit: Fit::default(),
            scale: 1.0,
            sound_volume: 1.0,
            ring_mib: 256,
            tiles_per_page: 45,
            connections_per_host: 8,
            priorities: BTreeMap::new(),
            camera_certificates: Certificates::default(),
            camera_plain_passwords: true,
            decoder_processes: true,
            seat: None,
            centre: "centre".to_owned(),
            store: None,
            cameras: None,
            cameras_encoding: None,
            log_witness: None,
            door: None,
            events_port: EVENTS_PORT,
            events_folder: None,
            lock_after_minutes: 0,
            detectors: Detectors::default(),
            table: toml::Table::new(),
        }
    }
}

/// Something in the settings file that does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// The key, or empty when the whole file is meant.
    pub key: String,
    /// What is wrong.
    pub problem: String,
}

impl Settings {
    /// Reads the file; a missing one gives the defaults.
    pub fn read(path: &Path) -> (Self, Vec<Warning>) {
        match fs::read_to_string(path) {
            Ok(text) => Self::parse(&text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => (Self::default(), Vec::new()),
            Err(error) => {
                let warning = Warning {
                    key: String::new(),
                    problem: format!("{}: {error}", path.display()),
                };
                (Self::default(), vec![warning])
            }
        }
    }

    /// Reads the text of the file.
    pub fn parse(text: &str) -> (Self, Vec<Warning>) {
        let mut settings = Self::default();
        let mut warnings = Vec::new();
        let table = match text.parse::<toml::Table>() {
            Ok(table) => table,
            Err(error) => {
                let problem = error.message().to_owned();
                return (
                    settings,
                    vec![Warning {
                        key: String::new(),
                        problem,
                    }],
                );
            }
        };
        for (key, value) in &table {
            if let Err(problem) = settings.take(key, value) {
                warnings.push(Warning {
                    key: key.clone(),
                    problem,
                });
            }
        }
        settings.table = table;
        (settings, warnings)
    }

    fn take(&mut self, key: &str, value: &toml::Value) -> Result<(), String> {
        let whole = |low: i64, high: i64| {
            value
                .as_integer()
                .filter(|n| (low..=high).contains(n))
                .map(|n| n as usize)
                .ok_or_else(|| format!("must be a whole number from {low} to {high}"))
        };
        match key {
            "language" => {
                self.language = value.as_str().unwrap_or_default().parse()?;
            }
            "fit" => {
                self.fit = match value.as_str() {
                    Some("letterbox") => Fit::Letterbox,
                    Some("crop") => Fit::Crop,
                    _ => return Err("must be \"letterbox\" or \"crop\"".into()),
                }
            }
            "ring_memory" => self.ring_mib = whole(16, 1 << 16)? as u32,
            "sound_volume" => {
                let number = value
                    .as_float()
                    .or_else(|| value.as_integer().map(|n| n as f64));
                self.sound_volume = number
                    .filter(|n| (0.0..=1.0).contains(n))
                    .ok_or("must be a number from 0 to 1")?
                    as f32;
            }
            "scale" => {
                let number = value
                    .as_float()
                    .or_else(|| value.as_integer().map(|n| n as f64));
                self.scale = number
                    .filter(|n| (0.8..=2.0).contains(n))
                    .ok_or("must be a number from 0.8 to 2.0")? as f32;
            }
            "tiles_per_page" => self.tiles_per_page = whole(1, 400)?,
            "connections_per_host" => self.connections_per_host = whole(1, 64)?,
            "priorities" => {
                let table = value.as_table().ok_or("must be a table")?;
                for (id, level) in table {
                    let id = CameraId::new(id.as_str()).map_err(|error| error.to_string())?;
                    let level = level
                        .as_integer()
                        .and_then(|level| Priority::new(u8::try_from(level).ok()?))
                        .ok_or_else(|| format!("{id} must be a whole number from 1 to 5"))?;
                    self.priorities.insert(id, level);
                }
            }
            "seat" => self.seat = Some(name(value)?),
            "centre" => self.centre = name(value)?,
            "door" => {
                let address = value.as_str().ok_or("must be an address")?;
                self.door = Some(address.to_owned());
            }
            "events_port" => self.events_port = whole(0, 65_535)? as u16,
            "events_folder" => {
                let folder = value.as_str().ok_or("must be the path of a folder")?;
                self.events_folder = Some(folder.into()).filter(|_| !folder.is_empty());
            }
            "store" => {
                let address = value.as_str().ok_or("must be an address")?;
                self.store = Some(address.to_owned()).filter(|text| !text.is_empty());
            }
            "cameras" => {
                let file = value.as_str().ok_or("must be the path of a file")?;
                self.cameras = Some(file.into()).filter(|_| !file.is_empty());
            }
            "cameras_encoding" => {
                let word = value.as_str().ok_or("must be the name of an encoding")?;
                self.cameras_encoding = Some(word.parse()?);
            }
            "log_witness" => {
                let folder = value.as_str().ok_or("must be the path of a folder")?;
                self.log_witness = Some(folder.into()).filter(|_| !folder.is_empty());
            }
            "lock_after_minutes" => self.lock_after_minutes = whole(0, 1440)? as u32,
            "detectors" => {
                self.detectors.on = value.as_bool().ok_or("must be true or false")?;
            }
            "detector_boxes" => {
                self.detectors.boxes = value.as_bool().ok_or("must be true or false")?;
            }
            "detector_cores" => {
                let number = value
                    .as_float()
                    .or_else(|| value.as_integer().map(|n| n as f64));
                self.detectors.cores = number
                    .filter(|n| (0.05..=64.0).contains(n))
                    .ok_or("must be a number from 0.05 to 64")?
                    as f32;
            }
            "detector_model" => self.detectors.model = name(value)?,
            "detector_child_memory" => {
                self.detectors.child_memory_mib = whole(128, 1 << 20)? as u32;
            }
            "detector_provider" => self.detectors.provider = name(value)?,
            "models" => {
                let folder = value.as_str().ok_or("must be the path of a folder")?;
                self.detectors.models = Some(folder.into()).filter(|_| !folder.is_empty());
            }
            "decoder_processes" => {
                self.decoder_processes = value.as_bool().ok_or("must be true or false")?;
            }
            "camera_certificates" => {
                self.camera_certificates = match value.as_str() {
                    Some("first_use") => Certificates::FirstUse,
                    Some("any") => Certificates::Any,
                    Some("verified") => Certificates::Verified,
                    _ => return Err("must be \"first_use\", \"any\" or \"verified\"".into()),
                }
            }
            "camera_plain_passwords" => {
                self.camera_plain_passwords = value.as_bool().ok_or("must be true or false")?;
            }
            _ => {}
        }
        Ok(())
    }

    /// The text of the file.
    pub fn to_text(&self) -> String {
        let mut table = self.table.clone();
        table.insert("language".into(), self.language.tag().into());
        let fit = if self.fit == Fit::Crop {
            "crop"
        } else {
            "letterbox"
        };
        table.insert("fit".into(), fit.into());
        table.insert(
            "scale".into(),
            f64::from((self.scale * 100.0).round() / 100.0).into(),
        );
        table.insert("tiles_per_page".into(), (self.tiles_per_page as i64).into());
        table.insert(
            "connections_per_host".into(),
            (self.connections_per_host as i64).into(),
        );
        let priorities: toml::Table = self
            .priorities
            .iter()
            .map(|(id, priority)| (id.to_string(), i64::from(priority.level()).into()))
            .collect();
        if priorities.is_empty() {
            table.remove("priorities");
        } else {
            table.insert("priorities".into(), priorities.into());
        }
        let certificates = match self.camera_certificates {
            Certificates::FirstUse => "first_use",
            Certificates::Any => "any",
            Certificates::Verified => "verified",
        };
        table.insert("camera_certificates".into(), certificates.into());
        table.insert(
            "camera_plain_passwords".into(),
            self.camera_plain_passwords.into(),
        );
        if let Some(encoding) = self.cameras_encoding {
            table.insert("cameras_encoding".into(), encoding.word().into());
        }
        table.insert("decoder_processes".into(), self.decoder_processes.into());
        table.insert("detector_boxes".into(), self.detectors.boxes.into());
        table.to_string()
    }

    /// Writes the file as a whole, or not at all.
    ///
    /// # Errors
    /// When the folder or the file cannot be written.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let new = path.with_extension("toml.new");
        fs::write(&new, self.to_text())?;
        fs::rename(&new, path)
    }
}

/// A name of a seat or a centre.
fn name(value: &toml::Value) -> Result<String, String> {
    let name = value.as_str().map(str::trim).unwrap_or_default();
    let fits = !name.is_empty() && name.len() <= 64 && !name.chars().any(char::is_control);
    if fits {
        Ok(name.to_owned())
    } else {
        Err("must be a name of 1 to 64 bytes".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_value_does_not_lose_the_file() {
        let (settings, warnings) =
            Settings::parse("language = \"ru\"\nscale = 9\nfit = \"crop\"\nlater = [1]\n");
        assert_eq!(settings.language, Language::Ru);
        assert_eq!(settings.fit, Fit::Crop);
        assert_eq!(settings.scale, 1.0);
        assert_eq!(warnings.len(), 1);
        assert_eq!(warnings[0].key, "scale");
        assert!(
            settings.to_text().contains("later = [1]"),
            "unknown keys are kept"
        );
    }

    #[test]
    fn settings_round_trip() {
        let mut settings = Settings::parse("keep = 1").0;
        settings.language = Language::En;
        settings.scale = 1.25;
        settings.tiles_per_page = 64;
        settings.decoder_processes = false;
        let camera = CameraId::new("c.1").unwrap();
        settings
            .priorities
            .insert(camera, Priority::new(1).unwrap());
        let (back, warnings) = Settings::parse(&settings.to_text());
        assert!(warnings.is_empty());
        assert_eq!(
            (back.language, back.scale, back.tiles_per_page),
            (Language::En, 1.25, 64)
        );
        assert_eq!(back.priorities, settings.priorities);
        assert!(!back.decoder_processes);
    }

    #[test]
    fn doors_for_events_are_chosen() {
        let check = |text: &str, port: u16, folder: Option<&str>, num_warnings: usize| {
            let (settings, warnings) = Settings::parse(text);
            let found = (settings.events_port, settings.events_folder.as_deref());
            assert_eq!(found, (port, folder.map(Path::new)), "{text}");
            assert_eq!(warnings.len(), num_warnings, "{text}");
        };
        check("", EVENTS_PORT, None, 0);
        check("events_port = 0\nevents_folder = \"in\"", 0, Some("in"), 0);
        check(
            "events_port = 65536\nevents_folder = 1",
            EVENTS_PORT,
            None,
            2,
        );
        check(
            "events_port = -1\nevents_folder = \"\"",
            EVENTS_PORT,
            None,
            1,
        );
    }

    #[test]
    fn a_broken_file_is_told_and_defaults_stand() {
        let (settings, warnings) = Settings::parse("language = ");
        assert_eq!(settings, Settings::default());
        assert_eq!(warnings.len(), 1);
    }
}
