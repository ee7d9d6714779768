import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { BigIpDevice } from '../support/bigip/device.ts';
import { BigIpSite, MACS, NODES, storeText } from '../support/bigip/site.ts';
import { devicesOfTest, setUp } from '../support/bigip/started.ts';
import type { Running } from '../support/cli.ts';
import { until } from '../support/wait.ts';

const device = devicesOfTest();
const [NODE_1, NODE_2] = NODES;
const MAC = MACS[0] ?? '';
const LEASE = '/coreos.com/network/subnets/10.244.100.0-24';

let watching: Running[] = [];
afterEach(() => {
  for (const one of watching) one.child.kill('SIGKILL');
  watching = [];
});

function watch(site: BigIpSite, keep: string, env: Record<string, string> = {}) {
  const running = site.start(['watch', '--keep', keep, '--timeout', '3s'], { env });
  watching.push(running);
  return running;
}

function put(site: BigIpSite, nodes: Parameters<typeof storeText>[1], leases = {}): void {
  const file = path.join(site.folder, 'store.json');
  const text = storeText(leases, nodes).replaceAll('"revision":3', '"revision":9');
  writeFileSync(`${file}.new`, text.replaceAll('"revision":2', '"revision":8'));
  renameSync(`${file}.new`, file);
}

const recordsOf = (one: BigIpDevice) =>
  one
    .list('net/fdb/tunnel/~Common~fl-tunnel/records')
    .map(({ name, endpoint }) => `${name} ${endpoint}`)
    .join(', ');
const loginsOf = (one: BigIpDevice) =>
  one.requests.filter(({ path: at }) => at.endsWith('/authn/login')).length;
const BOTH = `${NODE_1.mac} 10.1.10.151, ${NODE_2.mac} 10.1.10.152`;

describe('watch --keep fdb', () => {
  it('keeps the records what the leases say, without a question, and ends without a token', async () => {
    const one = await device();
    setUp(one);
    const site = new BigIpSite([one]);
    const running = watch(site, 'fdb');
    await until('the first records', () => recordsOf(one) === BOTH);
    const mac = '02:00:00:00:00:51';
    put(site, [{ ...NODE_1, mac }, { ...NODE_2 }]);
    const changed = `${mac} 10.1.10.151, ${NODE_2.mac} 10.1.10.152`;
    await until('the changed record', () => recordsOf(one) === changed);
    await until('the log', () =>
      running.stderr().includes(`delete /Common/fl-tunnel ${NODE_1.mac}`),
    );
    running.child.kill('SIGTERM');
    const { code } = await running.result;
    expect([code, [...one.tokens], one.saves]).toEqual([0, [], 0]);
    expect(running.stderr()).toContain(`create /Common/fl-tunnel ${mac} bigip=bigip-1`);
    expect(running.stderr()).toMatch(/ info {2}ended\n$/);
  });

  it('touches nothing while somebody else keeps the table, or no lease is there, and says so once', async () => {
    const one = await device();
    setUp(one, { records: { '02:00:00:00:00:09': '10.1.10.199' } });
    const site = new BigIpSite([one]);
    const running = watch(site, 'fdb');
    const trouble =
      "the FDB of bigip-1 is not kept: the tunnel has FDB records that are not this program's";
    await until('the objection', () => running.stderr().includes(trouble));
    put(site, []);
    await until('the next', () => running.stderr().includes("no node's lease was read"));
    expect(recordsOf(one)).toBe('02:00:00:00:00:09 10.1.10.199');
    expect(running.stderr().split(trouble)).toHaveLength(3);
  });

  it('repeats a refused login at SIGHUP only, whatever happens meanwhile', async () => {
    const one = await device();
    setUp(one);
    const site = new BigIpSite([one]);
    const running = watch(site, 'fdb', { BIGIP_PASSWORD: 'wrong' });
    await until('the refusal', () => running.stderr().includes('refuses this user or password'));
    put(site, [{ ...NODE_1, mac: '02:00:00:00:00:51' }]);
    running.child.kill('SIGHUP');
    await until('the second try', () => loginsOf(one) === 2);
    expect(loginsOf(one)).toBe(2);
    expect(running.stderr()).not.toContain('wrong');
  });
});

describe('watch --keep leases with vtepMAC: device', () => {
  const leaseOf = (site: BigIpSite) => {
    const { keys } = JSON.parse(readFileSync(path.join(site.folder, 'store.json'), 'utf8'));
    return keys[LEASE]?.value;
  };

  it('writes the MAC of the tunnel, and that of a new one when it hears of it', async () => {
    const one = await device();
    setUp(one);
    const site = new BigIpSite([one]);
    const running = watch(site, 'leases');
    await until('the lease', () => leaseOf(site)?.includes(MAC));
    one.drop('net/self/~Common~overlay');
    one.drop('net/tunnels/tunnel/~Common~fl-tunnel');
    setUp(one);
    running.child.kill('SIGHUP');
    await until('the new MAC', () => leaseOf(site)?.includes(MACS[1] ?? ''));
    expect([...one.tokens]).toEqual([]);
  });

  it('leaves the lease as it is while the device does not answer', async () => {
    const one = await device();
    setUp(one);
    const site = new BigIpSite([one], {
      'store.json': storeText({ '10.244.100.0': MACS[2] ?? '' }),
    });
    one.fail({ answer: '503-html', times: 1000 });
    const running = watch(site, 'leases');
    await until('the trouble', () =>
      running.stderr().includes('the MAC of bigip-1 cannot be read'),
    );
    await until('etcd to be read', () => running.stderr().includes('etcd answers'));
    expect(leaseOf(site)).toContain(MACS[2]);
  });
});
