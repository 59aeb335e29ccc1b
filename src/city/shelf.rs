//! The clips of a folder, each in memory once for as long as somebody sends it.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Weak};

use parking_lot::Mutex;

use super::black;
use super::clip::{self, Clip, ClipError, Meta};
use crate::model::codec::Codec;

/// The clips of one folder.
#[derive(Debug)]
pub(crate) struct Shelf {
    folder: PathBuf,
    loaded: Mutex<HashMap<String, Weak<Clip>>>,
    /// One clip is read at a time: sixty-four cameras that return at once share their reading.
    reading: tokio::sync::Mutex<()>,
}

impl Shelf {
    /// The clips of `folder`, which may still be empty.
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            loaded: Mutex::default(),
            reading: tokio::sync::Mutex::new(()),
        }
    }

    /// The description of the clip `name`.
    ///
    /// # Errors
    /// As [`clip::read_meta`].
    pub(crate) fn meta(&self, name: &str) -> Result<Meta, ClipError> {
        clip::read_meta(&self.folder, name)
    }

    /// The clip `name`, read from the folder when nobody has it in hand.
    ///
    /// # Errors
    /// As [`clip::load`].
    pub(crate) async fn clip(&self, name: &str) -> Result<Arc<Clip>, ClipError> {
        if let Some(clip) = self.in_hand(name) {
            return Ok(clip);
        }
        let _turn = self.reading.lock().await;
        if let Some(clip) = self.in_hand(name) {
            return Ok(clip);
        }
        let (folder, owned) = (self.folder.clone(), name.to_owned());
        let loading = tokio::task::spawn_blocking(move || clip::load(&folder, &owned));
        let clip = match loading.await {
            Ok(result) => Arc::new(result?),
            Err(error) => {
                return Err(ClipError::Unfit {
                    name: name.to_owned(),
                    reason: error.to_string(),
                });
            }
        };
        let mut loaded = self.loaded.lock();
        loaded.retain(|_, clip| clip.strong_count() > 0);
        loaded.insert(name.to_owned(), Arc::downgrade(&clip));
        Ok(clip)
    }

    /// How many clips are in memory.
    pub(crate) fn num_loaded(&self) -> usize {
        let loaded = self.loaded.lock();
        loaded
            .values()
            .filter(|clip| clip.strong_count() > 0)
            .count()
    }

    fn in_hand(&self, name: &str) -> Option<Arc<Clip>> {
        self.loaded.lock().get(name).and_then(Weak::upgrade)
    }

    /// A black clip of the codec and as near as can be the size of `like`.
    ///
    /// # Errors
    /// As [`clip::load`].
    pub(crate) async fn black(&self, like: &Meta) -> Result<Arc<Clip>, ClipError> {
        match self.meta("fault-black") {
            Ok(meta) if same_shape(&meta, like) => self.clip("fault-black").await,
            _ => black::clip_like(like).map(Arc::new),
        }
    }

    /// A clip of the codec of `like` in another size: `fault-size` if it fits, else any.
    ///
    /// # Errors
    /// As [`clip::load`].
    pub(crate) async fn another_size(&self, like: &Meta) -> Result<Arc<Clip>, ClipError> {
        let fits = |meta: &Meta| {
            meta.codec == like.codec && (meta.width, meta.height) != (like.width, like.height)
        };
        match self.meta("fault-size") {
            Ok(meta) if fits(&meta) => self.clip("fault-size").await,
            _ => match self.first(fits) {
                Some(meta) => self.clip(&meta.name).await,
                None => black::clip_of_another_size(like).map(Arc::new),
            },
        }
    }

    /// A clip of another codec than `like`, of the same size where there is one.
    pub(crate) fn another_codec(&self, like: &Meta) -> Option<Meta> {
        let differs = |meta: &Meta| meta.codec != like.codec && meta.codec != Codec::Jpeg;
        self.first(|meta| differs(meta) && same_size(meta, like))
            .or_else(|| self.first(differs))
            .or_else(|| self.first(|meta| meta.codec != like.codec))
    }

    /// The first clip by name that `fits`, faults' own clips apart.
    fn first(&self, fits: impl Fn(&Meta) -> bool) -> Option<Meta> {
        let entries = std::fs::read_dir(&self.folder).ok()?;
        let mut names: Vec<String> = entries
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter_map(|name| name.strip_suffix(".json").map(str::to_owned))
            .filter(|name| !name.starts_with("fault-"))
            .collect();
        names.sort();
        names
            .iter()
            .filter_map(|name| self.meta(name).ok())
            .find(fits)
    }
}

fn same_size(a: &Meta, b: &Meta) -> bool {
    (a.width, a.height) == (b.width, b.height)
}

fn same_shape(a: &Meta, b: &Meta) -> bool {
    a.codec == b.codec && same_size(a, b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::city::clip::tests::fixtures;

    #[tokio::test]
    async fn a_clip_is_in_memory_once_and_only_while_needed() {
        let shelf = Shelf::new(fixtures());
        let one = shelf.clip("sub-01").await.unwrap();
        let two = shelf.clip("sub-01").await.unwrap();
        assert!(Arc::ptr_eq(&one, &two));
        assert_eq!(shelf.num_loaded(), 1);
        drop((one, two));
        assert_eq!(shelf.num_loaded(), 0);
    }

    #[tokio::test]
    async fn a_clip_appears_with_its_description() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = Shelf::new(folder.path().to_owned());
        let error = shelf.clip("sub-01").await.unwrap_err();
        assert!(matches!(error, ClipError::Missing { .. }), "{error}");
        for file in ["sub-01.h264", "sub-01.json"] {
            std::fs::copy(fixtures().join(file), folder.path().join(file)).unwrap();
        }
        shelf.clip("sub-01").await.unwrap();
    }

    #[tokio::test]
    async fn substitutes_are_found_for_every_codec() {
        let shelf = Shelf::new(fixtures());
        for name in ["sub-01", "sub-02", "sub-03"] {
            let meta = shelf.meta(name).unwrap();
            assert_eq!(shelf.black(&meta).await.unwrap().meta.codec, meta.codec);
            let other = shelf.another_size(&meta).await.unwrap();
            assert_eq!(other.meta.codec, meta.codec);
            assert!(!same_size(&other.meta, &meta));
            assert_ne!(shelf.another_codec(&meta).unwrap().codec, meta.codec);
        }
    }
}
