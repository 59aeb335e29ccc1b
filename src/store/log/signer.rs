//! A seat's own key: it signs what the log is, so that whoever changes the log afterwards cannot say
//! so in the seat's name. The key is made here, lies in a file that its owner alone may read, and
//! never leaves it; its public half is what others are given.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use ring::rand::{SecureRandom as _, SystemRandom};
use ring::signature::{Ed25519KeyPair, KeyPair as _};

use super::checkpoint::Checkpoint;
use super::note::{Malformed, Note, Signature, VerifierKey, is_key_name, parse_key, write_key};
use super::tree::Frontier;
use crate::base::files;

/// What the text of a secret key begins with, in Go's `sumdb/note` and here.
const SECRET: &str = "PRIVATE+KEY+";
/// The longest key file that is read, bytes.
const LONGEST_FILE: u64 = 4096;

/// The key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SignerError {
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
    /// It holds no key. The text of the file is not repeated.
    #[error("{path} holds no signing key; move it away, and a new one is made", path = path.display())]
    Shape {
        /// The file.
        path: PathBuf,
    },
    /// No key can be called so.
    #[error("a seat's name is too long or empty: {start}")]
    Name {
        /// Its first characters.
        start: String,
    },
    /// The system gives no randomness.
    #[error("the system gives no random numbers, so no key can be made")]
    NoRandomness,
}

/// The name of the key of a seat: `seat/` and the seat's name, in which spaces, plus and control
/// characters are written as in addresses (`%20`), since no key's name may hold them.
pub fn key_name(seat: &str) -> String {
    let mut name = "seat/".to_owned();
    for c in seat.chars() {
        if c.is_whitespace() || c.is_control() || matches!(c, '+' | '%') {
            let mut bytes = [0; 4];
            for byte in c.encode_utf8(&mut bytes).bytes() {
                name.push_str(&format!("%{byte:02X}"));
            }
        } else {
            name.push(c);
        }
    }
    name
}

/// Signs in the name of a seat.
pub struct Signer {
    pair: Ed25519KeyPair,
    key: VerifierKey,
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Signer({})", self.key)
    }
}

impl Signer {
    /// The key in the file `path`, or a new one that is written there. `seat` is how the seat is
    /// called now; where it was called otherwise when the key was made, the same key signs under the
    /// new name, and others need its new text.
    ///
    /// # Errors
    /// When others can read the file, it holds no key, or it cannot be read or written.
    pub fn open_or_make(path: &Path, seat: &str) -> Result<Self, SignerError> {
        let name = key_name(seat);
        if !is_key_name(&name) {
            let start = seat.chars().take(40).collect();
            return Err(SignerError::Name { start });
        }
        let seed = match read(path)? {
            Some(seed) => seed,
            None => make(path, &name)?,
        };
        Self::from_seed(&name, &seed).ok_or_else(|| SignerError::Shape {
            path: path.to_owned(),
        })
    }

    /// A key called `name` from its 32 secret bytes (RFC 8032).
    fn from_seed(name: &str, seed: &[u8; 32]) -> Option<Self> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).ok()?;
        let public = pair.public_key().as_ref().try_into().ok()?;
        let key = VerifierKey::new(name, public)?;
        Some(Self { pair, key })
    }

    /// The public half, for others.
    pub fn key(&self) -> &VerifierKey {
        &self.key
    }

    /// The signed checkpoint of the log `origin` whose right edge is `edge`.
    ///
    /// # Errors
    /// When the origin is none.
    pub fn sign(&self, origin: &str, edge: &Frontier) -> Result<Note, Malformed> {
        let text = Checkpoint::new(origin, edge)?.to_string();
        let signature = Signature {
            name: self.key.name().to_owned(),
            id: self.key.id(),
            bytes: self.pair.sign(text.as_bytes()).as_ref().to_vec(),
        };
        Ok(Note::new(text, vec![signature]))
    }
}

/// The secret bytes in a file; nothing where there is no file.
fn read(path: &Path) -> Result<Option<[u8; 32]>, SignerError> {
    let io_error = |source| SignerError::Io {
        path: path.to_owned(),
        source,
    };
    let about = match fs::metadata(path) {
        Ok(about) => about,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(io_error(error)),
    };
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = about.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            let path = path.to_owned();
            return Err(SignerError::TooOpen { path, mode });
        }
    }
    let shape = || SignerError::Shape {
        path: path.to_owned(),
    };
    if !about.is_file() || about.len() > LONGEST_FILE {
        return Err(shape());
    }
    let text = fs::read_to_string(path).map_err(io_error)?;
    let secret = text.strip_suffix('\n').unwrap_or(&text);
    let (name, id, seed) = secret
        .strip_prefix(SECRET)
        .and_then(parse_key)
        .ok_or_else(shape)?;
    // A file that was damaged does not quietly become another key.
    match Signer::from_seed(name, &seed) {
        Some(signer) if signer.key.id() == id => Ok(Some(seed)),
        _ => Err(shape()),
    }
}

/// New secret bytes, written to `path` with mode 600 before anything is signed.
fn make(path: &Path, name: &str) -> Result<[u8; 32], SignerError> {
    let mut seed = [0; 32];
    SystemRandom::new()
        .fill(&mut seed)
        .map_err(|_unspecified| SignerError::NoRandomness)?;
    let signer = Signer::from_seed(name, &seed).ok_or_else(|| SignerError::Name {
        start: name.chars().take(40).collect(),
    })?;
    let text = format!("{SECRET}{}\n", write_key(name, signer.key.id(), &seed));
    write_private(path, &text).map_err(|source| SignerError::Io {
        path: path.to_owned(),
        source,
    })?;
    Ok(seed)
}

/// Writes a file that is whole or not there at all, and never another's.
fn write_private(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let new = path.with_extension("new");
    fs::remove_file(&new).ok(); // a left-over of an interrupted write, if any
    let mut file = files::create_private(&new)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&new, path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::log::note::Keys;
    use crate::store::log::tree::leaf_hash;

    fn edge() -> Frontier {
        let mut edge = Frontier::default();
        edge.append(leaf_hash(b"line"));
        edge
    }

    #[test]
    fn the_key_that_is_made_is_the_key_that_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys/seat.key");
        let made = Signer::open_or_make(&path, "Duty 2").unwrap();
        let read = Signer::open_or_make(&path, "Duty 2").unwrap();
        assert_eq!(made.key(), read.key());
        assert_eq!(made.key().name(), "seat/Duty%202");
        let mut keys = Keys::default();
        keys.add(made.key().clone());
        let note = read.sign("qyran/x", &edge()).unwrap();
        let again = Note::parse(&note.to_string()).unwrap();
        assert_eq!(keys.open(&again).unwrap(), [made.key()]);
        // Called otherwise, it is the same key under another name.
        let renamed = Signer::open_or_make(&path, "Duty 3").unwrap();
        assert_ne!(renamed.key().id(), made.key().id());
        assert_eq!(
            renamed.pair.public_key().as_ref(),
            made.pair.public_key().as_ref()
        );
        assert!(
            keys.open(&renamed.sign("qyran/x", &edge()).unwrap())
                .is_err()
        );
        let other = Signer::open_or_make(&folder.path().join("other.key"), "Duty 2").unwrap();
        assert_ne!(other.key(), made.key(), "each key is another");
    }

    #[test]
    fn a_secret_key_of_the_go_package_signs_the_same() {
        let secret =
            "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"; // tidy: a test vector
        let (name, id, seed) = parse_key(secret.strip_prefix(SECRET).unwrap()).unwrap();
        let signer = Signer::from_seed(name, &seed).unwrap();
        assert_eq!(
            (signer.key().name(), signer.key().id()),
            ("PeterNeumann", id)
        );
        let text = "If you think cryptography is the answer to your problem,\n\
            then you don't know what your problem is.\n";
        assert_eq!(
            &signer.pair.sign(text.as_bytes()).as_ref()[..4],
            [0xf6, 0x49, 0x92, 0xe0]
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("seat.key");
        Signer::open_or_make(&path, "a").unwrap();
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let refused = Signer::open_or_make(&path, "a");
        assert!(matches!(
            refused,
            Err(SignerError::TooOpen { mode: 0o640, .. })
        ));
    }

    #[test]
    fn a_damaged_file_is_refused_told_without_its_text_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("seat.key");
        Signer::open_or_make(&path, "a").unwrap();
        let good = fs::read_to_string(&path).unwrap();
        // Another letter within the secret.
        let (start, secret) = good.split_at(good.len() - 20);
        let swapped: String = secret
            .chars()
            .map(|c| if c == 'A' { 'B' } else { 'A' })
            .collect();
        for text in [
            "",
            "PRIVATE+KEY+",
            &good[..40],
            &format!("{start}{swapped}"),
        ] {
            write_private(&path, text).unwrap();
            let error = Signer::open_or_make(&path, "a").unwrap_err();
            assert!(matches!(error, SignerError::Shape { .. }), "{error}");
            assert!(!error.to_string().contains(secret.trim_end()));
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
    }

    #[test]
    fn any_seat_has_a_name_that_a_key_may_have() {
        for seat in ["a", "Пульт 4", "a+b", "50%", "a\tb\u{a0}c", "—"] {
            assert!(is_key_name(&key_name(seat)), "{seat}");
        }
        assert_eq!(key_name("Пульт 4"), "seat/Пульт%204");
        let folder = tempfile::tempdir().unwrap();
        let long = Signer::open_or_make(&folder.path().join("k"), &"x".repeat(300));
        assert!(matches!(long, Err(SignerError::Name { .. })));
    }
}
