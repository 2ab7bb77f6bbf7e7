import type { Recorded } from '../network/recorder.js';
import type { Result } from '../run/run-checks.js';
import type { Run } from '../run/run.js';
import { makeBundle } from './bundle.js';
import type { Bundle } from './bundle.js';

const PEERS_MAX = 20;

/** What there is to judge a check that failed, with what was sent and answered when it was repeated alone. */
export function bundleOfCheck(
  run: Run,
  { id, covers, expected = '', found = '' }: Result,
  exchanges: readonly Recorded[],
): Bundle {
  const { domain, document } = run.target;
  const named = run.peers.filter((peer) =>
    exchanges.some(({ sent }) => sent.includes(`payvand-from: ${peer.domain}\r\n`)),
  );
  return makeBundle({
    ...{ source: id, requirements: covers, exchanges },
    target: { domain, document: document.jws.text },
    peers: named.slice(-PEERS_MAX).map((peer) => ({ domain: peer.domain, document: peer.makeDocument() })),
    claim: { kind: 'check', expected, found },
  });
}
