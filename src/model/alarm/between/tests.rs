//! A store of two centres in memory: what each writes is its own, as the real one holds it.

use std::collections::BTreeMap;

use super::*;
use crate::base::clock::WallTime;
use crate::model::act::Record;
use crate::model::alarm::acts::{self, Deed, News};
use crate::model::alarm::alarm::State;
use crate::model::alarm::class::Classes;
use crate::model::alarm::occurrence::Occurrence;
use crate::model::shift::Rules;

const NORTH: By<'static> = By {
    person: Id::from_bytes([1; 16]),
    seat: "north-1",
    centre: "north",
};
const SOUTH: By<'static> = By {
    person: Id::from_bytes([2; 16]),
    seat: "south-1",
    centre: "south",
};
const SOUTH_LATER: By<'static> = By {
    person: Id::from_bytes([3; 16]),
    ..SOUTH
};
const ALARM: Id = Id::from_bytes([7; 16]);
const REQUEST: Id = Id::from_bytes([8; 16]);
const COPY: Id = Id::from_bytes([9; 16]);

/// One kept body: its version, its centre, and itself while there is one.
type Body = (u32, String, Option<String>);

/// What two centres keep, each its own.
struct Two {
    bodies: BTreeMap<(String, Id), Body>,
    now: WallTime,
    acts: Vec<(String, Draft)>,
}

impl Two {
    /// The north has an alarm on a camera.
    fn new() -> Self {
        let mut kept = Self {
            bodies: BTreeMap::new(),
            now: WallTime::from_micros(1_800_000_000_000_000),
            acts: Vec::new(),
        };
        let occurrence: Occurrence = serde_json::from_value(serde_json::json!({
            "id": Id::from_bytes([20; 16]), "thing": Id::from_bytes([21; 16]),
            "class": "plate.hit", "stage": "begun", "at": kept.now, "heard": kept.now,
            "camera": "cam-7", "source": "test", "seat": "north-1",
        }))
        .expect("an occurrence");
        let news = [News {
            occurrence,
            digest: None,
        }];
        let classes = Classes::default();
        let class = classes.get(&news[0].occurrence.class).expect("known");
        let draft = acts::hear("north", None, &news, class, ALARM, kept.now).expect("news");
        kept.keep("north", draft);
        kept
    }

    fn keep(&mut self, centre: &str, draft: Draft) {
        for change in &draft.changes {
            let key = (change.key.kind.clone(), change.key.id);
            let known = self.bodies.get(&key);
            let version = known.map_or(0, |(version, _, _)| *version);
            assert_eq!(version, change.expect, "the version of {key:?}");
            assert!(
                known.is_none_or(|(_, owner, _)| owner == centre),
                "{centre} writes what is another's: {key:?}"
            );
            let body = (version + 1, centre.to_owned(), change.body.clone());
            self.bodies.insert(key, body);
        }
        self.acts.push((centre.to_owned(), draft));
    }

    fn all<T: Record>(&self) -> Vec<Kept<T>> {
        let of_kind = self.bodies.iter().filter(|((kind, _), _)| kind == T::KIND);
        let read = |((_, id), (version, centre, body)): (&(String, Id), &Body)| {
            Some(Kept {
                id: *id,
                version: *version,
                seq: 0,
                centre: centre.clone(),
                value: serde_json::from_str(body.as_ref()?).expect("a record"),
            })
        };
        of_kind.filter_map(read).collect()
    }

    fn alarm(&self, centre: &str) -> Kept<Alarm> {
        let mut all = self.all::<Alarm>().into_iter();
        all.find(|kept| kept.centre == centre).expect("an alarm")
    }

    /// Does what `work` makes of what is known.
    fn does(
        &mut self,
        by: By<'_>,
        work: impl FnOnce(&Papers<'_>, &Known<'_>) -> Result<Draft, Refusal>,
    ) -> Result<(), Refusal> {
        self.now = self.now.plus_nanos(1_000_000_000);
        let (claims, requests, answers) = (self.all(), self.all(), self.all());
        let papers = Papers {
            claims: &claims,
            requests: &requests,
            answers: &answers,
        };
        let known = Known {
            posts: &[],
            covers: &[],
            duties: &[],
            presences: &[],
            now: self.now,
            rules: Rules::default(),
        };
        let draft = work(&papers, &known)?;
        self.keep(by.centre, draft);
        Ok(())
    }

    fn request(&self) -> Kept<Request> {
        self.all().remove(0)
    }

    fn asks(&mut self) -> Result<(), Refusal> {
        let alarm = self.alarm("north");
        self.does(SOUTH, |papers, known| {
            papers.ask(known, SOUTH, REQUEST, &alarm, "a chase")
        })
    }

    fn grants(&mut self) -> Result<(), Refusal> {
        let (alarm, request) = (self.alarm("north"), self.request());
        self.does(NORTH, |papers, known| {
            papers.grant(known, NORTH, &alarm.value, &request)
        })
    }

    fn takes(&mut self, by: By<'static>) -> Result<(), Refusal> {
        let (alarm, request) = (self.alarm("north"), self.request());
        self.does(by, |papers, known| {
            papers.take(known, by, &alarm, &request, COPY)
        })
    }

    fn recalls(&mut self) -> Result<(), Refusal> {
        let (alarm, request) = (self.alarm("north"), self.request());
        self.does(NORTH, |papers, known| {
            papers.recall(known, NORTH, &alarm.value, &request)
        })
    }

    /// How the alarms stand as a centre sees it.
    fn stand(&self, centre: &str) -> Vec<(Id, Standing)> {
        let (claims, requests, answers) = (self.all(), self.all(), self.all());
        let papers = Papers {
            claims: &claims,
            requests: &requests,
            answers: &answers,
        };
        let all = papers.between(&self.all::<Alarm>(), centre);
        all.into_iter()
            .map(|(number, between)| (number, between.standing))
            .collect()
    }

    /// Somebody of the south says what the copy is.
    fn answers(&mut self, by: By<'static>, found: Judgement) {
        let copy = self.alarm("south");
        let requests = self.all::<Request>();
        let hand = Hand {
            person: Some(by.person),
            seat: by.seat.into(),
            at: self.now,
        };
        let deed = Deed::Judge(found, "seen".into());
        let draft = acts::done("south", &copy, &deed, None, hand).expect("judged");
        self.does(by, |_, known| {
            let found = (found, "seen");
            Ok(with_answer(draft, known, by, &copy.value, &requests, found))
        })
        .expect("kept");
    }
}

#[test]
fn an_alarm_is_asked_for_granted_taken_over_answered_and_comes_back_with_the_answer() {
    let mut kept = Two::new();
    assert!(kept.stand("north").is_empty());
    kept.asks().expect("asked");
    assert_eq!(kept.stand("north"), [(ALARM, Standing::Asked)]);
    assert_eq!(kept.stand("south"), [(ALARM, Standing::Asked)]);
    assert_eq!(kept.asks(), Err(Refusal::OfferOpen), "asked already");
    assert_eq!(kept.takes(SOUTH), Err(Refusal::NotNow), "not granted yet");
    kept.grants().expect("granted");
    assert_eq!(kept.stand("south"), [(ALARM, Standing::Granted)]);
    // It rings on where it is until it was taken over.
    assert!(kept.alarm("north").value.state().calls());
    assert_eq!(kept.takes(SOUTH_LATER), Err(Refusal::NotForYou));
    kept.takes(SOUTH).expect("taken");
    let taken = Standing::Taken;
    assert_eq!(kept.stand("north"), [(ALARM, taken), (COPY, taken)]);
    let copy = kept.alarm("south").value;
    assert_eq!(
        copy.owner.as_ref().and_then(|owner| owner.person),
        Some(SOUTH.person)
    );
    assert_eq!(copy.camera, kept.alarm("north").value.camera);
    assert!(!copy.state().calls());
    // Who is unsure gives nothing back; who is sure does, though somebody else asked for it.
    kept.answers(SOUTH, Judgement::Unsure);
    assert_eq!(kept.stand("south").len(), 2);
    kept.answers(SOUTH_LATER, Judgement::Real);
    assert_eq!(kept.stand("north"), [(ALARM, Standing::GivenBack)]);
    let found = kept.request().value.found.expect("found");
    assert_eq!(
        (found.found.as_str(), found.note.as_str()),
        ("real", "seen")
    );
    assert_eq!(kept.alarm("north").value.state(), State::Unacknowledged);
    let past = kept.all::<Past>();
    assert_eq!((past.len(), past[0].value.alarm.number), (1, COPY));
    // Both logs tell it.
    let told = |centre: &str| -> Vec<&str> {
        let acts = kept.acts.iter().filter(|(of, _)| of == centre);
        acts.map(|(_, draft)| draft.kind.as_str()).collect()
    };
    assert_eq!(told("north"), ["alarm-raised", "claim-granted"]);
    let south = [
        "claim-asked",
        "claim-taken-over",
        "alarm-judged",
        "alarm-judged",
    ];
    assert_eq!(told("south"), south);
}

#[test]
fn what_was_taken_over_is_given_back_without_an_answer() {
    let mut kept = Two::new();
    kept.asks().expect("asked");
    kept.grants().expect("granted");
    kept.takes(SOUTH).expect("taken");
    let (copy, request) = (kept.alarm("south"), kept.request());
    kept.does(SOUTH_LATER, |_, known| {
        given_back(known, SOUTH_LATER, &copy, &request, None)
    })
    .expect("given back");
    assert_eq!(kept.stand("north"), [(ALARM, Standing::GivenBack)]);
    assert_eq!(kept.request().value.found, None);
    assert_eq!(kept.all::<Past>().len(), 1);
    // It may be asked for again.
    let alarm = kept.alarm("north");
    kept.does(SOUTH, |papers, known| {
        papers.ask(known, SOUTH, Id::from_bytes([30; 16]), &alarm, "again")
    })
    .expect("asked again");
    assert_eq!(kept.stand("south"), [(ALARM, Standing::Asked)]);
}

#[test]
fn the_owner_keeps_it_or_takes_it_back() {
    let mut kept = Two::new();
    kept.asks().expect("asked");
    let request = kept.request();
    kept.does(NORTH, |_, known| request::deny(known, NORTH, &request))
        .expect("denied");
    assert_eq!(kept.stand("south"), [(ALARM, Standing::Kept)]);

    let mut kept = Two::new();
    kept.asks().expect("asked");
    kept.grants().expect("granted");
    kept.recalls().expect("recalled");
    assert_eq!(kept.stand("south"), [(ALARM, Standing::Recalled)]);
    assert_eq!(kept.takes(SOUTH), Err(Refusal::NotNow));

    let mut kept = Two::new();
    kept.asks().expect("asked");
    kept.grants().expect("granted");
    kept.takes(SOUTH).expect("taken");
    kept.recalls().expect("recalled");
    let recalled = Standing::Recalled;
    assert_eq!(kept.stand("north"), [(ALARM, recalled), (COPY, recalled)]);
    // What the other had found meanwhile is its own, and is told all the same.
    kept.answers(SOUTH, Judgement::NoThreat);
    assert_eq!(
        kept.request().value.found.expect("found").found,
        "no_threat"
    );
}

#[test]
fn nobody_asks_for_what_is_ones_own() {
    let mut kept = Two::new();
    let alarm = kept.alarm("north");
    let own = kept.does(NORTH, |papers, known| {
        papers.ask(known, NORTH, REQUEST, &alarm, "mine")
    });
    assert_eq!(own, Err(Refusal::OwnCentre));
    let none = kept.does(SOUTH, |papers, known| {
        papers.ask(known, SOUTH, REQUEST, &alarm, " ")
    });
    assert!(none.is_err(), "without a reason");
}
