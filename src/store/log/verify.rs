//! Checks a whole log: every line against its hash and its place, all of them against every signed
//! root there is, here and at second places. Reads each line once, in order, and keeps only the right
//! edge of the tree and the acts' identities (16 bytes for each line).
//!
//! What can be found without a signature is found exactly: a line that does not fit its hash, its
//! place or its neighbours. Whoever makes hashes fit is found by the next signed root, and located
//! between the last root that agrees and the first that does not. Whoever has a seat's key as well is
//! found by what the second place has seen before. Behind the last signed root that is known
//! anywhere, nothing can be proved; such lines are told ([`Finding::Unsigned`]).

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};

use super::checkpoint::Checkpoint;
pub use super::finding::{Finding, Place, Report};
use super::line;
use super::note::{Distrust, Keys, Malformed, Note};
use super::tree::{Frontier, Hash, leaf_hash};
use crate::model::id::Id;

/// Findings that are listed; the others are counted.
pub const MOST_FINDINGS: usize = 1000;

/// A checkpoint as it is kept, which may be anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Where.
    pub place: Place,
    /// Under which size, where it is kept under one.
    pub size: Option<u64>,
    /// The signed note.
    pub note: String,
}

/// What a known key signed.
#[derive(Debug)]
struct Signed {
    size: u64,
    root: Hash,
    key: String,
    place: Place,
}

/// Checks one log; see the module.
#[derive(Debug)]
pub struct Verifier {
    /// Signed roots that lie ahead, by size.
    ahead: VecDeque<Signed>,
    /// The place that the next line should have.
    expected: u64,
    lines: u64,
    /// The tree over the lines as they are; nothing behind a gap.
    by_text: Option<Frontier>,
    /// The tree over the hashes that are kept, from where the two part.
    by_hash: Option<Frontier>,
    acts: HashMap<Id, u64, BuildHasherDefault<OfId>>,
    /// The largest size at which a signed root agreed, at all and at each place.
    agreed: u64,
    agreed_at: Vec<(Place, u64)>,
    /// Signed roots that did not agree, with the first line that can be another, until it is known
    /// whether a later one does.
    pending: Vec<(Signed, u64)>,
    /// Other pasts that were told, by place and where they part.
    pasts: Vec<(Place, u64)>,
    moved: Option<(u64, u64, u64)>,
    compared: u64,
    findings: Vec<Finding>,
    left_out: u64,
    /// The first line that any finding throws doubt on.
    doubt: Option<u64>,
}

impl Verifier {
    /// For the log `origin`, of which `keys` may speak, with all checkpoints that are kept anywhere.
    pub fn new(origin: &str, keys: &Keys, held: impl IntoIterator<Item = Held>) -> Self {
        let mut verifier = Self {
            ahead: VecDeque::new(),
            expected: 0,
            lines: 0,
            by_text: Some(Frontier::default()),
            by_hash: None,
            acts: HashMap::default(),
            agreed: 0,
            agreed_at: Vec::new(),
            pending: Vec::new(),
            pasts: Vec::new(),
            moved: None,
            compared: 0,
            findings: Vec::new(),
            left_out: 0,
            doubt: None,
        };
        let mut refused: Vec<Finding> = Vec::new();
        for held in held {
            match read(origin, keys, &held) {
                Ok((signed, misplaced)) => {
                    verifier.ahead.push_back(signed);
                    refused.extend(misplaced);
                }
                Err(finding) => refused.push(finding),
            }
        }
        verifier
            .ahead
            .make_contiguous()
            .sort_by(|a, b| (a.size, &a.place).cmp(&(b.size, &b.place)));
        for finding in merged(refused) {
            verifier.found(finding);
        }
        verifier.compare(); // with roots of the empty log
        verifier
    }

    /// The next line, in the order of their places: its place, its text, and the leaf hash that is
    /// kept beside it.
    pub fn line(&mut self, index: u64, text: &str, hash: Hash) {
        self.lines += 1;
        if index < self.expected {
            self.found(Finding::Doubled { index });
            return;
        }
        if index > self.expected {
            self.gap(index);
        }
        let is = leaf_hash(text.as_bytes());
        if is != hash {
            self.found(Finding::Changed { index });
            if self.by_hash.is_none() {
                self.by_hash.clone_from(&self.by_text);
            }
        }
        match line::place(text) {
            None => self.found(Finding::Unreadable { index }),
            Some((says, act)) => {
                if says != index {
                    self.moved(index, says);
                }
                let first = *self.acts.entry(act).or_insert(index);
                if first != index {
                    self.found(Finding::Repeated { index, first });
                }
            }
        }
        if let Some(edge) = &mut self.by_text {
            edge.append(is);
        }
        if let Some(edge) = &mut self.by_hash {
            edge.append(hash);
        }
        self.expected = index + 1;
        self.compare();
    }

    /// What all of it comes to. `head` is the right edge that the store keeps; nothing where what is
    /// kept is none.
    pub fn finish(mut self, head: Option<&Frontier>) -> Report {
        let lines = self.expected;
        self.settle_moved();
        let is_whole = self.by_text.is_some();
        let is_differing = !self.pending.is_empty();
        self.report_pending();
        let beyond = std::mem::take(&mut self.ahead);
        let mut told: Vec<bool> = Vec::new();
        // The largest that the store has, and the largest of all second places, so from the end.
        for signed in beyond.into_iter().rev() {
            let is_here = signed.place == Place::Store;
            if signed.size > lines && !told.contains(&is_here) {
                told.push(is_here);
                self.found_of_all(Finding::RolledBack {
                    known: signed.size,
                    is: lines,
                    key: signed.key,
                    place: signed.place,
                });
            }
        }
        match head {
            None => self.found_of_all(Finding::HeadUnreadable),
            Some(head) => self.compare_head(head),
        }
        if is_whole && !is_differing && self.agreed < lines {
            self.found_of_all(Finding::Unsigned {
                from: self.agreed,
                to: lines - 1,
            });
        }
        self.findings
            .sort_by_key(|finding| finding.doubts_from().unwrap_or(u64::MAX));
        Report {
            lines: self.lines,
            compared: self.compared,
            proved: self.doubt.unwrap_or(self.agreed).min(self.agreed),
            findings: self.findings,
            left_out: self.left_out,
        }
    }

    /// One of which there may be as many as lines or checkpoints.
    fn found(&mut self, finding: Finding) {
        if self.findings.len() < MOST_FINDINGS {
            self.found_of_all(finding);
        } else {
            self.doubt(&finding);
            self.left_out += 1;
        }
    }

    /// One of which there are few, so it is never left out.
    fn found_of_all(&mut self, finding: Finding) {
        self.doubt(&finding);
        self.findings.push(finding);
    }

    fn doubt(&mut self, finding: &Finding) {
        // Where the head differs says nothing against lines that a signed root agrees with.
        if !matches!(finding, Finding::HeadDiffers { .. })
            && let Some(from) = finding.doubts_from()
        {
            self.doubt = Some(self.doubt.map_or(from, |before| before.min(from)));
        }
    }

    /// Lines up to `index` are not there. What a root behind the gap is cannot be known any more.
    fn gap(&mut self, index: u64) {
        self.found(Finding::Missing {
            from: self.expected,
            to: index - 1,
        });
        self.by_text = None;
        self.by_hash = None;
    }

    /// A line says another place; neighbours that are off by as much are told together.
    fn moved(&mut self, index: u64, says: u64) {
        if let Some((from, to, first_says)) = &mut self.moved
            && *to + 1 == index
            && says.wrapping_sub(index) == first_says.wrapping_sub(*from)
        {
            *to = index;
            return;
        }
        self.settle_moved();
        self.moved = Some((index, index, says));
    }

    fn settle_moved(&mut self) {
        if let Some((from, to, says)) = self.moved.take() {
            self.found(Finding::Moved { from, to, says });
        }
    }

    /// Compares the tree with the signed roots of its size.
    fn compare(&mut self) {
        let size = self.expected;
        if self.ahead.front().is_none_or(|signed| signed.size > size) {
            return;
        }
        let reached = self.ahead.partition_point(|signed| signed.size <= size);
        let reached: Vec<Signed> = self.ahead.drain(..reached).collect();
        let Some(by_text) = self.by_text.as_ref().map(Frontier::root) else {
            return; // behind a gap
        };
        let by_hash = self.by_hash.as_ref().map(Frontier::root);
        let mut differing = Vec::new();
        let mut agrees = false;
        for signed in reached.into_iter().filter(|signed| signed.size == size) {
            self.compared += 1;
            if signed.root == by_text || Some(signed.root) == by_hash {
                agrees = true;
                match self
                    .agreed_at
                    .iter_mut()
                    .find(|(at, _)| *at == signed.place)
                {
                    Some((_, last)) => *last = size,
                    None => self.agreed_at.push((signed.place, size)),
                }
            } else {
                differing.push(signed);
            }
        }
        for signed in differing {
            let from = match &signed.place {
                // What agrees anywhere is the beginning of what the store has.
                Place::Store => self.agreed,
                // The second place may know another beginning than the store's own checkpoints.
                at @ Place::Witness(_) => {
                    let known = self.agreed_at.iter().find(|(place, _)| place == at);
                    known.map_or(0, |(_, size)| *size)
                }
            };
            self.pending.push((signed, from));
        }
        if agrees {
            self.agreed = size;
            self.settle_pending();
        }
    }

    /// A later signed root agrees, so those before that did not are of another past. Of each past
    /// the first is told.
    fn settle_pending(&mut self) {
        for (signed, from) in std::mem::take(&mut self.pending) {
            let past = (signed.place.clone(), from);
            if self.pasts.contains(&past) {
                continue;
            }
            self.pasts.push(past);
            self.found(Finding::NotExtension {
                size: signed.size,
                from,
                key: signed.key,
                place: signed.place,
            });
        }
    }

    /// No later signed root agrees: the lines differ. Of each place the first says where, and it is
    /// told unless another has said it more closely.
    fn report_pending(&mut self) {
        let mut told: Vec<(u64, u64)> = Vec::new();
        for (signed, from) in std::mem::take(&mut self.pending) {
            let to = signed.size.saturating_sub(1);
            if told
                .iter()
                .any(|(first, last)| from <= *first && *last <= to)
            {
                continue;
            }
            told.push((from, to));
            self.found_of_all(Finding::RootDiffers {
                from,
                to,
                key: signed.key,
                place: signed.place,
            });
        }
    }

    fn compare_head(&mut self, head: &Frontier) {
        let is = self.expected;
        let says = head.size();
        if says != is {
            let within = None;
            self.found_of_all(Finding::HeadDiffers { says, is, within });
        } else if let Some(by_text) = &self.by_text
            && head != by_text
            && Some(head) != self.by_hash.as_ref()
        {
            // The hashes that are kept may be closer to what the head was made of.
            let ours = self.by_hash.as_ref().unwrap_or(by_text);
            let within = ours
                .differs_from(head)
                .map(|range| (range.start, range.end - 1));
            self.found_of_all(Finding::HeadDiffers { says, is, within });
        }
    }
}

/// What a checkpoint says, if a known key says so; and what is odd about it all the same.
fn read(origin: &str, keys: &Keys, held: &Held) -> Result<(Signed, Option<Finding>), Finding> {
    let place = || held.place.clone();
    let unreadable = |why: Malformed| Finding::CheckpointUnreadable {
        size: held.size,
        place: place(),
        why,
    };
    let note = Note::parse(&held.note).map_err(unreadable)?;
    let checkpoint = Checkpoint::parse(note.text()).map_err(unreadable)?;
    let size = checkpoint.size();
    let signers = keys.open(&note).map_err(|distrust| match distrust {
        Distrust::False { name } => Finding::SignatureBad {
            size,
            last: size,
            count: 1,
            key: name,
            place: place(),
        },
        Distrust::Unknown { names } => Finding::UnknownKey {
            size,
            last: size,
            count: 1,
            key: names.first().cloned().unwrap_or_default(),
            place: place(),
        },
    })?;
    if checkpoint.origin() != origin {
        return Err(Finding::OtherLog {
            origin: checkpoint.origin().to_owned(),
            place: place(),
        });
    }
    let key = signers
        .first()
        .map_or_else(String::new, |key| key.name().to_owned());
    let misplaced =
        held.size
            .filter(|under| *under != size)
            .map(|under| Finding::CheckpointMoved {
                size: under,
                says: size,
            });
    let signed = Signed {
        size,
        root: checkpoint.root(),
        key,
        place: place(),
    };
    Ok((signed, misplaced))
}

/// The same with bad signatures of one key at one place told together.
fn merged(findings: Vec<Finding>) -> Vec<Finding> {
    let mut told: Vec<Finding> = Vec::new();
    let mut at: HashMap<(bool, String, Place), usize> = HashMap::new();
    for finding in findings {
        let of = match &finding {
            Finding::SignatureBad { key, place, .. } => (true, key.clone(), place.clone()),
            Finding::UnknownKey { key, place, .. } => (false, key.clone(), place.clone()),
            _ => {
                told.push(finding);
                continue;
            }
        };
        let before = at.get(&of).and_then(|index| told.get_mut(*index));
        if let (
            Some(
                Finding::SignatureBad {
                    size, last, count, ..
                }
                | Finding::UnknownKey {
                    size, last, count, ..
                },
            ),
            Finding::SignatureBad { size: more, .. } | Finding::UnknownKey { size: more, .. },
        ) = (before, &finding)
        {
            *size = (*size).min(*more);
            *last = (*last).max(*more);
            *count += 1;
        } else {
            at.insert(of, told.len());
            told.push(finding);
        }
    }
    told
}

/// Mixes the bytes of an identity, most of which are random already. Somebody who chooses them can
/// slow a check down, not mislead it.
#[derive(Default)]
struct OfId(u64);

impl Hasher for OfId {
    fn finish(&self) -> u64 {
        // Every bit reaches the low ones, which choose the place in the table.
        let mixed = (self.0 ^ (self.0 >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed ^ (mixed >> 32)
    }

    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.write_u64(u64::from_le_bytes(*word));
        }
        for byte in rest {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u64(&mut self, word: u64) {
        // The odd number is that of Fibonacci hashing, 2^64 by the golden ratio.
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn write_usize(&mut self, length: usize) {
        self.write_u64(length as u64);
    }
}
