//! Alarms that are over: found again among those of years.

use rusqlite::types::Value;

use super::error::StoreError;
use super::rows::Row;
use super::sqlite::{Sqlite, id_in, told};
use crate::base::clock::WallTime;
use crate::model::act::{Key, Record as _};
use crate::model::alarm::alarm::Past;
use crate::model::alarm::past::Query;

/// Places of one microsecond, see the fourth step of the schema.
const PLACES: i64 = 1024;
/// Words of fewer characters stand in no index.
const INDEXED: usize = 3;

/// The first place of a time.
fn place(at: WallTime) -> i64 {
    at.micros().max(0).saturating_mul(PLACES)
}

/// The statement of a query, and its values.
fn statement(query: &Query) -> (String, Vec<Value>) {
    let (indexed, short): (Vec<String>, Vec<String>) = query
        .folded_words()
        .into_iter()
        .partition(|word| word.chars().count() >= INDEXED);
    // Both are in order of their places, so that the first that fit are the newest, and no more are
    // read.
    let (from, by) = if indexed.is_empty() {
        ("past_alarm AS alarm", "alarm.place")
    } else {
        let both = "past_find CROSS JOIN past_alarm AS alarm ON alarm.place = past_find.rowid";
        (both, "past_find.rowid")
    };
    let mut wheres = Vec::new();
    let mut values: Vec<Value> = Vec::new();
    let mut put = |condition: &str, value: Value| {
        values.push(value);
        wheres.push(condition.replace('?', &format!("?{}", values.len())));
    };
    let before = query.before.map_or(i64::MAX, place);
    put(&format!("{by} < ?"), before.into());
    if let Some(from) = query.from {
        put(&format!("{by} >= ?"), place(from).into());
    }
    if !indexed.is_empty() {
        // Quoted, so that nothing in a word is an operator.
        let quoted = |word: &String| format!("\"{}\"", word.replace('"', "\"\""));
        let all: Vec<String> = indexed.iter().map(quoted).collect();
        put("past_find MATCH ?", all.join(" ").into());
    }
    if let Some(class) = &query.class {
        put("alarm.class = ?", class.to_string().into());
    }
    if let Some(camera) = &query.camera {
        put("alarm.camera = ?", camera.to_string().into());
    }
    if let Some(priority) = query.priority {
        // Priorities are few: anything else is the better index.
        let others = query.class.is_some() || query.camera.is_some() || query.found.is_some();
        let condition = if others {
            "+alarm.priority = ?"
        } else {
            "alarm.priority = ?"
        };
        put(condition, priority.word().to_owned().into());
    }
    if let Some(found) = query.found {
        put("alarm.found = ?", found.word().to_owned().into());
    }
    for word in short {
        // `instr` knows no wildcards, so a word stands for itself.
        put("instr(alarm.find, ?) > 0", word.into());
    }
    values.push(i64::try_from(query.most).unwrap_or(i64::MAX).into());
    let sql = format!(
        "SELECT r.id, r.version, r.seq, r.centre, r.at, r.body FROM
         (SELECT alarm.id, alarm.place FROM {from} WHERE {} ORDER BY {by} DESC LIMIT ?{}) AS found
         CROSS JOIN record AS r ON r.kind = 'past-alarm' AND r.id = found.id
         ORDER BY found.place DESC",
        wheres.join(" AND "),
        values.len()
    );
    (sql, values)
}

impl Sqlite {
    /// Alarms that are over and fit `query`, the newest first. A word of one or two characters is
    /// looked for alarm by alarm; everything else stands in an index.
    pub(super) fn past(&self, query: &Query) -> Result<Vec<Row>, StoreError> {
        let (sql, values) = statement(query);
        let read = || -> rusqlite::Result<Vec<Row>> {
            let mut statement = self.connection.prepare_cached(&sql)?;
            statement
                .query_map(rusqlite::params_from_iter(&values), |row| {
                    Ok(Row {
                        key: Key::new(Past::KIND, id_in(row, 0)?),
                        version: row.get(1)?,
                        seq: row.get(2)?,
                        centre: row.get(3)?,
                        at: WallTime::from_micros(row.get(4)?),
                        body: row.get(5)?,
                    })
                })?
                .collect()
        };
        read().map_err(|error| told(&self.path, error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::alarm::Priority;
    use crate::model::alarm::class::ClassKey;
    use crate::model::alarm::verdict::Judgement;
    use crate::model::camera::CameraId;
    use crate::model::id::Id;

    /// A file with alarms that are over: number n was raised at n seconds, two of them at 3.
    fn file(folder: &std::path::Path) -> Sqlite {
        let file = Sqlite::open(&folder.join("store.db")).expect("a file");
        let all = [
            (
                1,
                "plate.hit",
                "high",
                "cam-1",
                "real",
                "plate.hit cam-1 123abc14 кокшетау",
            ),
            (
                2,
                "plate.hit",
                "high",
                "cam-2",
                "no_threat",
                "plate.hit cam-2 777xyz03",
            ),
            (
                3,
                "sos.call",
                "critical",
                "cam-1",
                "real",
                "sos.call cam-1 кп \"or\" 7*",
            ),
            (
                3,
                "seen.left",
                "high",
                "cam-3",
                "unsure",
                "seen.left cam-3 сумка",
            ),
            (
                5,
                "seen.left",
                "high",
                "cam-3",
                "real",
                "seen.left cam-3 рюкзак кп",
            ),
        ];
        for (n, (secs, class, priority, camera, found, find)) in all.iter().enumerate() {
            let body = serde_json::json!({
                "raised": secs * 1_000_000, "class": class, "priority": priority,
                "camera": camera, "verdicts": [{ "found": found }], "find": find, "n": n,
            });
            put(&file, n, Some(&body.to_string()));
        }
        file
    }

    fn put(file: &Sqlite, n: usize, body: Option<&str>) {
        let sql = "INSERT INTO record (kind, id, version, seq, centre, at, body)
                   VALUES ('past-alarm', ?1, 1, 0, 'north', 0, ?2)
                   ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body";
        let id = Id::from_bytes([n as u8 + 1; 16]).to_string();
        file.connection.execute(sql, (id, body)).expect("written");
    }

    fn found(file: &Sqlite, query: Query) -> Vec<u64> {
        let query = Query { most: 10, ..query };
        let rows = file.past(&query).expect("found");
        let n = |row: &Row| {
            let body = row.body.as_ref().expect("a body");
            let body: serde_json::Value = serde_json::from_str(body).expect("JSON");
            body["n"].as_u64().expect("a number")
        };
        rows.iter().map(n).collect()
    }

    fn words(text: &str) -> Query {
        Query {
            words: text.to_owned(),
            ..Query::default()
        }
    }

    #[test]
    fn every_filter_finds_what_it_says_the_newest_first() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = file(folder.path());
        let at = |secs: i64| Some(WallTime::from_micros(secs * 1_000_000));
        let check = |query: Query, expected: &[u64]| {
            assert_eq!(found(&file, query.clone()), expected, "{query:?}");
        };
        check(Query::default(), &[4, 3, 2, 1, 0]);
        check(
            Query {
                class: ClassKey::new("plate.hit"),
                ..Query::default()
            },
            &[1, 0],
        );
        check(
            Query {
                camera: CameraId::new("cam-1").ok(),
                found: Some(Judgement::Real),
                ..Query::default()
            },
            &[2, 0],
        );
        check(
            Query {
                priority: Some(Priority::Critical),
                ..Query::default()
            },
            &[2],
        );
        check(
            Query {
                from: at(2),
                before: at(5),
                ..Query::default()
            },
            &[3, 2, 1],
        );
        // Within a word, in any spelling, all of several words, and together with the rest.
        check(words("ABC1"), &[0]);
        check(words("Көкшетау"), &[0]);
        check(words("cam-3 сумка"), &[3]);
        check(words("cam-"), &[4, 3, 2, 1, 0]);
        check(words("нигде"), &[]);
        check(
            Query {
                before: at(5),
                class: ClassKey::new("seen.left"),
                ..words("cam-3")
            },
            &[3],
        );
        // Words that are too short for the index, and such as an index has for operators.
        check(words("кп"), &[4, 2]);
        check(words("кп рюкзак"), &[4]);
        check(words("\"or\" 7*"), &[2]);
        check(words("NOT"), &[]);
    }

    #[test]
    fn what_changes_or_goes_is_found_no_more_by_its_old_words() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = file(folder.path());
        let body = r#"{"raised": 9000000, "class": "sos.call", "find": "новое", "n": 7}"#;
        put(&file, 0, Some(body));
        put(&file, 3, None);
        assert_eq!(found(&file, words("abc1")), [] as [u64; 0]);
        assert_eq!(found(&file, words("новое")), [7]);
        assert_eq!(found(&file, words("сумка")), [] as [u64; 0]);
        assert_eq!(found(&file, Query::default()), [7, 4, 2, 1]);
        assert_eq!(file.check().expect("checked"), [] as [String; 0]);
    }

    #[test]
    fn a_time_that_is_none_holds_nothing_up() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = file(folder.path());
        for (n, raised) in ["null", "\"soon\"", "-4", "1e30", "[1]"].iter().enumerate() {
            let body = format!(r#"{{"raised": {raised}, "find": "odd", "n": {}}}"#, n + 10);
            put(&file, n + 10, Some(&body));
        }
        assert_eq!(found(&file, words("odd")).len(), 5);
    }

    #[test]
    fn no_query_reads_all_and_none_sorts() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = file(folder.path());
        let one = Query {
            most: 200,
            ..Query::default()
        };
        for query in [
            one.clone(),
            words("рюкзак"),
            Query {
                class: ClassKey::new("plate.hit"),
                ..one.clone()
            },
            Query {
                camera: CameraId::new("cam-1").ok(),
                ..one.clone()
            },
            Query {
                found: Some(Judgement::Unsure),
                ..one.clone()
            },
            Query {
                priority: Some(Priority::Low),
                ..one
            },
        ] {
            let (sql, values) = statement(&query);
            let explain = format!("EXPLAIN QUERY PLAN {sql}");
            let mut asked = file.connection.prepare(&explain).expect("SQL");
            let steps: Vec<String> = asked
                .query_map(rusqlite::params_from_iter(&values), |row| row.get(3))
                .expect("a plan")
                .collect::<Result<_, _>>()
                .expect("steps");
            // The table of what was found is read whole and put in order again: 200 rows at most.
            let inner = steps.iter().filter(|step| !step.contains("found"));
            let slow = |step: &&String| step.contains("SCAN alarm") || step.contains("SCAN r");
            assert_eq!(inner.filter(slow).count(), 0, "{query:?}: {steps:?}");
            let sorts = steps.iter().filter(|step| step.contains("TEMP B-TREE"));
            assert!(sorts.count() <= 1, "{query:?}: {steps:?}");
        }
    }
}
