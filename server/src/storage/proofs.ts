import { createHash } from 'node:crypto';
import type { RoomId } from '../protocol/identifiers.js';
import type { Database } from './database.js';
import type { ProofRow } from './peer-rows.js';
import { issue } from './sql-values.js';

const proofsMax = 16;
const add = `INSERT INTO proofs (room_id, kind, at, proof_hash, proof)
  SELECT $1, $2, $3, $4, $5 WHERE (SELECT count(*) FROM proofs WHERE room_id = $1) < $6 ON CONFLICT DO NOTHING`;
const select = 'SELECT room_id AS room, kind, at, proof FROM proofs WHERE room_id = $1 ORDER BY at LIMIT $2';

/** @see PeerStore.addProof */
export async function addProof(db: Database, { room, kind, at, proof }: ProofRow): Promise<void> {
  const hash = createHash('sha256').update(proof).digest();
  await issue(db.sql, add, [room, kind, at, hash, proof, proofsMax]);
}

export function listProofs(db: Database, room: RoomId): Promise<ProofRow[]> {
  return issue<ProofRow>(db.sql, select, [room, proofsMax]);
}
