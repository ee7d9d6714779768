import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FileStore } from '../../src/etcd/file.ts';
import { openStore } from '../../src/etcd/open-store.ts';
import type { KeyStore } from '../../src/etcd/store.ts';
import type { Snapshot } from '../../src/model/snapshot.ts';
import { temporaryFolder } from '../support/cli.ts';
import { type Etcd, startEtcd } from '../support/etcd.ts';
import { v2Writer, v3Writer } from '../support/store-bench.ts';
import { connectionTo } from '../support/store-connection.ts';
import { failureText } from '../support/store-failure.ts';
import { V2Http } from '../support/store-v2-http.ts';

const PREFIX = '/coreos.com/network';
const VALUES: readonly [name: string, value: string, seconds?: number][] = [
  ['config', '{"Network":"10.244.0.0/16","Note":"Zürich & 日本"}'],
  ['subnets/10.244.10.0-24', '{"PublicIP":"10.1.10.1"}', 86_400],
  ['subnets/10.244.100.0-24', '{"PublicIP":"10.1.10.245"}'],
  ['subnets/10.244.101.0-24&fd00:10:244:65::-64', ''],
  ['other', 'no key of flannel'],
];

let etcd: Etcd;
let http: V2Http;

beforeAll(async () => {
  etcd = await startEtcd();
  http = new V2Http(etcd.endpoints[0] ?? '');
  for (const [name, value, seconds] of VALUES) {
    await v2Writer(http).put(`${PREFIX}/${name}`, value, seconds);
    await v3Writer(etcd).put(`${PREFIX}/${name}`, value, seconds);
  }
});
afterAll(async () => {
  await http.close();
  await etcd.stop();
});

const DUMPS = [
  {
    api: 'v3' as const,
    what: 'etcdctl get --prefix -w json',
    dump: async (prefix: string) => etcd.etcdctl(3, 'get', '--prefix', prefix, '-w', 'json'),
  },
  {
    api: 'v2' as const,
    what: 'GET /v2/keys/...?recursive=true',
    dump: async (prefix: string) => {
      const reply = await fetch(`${etcd.endpoints[0]}/v2/keys${prefix}?recursive=true`);
      return reply.text();
    },
  },
];

describe.each(DUMPS)('a dump made by $what', ({ api, dump }) => {
  async function open(prefix = PREFIX): Promise<{ store: KeyStore; file: string }> {
    const file = `${temporaryFolder({ 'dump.json': await dump(prefix) })}/dump.json`;
    return { store: new FileStore(file, PREFIX, 1_000), file };
  }

  it.each([PREFIX, '/coreos.com'])('of %s reads like the store it was made of', async (prefix) => {
    const { store } = await open(prefix);
    const live = await openStore(connectionTo(etcd.endpoints, { prefix: PREFIX }), api);
    live.store.close();
    expect(comparable(await store.read())).toEqual(comparable(live.snapshot));
  });

  it('tells which store it was made of', async () => {
    const { store } = await open();
    expect((await store.read()).api).toBe(api);
  });

  it('says that it is only read, and refuses a write', async () => {
    const { store, file } = await open();
    const { config } = await store.read();
    const why = `${file} is a dump of etcd ${api}, which is only read`;
    expect(store.readOnly).toBe(why);
    const change = {
      key: `${PREFIX}/config`,
      value: '{}',
      liveValue: config?.value ?? null,
      revision: config?.revision ?? null,
      configRevision: config?.revision ?? null,
    };
    const before = await store.read();
    expect(await failureText(store.write(change))).toBe(
      `read-only: ${why}. Write to the etcd it was made of`,
    );
    expect(await store.read()).toEqual(before);
  });

  it('of a prefix that holds nothing reads as an empty store', async () => {
    const { store } = await open('/nothing');
    const { config, leases } = await store.read();
    expect([config, leases]).toEqual([null, []]);
  });
});

describe('a file that is no dump', () => {
  it.each(['null', '[]', '"text"', '{}', '{"kvs":[]}', '{"header":{},"kvs":{}}', '{"node":null}'])(
    '%s is refused',
    async (text) => {
      const file = `${temporaryFolder()}/dump.json`;
      writeFileSync(file, text);
      expect(await failureText(new FileStore(file, PREFIX, 1_000).read())).toBe(
        `bad-store: ${file} is neither a store of flannel-bigip nor a dump of etcd. Dump with \`etcdctl get --prefix PREFIX -w json\` or \`GET /v2/keys/PREFIX?recursive=true\``,
      );
    },
  );
});

describe('a damaged dump', () => {
  const pair = { key: 'L2E=', value: 'e30=', mod_revision: 1 };
  const v3 = (...kvs: unknown[]) => ({ header: { revision: 2 }, kvs });

  it.each([
    ['v3', v3(pair, { ...pair, key: '/a' }), 'kvs[1].key is not base64'],
    ['v3', v3({ ...pair, key: '' }), 'kvs[0].key is not base64'],
    ['v3', v3({ ...pair, value: 'e30' }), 'kvs[0].value is not base64'],
    ['v3', v3({ ...pair, value: 'e3 0=' }), 'kvs[0].value is not base64'],
    ['v3', v3({ ...pair, mod_revision: 1.5 }), 'kvs[0].mod_revision is no number'],
    ['v3', v3({ ...pair, lease: [] }), 'kvs[0].lease is no number'],
    ['v3', v3('text'), 'kvs[0] is no pair of key and value'],
    ['v3', { header: { revision: 'x' } }, 'header.revision is no number'],
    ['v2', { node: { nodes: {} } }, 'a node in it is not as etcd writes them'],
    ['v2', { node: { nodes: [{ ttl: '1' }] } }, 'a node in it is not as etcd writes them'],
  ])('of %s is refused, and what is damaged is named: %j', async (api, document, what) => {
    const file = `${temporaryFolder({ 'dump.json': JSON.stringify(document) })}/dump.json`;
    expect(await failureText(new FileStore(file, PREFIX, 1_000).read())).toBe(
      `bad-store: ${file} is a damaged dump of etcd ${api}: ${what}. Dump the store again`,
    );
  });
});

/** Without what a dump does not tell, and with the TTLs of v2 that count down. */
function comparable({ config, leases, prefix }: Snapshot): unknown {
  return {
    prefix,
    config,
    leases: leases
      .map(({ key, value, revision, expires }) => ({ key, value, revision, expires }))
      .toSorted((a, b) => a.key.localeCompare(b.key)),
  };
}
