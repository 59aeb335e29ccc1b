//! A post: a set of cameras with what belongs to watching it, and who holds it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::refusal::Refusal;
use super::{By, Holder, Known, acts, duty, same_centre, written};
use crate::base::clock::WallTime;
use crate::model::act::{Draft, Kept, Record};
use crate::model::camera::{CameraId, Names};
use crate::model::id::Id;

/// The most characters of a post's name in one language.
pub const LONGEST_NAME: usize = 80;
/// The most cameras of one post.
pub const MOST_CAMERAS: usize = 10_000;
/// The most classes of alarms of one post.
pub const MOST_CLASSES: usize = 100;
/// The most items on a card.
pub const MOST_ON_CARD: usize = 64;
/// The most characters of an item on a card.
pub const LONGEST_ON_CARD: usize = 400;

/// A camera of a set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watched {
    /// Which.
    pub camera: CameraId,
    /// Whether it may stand in several sets.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub shared: bool,
}

/// Something to look for, on the “watch for today” card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardItem {
    /// What to look for.
    pub text: String,
    /// Who wrote it.
    pub author: Id,
    /// When.
    pub written: WallTime,
    /// Until when it holds; without one until it is struck off.
    #[serde(default)]
    pub until: Option<WallTime>,
    /// Whether a handover waits for it to be read.
    #[serde(default)]
    pub critical: bool,
}

/// A place of work: what is watched there, and who watches it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Post {
    /// What it is called.
    pub name: Names,
    /// The set, in the order of the wall.
    pub cameras: Vec<Watched>,
    /// The name of its layout; empty for the automatic one.
    pub layout: String,
    /// How many cameras the wall shows at once; 0 for all.
    pub at_once: u16,
    /// After how many seconds the next cameras are shown; 0 when nothing turns by itself.
    pub rotate_secs: u32,
    /// The classes of alarms that it answers.
    pub alarms: Vec<String>,
    /// The “watch for today” card.
    pub card: Vec<CardItem>,
    /// Who holds it: nobody before somebody takes it, or after it was stood down.
    pub holder: Option<Holder>,
}

impl Record for Post {
    const KIND: &'static str = "post";
}

impl Post {
    /// Whether `person` holds it.
    pub fn is_held_by(&self, person: Id) -> bool {
        self.holder
            .as_ref()
            .is_some_and(|holder| holder.person == person)
    }

    /// The same held by `holder`.
    #[must_use]
    pub(super) fn with(&self, holder: Holder) -> Self {
        Self {
            holder: Some(holder),
            ..self.clone()
        }
    }

    /// The items of the card that hold at `now`, critical ones first.
    pub fn card_at(&self, now: WallTime) -> Vec<&CardItem> {
        let mut items: Vec<_> = self
            .card
            .iter()
            .filter(|item| item.until.is_none_or(|until| now < until))
            .collect();
        items.sort_by_key(|item| (!item.critical, item.written));
        items
    }
}

/// Makes the post `id` or changes its set, name, layout and classes; who holds it and its card stay.
///
/// # Errors
/// Of another centre, without a name, too long, too many, or a camera in two sets of the centre that
/// is not shared in both.
pub fn save(known: &Known<'_>, by: By<'_>, id: Id, new: &Post) -> Result<Draft, Refusal> {
    let before = known.post(id).ok();
    let name = |text: &str| {
        if text.trim().is_empty() {
            Ok(String::new())
        } else {
            written(text, LONGEST_NAME)
        }
    };
    let name = Names {
        kk: name(&new.name.kk)?,
        ru: name(&new.name.ru)?,
        en: name(&new.name.en)?,
    };
    if name == Names::default() {
        return Err(Refusal::Empty);
    }
    let too_many = |most: usize, count: usize| {
        if count > most {
            Err(Refusal::TooMany { most })
        } else {
            Ok(())
        }
    };
    too_many(MOST_CAMERAS, new.cameras.len())?;
    too_many(MOST_CLASSES, new.alarms.len())?;
    let alarms = new.alarms.iter().map(|class| written(class, LONGEST_NAME));
    let mut seen = BTreeSet::new();
    if let Some(twice) = new.cameras.iter().find(|one| !seen.insert(&one.camera)) {
        return Err(doubled(&twice.camera));
    }
    let others: BTreeMap<&CameraId, bool> = known
        .posts
        .iter()
        .filter(|post| post.id != id && post.centre == by.centre)
        .flat_map(|post| &post.value.cameras)
        .map(|one| (&one.camera, one.shared))
        .collect();
    let unshared = |one: &&Watched| others.get(&one.camera).is_some_and(|s| !(s & one.shared));
    if let Some(twice) = new.cameras.iter().find(unshared) {
        return Err(doubled(&twice.camera));
    }
    if let Some(before) = before {
        same_centre(by, before)?;
    }
    let post = Post {
        name,
        layout: super::one_line(&new.layout)
            .chars()
            .take(LONGEST_NAME)
            .collect(),
        alarms: alarms.collect::<Result<_, _>>()?,
        card: before.map_or_else(Vec::new, |post| post.value.card.clone()),
        holder: before.and_then(|post| post.value.holder.clone()),
        ..new.clone()
    };
    Ok(Draft::new(acts::POST_SAVED)
        .about(id)
        .with("cameras", post.cameras.len())
        .put(id, before.map_or(0, |post| post.version), &post))
}

fn doubled(camera: &CameraId) -> Refusal {
    Refusal::Doubled {
        camera: camera.to_string(),
    }
}

/// Removes the post `id`, which nobody holds.
///
/// # Errors
/// When it is not there, held, or of another centre.
pub fn remove(known: &Known<'_>, by: By<'_>, id: Id) -> Result<Draft, Refusal> {
    let post = known.post(id)?;
    same_centre(by, post)?;
    if post.value.holder.is_some() {
        return Err(Refusal::Held);
    }
    Ok(Draft::new(acts::POST_REMOVED)
        .about(id)
        .remove::<Post>(id, post.version))
}

/// Takes the post `id`: one that nobody holds, one whose holder is gone, or the person's own at
/// another seat.
///
/// # Errors
/// When somebody who is there holds it, when it is under a cover, when the person is on a break, has
/// an offer open or would hold too many.
pub fn take(known: &Known<'_>, by: By<'_>, id: Id) -> Result<Draft, Refusal> {
    let post = known.post(id)?;
    same_centre(by, post)?;
    let draft = Draft::new(acts::POST_TAKEN).about(id);
    let taken = |draft: Draft| {
        let value = post.value.with(Holder::new(by, known.now));
        duty::moving(
            known,
            draft.put(id, post.version, &value),
            by.centre,
            by.person,
        )
    };
    match &post.value.holder {
        Some(holder) if holder.person == by.person && holder.seat == by.seat => {
            return Err(Refusal::AlreadyYours);
        }
        Some(holder) if holder.person == by.person => {
            return Ok(taken(draft.with("seat-before", holder.seat.as_str())));
        }
        _ if known.cover_of(id).is_some() => return Err(Refusal::Covered),
        Some(holder) if known.is_there(holder.person) => return Err(Refusal::HeldByAnother),
        _ => {}
    }
    if known.break_of(by.person).is_some() {
        return Err(Refusal::OnBreak);
    }
    if known.offer_of(by.person).is_some() {
        return Err(Refusal::OfferOpen);
    }
    known.room_for(by.person, 1)?;
    let draft = match &post.value.holder {
        Some(gone) => {
            let draft = draft.with("from", gone.person.to_string());
            duty::moving(known, draft, by.centre, gone.person)
        }
        None => draft,
    };
    Ok(taken(draft))
}

/// Stands the post `id` down: from now on nobody holds it, and everybody is shown that.
/// An act of whoever leads the shift.
///
/// # Errors
/// When nobody holds it, when it is under a cover, or of another centre.
pub fn stand_down(known: &Known<'_>, by: By<'_>, id: Id) -> Result<Draft, Refusal> {
    let post = known.post(id)?;
    same_centre(by, post)?;
    if known.cover_of(id).is_some() {
        return Err(Refusal::Covered);
    }
    let holder = post.value.holder.as_ref().ok_or(Refusal::NotNow)?;
    let value = Post {
        holder: None,
        ..post.value.clone()
    };
    let draft = Draft::new(acts::POST_STOOD_DOWN)
        .about(id)
        .with("from", holder.person.to_string())
        .put(id, post.version, &value);
    Ok(duty::moving(known, draft, by.centre, holder.person))
}

/// Writes on the card of the post `id`.
///
/// # Errors
/// When the text is empty or too long, the card is full, or the post of another centre.
pub fn write_card(
    known: &Known<'_>,
    by: By<'_>,
    id: Id,
    text: &str,
    until: Option<WallTime>,
    critical: bool,
) -> Result<Draft, Refusal> {
    let post = known.post(id)?;
    same_centre(by, post)?;
    let item = CardItem {
        text: written(text, LONGEST_ON_CARD)?,
        author: by.person,
        written: known.now,
        until,
        critical,
    };
    if until.is_some_and(|until| until <= known.now) {
        return Err(Refusal::Expired);
    }
    let draft = Draft::new(acts::CARD_WRITTEN).with("text", item.text.as_str());
    on_card(known, post, draft, |card| card.push(item))
}

/// Strikes an item off the card of the post `id`.
///
/// # Errors
/// When it is not there any more, or the post of another centre.
pub fn strike_card(
    known: &Known<'_>,
    by: By<'_>,
    id: Id,
    item: &CardItem,
) -> Result<Draft, Refusal> {
    let post = known.post(id)?;
    same_centre(by, post)?;
    if !post.value.card.contains(item) {
        return Err(Refusal::Unknown);
    }
    let draft = Draft::new(acts::CARD_STRUCK).with("text", item.text.as_str());
    on_card(known, post, draft, |card| card.retain(|one| one != item))
}

/// Changes the card; what has run out goes with it.
fn on_card(
    known: &Known<'_>,
    post: &Kept<Post>,
    draft: Draft,
    change: impl FnOnce(&mut Vec<CardItem>),
) -> Result<Draft, Refusal> {
    let mut value = post.value.clone();
    value
        .card
        .retain(|item| item.until.is_none_or(|until| known.now < until));
    change(&mut value.card);
    if value.card.len() > MOST_ON_CARD {
        return Err(Refusal::TooMany { most: MOST_ON_CARD });
    }
    Ok(draft.about(post.id).put(post.id, post.version, &value))
}

#[cfg(test)]
mod tests {
    use super::super::world::{World, id};
    use super::*;

    fn set(names: &[(&str, bool)]) -> Vec<Watched> {
        let one = |(name, shared): &(&str, bool)| Watched {
            camera: CameraId::new(*name).expect("an id"),
            shared: *shared,
        };
        names.iter().map(one).collect()
    }

    fn named(name: &str, cameras: Vec<Watched>) -> Post {
        Post {
            name: Names::same(name),
            cameras,
            ..Post::default()
        }
    }

    #[test]
    fn no_camera_stands_in_two_sets_unless_shared_in_both() {
        let mut world = World::new(0);
        let first = named("first", set(&[("a", false), ("b", true)]));
        world.act(|known| save(known, World::by(1), id(100), &first));
        let check = |cameras: &[(&str, bool)], expect: Option<&str>| {
            let got = save(
                &world.known(),
                World::by(1),
                id(101),
                &named("second", set(cameras)),
            );
            let camera = got.err().map(|refusal| match refusal {
                Refusal::Doubled { camera } => camera,
                other => panic!("{other}"),
            });
            assert_eq!(camera.as_deref(), expect);
        };
        check(&[("c", false)], None);
        check(&[("c", false), ("c", true)], Some("c"));
        check(&[("a", false)], Some("a"));
        check(&[("a", true)], Some("a"));
        check(&[("b", false)], Some("b"));
        check(&[("b", true)], None);
    }

    #[test]
    fn saving_again_keeps_the_holder_and_the_card() {
        let mut world = World::new(1);
        let post = id(100);
        world.act(|known| take(known, World::by(1), post));
        world.act(|known| write_card(known, World::by(9), post, "a white van", None, true));
        let changed = named("changed", set(&[("z", false)]));
        world.act(|known| save(known, World::by(9), post, &changed));
        let kept = &world.posts[0].value;
        assert_eq!(kept.name, Names::same("changed"));
        assert_eq!(kept.card.len(), 1);
        assert!(kept.is_held_by(id(1)));
    }

    #[test]
    fn what_a_person_holds_is_taken_only_when_the_person_is_gone() {
        let mut world = World::new(1);
        let post = id(100);
        let try_take = |world: &World, who| take(&world.known(), World::by(who), post).err();
        world.act(|known| take(known, World::by(1), post));
        world.stay(1);
        assert_eq!(try_take(&world, 1), Some(Refusal::AlreadyYours));
        assert_eq!(try_take(&world, 2), Some(Refusal::HeldByAnother));
        world.pass(14);
        world.stay(2);
        assert_eq!(try_take(&world, 2), Some(Refusal::HeldByAnother));
        world.pass(1);
        world.stay(2);
        world.act(|known| take(known, World::by(2), post));
        assert!(world.posts[0].value.is_held_by(id(2)));
        let elsewhere = By {
            seat: "another",
            ..World::by(2)
        };
        world.act(|known| take(known, elsewhere, post));
        let holder = world.posts[0].value.holder.clone().expect("held");
        assert_eq!(holder.seat, "another");
        let foreign = By {
            centre: "other",
            ..World::by(3)
        };
        let got = take(&world.known(), foreign, post);
        assert_eq!(got.err(), Some(Refusal::OtherCentre));
    }

    #[test]
    fn one_person_holds_so_many_posts_and_no_more() {
        let mut world = World::new(4);
        for post in 100..103 {
            world.act(|known| take(known, World::by(1), id(post)));
        }
        let got = take(&world.known(), World::by(1), id(103));
        assert_eq!(got.err(), Some(Refusal::TooManyPosts { most: 3 }));
    }

    #[test]
    fn a_card_shows_what_holds_and_forgets_what_ran_out() {
        let mut world = World::new(1);
        let post = id(100);
        let until = super::super::after_secs(world.now, 60);
        world.act(|known| write_card(known, World::by(1), post, "soon over", Some(until), false));
        world.act(|known| write_card(known, World::by(1), post, " a red\ncap ", None, true));
        let texts = |world: &World| -> Vec<String> {
            let items = world.posts[0].value.card_at(world.now);
            items.iter().map(|item| item.text.clone()).collect()
        };
        assert_eq!(texts(&world), ["a red cap", "soon over"]);
        let late = write_card(
            &world.known(),
            World::by(1),
            post,
            "x",
            Some(world.now),
            false,
        );
        assert_eq!(late.err(), Some(Refusal::Expired));
        world.pass(60);
        assert_eq!(texts(&world), ["a red cap"]);
        let item = world.posts[0].value.card_at(world.now)[0].clone();
        world.act(|known| strike_card(known, World::by(1), post, &item));
        assert_eq!(world.posts[0].value.card, []);
        let again = strike_card(&world.known(), World::by(1), post, &item);
        assert_eq!(again.err(), Some(Refusal::Unknown));
    }

    #[test]
    fn only_a_post_that_nobody_holds_is_removed() {
        let mut world = World::new(1);
        let post = id(100);
        world.act(|known| take(known, World::by(1), post));
        let got = remove(&world.known(), World::by(9), post);
        assert_eq!(got.err(), Some(Refusal::Held));
        world.act(|known| stand_down(known, World::by(9), post));
        assert_eq!(world.posts[0].value.holder, None);
        world.act(|known| remove(known, World::by(9), post));
        assert_eq!(world.posts.len(), 0);
    }
}
