import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { run, temporaryFolder } from '../support/cli.ts';
import { type Etcd, startEtcd } from '../support/etcd.ts';
import { handOf } from '../support/keyspace.ts';
import { CONFIG_VALUE, LEASE_VALUE, PREFIX, SITE } from '../support/sites.ts';

const BARE = PREFIX.slice(1);
const OTHER_PLACE = `${BARE} (${PREFIX}, with a slash in front, is another place)`;

let etcd: Etcd;
let endpoint: string;
beforeAll(async () => {
  etcd = await startEtcd();
  endpoint = etcd.endpoints[0] ?? '';
});
afterAll(() => etcd.stop());
beforeEach(async () => {
  for (const api of ['v2', 'v3'] as const) {
    const hand = handOf(etcd, api);
    for (const key of Object.keys(await hand.all())) hand.remove(key);
  }
});

/** Lists the leases under a prefix that is given in one of the three ways. */
async function listed(api: string, prefix: string, way = 'flag') {
  const cwd = temporaryFolder({
    'flannel-bigip.yaml': way === 'site file' ? `${SITE}etcd: { prefix: ${prefix} }\n` : SITE,
  });
  const args = ['list', '-o', 'json', '--endpoints', endpoint, '--etcd-api', api];
  const { code, stdout, stderr } = await run(
    way === 'flag' ? [...args, '--prefix', prefix] : args,
    {
      cwd,
      env: way === 'environment' ? { FLANNELD_ETCD_PREFIX: prefix } : {},
    },
  );
  return { code, keys: (JSON.parse(stdout) as { key: string }[]).map(({ key }) => key), stderr };
}

describe('a prefix that lacks its slash', () => {
  const name = 'subnets/10.244.100.0-24';

  it('is the same to etcd v2, as it is to flanneld', async () => {
    handOf(etcd, 'v2').put(`${PREFIX}/${name}`, LEASE_VALUE);
    expect(await listed('v2', BARE)).toEqual({ code: 0, keys: [`${PREFIX}/${name}`], stderr: '' });
  });

  it('is a place of its own to etcd v3, as it is to flanneld', async () => {
    handOf(etcd, 'v3').put(`${PREFIX}/${name}`, LEASE_VALUE);
    handOf(etcd, 'v3').put(`${BARE}/${name}`, LEASE_VALUE);
    expect(await listed('v3', BARE)).toEqual({ code: 0, keys: [`${BARE}/${name}`], stderr: '' });
  });

  it.each(['flag', 'environment', 'site file'])(
    'is told with the one that has it when nothing is there (%s)',
    async (way) => {
      handOf(etcd, 'v3').put(`${PREFIX}/${name}`, LEASE_VALUE);
      expect(await listed('v3', BARE, way)).toEqual({
        code: 0,
        keys: [],
        stderr: `warning: nothing is live under ${OTHER_PLACE}\n`,
      });
    },
  );

  it('is told where neither of the stores holds anything', async () => {
    const args = ['list', '--endpoints', endpoint, '--prefix', BARE];
    const { code, stderr } = await run(args);
    expect([code, stderr]).toEqual([
      1,
      `error: neither of etcd's stores holds flannel's keys under ${OTHER_PLACE}, and etcd offers both; flannel up to v0.17 reads v2, from v0.18 on v3. Check --prefix, or say which store with --etcd-api v2 or v3, or with etcd.api in the site file\n`,
    ]);
  });
});

describe('a prefix that is misspelt', () => {
  const wrong = '/coreos.com/netwrk';

  it('shows in the plan as a new network, which --yes makes all the same', async () => {
    handOf(etcd, 'v3').put(`${PREFIX}/config`, CONFIG_VALUE);
    const cwd = temporaryFolder({ 'flannel-bigip.yaml': SITE });
    const at = ['--endpoints', endpoint, '--etcd-api', 'v3', '--prefix', wrong];
    const notice = `\n  ! warning: nothing is live under ${wrong}: this makes a new network [new-network]\n`;

    const diff = await run(['diff', ...at], { cwd });
    const applied = await run(['apply', '--yes', ...at], { cwd });
    const again = await run(['diff', ...at], { cwd });

    expect([diff.code, applied.code, again.code]).toEqual([2, 0, 0]);
    expect([diff, applied, again].map(({ stdout }) => stdout.includes(notice))).toEqual([
      true,
      true,
      false,
    ]);
  });
});
