//! The certificates that cameras showed the first time: whoever shows another one later is not let
//! in before somebody with access to this seat has taken the old one away.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use parking_lot::Mutex;

use crate::base::files;
use crate::base::hex::hex;

/// SHA-256 of a certificate.
pub type Fingerprint = [u8; 32];

/// The name of the file in the settings folder.
const FILE: &str = "certificates.toml";

/// Certificates by host and port, kept in `certificates.toml` of the settings folder. What another
/// process changes there is noticed.
#[derive(Debug)]
pub struct KnownCertificates {
    folder: PathBuf,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    /// When the file was written, and its length.
    changed: Option<(SystemTime, u64)>,
    by_host: BTreeMap<String, Fingerprint>,
}

/// The file cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum CertificatesError {
    /// The system refuses.
    #[error("{file}: {source}")]
    File {
        /// The file.
        file: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// An entry is no fingerprint, or the whole no TOML.
    #[error("{file}: {what}")]
    Form {
        /// The file.
        file: PathBuf,
        /// What is wrong, and where.
        what: String,
    },
}

impl KnownCertificates {
    /// Those in a settings folder; a missing file holds none. It is read when it is needed.
    pub fn of(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            known: Mutex::default(),
        }
    }

    fn file(&self) -> PathBuf {
        self.folder.join(FILE)
    }

    fn refresh(&self, known: &mut Known) -> Result<(), CertificatesError> {
        let file = self.file();
        let failed = |source| CertificatesError::File {
            file: file.clone(),
            source,
        };
        let changed =
            match std::fs::metadata(&file).and_then(|meta| Ok((meta.modified()?, meta.len()))) {
                Ok(changed) => changed,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    *known = Known::default();
                    return Ok(());
                }
                Err(error) => return Err(failed(error)),
            };
        if known.changed == Some(changed) {
            return Ok(());
        }
        let text = std::fs::read_to_string(&file).map_err(failed)?;
        let by_host = read(&text).map_err(|what| CertificatesError::Form {
            file: file.clone(),
            what,
        })?;
        *known = Known {
            changed: Some(changed),
            by_host,
        };
        Ok(())
    }

    /// The certificate of a host (`name:port`), if one is known.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn get(&self, host: &str) -> Result<Option<Fingerprint>, CertificatesError> {
        let mut known = self.known.lock();
        self.refresh(&mut known)?;
        Ok(known.by_host.get(host).copied())
    }

    /// All, by host.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn all(&self) -> Result<BTreeMap<String, Fingerprint>, CertificatesError> {
        let mut known = self.known.lock();
        self.refresh(&mut known)?;
        Ok(known.by_host.clone())
    }

    /// Remembers the certificate of a host of which none is known; one that is stays.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn learn(&self, host: &str, fingerprint: Fingerprint) -> Result<(), CertificatesError> {
        self.change(|by_host| {
            by_host.entry(host.to_owned()).or_insert(fingerprint);
        })
    }

    /// Takes the certificate of a host away, so that the next one counts; false where none is known.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn forget(&self, host: &str) -> Result<bool, CertificatesError> {
        let mut was_known = false;
        self.change(|by_host| was_known = by_host.remove(host).is_some())?;
        Ok(was_known)
    }

    fn change(
        &self,
        change: impl FnOnce(&mut BTreeMap<String, Fingerprint>),
    ) -> Result<(), CertificatesError> {
        let mut known = self.known.lock();
        self.refresh(&mut known)?;
        let before = known.by_host.clone();
        change(&mut known.by_host);
        if before == known.by_host {
            return Ok(());
        }
        let written = files::keep(&self.folder, FILE, write(&known.by_host).as_bytes());
        if let Err(source) = written {
            known.by_host = before;
            let file = self.file();
            return Err(CertificatesError::File { file, source });
        }
        known.changed = None;
        Ok(())
    }
}

fn write(by_host: &BTreeMap<String, Fingerprint>) -> String {
    let table: toml::Table = by_host
        .iter()
        .map(|(host, fingerprint)| (host.clone(), hex(fingerprint).into()))
        .collect();
    table.to_string()
}

fn read(text: &str) -> Result<BTreeMap<String, Fingerprint>, String> {
    let table: toml::Table = text.parse().map_err(|error| format!("{error}"))?;
    table
        .into_iter()
        .map(|(host, value)| {
            let fingerprint = value.as_str().and_then(decode);
            let fingerprint = fingerprint
                .ok_or_else(|| format!("{host}: not a SHA-256 (64 hexadecimal digits)"))?;
            Ok((host, fingerprint))
        })
        .collect()
}

fn decode(text: &str) -> Option<Fingerprint> {
    let text = text.trim();
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    let mut fingerprint = Fingerprint::default();
    for (at, byte) in fingerprint.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[at * 2..at * 2 + 2], 16).ok()?;
    }
    Some(fingerprint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_learned_stays_until_it_is_taken_away() {
        let folder = tempfile::tempdir().unwrap();
        let one = KnownCertificates::of(folder.path());
        assert_eq!(one.get("a:322").unwrap(), None);
        one.learn("a:322", [7; 32]).unwrap();
        one.learn("b:322", [8; 32]).unwrap();
        one.learn("a:322", [9; 32]).unwrap();
        assert_eq!(one.get("a:322").unwrap(), Some([7; 32]), "the first counts");
        // Another process takes it away, and this one notices.
        let other = KnownCertificates::of(folder.path());
        assert!(other.forget("a:322").unwrap());
        assert!(!other.forget("a:322").unwrap());
        assert_eq!(other.all().unwrap().len(), 1);
        assert_eq!(one.get("a:322").unwrap(), None);
        assert_eq!(one.get("b:322").unwrap(), Some([8; 32]));
    }

    #[test]
    fn a_file_that_cannot_be_read_is_told() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(FILE), "\"a:322\" = \"12\"\n").unwrap();
        let error = KnownCertificates::of(folder.path())
            .all()
            .unwrap_err()
            .to_string();
        assert!(error.contains("a:322") && error.contains(FILE), "{error}");
    }
}
