//! What a program of this machine shows before it is heard, so that not any program can speak.

use std::fmt;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use rand::TryRngCore as _;
use rand::rngs::OsRng;

use crate::base::files;

/// The shortest and the longest token, bytes.
const LENGTH: std::ops::RangeInclusive<usize> = 32..=256;
/// A token that is made here, bytes before they are written in hexadecimal.
const OWN_BYTES: usize = 32;

/// A secret that both sides know. It does not print.
#[derive(Clone)]
pub struct Token(String);

/// There is no token to be had.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// It is none.
    #[error("the token is not 32 to 256 visible ASCII characters")]
    Shape,
    /// Its file cannot be read or made.
    #[error("the token in {path}: {source}", path = path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Others can read it.
    #[error("{path} can be read by others; make it yours alone: chmod 600 {path}", path = .0.display())]
    Open(PathBuf),
}

impl Token {
    /// Takes a token.
    ///
    /// # Errors
    /// When it is not 32 to 256 visible ASCII characters.
    pub fn new(text: &str) -> Result<Self, TokenError> {
        let text = text.trim();
        let fits = LENGTH.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        fits.then(|| Self(text.to_owned())).ok_or(TokenError::Shape)
    }

    /// Reads the token's file, which only its owner may read.
    ///
    /// # Errors
    /// When it cannot be read, others can read it, or it holds no token.
    pub fn read(path: &Path) -> Result<Self, TokenError> {
        let io_error = |source| TokenError::File {
            path: path.to_owned(),
            source,
        };
        let about = fs::metadata(path).map_err(io_error)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            if about.permissions().mode() & 0o077 != 0 {
                return Err(TokenError::Open(path.to_owned()));
            }
        }
        if about.len() > 1024 {
            return Err(TokenError::Shape);
        }
        Self::new(&fs::read_to_string(path).map_err(io_error)?)
    }

    /// Reads the token's file; where there is none, makes one with a token of chance in it. Of two
    /// programs that make it at once, both have the same afterwards.
    ///
    /// # Errors
    /// As [`Self::read`], or when it cannot be made.
    pub fn read_or_make(path: &Path) -> Result<Self, TokenError> {
        match Self::read(path) {
            Err(TokenError::File { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                make(path).map_err(|source| TokenError::File {
                    path: path.to_owned(),
                    source,
                })?;
                Self::read(path)
            }
            other => other,
        }
    }

    /// Whether what an adapter shows is this; as slow for a wrong beginning as for a wrong end.
    pub(super) fn is(&self, shown: &[u8]) -> bool {
        let own = self.0.as_bytes();
        let differs = own.iter().zip(shown).fold(0, |sum, (a, b)| sum | (a ^ b));
        own.len() == shown.len() && std::hint::black_box(differs) == 0
    }

    /// The secret itself, to show it to the other side.
    pub(super) fn secret(&self) -> &str {
        &self.0
    }
}

/// A new token's file, whole or not at all; one that is there meanwhile stays.
fn make(path: &Path) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut bytes = [0_u8; OWN_BYTES];
    OsRng.try_fill_bytes(&mut bytes).map_err(io::Error::other)?;
    let digit = |four: u8| char::from_digit(u32::from(four), 16).unwrap_or('0');
    let text: String = bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect();
    let new = path.with_extension(format!("new-{}", std::process::id()));
    let written = files::create_private(&new).and_then(|mut file| {
        file.write_all(format!("{text}\n").as_bytes())?;
        file.sync_all()
    });
    let linked = written.and_then(|()| match fs::hard_link(&new, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other,
    });
    let removed = fs::remove_file(&new);
    linked.and(removed)
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn tokens_are_long_and_their_file_is_the_owners() {
        assert!(Token::new(TOKEN).is_ok());
        assert!(Token::new(&format!("{TOKEN}\n")).is_ok());
        for bad in [
            "",
            "short",
            &"x".repeat(257),
            &format!("{TOKEN} x"),
            &"ә".repeat(40),
        ] {
            assert!(matches!(Token::new(bad), Err(TokenError::Shape)), "{bad}");
        }
        assert!(!format!("{:?}", Token::new(TOKEN)).contains("0123"));
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("door.token");
        assert!(matches!(Token::read(&file), Err(TokenError::File { .. })));
        fs::write(&file, TOKEN).expect("written");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).expect("set");
            assert!(matches!(Token::read(&file), Err(TokenError::Open(_))));
            fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("set");
        }
        assert!(Token::read(&file).expect("read").is(TOKEN.as_bytes()));
        assert!(!Token::read(&file).expect("read").is(&TOKEN.as_bytes()[1..]));
    }

    #[test]
    fn a_missing_token_is_made_once_for_its_owner_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("settings/events.token");
        let made = Token::read_or_make(&path).expect("made");
        let again = Token::read_or_make(&path).expect("read");
        assert!(made.is(again.secret().as_bytes()));
        assert_eq!(made.secret().len(), 2 * OWN_BYTES);
        let names = fs::read_dir(folder.path().join("settings")).expect("there");
        assert_eq!(names.count(), 1, "nothing else is left");
        let other = Token::read_or_make(&folder.path().join("b")).expect("made");
        assert_ne!(other.secret(), made.secret());
        fs::write(&path, "short").expect("written");
        assert!(matches!(Token::read_or_make(&path), Err(TokenError::Shape)));
    }
}
