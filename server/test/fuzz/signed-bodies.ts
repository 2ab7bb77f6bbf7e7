import { sha256Base64url } from '../../src/protocol/hash.js';
import type { Address, RoomId } from '../../src/protocol/identifiers.js';
import { signJws } from '../../src/protocol/jws.js';
import type { SigningKey } from '../../src/protocol/key-thumbprint.js';
import { linkKeyOf, proveLink } from '../../src/protocol/link.js';
import { DAY_MS, nonce, strayKey } from '../support/hostile-peer.js';
import type { Item } from '../support/hostile-peer.js';
import type { HostileRoom } from '../support/hostile-room.js';
import { B } from '../support/hostile-stage.js';
import type { HostileStage } from '../support/hostile-stage.js';
import type { EventPlan, KeyChoice, MailPlan, PagePlan } from './signed-plans.js';

type Members = Record<string, unknown>;

/** A link of the honest group that any person of the hostile provider may join by. */
export interface OpenLink {
  readonly secret: string;
  readonly jws: string;
}

const STRAY = strayKey();

/** Turns plans into bodies: what a plan leaves open is as an honest provider would have it, and everything is signed. */
export class SignedBodies {
  readonly #stage: HostileStage;
  readonly #link: OpenLink;
  /** a room whose hub is the hostile provider, until its other server has had enough of it */
  lured: HostileRoom | undefined;

  constructor(stage: HostileStage, link: OpenLink) {
    this.#stage = stage;
    this.#link = link;
  }

  submit(events: readonly EventPlan[]): Promise<Members> {
    return Promise.all(events.map((event) => this.#item(event, this.#stage.seen))).then((items) => ({ items }));
  }

  /** One more person of the hostile provider comes by the link; the plan may have something else in mind. */
  async join(
    person: Address,
    { isFirst, event }: { isFirst: boolean; event: EventPlan | undefined },
  ): Promise<Members> {
    const { room, peer } = this.#stage;
    const { secret, jws: invite } = this.#link;
    const content = { invite, proof: proveLink(linkKeyOf(secret), { room, person }) };
    const items = isFirst
      ? peer.joinItems(room, person, content)
      : [peer.joinItem({ room, seen: this.#stage.seen }, person, content)];
    if (event !== undefined) items[items.length - 1] = await this.#item(event, this.#stage.seen);
    return { room, items };
  }

  mailbox(mails: readonly MailPlan[]): Members {
    return { items: mails.map((mail) => this.#mail(mail)) };
  }

  /** A page of the room that the second server follows. */
  async push({ events, from, head, key, spoil }: PagePlan): Promise<Members> {
    const room = (this.lured ??= await this.#stage.lure());
    for (const event of events) {
      const item = await this.#item({ ...event, fields: { ...event.fields, room: room.room, sender: room.owner } }, [
        0,
        room.seq,
        room.hash,
      ]);
      try {
        room.append(item);
      } catch {
        // What cannot be read as an event has no place in a chain.
      }
    }
    const page = room.page(Math.min(from, room.seq), {
      head: (honest) => ({ ...honest, ...head }),
      ...(key === 'seal' ? {} : { key: this.#keyOf(key) }),
    });
    const [only] = page.rooms;
    return { ...page, rooms: typeof spoil !== 'number' || only === undefined ? page.rooms : [without(only, spoil)] };
  }

  report(payload: unknown): Members {
    return { report: this.#sign('payvand-report', 'event', payload) };
  }

  #sign(typ: Parameters<typeof signJws>[0], key: KeyChoice, payload: unknown): string {
    return signJws(typ, this.#keyOf(key), JSON.stringify(payload ?? null)).jws;
  }

  #keyOf(choice: KeyChoice): SigningKey {
    return choice === 'stray' ? STRAY : this.#stage.peer[choice];
  }

  async #item(
    { fields, without: missing, content, key, statement, hasOtherContent }: EventPlan,
    seen: unknown,
  ): Promise<Item> {
    const salted = typeof content === 'object' && content !== null ? { salt: nonce(), ...content } : content;
    const text = JSON.stringify(salted ?? null);
    const { peer } = this.#stage;
    const honest: Members = {
      ...{ ts: Date.now(), until: Date.now() + DAY_MS, nonce: nonce(), scheme: 'plain', seen },
      ...{ content: sha256Base64url(text), size: Buffer.byteLength(text) },
      ...(await this.#prior(fields)),
    };
    const payload: Members = { ...honest, ...fields };
    for (const name of missing) Reflect.deleteProperty(payload, name);
    return {
      jws: this.#sign('payvand-event', key, payload),
      content: hasOtherContent ? `${text} ` : text,
      ...(statement === 'none'
        ? {}
        : { statement: statement === 'own' ? peer.statement.jws : `${peer.statement.jws}A` }),
    };
  }

  async #prior({ room, type, key }: Members): Promise<Members> {
    if (room !== this.#stage.room || typeof type !== 'string' || typeof key !== 'string') return {};
    if (type.includes('\u0000') || key.includes('\u0000')) return {};
    const prior = await this.#stage.entry(type, Buffer.from(key).toString());
    return prior === undefined ? {} : { prior };
  }

  #mail({ fields, hasOtherBody, other, key }: MailPlan): string {
    const { from, to, kind } = fields;
    const made = hasOtherBody ? other : kind === 'knock' ? this.#knockBody(from) : this.#inviteBody(from, to);
    return this.#sign('payvand-mail', key, { nonce: nonce(), until: Date.now() + DAY_MS, body: made, ...fields });
  }

  #inviteBody(from: unknown, to: unknown): unknown {
    const { peer } = this.#stage;
    const content = JSON.stringify({
      salt: nonce(),
      kind: 'dm',
      rules: 1,
      with: to,
      statement: peer.statement.hash,
      version: peer.statement.version,
    });
    const payload = {
      type: 'room.create',
      sender: from,
      key: '',
      ts: Date.now(),
      until: Date.now() + DAY_MS,
      nonce: nonce(),
      scheme: 'plain',
    };
    const jws = this.#sign('payvand-event', 'event', {
      ...payload,
      content: sha256Base64url(content),
      size: Buffer.byteLength(content),
    });
    const room = `r${sha256Base64url(Buffer.from(jws.split('.')[1] ?? '', 'base64url'))}` as RoomId;
    const invite = { room, hub: peer.domain, by: from, to, until: Date.now() + DAY_MS, nonce: nonce() };
    return {
      create: { jws, content, statement: peer.statement.jws },
      invite: this.#sign('payvand-invite', 'event', invite),
    };
  }

  #knockBody(from: unknown): unknown {
    const { secret, jws: link } = this.#link;
    const { room } = this.#stage;
    return { link, proof: proveLink(linkKeyOf(secret), { room, person: String(from) as Address }) };
  }

  /** Whether the second server still follows the hostile room; a new one is made when not. */
  async requireLured(): Promise<void> {
    const room = this.lured?.room;
    if (room === undefined) return;
    const stored = await this.#stage.stored(room);
    if (stored?.status !== 'live') this.lured = undefined;
  }
}

/** The second server is where the hostile room is followed. */
export const FOLLOWER = B;

/** Something is missing from a page or stands there twice. */
function without(page: Members, spoil: number): Members {
  const records = [...((page['records'] ?? []) as unknown[])];
  const at = records.length === 0 ? 0 : spoil % records.length;
  if (spoil % 3 === 0) records.splice(at, 1);
  else if (spoil % 3 === 1) records.push(records[at]);
  else records.reverse();
  return { ...page, records };
}
