-- Alarms that are over are kept for years and looked for; they are not read when the store is opened.
CREATE INDEX record_warm ON record (seq) WHERE kind NOT IN ('past-alarm', 'said');

CREATE TABLE past_alarm (
    id TEXT PRIMARY KEY,
    raised INTEGER NOT NULL,    -- microseconds of UTC
    class TEXT NOT NULL,
    priority TEXT NOT NULL,
    camera TEXT,
    found TEXT,                 -- the last verdict
    find TEXT NOT NULL          -- folded words to find it by
) STRICT, WITHOUT ROWID;
CREATE INDEX past_alarm_raised ON past_alarm (raised);
CREATE INDEX past_alarm_class ON past_alarm (class, raised);
CREATE INDEX past_alarm_camera ON past_alarm (camera, raised);

CREATE TRIGGER past_alarm_new AFTER INSERT ON record
WHEN NEW.kind = 'past-alarm' AND NEW.body IS NOT NULL BEGIN
    INSERT OR REPLACE INTO past_alarm (id, raised, class, priority, camera, found, find)
    VALUES (NEW.id, coalesce(NEW.body ->> '$.raised', 0), coalesce(NEW.body ->> '$.class', ''),
            coalesce(NEW.body ->> '$.priority', ''), NEW.body ->> '$.camera',
            NEW.body ->> '$.verdicts[#-1].found', coalesce(NEW.body ->> '$.find', ''));
END;
CREATE TRIGGER past_alarm_changed AFTER UPDATE ON record WHEN NEW.kind = 'past-alarm' BEGIN
    DELETE FROM past_alarm WHERE id = NEW.id;
    INSERT INTO past_alarm (id, raised, class, priority, camera, found, find)
    SELECT NEW.id, coalesce(NEW.body ->> '$.raised', 0), coalesce(NEW.body ->> '$.class', ''),
           coalesce(NEW.body ->> '$.priority', ''), NEW.body ->> '$.camera',
           NEW.body ->> '$.verdicts[#-1].found', coalesce(NEW.body ->> '$.find', '')
    WHERE NEW.body IS NOT NULL;
END;
CREATE TRIGGER past_alarm_gone AFTER DELETE ON record WHEN OLD.kind = 'past-alarm' BEGIN
    DELETE FROM past_alarm WHERE id = OLD.id;
END;
