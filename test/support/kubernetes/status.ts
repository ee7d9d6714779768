import type { NodeObject } from './node-store.ts';

/** The object with which an API server refuses a request (Kubernetes API conventions). */
export interface Status {
  readonly kind: 'Status';
  readonly apiVersion: 'v1';
  readonly metadata: object;
  readonly status: 'Failure';
  readonly message: string;
  readonly reason: string;
  readonly details?: object;
  readonly code: number;
}

const REASONS: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  409: 'Conflict',
  410: 'Expired',
  415: 'UnsupportedMediaType',
  422: 'Invalid',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

/** A request that is refused. */
export class Refused extends Error {
  constructor(
    readonly code: number,
    message: string,
    readonly options: {
      readonly reason?: string;
      readonly details?: object;
      readonly retryAfter?: number;
    } = {},
  ) {
    super(message);
  }

  get status(): Status {
    const { reason, details, retryAfter } = this.options;
    const seconds = retryAfter === undefined ? {} : { retryAfterSeconds: retryAfter };
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: this.message,
      reason: reason ?? REASONS[this.code] ?? 'Unknown',
      ...(details || retryAfter !== undefined ? { details: { ...details, ...seconds } } : {}),
      code: this.code,
    };
  }
}

export function notFound(name: string): Refused {
  return new Refused(404, `nodes "${name}" not found`, { details: { name, kind: 'nodes' } });
}

/** Of a version that is yet to come: what an API server says that lags behind another. */
export function tooLarge(wanted: number, current: number): Refused {
  const cause = { reason: 'ResourceVersionTooLarge', message: 'Too large resource version' };
  const message = `Timeout: Too large resource version: ${wanted}, current: ${current}`;
  return new Refused(504, message, { details: { causes: [cause] }, retryAfter: 1 });
}

/** What a DELETE that was carried out is answered with. */
export function deleted({ metadata: { name, uid } }: NodeObject): object {
  const details = { name, kind: 'nodes', uid };
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details };
}
