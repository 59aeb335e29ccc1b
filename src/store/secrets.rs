//! Passwords of cameras: a file of its own that only its owner may read.
//!
//! ```toml
//! [cameras.cam-001]            # one camera
//! password = "…"
//! [hosts."10.1.2.3:554"]       # every camera of a host
//! user = "operator"
//! password = "…"
//! ```

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::model::camera::{Camera, CameraId, Credentials, Password};

/// The passwords that are known.
#[derive(Clone, Default, Debug)]
pub struct Secrets {
    cameras: BTreeMap<String, Credentials>,
    hosts: BTreeMap<String, Credentials>,
}

#[derive(Default, Serialize, Deserialize)]
struct File {
    #[serde(default)]
    cameras: BTreeMap<String, Entry>,
    #[serde(default)]
    hosts: BTreeMap<String, Entry>,
}

#[derive(Serialize, Deserialize)]
struct Entry {
    #[serde(default)]
    user: String,
    password: String,
}

/// The password file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
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
    /// It is no TOML of the right shape. The text of the file is not repeated.
    #[error("{path} line {line}: not as described in docs/ref/cameras.md", path = path.display())]
    Shape {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
    },
}

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
        let file: File = toml::from_str(&text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start).min(text.len());
            let line = text.as_bytes()[..at]
                .iter()
                .filter(|b| **b == b'\n')
                .count()
                + 1;
            SecretsError::Shape {
                path: path.to_owned(),
                line,
            }
        })?;
        let take = |entries: BTreeMap<String, Entry>| {
            entries
                .into_iter()
                .map(|(key, e)| {
                    (
                        key,
                        Credentials {
                            user: e.user,
                            password: Password::new(e.password),
                        },
                    )
                })
                .collect()
        };
        Ok(Self {
            cameras: take(file.cameras),
            hosts: take(file.hosts),
        })
    }

    /// Adds the password of one camera.
    pub fn set_camera(&mut self, id: &CameraId, credentials: Credentials) {
        self.cameras.insert(id.to_string(), credentials);
    }

    /// Takes over what `other` knows; its entries win.
    pub fn extend(&mut self, other: Self) {
        self.cameras.extend(other.cameras);
        self.hosts.extend(other.hosts);
    }

    /// What to tell the host of `camera`, if anything is known: its own entry, else its host's.
    pub fn for_camera(&self, camera: &Camera, url: &url::Url) -> Option<Credentials> {
        let host = url.host_str().unwrap_or_default();
        let usual = if url.scheme() == "rtsps" { 322 } else { 554 };
        let with_port = format!("{host}:{}", url.port().unwrap_or(usual));
        let found = self
            .cameras
            .get(camera.id.as_str())
            .or_else(|| self.hosts.get(&with_port))
            .or_else(|| self.hosts.get(host))?;
        let user = if camera.user.is_empty() {
            found.user.clone()
        } else {
            camera.user.clone()
        };
        Some(Credentials {
            user,
            password: found.password.clone(),
        })
    }

    /// Writes the file with mode 600.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), SecretsError> {
        let io_error = |source| SecretsError::Io {
            path: path.to_owned(),
            source,
        };
        let give = |entries: &BTreeMap<String, Credentials>| {
            entries
                .iter()
                .map(|(key, c)| {
                    (
                        key.clone(),
                        Entry {
                            user: c.user.clone(),
                            password: c.password.reveal().to_owned(),
                        },
                    )
                })
                .collect()
        };
        let file = File {
            cameras: give(&self.cameras),
            hosts: give(&self.hosts),
        };
        let text = toml::to_string(&file).map_err(|error| io_error(io::Error::other(error)))?;
        let new = path.with_extension("toml.new");
        fs::remove_file(&new).ok(); // a left-over of an interrupted write, if any
        write_private(&new, &text).map_err(io_error)?;
        fs::rename(&new, path).map_err(io_error)
    }
}

#[cfg(unix)]
fn write_private(path: &Path, text: &str) -> io::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(text.as_bytes())
}

#[cfg(not(unix))]
fn write_private(path: &Path, text: &str) -> io::Result<()> {
    // Elsewhere the user's own folder is private by its access list.
    fs::write(path, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn camera(id: &str, user: &str) -> Camera {
        let url = "rtsp://10.0.0.5/sub".parse().unwrap();
        let mut camera = Camera::from_url(CameraId::new(id).unwrap(), url);
        camera.user = user.into();
        camera
    }

    #[test]
    fn a_camera_s_own_password_comes_before_its_host_s() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("passwords.toml");
        let mut secrets = Secrets::default();
        let own = Credentials {
            user: "own".into(),
            password: Password::new("one"),
        };
        secrets.set_camera(&CameraId::new("a").unwrap(), own);
        let host = Credentials {
            user: "host".into(),
            password: Password::new("two"),
        };
        secrets.hosts.insert("10.0.0.5".into(), host);
        secrets.write(&path).unwrap();
        let secrets = Secrets::read(&path).unwrap();
        let url = "rtsp://10.0.0.5/sub".parse().unwrap();
        let get = |id, user| secrets.for_camera(&camera(id, user), &url).unwrap();
        assert_eq!(
            (get("a", "").user.as_str(), get("a", "").password.reveal()),
            ("own", "one")
        );
        assert_eq!(
            (
                get("b", "me").user.as_str(),
                get("b", "me").password.reveal()
            ),
            ("me", "two")
        );
    }

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
}
