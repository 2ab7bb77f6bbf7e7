import { plainContent } from '../protocol/content.js';
import { CONTENT_BYTES_MAX, expiryOf, parseEvent } from '../protocol/event.js';
import type { Relation } from '../protocol/event.js';
import { hasBody, isVerifiedSource, saidIn, sourceOf } from '../protocol/forward.js';
import type { ForwardSourceView } from '../protocol/forward.js';
import { domainOf, isAddressSender } from '../protocol/identifiers.js';
import type { EventId, RoomId } from '../protocol/identifiers.js';
import { isJsonObject } from '../protocol/json-shape.js';
import type { JsonObject } from '../protocol/json-shape.js';
import { ProtocolError } from '../protocol/protocol-error.js';
import type { LogRow } from '../storage/room-rows.js';
import type { ServiceDeps } from './deps.js';
import { findVisible } from './find-visible.js';
import type { Actor, ForwardDraft } from './room-services.js';

type ForwardDeps = Pick<ServiceDeps, 'store' | 'rooms' | 'domain' | 'clock' | 'keys' | 'directory'>;

const EDITS_MAX = 16;
// Salt and `silent`.
const SPARE_BYTES = 64;

/**
 * Makes the message that says what another one says, with its source where that is not to be kept quiet.
 *
 * @throws ProtocolError `unknown-room` · `not-found` (no message that the person may see)
 * @see PV-MSG-066 to PV-MSG-068
 */
export async function makeForward(
  deps: Pick<ForwardDeps, 'store' | 'rooms' | 'domain' | 'clock'>,
  who: Actor,
  { room, event }: { room: RoomId; event: EventId },
): Promise<ForwardDraft> {
  const { row, to } = await findVisible(deps, who, { room, event });
  const content = row.type === 'message' ? plainContent(row.content) : undefined;
  const parsed = parseEvent(row.jws ?? '');
  if (content === undefined || !parsed.ok) throw new ProtocolError('not-found');
  const leftS = Math.floor(((expiryOf(parsed.value, row.at) ?? Infinity) - deps.clock.now()) / 1000);
  if (leftS < 1) throw new ProtocolError('not-found');
  const edit = await newestEdit(deps, room, { event, to });
  const said = saidIn({ ...content, ...(edit && textOf(edit)) });
  const source = leftS < Infinity ? undefined : sourceToName(content, { row, edit, rel: parsed.value.fields.rel });
  const named = source && { ...said, forwarded: source.forwarded };
  const isSmall = Buffer.byteLength(JSON.stringify(named ?? '')) + SPARE_BYTES <= CONTENT_BYTES_MAX;
  if (source !== undefined && named !== undefined && isSmall) return { content: named, rel: [['forward', source.id]] };
  return { content: { ...said, forwarded: {} }, ...(leftS < Infinity && { ttl: leftS }) };
}

/** @returns undefined: nothing that proves what it says, or its author wants it kept quiet */
function sourceToName(
  content: JsonObject,
  { row, edit, rel }: { row: LogRow; edit: LogRow | undefined; rel: readonly Relation[] | undefined },
): { forwarded: JsonObject; id: EventId } | undefined {
  const isForward = content['forwarded'] !== undefined;
  if (content['hideSource'] !== undefined || (edit !== undefined && (isForward || hasBody(content)))) return undefined;
  const { jws, content: text, eventId } = edit ?? row;
  if (!isForward) return { forwarded: { jws, content: text }, id: eventId };
  const source = sourceOf(content, rel);
  return source && { forwarded: content['forwarded'] as JsonObject, id: source.event.id };
}

async function newestEdit(
  { store }: Pick<ForwardDeps, 'store'>,
  room: RoomId,
  { event, to }: { event: EventId; to: number },
): Promise<LogRow | undefined> {
  const related = { kind: 'edit' as const, target: event };
  const { rows } = await store.readTimeline(room, { related, limit: EDITS_MAX, visibleFrom: 0, visibleTo: to });
  return rows.findLast(({ content, jws }) => content !== null && jws !== null);
}

/** Who said first what a forward says, and whether that is proven. @see PV-MSG-069 */
export async function readSource(
  deps: ForwardDeps,
  who: Actor,
  where: { room: RoomId; event: EventId },
): Promise<ForwardSourceView> {
  const { row } = await findVisible(deps, who, where);
  const content = row.type === 'message' ? plainContent(row.content) : undefined;
  const parsed = parseEvent(row.jws ?? '');
  if (content === undefined || !isJsonObject(content['forwarded']) || !parsed.ok) throw new ProtocolError('not-found');
  const source = sourceOf(content, parsed.value.fields.rel);
  const sender = source?.event.fields.sender;
  if (source === undefined || sender === undefined || !isAddressSender(sender)) return { status: 'none' };
  const { keys, directory, domain } = deps;
  const home = domainOf(sender);
  const statement = home === domain ? keys.current.statement.parsed : await directory.statementOf(home);
  const isVerified = statement !== undefined && isVerifiedSource(source, statement);
  const { id, fields } = source.event;
  return { status: isVerified ? 'verified' : 'unverified', id, sender, ts: fields.ts };
}

function textOf(edit: LogRow): JsonObject {
  const { text, entities } = plainContent(edit.content) ?? {};
  return { text, entities };
}
