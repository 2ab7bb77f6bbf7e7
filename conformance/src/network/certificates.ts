import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import * as der from './der.js';

/** A certificate and its key, both PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

export interface Subject {
  readonly names: readonly string[];
  readonly from?: number;
  readonly until?: number;
}

const DAY_MS = 86_400_000;
const AUTHORITY = 'Payvand conformance run';
const algorithm = der.sequence(der.objectId('1.2.840.10045.4.3.2'));

/** An authority for one network of the suite: nobody trusts it who was not told to. */
export function makeAuthority(): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const extensions = [
    extension('2.5.29.19', der.sequence(der.yes)),
    extension('2.5.29.15', der.bits(Buffer.of(0x06), 1)),
  ];
  const body = { subject: AUTHORITY, publicKey, extensions, ...validity({}) };
  return { cert: certify(body, privateKey), key: exported(privateKey) };
}

/** A server certificate; `cert` is the chain. */
export function issueCertificate(authority: Certificate, subject: Subject): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const names = subject.names.map((name) => der.tagged(0x82, Buffer.from(name)));
  const extensions = [
    extension('2.5.29.19', der.sequence()),
    extension('2.5.29.15', der.bits(Buffer.of(0x80), 7)),
    extension('2.5.29.37', der.sequence(der.objectId('1.3.6.1.5.5.7.3.1'))),
    extension('2.5.29.17', der.sequence(...names)),
  ];
  const body = { subject: subject.names[0] ?? '', publicKey, extensions, ...validity(subject) };
  const cert = certify(body, createPrivateKey(authority.key));
  return { cert: `${cert}${authority.cert}`, key: exported(privateKey) };
}

interface Body {
  readonly subject: string;
  readonly publicKey: KeyObject;
  readonly extensions: readonly Buffer[];
  readonly from: number;
  readonly until: number;
}

function certify({ subject, publicKey, extensions, from, until }: Body, by: KeyObject): string {
  const serial = randomBytes(16);
  serial[0] = 1;
  const signed = der.sequence(
    der.tagged(0xa0, der.integer(Buffer.of(2))),
    der.integer(serial),
    algorithm,
    named(AUTHORITY),
    der.sequence(der.utcTime(from), der.utcTime(until)),
    named(subject),
    createPublicKey(publicKey.export({ format: 'pem', type: 'spki' })).export({ format: 'der', type: 'spki' }),
    der.tagged(0xa3, der.sequence(...extensions)),
  );
  const whole = der.sequence(signed, algorithm, der.bits(sign('sha256', signed, by)));
  const lines = whole.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

function validity({ from = Date.now() - DAY_MS, until = Date.now() + 365 * DAY_MS }: Partial<Subject>): {
  from: number;
  until: number;
} {
  return { from, until };
}

function named(name: string): Buffer {
  return der.sequence(der.setOf(der.sequence(der.objectId('2.5.4.3'), der.text(name))));
}

/** All of them are critical but the names, which clients read in any case. */
function extension(id: string, value: Buffer): Buffer {
  const flag = id === '2.5.29.17' ? [] : [der.yes];
  return der.sequence(der.objectId(id), ...flag, der.octets(value));
}

function exported(key: KeyObject): string {
  return key.export({ format: 'pem', type: 'pkcs8' }).toString();
}
