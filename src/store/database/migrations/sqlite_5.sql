-- Two centres may have a seat of one name; who is there says it again at once.
DROP TABLE presence;
CREATE TABLE presence (
    seat TEXT NOT NULL,
    centre TEXT NOT NULL,
    at INTEGER NOT NULL,        -- microseconds of UTC, the store's clock
    body TEXT NOT NULL,
    PRIMARY KEY (centre, seat)
) STRICT, WITHOUT ROWID;
