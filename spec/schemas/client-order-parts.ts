import { Type } from 'typebox';
import {
  Address,
  Domain,
  EventId,
  PlainContent,
  Rights,
  RoleName,
  Seq,
  Time,
  count,
  line,
  object,
} from './client-parts.js';

/** Shapes of the client API for those who keep order in a room. */

export const RoleList = object({
  roles: Type.Array(object({ name: RoleName, rank: Type.Integer({ minimum: 0, maximum: 99 }), rights: Rights }), {
    maxItems: 64,
  }),
});
export const MemberTitle = line(1, 32);
/** `next` is the `to` of the call that goes on; absent when all is done. */
export const Deleted = object({ deleted: count(256), next: Type.Optional(Seq) });
export const Act = object({
  seq: Seq,
  at: Time,
  id: EventId,
  by: Type.Union([Address, Domain]),
  type: Type.String({ maxLength: 64 }),
  key: Type.Optional(Type.String({ maxLength: 128 })),
  /** the entry that was written */
  content: Type.Optional(PlainContent),
  deleted: Type.Optional(Type.Array(object({ id: EventId, sender: Type.Union([Address, Domain]) }), { maxItems: 16 })),
});
/** `next` is the `before` of the following page. */
export const ActList = object({ acts: Type.Array(Act, { maxItems: 200 }), next: Type.Optional(Seq) });
