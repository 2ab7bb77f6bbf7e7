import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { CheckTitle } from '../run/check.js';

/** A sentence of the specification, as `requirements.json` has it. */
export interface Requirement {
  readonly id: string;
  readonly level: string;
  readonly role: string;
  readonly profile: string;
  /** chapter, such as spec/prose/02-encodings.md */
  readonly file: string;
  readonly sentence: string;
  readonly sha256: string;
}

/** For each check, the hashes of the sentences it was written for. */
export type Pins = Readonly<Record<string, Readonly<Record<string, string>>>>;

export interface Stale {
  readonly check: string;
  readonly requirement: string;
  readonly why: 'changed' | 'unpinned' | 'withdrawn';
}

export function readRequirements(): Requirement[] {
  const file = fileURLToPath(import.meta.resolve('@payvand/spec/requirements.json'));
  return JSON.parse(readFileSync(file, 'utf8')) as Requirement[];
}

/** What the checks would be pinned to now. */
export function pinsOf(checks: readonly CheckTitle[], requirements: readonly Requirement[]): Pins {
  const hashes = new Map(requirements.map(({ id, sha256 }) => [id, sha256.slice(0, 16)]));
  const ordered = [...checks].sort((a, b) => (a.id < b.id ? -1 : 1));
  const hashesOf = (covers: readonly string[]): Record<string, string> =>
    Object.fromEntries([...new Set(covers)].sort().map((id) => [id, hashes.get(id) ?? '']));
  return Object.fromEntries(ordered.map(({ id, covers }) => [id, hashesOf(covers)]));
}

/** Checks whose sentence is not the one they were written for. */
export function staleChecks(checks: readonly CheckTitle[], requirements: readonly Requirement[], pins: Pins): Stale[] {
  const now = pinsOf(checks, requirements);
  return Object.entries(now).flatMap(([check, wanted]) =>
    Object.entries(wanted).flatMap(([requirement, hash]): Stale[] => {
      const pinned = pins[check]?.[requirement];
      if (hash === '') return [{ check, requirement, why: 'withdrawn' }];
      if (pinned === undefined) return [{ check, requirement, why: 'unpinned' }];
      return pinned === hash ? [] : [{ check, requirement, why: 'changed' }];
    }),
  );
}

export interface Coverage {
  readonly requirement: Requirement;
  readonly checks: readonly string[];
  readonly vectors: number;
  /** why nothing tests it */
  readonly exemption?: string;
}

/** How each requirement is backed; a MUST that is backed by nothing comes first. */
export function coverageOf(
  requirements: readonly Requirement[],
  by: {
    checks: readonly CheckTitle[];
    vectors: ReadonlyMap<string, number>;
    exemptions: Readonly<Record<string, string>>;
  },
): Coverage[] {
  const rows = requirements.map((requirement) => {
    const { id } = requirement;
    const checks = by.checks.filter(({ covers }) => covers.includes(id)).map((check) => check.id);
    const exemption = by.exemptions[id];
    return { requirement, checks, vectors: by.vectors.get(id) ?? 0, ...(exemption === undefined ? {} : { exemption }) };
  });
  return rows.sort((a, b) => Number(isBare(b)) - Number(isBare(a)) || (a.requirement.id < b.requirement.id ? -1 : 1));
}

export function isBare({ requirement, checks, vectors, exemption }: Coverage): boolean {
  return requirement.level.startsWith('MUST') && checks.length === 0 && vectors === 0 && exemption === undefined;
}
