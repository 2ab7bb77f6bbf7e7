import { readFileSync, readdirSync } from 'node:fs';
import t from 'tap';
import { decode64, encode64 } from '../src/formats/base64url.js';
import { isGoodKey, isGoodSignature, keyFromSeed, keyId } from '../src/formats/ed25519.js';
import { checkSignedReport, checkWitness, parseSignedReport, parseWitness } from '../src/formats/conformance-report.js';
import { checkContent, linkId, parseEvent } from '../src/formats/event.js';
import { Fault } from '../src/formats/fault.js';
import { coveringSeal, headLeaf, isHead, parseSeal } from '../src/formats/head.js';
import { hashOf } from '../src/formats/hash.js';
import { domainOf, isAddress, isDomain, isId } from '../src/formats/identifiers.js';
import { isSignedBy, jwsHeader, parseJws, signJws } from '../src/formats/jws.js';
import type { ParsedJws } from '../src/formats/jws.js';
import { isFirstStatement, isSignedUnder, parseStatement, succeeds } from '../src/formats/key-statement.js';
import {
  isLinkProof,
  parseDenial,
  parseInvite,
  parseLinkText,
  parseMail,
  parseMailBody,
} from '../src/formats/letters.js';
import { isIncluded, leafHash, merkleTree } from '../src/formats/merkle.js';
import { acceptDocument, parseDocument } from '../src/formats/provider-document.js';
import { recordBytes, recordHash } from '../src/formats/record.js';
import { checkRequest, signRequest } from '../src/formats/request-signature.js';
import { hasShape } from '../src/formats/shapes.js';
import { bucketHash, bucketOf, stateHash } from '../src/formats/state-hash.js';
import { parseStrictJson } from '../src/formats/strict-json.js';

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- vectors are plain JSON, whose members the table below knows
type Json = any;
type Answerer = (input: Json) => object;

const folder = new URL('../../spec/vectors/', import.meta.url);
const hex = (text: string): Buffer => Buffer.from(text, 'hex');

/** What parses well says so; what does not says why. */
function verdict(read: () => unknown): object {
  try {
    return { ok: true, ...(read() as object | undefined) };
  } catch (cause) {
    if (cause instanceof Fault) return { ok: false, code: cause.code };
    throw cause;
  }
}
const holds = (isGood: boolean): object => ({ ok: isGood });
const withoutCode = (answer: object): object => holds((answer as { ok: boolean }).ok);

const isSigned = (statement: string, jws: ParsedJws, domain: string): object =>
  holds(isSignedUnder(parseStatement(statement), jws, { domain, use: 'event' }));

const vectors: Record<string, Answerer> = {
  base64url: ({ text }) => withoutCodes(verdict(() => ({ bytesHex: decode64(text).toString('hex') }))),
  'strict-json': ({ text, textHex, bytesMax }) =>
    verdict(() => ({ value: parseStrictJson(textHex === undefined ? text : hex(textHex), { bytesMax }) })),
  'ed25519.sign': ({ secretHex, messageHex }) => {
    const key = keyFromSeed(hex(secretHex));
    return { publicKeyHex: key.publicKey.toString('hex'), signatureHex: key.sign(hex(messageHex)).toString('hex') };
  },
  'ed25519.verify': ({ publicKeyHex, messageHex, signatureHex }) =>
    holds(isGoodSignature(hex(publicKeyHex), hex(messageHex), hex(signatureHex))),
  'ed25519.accept-key': ({ publicKeyHex }) => holds(isGoodKey(hex(publicKeyHex))),
  'key-id.thumbprint': ({ publicKeyHex }) => ({ ok: true, kid: keyId(hex(publicKeyHex)) }),
  'key-id.parse': ({ text }) => withoutCode(verdict(() => void decode64(text, 32))),
  'jws.sign': ({ secretHex, typ, payload }) => {
    const key = keyFromSeed(hex(secretHex));
    const jws = signJws(typ, payload, key);
    return { header: jwsHeader(key.kid, typ), signingInput: jws.slice(0, -87), jws };
  },
  'jws.parse': ({ text, typ, payloadBytesMax }) =>
    verdict(() => {
      const { kid, payload, signingInput, signature } = parseJws(text, typ, payloadBytesMax);
      return { kid, payload: payload.toString(), signingInput, signatureHex: signature.toString('hex') };
    }),
  'jws.verify': ({ text, typ, publicKeyHex }) => holds(isSignedBy(parseJws(text, typ, 65_536), hex(publicKeyHex))),
  'merkle.tree': ({ leavesHex }) => {
    const leaves = leavesHex.map((leaf: string) => leafHash(hex(leaf)));
    const { root, paths } = merkleTree(leaves);
    const texts = (list: Buffer[]): string[] => list.map((hash) => hash.toString('hex'));
    return { rootHex: root.toString('hex'), leafHashesHex: texts(leaves), pathsHex: paths.map(texts) };
  },
  'merkle.verify': ({ leafHashHex, index, size, pathHex, rootHex }) =>
    holds(isIncluded({ leaf: hex(leafHashHex), index, size, path: pathHex.map(hex), root: hex(rootHex) })),
  'identifiers.domain': ({ text }) => holds(isDomain(text)),
  'identifiers.address': ({ text }) => holds(isAddress(text)),
  'identifiers.event-id': ({ text }) => holds(isId('e', text)),
  'identifiers.room-id': ({ text }) => holds(isId('r', text)),
  'event.parse': ({ jws: text }) =>
    verdict(() => {
      const { id, room, jws } = parseEvent(text);
      return { id, room, jwsHash: hashOf(text), kid: jws.kid };
    }),
  'event.verify': ({ jws, statement }) => {
    const event = parseEvent(jws);
    return isSigned(statement, event.jws, event.domain);
  },
  'content.check': ({ jws, content }) => verdict(() => void checkContent(parseEvent(jws), content)),
  'record.hash': ({ room, header, prev }) => ({
    bytesHex: recordBytes(room, header, prev).toString('hex'),
    hash: recordHash(room, header, prev),
  }),
  'record.parse': ({ item }) => {
    const kind = 'jws' in item ? 'record' : 'header';
    return hasShape(kind === 'record' ? 'record' : 'record-header', item) ? { ok: true, kind } : holds(false);
  },
  'head.leaf': ({ head }) => ({
    leafHex: headLeaf(head).toString('hex'),
    leafHash: encode64(leafHash(headLeaf(head))),
  }),
  'head.parse': ({ head }) => holds(isHead(head)),
  'seal.parse': ({ seal }) => verdict(() => void parseSeal(seal)),
  'seal.verify': ({ seal, publicKey }) => holds(isSignedBy(parseSeal(seal).jws, decode64(publicKey, 32))),
  'seal.included': ({ sealed, seals }) => withoutCode(verdict(() => void coveringSeal(sealed, seals))),
  'state-hash.bucket': ({ type, key }) => ({ bucket: bucketOf(type, key) }),
  'state-hash.bucket-hash': ({ entries }) => ({ hash: encode64(bucketHash(entries)) }),
  'state-hash.state': ({ entries }) => ({ state: stateHash(entries) }),
  'key-statement.parse': ({ jws }) =>
    verdict(() => {
      const { hash, provider, version, keys } = parseStatement(jws);
      return { hash, provider, version, keys: keys.map(({ kid, use, status }) => ({ kid, use, status })) };
    }),
  'key-statement.first': ({ jws }) => holds(isFirstStatement(parseStatement(jws))),
  'key-statement.successor': ({ jws, previous }) => holds(succeeds(parseStatement(jws), parseStatement(previous))),
  'provider-document.parse': ({ jws, domain }) => verdict(() => void parseDocument(jws, domain)),
  'provider-document.accept': ({ domain, candidate, last, now }) => {
    try {
      const known = last === undefined ? undefined : parseDocument(last, domain);
      return { kind: acceptDocument(parseDocument(candidate, domain), known, now) ? 'new-provider' : 'accept' };
    } catch (cause) {
      if (cause instanceof Fault) return { kind: 'refuse', code: cause.code };
      throw cause;
    }
  },
  'invite.parse': ({ jws }) => verdict(() => void parseInvite(jws)),
  'invite.verify': ({ jws, statement }) => {
    const letter = parseInvite(jws);
    return isSigned(statement, letter.jws, domainOf(String(letter.payload['by'])));
  },
  'mail.parse': ({ jws }) => verdict(() => ({ hash: hashOf(parseMail(jws).jws.text) })),
  'mail.verify': ({ jws, statement }) => {
    const letter = parseMail(jws);
    return isSigned(statement, letter.jws, domainOf(String(letter.payload['from'])));
  },
  'mail.body': ({ jws }) => verdict(() => void parseMailBody(parseMail(jws))),
  'denial.parse': ({ jws }) => verdict(() => void parseDenial(jws)),
  'denial.verify': ({ jws: text, statement }) => {
    const { jws, payload } = parseDenial(text);
    return holds(isSignedUnder(parseStatement(statement), jws, { domain: String(payload['hub']), use: 'seal' }));
  },
  'link.parse': ({ text }) =>
    withoutCodes(
      verdict(() => {
        const { provider, seed, locator } = parseLinkText(text);
        return { provider, seed: encode64(seed), locator };
      }),
    ),
  'link.proof': ({ link, room, person, proof }) => holds(isLinkProof({ link, room, person }, proof)),
  'link.id': ({ by, link }) => ({ id: linkId(by, link) }),
  'conformance-report.verify': ({ jws, statement, now }) =>
    verdict(() => {
      const signed = parseSignedReport(jws);
      checkSignedReport(signed, parseStatement(statement), now);
      return { result: signed.report.result };
    }),
  'conformance-report.witness': ({ jws, report, statement }) =>
    verdict(() => {
      const witness = parseWitness(jws);
      checkWitness(witness, parseSignedReport(report), parseStatement(statement));
      return { witness: witness.said.witness };
    }),
  'http-signature.sign': ({ secretHex, ...request }) => {
    const { fields, base } = signRequest({ ...request, key: keyFromSeed(hex(secretHex)) });
    return { headers: fields, signatureBase: base };
  },
  'http-signature.verify': ({ method, target, headers, body, receiver, keys }) => {
    const keysOf = (provider: string): ReadonlyMap<string, Uint8Array> | undefined => {
      const own = keys.filter((key: Json) => key.provider === provider);
      return own.length === 0 ? undefined : new Map(own.map((key: Json) => [key.kid, hex(key.publicKeyHex)]));
    };
    const answer = checkRequest({ method, target, fields: headers, body }, { ...receiver, keysOf });
    if (!answer.ok) return { ok: false, code: answer.code, part: answer.part, reason: answer.reason, ...answer.more };
    return { ok: true, from: answer.from, kid: answer.kid, signatureBase: answer.base };
  },
};

/** What judges rooms and messages, and archives of other networks, is the server's business; the suite makes events, it does not fold them. */
const notOurs = ['forward', 'imported', 'message', 'poll', 'replay', 'report', 'rules', 'submit-batch'];

function withoutCodes(answer: object): object {
  return 'code' in answer ? holds(false) : answer;
}

for (const file of readdirSync(folder).filter((name) => name.endsWith('.json'))) {
  const area = file.replace('.json', '');
  if (notOurs.includes(area)) continue;
  t.test(area, async (t) => {
    const { vectors: list } = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as { vectors: Json[] };
    t.not(list.length, 0);
    for (const { name, input, expect } of list) {
      const answer = vectors[input.operation === undefined ? area : `${area}.${input.operation}`];
      if (answer === undefined) t.fail(`${name}: no way to answer ${input.operation}`);
      else t.match(answer(input), expect, name);
    }
  });
}
