import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { EtcdConnection } from '../../src/etcd/connection.ts';
import type { KeyStore } from '../../src/etcd/store.ts';
import { V2Store } from '../../src/etcd/v2.ts';
import { V3Store } from '../../src/etcd/v3.ts';
import { makeCertificates } from '../support/certificates.ts';
import { type Etcd, startEtcd } from '../support/etcd.ts';
import { type Hand, handOf } from '../support/keyspace.ts';
import {
  enableV2Auth,
  enableV3Auth,
  QUICK_PASSWORDS,
  READER,
  ROOT,
} from '../support/store-auth.ts';
import { connectionTo, trustedTls } from '../support/store-connection.ts';
import { type LossyProxy, startLossyProxy } from '../support/store-proxy.ts';
import { type WatchLog, watchLog } from '../support/store-watch.ts';
import { until } from '../support/wait.ts';

const APIS = ['v2', 'v3'] as const;
type Api = (typeof APIS)[number];

const open = (api: Api, connection: EtcdConnection): KeyStore =>
  api === 'v2' ? new V2Store(connection) : new V3Store(connection);

const SITE = { prefix: '/site', timeout: 4_000 };

let etcd: Etcd;
let count = 0;
beforeAll(async () => {
  etcd = await startEtcd();
});
afterAll(() => etcd.stop());

describe.each(APIS)('a watch of etcd %s', (api) => {
  let hand: Hand;
  let prefix: string;
  let proxy: LossyProxy;
  let watch: WatchLog;
  const put = (name: string, value: string, ttl?: number) =>
    hand.put(`${prefix}/${name}`, value, ttl);
  const remove = (name: string) => hand.remove(`${prefix}/${name}`);

  beforeEach(async () => {
    hand = handOf(etcd, api);
    prefix = `/watched-${++count}`;
    put('config', 'c');
    put('subnets/a', '1');
    proxy = await startLossyProxy(etcd.endpoints[0] ?? '');
    watch = await watchLog(open(api, connectionTo([proxy.endpoint], { prefix, timeout: 2_000 })));
  });
  afterEach(async () => {
    await watch.stop();
    await proxy.stop();
  });

  it('tells each change, and nothing of other keys', async () => {
    const steps: [() => void, string][] = [
      [() => put('subnets/a', '2'), 'config=c subnets/a=2'],
      [() => put('subnets/b', '1'), 'config=c subnets/a=2 subnets/b=1'],
      [() => put('config', 'd'), 'config=d subnets/a=2 subnets/b=1'],
      [() => remove('subnets/a'), 'config=d subnets/b=1'],
      [() => remove('config'), 'subnets/b=1'],
      [() => remove('subnets/b'), 'nothing'],
    ];
    for (const [change, told] of steps) {
      hand.put(`${prefix}x/config`, 'another network');
      put('other', 'x');
      change();
      await watch.ends(told);
    }
    expect(watch.lines).toEqual(steps.map(([, told]) => told));
  });

  it('tells that a lease has expired', async () => {
    put('subnets/b', '1', 1);
    await watch.ends('config=c subnets/a=1 subnets/b=1', 'config=c subnets/a=1');
  });

  it('goes on when its connection is cut, with what was written meanwhile', async () => {
    put('subnets/a', '2');
    await watch.ends('config=c subnets/a=2');
    proxy.cut();
    put('subnets/a', '3');
    put('subnets/a', '4');
    await watch.ends('config=c subnets/a=2', 'config=c subnets/a=3', 'config=c subnets/a=4');
  });

  it('says once that etcd has gone and once that it is back, and loses nothing', async () => {
    proxy.block();
    put('subnets/a', '2');
    await watch.ends('lost: closed');
    put('subnets/a', '3');
    proxy.cut();
    await watch.ends('lost: closed', 'back', 'config=c subnets/a=2', 'config=c subnets/a=3');
    expect(watch.lines).toHaveLength(4);
  });

  it('reads everything again when etcd has thrown its history away meanwhile', async () => {
    proxy.block();
    await watch.ends('lost: closed');
    put('subnets/b', '1');
    remove('subnets/a');
    await forget(api);
    proxy.cut();
    await watch.ends('config=c subnets/b=1');
    expect(watch.lines.filter((line) => line.includes('='))).toEqual(['config=c subnets/b=1']);
    put('subnets/b', '2');
    await watch.ends('config=c subnets/b=1', 'config=c subnets/b=2');
  });

  it('ends when it is told to, while it waits and while etcd is away', async () => {
    proxy.block();
    await watch.ends('lost: closed');
    await watch.stop();
    expect(await watch.end).toBeNull();
  });
});

/** Makes etcd forget its history: by compaction, or by the thousand events that v2 keeps. */
async function forget(api: Api): Promise<void> {
  if (api === 'v3') {
    const { header } = JSON.parse(etcd.etcdctl(3, 'get', 'x', '-w', 'json')) as {
      header: { revision: number };
    };
    etcd.etcdctl(3, 'compact', String(header.revision));
    return;
  }
  for (let i = 0; i < 11; i++) {
    await Promise.all(
      Array.from({ length: 100 }, () =>
        fetch(`${etcd.endpoints[0]}/v2/keys/somebody/else?value=x`, { method: 'PUT' }),
      ),
    );
  }
}

describe('a watch of etcd v2', () => {
  it('tells that a folder was removed with what was in it', async () => {
    const prefix = `/watched-${++count}`;
    const hand = handOf(etcd, 'v2');
    for (const name of ['config', 'subnets/a', 'subnets/b']) hand.put(`${prefix}/${name}`, '1');
    const watch = await watchLog(new V2Store(connectionTo(etcd.endpoints, { prefix })));
    hand.remove(`${prefix}/subnets`);
    await watch.ends('config=1');
    hand.remove(prefix);
    await watch.ends('config=1', 'nothing');
    await watch.stop();
    expect(watch.lines).toEqual(['config=1', 'nothing']);
  });
});

describe('a watch of etcd v3', () => {
  it('tells what one transaction did to several keys as one change', async () => {
    const prefix = `/watched-${++count}`;
    const hand = handOf(etcd, 'v3');
    for (const name of ['config', 'subnets/a', 'subnets/b']) hand.put(`${prefix}/${name}`, '1');
    const watch = await watchLog(new V3Store(connectionTo(etcd.endpoints, { prefix })));
    etcd.etcdctl(3, 'del', '--prefix', `${prefix}/subnets/`);
    await watch.ends('config=1');
    await watch.stop();
    expect(watch.lines).toEqual(['config=1']);
  });
});

describe.each(APIS)('a watch of a cluster, etcd %s', { timeout: 60_000 }, (api) => {
  let cluster: Etcd;
  beforeEach(async () => {
    cluster = await startEtcd({ members: 3 });
  });
  afterEach(() => cluster.stop());

  const watchFirst = async () => {
    const hand = handOf(cluster, api);
    hand.put('/site/config', '0');
    const watch = await watchLog(open(api, connectionTo(cluster.endpoints, SITE)));
    hand.put('/site/config', '1');
    await watch.ends('config=1');
    return { hand, watch };
  };

  it('moves on without a word when its member is killed', async () => {
    const { hand, watch } = await watchFirst();
    cluster.members[0]?.signal('SIGKILL');
    await putOnceLed(hand);
    await watch.ends('config=2');
    await watch.stop();
    expect(told(watch)).toEqual(['config=1', 'config=2']);
  });

  it('moves on when its member freezes', async () => {
    const { hand, watch } = await watchFirst();
    cluster.members[0]?.signal('SIGSTOP');
    await putOnceLed(hand);
    await watch.ends('config=2');
    cluster.members[0]?.signal('SIGCONT');
    await watch.stop();
    expect(told(watch)).toEqual(['config=1', 'config=2']);
  });

  it('waits for a leader when there is none', async () => {
    const { hand, watch } = await watchFirst();
    const others = cluster.members.slice(1);
    for (const member of others) member.signal('SIGSTOP');
    await watch.ends('lost: no-leader');
    for (const member of others) member.signal('SIGCONT');
    await putOnceLed(hand);
    await watch.ends('config=2');
    await watch.stop();
    expect(told(watch)).toEqual(['config=1', 'lost: no-leader', 'back', 'config=2']);
  });

  /** A write that etcd was too late to acknowledge may have been repeated. */
  const told = (watch: WatchLog) => [...new Set(watch.lines)];

  /** Until a leader is elected, etcd refuses. */
  const putOnceLed = (hand: Hand) =>
    until('the cluster to take a write', () => {
      hand.put('/site/config', '2');
      return true;
    });
});

describe.each(APIS)('a watch of etcd %s with users', (api) => {
  let guarded: Etcd;
  let proxy: LossyProxy;
  beforeEach(async () => {
    guarded = await startEtcd({ args: [QUICK_PASSWORDS, '--auth-token-ttl=1'] });
    handOf(guarded, api).put('/site/config', '1');
    (api === 'v2' ? enableV2Auth : enableV3Auth)(guarded);
    proxy = await startLossyProxy(guarded.endpoints[0] ?? '');
  });
  afterEach(async () => {
    await proxy.stop();
    await guarded.stop();
  });
  const asRoot = (...args: string[]) =>
    api === 'v2'
      ? guarded.etcdctl(2, '--username', `${ROOT.user}:${ROOT.password}`, ...args)
      : guarded.etcdctl(3, '--user', `${ROOT.user}:${ROOT.password}`, ...args);
  const put = (value: string) => asRoot(api === 'v2' ? 'set' : 'put', '/site/config', value);
  const watchAs = (credentials: EtcdConnection['credentials']) =>
    watchLog(open(api, connectionTo([proxy.endpoint], { ...SITE, credentials })));

  it('needs the right to read and no other, and logs in again when its token is too old', async () => {
    const watch = await watchAs(READER);
    put('2');
    await watch.ends('config=2');
    proxy.block();
    await watch.ends('config=2', 'lost: closed');
    if (api === 'v3') await tokenToExpire();
    put('3');
    proxy.cut();
    await watch.ends('lost: closed', 'back', 'config=3');
    await watch.stop();
  });

  /** A token made now is younger than the one that the watch has. */
  async function tokenToExpire(): Promise<void> {
    const post = async (path: string, body: object, headers = {}) =>
      fetch(`${guarded.endpoints[0]}/v3/${path}`, {
        method: 'POST',
        body: JSON.stringify(body),
        headers,
      });
    const login = await post('auth/authenticate', { name: READER.user, password: READER.password });
    const { token } = (await login.json()) as { token: string };
    const key = Buffer.from('/site/config').toString('base64');
    // Each use of a token makes it young again, and etcd looks for old ones once a second.
    let next = performance.now() + 3_000;
    await until('the token to expire', async () => {
      if (performance.now() < next) return false;
      next += 3_000;
      return !(await post('kv/range', { key }, { Authorization: token })).ok;
    });
  }

  it('ends with the reason when the right to read is withdrawn', async () => {
    const watch = await watchAs(READER);
    if (api === 'v2') asRoot('user', 'revoke', 'reader', '--roles', 'reader');
    else asRoot('user', 'revoke-role', 'reader', 'reader');
    proxy.cut();
    expect(await watch.end).toMatchObject({ failure: 'permission-denied' });
    await watch.stop();
  });
});

describe.each(APIS)('a watch of etcd %s behind TLS', (api) => {
  it('tells what changes', async () => {
    const certificates = makeCertificates();
    const secured = await startEtcd({ tls: certificates });
    const hand = handOf(secured, api);
    hand.put('/site/config', '1');
    const connection = connectionTo(secured.endpoints, { ...SITE, tls: trustedTls(certificates) });
    const watch = await watchLog(open(api, connection));
    hand.put('/site/config', '2');
    await watch.ends('config=2');
    await watch.stop();
    await secured.stop();
  });
});
