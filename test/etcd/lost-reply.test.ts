import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { GuardedWrite, KeyStore, WriteResult } from '../../src/etcd/store.ts';
import { V2Store } from '../../src/etcd/v2.ts';
import { V3Store } from '../../src/etcd/v3.ts';
import { type Etcd, startEtcd } from '../support/etcd.ts';
import { type OtherWriter, v2Writer, v3Writer } from '../support/store-bench.ts';
import { connectionTo } from '../support/store-connection.ts';
import { type LossyProxy, startLossyProxy } from '../support/store-proxy.ts';
import { V2Http } from '../support/store-v2-http.ts';
import { until } from '../support/wait.ts';

const LEASE = '{"PublicIP":"10.1.10.245"}';
const NODE = '{"PublicIP":"10.1.10.1"}';

let etcd: Etcd;
let http: V2Http;
let count = 0;

beforeAll(async () => {
  etcd = await startEtcd();
  http = new V2Http(etcd.endpoints[0] ?? '');
});
afterAll(async () => {
  await http.close();
  await etcd.stop();
});

describe.each(['v2', 'v3'] as const)('a %s write whose reply is lost', (api) => {
  let other: OtherWriter;
  let proxy: LossyProxy;
  let config: string;
  let key: string;
  let store: KeyStore;

  beforeEach(async () => {
    other = api === 'v2' ? v2Writer(http) : v3Writer(etcd);
    proxy = await startLossyProxy(etcd.endpoints[0] ?? '');
    const prefix = `/site-${++count}`;
    config = `${prefix}/config`;
    key = `${prefix}/subnets/10.244.100.0-24`;
    await other.put(config, '{}');
    open([proxy.endpoint, ...etcd.endpoints], prefix);
    return async () => {
      store.close();
      await proxy.stop();
    };
  });

  function open(endpoints: readonly string[], prefix: string): void {
    const connection = connectionTo(endpoints, { prefix });
    store = api === 'v2' ? new V2Store(connection) : new V3Store(connection);
  }

  /** Writes through the proxy, which loses the reply once etcd has done this to the key. */
  async function writeUnheard(
    value: string | null,
    meanwhile: () => Promise<void> = async () => undefined,
  ): Promise<WriteResult> {
    const before = await other.keys();
    const change: GuardedWrite = {
      key,
      value,
      liveValue: before[key]?.value ?? null,
      revision: before[key]?.revision ?? null,
      configRevision: before[config]?.revision ?? null,
    };
    await store.read();
    // The v2 adapter looks at the config first; its reply may pass.
    const writing = store.write(change, holdAfterGuard());
    await until('etcd to have done it', async () => {
      const now = await other.keys();
      return now[key]?.revision !== before[key]?.revision;
    });
    await meanwhile();
    proxy.cut();
    return writing;
  }

  /** Adapters ask the signal right before the request goes out: the moment to hold replies. */
  function holdAfterGuard(): AbortSignal {
    const { signal } = new AbortController();
    Object.defineProperty(signal, 'aborted', {
      get() {
        proxy.holdReplies();
        return false;
      },
    });
    return signal;
  }

  it('that creates a key is done, once', async () => {
    const result = await writeUnheard(LEASE);
    const { [key]: now } = await other.keys();
    expect(now).toEqual({ value: LEASE, revision: now?.revision, expires: false });
    expect(result).toEqual({ outcome: 'done', revision: now?.revision });
    expect(await timesWritten(key)).toBe(1);
  });

  it('that updates a key is done, once', async () => {
    await other.put(key, NODE, 3600);
    const result = await writeUnheard(LEASE);
    const { [key]: now } = await other.keys();
    expect(now).toEqual({ value: LEASE, revision: now?.revision, expires: false });
    expect(result).toEqual({ outcome: 'done', revision: now?.revision });
    expect(await timesWritten(key)).toBe(2);
  });

  it('that keeps the value and takes the TTL off is done, once', async () => {
    await other.put(key, LEASE, 3600);
    const result = await writeUnheard(LEASE);
    const { [key]: now } = await other.keys();
    expect(now).toEqual({ value: LEASE, revision: now?.revision, expires: false });
    expect(result).toEqual({ outcome: 'done', revision: now?.revision });
    expect(await timesWritten(key)).toBe(2);
  });

  it('that removes a key is done', async () => {
    await other.put(key, LEASE);
    const result = await writeUnheard(null);
    expect(result).toEqual({ outcome: 'done', revision: expect.stringMatching(/^\d+$/) });
    expect(await other.keys()).not.toHaveProperty([key]);
  });

  it('is stale when somebody has overwritten it since', async () => {
    const result = await writeUnheard(LEASE, () => other.put(key, NODE));
    const { [key]: now } = await other.keys();
    expect(now?.value).toBe(NODE);
    expect(result).toEqual({ outcome: 'stale', key, revision: now?.revision });
  });

  it('is done when the only endpoint answers again', async () => {
    store.close();
    open([proxy.endpoint], config.replace('/config', ''));
    const result = await writeUnheard(LEASE);
    const { [key]: now } = await other.keys();
    expect(result).toEqual({ outcome: 'done', revision: now?.revision });
    expect(await timesWritten(key)).toBe(1);
  });

  /** How often the key was written since it was created. */
  async function timesWritten(written: string): Promise<number> {
    if (api === 'v3') {
      const { kvs } = JSON.parse(etcd.etcdctl(3, 'get', written, '-w', 'json')) as {
        kvs: { version: number }[];
      };
      return kvs[0]?.version ?? 0;
    }
    const last = (await http.send('GET', written)).node?.modifiedIndex ?? 0;
    let times = 0;
    // The history of the key begins after the config was put.
    let at = Number((await other.keys())[config]?.revision) + 1;
    while (at <= last) {
      const event = await http.send('GET', written, { wait: 'true', waitIndex: String(at) });
      times += 1;
      at = (event.node?.modifiedIndex ?? last) + 1;
    }
    return times;
  }
});

describe('a v3 write after an endpoint that did not answer', () => {
  it('is not taken for done when the value was the same before and the config has moved', async () => {
    const other = v3Writer(etcd);
    const prefix = `/site-${++count}`;
    const key = `${prefix}/subnets/10.244.100.0-24`;
    await other.put(key, LEASE, 3600);
    const planned = await other.keys();
    await other.put(`${prefix}/config`, '{}');
    const before = await other.keys();
    const store = new V3Store(connectionTo(['http://127.0.0.1:1', ...etcd.endpoints], { prefix }));
    const result = await store.write({
      key,
      value: LEASE,
      liveValue: LEASE,
      revision: planned[key]?.revision ?? null,
      configRevision: null,
    });
    store.close();
    expect(result).toEqual({
      outcome: 'stale',
      key: `${prefix}/config`,
      revision: before[`${prefix}/config`]?.revision,
    });
    expect(await other.keys()).toEqual(before);
  });
});
