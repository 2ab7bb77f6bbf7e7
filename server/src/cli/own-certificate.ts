import { X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { createTestCa, issueCertificate, writeCertificate } from '../certificates.js';
import type { Config } from '../config.js';
import type { Domain } from '../protocol/identifiers.js';
import { CommandError } from './command.js';

/** The certificate a provider shows. */
export interface OwnCertificate {
  /** PEM file of the authority clients must be told of; undefined when the files were given */
  readonly authority?: string;
  /** SHA-256 over the authority, or over the certificate that was given */
  readonly fingerprint: string;
  readonly until: Date;
}

interface CertificateOptions {
  readonly config: Pick<Config, 'dataDir' | 'tlsCert' | 'tlsKey' | 'endpoint'>;
  readonly domain: Domain;
  readonly now: number;
}

const RENEW_BEFORE_MS = 30 * 86_400_000;

/**
 * Checks the certificate that was given, or makes one for the local network in the data directory: an authority that
 * stays, and a certificate for the name and all present addresses of this machine, made again when they change.
 *
 * @throws CommandError `bad-certificate`
 */
export async function prepareCertificate({ config, domain, now }: CertificateOptions): Promise<OwnCertificate> {
  const endpoint = config.endpoint ?? domain;
  const { tlsCert, tlsKey } = config;
  if (tlsCert !== undefined && tlsKey !== undefined) return checkGiven({ cert: tlsCert, key: tlsKey, endpoint, now });
  const inTls = (name: string): string => join(config.dataDir, 'tls', name);
  const files = { cert: inTls('cert.pem'), key: inTls('key.pem') };
  const authority = { cert: inTls('ca.pem'), key: inTls('ca-key.pem') };
  // Without our authority the files were put there by the operator.
  if (existsSync(files.cert) && !existsSync(authority.key)) return checkGiven({ ...files, endpoint, now });
  if (!existsSync(authority.key)) await writeCertificate(await createTestCa(now, `Payvand on ${domain}`), authority);
  const ca = { cert: await readFile(authority.cert, 'utf8'), key: await readFile(authority.key, 'utf8') };
  const subject = { names: [endpoint, 'localhost'], ips: ['127.0.0.1', '::1', ...lanAddresses()] };
  if (!(await isUsable(files.cert, subject, now)))
    await writeCertificate(await issueCertificate(ca, subject, now), files);
  const { fingerprint256: fingerprint } = new X509Certificate(ca.cert);
  return { authority: authority.cert, fingerprint, until: validTo(await readCertificate(files.cert)) };
}

/** This machine's addresses on its networks, IPv4. */
export function lanAddresses(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ family, internal }) => family === 'IPv4' && !internal)
    .map(({ address }) => address);
}

async function isUsable(
  file: string,
  { names, ips }: { names: readonly string[]; ips: readonly string[] },
  now: number,
): Promise<boolean> {
  if (!existsSync(file)) return false;
  const certificate = await readCertificate(file);
  const isValid = validTo(certificate).getTime() - now > RENEW_BEFORE_MS;
  const covers = names.every((name) => certificate.checkHost(name)) && ips.every((ip) => certificate.checkIP(ip));
  return isValid && covers;
}

interface GivenFiles {
  readonly cert: string;
  readonly key: string;
  readonly endpoint: string;
  readonly now: number;
}

async function checkGiven({ cert, key, endpoint, now }: GivenFiles): Promise<OwnCertificate> {
  const certificate = await readCertificate(cert);
  try {
    createSecureContext({ cert: await readFile(cert), key: await readFile(key) });
  } catch (cause) {
    throw badCertificate(`${key} is not the private key of ${cert}, or cannot be read`, cause);
  }
  const until = validTo(certificate);
  const from = new Date(certificate.validFrom);
  const isNow = from.getTime() <= now && now <= until.getTime();
  if (!isNow)
    throw badCertificate(
      `${cert} is valid from ${from.toISOString()} to ${until.toISOString()}, and this machine's clock says ` +
        `${new Date(now).toISOString()}: renew it, or set the clock`,
    );
  if (certificate.checkHost(endpoint) === undefined)
    throw badCertificate(`${cert} is for ${certificate.subjectAltName ?? certificate.subject}, not for ${endpoint}`);
  return { fingerprint: certificate.fingerprint256, until };
}

async function readCertificate(file: string): Promise<X509Certificate> {
  try {
    return new X509Certificate(await readFile(file));
  } catch (cause) {
    throw badCertificate(`${file} cannot be read as a certificate in PEM`, cause);
  }
}

function validTo(certificate: X509Certificate): Date {
  return new Date(certificate.validTo);
}

function badCertificate(message: string, cause?: unknown): CommandError {
  return new CommandError('bad-certificate', message, { cause });
}
