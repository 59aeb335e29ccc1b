//! What stands in the files of a seat's settings, as the log last knew it: what somebody changes in them
//! with an editor is written down as well.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::act::{Draft, Kept, Record};
use super::id::Id;
use crate::base::hex::hex;

/// The act: a file of settings is another than the log knew.
pub const SETTINGS_CHANGED: &str = "settings-changed";

/// One file of one seat. Of what is set only hashes are kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingsFile {
    /// The seat.
    pub seat: String,
    /// The file's name.
    pub file: String,
    /// SHA-256 of the file, hexadecimal; of nothing where there is none.
    pub sha256: String,
    /// Of each setting, by its path (`pulses.critical`), the beginning of the SHA-256 of its value.
    #[serde(default)]
    pub values: BTreeMap<String, String>,
}

impl Record for SettingsFile {
    const KIND: &'static str = "settings-file";
}

impl SettingsFile {
    /// Of the text of a file; of one that is no TOML only the whole is known.
    pub fn of(seat: &str, file: &str, text: &str) -> Self {
        let mut values = BTreeMap::new();
        if let Ok(table) = text.parse::<toml::Table>() {
            for (name, value) in table {
                match value {
                    toml::Value::Table(inner) => {
                        for (key, value) in inner {
                            values.insert(format!("{name}.{key}"), short(&value.to_string()));
                        }
                    }
                    value => drop(values.insert(name, short(&value.to_string()))),
                }
            }
        }
        Self {
            seat: seat.to_owned(),
            file: file.to_owned(),
            sha256: hex(&Sha256::digest(text.as_bytes())),
            values,
        }
    }

    /// The act that says what is another than the log knew; nothing where nothing is.
    pub fn changed(&self, centre: &str, known: Option<&Kept<Self>>) -> Option<Draft> {
        let empty = BTreeMap::new();
        let before = known.map_or(&empty, |kept| &kept.value.values);
        if known.is_some_and(|kept| kept.value.sha256 == self.sha256)
            || (known.is_none() && self.values.is_empty())
        {
            return None;
        }
        let names: BTreeSet<&String> = before.keys().chain(self.values.keys()).collect();
        let names = names.into_iter();
        let changed: Vec<&str> = names
            .filter(|name| before.get(*name) != self.values.get(*name))
            .take(MAX_NAMES)
            .map(String::as_str)
            .collect();
        let id = Id::named(&format!("settings {centre} {} {}", self.seat, self.file));
        let draft = Draft::new(SETTINGS_CHANGED)
            .about(&self.file)
            .with("sha256", self.sha256.as_str())
            .with("changed", changed)
            .put(id, known.map_or(0, |kept| kept.version), self);
        Some(draft)
    }
}

/// So many names of settings stand in one line.
const MAX_NAMES: usize = 200;

fn short(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes())[..8])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_told_by_the_names_of_what_was_changed_and_once() {
        let of = |text: &str| SettingsFile::of("s", "sounds.toml", text);
        let kept = |value: SettingsFile| Kept {
            id: Id::named("k"),
            version: 3,
            seq: 1,
            centre: "c".into(),
            value,
        };
        assert_eq!(of("").changed("c", None), None, "there never was a file");
        let first = of("form = 1\n[pulses]\ncritical = 7\nhigh = 12\n");
        let draft = first.changed("c", None).expect("new");
        assert_eq!(draft.detail["changed"].as_array().map(Vec::len), Some(3));
        let known = kept(first.clone());
        assert_eq!(first.changed("c", Some(&known)), None);
        let draft = of("form = 1\n[pulses]\ncritical = 0\n").changed("c", Some(&known));
        let draft = draft.expect("changed");
        assert_eq!(
            draft.detail["changed"],
            serde_json::json!(["pulses.critical", "pulses.high"])
        );
        assert_eq!(draft.changes[0].expect, 3);
        // Gone, and a file that is none.
        for text in ["", "no toml ="] {
            assert!(of(text).changed("c", Some(&known)).is_some(), "{text}");
        }
    }
}
