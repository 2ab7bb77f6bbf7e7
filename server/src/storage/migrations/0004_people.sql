-- What people say of themselves beside their name; erased by removing the row. `shown` is JSON text: part → who may see it.
CREATE TABLE profiles (
  account_id bigint PRIMARY KEY,
  bio text,
  status text,
  handle text COLLATE "C",
  shown text NOT NULL
);

ALTER TABLE accounts ADD COLUMN limited boolean NOT NULL DEFAULT false;
-- An address of this provider whose person may set and lift the limit.
ALTER TABLE accounts ADD COLUMN guardian text COLLATE "C";
CREATE INDEX accounts_guardian ON accounts (guardian) WHERE guardian IS NOT NULL;

-- What a provider's contact requests came to: its budget for more of them follows. All are halved now and then.
ALTER TABLE providers ADD COLUMN contacts_asked integer NOT NULL DEFAULT 0;
ALTER TABLE providers ADD COLUMN contacts_granted integer NOT NULL DEFAULT 0;
ALTER TABLE providers ADD COLUMN contacts_reported integer NOT NULL DEFAULT 0;
