import { readFileSync } from 'node:fs';
import type net from 'node:net';
import tls from 'node:tls';
import { identityFor } from './bigip/certificate.ts';

/** A server whose certificate nobody has signed but itself. */
export interface Eavesdropper {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  /** All that was sent to it inside of TLS. */
  heard(): string;
  stop(): Promise<void>;
}

/** Starts a server that takes every connection, of HTTP/1.1 and HTTP/2, and answers nothing. */
export async function startEavesdropper(): Promise<Eavesdropper> {
  const { server: pair } = identityFor({ certificate: 'server', selfSigned: true });
  const sockets = new Set<net.Socket>();
  let heard = '';
  const server = tls.createServer(
    {
      cert: readFileSync(pair.cert),
      key: readFileSync(pair.key),
      ALPNProtocols: ['h2', 'http/1.1'],
    },
    (client) => {
      client.on('error', () => undefined);
      client.on('data', (chunk) => {
        heard += chunk.toString('latin1');
        client.end();
      });
    },
  );
  server.on('connection', (socket) => sockets.add(socket));
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    host: `127.0.0.1:${(server.address() as net.AddressInfo).port}`,
    heard: () => heard,
    stop() {
      for (const socket of sockets) socket.destroy();
      return new Promise((done) => server.close(() => done()));
    },
  };
}
