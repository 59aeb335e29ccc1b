//! Signed notes: a text and Ed25519 signatures over it, as the Transparency Dev community's
//! `c2sp.org/signed-note` has them; checkpoints and proofs travel in this form.
//!
//! ```text
//! the text, lines
//!
//! — seat/duty-2 base64(key id, 4 bytes ‖ signature, 64 bytes)
//! ```
//!
//! Nothing of a note's text counts before a known key has verified ([`Keys::open`]). What is parsed
//! here may come from anybody. The signatures are `ring`'s, which the links use already.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ring::signature::{ED25519, UnparsedPublicKey};

use super::tree::Hash;

/// The longest note that is looked at, bytes.
pub const LONGEST_NOTE: usize = 64 << 10;
/// The most signatures under one note; the specification asks for at least 16.
pub const MOST_SIGNATURES: usize = 128;
/// The longest name of a key, bytes.
pub const LONGEST_KEY_NAME: usize = 256;
/// What a signature line begins with.
const DASH: &str = "\u{2014} ";
/// The specification's byte for Ed25519.
const KIND_ED25519: u8 = 1;

/// A text is no signed note, no checkpoint or no key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// Longer than anything that is read.
    #[error("longer than {LONGEST_NOTE} bytes")]
    Long,
    /// A control character other than the line break.
    #[error("a control character at byte {at}")]
    Control {
        /// Byte, from 0.
        at: usize,
    },
    /// No empty line before the signatures, or no line break at an end.
    #[error("not a text, an empty line and signatures")]
    Parts,
    /// A line under the text is no signature.
    #[error("signature {line} is not a dash, a key's name and base64")]
    Signature {
        /// Signature, from 1.
        line: usize,
    },
    /// More signatures than are read.
    #[error("more than {MOST_SIGNATURES} signatures")]
    Many,
    /// A key's text is not `name+id+base64`, or its id is another's.
    #[error("a key is not a name, its own id and an Ed25519 key: {start}")]
    Key {
        /// Its first characters.
        start: String,
    },
    /// The text of a checkpoint has fewer than three lines, an empty one, a size with leading zeros …
    #[error("line {line} of the checkpoint is not as c2sp.org/tlog-checkpoint has it")]
    Checkpoint {
        /// Line, from 1.
        line: usize,
    },
}

/// One signature under a note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// The key's name.
    pub name: String,
    /// The key's id.
    pub id: u32,
    /// What it signed; 64 bytes where it is Ed25519.
    pub bytes: Vec<u8>,
}

/// A text with signatures that nobody has verified yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// All lines, the last line break included.
    text: String,
    signatures: Vec<Signature>,
}

impl Note {
    /// A note of a text, which ends in a line break, and signatures.
    pub(super) fn new(text: String, signatures: Vec<Signature>) -> Self {
        Self { text, signatures }
    }

    /// From its text form.
    ///
    /// # Errors
    /// Where it is not exactly what the specification describes.
    pub fn parse(note: &str) -> Result<Self, Malformed> {
        if note.len() > LONGEST_NOTE {
            return Err(Malformed::Long);
        }
        if let Some(at) = note.bytes().position(|byte| byte < b' ' && byte != b'\n') {
            return Err(Malformed::Control { at });
        }
        // The last empty line parts text and signatures.
        let at = note.rfind("\n\n").ok_or(Malformed::Parts)?;
        let (text, under) = (&note[..=at], &note[at + 2..]);
        let lines = under.strip_suffix('\n').ok_or(Malformed::Parts)?;
        let mut signatures = Vec::new();
        for (index, line) in lines.split('\n').enumerate() {
            if index == MOST_SIGNATURES {
                return Err(Malformed::Many);
            }
            let parsed = Self::signature(line).ok_or(Malformed::Signature { line: index + 1 })?;
            signatures.push(parsed);
        }
        let text = text.to_owned();
        Ok(Self { text, signatures })
    }

    fn signature(line: &str) -> Option<Signature> {
        let (name, text) = line.strip_prefix(DASH)?.split_once(' ')?;
        let all = BASE64.decode(text).ok()?;
        let (id, bytes) = all.split_first_chunk::<4>()?;
        (is_key_name(name) && !bytes.is_empty()).then(|| Signature {
            name: name.to_owned(),
            id: u32::from_be_bytes(*id),
            bytes: bytes.to_vec(),
        })
    }

    /// The text that is signed. It means nothing before [`Keys::open`] has succeeded.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signatures.
    pub fn signatures(&self) -> &[Signature] {
        &self.signatures
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        for Signature { name, id, bytes } in &self.signatures {
            let all = [&id.to_be_bytes()[..], bytes].concat();
            writeln!(f, "{DASH}{name} {}", BASE64.encode(all))?;
        }
        Ok(())
    }
}

/// Whether a key may be called so: not empty, no spaces, no plus, no control characters.
pub(super) fn is_key_name(name: &str) -> bool {
    let fit = |c: char| !c.is_whitespace() && !c.is_control() && c != '+';
    !name.is_empty() && name.len() <= LONGEST_KEY_NAME && name.chars().all(fit)
}

/// The id of an Ed25519 key: the first four bytes of SHA-256(name ‖ 0x0A ‖ 0x01 ‖ key).
fn key_id(name: &str, public: &[u8; 32]) -> u32 {
    let hash = Hash::of(&[name.as_bytes(), b"\n", &[KIND_ED25519], public].concat());
    let [a, b, c, d, ..] = *hash.as_bytes();
    u32::from_be_bytes([a, b, c, d])
}

/// `NAME+ID+base64(0x01 ‖ 32 bytes)`: the text form of verifier keys, and of secret ones behind what
/// they begin with. Gives the name, the id and the bytes.
pub(super) fn parse_key(text: &str) -> Option<(&str, u32, [u8; 32])> {
    let (name, rest) = text.split_once('+')?;
    let (id, key) = rest.split_once('+')?;
    let lower = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    if !is_key_name(name) || id.len() != 8 || !id.bytes().all(lower) {
        return None;
    }
    let id = u32::from_str_radix(id, 16).ok()?;
    let bytes = BASE64.decode(key).ok()?;
    let (KIND_ED25519, key) = bytes.split_first().map(|(kind, key)| (*kind, key))? else {
        return None;
    };
    Some((name, id, key.try_into().ok()?))
}

/// The other way; see [`parse_key`].
pub(super) fn write_key(name: &str, id: u32, key: &[u8; 32]) -> String {
    let bytes = [&[KIND_ED25519][..], key].concat();
    format!("{name}+{id:08x}+{}", BASE64.encode(bytes))
}

/// The public half of a key, and its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    id: u32,
    public: [u8; 32],
}

impl VerifierKey {
    /// A key called `name`; nothing where that may be no key's name.
    pub(super) fn new(name: &str, public: [u8; 32]) -> Option<Self> {
        is_key_name(name).then(|| Self {
            name: name.to_owned(),
            id: key_id(name, &public),
            public,
        })
    }

    /// Its name, such as `seat/duty-2`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its id: with the name it tells keys apart.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// Whether the key made `signature` over `text`.
    fn verifies(&self, text: &str, signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, self.public)
            .verify(text.as_bytes(), signature)
            .is_ok()
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&write_key(&self.name, self.id, &self.public))
    }
}

impl FromStr for VerifierKey {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        parse_key(text)
            .and_then(|(name, id, public)| Self::new(name, public).filter(|key| key.id == id))
            .ok_or_else(|| Malformed::Key {
                start: text.chars().take(40).collect(),
            })
    }
}

/// Why nothing in a note counts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Distrust {
    /// No known key signed it.
    #[error("signed by no known key, but by {}", names.join(", "))]
    Unknown {
        /// The names its signatures carry.
        names: Vec<String>,
    },
    /// A signature that carries a known key's name and id is not that key's.
    #[error("the signature of {name} is false")]
    False {
        /// The key.
        name: String,
    },
}

/// The keys that are known and trusted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keys(BTreeMap<(String, u32), VerifierKey>);

impl Keys {
    /// From lines of verifier keys; empty lines and such behind `#` say nothing. A line that is no
    /// key is left out and told with its number, from 1.
    pub fn parse(text: &str) -> (Self, Vec<(usize, Malformed)>) {
        let mut keys = Self::default();
        let mut faults = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            match line.parse() {
                Ok(key) => keys.add(key),
                Err(fault) => faults.push((index + 1, fault)),
            }
        }
        (keys, faults)
    }

    /// One more. Of two keys with one name and id, which no accident makes, the first stays.
    pub fn add(&mut self, key: VerifierKey) {
        self.0.entry((key.name.clone(), key.id)).or_insert(key);
    }

    /// Those that `other` knows, too.
    pub fn extend(&mut self, other: Self) {
        other.0.into_values().for_each(|key| self.add(key));
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = &VerifierKey> {
        self.0.values()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Who signed the note, of those who are known; at least one. Signatures of others are passed
    /// over, as the specification wants it.
    ///
    /// # Errors
    /// When no known key signed, or a signature in a known key's name is false.
    pub fn open(&self, note: &Note) -> Result<Vec<&VerifierKey>, Distrust> {
        let mut signers: Vec<&VerifierKey> = Vec::new();
        for signature in &note.signatures {
            let Some(key) = self.0.get(&(signature.name.clone(), signature.id)) else {
                continue;
            };
            if signers.contains(&key) {
                continue; // twice the same says no more than once
            }
            if !key.verifies(&note.text, &signature.bytes) {
                let name = key.name.clone();
                return Err(Distrust::False { name });
            }
            signers.push(key);
        }
        if signers.is_empty() {
            let names = note.signatures.iter().map(|by| by.name.clone()).collect();
            return Err(Distrust::Unknown { names });
        }
        Ok(signers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The example of the Go package that the form comes from.
    const GO_KEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    const GO_NOTE: &str = "If you think cryptography is the answer to your problem,\n\
        then you don't know what your problem is.\n\n\
        \u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

    fn keys() -> Keys {
        let (keys, faults) = Keys::parse(&format!("# known\n\n{GO_KEY}\n"));
        assert_eq!(faults, []);
        keys
    }

    #[test]
    fn the_example_of_the_go_package_opens() {
        let note = Note::parse(GO_NOTE).unwrap();
        assert_eq!(note.to_string(), GO_NOTE);
        let keys = keys();
        let signers = keys.open(&note).unwrap();
        assert_eq!(signers[0].name(), "PeterNeumann");
        assert_eq!(signers[0].to_string(), GO_KEY);
        assert_eq!(note.text().lines().count(), 2);
    }

    #[test]
    fn one_changed_letter_is_seen() {
        let note = Note::parse(&GO_NOTE.replace("answer", "Answer")).unwrap();
        let name = "PeterNeumann".to_owned();
        assert_eq!(keys().open(&note), Err(Distrust::False { name }));
    }

    #[test]
    fn strangers_are_passed_over_and_do_not_suffice() {
        let stranger = "\u{2014} stranger AAAAAAAA\n";
        let both = Note::parse(&format!("{GO_NOTE}{stranger}")).unwrap();
        assert_eq!(keys().open(&both).unwrap().len(), 1);
        let alone = Note::parse(&format!("text\n\n{stranger}")).unwrap();
        let names = vec!["stranger".to_owned()];
        assert_eq!(keys().open(&alone), Err(Distrust::Unknown { names }));
        let (_, signature) = GO_NOTE.split_once("\n\n").unwrap();
        let twice = Note::parse(&format!("{GO_NOTE}{signature}")).unwrap();
        assert_eq!(keys().open(&twice).unwrap().len(), 1);
    }

    #[test]
    fn what_is_no_note_is_refused_with_its_reason() {
        let check = |text: &str, expect: Malformed| {
            assert_eq!(Note::parse(text), Err(expect), "{text:?}");
        };
        let good = "\u{2014} a AAAAAAAA\n";
        check("", Malformed::Parts);
        check("text\n", Malformed::Parts);
        check(&format!("text\n{good}"), Malformed::Parts);
        check("text\n\n\u{2014} a AAAAAAAA", Malformed::Parts);
        check("text\n\n\n", Malformed::Parts);
        check(&format!("text\r\n\n{good}"), Malformed::Control { at: 4 });
        let first = Malformed::Signature { line: 1 };
        check("text\n\n- a AAAAAAAA\n", first.clone());
        check("text\n\n\u{2014}  AAAAAAAA\n", first.clone());
        check("text\n\n\u{2014} a+b AAAAAAAA\n", first.clone());
        check("text\n\n\u{2014} a AAAAAA\n", first.clone());
        check("text\n\n\u{2014} a AAAAAA==\n", first.clone());
        check("text\n\n\u{2014} a  AAAAAAAA\n", first);
        check(
            &format!("text\n\n{good}\u{2014} b\n"),
            Malformed::Signature { line: 2 },
        );
        check(&format!("text\n\n{}", good.repeat(129)), Malformed::Many);
        check(&"x".repeat(LONGEST_NOTE + 1), Malformed::Long);
        assert_eq!(
            Note::parse(&format!("a\n\nb\n\n{good}")).unwrap().text(),
            "a\n\nb\n"
        );
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let other_id = GO_KEY.replace("c74f20a3", "c74f20a4");
        let upper = GO_KEY.replace("c74f20a3", "C74F20A3");
        let renamed = GO_KEY.replace("Peter", "Paul");
        for text in [
            "",
            "a",
            "a+b",
            "a+b+c",
            &other_id,
            &upper,
            &renamed,
            &GO_KEY[..60],
        ] {
            assert!(text.parse::<VerifierKey>().is_err(), "{text}");
        }
        let (keys, faults) = Keys::parse(&format!("{GO_KEY}\nno key\n"));
        assert_eq!((keys.iter().count(), faults[0].0), (1, 2));
    }

    proptest! {
        #[test]
        fn hostile_texts_are_no_note_or_come_back_as_they_are(
            text in "[a\n\u{2014} +=A\u{e9}\t]{0,60}", under in "[\u{2014}] [a-c+ ]{0,3} [A-D=]{0,12}\n{0,2}",
        ) {
            for note in [text.clone(), format!("{text}\n\n{under}")] {
                if let Ok(parsed) = Note::parse(&note) {
                    prop_assert_eq!(parsed.to_string(), note);
                    prop_assert!(keys().open(&parsed).is_err());
                }
            }
        }
    }
}
