interface Place {
  readonly host?: string;
  readonly port: number;
}

/** The settings that can contradict each other. */
export interface Related {
  readonly domain: string | undefined;
  readonly endpoint: string | undefined;
  readonly tlsCert: string | undefined;
  readonly tlsKey: string | undefined;
  readonly proxyFrom: readonly string[];
  readonly listen: Place;
  readonly adminListen: Place;
  readonly controlListen: Place | undefined;
  readonly controlSecret: string | undefined;
}

const SECRET_LENGTH_MIN = 16;
const LOOPBACK = /^(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|::1)$/;

/** What makes no sense together, one sentence each. */
export function* contradictions(config: Related): Generator<string> {
  const { domain, endpoint, tlsCert, tlsKey, proxyFrom } = config;
  yield* controlFaults(config);
  if ((tlsCert === undefined) !== (tlsKey === undefined)) yield 'certificate and key go together: set both or neither';
  if (proxyFrom.length > 0 && tlsCert !== undefined)
    yield 'behind a proxy the proxy holds the certificate: set one or the other';
  if (endpoint === undefined) return;
  if (domain === undefined) yield 'an endpoint needs a domain';
  else if (endpoint !== domain && !endpoint.endsWith(`.${domain}`)) yield `the endpoint must be ${domain} or under it`;
}

/** @see PV-CTL-002, PV-CTL-003 */
function* controlFaults({ listen, adminListen, controlListen, controlSecret = '' }: Related): Generator<string> {
  if (controlListen === undefined) {
    if (controlSecret !== '') yield 'a control secret is of no use without a control address';
    return;
  }
  if (controlSecret.length < SECRET_LENGTH_MIN)
    yield `controls need a control secret of at least ${SECRET_LENGTH_MIN} characters`;
  const isOpen = [listen, adminListen, controlListen].some(({ host = '' }) => !LOOPBACK.test(host));
  if (isOpen) yield 'controls are for tests: every address to listen on must be a loopback address';
}
