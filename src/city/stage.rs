//! Which cameras play scripted clips, and which of them play the one in which something happens.

use std::collections::BTreeMap;
use std::time::Instant;

use parking_lot::Mutex;

/// The cameras of a story.
#[derive(Debug, Default)]
pub(crate) struct Stage(Mutex<BTreeMap<usize, Playing>>);

#[derive(Debug)]
struct Playing {
    scene: String,
    happens_since: Option<Instant>,
}

impl Stage {
    /// From now on these cameras play these scenes, their innocent clips at first; others play none.
    pub(crate) fn cast(&self, parts: impl Iterator<Item = (usize, String)>) {
        *self.0.lock() = parts
            .map(|(camera, scene)| {
                let happens_since = None;
                (
                    camera,
                    Playing {
                        scene,
                        happens_since,
                    },
                )
            })
            .collect();
    }

    /// The scene of a camera happens now. `false` when it has none.
    pub(crate) fn begin(&self, camera: usize, now: Instant) -> bool {
        match self.0.lock().get_mut(&camera) {
            Some(playing) => {
                playing.happens_since = Some(now);
                true
            }
            None => false,
        }
    }

    /// What began at `since` is over, unless it has begun anew.
    pub(crate) fn end(&self, camera: usize, since: Instant) {
        if let Some(playing) = self.0.lock().get_mut(&camera)
            && playing.happens_since == Some(since)
        {
            playing.happens_since = None;
        }
    }

    /// The clip that a camera plays again and again.
    pub(crate) fn clip_of(&self, camera: usize) -> Option<String> {
        let parts = self.0.lock();
        parts.get(&camera).map(|playing| innocent(&playing.scene))
    }

    /// The clip that a camera plays once, and since when.
    pub(crate) fn happens(&self, camera: usize) -> Option<(String, Instant)> {
        let parts = self.0.lock();
        let playing = parts.get(&camera)?;
        Some((happens(&playing.scene), playing.happens_since?))
    }
}

/// The clip of a scene in which nothing is to be told.
pub(crate) fn innocent(scene: &str) -> String {
    format!("{scene}-innocent")
}

/// The clip of a scene in which something happens.
pub(crate) fn happens(scene: &str) -> String {
    format!("{scene}-happens")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock;
    use std::time::Duration;

    #[test]
    fn a_scene_ends_once_and_not_for_who_began_it_anew() {
        let stage = Stage::default();
        let now = clock::now();
        let later = now + Duration::from_secs(1);
        assert!(!stage.begin(4, now));
        stage.cast([(4, "left".to_owned())].into_iter());
        assert_eq!(stage.clip_of(4).as_deref(), Some("left-innocent"));
        assert_eq!(stage.happens(4), None);
        assert!(stage.begin(4, now) && stage.begin(4, later));
        stage.end(4, now);
        assert_eq!(stage.happens(4), Some(("left-happens".to_owned(), later)));
        stage.end(4, later);
        assert_eq!(stage.happens(4), None);
        stage.cast(std::iter::empty());
        assert_eq!(stage.clip_of(4), None);
    }
}
