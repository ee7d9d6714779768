import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { desiredDevice } from '../../../src/model/device/desired.ts';
import { tmshCommands } from '../../../src/model/device/tmsh.ts';
import { shownTunnels } from '../../../src/model/device/tmsh-output.ts';
import { readManagement } from '../../../src/model/read-management.ts';
import { siteOf, unitOf } from './states.ts';

describe('commands for tmsh', () => {
  it.each([
    ['10.244.0.0/16', '255.255.0.0'],
    ['10.128.0.0/9', '255.128.0.0'],
    ['10.244.64.0/18', '255.255.192.0'],
  ])("have the mask of flannel's Network %s as %s", (network, mask) => {
    const site = siteOf((text) =>
      text
        .replace('10.244.0.0/16', network)
        .replace(/ {2}Subnet(Min|Max): .*\n/g, '')
        .replace('SubnetLen: 24', 'SubnetLen: 24\n  SubnetMin: 10.244.101.0')
        .replaceAll('10.244.10', network.startsWith('10.128') ? '10.128.10' : '10.244.10'),
    );
    const commands = tmshCommands(desiredDevice(unitOf(site), site.network.config), false);
    expect(commands[2]).toContain(`/${mask} allow-service none`);
  });
});

describe('what tmsh printed', () => {
  it('gives each tunnel its MAC, prompts and other lines left out', () => {
    const text = `# show net tunnels tunnel all-properties\r
Net::Tunnel: a
MAC Address   00:0C:29:2E:DB:2E\r
Net::Tunnel: http-tunnel
Interface Name x
Net::Tunnel: b
MAC Address   not-one
MAC Address   00:0c:29:2e:db:2f
`;
    expect(shownTunnels(text)).toEqual([
      { name: 'a', mac: '00:0c:29:2e:db:2e' },
      { name: 'b', mac: '00:0c:29:2e:db:2f' },
    ]);
  });

  it('of any kind is read without an error', () => {
    fc.assert(fc.property(fc.string(), (text) => Array.isArray(shownTunnels(text))));
  });
});

describe('management', () => {
  const URL_RULE = /is no address of a BIG-IP/;

  it.each([
    ['https://10.1.1.245', 'https://10.1.1.245'],
    ['https://10.1.1.245/', 'https://10.1.1.245'],
    ['HTTPS://Bigip.Example.com:443', 'https://bigip.example.com'],
    ['https://[fd00::1]:8443', 'https://[fd00::1]:8443'],
  ])('is reached at %s', (url, taken) => {
    const { management, findings } = readManagement({ url }, '/m');
    expect([management?.url, findings]).toEqual([taken, []]);
  });

  it.each([
    'http://10.1.1.245',
    '10.1.1.245',
    'https://',
    'https://user:pw@10.1.1.245',
    'https://10.1.1.245/mgmt',
    'https://10.1.1.245?x=1',
    '',
  ])('is not reached at %j', (url) => {
    const { management, findings } = readManagement({ url }, '/m');
    expect([management, findings]).toEqual([
      null,
      [expect.objectContaining({ rule: 'wrong-value', path: '/m/url' })],
    ]);
    expect(findings[0]?.message).toMatch(URL_RULE);
    expect(findings[0]?.message).not.toContain('pw');
  });

  it('pins a certificate by what openssl prints, and takes no other digest', () => {
    const octets = Array.from({ length: 32 }, (_, i) => i.toString(16).padStart(2, '0'));
    const digest = octets.join(':');
    const read = (fingerprint: string, more = {}) =>
      readManagement({ url: 'https://h', fingerprint, ...more }, '/m');
    for (const text of [digest, `sha256 Fingerprint=${digest.toUpperCase()}`]) {
      expect(read(text).management?.fingerprint).toBe(digest.toUpperCase());
    }
    const sha1 = octets.slice(0, 20).join(':');
    for (const text of [sha1, digest.replaceAll(':', ''), `${digest}:00`]) {
      expect(read(text).findings.map(({ path }) => path)).toEqual(['/m/fingerprint']);
    }
    expect(read(digest, { ca: 'ca.pem' }).findings.map(({ path }) => path)).toEqual(['/m/ca']);
  });
});
