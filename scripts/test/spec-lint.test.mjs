import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { lintSpec } from '../spec/lint-spec.mjs';

const scripts = dirname(dirname(fileURLToPath(import.meta.url)));
const terms = readFileSync(join(scripts, '..', 'spec', 'registries', 'requirement-terms.json'), 'utf8');
const core = '{level=MUST role=hub profile=core}';
const address = {
  type: 'object',
  required: ['user'],
  properties: { user: { type: 'string' } },
  additionalProperties: false,
};

/** A whole spec tree around one chapter. */
function treeOf(t, chapter, extra = {}) {
  return t.testdir({
    spec: {
      prose: { '01-rooms.md': chapter },
      registries: { 'requirement-terms.json': terms },
      schemas: {
        json: { 'address.json': JSON.stringify(address), 'name.json': '{"type":"string","pattern":"^[a-z]+$"}' },
      },
    },
    ...extra,
  });
}

const rulesOf = (root, isWriting = true) => lintSpec(root, isWriting).faults.map(({ rule }) => rule);

function requirementsOf(t, chapter) {
  const root = treeOf(t, chapter);
  t.strictSame(lintSpec(root, true).faults, []);
  return JSON.parse(readFileSync(join(root, 'spec', 'requirements.json'), 'utf8'));
}

t.test('a clean chapter is extracted whole', async (t) => {
  const chapter = `# Rooms
The key words "MUST" and \`MAY\` are to be read as in BCP 14. A hub is a server, e.g. Soroush.

**PV-HUB-001** ${core} The hub MUST refuse a record
it cannot verify. It then says why.
**PV-HUB-002** {level=SHOULD role=hub,follower profile=core test=federation} It SHOULD log version 1.5 of it.

- **PV-HUB-003** ${core} A room MUST have:
  - a name
  - an owner

| id | rule |
|---|---|
| **PV-HUB-004** {level=MAY role=client profile=client} | A client MAY ask again, see PV-HUB-001. |
<!-- A note: this MUST be ignored. -->
\`\`\`text
code MUST be ignored
\`\`\`
`;
  const requirements = requirementsOf(t, chapter);
  t.match(requirements, [
    {
      id: 'PV-HUB-001',
      level: 'MUST',
      role: 'hub',
      profile: 'core',
      sentence: 'The hub MUST refuse a record it cannot verify.',
    },
    { id: 'PV-HUB-002', role: 'hub,follower', test: 'federation', sentence: 'It SHOULD log version 1.5 of it.' },
    { id: 'PV-HUB-003', file: 'spec/prose/01-rooms.md', sentence: 'A room MUST have:' },
    {
      id: 'PV-HUB-004',
      level: 'MAY',
      role: 'client',
      profile: 'client',
      sentence: 'A client MAY ask again, see PV-HUB-001.',
    },
  ]);
  t.equal(requirements.length, 4);
});

t.test('the hash follows the sentence and the list it introduces, not the line breaks', async (t) => {
  const hashOf = (sentence) => requirementsOf(t, `**PV-HUB-001** ${core} ${sentence}\n`)[0].sha256;
  const list = 'A room MUST have:\n\n- a name\n- an owner';
  t.equal(hashOf('The hub MUST\nanswer.'), hashOf('The hub  MUST answer. An aside.'));
  t.not(hashOf('The hub MUST answer.'), hashOf('The hub MUST reply.'));
  t.not(hashOf(list), hashOf(list.replace('owner', 'admin')));
});

const good = `**PV-HUB-001** ${core} The hub MUST answer.`;
const faults = {
  'sentence-without-id': [
    `${good} The follower MUST wait.`,
    'Text.\n\n- A follower SHOULD wait',
    '# The hub MUST answer',
    '| x | The hub MAY wait |',
  ],
  'id-without-word': [`**PV-HUB-001** ${core} The hub answers.`, `**PV-HUB-001** ${core} The hub answers "MUST".`],
  'id-without-terms': ['**PV-HUB-001** The hub answers.'],
  'one-id-a-sentence': [`**PV-HUB-001** ${core} **PV-HUB-002** ${core} The hub MUST answer.`],
  'one-level-a-sentence': [`**PV-HUB-001** ${core} The hub MUST answer and SHOULD log.`],
  'level-disagrees': [`**PV-HUB-001** ${core} The hub SHOULD answer.`, `**PV-HUB-001** ${core} The hub MAY answer.`],
  'missing-term': ['**PV-HUB-001** {level=MUST role=hub} The hub MUST answer.'],
  'unknown-term': [
    '**PV-HUB-001** {level=MUST role=boss profile=core} The hub MUST answer.',
    '**PV-HUB-001** {level=MUST role=hub,boss profile=core} The hub MUST answer.',
    '**PV-HUB-001** {level=MUST role=hub profile=gold} The hub MUST answer.',
    '**PV-HUB-001** {level=MUST role=hub profile=core colour=red} The hub MUST answer.',
  ],
  'repeated-id': [`${good}\n\n${good}`],
  'unknown-id': [`${good} See PV-HUB-009.`, `${good} See PV-HUB-01.`],
  'unknown-schema': [
    `${good}\n\n\`\`\`json example=planet\n{}\n\`\`\``,
    `${good}\n\n\`\`\`json example=toString\n{}\n\`\`\``,
  ],
  'example-invalid': [
    `${good}\n\n\`\`\`json example=address\n{"user": 1}\n\`\`\``,
    `${good}\n\n\`\`\`json example=address invalid\n{"user": "a"}\n\`\`\``,
    `${good}\n\n\`\`\`text example=name\nAlice\n\`\`\``,
  ],
  'example-not-json': [
    `${good}\n\n\`\`\`json example=address\n{user: 1}\n\`\`\``,
    `${good}\n\n\`\`\`json\n{user: 1}\n\`\`\``,
  ],
  'example-language': [`${good}\n\n\`\`\`yaml example=address\nuser: a\n\`\`\``],
  'open-fence': [`${good}\n\n\`\`\`text\nno end`],
};

for (const [rule, chapters] of Object.entries(faults))
  t.test(`${rule} is reported, and nothing else`, async (t) => {
    for (const chapter of chapters) t.strictSame(rulesOf(treeOf(t, `${chapter}\n`)), [rule], chapter);
  });

t.test('valid examples, right and wrong ones, pass', async (t) => {
  const chapter = `${good}

\`\`\`json example=address
{ "user": "alice" }
\`\`\`
\`\`\`json example=address invalid
{ "user": 1 }
\`\`\`
\`\`\`text example=name
alice
\`\`\`
`;
  t.match(lintSpec(treeOf(t, chapter), true), { faults: [], examples: 3 });
});

t.test('an id cited in code has to exist', async (t) => {
  const code = (id) => ({
    server: { src: { 'a.ts': `// SPEC ${id} this line\n` }, dist: { 'a.js': '// SPEC PV-OLD-001\n' } },
  });
  t.strictSame(lintSpec(treeOf(t, good, code('PV-HUB-001')), true), {
    faults: [],
    requirements: 1,
    citations: 1,
    examples: 0,
  });
  t.match(lintSpec(treeOf(t, good, code('PV-HUB-007')), true).faults, [
    { rule: 'unknown-id', at: 'server/src/a.ts:1' },
  ]);
});

t.test('prose and requirements.json that differ are red until written', async (t) => {
  const root = treeOf(t, good);
  const command = (...options) =>
    spawnSync(process.execPath, [join(scripts, 'spec-lint.mjs'), '--root', root, ...options], { encoding: 'utf8' });
  t.match(command(), { status: 1, stdout: /requirements-drift/ });
  t.match(command('--write'), { status: 0, stdout: /1 requirements.*0 faults/ });
  t.strictSame(rulesOf(root, false), []);
  writeFileSync(join(root, 'spec', 'prose', '01-rooms.md'), good.replace('answer', 'reply'));
  t.strictSame(rulesOf(root, false), ['requirements-drift']);
});

t.test('generated schemas that differ, lack or are left over are red until written', async (t) => {
  const index = (schemas) => `export const schemas = ${JSON.stringify(schemas)};\n`;
  const root = t.testdir({
    'package.json': '{"type":"module"}',
    spec: { dist: { schemas: { 'index.js': index({ address }) } } },
  });
  const generate = (...options) =>
    spawnSync(process.execPath, [join(scripts, 'generate-schemas.mjs'), '--root', root, ...options], {
      encoding: 'utf8',
    });
  t.match(generate('--check'), { status: 1, stdout: /address\.json {2}schemas-drift/ });
  t.equal(generate().status, 0);
  t.equal(generate('--check').status, 0);
  t.match(JSON.parse(readFileSync(join(root, 'spec', 'schemas', 'json', 'address.json'), 'utf8')), {
    $id: 'urn:payvand:schema:address',
    required: ['user'],
  });
  writeFileSync(join(root, 'spec', 'dist', 'schemas', 'index.js'), index({ name: { type: 'string' } }));
  t.match(generate('--check'), { status: 1, stdout: /address[\s\S]*name/ });
  t.equal(generate().status, 0);
  t.equal(generate('--check').status, 0);
});
