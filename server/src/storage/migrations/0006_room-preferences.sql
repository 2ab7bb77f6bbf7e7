-- What a person keeps about a room for their own devices. Bounded by account_rooms.
CREATE TABLE room_preferences (
  account_id bigint NOT NULL,
  muted_until bigint,
  pinned integer,
  room_id text COLLATE "C" NOT NULL,
  draft text,
  PRIMARY KEY (account_id, room_id)
) WITH (fillfactor = 80);
