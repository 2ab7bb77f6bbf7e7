import { directory } from './directory.js';
import type { FederationEndpoint } from './federation-endpoint.js';
import { heads } from './heads.js';
import { join } from './join.js';
import { log } from './log.js';
import { mailbox } from './mailbox.js';
import { push } from './push.js';
import { report } from './report.js';
import { signals } from './signals.js';
import { snapshot } from './snapshot.js';
import { submit } from './submit.js';

/** The endpoint table between providers, by request target. Whatever is not in it is `not-supported`. */
export const federationEndpoints: ReadonlyMap<string, FederationEndpoint> = new Map(
  [submit, push, log, heads, join, snapshot, mailbox, signals, report, directory].map((endpoint) => [
    endpoint.path,
    endpoint,
  ]),
);
