import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { GuardedWrite } from '../../src/etcd/store.ts';
import { V2Store } from '../../src/etcd/v2.ts';
import { type Etcd, startEtcd } from '../support/etcd.ts';
import { connectionTo } from '../support/store-connection.ts';
import { type V2Answer, V2Http } from '../support/store-v2-http.ts';
import { until } from '../support/wait.ts';

const VALUE = '{"PublicIP":"10.1.10.245"}';

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

describe('removing a lease from the v2 store', () => {
  let store: V2Store;
  let key: string;
  let put: V2Answer;
  let removal: GuardedWrite;

  beforeEach(async () => {
    const prefix = `/site-${++count}`;
    key = `${prefix}/subnets/10.244.100.0-24`;
    store = new V2Store(connectionTo(etcd.endpoints, { prefix }));
    put = await http.put(key, VALUE);
    removal = {
      key,
      value: null,
      liveValue: VALUE,
      revision: String(put.node?.modifiedIndex),
      configRevision: null,
    };
    return () => store.close();
  });

  it('makes the two events that flanneld survives: a compare-and-swap and an expiry', async () => {
    const result = await store.write(removal);
    expect(result).toEqual({ outcome: 'done', revision: expect.any(String) });
    expect(await eventsUnder(key, put.index)).toEqual(['compareAndSwap', 'expire']);
  });

  it('leaves the value as it is until it expires', async () => {
    const writing = store.write(removal);
    await until('the key to expire', async () => (await expirationOf(key)) !== null);
    expect((await http.send('GET', key)).node?.value).toBe(VALUE);
    await writing;
    expect((await http.send('GET', key)).errorCode).toBe(100);
  });

  it.each(['config', 'subnets/10.244.100.0-24'])(
    'is waited for by the next command, which finds no %s that is about to go',
    async (name) => {
      const { prefix } = store;
      await http.put(`${prefix}/${name}`, VALUE, 1);
      const snapshot = await store.read();
      const keys = [snapshot.config, ...snapshot.leases].map((one) => one?.key);
      expect(keys).not.toContain(`${prefix}/${name}`);
    },
  );

  it.each([
    { what: 'another value', value: '{"PublicIP":"10.1.10.246"}' },
    { what: 'the same value', value: VALUE },
  ])(
    'is stale when somebody puts $what in the last second, which saves the key',
    async ({ value }) => {
      const writing = store.write(removal);
      await until('the key to expire', async () => (await expirationOf(key)) !== null);
      const saved = await http.put(key, value);
      expect(await writing).toEqual({
        outcome: 'stale',
        key,
        revision: String(saved.node?.modifiedIndex),
      });
      const answer = await http.send('GET', key);
      expect(answer.node).toEqual({ ...saved.node });
      expect(await eventsUnder(key, put.index)).toEqual(['compareAndSwap', 'set']);
    },
  );

  it('is done when somebody else deletes the key in the last second', async () => {
    const writing = store.write(removal);
    await until('the key to expire', async () => (await expirationOf(key)) !== null);
    await http.send('DELETE', key);
    expect(await writing).toEqual({ outcome: 'done', revision: expect.any(String) });
    expect((await http.send('GET', key)).errorCode).toBe(100);
  });

  it('never creates the key, not even for a second', async () => {
    await http.send('DELETE', key);
    const since = (await http.send('GET', '/')).index;
    await store.write(removal);
    await store.write({ ...removal, revision: null, liveValue: null });
    expect(await eventsUnder(key, since)).toEqual([]);
  });

  it('hides the lease from whoever reads meanwhile: a read waits for the expiry', async () => {
    const writing = store.write(removal);
    await until('the key to expire', async () => (await expirationOf(key)) !== null);
    const { leases } = await store.read();
    expect(leases).toEqual([]);
    await writing;
  });
});

async function expirationOf(key: string): Promise<string | null> {
  return (await http.send('GET', key)).node?.expiration ?? null;
}

/** What a flanneld that watches the key would have been told since. */
async function eventsUnder(key: string, since: number): Promise<string[]> {
  const end = await http.put('/end-of-events', '');
  await http.put(key, 'end');
  const actions: string[] = [];
  for (let index = since + 1; ; ) {
    const event = await http.send('GET', key, { wait: 'true', waitIndex: String(index) });
    index = (event.node?.modifiedIndex ?? 0) + 1;
    if (index > (end.node?.modifiedIndex ?? 0)) return actions;
    actions.push(event.action ?? '');
  }
}
