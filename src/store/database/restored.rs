//! What a seat does when its centre was restored from a backup: it begins anew from what the centre
//! has now, and what it knew beyond that is told, so that somebody can do it again.
//!
//! A centre that lost lines in any other way is refused (`linked`): nobody has said what it is.

use std::collections::BTreeSet;

use rusqlite::OptionalExtension as _;

use super::error::StoreError;
use super::keep::Restored;
use super::linked::LAST_LINE;
use super::rows::Refused;
use super::sqlite::{Sqlite, immediate, to_sql, told};
use crate::base::clock;
use crate::model::act::{Act, Change, Key};

/// The note in a seat's file of the last restoring that it knows of.
pub(super) const RESTORED: &str = "restored";
/// The kind of the act that stands for a record which the centre lost; a seat never does it.
pub const LOST: &str = "record-lost";

impl Sqlite {
    /// Forgets what is mirrored, all in one. Records that the centre's backup did not have yet as they
    /// were here are kept with the conflicts until somebody has seen them. Which they are.
    pub(super) fn start_over(
        &mut self,
        restored: &Restored,
        seat: &str,
    ) -> Result<BTreeSet<Key>, StoreError> {
        let rows = self.since(restored.size, usize::MAX >> 1)?;
        let path = self.path.clone();
        let mut write = || {
            let transaction = immediate(&mut self.connection)?;
            for row in &rows {
                let act = Act {
                    id: super::new_id(),
                    at: row.at,
                    seat: seat.to_owned(),
                    centre: row.centre.clone(),
                    author: None,
                    second: None,
                    kind: LOST.to_owned(),
                    about: Some(row.key.id.to_string()),
                    detail: serde_json::Map::new(),
                    changes: vec![Change {
                        key: row.key.clone(),
                        expect: row.version.saturating_sub(1),
                        body: row.body.clone(),
                    }],
                };
                let refused = Refused {
                    why: format!(
                        "{} {}: the centre was restored from a backup of {} lines, and this \
                         (version {}, line {}) came later",
                        row.key.kind, row.key.id, restored.size, row.version, row.seq
                    ),
                    key: Some(row.key.clone()),
                    body: None,
                    act,
                };
                let body = serde_json::to_string(&refused).map_err(to_sql)?;
                transaction.execute(
                    "INSERT INTO conflict (act, at, body) VALUES (?1, ?2, ?3)",
                    (refused.act.id.to_string(), clock::wall_now().micros(), body),
                )?;
            }
            transaction.execute("DELETE FROM record", [])?;
            let set = "INSERT INTO meta (name, value) VALUES (?1, ?2)
                       ON CONFLICT (name) DO UPDATE SET value = excluded.value";
            transaction.execute(set, ("place", "0"))?;
            transaction.execute(set, (LAST_LINE, ""))?;
            transaction.execute(set, (RESTORED, restored.to_text()))?;
            transaction.commit()
        };
        write().map_err(|error| told(&path, error))?;
        Ok(rows.into_iter().map(|row| row.key).collect())
    }

    /// Whether the file mirrors nothing and nothing waits in it: then it may begin with any centre.
    pub(super) fn knows_nothing(&self) -> Result<bool, StoreError> {
        self.connection
            .query_row(
                "SELECT 1 WHERE EXISTS (SELECT 1 FROM record) OR EXISTS (SELECT 1 FROM outbox)
                    OR EXISTS (SELECT 1 FROM conflict)",
                [],
                |_row| Ok(()),
            )
            .optional()
            .map(|found| found.is_none())
            .map_err(|error| told(&self.path, error))
    }
}
