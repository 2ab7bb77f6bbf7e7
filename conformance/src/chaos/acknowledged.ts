import type { EventShown } from '../stage/users.js';

/** What somebody sees of a log: ids by seq, as far as they see it. */
export interface Log {
  readonly of: string;
  readonly events: readonly Pick<EventShown, 'seq' | 'id'>[];
}

/**
 * What is wrong with logs of one room, when the network is well again: acknowledged events that are missing or there twice, and
 * places where two logs differ.
 *
 * @param ids of the events whose authors were told that they are recorded
 */
export function faultsOf(logs: readonly Log[], ids: readonly string[]): string[] {
  const faults: string[] = [];
  for (const { of, events } of logs) {
    const times = new Map<string, number>();
    for (const { id } of events) times.set(id, (times.get(id) ?? 0) + 1);
    for (const id of ids) {
      const count = times.get(id) ?? 0;
      if (count === 0) faults.push(`lost: ${id} was acknowledged and is not in the log of ${of}`);
    }
    for (const [id, count] of times)
      if (count > 1) faults.push(`duplicate: ${id} is ${count} times in the log of ${of}`);
    const seqs = events.map(({ seq }) => seq);
    if (seqs.some((seq, place) => place > 0 && seq <= (seqs[place - 1] ?? 0)))
      faults.push(`order: the log of ${of} is not in the order of its seqs`);
  }
  const [first, ...others] = logs;
  const bySeq = new Map(first?.events.map(({ seq, id }) => [seq, id]));
  for (const { of, events } of others)
    for (const { seq, id } of events)
      if (bySeq.has(seq) && bySeq.get(seq) !== id)
        faults.push(`order: ${seq} is ${bySeq.get(seq)} for ${first?.of}, ${id} for ${of}`);
  return faults;
}
