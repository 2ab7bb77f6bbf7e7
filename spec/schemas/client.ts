import type { Static, TSchema } from 'typebox';
import { accountEndpoints, peopleEndpoints } from './client-account-endpoints.js';
import { moderationEndpoints } from './client-moderation-endpoints.js';
import { StreamFrame, StreamOp } from './client-frames.js';
import * as messages from './client-message-parts.js';
import * as order from './client-order-parts.js';
import * as own from './client-own-parts.js';
import { linkEndpoints } from './client-link-endpoints.js';
import * as linkParts from './client-link-parts.js';
import * as parts from './client-parts.js';
import { eventEndpoints, memberEndpoints, roomEndpoints } from './client-room-endpoints.js';

/** Every endpoint of the client API but the live stream, by operation. */
export const clientEndpoints = {
  ...accountEndpoints,
  ...roomEndpoints,
  ...eventEndpoints,
  ...memberEndpoints,
  ...moderationEndpoints,
  ...linkEndpoints,
  ...peopleEndpoints,
};

export type ClientOperation = keyof typeof clientEndpoints;

type Part<Operation extends ClientOperation, Name extends string> =
  (typeof clientEndpoints)[Operation] extends Readonly<Record<Name, infer Schema extends TSchema>>
    ? Static<Schema>
    : undefined;

/** What the parts of a request hold once they were checked; undefined where the endpoint takes none. */
export interface ClientRequestOf<Operation extends ClientOperation> {
  readonly params: Part<Operation, 'params'>;
  readonly query: Part<Operation, 'query'>;
  readonly body: Part<Operation, 'body'>;
}

const kebab = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** Published as `client-<part>.json`; the OpenAPI text refers to them by these names. */
export const clientSchemas: Readonly<Record<string, TSchema>> = {
  ...Object.fromEntries(
    Object.entries<unknown>({ ...parts, ...messages, ...own, ...order, ...linkParts }).flatMap(([name, part]) =>
      /^[A-Z]/.test(name) ? [[`client${kebab(name)}`, part as TSchema]] : [],
    ),
  ),
  'stream-op': StreamOp,
  'stream-frame': StreamFrame,
};
