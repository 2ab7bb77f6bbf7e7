import { Type } from 'typebox';
import { Address, Count, Jws, line, oneOf } from './format-parts.js';

/** What people write: members of the contents of `message`, `message.edit` and what is said about them. */

const text = (minLength: number, maxLength: number) => Type.String({ minLength, maxLength });
const int = (minimum: number, maximum: number) => Type.Integer({ minimum, maximum });
const isTrue = Type.Literal(true);

/** UTF-16 units of the text */
const range = { offset: int(0, 32_767), length: int(1, 32_768) };
const Entity = Type.Union([
  Type.Object({ type: oneOf('bold', 'italic', 'underline', 'strike', 'code', 'spoiler', 'quote'), ...range }),
  Type.Object({
    type: Type.Literal('pre'),
    ...range,
    lang: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9+#._-]{1,32}$' })),
  }),
  Type.Object({
    type: Type.Literal('link'),
    ...range,
    url: Type.String({ maxLength: 2048, pattern: '^(https?://|mailto:|tel:)[^\\u0000-\\u0020\\u007f-\\u00a0]+$' }),
  }),
  Type.Object({ type: Type.Literal('mention'), ...range, address: Address, all: Type.Optional(Type.Never()) }),
  Type.Object({ type: Type.Literal('mention'), ...range, all: isTrue, address: Type.Optional(Type.Never()) }),
]);
const Entities = Type.Array(Entity, { maxItems: 100 });

const Location = Type.Object({
  /** 10^-7 degrees, north and east */
  lat: int(-900_000_000, 900_000_000),
  lon: int(-1_800_000_000, 1_800_000_000),
  /** metres */
  accuracy: Type.Optional(int(0, 100_000)),
  title: Type.Optional(line(1, 128)),
});
const Contact = Type.Object({
  name: line(1, 128),
  address: Type.Optional(Address),
  phone: Type.Optional(Type.String({ pattern: '^\\+[0-9]{5,15}$' })),
});
const Poll = Type.Object({
  question: line(1, 300),
  options: Type.Array(line(1, 100), { minItems: 2, maxItems: 12, uniqueItems: true }),
  multiple: Type.Optional(isTrue),
  anonymous: Type.Optional(isTrue),
  quiz: Type.Optional(Type.Object({ correct: int(0, 11), explanation: Type.Optional(line(1, 200)) })),
  closes: Type.Optional(Count),
});
/** The original event and its content, or neither. */
const Forwarded = Type.Object({ jws: Type.Optional(Jws), content: Type.Optional(text(2, 65_536)) });

const Text = text(1, 16_384);

/** Of `message`. What shapes cannot say is PV-MSG-001 to PV-MSG-006 and what their bodies ask for. */
export const messageMembers = {
  text: Type.Optional(Text),
  entities: Type.Optional(Entities),
  alt: Type.Optional(line(1, 200)),
  silent: Type.Optional(isTrue),
  hideSource: Type.Optional(isTrue),
  topic: Type.Optional(Type.Object({ title: line(1, 128) })),
  location: Type.Optional(Location),
  contact: Type.Optional(Contact),
  poll: Type.Optional(Poll),
  forwarded: Type.Optional(Forwarded),
};

/** Of `message.edit`. */
export const editMembers = { text: Text, entities: Type.Optional(Entities) };

/** Of `message.vote`: indexes into the poll's options. */
export const voteMembers = { choices: Type.Array(int(0, 11), { maxItems: 12, uniqueItems: true }) };
