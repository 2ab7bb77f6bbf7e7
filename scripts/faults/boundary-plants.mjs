/** One forbidden import, or several, for every rule of dependency-cruiser.config.js; `good` is the nearest allowed one. */

const layers = ['protocol', 'storage', 'transport', 'services', 'http', 'cli'];
const target = 'export const planted = 1;\nexport interface Planted {\n  at: number;\n}\n';

const textOf = (file) => {
  if (file.endsWith('.d.ts')) return 'export declare const planted: number;\n';
  return file.endsWith('.js') ? 'export const planted = 1;\nexport const schemas = {};\n' : target;
};

/** Modules to import; no plants themselves. */
export const targets = Object.fromEntries(
  [
    ...layers.map((name) => `server/src/${name}/planted-target.ts`),
    'server/src/planted-ground.ts',
    'server/src/start-planted.ts',
    'server/src/services/planted-target.test.ts',
    'server/src/services/common/planted-target.ts',
    'server/src/services/planted-utils.ts',
    'server/test/planted-target.ts',
    'spec/schemas/planted-target.ts',
    'conformance/src/planted-target.ts',
    'bench/planted-target.ts',
    'server/src/main.ts',
    'spec/schemas/index.ts',
    'spec/dist/schemas/index.js',
    'spec/dist/schemas/index.d.ts',
    'server/dist/cli/local-network.js',
    'server/dist/cli/local-network.d.ts',
  ].map((file) => [file, textOf(file)]),
);

const to = (layer) => `../${layer}/planted-target.js`;
const byName = '@payvand/server/local-network';
const main = '../main.js';
const builder = '../start-planted.js';
const inSrc = (layer, specifiers, good) => [`server/src/${layer}/planted-*.ts`, specifiers, good];

/** rule → [where, forbidden specifiers, allowed specifier] */
const forbidden = {
  'spec-imports-nothing-of-ours': [
    [
      'spec/schemas/planted-*.ts',
      ['../../server/src/protocol/planted-target.js', '../../conformance/src/planted-target.js'],
      'typebox',
    ],
  ],
  'spec-by-package-name': [
    inSrc('services', ['../../../spec/schemas/planted-target.js'], '@payvand/spec'),
    ['conformance/src/planted-*.ts', ['../../spec/schemas/planted-target.js'], '@payvand/spec'],
    ['bench/planted-*.ts', ['../spec/schemas/planted-target.js'], '@payvand/spec'],
  ],
  'conformance-is-black-box': [
    ['conformance/src/planted-*.ts', ['../../server/src/protocol/planted-target.js', byName], './planted-target.js'],
  ],
  'server-stands-alone': [
    inSrc(
      'services',
      ['../../../conformance/src/planted-target.js', '../../../bench/planted-target.js'],
      './planted-target.js',
    ),
    ['server/test/planted-*.ts', ['../../conformance/src/planted-target.js'], '../src/services/planted-target.js'],
  ],
  'protocol-is-pure': [
    inSrc(
      'protocol',
      [to('storage'), to('transport'), to('services'), to('http'), to('cli'), '../planted-ground.js'],
      './planted-target.js',
    ),
  ],
  'protocol-does-no-io': [inSrc('protocol', ['node:fs', 'fs', 'node:http', 'node:timers/promises'], 'node:crypto')],
  'protocol-uses-formats-only': [inSrc('protocol', ['ws'], 'typebox')],
  'storage-knows-protocol-only': [
    inSrc('storage', [to('transport'), to('services'), to('http'), to('cli'), builder], to('protocol')),
  ],
  'transport-knows-protocol-only': [
    inSrc('transport', [to('storage'), to('services'), to('http'), to('cli'), builder], to('protocol')),
  ],
  'services-do-not-know-http': [inSrc('services', [to('http'), to('cli'), builder], to('storage'))],
  'services-open-no-sockets': [inSrc('services', ['node:http', 'https', 'node:net', 'node:tls'], 'node:crypto')],
  'http-goes-through-services': [inSrc('http', [to('storage'), to('transport'), to('cli'), builder], to('services'))],
  'lone-files-know-no-layer': [
    [
      'server/src/planted-*.ts',
      ['./storage/planted-target.js', './services/planted-target.js'],
      './protocol/planted-target.js',
    ],
  ],
  'nothing-imports-main': [
    inSrc('cli', [main], to('services')),
    ['server/test/planted-*.ts', ['../src/main.js'], '../src/planted-ground.js'],
  ],
  'built-code-is-for-commands': [
    inSrc('services', [byName, '../../dist/cli/local-network.js'], './planted-target.js'),
    ['server/test/planted-*.ts', [byName], '../src/planted-ground.js'],
  ],
  'only-storage-speaks-sql': [
    ...['protocol', 'transport', 'services', 'http', 'cli'].map((layer) =>
      inSrc(layer, ['postgres', 'drizzle-orm', 'drizzle-orm/pg-core'], '@payvand/spec'),
    ),
    ['server/src/storage/planted-*.ts', [], 'postgres'],
  ],
  'only-transport-calls-out': [
    ...['storage', 'services', 'http', 'cli'].map((layer) => inSrc(layer, ['undici'], '@payvand/spec')),
    ['server/src/transport/planted-*.ts', [], 'undici'],
    ['server/src/cli/planted-*-client.ts', [], 'undici'],
  ],
  'only-http-serves': [
    ...['storage', 'transport', 'services', 'cli'].map((layer) =>
      inSrc(layer, ['hono', '@hono/node-server'], '@payvand/spec'),
    ),
    ['server/src/http/planted-*.ts', [], 'hono'],
  ],
  'only-ed25519-verifies': [
    inSrc('protocol', ['sodium-native'], 'typebox'),
    inSrc('services', ['sodium-native'], 'typebox'),
  ],
  'no-unresolvable': [
    inSrc('services', ['./nowhere.js', 'no-such-package', '@payvand/server/dist/main.js'], './planted-target.js'),
  ],
  'no-tests-in-code': [
    inSrc('services', ['./planted-target.test.js', '../../test/planted-target.js'], './planted-target.js'),
  ],
  'no-development-packages': [
    inSrc('services', ['tap'], 'typebox'),
    ['server/src/services/planted-*.test.ts', [], 'tap'],
  ],
  'no-drawers': [inSrc('services', ['./common/planted-target.js', './planted-utils.js'], './planted-target.js')],
};

const cycle = ['value', 'type'].map((kind) => {
  const [a, b] = ['a', 'b'].map((name) => `server/src/storage/planted-cycle-${kind}-${name}`);
  const source = (file) => imports(`./${file.split('/').at(-1)}.js`, kind);
  return {
    tool: 'depcruise',
    rule: 'no-cycles',
    file: `${a}.ts`,
    bad: source(b),
    good: target,
    also: { file: `${b}.ts`, text: source(a) },
  };
});

export const boundaryPlants = [
  ...Object.entries(forbidden).flatMap(([rule, places]) => places.flatMap(plantsFor(rule))),
  ...cycle,
];

/** Every import is planted twice: by value, and by type alone. Without a forbidden one, only the allowed one is tried. */
function plantsFor(rule) {
  return ([place, specifiers, good]) =>
    (specifiers.length > 0 ? specifiers : [undefined]).flatMap((specifier, nth) =>
      ['value', 'type'].map((kind) => ({
        tool: 'depcruise',
        rule,
        file: place.replace('*', `${rule}-${nth}-${kind}`),
        bad: specifier && imports(specifier, kind),
        good: imports(good, kind),
      })),
    );
}

function imports(specifier, kind) {
  return kind === 'type'
    ? `import type * as Other from '${specifier}';\nexport type Planted = typeof Other;\n`
    : `import * as other from '${specifier}';\nexport const planted = other;\n`;
}
