export type InOrder = <Answer>(name: string, asked: Promise<Answer>) => Promise<Answer>;

/** Makes a gate behind which answers come out in the order of the questions, by name: what one person sends keeps its order. */
export function createInOrder(): InOrder {
  const last = new Map<string, Promise<unknown>>();
  return async <Answer>(name: string, asked: Promise<Answer>): Promise<Answer> => {
    const before = last.get(name);
    const turn = Promise.allSettled([before, asked]);
    last.set(name, turn);
    await turn;
    if (last.get(name) === turn) last.delete(name);
    return await asked;
  };
}
