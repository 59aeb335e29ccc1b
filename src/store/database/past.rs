//! Alarms that are over: found again among those of years.

use rusqlite::types::Value;

use super::error::StoreError;
use super::rows::Row;
use super::sqlite::{Sqlite, id_in, told};
use crate::base::clock::WallTime;
use crate::model::act::{Key, Record as _};
use crate::model::alarm::alarm::Past;
use crate::model::alarm::past::Query;

impl Sqlite {
    /// Alarms that are over and fit `query`, the newest first.
    pub(super) fn past(&self, query: &Query) -> Result<Vec<Row>, StoreError> {
        let mut wheres = vec!["raised < ?1".to_owned()];
        let mut values: Vec<Value> = vec![query.before.map_or(i64::MAX, WallTime::micros).into()];
        let mut put = |condition: &str, value: Value| {
            values.push(value);
            wheres.push(condition.replace('?', &format!("?{}", values.len())));
        };
        if let Some(from) = query.from {
            put("raised >= ?", from.micros().into());
        }
        if let Some(class) = &query.class {
            put("class = ?", class.to_string().into());
        }
        if let Some(camera) = &query.camera {
            put("camera = ?", camera.to_string().into());
        }
        if let Some(priority) = query.priority {
            put("priority = ?", priority.word().to_owned().into());
        }
        if let Some(found) = query.found {
            put("found = ?", found.word().to_owned().into());
        }
        for word in query.folded_words() {
            // `instr` knows no wildcards, so a word stands for itself.
            put("instr(find, ?) > 0", word.into());
        }
        values.push(i64::try_from(query.most).unwrap_or(i64::MAX).into());
        let sql = format!(
            "SELECT r.id, r.version, r.seq, r.centre, r.at, r.body FROM
             (SELECT id FROM past_alarm WHERE {} ORDER BY raised DESC LIMIT ?{}) AS found
             JOIN record AS r ON r.kind = 'past-alarm' AND r.id = found.id",
            wheres.join(" AND "),
            values.len()
        );
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
