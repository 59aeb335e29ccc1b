-- Whatever is kept: one table of records, one log. The place in the log is the sequence of both.
CREATE TABLE meta (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE record (
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL CHECK (version > 0),
    seq INTEGER NOT NULL,
    centre TEXT NOT NULL,
    at INTEGER NOT NULL,        -- microseconds of UTC, the store's clock
    body TEXT,                  -- JSON; nothing once removed
    PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX record_by_seq ON record (seq);

CREATE TABLE log (
    n INTEGER PRIMARY KEY,
    act TEXT NOT NULL UNIQUE,
    at INTEGER NOT NULL,        -- microseconds of UTC, the store's clock
    centre TEXT NOT NULL,
    seat TEXT NOT NULL,
    author TEXT,
    kind TEXT NOT NULL,
    about TEXT,
    line TEXT NOT NULL,         -- what is hashed
    hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;
CREATE TRIGGER log_is_not_changed BEFORE UPDATE ON log
BEGIN SELECT RAISE(ABORT, 'the log is not changed'); END;
CREATE TRIGGER log_is_not_shortened BEFORE DELETE ON log
BEGIN SELECT RAISE(ABORT, 'the log is not shortened'); END;

CREATE TABLE head (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    size INTEGER NOT NULL,
    frontier BLOB NOT NULL
) STRICT;

CREATE TABLE checkpoint (
    size INTEGER NOT NULL,
    signer TEXT NOT NULL,
    at INTEGER NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (size, signer)
) STRICT, WITHOUT ROWID;
