//! What is handed over at the change of shifts, item by item, and how it is collected.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::Known;
use crate::base::clock::WallTime;
use crate::model::camera::{CameraId, Names};
use crate::model::id::Id;
use crate::words::{Value, Words};

/// The most items of a kind that are not critical; the rest of the kind is one item that counts.
pub const MOST_OF_A_KIND: usize = 300;
/// The most critical items of a kind; the rest is one critical item that counts.
pub const MOST_CRITICAL: usize = 500;
/// What the item that counts the rest of a kind is about.
pub const THE_REST: &str = "rest";
/// What the critical item that counts the rest of a kind is about.
pub const THE_CRITICAL_REST: &str = "critical-rest";

/// What an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ItemKind {
    /// Something to look for: an item of a post's card.
    Attention,
    /// Somebody is on a break, and the posts are handed over with this one.
    OpenCover,
    /// An alarm that nobody has closed.
    OpenAlarm,
    /// A case that is open.
    OpenCase,
    /// An alarm that was put off.
    Shelved,
    /// What the one who goes wants to say.
    Note,
    /// A camera that cannot be relied on.
    DeadCamera,
    /// A kind of a newer version.
    #[serde(other)]
    Other,
}

impl ItemKind {
    /// All, in the order in which they are read.
    pub const ALL: [Self; 8] = [
        Self::Attention,
        Self::OpenCover,
        Self::OpenAlarm,
        Self::OpenCase,
        Self::Shelved,
        Self::Note,
        Self::DeadCamera,
        Self::Other,
    ];

    /// The key of its words.
    pub fn key(self) -> &'static str {
        match self {
            Self::Attention => "item-attention",
            Self::OpenCover => "item-open-cover",
            Self::OpenAlarm => "item-open-alarm",
            Self::OpenCase => "item-open-case",
            Self::Shelved => "item-shelved",
            Self::Note => "item-note",
            Self::DeadCamera => "item-dead-camera",
            Self::Other => "item-other",
        }
    }
}

/// One thing that the next one must know. Its kind and what it is about name it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// What it is.
    pub kind: ItemKind,
    /// Which camera, cover, alarm, …
    pub about: String,
    /// What that is called.
    #[serde(default)]
    pub name: Names,
    /// The key of what is to be said about it; may be empty. It may name `$name` (the person) and
    /// `$count`.
    #[serde(default)]
    pub word: String,
    /// What somebody wrote about it; may be empty.
    #[serde(default)]
    pub text: String,
    /// Of whom it speaks, or who wrote it.
    #[serde(default)]
    pub person: Option<Id>,
    /// Whether the handover waits until it is read.
    #[serde(default)]
    pub critical: bool,
    /// For how many things it stands.
    #[serde(default = "one")]
    pub count: u32,
    /// Who has read it.
    #[serde(default)]
    pub read_by: Option<Id>,
    /// When.
    #[serde(default)]
    pub read_at: Option<WallTime>,
    /// Since when it is so no longer; it need not be read then.
    #[serde(default)]
    pub over: Option<WallTime>,
}

fn one() -> u32 {
    1
}

impl Item {
    /// An unread item with nothing said about it.
    pub fn new(kind: ItemKind, about: impl Into<String>, name: Names) -> Self {
        Self {
            kind,
            about: about.into(),
            name,
            word: String::new(),
            text: String::new(),
            person: None,
            critical: false,
            count: 1,
            read_by: None,
            read_at: None,
            over: None,
        }
    }

    /// Whether it still has to be read.
    pub fn is_unread(&self) -> bool {
        self.read_by.is_none() && self.over.is_none()
    }

    /// In words: what it is called, what is to be said, what was written. `named` names a person.
    pub fn said(&self, words: Words, named: &dyn Fn(Id) -> String) -> String {
        let word = if !self.word.is_empty() && words.has(&self.word) {
            let person = self.person.map_or_else(String::new, named);
            let values: [(&str, Value<'_>); 2] =
                [("name", person.into()), ("count", self.count.into())];
            words.with(&self.word, &values)
        } else {
            String::new()
        };
        let name = self.name.get(words.language());
        let parts = [name, word.as_str(), self.text.as_str()];
        let parts = parts.iter().map(|part| super::one_line(part));
        let parts: Vec<String> = parts.filter(|part| !part.is_empty()).collect();
        parts.join(" · ")
    }

    /// Whether both tell the reader the same.
    fn tells_as(&self, other: &Self) -> bool {
        let told = |item: &Self| {
            (
                item.word.clone(),
                item.text.clone(),
                item.critical,
                item.count,
                item.person,
            )
        };
        told(self) == told(other)
    }
}

/// A camera that cannot be relied on, as the list of troubles has it.
#[derive(Clone, Copy, Debug)]
pub struct Trouble<'a> {
    /// The camera.
    pub camera: &'a CameraId,
    /// Its name.
    pub name: &'a Names,
    /// The key of what is wrong; its words take nothing.
    pub word: &'a str,
    /// Whether it is one of the most important.
    pub critical: bool,
}

/// Collects what there is to hand over with `posts`, held by `from`: what cards say, covers that run,
/// cameras of the sets that cannot be relied on (any, when no set is given), and `more` from alarms
/// and cases.
pub fn collect<'t>(
    known: &Known<'_>,
    from: Id,
    posts: &[Id],
    troubles: impl IntoIterator<Item = Trouble<'t>>,
    more: impl IntoIterator<Item = Item>,
) -> Vec<Item> {
    let posts: Vec<_> = posts
        .iter()
        .filter_map(|post| known.post(*post).ok())
        .collect();
    let mut found = Vec::new();
    for post in &posts {
        for item in post.value.card_at(known.now) {
            found.push(Item {
                text: item.text.clone(),
                person: Some(item.author),
                critical: item.critical,
                ..Item::new(
                    ItemKind::Attention,
                    format!("{}/{}", post.id, item.written.micros()),
                    post.value.name.clone(),
                )
            });
        }
    }
    for cover in known.covered_by(from) {
        let names = cover.value.posts.iter().filter_map(|id| {
            let post = known.post(*id).ok()?;
            Some(post.value.name.clone())
        });
        found.push(Item {
            word: "item-stands-in-for".to_owned(),
            person: Some(cover.value.giver),
            critical: true,
            ..Item::new(ItemKind::OpenCover, cover.id.to_string(), joined(names))
        });
    }
    let set: BTreeSet<&CameraId> = posts
        .iter()
        .flat_map(|post| &post.value.cameras)
        .map(|one| &one.camera)
        .collect();
    for trouble in troubles {
        if set.is_empty() || set.contains(trouble.camera) {
            found.push(Item {
                word: trouble.word.to_owned(),
                critical: trouble.critical,
                ..Item::new(
                    ItemKind::DeadCamera,
                    trouble.camera.as_str(),
                    trouble.name.clone(),
                )
            });
        }
    }
    found.extend(more);
    bounded(found)
}

/// Several names as one, in each language.
fn joined(names: impl Iterator<Item = Names>) -> Names {
    use crate::words::Language;
    let names: Vec<Names> = names.collect();
    let all = |language| {
        let names: Vec<&str> = names.iter().map(|name| name.get(language)).collect();
        names.join(", ")
    };
    Names {
        kk: all(Language::Kk),
        ru: all(Language::Ru),
        en: all(Language::En),
    }
}

/// At most so many of each kind; the rest becomes one item that counts. Of items with the same name
/// the first stays.
fn bounded(items: Vec<Item>) -> Vec<Item> {
    let mut seen: BTreeSet<(ItemKind, String)> = BTreeSet::new();
    let mut counts: BTreeMap<(ItemKind, bool), (usize, u32)> = BTreeMap::new();
    let mut kept = Vec::with_capacity(items.len());
    for item in items {
        if !seen.insert((item.kind, item.about.clone())) {
            continue;
        }
        let most = if item.critical {
            MOST_CRITICAL
        } else {
            MOST_OF_A_KIND
        };
        let (count, rest) = counts.entry((item.kind, item.critical)).or_default();
        *count += 1;
        if *count <= most {
            kept.push(item);
        } else {
            *rest += item.count;
        }
    }
    for ((kind, critical), (_, rest)) in counts {
        if rest > 0 {
            let about = if critical {
                THE_CRITICAL_REST
            } else {
                THE_REST
            };
            kept.push(Item {
                word: "item-the-rest".to_owned(),
                critical,
                count: rest,
                ..Item::new(kind, about, Names::default())
            });
        }
    }
    kept
}

/// Brings `items` up to what was collected now. What is new or tells something else is unread; what
/// is no longer so stays as over. Notes stay as they are. Answers whether anything changed.
pub fn merge(items: &mut Vec<Item>, fresh: Vec<Item>, now: WallTime) -> bool {
    let before = items.clone();
    let mut fresh: BTreeMap<(ItemKind, String), Item> = fresh
        .into_iter()
        .map(|item| ((item.kind, item.about.clone()), item))
        .collect();
    for item in items.iter_mut() {
        match fresh.remove(&(item.kind, item.about.clone())) {
            Some(new) if item.over.is_none() && item.tells_as(&new) => {}
            Some(new) => *item = new,
            None if item.kind == ItemKind::Note => {}
            None => item.over = item.over.or(Some(now)),
        }
    }
    items.extend(fresh.into_values());
    *items != before
}

#[cfg(test)]
mod tests {
    use super::super::world::{World, id};
    use super::super::{cover, post};
    use super::*;
    use crate::words::Language;

    fn camera(name: &str) -> CameraId {
        CameraId::new(name).expect("an id")
    }

    fn dead(camera: &CameraId, critical: bool) -> Trouble<'_> {
        static NAME: std::sync::LazyLock<Names> = std::sync::LazyLock::new(|| Names::same("Abay"));
        Trouble {
            camera,
            name: &NAME,
            word: "picture-frozen",
            critical,
        }
    }

    #[test]
    fn what_is_known_is_collected() {
        let mut world = World::new(2);
        world.act(|known| post::take(known, World::by(1), id(100)));
        world.act(|known| post::take(known, World::by(2), id(101)));
        world.act(|known| post::write_card(known, World::by(9), id(101), "a van", None, true));
        world.act(|known| cover::offer(known, World::by(1), id(200), id(2)));
        world.act(|known| cover::accept(known, World::by(2), id(200)));
        let (own, other) = (camera("cam-101"), camera("cam-999"));
        let troubles = [dead(&own, false), dead(&other, true)];
        let more = [Item::new(ItemKind::OpenCase, "case:1", Names::same("7/26"))];
        let items = collect(&world.known(), id(2), &[id(100), id(101)], troubles, more);
        let kinds: Vec<(ItemKind, bool)> = items.iter().map(|i| (i.kind, i.critical)).collect();
        let expect = [
            (ItemKind::Attention, true),
            (ItemKind::OpenCover, true),
            (ItemKind::DeadCamera, false),
            (ItemKind::OpenCase, false),
        ];
        assert_eq!(kinds, expect);
        let named = |_: Id| "Inspector 1".to_owned();
        let said = items[1].said(Words::new(Language::En), &named);
        assert_eq!(said, "Post 100 · stands in for Inspector 1");
        let said = items[2].said(Words::new(Language::En), &named);
        assert!(said.starts_with("Abay · "), "{said}");
    }

    #[test]
    fn thousands_of_dead_cameras_fit_a_record() {
        let world = World::new(0);
        let cameras: Vec<CameraId> = (0..9000).map(|n| camera(&format!("cam-{n}"))).collect();
        let troubles = cameras
            .iter()
            .enumerate()
            .map(|(place, camera)| dead(camera, place % 3 == 0));
        let items = collect(&world.known(), id(1), &[], troubles, []);
        assert_eq!(items.len(), MOST_OF_A_KIND + MOST_CRITICAL + 2);
        let stands_for: u32 = items.iter().map(|item| item.count).sum();
        assert_eq!(stands_for, 9000);
        let body = serde_json::to_string(&items).expect("written");
        assert!(body.len() < crate::model::act::LONGEST_BODY / 2);
    }

    #[test]
    fn what_appears_or_changes_is_unread_and_what_is_over_need_not_be_read() {
        let read = |item: &mut Item| item.read_by = Some(id(2));
        let item = |about: &str| Item::new(ItemKind::DeadCamera, about, Names::default());
        let mut items = vec![item("a"), item("b"), item("c")];
        items.push(Item::new(ItemKind::Note, "n", Names::default()));
        items.iter_mut().for_each(read);
        let fresh = |c: &str| {
            let changed = Item {
                text: c.to_owned(),
                ..item("c")
            };
            vec![item("a"), changed, item("d")]
        };
        assert!(merge(&mut items, fresh("worse"), WallTime(5)));
        let unread: Vec<&str> = items
            .iter()
            .filter(|item| item.is_unread())
            .map(|item| item.about.as_str())
            .collect();
        assert_eq!(unread, ["c", "d"]);
        assert_eq!(items[1].over, Some(WallTime(5)));
        assert!(!merge(&mut items, fresh("worse"), WallTime(6)));
        assert!(merge(&mut items, vec![item("b")], WallTime(7)));
        assert!(items[1].is_unread(), "it came again");
    }

    #[test]
    fn a_kind_of_a_newer_version_is_read() {
        let text = r#"{"kind":"open-drone","about":"drone:1","text":"aloft"}"#;
        let item: Item = serde_json::from_str(text).expect("read");
        assert_eq!((item.kind, item.count), (ItemKind::Other, 1));
    }
}
