//! A centre: PostgreSQL, reached by every seat; no server of ours.
//!
//! One transaction for a group of acts, in two turns: what it needs to know, under the lock of the
//! log's head, and what is to be written. All seats write through that lock one after the other, so
//! the places in the log have no gaps and are in the order of the commits; whoever reads from a place
//! on misses nothing. Notifications say only that there is something; what, is read by place.

use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::sync::Arc;
use std::time::Duration;

use futures::future::try_join_all;
use rustls::pki_types::{CertificateDer, pem::PemObject as _};
use tokio::sync::mpsc;
use tokio_postgres::error::{Severity, SqlState};
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{AsyncMessage, Client, Connection, NoTls, Row as Columns, Socket, Statement};
use tokio_postgres_rustls::MakeRustlsConnect;
use tracing::debug;
use uuid::Uuid;

use super::address::Address;
use super::error::StoreError;
use super::keep::Restored;
use super::plan::{Found, Outcome, Plan, Seen, plan, wanted};
use super::rows::{Checkpoint, Lease, Line, Presence, Row, Task};
use super::sqlite::CHECKPOINT_EVERY;
use crate::base::clock::WallTime;
use crate::model::act::{Act, Key};
use crate::model::id::Id;
use crate::store::log::tree::{Frontier, Hash};

/// Each step of the schema, from the first.
pub(super) const STEPS: [&str; 5] = [
    include_str!("migrations/postgres_1.sql"),
    include_str!("migrations/postgres_2.sql"),
    include_str!("migrations/postgres_3.sql"),
    include_str!("migrations/postgres_4.sql"),
    include_str!("migrations/postgres_5.sql"),
];
/// An answer that does not come within this time does not come.
const ANSWERS_WITHIN: Duration = Duration::from_secs(8);
/// Of the connection as a whole, with the steps of the schema.
const OPENS_WITHIN: Duration = Duration::from_secs(30);
/// What each connection begins with. Whoever holds the head of the log and is not heard of any more (a
/// seat that froze, a cable that was pulled) must not hold up all the others: the server ends it.
const SESSION: &str = "LISTEN qyran; LISTEN qyran_presence; SET lock_timeout = '5s';
    SET idle_in_transaction_session_timeout = '3s'; SET tcp_user_timeout = '10s';
    SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 3";
/// Whoever changes the schema holds this advisory lock ("qyran" in ASCII).
const SCHEMA_LOCK: i64 = 0x71_7972_616e;
/// Notifications that wait; more are one and the same.
const NOTIFICATIONS: usize = 64;

/// What the server told without being asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// There are new lines of the log.
    Changed,
    /// A seat came, went or changed what it says.
    Presence,
    /// The connection is over.
    Gone,
}

/// An open connection.
pub(super) struct Postgres {
    place: String,
    pub(super) client: Client,
    statements: Statements,
    id: String,
    /// Which restoring from a backup it was last, where it ever was.
    restored: Option<Restored>,
    /// The centre that this login is bound to.
    centre: Option<String>,
}

struct Statements {
    head: Statement,
    done: Statement,
    records: Statement,
    add_lines: Statement,
    add_records: Statement,
    thin_checkpoints: Statement,
    add_checkpoint: Statement,
    notify: Statement,
    since: Statement,
    lines: Statement,
}

impl Postgres {
    /// Connects, and takes the schema to the newest where this login owns it. What the server tells
    /// later comes through the receiver.
    pub(super) async fn connect(
        address: &Address,
    ) -> Result<(Self, mpsc::Receiver<Told>), StoreError> {
        let place = address.to_string();
        let opening = async {
            let (client, receiver) = reach(address).await?;
            Ok((Self::set_up(place.clone(), client).await?, receiver))
        };
        tokio::time::timeout(OPENS_WITHIN, opening)
            .await
            .map_err(|_elapsed| StoreError::Away {
                place: place.clone(),
                why: format!("no answer in {OPENS_WITHIN:?}"),
            })?
    }

    async fn set_up(place: String, client: Client) -> Result<Self, StoreError> {
        let failed = |error: tokio_postgres::Error| told(&place, &error);
        migrate(&place, &client).await?;
        client.batch_execute(SESSION).await.map_err(failed)?;
        let known = client
            .query_one(
                "SELECT (SELECT value FROM qyran.meta WHERE name = 'store'), qyran.my_centre(),
                        (SELECT value FROM qyran.meta WHERE name = 'restored')",
                &[],
            )
            .await
            .map_err(failed)?;
        let restored: Option<String> = known.try_get(2).map_err(failed)?;
        let statements = Statements::prepare(&client).await.map_err(failed)?;
        Ok(Self {
            id: known.try_get(0).map_err(failed)?,
            restored: restored.and_then(|text| Restored::parse(&text)),
            centre: known.try_get(1).map_err(failed)?,
            place,
            client,
            statements,
        })
    }

    /// The store's identity.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// Which restoring from a backup it was last, where it ever was.
    pub(super) fn restored(&self) -> Option<&Restored> {
        self.restored.as_ref()
    }

    /// Does something within the time that an answer may take.
    async fn ask<T>(
        &self,
        answer: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T, StoreError> {
        match tokio::time::timeout(ANSWERS_WITHIN, answer).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(told(&self.place, &error)),
            Err(_elapsed) => Err(StoreError::Away {
                place: self.place.clone(),
                why: format!("no answer in {ANSWERS_WITHIN:?}"),
            }),
        }
    }

    /// Does a group of acts in one transaction.
    pub(super) async fn commit(
        &self,
        group: &[Act],
        sign: &dyn Fn(&Frontier) -> Option<Checkpoint>,
    ) -> Result<Vec<Outcome>, StoreError> {
        let done = self.commit_in_two_turns(group, sign).await;
        if done.is_err() && !self.client.is_closed() {
            // So that the next one does not find itself in this one's transaction.
            self.ask(self.client.batch_execute("ROLLBACK")).await.ok();
        }
        done
    }

    async fn commit_in_two_turns(
        &self,
        group: &[Act],
        sign: &dyn Fn(&Frontier) -> Option<Checkpoint>,
    ) -> Result<Vec<Outcome>, StoreError> {
        let seen = self.look(group).await?;
        let Plan {
            log,
            records,
            frontier,
            outcomes,
        } = plan(seen, group);
        if log.is_empty() {
            self.ask(self.client.batch_execute("ROLLBACK")).await?;
            return Ok(outcomes);
        }
        let checkpoint = sign(&frontier);
        let size = frontier.size() as i64;

        let n: Vec<i64> = log.iter().map(|row| row.n as i64).collect();
        let act: Vec<Uuid> = log.iter().map(|row| uuid(row.act)).collect();
        let at: Vec<i64> = log.iter().map(|row| row.at.micros()).collect();
        let centre: Vec<&str> = log.iter().map(|row| &*row.centre).collect();
        let seat: Vec<&str> = log.iter().map(|row| &*row.seat).collect();
        let author: Vec<Option<Uuid>> = log.iter().map(|row| row.author.map(uuid)).collect();
        let kind: Vec<&str> = log.iter().map(|row| &*row.kind).collect();
        let about: Vec<Option<&str>> = log.iter().map(|row| row.about.as_deref()).collect();
        let line: Vec<&str> = log.iter().map(|row| &*row.line).collect();
        let hash: Vec<&[u8]> = log
            .iter()
            .map(|row| row.hash.as_bytes().as_slice())
            .collect();
        let lines: [&(dyn ToSql + Sync); 10] = [
            &n, &act, &at, &centre, &seat, &author, &kind, &about, &line, &hash,
        ];

        let r_kind: Vec<&str> = records.iter().map(|row| &*row.key.kind).collect();
        let r_id: Vec<Uuid> = records.iter().map(|row| uuid(row.key.id)).collect();
        let r_version: Vec<i32> = records.iter().map(|row| row.version as i32).collect();
        let r_seq: Vec<i64> = records.iter().map(|row| row.seq as i64).collect();
        let r_centre: Vec<&str> = records.iter().map(|row| &*row.centre).collect();
        let r_at: Vec<i64> = records.iter().map(|row| row.at.micros()).collect();
        let r_body: Vec<Option<&str>> = records.iter().map(|row| row.body.as_deref()).collect();
        let rows: [&(dyn ToSql + Sync); 7] = [
            &r_kind, &r_id, &r_version, &r_seq, &r_centre, &r_at, &r_body,
        ];

        let (signer, text, of) = checkpoint.as_ref().map_or(("", "", 0), |checkpoint| {
            (
                &*checkpoint.signer,
                &*checkpoint.text,
                checkpoint.size as i64,
            )
        });
        let block = (of - 1).max(0) / CHECKPOINT_EVERY as i64 * CHECKPOINT_EVERY as i64;
        let thin: [&(dyn ToSql + Sync); 3] = [&signer, &block, &of];
        let note: [&(dyn ToSql + Sync); 3] = [&of, &signer, &text];
        let news: [&(dyn ToSql + Sync); 1] = [&size];
        let statements = &self.statements;
        let run = async |statement, values: &[&(dyn ToSql + Sync)]| {
            self.client.execute(statement, values).await.map(drop)
        };
        // All of them go out at once; the server takes them in this order.
        let write = async {
            tokio::try_join!(
                biased;
                run(&statements.add_lines, &lines),
                run(&statements.add_records, &rows),
                async {
                    if checkpoint.is_some() {
                        run(&statements.thin_checkpoints, &thin).await
                    } else {
                        Ok(())
                    }
                },
                async {
                    if checkpoint.is_some() {
                        run(&statements.add_checkpoint, &note).await
                    } else {
                        Ok(())
                    }
                },
                run(&statements.notify, &news),
                // Where one of them fails, the server takes this as a rollback.
                self.client.batch_execute("COMMIT"),
            )
            .map(drop)
        };
        self.ask(write).await?;
        Ok(outcomes)
    }

    /// The first turn: holds the head, and reads what the group needs.
    async fn look(&self, group: &[Act]) -> Result<Seen, StoreError> {
        let (ids, keys) = wanted(group);
        let ids: Vec<Uuid> = ids.into_iter().map(uuid).collect();
        let kinds: Vec<&str> = keys.iter().map(|key| &*key.kind).collect();
        let which: Vec<Uuid> = keys.iter().map(|key| uuid(key.id)).collect();
        let which: [&(dyn ToSql + Sync); 2] = [&kinds, &which];
        let acts: [&(dyn ToSql + Sync); 1] = [&ids];
        let read = async {
            tokio::try_join!(
                biased;
                self.client.batch_execute("BEGIN"),
                self.client.query_one(&self.statements.head, &[]),
                self.client.query(&self.statements.done, &acts),
                self.client.query(&self.statements.records, &which),
            )
        };
        let ((), head, done, records) = self.ask(read).await?;
        let taken = || {
            let now: i64 = head.try_get(2)?;
            let done = done
                .iter()
                .map(|row| Ok((id_in(row, 0)?, row.try_get::<_, i64>(1)? as u64)))
                .collect::<Result<_, tokio_postgres::Error>>()?;
            let records = records
                .iter()
                .map(|row| {
                    let key = Key {
                        kind: row.try_get(0)?,
                        id: id_in(row, 1)?,
                    };
                    let found = Found {
                        version: row.try_get::<_, i32>(2)? as u32,
                        body: row.try_get(3)?,
                        centre: row.try_get(4)?,
                    };
                    Ok((key, found))
                })
                .collect::<Result<BTreeMap<_, _>, tokio_postgres::Error>>()?;
            Ok((now, done, records))
        };
        let (now, done, records) =
            taken().map_err(|error: tokio_postgres::Error| told(&self.place, &error))?;
        Ok(Seen {
            frontier: self.frontier_in(&head)?,
            now: WallTime::from_micros(now),
            records,
            done,
            centre: self.centre.clone(),
        })
    }

    fn frontier_in(&self, row: &Columns) -> Result<Frontier, StoreError> {
        let taken = || Ok((row.try_get::<_, i64>(0)?, row.try_get::<_, Vec<u8>>(1)?));
        let (size, bytes) =
            taken().map_err(|error: tokio_postgres::Error| told(&self.place, &error))?;
        Frontier::from_bytes(&bytes)
            .ok()
            .filter(|frontier| frontier.size() == size as u64)
            .ok_or_else(|| StoreError::Damaged {
                place: self.place.clone(),
                why: "the head of the log is no right edge of a tree".to_owned(),
            })
    }

    /// Records that were written at place `from` of the log or later, in that order, at most `most`.
    pub(super) async fn since(&self, from: u64, most: usize) -> Result<Vec<Row>, StoreError> {
        let values: [&(dyn ToSql + Sync); 2] = [&(from as i64), &(most as i64)];
        self.rows(&self.statements.since, &values, |row| {
            Ok(Row {
                key: Key {
                    kind: row.try_get(0)?,
                    id: id_in(row, 1)?,
                },
                version: row.try_get::<_, i32>(2)? as u32,
                seq: row.try_get::<_, i64>(3)? as u64,
                centre: row.try_get(4)?,
                at: WallTime::from_micros(row.try_get(5)?),
                body: row.try_get(6)?,
            })
        })
        .await
    }

    async fn rows<T>(
        &self,
        statement: &(impl tokio_postgres::ToStatement + ?Sized),
        values: &[&(dyn ToSql + Sync)],
        take: impl Fn(&Columns) -> Result<T, tokio_postgres::Error>,
    ) -> Result<Vec<T>, StoreError> {
        let rows = self.ask(self.client.query(statement, values)).await?;
        rows.iter()
            .map(take)
            .collect::<Result<_, _>>()
            .map_err(|error| told(&self.place, &error))
    }

    /// The hash of a line, whichever centre's it is; nothing where there is none.
    pub(super) async fn line_hash(&self, n: u64) -> Result<Option<Vec<u8>>, StoreError> {
        let sql = "SELECT qyran.line_hash($1)";
        let row = self.ask(self.client.query_one(sql, &[&(n as i64)])).await?;
        row.try_get(0)
            .map_err(|error: tokio_postgres::Error| told(&self.place, &error))
    }

    /// The head of the log.
    pub(super) async fn head(&self) -> Result<Frontier, StoreError> {
        let row = self
            .ask(
                self.client
                    .query_one("SELECT size, frontier FROM qyran.head", &[]),
            )
            .await?;
        self.frontier_in(&row)
    }

    /// Lines of the log from place `from` on, at most `most`.
    pub(super) async fn lines(&self, from: u64, most: usize) -> Result<Vec<Line>, StoreError> {
        let values: [&(dyn ToSql + Sync); 2] = [&(from as i64), &(most as i64)];
        self.rows(&self.statements.lines, &values, |row| {
            let hash: &[u8] = row.try_get(2)?;
            Ok(Line {
                n: row.try_get::<_, i64>(0)? as u64,
                text: row.try_get(1)?,
                // Its length is held by the table.
                hash: Hash::from(<[u8; 32]>::try_from(hash).unwrap_or_default()),
            })
        })
        .await
    }

    /// All checkpoints that were kept, by size.
    pub(super) async fn checkpoints(&self) -> Result<Vec<Checkpoint>, StoreError> {
        let sql = "SELECT size, signer, text FROM qyran.checkpoint ORDER BY size, signer";
        self.rows(sql, &[], |row| {
            Ok(Checkpoint {
                size: row.try_get::<_, i64>(0)? as u64,
                signer: row.try_get(1)?,
                text: row.try_get(2)?,
            })
        })
        .await
    }

    /// Says that a seat is there; others are told when it says something new.
    pub(super) async fn present(&self, presence: &Presence) -> Result<(), StoreError> {
        let sql =
            "WITH before AS (SELECT body FROM qyran.presence WHERE seat = $1 AND centre = $2),
             written AS (
                INSERT INTO qyran.presence (seat, centre, at, body)
                VALUES ($1, $2, qyran.now_micros(), $3)
                ON CONFLICT (centre, seat) DO UPDATE
                SET at = excluded.at, body = excluded.body)
             SELECT pg_notify('qyran_presence', $1)
             WHERE (SELECT body FROM before) IS DISTINCT FROM $3";
        let values: [&(dyn ToSql + Sync); 3] = [&presence.seat, &presence.centre, &presence.body];
        self.ask(self.client.query(sql, &values)).await?;
        Ok(())
    }

    /// Every seat that ever said that it is there, and now by the server's clock.
    pub(super) async fn presences(&self) -> Result<(Vec<Presence>, WallTime), StoreError> {
        let sql = "SELECT seat, centre, at, body, qyran.now_micros() FROM qyran.presence
                   ORDER BY centre, seat";
        let mut now = None;
        let rows = self.ask(self.client.query(sql, &[])).await?;
        let mut all = Vec::with_capacity(rows.len());
        for row in &rows {
            let taken = || {
                Ok((
                    Presence {
                        seat: row.try_get(0)?,
                        centre: row.try_get(1)?,
                        at: WallTime::from_micros(row.try_get(2)?),
                        body: row.try_get(3)?,
                    },
                    WallTime::from_micros(row.try_get(4)?),
                ))
            };
            let (presence, at) =
                taken().map_err(|error: tokio_postgres::Error| told(&self.place, &error))?;
            now = Some(at);
            all.push(presence);
        }
        let now = match now {
            Some(now) => now,
            None => self.now().await?,
        };
        Ok((all, now))
    }

    /// Now, by the server's clock.
    pub(super) async fn now(&self) -> Result<WallTime, StoreError> {
        let row = self
            .ask(self.client.query_one("SELECT qyran.now_micros()", &[]))
            .await?;
        row.try_get(0)
            .map(WallTime::from_micros)
            .map_err(|error| told(&self.place, &error))
    }

    /// Offers tasks; those that are known already stay as they are.
    pub(super) async fn offer(&self, tasks: &[Task]) -> Result<(), StoreError> {
        let sql = "INSERT INTO qyran.task (id, kind, centre, due, body)
                   VALUES ($1, $2, $3, $4, $5) ON CONFLICT (id) DO NOTHING";
        let insert = async {
            let statement = self.client.prepare(sql).await?;
            try_join_all(tasks.iter().map(async |task| {
                let values: [&(dyn ToSql + Sync); 5] = [
                    &uuid(task.id),
                    &task.kind,
                    &task.centre,
                    &task.due.micros(),
                    &task.body,
                ];
                self.client.execute(&statement, &values).await
            }))
            .await
        };
        self.ask(insert).await.map(drop)
    }

    /// Takes tasks that are due and that nobody has, for `hold`; what another seat is just taking
    /// is passed over.
    pub(super) async fn take(
        &self,
        kind: &str,
        by: &str,
        hold: Duration,
        most: usize,
    ) -> Result<Vec<Task>, StoreError> {
        let sql = "UPDATE qyran.task
             SET taken_by = $1, taken_until = qyran.now_micros() + $2, tries = tries + 1
             WHERE id IN (SELECT id FROM qyran.task
                          WHERE kind = $3 AND due <= qyran.now_micros()
                            AND taken_until <= qyran.now_micros()
                          ORDER BY due, id LIMIT $4 FOR UPDATE SKIP LOCKED)
             RETURNING id, kind, centre, due, tries, body";
        let values: [&(dyn ToSql + Sync); 4] =
            [&by, &(hold.as_micros() as i64), &kind, &(most as i64)];
        let mut taken = self
            .rows(sql, &values, |row| {
                Ok(Task {
                    id: id_in(row, 0)?,
                    kind: row.try_get(1)?,
                    centre: row.try_get(2)?,
                    due: WallTime::from_micros(row.try_get(3)?),
                    tries: row.try_get::<_, i32>(4)? as u32,
                    body: row.try_get(5)?,
                })
            })
            .await?;
        taken.sort_by_key(|task| (task.due, task.id));
        Ok(taken)
    }

    /// A task is done, by whom it was taken. False when somebody else has it by now.
    pub(super) async fn finish(&self, id: Id, by: &str) -> Result<bool, StoreError> {
        let sql = "DELETE FROM qyran.task WHERE id = $1 AND taken_by = $2";
        let rows = self
            .ask(self.client.execute(sql, &[&uuid(id), &by]))
            .await?;
        Ok(rows == 1)
    }

    /// Takes or keeps what only one may have at a time: an advisory lock, which ends with this
    /// connection. Says who has it.
    pub(super) async fn lease(
        &self,
        name: &str,
        by: &str,
        hold: Duration,
    ) -> Result<Lease, StoreError> {
        // A session may take its own lock again; it is held once, however often it was taken.
        let sql = "WITH mine AS (
                SELECT count(*) > 0 AS held FROM pg_locks
                WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND granted
                  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                  AND ((classid::bigint << 32) | objid::bigint) = hashtextextended('qyran ' || $1, 0))
             SELECT CASE WHEN held THEN true
                    ELSE pg_try_advisory_lock(hashtextextended('qyran ' || $1, 0)) END FROM mine";
        let row = self.ask(self.client.query_one(sql, &[&name])).await?;
        let won: bool = row.try_get(0).map_err(|error| told(&self.place, &error))?;
        if won {
            let sql = "INSERT INTO qyran.lease (name, holder, until)
                       VALUES ($1, $2, qyran.now_micros() + $3)
                       ON CONFLICT (name) DO UPDATE
                       SET holder = excluded.holder, until = excluded.until,
                           login = excluded.login";
            let values: [&(dyn ToSql + Sync); 3] = [&name, &by, &(hold.as_micros() as i64)];
            self.ask(self.client.execute(sql, &values)).await?;
        }
        let sql = "SELECT holder, until FROM qyran.lease WHERE name = $1";
        let row = self.ask(self.client.query_opt(sql, &[&name])).await?;
        let Some(row) = row else {
            // Whoever has the lock has not yet said its name.
            return Ok(Lease {
                holder: String::new(),
                until: self.now().await?,
            });
        };
        let taken = || {
            Ok(Lease {
                holder: row.try_get(0)?,
                until: WallTime::from_micros(row.try_get(1)?),
            })
        };
        taken().map_err(|error: tokio_postgres::Error| told(&self.place, &error))
    }
}

impl Statements {
    async fn prepare(client: &Client) -> Result<Self, tokio_postgres::Error> {
        use Type as T;
        let lines = [
            T::INT8_ARRAY,
            T::UUID_ARRAY,
            T::INT8_ARRAY,
            T::TEXT_ARRAY,
            T::TEXT_ARRAY,
            T::UUID_ARRAY,
            T::TEXT_ARRAY,
            T::TEXT_ARRAY,
            T::TEXT_ARRAY,
            T::BYTEA_ARRAY,
        ];
        let records = [
            T::TEXT_ARRAY,
            T::UUID_ARRAY,
            T::INT4_ARRAY,
            T::INT8_ARRAY,
            T::TEXT_ARRAY,
            T::INT8_ARRAY,
            T::TEXT_ARRAY,
        ];
        Ok(Self {
            head: client
                .prepare("SELECT size, frontier, now FROM qyran.hold_head()")
                .await?,
            done: client
                .prepare("SELECT act, n FROM qyran.log WHERE act = ANY ($1)")
                .await?,
            records: client
                .prepare_typed(
                    "SELECT kind, id, version, body, centre FROM qyran.record
                     WHERE (kind, id) IN (SELECT * FROM unnest($1, $2))",
                    &[T::TEXT_ARRAY, T::UUID_ARRAY],
                )
                .await?,
            add_lines: client
                .prepare_typed(
                    "INSERT INTO qyran.log (n, act, at, centre, seat, author, kind, about, line, hash)
                     SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
                    &lines,
                )
                .await?,
            add_records: client
                .prepare_typed(
                    "INSERT INTO qyran.record (kind, id, version, seq, centre, at, body)
                     SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7)
                     ON CONFLICT (kind, id) DO UPDATE
                     SET version = excluded.version, seq = excluded.seq, at = excluded.at,
                         body = excluded.body",
                    &records,
                )
                .await?,
            thin_checkpoints: client
                .prepare(
                    "DELETE FROM qyran.checkpoint WHERE signer = $1 AND size > $2 AND size < $3",
                )
                .await?,
            add_checkpoint: client
                .prepare(
                    "INSERT INTO qyran.checkpoint (size, signer, at, text)
                     VALUES ($1, $2, qyran.now_micros(), $3)
                     ON CONFLICT (size, signer, login) DO UPDATE
                     SET at = excluded.at, text = excluded.text",
                )
                .await?,
            notify: client
                .prepare_typed("SELECT pg_notify('qyran', $1::text)", &[T::INT8])
                .await?,
            since: client
                .prepare(
                    "SELECT kind, id, version, seq, centre, at, body FROM qyran.record
                     WHERE seq >= $1 ORDER BY seq, kind, id LIMIT $2",
                )
                .await?,
            lines: client
                .prepare("SELECT n, line, hash FROM qyran.log WHERE n >= $1 ORDER BY n LIMIT $2")
                .await?,
        })
    }
}

/// A connection and what the server tells through it; nothing of the store is touched.
pub(super) async fn reach(address: &Address) -> Result<(Client, mpsc::Receiver<Told>), StoreError> {
    let (sender, receiver) = mpsc::channel(NOTIFICATIONS);
    let client = match &address.roots {
        None => open(address, NoTls, sender).await,
        Some(roots) => {
            let mut store = rustls::RootCertStore::empty();
            let unfit = |why: String| StoreError::Address {
                why: format!("{}: {why}", roots.display()),
            };
            let certificates =
                CertificateDer::pem_file_iter(roots).map_err(|error| unfit(error.to_string()))?;
            for certificate in certificates {
                let certificate = certificate.map_err(|error| unfit(error.to_string()))?;
                store
                    .add(certificate)
                    .map_err(|error| unfit(error.to_string()))?;
            }
            if store.is_empty() {
                return Err(unfit("holds no certificate".to_owned()));
            }
            let provider = Arc::new(rustls::crypto::ring::default_provider());
            let config = rustls::ClientConfig::builder_with_provider(provider)
                .with_safe_default_protocol_versions()
                .map_err(|error| unfit(error.to_string()))?
                .with_root_certificates(store)
                .with_no_client_auth();
            open(address, MakeRustlsConnect::new(config), sender).await
        }
    }
    .map_err(|error| told(&address.to_string(), &error))?;
    Ok((client, receiver))
}

/// Connects, and lets a task of this runtime carry the connection.
async fn open<T>(
    address: &Address,
    tls: T,
    sender: mpsc::Sender<Told>,
) -> Result<Client, tokio_postgres::Error>
where
    T: MakeTlsConnect<Socket> + Send + 'static,
    T::Stream: Send + 'static,
    T::TlsConnect: Send,
    <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
{
    let (client, connection) = address.config.connect(tls).await?;
    tokio::spawn(carry(connection, sender));
    Ok(client)
}

async fn carry<S>(mut connection: Connection<Socket, S>, sender: mpsc::Sender<Told>)
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    loop {
        match poll_fn(|context| connection.poll_message(context)).await {
            Some(Ok(AsyncMessage::Notification(notification))) => {
                let told = match notification.channel() {
                    "qyran" => Told::Changed,
                    "qyran_presence" => Told::Presence,
                    _ => continue,
                };
                // Where many wait already, another says nothing more: all is read by place. What is
                // said of presence has its room.
                if told == Told::Presence || sender.capacity() > NOTIFICATIONS / 2 {
                    sender.try_send(told).ok();
                }
            }
            Some(Ok(_notice)) => {}
            Some(Err(error)) => {
                debug!("the connection to the store is over: {error}");
                break;
            }
            None => break,
        }
    }
    // Whoever does not hear it any more needs not know.
    sender.send(Told::Gone).await.ok();
}

/// Takes the schema to the newest, step by step; only its owner may.
async fn migrate(place: &str, client: &Client) -> Result<(), StoreError> {
    let failed = |error: tokio_postgres::Error| told(place, &error);
    let version = schema(client).await.map_err(failed)?;
    if version as usize > STEPS.len() {
        return Err(StoreError::Newer {
            place: place.to_owned(),
            found: version,
            known: STEPS.len() as u32,
        });
    }
    if version as usize == STEPS.len() {
        return Ok(());
    }
    let owner = "SELECT pg_has_role(datdba, 'USAGE') FROM pg_database
                 WHERE datname = current_database()";
    let may: bool = client
        .query_one(owner, &[])
        .await
        .and_then(|row| row.try_get(0))
        .map_err(failed)?;
    if !may {
        return Err(StoreError::Refused {
            place: place.to_owned(),
            why: format!(
                "its schema is {version}, this program needs {}: a seat with the login of the \
                 database's owner takes it there when it opens",
                STEPS.len()
            ),
        });
    }
    // Of the session, and before any transaction: one that began before another seat made the schema
    // would not see it. A connection that fails gives it back.
    let lock = format!("SELECT pg_advisory_lock({SCHEMA_LOCK})");
    client.batch_execute(&lock).await.map_err(failed)?;
    for (step, sql) in STEPS.iter().enumerate() {
        client.batch_execute("BEGIN").await.map_err(failed)?;
        // Another seat may have been first.
        if schema(client).await.map_err(failed)? as usize != step {
            client.batch_execute("ROLLBACK").await.map_err(failed)?;
            continue;
        }
        client.batch_execute(sql).await.map_err(failed)?;
        if step == 0 {
            let id = super::new_id().to_string();
            let insert = "INSERT INTO qyran.meta (name, value) VALUES ('store', $1)";
            client.execute(insert, &[&id]).await.map_err(failed)?;
            let insert = "INSERT INTO qyran.head (one, size, frontier) VALUES (1, 0, $1)";
            let edge = Frontier::default().to_bytes();
            client.execute(insert, &[&edge]).await.map_err(failed)?;
        }
        let set = "INSERT INTO qyran.meta (name, value) VALUES ('schema', $1)
                   ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        let next = (step + 1).to_string();
        client.execute(set, &[&next]).await.map_err(failed)?;
        client.batch_execute("COMMIT").await.map_err(failed)?;
    }
    let unlock = format!("SELECT pg_advisory_unlock({SCHEMA_LOCK})");
    client.batch_execute(&unlock).await.map_err(failed)?;
    Ok(())
}

/// The step that the schema is at; 0 where there is none.
pub(super) async fn schema(client: &Client) -> Result<u32, tokio_postgres::Error> {
    let there: bool = client
        .query_one("SELECT to_regclass('qyran.meta') IS NOT NULL", &[])
        .await?
        .try_get(0)?;
    if !there {
        return Ok(0);
    }
    let row = client
        .query_opt("SELECT value FROM qyran.meta WHERE name = 'schema'", &[])
        .await?;
    let text: Option<String> = row.map(|row| row.try_get(0)).transpose()?;
    Ok(text.and_then(|text| text.parse().ok()).unwrap_or(0))
}

pub(super) fn uuid(id: Id) -> Uuid {
    Uuid::from_bytes(id.bytes())
}

pub(super) fn id_in(row: &Columns, column: usize) -> Result<Id, tokio_postgres::Error> {
    row.try_get::<_, Uuid>(column)
        .map(|uuid| Id::from_bytes(uuid.into_bytes()))
}

/// What an operator or an administrator can do something about is told apart.
pub(super) fn told(place: &str, error: &tokio_postgres::Error) -> StoreError {
    let place = place.to_owned();
    let Some(said) = error.as_db_error() else {
        use std::error::Error as _;
        // Its own text says only where it happened; the cause says what.
        let why = error
            .source()
            .map_or_else(|| error.to_string(), |source| format!("{error}: {source}"));
        return if error.is_closed() || is_of_the_line(error) {
            StoreError::Away { place, why }
        } else {
            StoreError::Engine { place, why }
        };
    };
    let why = said.message().to_owned();
    let code = said.code();
    match code.code().get(..2) {
        _ if *code == SqlState::DISK_FULL => StoreError::Full { place },
        // It stops itself; what was asked may be done or not, and is asked again.
        _ if said.parsed_severity() == Some(Severity::Panic) && !is_of_its_files(said) => {
            StoreError::Away { place, why }
        }
        // Its disk fails, or may only be read by now: no fault of what was asked.
        Some("58") => StoreError::NotWritable { place, why },
        Some("42") if is_of_its_files(said) => StoreError::NotWritable { place, why },
        _ if *code == SqlState::READ_ONLY_SQL_TRANSACTION => StoreError::NotWritable { place, why },
        // It was silent for too long while it held the log.
        _ if *code == SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT => {
            StoreError::Away { place, why }
        }
        // Shut down, restarted, or not yet up; too many connections.
        Some("57" | "08" | "53") => StoreError::Away { place, why },
        // Whoever writes beside this program's rules was first at a place of the log.
        Some("23") if said.table() == Some("log") => StoreError::Busy { place },
        Some("40" | "55") => StoreError::Busy { place },
        Some("28" | "42" | "3D") => StoreError::Refused { place, why },
        Some("XX") => StoreError::Damaged { place, why },
        _ => StoreError::Engine { place, why },
    }
}

/// Whether the server could not use its own files, not whoever asked. It reports a disk that may only be
/// read with the code of a right that is lacking; only where it says so tells the two apart.
fn is_of_its_files(said: &tokio_postgres::error::DbError) -> bool {
    const OF_FILES: [&str; 7] = [
        "buffile.c",
        "copydir.c",
        "fd.c",
        "md.c",
        "relmapper.c",
        "slru.c",
        "xlog.c",
    ];
    *said.code() == SqlState::INSUFFICIENT_PRIVILEGE
        && said.file().is_some_and(|file| OF_FILES.contains(&file))
}

/// Whether the line to the server is to blame, not what was asked.
fn is_of_the_line(error: &tokio_postgres::Error) -> bool {
    use std::error::Error as _;
    let mut source = error.source();
    while let Some(cause) = source {
        if cause.is::<std::io::Error>() {
            return true;
        }
        source = cause.source();
    }
    error.to_string().starts_with("error connecting")
}
