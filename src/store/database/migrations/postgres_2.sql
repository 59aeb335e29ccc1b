-- Who is there, what waits to be done by one of several, and who may do what alone.
CREATE TABLE qyran.presence (
    seat text PRIMARY KEY,
    centre text NOT NULL,
    at bigint NOT NULL,         -- microseconds of UTC, the server's clock
    body text NOT NULL
);

CREATE TABLE qyran.task (
    id uuid PRIMARY KEY,
    kind text NOT NULL,
    centre text NOT NULL,
    due bigint NOT NULL,
    taken_by text,
    taken_until bigint NOT NULL DEFAULT 0,
    tries integer NOT NULL DEFAULT 0,
    body text NOT NULL
);
CREATE INDEX task_by_due ON qyran.task (kind, due);

-- Who holds an advisory lock, for those who want to know; the lock itself is the server's.
CREATE TABLE qyran.lease (
    name text PRIMARY KEY,
    holder text NOT NULL,
    until bigint NOT NULL
);

ALTER TABLE qyran.presence ENABLE ROW LEVEL SECURITY;
CREATE POLICY presence_read ON qyran.presence FOR SELECT USING (true);
CREATE POLICY presence_new ON qyran.presence FOR INSERT WITH CHECK (centre = qyran.my_centre());
CREATE POLICY presence_change ON qyran.presence FOR UPDATE
    USING (centre = qyran.my_centre()) WITH CHECK (centre = qyran.my_centre());

ALTER TABLE qyran.task ENABLE ROW LEVEL SECURITY;
CREATE POLICY task_own ON qyran.task
    USING (centre = qyran.my_centre()) WITH CHECK (centre = qyran.my_centre());

-- What the logins of seats may do; roles are the whole server's, so another database may have it.
DO $$ BEGIN
    CREATE ROLE qyran_seat NOLOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$;
GRANT USAGE ON SCHEMA qyran TO qyran_seat;
GRANT SELECT ON qyran.meta, qyran.seen_by_all, qyran.head, qyran.checkpoint TO qyran_seat;
GRANT SELECT, INSERT, UPDATE ON qyran.record, qyran.presence TO qyran_seat;
GRANT SELECT, INSERT ON qyran.log TO qyran_seat;
GRANT UPDATE ON qyran.head TO qyran_seat;
GRANT SELECT, INSERT, UPDATE, DELETE ON qyran.checkpoint, qyran.task, qyran.lease TO qyran_seat;
