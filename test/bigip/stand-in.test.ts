import { afterEach, describe, expect, test } from 'vitest';
import { ask, curl, type Reply } from '../support/bigip/curl.ts';
import { type BigIpDevice, type BigIpOptions, startBigIp } from '../support/bigip/device.ts';

const started: BigIpDevice[] = [];

afterEach(async () => {
  await Promise.all(started.splice(0).map((device) => device.stop()));
});

async function unit(options: BigIpOptions = {}): Promise<BigIpDevice> {
  const device = await startBigIp(options);
  started.push(device);
  return device;
}

const TM = '/mgmt/tm';
const PROFILE = { name: 'fl-vxlan', partition: 'Common', floodingType: 'none', port: 8472 };
const TUNNEL = {
  name: 'fl-tunnel',
  partition: 'Common',
  profile: '/Common/fl-vxlan',
  key: 1,
  localAddress: '10.1.10.245',
};
const SELF = {
  name: '10.244.100.10',
  partition: 'Common',
  address: '10.244.100.10/16',
  vlan: '/Common/fl-tunnel',
};
const ARP = {
  name: 'flannel-10.244.20.0',
  partition: 'Common',
  ipAddress: '10.244.20.0',
  macAddress: '5A:7D:2E:91:0C:44',
};
const MAC = '5a:7d:2e:91:0c:44';
const OTHER = '5a:7d:2e:91:0c:55';
const FDB = `${TM}/net/fdb/tunnel/~Common~fl-tunnel`;
const TUNNEL_AT = `${TM}/net/tunnels/tunnel/~Common~fl-tunnel`;

/** Makes the profile and the tunnel through the API. */
async function withTunnel(options: BigIpOptions = {}): Promise<BigIpDevice> {
  const device = await unit(options);
  await ok(device, 'POST', `${TM}/net/tunnels/vxlan`, PROFILE);
  await ok(device, 'POST', `${TM}/net/tunnels/tunnel`, TUNNEL);
  return device;
}

/** The body of a request that must succeed. */
async function ok(device: BigIpDevice, method: string, where: string, body?: unknown) {
  const reply = await ask(device, method, where, body === undefined ? {} : { body });
  expect(reply, JSON.stringify(reply.body)).toMatchObject({ status: 200, reason: 'OK' });
  return reply.body;
}

/** Status and body of a request. */
async function outcome(device: BigIpDevice, method: string, where: string, body?: unknown) {
  const reply = await ask(device, method, where, body === undefined ? {} : { body });
  return [reply.status, reply.body];
}

function refusal(code: number, message: string, apiError = 3) {
  return [code, { code, message, errorStack: [], apiError }];
}

function own(message: string) {
  return refusal(400, `01070734:3: Configuration error: (stand-in) ${message}`);
}

/** A refusal of the REST daemon. */
function rest(code: number, message: string, more = {}) {
  const restOperationId = expect.any(Number);
  const origin = { referer: '127.0.0.1', restOperationId, kind: ':resterrorresponse' };
  return [code, { code, message, ...more, ...origin }];
}

function link(path: string, version = '15.1.5') {
  return `https://localhost${TM}/${path}?ver=${version}`;
}

async function logIn(device: BigIpDevice, password = device.password): Promise<Reply> {
  const body = { username: device.user, password, loginProviderName: 'tmos' };
  return ask(device, 'POST', '/mgmt/shared/authn/login', { token: null, body });
}

async function newToken(device: BigIpDevice): Promise<string> {
  const { body } = await logIn(device);
  return (body as { token: { token: string } }).token.token;
}

async function withToken(device: BigIpDevice, token: string, method = 'GET', where = '') {
  const { status, body } = await ask(device, method, where || `${TM}/net/arp`, { token });
  return [status, body];
}

const JSON_HEADERS = {
  'cache-control': 'no-store, no-cache, must-revalidate',
  connection: 'keep-alive',
  'content-length': expect.any(String),
  'content-type': 'application/json; charset=UTF-8',
  'keep-alive': 'timeout=60',
  pragma: 'no-cache',
  server: 'Jetty(9.2.22.v20170606)',
  'strict-transport-security': 'max-age=16070400; includeSubDomains',
  'x-frame-options': 'SAMEORIGIN',
};
const HTML_HEADERS = {
  connection: 'keep-alive',
  'content-length': expect.any(String),
  'content-type': 'text/html; charset=iso-8859-1',
  'keep-alive': 'timeout=60',
  server: 'Apache',
  'strict-transport-security': 'max-age=16070400; includeSubDomains',
  'x-frame-options': 'SAMEORIGIN',
};
const NO_ARP = {
  kind: 'tm:net:arp:arpcollectionstate',
  selfLink: link('net/arp'),
  items: [],
};

describe('HTTPS', () => {
  test('answers with the headers of the REST daemon, and a cookie for a password', async () => {
    const device = await unit();
    expect(await ask(device, 'GET', `${TM}/net/arp`)).toEqual({
      status: 200,
      reason: 'OK',
      headers: {
        ...JSON_HEADERS,
        'set-cookie': [
          'BIGIPAuthCookie=0123456789ABCDEF; path=/; Secure; HttpOnly',
          'BIGIPAuthUsernameCookie=fluser; path=/; Secure; HttpOnly',
        ],
      },
      body: NO_ARP,
    });
    const token = await newToken(device);
    const reply = await ask(device, 'GET', `${TM}/net/arp/?$top=3`, { token });
    const selfLink = 'https://localhost/mgmt/tm/net/arp?$top=3&ver=15.1.5';
    const body = { ...NO_ARP, selfLink };
    expect(reply).toEqual({ status: 200, reason: 'OK', headers: JSON_HEADERS, body });
    expect(device.requests).toEqual([
      request('GET', `${TM}/net/arp`, 'basic'),
      { ...request('POST', '/mgmt/shared/authn/login', 'none'), body: expect.any(Object) },
      { ...request('GET', `${TM}/net/arp/`, 'token'), query: '$top=3' },
    ]);
  });

  test('keeps a connection for further requests', async () => {
    const device = await unit();
    const where = `${device.url}${TM}/net/arp`;
    const who = ['--cacert', device.ca, '-u', `${device.user}:${device.password}`];
    const write = ['-o', '/dev/null', '-w', '%{num_connects} %{http_code}\n'];
    expect(await curl(...who, ...write, where, '-o', '/dev/null', where)).toBe('1 200\n0 200\n');
  });

  test('has a certificate of its CA, by itself, of elsewhere or of the past', async () => {
    const signed = await unit();
    const itself = await unit({ selfSigned: true });
    const misnamed = await unit({ certificate: 'misnamed' });
    const expired = await unit({ certificate: 'expired', selfSigned: true });
    const status = (device: BigIpDevice, ca = device.ca) =>
      ask(device, 'GET', `${TM}/net/arp`, { ca }).then(
        (reply) => reply.status,
        (error: Error) => /^curl \d+: curl: \(\d+\) (.*)/.exec(error.message)?.[1],
      );
    expect(await status(signed)).toBe(200);
    expect(await status(itself)).toBe(200);
    expect(await status(signed, signed.otherCa)).toMatch(/unable to get local issuer certificate/);
    expect(await status(itself, signed.ca)).toMatch(/self-signed certificate/);
    expect(await status(misnamed)).toMatch(/no alternative certificate subject name matches/);
    expect(await status(expired)).toMatch(/certificate has expired/);
    expect(signed.fingerprint).toMatch(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
    expect(itself.fingerprint).not.toBe(signed.fingerprint);
  });

  test('answers many requests at once, each wholly', async () => {
    const device = await withTunnel();
    const names = Array.from({ length: 20 }, (_, index) => `5a:00:00:00:00:${index + 10}`);
    await Promise.all(
      names.map((name) => ok(device, 'POST', `${FDB}/records`, { name, endpoint: '10.1.10.152' })),
    );
    const records = device.list('net/fdb/tunnel/~Common~fl-tunnel/records');
    expect(records.map((record) => record['name'])).toEqual(names);
  });
});

function request(method: string, path: string, auth: string) {
  return { method, path, query: '', body: null, auth, status: 200 };
}

describe('authentication', () => {
  const PAGE = {
    status: 401,
    reason: 'F5 Authorization Required',
    headers: { ...HTML_HEADERS, 'www-authenticate': 'Basic realm="Enterprise Manager"' },
    body: expect.stringContaining('<title>401 Unauthorized</title>'),
  };

  test('refuses a wrong password and no password with a page', async () => {
    const device = await unit();
    const remote = await unit({ remoteUser: true });
    const where = `${TM}/net/arp`;
    expect(await ask(device, 'GET', where, { password: 'wrong' })).toEqual(PAGE);
    expect(await ask(device, 'GET', where, { token: null })).toEqual(PAGE);
    expect(await ask(remote, 'GET', where)).toEqual(PAGE);
    expect(await withToken(remote, await newToken(remote))).toEqual([200, NO_ARP]);
    expect(device.requests.map(({ auth, status }) => [auth, status])).toEqual([
      ['basic', 401],
      ['none', 401],
    ]);
  });

  test('gives a token, extends it and takes it back', async () => {
    const device = await unit();
    const { status, body } = await logIn(device);
    const [token = ''] = device.issued;
    const at = `/mgmt/shared/authz/tokens/${token}`;
    const shown = {
      token: expect.stringMatching(/^[A-Z2-7]{26}$/),
      name: token,
      userName: 'fluser',
      authProviderName: 'tmos',
      user: { link: 'https://localhost/mgmt/shared/authz/users/fluser' },
      timeout: 1200,
      startTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]{12}\+0000$/),
      address: '127.0.0.1',
      partition: '[All]',
      generation: 1,
      lastUpdateMicros: expect.any(Number),
      expirationMicros: expect.any(Number),
      kind: 'shared:authz:tokens:authtokenitemstate',
      selfLink: `https://localhost${at}`,
    };
    expect([status, body]).toEqual([
      200,
      {
        username: 'fluser',
        loginProviderName: 'tmos',
        loginReference: { link: expect.stringMatching(/^https:\/\/localhost\/mgmt\/cm\/.*login$/) },
        token: shown,
        generation: 0,
        lastUpdateMicros: 0,
      },
    ]);
    const micros = (body as { token: Record<string, number> }).token;
    expect(Number(micros['expirationMicros']) - Number(micros['lastUpdateMicros'])).toBe(1.2e9);
    const extend = async (timeout: unknown) => {
      const reply = await ask(device, 'PATCH', at, { token, body: { timeout } });
      return [reply.status, reply.body];
    };
    expect(await extend('3600')).toEqual([200, { ...shown, timeout: 3600 }]);
    expect(await extend(36_001)).toEqual(
      rest(406, 'Auth-token absolute timeout (36000 seconds) exceeded'),
    );
    expect(await withToken(device, token, 'DELETE', at)).toEqual([
      200,
      { ...shown, timeout: 3600 },
    ]);
    expect([...device.tokens]).toEqual([]);
    expect(await withToken(device, token)).toEqual(DEAD);
  });

  const DEAD = rest(401, 'X-F5-Auth-Token does not exist.', {
    errorStack: [
      'java.lang.SecurityException: X-F5-Auth-Token does not exist.',
      'at com.f5.rest.common',
    ],
  });

  test('refuses a wrong password at login without repeating it, and a login without tokens', async () => {
    const device = await unit();
    const { status, body } = await logIn(device, 'wrong');
    const originalRequestBody =
      '{"username":"fluser","loginProviderName":"tmos","generation":0,"lastUpdateMicros":0}';
    expect([status, body]).toEqual(rest(401, 'Authentication failed.', { originalRequestBody }));
    const old = await unit({ noTokens: true });
    const reply = await logIn(old);
    expect([reply.status, reply.body]).toEqual(
      rest(404, 'Public URI path not registered: /shared/authn/login'),
    );
  });

  test('ends tokens by its own clock', async () => {
    const device = await unit();
    const token = await newToken(device);
    device.advance(1199);
    expect(await withToken(device, token)).toEqual([200, NO_ARP]);
    device.advance(1);
    expect(await withToken(device, token)).toEqual(DEAD);
    expect(device.issued).toEqual([token]);
  });

  test('gives a user one hundred tokens and no more, until they are all dropped', async () => {
    const device = await unit();
    device.addTokens(99);
    const token = await newToken(device);
    const { status, body } = await logIn(device);
    expect([status, body]).toEqual(
      rest(400, 'Bad Request: user fluser has reached maximum active login tokens'),
    );
    expect(device.tokens.size).toBe(100);
    expect((await ask(device, 'DELETE', '/mgmt/shared/authz/tokens')).status).toBe(200);
    expect(await withToken(device, token)).toEqual(DEAD);
    const admin = await unit({ user: 'admin' });
    admin.addTokens(100);
    expect((await logIn(admin)).status).toBe(200);
  });

  test('lets a role do what it may', async () => {
    const [resource, manager, nobody] = [
      await unit({ role: 'resource-admin' }),
      await unit({ role: 'manager' }),
      await unit({ role: 'none' }),
    ];
    const bash = { command: 'run', utilCmdArgs: '-c ls' };
    const access = (verb: string, what: string) =>
      refusal(
        400,
        `01070822:3: Access Denied: user (fluser) does not have ${verb} access to ${what}`,
      );
    expect(await outcome(resource, 'POST', `${TM}/util/bash`, bash)).toEqual(
      access('execute', 'util bash'),
    );
    expect((await outcome(resource, 'POST', `${TM}/net/arp`, ARP))[0]).toBe(200);
    expect(await outcome(manager, 'POST', `${TM}/net/arp`, ARP)).toEqual(
      access('create', '/mgmt/tm/net/arp'),
    );
    expect(await outcome(manager, 'GET', `${TM}/net/arp`)).toEqual([200, NO_ARP]);
    const refused = (verb: string) =>
      rest(
        401,
        `Authorization failed: user=https://localhost/mgmt/shared/authz/users/fluser resource=/mgmt/tm/net/arp verb=${verb} uri:http://localhost:8100/mgmt/tm/net/arp referrer:127.0.0.1 sender:127.0.0.1`,
      );
    expect(await outcome(nobody, 'GET', `${TM}/net/arp`)).toEqual(refused('GET'));
    const old = await unit({ version: '12.1.2', role: 'resource-admin' });
    expect(await outcome(old, 'GET', `${TM}/net/arp`)).toEqual(refused('GET'));
    const older = await unit({ version: '11.6.0' });
    const token = await newToken(older);
    expect(await withToken(older, token, 'DELETE', `${TM}/net/arp`)).toEqual(refused('DELETE'));
    expect((await outcome(older, 'POST', `${TM}/net/arp`, ARP))[0]).toBe(200);
  });
});

describe('objects', () => {
  test('names the objects of the factory', async () => {
    const device = await unit();
    expect(names(device, 'net/tunnels/vxlan')).toEqual([
      '/Common/vxlan',
      '/Common/vxlan-gpe',
      '/Common/vxlan-multipoint',
      '/Common/vxlan-ovsdb',
      '/Common/vxlan-ovsdb-multipoint',
      '/Common/vxlan-ovsdb-no-flooding',
    ]);
    const tunnels = ['/Common/http-tunnel', '/Common/socks-tunnel'];
    expect(names(device, 'net/tunnels/tunnel')).toEqual(tunnels);
    expect(names(device, 'net/fdb/tunnel')).toEqual(tunnels);
    expect(names(device, 'net/self')).toEqual(['/Common/underlay']);
    expect(names(device, 'auth/partition')).toEqual(['Common']);
    expect(device.db('iptunnel.configsync')).toBe('enable');
    expect(await ok(device, 'GET', `${TM}/net/tunnels/vxlan/~Common~vxlan`)).toEqual({
      kind: 'tm:net:tunnels:vxlan:vxlanstate',
      name: 'vxlan',
      partition: 'Common',
      fullPath: '/Common/vxlan',
      generation: 1,
      selfLink: link('net/tunnels/vxlan/~Common~vxlan'),
      encapsulationType: 'vxlan',
      floodingType: 'multicast',
      port: 4789,
    });
    expect(await ok(device, 'GET', `${TM}/sys/db/iptunnel.configsync`)).toEqual({
      kind: 'tm:sys:db:dbstate',
      name: 'iptunnel.configsync',
      fullPath: 'iptunnel.configsync',
      generation: 1,
      selfLink: link('sys/db/iptunnel.configsync'),
      value: 'enable',
    });
  });

  test('fills in what a creation leaves out', async () => {
    const device = await withTunnel();
    expect(await ok(device, 'GET', `${TM}/net/tunnels/vxlan/~Common~fl-vxlan`)).toEqual({
      kind: 'tm:net:tunnels:vxlan:vxlanstate',
      name: 'fl-vxlan',
      partition: 'Common',
      fullPath: '/Common/fl-vxlan',
      generation: expect.any(Number),
      selfLink: link('net/tunnels/vxlan/~Common~fl-vxlan'),
      defaultsFrom: '/Common/vxlan',
      defaultsFromReference: { link: link('net/tunnels/vxlan/~Common~vxlan') },
      encapsulationType: 'vxlan',
      floodingType: 'none',
      port: 8472,
    });
    expect(await ok(device, 'GET', TUNNEL_AT)).toEqual({
      kind: 'tm:net:tunnels:tunnel:tunnelstate',
      name: 'fl-tunnel',
      partition: 'Common',
      fullPath: '/Common/fl-tunnel',
      generation: expect.any(Number),
      selfLink: link('net/tunnels/tunnel/~Common~fl-tunnel'),
      autoLasthop: 'default',
      idleTimeout: 300,
      ifIndex: expect.any(Number),
      key: 1,
      localAddress: '10.1.10.245',
      mode: 'bidirectional',
      mtu: 0,
      profile: '/Common/fl-vxlan',
      profileReference: { link: link('net/tunnels/vxlan/~Common~fl-vxlan') },
      remoteAddress: 'any6',
      secondaryAddress: 'any6',
      tos: 'preserve',
      transparent: 'disabled',
      usePmtu: 'enabled',
    });
    const group = '/Common/traffic-group-local-only';
    const self = {
      kind: 'tm:net:self:selfstate',
      name: '10.244.100.10',
      partition: 'Common',
      fullPath: '/Common/10.244.100.10',
      generation: expect.any(Number),
      selfLink: link('net/self/~Common~10.244.100.10'),
      address: '10.244.100.10/16',
      addressSource: 'from-user',
      floating: 'disabled',
      inheritedTrafficGroup: 'false',
      trafficGroup: group,
      trafficGroupReference: { link: link('cm/traffic-group/~Common~traffic-group-local-only') },
      unit: 0,
      vlan: '/Common/fl-tunnel',
      vlanReference: { link: link('net/tunnels/tunnel/~Common~fl-tunnel') },
    };
    const given = { ...SELF, 'traffic-group': group, allowService: [] };
    expect(await ok(device, 'POST', `${TM}/net/self`, given)).toEqual(self);
    expect(
      await ok(device, 'POST', `${TM}/net/arp`, { ...ARP, ipAddress: '10.244.20.0%0' }),
    ).toEqual({
      kind: 'tm:net:arp:arpstate',
      name: 'flannel-10.244.20.0',
      partition: 'Common',
      fullPath: '/Common/flannel-10.244.20.0',
      generation: 0,
      selfLink: link('net/arp/~Common~flannel-10.244.20.0'),
      ipAddress: '10.244.20.0',
      macAddress: MAC,
    });
    const at = `${TM}/net/self/~Common~10.244.100.10`;
    const changed = { ...self, address: '10.244.100.10/24', allowService: 'all', description: 'x' };
    const change = { address: '10.244.100.10/24', allowService: 'all', description: 'x' };
    expect(await ok(device, 'PATCH', at, change)).toEqual(changed);
    const back = { allowService: [], description: '', address: '10.244.100.10/16' };
    expect(await ok(device, 'PATCH', at, back)).toEqual(self);
    expect(await outcome(device, 'DELETE', at)).toEqual([200, '']);
    expect(await outcome(device, 'GET', at)).toEqual(
      refusal(404, '01020036:3: The requested self IP (/Common/10.244.100.10) was not found.'),
    );
  });

  test('answers a name without a partition, one with a route domain and one in a folder', async () => {
    const device = await unit();
    expect(await ok(device, 'GET', `${TM}/net/tunnels/vxlan/vxlan-gpe`)).toEqual({
      kind: 'tm:net:tunnels:vxlan:vxlanstate',
      name: 'vxlan-gpe',
      fullPath: 'vxlan-gpe',
      generation: 1,
      selfLink: link('net/tunnels/vxlan/vxlan-gpe'),
      defaultsFrom: '/Common/vxlan',
      defaultsFromReference: { link: link('net/tunnels/vxlan/~Common~vxlan') },
      encapsulationType: 'vxlan-gpe',
      floodingType: 'multipoint',
      port: 4790,
    });
    device.put('net/arp', { ...ARP, name: 'a%1', ipAddress: '10.1.1.1%1', subPath: 'folder' });
    const found = await ok(device, 'GET', `${TM}/net/arp/~Common~folder~a%251/`);
    expect(found).toEqual({
      kind: 'tm:net:arp:arpstate',
      name: 'a%1',
      partition: 'Common',
      subPath: 'folder',
      fullPath: '/Common/folder/a%1',
      generation: 0,
      selfLink: link('net/arp/~Common~folder~a%251'),
      ipAddress: '10.1.1.1%1',
      macAddress: MAC,
    });
    expect(device.requests.at(-1)?.path).toBe(`${TM}/net/arp/~Common~folder~a%1/`);
    expect(device.list('net/arp')).toEqual([found]);
    device.drop('net/arp/~Common~folder~a%1');
    expect(device.list('net/arp')).toEqual([]);
    expect(await outcome(device, 'GET', `${TM}/net/nothing`)).toEqual(
      rest(404, 'Public URI path not registered: /tm/net/nothing'),
    );
  });

  test('knows versions that it does not serve', async () => {
    const device = await unit({ version: '16.1.3' });
    expect(await outcome(device, 'GET', `${TM}/net/arp?ver=11.5.0`)).toEqual(
      rest(400, 'Version 11.5.0 is not supported.'),
    );
    const old = await unit();
    const selfLink = link('net/arp', '11.5.0');
    expect(await outcome(old, 'GET', `${TM}/net/arp?ver=11.5.0`)).toEqual([
      200,
      { ...NO_ARP, selfLink },
    ]);
  });

  test('refuses in one order', async () => {
    const device = await withTunnel();
    const arp = `${TM}/net/arp`;
    const post = (where: string, body: unknown) => outcome(device, 'POST', `${TM}/${where}`, body);
    expect(await outcome(device, 'POST', arp, '{"name":')).toEqual(
      refusal(400, 'Found invalid JSON body in the request.', 1),
    );
    expect(await post('net/arp', { ...ARP, description: '<b>x</b>' })).toEqual(
      refusal(400, 'HTML Tag-like Content in the Request URL/Body', 26_214_401),
    );
    expect(await post('net/tunnels/tunnel', { ...TUNNEL, profile: '/Common/none' })).toEqual(
      refusal(
        409,
        '01020066:3: The requested Tunnel (/Common/fl-tunnel) already exists in partition Common.',
      ),
    );
    const other = { ...TUNNEL, name: 'other' };
    expect(
      await post('net/tunnels/tunnel', { ...other, profile: '/Common/none', mtu: -1 }),
    ).toEqual(
      refusal(
        400,
        '01070712:3: Values (/Common/none) specified for Tunnel (/Common/other): foreign key index (profile_FK) do not point at an item that exists in the database.',
      ),
    );
    expect(await post('net/tunnels/tunnel', { ...other, mtu: 70_000 })).toEqual(
      own('mtu 70000 is no number from 0 to 65515'),
    );
    expect(await post('net/tunnels/tunnel', other)).toEqual(
      own(
        'Tunnel (/Common/other) has the key 1 and local address 10.1.10.245 of Tunnel (/Common/fl-tunnel)',
      ),
    );
    expect(await post('net/arp', { ...ARP, partition: 'k8s' })).toEqual(
      refusal(404, '01020036:3: The requested folder (/k8s) was not found.'),
    );
    expect(await post('net/arp', { ...ARP, colour: 'red' })).toEqual(
      own('"colour" is no property of a static ARP entry'),
    );
    expect(await post('net/self', { ...SELF, address: '10.244.100.10/255.255.0.0' })).toEqual(
      own('address "10.244.100.10/255.255.0.0" of a self IP is no IP with a prefix length'),
    );
    expect(await post('net/self', { ...SELF, address: '10.1.10.9/24' })).toEqual(
      own('self IP (/Common/underlay) has the same network on /Common/internal'),
    );
    expect(device.list('net/arp')).toEqual([]);
    expect(names(device, 'net/self')).toEqual(['/Common/underlay']);
  });

  test('refuses what cannot be changed or deleted', async () => {
    const device = await withTunnel();
    await ok(device, 'POST', `${TM}/net/self`, SELF);
    await ok(device, 'POST', `${TM}/net/arp`, ARP);
    const patch = (where: string, body: unknown) =>
      outcome(device, 'PATCH', `${TM}/${where}`, body);
    const remove = (where: string) => outcome(device, 'DELETE', `${TM}/${where}`);
    const tunnel = 'net/tunnels/tunnel/~Common~fl-tunnel';
    const changes: [string, object, string][] = [
      [tunnel, { key: 2 }, 'key of Tunnel (/Common/fl-tunnel)'],
      [tunnel, { localAddress: '10.1.10.9' }, 'localAddress of Tunnel (/Common/fl-tunnel)'],
      [tunnel, { profile: '/Common/vxlan' }, 'profile of Tunnel (/Common/fl-tunnel)'],
      [
        tunnel,
        { trafficGroup: '/Common/traffic-group-1' },
        'trafficGroup of Tunnel (/Common/fl-tunnel)',
      ],
      [
        'net/self/~Common~10.244.100.10',
        { address: '10.244.100.11/16' },
        'the IP of self IP (/Common/10.244.100.10)',
      ],
      [
        'net/arp/~Common~flannel-10.244.20.0',
        { ipAddress: '10.244.21.0' },
        'ipAddress of static ARP entry (/Common/flannel-10.244.20.0)',
      ],
    ];
    for (const [where, body, what] of changes) {
      expect(await patch(where, body)).toEqual(own(`${what} cannot be changed`));
    }
    expect(await patch(tunnel, { key: 1, mtu: 1400 })).toMatchObject([200, { key: 1, mtu: 1400 }]);
    const profile = 'net/tunnels/vxlan/~Common~fl-vxlan';
    const softened = { port: 4789, floodingType: 'multipoint' };
    expect(await patch(profile, softened)).toMatchObject([200, softened]);
    const used = (what: string, by: string) =>
      refusal(400, `01070265:3: The ${what} cannot be deleted because it is in use by a ${by}.`);
    expect(await remove(tunnel)).toEqual(
      used('Tunnel (/Common/fl-tunnel)', 'self IP (/Common/10.244.100.10)'),
    );
    expect(await remove(profile)).toEqual(
      used('VXLAN profile (/Common/fl-vxlan)', 'Tunnel (/Common/fl-tunnel)'),
    );
    expect(await remove('net/fdb/tunnel/~Common~fl-tunnel')).toEqual(
      refusal(400, 'enter a valid option', 26_214_401),
    );
    for (const where of ['net/self/~Common~10.244.100.10', tunnel, profile]) {
      expect(await remove(where)).toEqual([200, '']);
    }
  });
});

function names(device: BigIpDevice, collection: string) {
  return device.list(collection).map((object) => object['fullPath']);
}

describe('collections', () => {
  test('filters, selects and cuts', async () => {
    const device = await unit();
    device.put('auth/partition', { name: 'k8s' });
    device.put('net/arp', ARP);
    device.put('net/arp', { ...ARP, partition: 'k8s', name: 'k8s-10.1.1.1' });
    const get = (query: string) => ok(device, 'GET', `${TM}/net/arp?${query}`);
    expect(await get('$filter=partition+eq+k8s&$select=name,macAddress')).toEqual({
      kind: NO_ARP.kind,
      selfLink: `https://localhost${TM}/net/arp?$filter=partition+eq+k8s&$select=name%2CmacAddress&ver=15.1.5`,
      items: [{ name: 'k8s-10.1.1.1', macAddress: MAC }],
    });
    const second = { items: [{ name: 'k8s-10.1.1.1' }] };
    expect(await get('$top=1&$skip=1&$select=name')).toMatchObject(second);
    expect(await outcome(device, 'GET', `${TM}/net/arp?$filter=name+ne+x`)).toEqual(
      own('$filter "name ne x" is not understood'),
    );
    const bare = await unit({ omitEmptyItems: true });
    const { items: _, ...empty } = NO_ARP;
    expect(await ok(bare, 'GET', `${TM}/net/arp`)).toEqual(empty);
  });

  test('expands pools and their members', async () => {
    const device = await unit();
    const member = { name: '10.244.20.5:80', address: '10.244.20.5' };
    device.put('ltm/pool', { name: 'web', partition: 'Common', members: [member] });
    const pool = (more: object) => ({
      kind: 'tm:ltm:pool:poolstate',
      name: 'web',
      partition: 'Common',
      fullPath: '/Common/web',
      generation: expect.any(Number),
      selfLink: link('ltm/pool/~Common~web'),
      loadBalancingMode: 'round-robin',
      membersReference: {
        link: link('ltm/pool/~Common~web/members'),
        isSubcollection: true,
        ...more,
      },
    });
    const shown = {
      kind: 'tm:ltm:pool:members:membersstate',
      ...member,
      partition: 'Common',
      fullPath: '/Common/10.244.20.5:80',
      generation: expect.any(Number),
      selfLink: link('ltm/pool/~Common~web/members/~Common~10.244.20.5:80'),
      connectionLimit: 0,
      session: 'user-enabled',
      state: 'unchecked',
    };
    const kind = 'tm:ltm:pool:poolcollectionstate';
    const selfLink = `https://localhost${TM}/ltm/pool?expandSubcollections=true&ver=15.1.5`;
    expect(await ok(device, 'GET', `${TM}/ltm/pool?expandSubcollections=true`)).toEqual({
      kind,
      selfLink,
      items: [pool({ items: [shown] })],
    });
    const unexpanded = { kind, selfLink: link('ltm/pool'), items: [pool({})] };
    expect(await ok(device, 'GET', `${TM}/ltm/pool`)).toEqual(unexpanded);
    expect(await ok(device, 'GET', `${TM}/ltm/pool/~Common~web/members`)).toEqual({
      kind: 'tm:ltm:pool:members:memberscollectionstate',
      selfLink: link('ltm/pool/~Common~web/members'),
      items: [shown],
    });
  });

  test('tells its version, its part in a pair and how that is synchronised', async () => {
    const device = await unit({ peer: 'bigip-2.example.com', failoverState: 'standby' });
    const facts = (path: string, entries: object) => ({
      kind: expect.stringMatching(/^tm:.*stats$/),
      selfLink: link(path),
      entries: { [`https://localhost${TM}/${path}/0`]: { nestedStats: { entries } } },
    });
    const details = (path: string, description: string) => {
      const key = `https://localhost${TM}/${path}/0/details`;
      const one = { nestedStats: { entries: { details: { description } } } };
      return { [key]: { nestedStats: { entries: { [`${key}/0`]: one } } } };
    };
    expect(await ok(device, 'GET', `${TM}/sys/version`)).toEqual(
      facts('sys/version', {
        Build: { description: '0.0.9' },
        Date: { description: expect.any(String) },
        Edition: { description: 'Final' },
        Product: { description: 'BIG-IP' },
        Title: { description: 'Main Package' },
        Version: { description: '15.1.5' },
      }),
    );
    expect(await ok(device, 'GET', `${TM}/cm/failover-status`)).toEqual(
      facts('cm/failover-status', {
        color: { description: 'gray' },
        status: { description: 'STANDBY' },
        summary: { description: '1/1 standby' },
        ...details(
          'cm/failoverStatus',
          'bigip-2.example.com is active for /Common/traffic-group-1',
        ),
      }),
    );
    expect(await ok(device, 'GET', `${TM}/cm/sync-status`)).toEqual(
      facts('cm/sync-status', {
        color: { description: 'green' },
        mode: { description: 'high-availability' },
        status: { description: 'In Sync' },
        summary: { description: 'All devices in the device group are in sync' },
        ...details('cm/syncStatus', 'bigip-2.example.com: connected'),
      }),
    );
    const select = 'hostname,selfDevice,failoverState,version';
    expect(await ok(device, 'GET', `${TM}/cm/device?$select=${select}`)).toMatchObject({
      items: [
        {
          failoverState: 'standby',
          hostname: 'bigip-1.example.com',
          selfDevice: 'true',
          version: '15.1.5',
        },
        {
          failoverState: 'active',
          hostname: 'bigip-2.example.com',
          selfDevice: 'false',
          version: '15.1.5',
        },
      ],
    });
    const sync = { command: 'run', utilCmdArgs: 'config-sync to-group dg1' };
    expect(await ok(device, 'POST', `${TM}/cm`, sync)).toEqual({ kind: 'tm:cm:runstate', ...sync });
    const wrong = { command: 'run', utilCmdArgs: 'config-sync to-group dg2' };
    expect(await outcome(device, 'POST', `${TM}/cm`, wrong)).toEqual(
      refusal(400, '01070734:3: Configuration error: Device group (dg2) not found.'),
    );
    expect(device.list('cm/device')).toHaveLength(2);
    expect((await unit()).list('cm/device')).toHaveLength(1);
  });
});

describe('FDB', () => {
  const record = (mac: string, endpoint: string) => ({
    kind: 'tm:net:fdb:tunnel:records:recordsstate',
    name: mac,
    fullPath: mac,
    generation: expect.any(Number),
    selfLink: link(`net/fdb/tunnel/~Common~fl-tunnel/records/${mac}`),
    endpoint,
  });
  const entry = (more: object) => ({
    kind: 'tm:net:fdb:tunnel:tunnelstate',
    name: 'fl-tunnel',
    partition: 'Common',
    fullPath: '/Common/fl-tunnel',
    generation: 1,
    selfLink: link('net/fdb/tunnel/~Common~fl-tunnel'),
    ...more,
  });
  const recordsReference = {
    link: link('net/fdb/tunnel/~Common~fl-tunnel/records'),
    isSubcollection: true,
  };
  const table = (...items: object[]) => ({
    kind: 'tm:net:fdb:tunnel:records:recordscollectionstate',
    selfLink: link('net/fdb/tunnel/~Common~fl-tunnel/records'),
    items,
  });

  test('takes records one by one', async () => {
    const device = await withTunnel();
    const at = `${FDB}/records`;
    expect(await ok(device, 'GET', FDB)).toEqual(entry({ recordsReference }));
    expect(await ok(device, 'GET', at)).toEqual(table());
    const posted = { name: MAC.toUpperCase(), endpoint: '10.1.10.152%0', partition: null };
    expect(await ok(device, 'POST', at, posted)).toEqual(record(MAC, '10.1.10.152'));
    expect(await outcome(device, 'POST', at, posted)).toEqual(
      refusal(
        409,
        `01020066:3: The requested tunnel FDB record (/Common/fl-tunnel ${MAC}) already exists in partition Common.`,
      ),
    );
    const change = { endpoint: '10.1.10.153' };
    expect(await ok(device, 'PATCH', `${at}/${MAC}`, change)).toEqual(record(MAC, '10.1.10.153'));
    expect(await ok(device, 'GET', `${at}/${MAC}`)).toEqual(record(MAC, '10.1.10.153'));
    expect(await ok(device, 'GET', `${FDB}?expandSubcollections=true`)).toEqual(
      entry({
        selfLink: `https://localhost${FDB}?expandSubcollections=true&ver=15.1.5`,
        recordsReference: { ...recordsReference, items: [record(MAC, '10.1.10.153')] },
      }),
    );
    expect(await outcome(device, 'DELETE', `${at}/${MAC}`)).toEqual([200, '']);
    expect(await outcome(device, 'DELETE', `${at}/${MAC}`)).toEqual(
      refusal(404, `Object not found - /Common/fl-tunnel ${MAC}`, 1),
    );
  });

  test('takes the table as a whole, as another writer does', async () => {
    const device = await withTunnel();
    const put = {
      ...entry({ recordsReference }),
      records: [
        { name: OTHER, endpoint: '10.1.10.153', partition: null },
        { name: MAC, endpoint: '10.1.10.152%0', colour: 'red' },
      ],
    };
    expect(await ok(device, 'PUT', FDB, put)).toEqual(entry({ recordsReference }));
    const both = table(record(MAC, '10.1.10.152'), record(OTHER, '10.1.10.153'));
    expect(await ok(device, 'GET', `${FDB}/records`)).toEqual(both);
    const twice = { records: [put.records[0], put.records[0]] };
    expect((await outcome(device, 'PATCH', FDB, twice))[0]).toBe(409);
    expect(await ok(device, 'PATCH', FDB, {})).toEqual(entry({ recordsReference }));
    expect(await ok(device, 'GET', `${FDB}/records`)).toEqual(both);
    for (const records of [null, [], {}]) {
      device.put('net/fdb/tunnel', { name: 'fl-tunnel', records: put.records });
      expect(device.list('net/fdb/tunnel/~Common~fl-tunnel/records')).toHaveLength(2);
      await ok(device, 'PATCH', FDB, { records });
      expect(await ok(device, 'GET', `${FDB}/records`)).toEqual(table());
    }
  });

  test('refuses an endpoint in another route domain', async () => {
    const device = await unit();
    const tunnel = { ...TUNNEL, profile: '/Common/vxlan', localAddress: '10.1.10.245%1' };
    await ok(device, 'POST', `${TM}/net/tunnels/tunnel`, tunnel);
    const records = [{ name: MAC, endpoint: '10.1.10.21' }];
    expect(await outcome(device, 'PATCH', FDB, { records })).toEqual(
      refusal(
        400,
        `01070734:3: Configuration error: The IP address (10.1.10.21) of the tunnel FDB record (/Common/fl-tunnel ${MAC}) and the tunnel local address (10.1.10.245%1) cannot be in different route domain.`,
      ),
    );
    const right = { name: MAC, endpoint: '10.1.10.21%1' };
    expect(await ok(device, 'POST', `${FDB}/records`, right)).toEqual(record(MAC, '10.1.10.21%1'));
  });

  test('has records inline before 12.1', async () => {
    const device = await withTunnel({ version: '12.0.0' });
    const records = [{ name: MAC, endpoint: '10.1.10.152' }];
    const selfLink = link('net/fdb/tunnel/~Common~fl-tunnel', '12.0.0');
    expect(await ok(device, 'PATCH', FDB, { records })).toEqual(entry({ selfLink, records }));
    expect(await outcome(device, 'GET', `${FDB}/records`)).toEqual(
      rest(404, 'Public URI path not registered: /tm/net/fdb/tunnel/~Common~fl-tunnel/records'),
    );
  });

  test('comes and goes with its tunnel', async () => {
    const device = await withTunnel();
    await ok(device, 'POST', `${FDB}/records`, { name: MAC, endpoint: '10.1.10.152' });
    await ok(device, 'DELETE', TUNNEL_AT);
    expect(await outcome(device, 'GET', `${FDB}/records`)).toEqual(
      refusal(404, '01020036:3: The requested FDB tunnel (/Common/fl-tunnel) was not found.'),
    );
    await ok(device, 'POST', `${TM}/net/tunnels/tunnel`, TUNNEL);
    expect(await ok(device, 'GET', `${FDB}/records`)).toEqual(table());
  });
});

describe('the MAC of a tunnel', () => {
  const bash = (named: string) => ({
    command: 'run',
    utilCmdArgs: `-c 'tmsh -c "show net tunnels tunnel ${named} all-properties"'`,
  });
  const read = async (device: BigIpDevice, named: string) => {
    const body = (await ok(device, 'POST', `${TM}/util/bash`, bash(named))) as {
      commandResult: string;
    };
    return body.commandResult;
  };
  const shown = (mac: string | null) => {
    const rule = '-'.repeat(48);
    const line = mac === null ? '' : `MAC Address                     ${mac}\n`;
    return `\n${rule}\nNet::Tunnel: fl-tunnel\n${rule}\n${line}Interface Name                  fl-tunnel\nIncoming Discard Packets        0\n`;
  };

  test('is shown by bash, after a while, and is another for a tunnel made anew', async () => {
    const device = await withTunnel({ macDelay: 2, macs: [MAC, OTHER] });
    expect(await read(device, 'fl-tunnel')).toContain(shown(null));
    expect(await read(device, '/Common/fl-tunnel')).toContain(shown(null));
    expect(await ok(device, 'POST', `${TM}/util/bash`, bash('fl-tunnel'))).toEqual({
      kind: 'tm:util:bash:runstate',
      ...bash('fl-tunnel'),
      commandResult: expect.stringContaining(shown(MAC)),
    });
    expect(device.macOf('/Common/fl-tunnel')).toBe(MAC);
    device.drop('net/tunnels/tunnel/~Common~fl-tunnel');
    expect(device.macOf('/Common/fl-tunnel')).toBe(null);
    expect(await read(device, 'fl-tunnel')).toBe(
      '01020036:3: The requested Tunnel (/Common/fl-tunnel) was not found.\n',
    );
    device.put('net/tunnels/tunnel', TUNNEL);
    expect(device.macOf('/Common/fl-tunnel')).toBe(OTHER);
    device.put('net/tunnels/tunnel', { ...TUNNEL, name: 'third-tunnel-of-all', key: 3 });
    expect(device.macOf('/Common/third-tunnel-of-all')).toBe('00:0c:29:2e:00:02');
    expect(await read(device, 'third-tunnel-of-all')).toContain(
      'Interface Name                  third-tunnel-~1\n',
    );
  });

  test('is nowhere else, and a command without output has no result', async () => {
    const device = await withTunnel();
    const stats = JSON.stringify(await ok(device, 'GET', `${TUNNEL_AT}/stats`));
    expect(stats).not.toContain(device.macOf('/Common/fl-tunnel'));
    expect(stats).toContain('"hcInOctets":{"value":0}');
    const nothing = { command: 'run', utilCmdArgs: "-c 'true'" };
    expect(await ok(device, 'POST', `${TM}/util/bash`, nothing)).toEqual({
      kind: 'tm:util:bash:runstate',
      ...nothing,
    });
  });
});

describe('transactions', () => {
  const begin = async (device: BigIpDevice) => {
    const body = (await ok(device, 'POST', `${TM}/transaction`, {})) as { transId: number };
    return body.transId;
  };
  const state = (id: number, more = {}) => ({
    transId: id,
    state: 'STARTED',
    timeoutSeconds: 120,
    asyncExecution: false,
    validateOnly: false,
    executionTimeout: 300,
    executionTime: 0,
    failureReason: '',
    kind: 'tm:transactionstate',
    selfLink: link(`transaction/${id}`),
    ...more,
  });
  const queue = (device: BigIpDevice, id: number, where: string, body: unknown, method = 'POST') =>
    ask(device, method, where, { body, headers: [`X-F5-REST-Coordination-Id: ${id}`] });
  const commit = (device: BigIpDevice, id: number, more = {}) =>
    outcome(device, 'PATCH', `${TM}/transaction/${id}`, { state: 'VALIDATING', ...more });

  test('queue changes and make them all at once', async () => {
    const device = await unit();
    const id = await begin(device);
    expect(await ok(device, 'GET', `${TM}/transaction/${id}`)).toEqual(state(id));
    const queued = await queue(device, id, `${TM}/net/tunnels/vxlan`, PROFILE);
    const first = {
      method: 'POST',
      uri: `https://localhost${TM}/net/tunnels/vxlan`,
      body: PROFILE,
      evalOrder: 1,
      commandId: 1,
      kind: 'tm:transaction:commandsstate',
      selfLink: link(`transaction/${id}/commands/1`),
    };
    expect([queued.status, queued.body]).toEqual([200, first]);
    await queue(device, id, `${TM}/net/tunnels/tunnel`, TUNNEL);
    await queue(device, id, `${TM}/net/self`, SELF);
    expect(await ok(device, 'GET', `${TM}/transaction/${id}/commands`)).toMatchObject({
      kind: 'tm:transaction:commandscollectionstate',
      items: [first, { commandId: 2 }, { commandId: 3 }],
    });
    expect(device.macOf('/Common/fl-tunnel')).toBe(null);
    expect(await commit(device, id, { validateOnly: true })).toEqual([
      200,
      state(id, { state: 'COMPLETED', validateOnly: true }),
    ]);
    expect(device.macOf('/Common/fl-tunnel')).toBe(null);
    expect(await commit(device, id)).toEqual([200, state(id, { state: 'COMPLETED' })]);
    expect(names(device, 'net/self')).toEqual(['/Common/10.244.100.10', '/Common/underlay']);
  });

  test('change nothing where one change is refused', async () => {
    const device = await unit();
    const id = await begin(device);
    await queue(device, id, `${TM}/net/arp`, ARP);
    await queue(device, id, `${TM}/net/self`, SELF);
    expect(await commit(device, id)).toEqual(
      refusal(
        400,
        'transaction failed:01070712:3: Values (/Common/fl-tunnel) specified for self IP (/Common/10.244.100.10): foreign key index (vlan_FK) do not point at an item that exists in the database.',
        2,
      ),
    );
    expect(device.list('net/arp')).toEqual([]);
  });

  test('end unheard after their time, by being dropped, and with nothing in them', async () => {
    const device = await unit();
    const gone = (id: number) => refusal(404, `(stand-in) there is no transaction ${id}`, 2);
    const empty = await begin(device);
    expect(await commit(device, empty)).toEqual(
      refusal(400, 'there is no command to commit in the transaction', 2),
    );
    await ok(device, 'DELETE', `${TM}/transaction/${empty}`);
    expect(await commit(device, empty)).toEqual(gone(empty));
    const late = await begin(device);
    device.advance(120);
    expect(await commit(device, late)).toEqual(gone(late));
    const own = await begin(device);
    const body = { state: 'VALIDATING' };
    const { body: queued } = await queue(device, own, `${TM}/transaction/${own}`, body, 'PATCH');
    expect(queued).toMatchObject({ kind: 'tm:transaction:commandsstate', commandId: 1 });
  });
});

describe('saving', () => {
  test('is counted, and a reboot forgets what came after', async () => {
    const device = await withTunnel({ macs: [MAC, OTHER] });
    await ok(device, 'POST', `${FDB}/records`, { name: MAC, endpoint: '10.1.10.152' });
    expect(device.saves).toBe(0);
    expect(await ok(device, 'POST', `${TM}/sys/config`, { command: 'save' })).toEqual({
      kind: 'tm:sys:config:savestate',
      command: 'save',
    });
    expect(device.saves).toBe(1);
    const token = await newToken(device);
    await ok(device, 'PATCH', `${TM}/sys/db/iptunnel.configsync`, { value: 'disable' });
    await ok(device, 'POST', `${TM}/net/arp`, ARP);
    await ok(device, 'DELETE', TUNNEL_AT);
    device.reboot();
    expect(device.list('net/arp')).toEqual([]);
    expect(device.db('iptunnel.configsync')).toBe('enable');
    expect(device.macOf('/Common/fl-tunnel')).toBe(MAC);
    expect(names(device, 'net/fdb/tunnel/~Common~fl-tunnel/records')).toEqual([MAC]);
    expect((await withToken(device, token))[0]).toBe(401);
    expect(device.db('iptunnel.configsync', 'disable')).toBe('disable');
  });
});

describe('faults', () => {
  test('answer instead of the unit, as often as asked', async () => {
    const device = await unit();
    const where = `${TM}/net/arp`;
    const html = (title: string) => expect.stringContaining(`<title>${title}</title>`);
    const answers = {
      '503-html': [503, html('Configuration Utility restarting...')],
      '503-json': rest(503, 'The service is busy (stand-in): try again later.'),
      '500-mcpd': refusal(500, 'The connection to mcpd has been lost, try again.', 32_768_001),
      '404-starting': rest(
        404,
        'URI path /mgmt/tm/net/arp not registered.  Please verify URI is supported and wait for /available suffix to be responsive.',
      ),
      '401-no-auth': rest(
        401,
        'Authorization failed: no user authentication header or token detected. Uri:http://localhost:8100/mgmt/tm/net/arp Referrer:127.0.0.1 Sender:127.0.0.1',
      ),
      '401-dead-token': rest(401, 'X-F5-Auth-Token does not exist.', {
        errorStack: [
          'java.lang.SecurityException: X-F5-Auth-Token does not exist.',
          'at com.f5.rest.common',
        ],
      }),
      redirect: [302, html('302 Found')],
      'html-200': [200, html('BIG-IP')],
      role: refusal(
        400,
        '01070822:3: Access Denied: user (fluser) does not have the necessary access to this',
      ),
    } as const;
    for (const [answer, wanted] of Object.entries(answers)) {
      device.fail({ answer: answer as keyof typeof answers });
      expect(await outcome(device, 'GET', where)).toEqual(wanted);
    }
    device.fail({ method: 'POST', path: 'net/arp', skip: 1, times: 2, answer: '503-json' });
    const statuses = [];
    for (const name of ['a', 'b', 'c', 'd']) {
      statuses.push((await outcome(device, 'POST', where, { ...ARP, name }))[0]);
      expect(await outcome(device, 'GET', `${TM}/net/route`)).toMatchObject([200, { items: [] }]);
    }
    expect(statuses).toEqual([200, 503, 503, 200]);
    expect(names(device, 'net/arp')).toEqual(['/Common/a', '/Common/d']);
  });

  test('break off or say nothing, before the change or after it', async () => {
    const device = await unit();
    const post = (name: string) =>
      ask(device, 'POST', `${TM}/net/arp`, {
        body: { ...ARP, name },
        more: ['--max-time', '1'],
      }).catch((error: Error) => error.message.slice(0, 8));
    device.fail({ answer: 'reset' });
    expect(await post('a')).toMatch(/^curl (52|56|35)/);
    device.fail({ answer: 'reset', afterwards: true });
    expect(await post('b')).toMatch(/^curl (52|56|35)/);
    device.fail({ answer: 'hang' });
    expect(await post('c')).toMatch(/^curl 28/);
    device.fail({ answer: '503-html', afterwards: true });
    expect(await post('d')).toMatchObject({ status: 503, reason: 'Service Unavailable' });
    expect(names(device, 'net/arp')).toEqual(['/Common/b', '/Common/d']);
    expect(device.requests.map(({ status }) => status)).toEqual(['reset', 'reset', 'reset', 503]);
  });

  test('let another writer in between', async () => {
    const device = await unit();
    const seen: unknown[] = [];
    device.before(async (came) => {
      seen.push(came);
      await Promise.resolve();
      if (came.method === 'POST') device.put('net/arp', ARP);
    });
    expect((await outcome(device, 'POST', `${TM}/net/arp`, ARP))[0]).toBe(409);
    device.before(null);
    expect((await outcome(device, 'GET', `${TM}/net/arp`))[0]).toBe(200);
    expect(seen).toEqual([{ method: 'POST', path: `${TM}/net/arp`, body: ARP }]);
  });
});
