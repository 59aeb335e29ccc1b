//! The keyring of the system, as a place for one text.
//!
//! On Linux it is the Secret Service of the session (`service.rs`). All passwords lie in one item,
//! so that a wall asks once and not for each camera. On other systems no keyring is spoken to yet,
//! and the file is used. Windows' Credential Manager takes 2,560 bytes for a secret
//! (`CRED_MAX_CREDENTIAL_BLOB_SIZE`), some thirty entries: there each entry is to be a credential of
//! its own, named `Qyran/camera/ID` or `Qyran/host/HOST`, behind the same trait.
//!
//! Nothing here asks the user to unlock anything, and no error repeats what a keyring holds.

use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError};

use super::{BadLine, Secrets};
use crate::base::{clock, threads};

/// What the item is called where people see it: in the keyring program of the desktop.
pub const LABEL: &str = "Qyran camera passwords";

/// How long the start of a wall and `qyran doctor` wait for a keyring.
pub const SHORT_PATIENCE: Duration = Duration::from_secs(2);

/// How long a command waits that somebody gave.
pub const LONG_PATIENCE: Duration = Duration::from_secs(30);

/// A keyring cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyringError {
    /// There is none.
    #[error("there is no system keyring here: {why}")]
    Missing {
        /// What was found instead.
        why: String,
        /// Whether a service for keyrings answers, which only has none yet.
        service: bool,
    },
    /// It is locked.
    #[error("the system keyring is locked")]
    Locked {
        /// Whether an item of ours can be seen in it.
        ours: bool,
    },
    /// It does not answer.
    #[error("the system keyring does not answer within {} s", .within.as_secs())]
    Silent {
        /// How long was waited.
        within: Duration,
    },
    /// What lies under our name is not ours. The text is not repeated.
    #[error(
        "the item \"{LABEL}\" of the system keyring is not as described in docs/ref/cameras.md (line {line}); \
         look at it with the keyring program of the desktop and correct or remove it there"
    )]
    Unfit {
        /// Line, from 1.
        line: usize,
    },
    /// Anything else.
    #[error("the system keyring: {problem}")]
    Failed {
        /// What it said.
        problem: String,
    },
}

impl KeyringError {
    /// Whether the file stands in: there is no keyring, or it is locked.
    pub fn is_away(&self) -> bool {
        matches!(self, Self::Missing { .. } | Self::Locked { .. })
    }
}

/// A place that keeps one text for this user. Every call may wait, never for ever.
pub trait Keyring {
    /// The text, if there is one.
    ///
    /// # Errors
    /// As [`KeyringError`] says.
    fn read(&self) -> Result<Option<String>, KeyringError>;

    /// Keeps `text` in place of what was there.
    ///
    /// # Errors
    /// As [`KeyringError`] says; the former text is then still there.
    fn write(&self, text: &str) -> Result<(), KeyringError>;

    /// Removes the text; none is fine.
    ///
    /// # Errors
    /// As [`KeyringError`] says.
    fn remove(&self) -> Result<(), KeyringError>;
}

impl Secrets {
    /// Reads what `keyring` holds.
    ///
    /// # Errors
    /// When it cannot be asked, or holds something else.
    pub fn of_keyring(keyring: &dyn Keyring) -> Result<Self, KeyringError> {
        let text = keyring.read()?.unwrap_or_default();
        Self::parse(&text).map_err(|BadLine(line)| KeyringError::Unfit { line })
    }

    /// Puts these into `keyring`; where there are none, nothing of ours stays in it.
    ///
    /// # Errors
    /// When it does not take them.
    pub fn to_keyring(&self, keyring: &dyn Keyring) -> Result<(), KeyringError> {
        if self.is_empty() {
            return keyring.remove();
        }
        let text = self.text().map_err(|error| KeyringError::Failed {
            problem: error.to_string(),
        })?;
        keyring.write(&text)
    }
}

/// The keyring of this system, waited for as long as `patience`.
pub fn system(patience: Duration) -> impl Keyring + Send {
    #[cfg(target_os = "linux")]
    return super::SystemKeyring::new(patience);
    #[cfg(not(target_os = "linux"))]
    return elsewhere::NoKeyring;
}

/// A question that a thread of its own asks, while the wall gets ready.
#[derive(Debug)]
pub struct Asked {
    answer: Receiver<Result<Secrets, KeyringError>>,
    until: Instant,
}

impl Asked {
    /// Asks `keyring` for the passwords.
    pub fn begin(keyring: impl Keyring + Send + 'static) -> Self {
        let (answering, answer) = crossbeam_channel::bounded(1);
        let until = clock::now() + SHORT_PATIENCE;
        let refused = answering.clone();
        let started = threads::spawn("keyring", move || {
            // Who no longer waits needs no answer.
            answering.try_send(Secrets::of_keyring(&keyring)).ok();
        });
        if let Err(error) = started {
            let problem = error.to_string();
            // There is room for one.
            refused.try_send(Err(KeyringError::Failed { problem })).ok();
        }
        Self { answer, until }
    }

    /// What the keyring holds: at the latest [`SHORT_PATIENCE`] after the question.
    ///
    /// # Errors
    /// When it cannot be asked, is silent, or holds something else.
    pub fn wait(self) -> Result<Secrets, KeyringError> {
        match self.answer.recv_deadline(self.until) {
            Ok(answer) => answer,
            Err(RecvTimeoutError::Timeout) => Err(KeyringError::Silent {
                within: SHORT_PATIENCE,
            }),
            Err(RecvTimeoutError::Disconnected) => Err(KeyringError::Failed {
                problem: "the thread that asks it has died".into(),
            }),
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod elsewhere {
    use super::{Keyring, KeyringError};

    /// No keyring of this system is spoken to.
    pub(super) struct NoKeyring;

    fn none<T>() -> Result<T, KeyringError> {
        Err(KeyringError::Missing {
            why: "this version speaks to the Secret Service of Linux only".into(),
            service: false,
        })
    }

    impl Keyring for NoKeyring {
        fn read(&self) -> Result<Option<String>, KeyringError> {
            none()
        }

        fn write(&self, _text: &str) -> Result<(), KeyringError> {
            none()
        }

        fn remove(&self) -> Result<(), KeyringError> {
            none()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crossbeam_channel::Sender;

    /// Answers when it is let.
    struct Slow(Receiver<()>, Sender<()>);

    impl Keyring for Slow {
        fn read(&self) -> Result<Option<String>, KeyringError> {
            self.1.send(()).unwrap();
            self.0.recv().ok();
            Ok(Some("[cameras.a]\npassword = \"x\"\n".into()))
        }

        fn write(&self, _text: &str) -> Result<(), KeyringError> {
            Ok(())
        }

        fn remove(&self) -> Result<(), KeyringError> {
            Ok(())
        }
    }

    #[test]
    fn a_wall_waits_for_an_answer_and_not_for_ever() {
        let (go, wait) = crossbeam_channel::bounded(1);
        let (begun, has_begun) = crossbeam_channel::bounded(2);
        let asked = Asked::begin(Slow(wait.clone(), begun.clone()));
        has_begun.recv().unwrap();
        go.send(()).unwrap();
        assert_eq!(asked.wait().unwrap().len(), 1);

        let mut asked = Asked::begin(Slow(wait, begun));
        has_begun.recv().unwrap();
        asked.until = clock::now();
        assert!(matches!(asked.wait(), Err(KeyringError::Silent { .. })));
        drop(go);
    }
}
