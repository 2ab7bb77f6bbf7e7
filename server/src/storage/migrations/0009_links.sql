-- Links people made here. Others are found by the locator alone; the secret is kept so that its maker can show it again.
CREATE TABLE links (
  account_id bigint NOT NULL,
  at bigint NOT NULL,
  until bigint NOT NULL,
  locator text COLLATE "C" PRIMARY KEY,
  room_id text COLLATE "C" NOT NULL,
  secret text COLLATE "C" NOT NULL,
  jws text COLLATE "C" NOT NULL
);
CREATE INDEX links_account ON links (account_id, room_id);
CREATE INDEX links_until ON links (until);
