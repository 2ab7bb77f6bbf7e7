import { sendContents, type ClientOperation, type ClientRequestOf, type clientEndpoints } from '@payvand/spec';
import { Type } from 'typebox';
import {
  parseAddress,
  parseDomain,
  parseEventId,
  parseRoomId,
  type Address,
  type Domain,
  type EventId,
  type RoomId,
} from '../../protocol/identifiers.js';
import { faultOfMessage } from '../../protocol/message-content.js';
import { ProtocolError } from '../../protocol/protocol-error.js';
import type { Authenticated } from '../../services/accounts/account-deps.js';
import type { SendAnswer } from '../../services/room-services.js';
import { requireShape } from '../shape.js';

/** A request to the client API, checked against its endpoint's shapes. */
export interface ClientCall<Operation extends ClientOperation> extends ClientRequestOf<Operation> {
  /** undefined where no token is needed */
  readonly session: (typeof clientEndpoints)[Operation] extends { open: true } ? undefined : Authenticated;
  /** address the request came from */
  readonly source: string;
}

export interface ClientAnswer {
  readonly status: 200 | 201 | 202 | 204;
  readonly body?: object;
  /** instead of a body: JSON objects, each sent with a line feed as it comes */
  readonly lines?: AsyncIterable<string>;
}

/** One function per operation; a group of endpoints gives some of them. */
export type ClientHandlers = {
  readonly [Operation in ClientOperation]: (call: ClientCall<Operation>) => Promise<ClientAnswer>;
};

export const LIMIT_DEFAULT = 50;

/** @throws ProtocolError `unknown-room` */
export function roomOf(text: string): RoomId {
  const room = parseRoomId(text);
  if (!room) throw new ProtocolError('unknown-room');
  return room;
}

/** @throws ProtocolError `not-found` */
export function eventOf(text: string): EventId {
  const id = parseEventId(text);
  if (!id) throw new ProtocolError('not-found');
  return id;
}

/** @throws ProtocolError `bad-request` */
export function domainFrom(text: string): Domain {
  const domain = parseDomain(text);
  if (domain === undefined) throw new ProtocolError('bad-request', { part: '/domain' });
  return domain;
}

/** @throws ProtocolError `bad-request` */
export function addressOf(text: string): Address {
  const address = parseAddress(text);
  if (!address) throw new ProtocolError('bad-request', { part: '/address' });
  return address;
}

const contentShapes = new Map(
  Object.entries(sendContents).map(([type, shape]) => [type, requireShape(Type.Object({ content: shape }))]),
);

/**
 * Checks what a registered type's content must hold; what else it holds, and private types, are the client's business.
 *
 * @throws ProtocolError `bad-request` naming the member at fault
 */
export function requireContent(type: string, content: Record<string, unknown>): void {
  contentShapes.get(type)?.({ content });
  const fault = type === 'message' || type === 'message.edit' ? faultOfMessage(content) : undefined;
  if (fault !== undefined) throw new ProtocolError('bad-request', { part: `/content${fault}` });
}

/**
 * Refuses content that a client may not send: as `requireContent`, and a source, which is its provider's to name.
 *
 * @throws ProtocolError `bad-request`
 * @see PV-MSG-069
 */
export function requireOwnContent(type: string, content: Record<string, unknown>): void {
  if (type === 'message' && content['forwarded'] !== undefined)
    throw new ProtocolError('bad-request', { part: '/content/forwarded' });
  requireContent(type, content);
}

/** 200 for an event in the log, 202 for one on its way to the hub. */
export function sendAnswer(answer: SendAnswer): ClientAnswer {
  return { status: answer.status === 'ordered' ? 200 : 202, body: answer };
}
