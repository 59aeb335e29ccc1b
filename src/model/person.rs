//! A person who signs in, as it is kept; names and logins that may be given.
//!
//! What is done with people (added, disabled, …) is in [`super::staff`], how they sign in in
//! [`super::sign_in`]. No picture and no template of a face is kept, nor the badge's own number: of a
//! badge its SHA-256 alone.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use super::act::Record;
use super::id::Id;
use super::roles::Roles;
use crate::words::{Language, Words};

/// The longest display name, characters.
pub const LONGEST_NAME: usize = 80;
/// The shortest and the longest login, characters.
pub const LOGIN_LENGTH: std::ops::RangeInclusive<usize> = 2..=32;
/// The longest number of a badge, bytes.
pub const LONGEST_BADGE: usize = 256;
/// More marks than this on one letter are no writing.
const MOST_MARKS: usize = 2;

/// Somebody who signs in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Person {
    /// As shown to others.
    pub name: String,
    /// What he or she types; always as [`login`] gives it back.
    pub login: String,
    /// What he or she is at work.
    pub roles: Roles,
    /// The post taken by default.
    pub post: Option<Id>,
    /// The language of the screen.
    pub language: Language,
    /// What the PIN or password is checked against; none where only the door signs in.
    pub credential: Option<Credential>,
    /// The PIN was given by another person and must be changed at the next sign-in.
    pub must_change: bool,
    /// May not sign in any more. People are never removed, for the log names them.
    pub disabled: bool,
    /// The badges, as [`badge_hash`] gives them.
    pub badges: Vec<String>,
}

impl Default for Person {
    /// Nobody, who may nothing and cannot sign in: what is missing in a record gives no right.
    fn default() -> Self {
        Self {
            name: String::new(),
            login: String::new(),
            roles: Roles::new(),
            post: None,
            language: Language::default(),
            credential: None,
            must_change: false,
            disabled: true,
            badges: Vec::new(),
        }
    }
}

impl Record for Person {
    const KIND: &'static str = "person";
}

/// A PHC string of Argon2id, which cannot be printed by accident.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Credential(String);

impl Credential {
    /// Wraps; whether it is a PHC string shows when a PIN is checked against it.
    pub fn new(phc: impl Into<String>) -> Self {
        Self(phc.into())
    }

    /// The PHC string.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credential(…)")
    }
}

/// A name or a login cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameProblem {
    /// Nothing but spaces.
    #[error("empty")]
    Empty,
    /// Too few characters.
    #[error("shorter than {least} characters")]
    TooShort {
        /// The fewest.
        least: usize,
    },
    /// Too many characters.
    #[error("longer than {most} characters")]
    TooLong {
        /// The most.
        most: usize,
    },
    /// A character that is not seen, that turns the direction of writing, or that has no place there.
    #[error("the character U+{:04X} is not allowed", *character as u32)]
    Character {
        /// Which.
        character: char,
    },
    /// It does not begin with a letter (a login: nor with a digit).
    #[error("it does not begin with a letter")]
    Beginning,
    /// Letters of two alphabets in one login, which look like another login.
    #[error("letters of two alphabets")]
    Alphabets,
}

impl NameProblem {
    /// In the operator's language.
    pub fn say(&self, words: Words) -> String {
        match self {
            Self::Empty => words.get("name-empty").into_owned(),
            Self::TooShort { least } => words.with("name-too-short", &[("least", (*least).into())]),
            Self::TooLong { most } => words.with("name-too-long", &[("most", (*most).into())]),
            Self::Character { character } => {
                let code = format!("U+{:04X}", *character as u32);
                words.with("name-character", &[("code", code.into())])
            }
            Self::Beginning => words.get("name-beginning").into_owned(),
            Self::Alphabets => words.get("name-alphabets").into_owned(),
        }
    }
}

/// A display name: in NFC, without spaces around it.
///
/// # Errors
/// When it is empty, longer than [`LONGEST_NAME`], does not begin with a letter or has a character
/// that is not seen: controls, marks of direction, joiners, spaces other than the plain one.
pub fn name(text: &str) -> Result<String, NameProblem> {
    // Before the normalisation, which can make a text longer.
    bounded(text, LONGEST_NAME)?;
    let name: String = text.trim_matches(' ').nfc().collect();
    bounded(&name, LONGEST_NAME)?;
    let mut before = ' ';
    let mut marks = 0;
    for character in name.chars() {
        marks = if is_combining_mark(character) {
            marks + 1
        } else {
            0
        };
        let fits = character.is_alphanumeric()
            || (1..=MOST_MARKS).contains(&marks)
            || character == ' ' && before != ' '
            || "-–.,'’()/№«»\"&+:".contains(character);
        // The fillers of Hangul count as letters and are not seen.
        let unseen = matches!(character, '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}');
        if !fits || unseen {
            return Err(NameProblem::Character { character });
        }
        before = character;
    }
    match name.chars().next() {
        None => Err(NameProblem::Empty),
        Some(first) if first.is_alphabetic() => Ok(name),
        Some(_) => Err(NameProblem::Beginning),
    }
}

/// A login as it is kept: NFC, lower case, letters of one alphabet (Latin or Cyrillic), digits, and
/// `.`, `-`, `_` between them.
///
/// # Errors
/// What is wrong with it.
pub fn login(text: &str) -> Result<String, NameProblem> {
    let (least, most) = (*LOGIN_LENGTH.start(), *LOGIN_LENGTH.end());
    bounded(text, most)?;
    let login: String = text.nfc().flat_map(char::to_lowercase).collect();
    let latin = |c: char| c.is_ascii_lowercase();
    let cyrillic = |c: char| ('\u{400}'..='\u{4ff}').contains(&c) && c.is_alphabetic();
    for character in login.chars() {
        let fits = latin(character)
            || cyrillic(character)
            || character.is_ascii_digit()
            || ".-_".contains(character);
        if !fits {
            return Err(NameProblem::Character { character });
        }
    }
    bounded(&login, most)?;
    match login.chars().next() {
        None => return Err(NameProblem::Empty),
        Some(first) if !first.is_alphanumeric() => return Err(NameProblem::Beginning),
        Some(_) if login.chars().count() < least => return Err(NameProblem::TooShort { least }),
        Some(_) => {}
    }
    if login.chars().any(latin) && login.chars().any(cyrillic) {
        return Err(NameProblem::Alphabets);
    }
    Ok(login)
}

/// What two logins that are one have in common: `login`, and letters of Cyrillic that look like Latin
/// ones taken for those. So no two people have logins that look the same, and whoever types with the
/// other keyboard layout what looks right gets in. Any text has a key, one that is no login too.
pub fn login_key(text: &str) -> String {
    text.chars()
        // What is longer is no login; it is cut, so that a text of a megabyte costs nothing.
        .take(4 * LOGIN_LENGTH.end())
        .nfc()
        .flat_map(char::to_lowercase)
        .filter(|c| *c != ' ')
        .map(|c| match c {
            'а' => 'a',
            'е' => 'e',
            'о' => 'o',
            'р' => 'p',
            'с' => 'c',
            'у' => 'y',
            'х' => 'x',
            'і' => 'i',
            'ј' => 'j',
            'ѕ' => 's',
            'һ' => 'h',
            'ԛ' => 'q',
            'ԝ' => 'w',
            'ԁ' => 'd',
            'ӏ' => 'l',
            other => other,
        })
        .collect()
}

/// What is kept of a badge: the SHA-256 of what the reader said, in hexadecimal.
///
/// A badge has few possible numbers, so that this hides it from a glance and from an export, not from
/// somebody who tries them all.
pub fn badge_hash(centre: &str, badge: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(b"qyran badge\0");
    hash.update(centre.as_bytes());
    hash.update(b"\0");
    hash.update(badge.as_bytes());
    let digits = b"0123456789abcdef";
    hash.finalize()
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|half| char::from(digits[usize::from(half)]))
        .collect()
}

fn bounded(text: &str, most: usize) -> Result<(), NameProblem> {
    if text.chars().take(most + 1).count() > most {
        return Err(NameProblem::TooLong { most });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use NameProblem::{Alphabets, Beginning, Character, Empty, TooLong, TooShort};

    #[test]
    fn names_of_people_are_taken_and_hostile_ones_are_not() {
        let good = |text: &str, expect: &str| {
            assert_eq!(name(text).as_deref(), Ok(expect), "{text:?}");
        };
        good("Ғаббас Өтегенұлы Жұмәділ", "Ғаббас Өтегенұлы Жұмәділ");
        good("  Инспектор 1 ", "Инспектор 1");
        good("Inspector 1 (night)", "Inspector 1 (night)");
        good("О'Брайен-Ким", "О'Брайен-Ким");
        // A letter and its mark apart become one letter.
        good("И\u{306}од", "Йод");
        good(&"ә".repeat(80), &"ә".repeat(80));

        let bad = |text: &str, expect: NameProblem| {
            assert_eq!(name(text), Err(expect), "{text:?}");
        };
        bad("", Empty);
        bad("   ", Empty);
        bad("1st", Beginning);
        bad("-a", Beginning);
        bad(&"ә".repeat(81), TooLong { most: 80 });
        bad(&"a".repeat(1 << 20), TooLong { most: 80 });
        // One character of NFC that comes as three.
        bad(&"\u{1D160}".repeat(40), TooLong { most: 80 });
        for character in [
            '\0',
            '\n',
            '\t',
            '\u{1b}',
            '\u{7f}',
            '\u{85}',
            '\u{a0}',
            '\u{ad}',
            '\u{61c}',
            '\u{115f}',
            '\u{2000}',
            '\u{200b}',
            '\u{200d}',
            '\u{200e}',
            '\u{200f}',
            '\u{2028}',
            '\u{202a}',
            '\u{202e}',
            '\u{2060}',
            '\u{2066}',
            '\u{2069}',
            '\u{3000}',
            '\u{3164}',
            '\u{feff}',
            '\u{e000}',
            '\u{e0041}',
            '\u{fffd}',
            '<',
            '\\',
            '$',
            '{',
            ';',
        ] {
            let text = format!("Аян{character}Б");
            let found = name(&text).expect_err("refused");
            assert!(
                matches!(found, Character { .. }),
                "{character:?}: {found:?}"
            );
        }
        bad("Аян  Б", Character { character: ' ' });
        let marks = format!("А{}", "\u{335}".repeat(3));
        bad(
            &marks,
            Character {
                character: '\u{335}',
            },
        );
    }

    #[test]
    fn logins_are_folded_and_hostile_ones_refused() {
        let good = |text: &str, expect: &str| {
            assert_eq!(login(text).as_deref(), Ok(expect), "{text:?}");
        };
        good("Inspector.1", "inspector.1");
        good("ӘБІЛ-02", "әбіл-02");
        good("и\u{306}од", "йод");
        good("102", "102");

        let bad = |text: &str, expect: NameProblem| {
            assert_eq!(login(text), Err(expect), "{text:?}");
        };
        bad("", Empty);
        bad("a", TooShort { least: 2 });
        bad(".a", Beginning);
        bad("ab cd", Character { character: ' ' });
        bad("аdmin", Alphabets); // The first letter is Cyrillic.
        bad(
            "ab\u{202e}",
            Character {
                character: '\u{202e}',
            },
        );
        bad("a\u{301}b", Character { character: 'á' });
        bad("a\nb", Character { character: '\n' });
        bad(&"a".repeat(33), TooLong { most: 32 });
        bad(
            &"İ".repeat(20),
            Character {
                character: '\u{307}',
            },
        );
    }

    #[test]
    fn logins_that_look_the_same_are_one() {
        assert_eq!(login_key("СОР"), login_key("cop"));
        assert_eq!(login_key("Admin"), login_key("ADMIN "));
        assert_eq!(login_key("И\u{306}"), login_key("й"));
        assert_ne!(login_key("cop"), login_key("cop1"));
        assert!(login_key(&"x".repeat(1 << 20)).len() < 200);
    }

    #[test]
    fn a_badge_is_kept_as_its_hash_and_a_credential_is_not_printed() {
        let hash = badge_hash("aktobe", "04A1B2");
        assert_eq!(hash.len(), 64);
        assert!(!hash.contains("04A1B2"));
        assert_ne!(hash, badge_hash("pavlodar", "04A1B2"));
        let person = Person {
            credential: Some(Credential::new("$argon2id$secret")),
            ..Person::default()
        };
        assert!(!format!("{person:?}").contains("secret"));
        let text = serde_json::to_string(&person).expect("JSON");
        assert_eq!(serde_json::from_str::<Person>(&text).expect("read"), person);
        let old: Person = serde_json::from_str("{}").expect("an empty record");
        assert!(old.disabled && old.roles.is_empty());
    }

    #[test]
    fn every_problem_is_said_in_every_language() {
        for language in Language::ALL {
            let words = Words::new(language);
            for problem in [
                Empty,
                TooShort { least: 2 },
                TooLong { most: 80 },
                Character {
                    character: '\u{202e}',
                },
                Beginning,
                Alphabets,
            ] {
                let said = problem.say(words);
                assert!(!said.contains(['[', '{', '\u{202e}']), "{said}");
            }
        }
    }
}
