import { EXIT, Problem } from '../model/problem.ts';
import { RefusedRequest } from './requests.ts';

/** A request that the API server refused, or that did not get an answer. */
export class ApiError extends Problem {
  constructor(
    message: string,
    /** HTTP status; null when there was no answer. */
    readonly status: number | null,
    options: { readonly fix?: string; readonly cause?: unknown } = {},
  ) {
    super(message, { exit: EXIT.failed, ...options });
  }
}

/** What a request failed with, in one line. */
export function explain(server: string, what: string, error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  const host = hostOf(server);
  if (error instanceof RefusedRequest) {
    const [why, fix] = refusal(error.code, messageOf(error));
    return new ApiError(`the API server at ${host} ${why} (${what})`, error.code, {
      fix,
      cause: error,
    });
  }
  const text = `${(error as NodeJS.ErrnoException).code ?? ''} ${(error as Error).message}`;
  const [, why, fix] = CONNECTION_ERRORS.find(([pattern]) => pattern.test(text)) ?? UNKNOWN;
  return new ApiError(`the API server at ${host} ${why}`, null, { fix, cause: error });
}

function hostOf(server: string): string {
  return URL.canParse(server) ? new URL(server).host : server;
}

/** The message of the `Status` that the API server sends with every refusal. */
function messageOf({ body }: RefusedRequest): string | null {
  try {
    const { message } = (JSON.parse(body) ?? {}) as { message?: unknown };
    return typeof message === 'string' && message !== '' ? message : null;
  } catch {
    return null;
  }
}

function refusal(status: number, message: string | null): [string, string] {
  const said = message === null ? '' : `: ${message}`;
  switch (status) {
    case 401:
      return [
        'does not know this user: the credentials of the kubeconfig are missing, wrong or expired',
        'check --kubeconfig and --context',
      ];
    case 403:
      return [
        `forbids it${said}`,
        'use credentials that may get, list and patch nodes; those of a kubelet reach its own Node with --node only',
      ];
    case 404:
      return [`has no such thing${said}`, 'check the name'];
    case 429:
      return ['has too much to do and asks to come back later', 'raise --timeout, or try later'];
    default:
      return status >= 500
        ? [`has an error of its own, HTTP ${status}${said}`, 'try again']
        : [`refuses it, HTTP ${status}${said}`, 'see what it says'];
  }
}

const UNKNOWN: readonly [RegExp, string, string] = [
  /./,
  'cannot be talked to',
  'check the server of the kubeconfig, and pass --verbose',
];

const CONNECTION_ERRORS: readonly (readonly [RegExp, string, string])[] = [
  [/ECONNREFUSED/, 'refuses the connection: nothing listens there', 'check that it runs'],
  [/ENOTFOUND|EAI_AGAIN/, 'is at a host that is not known', 'check the server of the kubeconfig'],
  [/EHOSTUNREACH|ENETUNREACH/, 'cannot be routed to', 'check the network between'],
  [
    /abort|timeout|timed out|ETIMEDOUT/i,
    'did not answer in time',
    'check the address, or raise --timeout',
  ],
  [
    /ALTNAME|altnames/i,
    'shows a certificate that is made out to other names',
    'use a name that stands in the certificate',
  ],
  [/CERT_HAS_EXPIRED/, 'shows a certificate that has expired', 'renew it'],
  [
    /SELF_SIGNED|UNABLE_TO_(VERIFY|GET)|DEPTH_ZERO/,
    "shows a certificate that the kubeconfig's CA did not sign",
    'check certificate-authority in the kubeconfig',
  ],
  [/ECONNRESET|EPIPE|hang up|closed/i, 'closed the connection', 'try again'],
  [/EPROTO|wrong version number/, 'speaks no TLS, or an old one', 'check http or https'],
];
