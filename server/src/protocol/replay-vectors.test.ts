import { readFileSync } from 'node:fs';
import t from 'tap';
import { parseSeal, sealedFromWire } from './head.js';
import type { SealedHead } from './head.js';
import type { RoomId } from './identifiers.js';
import { recordFromWire } from './record.js';
import { replayRoom } from './replay-room.js';

interface ReplayVector {
  readonly name: string;
  readonly input: {
    readonly room: RoomId;
    readonly now: number;
    readonly records: readonly unknown[];
    readonly heads: readonly { readonly sealed: unknown; readonly seals: readonly string[] }[];
  };
  readonly expect: {
    readonly ok: boolean;
    readonly state?: string;
    readonly fault?: { readonly code: string; readonly seq: number };
    readonly voids: readonly { readonly seq: number; readonly rule: string; readonly code: string }[];
    readonly holes: readonly number[];
  };
}

const file = new URL('../../../spec/vectors/replay.json', import.meta.url);
const { vectors } = JSON.parse(readFileSync(file, 'utf8')) as { vectors: ReplayVector[] };

t.ok(vectors.length > 20);
for (const { name, input, expect } of vectors)
  t.test(`whole log: ${name}`, (t) => {
    const { room, now } = input;
    const records = input.records.flatMap((record) => recordFromWire(record) ?? []);
    t.equal(records.length, input.records.length);
    const result = replayRoom({ room, now, records, heads: input.heads.map(readHead) });
    const { fault, voids, holes } = result;
    t.strictSame(fault && { code: fault.code, seq: fault.seq }, expect.fault);
    t.equal(fault === undefined, expect.ok);
    t.strictSame(
      voids.map(({ seq, rule, code }) => ({ seq, rule, code })),
      expect.voids,
    );
    t.strictSame(holes, expect.holes);
    if (expect.state !== undefined) t.equal(result.state?.hash().toString('base64url'), expect.state);
    t.end();
  });

function readHead({ sealed, seals }: { sealed: unknown; seals: readonly string[] }): SealedHead {
  const read = sealedFromWire(
    sealed,
    seals.flatMap((jws) => {
      const seal = parseSeal(jws);
      return seal.ok ? [seal.value] : [];
    }),
  );
  if (!read.ok) throw new Error(read.detail);
  return read.value;
}
