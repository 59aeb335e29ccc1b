//! Whether the system has a keyring for the passwords of cameras, and whether it is open.

use super::finding::{Finding, Section};
use crate::store::secrets::keyring::{self, SHORT_PATIENCE};
use crate::store::secrets::{KeyringError, Secrets};
use crate::words::Words;

/// Asks it, for two seconds at most; nothing is unlocked.
pub(super) fn look(words: Words) -> Finding {
    let answer = Secrets::of_keyring(&keyring::system(SHORT_PATIENCE));
    finding(answer.map(|secrets| secrets.len()), words)
}

fn finding(answer: Result<usize, KeyringError>, words: Words) -> Finding {
    let (section, name) = (Section::Machine, "keyring");
    match answer {
        Ok(count) => Finding::ok(section, name, format!("open, passwords in it: {count}")),
        Err(away) => {
            let hint = match &away {
                KeyringError::Missing { service: true, .. } => {
                    words.get("doctor-hint-keyring-none-yet").into()
                }
                KeyringError::Missing { .. } => {
                    let package = [("package", "gnome-keyring".into())];
                    words.with("doctor-hint-keyring", &package)
                }
                KeyringError::Locked { .. } => words.get("doctor-hint-keyring-locked").into(),
                _ => words.get("doctor-hint-keyring-failed").into(),
            };
            Finding::warn(section, name, away.to_string(), hint)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::State;
    use crate::words::Language;

    #[test]
    fn each_state_has_its_own_hint() {
        let words = Words::new(Language::Ru);
        let open = finding(Ok(3), words);
        assert_eq!((open.state, open.hint.as_str()), (State::Ok, ""));
        let hint = |away| {
            let found = finding(Err(away), words);
            assert_eq!(found.state, State::Warn, "{found:?}");
            found.hint
        };
        let missing = |service| {
            let why = "none".into();
            hint(KeyringError::Missing { why, service })
        };
        let hints = [
            missing(false),
            missing(true),
            hint(KeyringError::Locked { ours: false }),
            hint(KeyringError::Unfit { line: 1 }),
        ];
        assert!(hints[0].contains("gnome-keyring"));
        for (index, one) in hints.iter().enumerate() {
            assert!(!hints[..index].contains(one), "{one}");
        }
    }
}
