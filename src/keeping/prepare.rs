//! A centre made ready: the schema, and for each seat of a file a login and a settings folder. What
//! is there already stays as it is, so doing it again finishes what was interrupted and harms nothing.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use rand::TryRngCore as _;
use rand::rngs::OsRng;

use super::Run;
use super::seats::{self, Seat};
use crate::base::files;
use crate::model::camera::Password;
use crate::store::cameras;
use crate::store::database::keep::{LoginState, Logins};
use crate::store::login;

/// Where seats' folders are made when nothing is said.
const FOLDER: &str = "seats";

impl Run<'_> {
    pub(super) fn prepare(
        &mut self,
        file: Option<&Path>,
        out: Option<&Path>,
    ) -> anyhow::Result<bool> {
        let words = self.words;
        let Some(address) = self.place.centre.clone() else {
            bail!(words.with("keep-no-centre", &[("option", "--store".into())]));
        };
        // A file with faults changes nothing anywhere.
        let seats = match file {
            None => Vec::new(),
            Some(file) => {
                let text = fs::read_to_string(file).with_context(|| file.display().to_string())?;
                match seats::parse(&text) {
                    Ok(seats) => {
                        check_cameras(file, &seats)?;
                        seats
                    }
                    Err(faults) => {
                        for fault in faults {
                            let text = fault.say(&file.display().to_string(), words);
                            self.tell(&text);
                        }
                        return Ok(false);
                    }
                }
            }
        };
        let logins = Logins::open(&address)?;
        let ready = words.with("keep-ready", &[("place", address.to_string().into())]);
        self.tell(&ready);
        let Some(file) = file else { return Ok(true) };
        let beside = file.with_file_name(FOLDER);
        let out = out.unwrap_or(&beside);
        let mut good = true;
        let (mut new, mut there) = (0_u64, 0_u64);
        for seat in &seats {
            match self.seat(&logins, seat, file, &out.join(&seat.folder))? {
                Made::New => new += 1,
                Made::There => there += 1,
                Made::Not => good = false,
            }
        }
        let text = words.with(
            "keep-prepared",
            &[
                ("new", new.into()),
                ("there", there.into()),
                ("place", out.display().to_string().into()),
            ],
        );
        self.tell(&text);
        Ok(good)
    }

    fn seat(
        &mut self,
        logins: &Logins,
        seat: &Seat,
        file: &Path,
        folder: &Path,
    ) -> anyhow::Result<Made> {
        let words = self.words;
        let values = [
            ("seat", seat.name.as_str().into()),
            ("login", seat.login.name.as_str().into()),
            ("place", folder.display().to_string().into()),
        ];
        let password_file = folder.join(login::FILE);
        let known = login::read(&password_file)?;
        let state = logins.state(&seat.login)?;
        let problem = match (&state, &known) {
            (LoginState::Missing, _) | (LoginState::There, Some(_)) => None,
            (LoginState::There, None) => Some("keep-login-unknown"),
            (LoginState::Of { .. } | LoginState::Foreign, _) => Some("keep-login-other"),
        };
        if let Some(problem) = problem {
            let text = format!("- {}", words.with(problem, &values));
            self.tell(&text);
            return Ok(Made::Not);
        }
        make_folder(folder)?;
        if state == LoginState::Missing {
            // The password is on the disk before the server knows it; so it cannot get lost.
            let password = if let Some(password) = known {
                password
            } else {
                let password = new_password()?;
                login::write(&password_file, &password)?;
                password
            };
            logins.make(&seat.login, &password)?;
        } else {
            // One that an earlier program made has none.
            logins.limit(&seat.login)?;
        }
        let mut new = state == LoginState::Missing;
        let settings = folder.join("settings.toml");
        if !settings.exists() {
            write_new(&settings, seat.settings.to_string().as_bytes())?;
            new = true;
        }
        if let Some(cameras) = &seat.cameras
            && let Some(name) = cameras.file_name()
            && !folder.join(name).exists()
        {
            let from = beside(file, cameras);
            let bytes = fs::read(&from).with_context(|| from.display().to_string())?;
            write_new(&folder.join(name), &bytes)?;
            new = true;
        }
        if !new {
            return Ok(Made::There);
        }
        let text = words.with("keep-seat-made", &values);
        self.tell(&text);
        Ok(Made::New)
    }
}

/// What became of one seat.
enum Made {
    New,
    There,
    Not,
}

/// Camera files must be there and be such before anything is made.
fn check_cameras(file: &Path, seats: &[Seat]) -> anyhow::Result<()> {
    let mut seen: Vec<&PathBuf> = Vec::new();
    for cameras in seats.iter().filter_map(|seat| seat.cameras.as_ref()) {
        if !seen.contains(&cameras) {
            seen.push(cameras);
            let loaded = cameras::read(&beside(file, cameras))?;
            if let Some(error) = loaded.errors.first() {
                tracing::warn!(
                    file = %cameras.display(), row = error.row, field = %error.field,
                    problem = ?error.problem, "{} bad rows", loaded.errors.len()
                );
            }
        }
    }
    Ok(())
}

fn beside(file: &Path, other: &Path) -> PathBuf {
    file.parent().unwrap_or(Path::new("")).join(other)
}

fn make_folder(folder: &Path) -> anyhow::Result<()> {
    let failed = || folder.display().to_string();
    if folder.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(folder).with_context(failed)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).with_context(failed)?;
    }
    Ok(())
}

/// Writes a file as a whole, or not at all.
fn write_new(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    use std::io::Write as _;
    let mut new = path.as_os_str().to_owned();
    new.push(".new");
    let new = PathBuf::from(new);
    fs::remove_file(&new).ok(); // a left-over of an interrupted write, if any
    let write = || {
        let mut file = files::create_private(&new)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&new, path)
    };
    write().with_context(|| path.display().to_string())
}

/// 192 bits of the system's randomness.
fn new_password() -> anyhow::Result<Password> {
    let mut bytes = [0_u8; 24];
    OsRng
        .try_fill_bytes(&mut bytes)
        .context("the system gives no random numbers")?;
    Ok(Password::new(BASE64.encode(bytes)))
}
