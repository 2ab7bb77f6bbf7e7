import type { Run } from './run.js';

export type Tier = 'T0' | 'T1' | 'T2';
export type Level = 'MUST' | 'SHOULD';

/** What is said of a check before it runs. */
export interface CheckTitle {
  /** area and name, such as `signature/no-digest`; never given to another check */
  readonly id: string;
  readonly title: string;
  readonly tier: Tier;
  readonly profile: string;
  readonly level: Level;
  /** ids of the requirements it tests */
  readonly covers: readonly string[];
  /** whether a provider of the suite deviates in it */
  readonly isHostile: boolean;
}

export interface Check<Stage> extends CheckTitle {
  /** @throws Deviates · Blocked · NotRun */
  readonly run: (stage: Stage) => Promise<void>;
}

/** Checks on one stage, one after the other; lanes run beside each other. */
export interface Lane {
  readonly name: string;
  readonly checks: readonly CheckTitle[];
  /** it is in the way of others, so it runs when all of them are over */
  readonly isAlone?: boolean;
  /**
   * @param ids checks that will be asked for
   * @throws NotRun · whatever keeps the stage from being built
   */
  open(run: Run, ids: readonly string[]): Promise<OpenLane>;
}

export interface OpenLane {
  check(id: string): Promise<void>;
}

export interface LaneOf<Stage> {
  readonly name: string;
  readonly open: (run: Run, ids: readonly string[]) => Promise<Stage>;
  readonly checks: readonly Check<Stage>[];
  readonly isAlone?: boolean;
}

export function makeLane<Stage>({ name, open, checks, isAlone = false }: LaneOf<Stage>): Lane {
  return {
    ...{ name, checks, isAlone },
    async open(run, ids) {
      const stage = await open(run, ids);
      return {
        async check(id) {
          await checks.find((check) => check.id === id)?.run(stage);
        },
      };
    },
  };
}

/** Defaults of the checks of one table. */
export type Common = Partial<Omit<CheckTitle, 'id' | 'title'>> & { readonly area: string };

type Spare = Partial<CheckTitle> & { readonly name: string };

/** @param spare `name` is the part of the id after the area; its words are the title unless there is one */
export function titleOf(common: Common, spare: Spare): CheckTitle {
  const { area, ...shared } = common;
  const { name, ...own } = spare;
  return {
    ...{ id: `${area}/${name}`, title: `${area}: ${name.replaceAll('-', ' ')}` },
    ...{ tier: 'T0' as const, profile: 'core', level: 'MUST' as const, covers: [], isHostile: false },
    ...shared,
    ...own,
  };
}
