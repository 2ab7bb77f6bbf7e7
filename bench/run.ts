/** What one run of one work came to. */
export interface Run {
  readonly work: 'W1' | 'W2';
  readonly perSecond: number;
  readonly cpuPer1000: { readonly servers: number; readonly postgres: number; readonly generator: number };
  readonly latencyMs: { readonly p50: number; readonly p95: number; readonly p99: number };
  readonly wireBytes: number;
  readonly residentMiB: { readonly a: number; readonly b: number };
  readonly otherCores: number;
  readonly lost: number;
  readonly duplicates: number;
  readonly rows: { readonly sent: number; readonly a: number; readonly b: number };
  readonly calibration: { readonly kiloHashes: number; readonly syncMs: number };
}
