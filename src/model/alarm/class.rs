//! Classes of alarms as data: what each is called, how soon it wants an answer, and what to do.
//!
//! The classes that come with the program stand in `assets/alarms/classes.toml`; a centre's own file
//! changes or adds to them. `docs/ref/alarms.md` describes the form.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::verdict::Judgement;
use super::{Family, Priority};
use crate::words::Language;

/// The form of the file that this program reads.
pub const FORM: u32 = 1;
/// The longest file, bytes.
pub const LONGEST_FILE: usize = 1 << 20;
/// The most characters of a name or a text.
pub const LONGEST_TEXT: usize = 400;
/// The classes that come with the program.
const DEFAULTS: &str = include_str!("../../../assets/alarms/classes.toml");

/// The name of a class in files, records and messages: `bracelet.strap`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ClassKey(String);

impl ClassKey {
    /// The longest key, bytes.
    pub const LONGEST: usize = 64;

    /// Checks and wraps; nothing when `key` is empty, too long, or has other characters than
    /// lower-case Latin letters, digits, `_` and dots between them.
    pub fn new(key: impl Into<String>) -> Option<Self> {
        let key = key.into();
        let word = |word: &str| {
            let letter = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
            !word.is_empty() && word.bytes().all(letter)
        };
        (key.len() <= Self::LONGEST && key.split('.').all(word)).then_some(Self(key))
    }

    /// Of what a newer program wrote and this one cannot read.
    pub fn unknown() -> Self {
        Self("unknown".to_owned())
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ClassKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text in the three languages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Texts {
    /// Kazakh.
    pub kk: String,
    /// Russian.
    pub ru: String,
    /// English.
    pub en: String,
}

impl Texts {
    /// In one language.
    pub fn get(&self, language: Language) -> &str {
        match language {
            Language::Kk => &self.kk,
            Language::Ru => &self.ru,
            Language::En => &self.en,
        }
    }

    fn all(&self) -> [&str; 3] {
        [&self.kk, &self.ru, &self.en]
    }

    fn is_whole(&self) -> bool {
        self.all().iter().all(|text| !text.trim().is_empty())
    }
}

/// A class of alarms.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Class {
    /// What it is called.
    pub name: Texts,
    /// How soon somebody has to answer.
    pub priority: Priority,
    /// What whoever answers has to do. Without it, this is an event and no alarm.
    #[serde(default)]
    pub action: Texts,
    /// What it sounds like.
    pub family: Family,
    /// What can be found; in the order of their keys.
    #[serde(default = "usual_verdicts")]
    pub verdicts: Vec<Judgement>,
    /// Texts to answer with.
    #[serde(default)]
    pub responses: Vec<Texts>,
    /// Whether such alarms are raised at all.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// What happens again within so many seconds after the last time is the same alarm.
    #[serde(default = "usual_window")]
    pub window_s: u32,
    /// It stays until somebody has judged it, also when its cause is gone.
    #[serde(default = "yes")]
    pub latches: bool,
    /// Two people answer apart before it can be passed on, and the score is not shown.
    #[serde(default)]
    pub two_answers: bool,
    /// Whoever finds that there is no threat has to say why.
    #[serde(default)]
    pub reason_to_reject: bool,
    /// Of the alarms about one subject, only that of the highest rank sounds; the others stand with it.
    #[serde(default)]
    pub rank: u8,
}

fn usual_verdicts() -> Vec<Judgement> {
    Judgement::ALL.to_vec()
}

fn usual_window() -> u32 {
    120
}

fn yes() -> bool {
    true
}

/// What is wrong with a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClassFault {
    /// The key cannot be one.
    #[error("the key may only have lower-case letters, digits, “_” and dots between them")]
    Key,
    /// A name is missing in a language.
    #[error("the name is missing in one of kk, ru and en")]
    Name,
    /// What to do is missing: then it is no alarm.
    #[error("`action` is missing in one of kk, ru and en; a class without it cannot be enabled")]
    Action,
    /// A text is too long.
    #[error("a text is longer than {LONGEST_TEXT} characters")]
    TooLong,
    /// Nothing can be found.
    #[error("`verdicts` is empty or names one twice")]
    Verdicts,
    /// A window that makes one alarm of everything, or of nothing.
    #[error("`window_s` must be from 1 to 86400")]
    Window,
}

impl Class {
    /// Whether it can be one.
    ///
    /// # Errors
    /// What is wrong.
    pub fn check(&self) -> Result<(), ClassFault> {
        if !self.name.is_whole() {
            return Err(ClassFault::Name);
        }
        if self.enabled && !self.action.is_whole() {
            return Err(ClassFault::Action);
        }
        let texts = [&self.name, &self.action];
        let all = texts.into_iter().chain(&self.responses);
        if all
            .flat_map(Texts::all)
            .any(|text| text.chars().count() > LONGEST_TEXT)
        {
            return Err(ClassFault::TooLong);
        }
        let twice = |(n, verdict)| self.verdicts[..n].contains(verdict);
        if self.verdicts.is_empty() || self.verdicts.iter().enumerate().any(twice) {
            return Err(ClassFault::Verdicts);
        }
        if !(1..=86_400).contains(&self.window_s) {
            return Err(ClassFault::Window);
        }
        Ok(())
    }
}

/// A file of classes cannot be used, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClassesError {
    /// Too long.
    #[error("the file is longer than {LONGEST_FILE} bytes")]
    TooLong,
    /// No TOML, or not of this form.
    #[error("{0}")]
    Syntax(String),
    /// Written by a newer program.
    #[error("the file has form {0}, this program reads {FORM}; a newer program wrote it")]
    Newer(u32),
    /// A class that cannot be one.
    #[error("[class.\"{key}\"]: {fault}")]
    Class {
        /// Which.
        key: String,
        /// What is wrong.
        fault: ClassFault,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    form: u32,
    #[serde(default)]
    class: BTreeMap<String, Class>,
}

/// All classes.
#[derive(Clone, Debug, PartialEq)]
pub struct Classes(BTreeMap<ClassKey, Class>);

impl Default for Classes {
    fn default() -> Self {
        let none = Self(BTreeMap::new());
        // A test holds that they can be read.
        none.with_file(DEFAULTS).unwrap_or(none)
    }
}

impl Classes {
    /// These with what a file has: its classes take the place of those of the same key.
    ///
    /// # Errors
    /// What is wrong with the file, and where; nothing of it holds then.
    pub fn with_file(&self, text: &str) -> Result<Self, ClassesError> {
        if text.len() > LONGEST_FILE {
            return Err(ClassesError::TooLong);
        }
        let form = toml::from_str::<toml::Table>(text)
            .map_err(|error| ClassesError::Syntax(error.to_string()))?;
        let found = form.get("form").and_then(toml::Value::as_integer);
        if let Some(newer) = found.filter(|form| *form > i64::from(FORM)) {
            return Err(ClassesError::Newer(
                u32::try_from(newer).unwrap_or(u32::MAX),
            ));
        }
        let file: File =
            toml::from_str(text).map_err(|error| ClassesError::Syntax(error.to_string()))?;
        if file.form != FORM {
            return Err(ClassesError::Syntax(format!("form must be {FORM}")));
        }
        let mut all = self.0.clone();
        for (key, class) in file.class {
            let fault = |fault| ClassesError::Class {
                key: key.chars().take(ClassKey::LONGEST).collect(),
                fault,
            };
            let checked = ClassKey::new(&*key).ok_or_else(|| fault(ClassFault::Key))?;
            class.check().map_err(fault)?;
            all.insert(checked, class);
        }
        Ok(Self(all))
    }

    /// The class of a key.
    pub fn get(&self, key: &ClassKey) -> Option<&Class> {
        self.0.get(key)
    }

    /// All, in the order of their keys.
    pub fn iter(&self) -> impl Iterator<Item = (&ClassKey, &Class)> {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_classes_that_come_along_are_whole() {
        let classes = Classes(BTreeMap::new())
            .with_file(DEFAULTS)
            .expect("classes");
        for (key, class) in classes.iter() {
            assert!(class.action.is_whole(), "{key} has no action");
        }
        let get = |key: &str| classes.get(&ClassKey::new(key).unwrap()).expect(key);
        assert_eq!(get("bracelet.strap").priority, Priority::Critical);
        assert!(get("bracelet.strap").rank > get("bracelet.battery").rank);
        assert!(get("person.wanted").two_answers);
        for kind in crate::model::detection::rule::Kind::ALL {
            if kind.raises() {
                get(&format!("seen.{}", kind.word()));
            }
        }
    }

    #[test]
    fn a_class_without_an_action_cannot_be_enabled() {
        let file = |enabled: bool, action: &str| {
            format!(
                "form = 1\n[class.\"a.b\"]\npriority = \"low\"\nfamily = \"person\"\n\
                 enabled = {enabled}\nname = {{ kk = \"a\", ru = \"a\", en = \"a\" }}\n{action}"
            )
        };
        let action = "action = { kk = \"a\", ru = \"a\", en = \"a\" }\n";
        let none = Classes(BTreeMap::new());
        let fault = ClassesError::Class {
            key: "a.b".into(),
            fault: ClassFault::Action,
        };
        assert_eq!(none.with_file(&file(true, "")), Err(fault));
        assert!(none.with_file(&file(false, "")).is_ok());
        assert!(none.with_file(&file(true, action)).is_ok());
        let newer = none.with_file("form = 2\nsomething = 4\n");
        assert_eq!(newer, Err(ClassesError::Newer(2)));
        let typo = none.with_file(&file(true, action).replace("family", "famly"));
        let why = typo.unwrap_err().to_string();
        assert!(why.contains("famly") && why.contains("line 4"), "{why}");
    }
}
