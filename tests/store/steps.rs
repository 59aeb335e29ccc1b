//! Stores of every older schema, with what was kept in them, taken to the newest.

use std::fs;
use std::path::Path;

use qyran::bench::postgres::Server;
use qyran::store::database::Options;

use crate::harness::{
    Place, Seat, file_of, new_database, new_key, open_to_all, put, server, signed, verified,
};

/// The steps of a schema, from the first.
fn steps(engine: &str) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store/database/migrations");
    let steps: Vec<String> = (1..)
        .map_while(|step| fs::read_to_string(folder.join(format!("{engine}_{step}.sql"))).ok())
        .collect();
    assert!(steps.len() >= 2);
    steps
}

/// Does some acts: what an older store held.
fn fill(seat: &Seat) {
    let keys: Vec<_> = (0..5).map(|_| new_key()).collect();
    for expect in 0..3 {
        for key in &keys {
            seat.must(&seat.act("made", vec![put(key, expect, r#"{"қ":1}"#)]));
        }
    }
}

/// All that a seat knows, to compare.
fn known(seat: &Seat) -> impl PartialEq + std::fmt::Debug + use<> {
    let lines = seat.store().lines(0, 1000).expect("asked").wait();
    (seat.with(|known| known.rows.clone()), lines.expect("lines"))
}

/// What the newest store holds is kept in one of each older schema, opened, and compared.
fn compare(full: &Options, older: &Options, newest: usize, version: impl Fn() -> usize) {
    let full = Seat::open(full.clone()).settled();
    let seat = Seat::open(older.clone()).settled();
    assert_eq!(known(&seat), known(&full));
    verified(&seat);
    fill(&seat);
    verified(&seat);
    drop(seat);
    assert_eq!(version(), newest);
    // A second time nothing is left to be done.
    let again = Seat::open(older.clone()).settled();
    assert_eq!(again.log().len(), full.log().len() + 15);
}

#[test]
fn a_file_of_every_older_schema_is_taken_to_the_newest() {
    let steps = steps("sqlite");
    let place = Place::alone();
    let full = signed(place.options("seat"));
    let seat = Seat::open(full.clone()).settled();
    fill(&seat);
    drop(seat);
    for from in 0..=steps.len() {
        let place = Place::alone();
        let mut older = place.options("seat");
        fs::copy(full.folder.join("seat-key"), older.folder.join("seat-key")).expect("a key");
        older = signed(older);
        let file = rusqlite::Connection::open(file_of(&older)).expect("a file");
        for step in &steps[..from] {
            file.execute_batch(step).expect("a step");
        }
        if from == 0 {
            // An empty file is as good as none.
            drop(file);
            Seat::open(older).settled();
            continue;
        }
        let attach = format!("ATTACH '{}' AS full", file_of(&full).display());
        file.execute_batch(&attach).expect("attached");
        let tables: Vec<String> = names(
            &file,
            // What stands of past alarms beside their records fills itself.
            "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'
             AND name NOT LIKE 'past%'",
        );
        for table in tables {
            let columns = names(
                &file,
                &format!("SELECT name FROM main.pragma_table_info('{table}')"),
            );
            let columns = columns.join(", ");
            let copy =
                format!("INSERT INTO main.{table} ({columns}) SELECT {columns} FROM full.{table}");
            file.execute_batch(&copy).expect("copied");
        }
        let marks = format!(
            "PRAGMA application_id = {}; PRAGMA user_version = {from}",
            i32::from_be_bytes(*b"QyrS")
        );
        file.execute_batch(&marks).expect("marked");
        drop(file);
        compare(&full, &older, steps.len(), || {
            let file = rusqlite::Connection::open(file_of(&older)).expect("a file");
            let version = file.pragma_query_value(None, "user_version", |row| row.get(0));
            version.expect("a version")
        });
    }
}

fn names(file: &rusqlite::Connection, sql: &str) -> Vec<String> {
    let mut statement = file.prepare(sql).expect("SQL");
    let rows = statement.query_map([], |row| row.get(0)).expect("rows");
    rows.collect::<Result<_, _>>().expect("names")
}

#[test]
fn a_centre_of_every_older_schema_is_taken_to_the_newest() {
    let steps = steps("postgres");
    let full_name = new_database();
    let full_place = Place::at(&server().url("postgres", &full_name));
    let full = signed(full_place.options("seat"));
    let seat = Seat::open(full.clone()).settled();
    fill(&seat);
    drop(seat);
    for from in 1..=steps.len() {
        let name = new_database();
        for step in &steps[..from] {
            server().sql(&name, step).expect("a step");
        }
        copy(server(), &full_name, &name);
        let mark = format!("UPDATE qyran.meta SET value = '{from}' WHERE name = 'schema'");
        server().sql(&name, &mark).expect("marked");
        let place = Place::at(&server().url("postgres", &name));
        let mut older = place.options("seat");
        fs::create_dir_all(&older.folder).expect("a folder");
        fs::copy(full.folder.join("seat-key"), older.folder.join("seat-key")).expect("a key");
        older = signed(older);
        compare(&full, &older, steps.len(), || {
            let version = "SELECT value FROM qyran.meta WHERE name = 'schema'";
            let text = server().sql(&name, version).expect("a version");
            text.parse().expect("a number")
        });
    }
}

/// Copies what stands in the tables that the other database has.
fn copy(server: &Server, from: &str, to: &str) {
    let way = tempfile::tempdir().expect("a folder");
    open_to_all(way.path());
    let all = std::os::unix::fs::PermissionsExt::from_mode(0o777);
    fs::set_permissions(way.path(), all).expect("mode");
    let tables = "SELECT table_name FROM information_schema.tables
                  WHERE table_schema = 'qyran' AND table_type = 'BASE TABLE'";
    for table in server.sql(to, tables).expect("tables").lines() {
        let columns = server
            .sql(
                to,
                &format!(
                    "SELECT string_agg(column_name, ',' ORDER BY ordinal_position)
                     FROM information_schema.columns
                     WHERE table_schema = 'qyran' AND table_name = '{table}'
                       AND is_generated = 'NEVER'"
                ),
            )
            .expect("columns");
        let file = way.path().join(table);
        let file = file.display();
        let out = format!("COPY (SELECT {columns} FROM qyran.{table}) TO '{file}'");
        server.sql(from, &out).expect("copied out");
        let into =
            format!("DELETE FROM qyran.{table}; COPY qyran.{table} ({columns}) FROM '{file}'");
        let into = if table == "log" {
            into.split_once("; ")
                .map_or(String::new(), |(_, copy)| copy.to_owned())
        } else {
            into
        };
        // As a restoring does it: what the triggers hold was held when it was written.
        let into = format!("SET session_replication_role = replica; {into}");
        server.sql(to, &into).expect("copied in");
    }
}
