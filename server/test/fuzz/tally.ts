/** How often each operation was called, and what was answered. */
export class Tally {
  readonly #calls = new Map<string, Map<string, number>>();
  calls = 0;
  slowestMs = 0;

  count(operation: string, outcome: string, tookMs: number): void {
    const outcomes = this.#calls.get(operation) ?? new Map<string, number>();
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    this.#calls.set(operation, outcomes);
    this.calls += 1;
    this.slowestMs = Math.max(this.slowestMs, tookMs);
  }

  /** Operations that were never answered with success. */
  neverDone(operations: readonly string[]): string[] {
    return operations.filter(
      (id) => ![...(this.#calls.get(id)?.keys() ?? [])].some((outcome) => /^[12]/.test(outcome)),
    );
  }

  /** One line an operation: calls, then how many of each outcome. */
  lines(): string[] {
    return [...this.#calls].sort().map(([operation, outcomes]) => {
      const counts = [...outcomes].sort().map(([outcome, count]) => `${outcome}×${count}`);
      const calls = [...outcomes.values()].reduce((sum, count) => sum + count, 0);
      return `${operation.padEnd(22)}${String(calls).padStart(7)}  ${counts.join(' ')}`;
    });
  }
}
