import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { V2Store } from '../../src/etcd/v2.ts';
import { type Etcd, startEtcd } from '../support/etcd.ts';
import { connectionTo } from '../support/store-connection.ts';
import { failureText } from '../support/store-failure.ts';
import { V2Http } from '../support/store-v2-http.ts';

let etcd: Etcd;
let modern: Etcd;
let http: V2Http;

beforeAll(async () => {
  [etcd, modern] = await Promise.all([startEtcd(), startEtcd({ v2: false })]);
  http = new V2Http(etcd.endpoints[0] ?? '');
});
afterAll(async () => {
  await http.close();
  await Promise.all([etcd.stop(), modern.stop()]);
});

function open(prefix: string, server = etcd): V2Store {
  return new V2Store(connectionTo(server.endpoints, { prefix }));
}

function create(key: string) {
  return { key, value: '{}', liveValue: null, revision: null, configRevision: null };
}

describe('a folder of the v2 store', () => {
  it('may hold hidden keys and folders, which are not read', async () => {
    await http.put('/hidden/subnets/_secret', 'hidden');
    await http.put('/hidden/_lock/owner', 'hidden');
    await http.put('/hidden/subnets/10.244.1.0-24', 'seen');
    const { config, leases } = await open('/hidden').read();
    expect([config, ...leases.map(({ key }) => key)]).toEqual([
      null,
      '/hidden/subnets/10.244.1.0-24',
    ]);
  });

  it('may be empty, and may hold empty folders', async () => {
    await http.send('PUT', '/empty/subnets/rack', { dir: 'true' });
    const { config, leases } = await open('/empty').read();
    expect([config, leases]).toEqual([null, []]);
  });

  it('is not taken for the config', async () => {
    await http.put('/odd/config/nested', 'no config');
    expect((await open('/odd').read()).config).toBeNull();
  });

  it('may be the root of the store', async () => {
    await http.put('/config', '{}');
    const { prefix, config } = await open('').read();
    expect([prefix, config?.key]).toEqual(['', '/config']);
  });

  it('may be named without its first slash, as flanneld takes it', async () => {
    await http.put('/slashless/config', '{}');
    const store = open('slashless');
    expect([store.prefix, (await store.read()).config?.key]).toEqual([
      '/slashless',
      '/slashless/config',
    ]);
  });
});

describe("etcd's error", () => {
  it('100 on a read is an empty store', async () => {
    const { config, leases } = await open('/nothing').read();
    expect([config, leases]).toEqual([null, []]);
  });

  it('105 on a write is a key that somebody else created', async () => {
    const { node } = await http.put('/taken/config', 'theirs');
    expect(await open('/taken').write(create('/taken/config'))).toEqual({
      outcome: 'stale',
      key: '/taken/config',
      revision: String(node?.modifiedIndex),
    });
  });

  it('101 on a write is a key that somebody else changed', async () => {
    const first = await http.put('/moved/config', 'planned');
    const { node } = await http.put('/moved/config', 'theirs');
    const revision = String(first.node?.modifiedIndex);
    expect(await open('/moved').write({ ...create('/moved/config'), revision })).toEqual({
      outcome: 'stale',
      key: '/moved/config',
      revision: String(node?.modifiedIndex),
    });
  });

  it('100 on a write is a key that somebody else removed', async () => {
    const { node } = await http.put('/gone/config', 'planned');
    await http.send('DELETE', '/gone/config');
    const revision = String(node?.modifiedIndex);
    expect(await open('/gone').write({ ...create('/gone/config'), revision })).toEqual({
      outcome: 'stale',
      key: '/gone/config',
      revision: null,
    });
  });

  it('102 is said of a folder where flannel has its config', async () => {
    await http.put('/folder/config/nested', 'no config');
    const store = open('/folder');
    const revision = '1';
    expect(await failureText(store.write({ ...create('/folder/config'), revision }))).toBe(
      'bad-store: the path under the prefix is a folder in etcd, where flannel has a key (error 102). Check --prefix',
    );
  });

  it('104 is said of a key where flannel has its folder', async () => {
    await http.put('/key', 'no folder');
    expect(await failureText(open('/key').write(create('/key/config')))).toBe(
      'bad-store: the path under the prefix lies below a key, where flannel has a folder (error 104). Check --prefix',
    );
  });

  it('107 is said of the root of the store', async () => {
    expect(await failureText(open('/root').write(create('/')))).toBe(
      'bad-store: the path under the prefix is the root of the store, which is read-only (error 107). Check --prefix',
    );
  });
});

describe('a server without v2 store', () => {
  const said = (host: string) =>
    `api-off: etcd at ${host} does not offer the v2 API. Start etcd (3.5 or older) with --enable-v2, or use --etcd-api v3`;

  it('is told from one whose store is empty', async () => {
    const host = new URL(modern.endpoints[0] ?? '').host;
    expect(await failureText(open('/any', modern).read())).toBe(said(host));
    expect(await failureText(open('/any', modern).write(create('/any/config')))).toBe(said(host));
  });
});
