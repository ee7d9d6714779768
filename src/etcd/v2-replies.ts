import type { Dispatcher } from 'undici';
import { connectionError, hostOf, noEtcd, noLeader, StoreError, tlsMismatch } from './errors.ts';
import { isV2Node, type V2Node } from './v2-node.ts';

/** What etcd's v2 API answered: a node, or an error code of its own. */
export interface V2Reply {
  readonly status: number;
  readonly index: string;
  readonly clusterId: string | null;
  /** What was done, e.g. `get`, `set`, `expire`; null with an error code. */
  readonly action: string | null;
  readonly node: V2Node | null;
  /** etcd's own error code, e.g. 100 for a key that is not there. */
  readonly errorCode: number | null;
}

/** Reads a reply; throws StoreError for everything that is no answer about a key. */
export function readReply(
  endpoint: string,
  response: Dispatcher.ResponseData,
  text: string,
  withUser: boolean,
): V2Reply {
  const host = hostOf(endpoint);
  const header = (name: string) => {
    const value = response.headers[name];
    return Array.isArray(value) ? (value[0] ?? null) : (value ?? null);
  };
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw noJson(endpoint, response.statusCode, text);
  }
  const { action, node, errorCode, message } = (body ?? {}) as Record<string, unknown>;
  if (response.statusCode === 401) throw refusal(host, withUser);
  const code = typeof errorCode === 'number' ? errorCode : null;
  if (code !== null) checkErrorCode(endpoint, response.statusCode, code, textOr(message, ''));
  // Whatever else speaks JSON there must not be taken for keys of flannel's.
  if (code === null && !isV2Node(node)) throw noEtcd(endpoint, `HTTP ${response.statusCode}`);
  const index = header('x-etcd-index') ?? '';
  return {
    status: response.statusCode,
    index: /^\d{1,20}$/.test(index) ? index : '0',
    clusterId: header('x-etcd-cluster-id'),
    action: textOr(action, null),
    node: code === null ? (node as V2Node) : null,
    errorCode: code,
  };
}

function textOr<T>(value: unknown, otherwise: T): string | T {
  return typeof value === 'string' ? value : otherwise;
}

/** etcd says the same to a wrong password and to a user without the right. */
function refusal(host: string, withUser: boolean): StoreError {
  return withUser
    ? new StoreError(
        'permission-denied',
        `etcd at ${host} refuses: wrong user or password, or no right to this key`,
        { fix: 'pass --user and --password-file of a user who may read and write the prefix' },
      )
    : new StoreError('auth-needed', `etcd at ${host} wants a user and a password`, {
        fix: 'pass --user and --password-file, or set ETCDCTL_USER',
      });
}

/** Without `--enable-v2`, and in etcd 3.6, `/v2` is a path like any other that is not there. */
function noJson(endpoint: string, status: number, text: string): StoreError {
  const host = hostOf(endpoint);
  if (status === 404) {
    return new StoreError('api-off', `etcd at ${host} does not offer the v2 API`, {
      fix: 'start etcd (3.5 or older) with --enable-v2, or use --etcd-api v3',
    });
  }
  if (/HTTP request to an HTTPS server/i.test(text)) {
    return tlsMismatch(endpoint, undefined);
  }
  if (status >= 500) {
    return new StoreError('no-leader', `etcd at ${host} cannot answer now (HTTP ${status})`, {
      fix: 'check its members, and what stands between',
    });
  }
  return noEtcd(endpoint, `HTTP ${status}`);
}

/** etcd's error codes of the v2 API that are the server's trouble, not an answer. */
function checkErrorCode(endpoint: string, status: number, code: number, text: string): void {
  const host = hostOf(endpoint);
  if (code === 300 || code === 301 || code === 400 || status >= 500) {
    throw noLeader(endpoint, new Error(text));
  }
  if (code === 110) {
    throw new StoreError('permission-denied', `etcd at ${host} does not permit this (${text})`);
  }
  const folder: Record<number, string> = {
    102: 'is a folder in etcd, where flannel has a key',
    104: 'lies below a key, where flannel has a folder',
    107: 'is the root of the store, which is read-only',
  };
  const what = folder[code];
  if (what !== undefined) {
    throw new StoreError('bad-store', `the path under the prefix ${what} (error ${code})`, {
      fix: 'check --prefix',
    });
  }
}

/** Names a request that got no reply. */
export function explain(endpoint: string, error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const chain: string[] = [];
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    chain.push(`${(at as NodeJS.ErrnoException).code ?? ''} ${at.name} ${at.message}`);
    if (at instanceof AggregateError) chain.push(...at.errors.map(String));
  }
  const text = chain.join(' ');
  return (
    connectionError(endpoint, text, error) ??
    new StoreError('unreachable', `cannot talk to etcd at ${hostOf(endpoint)}`, { cause: error })
  );
}
