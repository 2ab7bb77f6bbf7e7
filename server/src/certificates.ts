import { randomBytes, webcrypto } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { X509CertificateCreateParams } from '@peculiar/x509';

/** A certificate with its key, both PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY_MS = 86_400_000;
const CA_LIFE_MS = 3650 * DAY_MS;
/** Clients of Apple refuse longer ones. */
const CERTIFICATE_LIFE_MS = 800 * DAY_MS;

/**
 * Makes a certificate authority for a test network or a home network: nobody trusts it who was not told to.
 *
 * @param now milliseconds since 1970
 */
export async function createTestCa(now: number, name = 'Payvand test CA'): Promise<Certificate> {
  const x509 = await loadX509();
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    ...validity(now, CA_LIFE_MS),
    name: [{ CN: [name] }],
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { cert: `${certificate.toString('pem')}\n`, key: await exportKey(keys.privateKey) };
}

/**
 * Issues a server certificate for names and addresses. Its `cert` holds the whole chain.
 *
 * @param subject at least one name or address
 */
export async function issueCertificate(
  ca: Certificate,
  subject: { names: readonly string[]; ips?: readonly string[] },
  now: number,
): Promise<Certificate> {
  const x509 = await loadX509();
  const { names, ips = [] } = subject;
  const issuer = new x509.X509Certificate(ca.cert);
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.create({
    ...validity(now, CERTIFICATE_LIFE_MS),
    subject: [{ CN: [names[0] ?? ips[0] ?? 'payvand'] }],
    issuer: issuer.subjectName.toJSON(),
    publicKey: keys.publicKey,
    signingKey: await importKey(ca.key),
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension([
        ...names.map((value) => ({ type: 'dns' as const, value })),
        ...ips.map((value) => ({ type: 'ip' as const, value })),
      ]),
      await x509.AuthorityKeyIdentifierExtension.create(issuer),
    ],
  });
  return { cert: `${certificate.toString('pem')}\n${ca.cert}`, key: await exportKey(keys.privateKey) };
}

/** Writes both files; the key, and the certificate with it, readable by the owner only. */
export async function writeCertificate(certificate: Certificate, files: { cert: string; key: string }): Promise<void> {
  for (const [file, text] of [
    [files.cert, certificate.cert],
    [files.key, certificate.key],
  ] as const) {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(file, text, { mode: 0o600 });
  }
}

/** Loaded only when a certificate is made: it costs 20 MB and a fifth of a second. */
async function loadX509(): Promise<typeof import('@peculiar/x509')> {
  await import('reflect-metadata');
  return import('@peculiar/x509');
}

function validity(
  now: number,
  lifeMs: number,
): Pick<X509CertificateCreateParams, 'serialNumber' | 'notBefore' | 'notAfter'> {
  // A leading 0x01 keeps the number positive and of full length.
  const serialNumber = `01${randomBytes(15).toString('hex')}`;
  return { serialNumber, notBefore: new Date(now - DAY_MS), notAfter: new Date(now + lifeMs) };
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key));
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN PRIVATE KEY-----\n${lines.join('\n')}\n-----END PRIVATE KEY-----\n`;
}

function importKey(pem: string): Promise<webcrypto.CryptoKey> {
  const der = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64');
  return webcrypto.subtle.importKey('pkcs8', der, algorithm, false, ['sign']);
}
