import { Type } from 'typebox';
import { Address, Domain, RoleName, RoomId, Time } from './client-parts.js';
import { Bytes32, Count, line, oneOf } from './format-parts.js';

/** `https://`, a provider's domain, `/join#` and the secret. */
export const LinkText = Type.String({ maxLength: 300 });
export const LinkKey = Bytes32;
const linkLimits = {
  role: Type.Optional(RoleName),
  approve: Type.Optional(Type.Literal(true)),
  uses: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000 })),
};
export const LinkRequest = Type.Object({ ...linkLimits, until: Type.Optional(Time) });
export const Link = Type.Object({ link: LinkText, by: Address, key: LinkKey, at: Time, until: Time, ...linkLimits });
export const LinkList = Type.Object({ links: Type.Array(Link, { maxItems: 100 }) });
const face = {
  title: Type.Union([Type.String(), Type.Null()]),
  about: Type.Optional(Type.String()),
  alias: Type.Optional(Type.String()),
  members: Count,
  /** whoever knows the room may knock */
  join: Type.Optional(Type.Literal('knock')),
};
/** As the issuer's provider says: somebody's idea of a good title, like any. */
export const LinkPreview = Type.Object({
  room: RoomId,
  hub: Domain,
  by: Address,
  until: Time,
  ...face,
  approve: Type.Boolean(),
});
export const LinkJoin = Type.Object({ link: LinkText, intro: Type.Optional(line(1, 200)) });
/** `asked`: the link asks for approval; the answer is an invitation, or nothing. */
export const LinkJoined = Type.Object({ room: RoomId, status: oneOf('joined', 'asked') });

const intro = Type.Optional(line(1, 200));
/** At a room of which the person knows the id and the hub, or a name. */
export const Knock = Type.Union([
  Type.Object({ room: RoomId, hub: Domain, intro }),
  Type.Object({ alias: Type.String({ maxLength: 129 }), intro }),
]);

export const AliasGiven = Type.Object({ room: RoomId });
export const AliasList = Type.Object({
  aliases: Type.Array(Type.Object({ alias: Type.String(), room: RoomId, at: Time }), { maxItems: 20 }),
});
export const AliasName = Type.Object({ alias: Type.String({ maxLength: 129 }) });
export const RoomPreview = Type.Object({ room: RoomId, hub: Domain, ...face, alias: Type.String() });
