-- Open alarms of a centre are seen by the others, which may ask for them.
INSERT INTO qyran.seen_by_all VALUES ('alarm') ON CONFLICT DO NOTHING;
