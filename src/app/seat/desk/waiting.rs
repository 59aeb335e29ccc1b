//! News on their way into the store: what goes first, and what goes together.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::alarms::Tell;
use crate::base::clock::WallTime;
use crate::model::alarm::acts::News;
use crate::model::alarm::class::{ClassKey, Classes};

/// Before the key of what calls nobody; no class begins so.
pub(super) const ONLY_KEPT: &str = "kept only ";
/// The most news of one act.
const MOST_NEWS: usize = 200;

/// News that wait.
pub(super) struct Waiting {
    pub(super) news: News,
    pub(super) since: WallTime,
    pub(super) tell: Option<Tell>,
}

/// News of one alarm.
#[derive(Default)]
pub(super) struct Group {
    pub(super) all: Vec<Waiting>,
    /// So many of them are in the act that is on its way.
    pub(super) flying: usize,
}

/// The keys of which nothing is on its way: the most urgent first, then what has waited longest, and
/// last what is only kept.
pub(super) fn in_turn(waiting: &BTreeMap<String, Group>, classes: &Classes) -> Vec<String> {
    let priority = |key: &str| {
        let class = key.split(' ').next().and_then(ClassKey::new)?;
        Some(classes.get(&class)?.priority)
    };
    let mut ready: Vec<(_, WallTime, &String)> = waiting
        .iter()
        .filter(|(_, group)| group.flying == 0)
        .filter_map(|(key, group)| {
            let since = group.all.first()?.since;
            Some((Reverse(priority(key)), since, key))
        })
        .collect();
    ready.sort();
    ready.into_iter().map(|(.., key)| key.clone()).collect()
}

/// How many from the first on are different news, at most [`MOST_NEWS`]: an act says each once. Whoever
/// said something twice is answered when the first is kept.
pub(super) fn once_each(waiting: &[Waiting]) -> usize {
    let mut said = BTreeSet::new();
    let first = waiting.iter().take(MOST_NEWS);
    first
        .take_while(|waiting| said.insert(waiting.news.occurrence.id))
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::alarm::occurrence::Occurrence;
    use crate::model::detection::fact::Stage;
    use crate::model::id::Id;

    fn waiting(id: &str, class: &str, since: i64) -> Waiting {
        let at = WallTime(since);
        let occurrence = Occurrence {
            id: Id::named(id),
            thing: Id::named(id),
            class: ClassKey::new(class).unwrap(),
            stage: Stage::Once,
            at,
            heard: at,
            camera: None,
            place: String::new(),
            position: None,
            subject: Some(id.to_owned()),
            source: "test".into(),
            text: None,
            region: None,
            score: None,
            details: std::collections::BTreeMap::new(),
            still: None,
            seat: String::new(),
        };
        Waiting {
            news: News {
                occurrence,
                digest: None,
            },
            since: at,
            tell: None,
        }
    }

    #[test]
    fn the_urgent_goes_first_then_the_oldest_and_last_what_is_only_kept() {
        let mut all: BTreeMap<String, Group> = BTreeMap::new();
        for (id, class, since, flying) in [
            ("a", "bracelet.battery", 1, 0),
            ("b", "weapon.school", 9, 0),
            ("c", "traffic.violation", 3, 0),
            ("d", "bracelet.battery", 2, 0),
            ("e", "sos.call", 1, 1),
            ("f", "plate.hit", 5, 0),
        ] {
            let one = waiting(id, class, since);
            let group = all.entry(one.news.occurrence.key()).or_default();
            group.all.push(one);
            group.flying = flying;
        }
        let kept = all.entry(format!("{ONLY_KEPT}x")).or_default();
        kept.all.push(waiting("g", "weapon.school", 0));
        let turn = in_turn(&all, &Classes::default());
        let expected = [
            "weapon.school subject b",
            "plate.hit subject f",
            "bracelet.battery subject a",
            "bracelet.battery subject d",
            "traffic.violation subject c",
            "kept only x",
        ];
        assert_eq!(turn, expected);
    }

    #[test]
    fn what_was_said_twice_goes_in_two_acts() {
        let said = |ids: &[&str]| -> Vec<Waiting> {
            ids.iter().map(|id| waiting(id, "sos.call", 0)).collect()
        };
        assert_eq!(once_each(&said(&[])), 0);
        assert_eq!(once_each(&said(&["a", "b", "c"])), 3);
        assert_eq!(once_each(&said(&["a", "b", "a", "c"])), 2);
        let many: Vec<String> = (0..300).map(|n| n.to_string()).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(once_each(&said(&many)), MOST_NEWS);
    }
}
