import net from 'node:net';

/** A TCP proxy before one etcd member that can lose the replies of requests that etcd carried out. */
export interface LossyProxy {
  readonly endpoint: string;
  /** From now on requests still reach etcd, but no reply comes back. */
  holdReplies(): void;
  /** Cuts all connections, and passes everything on again from now on. */
  cut(): void;
  /** Cuts all connections, and every new one at once, until the next `cut`. */
  block(): void;
  stop(): Promise<void>;
}

export async function startLossyProxy(endpoint: string): Promise<LossyProxy> {
  const target = new URL(endpoint);
  const clients = new Set<net.Socket>();
  let holding = false;
  let blocking = false;
  const server = net.createServer((client) => {
    if (blocking) return void client.destroy();
    // The way to etcd stays open when the client's is cut, so that etcd finishes what it got.
    const member = net.connect(Number(target.port), target.hostname);
    clients.add(client);
    client.on('error', () => undefined);
    client.on('data', (data) => member.write(data));
    member.on('error', () => client.destroy());
    member.on('data', (data) => {
      if (!holding) client.write(data);
    });
    member.on('close', () => client.destroy());
    return undefined;
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const cut = () => {
    holding = false;
    blocking = false;
    for (const client of clients) client.destroy();
    clients.clear();
  };
  return {
    endpoint: `http://127.0.0.1:${(server.address() as net.AddressInfo).port}`,
    holdReplies: () => {
      holding = true;
    },
    cut,
    block: () => {
      cut();
      blocking = true;
    },
    stop: () => {
      cut();
      return new Promise((done) => server.close(() => done()));
    },
  };
}
