//! The two places of passwords together: what goes where, and how it is moved without loss.
//!
//! A password is written to its new place and read back from there before it is taken from the old
//! one, so that an end in mid-work leaves it in one place or in both, with the same value.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use super::{Keyring, KeyringError, Secrets, SecretsError, Whom, file};
use crate::model::camera::Credentials;

/// Where passwords lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The keyring of the system.
    Keyring,
    /// The file.
    File,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Keyring => "the system keyring",
            Self::File => "the password file",
        })
    }
}

/// Passwords cannot be listed, kept, taken away or moved.
#[derive(Debug, thiserror::Error)]
pub enum PlacesError {
    /// The file.
    #[error(transparent)]
    File(#[from] SecretsError),
    /// The keyring.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// A place does not give back what was put there; nothing was taken away elsewhere.
    #[error(
        "{place} does not give back what was put there; the passwords stay where they were as well"
    )]
    NotKept {
        /// Where it was put.
        place: Place,
    },
    /// Somebody else wrote the file meanwhile.
    #[error("{path} was changed meanwhile and stays; try again", path = path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// There is no such entry.
    #[error("no password is kept for {name}")]
    Unknown {
        /// The camera or the host.
        name: String,
    },
}

/// An entry, without its password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Whom it is for.
    pub whom: Whom,
    /// The user name that counts.
    pub user: String,
    /// Where it lies; of two, the file's counts.
    pub places: Vec<Place>,
}

/// Something done, and why the keyring had no part in it, if so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done<T> {
    /// What was done.
    pub done: T,
    /// The keyring is not there or locked.
    pub away: Option<KeyringError>,
}

/// The places of this user's passwords.
pub struct Places<'k> {
    /// The keyring of the system.
    pub keyring: &'k dyn Keyring,
    /// The file.
    pub file: PathBuf,
}

impl Places<'_> {
    /// All entries, cameras first.
    ///
    /// # Errors
    /// When a place cannot be read; a keyring that is not there or locked is told beside.
    pub fn list(&self) -> Result<Done<Vec<Kept>>, PlacesError> {
        let file = Secrets::read(&self.file)?;
        let (keyring, away) = self.keyring_or_away()?;
        let mut found: BTreeMap<Whom, Kept> = BTreeMap::new();
        let both = [
            (Place::Keyring, keyring.as_ref()),
            (Place::File, Some(&file)),
        ];
        for (place, secrets) in both {
            for (whom, credentials) in secrets.into_iter().flat_map(Secrets::entries) {
                let kept = found.entry(whom.clone()).or_insert_with(|| Kept {
                    whom,
                    user: String::new(),
                    places: Vec::new(),
                });
                kept.user.clone_from(&credentials.user);
                kept.places.push(place);
            }
        }
        let done = found.into_values().collect();
        Ok(Done { done, away })
    }

    /// Keeps a password in the keyring; where that is not there or locked, in the file.
    ///
    /// # Errors
    /// When it cannot be kept, or not be read back.
    pub fn set(&self, whom: &Whom, credentials: Credentials) -> Result<Done<Place>, PlacesError> {
        let mut file = Secrets::read(&self.file)?;
        let (keyring, away) = self.keyring_or_away()?;
        let Some(mut keyring) = keyring else {
            file.set(whom, credentials);
            self.put_into_file(&file)?;
            let done = Place::File;
            return Ok(Done { done, away });
        };
        keyring.set(whom, credentials);
        self.put_into_keyring(&keyring)?;
        // The file's entry would win.
        if file.forget(whom) {
            self.shorten_file(&file)?;
        }
        let done = Place::Keyring;
        Ok(Done { done, away })
    }

    /// Takes a password away from both places and says from which.
    ///
    /// # Errors
    /// When none is kept, or a place cannot be written.
    pub fn forget(&self, whom: &Whom) -> Result<Done<Vec<Place>>, PlacesError> {
        let mut file = Secrets::read(&self.file)?;
        let (keyring, away) = self.keyring_or_away()?;
        let mut done = Vec::new();
        if let Some(mut keyring) = keyring
            && keyring.forget(whom)
        {
            keyring.to_keyring(self.keyring)?;
            done.push(Place::Keyring);
        }
        if file.forget(whom) {
            self.shorten_file(&file)?;
            done.push(Place::File);
        }
        match (done.is_empty(), away) {
            // It may lie where nobody can look now.
            (true, Some(locked @ KeyringError::Locked { .. })) => Err(locked.into()),
            (true, _) => Err(PlacesError::Unknown {
                name: whom.name().to_owned(),
            }),
            (false, away) => Ok(Done { done, away }),
        }
    }

    /// Moves every entry of the file into the keyring and removes the file; says how many.
    ///
    /// # Errors
    /// When the keyring cannot take them or does not give them back; the file stays then.
    pub fn move_to_keyring(&self) -> Result<usize, PlacesError> {
        let file = Secrets::read(&self.file)?;
        let mut all = Secrets::of_keyring(self.keyring)?;
        if !file.is_empty() {
            all.extend(file.clone());
            self.put_into_keyring(&all)?;
        }
        if Secrets::read(&self.file)? != file {
            let path = self.file.clone();
            return Err(PlacesError::Changed { path });
        }
        file::remove(&self.file)?;
        Ok(file.len())
    }

    /// Moves every entry of the keyring into the file and removes our item; says how many.
    ///
    /// # Errors
    /// When the file cannot be written or does not give them back; the item stays then.
    pub fn move_to_file(&self) -> Result<usize, PlacesError> {
        let keyring = Secrets::of_keyring(self.keyring)?;
        if keyring.is_empty() {
            return Ok(0);
        }
        let mut all = keyring.clone();
        all.extend(Secrets::read(&self.file)?);
        self.put_into_file(&all)?;
        self.keyring.remove()?;
        Ok(keyring.len())
    }

    fn keyring_or_away(&self) -> Result<(Option<Secrets>, Option<KeyringError>), KeyringError> {
        match Secrets::of_keyring(self.keyring) {
            Ok(secrets) => Ok((Some(secrets), None)),
            Err(error) if error.is_away() => Ok((None, Some(error))),
            Err(error) => Err(error),
        }
    }

    fn put_into_keyring(&self, secrets: &Secrets) -> Result<(), PlacesError> {
        secrets.to_keyring(self.keyring)?;
        let place = Place::Keyring;
        match Secrets::of_keyring(self.keyring)? {
            back if back == *secrets => Ok(()),
            _ => Err(PlacesError::NotKept { place }),
        }
    }

    fn put_into_file(&self, secrets: &Secrets) -> Result<(), PlacesError> {
        secrets.write(&self.file)?;
        let place = Place::File;
        match Secrets::read(&self.file)? {
            back if back == *secrets => Ok(()),
            _ => Err(PlacesError::NotKept { place }),
        }
    }

    /// Writes what is left of the file, or removes it.
    fn shorten_file(&self, secrets: &Secrets) -> Result<(), PlacesError> {
        if secrets.is_empty() {
            Ok(file::remove(&self.file)?)
        } else {
            self.put_into_file(secrets)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::path::Path;

    use parking_lot::Mutex;

    use super::*;
    use crate::model::camera::Password;

    /// A keyring in memory. `dies_at` counts calls: the program ends in that one, after its work
    /// where `after` says so, before it else.
    #[derive(Default)]
    struct Fake {
        text: Mutex<Option<String>>,
        calls: Mutex<usize>,
        dies_at: Option<(usize, bool)>,
        away: Option<KeyringError>,
        forgets: bool,
    }

    impl Fake {
        fn call<T>(&self, work: impl FnOnce(&mut Option<String>) -> T) -> Result<T, KeyringError> {
            let call = {
                let mut calls = self.calls.lock();
                *calls += 1;
                *calls
            };
            assert_ne!(self.dies_at, Some((call, false)), "dies before call {call}");
            if let Some(away) = &self.away {
                return Err(away.clone());
            }
            let done = work(&mut self.text.lock());
            assert_ne!(self.dies_at, Some((call, true)), "dies after call {call}");
            Ok(done)
        }
    }

    impl Keyring for Fake {
        fn read(&self) -> Result<Option<String>, KeyringError> {
            self.call(|text| text.clone())
        }

        fn write(&self, new: &str) -> Result<(), KeyringError> {
            let kept = if self.forgets { "" } else { new };
            self.call(|text| *text = Some(kept.to_owned()))
        }

        fn remove(&self) -> Result<(), KeyringError> {
            self.call(|text| *text = None)
        }
    }

    fn host(number: usize) -> Whom {
        Whom::Host(format!("10.0.0.{number}"))
    }

    fn with_password(password: &str) -> Credentials {
        Credentials {
            user: "operator".into(),
            password: Password::new(password),
        }
    }

    fn secrets(entries: &[(usize, &str)]) -> Secrets {
        let mut secrets = Secrets::default();
        for (number, password) in entries {
            secrets.set(&host(*number), with_password(password));
        }
        secrets
    }

    fn known(keyring: &Fake, file: &Path) -> Secrets {
        let text = keyring.text.lock().clone().unwrap_or_default();
        let mut all = Secrets::parse(&text).ok().unwrap();
        all.extend(Secrets::read(file).unwrap());
        all
    }

    #[test]
    fn a_move_that_ends_anywhere_loses_nothing() {
        let in_file = secrets(&[(1, "one"), (2, "two")]);
        let in_keyring = secrets(&[(2, "old"), (3, "three")]);
        let all = secrets(&[(1, "one"), (2, "two"), (3, "three")]);
        let mut deaths = 0;
        for to_file in [false, true] {
            for (call, after) in (1..9).flat_map(|call| [(call, false), (call, true)]) {
                let folder = tempfile::tempdir().unwrap();
                let file = folder.path().join("passwords.toml");
                in_file.write(&file).unwrap();
                let keyring = Fake {
                    text: Mutex::new(in_keyring.text().ok()),
                    dies_at: Some((call, after)),
                    ..Fake::default()
                };
                let places = Places {
                    keyring: &keyring,
                    file: file.clone(),
                };
                let moving = || {
                    if to_file {
                        places.move_to_file()
                    } else {
                        places.move_to_keyring()
                    }
                };
                deaths += usize::from(catch_unwind(AssertUnwindSafe(moving)).is_err());
                assert_eq!(known(&keyring, &file), all, "{to_file} {call} {after}");
                // Said again, it does the rest.
                let keyring = Fake {
                    text: Mutex::new(keyring.text.lock().clone()),
                    ..Fake::default()
                };
                let places = Places {
                    keyring: &keyring,
                    file: file.clone(),
                };
                if to_file {
                    places.move_to_file().unwrap();
                    assert!(keyring.text.lock().is_none());
                } else {
                    places.move_to_keyring().unwrap();
                    assert!(!file.exists());
                }
                assert_eq!(known(&keyring, &file), all, "{to_file} {call} {after}");
            }
        }
        // To the keyring: read, write, read back. To the file: read, remove.
        assert_eq!(deaths, 2 * (3 + 2));
    }

    #[test]
    fn a_keyring_that_forgets_gets_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("passwords.toml");
        secrets(&[(1, "one")]).write(&file).unwrap();
        let keyring = Fake {
            forgets: true,
            ..Fake::default()
        };
        let places = Places {
            keyring: &keyring,
            file: file.clone(),
        };
        let place = Place::Keyring;
        let check = |error: PlacesError| {
            assert_eq!(
                error.to_string(),
                PlacesError::NotKept { place }.to_string()
            );
        };
        check(places.move_to_keyring().unwrap_err());
        check(places.set(&host(1), with_password("new")).unwrap_err());
        assert_eq!(Secrets::read(&file).unwrap(), secrets(&[(1, "one")]));
    }

    #[test]
    fn what_is_set_counts_wherever_it_was_before() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("passwords.toml");
        secrets(&[(1, "one"), (2, "two")]).write(&file).unwrap();
        let keyring = Fake::default();
        let mut places = Places {
            keyring: &keyring,
            file: file.clone(),
        };
        let done = places.set(&host(1), with_password("new")).unwrap();
        assert_eq!((done.done, done.away), (Place::Keyring, None));
        assert_eq!(known(&keyring, &file), secrets(&[(1, "new"), (2, "two")]));
        assert_eq!(Secrets::read(&file).unwrap(), secrets(&[(2, "two")]));

        let locked = KeyringError::Locked { ours: true };
        let closed = Fake {
            away: Some(locked.clone()),
            ..Fake::default()
        };
        places.keyring = &closed;
        let done = places.set(&host(1), with_password("newer")).unwrap();
        assert_eq!((done.done, done.away), (Place::File, Some(locked.clone())));
        let done = places.forget(&host(2)).unwrap();
        assert_eq!((done.done, done.away), (vec![Place::File], Some(locked)));
        let error = places.forget(&host(3)).unwrap_err();
        assert!(
            matches!(error, PlacesError::Keyring(_)),
            "it may lie in there"
        );
        assert!(places.move_to_keyring().is_err());
        assert!(file.exists());

        places.keyring = &keyring;
        let kept = places.list().unwrap().done;
        let (keyring_place, file_place) = (Place::Keyring, Place::File);
        let expect = [Kept {
            whom: host(1),
            user: "operator".into(),
            places: vec![keyring_place, file_place],
        }];
        assert_eq!(kept, expect);
        let done = places.forget(&host(1)).unwrap().done;
        assert_eq!(done, [keyring_place, file_place]);
        assert!(!file.exists() && keyring.text.lock().is_none());
        let error = places.forget(&host(1)).unwrap_err();
        assert!(matches!(error, PlacesError::Unknown { .. }));
    }
}
