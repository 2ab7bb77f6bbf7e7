import {
  clientBase,
  clientBodyBytesMax,
  clientEndpoints,
  type ClientEndpoint,
  type ClientOperation,
} from '@payvand/spec';
import { Hono, type Context } from 'hono';
import type { TObject } from 'typebox';
import type { Log } from '../../log.js';
import { ProtocolError } from '../../protocol/protocol-error.js';
import { parseStrictJson } from '../../protocol/strict-json.js';
import type { AccountDeps, Authenticated } from '../../services/accounts/account-deps.js';
import type { Authenticator } from '../../services/accounts/authenticator.js';
import { makeBudget, type Budget } from '../../services/accounts/leaky-budget.js';
import type { ProfileReader } from '../../services/accounts/profiles.js';
import type { RoomServices } from '../../services/room-services.js';
import type { EdgeEnv } from '../edge.js';
import { writeProblem } from '../error-response.js';
import { readBody, requireJson } from '../read-body.js';
import { requireShape } from '../shape.js';
import { accountEndpoints } from './accounts.js';
import { aliasEndpoints } from './aliases.js';
import { blockEndpoints } from './blocks.js';
import type { ClientAnswer, ClientHandlers } from './client-call.js';
import { contactEndpoints } from './contacts.js';
import { eventEndpoints } from './events.js';
import { forwardEndpoints } from './forwards.js';
import { lineStream } from './line-stream.js';
import { linkEndpoints } from './links.js';
import { memberEndpoints } from './members.js';
import { moderationEndpoints } from './moderation.js';
import { pollEndpoints } from './polls.js';
import { profileEndpoints } from './profiles.js';
import { reportEndpoints } from './reports.js';
import { requestEndpoints } from './requests.js';
import { roomEndpoints } from './rooms.js';
import { searchEndpoints } from './search.js';
import { sessionEndpoints } from './sessions.js';
import { OP_DEPTH_MAX } from './stream-ops.js';
import { wardEndpoints } from './wards.js';

export interface ClientAppDeps {
  readonly accounts: AccountDeps;
  readonly authenticator: Authenticator;
  readonly profiles: ProfileReader;
  readonly rooms: RoomServices;
  /** everything that is kept for a person, as lines without line feed */
  readonly exportAccount: (session: Authenticated) => AsyncIterable<string>;
  readonly log: Log;
}

type Call = { params: unknown; query: unknown; body: unknown; session: Authenticated | undefined; source: string };
type Handler = (call: Call) => Promise<ClientAnswer>;

const LINES_HEADERS = { 'cache-control': 'no-store', 'content-type': 'application/x-ndjson' };

/** Requests of one account: this many at once, then 200 a second. */
const REQUESTS = { burst: 1_000, refillMs: 5, keysMax: 50_000 };

/**
 * Makes the endpoints of the client API: token, budget and shapes are checked here, one service does the rest.
 *
 * @see PV-CLI-001 to PV-CLI-012
 */
export function createClientApp(deps: ClientAppDeps): Hono<EdgeEnv> {
  const app = new Hono<EdgeEnv>();
  const { accounts, profiles, rooms, authenticator } = deps;
  const handlers: ClientHandlers = {
    ...accountEndpoints(accounts),
    ...sessionEndpoints(accounts),
    ...profileEndpoints(profiles),
    ...roomEndpoints(rooms),
    ...eventEndpoints(rooms),
    ...forwardEndpoints(rooms),
    ...pollEndpoints(rooms),
    ...searchEndpoints(rooms),
    exportMe: ({ session }) => Promise.resolve({ status: 200, lines: deps.exportAccount(session) }),
    ...memberEndpoints(rooms),
    ...moderationEndpoints(rooms),
    ...linkEndpoints(rooms),
    ...aliasEndpoints(rooms),
    ...contactEndpoints(rooms),
    ...requestEndpoints(accounts, rooms),
    ...blockEndpoints(accounts),
    ...wardEndpoints(accounts),
    ...reportEndpoints(rooms),
  };
  const budget = makeBudget({ clock: accounts.clock, ...REQUESTS });
  const methods = new Map<string, string[]>();
  for (const [operation, endpoint] of Object.entries<ClientEndpoint>(clientEndpoints)) {
    const path = `${clientBase}${endpoint.path.replace(/\{(\w+)\}/g, ':$1')}`;
    const readCall = makeCallReader(endpoint, { authenticator, budget });
    const handler = handlers[operation as ClientOperation] as Handler;
    methods.set(path, [...(methods.get(path) ?? []), endpoint.method]);
    app.on(endpoint.method, path, async (context) => writeAnswer(await handler(await readCall(context))));
  }
  for (const [path, allowed] of methods)
    app.all(path, () => {
      const { status, headers, body } = writeProblem('method-not-allowed', {}, { allow: allowed.join(', ') });
      return new Response(body, { status, headers });
    });
  return app;
}

/** The token comes before the body: a stranger's body is not read. */
function makeCallReader(
  endpoint: ClientEndpoint,
  { authenticator, budget }: { authenticator: Authenticator; budget: Budget },
): (context: Context<EdgeEnv>) => Promise<Call> {
  const readParams = endpoint.params && requireShape(endpoint.params);
  const readQuery = endpoint.query && requireShape(endpoint.query);
  const readShape = endpoint.body && requireShape(endpoint.body);
  const bodyBytesMax = endpoint.bodyBytesMax ?? clientBodyBytesMax;
  return async (context) => {
    const { incoming, clientAddress: source } = context.env;
    const session = endpoint.open ? undefined : await authenticator.authenticate(tokenOf(incoming.headers), source);
    if (session) spend(budget, session);
    const params = readParams?.(context.req.param());
    const query = endpoint.query && readQuery?.(queryOf(context, endpoint.query));
    if (!readShape) return { params, query, body: undefined, session, source };
    requireJson(incoming);
    const bytes = await readBody(incoming, bodyBytesMax);
    const parsed = parseStrictJson(bytes, { bytesMax: bodyBytesMax, depthMax: OP_DEPTH_MAX });
    if (!parsed.ok) throw new ProtocolError('bad-json', { detail: parsed.code });
    return { params, query, body: readShape(parsed.value), session, source };
  };
}

function tokenOf({ authorization }: { readonly authorization?: string | undefined }): string {
  const [, token] = /^Bearer ([0-9A-Za-z._-]{1,128})$/i.exec(authorization ?? '') ?? [];
  if (token === undefined) throw new ProtocolError('bad-token');
  return token;
}

function spend(budget: Budget, { who }: Authenticated): void {
  const waitMs = budget.take(String(who.accountId));
  if (waitMs > 0) throw new ProtocolError('over-budget', { retryAfterS: Math.ceil(waitMs / 1000) });
}

/** Numbers of a query arrive as text; a name given twice is a fault, one nobody knows is not. */
function queryOf(context: Context<EdgeEnv>, shape: TObject): Record<string, unknown> {
  const given = context.req.queries();
  const query: Record<string, unknown> = {};
  for (const [name, member] of Object.entries<object>(shape.properties)) {
    const [text, ...more] = given[name] ?? [];
    if (more.length > 0) throw new ProtocolError('bad-request', { part: `/${name}`, detail: 'given twice' });
    if (text === undefined) continue;
    const isNumber = 'type' in member && member.type === 'integer' && /^(0|[1-9][0-9]{0,15})$/.test(text);
    query[name] = isNumber ? Number(text) : text;
  }
  return query;
}

function writeAnswer({ status, body, lines }: ClientAnswer): Response {
  if (lines !== undefined) return new Response(lineStream(lines), { status, headers: LINES_HEADERS });
  const headers = { 'cache-control': 'no-store', ...(body && { 'content-type': 'application/json' }) };
  return new Response(body ? JSON.stringify(body) : null, { status, headers });
}
