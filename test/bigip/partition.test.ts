import { describe, expect, it } from 'vitest';
import { BigIpSite, MACS, NODES, siteText, storeText } from '../support/bigip/site.ts';
import { devicesOfTest } from '../support/bigip/started.ts';

const device = devicesOfTest();

describe('a tunnel in a partition and a route domain of its own', () => {
  it.each([
    ['names it', 0, '%2'],
    ['leaves it out as its own', 2, ''],
  ])(
    'is made, read, kept, checked and taken away like one in Common, where the partition %s',
    async (_, own, domain) => {
      const one = await device();
      one.put('auth/partition', { name: 'k8s', defaultRouteDomain: own });
      one.put('net/self', {
        name: 'u2',
        partition: 'k8s',
        address: '10.1.10.245%2/24',
        vlan: '/Common/internal',
      });
      const management = ['partition: k8s', 'routeDomain: 2'];
      const site = new BigIpSite([one], {
        'flannel-bigip.yaml': siteText([one], { management }),
        'store.json': storeText({ '10.244.100.0': MACS[0] ?? '' }),
      });
      const applied = await site.bigip('apply', '--yes');
      expect([applied.code, applied.stderr]).toEqual([0, '']);
      const tunnel = one.list('net/tunnels/tunnel').find(({ name }) => name === 'fl-tunnel');
      expect(tunnel).toMatchObject({
        partition: 'k8s',
        localAddress: `10.1.10.245${domain}`,
        profile: '/k8s/fl-vxlan',
      });
      expect((await site.bigip('diff')).code).toBe(0);
      const synced = await site.bigip('fdb', 'sync', '--yes');
      expect([synced.code, synced.stderr]).toEqual([0, '']);
      const records = one.list('net/fdb/tunnel/~k8s~fl-tunnel/records');
      expect(records.map(({ endpoint }) => endpoint)).toEqual([
        `10.1.10.151${domain}`,
        `10.1.10.152${domain}`,
      ]);
      expect(one.list('net/arp')).toMatchObject([
        {
          fullPath: '/k8s/flannel-10.244.23.0',
          ipAddress: `10.244.23.0${domain}`,
          macAddress: NODES[0].mac,
        },
        {
          fullPath: '/k8s/flannel-10.244.61.0',
          ipAddress: `10.244.61.0${domain}`,
          macAddress: NODES[1].mac,
        },
      ]);
      expect((await site.bigip('fdb', 'sync')).code).toBe(0);
      const checked = await site.bigip('check');
      expect([checked.code, checked.stdout]).toEqual([
        0,
        expect.stringContaining('Everything agrees.'),
      ]);
      const shown = await site.bigip('show', '-o', 'json');
      expect(JSON.parse(shown.stdout).units[0].tunnel).toMatchObject({
        path: '/k8s/fl-tunnel',
        mac: MACS[0],
      });
      expect((await site.bigip('remove', '--yes')).code).toBe(0);
      expect(one.list('net/arp')).toEqual([]);
    },
  );
});
