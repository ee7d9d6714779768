import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Certificates, type KeyPair, makeCertificates } from '../certificates.ts';
import type { Settings } from './types.ts';

/** What a unit shows of itself, and what a client may trust. */
export interface Identity {
  readonly server: KeyPair;
  /** The CA to trust; the certificate itself where nobody else has signed it. */
  readonly ca: string;
  readonly otherCa: string;
  /** SHA-256, in pairs of upper-case digits. */
  readonly fingerprint: string;
}

let made: Certificates | null = null;

/** Certificates are made once for all units of a test file. */
export function identityFor({
  certificate,
  selfSigned,
}: Pick<Settings, 'certificate' | 'selfSigned'>): Identity {
  made ??= makeCertificates();
  const signed = {
    server: made.server,
    misnamed: made.misnamedServer,
    expired: made.expiredServer,
  }[certificate];
  const server = selfSigned ? signedByItself(certificate) : signed;
  const { fingerprint256 } = new X509Certificate(readFileSync(server.cert));
  const ca = selfSigned ? server.cert : made.ca;
  return { server, ca, otherCa: made.otherCa, fingerprint: fingerprint256 };
}

function signedByItself(certificate: Settings['certificate']): KeyPair {
  const folder = mkdtempSync(path.join(tmpdir(), 'flannel-bigip-tls-'));
  const file = (name: string) => path.join(folder, name);
  const pair = { cert: file('unit.pem'), key: file('unit-key.pem') };
  const request = file('unit.csr');
  const here = 'subjectAltName=IP:127.0.0.1,DNS:localhost';
  const elsewhere = 'subjectAltName=IP:127.0.0.9,DNS:elsewhere';
  writeFileSync(file('unit.ext'), certificate === 'misnamed' ? elsewhere : here);
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const subject = ['-subj', '/CN=localhost.localdomain'];
  openssl('req', '-new', ...curve, ...subject, '-keyout', pair.key, '-out', request);
  // A negative term makes a certificate that has ended already.
  const days = certificate === 'expired' ? '-1' : '2';
  const sign = ['-signkey', pair.key, '-days', days, '-extfile', file('unit.ext')];
  openssl('x509', '-req', '-in', request, ...sign, '-out', pair.cert);
  return pair;
}

function openssl(...args: string[]): void {
  execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}
