import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { BigIpFault } from '../support/bigip/device.ts';
import { BigIpSite, siteText, writesOf } from '../support/bigip/site.ts';
import { devicesOfTest, setUp } from '../support/bigip/started.ts';
import { temporaryFolder } from '../support/cli.ts';

const device = devicesOfTest();
const AT = /the BIG-IP at 127\.0\.0\.1:\d+/g;

function plain(stderr: string): string {
  return stderr.replace(AT, 'the BIG-IP');
}

/** What `bigip show` says of a failure. */
async function failure(site: BigIpSite, ...args: string[]) {
  const { code, stderr } = await site.bigip('show', ...args);
  return { code, stderr: plain(stderr) };
}

const REFUSED =
  'error: bigip-1: the BIG-IP refuses this user or password: Authentication failed. Check BIGIP_USERNAME and BIGIP_PASSWORD; it is not tried again, since that locks users out\n';

describe('a login', () => {
  it('is by token, which is given back, and the password stands in nothing else', async () => {
    const one = await device();
    const { code } = await new BigIpSite([one]).bigip('show');
    expect(code).toBe(0);
    expect([one.issued.length, [...one.tokens]]).toEqual([1, []]);
    const auths = new Set(one.requests.slice(1).map(({ auth }) => auth));
    expect([...auths]).toEqual(['token']);
  });

  it('that is refused is tried once, and told in one line', async () => {
    const one = await device();
    const site = new BigIpSite([one]);
    const { code, stderr } = await site.run(['bigip', 'show'], {
      env: { BIGIP_PASSWORD: 'wrong' },
    });
    expect([code, plain(stderr)]).toEqual([1, REFUSED]);
    expect(one.requests).toHaveLength(1);
  });

  it('goes by the password where the release has no tokens that may write', async () => {
    for (const options of [{ version: '11.6.5' }, { version: '11.5.4', noTokens: true }]) {
      const one = await device({ ...options });
      const { code, stderr } = await new BigIpSite([one]).bigip('apply', '--yes');
      expect([code, stderr, [...one.tokens]]).toEqual([0, '', []]);
      const writes = one.requests.filter(({ path }) => path.includes('/tm/net/'));
      expect(new Set(writes.map(({ auth }) => auth))).toEqual(new Set(['basic']));
    }
  });

  it('by the password that is refused, with a page instead of JSON, is told the same way', async () => {
    const one = await device({ version: '11.5.4', noTokens: true });
    const site = new BigIpSite([one]);
    const { code, stderr } = await site.run(['bigip', 'show'], {
      env: { BIGIP_PASSWORD: 'wrong' },
    });
    expect(code).toBe(1);
    expect(plain(stderr)).toBe(
      'error: bigip-1: the BIG-IP is still starting its REST interface. Wait, or raise --timeout\n',
    );
    expect(one.requests.filter(({ status }) => status === 401)).toHaveLength(1);
  });

  it('takes its password from a file', async () => {
    const one = await device();
    const folder = temporaryFolder({ password: `${one.password}\n` });
    const site = new BigIpSite([one]);
    const args = ['bigip', 'show', '--bigip-password-file', `${folder}/password`];
    const { code } = await site.run(args, { env: { BIGIP_PASSWORD: 'wrong' } });
    expect(code).toBe(0);
    const missing = await site.run(['bigip', 'show', '--bigip-password-file', '/none']);
    expect([missing.code, missing.stderr]).toEqual([
      1,
      'error: bigip-1: the password file /none is not there\n',
    ]);
  });

  it('that nobody answers is wrong usage', async () => {
    const one = await device();
    const site = new BigIpSite([one]);
    const user = await site.run(['bigip', 'show'], { env: { BIGIP_USERNAME: '' } });
    expect([user.code, user.stderr]).toEqual([
      64,
      "error: the BIG-IP's user is missing, and nobody can be asked here. Set BIGIP_USERNAME\n",
    ]);
    const password = await site.run(['bigip', 'show'], { env: { BIGIP_PASSWORD: '' } });
    expect([password.code, password.stderr]).toEqual([
      64,
      'error: the password of fluser is missing, and nobody can be asked here. Pass --bigip-password-file or BIGIP_PASSWORD\n',
    ]);
    expect(one.requests).toEqual([]);
  });

  it('at the limit of tokens ends nobody else’s', async () => {
    const one = await device();
    one.addTokens(100);
    const { code, stderr } = await failure(new BigIpSite([one]));
    expect([code, one.tokens.size]).toEqual([1, 100]);
    expect(stderr).toBe(
      "error: bigip-1: the BIG-IP gives this user no more tokens: 100 are in use. Wait until they expire (20 minutes), or end them all, other programs' too: curl -u USER -X DELETE https://HOST/mgmt/shared/authz/tokens\n",
    );
  });

  it('is made again, once, when the device forgets the token', async () => {
    const one = await device();
    one.fail({ path: '/net/self', answer: '401-dead-token' });
    const { code } = await new BigIpSite([one]).bigip('show');
    expect([code, one.issued.length]).toEqual([0, 2]);
    one.fail({ path: '/net/self', answer: '401-dead-token', times: 9 });
    const again = await failure(new BigIpSite([one]));
    expect([again.code, one.issued.length]).toEqual([1, 4]);
  });
});

describe('a refusal', () => {
  it('for a role that may not read the MAC leaves the rest to be seen', async () => {
    const one = await device({ role: 'resource-admin' });
    setUp(one);
    const { code, stdout } = await new BigIpSite([one]).bigip('show');
    expect(code).toBe(0);
    expect(stdout).toMatch(/ {2}MAC {18}- \(the tunnel's MAC cannot be read: .*role is too small/);
  });

  it('for a role that is too small names the role', async () => {
    const one = await device({ role: 'manager' });
    const { code, stderr } = await new BigIpSite([one]).bigip('apply', '--yes');
    expect(code).toBe(1);
    expect(plain(stderr)).toMatch(
      /^error: bigip-1: the BIG-IP says that this user's role is too small for POST \/mgmt\/tm\/net\/tunnels\/vxlan: 01070822:3: Access Denied: .*: 0 of 3 changes of bigip-1 are done, and not saved\. Use a user with the role Administrator\n$/,
    );
    const none = await failure(new BigIpSite([await device({ role: 'none' })]));
    expect(none).toEqual({
      code: 1,
      stderr:
        'error: bigip-1: the BIG-IP does not let this user use iControl REST. Use a user with the role Administrator\n',
    });
  });

  it('of an address without its route domain says what is missing', async () => {
    const one = await device();
    setUp(one, { localAddress: '10.1.10.245%1' });
    one.put('auth/partition', { name: 'x' });
    const site = new BigIpSite([one]);
    const { code, stderr } = await site.bigip('apply', '--yes');
    expect([code, writesOf(one)]).toEqual([1, []]);
    expect(stderr).toContain('its local address is 10.1.10.245%1 instead of 10.1.10.245');
  });
});

describe('a device that is not ready', () => {
  const PASSING: readonly (readonly [string, BigIpFault])[] = [
    ['serves a page while it starts', { answer: '503-html', times: 2 }],
    ['is busy', { path: '/net/self', answer: '503-json', times: 2 }],
    ['lost its mcpd', { path: '/net/arp', answer: '500-mcpd', times: 2 }],
    ['has not registered a path yet', { path: '/net/tunnels', answer: '404-starting', times: 2 }],
    ['loses the login header under load', { path: '/net/self', answer: '401-no-auth', times: 2 }],
    ['drops the connection', { path: '/net/self', answer: 'reset', times: 2 }],
    ['drops the connection of the login', { path: '/authn/login', answer: 'reset' }],
  ];

  it.each(PASSING)('and %s is waited for', async (_, fault) => {
    const one = await device();
    one.fail(fault);
    const { code, stderr } = await new BigIpSite([one]).bigip('show');
    expect([code, stderr, [...one.tokens]]).toEqual([0, '', []]);
  });

  const LASTING: readonly (readonly [BigIpFault['answer'], string])[] = [
    ['503-html', 'is starting or busy (HTTP 503). Wait, or raise --timeout'],
    ['500-mcpd', 'lost its mcpd. Wait, or raise --timeout'],
    ['404-starting', 'is still starting its REST interface. Wait, or raise --timeout'],
    ['401-no-auth', 'did not see the login that was sent. Try again'],
    ['reset', 'closed the connection. Try again'],
    ['hang', 'did not answer in time. Check management.url and firewalls, or raise --timeout'],
  ];

  it.each(LASTING)('for longer than --timeout (%s) ends the wait', async (answer, message) => {
    const one = await device();
    one.fail({ path: '/net/self', answer, times: 1000 });
    const began = performance.now();
    const { code, stderr } = await failure(new BigIpSite([one]), '--timeout', '1s');
    expect([code, stderr]).toEqual([1, `error: bigip-1: the BIG-IP ${message}\n`]);
    expect(performance.now() - began).toBeLessThan(5_000);
  });

  it('is not taken for one without a tunnel', async () => {
    const one = await device();
    setUp(one);
    one.fail({ path: '/net/tunnels/tunnel', answer: '404-starting', times: 1000 });
    const { code } = await failure(new BigIpSite([one]), '--timeout', '500ms');
    expect(code).toBe(1);
  });
});

describe('what is no BIG-IP', () => {
  it.each([
    [
      'redirect',
      /redirects \S+ \S+ elsewhere, so it is no iControl REST endpoint\. Check management\.url/,
    ],
    [
      'html-200',
      /answers \S+ \S+ with something else than JSON, so it is no iControl REST endpoint/,
    ],
  ] as const)('by its answer (%s) is told as that', async (answer, message) => {
    const one = await device();
    one.fail({ answer, times: 100 });
    const { code, stderr } = await failure(new BigIpSite([one]));
    expect([code, stderr]).toEqual([1, expect.stringMatching(message)]);
  });

  it('by its silence, its protocol or its name is told apart', async () => {
    const one = await device();
    const server = createServer((_, response) => response.end('hello'));
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as AddressInfo;
    const told = async (url: string) => {
      const text = siteText([one]).replace(one.url, url);
      return (await failure(new BigIpSite([one], { 'flannel-bigip.yaml': text }))).stderr;
    };
    expect(await told(`https://127.0.0.1:${port}`)).toContain('speaks no TLS, or an old one');
    server.close();
    expect(await told('https://127.0.0.1:1')).toContain('refuses the connection: nothing listens');
    expect(await told('https://bigip.invalid')).toContain('is at a host that is not known');
  });
});

describe('a certificate', () => {
  const told = async (options: Parameters<typeof device>[0], ...lines: string[]) => {
    const one = await device(options);
    const ca = `      ca: ${one.ca}\n`;
    const wanted = lines.map((line) => `      ${fill(line, one)}\n`).join('');
    const text = siteText([one]).replace(ca, wanted);
    const site = new BigIpSite([one], { 'flannel-bigip.yaml': text });
    const { code, stderr } = await site.bigip('show');
    return { code, stderr: plain(stderr), requests: one.requests.length };
  };
  const fill = (line: string, one: { ca: string; otherCa: string; fingerprint: string }) =>
    line.replace('CA', one.ca).replace('OTHER', one.otherCa).replace('PRINT', one.fingerprint);

  it('is checked by its CA, its name and its time before anything is sent', async () => {
    expect(await told({}, 'ca: CA')).toMatchObject({ code: 0, stderr: '' });
    const unknown = 'shows a certificate of an unknown authority';
    expect(await told({})).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(unknown),
      requests: 0,
    });
    expect(await told({}, 'ca: OTHER')).toMatchObject({
      stderr: expect.stringContaining(unknown),
      requests: 0,
    });
    const names = 'shows a certificate that is made out to other names';
    expect(await told({ certificate: 'misnamed' }, 'ca: CA')).toMatchObject({
      stderr: expect.stringContaining(names),
      requests: 0,
    });
    const expired = 'shows a certificate that has expired';
    expect(await told({ certificate: 'expired' }, 'ca: CA')).toMatchObject({
      stderr: expect.stringContaining(expired),
      requests: 0,
    });
  });

  it('that is pinned by its fingerprint is its own authority, and no other is taken', async () => {
    expect(await told({ selfSigned: true }, 'fingerprint: "PRINT"')).toMatchObject({ code: 0 });
    expect(
      await told({ selfSigned: true }, 'fingerprint: "sha256 Fingerprint=PRINT"'),
    ).toMatchObject({
      code: 0,
    });
    const other = Array.from({ length: 32 }, () => 'AB').join(':');
    const refused = await told({}, `fingerprint: "${other}"`);
    expect(refused).toMatchObject({ code: 1, requests: 0 });
    expect(refused.stderr).toContain('shows another certificate than the pinned one');
  });

  it('is not looked at with --insecure, which says what that means', async () => {
    const one = await device({ selfSigned: true });
    const text = siteText([one]).replace(/ {6}ca: .*\n/, '');
    const site = new BigIpSite([one], { 'flannel-bigip.yaml': text });
    const { code, stderr } = await site.bigip('show', '--insecure');
    expect([code, stderr]).toEqual([
      0,
      `warning: --insecure: the certificate of bigip-1 is not checked; whoever answers at ${one.url} gets the password\n`,
    ]);
  });

  it.each([
    ['is not there', '/none/ca.pem', /the CA file \/none\/ca\.pem cannot be read \(ENOENT\)/],
    ['is no certificate', 'FILE', /the CA file \S+ is no certificate/],
  ])('of a CA file that %s is told by the file', async (_, file, message) => {
    const one = await device();
    const folder = temporaryFolder({ 'ca.pem': 'none' });
    const text = siteText([one]).replace(one.ca, file.replace('FILE', `${folder}/ca.pem`));
    const { code, stderr } = await failure(new BigIpSite([one], { 'flannel-bigip.yaml': text }));
    expect([code, stderr]).toEqual([1, expect.stringMatching(message)]);
  });
});

describe('secrets', () => {
  it('stand in no output, however a command ends', async () => {
    const one = await device();
    const site = new BigIpSite([one]);
    const outputs: string[] = [];
    const faults: BigIpFault[] = [
      { path: '/net/self', answer: '401-dead-token', times: 3 },
      { path: '/net/self', answer: '503-html', times: 100 },
      { path: '/net/self', answer: 'hang' },
      { path: '/net/self', answer: 'html-200' },
      { path: '/net/self', answer: 'role' },
    ];
    for (const fault of faults) {
      one.fail(fault);
      const args = ['bigip', 'apply', '--yes', '--verbose', '--timeout', '500ms'];
      const { stdout, stderr } = await site.run(args);
      outputs.push(stdout, stderr);
    }
    const wrong = await site.run(['bigip', 'show', '--verbose'], {
      env: { BIGIP_PASSWORD: 'Wr0ng-secret' },
    });
    const all = [...outputs, wrong.stdout, wrong.stderr].join('\n');
    const basic = Buffer.from(`${one.user}:${one.password}`).toString('base64');
    for (const secret of [one.password, basic, 'Wr0ng-secret', ...one.issued]) {
      expect(all).not.toContain(secret);
    }
  });

  it('in a management URL are refused and not shown', async () => {
    const one = await device();
    const url = one.url.replace('//', '//admin:geheim@');
    const text = siteText([one]).replace(one.url, url);
    const { code, stderr } = await failure(new BigIpSite([one], { 'flannel-bigip.yaml': text }));
    expect(code).toBe(3);
    expect(stderr).toContain('is no address of a BIG-IP');
    expect(stderr).not.toContain('geheim');
  });
});
