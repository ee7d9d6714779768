import { EXIT, Problem } from '../model/problem.ts';
import { BUN } from '../runtime.ts';

/** Stable names of what can go wrong between this program and a store. */
export type StoreFailure =
  | 'unreachable'
  | 'closed'
  | 'timeout'
  | 'tls-untrusted'
  | 'tls-name'
  | 'tls-expired'
  | 'tls-client-certificate'
  | 'tls-file'
  | 'tls-mismatch'
  | 'tls-version'
  | 'no-leader'
  | 'auth-failed'
  | 'auth-needed'
  | 'auth-off'
  | 'permission-denied'
  | 'no-space'
  | 'api-off'
  | 'read-only'
  | 'bad-store'
  | 'refused';

/** Worth another endpoint: the next one may do better. Everything else would fail there too. */
const TRANSIENT: readonly StoreFailure[] = ['unreachable', 'closed', 'timeout', 'no-leader'];

/** A store's failure in one line. */
export class StoreError extends Problem {
  readonly failure: StoreFailure;

  constructor(
    failure: StoreFailure,
    message: string,
    options: { readonly fix?: string; readonly cause?: unknown } = {},
  ) {
    super(message, { exit: EXIT.failed, ...options });
    this.failure = failure;
  }

  get transient(): boolean {
    return TRANSIENT.includes(this.failure);
  }
}

/** Where an endpoint's errors point: host and port, without scheme. */
export function hostOf(endpoint: string): string {
  return endpoint.replace(/^[a-z]+:\/\//, '').replace(/\/.*$/, '');
}

/** An endpoint whose scheme says TLS where there is none, or the other way round. */
export function tlsMismatch(endpoint: string, cause: unknown): StoreError {
  const [answers, says, right] = endpoint.startsWith('https:')
    ? ['without', 'https', 'http']
    : ['with', 'http', 'https'];
  return new StoreError(
    'tls-mismatch',
    `etcd at ${hostOf(endpoint)} answers ${answers} TLS, but the endpoint says ${says}`,
    { cause, fix: `write ${right}:// in the endpoint` },
  );
}

/** Something answers that is no etcd. */
export function noEtcd(endpoint: string, detail: string, cause?: unknown): StoreError {
  return new StoreError('refused', `what answers at ${hostOf(endpoint)} is no etcd (${detail})`, {
    cause,
    fix: 'check the address and the port',
  });
}

export function noLeader(endpoint: string, cause?: unknown): StoreError {
  return new StoreError(
    'no-leader',
    `etcd at ${hostOf(endpoint)} has no leader: most members are down or cut off`,
    { cause, fix: 'bring the other members back' },
  );
}

export function timeoutOf(endpoint: string, cause?: unknown): StoreError {
  return new StoreError('timeout', `etcd at ${hostOf(endpoint)} did not answer in time`, {
    cause,
    fix: 'check the address, or raise --timeout',
  });
}

/**
 * Names a failed connection from the text of Node's, OpenSSL's or gRPC's error, which is all that
 * these libraries give; null when the text is none of a connection's.
 */
export function connectionError(endpoint: string, text: string, cause: unknown): StoreError | null {
  const host = hostOf(endpoint);
  if (TLS_MISMATCH.test(text)) return tlsMismatch(endpoint, cause);
  for (const [pattern, failure, what, fix] of CONNECTION_ERRORS) {
    if (pattern.test(text)) {
      // Bun says of both that they refuse.
      const isUnclear = what === REFUSES && BUN !== undefined && !LOOPBACK.test(host);
      const message = (isUnclear ? UNCLEAR : what).replace('%h', host);
      return new StoreError(failure, message, { cause, fix });
    }
  }
  return null;
}

const REFUSES = 'etcd at %h refuses the connection: nothing listens there';
const UNCLEAR = 'etcd at %h cannot be connected to: nothing listens there, or no route leads there';
const LOOPBACK = /^(127\.|localhost:|\[::1\])/;

const TLS_MISMATCH =
  /wrong version number|packet length too long|EPROTO.*(http request|unsupported protocol)|client sent an HTTP request to an HTTPS server|HPE_INVALID|Parse Error|Expected HTTP\//i;

const CONNECTION_ERRORS: readonly (readonly [RegExp, StoreFailure, string, string])[] = [
  [
    /alert protocol version|ALERT_PROTOCOL_VERSION|ERR_SSL_UNSUPPORTED_PROTOCOL/i,
    'tls-version',
    'etcd at %h speaks no version of TLS that is safe, which 1.2 and 1.3 are',
    'update what answers there',
  ],
  [
    /SELF_SIGNED_CERT|DEPTH_ZERO|self[- ]signed certificate|UNABLE_TO_(VERIFY|GET)|unable to (verify|get)|signature failure/i,
    'tls-untrusted',
    'the certificate of etcd at %h is signed by no CA that is trusted here',
    "pass etcd's own CA with --cacert; without it the system's CAs count",
  ],
  [
    /ERR_TLS_CERT_ALTNAME|altnames|does not match certificate/i,
    'tls-name',
    'the certificate of etcd at %h is made out to other names or addresses',
    'use a name that stands in the certificate, or add this one to it',
  ],
  [
    /CERT_HAS_EXPIRED|certificate has expired/i,
    'tls-expired',
    'the certificate of etcd at %h has expired',
    "renew etcd's certificate",
  ],
  [
    /alert certificate expired|expired certificate/i,
    'tls-client-certificate',
    'etcd at %h refuses the client certificate: it has expired',
    'renew the certificate given with --cert',
  ],
  [
    /alert (bad|unknown) certificate|bad certificate|certificate required|alert unknown ca|alert number (42|46|48|116)/i,
    'tls-client-certificate',
    'etcd at %h refuses this client: its certificate is missing or not signed by a CA that etcd trusts',
    'pass --cert and --key',
  ],
  [
    /ENOTFOUND|EAI_AGAIN|Name resolution failed/i,
    'unreachable',
    'the host of %h is not known',
    'check its name, or write its address',
  ],
  [/ECONNREFUSED/i, 'unreachable', REFUSES, 'check the address and that etcd runs'],
  [
    /EHOSTUNREACH|ENETUNREACH/i,
    'unreachable',
    'no route to etcd at %h',
    'check the address and the network between',
  ],
  [
    /ECONNRESET|EPIPE|socket hang up|closed|other side|GOAWAY|UND_ERR_SOCKET|Connection dropped|socket disconnected|Failed to connect|No connection established/i,
    'closed',
    'etcd at %h closed the connection',
    'check that etcd runs and what stands between',
  ],
  [
    /timed? ?out|ETIMEDOUT|deadline exceeded|UND_ERR_\w*TIMEOUT|aborted/i,
    'timeout',
    'etcd at %h did not answer in time',
    'check the address, or raise --timeout',
  ],
];
