-- Names of rooms in our directory. Whether a room agrees stands in its state.
CREATE TABLE aliases (
  account_id bigint NOT NULL,
  at bigint NOT NULL,
  name text COLLATE "C" PRIMARY KEY,
  room_id text COLLATE "C" NOT NULL
);
CREATE INDEX aliases_account ON aliases (account_id);
