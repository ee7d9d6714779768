import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { rootCertificates, type TLSSocket } from 'node:tls';
import { Agent, buildConnector } from 'undici';
import { EXIT, Problem } from '../model/problem.ts';
import { DeviceError } from './errors.ts';

/** How a unit is reached and who asks. */
export interface DeviceAccess {
  /** `https://HOST[:PORT]` */
  readonly url: string;
  /** Absolute path of a PEM file; null takes the system's CAs. */
  readonly ca: string | null;
  /** SHA-256, upper case hex with colons; stands in for a CA. */
  readonly fingerprint: string | null;
  /** Takes whatever certificate is shown. */
  readonly insecure: boolean;
  readonly user: string;
  readonly password: string;
  /** Milliseconds for each wait, everything that is tried again included. */
  readonly timeout: number;
}

/** Where distributions keep the CAs that they trust. */
const SYSTEM_CAS = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/**
 * Opens connections to one unit; nothing is sent before its certificate is checked.
 *
 * @throws Problem (exit 1) when the CA file cannot be used
 */
export function dialAgent(access: DeviceAccess): Agent {
  const { fingerprint, insecure, timeout } = access;
  const trusted = fingerprint !== null || insecure ? {} : { ca: authorities(access.ca) };
  const dial = buildConnector({
    ...trusted,
    // A pinned certificate is its own authority; it is compared below, before anything is sent.
    rejectUnauthorized: fingerprint === null && !insecure,
    // A resumed session shows no certificate.
    maxCachedSessions: 0,
    timeout,
  });
  return new Agent({
    connections: 1,
    pipelining: 1,
    connect: (options, callback) =>
      dial(options, (...[error, socket]) => {
        if (error !== null) return callback(error, null);
        const objection = fingerprint === null ? null : objectionTo(socket as TLSSocket, access);
        if (objection === null) return callback(null, socket);
        socket.destroy();
        return callback(objection, null);
      }),
  });
}

function objectionTo(socket: TLSSocket, { url, fingerprint }: DeviceAccess): DeviceError | null {
  const shown = socket.getPeerCertificate().fingerprint256;
  if (shown === fingerprint) return null;
  return new DeviceError(
    'certificate',
    `the BIG-IP at ${new URL(url).host} shows another certificate than the pinned one, ${shown ?? 'none'}`,
    { fix: 'find out why; if it was renewed, write the new one into management.fingerprint' },
  );
}

function authorities(file: string | null): string | string[] {
  if (file !== null) return readAuthority(file);
  const given = process.env['SSL_CERT_FILE'];
  const system = [...(given ? [given] : []), ...SYSTEM_CAS].find((path) => existsSync(path));
  return system === undefined ? [...rootCertificates] : readFileSync(system, 'utf8');
}

function readAuthority(file: string): string {
  const problem = (what: string, cause: unknown) =>
    new Problem(`the CA file ${file} ${what}`, {
      exit: EXIT.failed,
      fix: 'name a certificate in PEM format in management.ca',
      cause,
    });
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw problem(`cannot be read (${(cause as NodeJS.ErrnoException).code})`, cause);
  }
  try {
    new X509Certificate(text);
  } catch (cause) {
    throw problem('is no certificate', cause);
  }
  return text;
}
