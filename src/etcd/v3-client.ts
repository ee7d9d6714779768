import net from 'node:net';
import tls from 'node:tls';
import {
  Channel,
  type ClientOptions,
  connectivityState,
  InterceptingCall,
  logVerbosity,
  setLogVerbosity,
} from '@grpc/grpc-js';
import { noop } from 'cockatiel';
import { Etcd3 } from 'etcd3';
import type { EtcdConnection, TlsMaterial } from './connection.ts';

// What goes wrong is told in one line, by whoever called.
setLogVerbosity(logVerbosity.NONE);

/**
 * One client per endpoint: fail-over is ours, with one time limit over all of it, and the library's
 * retries and circuit breakers (which outlast any dial timeout) are off.
 */
export class EndpointClient {
  readonly etcd: Etcd3;
  /** For the calls the library makes by itself, the one that logs in. */
  deadline = new Date();

  constructor(endpoint: string, connection: EtcdConnection, material: TlsMaterial | null) {
    nameProxy(connection.proxy);
    tameTls();
    const { credentials } = connection;
    this.etcd = new Etcd3({
      hosts: endpoint,
      ...(material && endpoint.startsWith('https:')
        ? {
            credentials: {
              // grpc-js takes the system's CAs for null, which the type does not say.
              rootCertificate: (material.ca ?? null) as Buffer,
              ...(material.cert && material.key
                ? { certChain: material.cert, privateKey: material.key }
                : {}),
            },
          }
        : {}),
      ...(credentials
        ? { auth: { username: credentials.user, password: credentials.password } }
        : {}),
      faultHandling: { host: () => noop, global: noop },
      // A watch lasts until it is ended.
      defaultCallOptions: ({ isStream }) => (isStream ? {} : { deadline: this.deadline }),
      grpcOptions: {
        'grpc.max_receive_message_length': -1,
        'grpc.enable_http_proxy': connection.proxy === null ? 0 : 1,
        // A member that froze, or a cut line, is noticed while a watch is silent. etcd takes a client
        // that asks more often than every five seconds for an attacker.
        'grpc.keepalive_time_ms': 10_000,
        'grpc.keepalive_timeout_ms': 3_000,
        'grpc-node.flow_control_window': 4 * 1024 * 1024,
        interceptors: [requireLeader],
        channelFactoryOverride: (...args) => new PromptChannel(...args),
      } satisfies ClientOptions as Record<string, unknown> as { [key: string]: number },
    });
  }
}

/**
 * The library waits a second before it closes a channel that is dialing, and keeps the process alive
 * for so long. No channel is dialing as far as it can see.
 */
class PromptChannel extends Channel {
  override getConnectivityState(tryToConnect: boolean): connectivityState {
    const state = super.getConnectivityState(tryToConnect);
    return state === connectivityState.CONNECTING ? connectivityState.IDLE : state;
  }
}

/** Asks etcd to refuse at once when it has lost its leader, instead of letting the call hang. */
const requireLeader: import('@grpc/grpc-js').Interceptor = (options, nextCall) =>
  new InterceptingCall(nextCall(options), {
    start(metadata, listener, next) {
      metadata.set('hasleader', 'true');
      next(metadata, listener);
    },
  });

/**
 * The library learns of a proxy from the environment alone, and asks it anew for the login call, which
 * takes no channel options: what the shell says there gives way to what this connection is to use.
 */
function nameProxy(proxy: EtcdConnection['proxy']): void {
  for (const name of ['grpc_proxy', 'https_proxy', 'http_proxy', 'no_grpc_proxy', 'no_proxy']) {
    delete process.env[name];
    delete process.env[name.toUpperCase()];
  }
  if (proxy === null) return;
  process.env['grpc_proxy'] = proxy.url;
  process.env['no_grpc_proxy'] = proxy.except.map((one) => new URL(one).hostname).join(',');
}

let tlsTamed = false;

/**
 * Three things of grpc-js that only `tls.connect` can amend. It sends an IP address as TLS server name,
 * which RFC 6066 forbids and Node warns about: the name is dropped and the certificate checked
 * against that address instead. It never gives up a handshake: a host that stays silent would
 * keep the process alive. And it leaves it to the environment whether a certificate is checked.
 */
function tameTls(): void {
  if (tlsTamed) return;
  tlsTamed = true;
  const connect = tls.connect as (...args: unknown[]) => tls.TLSSocket;
  const wrapped = (...args: unknown[]): tls.TLSSocket => {
    const [options, ...rest] = args;
    if (!isOfGrpc(options)) return connect(...args);
    const socket = connect({ ...withoutIpName(options), rejectUnauthorized: true }, ...rest);
    // While a call runs, its time limit keeps the process alive.
    return socket.unref();
  };
  tls.connect = wrapped as typeof tls.connect;
}

function isOfGrpc(options: unknown): options is tls.ConnectionOptions {
  if (typeof options !== 'object' || options === null) return false;
  const { ALPNProtocols, socket } = options as tls.ConnectionOptions;
  return socket !== undefined && Array.isArray(ALPNProtocols) && ALPNProtocols[0] === 'h2';
}

function withoutIpName(options: tls.ConnectionOptions): tls.ConnectionOptions {
  const { servername } = options;
  if (!servername || net.isIP(servername) === 0) return options;
  return {
    ...options,
    servername: '',
    checkServerIdentity: (_host, certificate) => tls.checkServerIdentity(servername, certificate),
  };
}
