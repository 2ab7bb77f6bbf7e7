import { isCount, isJsonObject, isLine } from './json-shape.js';
import type { JsonObject } from './json-shape.js';

/** What is asked. */
export interface Poll {
  readonly options: readonly string[];
  readonly multiple: boolean;
  readonly anonymous: boolean;
  /** ms; votes recorded later do not count */
  readonly closes?: number;
}

/** A vote as the log has it; the content is undefined where it was deleted or is not held. */
export interface Vote {
  readonly sender: string;
  readonly seq: number;
  readonly at: number;
  readonly content: JsonObject | undefined;
}

export interface Tally {
  /** votes for each option, in their order */
  readonly counts: readonly number[];
  /** options each voter has chosen; those who chose none are left out */
  readonly choices: ReadonlyMap<string, readonly number[]>;
}

const OPTIONS_MIN = 2;
const OPTIONS_MAX = 12;
const OPTION_LENGTH_MAX = 100;

/**
 * Reads the poll of a message.
 *
 * @returns undefined where there is none that people could vote in
 * @see PV-MSG-041
 */
export function pollOf(content: JsonObject): Poll | undefined {
  const { poll } = content;
  if (!isJsonObject(poll)) return undefined;
  const { options, closes } = poll;
  const [multiple, anonymous] = [poll['multiple'] === true, poll['anonymous'] === true];
  if (!isOptionList(options)) return undefined;
  return { options, multiple, anonymous, ...(isCount(closes) ? { closes } : {}) };
}

/**
 * Counts a poll from what stands in the log, so that everybody who holds the log comes to the same numbers.
 *
 * @param votes effective ones, in any order
 * @param closed seq of the first effective close
 * @see PV-MSG-044 to PV-MSG-046
 */
export function tallyPoll(poll: Poll, votes: Iterable<Vote>, closed?: number): Tally {
  const newest = new Map<string, Vote>();
  for (const vote of votes) {
    const isLate = vote.seq > (closed ?? Infinity) || vote.at > (poll.closes ?? Infinity);
    if (!isLate && vote.seq >= (newest.get(vote.sender)?.seq ?? 0)) newest.set(vote.sender, vote);
  }
  const counts = poll.options.map(() => 0);
  const choices = new Map<string, readonly number[]>();
  for (const { sender, content } of newest.values()) {
    const chosen = content === undefined ? undefined : choicesOf(poll, content);
    if (chosen === undefined || chosen.length === 0) continue;
    choices.set(sender, chosen);
    for (const option of chosen) counts[option] = (counts[option] ?? 0) + 1;
  }
  return { counts, choices };
}

/**
 * What a vote chooses; none takes back what was chosen before.
 *
 * @returns undefined where it does not fit the poll
 * @see PV-MSG-043
 */
export function choicesOf(poll: Poll, vote: JsonObject): readonly number[] | undefined {
  const { choices } = vote;
  if (!Array.isArray(choices) || choices.length > (poll.multiple ? poll.options.length : 1)) return undefined;
  const chosen = choices as unknown[];
  const isGood = chosen.every((choice) => isCount(choice) && choice < poll.options.length);
  return isGood && new Set(chosen).size === chosen.length ? (chosen as number[]) : undefined;
}

function isOptionList(value: unknown): value is string[] {
  if (!Array.isArray(value) || value.length < OPTIONS_MIN || value.length > OPTIONS_MAX) return false;
  return value.every((option) => isLine(option, OPTION_LENGTH_MAX)) && new Set(value).size === value.length;
}
