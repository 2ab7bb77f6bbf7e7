import type { Random } from '../chaos/random.js';
import { signJws } from '../formats/jws.js';
import type { FuzzStage } from './fuzz-stage.js';
import { mutate } from './mutate.js';
import { documentFault } from './oracle.js';
import { payloadOf } from './trials.js';
import type { Trial } from './trials.js';

/** A provider that nobody knows yet, whose document is changed in one place. */
export async function documentTrial({ run }: FuzzStage, random: Random): Promise<Trial> {
  const stranger = await run.makePeer();
  const payload = payloadOf(stranger.makeDocument());
  const isKeys = random.isLuckyOnceIn(2);
  const { value, what } = mutate(isKeys ? payloadOf(stranger.statement.jws.text) : payload, random);
  const { root } = stranger.keys;
  const statement = isKeys ? signJws('payvand-statement', JSON.stringify(value), root) : payload['statement'];
  const text = signJws('payvand-provider', JSON.stringify(isKeys ? { ...payload, statement } : value), root);
  stranger.document = () => stranger.documentReply(text);
  const knowing = { from: stranger.domain, now: Date.now(), statement: stranger.statement.jws.text };
  return {
    ...{
      subject: 'document',
      what: `${isKeys ? 'statement' : 'document'} ${what}`,
      verb: 'heads',
      sender: stranger,
      knowing,
    },
    ...{
      body: { rooms: [`r${'A'.repeat(43)}`] },
      reason: documentFault(text, knowing),
      requirements: ['PV-DOC-012'],
      text,
    },
    isTaken: ({ status }) => status === 200,
  };
}
