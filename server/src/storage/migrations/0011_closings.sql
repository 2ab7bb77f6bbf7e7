-- Accounts that were closed and still have rooms to leave.
CREATE TABLE closings (
  account_id bigint PRIMARY KEY,
  at bigint NOT NULL,
  address text COLLATE "C" NOT NULL,
  content text NOT NULL
);
