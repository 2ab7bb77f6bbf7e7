import { PerformanceObserver } from 'node:perf_hooks';
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/** two halves of 8 MiB */
const NEW_SPACE_BYTES = 16 * 1024 * 1024;

/**
 * Keeps the process small: V8 by itself lets the heap of a busy server grow to several times of what is in use. The old
 * space may hold a fifth more than what is in use. The new space stays as small as it begins while modules are loaded,
 * and grows with load, also again after V8 has shrunk it in a quiet hour, and not beyond what is given here.
 *
 * @returns to be called when the modules are loaded
 */
export function limitHeap(): () => void {
  setFlagsFromString('--heap-growing-percent=20');
  setFlagsFromString('--semi-space-growth-factor=1');
  return () => {
    limitGrowth();
    new PerformanceObserver(limitGrowth).observe({ entryTypes: ['gc'] });
  };
}

function limitGrowth(): void {
  const space = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space');
  const factor = Math.floor(NEW_SPACE_BYTES / (space?.space_size ?? NEW_SPACE_BYTES));
  setFlagsFromString(`--semi-space-growth-factor=${Math.max(1, factor)}`);
}
