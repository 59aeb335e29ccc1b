//! Whatever comes in whatever order: the alarms hold together, and the log tells the same again.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::acts::{self, Deed, News};
use super::alarm::{Alarm, Past, State};
use super::aside::{self, Asides, Shelf};
use super::class::{Class, ClassKey, Classes};
use super::occurrence::Occurrence;
use super::queue::{Part, Queue, sounding};
use super::verdict::Judgement;
use super::{Hand, Priority};
use crate::base::clock::WallTime;
use crate::model::act::{Draft, Kept, Record as _};
use crate::model::camera::CameraId;
use crate::model::detection::fact::Stage;
use crate::model::id::Id;

const CLASSES: [&str; 5] = [
    "bracelet.strap",
    "bracelet.battery",
    "seen.left",
    "person.wanted",
    "weapon.school",
];

#[derive(Clone, Debug)]
enum Move {
    Hear {
        class: usize,
        camera: u8,
        thing: u8,
        stage: u8,
        again: bool,
    },
    Do {
        which: usize,
        deed: u8,
        person: u8,
    },
    Shelve {
        which: usize,
        minutes: i64,
    },
    Wait(i64),
}

fn moves() -> impl Strategy<Value = Move> {
    prop_oneof![
        6 => (0..CLASSES.len(), 0..3_u8, 0..4_u8, 0..4_u8, prop::bool::weighted(0.2)).prop_map(
            |(class, camera, thing, stage, again)| Move::Hear { class, camera, thing, stage, again }
        ),
        5 => (0..20_usize, 0..9_u8, 0..3_u8)
            .prop_map(|(which, deed, person)| Move::Do { which, deed, person }),
        1 => (0..20_usize, -1..60_i64).prop_map(|(which, minutes)| Move::Shelve { which, minutes }),
        // A clock may also be set back.
        2 => prop_oneof![1..400_i64, Just(-3600_i64)].prop_map(Move::Wait),
    ]
}

/// Records as a store keeps them.
#[derive(Clone, Debug, Default, PartialEq)]
struct Shelves {
    bodies: BTreeMap<(String, Id), (u32, Option<String>)>,
}

impl Shelves {
    /// Takes an act; false where a version does not fit.
    fn take(&mut self, draft: &Draft) -> bool {
        let fits = draft.changes.iter().all(|change| {
            let known = self.bodies.get(&(change.key.kind.clone(), change.key.id));
            match known {
                None | Some((_, None)) => change.expect == 0,
                Some((version, Some(_))) => change.expect == *version,
            }
        });
        if fits {
            for change in &draft.changes {
                let entry = self
                    .bodies
                    .entry((change.key.kind.clone(), change.key.id))
                    .or_insert((0, None));
                *entry = (entry.0 + 1, change.body.clone());
            }
        }
        fits
    }

    fn all<T: crate::model::act::Record>(&self) -> Vec<Kept<T>> {
        let of_kind = self.bodies.iter().filter(|((kind, _), _)| kind == T::KIND);
        of_kind
            .filter_map(|((_, id), (version, body))| {
                let value = serde_json::from_str(body.as_ref()?).expect("a record");
                Some(Kept {
                    id: *id,
                    version: *version,
                    seq: 0,
                    centre: "c".into(),
                    value,
                })
            })
            .collect()
    }
}

struct World {
    classes: Classes,
    kept: Shelves,
    log: Vec<Draft>,
    now: WallTime,
    /// What has happened, by its identity: counted once each.
    happened: BTreeSet<Id>,
    news: u32,
}

impl World {
    fn class(&self, key: &str) -> (ClassKey, Class) {
        let key = ClassKey::new(key).unwrap();
        let class = self.classes.get(&key).unwrap().clone();
        (key, class)
    }

    fn keep(&mut self, draft: Draft) {
        assert!(self.kept.take(&draft), "versions fit: {draft:?}");
        self.log.push(draft);
    }

    fn hear(&mut self, class: usize, camera: u8, thing: u8, stage: u8, again: bool) {
        let (key, class) = self.class(CLASSES[class]);
        self.news += u32::from(!again);
        let occurrence = Occurrence {
            id: Id::named(&format!("news {}", self.news)),
            thing: Id::named(&format!("thing {thing}")),
            class: key,
            stage: [Stage::Once, Stage::Begun, Stage::Updated, Stage::Ended][usize::from(stage)],
            at: self.now,
            heard: self.now,
            camera: Some(CameraId::new(format!("cam-{camera}")).unwrap()),
            place: String::new(),
            position: None,
            subject: None,
            source: "test".into(),
            text: None,
            region: None,
            score: Some(0.5),
            details: std::collections::BTreeMap::new(),
            still: None,
            seat: String::new(),
        };
        let alarms = self.kept.all::<Alarm>();
        let open = alarms
            .iter()
            .find(|kept| kept.value.key == occurrence.key());
        let before = open.map_or(0, |kept| kept.value.count);
        let id = occurrence.id;
        let news = News {
            occurrence,
            digest: None,
        };
        let number = Id::named(&format!("alarm {}", self.log.len()));
        let news = [news];
        let draft = acts::hear("c", open, &news, &class, number, self.now);
        let was = open.map(|kept| kept.value.clone());
        let (after, _) = acts::heard(was, [&news[0].occurrence], &class, number);
        let counted = after.map_or(0, |alarm| alarm.count) - before;
        assert!(counted <= 1);
        if counted == 1 {
            // What came again while its alarm is open is not counted again.
            let fresh = self.happened.insert(id);
            assert!(fresh || open.is_none_or(|kept| !kept.value.heard.contains(&id)));
        }
        if let Some(draft) = draft {
            self.keep(draft);
        }
    }

    fn act(&mut self, which: usize, deed: u8, person: u8) {
        let alarms = self.kept.all::<Alarm>();
        let Some(kept) = alarms.get(which % alarms.len().max(1)) else {
            return;
        };
        let by = Hand {
            person: Some(Id::named(&format!("person {person}"))),
            seat: "s".into(),
            at: self.now,
        };
        let deed = match deed {
            0..=2 => Deed::Acknowledge,
            3 => Deed::Judge(Judgement::Real, String::new()),
            4 => Deed::Judge(Judgement::NoThreat, String::new()),
            5 => Deed::Judge(Judgement::TrainingAid, String::new()),
            6 => Deed::Judge(Judgement::Unsure, String::new()),
            7 => Deed::Pass("102".into()),
            _ => Deed::TakeOver,
        };
        let (_, class) = self.class(kept.value.class.as_str());
        let before = kept.value.state();
        match acts::done("c", kept, &deed, Some(&class), by) {
            Ok(draft) => {
                assert!(
                    !matches!(deed, Deed::Acknowledge) || before.calls(),
                    "somebody had it: {before:?}"
                );
                if matches!(deed, Deed::Pass(_)) && class.two_answers {
                    let real: BTreeSet<_> = kept
                        .value
                        .verdicts
                        .iter()
                        .filter(|verdict| verdict.found == Judgement::Real)
                        .map(|verdict| verdict.by.person)
                        .collect();
                    assert!(real.len() >= 2, "two people had answered");
                }
                self.keep(draft);
            }
            Err(_refused) => {}
        }
    }

    fn shelve(&mut self, which: usize, minutes: i64) {
        let alarms = self.kept.all::<Alarm>();
        let Some(kept) = alarms.get(which % alarms.len().max(1)) else {
            return;
        };
        let by = Hand {
            person: None,
            seat: "s".into(),
            at: self.now,
        };
        let until = self.now.plus_nanos(minutes * 60_000_000_000);
        let shelf = aside::shelve(&kept.value, until, "works", by, self.now);
        let may = kept.value.priority != Priority::Critical && (1..=30).contains(&minutes);
        assert_eq!(shelf.is_ok(), may);
        if let Ok(shelf) = shelf {
            let known = self.kept.all::<Shelf>();
            let known = known.iter().find(|known| known.value.key == shelf.key);
            let draft = acts::shelved("c", &shelf, known);
            self.keep(draft);
        }
    }

    fn check(&self) {
        let alarms = self.kept.all::<Alarm>();
        let past = self.kept.all::<Past>();
        let keys: BTreeSet<_> = alarms.iter().map(|kept| &kept.value.key).collect();
        assert_eq!(keys.len(), alarms.len(), "one open alarm of a key");
        for kept in &alarms {
            assert_ne!(kept.value.state(), State::Ended, "what is over is not open");
        }
        for kept in &past {
            let alarm = &kept.value.alarm;
            assert_eq!(kept.id, alarm.number);
            assert!(alarm.acknowledged.is_some() && !alarm.is_active());
            assert!(alarm.settled().is_some() || (!alarm.latches && !alarm.is_asked()));
        }
        let counted: u32 = alarms.iter().map(|kept| kept.value.count).sum::<u32>()
            + past.iter().map(|kept| kept.value.alarm.count).sum::<u32>();
        assert!(counted as usize >= self.happened.len(), "all is counted");
        let asides = Asides {
            shelves: self.kept.all(),
            ..Asides::default()
        };
        let part = |kept: &Kept<Alarm>| match asides.of(&kept.value, self.now) {
            Some(_) => Part::Aside,
            None => Part::Own,
        };
        let queue = Queue::of(&alarms, self.now, 0, part, |_| String::new());
        let mut shown: Vec<usize> = queue
            .entries
            .iter()
            .flat_map(|entry| entry.alarms.clone())
            .collect();
        shown.sort_unstable();
        assert_eq!(
            shown,
            (0..alarms.len()).collect::<Vec<_>>(),
            "none is dropped"
        );
        for entry in &queue.entries {
            let critical = |index: &usize| alarms[*index].value.priority == Priority::Critical;
            if entry.alarms.iter().any(critical) {
                assert_eq!(entry.alarms.len(), 1, "what is critical stands alone");
                assert_eq!(entry.part, Part::Own, "and is on no shelf");
            }
        }
        let first = queue
            .entries
            .first()
            .map(|entry| alarms[entry.alarms[0]].value.priority);
        let any = alarms
            .iter()
            .any(|kept| kept.value.priority == Priority::Critical);
        assert!(!any || first == Some(Priority::Critical), "and first");
        let sounds = sounding(&alarms, part);
        for (index, kept) in alarms.iter().enumerate() {
            let alarm = &kept.value;
            if alarm.priority == Priority::Critical && alarm.state().calls() {
                assert!(
                    sounds.contains(&index),
                    "what is critical sounds until it is seen"
                );
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn alarms_hold_together_in_any_order(moves in prop::collection::vec(moves(), 1..60)) {
        let mut world = World {
            classes: Classes::default(),
            kept: Shelves::default(),
            log: Vec::new(),
            now: WallTime(1_700_000_000_000_000_000),
            happened: BTreeSet::new(),
            news: 0,
        };
        for step in moves {
            match step {
                Move::Hear { class, camera, thing, stage, again } => {
                    world.hear(class, camera, thing, stage, again);
                }
                Move::Do { which, deed, person } => world.act(which, deed, person),
                Move::Shelve { which, minutes } => world.shelve(which, minutes),
                Move::Wait(secs) => world.now = world.now.plus_nanos(secs * 1_000_000_000),
            }
            world.check();
        }
        // The log tells the same again.
        let mut again = Shelves::default();
        for draft in &world.log {
            let text = serde_json::to_string(&draft.changes).expect("JSON");
            let changes = serde_json::from_str(&text).expect("changes");
            let draft = Draft { changes, ..Draft::default() };
            prop_assert!(again.take(&draft));
        }
        prop_assert_eq!(&again, &world.kept);
    }
}

#[test]
fn records_of_alarms_have_kinds_of_their_own() {
    let kinds = [Alarm::KIND, Past::KIND, Shelf::KIND, acts::Said::KIND];
    assert_eq!(kinds.iter().collect::<BTreeSet<_>>().len(), kinds.len());
}

/// An alarm that somebody has, at a moment; nothing else happened.
fn acknowledged(stages: &[u8]) -> World {
    let mut world = World {
        classes: Classes::default(),
        kept: Shelves::default(),
        log: Vec::new(),
        now: WallTime(1_700_000_000_000_000_000),
        happened: BTreeSet::new(),
        news: 0,
    };
    for stage in stages {
        world.hear(4, 0, 0, *stage, false);
        world.pass(5);
    }
    world.act(0, 0, 1);
    assert!(!world.calls(), "somebody has it");
    world
}

impl World {
    fn pass(&mut self, secs: i64) {
        self.now = self.now.plus_nanos(secs * 1_000_000_000);
    }

    fn calls(&self) -> bool {
        let alarms = self.kept.all::<Alarm>();
        assert_eq!(alarms.len(), 1);
        alarms[0].value.state().calls()
    }
}

#[test]
fn what_happens_again_calls_as_soon_as_before_when_the_clock_is_set_back() {
    for set_back in [0, 3600, 86_400] {
        let mut world = acknowledged(&[0]);
        world.pass(600 - set_back);
        world.hear(4, 0, 0, 0, false);
        assert!(world.calls(), "ten minutes later, {set_back} s back");
        world.act(0, 0, 1);
        for _ in 0..10 {
            world.pass(10);
            world.hear(4, 0, 0, 0, false);
            assert!(!world.calls(), "within the window, {set_back} s back");
        }
        world.pass(130);
        world.hear(4, 0, 0, 0, false);
        assert!(world.calls(), "after it, {set_back} s back");
    }
}

#[test]
fn what_chattered_calls_again_after_a_minute_also_when_the_clock_is_set_back() {
    for set_back in [0, 3600] {
        let mut world = acknowledged(&[1, 3, 1, 3]);
        world.pass(1);
        world.hear(4, 0, 0, 1, false);
        assert!(!world.calls(), "it chatters");
        world.hear(4, 0, 0, 3, false);
        world.pass(300 - set_back);
        world.hear(4, 0, 0, 1, false);
        assert!(world.calls(), "{set_back} s back");
    }
}
