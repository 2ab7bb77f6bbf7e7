import { isJsonObject } from '../protocol/json-shape.js';
import { parseMail } from '../protocol/mail.js';
import type { Decision, ReceivedReport } from '../storage/report-rows.js';
import type { Store } from '../storage/store-types.js';
import { quote } from './chat-screen.js';
import { CommandError } from './command.js';
import type { Command } from './command.js';
import { asOperator } from './open-operator.js';

const settings = ['dataDir', 'databaseUrl'] as const;
const PAGE = 200;

export const reportsList: Command = {
  settings,
  details: 'Lists the reports this provider keeps, of its own people and of others, with the state each is in.',
  run: (context) =>
    asOperator(context, async ({ store }) => {
      let count = 0;
      for await (const report of allReports(store)) {
        count += 1;
        const { hash, state, reason, sender, domain } = report;
        context.output.print(`${hash}  ${state}  ${reason}  about ${sender}  by somebody of ${domain}`);
        context.output.result(factsOf(report));
      }
      if (count === 0) context.output.print('nothing has been reported');
    }),
};

export const reportsShow: Command = {
  usage: '<report>',
  words: [1, 1],
  settings,
  details: 'Shows a report with what was said. The signatures of its evidence were checked when it came.',
  run: (context) =>
    asOperator(context, async ({ store }) => {
      const report = await store.findReceivedReport(context.args[0] ?? '');
      if (report === undefined) throw unknown();
      const { sender, domain, room, reason, note, state, at } = report;
      const content = contentOf(report);
      context.output.print(`${reason}, ${state}, ${new Date(at).toISOString()}, by somebody of ${domain}`);
      context.output.print(`${sender}${room === null ? ' asked for contact' : ` in ${room}`}`);
      if (note !== null) context.output.print(`note: ${quote(note)}`);
      context.output.print(quote(content));
      context.output.result({ ...factsOf(report), note, content });
    }),
};

export const reportsDecide: Command = {
  usage: '<report> acted|declined',
  words: [2, 2],
  settings,
  details: 'Says what became of a report. A running server tells the provider whose person reported it.',
  async run(context) {
    const [hash = '', word] = context.args;
    if (word !== 'acted' && word !== 'declined')
      throw new CommandError('usage', 'the decision is acted or declined', { exitCode: 2 });
    const state: Decision = word;
    await asOperator(context, async ({ store, ringPeer }) => {
      const domain = await store.decideReport(hash, state);
      if (domain === undefined) throw unknown();
      await ringPeer(domain);
    });
    context.output.print(`${hash} is ${state}.`);
    context.output.result({ hash, state });
  },
};

async function* allReports(store: Store): AsyncGenerator<ReceivedReport> {
  let after: string | undefined;
  do {
    const page = await store.listReceivedReports({ limit: PAGE, ...(after !== undefined && { after }) });
    yield* page;
    after = page.length < PAGE ? undefined : page.at(-1)?.hash;
  } while (after !== undefined);
}

function factsOf({ hash, state, reason, sender, domain, room, at }: ReceivedReport): object {
  return { hash, state, reason, sender, domain, room, at };
}

/** What was said, as its author wrote it. */
function contentOf({ evidence }: ReceivedReport): string {
  const parsed: unknown = JSON.parse(evidence);
  if (!isJsonObject(parsed)) return '';
  const { mail, record } = parsed;
  if (typeof mail === 'string') {
    const letter = parseMail(mail);
    const intro = letter.ok ? letter.value.body['intro'] : undefined;
    return typeof intro === 'string' ? intro : '';
  }
  const content = isJsonObject(record) ? record['content'] : undefined;
  return typeof content === 'string' ? content : '';
}

function unknown(): CommandError {
  return new CommandError('not-found', 'there is no such report here; "payvand reports list" lists them');
}
