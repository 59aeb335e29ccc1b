//! The parameter sets that come while decoding has not begun, so that it can begin at any unit.

use std::collections::BTreeMap;

use super::anatomy::Bits;
use crate::model::codec::Codec;
use crate::model::stamp::Nals;

/// The newest of each kind and id.
#[derive(Debug, Default)]
pub(super) struct ParameterSets {
    /// By kind and the first bytes, which hold the id; as they were, with a start code before each.
    sets: BTreeMap<(u8, u32), Vec<u8>>,
}

/// No more sets are kept, of no more bytes each.
const MAX_SETS: usize = 16;
const MAX_SET_BYTES: usize = 1024;

impl ParameterSets {
    /// Keeps those of a unit.
    pub(super) fn note(&mut self, bytes: &[u8], codec: Codec) {
        for nal in Nals::new(bytes) {
            let nal = &bytes[nal];
            let Some(&head) = nal.first() else { continue };
            let (kind, before_id) = match (codec, head & 31, head >> 1 & 63) {
                // Profile and level lie before the id of a sequence parameter set.
                (Codec::H264, 7, _) => (7, 4),
                (Codec::H264, 8, _) => (8, 1),
                (Codec::H265, _, kind @ (32 | 34)) => (kind, 2),
                // Its id lies behind profiles and levels of any length: one of each stream is kept.
                (Codec::H265, _, 33) => (33, usize::MAX),
                _ => continue,
            };
            let id = nal.get(before_id..).map(|rest| Bits::new(rest, 8));
            let id = match (codec, kind) {
                (Codec::H265, 32) => id.and_then(|mut id| id.u(4)),
                _ => id.and_then(|mut id| id.ue()),
            };
            let key = (kind, id.unwrap_or(0));
            let is_known = self.sets.contains_key(&key);
            if nal.len() <= MAX_SET_BYTES && (is_known || self.sets.len() < MAX_SETS) {
                self.sets.insert(key, [&[0, 0, 0, 1], nal].concat());
            }
        }
    }

    /// All of them before a unit that has none.
    pub(super) fn before(&self, unit: &[u8]) -> Vec<u8> {
        let mut whole: Vec<u8> = self.sets.values().flatten().copied().collect();
        whole.extend_from_slice(unit);
        whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A picture parameter set of H.264 with this id, below 7.
    fn picture_set(id: u8) -> Vec<u8> {
        // An Exp-Golomb code: zeros, then the number and one, then a one for what follows.
        let bits = 8 - (id + 1).leading_zeros() as u8;
        let code = (id + 1) << (8 - (2 * bits - 1)) | 1;
        vec![0, 0, 1, 0x68, code, 0xff]
    }

    #[test]
    fn they_are_kept_once_each_and_set_before() {
        let sequence_set = [0, 0, 1, 0x67, 66, 0xe0, 30, 0xff];
        let slice = [0, 0, 1, 0x41, 0xff, 0xff];
        let mut kept = ParameterSets::default();
        for _ in 0..3 {
            for id in 0..3 {
                kept.note(
                    &[&sequence_set, &picture_set(id)[..], &slice].concat(),
                    Codec::H264,
                );
            }
        }
        let whole = kept.before(b"unit");
        let kinds: Vec<u8> = Nals::new(&whole).map(|nal| whole[nal][0] & 31).collect();
        assert_eq!(kinds, [7, 8, 8, 8]);
        assert!(whole.ends_with(b"unit"));
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived_and_bounded(
            bodies in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..60), 1..60)
        ) {
            for codec in Codec::ALL {
                let mut kept = ParameterSets::default();
                for body in &bodies {
                    for head in [0x67, 0x68, 0x40, 0x42, 0x44] {
                        kept.note(&[&[0, 0, 1, head], &body[..]].concat(), codec);
                    }
                }
                prop_assert!(kept.before(b"").len() <= MAX_SETS * (MAX_SET_BYTES + 4));
            }
        }
    }
}
