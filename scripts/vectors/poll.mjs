const options = ['tea', 'coffee', 'neither'];
const start = 1_790_000_000_000;
const [alice, bob, carol] = ['alice@a.example', 'bob@b.example', 'carol@c.example'];

/** A vote at a seq; `at` is so many seconds after the poll. Choices of null: the content is gone. */
const vote = (seq, sender, choices) => ({
  seq,
  at: start + 1000 * seq,
  sender,
  content: choices === null ? null : { choices },
});

/** How votes are counted. `expect.counts` is null where there is no poll to vote in. */
export function pollVectors() {
  const all = [vote(5, alice, [0]), vote(6, bob, [1]), vote(7, carol, [0])];
  const tally = (name, requirement, { poll = {}, votes = all, closed, counts, voters }) => ({
    name,
    requirements: [requirement],
    input: { poll: { question: 'Tea or coffee?', options, ...poll }, votes, ...(closed !== undefined && { closed }) },
    expect: { counts, voters },
  });
  const multiple = { multiple: true };
  return [
    tally('one-each', 'PV-MSG-044', { counts: [2, 1, 0], voters: 3 }),
    tally('nobody', 'PV-MSG-044', { votes: [], counts: [0, 0, 0], voters: 0 }),
    tally('a-mind-changed', 'PV-MSG-044', { votes: [...all, vote(8, alice, [2])], counts: [1, 1, 1], voters: 3 }),
    tally('the-newest-by-seq', 'PV-MSG-044', { votes: [vote(8, alice, [2]), ...all], counts: [1, 1, 1], voters: 3 }),
    tally('taken-back', 'PV-MSG-044', { votes: [...all, vote(8, alice, [])], counts: [1, 1, 0], voters: 2 }),
    tally('deleted', 'PV-MSG-044', { votes: [...all, vote(8, alice, null)], counts: [1, 1, 0], voters: 2 }),
    tally('several-choices', 'PV-MSG-044', {
      poll: multiple,
      votes: [vote(5, alice, [0, 2])],
      counts: [1, 0, 1],
      voters: 1,
    }),
    tally('two-where-one-is-asked', 'PV-MSG-045', {
      votes: [...all, vote(8, bob, [0, 1])],
      counts: [2, 0, 0],
      voters: 2,
    }),
    tally('an-option-too-far', 'PV-MSG-045', { votes: [...all, vote(8, bob, [3])], counts: [2, 0, 0], voters: 2 }),
    tally('an-option-twice', 'PV-MSG-045', {
      poll: multiple,
      votes: [vote(5, alice, [1, 1])],
      counts: [0, 0, 0],
      voters: 0,
    }),
    tally('no-list', 'PV-MSG-045', { votes: [{ ...vote(5, alice, []), content: {} }], counts: [0, 0, 0], voters: 0 }),
    tally('closed-between', 'PV-MSG-046', {
      closed: 6,
      votes: [vote(5, alice, [0]), vote(7, alice, [1])],
      counts: [1, 0, 0],
      voters: 1,
    }),
    tally('closed-later', 'PV-MSG-046', { closed: 8, counts: [2, 1, 0], voters: 3 }),
    tally('in-time', 'PV-MSG-046', { poll: { closes: start + 7000 }, counts: [2, 1, 0], voters: 3 }),
    tally('out-of-time', 'PV-MSG-046', { poll: { closes: start + 6999 }, counts: [1, 1, 0], voters: 2 }),
    tally('one-option', 'PV-MSG-041', { poll: { options: ['tea'] }, counts: null, voters: 0 }),
  ];
}
