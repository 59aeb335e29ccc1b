//! The password that a seat has for its centre's store: the environment's, else a file in the
//! settings folder that its owner alone may read.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::base::files;
use crate::model::camera::Password;

/// The environment variable of the password, so that no list of processes shows it.
pub const VARIABLE: &str = "QYRAN_STORE_PASSWORD";
/// The file, in the settings folder.
pub const FILE: &str = "store-password";
/// The longest file that is read, bytes.
const LONGEST: u64 = 4096;

/// The password cannot be used or kept.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// Others can read it.
    #[error("{path} can be read by others (mode {mode:o}); make it yours alone: chmod 600 {path}", path = path.display())]
    TooOpen {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// It cannot be read or written.
    #[error("{path}: {source}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It holds no password. Its text is not repeated.
    #[error("{path} holds no password: one line of 1 to {LONGEST} bytes", path = path.display())]
    Shape {
        /// The file.
        path: PathBuf,
    },
}

/// The password: of the environment where it names one, else of the file; nothing where neither does.
///
/// # Errors
/// When the file can be read by others, cannot be read at all, or holds none.
pub fn password(config: &Path) -> Result<Option<Password>, LoginError> {
    match std::env::var(VARIABLE) {
        Ok(password) => Ok(Some(Password::new(password))),
        Err(_not_set) => read(&config.join(FILE)),
    }
}

/// The password of a file; nothing where there is none.
///
/// # Errors
/// As [`password`].
pub fn read(path: &Path) -> Result<Option<Password>, LoginError> {
    let failed = |source| LoginError::Io {
        path: path.to_owned(),
        source,
    };
    let length = match fs::metadata(path) {
        Ok(found) => {
            #[cfg(unix)]
            {
                use std::os::unix::fs::PermissionsExt as _;
                let mode = found.permissions().mode() & 0o777;
                if mode & 0o077 != 0 {
                    return Err(LoginError::TooOpen {
                        path: path.to_owned(),
                        mode,
                    });
                }
            }
            found.len()
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    let shape = || LoginError::Shape {
        path: path.to_owned(),
    };
    if length > LONGEST {
        return Err(shape());
    }
    let text = fs::read_to_string(path).map_err(failed)?;
    let text = text.trim_end_matches(['\n', '\r']);
    if text.is_empty() || text.contains(char::is_control) {
        return Err(shape());
    }
    Ok(Some(Password::new(text)))
}

/// Writes a new file that its owner alone may read; it is on the disk when this returns.
///
/// # Errors
/// When it is there already, or cannot be written.
pub fn write(path: &Path, password: &Password) -> Result<(), LoginError> {
    let failed = |source| LoginError::Io {
        path: path.to_owned(),
        source,
    };
    let mut file = files::create_private(path).map_err(failed)?;
    writeln!(file, "{}", password.reveal()).map_err(failed)?;
    file.sync_all().map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_kept_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        assert!(read(&path).unwrap().is_none());
        write(&path, &Password::new("sésame")).unwrap();
        assert_eq!(read(&path).unwrap().unwrap().reveal(), "sésame");
        assert!(write(&path, &Password::new("other")).is_err(), "it stays");
        for (text, fits) in [
            ("", false),
            ("\n", false),
            ("a\nb\n", false),
            ("a b\r\n", true),
        ] {
            fs::write(&path, text).unwrap();
            assert_eq!(read(&path).is_ok(), fits, "{text:?}");
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
            assert!(matches!(
                read(&path),
                Err(LoginError::TooOpen { mode: 0o640, .. })
            ));
        }
    }
}
