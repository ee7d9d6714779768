import { spawnSync } from 'node:child_process';
import { copyFileSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Certificates, makeCertificates } from '../support/certificates.ts';
import { COMMAND, run, temporaryFolder } from '../support/cli.ts';
import { startCutProxy } from '../support/cut-proxy.ts';
import { cleanEnvironment, type Etcd, startEtcd } from '../support/etcd.ts';
import { handOf } from '../support/keyspace.ts';
import { runInNamespace } from '../support/namespace.ts';
import { freePorts } from '../support/ports.ts';
import { CONFIG_VALUE, LEASE_VALUE, PREFIX, SITE } from '../support/sites.ts';
import { enableV2Auth, enableV3Auth, FLANNEL, QUICK_PASSWORDS } from '../support/store-auth.ts';
import { startTlsFront, startTunnelProxy, type TunnelProxy } from '../support/tunnel.ts';

const LEASE = `${PREFIX}/subnets/10.244.100.0-24`;
const APIS = ['v2', 'v3'] as const;

let certificates: Certificates;
let plain: Etcd;
let secure: Etcd;
let guarded: Etcd;
beforeAll(async () => {
  certificates = makeCertificates();
  [plain, secure, guarded] = await Promise.all([
    startEtcd(),
    startEtcd({ tls: certificates }),
    startEtcd({ args: [QUICK_PASSWORDS] }),
  ]);
  for (const api of APIS) {
    for (const etcd of [plain, secure]) {
      etcd.etcdctl(api === 'v2' ? 2 : 3, api === 'v2' ? 'set' : 'put', LEASE, LEASE_VALUE);
    }
  }
  enableV2Auth(guarded);
  enableV3Auth(guarded);
});
afterAll(() => Promise.all([plain, secure, guarded].map((etcd) => etcd.stop())));

const url = (etcd: Etcd) => etcd.endpoints[0] ?? '';
const hostOf = (etcd: Etcd) => new URL(url(etcd)).host;
const list = (api: string, endpoint: string, ...args: string[]) => [
  'list',
  '--endpoints',
  endpoint,
  '--etcd-api',
  api,
  '-o',
  'json',
  ...args,
];
const tlsArgs = ({ ca, client }: Pick<Certificates, 'ca' | 'client'>) => [
  '--cacert',
  ca,
  '--cert',
  client.cert,
  '--key',
  client.key,
];

describe.each(APIS)('a proxy that the environment names, on the way to etcd %s', (api) => {
  const PASSWORD = 'proxy-secret';
  let proxy: TunnelProxy;
  beforeEach(async () => {
    proxy = await startTunnelProxy(`me:${PASSWORD}`);
  });
  afterEach(() => proxy.stop());
  const environment = (value: string) =>
    Object.fromEntries(
      ['http_proxy', 'https_proxy', 'grpc_proxy', 'all_proxy'].flatMap((name) => [
        [name, value],
        [name.toUpperCase(), value],
      ]),
    );

  it('is not used, not even to log in', async () => {
    const env = { ...environment(proxy.url), ETCDCTL_PASSWORD: FLANNEL.password };
    const open = await run(list(api, url(plain)), { env });
    const login = ['--prefix', '/site', '--user', FLANNEL.user];
    const loggedIn = await run(list(api, url(guarded), ...login), { env });

    expect([open.code, loggedIn.code]).toEqual([0, 0]);
    expect(JSON.parse(open.stdout)).toHaveLength(1);
    expect(proxy.tunnels).toEqual([]);
  });

  it('is used when that is asked for, with its password, which is shown nowhere', async () => {
    const env = { ...environment(proxy.url), ETCDCTL_PASSWORD: FLANNEL.password };
    const asked = ['--use-env-proxy', '--verbose'];
    const login = ['--prefix', '/site', '--user', FLANNEL.user];
    const open = await run(list(api, url(plain), ...asked), { env });
    const tls = await run(list(api, url(secure), ...asked, ...tlsArgs(certificates)), { env });
    const loggedIn = await run(list(api, url(guarded), ...asked, ...login), { env });

    expect([open.code, tls.code, loggedIn.code]).toEqual([0, 0, 0]);
    expect([open, tls].map(({ stdout }) => JSON.parse(stdout).length)).toEqual([1, 1]);
    expect([...new Set(proxy.tunnels)]).toEqual([plain, secure, guarded].map(hostOf));
    expect(open.stderr).toContain(`proxy: http://${new URL(proxy.url).host} (environment)`);
    expect(open.stderr + tls.stderr + loggedIn.stderr).not.toContain(PASSWORD);
  });

  it('is left out for hosts that no_proxy names', async () => {
    const env = { ...environment(proxy.url), no_proxy: 'elsewhere,127.0.0.1' };
    const { code } = await run(list(api, url(plain), '--use-env-proxy'), { env });

    expect([code, proxy.tunnels]).toEqual([0, []]);
  });

  it('is named when it cannot be reached or lets nobody through', async () => {
    const [dead] = await freePorts(1);
    const within = ['--use-env-proxy', '--timeout', '3s'];
    const away = await run(list(api, url(plain), ...within), {
      env: environment(`http://127.0.0.1:${dead}`),
    });
    const refused = await run(list(api, url(plain), ...within), {
      env: environment(proxy.url.replace(PASSWORD, 'wrong')),
    });

    expect([away.code, refused.code]).toEqual([1, 1]);
    expect(away.stderr).toContain(`(through the proxy at 127.0.0.1:${dead})`);
    expect(refused.stderr).toContain(`(through the proxy at ${new URL(proxy.url).host})`);
    expect(refused.stderr).not.toContain('wrong');
    const lines = [away, refused].map(({ stderr }) => stderr.trimEnd().split('\n').length);
    expect(lines).toEqual([1, 1]);
  });

  it('is refused when it can open no tunnel', async () => {
    const { code, stderr } = await run(list(api, url(plain), '--use-env-proxy'), {
      env: environment('socks5://127.0.0.1:1'),
    });

    expect(code).toBe(64);
    expect(stderr).toContain('error: the proxy of the environment is no http:// URL');
  });
});

describe.each(APIS)('a server that speaks only one version of TLS, etcd %s behind it', (api) => {
  it.each(['TLSv1.2', 'TLSv1.3'] as const)('is read over %s', async (version) => {
    const versions = { minVersion: version, maxVersion: version };
    const front = await startTlsFront(url(plain), certificates.server, versions);
    const { code, stdout, stderr } = await run(
      list(api, front.endpoint, '--cacert', certificates.ca),
    );
    await front.stop();

    expect([code, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toHaveLength(1);
  });

  it('is refused, and told why, when that is an old one', async () => {
    const versions = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1' } as const;
    const front = await startTlsFront(url(plain), certificates.server, versions);
    const { code, stderr } = await run(list(api, front.endpoint, '--cacert', certificates.ca));
    await front.stop();

    expect(code).toBe(1);
    expect(stderr).toBe(
      `error: etcd at ${new URL(front.endpoint).host} speaks no version of TLS that is safe, which 1.2 and 1.3 are. Update what answers there\n`,
    );
  });
});

describe.each(APIS)('certificates that are replaced between two commands, etcd %s', (api) => {
  it('are read anew', async () => {
    const folder = temporaryFolder();
    const at = (name: string) => path.join(folder, name);
    const put = (ca: string, client: { readonly cert: string; readonly key: string }) => {
      copyFileSync(ca, at('ca.pem'));
      copyFileSync(client.cert, at('cert.pem'));
      copyFileSync(client.key, at('key.pem'));
    };
    const files = { ca: at('ca.pem'), client: { cert: at('cert.pem'), key: at('key.pem') } };
    const command = () => run(list(api, url(secure), ...tlsArgs(files)));

    put(certificates.ca, certificates.client);
    const first = await command();
    put(certificates.ca, certificates.expiredClient);
    const expired = await command();
    put(certificates.otherCa, certificates.client);
    const strange = await command();
    put(certificates.ca, certificates.client);
    const last = await command();

    expect([first, expired, strange, last].map(({ code }) => code)).toEqual([0, 1, 1, 0]);
    expect(expired.stderr).toContain('has expired');
    expect(strange.stderr).toContain('is signed by no CA that is trusted');
  });
});

describe.each(APIS)('an etcd %s at the end of a slow line', (api) => {
  /** Every piece, either way, takes so many milliseconds. */
  async function over(delay: number, ...args: string[]) {
    const proxy = await startCutProxy(url(plain), async () => {
      await pause(delay);
      return undefined;
    });
    const cwd = temporaryFolder({ 'flannel-bigip.yaml': SITE });
    const began = performance.now();
    const result = await run([...args, '--endpoints', proxy.endpoint, '--etcd-api', api], { cwd });
    await proxy.stop();
    return { ...result, took: performance.now() - began };
  }

  it('is read and written', async () => {
    const hand = handOf(plain, api);
    const applied = await over(250, 'apply', '--yes');
    const keys = await hand.all();
    hand.remove(`${PREFIX}/config`);

    expect([applied.code, applied.stderr]).toEqual([0, '']);
    expect(keys[`${PREFIX}/config`]).toEqual({ value: CONFIG_VALUE, expires: false });
  });

  it('is given up in time when it is too slow', async () => {
    const { code, stderr, took } = await over(3_000, 'list', '--timeout', '1s');

    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: etcd at \S+ did not answer in time\. .*\n$/);
    expect(took).toBeLessThan(2_500);
  });
});

describe.each(APIS)('the password of a user of etcd %s', (api) => {
  const { user, password } = FLANNEL;
  const at = ['--endpoints', '', '--etcd-api', api, '--prefix', '/site'];

  it.each([
    ['a file', ['--user', user, '--password-file', 'password'], {}],
    ['ETCDCTL_PASSWORD', ['--user', user], { ETCDCTL_PASSWORD: password }],
    [
      'FLANNELD_ETCD_PASSWORD',
      [],
      { FLANNELD_ETCD_USERNAME: user, FLANNELD_ETCD_PASSWORD: password },
    ],
    ['ETCDCTL_USER', [], { ETCDCTL_USER: `${user}:${password}` }],
  ])('comes from %s, and goes nowhere else', async (_, args, env) => {
    const cwd = temporaryFolder({ 'flannel-bigip.yaml': SITE, password: `${password}\n` });
    at[1] = url(guarded);
    const more = [...at, ...args, '--verbose'];
    const applied = await run(['apply', '--yes', '--rewrite', ...more], { cwd, env });
    const kept = await run(['backup', 'b.json', ...more], { cwd, env });
    const saved = await run(['diff', '--save', 'p.json', ...more], { cwd, env });

    expect([applied.code, kept.code, saved.code]).toEqual([0, 0, 0]);
    const said = [applied, kept, saved].map(({ stdout, stderr }) => stdout + stderr).join('');
    expect(said).not.toContain(password);
    for (const file of readdirSync(cwd, { recursive: true, encoding: 'utf8' })) {
      if (!file.endsWith('.json')) continue;
      expect(readFileSync(path.join(cwd, file), 'utf8')).not.toContain(password);
    }
  });

  it('is told to be wrong without being shown', async () => {
    const { code, stderr } = await run(['list', ...at.with(1, url(guarded)), '--verbose'], {
      env: { ETCDCTL_USER: `${user}:not-the-password` },
    });

    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^error: .*(wrong user or password|refuses this user name or password)/m,
    );
    expect(stderr).not.toContain('not-the-password');
  });

  it('is not taken from the command line, where everybody sees it', async () => {
    const { code, stderr } = await run(['list', ...at, '--user', `${user}:${password}`]);

    expect(code).toBe(64);
    expect(stderr).not.toContain(password);
  });
});

describe.each(APIS)('a name with several addresses, of which one has etcd %s', (api) => {
  it.each([
    ['refuses', '127.0.0.2'],
    ['does not answer', '10.9.9.3'],
    ['is of another family', '::1'],
  ])('is reached although another address %s', (_, address) => {
    const hosts = [`${address} etcd.test`, '127.0.0.1 etcd.test'];
    const args = list(api, 'http://etcd.test:2379', '--timeout', '5s');

    expect(runInNamespace(hosts, args)).toEqual({
      code: 0,
      signal: null,
      stdout: '[]\n',
      stderr: '',
    });
  });

  it('is named when none of them answers', () => {
    const hosts = ['10.9.9.3 etcd.test', '10.9.9.4 etcd.test'];
    const began = performance.now();
    const args = list(api, 'http://etcd.test:2379', '--timeout', '2s');

    expect(runInNamespace(hosts, args)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^error: (etcd at|no route to etcd at) etcd\.test:2379/),
    });
    expect(performance.now() - began).toBeLessThan(10_000);
  });
});

describe('an etcd that is not there', () => {
  const refused = 'error: etcd at 127.0.0.1:2379 refuses the connection: nothing listens there. ';
  const since = 'Check that etcd runs; this is the default, since no endpoint is named: ';
  const without = SITE.replace(/etcd:[\s\S]*?(?=^\S)/m, '');

  const alone = (args: readonly string[], files = {}) => {
    const inside = ['-n', 'sh', '-c', 'ip link set lo up; exec "$@"', 'sh', ...COMMAND, ...args];
    const env = cleanEnvironment();
    const cwd = temporaryFolder(files);
    const { status, stderr } = spawnSync('unshare', inside, { cwd, env, encoding: 'utf8' });
    return [status, stderr];
  };

  it.for([
    [['list'], 'pass --endpoints, or name a site file with --file'],
    [['diff', '-f', 'site.yaml'], 'pass --endpoints, or write etcd.endpoints in the site file'],
  ] as const)('is said to be the default where nobody has named one: %s', ([args, how]) => {
    expect(alone(args, { 'site.yaml': without })).toEqual([1, `${refused}${since}${how}\n`]);
  });

  it.each(APIS)('is told of where no route leads to it (%s)', (api) => {
    expect(alone(list(api, 'http://10.9.9.9:2379'))).toEqual([
      1,
      expect.stringMatching(
        /^error: (no route to etcd at 10\.9\.9\.9:2379|etcd at 10\.9\.9\.9:2379 cannot be connected to: nothing listens there, or no route leads there)\. Check the address[^.]*\n$/,
      ),
    ]);
  });
});
