import { DAY_MS } from '../formats/event.js';
import { keyFromSeed } from '../formats/ed25519.js';
import { signJws } from '../formats/jws.js';
import { issueCertificate, makeAuthority } from '../network/certificates.js';
import type { Peer } from '../network/peer.js';
import type { Reply } from '../network/reply.js';
import type { PeerOptions } from '../run/run.js';
import type { Members } from '../formats/strict-json.js';

/** A provider whose document cannot be believed. */
export interface DocumentRow {
  readonly name: string;
  readonly covers: readonly string[];
  readonly reply: (peer: Peer) => Reply;
  readonly certificate?: NonNullable<PeerOptions['certificate']>;
}

const DAYS_8 = 8 * DAY_MS;

function row(name: string, reply: (peer: Peer) => Reply, ...covers: readonly string[]): DocumentRow {
  return { name, covers: ['PV-DISC-006', 'PV-DISC-010', ...covers], reply };
}

/** An honest document but for some members. */
const saying =
  (changes: Members | ((peer: Peer) => Members)) =>
  (peer: Peer): Reply =>
    peer.documentReply(peer.makeDocument(typeof changes === 'function' ? changes(peer) : changes));

const withStatement = (change: (peer: Peer) => string) => saying((peer) => ({ statement: change(peer) }));

const smallOrder = Buffer.from(`01${'00'.repeat(31)}`, 'hex').toString('base64url');

const transportRows: readonly DocumentRow[] = [
  row(
    'redirect',
    (peer) => ({ status: 302, headers: { location: `https://${peer.domain}/elsewhere` } }),
    'PV-HTTP-015',
    'PV-DISC-005',
  ),
  row(
    'redirect-to-loopback',
    () => ({ status: 307, headers: { location: 'https://127.0.0.1/' } }),
    'PV-HTTP-015',
    'PV-HTTP-004',
  ),
  row('status-404', (peer) => ({ ...peer.documentReply(), status: 404 }), 'PV-DISC-004'),
  row('status-500', (peer) => ({ ...peer.documentReply(), status: 500 }), 'PV-DISC-004'),
  row('status-203', (peer) => ({ ...peer.documentReply(), status: 203 }), 'PV-DISC-004'),
  row('nothing', () => ({ status: 200, headers: { 'content-type': 'application/jose' } }), 'PV-JWS-003'),
  row(
    'html',
    () => ({ status: 200, headers: { 'content-type': 'text/html' }, body: '<html>hello</html>' }),
    'PV-JWS-003',
  ),
  row('cut-short', (peer) => ({ ...peer.documentReply(), cutAfter: 100 }), 'PV-DISC-004'),
  row('hung-up', (peer) => ({ ...peer.documentReply(), cutAfter: 0 }), 'PV-DISC-004'),
  row('later-than-5-seconds', (peer) => ({ ...peer.documentReply(), delayMs: 6500 }), 'PV-DISC-004'),
  row('a-byte-at-a-time', (peer) => ({ ...peer.documentReply(), dripMs: 20 }), 'PV-DISC-004'),
  row('more-than-65536', saying({ pad: 'x'.repeat(70_000) }), 'PV-DISC-004', 'PV-DOC-002'),
  row('ten-megabytes', () => ({ status: 200, body: 'x'.repeat(10_000_000) }), 'PV-DISC-004'),
];

const wordRows: readonly DocumentRow[] = [
  row('of-another-provider', saying({ provider: 'b.conformance.test' }), 'PV-DOC-003'),
  row('of-no-provider', saying({ provider: null }), 'PV-DOC-003'),
  row(
    'endpoint-without-tls',
    saying(({ domain }) => ({ endpoint: `http://${domain}` })),
    'PV-DOC-006',
  ),
  row(
    'endpoint-with-port',
    saying(({ domain }) => ({ endpoint: `https://${domain}:8443` })),
    'PV-DOC-006',
  ),
  row(
    'endpoint-with-path',
    saying(({ domain }) => ({ endpoint: `https://${domain}/` })),
    'PV-DOC-006',
  ),
  row('endpoint-elsewhere', saying({ endpoint: 'https://b.conformance.test' }), 'PV-DOC-006'),
  row('endpoint-an-address', saying({ endpoint: 'https://127.0.0.1' }), 'PV-DOC-006', 'PV-HTTP-004'),
  row(
    'endpoint-with-the-name-as-a-suffix',
    saying(({ domain }) => ({ endpoint: `https://evil${domain}` })),
    'PV-DOC-006',
  ),
  row('expired', saying({ issued: Date.now() - 2 * DAY_MS, expires: Date.now() - DAY_MS }), 'PV-DOC-013'),
  row('of-tomorrow', saying({ issued: Date.now() + DAY_MS / 2, expires: Date.now() + DAY_MS }), 'PV-DOC-014'),
  row('life-of-8-days', saying({ expires: Date.now() + DAYS_8 }), 'PV-DOC-005'),
  row(
    'expires-before-it-is-issued',
    saying({ issued: Date.now() + 30_000, expires: Date.now() + 20_000 }),
    'PV-DOC-005',
  ),
  row('another-version-of-the-protocol', saying({ versions: ['9.0'] }), 'PV-DOC-008'),
  row('no-versions', saying({ versions: null }), 'PV-DOC-001'),
  row('version-of-nothing', saying({ version: 0 }), 'PV-DOC-004'),
  row('seventeen-profiles', saying({ profiles: Array.from({ length: 17 }, (_, place) => `p${place}`) }), 'PV-DOC-009'),
  row('limits-of-words', saying({ limits: { batchItems: 'many' } }), 'PV-DOC-010'),
];

const keyRows: readonly DocumentRow[] = [
  row('signed-by-a-stray-key', (peer) => peer.documentReply(peer.makeDocument({}, peer.strayKey())), 'PV-DOC-012'),
  row('signed-by-an-online-key', (peer) => peer.documentReply(peer.makeDocument({}, peer.keys.request)), 'PV-DOC-012'),
  row(
    'signature-flipped',
    (peer) => {
      const [head = '', body = '', signature = ''] = peer.makeDocument().split('.');
      return peer.documentReply(`${head}.${body}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`);
    },
    'PV-DOC-012',
    'PV-SIG-005',
  ),
  row(
    'type-of-a-statement',
    (peer) => peer.documentReply(signJws('payvand-statement', { provider: peer.domain }, peer.keys.root)),
    'PV-JWS-004',
  ),
  row(
    'a-fraction',
    (peer) => {
      const [, body = ''] = peer.makeDocument().split('.');
      const text = Buffer.from(body, 'base64url').toString().replace('{', '{"new":0.5,');
      return peer.documentReply(signJws('payvand-provider', text, peer.keys.root));
    },
    'PV-JSON-005',
  ),
  row('statement-missing', saying({ statement: null }), 'PV-DOC-001'),
  row(
    'statement-of-another-provider',
    withStatement((peer) => peer.makeStatement({ provider: 'b.conformance.test' })),
    'PV-DOC-007',
  ),
  row(
    'statement-by-another-root',
    withStatement((peer) => peer.makeStatement({}, peer.strayKey())),
    'PV-KEY-008',
  ),
  row(
    'statement-signed-badly',
    withStatement((peer) => {
      const { root } = peer.keys;
      const forger = { ...keyFromSeed(peer.strayKey().seed), kid: root.kid };
      return peer.makeStatement({}, forger);
    }),
    'PV-KEY-010',
    'PV-DOC-012',
  ),
  row(
    'statement-with-a-key-twice',
    withStatement((peer) => {
      const { x } = peer.keys.request;
      const keys = (['event', 'request'] as const).map((use) => ({ x, use, status: 'active' }));
      return peer.makeStatement({ keys });
    }),
    'PV-KEY-006',
  ),
  row(
    'statement-with-the-root-as-a-key',
    withStatement((peer) => peer.makeStatement({ keys: [{ x: peer.keys.root.x, use: 'request', status: 'active' }] })),
    'PV-KEY-006',
  ),
  row(
    'statement-with-a-key-of-small-order',
    withStatement((peer) =>
      peer.makeStatement({
        keys: [
          { x: peer.keys.request.x, use: 'request', status: 'active' },
          { x: smallOrder, use: 'seal', status: 'active' },
        ],
      }),
    ),
    'PV-KEY-007',
    'PV-SIG-008',
  ),
  row(
    'statement-with-three-roots',
    withStatement((peer) => peer.makeStatement({ roots: [peer.keys.root.x, peer.keys.retired.x, peer.strayKey().x] })),
    'PV-KEY-004',
  ),
  row(
    'statement-without-keys',
    withStatement((peer) => peer.makeStatement({ keys: [] })),
    'PV-KEY-005',
  ),
  row(
    'statement-of-2100',
    withStatement((peer) => peer.makeStatement({ pad: 'x'.repeat(1200) })),
    'PV-KEY-002',
  ),
];

const tlsRows: readonly DocumentRow[] = [
  {
    ...row('certificate-of-another-name', (peer) => peer.documentReply(), 'PV-HTTP-003', 'PV-DISC-005'),
    certificate: (authority) => issueCertificate(authority, { names: ['b.conformance.test'] }),
  },
  {
    ...row('certificate-that-has-ended', (peer) => peer.documentReply(), 'PV-HTTP-003', 'PV-DISC-005'),
    certificate: (authority, name) =>
      issueCertificate(authority, { names: [name], from: Date.now() - 9 * DAY_MS, until: Date.now() - DAY_MS }),
  },
  {
    ...row('certificate-of-another-authority', (peer) => peer.documentReply(), 'PV-HTTP-003', 'PV-DISC-005'),
    certificate: (_, name) => issueCertificate(makeAuthority(), { names: [name] }),
  },
];

/** SPEC PV-DISC-004 to PV-DISC-006, PV-DOC-001 to PV-DOC-014, PV-KEY-001 to PV-KEY-010. */
export const documentTables: Readonly<Record<string, readonly DocumentRow[]>> = {
  'document-fetch': transportRows,
  document: wordRows,
  'document-keys': keyRows,
  'document-tls': tlsRows,
};
