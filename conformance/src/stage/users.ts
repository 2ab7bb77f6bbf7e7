import type { Members } from '../formats/strict-json.js';

/** How the suite acts as people of the target: by the client API, or by the test controls. */
export interface Users {
  /** An account that nobody else uses. @throws NotRun when none can be had */
  make(): Promise<Person>;
}

export interface RequestShown {
  readonly id: string;
  readonly by: string;
  readonly room: string;
}

export interface EventShown {
  readonly seq: number;
  readonly id: string;
  readonly type: string;
  readonly sender: string;
  readonly content: unknown;
}

export interface Sent {
  readonly status: string;
  readonly seq?: number;
  readonly id: string;
}

/** A person of the target. What is refused throws `Refused`. */
export interface Person {
  readonly address: string;
  createGroup(title: string): Promise<string>;
  invite(room: string, address: string): Promise<void>;
  /** asks for contact @returns the room of the dm */
  requestContact(address: string): Promise<string>;
  requests(): Promise<RequestShown[]>;
  answer(request: string, how: 'accept' | 'ignore' | 'block'): Promise<void>;
  say(room: string, text: string): Promise<Sent>;
  /** @param rel relations, `[kind, event id]` */
  send(room: string, type: string, content: Members, rel?: readonly [string, string][]): Promise<Sent>;
  /** newest last */
  events(room: string): Promise<EventShown[]>;
  /** whether the person is in a room whose state is there */
  isIn(room: string): Promise<boolean>;
  members(room: string): Promise<string[]>;
  leave(room: string): Promise<void>;
  setRole(room: string, address: string, role: string): Promise<void>;
  remove(room: string, address: string): Promise<void>;
  ban(room: string, address: string): Promise<void>;
  setOwner(room: string, address: string): Promise<void>;
}

/** The target refused what a person wanted. */
export class Refused extends Error {
  readonly code: string;

  constructor(code: string, what: string) {
    super(`${what}: ${code}`);
    this.code = code;
  }
}
