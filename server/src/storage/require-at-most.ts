import { StorageError } from './storage-error.js';

/** @throws StorageError `rejected` (the list is longer than the store takes at once) */
export function requireAtMost(max: number, list: readonly unknown[]): void {
  if (list.length > max) throw new StorageError('rejected', `${list.length} items, at most ${max} at once`);
}
