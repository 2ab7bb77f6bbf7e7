import type { RoomId } from '../protocol/identifiers.js';
import type { Bells, Signal } from './room-services.js';

/**
 * Makes the bells of this process. A bell says that there is something new to read and nothing else, so a listener
 * that misses one loses nothing but time.
 */
export function createBells(): Bells {
  const rooms = new Map<string, Set<() => void>>();
  const accounts = new Map<number, Set<() => void>>();
  const signals = new Map<string, Set<(signal: Signal) => void>>();
  const everyRoom = new Set<(room: RoomId) => void>();
  return {
    onRoom: (room, listener) => subscribe(rooms, room, listener),
    onAccount: (accountId, listener) => subscribe(accounts, accountId, listener),
    onSignal: (room, listener) => subscribe(signals, room, listener),
    onAnyRoom(listener) {
      everyRoom.add(listener);
      return () => everyRoom.delete(listener);
    },
    ringRoom(room) {
      for (const listener of everyRoom) listener(room);
      for (const listener of rooms.get(room) ?? []) listener();
    },
    ringAccount(accountId) {
      for (const listener of accounts.get(accountId) ?? []) listener();
    },
    signal(signal) {
      for (const listener of signals.get(signal.room) ?? []) listener(signal);
    },
  };
}

function subscribe<Key, Listener>(table: Map<Key, Set<Listener>>, key: Key, listener: Listener): () => void {
  const listeners = table.get(key) ?? new Set<Listener>();
  table.set(key, listeners.add(listener));
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0 && table.get(key) === listeners) table.delete(key);
  };
}
