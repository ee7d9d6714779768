import net from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Certificates, makeCertificates } from '../support/certificates.ts';
import { run, start } from '../support/cli.ts';
import { type Etcd, startEtcd } from '../support/etcd.ts';

const CONFIG = '{"Network":"10.244.0.0/16","Backend":{"Type":"vxlan"}}';
const LEASE = JSON.stringify({
  PublicIP: '10.1.10.245',
  BackendType: 'vxlan',
  BackendData: { VtepMAC: '00:0c:29:2e:db:2e' },
});

let files: Certificates;
let etcd: Etcd;
let tls: readonly string[];

beforeAll(async () => {
  files = makeCertificates();
  etcd = await startEtcd({ tls: files });
  tls = ['--cacert', files.ca, '--cert', files.client.cert, '--key', files.client.key];
  etcd.etcdctl(3, 'put', '/coreos.com/network/config', CONFIG);
  etcd.etcdctl(3, 'put', '/coreos.com/network/subnets/10.244.100.0-24', LEASE);
  etcd.etcdctl(2, 'set', '/old/config', CONFIG);
  etcd.etcdctl(2, 'set', '/old/subnets/10.244.100.0-24', LEASE);
});
afterAll(() => etcd.stop());

describe('the executable over mutual TLS to an IP address', () => {
  it.each([
    { api: 'v3', prefix: '/coreos.com/network' },
    { api: 'v2', prefix: '/old' },
    { api: 'auto', prefix: '/old' },
    { api: 'auto', prefix: '/coreos.com/network' },
  ])('lists $prefix with --etcd-api $api and prints nothing else', async ({ api, prefix }) => {
    const { code, stdout, stderr } = await run([
      ...['list', '-o', 'json', '--prefix', prefix, '--etcd-api', api],
      ...['--endpoints', ...etcd.endpoints, ...tls],
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('10.244.100.0/24');
  });
});

describe('the executable before a host that stays silent', () => {
  let silent: net.Server;

  beforeAll(async () => {
    silent = net.createServer(() => undefined);
    await new Promise<void>((done) => silent.listen(0, '127.0.0.1', done));
  });
  afterAll(() => {
    silent.close();
  });

  it.each([
    { api: 'v2', scheme: 'http' },
    { api: 'v3', scheme: 'http' },
    { api: 'v2', scheme: 'https' },
    { api: 'v3', scheme: 'https' },
    { api: 'auto', scheme: 'https' },
  ])('says one line and ends at once: $api over $scheme', async ({ api, scheme }) => {
    const host = `127.0.0.1:${(silent.address() as net.AddressInfo).port}`;
    const endpoints = ['--endpoints', `${scheme}://${host}`];
    const { child, result } = start([
      ...['list', '--etcd-api', api, '--timeout', '500ms', ...endpoints, ...tls],
    ]);
    let said = 0;
    child.stderr?.once('data', () => {
      said = performance.now();
    });
    expect(await result).toEqual({
      code: 1,
      signal: null,
      stdout: '',
      stderr: `error: etcd at ${host} did not answer in time. Check the address, or raise --timeout\n`,
    });
    // Nothing of the connection keeps the process alive.
    expect(performance.now() - said).toBeLessThan(1_500);
  });
});

describe('the executable with a password', () => {
  it('never prints it, not even with --verbose', async () => {
    const secret = 'very-secret-password';
    const { code, stdout, stderr } = await run(
      ['list', '--verbose', '--etcd-api', 'v3', '--endpoints', ...etcd.endpoints, ...tls],
      { env: { ETCDCTL_USER: `flannel:${secret}` } },
    );
    expect(code).toBe(1);
    expect(stderr).toContain(
      'has authentication off, so a user makes no sense. Leave out --user\n',
    );
    expect(stdout + stderr).not.toContain(secret);
  });
});
