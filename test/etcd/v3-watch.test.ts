import { Etcd3 } from 'etcd3';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { GuardedWrite } from '../../src/etcd/store.ts';
import { V3Store } from '../../src/etcd/v3.ts';
import { type Etcd, startEtcd } from '../support/etcd.ts';
import { connectionTo } from '../support/store-connection.ts';
import { until } from '../support/wait.ts';

const SETTLE = 300;
const NAMES = ['10.244.100.0-24', '10.244.101.0-24', '10.244.102.0-24'];

let etcd: Etcd;
let client: Etcd3;
let count = 0;

beforeAll(async () => {
  etcd = await startEtcd();
  client = new Etcd3({ hosts: [...etcd.endpoints] });
});
afterAll(async () => {
  client.close();
  await etcd.stop();
});

describe('what a flanneld that watches the v3 store gets', () => {
  let prefix: string;
  let store: V3Store;
  /** The keys of each response of the watch, as `put NAME` or `delete NAME`. */
  let responses: string[][];

  beforeEach(async () => {
    prefix = `/site-${++count}`;
    store = new V3Store(connectionTo(etcd.endpoints, { prefix, settle: SETTLE }));
    responses = [];
    const watcher = await client.watch().prefix(`${prefix}/`).create();
    watcher.on('data', ({ events }) => {
      const names = events.map(({ type, kv }) => {
        return `${type.toLowerCase()} ${kv.key.toString().slice(prefix.length + 1)}`;
      });
      responses.push(names);
    });
    return async () => {
      store.close();
      await watcher.cancel();
    };
  });

  function creation(name: string): GuardedWrite {
    return {
      key: `${prefix}/subnets/${name}`,
      value: '{}',
      liveValue: null,
      revision: null,
      configRevision: null,
    };
  }

  it('is one subnet key a response, however fast they are written', async () => {
    for (const name of NAMES) await store.write(creation(name));
    await until('all events', () => responses.flat().length === NAMES.length);
    expect(responses).toEqual(NAMES.map((name) => [`put subnets/${name}`]));
  });

  it('comes with a pause between two subnet keys', async () => {
    const times: number[] = [performance.now()];
    for (const name of NAMES) {
      await store.write(creation(name));
      times.push(performance.now());
    }
    const [start = 0, first = 0, second = 0, third = 0] = times;
    expect(first - start).toBeLessThan(SETTLE);
    expect(second - start).toBeGreaterThanOrEqual(SETTLE);
    expect(third - start).toBeGreaterThanOrEqual(2 * SETTLE);
  });

  it('comes with a pause between a removal and the next lease', async () => {
    const created = await store.write(creation('10.244.100.0-24'));
    const revision = created.outcome === 'done' ? created.revision : null;
    const start = performance.now();
    await store.write({ ...creation('10.244.100.0-24'), value: null, liveValue: '{}', revision });
    await store.write(creation('10.244.101.0-24'));
    expect(performance.now() - start).toBeGreaterThanOrEqual(SETTLE);
    await until('all events', () => responses.flat().length === 3);
    expect(responses).toEqual([
      ['put subnets/10.244.100.0-24'],
      ['delete subnets/10.244.100.0-24'],
      ['put subnets/10.244.101.0-24'],
    ]);
  });

  it('gets the config without a pause, before and after a lease', async () => {
    const start = performance.now();
    const config = { ...creation(''), key: `${prefix}/config` };
    const first = await store.write(config);
    const revision = first.outcome === 'done' ? first.revision : null;
    await store.write({ ...creation('10.244.100.0-24'), configRevision: revision });
    await store.write({ ...config, value: '{"a":1}', liveValue: '{}', revision });
    expect(performance.now() - start).toBeLessThan(SETTLE);
    await until('all events', () => responses.flat().length === 3);
    expect(responses.flat()).toEqual(['put config', 'put subnets/10.244.100.0-24', 'put config']);
  });

  it('gets nothing of a write that is aborted during the pause', async () => {
    const controller = new AbortController();
    await store.write(creation('10.244.100.0-24'));
    const start = performance.now();
    const pausing = store.write(creation('10.244.101.0-24'), controller.signal);
    controller.abort();
    expect(await pausing).toEqual({ outcome: 'aborted' });
    expect(performance.now() - start).toBeLessThan(SETTLE);
    expect((await store.read()).leases.map(({ key }) => key)).toEqual([
      `${prefix}/subnets/10.244.100.0-24`,
    ]);
  });
});
