import net from 'node:net';

/** What came over the wire in one piece, which is what one system call of its sender wrote. */
export interface Piece {
  readonly to: 'etcd' | 'client';
  /** From 1, over all connections, for each direction by itself. */
  readonly number: number;
  readonly data: Buffer;
}

/**
 * Called with each piece before it goes on; nothing else of its direction goes on meanwhile. Says how
 * many bytes of it are let through before the connection is cut; undefined lets all of it through.
 */
export type Cut = (piece: Piece) => Promise<number | undefined> | number | undefined;

/** A TCP proxy before one etcd member that can cut a connection after any byte. */
export interface CutProxy {
  readonly endpoint: string;
  stop(): Promise<void>;
}

/** Numbers pieces, over several proxies where one counter is given to them. */
export interface PieceCounter {
  etcd: number;
  client: number;
}

export async function startCutProxy(
  endpoint: string,
  cut: Cut,
  counter: PieceCounter = { etcd: 0, client: 0 },
): Promise<CutProxy> {
  const target = new URL(endpoint);
  const sockets = new Set<net.Socket>();
  const server = net.createServer((client) => {
    const member = net.connect(Number(target.port), target.hostname);
    for (const [to, source, sink] of [
      ['etcd', client, member],
      ['client', member, client],
    ] as const) {
      sockets.add(source);
      source.on('error', () => sink.destroy());
      void pass(to, source, sink);
    }
  });

  async function pass(to: Piece['to'], source: net.Socket, sink: net.Socket): Promise<void> {
    try {
      for await (const data of source as AsyncIterable<Buffer>) {
        counter[to] += 1;
        const allowed = await cut({ to, number: counter[to], data });
        if (sink.destroyed) break;
        sink.write(allowed === undefined ? data : data.subarray(0, allowed));
        if (allowed !== undefined) break;
      }
    } catch {
      // The source broke off: what came of it has been passed on.
    }
    source.destroy();
    // What was written still goes out.
    sink.end();
  }

  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as net.AddressInfo).port}`,
    stop() {
      for (const socket of sockets) socket.destroy();
      return new Promise((done) => server.close(() => done()));
    },
  };
}
