import net from 'node:net';

/** What every HTTP/2 connection begins with (RFC 9113, section 3.4). */
const PREFACE = 'PRI * HTTP/2';

/** One endpoint for both of etcd's protocols, of which each goes its own way. */
export interface ProtocolSwitch {
  readonly endpoint: string;
  stop(): Promise<void>;
}

/** Sends connections of gRPC (v3) to one endpoint and those of plain HTTP (v2) to another. */
export async function startProtocolSwitch(v3: string, v2: string): Promise<ProtocolSwitch> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer((client) => {
    client.once('data', (first) => {
      const { hostname, port } = new URL(String(first).startsWith(PREFACE) ? v3 : v2);
      const upstream = net.connect(Number(port), hostname);
      for (const [one, other] of [
        [client, upstream],
        [upstream, client],
      ] as const) {
        sockets.add(one);
        one.on('error', () => other.destroy());
        one.on('close', () => other.destroy());
      }
      upstream.write(first);
      client.pipe(upstream);
      upstream.pipe(client);
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as net.AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    stop() {
      for (const socket of sockets) socket.destroy();
      return new Promise((done) => server.close(() => done()));
    },
  };
}
