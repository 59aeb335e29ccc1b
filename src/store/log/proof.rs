//! The proof that one line is in the log, as a file that a stranger can check with nothing but the
//! keys of the seats: `c2sp.org/tlog-proof`. The line itself travels in it.

use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::checkpoint::{Checkpoint, decimal};
use super::line::LONGEST_LINE;
use super::note::{Distrust, Keys, Malformed, Note, VerifierKey};
use super::tree::{Hash, ProveError, leaf_hash, prove_inclusion, proves_inclusion};

/// What such a file ends in.
pub const EXTENSION: &str = "tlog-proof";
/// Its first line.
const FIRST: &str = "c2sp.org/tlog-proof@v1";
/// The longest path there can be.
const LONGEST_PATH: usize = 64;
/// The longest file that is looked at: a line in base64, a path, a note.
const LONGEST_PROOF: usize = LONGEST_LINE / 3 * 4 + (128 << 10);

/// A proof cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum CannotProve<E> {
    /// The checkpoint is none.
    #[error("the checkpoint cannot be read: {0}")]
    Checkpoint(#[from] Malformed),
    /// The line is not below it, or lines cannot be read.
    #[error(transparent)]
    Tree(#[from] ProveError<E>),
    /// The lines are not those that were signed: check the whole log.
    #[error("line {index} does not agree with the signed checkpoint of {size} lines")]
    Harmed {
        /// The line.
        index: u64,
        /// Lines below the checkpoint.
        size: u64,
    },
}

/// A proof proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// It is not in the form.
    #[error("line {line} of the proof is not as c2sp.org/tlog-proof has it")]
    Shape {
        /// Line, from 1.
        line: usize,
    },
    /// Longer than any.
    #[error("longer than any proof")]
    Long,
    /// Its checkpoint is none.
    #[error("the checkpoint in the proof cannot be read: {0}")]
    Checkpoint(#[from] Malformed),
    /// Nobody who is known signed it.
    #[error("the checkpoint in the proof is not to be trusted: {0}")]
    Distrust(#[from] Distrust),
    /// It is of another log.
    #[error("the proof is of the log {origin}")]
    OtherLog {
        /// Of which.
        origin: String,
    },
    /// The line it speaks of is neither in it nor given.
    #[error("the proof comes without its line")]
    NoLine,
    /// The line is not where it says.
    #[error("this is not line {index} of the log")]
    Not {
        /// The line.
        index: u64,
    },
}

/// What a proof proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proved {
    /// The log's origin.
    pub origin: String,
    /// The line's place, from 0.
    pub index: u64,
    /// Its text.
    pub line: String,
    /// Lines that the log had when that was signed.
    pub size: u64,
    /// Who signed.
    pub signers: Vec<VerifierKey>,
}

/// The proof that `line` is the line `index` below the signed checkpoint `note`, which covers it.
/// `read` gives the leaf hashes of a range of lines; see [`prove_inclusion`].
///
/// # Errors
/// When the note is no checkpoint, does not cover the line, lines cannot be read, or what is read is
/// not what was signed: a proof that does not hold is not given.
pub fn prove<E>(
    index: u64,
    line: &str,
    note: &Note,
    read: impl FnMut(Range<u64>) -> Result<Vec<Hash>, E>,
) -> Result<String, CannotProve<E>> {
    let checkpoint = Checkpoint::parse(note.text())?;
    let size = checkpoint.size();
    let path = prove_inclusion(index, size, read)?;
    let leaf = leaf_hash(line.as_bytes());
    if !proves_inclusion(leaf, index, size, &path, checkpoint.root()) {
        return Err(CannotProve::Harmed { index, size });
    }
    let mut out = format!("{FIRST}\nextra {}\nindex {index}\n", BASE64.encode(line));
    for hash in path {
        out.push_str(&BASE64.encode(hash.as_bytes()));
        out.push('\n');
    }
    out.push('\n');
    out.push_str(&note.to_string());
    Ok(out)
}

/// What a proof proves of the log `origin` (any log where none is named), of which `keys` may speak.
/// `line` is the line where it came by another way; else it is taken from the proof.
///
/// # Errors
/// When it is not in the form, not signed by a known key, of another log, or does not hold.
pub fn check(
    proof: &str,
    line: Option<&str>,
    origin: Option<&str>,
    keys: &Keys,
) -> Result<Proved, ProofError> {
    if proof.len() > LONGEST_PROOF {
        return Err(ProofError::Long);
    }
    let (head, note) = proof
        .split_once("\n\n")
        .ok_or(ProofError::Shape { line: 1 })?;
    let mut lines = (1..).zip(head.split('\n')).peekable();
    if lines.next().is_none_or(|(_, first)| first != FIRST) {
        return Err(ProofError::Shape { line: 1 });
    }
    let extra = lines.next_if(|(_, text)| text.starts_with("extra "));
    let within = match extra {
        None => None,
        Some((at, text)) => {
            let bytes = BASE64.decode(&text["extra ".len()..]);
            Some(bytes.map_err(|_not_base64| ProofError::Shape { line: at })?)
        }
    };
    let index = lines
        .next()
        .and_then(|(_, text)| decimal(text.strip_prefix("index ")?))
        .ok_or(ProofError::Shape { line: 2 })?;
    let mut path = Vec::new();
    for (at, text) in lines {
        let hash = BASE64
            .decode(text)
            .ok()
            .and_then(|b| <[u8; 32]>::try_from(b).ok());
        match hash {
            Some(hash) if path.len() < LONGEST_PATH => path.push(Hash::from(hash)),
            _ => return Err(ProofError::Shape { line: at }),
        }
    }
    let note = Note::parse(note)?;
    let signers = keys.open(&note)?.into_iter().cloned().collect();
    let checkpoint = Checkpoint::parse(note.text())?;
    if let Some(origin) = origin
        && origin != checkpoint.origin()
    {
        let origin = checkpoint.origin().to_owned();
        return Err(ProofError::OtherLog { origin });
    }
    let line = match (line, within) {
        (Some(line), _) => line.to_owned(),
        (None, Some(bytes)) => String::from_utf8(bytes).map_err(|_bytes| ProofError::NoLine)?,
        (None, None) => return Err(ProofError::NoLine),
    };
    let (size, root) = (checkpoint.size(), checkpoint.root());
    if !proves_inclusion(leaf_hash(line.as_bytes()), index, size, &path, root) {
        return Err(ProofError::Not { index });
    }
    Ok(Proved {
        origin: checkpoint.origin().to_owned(),
        index,
        line,
        size,
        signers,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::log::harm::Story;
    use proptest::prelude::*;
    use std::convert::Infallible;

    fn prove_one(story: &Story, index: u64) -> Result<String, CannotProve<Infallible>> {
        let note = Note::parse(&story.held.last().unwrap().note).unwrap();
        let line = &story.lines[index as usize].1;
        prove(index, line, &note, |range: Range<u64>| {
            let lines = &story.lines[range.start as usize..range.end as usize];
            Ok(lines.iter().map(|(_, _, hash)| *hash).collect())
        })
    }

    #[test]
    fn each_line_is_proved_to_a_stranger() {
        let story = Story::new(70, 10);
        for index in 0..70 {
            let proof = prove_one(&story, index).unwrap();
            let proved = check(&proof, None, Some(Story::ORIGIN), &story.keys).unwrap();
            let line = &story.lines[index as usize].1;
            assert_eq!((proved.index, &proved.line), (index, line));
            assert_eq!((proved.size, proved.signers.len()), (70, 1));
            // Without the line in it, the line must be given.
            let bare: String = proof
                .split_inclusive('\n')
                .filter(|text| !text.starts_with("extra "))
                .collect();
            let none = check(&bare, None, None, &story.keys);
            assert_eq!(none, Err(ProofError::NoLine));
            assert!(check(&bare, Some(line), None, &story.keys).is_ok());
            let not = check(&bare, Some(&format!("{line} ")), None, &story.keys);
            assert_eq!(not, Err(ProofError::Not { index }));
        }
    }

    #[test]
    fn a_harmed_log_proves_nothing() {
        let mut story = Story::new(70, 10);
        let text = story.lines[20].1.replace("enlarged", "ENLARGED");
        story.lines[20] = (20, text.clone(), leaf_hash(text.as_bytes()));
        let refused = prove_one(&story, 20);
        assert!(matches!(
            refused,
            Err(CannotProve::Harmed {
                index: 20,
                size: 70
            })
        ));
        let refused = prove_one(&story, 3);
        assert!(matches!(refused, Err(CannotProve::Harmed { index: 3, .. })));
    }

    #[test]
    fn other_logs_and_strangers_are_refused() {
        let story = Story::new(9, 9);
        let proof = prove_one(&story, 4).unwrap();
        let other = check(&proof, None, Some("qyran/other"), &story.keys);
        let origin = Story::ORIGIN.to_owned();
        assert_eq!(other, Err(ProofError::OtherLog { origin }));
        let strange = check(&proof, None, None, &Keys::default());
        assert!(matches!(
            strange,
            Err(ProofError::Distrust(Distrust::Unknown { .. }))
        ));
        let cases = [
            "",
            "x\n\n",
            FIRST,
            "c2sp.org/tlog-proof@v1\nindex 04\n\n",
            "c2sp.org/tlog-proof@v1\n\n",
        ];
        for text in cases {
            let refused = check(text, None, None, &story.keys);
            assert!(matches!(refused, Err(ProofError::Shape { .. })), "{text:?}");
        }
        let long = check(&"x".repeat(LONGEST_PROOF + 1), None, None, &story.keys);
        assert_eq!(long, Err(ProofError::Long));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn a_proof_that_was_touched_proves_no_other_line(at: prop::sample::Index, to in "[\\x20-\u{7e}\n]") {
            let story = Story::new(20, 20);
            let proof = prove_one(&story, 13).unwrap();
            let at = at.index(proof.len());
            if proof.is_char_boundary(at) && proof.is_char_boundary(at + 1) {
                let mut touched = proof.clone();
                touched.replace_range(at..=at, &to);
                if let Ok(proved) = check(&touched, None, None, &story.keys) {
                    prop_assert_eq!(&proved.line, &story.lines[13].1);
                    prop_assert_eq!(proved.index, 13);
                }
            }
        }
    }
}
