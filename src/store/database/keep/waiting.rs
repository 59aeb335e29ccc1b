//! What a seat of a centre keeps by itself: a mirror, and what the centre does not have yet.

use std::path::Path;

use rusqlite::OptionalExtension as _;

use super::StoreError;
use super::file::{damage, open_to_read, schema};
use crate::store::database::sqlite::told;

/// What the file of a seat of a centre holds that the centre may not have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// What SQLite finds wrong with the file, a line each.
    pub damage: Vec<String>,
    /// Acts that the centre does not have yet.
    pub acts: u64,
    /// Acts that it refused and that nobody has settled.
    pub conflicts: u64,
    /// Which store it mirrors; nothing where it never reached one.
    pub store: Option<String>,
    /// Lines of its log that it has seen.
    pub place: u64,
}

impl Waiting {
    /// Looks into the file without changing it.
    ///
    /// # Errors
    /// When it is not there, no store, newer, or damaged.
    pub fn in_file(path: &Path) -> Result<Self, StoreError> {
        let connection = open_to_read(path)?;
        let failed = |error| told(path, error);
        if schema(path, &connection)? < 2 {
            return Ok(Self::default()); // before there were seats of a centre
        }
        let count = |table: &str| {
            connection
                .query_row(&format!("SELECT count(*) FROM {table}"), [], |row| {
                    row.get(0)
                })
                .map_err(failed)
        };
        let note = |name: &str| -> Result<Option<String>, StoreError> {
            connection
                .query_row("SELECT value FROM meta WHERE name = ?1", [name], |row| {
                    row.get(0)
                })
                .optional()
                .map_err(failed)
        };
        Ok(Self {
            damage: damage(path, &connection)?,
            acts: count("outbox")?,
            conflicts: count("conflict")?,
            store: note("centre")?,
            place: note("place")?
                .and_then(|text| text.parse().ok())
                .unwrap_or(0),
        })
    }
}
