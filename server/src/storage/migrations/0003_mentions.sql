-- Messages that mention an account of ours, or, with account 0, everybody in the room. Rows of an account go when it has
-- read them, all go with time.
CREATE TABLE mentions (
  account_id bigint NOT NULL,
  seq bigint NOT NULL,
  at bigint NOT NULL,
  room_id text COLLATE "C" NOT NULL,
  PRIMARY KEY (room_id, account_id, seq)
);
CREATE INDEX mentions_at ON mentions USING brin (at);
