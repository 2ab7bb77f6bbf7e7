/**
 * Writes spec/vectors/<format>.json and the examples of spec/prose that show vectors. Every run gives the same bytes.
 * usage: node scripts/generate-vectors.mjs [--check]
 */
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { fillProse } from './lib/prose-vectors.mjs';
import { base64urlVectors } from './vectors/base64url.mjs';
import { conformanceReportVectors } from './vectors/conformance-report.mjs';
import { contentVectors } from './vectors/content.mjs';
import { ed25519Vectors } from './vectors/ed25519.mjs';
import { eventVectors } from './vectors/event.mjs';
import { forwardVectors } from './vectors/forward.mjs';
import { httpSignatureVectors } from './vectors/http-signature.mjs';
import { identifierVectors } from './vectors/identifiers.mjs';
import { importedVectors } from './vectors/imported.mjs';
import { jwsVectors } from './vectors/jws.mjs';
import { keyIdVectors } from './vectors/key-id.mjs';
import { keyStatementVectors } from './vectors/key-statement.mjs';
import { denialVectors, inviteVectors, mailVectors } from './vectors/letters.mjs';
import { messageVectors } from './vectors/message.mjs';
import { linkTextVectors } from './vectors/rules/links.mjs';
import { merkleVectors } from './vectors/merkle.mjs';
import { pollVectors } from './vectors/poll.mjs';
import { providerDocumentVectors } from './vectors/provider-document.mjs';
import { recordVectors } from './vectors/record.mjs';
import { replayVectors } from './vectors/replay.mjs';
import { reportVectors } from './vectors/report.mjs';
import { rulesVectors } from './vectors/rules.mjs';
import { headVectors, sealVectors } from './vectors/seal.mjs';
import { stateHashVectors } from './vectors/state-hash.mjs';
import { strictJsonVectors } from './vectors/strict-json.mjs';
import { submitBatchVectors } from './vectors/submit-batch.mjs';

const home = dirname(dirname(fileURLToPath(import.meta.url)));
const { values } = parseArgs({ options: { check: { type: 'boolean' } } });
const formats = {
  base64url: base64urlVectors,
  'conformance-report': conformanceReportVectors,
  content: contentVectors,
  denial: denialVectors,
  ed25519: ed25519Vectors,
  event: eventVectors,
  forward: forwardVectors,
  head: headVectors,
  'http-signature': httpSignatureVectors,
  identifiers: identifierVectors,
  imported: importedVectors,
  invite: inviteVectors,
  jws: jwsVectors,
  'key-id': keyIdVectors,
  'key-statement': keyStatementVectors,
  link: linkTextVectors,
  mail: mailVectors,
  merkle: merkleVectors,
  message: messageVectors,
  poll: pollVectors,
  'provider-document': providerDocumentVectors,
  record: recordVectors,
  replay: replayVectors,
  report: reportVectors,
  rules: rulesVectors,
  seal: sealVectors,
  'state-hash': stateHashVectors,
  'strict-json': strictJsonVectors,
  'submit-batch': submitBatchVectors,
};

const vectors = Object.fromEntries(
  Object.entries(formats).map(([format, make]) => [format, namedOnce(format, make())]),
);
const outdated = [];
for (const format of Object.keys(vectors))
  bring(
    join(home, 'spec/vectors', `${format}.json`),
    `${JSON.stringify({ format, vectors: vectors[format] }, null, 2)}\n`,
  );
for (const name of readdirSync(join(home, 'spec/prose')).filter((file) => file.endsWith('.md'))) {
  const file = join(home, 'spec/prose', name);
  bring(file, fillProse(readFileSync(file, 'utf8'), vectors));
}
for (const file of outdated) console.log(`${relative(home, file)} ${values.check ? 'differs' : 'written'}`);
if (values.check && outdated.length > 0) process.exitCode = 1;

function namedOnce(format, list) {
  const names = list.map(({ name }) => name);
  const repeated = names.find((name, i) => names.indexOf(name) !== i);
  if (repeated) throw new Error(`${format}: two vectors are named ${repeated}`);
  return list;
}

function bring(file, text) {
  if (existsSync(file) && readFileSync(file, 'utf8') === text) return;
  outdated.push(file);
  if (!values.check) writeFileSync(file, text);
}
