//! Three seats of one centre, and the rights that the store holds: on both stores.

use qyran::app::seat::records::Records;
use qyran::base::clock::{self, WallTime};
use qyran::model::act::{Act, Draft, Record as _};
use qyran::model::camera::{CameraId, Names};
use qyran::model::id::Id;
use qyran::model::person::{Credential, Person};
use qyran::model::roles::Role;
use qyran::model::shift::handover::{self, HandoverState};
use qyran::model::shift::post::{self, Post, Watched};
use qyran::model::shift::presence::{Presence, SeatState};
use qyran::model::shift::{By, Known, Rules, claim, cover};
use qyran::model::staff::{self, NewPerson};
use qyran::store::database::{Kept, Outcome, Unfit, new_id};
use qyran::words::Language;

use crate::harness::{Place, Seat};

const CENTRE: &str = "north";

/// A seat, who sits there, and what it knows.
struct Sitting {
    seat: Seat,
    person: Id,
}

impl Sitting {
    fn records(&self) -> Records {
        let mut records = Records::new(CENTRE);
        self.seat
            .with(|known| known.rows.values().for_each(|row| records.learn(row)));
        records
    }

    /// What `work` makes of what this seat knows.
    fn draft<T>(
        &self,
        everybody: &[&Self],
        work: impl FnOnce(&Known<'_>, By<'_>, &Records) -> T,
    ) -> T {
        let records = self.records();
        let now = clock::wall_now();
        let presences: Vec<Presence> = everybody.iter().map(|one| presence(one, now)).collect();
        let known = Known {
            posts: &records.posts,
            covers: &records.covers,
            duties: &records.duties,
            presences: &presences,
            now,
            rules: Rules::default(),
        };
        let by = By {
            person: self.person,
            seat: &self.seat.options.seat,
            centre: CENTRE,
        };
        work(&known, by, &records)
    }

    fn act(&self, draft: Draft) -> Act {
        Act {
            author: Some(self.person),
            kind: draft.kind,
            about: draft.about,
            detail: draft.detail,
            ..self.seat.act("x", draft.changes)
        }
    }

    /// Does it, and waits until every seat knows.
    fn does(&self, everybody: &[&Self], draft: Draft) {
        let act = self.act(draft);
        self.seat.must(&act);
        for one in everybody {
            one.seat.until(&act.kind, |known| {
                act.changes
                    .iter()
                    .all(|change| known.version(&change.key) > change.expect)
            });
        }
    }
}

fn presence(of: &Sitting, now: WallTime) -> Presence {
    Presence {
        seat: of.seat.options.seat.clone(),
        centre: CENTRE.to_owned(),
        person: Some(of.person),
        posts: Vec::new(),
        state: SeatState::Present,
        answers: Vec::new(),
        since: now,
        seen: now,
        without_break_secs: 0,
    }
}

/// Three seats: two inspectors and a senior, each at one.
fn centre(place: &Place) -> [Sitting; 3] {
    let seats = [
        place.seat().settled(),
        place.seat().settled(),
        place.seat().settled(),
    ];
    let people: Vec<(Id, NewPerson)> = [
        ("one", Role::Inspector),
        ("two", Role::Inspector),
        ("three", Role::Senior),
        ("four", Role::Administrator),
    ]
    .into_iter()
    .map(|(login, role)| {
        let new = NewPerson {
            name: format!("{login} Әлі"),
            login: login.to_owned(),
            roles: [role].into(),
            language: Language::Kk,
            credential: Some(Credential::new("$")),
            ..NewPerson::default()
        };
        (new_id(), new)
    })
    .collect();
    let ids: Vec<Id> = people.iter().map(|(id, _)| *id).collect();
    let founded = staff::found(&Records::new(CENTRE).staff, people).expect("people");
    let mut act = seats[0].act(&founded.kind, founded.changes);
    act.detail = founded.detail;
    seats[0].must(&act);
    for seat in &seats {
        seat.until("people", |known| {
            act.changes
                .iter()
                .all(|change| known.version(&change.key) == 1)
        });
    }
    let [first, second, third] = seats;
    [(first, ids[0]), (second, ids[1]), (third, ids[2])]
        .map(|(seat, person)| Sitting { seat, person })
}

fn post(number: usize) -> Post {
    let watched = |n: usize| Watched {
        camera: CameraId::new(format!("cam-{number}-{n}")).expect("a camera"),
        shared: false,
    };
    Post {
        name: Names {
            kk: format!("{number}-бекет"),
            ru: format!("Пост {number}"),
            en: format!("Post {number}"),
        },
        cameras: (0..3).map(watched).collect(),
        ..Post::default()
    }
}

#[test]
fn three_seats_cover_a_break_hand_a_shift_over_and_race_for_a_claim() {
    for place in Place::both() {
        let [one, two, senior] = centre(&place);
        let all = [&one, &two, &senior];
        for one in all {
            let said = serde_json::to_string(&presence(one, WallTime(0))).expect("JSON");
            one.seat.store().present(said).expect("said");
        }
        for one in all {
            one.seat.until("all three", |known| known.seats.len() == 3);
        }
        let posts = [new_id(), new_id()];
        for (number, id) in posts.into_iter().enumerate() {
            let draft = senior.draft(&all, |known, by, _| {
                post::save(known, by, id, &post(number))
            });
            senior.does(&all, draft.expect("a post"));
        }
        let draft = one.draft(&all, |known, by, _| post::take(known, by, posts[0]));
        one.does(&all, draft.expect("taken"));
        let draft = two.draft(&all, |known, by, _| post::take(known, by, posts[1]));
        two.does(&all, draft.expect("taken"));
        let holds = |who: &Sitting, by: &Sitting| {
            who.draft(&all, |known, _, _| known.held_by(by.person).count())
        };

        // A break: asked, confirmed, asked back, confirmed.
        let break_id = new_id();
        let draft = one.draft(&all, |known, by, _| {
            cover::offer(known, by, break_id, two.person)
        });
        one.does(&all, draft.expect("offered"));
        assert_eq!(
            (holds(&senior, &one), holds(&senior, &two)),
            (1, 1),
            "not yet"
        );
        let draft = two.draft(&all, |known, by, _| cover::accept(known, by, break_id));
        two.does(&all, draft.expect("accepted"));
        assert_eq!((holds(&senior, &one), holds(&senior, &two)), (0, 2));
        let draft = one.draft(&all, |known, by, _| cover::ask_back(known, by, break_id));
        one.does(&all, draft.expect("asked back"));
        let draft = two.draft(&all, |known, by, _| cover::give_back(known, by, break_id));
        two.does(&all, draft.expect("given back"));
        assert_eq!((holds(&senior, &one), holds(&senior, &two)), (1, 1));

        // The shift: a critical item must be read.
        let id = new_id();
        let draft = one.draft(&all, |known, by, records| {
            handover::draft(known, by, id, Vec::new(), &records.handovers)
        });
        one.does(&all, draft.expect("begun"));
        let draft = one.draft(&all, |_, by, records| {
            handover::note(by, &records.handovers[0], new_id(), "Есік ашық", true)
        });
        one.does(&all, draft.expect("noted"));
        let draft = one.draft(&all, |known, by, records| {
            handover::offer(known, by, &records.handovers[0], senior.person)
        });
        one.does(&all, draft.expect("offered"));
        let draft = senior.draft(&all, |known, by, records| {
            handover::open(known, by, &records.handovers[0])
        });
        senior.does(&all, draft.expect("opened"));
        let early = senior.draft(&all, |known, by, records| {
            handover::finish(known, by, &records.handovers[0], Vec::new())
        });
        assert!(early.is_err(), "a critical item was not read");
        let draft = senior.draft(&all, |known, by, records| {
            let kept = &records.handovers[0];
            let items = kept.value.items.iter();
            let items: Vec<_> = items.map(|item| (item.kind, item.about.clone())).collect();
            handover::read(known, by, kept, &items)
        });
        senior.does(&all, draft.expect("read"));
        let draft = senior.draft(&all, |known, by, records| {
            handover::finish(known, by, &records.handovers[0], Vec::new())
        });
        senior.does(&all, draft.expect("finished"));
        for seat in all {
            let state = seat.records().handovers[0].value.state;
            assert_eq!(state, HandoverState::Finished, "{}", place.name);
            assert_eq!((holds(seat, &one), holds(seat, &senior)), (0, 1));
        }

        // “I take it”, said by all at once.
        let about = "camera:cam-0-1";
        let answers = all.map(|seat| {
            let draft = seat.draft(&all, |known, by, _| {
                claim::claim(known, by, about, CENTRE, None, &[])
            });
            let act = seat.act(draft.expect("a claim"));
            (seat.person, seat.seat.store().submit(act).expect("taken"))
        });
        let mut won = Vec::new();
        for (person, answer) in answers {
            match answer.wait().expect("an answer") {
                Kept::Settled(Outcome::Done { .. }) => won.push(person),
                Kept::Settled(Outcome::Conflict(_)) => {}
                other => panic!("{}: {other:?}", place.name),
            }
        }
        let [winner] = won[..] else {
            panic!("{}: {won:?}", place.name)
        };
        let key = qyran::model::act::Key::new(claim::Claim::KIND, claim::id(about));
        for seat in all {
            seat.seat
                .until("the claim", |known| known.version(&key) == 1);
            let records = seat.records();
            let holder = records.claims[0].value.holder.as_ref().expect("a holder");
            assert_eq!(holder.person, winner, "{}", place.name);
        }
    }
}

#[test]
fn the_store_refuses_what_the_author_may_not() {
    for place in Place::both() {
        let [one, _, senior] = centre(&place);
        let records = one.records();
        let me = records.staff.get(one.person).expect("me");
        let risen = Person {
            roles: [Role::Administrator].into(),
            ..me.value.clone()
        };
        let may_not = [
            (
                "roles-changed",
                one.person,
                Draft::new("roles-changed").put(me.id, 1, &risen),
            ),
            (
                "enlarged",
                one.person,
                Draft::new("enlarged").put(me.id, 1, &risen),
            ),
            (
                "post-saved",
                one.person,
                Draft::new("post-saved").put(new_id(), 0, &post(1)),
            ),
            (
                "post-saved",
                new_id(),
                Draft::new("post-saved").put(new_id(), 0, &post(1)),
            ),
        ];
        for (kind, author, draft) in may_not {
            let act = Act {
                author: Some(author),
                ..one.act(draft)
            };
            let outcome = one.seat.submit(&act);
            assert!(
                matches!(
                    outcome,
                    Ok(Kept::Settled(Outcome::Unfit(Unfit::NotAllowed { .. })))
                ),
                "{} {kind}: {outcome:?}",
                place.name
            );
        }
        let draft = Draft::new("post-saved").put(new_id(), 0, &post(1));
        senior.seat.must(&senior.act(draft));
        assert_eq!(one.seat.log().len(), 2, "nothing else was written");
    }
}
