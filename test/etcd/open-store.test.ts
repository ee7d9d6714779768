import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore } from '../../src/etcd/open-store.ts';
import { Problem } from '../../src/model/problem.ts';
import { temporaryFolder } from '../support/cli.ts';
import { type Etcd, startEtcd } from '../support/etcd.ts';
import { freePorts } from '../support/ports.ts';
import { v2Writer, v3Writer } from '../support/store-bench.ts';
import { connectionTo } from '../support/store-connection.ts';
import { failureText } from '../support/store-failure.ts';
import { V2Http } from '../support/store-v2-http.ts';

const CONFIG = '{"Network":"10.244.0.0/16"}';

let both: Etcd;
let modern: Etcd;
let http: V2Http;

beforeAll(async () => {
  [both, modern] = await Promise.all([startEtcd(), startEtcd({ v2: false })]);
  http = new V2Http(both.endpoints[0] ?? '');
});
afterAll(async () => {
  await http.close();
  await Promise.all([both.stop(), modern.stop()]);
});

/** What `auto` opens at a prefix: the store's kind and the values it read. */
async function opened(etcd: Etcd, prefix: string): Promise<unknown> {
  const { store, snapshot } = await openStore(connectionTo(etcd.endpoints, { prefix }), 'auto');
  store.close();
  const { config, leases } = snapshot;
  return { api: store.api, read: snapshot.api, values: [config, ...leases].map((k) => k?.value) };
}

async function problem(etcd: Etcd, prefix: string): Promise<unknown> {
  const thrown = await openStore(connectionTo(etcd.endpoints, { prefix }), 'auto').catch(
    (error: unknown) => error,
  );
  if (!(thrown instanceof Problem)) throw thrown;
  return { message: thrown.message, exit: thrown.exit, fix: thrown.fix };
}

describe('auto, where etcd offers both stores', () => {
  it.each(['config', 'subnets/10.244.1.0-24'])('opens v2 when only v2 has %s', async (name) => {
    const prefix = `/old-${name.length}`;
    await v2Writer(http).put(`${prefix}/${name}`, CONFIG);
    expect(await opened(both, prefix)).toEqual({
      api: 'v2',
      read: 'v2',
      values: name === 'config' ? [CONFIG] : [undefined, CONFIG],
    });
  });

  it.each(['config', 'subnets/10.244.1.0-24'])('opens v3 when only v3 has %s', async (name) => {
    const prefix = `/modern-${name.length}`;
    await v3Writer(both).put(`${prefix}/${name}`, CONFIG);
    expect(await opened(both, prefix)).toEqual({
      api: 'v3',
      read: 'v3',
      values: name === 'config' ? [CONFIG] : [undefined, CONFIG],
    });
  });

  it('asks which one when both hold keys', async () => {
    await v2Writer(http).put('/both/config', CONFIG);
    await v3Writer(both).put('/both/subnets/10.244.1.0-24', CONFIG);
    expect(await problem(both, '/both')).toEqual({
      message:
        "both of etcd's stores hold flannel's keys under /both; flannel up to v0.17 reads v2, from v0.18 on v3",
      exit: 1,
      fix: 'say which one with --etcd-api v2 or v3, or with etcd.api in the site file',
    });
  });

  it('asks which one when neither holds keys', async () => {
    await v2Writer(http).put('/neither-2/config', CONFIG);
    await v3Writer(both).put('/neither/other', CONFIG);
    expect(await problem(both, '/neither')).toEqual({
      message:
        "neither of etcd's stores holds flannel's keys under /neither, and etcd offers both; flannel up to v0.17 reads v2, from v0.18 on v3",
      exit: 1,
      fix: 'check --prefix, or say which store with --etcd-api v2 or v3, or with etcd.api in the site file',
    });
  });
});

describe('auto, where etcd offers v3 only', () => {
  it('opens v3', async () => {
    await v3Writer(modern).put('/modern/config', CONFIG);
    expect(await opened(modern, '/modern')).toEqual({ api: 'v3', read: 'v3', values: [CONFIG] });
  });

  it('opens v3 when it is empty', async () => {
    expect(await opened(modern, '/empty')).toEqual({ api: 'v3', read: 'v3', values: [undefined] });
  });
});

describe('a store that was asked for by name', () => {
  it.each(['v2', 'v3'] as const)('is opened when it is empty: %s', async (api) => {
    const { store, snapshot } = await openStore(connectionTo(both.endpoints), api);
    store.close();
    expect([store.api, snapshot.api, snapshot.config]).toEqual([api, api, null]);
  });

  it('is not replaced by the other one when etcd does not offer it', async () => {
    const host = new URL(modern.endpoints[0] ?? '').host;
    expect(await failureText(openStore(connectionTo(modern.endpoints), 'v2'))).toBe(
      `api-off: etcd at ${host} does not offer the v2 API. Start etcd (3.5 or older) with --enable-v2, or use --etcd-api v3`,
    );
  });

  it.each(['v2', 'v3'] as const)('tells where it is: %s', async (api) => {
    const [port] = await freePorts(1);
    const endpoints = [...both.endpoints, `http://127.0.0.1:${port}`];
    const { store } = await openStore(connectionTo(endpoints), api);
    store.close();
    expect(store.description).toBe(`etcd ${api} at ${endpoints.join(', ')}`);
  });
});

describe('an etcd that cannot be reached', () => {
  it('fails auto as it fails v3', async () => {
    const [port] = await freePorts(1);
    expect(await failureText(openStore(connectionTo([`http://127.0.0.1:${port}`]), 'auto'))).toBe(
      `unreachable: etcd at 127.0.0.1:${port} refuses the connection: nothing listens there. Check the address and that etcd runs`,
    );
  });
});

describe('a file endpoint', () => {
  it.each(['auto', 'v2', 'v3'] as const)('is the embedded store, whatever %s says', async (api) => {
    const keys = { '/coreos.com/network/config': { value: CONFIG, revision: 4 } };
    const document = JSON.stringify({ flannelBigipStore: 1, revision: 7, keys });
    const file = `${temporaryFolder({ 'store.json': document })}/store.json`;
    const { store, snapshot } = await openStore(connectionTo([`file:${file}`]), api);
    expect([store.api, store.description, store.readOnly, snapshot]).toEqual([
      'file',
      `file ${file}`,
      null,
      {
        api: 'file',
        prefix: '/coreos.com/network',
        revision: '7',
        clusterId: null,
        config: {
          key: '/coreos.com/network/config',
          value: CONFIG,
          revision: '4',
          expires: false,
          ttl: null,
        },
        leases: [],
      },
    ]);
  });
});
