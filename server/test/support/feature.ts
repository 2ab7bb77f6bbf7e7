import type { Test } from 'tap';
import { until } from './test-person.js';
import type { Json, TestPerson } from './test-person.js';
import type { TestGroup } from './test-group.js';

/** One feature across providers: done on A, seen on B, refused on B for want of a right; the hub may be disturbed in between. */
export interface Feature {
  readonly name: string;
  /** A signal, which a restart may swallow, since it is never repeated (PV-SGL-002): the hub is disturbed before it. */
  readonly isFleeting?: true;
  /** Does it on A. */
  readonly act: () => Promise<Json>;
  /** Whether B's API shows it. */
  readonly seen: (answer: Json) => Promise<boolean>;
  /** Whether a frame of a stream on B tells it; the frame of the event itself, where not said otherwise. */
  readonly told?: (frame: Json, answer: Json) => boolean;
  /** Tries it on B. @returns the code of the refusal; undefined when it was done */
  readonly attempt: (by: TestPerson) => Promise<string | undefined>;
  readonly refused: { readonly by: TestPerson; readonly code: string };
  /** somebody on B with the right: without this control a server that refuses everything would pass */
  readonly allowed: TestPerson;
}

/** Runs the rows of a table one after the other; later rows stand on earlier ones. */
export async function runFeatures(t: Test, group: TestGroup, features: readonly Feature[]): Promise<void> {
  for (const feature of features) await t.test(feature.name, (row) => runFeature(row, group, feature));
}

async function runFeature(t: Test, group: TestGroup, feature: Feature): Promise<void> {
  const { act, seen, told = isEventOf, attempt, refused, allowed, isFleeting = false } = feature;
  if (isFleeting) await group.hub.disturb();
  const answer = await act();
  if (!isFleeting) await group.hub.disturb();
  await until(() => seen(answer), 'B to show it');
  t.ok(await group.stream.find((frame) => told(frame, answer)), 'the stream on B tells it');
  const before = await group.head();
  t.equal(await attempt(refused.by), refused.code, 'without the right it is refused on B');
  t.equal(await group.head(), before, 'and leaves no record');
  t.equal(await attempt(allowed), undefined, 'with the right it is done on B');
  await group.caughtUp(group.bob);
}

function isEventOf(frame: Json, answer: Json): boolean {
  return frame['t'] === 'event' && frame['id'] === answer['id'];
}
