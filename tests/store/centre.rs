//! What only a centre has: logins that are bound to one, and a server whose clock counts.

use qyran::app::seat::records::Records;
use qyran::base::clock;
use qyran::model::act::{Draft, Key};
use qyran::model::alarm::Hand;
use qyran::model::alarm::acts::{self as alarms, Deed, News};
use qyran::model::alarm::between::{self, Papers, Standing};
use qyran::model::alarm::class::Classes;
use qyran::model::alarm::occurrence::Occurrence;
use qyran::model::alarm::verdict::Judgement;
use qyran::model::id::Id;
use qyran::model::person::Credential;
use qyran::model::roles::Role;
use qyran::model::shift::{By, Known, Rules};
use qyran::model::staff::{self, NewPerson};
use qyran::store::database::{Kept, Link, Outcome, StoreError, new_id};

use crate::harness::{Place, Seat, new_database, new_key, put, server};

/// A seat of the owner of a database, and one each of two centres with logins of their own.
fn two_centres(database: &str) -> (Seat, [(Seat, Place); 2]) {
    // The owner makes the schema and the logins.
    let owner = Place::at(&server().url("postgres", database))
        .seat()
        .settled();
    let sql = |text: &str| server().sql(database, text).expect("done");
    let seats = ["north", "south"].map(|centre| {
        let login = format!("{database}_{centre}");
        sql(&format!("CREATE ROLE {login} LOGIN IN ROLE qyran_seat"));
        sql(&format!(
            "INSERT INTO qyran.login VALUES ('{login}', '{centre}')"
        ));
        let place = Place::at(&server().url(&login, database));
        let mut options = place.options(&format!("{centre}-1"));
        centre.clone_into(&mut options.centre_name);
        (Seat::open(options).settled(), place)
    });
    (owner, seats)
}

/// A centre with a senior, and an administrator, whom it must have.
fn with_a_senior(seat: &Seat, centre: &str) -> Id {
    let senior = new_id();
    let new = |role: Role| NewPerson {
        name: "Әлі".to_owned(),
        login: role.key().to_owned(),
        roles: [role].into(),
        credential: Some(Credential::new("$")),
        ..NewPerson::default()
    };
    let people = vec![
        (senior, new(Role::Senior)),
        (new_id(), new(Role::Administrator)),
    ];
    let founded = staff::found(&Records::new(centre).staff, people).expect("people");
    seat.must(&seat.act(&founded.kind, founded.changes));
    senior
}

#[test]
fn an_alarm_goes_from_one_centre_to_the_other_and_back_and_both_logs_tell_it() {
    let database = new_database();
    let (_owner, [(north, _a), (south, _b)]) = two_centres(&database);
    let (n_senior, s_senior) = (
        with_a_senior(&north, "north"),
        with_a_senior(&south, "south"),
    );
    let n_by = By {
        person: n_senior,
        seat: "north-1",
        centre: "north",
    };
    let s_by = By {
        person: s_senior,
        seat: "south-1",
        centre: "south",
    };
    let records = |seat: &Seat, centre: &str| {
        let mut records = Records::new(centre);
        seat.with(|known| known.rows.values().for_each(|row| records.learn(row)));
        records
    };
    // Does what `work` makes of what a seat knows.
    let does = |seat: &Seat, by: By<'_>, work: &dyn Fn(&Papers<'_>, &Known<'_>) -> Draft| {
        let records = records(seat, by.centre);
        let papers = Papers {
            claims: &records.claims,
            requests: &records.requests,
            answers: &records.answers,
        };
        let known = Known {
            posts: &[],
            covers: &[],
            duties: &[],
            presences: &[],
            now: clock::wall_now(),
            rules: Rules::default(),
        };
        let draft = work(&papers, &known);
        let mut act = seat.act(&draft.kind, draft.changes);
        act.author = Some(by.person);
        seat.must(&act);
    };
    let stands = |seat: &Seat, centre: &'static str, wanted: Standing| {
        seat.until("the other centre's act", |known| {
            let mut records = Records::new(centre);
            known.rows.values().for_each(|row| records.learn(row));
            let papers = Papers {
                claims: &records.claims,
                requests: &records.requests,
                answers: &records.answers,
            };
            let all = papers.between(&records.alarms, centre);
            all.values().any(|between| between.standing == wanted)
        });
    };
    let (number, request, copy) = (new_id(), new_id(), new_id());
    let now = clock::wall_now();
    let occurrence: Occurrence = serde_json::from_value(serde_json::json!({
        "id": new_id(), "thing": new_id(), "class": "plate.hit", "stage": "once",
        "at": now, "heard": now, "camera": "cam-7", "source": "test",
    }))
    .expect("an occurrence");
    let news = [News {
        occurrence,
        digest: None,
    }];
    let classes = Classes::default();
    let class = classes.get(&news[0].occurrence.class).expect("a class");
    let raised = alarms::hear("north", None, &news, class, number, now).expect("news");
    north.must(&north.act(&raised.kind, raised.changes));
    let alarm = |seat: &Seat, centre: &str, of: &str| {
        let all = records(seat, centre).alarms.into_iter();
        all.rev().find(|kept| kept.centre == of)
    };
    south.until("the alarm of the north", |known| {
        let mut records = Records::new("south");
        known.rows.values().for_each(|row| records.learn(row));
        !records.alarms.is_empty()
    });
    let theirs = alarm(&south, "south", "north").expect("seen");
    does(&south, s_by, &|papers, known| {
        papers
            .ask(known, s_by, request, &theirs, "a chase")
            .expect("asked")
    });
    stands(&north, "north", Standing::Asked);
    let own = alarm(&north, "north", "north").expect("open");
    does(&north, n_by, &|papers, known| {
        let asked = papers.requests.iter().find(|one| one.id == request);
        papers
            .grant(known, n_by, &own.value, asked.expect("asked"))
            .expect("granted")
    });
    stands(&south, "south", Standing::Granted);
    does(&south, s_by, &|papers, known| {
        let asked = papers.requests.iter().find(|one| one.id == request);
        papers
            .take(known, s_by, &theirs, asked.expect("asked"), copy)
            .expect("taken")
    });
    stands(&north, "north", Standing::Taken);
    stands(&south, "south", Standing::Taken);
    let taken = alarm(&south, "south", "south").expect("the copy");
    does(&south, s_by, &|papers, known| {
        let by = Hand {
            person: Some(s_senior),
            seat: "south-1".into(),
            at: known.now,
        };
        let deed = Deed::Judge(Judgement::Real, String::new());
        let draft = alarms::done("south", &taken, &deed, None, by).expect("judged");
        let found = (Judgement::Real, "");
        between::with_answer(draft, known, s_by, &taken.value, papers.requests, found)
    });
    stands(&north, "north", Standing::GivenBack);
    let found = records(&north, "north").requests[0].value.found.clone();
    assert_eq!(found.expect("found").found, "real");
}

#[test]
fn a_login_sees_and_changes_what_is_its_centre_s() {
    let database = new_database();
    let (owner, [(north, _a), (south, _b)]) = two_centres(&database);
    let (own, theirs) = (new_key(), new_key());
    let claim = Key::new("claim", new_id());
    north.must(&north.act("made", vec![put(&own, 0, r#"{"of":"north"}"#)]));
    south.must(&south.act("made", vec![put(&theirs, 0, "{}")]));
    let senior = with_a_senior(&south, "south");
    let mut taken = south.act("claim-taken", vec![put(&claim, 0, "{}")]);
    taken.author = Some(senior);
    south.must(&taken);
    north.until("the claim that all see", |known| known.version(&claim) == 1);
    assert_eq!(north.with(|known| known.version(&theirs)), 0);
    // Changing another centre's, or in another's name, is refused, and the rest goes on.
    let mut foreign = north.act("claim-taken", vec![put(&claim, 1, "{}")]);
    foreign.author = Some(senior);
    let mut pretended = north.act("made", vec![put(&new_key(), 0, "{}")]);
    pretended.centre = "south".to_owned();
    for act in [&foreign, &pretended] {
        let kept = north.submit(act).expect("an answer");
        assert!(matches!(kept, Kept::Settled(Outcome::Unfit(_))), "{kept:?}");
    }
    north.must(&north.act("noted", Vec::new()));
    owner.until("everything", |known| {
        known.version(&own) == 1 && known.version(&theirs) == 1
    });
    // Nobody changes or shortens the log, not even its owner.
    for harm in [
        "UPDATE qyran.log SET line = 'x'",
        "DELETE FROM qyran.log",
        "TRUNCATE qyran.log",
    ] {
        assert!(server().sql(&database, harm).is_err(), "{harm}");
        let as_seat = format!("SET ROLE {database}_north; {harm}");
        assert!(server().sql(&database, &as_seat).is_err(), "{harm}");
    }
}

/// What somebody can do who has the login of one seat and another program.
#[test]
fn no_login_of_a_seat_can_stop_the_others() {
    let database = new_database();
    let (owner, [(north, _a), (south, _b)]) = two_centres(&database);
    north.must(&north.act("made", vec![put(&new_key(), 0, "{}")]));
    south.must(&south.act("made", vec![put(&new_key(), 0, "{}")]));
    let ask = |sql: &str| server().sql(&database, sql).expect("an answer");
    let as_north = |sql: &str| {
        let login = format!("SET SESSION AUTHORIZATION {database}_north");
        server().sql(&database, &format!("{login}; {sql}"))
    };
    let size: i64 = ask("SELECT size FROM qyran.head").parse().expect("a size");
    let line = |n: i64, hashed: &str| {
        format!(
            "INSERT INTO qyran.log VALUES ({n}, gen_random_uuid(), 0, 'north', 's', NULL, 'made', \
             NULL, 'text', sha256('\\x00'::bytea || '{hashed}'::bytea))"
        )
    };
    let none_of_it = [
        line(size + 1, "text"),
        line(size + 1_000_000, "text"),
        line(size, "another"),
        "INSERT INTO qyran.record VALUES ('thing', gen_random_uuid(), 1, 4611686018427387904, \
         'north', 0, '{}')"
            .to_owned(),
        "UPDATE qyran.record SET seq = 4611686018427387904 WHERE kind = 'thing'".to_owned(),
        "UPDATE qyran.head SET size = 0".to_owned(),
        "SELECT * FROM qyran.head FOR UPDATE".to_owned(),
        "UPDATE qyran.meta SET value = '99' WHERE name = 'schema'".to_owned(),
        "INSERT INTO qyran.checkpoint (size, signer, at, text, login)
         VALUES (1, 'south-1', 0, 'x', 'another')"
            .to_owned(),
        "INSERT INTO qyran.login VALUES ('somebody', 'south', true)".to_owned(),
        "TRUNCATE qyran.checkpoint".to_owned(),
    ];
    for sql in &none_of_it {
        assert!(as_north(sql).is_err(), "{sql}");
    }
    // Rows of others are out of reach.
    ask("INSERT INTO qyran.checkpoint (size, signer, at, text, login) VALUES (1, 's', 0, 'x', 'other');
         INSERT INTO qyran.lease VALUES ('work', 'south-1', 0, 'other')");
    as_north("DELETE FROM qyran.checkpoint; DELETE FROM qyran.lease").expect("of its own");
    assert_eq!(
        ask("SELECT count(*) FROM qyran.checkpoint WHERE login = 'other'"),
        "1"
    );
    assert_eq!(
        ask("SELECT count(*) FROM qyran.lease WHERE login = 'other'"),
        "1"
    );
    // A right line is one line more, and the head follows it.
    as_north(&line(size, "text")).expect("a line");
    let after: i64 = ask("SELECT size FROM qyran.head").parse().expect("a size");
    assert_eq!(after, size + 1);
    let (one, other) = (new_key(), new_key());
    north.must(&north.act("made", vec![put(&one, 0, "{}")]));
    south.must(&south.act("made", vec![put(&other, 0, "{}")]));
    owner.until("both", |known| {
        known.version(&one) == 1 && known.version(&other) == 1
    });
}

/// Taken away by mistake, and given back.
#[test]
fn what_a_centre_does_not_let_a_seat_do_waits_and_is_no_conflict() {
    let database = new_database();
    let (owner, [(north, _a), (_south, _b)]) = two_centres(&database);
    let ask = |sql: &str| server().sql(&database, sql).expect("done");
    for (taken, given) in [
        (
            "REVOKE INSERT ON qyran.log FROM qyran_seat".to_owned(),
            "GRANT INSERT ON qyran.log TO qyran_seat".to_owned(),
        ),
        (
            format!("DELETE FROM qyran.login WHERE login = '{database}_north'"),
            format!("INSERT INTO qyran.login VALUES ('{database}_north', 'north')"),
        ),
    ] {
        ask(&taken);
        let key = new_key();
        let act = north.act("made", vec![put(&key, 0, "{}")]);
        assert_eq!(north.submit(&act), Ok(Kept::Queued), "{taken}");
        north.until("told why", |known| {
            matches!(
                &known.link,
                Some(Link::Away {
                    why: StoreError::Refused { .. },
                    ..
                })
            )
        });
        ask(&given);
        north.until("there", |known| known.link == Some(Link::There));
        owner.until("what waited", |known| known.version(&key) == 1);
        north.with(|known| assert!(known.conflicts.is_empty(), "{:?}", known.conflicts));
    }
}

/// A standby that lagged behind takes the place of a centre, and others write on.
#[test]
fn a_centre_that_lost_lines_and_grew_again_is_another_log() {
    let database = new_database();
    let url = server().url("postgres", &database);
    let (place, other) = (Place::at(&url), Place::at(&url));
    let ask = |sql: &str| server().sql("postgres", sql).expect("done");
    let act = |seat: &Seat| seat.must(&seat.act("made", vec![put(&new_key(), 0, "{}")]));
    let seat = place.seat().settled();
    act(&seat);
    let options = seat.close();
    ask(&format!(
        "CREATE DATABASE {database}_standby TEMPLATE {database}"
    ));
    let seat = Seat::open(options).settled();
    for _ in 0..3 {
        act(&seat);
    }
    let options = seat.close();
    ask(&format!("DROP DATABASE {database} WITH (FORCE)"));
    ask(&format!(
        "ALTER DATABASE {database}_standby RENAME TO {database}"
    ));
    let colleague = Seat::open(other.options("colleague")).settled();
    for _ in 0..5 {
        act(&colleague);
    }
    let seat = Seat::open(options);
    seat.until("told", |known| {
        matches!(&known.link, Some(Link::Away { why: StoreError::Damaged { why, .. }, .. })
            if why.contains("another than this seat has seen"))
    });
    // What is done here waits, and nothing of it is lost.
    let act = seat.act("made", vec![put(&new_key(), 0, "{}")]);
    assert_eq!(seat.submit(&act), Ok(Kept::Queued));
}

#[test]
fn two_centres_may_have_a_seat_of_one_name() {
    let database = new_database();
    let (_owner, _seats) = two_centres(&database);
    let ask = |sql: &str| server().sql(&database, sql).expect("an answer");
    // As they say it themselves, under one name.
    for centre in ["north", "south"] {
        let sql = format!(
            "SET SESSION AUTHORIZATION {database}_{centre};
             INSERT INTO qyran.presence VALUES ('Пульт 1', '{centre}', 0, '{{}}')"
        );
        ask(&sql);
    }
    let both = "SELECT count(*) FROM qyran.presence WHERE seat = 'Пульт 1'";
    assert_eq!(ask(both), "2");
}

/// A source tells both; each has an alarm of its own, and neither is cut off by the other.
#[test]
fn two_centres_may_hear_the_same_event_from_outside() {
    let database = new_database();
    let (owner, [(north, _a), (south, _b)]) = two_centres(&database);
    let now = clock::wall_now();
    let occurrence: Occurrence = serde_json::from_value(serde_json::json!({
        "id": new_id(), "thing": new_id(), "class": "plate.hit", "stage": "once",
        "at": now, "heard": now, "subject": "123 ABC 14", "source": "test",
    }))
    .expect("an occurrence");
    let id = occurrence.id;
    let news = [News {
        occurrence,
        digest: Some("d".to_owned()),
    }];
    let classes = Classes::default();
    let class = classes.get(&news[0].occurrence.class).expect("a class");
    for (seat, centre) in [(&north, "north"), (&south, "south")] {
        let raised = alarms::hear(centre, None, &news, class, new_id(), now).expect("news");
        seat.must(&seat.act(&raised.kind, raised.changes.clone()));
        // Once more it is a repeat, of the alarm and of what was said.
        let kept = seat.submit(&seat.act(&raised.kind, raised.changes));
        let Ok(Kept::Settled(Outcome::Conflict(conflict))) = kept else {
            panic!("{kept:?}");
        };
        let others = conflict.others.iter().map(|(key, _)| key.id);
        let all: Vec<Id> = std::iter::once(conflict.key.id).chain(others).collect();
        assert_eq!(all.len(), 2, "{all:?}");
        assert!(all.contains(&alarms::said_id(centre, id)));
    }
    owner.until("both alarms", |known| {
        let alarms = known.rows.keys().filter(|key| key.kind == "alarm");
        alarms.count() == 2
    });
}

#[test]
fn a_seat_that_may_not_make_the_schema_says_so() {
    let database = new_database();
    let login = format!("{database}_seat");
    let sql = format!("CREATE ROLE {login} LOGIN");
    server().sql(&database, &sql).expect("a role");
    let seat = Place::at(&server().url(&login, &database)).seat();
    seat.until("refused", |known| {
        matches!(&known.link, Some(Link::Away { why: StoreError::Refused { why, .. }, .. })
            if why.contains("database's owner"))
    });
    // It works on by itself, and what it does waits.
    let act = seat.act("made", vec![put(&new_key(), 0, "{}")]);
    assert_eq!(seat.submit(&act), Ok(Kept::Queued));
    let owner = Place::at(&server().url("postgres", &database))
        .seat()
        .settled();
    server()
        .sql(
            &database,
            &format!(
                "GRANT qyran_seat TO {login}; INSERT INTO qyran.login VALUES ('{login}', 'north')"
            ),
        )
        .expect("granted");
    seat.until("there", |known| known.link == Some(Link::There));
    assert_eq!(owner.log(), [act.id]);
}

#[test]
fn a_seat_whose_clock_is_an_hour_off_is_kept_by_the_server_s() {
    let place = Place::in_a_centre();
    let seat = place.seat().settled();
    let mut act = seat.act("made", vec![put(&new_key(), 0, "{}")]);
    act.at = act.at.plus_nanos(3_600_000_000_000);
    seat.must(&act);
    let lines = seat
        .store()
        .lines(0, 1)
        .expect("asked")
        .wait()
        .expect("lines");
    let line: serde_json::Value = serde_json::from_str(&lines[0].text).expect("JSON");
    let micros = |name: &str| line[name].as_i64().expect("micros");
    let ahead = micros("seat_at") - micros("at");
    assert!((3_590_000_000..3_610_000_000).contains(&ahead), "{ahead}");
}

#[test]
fn a_newer_schema_is_left_alone() {
    let database = new_database();
    drop(
        Place::at(&server().url("postgres", &database))
            .seat()
            .settled(),
    );
    let sql = "UPDATE qyran.meta SET value = '99' WHERE name = 'schema'";
    server().sql(&database, sql).expect("done");
    let seat = Place::at(&server().url("postgres", &database)).seat();
    seat.until("told", |known| {
        matches!(
            known.link,
            Some(Link::Away {
                why: StoreError::Newer { found: 99, .. },
                ..
            })
        )
    });
}

#[test]
fn another_store_in_the_place_of_the_known_one_is_refused() {
    let (first, second) = (new_database(), new_database());
    let place = Place::at(&server().url("postgres", &first));
    let seat = place.seat().settled();
    seat.must(&seat.act("made", vec![put(&new_key(), 0, "{}")]));
    let mut options = seat.close();
    let other = Place::at(&server().url("postgres", &second));
    options.centre.clone_from(&other.centre);
    let seat = Seat::open(options);
    seat.until("refused", |known| {
        matches!(&known.link, Some(Link::Away { why: StoreError::Refused { why, .. }, .. })
            if why.contains("belongs to the store"))
    });
}
