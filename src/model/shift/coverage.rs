//! How many of all cameras somebody watches (story R02).

use std::collections::{BTreeMap, BTreeSet};

use super::Known;
use super::post::{Post, Watched};
use super::presence::{Sight, sight};
use crate::model::camera::CameraId;
use crate::model::id::Id;

/// How a camera is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Eye {
    /// On nobody's wall.
    Unwatched,
    /// On the wall of somebody who is there, in turns with others.
    Rotating,
    /// On the wall of somebody who is there, all the time.
    Watched,
}

impl Eye {
    /// The key of its words.
    pub fn key(self) -> &'static str {
        match self {
            Self::Unwatched => "eye-unwatched",
            Self::Rotating => "eye-rotating",
            Self::Watched => "eye-watched",
        }
    }
}

/// All cameras by who watches them. The three numbers are all cameras together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// How many are watched all the time.
    pub watched: usize,
    /// How many are watched in turns.
    pub rotating: usize,
    /// Which are watched by nobody.
    pub unwatched: Vec<CameraId>,
    /// Of these, how many stand in no set at all.
    pub in_no_set: usize,
    /// Cameras in several sets of one centre without being shared in all of them, with those posts:
    /// two edits at the same moment can make one.
    pub doubled: Vec<(CameraId, Vec<Id>)>,
    /// How many cameras of the sets the catalogue does not know.
    pub unknown: usize,
}

impl Coverage {
    /// How many cameras there are.
    pub fn all(&self) -> usize {
        self.watched + self.rotating + self.unwatched.len()
    }
}

/// Counts `all` cameras of the catalogue; one that stands there twice counts once.
///
/// A set counts only while its holder is there and shows it. When it is larger than what the wall
/// shows at once it rotates; where nothing turns by itself, only the first of it are watched.
pub fn coverage<'c>(all: impl IntoIterator<Item = &'c CameraId>, known: &Known<'_>) -> Coverage {
    let mut eyes: BTreeMap<&CameraId, Eye> = all
        .into_iter()
        .map(|camera| (camera, Eye::Unwatched))
        .collect();
    let mut sets: BTreeMap<(&CameraId, &str), (Vec<Id>, bool)> = BTreeMap::new();
    let mut in_sets: BTreeSet<&CameraId> = BTreeSet::new();
    for post in known.posts {
        let seen = sight(known, post) == Sight::Seen;
        for (place, one) in post.value.cameras.iter().enumerate() {
            let (posts, shared) = sets
                .entry((&one.camera, post.centre.as_str()))
                .or_insert_with(|| (Vec::new(), true));
            posts.push(post.id);
            in_sets.insert(&one.camera);
            *shared &= one.shared;
            let eye = eye_of(&post.value, place);
            if let Some(before) = eyes.get_mut(&one.camera).filter(|_| seen) {
                *before = eye.max(*before);
            }
        }
    }
    let mut found = Coverage::default();
    for (camera, eye) in &eyes {
        match eye {
            Eye::Watched => found.watched += 1,
            Eye::Rotating => found.rotating += 1,
            Eye::Unwatched => {
                found.in_no_set += usize::from(!in_sets.contains(camera));
                found.unwatched.push((*camera).clone());
            }
        }
    }
    found.unknown = in_sets.iter().filter(|id| !eyes.contains_key(*id)).count();
    found.doubled = sets
        .into_iter()
        .filter(|(_, (posts, shared))| posts.len() > 1 && !shared)
        .map(|((camera, _), (posts, _))| (camera.clone(), posts))
        .collect();
    found
}

/// How the camera at `place` of a set is watched by whoever shows the set.
fn eye_of(post: &Post, place: usize) -> Eye {
    let at_once = usize::from(post.at_once);
    if at_once == 0 || post.cameras.len() <= at_once {
        Eye::Watched
    } else if post.rotate_secs > 0 {
        Eye::Rotating
    } else if place < at_once {
        Eye::Watched
    } else {
        Eye::Unwatched
    }
}

/// Splits cameras into sets of at most `size`, each camera in exactly one, in the order in which
/// they come; a camera that comes twice is taken once. At most all go into one set.
pub fn split<'c>(
    cameras: impl IntoIterator<Item = &'c CameraId>,
    size: usize,
) -> Vec<Vec<Watched>> {
    let mut seen = BTreeSet::new();
    let unshared: Vec<Watched> = cameras
        .into_iter()
        .filter(|camera| seen.insert(*camera))
        .map(|camera| Watched {
            camera: camera.clone(),
            shared: false,
        })
        .collect();
    unshared
        .chunks(size.max(1))
        .map(<[Watched]>::to_vec)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::post;
    use super::super::world::{World, id};
    use super::*;
    use crate::model::camera::Names;

    fn catalogue() -> Vec<CameraId> {
        (0..9000)
            .map(|number| CameraId::new(format!("cam-{number:04}")).expect("an id"))
            .collect()
    }

    #[test]
    fn fifteen_sets_over_nine_thousand_cameras_sum_to_all() {
        let all = catalogue();
        let mut world = World::new(0);
        // 15 posts of 500 cameras; 1,500 cameras stand in no set.
        for (place, cameras) in split(&all[..7500], 500).into_iter().enumerate() {
            let post = Post {
                name: Names::same(format!("Post {place}")),
                cameras,
                at_once: 45,
                rotate_secs: if place < 10 { 20 } else { 0 },
                ..Post::default()
            };
            let post_id = id(100 + place as u64);
            world.act(|known| post::save(known, World::by(0), post_id, &post));
        }
        let check = |world: &World, watched, rotating| {
            let found = coverage(&all, &world.known());
            assert_eq!((found.watched, found.rotating), (watched, rotating));
            assert_eq!(found.unwatched.len(), 9000 - watched - rotating);
            assert_eq!(found.all(), 9000);
            assert_eq!((found.doubled.len(), found.unknown), (0, 0));
            found
        };
        assert_eq!(check(&world, 0, 0).in_no_set, 1500);
        // Three posts each to 5 persons.
        for place in 0..15 {
            let who = World::by(1 + place / 3);
            world.act(|known| post::take(known, who, id(100 + place)));
        }
        check(&world, 0, 0);
        for person in 1..=5 {
            world.stay(person);
        }
        check(&world, 5 * 45, 10 * 500);
        world.pass(15);
        for person in 2..=5 {
            world.stay(person);
        }
        check(&world, 5 * 45, 7 * 500);
        // The catalogue loses a camera that a set has: it is no longer counted, but told.
        let found = coverage(&all[1..], &world.known());
        assert_eq!((found.all(), found.unknown), (8999, 1));
    }

    #[test]
    fn a_shared_camera_counts_once_and_for_its_best_eye() {
        let all = catalogue();
        let mut world = World::new(2);
        for (place, shared, rotate_secs) in [(0, true, 10), (1, true, 0)] {
            let post = &mut world.posts[place].value;
            post.cameras = split(&all[..50], 50).remove(0);
            post.cameras[0].shared = shared;
            (post.at_once, post.rotate_secs) = (45, rotate_secs);
        }
        for who in 1..=2 {
            world.act(|known| post::take(known, World::by(who), id(99 + who)));
            world.stay(who);
        }
        let found = coverage(&all[..50], &world.known());
        assert_eq!((found.watched, found.rotating), (45, 5));
        assert_eq!(found.doubled.len(), 49, "all but the shared one");
        assert_eq!(found.doubled[0].1, [id(100), id(101)]);
    }

    #[test]
    fn splitting_takes_each_camera_once() {
        let all = catalogue();
        let twice = all[..100].iter().chain(&all[..100]);
        let sets = split(twice, 45);
        let sizes: Vec<usize> = sets.iter().map(Vec::len).collect();
        assert_eq!(sizes, [45, 45, 10]);
        assert_eq!(split(&all[..2], 0).len(), 2);
    }
}
