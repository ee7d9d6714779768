import { connectionError, hostOf, noEtcd, noLeader, StoreError } from './errors.ts';
import { StrangeAnswer } from './v3-keys.ts';

/** Names what etcd, gRPC or TLS said, of which their libraries only give the text. */
export function explain(endpoint: string, error: unknown, withUser: boolean): StoreError {
  if (error instanceof StoreError) return error;
  if (error instanceof StrangeAnswer) return noEtcd(endpoint, error.message, error);
  const text = error instanceof Error ? `${error.message} ${error.name}` : String(error);
  const host = hostOf(endpoint);
  const make = (failure: StoreError['failure'], message: string, fix?: string) =>
    new StoreError(failure, message, { cause: error, ...(fix ? { fix } : {}) });
  if (/authentication failed|invalid user ID or password/.test(text)) {
    return make(
      'auth-failed',
      `etcd at ${host} refuses this user name or password`,
      'check --user and the password file',
    );
  }
  if (/user name is empty|auth.*token is not provided/i.test(text)) {
    return make(
      'auth-needed',
      `etcd at ${host} wants a user and a password`,
      'pass --user and --password-file, or set ETCDCTL_USER',
    );
  }
  if (/authentication is not enabled/.test(text)) {
    return make(
      'auth-off',
      `etcd at ${host} has authentication off, so a user makes no sense`,
      'leave out --user',
    );
  }
  if (/permission denied/.test(text)) {
    const who = withUser ? 'this user' : 'this client';
    return make(
      'permission-denied',
      `etcd at ${host} does not permit this to ${who}`,
      'check --prefix, or grant a role that may read it, and write it for changes',
    );
  }
  if (/database space exceeded/.test(text)) {
    return make(
      'no-space',
      `etcd at ${host} is full and takes no writes (NOSPACE alarm)`,
      'compact and defragment it, then run `etcdctl alarm disarm`',
    );
  }
  if (
    /no leader|leader changed|raft.*(dropped|stopped)|etcdserver: (request timed out|server stopped|not healthy)/.test(
      text,
    )
  ) {
    return noLeader(endpoint, error);
  }
  if (/UNIMPLEMENTED|unknown service|HTTP status code (404|40[0-9])|content-type/i.test(text)) {
    return make('api-off', `etcd at ${host} does not offer the v3 API`);
  }
  if (/Protocol error/.test(text)) return noEtcd(endpoint, 'it does not speak HTTP/2', error);
  return (
    connectionError(endpoint, text, error) ??
    make(
      /UNAVAILABLE/.test(text) ? 'unreachable' : 'refused',
      `etcd at ${host} refused the request`,
      'see --verbose for what it said',
    )
  );
}
