//! What only a centre has: logins that are bound to one, and a server whose clock counts.

use qyran::app::seat::records::Records;
use qyran::model::act::Key;
use qyran::model::person::Credential;
use qyran::model::roles::Role;
use qyran::model::staff::{self, NewPerson};
use qyran::store::database::{Kept, Link, Outcome, StoreError, new_id};

use crate::harness::{Place, Seat, new_database, new_key, put, server};

#[test]
fn a_login_sees_and_changes_what_is_its_centre_s() {
    let database = new_database();
    // The owner makes the schema and the logins.
    let owner = Place::at(&server().url("postgres", &database))
        .seat()
        .settled();
    let sql = |text: &str| server().sql(&database, text).expect("done");
    for centre in ["north", "south"] {
        let login = format!("{database}_{centre}");
        sql(&format!("CREATE ROLE {login} LOGIN IN ROLE qyran_seat"));
        sql(&format!(
            "INSERT INTO qyran.login VALUES ('{login}', '{centre}')"
        ));
    }
    let seat_of = |centre: &str| {
        let place = Place::at(&server().url(&format!("{database}_{centre}"), &database));
        let mut options = place.options(&format!("{centre}-1"));
        options.centre_name = centre.to_owned();
        (Seat::open(options).settled(), place)
    };
    let ((north, _a), (south, _b)) = (seat_of("north"), seat_of("south"));
    let (own, theirs) = (new_key(), new_key());
    let claim = Key::new("claim", new_id());
    north.must(&north.act("made", vec![put(&own, 0, r#"{"of":"north"}"#)]));
    south.must(&south.act("made", vec![put(&theirs, 0, "{}")]));
    let senior = new_id();
    let new = |role: Role| NewPerson {
        name: "Әлі".to_owned(),
        login: role.key().to_owned(),
        roles: [role].into(),
        credential: Some(Credential::new("$")),
        ..NewPerson::default()
    };
    let founded = staff::found(
        &Records::new("south").staff,
        vec![
            (senior, new(Role::Senior)),
            (new_id(), new(Role::Administrator)),
        ],
    )
    .expect("people");
    south.must(&south.act(&founded.kind, founded.changes));
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
