/** Everything a role can allow: a closed list for `rules: 1`. @see PV-RIGHT-001 */
export const RIGHTS = [
  'send',
  'react',
  'invite',
  'remove',
  'ban',
  'restrict',
  'moderate',
  'info',
  'roles',
  'manage',
  'pin',
] as const;

export type Right = (typeof RIGHTS)[number];

export interface Role {
  readonly name: string;
  /** 0 to 99; the owner's is 100 */
  readonly rank: number;
  readonly rights: ReadonlySet<Right>;
}

/** Rank of the owner; no role entry reaches it. */
export const OWNER_RANK = 100;

/** The role of everyone who was given none. */
export const DEFAULT_ROLE = 'member';

/** What the owner of a group is, whatever else is said of that person. @see PV-RIGHT-005 */
export const OWNER_ROLE: Role = { name: 'owner', rank: OWNER_RANK, rights: new Set(RIGHTS) };

/** What a role name without a role stands for. */
export const NO_ROLE: Role = { name: DEFAULT_ROLE, rank: 0, rights: new Set() };

const KNOWN: ReadonlySet<unknown> = new Set(RIGHTS);

/** Roles every room has until a `role` entry of the same name replaces them. @see PV-RIGHT-003 */
const BUILT_IN_ROLES: ReadonlyMap<string, Role> = new Map(
  [
    role(DEFAULT_ROLE, 0, ['send', 'react', 'invite']),
    role('moderator', 30, ['send', 'react', 'invite', 'remove', 'restrict', 'moderate', 'pin']),
    role(
      'admin',
      60,
      RIGHTS.filter((right) => right !== 'manage'),
    ),
  ].map((built) => [built.name, built]),
);

export const BUILT_IN_NAMES: readonly string[] = [...BUILT_IN_ROLES.keys()];

/** Whether a value is a list of rights, each at most once. */
export function isRightList(value: unknown): value is Right[] {
  return Array.isArray(value) && value.every((right) => KNOWN.has(right)) && new Set(value).size === value.length;
}

export function builtInRole(name: string): Role | undefined {
  return BUILT_IN_ROLES.get(name);
}

export function role(name: string, rank: number, rights: readonly Right[]): Role {
  return { name, rank, rights: new Set(rights) };
}

/** The role with some of its rights switched off; the rank stays. @see PV-RIGHT-006 */
export function withoutRights(full: Role, off: readonly Right[]): Role {
  return role(
    full.name,
    full.rank,
    [...full.rights].filter((right) => !off.includes(right)),
  );
}

/** Whether `own` has every right of `given`: nobody grants what they do not have. @see PV-RULE-035, PV-RULE-036 */
export function includesRights(own: Role, given: Role): boolean {
  for (const right of given.rights) {
    if (!own.rights.has(right)) return false;
  }
  return true;
}
