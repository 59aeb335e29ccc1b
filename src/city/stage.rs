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
    happens: bool,
    since: Instant,
}

impl Stage {
    /// From now on these cameras play these scenes, their innocent clips at first; others play none.
    pub(crate) fn cast(&self, parts: impl Iterator<Item = (usize, String)>, now: Instant) {
        let playing = parts.map(|(camera, scene)| {
            let playing = Playing {
                scene,
                happens: false,
                since: now,
            };
            (camera, playing)
        });
        *self.0.lock() = playing.collect();
    }

    /// All of them play their innocent clips from the beginning.
    pub(crate) fn restart(&self, now: Instant) {
        for playing in self.0.lock().values_mut() {
            (playing.happens, playing.since) = (false, now);
        }
    }

    /// The scene of a camera happens now. `false` when it has none.
    pub(crate) fn begin(&self, camera: usize, now: Instant) -> bool {
        match self.0.lock().get_mut(&camera) {
            Some(playing) => {
                (playing.happens, playing.since) = (true, now);
                true
            }
            None => false,
        }
    }

    /// What began at `since` is over, unless it has begun anew: the innocent clip begins.
    pub(crate) fn end(&self, camera: usize, since: Instant, now: Instant) {
        if let Some(playing) = self.0.lock().get_mut(&camera)
            && playing.happens
            && playing.since == since
        {
            (playing.happens, playing.since) = (false, now);
        }
    }

    /// The clip that a camera is known by: its innocent one.
    pub(crate) fn clip_of(&self, camera: usize) -> Option<String> {
        let parts = self.0.lock();
        parts.get(&camera).map(|playing| innocent(&playing.scene))
    }

    /// The clip that a camera plays, and since when.
    pub(crate) fn playing(&self, camera: usize) -> Option<(String, Instant)> {
        let parts = self.0.lock();
        let playing = parts.get(&camera)?;
        let clip = if playing.happens {
            happens(&playing.scene)
        } else {
            innocent(&playing.scene)
        };
        Some((clip, playing.since))
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
        let at = |secs| now + Duration::from_secs(secs);
        let playing = |stage: &Stage| stage.playing(4);
        assert!(!stage.begin(4, now));
        assert_eq!(playing(&stage), None);
        stage.cast([(4, "left".to_owned())].into_iter(), now);
        assert_eq!(stage.clip_of(4).as_deref(), Some("left-innocent"));
        assert_eq!(playing(&stage), Some(("left-innocent".to_owned(), now)));
        assert!(stage.begin(4, at(1)) && stage.begin(4, at(2)));
        stage.end(4, at(1), at(3));
        assert_eq!(playing(&stage), Some(("left-happens".to_owned(), at(2))));
        stage.end(4, at(2), at(4));
        assert_eq!(playing(&stage), Some(("left-innocent".to_owned(), at(4))));
        stage.begin(4, at(5));
        stage.restart(at(6));
        assert_eq!(playing(&stage), Some(("left-innocent".to_owned(), at(6))));
        stage.cast(std::iter::empty(), now);
        assert_eq!(stage.clip_of(4), None);
    }
}
