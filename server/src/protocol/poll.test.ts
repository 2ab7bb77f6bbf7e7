import { readFileSync } from 'node:fs';
import t from 'tap';
import type { JsonObject } from './json-shape.js';
import { pollOf, tallyPoll } from './poll.js';

interface PollVector {
  readonly name: string;
  readonly input: {
    readonly poll: JsonObject;
    readonly votes: readonly { seq: number; at: number; sender: string; content: JsonObject | null }[];
    readonly closed?: number;
  };
  readonly expect: { readonly counts: readonly number[] | null; readonly voters: number };
}

const file = new URL('../../../spec/vectors/poll.json', import.meta.url);
const { vectors } = JSON.parse(readFileSync(file, 'utf8')) as { vectors: PollVector[] };

t.test('every vector of polls is counted as it says', (t) => {
  for (const { name, input, expect } of vectors) {
    const poll = pollOf({ poll: input.poll });
    const votes = input.votes.map(({ content, ...vote }) => ({ ...vote, content: content ?? undefined }));
    const tally = poll && tallyPoll(poll, votes, input.closed);
    t.strictSame({ counts: tally?.counts ?? null, voters: tally?.choices.size ?? 0 }, expect, name);
  }
  t.end();
});
