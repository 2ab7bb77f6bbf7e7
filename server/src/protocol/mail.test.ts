import { readFileSync } from 'node:fs';
import t from 'tap';
import type { Checked } from './checked.js';
import { buildDenial, parseDenial, verifyDenial } from './denial.js';
import { isAddressSender } from './identifiers.js';
import type { Address, Domain, EventId, RoomId } from './identifiers.js';
import { buildInvite, parseInvite, verifyInvite } from './invite.js';
import { parseInviteBody } from './invite-mail.js';
import { parseKnockBody } from './knock-mail.js';
import { parseKeyStatement } from './key-statement.js';
import type { KeyStatement } from './key-statement.js';
import { signingKeyFromSeed } from './key-thumbprint.js';
import { buildMail, parseMail, verifyMail } from './mail.js';
import type { Mail } from './mail.js';
import { checkEvidence } from './report-evidence.js';
import type { ReportEvidence } from './report-evidence.js';
import { parseReport, verifyReport } from './report.js';
import { parseKnockAnswer, parseRoomKnock } from './room-knock-mail.js';

interface Vector {
  name: string;
  input: { operation: string; jws: string; statement: string };
  expect: { ok: boolean; code?: string; hash?: string };
}

function vectorsOf(format: string, operation: string): Vector[] {
  const file = new URL(`../../../spec/vectors/${format}.json`, import.meta.url);
  const { vectors } = JSON.parse(readFileSync(file, 'utf8')) as { vectors: Vector[] };
  return vectors.filter(({ input }) => input.operation === operation);
}

const outcome = (checked: Checked<unknown>): object => (checked.ok ? { ok: true } : { ok: false, code: checked.code });

function isGood<T>(
  { input }: Vector,
  parse: (jws: string) => Checked<T>,
  verify: (value: T, statement: KeyStatement) => boolean,
): boolean {
  const parsed = parse(input.jws);
  const statement = parseKeyStatement(input.statement);
  return parsed.ok && statement.ok && verify(parsed.value, statement.value);
}

void t.test('invitations, mailbox items and denials are read as the vectors say', (t) => {
  for (const { name, input, expect } of vectorsOf('invite', 'parse'))
    t.same(outcome(parseInvite(input.jws)), expect, name);
  for (const { name, input, expect } of vectorsOf('denial', 'parse'))
    t.same(outcome(parseDenial(input.jws)), expect, name);
  for (const { name, input, expect } of vectorsOf('mail', 'parse')) {
    const parsed = parseMail(input.jws);
    const hash = expect.hash !== undefined && parsed.ok ? { hash: parsed.value.hash } : {};
    t.same({ ...outcome(parsed), ...hash }, expect, name);
  }
  t.end();
});

void t.test('their signatures are judged as the vectors say', (t) => {
  for (const vector of vectorsOf('invite', 'verify')) {
    t.equal(isGood(vector, parseInvite, verifyInvite), vector.expect.ok, vector.name);
  }
  for (const vector of vectorsOf('mail', 'verify')) {
    t.equal(isGood(vector, parseMail, verifyMail), vector.expect.ok, vector.name);
  }
  for (const vector of vectorsOf('denial', 'verify')) {
    t.equal(isGood(vector, parseDenial, verifyDenial), vector.expect.ok, vector.name);
  }
  t.end();
});

function parserOf({ kind, to }: Mail): (mail: Mail) => Checked<unknown> {
  if (kind === 'invite') return parseInviteBody;
  if (kind === 'knock-answer') return parseKnockAnswer;
  return isAddressSender(to) ? parseKnockBody : parseRoomKnock;
}

void t.test('what an invitation by mail brings is checked as the vectors say', (t) => {
  for (const { name, input, expect } of vectorsOf('mail', 'body')) {
    const mail = parseMail(input.jws);
    if (!mail.ok) throw new Error(name);
    t.same(outcome(parserOf(mail.value)(mail.value)), expect, name);
  }
  t.end();
});

void t.test('what is built is what is read', (t) => {
  const key = signingKeyFromSeed(Buffer.alloc(32, 9));
  const room = `r${'A'.repeat(43)}` as RoomId;
  const event = `e${'A'.repeat(43)}` as EventId;
  const [hub, by, to] = ['a.example' as Domain, 'alice@a.example' as Address, 'bob@b.example' as Address];
  const nonce = 'A'.repeat(22);
  const invite = buildInvite({ room, hub, by, to, until: 7, nonce, after: event }, key);
  t.same(parseInvite(invite.jws), { ok: true, value: invite });
  const denial = buildDenial({ hub, room, event, code: 'no-right', rule: 'R10', at: 7 }, key);
  t.same(parseDenial(denial.jws), { ok: true, value: denial });
  const mail = buildMail({ from: by, to, kind: 'invite', nonce, until: 7, body: { intro: 'سلام' } }, key);
  t.same(parseMail(mail.jws), { ok: true, value: mail });
  t.end();
});

void t.test('PV-REP-002 to PV-REP-007 reports and their evidence are read as the vectors say', (t) => {
  for (const { name, input, expect } of vectorsOf('report', 'parse'))
    t.same(outcome(parseReport(input.jws)), expect, name);
  for (const vector of vectorsOf('report', 'verify'))
    t.equal(isGood(vector, parseReport, verifyReport), vector.expect.ok, vector.name);
  for (const { name, input, expect } of vectorsOf('report', 'evidence')) {
    const report = parseReport(input.jws);
    const { evidence } = input as unknown as { evidence: ReportEvidence };
    t.same(report.ok && outcome(checkEvidence(report.value, evidence)), expect, name);
  }
  t.end();
});
