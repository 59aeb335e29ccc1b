//! A store in a file: read without a change beside a running wall, or made anew as a whole.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension as _, Row as Found};

use super::item::{CheckpointItem, Columns, Item, LineItem, LoginItem, RecordItem, TaskItem};
use super::mark::{RESTORED, Restored};
use super::{About, StoreError};
use crate::store::database::sqlite::{APPLICATION, BUSY, STEPS, Sqlite, id_in, told};
use crate::store::log::tree::Hash;

pub(super) struct FileView {
    path: PathBuf,
    connection: Connection,
    about: About,
}

impl FileView {
    pub(super) fn open(path: &Path) -> Result<Self, StoreError> {
        let connection = open_to_read(path)?;
        let failed = |error| told(path, error);
        let schema = schema(path, &connection)?;
        // From here on all that is read is of one moment; whoever writes does not wait.
        connection.execute_batch("BEGIN").map_err(failed)?;
        let store = connection
            .query_row("SELECT value FROM meta WHERE name = 'store'", [], |row| {
                row.get(0)
            })
            .optional()
            .map_err(failed)?
            .ok_or_else(|| StoreError::Damaged {
                place: path.display().to_string(),
                why: "it does not say which store it is".to_owned(),
            })?;
        let head: Option<(u64, Vec<u8>)> = connection
            .query_row("SELECT size, frontier FROM head", [], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .optional()
            .map_err(failed)?;
        let (size, edge) = head.unwrap_or_default();
        let about = About {
            place: path.display().to_string(),
            engine: "sqlite",
            schema,
            store,
            size,
            edge,
        };
        Ok(Self {
            path: path.to_owned(),
            connection,
            about,
        })
    }

    pub(super) fn about(&self) -> &About {
        &self.about
    }

    pub(super) fn damage(&self) -> Result<Vec<String>, StoreError> {
        damage(&self.path, &self.connection)
    }

    pub(super) fn walk<E: From<StoreError>>(
        &self,
        take: &mut impl FnMut(Item) -> Result<(), E>,
    ) -> Result<(), E> {
        self.each(
            "SELECT kind, id, version, seq, centre, at, body FROM record ORDER BY kind, id",
            |row| {
                Ok(Item::Record(RecordItem {
                    kind: row.get(0)?,
                    id: id_in(row, 1)?,
                    version: row.get(2)?,
                    seq: row.get(3)?,
                    centre: row.get(4)?,
                    at: row.get(5)?,
                    body: row.get(6)?,
                }))
            },
            take,
        )?;
        self.each(
            "SELECT size, signer, at, text FROM checkpoint ORDER BY size, signer",
            |row| {
                Ok(Item::Checkpoint(CheckpointItem {
                    size: row.get(0)?,
                    signer: row.get(1)?,
                    at: row.get(2)?,
                    text: row.get(3)?,
                }))
            },
            take,
        )?;
        self.each(
            "SELECT n, hash, line, act, at, centre, seat, author, kind, about FROM log ORDER BY n",
            |row| {
                let author: Option<String> = row.get(7)?;
                let columns = Columns {
                    act: id_in(row, 3)?,
                    at: row.get(4)?,
                    centre: row.get(5)?,
                    seat: row.get(6)?,
                    author: author.map(|_text| id_in(row, 7)).transpose()?,
                    kind: row.get(8)?,
                    about: row.get(9)?,
                };
                let hash = Hash::from(row.get::<_, [u8; 32]>(1)?);
                let line = LineItem::new(row.get(0)?, hash, row.get(2)?, columns);
                Ok(Item::Line(line))
            },
            take,
        )?;
        if self.about.schema < 2 {
            return Ok(()); // there were no tasks
        }
        self.each(
            "SELECT id, kind, centre, due, taken_by, taken_until, tries, body FROM task ORDER BY id",
            |row| {
                Ok(Item::Task(TaskItem {
                    id: id_in(row, 0)?,
                    kind: row.get(1)?,
                    centre: row.get(2)?,
                    due: row.get(3)?,
                    taken_by: row.get(4)?,
                    taken_until: row.get(5)?,
                    tries: row.get(6)?,
                    body: row.get(7)?,
                }))
            },
            take,
        )?;
        // Logins that a centre's backup brought here, to go back with the next one.
        self.each(
            "SELECT name, value FROM meta WHERE name LIKE 'login %' ORDER BY name",
            |row| {
                let (name, value): (String, String) = (row.get(0)?, row.get(1)?);
                Ok(Item::Login(LoginItem {
                    login: name.trim_start_matches("login ").to_owned(),
                    everything: value.starts_with('*'),
                    centre: value.trim_start_matches(['*', ' ']).to_owned(),
                }))
            },
            take,
        )
    }

    fn each<E: From<StoreError>>(
        &self,
        sql: &str,
        read: impl Fn(&Found<'_>) -> rusqlite::Result<Item>,
        take: &mut impl FnMut(Item) -> Result<(), E>,
    ) -> Result<(), E> {
        let failed = |error| E::from(told(&self.path, error));
        let mut statement = self.connection.prepare(sql).map_err(failed)?;
        let mut rows = statement.query([]).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            take(read(row).map_err(failed)?)?;
        }
        Ok(())
    }
}

/// Opens a file that lies there, to read only.
pub(super) fn open_to_read(path: &Path) -> Result<Connection, StoreError> {
    let failed = |error| told(path, error);
    if !path.is_file() {
        return Err(StoreError::Engine {
            place: path.display().to_string(),
            why: "there is no store".to_owned(),
        });
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let look = |connection: &Connection| {
        connection.busy_timeout(BUSY)?;
        connection.query_row("SELECT count(*) FROM sqlite_master", [], |row| {
            row.get::<_, i64>(0)
        })
    };
    let connection = Connection::open_with_flags(path, flags).map_err(failed)?;
    match look(&connection) {
        Ok(_tables) => Ok(connection),
        // On a disk that cannot be written nobody else writes either, and nothing can be laid beside.
        Err(error)
            if matches!(
                error.sqlite_error_code(),
                Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly)
            ) =>
        {
            let address = url::Url::from_file_path(fs::canonicalize(path).unwrap_or_default())
                .map_err(|()| failed(error))?;
            let flags = flags | OpenFlags::SQLITE_OPEN_URI;
            let address = format!("{address}?immutable=1");
            let connection = Connection::open_with_flags(address, flags).map_err(failed)?;
            look(&connection).map_err(failed)?;
            Ok(connection)
        }
        Err(error) => Err(failed(error)),
    }
}

/// The step that the file's schema is at, where it is a store that this program knows.
pub(super) fn schema(path: &Path, connection: &Connection) -> Result<u32, StoreError> {
    let number = |name: &str| -> Result<i64, StoreError> {
        connection
            .pragma_query_value(None, name, |row| row.get(0))
            .map_err(|error| told(path, error))
    };
    let (application, version) = (number("application_id")?, number("user_version")?);
    if application != i64::from(APPLICATION) || version < 1 {
        return Err(StoreError::Foreign {
            place: path.display().to_string(),
        });
    }
    let found = u32::try_from(version).unwrap_or(u32::MAX);
    if found as usize > STEPS.len() {
        return Err(StoreError::Newer {
            place: path.display().to_string(),
            found,
            known: STEPS.len() as u32,
        });
    }
    Ok(found)
}

pub(super) fn damage(path: &Path, connection: &Connection) -> Result<Vec<String>, StoreError> {
    let read = || -> rusqlite::Result<Vec<String>> {
        let mut statement = connection.prepare("PRAGMA integrity_check(20)")?;
        statement.query_map([], |row| row.get(0))?.collect()
    };
    let mut said = read().map_err(|error| told(path, error))?;
    said.retain(|line| line != "ok");
    Ok(said)
}

/// A file that is filled under another name, and takes its own when it is whole.
pub(super) struct FileTarget {
    path: PathBuf,
    new: PathBuf,
    file: Option<Sqlite>,
}

impl FileTarget {
    pub(super) fn open(path: &Path) -> Result<Self, StoreError> {
        // What was written ahead for a file that is gone would be taken into the new one.
        for ending in ["", "-wal", "-shm", "-journal"] {
            let lies = with_ending(path, ending);
            if lies.symlink_metadata().is_ok() {
                return Err(StoreError::NotEmpty {
                    place: lies.display().to_string(),
                });
            }
        }
        let new = with_ending(path, ".restoring");
        remove(&new);
        let mut target = Self {
            path: path.to_owned(),
            file: None,
            new,
        };
        let file = target.file.insert(Sqlite::open(&target.new)?);
        file.connection
            .execute_batch("BEGIN IMMEDIATE")
            .map_err(|error| told(&target.new, error))?;
        Ok(target)
    }

    pub(super) fn put(&mut self, items: &[Item]) -> Result<(), StoreError> {
        let Some(file) = &self.file else {
            return Err(StoreError::Closed);
        };
        items.iter().try_for_each(|item| {
            let unreadable = |n| StoreError::Damaged {
                place: self.path.display().to_string(),
                why: format!("line {n} of the log says nothing, and nothing is kept beside it"),
            };
            let columns = match item {
                Item::Line(line) => Some(line.columns().ok_or_else(|| unreadable(line.n))?),
                _ => None,
            };
            insert(&file.connection, item, columns)
                .map(drop)
                .map_err(|error| told(&self.path, error))
        })
    }

    pub(super) fn finish(mut self, about: &About, mark: &Restored) -> Result<(), StoreError> {
        let Some(file) = self.file.take() else {
            return Err(StoreError::Closed);
        };
        let write = || {
            let set = "INSERT INTO meta (name, value) VALUES (?1, ?2)
                       ON CONFLICT (name) DO UPDATE SET value = excluded.value";
            file.connection.execute(set, ("store", &about.store))?;
            file.connection.execute(set, (RESTORED, mark.to_text()))?;
            file.connection.execute(
                "UPDATE head SET size = ?1, frontier = ?2",
                (about.size, &about.edge),
            )?;
            file.connection.execute_batch("COMMIT")
        };
        write().map_err(|error| told(&self.path, error))?;
        file.settle_file();
        drop(file);
        take_place(&self.new, &self.path).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => StoreError::NotEmpty {
                place: self.path.display().to_string(),
            },
            _ => StoreError::io(&self.path, error),
        })
    }
}

impl Drop for FileTarget {
    fn drop(&mut self) {
        self.file = None;
        remove(&self.new);
    }
}

fn insert(
    connection: &Connection,
    item: &Item,
    columns: Option<Columns>,
) -> rusqlite::Result<usize> {
    match item {
        Item::Record(record) => connection
            .prepare_cached(
                "INSERT INTO record (kind, id, version, seq, centre, at, body)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute((
                &record.kind,
                record.id.to_string(),
                record.version,
                record.seq,
                &record.centre,
                record.at,
                &record.body,
            )),
        Item::Checkpoint(checkpoint) => connection
            .prepare_cached(
                "INSERT INTO checkpoint (size, signer, at, text) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute((
                checkpoint.size,
                &checkpoint.signer,
                checkpoint.at,
                &checkpoint.text,
            )),
        Item::Line(line) => {
            let Some(columns) = columns else {
                return Ok(0);
            };
            connection
                .prepare_cached(
                    "INSERT INTO log (n, act, at, centre, seat, author, kind, about, line, hash)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
                )?
                .execute((
                    line.n,
                    columns.act.to_string(),
                    columns.at,
                    &columns.centre,
                    &columns.seat,
                    columns.author.map(|id| id.to_string()),
                    &columns.kind,
                    &columns.about,
                    &line.line,
                    line.hash.as_bytes(),
                ))
        }
        Item::Task(task) => connection
            .prepare_cached(
                "INSERT INTO task (id, kind, centre, due, taken_by, taken_until, tries, body)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?
            .execute((
                task.id.to_string(),
                &task.kind,
                &task.centre,
                task.due,
                &task.taken_by,
                task.taken_until,
                task.tries,
                &task.body,
            )),
        Item::Login(login) => {
            let star = if login.everything { "* " } else { "" };
            connection
                .prepare_cached("INSERT INTO meta (name, value) VALUES (?1, ?2)")?
                .execute((
                    format!("login {}", login.login),
                    format!("{star}{}", login.centre),
                ))
        }
    }
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Of a file that is not to stay nothing stays.
fn remove(path: &Path) {
    for ending in ["", "-wal", "-shm", "-journal"] {
        // Most of them are not there.
        fs::remove_file(with_ending(path, ending)).ok();
    }
}

/// Gives the whole file `new` the name `path`, where nothing has that name; both are on the disk then.
fn take_place(new: &Path, path: &Path) -> io::Result<()> {
    fs::File::open(new)?.sync_all()?;
    match fs::hard_link(new, path) {
        Ok(()) => fs::remove_file(new)?,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(error),
        // Some file systems have no second names.
        Err(_no_links) => fs::rename(new, path)?,
    }
    #[cfg(unix)]
    if let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        fs::File::open(folder)?.sync_all()?;
    }
    Ok(())
}
