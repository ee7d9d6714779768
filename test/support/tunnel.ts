import { readFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import tls from 'node:tls';
import type { KeyPair } from './certificates.ts';

/** An HTTP proxy that opens tunnels and keeps what was asked of it. */
export interface TunnelProxy {
  /** With a user and a password where it wants some. */
  readonly url: string;
  /** `HOST:PORT` of each tunnel. */
  readonly tunnels: readonly string[];
  stop(): Promise<void>;
}

/** @param login `user:password` without which it answers 407. */
export async function startTunnelProxy(login?: string): Promise<TunnelProxy> {
  const tunnels: string[] = [];
  const sockets = new Set<net.Socket>();
  const wanted = login && `Basic ${Buffer.from(login).toString('base64')}`;
  const server = http.createServer((_, response) => response.writeHead(405).end());
  server.on('connect', (request, client: net.Socket, head) => {
    client.on('error', () => undefined);
    if (wanted && request.headers['proxy-authorization'] !== wanted) {
      return void client.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
    }
    const target = request.url ?? '';
    tunnels.push(target);
    const { hostname, port } = new URL(`http://${target}`);
    const upstream = net.connect(Number(port), hostname, () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.write(head);
      upstream.pipe(client);
      client.pipe(upstream);
    });
    for (const socket of [client, upstream]) sockets.add(socket);
    upstream.on('error', () => client.destroy());
    return undefined;
  });
  return {
    url: `http://${login ? `${login}@` : ''}127.0.0.1:${await listen(server)}`,
    tunnels,
    stop: () => close(server, sockets),
  };
}

/** Speaks TLS of certain versions before a server that speaks none. */
export async function startTlsFront(
  endpoint: string,
  { cert, key }: KeyPair,
  versions: { readonly minVersion: tls.SecureVersion; readonly maxVersion: tls.SecureVersion },
): Promise<{ readonly endpoint: string; stop(): Promise<void> }> {
  const target = new URL(endpoint);
  const sockets = new Set<net.Socket>();
  const server = tls.createServer(
    {
      cert: readFileSync(cert),
      key: readFileSync(key),
      ALPNProtocols: ['h2', 'http/1.1'],
      ...versions,
      // OpenSSL does not speak the old versions otherwise.
      ciphers: 'DEFAULT:@SECLEVEL=0',
    },
    (client) => {
      const upstream = net.connect(Number(target.port), target.hostname);
      for (const socket of [client, upstream]) {
        sockets.add(socket);
        socket.on('error', () => undefined);
      }
      client.pipe(upstream);
      upstream.pipe(client);
    },
  );
  server.on('tlsClientError', () => undefined);
  return {
    endpoint: `https://127.0.0.1:${await listen(server)}`,
    stop: () => close(server, sockets),
  };
}

async function listen(server: net.Server): Promise<number> {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return (server.address() as net.AddressInfo).port;
}

function close(server: net.Server, sockets: ReadonlySet<net.Socket>): Promise<void> {
  for (const socket of sockets) socket.destroy();
  return new Promise((done) => server.close(() => done()));
}
