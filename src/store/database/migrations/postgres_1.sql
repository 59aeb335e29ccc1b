-- Whatever is kept: one table of records, one log. The place in the log is the sequence of both.
CREATE SCHEMA IF NOT EXISTS qyran;

CREATE TABLE qyran.meta (
    name text PRIMARY KEY,
    value text NOT NULL
);

-- Which login of the database belongs to which centre.
CREATE TABLE qyran.login (
    login text PRIMARY KEY,
    centre text NOT NULL,
    everything boolean NOT NULL DEFAULT false
);
CREATE FUNCTION qyran.my_centre() RETURNS text LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = qyran, pg_temp
    AS $$ SELECT centre FROM qyran.login WHERE login = session_user $$;
CREATE FUNCTION qyran.sees_everything() RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = qyran, pg_temp
    AS $$ SELECT coalesce((SELECT everything FROM qyran.login WHERE login = session_user), false) $$;
CREATE FUNCTION qyran.now_micros() RETURNS bigint LANGUAGE sql VOLATILE
    AS $$ SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint $$;

CREATE TABLE qyran.record (
    kind text NOT NULL,
    id uuid NOT NULL,
    version integer NOT NULL CHECK (version > 0),
    seq bigint NOT NULL,
    centre text NOT NULL,
    at bigint NOT NULL,         -- microseconds of UTC, the server's clock
    body text,                  -- JSON; nothing once removed
    PRIMARY KEY (kind, id)
);
CREATE INDEX record_by_seq ON qyran.record (seq);

CREATE TABLE qyran.log (
    n bigint PRIMARY KEY,
    act uuid NOT NULL UNIQUE,
    at bigint NOT NULL,         -- microseconds of UTC, the server's clock
    centre text NOT NULL,
    seat text NOT NULL,
    author uuid,
    kind text NOT NULL,
    about text,
    line text NOT NULL,         -- what is hashed
    hash bytea NOT NULL CHECK (length(hash) = 32)
);
CREATE FUNCTION qyran.log_stays() RETURNS trigger LANGUAGE plpgsql
    AS $$ BEGIN RAISE EXCEPTION 'the log is neither changed nor shortened'; END $$;
CREATE TRIGGER log_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON qyran.log
    FOR EACH STATEMENT EXECUTE FUNCTION qyran.log_stays();

CREATE TABLE qyran.head (
    one integer PRIMARY KEY CHECK (one = 1),
    size bigint NOT NULL,
    frontier bytea NOT NULL
);

CREATE TABLE qyran.checkpoint (
    size bigint NOT NULL,
    signer text NOT NULL,
    at bigint NOT NULL,
    text text NOT NULL,
    PRIMARY KEY (size, signer)
);

-- Kinds of records that every centre sees.
CREATE TABLE qyran.seen_by_all (kind text PRIMARY KEY);
INSERT INTO qyran.seen_by_all VALUES ('centre'), ('claim'), ('takeover');

ALTER TABLE qyran.record ENABLE ROW LEVEL SECURITY;
CREATE POLICY record_read ON qyran.record FOR SELECT USING (
    centre = qyran.my_centre() OR qyran.sees_everything()
    OR kind IN (SELECT kind FROM qyran.seen_by_all));
CREATE POLICY record_new ON qyran.record FOR INSERT WITH CHECK (centre = qyran.my_centre());
CREATE POLICY record_change ON qyran.record FOR UPDATE
    USING (centre = qyran.my_centre()) WITH CHECK (centre = qyran.my_centre());

ALTER TABLE qyran.log ENABLE ROW LEVEL SECURITY;
CREATE POLICY log_read ON qyran.log FOR SELECT USING (
    centre = qyran.my_centre() OR qyran.sees_everything());
CREATE POLICY log_new ON qyran.log FOR INSERT WITH CHECK (centre = qyran.my_centre());
