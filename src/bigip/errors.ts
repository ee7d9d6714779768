import { EXIT, Problem } from '../model/problem.ts';

/**
 * Why a unit could not be asked. `lost` is a write whose answer did not come: it may be carried out or
 * not. `refused-login` must never be tried again, since devices lock users out.
 */
export type DeviceTrouble =
  | 'unreachable'
  | 'certificate'
  | 'refused-login'
  | 'token-limit'
  | 'role'
  | 'starting'
  | 'not-a-bigip'
  | 'conflict'
  | 'refused'
  | 'lost';

/** A request that a BIG-IP refused, or that got no answer. */
export class DeviceError extends Problem {
  constructor(
    readonly kind: DeviceTrouble,
    message: string,
    options: { readonly fix?: string; readonly cause?: unknown } = {},
  ) {
    super(message, { exit: EXIT.failed, ...options });
  }
}

/** What a failed connection to a unit means, in one line. */
export function explainConnection(host: string, error: unknown): DeviceError {
  if (error instanceof DeviceError) return error;
  const { code = '', message } = error as NodeJS.ErrnoException;
  const text = `${code} ${message}`;
  const [, kind, why, fix] = CONNECTION_ERRORS.find(([pattern]) => pattern.test(text)) ?? CLOSED;
  return new DeviceError(kind, `the BIG-IP at ${host} ${why}`, { fix, cause: error });
}

type Explained = readonly [RegExp, DeviceTrouble, why: string, fix: string];

const CLOSED: Explained = [/./, 'unreachable', 'closed the connection', 'try again'];

const CERTIFICATE_FIX =
  'name its CA in management.ca, or its fingerprint in management.fingerprint';

const CONNECTION_ERRORS: readonly Explained[] = [
  [
    /ECONNREFUSED/,
    'unreachable',
    'refuses the connection: nothing listens there',
    'check management.url, and that the unit runs',
  ],
  [
    /ENOTFOUND|EAI_AGAIN/,
    'unreachable',
    'is at a host that is not known',
    'check management.url, or the DNS server',
  ],
  [
    /EHOSTUNREACH|ENETUNREACH/,
    'unreachable',
    'cannot be routed to',
    'check the network between here and its management interface',
  ],
  [
    /ETIMEDOUT|timeout|timed out/i,
    'unreachable',
    'did not answer in time',
    'check management.url and firewalls, or raise --timeout',
  ],
  [
    /ALTNAME/,
    'certificate',
    'shows a certificate that is made out to other names',
    'use a name that stands in the certificate, or pin it with management.fingerprint',
  ],
  [
    /CERT_HAS_EXPIRED/,
    'certificate',
    'shows a certificate that has expired',
    'renew it, or pin it with management.fingerprint',
  ],
  [
    /SELF_SIGNED|UNABLE_TO_(VERIFY|GET)|DEPTH_ZERO/,
    'certificate',
    'shows a certificate of an unknown authority',
    CERTIFICATE_FIX,
  ],
  [
    /WRONG_VERSION|EPROTO|SSL routines|PACKET_LENGTH/,
    'not-a-bigip',
    'speaks no TLS, or an old one',
    'check the port in management.url',
  ],
  [
    /HPE_|UND_ERR_(?!SOCKET)|Parse Error/,
    'not-a-bigip',
    'does not speak HTTP',
    'check the port in management.url',
  ],
];
