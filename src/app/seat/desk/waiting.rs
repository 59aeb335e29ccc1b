//! News on their way into the store: what goes first, and what goes together.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use super::alarms::{Taken, Tell};
use crate::base::clock::WallTime;
use crate::model::act::LONGEST_DETAIL;
use crate::model::alarm::acts::{News, bytes_in_log, heard};
use crate::model::alarm::alarm::{Alarm, State};
use crate::model::alarm::class::{Class, ClassKey, Classes};
use crate::model::id::Id;

/// Before the key of what calls nobody; no class begins so.
pub(super) const ONLY_KEPT: &str = "kept only ";
/// The most news of one act.
const MOST_NEWS: usize = 200;
/// The most that they may say, bytes; the rest goes with the next act.
const MAX_SAID: usize = LONGEST_DETAIL - (16 << 10);

/// So much of what was said is remembered.
const MAX_REMEMBERED: usize = 20_000;
/// What the store took is shown for so long, should it not tell the record: somebody has ended the
/// alarm meanwhile.
const TAKEN_FOR: Duration = Duration::from_secs(2);
/// After a refusal that may pass, news are offered to the store again.
pub(super) const RETRY_AFTER: Duration = Duration::from_secs(2);

/// News that wait.
pub(super) struct Waiting {
    pub(super) news: News,
    pub(super) since: WallTime,
    pub(super) tell: Option<Tell>,
    /// They lie in the spool, too.
    pub(super) spooled: bool,
}

/// What was said from outside lately and the store has: who says it again is answered at once, and
/// stands in nobody's way.
#[derive(Default)]
pub(super) struct Remembered {
    digests: BTreeMap<Id, String>,
    order: VecDeque<Id>,
}

impl Remembered {
    /// What is to be answered where it is known; nothing where it is not, or was not said outside.
    pub(super) fn look(&self, news: &News) -> Option<Taken> {
        let digest = news.digest.as_ref()?;
        let known = self.digests.get(&news.occurrence.id)?;
        Some(if known == digest {
            Taken::Repeat
        } else {
            Taken::Conflict
        })
    }

    pub(super) fn remember(&mut self, id: Id, digest: String) {
        if self.digests.insert(id, digest).is_none() {
            self.order.push_back(id);
        }
        if self.order.len() > MAX_REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.digests.remove(&oldest);
        }
    }
}

/// News of one alarm.
pub(super) struct Group {
    pub(super) all: Vec<Waiting>,
    /// So many of them are in the act that is on its way.
    pub(super) flying: usize,
    /// The number of the alarm that they raise where none is open.
    pub(super) number: Id,
    /// What the store took, until it tells the record.
    pub(super) taken: Vec<News>,
    taken_at: Option<Instant>,
    refused_at: Option<Instant>,
    /// The most that go into one act: fewer where one of them cannot be kept, until it is found.
    most: usize,
    /// The identities of all that wait.
    ids: BTreeSet<Id>,
    /// The alarm with the news so far, and how many of those that wait are in it.
    ahead: Option<(Alarm, usize)>,
}

impl Group {
    pub(super) fn new(number: Id) -> Self {
        Self {
            all: Vec::new(),
            flying: 0,
            number,
            taken: Vec::new(),
            taken_at: None,
            refused_at: None,
            most: MOST_NEWS,
            ids: BTreeSet::new(),
            ahead: None,
        }
    }

    /// What waits already of the same news.
    pub(super) fn same(&mut self, news: &News) -> Option<&mut Waiting> {
        if !self.ids.contains(&news.occurrence.id) {
            return None;
        }
        let mut all = self.all.iter_mut();
        all.find(|waiting| {
            let is_same = news.digest.is_none() || waiting.news.digest == news.digest;
            waiting.news.occurrence.id == news.occurrence.id && is_same
        })
    }

    pub(super) fn push(&mut self, waiting: Waiting) {
        self.ids.insert(waiting.news.occurrence.id);
        self.all.push(waiting);
    }

    /// Those at these places, which are no longer waited for.
    pub(super) fn remove(&mut self, places: &BTreeSet<usize>) -> Vec<Waiting> {
        self.ahead = None;
        let mut at = 0..;
        let gone = self
            .all
            .extract_if(.., |_| at.next().is_some_and(|at| places.contains(&at)));
        let gone = gone.collect();
        self.forget_ids();
        gone
    }

    /// Those of the first so many that are known.
    pub(super) fn take_known(
        &mut self,
        first: usize,
        is_known: impl Fn(&Waiting) -> bool,
    ) -> Vec<Waiting> {
        self.ahead = None;
        let first = first.min(self.all.len());
        let taken = self.all.extract_if(..first, |waiting| is_known(waiting));
        let taken = taken.collect();
        self.forget_ids();
        taken
    }

    /// So many go into the next act.
    pub(super) fn next(&self) -> usize {
        once_each(&self.all).min(self.most)
    }

    /// An act of the first so many cannot be kept: whether that is one of them, and not only among
    /// them. Else fewer go into the next act.
    pub(super) fn is_unfit(&mut self, flying: usize) -> bool {
        let alone = flying <= 1;
        self.most = if alone { MOST_NEWS } else { flying / 2 };
        alone
    }

    /// The first so many, which are no longer waited for.
    pub(super) fn take(&mut self, first: usize) -> Vec<Waiting> {
        self.ahead = None;
        let taken = self.all.drain(..first.min(self.all.len())).collect();
        self.forget_ids();
        taken
    }

    fn forget_ids(&mut self) {
        let all = self.all.iter();
        self.ids = all.map(|waiting| waiting.news.occurrence.id).collect();
    }

    /// Whether nothing is left to do or to show.
    pub(super) fn is_done(&self) -> bool {
        self.all.is_empty() && self.taken.is_empty()
    }

    /// Whether news may be offered to the store now.
    fn is_ready(&self, now: Instant) -> bool {
        let rests = |at: Instant| now.saturating_duration_since(at) < RETRY_AFTER;
        self.flying == 0 && self.taken.is_empty() && !self.refused_at.is_some_and(rests)
    }

    /// The store refused for a reason of its own.
    pub(super) fn refused(&mut self, now: Instant) {
        self.refused_at = Some(now);
    }

    /// The store took these; they are shown until it tells the record.
    pub(super) fn took(&mut self, news: Vec<News>, now: Instant) {
        self.taken.extend(news);
        self.taken_at = Some(now);
        self.ahead = None;
    }

    /// What was taken is told, or will not be: an alarm of later news is another one.
    pub(super) fn told(&mut self, number: Id) {
        self.taken.clear();
        self.taken_at = None;
        self.ahead = None;
        self.number = number;
    }

    /// Whether the record of what was taken is not waited for any longer.
    pub(super) fn is_late(&self, now: Instant) -> bool {
        self.taken_at
            .is_some_and(|at| now.saturating_duration_since(at) >= TAKEN_FOR)
    }

    /// The alarm with everything that waits, where that is another than `recorded` and open still.
    pub(super) fn ahead(&mut self, recorded: Option<&Alarm>, class: &Class) -> Option<&Alarm> {
        let (alarm, done) = if let Some((alarm, done)) = self.ahead.take() {
            (Some(alarm), done)
        } else {
            let taken = self.taken.iter().map(|news| &news.occurrence);
            (heard(recorded.cloned(), taken, class, self.number).0, 0)
        };
        let rest = self.all.iter().skip(done);
        let rest = rest.map(|waiting| &waiting.news.occurrence);
        let (alarm, _) = heard(alarm, rest, class, self.number);
        self.ahead = alarm.map(|alarm| (alarm, self.all.len()));
        let (alarm, _) = self.ahead.as_ref()?;
        (alarm.state() != State::Ended && Some(alarm) != recorded).then_some(alarm)
    }
}

/// The keys of which nothing is on its way: the most urgent first, then what has waited longest, and
/// last what is only kept.
pub(super) fn in_turn(
    waiting: &BTreeMap<String, Group>,
    classes: &Classes,
    now: Instant,
) -> Vec<String> {
    let priority = |key: &str| {
        let class = key.split(' ').next().and_then(ClassKey::new)?;
        Some(classes.get(&class)?.priority)
    };
    let mut ready: Vec<(_, WallTime, &String)> = waiting
        .iter()
        .filter(|(_, group)| group.is_ready(now))
        .filter_map(|(key, group)| {
            let since = group.all.first()?.since;
            Some((Reverse(priority(key)), since, key))
        })
        .collect();
    ready.sort();
    ready.into_iter().map(|(.., key)| key.clone()).collect()
}

/// How many from the first on go into one act: different news, since an act says each once, at most
/// [`MOST_NEWS`], and no more than its line of the log has room for; always one.
pub(super) fn once_each(waiting: &[Waiting]) -> usize {
    let mut said = BTreeSet::new();
    let mut room = MAX_SAID;
    let fits = |(index, waiting): &(usize, &Waiting)| {
        let bytes = bytes_in_log(&waiting.news);
        let fits = *index == 0 || bytes <= room;
        room = room.saturating_sub(bytes);
        fits && said.insert(waiting.news.occurrence.id)
    };
    let first = waiting.iter().take(MOST_NEWS);
    first.enumerate().take_while(fits).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::alarm::acts;
    use crate::model::alarm::class::Texts;
    use crate::model::alarm::occurrence::Occurrence;
    use crate::model::detection::fact::Stage;

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
            spooled: false,
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
            let key = one.news.occurrence.key();
            let group = all.entry(key).or_insert_with(|| Group::new(Id::named(id)));
            group.all.push(one);
            group.flying = flying;
        }
        let kept = Group::new(Id::named("g"));
        let kept = all.entry(format!("{ONLY_KEPT}x")).or_insert(kept);
        kept.all.push(waiting("g", "weapon.school", 0));
        let turn = in_turn(&all, &Classes::default(), crate::base::clock::now());
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

    /// The longest texts that an event may have, in letters that take most room.
    #[test]
    fn long_news_go_in_as_many_acts_as_they_need() {
        let long = "\u{1}".repeat(crate::model::outside::LONGEST_TEXT);
        let class = Classes::default();
        let key = ClassKey::new("sos.call").unwrap();
        let class = class.get(&key).unwrap();
        let mut all: Vec<Waiting> = (0..40)
            .map(|n| {
                let mut one = waiting(&n.to_string(), "sos.call", 0);
                one.news.occurrence.text = Some(Texts {
                    kk: long.clone(),
                    ru: long.clone(),
                    en: long.clone(),
                });
                one
            })
            .collect();
        let mut acts = 0;
        while !all.is_empty() {
            let most = once_each(&all);
            let news: Vec<News> = all.drain(..most).map(|waiting| waiting.news).collect();
            let now = WallTime(0);
            let draft = acts::hear("c", None, &news, class, Id::named("a"), now).unwrap();
            let detail = serde_json::to_string(&draft.detail).unwrap();
            assert!(detail.len() <= LONGEST_DETAIL, "{} bytes", detail.len());
            let said = draft.detail["said"].as_array().unwrap();
            assert_eq!(said.len(), most, "the log has all of them");
            acts += 1;
        }
        assert!(acts >= 10, "{acts} acts");
    }
}
