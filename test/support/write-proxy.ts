import http from 'node:http';
import http2 from 'node:http2';
import type net from 'node:net';
import { freePorts } from './ports.ts';

/**
 * A proxy before etcd that counts writes and can hold one: before etcd gets it, or after etcd has
 * acknowledged it and before the client hears of that.
 */
export interface WriteProxy {
  readonly endpoint: string;
  /** How many writes have come so far. */
  readonly writes: number;
  stop(): Promise<void>;
}

/**
 * Called for each write, from 1; the write goes on when the promise is kept, and gets no further
 * when it says `drop`.
 */
export type Hold = (
  count: number,
  moment: 'before' | 'after',
) => Promise<'drop' | undefined> | 'drop' | undefined;

/** Before etcd's v2 API: every PUT is a write. */
export async function startV2Proxy(
  target: string,
  hold: Hold,
  isDeadToReads: () => boolean = () => false,
): Promise<WriteProxy> {
  const [port = 0] = await freePorts(1);
  let writes = 0;
  const server = http.createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const isWrite = incoming.method !== 'GET';
    const count = isWrite ? ++writes : 0;
    if (isWrite && (await hold(count, 'before')) === 'drop') return void outgoing.destroy();
    if (!isWrite && isDeadToReads()) return void outgoing.destroy();
    const { method, headers } = incoming;
    const forwarded = http.request(`${target}${incoming.url}`, { method, headers });
    forwarded.on('error', () => outgoing.destroy());
    forwarded.on('response', async (reply) => {
      const body: Buffer[] = [];
      for await (const chunk of reply) body.push(chunk);
      if (isWrite && (await hold(count, 'after')) === 'drop') return void outgoing.destroy();
      outgoing.writeHead(reply.statusCode ?? 502, reply.headers);
      outgoing.end(Buffer.concat(body));
    });
    forwarded.end(Buffer.concat(chunks));
  });
  await new Promise<void>((done) => server.listen(port, '127.0.0.1', done));
  return {
    endpoint: `http://127.0.0.1:${port}`,
    get writes() {
      return writes;
    },
    stop: () => closeServer(server),
  };
}

/** The length-prefixed gRPC message of a transaction that begins with a comparison. */
function isGuardedTransaction(path: string, body: Buffer): boolean {
  const COMPARE_FIELD = 0x0a;
  return path === '/etcdserverpb.KV/Txn' && body[5] === COMPARE_FIELD;
}

/** Before etcd's v3 API: every transaction with a guard is a write (reads have none). */
export async function startV3Proxy(
  target: string,
  hold: Hold,
  isDeadToReads: () => boolean = () => false,
): Promise<WriteProxy> {
  const [port = 0] = await freePorts(1);
  let writes = 0;
  const upstream = http2.connect(target);
  upstream.on('error', () => undefined);
  const sessions = new Set<http2.ServerHttp2Session>();
  const server = http2.createServer();
  server.on('session', (session) => {
    sessions.add(session);
    session.on('error', () => undefined);
  });
  server.on('stream', async (stream, headers) => {
    stream.on('error', () => undefined);
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const isWrite = isGuardedTransaction(String(headers[':path']), body);
    const count = isWrite ? ++writes : 0;
    if (isWrite && (await hold(count, 'before')) === 'drop') return void stream.destroy();
    if (!isWrite && isDeadToReads()) return void stream.destroy();
    const reply = await forward(upstream, headers, body);
    if (isWrite && (await hold(count, 'after')) === 'drop') return void stream.destroy();
    stream.respond(reply.headers, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers(reply.trailers));
    stream.end(reply.body);
  });
  await new Promise<void>((done) => server.listen(port, '127.0.0.1', done));
  return {
    endpoint: `http://127.0.0.1:${port}`,
    get writes() {
      return writes;
    },
    async stop() {
      upstream.destroy();
      for (const session of sessions) session.destroy();
      await closeServer(server);
    },
  };
}

interface GrpcReply {
  readonly headers: http2.OutgoingHttpHeaders;
  readonly body: Buffer;
  readonly trailers: http2.OutgoingHttpHeaders;
}

function forward(
  upstream: http2.ClientHttp2Session,
  headers: http2.IncomingHttpHeaders,
  body: Buffer,
): Promise<GrpcReply> {
  return new Promise((resolve, reject) => {
    const request = upstream.request({
      ':method': 'POST',
      ':path': headers[':path'],
      'content-type': headers['content-type'],
      te: 'trailers',
      ...(headers['token'] ? { token: headers['token'] } : {}),
      ...(headers['hasleader'] ? { hasleader: headers['hasleader'] } : {}),
    });
    let replyHeaders: http2.OutgoingHttpHeaders = {};
    let trailers: http2.OutgoingHttpHeaders = {};
    const chunks: Buffer[] = [];
    request.on('response', (got) => {
      replyHeaders = got;
    });
    request.on('trailers', (got) => {
      trailers = got;
    });
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('error', reject);
    request.on('end', () =>
      resolve({ headers: replyHeaders, body: Buffer.concat(chunks), trailers }),
    );
    request.end(body);
  });
}

function closeServer(server: net.Server): Promise<void> {
  if (server instanceof http.Server) server.closeAllConnections();
  return new Promise((done) => server.close(() => done()));
}
