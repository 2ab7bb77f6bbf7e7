import type { Address, Domain, RoomId } from '../../protocol/identifiers.js';

export interface NewLink {
  readonly role?: string;
  readonly approve?: true;
  readonly uses?: number;
  readonly until?: number;
}

/** A link as the person who made it sees it. */
export interface LinkView extends NewLink {
  /** the text to pass on */
  readonly link: string;
  readonly by: Address;
  /** base64url of the public key: what revoking it names */
  readonly key: string;
  readonly at: number;
  readonly until: number;
}

/** `asked`: the link asks for approval, and an invitation may be the answer. */
export interface LinkJoined {
  readonly room: RoomId;
  readonly status: 'joined' | 'asked';
}

/** What a link is for, as its issuer's provider says. */
export interface LinkPreview {
  readonly room: RoomId;
  readonly hub: Domain;
  readonly by: Address;
  readonly until: number;
  readonly title: string | null;
  readonly about?: string;
  readonly alias?: string;
  readonly members: number;
  readonly approve: boolean;
}

/** A name in the directory of the person's provider. */
export interface AliasView {
  readonly alias: string;
  readonly room: RoomId;
  readonly at: number;
}

/** A room as its hub shows it to people who are not in it. */
export interface RoomPreview {
  readonly room: RoomId;
  readonly hub: Domain;
  readonly alias: string;
  readonly title: string | null;
  readonly about?: string;
  readonly members: number;
}

/** A room by its id and hub, or by a name. */
export type KnockWanted = ({ readonly room: RoomId; readonly hub: Domain } | { readonly alias: string }) & {
  readonly intro?: string;
};
