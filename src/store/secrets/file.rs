//! The file of passwords, mode 600.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::{BadLine, Secrets, SecretsError};
use crate::base::files;

impl Secrets {
    /// Reads the file; a missing one holds nothing.
    ///
    /// # Errors
    /// When others can read it, or it cannot be understood.
    pub fn read(path: &Path) -> Result<Self, SecretsError> {
        let io_error = |source| SecretsError::Io {
            path: path.to_owned(),
            source,
        };
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(io_error(error)),
        };
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = fs::metadata(path).map_err(io_error)?.permissions().mode() & 0o777;
            if mode & 0o077 != 0 {
                return Err(SecretsError::TooOpen {
                    path: path.to_owned(),
                    mode,
                });
            }
        }
        Self::parse(&text).map_err(|BadLine(line)| SecretsError::Shape {
            path: path.to_owned(),
            line,
        })
    }

    /// Writes the file with mode 600, whole or not at all, and its folder where that is missing.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), SecretsError> {
        let io_error = |source| SecretsError::Io {
            path: path.to_owned(),
            source,
        };
        let text = self
            .text()
            .map_err(|error| io_error(io::Error::other(error)))?;
        let folder = path.parent().filter(|folder| *folder != Path::new(""));
        if let Some(folder) = folder {
            fs::create_dir_all(folder).map_err(io_error)?;
        }
        let new = unfinished(path);
        fs::remove_file(&new).ok(); // a left-over of an interrupted write, if any
        write_private(&new, &text).map_err(io_error)?;
        fs::rename(&new, path).map_err(io_error)?;
        #[cfg(unix)]
        if let Some(folder) = folder {
            // The new name lasts through a power cut as well.
            let synced = fs::File::open(folder).and_then(|folder| folder.sync_all());
            synced.map_err(io_error)?;
        }
        Ok(())
    }
}

/// Removes the file and what an interrupted write may have left of it; a missing one is fine.
///
/// # Errors
/// When it cannot be removed.
pub(super) fn remove(path: &Path) -> Result<(), SecretsError> {
    for path in [path.to_owned(), unfinished(path)] {
        match fs::remove_file(&path) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                return Err(SecretsError::Io { path, source });
            }
            _ => {}
        }
    }
    Ok(())
}

/// Where the file is written before it takes its name.
fn unfinished(path: &Path) -> PathBuf {
    path.with_extension("toml.new")
}

fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let mut file = files::create_private(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("passwords.toml");
        Secrets::default().write(&path).unwrap();
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(
            Secrets::read(&path),
            Err(SecretsError::TooOpen { mode: 0o644, .. })
        ));
    }

    #[test]
    fn a_broken_file_is_told_without_its_text() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("passwords.toml");
        write_private(&path, "[cameras.a]\npassword = hunter2\n").unwrap();
        let error = Secrets::read(&path).unwrap_err().to_string();
        assert!(
            error.contains("line 2") && !error.contains("hunter2"),
            "{error}"
        );
    }

    #[test]
    fn removing_leaves_nothing_of_an_interrupted_write() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/passwords.toml");
        Secrets::default().write(&path).unwrap();
        write_private(&unfinished(&path), "half").unwrap();
        remove(&path).unwrap();
        remove(&path).unwrap();
        let left = fs::read_dir(path.parent().unwrap()).unwrap().count();
        assert_eq!(left, 0);
    }
}
