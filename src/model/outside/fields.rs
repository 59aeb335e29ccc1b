//! The members of an object, taken one by one and checked.

use super::near::near;
use super::refusal::{Refusal, harmless};
use super::tree::{Tree, escaped};

/// An object's members that were not taken yet.
pub(super) struct Fields {
    pointer: String,
    members: Vec<(String, Tree)>,
    /// Names that were asked for.
    known: Vec<&'static str>,
}

/// One member, and where it stands.
pub(super) struct Field {
    pointer: String,
    value: Tree,
}

impl Fields {
    /// Those of `value`, at `pointer`.
    pub(super) fn of(pointer: &str, value: Tree) -> Result<Self, Refusal> {
        match value {
            Tree::Object(members) => Ok(Self {
                pointer: pointer.to_owned(),
                members,
                known: Vec::new(),
            }),
            other => Err(unlike(pointer, "an object", &other)),
        }
    }

    /// The member `name`, where it is there.
    pub(super) fn take(&mut self, name: &'static str) -> Option<Field> {
        self.known.push(name);
        let at = self.members.iter().position(|(own, _)| own == name)?;
        let (_, value) = self.members.swap_remove(at);
        Some(Field {
            pointer: format!("{}/{name}", self.pointer),
            value,
        })
    }

    /// The member `name`, which has to be there.
    pub(super) fn need(&mut self, name: &'static str) -> Result<Field, Refusal> {
        self.take(name).ok_or_else(|| {
            let pointer = format!("{}/{name}", self.pointer);
            Refusal::new(&pointer, "expected, and missing")
        })
    }

    /// All that are left, each under a name of its own.
    pub(super) fn rest(self) -> Vec<(String, Field)> {
        let pointer = self.pointer;
        let with_place = |(name, value): (String, Tree)| {
            let pointer = format!("{pointer}/{}", escaped(&name));
            (name, Field { pointer, value })
        };
        self.members.into_iter().map(with_place).collect()
    }

    /// Refuses what was not asked for.
    pub(super) fn end(self) -> Result<(), Refusal> {
        // By name, so that what is told does not hang on the order.
        let Some((name, _)) = self.members.iter().min_by(|a, b| a.0.cmp(&b.0)) else {
            return Ok(());
        };
        let pointer = format!("{}/{}", self.pointer, escaped(name));
        let meant = near(name, self.known.iter().copied());
        let mut reason = "expected no field of this name".to_owned();
        if let Some(meant) = meant.first() {
            reason.push_str(&format!("; `{meant}` is one"));
        }
        Err(Refusal::new(&pointer, reason))
    }
}

fn unlike(pointer: &str, expected: &str, value: &Tree) -> Refusal {
    Refusal::new(
        pointer,
        format!("expected {expected}, found {}", value.kind()),
    )
}

impl Field {
    /// Refuses it.
    pub(super) fn refuse(&self, expected: &str) -> Refusal {
        unlike(&self.pointer, expected, &self.value)
    }

    /// Its members.
    pub(super) fn fields(self) -> Result<Fields, Refusal> {
        Fields::of(&self.pointer, self.value)
    }

    /// Whether it is a text.
    pub(super) fn is_text(&self) -> bool {
        matches!(self.value, Tree::Text(_))
    }

    /// A text of any length; `expected` says what it should be.
    pub(super) fn any_text(&self, expected: &str) -> Result<&str, Refusal> {
        match &self.value {
            Tree::Text(text) => Ok(text),
            _ => Err(self.refuse(expected)),
        }
    }

    /// A text of 1 to `most` characters that `fits`.
    fn text(
        self,
        most: usize,
        what: &str,
        fits: impl FnOnce(&str) -> bool,
    ) -> Result<String, Refusal> {
        let expected = || format!("{what} of 1 to {most} characters");
        match self.value {
            Tree::Text(text) if (1..=most).contains(&text.chars().count()) => {
                if fits(&text) {
                    Ok(text)
                } else {
                    let reason = format!("expected {}, found another character", expected());
                    Err(Refusal::new(&self.pointer, reason))
                }
            }
            other => Err(unlike(&self.pointer, &expected(), &other)),
        }
    }

    /// The key of a class; a wrong one is repeated, for it names nobody.
    pub(super) fn class(self) -> Result<String, Refusal> {
        let expected =
            "a class such as `bracelet.strap`: words of a–z, 0–9 and _ with points between";
        let text = self.any_text(expected)?;
        if super::class::is_class(text) {
            return Ok(text.to_owned());
        }
        let found = harmless(text, super::LONGEST_CLASS);
        Err(Refusal::new(
            &self.pointer,
            format!("expected {expected}, found “{found}”"),
        ))
    }

    /// A name of `a–z 0–9 . _ -`.
    pub(super) fn source(self) -> Result<String, Refusal> {
        self.text(
            super::LONGEST_SOURCE,
            "a name of a–z, 0–9, “.”, “_” and “-”",
            |text| {
                let plain =
                    |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b);
                text.bytes().all(plain)
            },
        )
    }

    /// A name of visible characters, without spaces.
    pub(super) fn name(self, most: usize) -> Result<String, Refusal> {
        self.text(
            most,
            "a name of visible characters without spaces",
            |text| text.chars().all(is_visible),
        )
    }

    /// A name of one or more words with single spaces between them.
    pub(super) fn words(self, most: usize) -> Result<String, Refusal> {
        self.text(
            most,
            "visible characters with single spaces between",
            |text| {
                let word = |word: &str| !word.is_empty() && word.chars().all(is_visible);
                text.split(' ').all(word)
            },
        )
    }

    /// A key of `a–z 0–9 _`, from a letter.
    pub(super) fn key(self, most: usize) -> Result<String, Refusal> {
        self.text(most, "a key of a–z, 0–9 and _", is_key)
    }

    /// A text for people: what is invisible or turns the direction of writing is made harmless.
    pub(super) fn prose(self, most: usize) -> Result<String, Refusal> {
        let text = self.text(most, "a text that is not empty", |text| {
            !text.chars().all(char::is_whitespace)
        })?;
        Ok(text.chars().map(shown).collect())
    }

    /// A number of `range`, as far as its first 15 digits.
    pub(super) fn number(self, range: std::ops::RangeInclusive<f64>) -> Result<f64, Refusal> {
        match self.value {
            Tree::Number(number) if range.contains(&number) => Ok(rounded(number)),
            other => {
                let expected = format!("a number from {} to {}", range.start(), range.end());
                Err(unlike(&self.pointer, &expected, &other))
            }
        }
    }

    /// Refuses it for `reason`.
    pub(super) fn wrong(&self, reason: impl Into<String>) -> Refusal {
        Refusal::new(&self.pointer, reason)
    }
}

/// The number of 15 significant digits nearest to `number`; zero has one form. The reader of JSON may
/// miss the last bit of a longer number, so that one read from its own text would be another.
fn rounded(number: f64) -> f64 {
    let nearest = format!("{number:.14e}").parse().unwrap_or(number);
    nearest + 0.0
}

/// Whether `c` can be seen and told from nothing: visible ASCII, letters and digits of any script.
fn is_visible(c: char) -> bool {
    c.is_ascii_graphic() || c.is_alphanumeric()
}

/// Whether `key` is `a–z 0–9 _` from a letter.
pub(super) fn is_key(key: &str) -> bool {
    key.starts_with(|c: char| c.is_ascii_lowercase())
        && key
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// What stands for `c` in a text for people. Line breaks and tabs become a space. Control characters,
/// marks and overrides of the direction of writing (UAX #9), invisible ones, tags and noncharacters
/// become U+FFFD, which can be seen: a text is never read otherwise than it was written.
pub(super) fn shown(c: char) -> char {
    match c {
        '\t' | '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => ' ',
        '\u{ad}'
        | '\u{61c}'
        | '\u{180e}'
        | '\u{feff}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{fff0}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e0fff}' => '\u{fffd}',
        c if c.is_control()
            || u32::from(c) & 0xfffe == 0xfffe
            || ('\u{fdd0}'..='\u{fdef}').contains(&c) =>
        {
            '\u{fffd}'
        }
        c => c,
    }
}
