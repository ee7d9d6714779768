import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { StoreError } from './errors.ts';

/** Everything an adapter needs to reach etcd. */
export interface EtcdConnection {
  /** Client URLs with scheme. */
  readonly endpoints: readonly string[];
  /** How an endpoint is named, where nobody has named one and this is the default. */
  readonly howToName?: string;
  readonly prefix: string;
  /** Milliseconds for one operation, all endpoints together. */
  readonly timeout: number;
  /** Milliseconds between two writes under `subnets/` (v3). */
  readonly settle: number;
  readonly tls: TlsFiles;
  readonly credentials: { readonly user: string; readonly password: string } | null;
  /** Null where every endpoint is dialled directly. */
  readonly proxy: HttpProxy | null;
}

/** An HTTP proxy that opens tunnels (CONNECT, RFC 9110 section 9.3.6). */
export interface HttpProxy {
  /** `http://HOST:PORT`, maybe with a user and a password. */
  readonly url: string;
  /** Endpoints that are dialled directly all the same. */
  readonly except: readonly string[];
}

/** Paths of PEM files. */
export interface TlsFiles {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** PEM texts, read and held against one another. */
export interface TlsMaterial {
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

/**
 * Reads the TLS files if any endpoint is https.
 *
 * @throws StoreError `tls-file` when a file cannot be read or used, `tls-client-certificate` when
 *   the client certificate has expired.
 */
export function readTlsFiles(connection: EtcdConnection): TlsMaterial | null {
  if (!connection.endpoints.some((endpoint) => endpoint.startsWith('https:'))) return null;
  const { ca, cert, key } = connection.tls;
  if ((cert === undefined) !== (key === undefined)) {
    const [given, missing] = cert === undefined ? ['key', 'certificate'] : ['certificate', 'key'];
    throw new StoreError('tls-file', `a client ${given} is given without its ${missing}`, {
      fix: 'pass both --cert and --key',
    });
  }
  const material = {
    ...(ca === undefined ? {} : { ca: readPem(ca, 'CA') }),
    ...(cert === undefined ? {} : { cert: readPem(cert, 'client certificate') }),
    ...(key === undefined ? {} : { key: readPem(key, 'client key') }),
  };
  if (material.ca && ca) checkAuthority(material.ca, ca);
  if (material.cert && material.key && cert && key) {
    checkClientPair(material.cert, material.key, cert, key);
  }
  return material;
}

function readPem(path: string, what: string): Buffer {
  let text: Buffer;
  try {
    text = readFileSync(path);
  } catch (cause) {
    const [reason, fix] =
      (cause as NodeJS.ErrnoException).code === 'ENOENT'
        ? ['is not there', 'check the path']
        : ['cannot be read', 'check the path and its permissions'];
    throw new StoreError('tls-file', `the ${what} file ${path} ${reason}`, { cause, fix });
  }
  if (!text.includes('-----BEGIN')) {
    throw new StoreError('tls-file', `${path} is no PEM file, so it cannot be the ${what}`, {
      fix: 'give a file that begins with -----BEGIN',
    });
  }
  return text;
}

/** TLS itself takes a damaged CA silently, and then trusts nobody. */
function checkAuthority(ca: Buffer, path: string): void {
  try {
    new X509Certificate(ca);
  } catch (cause) {
    throw new StoreError('tls-file', `${path} cannot be used as the CA`, {
      cause,
      fix: 'give a certificate in PEM format',
    });
  }
}

function checkClientPair(cert: Buffer, key: Buffer, certPath: string, keyPath: string): void {
  if (/ENCRYPTED/.test(key.toString('latin1'))) {
    throw new StoreError('tls-file', `the client key ${keyPath} is encrypted`, {
      fix: 'give a key without a passphrase, readable by this user alone',
    });
  }
  let expires: Date;
  try {
    createSecureContext({ cert, key });
    expires = new Date(new X509Certificate(cert).validTo);
  } catch (cause) {
    const { message } = cause as Error;
    const [reason, fix] = /mismatch/i.test(message)
      ? ['do not belong together', 'pass the key that the certificate was made for']
      : ['cannot be used', 'give a certificate and its key in PEM format'];
    throw new StoreError('tls-file', `${certPath} and ${keyPath} ${reason}`, { cause, fix });
  }
  if (expires.getTime() < Date.now()) {
    const when = expires.toISOString().slice(0, 10);
    throw new StoreError(
      'tls-client-certificate',
      `the client certificate ${certPath} has expired on ${when}`,
      { fix: 'renew it' },
    );
  }
}
