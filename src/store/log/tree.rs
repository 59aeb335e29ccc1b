//! The tree over the lines of the log: RFC 9162 section 2.1 with SHA-256, as RFC 6962 had it.
//!
//! A leaf hashes its line, a node its two halves, each behind a byte of its own, so that neither can
//! pass for the other. To append, only the right edge is kept ([`Frontier`], at most 64 hashes). For
//! proofs the hashes of all leaves are read once, in ranges.
//!
//! Written here, over `sha2`, since the tree lies in a database: the crates that were looked at keep
//! all leaves in memory (`ct-merkle`, against which the tests compare) or bring tiles and older
//! hashing with them (`tlog_tiles`).

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use sha2::{Digest as _, Sha256};

/// What a leaf's line is hashed behind.
const LEAF: [u8; 1] = [0];
/// What a node's halves are hashed behind.
const NODE: [u8; 1] = [1];
/// Leaves that are asked for at once while a proof is made.
const READ_AT_ONCE: u64 = 8192;
/// The longest proof there can be: one hash on each level, and one more for consistency.
const LONGEST_PROOF: usize = 65;

/// A SHA-256.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Hash([u8; 32]);

impl Hash {
    /// The SHA-256 of `bytes` as they are: of a record's body, not of a leaf.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl From<[u8; 32]> for Hash {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

/// A text is no hash: 64 digits of lower-case hexadecimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no SHA-256 in 64 lower-case hexadecimal digits")]
pub struct NotAHash;

impl FromStr for Hash {
    type Err = NotAHash;

    fn from_str(text: &str) -> Result<Self, NotAHash> {
        let digit = |byte: u8| match byte {
            b'0'..=b'9' => Ok(byte - b'0'),
            b'a'..=b'f' => Ok(byte - b'a' + 10),
            _ => Err(NotAHash),
        };
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        if pairs.len() != 32 || !rest.is_empty() {
            return Err(NotAHash);
        }
        let mut bytes = [0; 32];
        for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
            *byte = digit(*high)? << 4 | digit(*low)?;
        }
        Ok(Self(bytes))
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The hash of a leaf: SHA-256(0x00 ‖ line).
pub fn leaf_hash(line: &[u8]) -> Hash {
    let hash = Sha256::new().chain_update(LEAF).chain_update(line);
    Hash(hash.finalize().into())
}

/// The hash of a node: SHA-256(0x01 ‖ left ‖ right).
pub fn node_hash(left: Hash, right: Hash) -> Hash {
    let hash = Sha256::new()
        .chain_update(NODE)
        .chain_update(left.0)
        .chain_update(right.0);
    Hash(hash.finalize().into())
}

/// Bytes are no right edge of a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAnEdge {
    /// Fewer than the eight bytes of its size.
    #[error("too short for the right edge of a tree")]
    Short,
    /// Not one hash for each whole subtree.
    #[error("{bytes} bytes of hashes do not belong to a tree of {size} leaves")]
    Hashes {
        /// The size it names.
        size: u64,
        /// Bytes behind it.
        bytes: usize,
    },
}

/// The right edge of a tree: its size and the roots of its whole subtrees, the largest first. All
/// that is needed to append and to know the root.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    roots: Vec<Hash>,
}

impl Frontier {
    /// Leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// One more leaf, by its [`leaf_hash`].
    pub fn append(&mut self, leaf: Hash) {
        let mut node = leaf;
        // Each set bit of the size is a whole subtree; those at the end become one with the leaf.
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.roots.pop() {
                node = node_hash(left, node);
            }
        }
        self.roots.push(node);
        self.size += 1;
    }

    /// The root of the tree; of an empty one SHA-256 of nothing.
    pub fn root(&self) -> Hash {
        let mut from_the_right = self.roots.iter().rev();
        let Some(last) = from_the_right.next() else {
            return Hash::of(&[]);
        };
        from_the_right.fold(*last, |right, left| node_hash(*left, right))
    }

    /// The first whole subtree whose root is another than `other`'s, as a range of leaves; nothing
    /// where the sizes differ or all are the same.
    pub fn differs_from(&self, other: &Self) -> Option<Range<u64>> {
        if self.size != other.size {
            return None;
        }
        let mut from = 0;
        let levels = (0..u64::BITS)
            .rev()
            .filter(|level| self.size >> level & 1 == 1);
        for (level, (ours, theirs)) in levels.zip(self.roots.iter().zip(&other.roots)) {
            if ours != theirs {
                return Some(from..from + (1 << level));
            }
            from += 1 << level;
        }
        None
    }

    /// As bytes: the size in eight, the highest first, then the hashes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.size.to_be_bytes().to_vec();
        bytes.extend(self.roots.iter().flat_map(|root| root.0));
        bytes
    }

    /// From bytes.
    ///
    /// # Errors
    /// When they are not exactly what [`Frontier::to_bytes`] makes for some tree.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, NotAnEdge> {
        let (size, hashes) = bytes.split_first_chunk::<8>().ok_or(NotAnEdge::Short)?;
        let size = u64::from_be_bytes(*size);
        let (roots, rest) = hashes.as_chunks::<32>();
        let countable = i64::try_from(size).is_ok(); // databases count so far
        if roots.len() != size.count_ones() as usize || !rest.is_empty() || !countable {
            let bytes = hashes.len();
            return Err(NotAnEdge::Hashes { size, bytes });
        }
        let roots = roots.iter().copied().map(Hash).collect();
        Ok(Self { size, roots })
    }
}

/// A proof cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum ProveError<E> {
    /// There is no such line in a tree of that size.
    #[error("line {index} is not among the first {size}")]
    Outside {
        /// The line, or the smaller size.
        index: u64,
        /// Lines in the tree.
        size: u64,
    },
    /// Fewer leaves came than were asked for.
    #[error("the log has no line {index}")]
    Short {
        /// The first that was missing.
        index: u64,
    },
    /// They cannot be read.
    #[error("{0}")]
    Read(E),
}

/// Reads hashes of leaves in ranges; see [`prove_inclusion`].
struct Leaves<R>(R);

impl<E, R: FnMut(Range<u64>) -> Result<Vec<Hash>, E>> Leaves<R> {
    /// The root of the subtree over `range`.
    fn root(&mut self, range: Range<u64>) -> Result<Hash, ProveError<E>> {
        let mut edge = Frontier::default();
        let mut from = range.start;
        while from < range.end {
            let part = from..range.end.min(from + READ_AT_ONCE);
            let leaves = (self.0)(part.clone()).map_err(ProveError::Read)?;
            if leaves.len() as u64 != part.end - part.start {
                let index = part.start + (leaves.len() as u64).min(part.end - part.start);
                return Err(ProveError::Short { index });
            }
            for leaf in leaves {
                edge.append(leaf);
            }
            from = part.end;
        }
        Ok(edge.root())
    }
}

/// Where a tree of `size` leaves, at least two, is split: the largest power of two below its size.
fn split(size: u64) -> u64 {
    1 << (u64::BITS - 1 - (size - 1).leading_zeros())
}

/// The proof that the leaf `index` is in the tree of the first `size` leaves: the hashes beside its
/// way to the root, the leaf's neighbour first (RFC 9162 section 2.1.3.1). `read` gives the hashes
/// of a range of leaves; each is asked for once, so that of a million leaves 32 MB are read.
///
/// # Errors
/// When there is no such leaf, or the hashes cannot be read.
pub fn prove_inclusion<E>(
    index: u64,
    size: u64,
    read: impl FnMut(Range<u64>) -> Result<Vec<Hash>, E>,
) -> Result<Vec<Hash>, ProveError<E>> {
    if index >= size {
        return Err(ProveError::Outside { index, size });
    }
    let mut leaves = Leaves(read);
    let mut tree = 0..size;
    let mut path = Vec::new();
    while tree.end - tree.start > 1 {
        let middle = tree.start + split(tree.end - tree.start);
        if index < middle {
            path.push(leaves.root(middle..tree.end)?);
            tree.end = middle;
        } else {
            path.push(leaves.root(tree.start..middle)?);
            tree.start = middle;
        }
    }
    path.reverse();
    Ok(path)
}

/// The proof that the tree of `old` leaves is the beginning of the tree of `new` (RFC 9162 section
/// 2.1.4.1); `read` as in [`prove_inclusion`]. Empty where nothing needs a proof: for equal sizes and
/// for an empty beginning.
///
/// # Errors
/// When `old` is the larger, or the hashes cannot be read.
pub fn prove_consistency<E>(
    old: u64,
    new: u64,
    read: impl FnMut(Range<u64>) -> Result<Vec<Hash>, E>,
) -> Result<Vec<Hash>, ProveError<E>> {
    if old > new {
        return Err(ProveError::Outside {
            index: old,
            size: new,
        });
    }
    if old == 0 || old == new {
        return Ok(Vec::new());
    }
    let mut leaves = Leaves(read);
    let mut tree = 0..new;
    let mut whole = true; // whether the old tree is a subtree that the verifier has
    let mut path = Vec::new();
    while tree.end != old {
        let middle = tree.start + split(tree.end - tree.start);
        if old <= middle {
            path.push(leaves.root(middle..tree.end)?);
            tree.end = middle;
        } else {
            path.push(leaves.root(tree.start..middle)?);
            tree.start = middle;
            whole = false;
        }
    }
    if !whole {
        path.push(leaves.root(tree)?);
    }
    path.reverse();
    Ok(path)
}

/// Whether `path` proves that `leaf` is the leaf `index` of the tree of `size` leaves with this
/// `root` (RFC 9162 section 2.1.3.2).
pub fn proves_inclusion(leaf: Hash, index: u64, size: u64, path: &[Hash], root: Hash) -> bool {
    if index >= size || path.len() > LONGEST_PROOF {
        return false;
    }
    let (mut at, mut last) = (index, size - 1);
    let mut node = leaf;
    for beside in path {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            node = node_hash(*beside, node);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            node = node_hash(node, *beside);
        }
        at >>= 1;
        last >>= 1;
    }
    last == 0 && node == root
}

/// Whether `path` proves that the tree of `old` leaves with the root `old_root` is the beginning of
/// the tree of `new` leaves with `new_root` (RFC 9162 section 2.1.4.2).
pub fn proves_consistency(
    old: u64,
    old_root: Hash,
    new: u64,
    new_root: Hash,
    path: &[Hash],
) -> bool {
    if old == new {
        return path.is_empty() && old_root == new_root;
    }
    if old == 0 {
        return path.is_empty() && old_root == Hash::of(&[]);
    }
    if old > new || path.len() > LONGEST_PROOF {
        return false;
    }
    let (mut at, mut last) = (old - 1, new - 1);
    while at & 1 == 1 {
        at >>= 1;
        last >>= 1;
    }
    // An old tree that is one whole subtree stands for itself and is not in the path.
    let (first, rest) = if old.is_power_of_two() {
        (old_root, path)
    } else if let Some((first, rest)) = path.split_first() {
        (*first, rest)
    } else {
        return false;
    };
    let (mut of_old, mut of_new) = (first, first);
    for beside in rest {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            of_old = node_hash(*beside, of_old);
            of_new = node_hash(*beside, of_new);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            of_new = node_hash(of_new, *beside);
        }
        at >>= 1;
        last >>= 1;
    }
    last == 0 && of_old == old_root && of_new == new_root
}

#[cfg(test)]
mod tests {
    use super::*;
    use ct_merkle::RootHash;
    use ct_merkle::mem_backed_tree::MemoryBackedTree;
    use proptest::prelude::*;
    use std::convert::Infallible;

    /// The leaves that implementations of RFC 6962 are usually compared with, and their roots.
    const LEAVES: [&[u8]; 8] = [
        b"",
        b"\x00",
        b"\x10",
        b"\x20\x21",
        b"\x30\x31",
        b"\x40\x41\x42\x43",
        b"\x50\x51\x52\x53\x54\x55\x56\x57",
        b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
    ];
    const ROOTS: [&str; 9] = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    fn leaves(count: u64) -> Vec<Hash> {
        (0..count).map(|n| leaf_hash(&n.to_be_bytes())).collect()
    }

    fn edge(leaves: &[Hash]) -> Frontier {
        let mut edge = Frontier::default();
        for leaf in leaves {
            edge.append(*leaf);
        }
        edge
    }

    fn reader(leaves: &[Hash]) -> impl FnMut(Range<u64>) -> Result<Vec<Hash>, Infallible> {
        |range| Ok(leaves[range.start as usize..range.end as usize].to_vec())
    }

    /// RFC 9162 section 2.1.1, word for word and slow.
    fn by_definition(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => Hash::of(&[]),
            [leaf] => *leaf,
            more => {
                let k = (0..20).map(|e| 1 << e).filter(|k| *k < more.len()).max();
                let (left, right) = more.split_at(k.unwrap_or(1));
                node_hash(by_definition(left), by_definition(right))
            }
        }
    }

    #[test]
    fn roots_are_those_of_the_known_tree() {
        let mut edge = Frontier::default();
        assert_eq!(edge.root().to_string(), ROOTS[0]);
        for (leaf, root) in LEAVES.iter().zip(&ROOTS[1..]) {
            edge.append(leaf_hash(leaf));
            assert_eq!(edge.root().to_string(), *root);
            assert_eq!(root.parse(), Ok(edge.root()));
        }
    }

    #[test]
    fn proofs_are_those_of_the_known_tree() {
        let leaves: Vec<Hash> = LEAVES.iter().map(|leaf| leaf_hash(leaf)).collect();
        let check = |path: Vec<Hash>, expect: &[&str]| {
            let path: Vec<String> = path.iter().map(Hash::to_string).collect();
            assert_eq!(path, expect);
        };
        check(
            prove_inclusion(5, 8, reader(&leaves)).unwrap(),
            &[
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ],
        );
        check(
            prove_consistency(6, 8, reader(&leaves)).unwrap(),
            &[
                "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ],
        );
    }

    #[test]
    fn all_small_trees_agree_with_the_definition_and_with_another_implementation() {
        let leaves = leaves(40);
        let mut other = MemoryBackedTree::<Sha256, [u8; 8]>::new();
        for size in 1..=40_u64 {
            other.push((size - 1).to_be_bytes());
            let tree = &leaves[..size as usize];
            let root = edge(tree).root();
            assert_eq!(root, by_definition(tree));
            assert_eq!(other.root().as_bytes().as_slice(), root.as_bytes());
            for index in 0..size {
                let path = prove_inclusion(index, size, reader(tree)).unwrap();
                let theirs = other.prove_inclusion(index as usize);
                let flat: Vec<u8> = path.iter().flat_map(|hash| hash.0).collect();
                assert_eq!(theirs.as_bytes(), flat);
                assert!(proves_inclusion(
                    tree[index as usize],
                    index,
                    size,
                    &path,
                    root
                ));
                let whole = RootHash::<Sha256>::new(root.0.into(), size);
                let leaf = index.to_be_bytes();
                assert!(whole.verify_inclusion(&leaf, index, &theirs).is_ok());
            }
            for old in 0..=size {
                let path = prove_consistency(old, size, reader(tree)).unwrap();
                let before = edge(&tree[..old as usize]).root();
                assert!(
                    proves_consistency(old, before, size, root, &path),
                    "{old} to {size}"
                );
                if old > 0 && old < size {
                    let theirs = other.prove_consistency((size - old) as usize);
                    let flat: Vec<u8> = path.iter().flat_map(|hash| hash.0).collect();
                    assert_eq!(theirs.as_bytes(), flat, "{old} to {size}");
                }
            }
        }
    }

    #[test]
    fn an_edge_comes_back_from_its_bytes_and_from_no_others() {
        for size in [0, 1, 2, 3, 64, 100, 255] {
            let edge = edge(&leaves(size));
            let bytes = edge.to_bytes();
            assert_eq!(Frontier::from_bytes(&bytes), Ok(edge));
            assert!(Frontier::from_bytes(&bytes[..bytes.len() - 1]).is_err());
            assert!(Frontier::from_bytes(&[&bytes[..], &[0]].concat()).is_err());
            assert!(Frontier::from_bytes(&[&bytes[..], &[0; 32]].concat()).is_err());
        }
        assert_eq!(Frontier::from_bytes(&[0; 7]), Err(NotAnEdge::Short));
        assert!(Frontier::from_bytes(&[255; 40]).is_err());
    }

    #[test]
    fn two_edges_tell_where_they_differ() {
        let good = leaves(100); // 64, 32, 4
        let mut bad = good.clone();
        bad[70] = Hash::default();
        assert_eq!(edge(&good).differs_from(&edge(&bad)), Some(64..96));
        assert_eq!(edge(&good).differs_from(&edge(&good)), None);
        assert_eq!(edge(&good).differs_from(&edge(&good[..99])), None);
    }

    #[test]
    fn a_proof_of_what_is_not_there_is_refused() {
        let five = leaves(5);
        let outside = prove_inclusion(5, 5, reader(&five));
        assert!(matches!(
            outside,
            Err(ProveError::Outside { index: 5, size: 5 })
        ));
        let short = prove_inclusion(1, 6, |range: Range<u64>| {
            let end = range.end.min(5);
            Ok::<_, Infallible>(five[range.start as usize..end as usize].to_vec())
        });
        assert!(
            matches!(short, Err(ProveError::Short { index: 5 })),
            "{short:?}"
        );
        let unread = prove_inclusion(1, 6, |_| Err::<Vec<Hash>, _>("broken"));
        assert!(matches!(unread, Err(ProveError::Read("broken"))));
    }

    proptest! {
        #[test]
        fn a_proof_that_was_touched_proves_nothing(
            size in 2_u64..600, pick in any::<u64>(), other in any::<u64>(), bit in any::<usize>(),
        ) {
            let leaves = leaves(size);
            let root = edge(&leaves).root();
            let index = pick % size;
            let leaf = leaves[index as usize];
            let path = prove_inclusion(index, size, reader(&leaves)).unwrap();
            prop_assert!(proves_inclusion(leaf, index, size, &path, root));
            let mut touched = path.clone();
            touched[bit % path.len()].0[bit / 7 % 32] ^= 1 << (bit % 8);
            prop_assert!(!proves_inclusion(leaf, index, size, &touched, root));
            prop_assert!(!proves_inclusion(leaf, index, size, &path[1..], root));
            let longer = [&path[..], &[root]].concat();
            prop_assert!(!proves_inclusion(leaf, index, size, &longer, root));
            let elsewhere = other % size;
            if elsewhere != index {
                prop_assert!(!proves_inclusion(leaf, elsewhere, size, &path, root));
            }
            prop_assert!(!proves_inclusion(leaf, index, index, &path, root));

            let old = 1 + other % (size - 1);
            let before = edge(&leaves[..old as usize]).root();
            let path = prove_consistency(old, size, reader(&leaves)).unwrap();
            prop_assert!(proves_consistency(old, before, size, root, &path));
            prop_assert!(!proves_consistency(old, root, size, before, &path));
            let mut touched = path.clone();
            touched[bit % path.len()].0[bit / 7 % 32] ^= 1 << (bit % 8);
            prop_assert!(!proves_consistency(old, before, size, root, &touched));
            prop_assert!(!proves_consistency(old, before, size, root, &path[1..]));
            prop_assert!(!proves_consistency(size, before, old, root, &path));
        }

        #[test]
        fn hostile_bytes_are_no_edge_or_come_back_as_they_are(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(edge) = Frontier::from_bytes(&bytes) {
                prop_assert_eq!(edge.to_bytes(), bytes);
            }
        }

        #[test]
        fn hostile_paths_never_panic(index: u64, size: u64, path in prop::collection::vec(any::<[u8; 32]>(), 0..70)) {
            let path: Vec<Hash> = path.into_iter().map(Hash).collect();
            prop_assert!(!proves_inclusion(Hash::default(), index, size, &path, Hash::default()));
            prop_assert!(!proves_consistency(index, Hash::default(), size.wrapping_add(1), Hash::of(b"x"), &path));
        }
    }
}
