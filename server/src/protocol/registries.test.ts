import { readFileSync } from 'node:fs';
import t from 'tap';
import { areRelationsOf, isKeyOf } from './event-types.js';
import { builtInRole, OWNER_RANK, OWNER_ROLE, RIGHTS } from './rights.js';
import { RULES } from './rules.js';

interface EventType {
  key: string | null;
  relations?: { kind: string; min: number; max: number };
}

t.test('the registry of rules lists the rules and their codes in order', (t) => {
  const { list } = read('rules') as { list: { id: string; code: string }[] };
  t.strictSame(
    list.map(({ id, code }) => [id, code]),
    RULES.map(({ id, code }) => [id, code]),
  );
  t.end();
});

t.test('the registry of rights lists the rights, the built-in roles and the owner', (t) => {
  const { rights, roles, owner } = read('rights') as {
    rights: Record<string, string>;
    roles: Record<string, { rank: number; rights: string[] }>;
    owner: { rank: number; rights: string[] };
  };
  t.strictSame(Object.keys(rights), RIGHTS);
  for (const [name, role] of Object.entries(roles)) {
    const built = builtInRole(name);
    t.strictSame({ rank: built?.rank, rights: [...(built?.rights ?? [])] }, role, name);
  }
  t.strictSame(Object.keys(roles), ['member', 'moderator', 'admin']);
  t.strictSame(owner, { rank: OWNER_RANK, rights: [...OWNER_ROLE.rights] });
  t.end();
});

t.test('the registry of event types says which key and relations a type takes', (t) => {
  const { types } = read('event-types') as { types: Record<string, EventType> };
  const keys: Record<string, string> = {
    empty: '',
    address: 'alice@a.example',
    domain: 'a.example',
    role: 'guard',
    hash: 'A'.repeat(43),
  };
  for (const [type, { key, relations }] of Object.entries(types)) {
    t.equal(isKeyOf(type, undefined), key === null, `${type} without a key`);
    for (const [kind, text] of Object.entries(keys))
      t.equal(isKeyOf(type, text), kind === key, `${type} with key ${kind}`);
    if (relations === undefined) continue;
    const { kind, min, max } = relations;
    const list = (count: number) => Array.from({ length: count }, (): [string, string] => [kind, 'e']);
    const taken = [min - 1, min, max, max + 1].map((count) => areRelationsOf(type, list(count)));
    t.strictSame(taken, [false, true, true, false], `${type} with relations`);
  }
  t.end();
});

function read(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../../spec/registries/${name}.json`, import.meta.url), 'utf8'));
}
