//! What a wall takes from the system keyring, and what it says where that cannot be used.

use tracing::{error, info, warn};

use crate::store::secrets::{KeyringError, Secrets};
use crate::words::Words;

/// The passwords of the keyring, and what the operator is told. A keyring that is not there, locked
/// or broken keeps no wall from opening: the file's passwords are used.
pub(super) fn of_keyring(
    answer: Result<Secrets, KeyringError>,
    words: Words,
) -> (Secrets, Option<String>) {
    let away = match answer {
        Ok(secrets) => {
            info!(
                passwords = secrets.len(),
                "passwords of the system keyring are read"
            );
            return (secrets, None);
        }
        Err(away) => away,
    };
    let notice = match &away {
        KeyringError::Missing { .. } => {
            info!("{away}; the passwords of the file are used");
            None
        }
        // Somebody else's keyring is nothing to tell an operator.
        KeyringError::Locked { ours } => {
            warn!(
                holds_ours = ours,
                "{away}; the passwords of the file are used"
            );
            ours.then(|| words.get("passwords-keyring-locked-wall").into_owned())
        }
        KeyringError::Silent { .. } | KeyringError::Unfit { .. } | KeyringError::Failed { .. } => {
            error!("{away}; the passwords of the file are used");
            let problem = match &away {
                KeyringError::Silent { within } => {
                    let seconds = [("seconds", within.as_secs().into())];
                    words.with("passwords-keyring-silent", &seconds)
                }
                other => other.to_string(),
            };
            Some(words.with("passwords-keyring-failed", &[("problem", problem.into())]))
        }
    };
    (Secrets::default(), notice)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::secrets::keyring::SHORT_PATIENCE;
    use crate::words::Language;

    #[test]
    fn the_operator_hears_of_passwords_that_are_missed() {
        let told = |away| of_keyring(Err(away), Words::new(Language::En)).1;
        let why = String::new();
        let service = false;
        assert_eq!(told(KeyringError::Missing { why, service }), None);
        assert_eq!(told(KeyringError::Locked { ours: false }), None);
        let locked = told(KeyringError::Locked { ours: true }).unwrap();
        assert!(locked.contains("locked"), "{locked}");
        let within = SHORT_PATIENCE;
        let silent = told(KeyringError::Silent { within }).unwrap();
        assert!(silent.contains("within 2 s"), "{silent}");
        let unfit = told(KeyringError::Unfit { line: 3 }).unwrap();
        assert!(unfit.contains("line 3"), "{unfit}");
    }
}
