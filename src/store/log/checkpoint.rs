//! Checkpoints: what the log says of itself at one size, as `c2sp.org/tlog-checkpoint` has it.
//!
//! ```text
//! qyran/0193…             origin: which log
//! 20852163                lines in it
//! CsUYapGGPo4dkMg…        root of the tree over them, base64
//!
//! — seat/duty-2 Az3grl…   who says so
//! ```

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::note::Malformed;
use super::tree::{Frontier, Hash};

/// The origin of the log of a store.
pub fn origin(store: impl fmt::Display) -> String {
    format!("qyran/{store}")
}

/// What a log is at one size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    origin: String,
    size: u64,
    root: Hash,
    /// Lines that other logs may add; those of Qyran have none.
    extensions: Vec<String>,
}

impl Checkpoint {
    /// Of the log `origin` whose right edge is `edge`.
    ///
    /// # Errors
    /// When the origin is empty or holds a control character.
    pub fn new(origin: &str, edge: &Frontier) -> Result<Self, Malformed> {
        if origin.is_empty() || origin.chars().any(char::is_control) {
            return Err(Malformed::Checkpoint { line: 1 });
        }
        Ok(Self {
            origin: origin.to_owned(),
            size: edge.size(),
            root: edge.root(),
            extensions: Vec::new(),
        })
    }

    /// From the text of a note.
    ///
    /// # Errors
    /// When it is not exactly what the specification describes.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let wrong = |line| Malformed::Checkpoint { line };
        let text = text.strip_suffix('\n').ok_or(wrong(1))?;
        let lines: Vec<&str> = text.split('\n').collect();
        let unfit = |line: &&str| line.is_empty() || line.chars().any(char::is_control);
        if let Some(index) = lines.iter().position(unfit) {
            return Err(wrong(index + 1));
        }
        let [origin, size, root, extensions @ ..] = &lines[..] else {
            return Err(wrong(lines.len() + 1));
        };
        let root = BASE64.decode(root).map_err(|_not_base64| wrong(3))?;
        let root: [u8; 32] = root.try_into().map_err(|_length| wrong(3))?;
        Ok(Self {
            origin: (*origin).to_owned(),
            size: decimal(size).ok_or(wrong(2))?,
            root: root.into(),
            extensions: extensions.iter().map(|line| (*line).to_owned()).collect(),
        })
    }

    /// Which log.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Lines in it.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root of the tree over them.
    pub fn root(&self) -> Hash {
        self.root
    }

    /// Lines behind the root.
    pub fn extensions(&self) -> &[String] {
        &self.extensions
    }
}

/// The text that is signed.
impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let root = BASE64.encode(self.root.as_bytes());
        writeln!(f, "{}\n{}\n{root}", self.origin, self.size)?;
        self.extensions
            .iter()
            .try_for_each(|line| writeln!(f, "{line}"))
    }
}

/// A whole number in decimal digits without leading zeros, as the specifications write them.
pub(super) fn decimal(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    let leading_zero = text.len() > 1 && text.starts_with('0');
    (plain && !leading_zero).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::log::tree::leaf_hash;
    use proptest::prelude::*;

    /// The example of the specification.
    const EXAMPLE: &str =
        "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";

    #[test]
    fn the_example_of_the_specification_is_read() {
        let read = Checkpoint::parse(EXAMPLE).unwrap();
        assert_eq!(read.size(), 20_852_163);
        assert_eq!(read.origin(), "example.com/behind-the-sofa");
        assert_eq!(&read.root().to_string()[..8], "0ac5186a");
        assert_eq!(read.to_string(), EXAMPLE);
        let more = format!("{EXAMPLE}more\n");
        let read = Checkpoint::parse(&more).unwrap();
        assert_eq!(read.extensions(), ["more"]);
        assert_eq!(read.to_string(), more);
    }

    #[test]
    fn its_own_is_read_back() {
        let mut edge = Frontier::default();
        for size in 0..3 {
            let made = Checkpoint::new(&origin("x"), &edge).unwrap();
            assert_eq!(Checkpoint::parse(&made.to_string()), Ok(made.clone()));
            assert_eq!((made.size(), made.origin()), (size, "qyran/x"));
            edge.append(leaf_hash(b"line"));
        }
        assert!(Checkpoint::new("", &edge).is_err());
        assert!(Checkpoint::new("a\n9", &edge).is_err());
    }

    #[test]
    fn what_is_no_checkpoint_is_refused_with_its_line() {
        let check = |text: &str, line: usize| {
            let expect = Err(Malformed::Checkpoint { line });
            assert_eq!(Checkpoint::parse(text), expect, "{text:?}");
        };
        check("", 1);
        check("\n", 1);
        check(EXAMPLE.trim_end(), 1);
        check("origin\n5\n", 3);
        check(&EXAMPLE.replace("20852163", "020852163"), 2);
        check(&EXAMPLE.replace("20852163", "-1"), 2);
        check(&EXAMPLE.replace("20852163", "+1"), 2);
        check(&EXAMPLE.replace("20852163", "99999999999999999999"), 2);
        check(&EXAMPLE.replace("I=", "I"), 3);
        check(&EXAMPLE.replace("I=", "J="), 3); // bits that mean nothing
        check(&EXAMPLE.replace("CsUY", ""), 3);
        check(&format!("{EXAMPLE}\n"), 4);
        check(&EXAMPLE.replace(".com", "\t"), 1);
    }

    proptest! {
        #[test]
        fn hostile_texts_are_no_checkpoint_or_come_back_as_they_are(text in "[a0-9=\n]{0,40}", tail in "[\na-c]{0,5}") {
            for text in [text.clone(), format!("{EXAMPLE}{tail}")] {
                if let Ok(read) = Checkpoint::parse(&text) {
                    prop_assert_eq!(read.to_string(), text);
                }
            }
        }
    }
}
