import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

/** Paths of PEM files made for one test run. */
export interface Certificates {
  readonly ca: string;
  /** Made out to 127.0.0.1 and localhost. */
  readonly server: KeyPair;
  readonly client: KeyPair;
  readonly expiredClient: KeyPair;
  /** A CA that nobody trusts, and a client certificate of it. */
  readonly otherCa: string;
  readonly strangeClient: KeyPair;
  /** Of the right CA, but made out to another address. */
  readonly misnamedServer: KeyPair;
  readonly expiredServer: KeyPair;
}

/** Makes a CA and what it signs, with openssl. */
export function makeCertificates(): Certificates {
  const folder = mkdtempSync(path.join(tmpdir(), 'flannel-bigip-tls-'));
  const ca = authority(folder, 'ca');
  const other = authority(folder, 'other');
  const here = 'subjectAltName=IP:127.0.0.1,DNS:localhost';
  return {
    ca: ca.cert,
    server: issue(folder, 'server', ca, here),
    client: issue(folder, 'client', ca, 'extendedKeyUsage=clientAuth'),
    expiredClient: issue(folder, 'expired-client', ca, 'extendedKeyUsage=clientAuth', true),
    otherCa: other.cert,
    strangeClient: issue(folder, 'strange-client', other, 'extendedKeyUsage=clientAuth'),
    misnamedServer: issue(folder, 'misnamed', ca, 'subjectAltName=IP:127.0.0.9,DNS:elsewhere'),
    expiredServer: issue(folder, 'expired-server', ca, here, true),
  };
}

/**
 * A client certificate of the CA for a user.
 *
 * @param subject as openssl takes it, e.g. `/O=system:nodes/CN=system:node:a`
 */
export function makeClient({ ca }: Certificates, subject: string): KeyPair {
  const folder = path.dirname(ca);
  const pair = { cert: ca, key: path.join(folder, 'ca-key.pem') };
  const name = `client-${subject.replace(/\W+/g, '-')}`;
  return issue(folder, name, pair, 'extendedKeyUsage=clientAuth', false, subject);
}

function openssl(...args: string[]): void {
  execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

function authority(folder: string, name: string): KeyPair {
  const pair = {
    cert: path.join(folder, `${name}.pem`),
    key: path.join(folder, `${name}-key.pem`),
  };
  openssl(
    'req',
    '-x509',
    ...NEW_KEY,
    '-days',
    '2',
    '-subj',
    `/CN=${name}`,
    '-keyout',
    pair.key,
    '-out',
    pair.cert,
  );
  return pair;
}

function issue(
  folder: string,
  name: string,
  ca: KeyPair,
  extensions: string,
  expired = false,
  subject = `/CN=${name}`,
): KeyPair {
  const pair = {
    cert: path.join(folder, `${name}.pem`),
    key: path.join(folder, `${name}-key.pem`),
  };
  const request = path.join(folder, `${name}.csr`);
  const extensionFile = path.join(folder, `${name}.ext`);
  writeFileSync(extensionFile, extensions);
  openssl('req', '-new', ...NEW_KEY, '-subj', subject, '-keyout', pair.key, '-out', request);
  openssl(
    'x509',
    '-req',
    '-in',
    request,
    '-CA',
    ca.cert,
    '-CAkey',
    ca.key,
    '-CAcreateserial',
    // A negative term makes a certificate that has ended already.
    '-days',
    expired ? '-1' : '2',
    '-extfile',
    extensionFile,
    '-out',
    pair.cert,
  );
  return pair;
}

/** The same key under a passphrase. */
export function encryptKey(key: string): string {
  const encrypted = key.replace(/\.pem$/, '-encrypted.pem');
  openssl('pkcs8', '-topk8', '-in', key, '-passout', 'pass:secret', '-out', encrypted);
  return encrypted;
}
