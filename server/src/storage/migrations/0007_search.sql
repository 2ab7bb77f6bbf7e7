-- Words of messages, as numbers that nobody reads back, for looking things up. Filled from the log, a little later.
CREATE TABLE search_index (
  seq bigint NOT NULL,
  at bigint NOT NULL,
  until bigint,
  room_id text COLLATE "C" NOT NULL,
  words integer[] NOT NULL,
  PRIMARY KEY (room_id, seq)
);
CREATE INDEX search_index_words ON search_index USING gin (words);
CREATE INDEX search_index_until ON search_index (until) WHERE until IS NOT NULL;

-- Which records of a room were looked at: all from from_seq to to_seq.
CREATE TABLE search_cursors (
  from_seq bigint NOT NULL,
  to_seq bigint NOT NULL,
  room_id text COLLATE "C" PRIMARY KEY
) WITH (fillfactor = 50);

-- What the numbers are made with.
CREATE TABLE search_key (value text PRIMARY KEY);
INSERT INTO search_key (value) VALUES (gen_random_uuid()::text);
