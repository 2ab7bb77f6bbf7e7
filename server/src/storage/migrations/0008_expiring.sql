-- Records whose content has an end, until it has come. Most records have none.
CREATE TABLE expiring (
  seq bigint NOT NULL,
  expires_at bigint NOT NULL,
  room_id text COLLATE "C" NOT NULL,
  PRIMARY KEY (room_id, seq)
);
CREATE INDEX expiring_at ON expiring (expires_at);

-- Statistics keep samples of what a column holds, and would keep them after the row is gone.
ALTER TABLE log ALTER COLUMN content SET STATISTICS 0;
ALTER TABLE pending ALTER COLUMN content SET STATISTICS 0;

-- Who did what in a room: few records among many messages.
CREATE INDEX log_acts ON log (room_id, seq) WHERE type IN (
  'access', 'role', 'room.owner', 'room.info', 'room.settings', 'room.pins', 'room.deny', 'room.history', 'message.delete');
