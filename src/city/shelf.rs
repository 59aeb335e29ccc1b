//! The clips of a folder, each in memory once for as long as somebody sends it.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Weak};

use parking_lot::Mutex;

use super::black;
use super::clip::{self, Clip, ClipError, Meta};
use super::fault::Fault;
use super::variant::{self, Variant};
use crate::model::codec::Codec;

/// The most clips in another look that are kept: those of a wall, twice.
const MAX_MADE: usize = 128;

/// The clips of one folder.
#[derive(Debug)]
pub(crate) struct Shelf {
    folder: PathBuf,
    loaded: Mutex<HashMap<String, Weak<Clip>>>,
    /// Clips in another look; making them takes too long to do it twice.
    made: Mutex<HashMap<(Variant, String), Arc<Clip>>>,
    /// One clip is read at a time: sixty-four cameras that return at once share their reading.
    reading: tokio::sync::Mutex<()>,
    /// One clip is made at a time; meanwhile others are read.
    making: tokio::sync::Mutex<()>,
}

impl Shelf {
    /// The clips of `folder`, which may still be empty.
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            loaded: Mutex::default(),
            made: Mutex::default(),
            reading: tokio::sync::Mutex::new(()),
            making: tokio::sync::Mutex::new(()),
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

    /// What a camera with the clip `like` shows under `fault` instead, where that is another clip.
    ///
    /// # Errors
    /// As [`clip::load`] and [`variant::make`].
    pub(crate) async fn instead(
        &self,
        fault: Fault,
        like: &Meta,
    ) -> Result<Option<Arc<Clip>>, ClipError> {
        Ok(Some(match fault {
            Fault::Black => self.black(like).await?,
            Fault::Size => self.another_size(like).await?,
            Fault::Blur => self.variant(like, Variant::Blurred).await?,
            Fault::Moved => match self.another_view(like) {
                Some(name) => self.clip(&name).await?,
                None => self.variant(like, Variant::Mirrored).await?,
            },
            _ => return Ok(None),
        }))
    }

    /// Whether [`Self::instead`] has it at hand and need not make it.
    pub(crate) fn is_ready(&self, fault: Fault, like: &Meta) -> bool {
        let has = |variant| {
            let made = self.made.lock();
            made.contains_key(&(variant, like.name.clone()))
        };
        match fault {
            Fault::Blur => has(Variant::Blurred),
            Fault::Moved => self.another_view(like).is_some() || has(Variant::Mirrored),
            _ => true,
        }
    }

    async fn variant(&self, like: &Meta, variant: Variant) -> Result<Arc<Clip>, ClipError> {
        let key = (variant, like.name.clone());
        let find = || self.made.lock().get(&key).cloned();
        if let Some(clip) = find() {
            return Ok(clip);
        }
        let _turn = self.making.lock().await;
        if let Some(clip) = find() {
            return Ok(clip);
        }
        let (folder, meta) = (self.folder.clone(), like.clone());
        let making = tokio::task::spawn_blocking(move || variant::make(&folder, &meta, variant));
        let clip = match making.await {
            Ok(result) => Arc::new(result?),
            Err(error) => {
                return Err(ClipError::Unfit {
                    name: like.name.clone(),
                    reason: error.to_string(),
                });
            }
        };
        let mut made = self.made.lock();
        if made.len() >= MAX_MADE {
            made.clear();
        }
        made.insert(key, Arc::clone(&clip));
        Ok(clip)
    }

    /// The clip of another camera that could stand for `like`: of the same kind, codec and size, the
    /// next by name, and not the same footage again.
    fn another_view(&self, like: &Meta) -> Option<String> {
        let kind = like.name.split('-').next()?;
        let length = |name: &str| {
            let file = self.folder.join(name);
            std::fs::metadata(file).map(|about| about.len()).ok()
        };
        let ending = match like.codec {
            Codec::H264 => "h264",
            Codec::H265 => "h265",
            Codec::Jpeg => "mjpeg",
        };
        let own = length(&format!("{}.{ending}", like.name));
        let names = self.names();
        let after = names.partition_point(|name| *name <= like.name);
        let (before, after) = names.split_at(after);
        let fits = |name: &&String| {
            name.starts_with(kind)
                && length(&format!("{name}.{ending}")).is_some_and(|len| Some(len) != own)
                && self.meta(name).is_ok_and(|meta| same_shape(&meta, like))
        };
        after.iter().chain(before).find(fits).cloned()
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
        self.names()
            .iter()
            .filter_map(|name| self.meta(name).ok())
            .find(fits)
    }

    /// The names of all clips in their order, faults' own clips apart.
    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.folder).into_iter().flatten();
        let mut names: Vec<String> = entries
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter_map(|name| name.strip_suffix(".json").map(str::to_owned))
            .filter(|name| !name.starts_with("fault-"))
            .collect();
        names.sort();
        names
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

    #[tokio::test]
    async fn a_moved_camera_shows_another_ones_footage() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, tail: &[u8]| {
            let mut bytes = std::fs::read(fixtures().join("sub-01.h264")).unwrap();
            bytes.extend_from_slice(tail);
            std::fs::write(folder.path().join(format!("{name}.h264")), bytes).unwrap();
            let text = std::fs::read_to_string(fixtures().join("sub-01.json")).unwrap();
            let text = text.replace("sub-01", name);
            std::fs::write(folder.path().join(format!("{name}.json")), text).unwrap();
        };
        for (name, tail) in [("sub-01", &b""[..]), ("sub-02", b""), ("main-03", b"1")] {
            write(name, tail);
        }
        let shelf = Shelf::new(folder.path().to_owned());
        let like = shelf.meta("sub-02").unwrap();
        // The same footage under another name is no other view, nor is a large stream.
        assert_eq!(shelf.another_view(&like), None);
        write("sub-00", b"22");
        write("sub-04", b"4444");
        assert_eq!(shelf.another_view(&like).as_deref(), Some("sub-04"));
        let last = shelf.meta("sub-04").unwrap();
        assert_eq!(shelf.another_view(&last).as_deref(), Some("sub-00"));
        let shown = shelf.instead(Fault::Moved, &like).await.unwrap().unwrap();
        assert_eq!(shown.meta.name, "sub-04");
        assert!(shelf.instead(Fault::Lag, &like).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn a_blurred_clip_is_made_once() {
        let shelf = Shelf::new(fixtures());
        let like = shelf.meta("sub-01").unwrap();
        match shelf.instead(Fault::Blur, &like).await {
            Ok(one) => {
                let two = shelf.instead(Fault::Blur, &like).await.unwrap();
                assert!(Arc::ptr_eq(&one.unwrap(), &two.unwrap()));
            }
            Err(error) => crate::base::skipped::skip(error),
        }
    }
}
