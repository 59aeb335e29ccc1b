//! Shift handover: item by item, with both names; the posts change hands in the same act.
//!
//! ```text
//! draft ──► offered ──► reading ──► finished
//!   ▲          │           │
//!   └─ declined┴───────────┘         withdrawn, from each of the three
//! ```

use serde::{Deserialize, Serialize};

use super::items::{Item, ItemKind, merge};
use super::refusal::Refusal;
use super::{By, Holder, Known, acts, cover, duty, same_centre, written};
use crate::base::clock::WallTime;
use crate::model::act::{Draft, Kept, LONGEST_BODY, LONGEST_DETAIL, Record};
use crate::model::camera::Names;
use crate::model::id::Id;

/// The most characters of a note.
pub const LONGEST_NOTE: usize = 400;
/// The most notes of one handover.
pub const MOST_NOTES: usize = 100;

/// How far a handover is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HandoverState {
    /// The one who goes prepares it.
    Draft,
    /// The next one is asked.
    Offered,
    /// The next one reads.
    Reading,
    /// The posts are the next one's.
    Finished,
    /// Taken back.
    Withdrawn,
}

impl HandoverState {
    /// Whether something may still happen.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Draft | Self::Offered | Self::Reading)
    }

    /// The key of its words.
    pub fn key(self) -> &'static str {
        match self {
            Self::Draft => "handover-draft",
            Self::Offered => "handover-offered",
            Self::Reading => "handover-reading",
            Self::Finished => "handover-finished",
            Self::Withdrawn => "handover-withdrawn",
        }
    }
}

/// One handover: all posts of one person to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handover {
    /// Who goes.
    pub from: Id,
    /// At which seat.
    pub from_seat: String,
    /// Who comes.
    #[serde(default)]
    pub to: Option<Id>,
    /// At which seat; empty before the reading.
    #[serde(default)]
    pub to_seat: String,
    /// The posts.
    pub posts: Vec<Id>,
    /// How far it is.
    pub state: HandoverState,
    /// What is handed over.
    #[serde(default)]
    pub items: Vec<Item>,
    /// When it was begun.
    pub drafted: WallTime,
    /// When it was offered.
    #[serde(default)]
    pub offered: Option<WallTime>,
    /// When the next one began to read.
    #[serde(default)]
    pub opened: Option<WallTime>,
    /// When it was finished or withdrawn.
    #[serde(default)]
    pub ended: Option<WallTime>,
}

impl Record for Handover {
    const KIND: &'static str = "handover";
}

/// What a screen shows of a handover.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HandoverView {
    /// Places in [`Handover::items`]: unread critical ones first, what is over last.
    pub rows: Vec<usize>,
    /// How many items still hold.
    pub total: usize,
    /// How many of them are unread.
    pub unread: usize,
    /// How many of the unread are critical.
    pub unread_critical: usize,
    /// Per kind: how many hold, and how many of them are unread.
    pub by_kind: Vec<(ItemKind, usize, usize)>,
    /// Whether nothing in the handover itself stands against finishing it.
    pub may_finish: bool,
}

/// The view of a handover.
pub fn view(handover: &Handover) -> HandoverView {
    let items = &handover.items;
    let mut rows: Vec<usize> = (0..items.len()).collect();
    rows.sort_by_key(|place| {
        let item = &items[*place];
        (
            item.over.is_some(),
            !(item.critical && item.is_unread()),
            !item.is_unread(),
            !item.critical,
            item.kind,
        )
    });
    let holds = |item: &&Item| item.over.is_none();
    let by_kind = ItemKind::ALL.iter().filter_map(|kind| {
        let of_kind = items.iter().filter(holds).filter(|one| one.kind == *kind);
        let unread = of_kind.clone().filter(|one| one.is_unread()).count();
        let total = of_kind.count();
        (total > 0).then_some((*kind, total, unread))
    });
    let unread_critical = unread_critical(items);
    HandoverView {
        rows,
        total: items.iter().filter(holds).count(),
        unread: items.iter().filter(|item| item.is_unread()).count(),
        unread_critical,
        by_kind: by_kind.collect(),
        may_finish: handover.state == HandoverState::Reading && unread_critical == 0,
    }
}

/// The handover that `person` is asked to take, or reads.
pub fn waiting_for(handovers: &[Kept<Handover>], person: Id) -> Option<&Kept<Handover>> {
    handovers.iter().find(|one| {
        matches!(
            one.value.state,
            HandoverState::Offered | HandoverState::Reading
        ) && one.value.to == Some(person)
    })
}

/// The handover that `person` has begun and that is still open.
pub fn begun_by(handovers: &[Kept<Handover>], person: Id) -> Option<&Kept<Handover>> {
    handovers
        .iter()
        .find(|one| one.value.from == person && one.value.state.is_open())
}

fn unread_critical(items: &[Item]) -> usize {
    items
        .iter()
        .filter(|item| item.critical && item.is_unread())
        .count()
}

/// Begins a handover of all that the person holds. `id` is the new one's, `items` were
/// [collected](super::items::collect), `handovers` are those known.
///
/// # Errors
/// When the person holds nothing or has a handover open.
pub fn draft(
    known: &Known<'_>,
    by: By<'_>,
    id: Id,
    items: Vec<Item>,
    handovers: &[Kept<Handover>],
) -> Result<Draft, Refusal> {
    let posts = held(known, by.person)?;
    for post in known.held_by(by.person) {
        same_centre(by, post)?;
    }
    if begun_by(handovers, by.person).is_some() {
        return Err(Refusal::HandoverOpen);
    }
    let handover = Handover {
        from: by.person,
        from_seat: by.seat.to_owned(),
        to: None,
        to_seat: String::new(),
        posts,
        state: HandoverState::Draft,
        items,
        drafted: known.now,
        offered: None,
        opened: None,
        ended: None,
    };
    put(Draft::new(acts::HANDOVER_DRAFTED), id, 0, &handover)
}

/// Brings the items and the posts up to what is known now; nothing when nothing changed. The program
/// does this while a handover is open.
///
/// # Errors
/// When it is not open any more.
pub fn refresh(
    known: &Known<'_>,
    kept: &Kept<Handover>,
    fresh: Vec<Item>,
) -> Result<Option<Draft>, Refusal> {
    if !kept.value.state.is_open() {
        return Err(Refusal::NotNow);
    }
    let mut value = kept.value.clone();
    let posts = held(known, value.from).unwrap_or_default();
    let moved = !same_posts(&posts, &value.posts) && !posts.is_empty();
    if moved {
        value.posts = posts;
    }
    let changed = merge(&mut value.items, fresh, known.now);
    if !changed && !moved {
        return Ok(None);
    }
    let draft = Draft::new(acts::HANDOVER_REFRESHED).with("items", value.items.len());
    put(draft, kept.id, kept.version, &value).map(Some)
}

/// Adds a note; `id` is the note's.
///
/// # Errors
/// When it is another's handover, not open, or the text is empty, too long or one too many.
pub fn note(
    by: By<'_>,
    kept: &Kept<Handover>,
    id: Id,
    text: &str,
    critical: bool,
) -> Result<Draft, Refusal> {
    goer(by, kept)?;
    let mut value = kept.value.clone();
    let notes = value.items.iter().filter(|one| one.kind == ItemKind::Note);
    if notes.count() >= MOST_NOTES {
        return Err(Refusal::TooMany { most: MOST_NOTES });
    }
    let text = written(text, LONGEST_NOTE)?;
    let draft = Draft::new(acts::HANDOVER_NOTED).with("text", text.as_str());
    value.items.push(Item {
        text,
        critical,
        person: Some(by.person),
        ..Item::new(ItemKind::Note, id.to_string(), Names::default())
    });
    put(draft, kept.id, kept.version, &value)
}

/// Offers it to `to`.
///
/// # Errors
/// When it is another's, offered already, or to the same person.
pub fn offer(
    known: &Known<'_>,
    by: By<'_>,
    kept: &Kept<Handover>,
    to: Id,
) -> Result<Draft, Refusal> {
    goer(by, kept)?;
    if kept.value.state != HandoverState::Draft {
        return Err(Refusal::NotNow);
    }
    if to == by.person {
        return Err(Refusal::Yourself);
    }
    let value = Handover {
        state: HandoverState::Offered,
        to: Some(to),
        from_seat: by.seat.to_owned(),
        posts: held(known, by.person)?,
        offered: Some(known.now),
        ..kept.value.clone()
    };
    put(
        Draft::new(acts::HANDOVER_OFFERED),
        kept.id,
        kept.version,
        &value,
    )
}

/// Takes it back.
///
/// # Errors
/// When it is another's or over.
pub fn withdraw(known: &Known<'_>, by: By<'_>, kept: &Kept<Handover>) -> Result<Draft, Refusal> {
    goer(by, kept)?;
    let value = Handover {
        state: HandoverState::Withdrawn,
        ended: Some(known.now),
        ..kept.value.clone()
    };
    put(
        Draft::new(acts::HANDOVER_WITHDRAWN),
        kept.id,
        kept.version,
        &value,
    )
}

/// The next one declines: it is a draft again, and unread.
///
/// # Errors
/// When it is not for this person, or neither offered nor read.
pub fn decline(by: By<'_>, kept: &Kept<Handover>) -> Result<Draft, Refusal> {
    comer(by, kept, &[HandoverState::Offered, HandoverState::Reading])?;
    let mut value = Handover {
        state: HandoverState::Draft,
        to: None,
        to_seat: String::new(),
        opened: None,
        ..kept.value.clone()
    };
    for item in &mut value.items {
        (item.read_by, item.read_at) = (None, None);
    }
    put(
        Draft::new(acts::HANDOVER_DECLINED),
        kept.id,
        kept.version,
        &value,
    )
}

/// The next one begins to read.
///
/// # Errors
/// When it is not for this person or not offered.
pub fn open(known: &Known<'_>, by: By<'_>, kept: &Kept<Handover>) -> Result<Draft, Refusal> {
    comer(by, kept, &[HandoverState::Offered])?;
    let value = Handover {
        state: HandoverState::Reading,
        to_seat: by.seat.to_owned(),
        opened: Some(known.now),
        ..kept.value.clone()
    };
    put(
        Draft::new(acts::HANDOVER_OPENED),
        kept.id,
        kept.version,
        &value,
    )
}

/// The next one confirms items, each named by its kind and what it is about: a critical one alone,
/// others also together.
///
/// # Errors
/// When it is not for this person or not being read, when an item is not there, or when a critical
/// one is among several.
pub fn read(
    known: &Known<'_>,
    by: By<'_>,
    kept: &Kept<Handover>,
    items: &[(ItemKind, String)],
) -> Result<Draft, Refusal> {
    comer(by, kept, &[HandoverState::Reading])?;
    let mut value = kept.value.clone();
    let mut abouts = Vec::with_capacity(items.len());
    for (kind, about) in items {
        let item = value
            .items
            .iter_mut()
            .find(|one| one.kind == *kind && one.about == *about)
            .ok_or(Refusal::Unknown)?;
        if item.critical && items.len() > 1 {
            return Err(Refusal::OneAtATime);
        }
        if item.is_unread() {
            (item.read_by, item.read_at) = (Some(by.person), Some(known.now));
            abouts.push(about.clone());
        }
    }
    if abouts.is_empty() {
        return Err(Refusal::NotNow);
    }
    // A line of the log has no room for thousands of names; who has read which stands in the record.
    let mut room = LONGEST_DETAIL - (1 << 10);
    let count = abouts.len();
    abouts.retain(|about| {
        let bytes = serde_json::Value::from(about.as_str()).to_string().len() + 1;
        let fits = bytes <= room;
        room = room.saturating_sub(bytes);
        fits
    });
    let more = count - abouts.len();
    let mut draft = Draft::new(acts::HANDOVER_READ).with("items", abouts);
    if more > 0 {
        draft = draft.with("more", more);
    }
    put(draft, kept.id, kept.version, &value)
}

/// The next one finishes: from now on all posts are the next one's, with the covers that ran over
/// them. `fresh` is what was collected at this moment.
///
/// # Errors
/// When a critical item is unread, also one that appeared just now; when it is not for this person
/// or not being read; when the posts have changed; when the next one is on a break, has an offer open
/// or would hold too many.
pub fn finish(
    known: &Known<'_>,
    by: By<'_>,
    kept: &Kept<Handover>,
    fresh: Vec<Item>,
) -> Result<Draft, Refusal> {
    comer(by, kept, &[HandoverState::Reading])?;
    let from = kept.value.from;
    if known.break_of(by.person).is_some() {
        return Err(Refusal::OnBreak);
    }
    if known.offer_of(by.person).is_some() {
        return Err(Refusal::OfferOpen);
    }
    let posts = held(known, from).map_err(|_nothing_held| Refusal::Changed)?;
    if !same_posts(&posts, &kept.value.posts) {
        return Err(Refusal::Changed);
    }
    known.room_for(by.person, posts.len())?;
    let mut value = Handover {
        state: HandoverState::Finished,
        to_seat: by.seat.to_owned(),
        ended: Some(known.now),
        ..kept.value.clone()
    };
    merge(&mut value.items, fresh, known.now);
    match unread_critical(&value.items) {
        0 => {}
        count => return Err(Refusal::Unread { count }),
    }
    let unread = value.items.iter().filter(|item| item.is_unread()).count();
    let draft = Draft::new(acts::HANDOVER_FINISHED)
        .with("items", value.items.len())
        .with("unread", unread);
    let draft = put(draft, kept.id, kept.version, &value)?;
    let draft = cover::moved(known, draft, &posts, &Holder::new(by, known.now))?;
    let draft = known.covered_by(from).fold(draft, |draft, one| {
        let value = cover::Cover {
            taker: by.person,
            taker_seat: by.seat.to_owned(),
            ..one.value.clone()
        };
        draft.put(one.id, one.version, &value)
    });
    let draft = cover::withdrawn(known, draft, from);
    let draft = duty::moving(known, draft, by.centre, from);
    Ok(duty::moving(known, draft, by.centre, by.person))
}

fn held(known: &Known<'_>, person: Id) -> Result<Vec<Id>, Refusal> {
    let posts: Vec<Id> = known.held_by(person).map(|post| post.id).collect();
    if posts.is_empty() {
        return Err(Refusal::NotHolder);
    }
    Ok(posts)
}

fn same_posts(one: &[Id], other: &[Id]) -> bool {
    one.len() == other.len() && one.iter().all(|id| other.contains(id))
}

/// Refuses all but the one who goes, while it is open.
fn goer(by: By<'_>, kept: &Kept<Handover>) -> Result<(), Refusal> {
    same_centre(by, kept)?;
    if kept.value.from != by.person {
        return Err(Refusal::NotForYou);
    }
    if !kept.value.state.is_open() {
        return Err(Refusal::NotNow);
    }
    Ok(())
}

/// Refuses all but the one who comes, in one of `states`.
fn comer(by: By<'_>, kept: &Kept<Handover>, states: &[HandoverState]) -> Result<(), Refusal> {
    same_centre(by, kept)?;
    if kept.value.to != Some(by.person) {
        return Err(Refusal::NotForYou);
    }
    if !states.contains(&kept.value.state) {
        return Err(Refusal::NotNow);
    }
    Ok(())
}

fn put(draft: Draft, id: Id, version: u32, value: &Handover) -> Result<Draft, Refusal> {
    let mut draft = draft
        .about(id)
        .with("from", value.from.to_string())
        .put(id, version, value);
    if let Some(to) = value.to {
        draft = draft.with("to", to.to_string());
    }
    let longest = draft.changes.iter().filter_map(|one| one.body.as_ref());
    if longest.map(String::len).max().unwrap_or(0) > LONGEST_BODY {
        return Err(Refusal::TooMany {
            most: super::items::MOST_CRITICAL,
        });
    }
    Ok(draft)
}

#[cfg(test)]
mod tests {
    use super::super::world::{World, id};
    use super::super::{cover, post};
    use super::*;

    const HANDOVER: u64 = 400;

    fn item(about: &str, critical: bool) -> Item {
        Item {
            critical,
            ..Item::new(ItemKind::DeadCamera, about, Names::same(about))
        }
    }

    fn collected() -> Vec<Item> {
        vec![item("a", true), item("b", false), item("c", false)]
    }

    fn key(about: &str) -> (ItemKind, String) {
        (ItemKind::DeadCamera, about.to_owned())
    }

    /// Does what one of the functions draws up.
    fn go(
        world: &mut World,
        draw: impl FnOnce(&Known<'_>, &Kept<Handover>) -> Result<Draft, Refusal>,
    ) {
        let draft = match draw(&world.known(), &world.handovers[0]) {
            Ok(draft) => draft,
            Err(refusal) => panic!("refused: {refusal}"),
        };
        world.commit(&draft);
    }

    /// Person 1 holds post 100 and person 2 reads the handover of it.
    fn reading() -> World {
        let mut world = World::new(2);
        world.act(|known| post::take(known, World::by(1), id(100)));
        world.act(|known| draft(known, World::by(1), id(HANDOVER), collected(), &[]));
        go(&mut world, |known, kept| {
            offer(known, World::by(1), kept, id(2))
        });
        go(&mut world, |known, kept| open(known, World::by(2), kept));
        world
    }

    fn refused(world: &World, fresh: Vec<Item>) -> Option<Refusal> {
        finish(&world.known(), World::by(2), &world.handovers[0], fresh).err()
    }

    #[test]
    fn of_thousands_that_are_read_at_once_the_log_names_as_many_as_it_has_room_for() {
        let mut world = reading();
        let name = "ы".repeat(30);
        let items = (0..1500).map(|n| item(&format!("{n:04} {name}"), false));
        let items: Vec<Item> = items.collect();
        let keys: Vec<_> = items
            .iter()
            .map(|item| (item.kind, item.about.clone()))
            .collect();
        world.handovers[0].value.items = items;
        let draft = read(&world.known(), World::by(2), &world.handovers[0], &keys).expect("read");
        let detail = serde_json::to_string(&draft.detail).expect("JSON");
        assert!(detail.len() <= LONGEST_DETAIL, "{} bytes", detail.len());
        let named = draft.detail["items"].as_array().map_or(0, Vec::len);
        let more = draft.detail["more"]
            .as_u64()
            .expect("more than it has room for");
        assert!(named > 500, "{named}");
        assert_eq!(named as u64 + more, 1500);
        let body = draft.changes[0].body.as_ref().expect("a record");
        let after: Handover = serde_json::from_str(body).expect("a handover");
        assert!(!after.items.iter().any(Item::is_unread));
    }

    #[test]
    fn it_cannot_finish_with_an_unread_critical_item() {
        let mut world = reading();
        assert_eq!(
            refused(&world, collected()),
            Some(Refusal::Unread { count: 1 })
        );
        let several = [key("a"), key("b")];
        let got = read(&world.known(), World::by(2), &world.handovers[0], &several);
        assert_eq!(got.err(), Some(Refusal::OneAtATime));
        let got = read(
            &world.known(),
            World::by(1),
            &world.handovers[0],
            &[key("a")],
        );
        assert_eq!(got.err(), Some(Refusal::NotForYou));
        go(&mut world, |known, kept| {
            read(known, World::by(2), kept, &[key("a")])
        });
        let view_now = view(&world.handovers[0].value);
        assert_eq!((view_now.unread, view_now.unread_critical), (2, 0));
        assert!(view_now.may_finish);

        // One that appears at the last moment counts, although nobody has refreshed.
        let mut fresh = collected();
        fresh.push(item("d", true));
        assert_eq!(
            refused(&world, fresh.clone()),
            Some(Refusal::Unread { count: 1 })
        );
        go(&mut world, |known, kept| {
            refresh(known, kept, fresh.clone()).map(|draft| draft.expect("something new"))
        });
        let same = refresh(&world.known(), &world.handovers[0], fresh.clone());
        assert_eq!(same, Ok(None));
        assert_eq!(world.holders(), [Some(1), None]);
        assert_eq!(waiting_for(&world.handovers, id(1)), None);
        assert!(waiting_for(&world.handovers, id(2)).is_some());
        go(&mut world, |known, kept| {
            read(known, World::by(2), kept, &[key("d")])
        });
        go(&mut world, |known, kept| {
            finish(known, World::by(2), kept, fresh)
        });
        assert_eq!(world.holders(), [Some(2), None], "in the same act");
        let done = &world.handovers[0].value;
        assert_eq!(done.state, HandoverState::Finished);
        assert_eq!((done.from, done.to), (id(1), Some(id(2))));
        let again = finish(&world.known(), World::by(2), &world.handovers[0], vec![]);
        assert_eq!(again.err(), Some(Refusal::NotNow));
    }

    #[test]
    fn what_heals_meanwhile_need_not_be_read() {
        let world = reading();
        assert_eq!(refused(&world, vec![item("b", false)]), None);
    }

    #[test]
    fn what_was_read_and_got_worse_is_unread() {
        let mut world = reading();
        go(&mut world, |known, kept| {
            read(known, World::by(2), kept, &[key("a")])
        });
        let worse = Item {
            text: "smoke".to_owned(),
            ..item("a", true)
        };
        assert_eq!(
            refused(&world, vec![worse]),
            Some(Refusal::Unread { count: 1 })
        );
    }

    #[test]
    fn a_running_cover_goes_over_with_the_posts() {
        let mut world = reading();
        world.act(|known| post::take(known, World::by(3), id(101)));
        world.act(|known| cover::offer(known, World::by(3), id(200), id(1)));
        world.act(|known| cover::accept(known, World::by(1), id(200)));
        assert_eq!(refused(&world, vec![]), Some(Refusal::Changed));
        go(&mut world, |known, kept| {
            refresh(known, kept, vec![]).map(|draft| draft.expect("another post"))
        });
        go(&mut world, |known, kept| {
            finish(known, World::by(2), kept, vec![])
        });
        assert_eq!(world.holders(), [Some(2), Some(2)]);
        assert_eq!(world.covers[0].value.taker, id(2));
        world.stay(3);
        world.act(|known| cover::ask_back(known, World::by(3), id(200)));
        world.act(|known| cover::give_back(known, World::by(2), id(200)));
        assert_eq!(world.holders(), [Some(2), Some(3)]);
    }

    #[test]
    fn who_declines_leaves_a_draft_that_nobody_has_read() {
        let mut world = reading();
        go(&mut world, |known, kept| {
            read(known, World::by(2), kept, &[key("a")])
        });
        go(&mut world, |_, kept| {
            note(World::by(1), kept, id(500), "the radio", true)
        });
        go(&mut world, |_, kept| decline(World::by(2), kept));
        let handover = &world.handovers[0].value;
        assert_eq!((handover.state, handover.to), (HandoverState::Draft, None));
        assert_eq!(view(handover).unread, 4);
        assert_eq!(world.holders(), [Some(1), None]);
        let second = draft(
            &world.known(),
            World::by(1),
            id(401),
            vec![],
            &world.handovers,
        );
        assert_eq!(second.err(), Some(Refusal::HandoverOpen));
        go(&mut world, |known, kept| {
            withdraw(known, World::by(1), kept)
        });
        let late = note(World::by(1), &world.handovers[0], id(501), "late", false);
        assert_eq!(late.err(), Some(Refusal::NotNow));
    }

    #[test]
    fn the_view_puts_first_what_must_be_read() {
        let mut world = reading();
        go(&mut world, |_, kept| {
            note(World::by(1), kept, id(500), "the radio", true)
        });
        go(&mut world, |known, kept| {
            read(known, World::by(2), kept, &[key("a")])
        });
        go(&mut world, |known, kept| {
            let fresh = vec![item("a", true), item("c", false)];
            refresh(known, kept, fresh).map(|draft| draft.expect("b healed"))
        });
        let handover = &world.handovers[0].value;
        let seen = view(handover);
        let abouts: Vec<&str> = seen
            .rows
            .iter()
            .map(|at| handover.items[*at].name.get(crate::words::Language::En))
            .collect();
        assert_eq!(abouts, ["", "c", "a", "b"]);
        assert_eq!((seen.total, seen.unread, seen.unread_critical), (3, 2, 1));
        assert_eq!(
            seen.by_kind,
            [(ItemKind::Note, 1, 1), (ItemKind::DeadCamera, 2, 1)]
        );
    }
}
