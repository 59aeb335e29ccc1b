//! One machine: a file in the data folder, written ahead and synchronised at each commit.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{
    Connection, ErrorCode, OptionalExtension as _, Transaction, TransactionBehavior, ffi,
};

use super::error::StoreError;
use super::plan::{Found, LogRow, Outcome, Plan, Seen, plan, wanted};
use super::rows::{Checkpoint, Lease, Line, Presence, Refused, Row, Task};
use crate::base::clock::{self, WallTime};
use crate::model::act::{Act, Key};
use crate::model::id::Id;
use crate::store::log::tree::{Frontier, Hash};

/// Each step of the schema, from the first.
pub(super) const STEPS: [&str; 5] = [
    include_str!("migrations/sqlite_1.sql"),
    include_str!("migrations/sqlite_2.sql"),
    include_str!("migrations/sqlite_3.sql"),
    include_str!("migrations/sqlite_4.sql"),
    include_str!("migrations/sqlite_5.sql"),
];
/// Marks a file as ours (`PRAGMA application_id`): "QyrS".
pub(super) const APPLICATION: i32 = i32::from_be_bytes(*b"QyrS");
/// How long another program may hold the file before it is told.
pub(super) const BUSY: Duration = Duration::from_secs(2);
/// Lines of the log for which one checkpoint of a signer stays.
pub(super) const CHECKPOINT_EVERY: u64 = 256;

/// The open file.
pub(super) struct Sqlite {
    pub(super) path: PathBuf,
    pub(super) connection: Connection,
    id: String,
}

impl Sqlite {
    /// Opens the file, makes it where there is none, and takes it to the newest schema.
    pub(super) fn open(path: &Path) -> Result<Self, StoreError> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|source| StoreError::io(folder, source))?;
        }
        let told = |error| told(path, error);
        let mut connection = Connection::open(path).map_err(told)?;
        connection.busy_timeout(BUSY).map_err(told)?;
        make_private(path)?;
        let application: i32 = connection
            .pragma_query_value(None, "application_id", |row| row.get(0))
            .map_err(told)?;
        let version: u32 = connection
            .pragma_query_value(None, "user_version", |row| row.get(0))
            .map_err(told)?;
        if version > 0 && application != APPLICATION {
            return Err(StoreError::Foreign {
                place: path.display().to_string(),
            });
        }
        if version as usize > STEPS.len() {
            return Err(StoreError::Newer {
                place: path.display().to_string(),
                found: version,
                known: STEPS.len() as u32,
            });
        }
        // WAL with full synchronisation: a commit is on the disk when it returns.
        connection
            .pragma_update(None, "journal_mode", "wal")
            .map_err(told)?;
        connection
            .pragma_update(None, "synchronous", "full")
            .map_err(told)?;
        migrate(&mut connection, version as usize).map_err(told)?;
        let id = connection
            .query_row("SELECT value FROM meta WHERE name = 'store'", [], |row| {
                row.get(0)
            })
            .map_err(told)?;
        Ok(Self {
            path: path.to_owned(),
            connection,
            id,
        })
    }

    /// Opens a seat's mirror of its centre. One that is damaged is set aside and made anew, since the
    /// centre has what it held; what waited in it for the centre is taken over as far as it can be
    /// read. What was done is told.
    pub(super) fn open_mirror(path: &Path) -> Result<(Self, Option<StoreError>), StoreError> {
        match Self::open(path) {
            Ok(mirror) => Ok((mirror, None)),
            Err(StoreError::Damaged { why, .. }) => {
                let (mirror, told) = Self::renew(path, &why)?;
                Ok((mirror, Some(told)))
            }
            Err(error) => Err(error),
        }
    }

    /// Sets a damaged mirror aside; see [`Sqlite::open_mirror`].
    pub(super) fn renew(path: &Path, why: &str) -> Result<(Self, StoreError), StoreError> {
        let aside = path.with_extension(format!("damaged-{}", super::new_id()));
        for part in ["", "-wal", "-shm"] {
            let of = |path: &Path| {
                let mut name = path.as_os_str().to_owned();
                name.push(part);
                PathBuf::from(name)
            };
            match fs::rename(of(path), of(&aside)) {
                Err(error) if part.is_empty() || error.kind() != io::ErrorKind::NotFound => {
                    return Err(StoreError::io(path, error));
                }
                _ => {}
            }
        }
        let mut mirror = Self::open(path)?;
        let waited = what_waited(&aside);
        mirror.put_out(&waited)?;
        let told = StoreError::Damaged {
            place: path.display().to_string(),
            why: format!(
                "{why}; it was set aside as {} and made anew from the centre, with {} acts that \
                 waited in it",
                aside.display(),
                waited.len()
            ),
        };
        Ok((mirror, told))
    }

    /// The store's identity.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    fn told(&self, error: rusqlite::Error) -> StoreError {
        told(&self.path, error)
    }

    /// Does a group of acts in one transaction.
    pub(super) fn commit(
        &mut self,
        group: &[Act],
        sign: &dyn Fn(&Frontier) -> Option<Checkpoint>,
    ) -> Result<Vec<Outcome>, StoreError> {
        let path = self.path.clone();
        commit(&mut self.connection, group, sign).map_err(|error| told(&path, error))
    }

    /// Records that were written at place `from` of the log or later, in that order, at most `most`.
    pub(super) fn since(&self, from: u64, most: usize) -> Result<Vec<Row>, StoreError> {
        self.rows(
            "SELECT kind, id, version, seq, centre, at, body FROM record
             WHERE seq >= ?1 ORDER BY seq, kind, id LIMIT ?2",
            from,
            most,
        )
    }

    /// The same without what is only looked for when it is asked for: alarms that are over, and what
    /// was said from outside. There may be millions of them.
    pub(super) fn warm_since(&self, from: u64, most: usize) -> Result<Vec<Row>, StoreError> {
        self.rows(
            "SELECT kind, id, version, seq, centre, at, body FROM record INDEXED BY record_warm
             WHERE seq >= ?1 AND kind NOT IN ('past-alarm', 'said')
             ORDER BY seq, kind, id LIMIT ?2",
            from,
            most,
        )
    }

    fn rows(&self, sql: &str, from: u64, most: usize) -> Result<Vec<Row>, StoreError> {
        let read = || -> rusqlite::Result<Vec<_>> {
            let mut statement = self.connection.prepare_cached(sql)?;
            statement
                .query_map((from, most), |row| {
                    Ok(Row {
                        key: Key {
                            kind: row.get(0)?,
                            id: id_in(row, 1)?,
                        },
                        version: row.get(2)?,
                        seq: row.get(3)?,
                        centre: row.get(4)?,
                        at: WallTime::from_micros(row.get(5)?),
                        body: row.get(6)?,
                    })
                })?
                .collect()
        };
        read().map_err(|error| self.told(error))
    }

    /// The head of the log.
    pub(super) fn head(&self) -> Result<Frontier, StoreError> {
        head(&self.connection).map_err(|error| self.told(error))
    }

    /// Lines of the log from place `from` on, at most `most`.
    pub(super) fn lines(&self, from: u64, most: usize) -> Result<Vec<Line>, StoreError> {
        let read = || -> rusqlite::Result<Vec<_>> {
            let mut statement = self.connection.prepare_cached(
                "SELECT n, line, hash FROM log WHERE n >= ?1 ORDER BY n LIMIT ?2",
            )?;
            statement
                .query_map((from, most), |row| {
                    Ok(Line {
                        n: row.get(0)?,
                        text: row.get(1)?,
                        hash: hash_in(row, 2)?,
                    })
                })?
                .collect()
        };
        read().map_err(|error| self.told(error))
    }

    /// All checkpoints that were kept, by size.
    pub(super) fn checkpoints(&self) -> Result<Vec<Checkpoint>, StoreError> {
        let read = || -> rusqlite::Result<Vec<_>> {
            let mut statement = self
                .connection
                .prepare("SELECT size, signer, text FROM checkpoint ORDER BY size, signer")?;
            statement
                .query_map([], |row| {
                    Ok(Checkpoint {
                        size: row.get(0)?,
                        signer: row.get(1)?,
                        text: row.get(2)?,
                    })
                })?
                .collect()
        };
        read().map_err(|error| self.told(error))
    }

    /// Says that a seat is there.
    pub(super) fn present(&self, presence: &Presence) -> Result<(), StoreError> {
        self.connection
            .execute(
                "INSERT INTO presence (seat, centre, at, body) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (centre, seat) DO UPDATE
                 SET at = excluded.at, body = excluded.body",
                (
                    &presence.seat,
                    &presence.centre,
                    clock::wall_now().micros(),
                    &presence.body,
                ),
            )
            .map_err(|error| self.told(error))?;
        Ok(())
    }

    /// Every seat that ever said that it is there, and now by the store's clock.
    pub(super) fn presences(&self) -> Result<(Vec<Presence>, WallTime), StoreError> {
        let read = || -> rusqlite::Result<Vec<_>> {
            let mut statement = self.connection.prepare_cached(
                "SELECT seat, centre, at, body FROM presence ORDER BY centre, seat",
            )?;
            statement
                .query_map([], |row| {
                    Ok(Presence {
                        seat: row.get(0)?,
                        centre: row.get(1)?,
                        at: WallTime::from_micros(row.get(2)?),
                        body: row.get(3)?,
                    })
                })?
                .collect()
        };
        let all = read().map_err(|error| self.told(error))?;
        Ok((all, clock::wall_now()))
    }

    /// Offers tasks; those that are known already stay as they are.
    pub(super) fn offer(&mut self, tasks: &[Task]) -> Result<(), StoreError> {
        let path = self.path.clone();
        let mut write = || {
            let transaction = immediate(&mut self.connection)?;
            {
                let mut insert = transaction.prepare_cached(
                    "INSERT INTO task (id, kind, centre, due, body) VALUES (?1, ?2, ?3, ?4, ?5)
                     ON CONFLICT (id) DO NOTHING",
                )?;
                for task in tasks {
                    insert.execute((
                        task.id.to_string(),
                        &task.kind,
                        &task.centre,
                        task.due.micros(),
                        &task.body,
                    ))?;
                }
            }
            transaction.commit()
        };
        write().map_err(|error| told(&path, error))
    }

    /// Takes tasks that are due and that nobody has, for `hold`.
    pub(super) fn take(
        &mut self,
        kind: &str,
        by: &str,
        hold: Duration,
        most: usize,
    ) -> Result<Vec<Task>, StoreError> {
        let path = self.path.clone();
        let mut read = || {
            let now = clock::wall_now().micros();
            let until = now.saturating_add(hold.as_micros() as i64);
            let transaction = immediate(&mut self.connection)?;
            let mut taken: Vec<Task> = {
                let mut update = transaction.prepare_cached(
                    "UPDATE task SET taken_by = ?1, taken_until = ?2, tries = tries + 1
                     WHERE id IN (SELECT id FROM task
                                  WHERE kind = ?3 AND due <= ?4 AND taken_until <= ?4
                                  ORDER BY due, id LIMIT ?5)
                     RETURNING id, kind, centre, due, tries, body",
                )?;
                let rows = update.query_map((by, until, kind, now, most), |row| {
                    Ok(Task {
                        id: id_in(row, 0)?,
                        kind: row.get(1)?,
                        centre: row.get(2)?,
                        due: WallTime::from_micros(row.get(3)?),
                        tries: row.get(4)?,
                        body: row.get(5)?,
                    })
                })?;
                rows.collect::<Result<_, _>>()?
            };
            transaction.commit()?;
            taken.sort_by_key(|task| (task.due, task.id));
            Ok(taken)
        };
        read().map_err(|error| told(&path, error))
    }

    /// A task is done, by whom it was taken. False when somebody else has it by now.
    pub(super) fn finish(&self, id: Id, by: &str) -> Result<bool, StoreError> {
        self.connection
            .execute(
                "DELETE FROM task WHERE id = ?1 AND taken_by = ?2",
                (id.to_string(), by),
            )
            .map(|rows| rows == 1)
            .map_err(|error| self.told(error))
    }

    /// Takes or keeps what only one may have at a time, for `hold`; says who has it.
    pub(super) fn lease(
        &mut self,
        name: &str,
        by: &str,
        hold: Duration,
    ) -> Result<Lease, StoreError> {
        let path = self.path.clone();
        let mut write = || {
            let now = clock::wall_now().micros();
            let until = now.saturating_add(hold.as_micros() as i64);
            let transaction = immediate(&mut self.connection)?;
            transaction.execute(
                "INSERT INTO lease (name, holder, until) VALUES (?1, ?2, ?3)
                 ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
                 WHERE lease.holder = excluded.holder OR lease.until <= ?4",
                (name, by, until, now),
            )?;
            let lease = transaction.query_row(
                "SELECT holder, until FROM lease WHERE name = ?1",
                [name],
                |row| {
                    Ok(Lease {
                        holder: row.get(0)?,
                        until: WallTime::from_micros(row.get(1)?),
                    })
                },
            )?;
            transaction.commit()?;
            Ok(lease)
        };
        write().map_err(|error| told(&path, error))
    }

    /// Keeps acts that the centre is to have.
    pub(super) fn put_out(&mut self, acts: &[Act]) -> Result<(), StoreError> {
        let path = self.path.clone();
        let mut write = || {
            let transaction = immediate(&mut self.connection)?;
            {
                let mut insert = transaction.prepare_cached(
                    "INSERT INTO outbox (act, body) VALUES (?1, ?2) ON CONFLICT (act) DO NOTHING",
                )?;
                for act in acts {
                    let body = serde_json::to_string(act).map_err(to_sql)?;
                    insert.execute((act.id.to_string(), body))?;
                }
            }
            transaction.commit()
        };
        write().map_err(|error| told(&path, error))
    }

    /// The first acts that the centre does not have yet, in their order.
    pub(super) fn outbox(&self, most: usize) -> Result<Vec<Act>, StoreError> {
        let read = || -> rusqlite::Result<Vec<_>> {
            let mut statement = self
                .connection
                .prepare_cached("SELECT body FROM outbox ORDER BY n LIMIT ?1")?;
            statement
                .query_map([most], |row| json_in(row, 0))?
                .collect()
        };
        read().map_err(|error| self.told(error))
    }

    /// How many acts the centre does not have yet.
    pub(super) fn outbox_len(&self) -> Result<u64, StoreError> {
        self.connection
            .query_row("SELECT count(*) FROM outbox", [], |row| row.get(0))
            .map_err(|error| self.told(error))
    }

    /// The centre has them now; those it refused are kept as conflicts.
    pub(super) fn sent(&mut self, done: &[Id], refused: &[Refused]) -> Result<(), StoreError> {
        let path = self.path.clone();
        let mut write = || {
            let transaction = immediate(&mut self.connection)?;
            for refused in refused {
                let body = serde_json::to_string(refused).map_err(to_sql)?;
                transaction.execute(
                    "INSERT INTO conflict (act, at, body) VALUES (?1, ?2, ?3)
                     ON CONFLICT (act) DO NOTHING",
                    (refused.act.id.to_string(), clock::wall_now().micros(), body),
                )?;
            }
            for id in done.iter().chain(refused.iter().map(|it| &it.act.id)) {
                transaction.execute("DELETE FROM outbox WHERE act = ?1", [id.to_string()])?;
            }
            transaction.commit()
        };
        write().map_err(|error| told(&path, error))
    }

    /// Acts that the centre refused, and what it said; the oldest first.
    pub(super) fn conflicts(&self) -> Result<Vec<Refused>, StoreError> {
        let read = || -> rusqlite::Result<Vec<_>> {
            let mut statement = self
                .connection
                .prepare_cached("SELECT body FROM conflict ORDER BY n")?;
            statement.query_map([], |row| json_in(row, 0))?.collect()
        };
        read().map_err(|error| self.told(error))
    }

    /// Somebody has seen a conflict.
    pub(super) fn settle(&self, act: Id) -> Result<(), StoreError> {
        self.connection
            .execute("DELETE FROM conflict WHERE act = ?1", [act.to_string()])
            .map_err(|error| self.told(error))?;
        Ok(())
    }

    /// Records as they stand, where there are any.
    pub(super) fn found(&self, keys: &BTreeSet<Key>) -> Result<BTreeMap<Key, Found>, StoreError> {
        records(&self.connection, keys).map_err(|error| self.told(error))
    }

    /// Takes over records of a centre as they are there, without acts of its own, and notes that it
    /// has them up to `place`. Nothing waits for the disk: what a power cut takes is read again.
    pub(super) fn mirror(&mut self, rows: &[Row], place: (&str, u64)) -> Result<(), StoreError> {
        let path = self.path.clone();
        let mut write = || {
            self.connection
                .pragma_update(None, "synchronous", "normal")?;
            let transaction = immediate(&mut self.connection)?;
            for row in rows {
                write_record(&transaction, row)?;
            }
            set_note(&transaction, place.0, &place.1.to_string())?;
            transaction.commit()
        };
        let written = write();
        self.connection
            .pragma_update(None, "synchronous", "full")
            .and(written)
            .map_err(|error| told(&path, error))
    }

    /// One of the store's own notes.
    pub(super) fn note(&self, name: &str) -> Result<Option<String>, StoreError> {
        self.connection
            .query_row("SELECT value FROM meta WHERE name = ?1", [name], |row| {
                row.get(0)
            })
            .optional()
            .map_err(|error| self.told(error))
    }

    /// Keeps one of the store's own notes.
    pub(super) fn set_note(&self, name: &str, value: &str) -> Result<(), StoreError> {
        set_note(&self.connection, name, value).map_err(|error| self.told(error))
    }

    /// A number that changes when another program has written to the file.
    pub(super) fn foreign_writes(&self) -> Result<i64, StoreError> {
        self.connection
            .pragma_query_value(None, "data_version", |row| row.get(0))
            .map_err(|error| self.told(error))
    }

    /// Looks at the whole file: `PRAGMA integrity_check`; what is wrong, a line each.
    pub(super) fn check(&self) -> Result<Vec<String>, StoreError> {
        let read = || -> rusqlite::Result<Vec<_>> {
            let mut statement = self.connection.prepare("PRAGMA integrity_check(20)")?;
            statement.query_map([], |row| row.get(0))?.collect()
        };
        let mut said: Vec<String> = read().map_err(|error| self.told(error))?;
        said.retain(|line| line != "ok");
        Ok(said)
    }

    /// Writes everything that is in the write-ahead log into the file.
    pub(super) fn settle_file(&self) {
        // Another reader may hold it back: the next one does it then.
        self.connection
            .pragma_update(None, "wal_checkpoint", "truncate")
            .ok();
    }
}

fn commit(
    connection: &mut Connection,
    group: &[Act],
    sign: &dyn Fn(&Frontier) -> Option<Checkpoint>,
) -> rusqlite::Result<Vec<Outcome>> {
    let transaction = immediate(connection)?;
    let (ids, keys) = wanted(group);
    let seen = Seen {
        frontier: head(&transaction)?,
        now: clock::wall_now(),
        records: records(&transaction, &keys)?,
        done: done(&transaction, &ids)?,
        centre: None,
    };
    let Plan {
        log,
        records,
        frontier,
        outcomes,
    } = plan(seen, group);
    if log.is_empty() {
        return Ok(outcomes);
    }
    for row in &log {
        write_line(&transaction, row)?;
    }
    for row in &records {
        write_record(&transaction, row)?;
    }
    transaction
        .prepare_cached("UPDATE head SET size = ?1, frontier = ?2")?
        .execute((frontier.size(), frontier.to_bytes()))?;
    if let Some(checkpoint) = sign(&frontier) {
        write_checkpoint(&transaction, &checkpoint)?;
    }
    transaction.commit()?;
    Ok(outcomes)
}

/// Acts that can still be read in the outbox of a damaged file.
fn what_waited(path: &Path) -> Vec<Act> {
    let read = || -> rusqlite::Result<Vec<Act>> {
        let connection = Connection::open(path)?;
        let mut statement = connection.prepare("SELECT body FROM outbox ORDER BY n")?;
        let acts = statement.query_map([], |row| json_in(row, 0))?;
        Ok(acts.map_while(Result::ok).collect())
    };
    read().unwrap_or_default()
}

fn set_note(connection: &Connection, name: &str, value: &str) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO meta (name, value) VALUES (?1, ?2)
             ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        )?
        .execute((name, value))
        .map(drop)
}

pub(super) fn immediate(connection: &mut Connection) -> rusqlite::Result<Transaction<'_>> {
    connection.transaction_with_behavior(TransactionBehavior::Immediate)
}

fn head(connection: &Connection) -> rusqlite::Result<Frontier> {
    connection
        .prepare_cached("SELECT size, frontier FROM head")?
        .query_row([], |row| {
            let (size, bytes): (u64, Vec<u8>) = (row.get(0)?, row.get(1)?);
            Frontier::from_bytes(&bytes)
                .ok()
                .filter(|frontier| frontier.size() == size)
                .ok_or_else(|| unfit(1, "the head of the log is no right edge of a tree"))
        })
}

fn records(
    connection: &Connection,
    keys: &BTreeSet<Key>,
) -> rusqlite::Result<BTreeMap<Key, Found>> {
    let mut statement = connection
        .prepare_cached("SELECT version, body, centre FROM record WHERE kind = ?1 AND id = ?2")?;
    let mut found = BTreeMap::new();
    for key in keys {
        let row = statement
            .query_row((&key.kind, key.id.to_string()), |row| {
                Ok(Found {
                    version: row.get(0)?,
                    body: row.get(1)?,
                    centre: row.get(2)?,
                })
            })
            .optional()?;
        if let Some(row) = row {
            found.insert(key.clone(), row);
        }
    }
    Ok(found)
}

fn done(connection: &Connection, ids: &[Id]) -> rusqlite::Result<BTreeMap<Id, u64>> {
    let mut statement = connection.prepare_cached("SELECT n FROM log WHERE act = ?1")?;
    let mut done = BTreeMap::new();
    for id in ids {
        let n = statement
            .query_row([id.to_string()], |row| row.get(0))
            .optional()?;
        if let Some(n) = n {
            done.insert(*id, n);
        }
    }
    Ok(done)
}

fn write_line(connection: &Connection, row: &LogRow) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO log (n, act, at, centre, seat, author, kind, about, line, hash)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?
        .execute((
            row.n,
            row.act.to_string(),
            row.at.micros(),
            &row.centre,
            &row.seat,
            row.author.map(|id| id.to_string()),
            &row.kind,
            &row.about,
            &row.line,
            row.hash.as_bytes(),
        ))?;
    Ok(())
}

fn write_record(connection: &Connection, row: &Row) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO record (kind, id, version, seq, centre, at, body)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT (kind, id) DO UPDATE
             SET version = excluded.version, seq = excluded.seq, at = excluded.at,
                 body = excluded.body",
        )?
        .execute((
            &row.key.kind,
            row.key.id.to_string(),
            row.version,
            row.seq,
            &row.centre,
            row.at.micros(),
            &row.body,
        ))?;
    Ok(())
}

/// Of one signer one checkpoint stays for each [`CHECKPOINT_EVERY`] lines: its last.
fn write_checkpoint(connection: &Connection, checkpoint: &Checkpoint) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "DELETE FROM checkpoint WHERE signer = ?1 AND size > ?2 * (?3 / ?2) AND size < ?3",
        )?
        .execute((&checkpoint.signer, CHECKPOINT_EVERY, checkpoint.size))?;
    connection
        .prepare_cached(
            "INSERT INTO checkpoint (size, signer, at, text) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (size, signer) DO UPDATE SET at = excluded.at, text = excluded.text",
        )?
        .execute((
            checkpoint.size,
            &checkpoint.signer,
            clock::wall_now().micros(),
            &checkpoint.text,
        ))?;
    Ok(())
}

fn migrate(connection: &mut Connection, from: usize) -> rusqlite::Result<()> {
    for (step, sql) in STEPS.iter().enumerate().skip(from) {
        let transaction = immediate(connection)?;
        // Another program may have been first.
        let version: usize =
            transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if version != step {
            continue;
        }
        transaction.execute_batch(sql)?;
        if step == 0 {
            transaction.pragma_update(None, "application_id", APPLICATION)?;
            let id = super::new_id().to_string();
            transaction.execute("INSERT INTO meta (name, value) VALUES ('store', ?1)", [id])?;
            transaction.execute(
                "INSERT INTO head (one, size, frontier) VALUES (1, 0, ?1)",
                [Frontier::default().to_bytes()],
            )?;
        }
        transaction.pragma_update(None, "user_version", step + 1)?;
        transaction.commit()?;
    }
    Ok(())
}

pub(super) fn id_in(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<Id> {
    let text: String = row.get(column)?;
    text.parse().map_err(|error: crate::model::id::NotAnId| {
        rusqlite::Error::FromSqlConversionFailure(
            column,
            rusqlite::types::Type::Text,
            Box::new(error),
        )
    })
}

fn json_in<T: serde::de::DeserializeOwned>(
    row: &rusqlite::Row<'_>,
    column: usize,
) -> rusqlite::Result<T> {
    let body: String = row.get(column)?;
    serde_json::from_str(&body).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(
            column,
            rusqlite::types::Type::Text,
            Box::new(error),
        )
    })
}

fn hash_in(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<Hash> {
    row.get::<_, [u8; 32]>(column).map(Hash::from)
}

fn unfit(column: usize, what: &'static str) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Blob, what.into())
}

pub(super) fn to_sql(error: serde_json::Error) -> rusqlite::Error {
    rusqlite::Error::ToSqlConversionFailure(Box::new(error))
}

/// What an operator or an administrator can do something about is told apart.
pub(super) fn told(path: &Path, error: rusqlite::Error) -> StoreError {
    let place = path.display().to_string();
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => StoreError::Full { place },
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
            StoreError::NotWritable {
                place,
                why: error.to_string(),
            }
        }
        // The disk does not take it: it may only be read by now, or it is about to fail.
        Some(ErrorCode::SystemIoFailure) if is_of_writing(&error) => StoreError::NotWritable {
            why: why_not_written(path, &error),
            place,
        },
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => StoreError::Damaged {
            place,
            why: error.to_string(),
        },
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Busy { place },
        _ => StoreError::Engine {
            place,
            why: error.to_string(),
        },
    }
}

/// Whether the disk failed at writing, not at reading.
fn is_of_writing(error: &rusqlite::Error) -> bool {
    let extended = error.sqlite_error().map(|error| error.extended_code);
    matches!(
        extended,
        Some(
            ffi::SQLITE_IOERR_WRITE
                | ffi::SQLITE_IOERR_FSYNC
                | ffi::SQLITE_IOERR_DIR_FSYNC
                | ffi::SQLITE_IOERR_TRUNCATE
                | ffi::SQLITE_IOERR_DELETE
                | ffi::SQLITE_IOERR_LOCK
                | ffi::SQLITE_IOERR_SHMOPEN
                | ffi::SQLITE_IOERR_SHMSIZE
                | ffi::SQLITE_IOERR_BEGIN_ATOMIC
                | ffi::SQLITE_IOERR_COMMIT_ATOMIC
        )
    )
}

/// What the system says of the file, since the engine says only that it failed. The file is not opened
/// for it: closing it again would end the locks that the engine has on it.
fn why_not_written(path: &Path, error: &rusqlite::Error) -> String {
    let asked = fs::metadata(path).and_then(|file| fs::set_permissions(path, file.permissions()));
    match asked {
        Err(system) => format!("{error}: {system}"),
        Ok(()) => error.to_string(),
    }
}

#[cfg(unix)]
fn make_private(path: &Path) -> Result<(), StoreError> {
    use std::os::unix::fs::PermissionsExt as _;
    let permissions = fs::Permissions::from_mode(0o600);
    match fs::set_permissions(path, permissions) {
        Ok(()) => Ok(()),
        // A folder that is read only will be told by the first write.
        Err(error) if error.kind() == std::io::ErrorKind::ReadOnlyFilesystem => Ok(()),
        Err(source) => Err(StoreError::io(path, source)),
    }
}

#[cfg(not(unix))]
fn make_private(_path: &Path) -> Result<(), StoreError> {
    // Elsewhere the user's own folder is private by its access list.
    Ok(())
}
