/** Where a command writes. */
export interface Streams {
  /** the report, TAP 14 */
  readonly out: (text: string) => void;
  /** what is going on */
  readonly progress: (text: string) => void;
}
