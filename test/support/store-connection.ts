import type { EtcdConnection } from '../../src/etcd/connection.ts';
import type { Certificates } from './certificates.ts';

/** A connection as the command line would put it together, without a pause between writes. */
export function connectionTo(
  endpoints: readonly string[],
  changes: Partial<EtcdConnection> = {},
): EtcdConnection {
  return {
    endpoints,
    prefix: '/coreos.com/network',
    timeout: 5_000,
    settle: 0,
    tls: {},
    credentials: null,
    proxy: null,
    ...changes,
  };
}

/** The TLS files of a client that etcd trusts. */
export function trustedTls(certificates: Certificates): EtcdConnection['tls'] {
  return { ca: certificates.ca, ...certificates.client };
}
