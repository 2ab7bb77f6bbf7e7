import type { RoomId } from '../protocol/identifiers.js';

export type InTurn = <Answer>(room: RoomId, work: () => Promise<Answer>) => Promise<Answer>;

/** Makes a gate that lets one piece of work at a time through for each room, in the order they came. */
export function createInTurn(): InTurn {
  const last = new Map<RoomId, Promise<unknown>>();
  return async <Answer>(room: RoomId, work: () => Promise<Answer>): Promise<Answer> => {
    const turn = (last.get(room) ?? Promise.resolve()).then(work, work);
    last.set(room, turn);
    try {
      return await turn;
    } finally {
      if (last.get(room) === turn) last.delete(room);
    }
  };
}
