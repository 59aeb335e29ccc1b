-- No login of one seat can stop the others: what a commit writes is checked by the server, and the head
-- of the log is moved by the lines themselves.

-- Two centres may have a seat of one name.
ALTER TABLE qyran.presence DROP CONSTRAINT presence_pkey;
ALTER TABLE qyran.presence ADD PRIMARY KEY (centre, seat);

-- Holds the head for this transaction; nobody but the owner may write it.
CREATE FUNCTION qyran.hold_head(OUT size bigint, OUT frontier bytea, OUT now bigint)
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = qyran, pg_temp
    AS $$ SELECT h.size, h.frontier, qyran.now_micros() FROM qyran.head h FOR UPDATE $$;

-- Lines stand one behind the other, each is hashed as it reads, and the head follows them: SHA-256 over
-- 0x00 and a line for a leaf, over 0x01 and two nodes for the node above them (RFC 6962). The frontier
-- is the size in eight bytes and the roots of the whole subtrees, the largest first.
CREATE FUNCTION qyran.log_grows() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = qyran, pg_temp AS $$
DECLARE
    added_line record;
    head_size bigint;
    edge bytea;
    roots bytea[] := '{}';
    node bytea;
    place bigint;
BEGIN
    IF NOT EXISTS (SELECT FROM added) THEN
        RETURN NULL;
    END IF;
    SELECT h.size, h.frontier INTO head_size, edge FROM qyran.head h FOR UPDATE;
    FOR i IN 0 .. (length(edge) - 8) / 32 - 1 LOOP
        roots := array_append(roots, substr(edge, 9 + 32 * i, 32));
    END LOOP;
    FOR added_line IN SELECT a.n, a.line, a.hash FROM added a ORDER BY a.n LOOP
        IF added_line.n <> head_size THEN
            RAISE EXCEPTION 'line % of the log was put at place %', head_size, added_line.n
                USING ERRCODE = 'insufficient_privilege';
        END IF;
        node := sha256('\x00'::bytea || convert_to(added_line.line, 'UTF8'));
        IF node <> added_line.hash THEN
            RAISE EXCEPTION 'line % of the log has another hash', added_line.n
                USING ERRCODE = 'insufficient_privilege';
        END IF;
        place := head_size;
        WHILE place & 1 = 1 LOOP
            node := sha256('\x01'::bytea || roots[cardinality(roots)] || node);
            roots := roots[1 : cardinality(roots) - 1];
            place := place >> 1;
        END LOOP;
        roots := array_append(roots, node);
        head_size := head_size + 1;
    END LOOP;
    edge := int8send(head_size);
    FOREACH node IN ARRAY roots LOOP
        edge := edge || node;
    END LOOP;
    UPDATE qyran.head SET size = head_size, frontier = edge;
    RETURN NULL;
END $$;
CREATE TRIGGER log_grows AFTER INSERT ON qyran.log REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION qyran.log_grows();

-- A record is written by a line of its centre in the same transaction: one with a place in the future
-- would make all others read past what is yet to come.
CREATE FUNCTION qyran.record_follows() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = qyran, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM qyran.log l WHERE l.n = NEW.seq AND l.centre = NEW.centre
                   AND l.xmin = pg_current_xact_id()::xid) THEN
        RAISE EXCEPTION 'the record % % is of no line of this act', NEW.kind, NEW.id
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER record_follows BEFORE INSERT OR UPDATE ON qyran.record
    FOR EACH ROW EXECUTE FUNCTION qyran.record_follows();

-- Whose a checkpoint is: nobody changes or removes another's.
ALTER TABLE qyran.checkpoint ADD COLUMN login text NOT NULL DEFAULT '';
ALTER TABLE qyran.checkpoint ALTER COLUMN login SET DEFAULT session_user;
ALTER TABLE qyran.checkpoint DROP CONSTRAINT checkpoint_pkey;
ALTER TABLE qyran.checkpoint ADD PRIMARY KEY (size, signer, login);
ALTER TABLE qyran.checkpoint ENABLE ROW LEVEL SECURITY;
CREATE POLICY checkpoint_read ON qyran.checkpoint FOR SELECT USING (true);
CREATE POLICY checkpoint_new ON qyran.checkpoint FOR INSERT WITH CHECK (login = session_user);
CREATE POLICY checkpoint_change ON qyran.checkpoint FOR UPDATE
    USING (login = session_user) WITH CHECK (login = session_user);
CREATE POLICY checkpoint_thin ON qyran.checkpoint FOR DELETE USING (login = session_user);

-- The lock itself is the server's; what stands here says under whose login it was taken.
ALTER TABLE qyran.lease ADD COLUMN login text NOT NULL DEFAULT '';
ALTER TABLE qyran.lease ALTER COLUMN login SET DEFAULT session_user;
ALTER TABLE qyran.lease ENABLE ROW LEVEL SECURITY;
CREATE POLICY lease_read ON qyran.lease FOR SELECT USING (true);
CREATE POLICY lease_new ON qyran.lease FOR INSERT WITH CHECK (login = session_user);
CREATE POLICY lease_change ON qyran.lease FOR UPDATE
    USING (true) WITH CHECK (login = session_user);
CREATE POLICY lease_end ON qyran.lease FOR DELETE USING (login = session_user);

ALTER TABLE qyran.meta ENABLE ROW LEVEL SECURITY;
CREATE POLICY meta_read ON qyran.meta FOR SELECT USING (true);
ALTER TABLE qyran.seen_by_all ENABLE ROW LEVEL SECURITY;
CREATE POLICY seen_by_all_read ON qyran.seen_by_all FOR SELECT USING (true);
ALTER TABLE qyran.head ENABLE ROW LEVEL SECURITY;
CREATE POLICY head_read ON qyran.head FOR SELECT USING (true);
ALTER TABLE qyran.login ENABLE ROW LEVEL SECURITY;

-- The hash of a line, whoever's it is: by it a seat sees whether the log is the one that it knew.
CREATE FUNCTION qyran.line_hash(place bigint) RETURNS bytea LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = qyran, pg_temp
    AS $$ SELECT l.hash FROM qyran.log l WHERE l.n = place $$;

REVOKE UPDATE ON qyran.head FROM qyran_seat;
REVOKE EXECUTE ON FUNCTION qyran.hold_head(), qyran.line_hash(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION qyran.hold_head(), qyran.line_hash(bigint) TO qyran_seat;
