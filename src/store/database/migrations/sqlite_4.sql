-- Alarms that are over stand in the order in which they were raised, and each word of them is found
-- without reading all: half a million are looked through in milliseconds.
DROP TRIGGER past_alarm_new;
DROP TRIGGER past_alarm_changed;
DROP TRIGGER past_alarm_gone;
DROP TABLE past_alarm;

CREATE TABLE past_alarm (
    -- Microseconds of UTC at which it was raised, times 1024; the next that is free where several
    -- were raised at once. Every index ends with it, so that what is found is in order.
    place INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    class TEXT NOT NULL,
    priority TEXT NOT NULL,
    camera TEXT,
    found TEXT,                 -- the last verdict
    find TEXT NOT NULL          -- folded words to find it by
) STRICT;
CREATE INDEX past_alarm_class ON past_alarm (class);
CREATE INDEX past_alarm_class_found ON past_alarm (class, found);
CREATE INDEX past_alarm_camera ON past_alarm (camera);
CREATE INDEX past_alarm_camera_found ON past_alarm (camera, found);
CREATE INDEX past_alarm_found ON past_alarm (found);
CREATE INDEX past_alarm_priority ON past_alarm (priority);

-- Every three characters in a row of `find`; the text itself stays where it is.
CREATE VIRTUAL TABLE past_find USING fts5(
    find, content = 'past_alarm', content_rowid = 'place', columnsize = 0,
    tokenize = 'trigram case_sensitive 1'
);
CREATE TRIGGER past_find_new AFTER INSERT ON past_alarm BEGIN
    INSERT INTO past_find (rowid, find) VALUES (NEW.place, NEW.find);
END;
CREATE TRIGGER past_find_gone AFTER DELETE ON past_alarm BEGIN
    INSERT INTO past_find (past_find, rowid, find) VALUES ('delete', OLD.place, OLD.find);
END;

-- What a record says; a time that is none is the first of all.
CREATE VIEW past_alarm_told AS
SELECT id,
       min(max(coalesce(CAST(body ->> '$.raised' AS INTEGER), 0), 0), 9000000000000000) * 1024 AS first,
       coalesce(body ->> '$.class', '') AS class, coalesce(body ->> '$.priority', '') AS priority,
       body ->> '$.camera' AS camera, body ->> '$.verdicts[#-1].found' AS found,
       coalesce(body ->> '$.find', '') AS find
FROM record WHERE kind = 'past-alarm' AND body IS NOT NULL;
-- With the first place that nobody has.
CREATE VIEW past_alarm_placed AS
SELECT CASE WHEN NOT EXISTS (SELECT 1 FROM past_alarm WHERE place = told.first) THEN told.first
       ELSE (SELECT taken.place + 1 FROM past_alarm AS taken WHERE taken.place >= told.first
             AND NOT EXISTS (SELECT 1 FROM past_alarm AS next WHERE next.place = taken.place + 1)
             ORDER BY taken.place LIMIT 1)
       END AS place,
       told.id, told.class, told.priority, told.camera, told.found, told.find
FROM past_alarm_told AS told;

CREATE TRIGGER past_alarm_new AFTER INSERT ON record WHEN NEW.kind = 'past-alarm' BEGIN
    INSERT INTO past_alarm (place, id, class, priority, camera, found, find)
    SELECT place, id, class, priority, camera, found, find FROM past_alarm_placed
    WHERE id = NEW.id;
END;
CREATE TRIGGER past_alarm_changed AFTER UPDATE ON record WHEN NEW.kind = 'past-alarm' BEGIN
    DELETE FROM past_alarm WHERE id = NEW.id;
    INSERT INTO past_alarm (place, id, class, priority, camera, found, find)
    SELECT place, id, class, priority, camera, found, find FROM past_alarm_placed
    WHERE id = NEW.id;
END;
CREATE TRIGGER past_alarm_gone AFTER DELETE ON record WHEN OLD.kind = 'past-alarm' BEGIN
    DELETE FROM past_alarm WHERE id = OLD.id;
END;

-- Those that are there take their places one by one.
UPDATE record SET body = body WHERE kind = 'past-alarm';
