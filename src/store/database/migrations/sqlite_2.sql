-- Who is there, what waits to be done by one of several, and who may do what alone.
CREATE TABLE presence (
    seat TEXT PRIMARY KEY,
    centre TEXT NOT NULL,
    at INTEGER NOT NULL,        -- microseconds of UTC, the store's clock
    body TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE task (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    centre TEXT NOT NULL,
    due INTEGER NOT NULL,
    taken_by TEXT,
    taken_until INTEGER NOT NULL DEFAULT 0,
    tries INTEGER NOT NULL DEFAULT 0,
    body TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX task_by_due ON task (kind, due);

CREATE TABLE lease (
    name TEXT PRIMARY KEY,
    holder TEXT NOT NULL,
    until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- A seat of a centre keeps here what it did while the centre could not be reached.
CREATE TABLE outbox (
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    act TEXT NOT NULL UNIQUE,
    body TEXT NOT NULL
) STRICT;
CREATE TABLE conflict (
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    act TEXT NOT NULL UNIQUE,
    at INTEGER NOT NULL,
    body TEXT NOT NULL
) STRICT;
