//! Passwords of cameras: in the keyring of the system where there is one, and in a file of their own
//! that only its owner may read. Both hold the same text, and the file's entries win.
//!
//! ```toml
//! [cameras.cam-001]            # one camera
//! password = "…"
//! [hosts."10.1.2.3:554"]       # every camera of a host
//! user = "operator"
//! password = "…"
//! ```

mod file;
pub mod keyring;
mod places;
#[cfg(target_os = "linux")]
mod service;

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::model::camera::{Camera, CameraId, Credentials, Password};
use crate::model::stream_url::StreamUrl;

pub use keyring::{Keyring, KeyringError};
pub use places::{Done, Kept, Place, Places, PlacesError};
#[cfg(target_os = "linux")]
pub use service::SystemKeyring;

/// The passwords that are known.
#[derive(Clone, Default, Debug, PartialEq, Eq)]
pub struct Secrets {
    cameras: BTreeMap<String, Credentials>,
    hosts: BTreeMap<String, Credentials>,
}

/// Whom a password is for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Whom {
    /// One camera, by its id.
    Camera(String),
    /// Every camera of a host: `HOST`, or `HOST:PORT` for one port.
    Host(String),
}

/// A text that names no host.
#[derive(Debug, thiserror::Error)]
#[error("a host as in 10.1.2.3, 10.1.2.3:8554 or camera.example, and nothing else")]
pub struct BadHost;

impl Whom {
    /// One camera.
    pub fn camera(id: &CameraId) -> Self {
        Self::Camera(id.to_string())
    }

    /// Every camera of `host`, which is `HOST` or `HOST:PORT`.
    ///
    /// # Errors
    /// When it is anything else, an address for example.
    pub fn host(host: &str) -> Result<Self, BadHost> {
        // Read as addresses of cameras are, so that the two can meet.
        let url: url::Url = format!("rtsp://{host}").parse().map_err(|_bad| BadHost)?;
        let name = url.host_str().filter(|name| !name.is_empty());
        let key = match (name.ok_or(BadHost)?, url.port()) {
            (name, Some(port)) => format!("{name}:{port}"),
            (name, None) => name.to_owned(),
        };
        if key == host {
            Ok(Self::Host(key))
        } else {
            Err(BadHost)
        }
    }

    /// The id of the camera or the name of the host.
    pub fn name(&self) -> &str {
        match self {
            Self::Camera(name) | Self::Host(name) => name,
        }
    }
}

/// What the text holds.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    cameras: BTreeMap<String, Entry>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    hosts: BTreeMap<String, Entry>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    #[serde(default)]
    user: String,
    password: String,
}

/// The password file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    /// Others can read the file.
    #[error("{path} can be read by others (mode {mode:o}); make it yours alone: chmod 600 {path}", path = path.display())]
    TooOpen {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// The file cannot be read or written.
    #[error("{path}: {source}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is no TOML of the right shape. Its text is not repeated.
    #[error("{path} line {line}: not as described in docs/ref/cameras.md", path = path.display())]
    Shape {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
    },
}

/// A line, from 1, that is not as it should be.
struct BadLine(usize);

impl Secrets {
    /// Reads the text of one place.
    fn parse(text: &str) -> Result<Self, BadLine> {
        let read: Text = toml::from_str(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start).min(text.len());
            let before = &text.as_bytes()[..at];
            BadLine(before.iter().filter(|b| **b == b'\n').count() + 1)
        })?;
        let take = |entries: BTreeMap<String, Entry>| {
            let take = |e: Entry| Credentials {
                user: e.user,
                password: Password::new(e.password),
            };
            entries.into_iter().map(|(k, e)| (k, take(e))).collect()
        };
        Ok(Self {
            cameras: take(read.cameras),
            hosts: take(read.hosts),
        })
    }

    /// The text of one place.
    fn text(&self) -> Result<String, toml::ser::Error> {
        let give = |entries: &BTreeMap<String, Credentials>| {
            let give = |c: &Credentials| Entry {
                user: c.user.clone(),
                password: c.password.reveal().to_owned(),
            };
            entries.iter().map(|(k, c)| (k.clone(), give(c))).collect()
        };
        toml::to_string(&Text {
            cameras: give(&self.cameras),
            hosts: give(&self.hosts),
        })
    }

    /// Adds the password of one camera.
    pub fn set_camera(&mut self, id: &CameraId, credentials: Credentials) {
        self.set(&Whom::camera(id), credentials);
    }

    /// Adds a password, in place of the one that was there.
    pub fn set(&mut self, whom: &Whom, credentials: Credentials) {
        let (entries, name) = self.entries_mut(whom);
        entries.insert(name.to_owned(), credentials);
    }

    /// Takes a password away; whether there was one.
    pub fn forget(&mut self, whom: &Whom) -> bool {
        let (entries, name) = self.entries_mut(whom);
        entries.remove(name).is_some()
    }

    fn entries_mut<'w>(&mut self, whom: &'w Whom) -> (&mut BTreeMap<String, Credentials>, &'w str) {
        match whom {
            Whom::Camera(name) => (&mut self.cameras, name),
            Whom::Host(name) => (&mut self.hosts, name),
        }
    }

    /// All entries: whom they are for and what to tell, cameras first.
    pub fn entries(&self) -> impl Iterator<Item = (Whom, &Credentials)> {
        let cameras = self.cameras.iter();
        let hosts = self.hosts.iter();
        let cameras = cameras.map(|(name, c)| (Whom::Camera(name.clone()), c));
        cameras.chain(hosts.map(|(name, c)| (Whom::Host(name.clone()), c)))
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.cameras.len() + self.hosts.len()
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Takes over what `other` knows; its entries win.
    pub fn extend(&mut self, other: Self) {
        self.cameras.extend(other.cameras);
        self.hosts.extend(other.hosts);
    }

    /// What to tell a host, whichever camera of it is asked.
    pub fn for_host(&self, url: &url::Url) -> Option<Credentials> {
        let host = url.host_str().unwrap_or_default();
        let usual = if url.scheme() == "rtsps" { 322 } else { 554 };
        let with_port = format!("{host}:{}", url.port().unwrap_or(usual));
        let found = self.hosts.get(&with_port).or_else(|| self.hosts.get(host));
        found.cloned()
    }

    /// What to tell the host of `camera`, if anything is known: its own entry, else its host's.
    pub fn for_camera(&self, camera: &Camera, url: &StreamUrl) -> Option<Credentials> {
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
        secrets.set(&Whom::host("10.0.0.5").unwrap(), host);
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

    #[test]
    fn a_host_is_a_host_and_nothing_else() {
        for good in ["10.1.2.3", "10.1.2.3:8554", "cam.example:554", "[fe80::1]"] {
            assert_eq!(
                Whom::host(good).unwrap(),
                Whom::Host(good.into()),
                "{good:?}"
            );
        }
        for bad in [
            "",
            ":554",
            "a b",
            "me@10.1.2.3",
            "10.1.2.3/x",
            "10.1.2.3:99999",
            "rtsp://10.1.2.3",
            "10.1.2.3?x",
            "10.1.2.3#x",
        ] {
            assert!(Whom::host(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_text_of_somebody_else_is_no_list_of_passwords() {
        for (text, line) in [
            ("token = \"hunter2\"\n", 1),
            ("[cameras.a]\npassword = \"x\"\nsecret = \"hunter2\"\n", 3),
            ("\n\nhunter2", 3),
        ] {
            let Err(BadLine(found)) = Secrets::parse(text) else {
                panic!("{text:?} is taken");
            };
            assert_eq!(found, line, "{text:?}");
        }
        assert!(Secrets::parse("").is_ok_and(|none| none.is_empty()));
    }
}
