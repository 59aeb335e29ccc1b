//! Which models are ours: those that this program's set-up makes, by the list that it was built with.
//!
//! A folder is believed nothing: one that has our id and another file is foreign as well.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use serde::Deserialize;

use super::registry::Descriptor;

/// What set-up fetches and makes.
const MANIFEST: &str = include_str!("../../models/manifest.json");

/// Whether `descriptor` is of a model that this program brings: its id, and the hash of its file.
///
/// The hash is the one that is described: that the file has it is for [`Descriptor::checked_file`].
pub fn is_ours(descriptor: &Descriptor) -> bool {
    let hash = descriptor.sha256.to_ascii_lowercase();
    ours().contains(&(descriptor.id.clone(), hash))
}

/// Id and SHA-256 of each.
fn ours() -> &'static BTreeSet<(String, String)> {
    #[derive(Deserialize)]
    struct Manifest {
        models: Vec<Entry>,
    }
    #[derive(Deserialize)]
    struct Entry {
        id: String,
        result: Made,
    }
    #[derive(Deserialize)]
    struct Made {
        sha256: String,
    }
    static OURS: OnceLock<BTreeSet<(String, String)>> = OnceLock::new();
    OURS.get_or_init(|| {
        let read: Result<Manifest, _> = serde_json::from_str(MANIFEST);
        // A test holds that it can be read; if it could not, no model would be ours.
        let models = read.map(|manifest| manifest.models).unwrap_or_default();
        models
            .into_iter()
            .map(|entry| (entry.id, entry.result.sha256.to_ascii_lowercase()))
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn ours_are_those_of_the_tree_and_nothing_that_only_says_so() {
        let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
        let entries = super::super::registry::entries(&models).expect("the tree's models");
        assert!(entries.len() >= 4);
        assert_eq!(entries.len(), ours().len());
        for entry in entries {
            let mut descriptor = entry.descriptor.expect("a descriptor");
            assert!(is_ours(&descriptor), "{}", descriptor.id);
            let id = std::mem::replace(&mut descriptor.id, "own".to_owned());
            assert!(!is_ours(&descriptor), "another id");
            descriptor.id = id;
            descriptor.sha256.replace_range(0..2, "zz");
            assert!(!is_ours(&descriptor), "another file");
        }
    }
}
