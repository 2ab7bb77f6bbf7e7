/** What one look at a provider has found. */
export interface Finding {
  /** what was looked at, one word */
  readonly check: string;
  /** `skip`: it could not be looked at, and that is nobody's fault */
  readonly state: 'ok' | 'warn' | 'fail' | 'skip';
  readonly says: string;
  /** what to do about it */
  readonly advice?: string;
}
