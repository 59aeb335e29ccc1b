//! A centre's store: read in one snapshot that nobody waits for, or filled in one transaction.

use std::future::Future;
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Row as Found};
use uuid::Uuid;

use super::item::{CheckpointItem, Columns, Item, LineItem, LoginItem, RecordItem, TaskItem};
use super::mark::{RESTORED, Restored};
use super::{About, StoreError};
use crate::model::id::Id;
use crate::store::database::Address;
use crate::store::database::postgres::{Postgres, STEPS, id_in, reach, schema, told, uuid};
use crate::store::log::tree::Hash;

/// Rows that are read at once.
const PAGE: i64 = 2000;
/// A connection that somebody has just ended is gone within this time.
const LEAVES_WITHIN: Duration = Duration::from_secs(4);
/// How often it is looked.
const LOOK_EVERY: Duration = Duration::from_millis(50);

type Values<'a> = &'a [&'a (dyn ToSql + Sync)];
type Asked<T> = Result<T, tokio_postgres::Error>;

pub(super) struct CentreView {
    runtime: Runtime,
    client: Client,
    about: About,
}

/// A runtime of one thread, on which a connection goes on while it is asked.
pub(super) fn runtime(place: &str) -> Result<Runtime, StoreError> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| StoreError::Engine {
            place: place.to_owned(),
            why: error.to_string(),
        })
}

impl CentreView {
    pub(super) fn open(address: &Address) -> Result<Self, StoreError> {
        let place = address.to_string();
        let runtime = runtime(&place)?;
        let (client, about) = runtime.block_on(look(address, &place))?;
        Ok(Self {
            runtime,
            client,
            about,
        })
    }

    pub(super) fn about(&self) -> &About {
        &self.about
    }

    pub(super) fn walk<E: From<StoreError>>(
        &self,
        take: &mut impl FnMut(Item) -> Result<(), E>,
    ) -> Result<(), E> {
        self.in_pages(
            "SELECT kind, id, version, seq, centre, at, body FROM qyran.record
             WHERE (kind COLLATE \"C\", id) > ($1, $2) ORDER BY kind COLLATE \"C\", id LIMIT $3",
            (String::new(), Uuid::nil()),
            |(kind, id), most| self.ask(kind, id, most),
            |row| {
                let record = RecordItem {
                    kind: row.try_get(0)?,
                    id: id_in(row, 1)?,
                    version: row.try_get::<_, i32>(2)? as u32,
                    seq: row.try_get::<_, i64>(3)? as u64,
                    centre: row.try_get(4)?,
                    at: row.try_get(5)?,
                    body: row.try_get(6)?,
                };
                let next = (record.kind.clone(), uuid(record.id));
                Ok((Item::Record(record), next))
            },
            take,
        )?;
        self.in_pages(
            "SELECT size, signer, at, text FROM qyran.checkpoint
             WHERE (size, signer COLLATE \"C\") > ($1, $2)
             ORDER BY size, signer COLLATE \"C\" LIMIT $3",
            (-1_i64, String::new()),
            |(size, signer), most| self.ask(size, signer, most),
            |row| {
                let size: i64 = row.try_get(0)?;
                let checkpoint = CheckpointItem {
                    size: size as u64,
                    signer: row.try_get(1)?,
                    at: row.try_get(2)?,
                    text: row.try_get(3)?,
                };
                let next = (size, checkpoint.signer.clone());
                Ok((Item::Checkpoint(checkpoint), next))
            },
            take,
        )?;
        self.in_pages(
            "SELECT n, hash, line, act, at, centre, seat, author, kind, about FROM qyran.log
             WHERE n > $1 AND $2 ORDER BY n LIMIT $3",
            (-1_i64, true),
            |(n, all), most| self.ask(n, all, most),
            |row| {
                let n: i64 = row.try_get(0)?;
                let hash: &[u8] = row.try_get(1)?;
                let author: Option<Uuid> = row.try_get(7)?;
                let columns = Columns {
                    act: id_in(row, 3)?,
                    at: row.try_get(4)?,
                    centre: row.try_get(5)?,
                    seat: row.try_get(6)?,
                    author: author.map(|uuid| Id::from_bytes(uuid.into_bytes())),
                    kind: row.try_get(8)?,
                    about: row.try_get(9)?,
                };
                // Its length is held by the table.
                let hash = Hash::from(<[u8; 32]>::try_from(hash).unwrap_or_default());
                let line = LineItem::new(n as u64, hash, row.try_get(2)?, columns);
                Ok((Item::Line(line), (n, true)))
            },
            take,
        )?;
        if self.about.schema < 2 {
            return Ok(()); // there were no tasks
        }
        self.in_pages(
            "SELECT id, kind, centre, due, taken_by, taken_until, tries, body FROM qyran.task
             WHERE id > $1 AND $2 ORDER BY id LIMIT $3",
            (Uuid::nil(), true),
            |(id, all), most| self.ask(id, all, most),
            |row| {
                let task = TaskItem {
                    id: id_in(row, 0)?,
                    kind: row.try_get(1)?,
                    centre: row.try_get(2)?,
                    due: row.try_get(3)?,
                    taken_by: row.try_get(4)?,
                    taken_until: row.try_get(5)?,
                    tries: row.try_get::<_, i32>(6)? as u32,
                    body: row.try_get(7)?,
                };
                let next = (uuid(task.id), true);
                Ok((Item::Task(task), next))
            },
            take,
        )?;
        self.in_pages(
            "SELECT login, centre, everything FROM qyran.login
             WHERE login COLLATE \"C\" > $1 AND $2 ORDER BY login COLLATE \"C\" LIMIT $3",
            (String::new(), true),
            |(login, all), most| self.ask(login, all, most),
            |row| {
                let login = LoginItem {
                    login: row.try_get(0)?,
                    centre: row.try_get(1)?,
                    everything: row.try_get(2)?,
                };
                let next = (login.login.clone(), true);
                Ok((Item::Login(login), next))
            },
            take,
        )
    }

    /// Two keys and how many, as the values of a page.
    fn ask<A: ToSql + Sync + 'static, B: ToSql + Sync + 'static>(
        &self,
        first: A,
        second: B,
        most: i64,
    ) -> [Box<dyn ToSql + Sync>; 3] {
        [Box::new(first), Box::new(second), Box::new(most)]
    }

    /// Page by page, each behind the last row of the one before.
    fn in_pages<K, E: From<StoreError>>(
        &self,
        sql: &str,
        first: K,
        values: impl Fn(K, i64) -> [Box<dyn ToSql + Sync>; 3],
        read: impl Fn(&Found) -> Asked<(Item, K)>,
        take: &mut impl FnMut(Item) -> Result<(), E>,
    ) -> Result<(), E> {
        let failed = |error| E::from(told(&self.about.place, &error));
        let statement = self.wait(self.client.prepare(sql)).map_err(failed)?;
        let mut behind = first;
        loop {
            let page = values(behind, PAGE);
            let page: Vec<&(dyn ToSql + Sync)> = page.iter().map(AsRef::as_ref).collect();
            let rows = self
                .wait(self.client.query(&statement, &page))
                .map_err(failed)?;
            let mut last = None;
            for row in &rows {
                let (item, key) = read(row).map_err(failed)?;
                take(item)?;
                last = Some(key);
            }
            match last {
                Some(key) if rows.len() as i64 == PAGE => behind = key,
                _ => return Ok(()),
            }
        }
    }

    fn wait<T>(&self, answer: impl Future<Output = T>) -> T {
        self.runtime.block_on(answer)
    }
}

/// Connects to a store that is there, and holds one moment of it.
async fn look(address: &Address, place: &str) -> Result<(Client, About), StoreError> {
    let failed = |error: tokio_postgres::Error| told(place, &error);
    // What the server tells without being asked is not wanted.
    let (client, _notifications) = reach(address).await?;
    let found = schema(&client).await.map_err(failed)?;
    if found == 0 {
        return Err(StoreError::Foreign {
            place: place.to_owned(),
        });
    }
    if found as usize > STEPS.len() {
        return Err(StoreError::Newer {
            place: place.to_owned(),
            found,
            known: STEPS.len() as u32,
        });
    }
    client
        .batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        .await
        .map_err(failed)?;
    if !owns(&client).await.map_err(failed)? {
        return Err(part_only(place));
    }
    let row = client
        .query_one(
            "SELECT (SELECT value FROM qyran.meta WHERE name = 'store'),
                    (SELECT size FROM qyran.head), (SELECT frontier FROM qyran.head)",
            &[],
        )
        .await
        .map_err(failed)?;
    let read = || -> Asked<_> {
        Ok((
            row.try_get::<_, Option<String>>(0)?,
            row.try_get::<_, Option<i64>>(1)?,
            row.try_get::<_, Option<Vec<u8>>>(2)?,
        ))
    };
    let (store, size, edge) = read().map_err(failed)?;
    let store = store.ok_or_else(|| StoreError::Damaged {
        place: place.to_owned(),
        why: "it does not say which store it is".to_owned(),
    })?;
    let about = About {
        place: place.to_owned(),
        engine: "postgresql",
        schema: found,
        store,
        size: size.unwrap_or(0) as u64,
        edge: edge.unwrap_or_default(),
    };
    Ok((client, about))
}

/// Whether this login sees and may change everything, and so owns the tables or is above owners.
pub(super) async fn owns(client: &Client) -> Asked<bool> {
    let sql = "SELECT NOT (row_security_active('qyran.record') OR row_security_active('qyran.log'))
               AND has_table_privilege('qyran.login', 'SELECT')";
    client.query_one(sql, &[]).await?.try_get(0)
}

fn part_only(place: &str) -> StoreError {
    StoreError::Refused {
        place: place.to_owned(),
        why: "this login sees a part of the store only; the login of the database's owner is \
              needed"
            .to_owned(),
    }
}

/// The store of a centre, filled in one transaction.
pub(super) struct CentreTarget {
    runtime: Runtime,
    place: String,
    client: Client,
}

impl CentreTarget {
    pub(super) fn open(address: &Address) -> Result<Self, StoreError> {
        let place = address.to_string();
        let runtime = runtime(&place)?;
        let client = runtime.block_on(make_ready(address, &place))?;
        Ok(Self {
            runtime,
            place,
            client,
        })
    }

    pub(super) fn put(&mut self, items: &[Item]) -> Result<(), StoreError> {
        // Items come in turns, so those of one kind stand together.
        items
            .chunk_by(|a, b| a.turn() == b.turn())
            .try_for_each(|chunk| {
                let write = insert(&self.client, &self.place, chunk);
                self.runtime.block_on(write)
            })
    }

    pub(super) fn finish(self, about: &About, mark: &Restored) -> Result<(), StoreError> {
        let write = async {
            let set = "INSERT INTO qyran.meta (name, value) VALUES ($1, $2)
                       ON CONFLICT (name) DO UPDATE SET value = excluded.value";
            self.client.execute(set, &[&"store", &about.store]).await?;
            let mark = mark.to_text();
            self.client.execute(set, &[&RESTORED, &mark]).await?;
            let size = about.size as i64;
            let edge = "UPDATE qyran.head SET size = $1, frontier = $2";
            self.client.execute(edge, &[&size, &about.edge]).await?;
            self.client
                .batch_execute(
                    "ALTER TABLE qyran.log ENABLE TRIGGER log_grows;
                     ALTER TABLE qyran.record ENABLE TRIGGER record_follows;
                     COMMIT; ANALYZE qyran.record, qyran.log",
                )
                .await
        };
        self.runtime
            .block_on(write)
            .map_err(|error| told(&self.place, &error))
    }
}

/// Makes the schema where there is none, and holds the empty store for this connection alone.
async fn make_ready(address: &Address, place: &str) -> Result<Client, StoreError> {
    let failed = |error: tokio_postgres::Error| told(place, &error);
    let (opened, _notifications) = Postgres::connect(address).await?;
    let client = opened.client;
    if !owns(&client).await.map_err(failed)? {
        return Err(part_only(place));
    }
    // Whoever connects now waits for the lock, and reads the identity that will be there.
    client
        .batch_execute(
            "BEGIN; LOCK TABLE qyran.meta, qyran.head IN ACCESS EXCLUSIVE MODE;
             ALTER TABLE qyran.log DISABLE TRIGGER log_grows;
             ALTER TABLE qyran.record DISABLE TRIGGER record_follows",
        )
        .await
        .map_err(failed)?;
    let row = client
        .query_one(
            "SELECT (SELECT size FROM qyran.head) > 0
                 OR EXISTS (SELECT FROM qyran.record) OR EXISTS (SELECT FROM qyran.log)
                 OR EXISTS (SELECT FROM qyran.checkpoint) OR EXISTS (SELECT FROM qyran.task)",
            &[],
        )
        .await
        .map_err(failed)?;
    if row.try_get(0).map_err(failed)? {
        return Err(StoreError::NotEmpty {
            place: place.to_owned(),
        });
    }
    let deadline = tokio::time::Instant::now() + LEAVES_WITHIN;
    loop {
        let others = others(&client).await.map_err(failed)?;
        if others == 0 {
            break;
        }
        if tokio::time::Instant::now() > deadline {
            return Err(StoreError::Refused {
                place: place.to_owned(),
                why: format!(
                    "{others} other connections are open, and seats among them would take it for \
                     the empty store that it was; end them first"
                ),
            });
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    Ok(client)
}

/// How many other connections to this database there are.
async fn others(client: &Client) -> Asked<i64> {
    // Within a transaction the server would say the same again.
    client
        .batch_execute("SELECT pg_stat_clear_snapshot()")
        .await?;
    let sql = "SELECT count(*) FROM pg_stat_activity
               WHERE datname = current_database() AND usename IS NOT NULL
                 AND pid <> pg_backend_pid()";
    client.query_one(sql, &[]).await?.try_get(0)
}

/// Inserts items of one kind.
async fn insert(client: &Client, place: &str, items: &[Item]) -> Result<(), StoreError> {
    let failed = |error: tokio_postgres::Error| told(place, &error);
    let run = async |sql: &str, values: Values<'_>| client.execute(sql, values).await.map(drop);
    let done = match items.first() {
        None => Ok(()),
        Some(Item::Record(_)) => {
            let rows: Vec<&RecordItem> = items
                .iter()
                .filter_map(|item| match item {
                    Item::Record(record) => Some(record),
                    _ => None,
                })
                .collect();
            let kind: Vec<&str> = rows.iter().map(|row| &*row.kind).collect();
            let id: Vec<Uuid> = rows.iter().map(|row| uuid(row.id)).collect();
            let version: Vec<i32> = rows.iter().map(|row| row.version as i32).collect();
            let seq: Vec<i64> = rows.iter().map(|row| row.seq as i64).collect();
            let centre: Vec<&str> = rows.iter().map(|row| &*row.centre).collect();
            let at: Vec<i64> = rows.iter().map(|row| row.at).collect();
            let body: Vec<Option<&str>> = rows.iter().map(|row| row.body.as_deref()).collect();
            run(
                "INSERT INTO qyran.record (kind, id, version, seq, centre, at, body)
                 SELECT * FROM unnest($1::text[], $2::uuid[], $3::integer[], $4::bigint[],
                                      $5::text[], $6::bigint[], $7::text[])",
                &[&kind, &id, &version, &seq, &centre, &at, &body],
            )
            .await
        }
        Some(Item::Line(_)) => {
            let mut rows: Vec<(&LineItem, Columns)> = Vec::with_capacity(items.len());
            for item in items {
                let Item::Line(line) = item else { continue };
                let columns = line.columns().ok_or_else(|| StoreError::Damaged {
                    place: place.to_owned(),
                    why: format!(
                        "line {} of the log says nothing, and nothing is kept beside it",
                        line.n
                    ),
                })?;
                rows.push((line, columns));
            }
            let n: Vec<i64> = rows.iter().map(|(line, _)| line.n as i64).collect();
            let act: Vec<Uuid> = rows.iter().map(|(_, columns)| uuid(columns.act)).collect();
            let at: Vec<i64> = rows.iter().map(|(_, columns)| columns.at).collect();
            let centre: Vec<&str> = rows.iter().map(|(_, columns)| &*columns.centre).collect();
            let seat: Vec<&str> = rows.iter().map(|(_, columns)| &*columns.seat).collect();
            let author: Vec<Option<Uuid>> = rows
                .iter()
                .map(|(_, columns)| columns.author.map(uuid))
                .collect();
            let kind: Vec<&str> = rows.iter().map(|(_, columns)| &*columns.kind).collect();
            let about: Vec<Option<&str>> = rows
                .iter()
                .map(|(_, columns)| columns.about.as_deref())
                .collect();
            let text: Vec<&str> = rows.iter().map(|(line, _)| &*line.line).collect();
            let hash: Vec<&[u8]> = rows
                .iter()
                .map(|(line, _)| line.hash.as_bytes().as_slice())
                .collect();
            run(
                "INSERT INTO qyran.log (n, act, at, centre, seat, author, kind, about, line, hash)
                 SELECT * FROM unnest($1::bigint[], $2::uuid[], $3::bigint[], $4::text[],
                                      $5::text[], $6::uuid[], $7::text[], $8::text[], $9::text[],
                                      $10::bytea[])",
                &[
                    &n, &act, &at, &centre, &seat, &author, &kind, &about, &text, &hash,
                ],
            )
            .await
        }
        Some(Item::Checkpoint(_) | Item::Task(_) | Item::Login(_)) => {
            one_by_one(client, items).await
        }
    };
    done.map_err(failed)
}

/// Of these there are few.
async fn one_by_one(client: &Client, items: &[Item]) -> Asked<()> {
    for item in items {
        match item {
            Item::Checkpoint(checkpoint) => {
                client
                    .execute(
                        "INSERT INTO qyran.checkpoint (size, signer, at, text)
                         VALUES ($1, $2, $3, $4)",
                        &[
                            &(checkpoint.size as i64),
                            &checkpoint.signer,
                            &checkpoint.at,
                            &checkpoint.text,
                        ],
                    )
                    .await?;
            }
            Item::Task(task) => {
                client
                    .execute(
                        "INSERT INTO qyran.task
                            (id, kind, centre, due, taken_by, taken_until, tries, body)
                         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                        &[
                            &uuid(task.id),
                            &task.kind,
                            &task.centre,
                            &task.due,
                            &task.taken_by,
                            &task.taken_until,
                            &(task.tries as i32),
                            &task.body,
                        ],
                    )
                    .await?;
            }
            Item::Login(login) => {
                // Those of the new server, made ready before, stay as they are.
                client
                    .execute(
                        "INSERT INTO qyran.login (login, centre, everything) VALUES ($1, $2, $3)
                         ON CONFLICT (login) DO NOTHING",
                        &[&login.login, &login.centre, &login.everything],
                    )
                    .await?;
            }
            Item::Record(_) | Item::Line(_) => {}
        }
    }
    Ok(())
}
