-- What centres ask of each other, and what they answer, is seen by both.
INSERT INTO qyran.seen_by_all VALUES ('claim-request'), ('claim-answer') ON CONFLICT DO NOTHING;
