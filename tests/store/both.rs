//! The same promises on SQLite and on PostgreSQL.

use std::time::Duration;

use qyran::base::clock::{self, WallTime};
use qyran::model::act::{Change, LONGEST_BODY};
use qyran::store::database::{Kept, Outcome, Task, new_id};

use crate::harness::{PATIENCE, Place, new_key, put};

#[test]
fn what_was_done_is_there_in_its_order_and_after_a_restart() {
    for place in Place::both() {
        let seat = place.seat().settled();
        let (first, second) = (new_key(), new_key());
        let made = seat.act("made", vec![put(&first, 0, r#"{"a":1}"#)]);
        assert_eq!(seat.must(&made), 0, "{}", place.name);
        let changed = seat.act(
            "changed",
            vec![put(&first, 1, r#"{"a":2}"#), put(&second, 0, "{}")],
        );
        let removed = seat.act(
            "removed",
            vec![Change {
                key: second.clone(),
                expect: 1,
                body: None,
            }],
        );
        let noted = seat.act("noted", Vec::new());
        // Together, as one group.
        let answers: Vec<_> = [&changed, &removed, &noted]
            .map(|act| seat.store().submit(act.clone()).expect("taken"))
            .into_iter()
            .map(|answer| answer.wait().expect("kept"))
            .collect();
        let places: Vec<Kept> = (1..4)
            .map(|seq| Kept::Settled(Outcome::Done { seq }))
            .collect();
        assert_eq!(answers, places, "{}", place.name);
        let ids = vec![made.id, changed.id, removed.id, noted.id];
        assert_eq!(seat.log(), ids);
        let options = seat.close();

        let again = crate::harness::Seat::open(options).settled();
        again.with(|known| {
            assert_eq!(known.body(&first), Some(r#"{"a":2}"#), "{}", place.name);
            assert_eq!((known.version(&first), known.version(&second)), (2, 2));
            assert_eq!(known.body(&second), None);
        });
        assert_eq!(again.log(), ids);
        assert_eq!(again.must(&again.act("more", Vec::new())), 4);
    }
}

#[test]
fn an_act_that_comes_twice_is_done_once() {
    for place in Place::both() {
        let seat = place.seat().settled();
        let key = new_key();
        let act = seat.act("made", vec![put(&key, 0, "{}")]);
        let seq = seat.must(&act);
        let again = seat.submit(&act).expect("an answer");
        assert_eq!(again, Kept::Settled(Outcome::DoneBefore { seq }));
        // Twice in one group, too.
        let other = seat.act("made", vec![put(&new_key(), 0, "{}")]);
        let answers = [&other, &other].map(|act| seat.store().submit(act.clone()).expect("taken"));
        let kept = answers.map(|answer| answer.wait().expect("kept"));
        assert_eq!(
            kept,
            [
                Kept::Settled(Outcome::Done { seq: 1 }),
                Kept::Settled(Outcome::DoneBefore { seq: 1 })
            ]
        );
        assert_eq!(seat.log(), [act.id, other.id], "{}", place.name);
    }
}

#[test]
fn who_saw_an_older_version_is_told_and_nothing_of_it_is_done() {
    for place in Place::both() {
        let (one, other) = (place.seat().settled(), place.seat().settled());
        let (key, beside) = (new_key(), new_key());
        one.must(&one.act("made", vec![put(&key, 0, r#"{"by":"one"}"#)]));
        let late = other.act(
            "made",
            vec![put(&beside, 0, "{}"), put(&key, 0, r#"{"by":"other"}"#)],
        );
        let Ok(Kept::Settled(Outcome::Conflict(conflict))) = other.submit(&late) else {
            panic!("{}: a conflict", place.name);
        };
        assert_eq!((&conflict.key, conflict.version), (&key, 1));
        assert_eq!(conflict.body.as_deref(), Some(r#"{"by":"one"}"#));
        other.until("told of it", |known| known.version(&key) == 1);
        assert_eq!(other.with(|known| known.version(&beside)), 0);
        other.must(&other.act("changed", vec![put(&key, 1, r#"{"by":"other"}"#)]));
        one.until("told of the change", |known| {
            known.body(&key) == Some(r#"{"by":"other"}"#)
        });
    }
}

#[test]
fn a_claim_that_many_make_at_once_is_won_by_one() {
    for place in Place::both() {
        let seats: Vec<_> = (0..4).map(|_| place.seat().settled()).collect();
        let keys: Vec<_> = (0..10).map(|_| new_key()).collect();
        for key in &keys {
            let answers: Vec<_> = seats
                .iter()
                .map(|seat| {
                    let body = format!(r#"{{"by":"{}"}}"#, seat.options.seat);
                    let claim = seat.act("claimed", vec![put(key, 0, &body)]);
                    (body, seat.store().submit(claim).expect("taken"))
                })
                .collect();
            let mut won = Vec::new();
            let mut seen = Vec::new();
            for (body, answer) in answers {
                match answer.wait().expect("an answer") {
                    Kept::Settled(Outcome::Done { .. }) => won.push(body),
                    Kept::Settled(Outcome::Conflict(conflict)) => seen.extend(conflict.body),
                    other => panic!("{}: {other:?}", place.name),
                }
            }
            assert_eq!(won.len(), 1, "{}", place.name);
            assert!(seen.len() == 3 && seen.iter().all(|body| *body == won[0]));
        }
        for seat in &seats {
            seat.until("told of all", |known| {
                keys.iter().all(|key| known.version(key) == 1)
            });
        }
    }
}

#[test]
fn what_was_removed_may_be_made_again_and_its_versions_go_on() {
    for place in Place::both() {
        let seat = place.seat().settled();
        let key = new_key();
        let removed = Change {
            key: key.clone(),
            expect: 1,
            body: None,
        };
        seat.must(&seat.act("made", vec![put(&key, 0, r#"{"n":1}"#)]));
        seat.must(&seat.act("removed", vec![removed]));
        seat.must(&seat.act("made", vec![put(&key, 0, r#"{"n":2}"#)]));
        seat.until("it is there again", |known| {
            known.version(&key) == 3 && known.body(&key) == Some(r#"{"n":2}"#)
        });
        let late = seat.act("made", vec![put(&key, 0, r#"{"n":3}"#)]);
        let kept = seat.submit(&late).expect("an answer");
        assert!(
            matches!(kept, Kept::Settled(Outcome::Conflict(_))),
            "{kept:?}"
        );
    }
}

#[test]
fn what_cannot_be_kept_is_refused_by_itself() {
    for place in Place::both() {
        let seat = place.seat().settled();
        let bad: Vec<(&str, qyran::model::act::Act)> = vec![
            ("no JSON", seat.act("made", vec![put(&new_key(), 0, "no")])),
            (
                "no object",
                seat.act("made", vec![put(&new_key(), 0, "[]")]),
            ),
            ("a zero", {
                let mut act = seat.act("made", Vec::new());
                act.about = Some("a\0b".to_owned());
                act
            }),
            ("a hidden zero", {
                let mut act = seat.act("made", Vec::new());
                act.detail.insert("text".to_owned(), "a\0b".into());
                act
            }),
            ("an empty kind", seat.act(" ", Vec::new())),
            ("a kind of two lines", seat.act("a\nb", Vec::new())),
            ("a giant", {
                let body = format!(r#"{{"a":"{}"}}"#, "x".repeat(LONGEST_BODY));
                seat.act("made", vec![put(&new_key(), 0, &body)])
            }),
            ("one record twice", {
                let key = new_key();
                seat.act("made", vec![put(&key, 0, "{}"), put(&key, 1, "{}")])
            }),
        ];
        // In one group with good ones, which must be done.
        let mut answers = Vec::new();
        let mut good = Vec::new();
        for (what, act) in bad {
            answers.push((what, seat.store().submit(act).expect("taken")));
            let act = seat.act(
                "noted",
                vec![put(&new_key(), 0, r#"{"қ":"ӘІҢҒҮҰҚӨҺ “’; --"}"#)],
            );
            good.push(act.id);
            answers.push(("", seat.store().submit(act).expect("taken")));
        }
        for (what, answer) in answers {
            let kept = answer.wait().expect("an answer");
            let fine = match kept {
                Kept::Settled(Outcome::Unfit(_)) => !what.is_empty(),
                Kept::Settled(Outcome::Done { .. }) => what.is_empty(),
                _ => false,
            };
            assert!(fine, "{}: {what}: {kept:?}", place.name);
        }
        assert_eq!(seat.log(), good, "{}", place.name);
    }
}

#[test]
fn seats_see_each_other() {
    for place in Place::both() {
        let (one, other) = (place.seat().settled(), place.seat().settled());
        one.store()
            .present(r#"{"person":"a"}"#.to_owned())
            .expect("taken");
        other
            .store()
            .present(r#"{"person":"b"}"#.to_owned())
            .expect("taken");
        for seat in [&one, &other] {
            seat.until("both seen", |known| known.seats == ["seat-0", "seat-1"]);
        }
    }
}

#[test]
fn work_is_taken_by_one_and_what_only_one_may_do_is_done_by_one() {
    for place in Place::both() {
        let (one, other) = (place.seat().settled(), place.seat().settled());
        let tasks: Vec<Task> = (0..20)
            .map(|n| Task {
                id: new_id(),
                kind: "send".to_owned(),
                centre: "north".to_owned(),
                due: WallTime(0),
                tries: 0,
                body: format!(r#"{{"n":{n}}}"#),
            })
            .collect();
        let later = Task {
            id: new_id(),
            due: clock::wall_now().plus_nanos(3_600_000_000_000),
            ..tasks[0].clone()
        };
        for _ in 0..2 {
            let all = tasks.iter().cloned().chain([later.clone()]).collect();
            one.store()
                .offer(all)
                .expect("asked")
                .wait()
                .expect("offered");
        }
        let hold = Duration::from_secs(3600);
        let mut taken = Vec::new();
        let deadline = clock::now() + PATIENCE;
        while taken.len() < 20 && clock::now() < deadline {
            let asked = [&one, &other]
                .map(|seat| (seat, seat.store().take("send", hold, 3).expect("asked")));
            for (seat, answer) in asked {
                for task in answer.wait().expect("taken") {
                    taken.push(task.id);
                    let finished = seat.store().finish(task.id).expect("asked").wait();
                    assert_eq!(finished, Ok(true));
                }
            }
        }
        let mut expect: Vec<_> = tasks.iter().map(|task| task.id).collect();
        expect.sort_unstable();
        taken.sort_unstable();
        assert_eq!(taken, expect, "{}", place.name);
        let left = one.store().take("send", hold, 9).expect("asked").wait();
        assert_eq!(left, Ok(Vec::new()), "what is due in an hour is not taken");

        let lease = |seat: &crate::harness::Seat| {
            let lease = seat.store().lease("ingest", hold).expect("asked").wait();
            lease.expect("a lease").holder
        };
        assert_eq!((lease(&one), lease(&other), lease(&one)), three("seat-0"));
    }
}

fn three(name: &str) -> (String, String, String) {
    (name.to_owned(), name.to_owned(), name.to_owned())
}
