import { once } from 'node:events';
import http2 from 'node:http2';
import net, { type AddressInfo } from 'node:net';
import path from 'node:path';
import fc from 'fast-check';
import protobuf from 'protobufjs';
import type { Dispatcher } from 'undici';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { openStore } from '../../src/etcd/open-store.ts';
import { leaves, storedKey } from '../../src/etcd/v2-node.ts';
import { readReply } from '../../src/etcd/v2-replies.ts';
import { explain } from '../../src/etcd/v3-errors.ts';
import { readAnswer } from '../../src/etcd/v3-keys.ts';
import { EXIT, Problem } from '../../src/model/problem.ts';
import { decodeSnapshot, type Snapshot } from '../../src/model/snapshot.ts';
import { NETWORK, PREFIX, RESERVATION } from '../model/snapshots.ts';
import { connectionTo } from '../support/store-connection.ts';
import { DEEP, hostileJson, hostileText, jsonText } from './hostile.ts';
import { malformed } from './malformed.ts';
import { expectPrintable, printList } from './printed.ts';
import { fuzz, fuzzWaiting } from './runs.ts';

/** Milliseconds that the client is given; an answer that never comes costs as much. */
const TIMEOUT = 250;

/** How long a watch is looked at. */
const WATCHED = 60;

const ENDPOINT = 'http://127.0.0.1:2379';

const NODE = {
  key: PREFIX,
  dir: true,
  nodes: [
    { key: `${PREFIX}/config`, value: JSON.stringify(NETWORK), modifiedIndex: 7, createdIndex: 7 },
    {
      key: `${PREFIX}/subnets`,
      dir: true,
      nodes: [
        { key: `${PREFIX}/subnets/10.244.100.0-24`, value: RESERVATION, modifiedIndex: 9 },
        {
          key: `${PREFIX}/subnets/10.244.12.0-24`,
          value: RESERVATION,
          modifiedIndex: 12,
          expiration: '2030-01-01T00:00:00Z',
          ttl: 3_600,
        },
      ],
    },
  ],
};
const REPLIES = [
  JSON.stringify({ action: 'get', node: NODE }),
  JSON.stringify({ action: 'set', node: NODE.nodes[0], prevNode: NODE.nodes[0] }),
  JSON.stringify({ errorCode: 100, message: 'Key not found', cause: '/x', index: 12 }),
  JSON.stringify({ errorCode: 401, message: 'The event is outdated', cause: '', index: 12 }),
];
const REPLY_KEYS = [
  ...['action', 'node', 'nodes', 'key', 'value', 'dir', 'modifiedIndex', 'expiration', 'ttl'],
  ...['errorCode', 'message', 'index'],
];
const REPLY_LEAVES = [PREFIX, `${PREFIX}/config`, `${PREFIX}/subnets`, RESERVATION, 'get'];

const replyText = fc.oneof(
  { weight: 8, arbitrary: malformed(REPLIES) },
  { weight: 4, arbitrary: hostileJson(REPLY_KEYS, REPLY_LEAVES).map(jsonText) },
  {
    weight: 4,
    arbitrary: hostileJson(REPLY_KEYS, REPLY_LEAVES).map((nodes) =>
      jsonText({ action: 'get', node: { ...NODE, nodes } }),
    ),
  },
  { weight: 1, arbitrary: fc.constantFrom(...DEEP.map((deep) => `{"node":{"nodes":${deep}}}`)) },
);
const statusCode = fc.constantFrom(200, 200, 200, 201, 301, 400, 401, 403, 404, 412, 500, 503);

/** The snapshot, or null where it is refused the way every bad store is. */
function orFailure<T>(work: () => T): T | null {
  try {
    return work();
  } catch (error) {
    return failureOf(error);
  }
}

function failureOf(error: unknown): null {
  if (!(error instanceof Problem)) throw error;
  expect(error.exit).toBe(EXIT.failed);
  return null;
}

function show(snapshot: Snapshot | null): void {
  if (snapshot !== null) printList(decodeSnapshot(snapshot), null);
}

describe('an answer of the v2 API', () => {
  fuzz(
    'gives keys that can be listed, or is refused',
    fc.tuple(replyText, statusCode, fc.option(hostileText)),
    450,
    ([text, code, index]) => {
      const headers = index === null ? {} : { 'x-etcd-index': index };
      const response = { statusCode: code, headers } as unknown as Dispatcher.ResponseData;
      const reply = orFailure(() => readReply(ENDPOINT, response, text, false));
      if (reply === null) return;
      expect(() => BigInt(reply.index)).not.toThrow();
      const keys = leaves(reply.node ?? undefined).map(storedKey);
      const rest = { api: 'v2', prefix: PREFIX, revision: reply.index, clusterId: null } as const;
      show({ ...rest, config: keys[0] ?? null, leases: keys.slice(1) });
    },
  );
});

const pair = fc.record({
  key: hostileText.map((text) => Buffer.from(`${PREFIX}/subnets/${text}`)),
  value: fc.oneof(hostileText, fc.constant(RESERVATION)).map((text) => Buffer.from(text)),
  mod_revision: fc.constantFrom('0', '7', '-1', '9223372036854775807'),
  lease: fc.constantFrom('0', '7', '-1'),
});
const header = fc.option(
  fc.record({
    revision: fc.constantFrom('0', '1000', '-5'),
    cluster_id: fc.constantFrom('0', '-1', '14841639068965178418'),
  }),
);
const range = fc.option(
  fc.record({ response_range: fc.option(fc.record({ kvs: fc.option(fc.array(pair)) })) }),
);

describe('an answer of the v3 API', () => {
  fuzz(
    'gives keys that can be listed, or is refused',
    fc.record({ header, responses: fc.option(fc.array(range, { maxLength: 3 })) }),
    350,
    (answer) => {
      const read = orFailure(() => {
        try {
          return readAnswer(answer);
        } catch (error) {
          const named = explain(ENDPOINT, error, false);
          expect(named.message).toMatch(
            /^what answers at 127\.0\.0\.1:2379 is no etcd \(an answer/,
          );
          throw named;
        }
      });
      show(read && { api: 'v3', prefix: PREFIX, ...read });
    },
  );

  fuzz('that is an error is told in one printable line', hostileText, 100, (text) => {
    const { message, exit } = explain(ENDPOINT, new Error(text), true);
    expectPrintable(message);
    expect(exit).toBe(EXIT.failed);
  });
});

/** What the server does behind its bytes. */
const ending = fc.constantFrom('end', 'end', 'destroy', 'leave-open' as const);

/** Opens the store at an endpoint, shows what it holds and watches it for a moment. */
async function visit(endpoint: string, api: 'v2' | 'v3'): Promise<void> {
  const connection = connectionTo([endpoint], { prefix: PREFIX, timeout: TIMEOUT });
  const began = performance.now();
  try {
    const { store, snapshot } = await openStore(connection, api);
    try {
      show(snapshot);
      await store.readTtls(snapshot.leases.slice(0, 2));
      for await (const told of store.watch(snapshot, AbortSignal.timeout(WATCHED))) {
        if (told.kind === 'changed') show(told.snapshot);
        else break;
      }
    } finally {
      store.close();
    }
  } catch (error) {
    failureOf(error);
  }
  // Loosely: a busy machine is no hang.
  expect(performance.now() - began).toBeLessThan(20 * TIMEOUT);
}

describe('a hostile server', () => {
  let bytes = Buffer.alloc(0);
  let end: 'end' | 'destroy' | 'leave-open' = 'end';
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
    socket.once('data', () => {
      socket.write(bytes, () => {
        if (end === 'end') socket.end();
        if (end === 'destroy') socket.destroy();
      });
    });
  });
  let endpoint = '';
  beforeAll(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });

  const RAW = REPLIES.map(
    (body) =>
      `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Etcd-Index: 12\r\nX-Etcd-Cluster-Id: abc\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  const rawReply = fc.oneof(
    malformed(RAW),
    fc
      .tuple(statusCode, replyText)
      .map(([code, body]) => `HTTP/1.1 ${code} X\r\nConnection: close\r\n\r\n${body}`),
    hostileText,
  );

  fuzzWaiting(
    'that speaks something like HTTP is read, or a failure in time',
    fc.tuple(rawReply, ending),
    13,
    async ([text, how]) => {
      [bytes, end] = [Buffer.from(text), how as typeof end];
      await visit(endpoint, 'v2');
    },
  );

  fuzzWaiting(
    'that speaks no HTTP/2 is a failure in time',
    fc.tuple(fc.oneof(hostileText, malformed(RAW), malformed(['\0\0\x12\x04\0\0\0\0\0'])), ending),
    3,
    async ([text, how]) => {
      [bytes, end] = [Buffer.from(text, 'latin1'), how as typeof end];
      await visit(endpoint, 'v3');
    },
  );
});

/** Good answers, as etcd encodes them. */
function encodedAnswers(): string[] {
  const file = path.resolve('node_modules/etcd3/proto/rpc.proto');
  const root = protobuf.loadSync(file);
  const encode = (type: string, value: object) =>
    Buffer.from(root.lookupType(type).encode(value).finish()).toString('latin1');
  const kvs = NODE.nodes.flatMap((one) =>
    [one, ...('nodes' in one ? (one.nodes ?? []) : [])].map(({ key, modifiedIndex, ...more }) => ({
      key: Buffer.from(key),
      value: Buffer.from('value' in more ? String(more.value) : ''),
      modRevision: modifiedIndex ?? 3,
      lease: 'ttl' in more ? 7 : 0,
    })),
  );
  const head = { clusterId: 5, memberId: 6, revision: 12, raftTerm: 2 };
  const ranges = [kvs.slice(0, 1), kvs.slice(1)].map((some) => ({
    responseRange: { header: head, kvs: some, count: some.length },
  }));
  return [
    encode('etcdserverpb.TxnResponse', { header: head, succeeded: true, responses: ranges }),
    encode('etcdserverpb.RangeResponse', { header: head, kvs }),
    encode('etcdserverpb.WatchResponse', { header: head, created: true }),
    encode('etcdserverpb.WatchResponse', { header: head, events: kvs.map((kv) => ({ kv })) }),
    encode('etcdserverpb.WatchResponse', { header: head, events: [{}] }),
  ];
}

function framed(message: Buffer, length = message.length): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(length, 1);
  return Buffer.concat([prefix, message]);
}

describe('a server that speaks gRPC', () => {
  const answers = encodedAnswers();
  const server = http2.createServer();
  const sessions = new Set<http2.ServerHttp2Session>();
  let endpoint = '';
  let served: Served;
  server.on('session', (session) => {
    sessions.add(session);
    session.on('error', () => undefined);
    session.once('close', () => sessions.delete(session));
  });
  server.on('stream', (stream) => serve(stream, served));
  beforeAll(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    for (const session of sessions) session.destroy();
    server.close();
  });

  const frame = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...answers).map((text) => framed(latin1(text))) },
    { weight: 6, arbitrary: malformed(answers).map((text) => framed(latin1(text))) },
    { weight: 1, arbitrary: malformed(answers).map(latin1) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(malformed(answers), fc.constantFrom(0, 1, 0xffffffff, 0x7fffffff))
        .map(([text, length]) => framed(latin1(text), length)),
    },
  );
  const answer: fc.Arbitrary<Served> = fc.record({
    frames: fc.array(frame, { minLength: 1, maxLength: 3 }),
    httpStatus: fc.constantFrom(200, 200, 200, 200, 404, 503),
    contentType: fc.constantFrom('application/grpc', 'application/grpc', 'text/html'),
    status: fc.constantFrom('0', '0', '0', '2', '14', '99', 'x', ''),
    message: hostileText.map((text) => text.replace(/[^\x20-\x7e]/g, '%1b').slice(0, 500)),
    ending: fc.constantFrom('trailers', 'trailers', 'trailers', 'reset', 'open'),
  });

  fuzzWaiting('and sends what it likes is read, or a failure in time', answer, 13, async (next) => {
    served = next;
    await visit(endpoint, 'v3');
  });
});

interface Served {
  readonly frames: readonly Buffer[];
  readonly httpStatus: number;
  readonly contentType: string;
  readonly status: string;
  readonly message: string;
  readonly ending: string;
}

function latin1(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

function serve(stream: http2.ServerHttp2Stream, served: Served): void {
  const { frames, httpStatus, contentType, status, message, ending: how } = served;
  stream.on('error', () => undefined);
  stream.respond(
    { ':status': httpStatus, 'content-type': contentType },
    { waitForTrailers: how === 'trailers' },
  );
  stream.on('wantTrailers', () => {
    stream.sendTrailers({ 'grpc-status': status, 'grpc-message': message });
  });
  stream.write(Buffer.concat(frames));
  if (how === 'trailers') stream.end();
  if (how === 'reset') stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR);
}
