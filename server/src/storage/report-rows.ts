import type { Address, Domain, RoomId } from '../protocol/identifiers.js';
import type { ReportReason } from '../protocol/report.js';

/** `waiting`: not there yet · `refused`: the receiver did not take it. */
export type CopyState = 'waiting' | 'refused' | 'received' | 'acted' | 'declined';
export type Decision = 'acted' | 'declined';

/** Something a person reported. */
export interface ReportRow {
  readonly accountId: number;
  readonly at: number;
  readonly item: string;
  readonly sender: Address;
  readonly room: RoomId | null;
  readonly reason: ReportReason;
}

export interface ReportCopy {
  readonly domain: Domain;
  readonly hash: string;
  readonly jws: string;
}

export interface SentReport extends ReportRow {
  readonly copies: readonly { readonly provider: Domain; readonly state: CopyState }[];
}

/** A copy that waits to be sent, with its evidence (JSON text). */
export interface WaitingCopy extends ReportCopy {
  readonly evidence: string;
}

export interface ReceivedReport {
  /** the provider whose person reports */
  readonly domain: Domain;
  readonly at: number;
  readonly hash: string;
  readonly sender: Address;
  readonly room: RoomId | null;
  readonly reason: ReportReason;
  readonly note: string | null;
  readonly state: Exclude<CopyState, 'waiting' | 'refused'>;
  readonly jws: string;
  /** JSON text */
  readonly evidence: string;
}
