import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { QUOTED, run, start, temporaryFolder } from '../support/cli.ts';
import { cleanEnvironment } from '../support/etcd.ts';
import { SITE } from '../support/sites.ts';

const INVALID = SITE.replace('SubnetMax: 10.244.99.0', 'SubnetMax: 10.244.255.0');

/** A folder with a site file and an embedded store beside it. */
function site(text = SITE): string {
  return temporaryFolder({
    'flannel-bigip.yaml': text.replace(
      'network:',
      'etcd: { endpoints: ["file:store.json"] }\nnetwork:',
    ),
  });
}

describe('exit codes', () => {
  it.each([
    [0, ['--help']],
    [0, ['apply', '--help']],
    [0, ['--version']],
    [0, ['validate']],
    [1, ['init']],
    [64, ['init', '-f', 'new.yaml', '--offline']],
    [2, ['diff']],
    [0, ['apply', '--yes']],
    [0, ['list']],
    [1, ['remove', '10.244.200.0/24', '--yes']],
    [1, ['list', '--endpoints', 'http://127.0.0.1:1']],
    [3, ['validate', 'missing.yaml']],
    [3, ['diff', '-f', 'missing.yaml']],
    [64, []],
    [64, ['frobnicate']],
    [64, ['diff', '--frobnicate']],
    [64, ['diff', 'surplus']],
    [64, ['diff', '--timeout']],
    [64, ['diff', '--timeout', 'soon']],
    [64, ['diff', '-o', 'sarif']],
    [64, ['diff', '-f', 'a', '-f', 'b']],
    [64, ['remove']],
    [64, ['remove', '']],
    [64, ['list', '--password-file', 'none']],
    [64, ['remove', '10.244.100.0/24', '--endpoints', 'file:a,http://b']],
    [64, ['apply']],
    [64, ['list', '--endpoints', 'http://user:secret@127.0.0.1:2379']],
    [64, ['list', '--user', 'root:secret', '--endpoints', 'http://127.0.0.1:1']],
    [64, ['list', '--user', 'root', '--endpoints', 'http://127.0.0.1:1']],
  ])('%i for %j', async (code, args) => {
    const result = await run(args, { cwd: site() });

    expect(result).toMatchObject({ code, signal: null });
    expect(`${result.stdout}${result.stderr}`).not.toContain('secret');
    expect(result.stderr).not.toMatch(/^ +at /m);
    if (code === 1 || (code === 64 && args.length > 0)) {
      expect(result.stdout === '' || args[0] === 'apply').toBe(true);
      expect(result.stderr).toMatch(/^error: .+\n$/);
    }
  });

  it('3 for an invalid site file, whatever the command, and nothing is touched', async () => {
    for (const command of ['diff', 'apply', 'list']) {
      const result = await run([command], { cwd: site(INVALID) });

      expect([command, result.code]).toEqual([command, 3]);
      expect(result.stderr).toContain('error: SubnetMin 10.244.10.0 to SubnetMax 10.244.255.0');
      expect(result.stdout).toBe('');
    }
  });
});

describe('help', () => {
  it.each(['init', 'validate', 'diff', 'apply', 'list', 'remove'])(
    '%s begins with what it does and has examples that parse',
    async (command) => {
      const { stdout } = await run([command, '--help']);
      const examples = [...stdout.matchAll(/^ {2}flannel-bigip (.+)$/gm)].map(([, words = '']) =>
        words.split(' '),
      );

      expect(stdout).toMatch(new RegExp(`^flannel-bigip ${command}`));
      expect(examples.length).toBeGreaterThanOrEqual(2);
      for (const words of examples) {
        const tried = await run(words, { cwd: temporaryFolder({ 'site.yaml': SITE }) });
        expect([words, tried.code === 64 && !/asked/.test(tried.stderr)]).toEqual([words, false]);
      }
    },
  );

  it.each([
    [['aply'], 'error: unknown command aply. Did you mean apply?'],
    [
      ['apply', '--confrim', 'x'],
      'error: unknown option or argument --confrim. Did you mean --confirm?',
    ],
    [
      ['list', '--endpoint', 'x'],
      'error: unknown option or argument --endpoint. Did you mean --endpoints?',
    ],
  ])('suggests what %j most likely means', async (args, message) => {
    const { code, stderr } = await run(args, { cwd: site() });

    expect(code).toBe(64);
    expect(stderr.startsWith(message)).toBe(true);
  });
});

describe('where the connection comes from', () => {
  it('flag, then ETCDCTL, then FLANNELD, then site file', async () => {
    const cwd = site();
    const seen = async (args: string[], env: Record<string, string>) => {
      const { stdout } = await run(['diff', ...args], { cwd, env });
      return /file (?:\S*\/)?(\S+) \(not there yet, taken as empty\), prefix (\S+)/
        .exec(stdout)
        ?.slice(1);
    };
    const ETCDCTL_ENDPOINTS = 'file:etcdctl.json';
    const FLANNELD_ETCD_ENDPOINTS = 'file:flanneld.json';

    expect(await seen([], {})).toEqual(['store.json', '/coreos.com/network']);
    expect(await seen([], { FLANNELD_ETCD_ENDPOINTS })).toEqual([
      'flanneld.json',
      '/coreos.com/network',
    ]);
    expect(await seen([], { FLANNELD_ETCD_ENDPOINTS, ETCDCTL_ENDPOINTS })).toEqual([
      'etcdctl.json',
      '/coreos.com/network',
    ]);
    expect(
      await seen(['--endpoints', 'file:flag.json', '--prefix', '/kube//network/'], {
        FLANNELD_ETCD_ENDPOINTS,
        ETCDCTL_ENDPOINTS,
        FLANNELD_ETCD_PREFIX: '/other',
      }),
    ).toEqual(['flag.json', '/kube/network']);
    expect(
      await seen([], {
        FLANNEL_ETCD_ENDPOINTS: 'file:old.json',
        FLANNEL_ETCD_PREFIX: '/atomic.io/network',
      }),
    ).toEqual(['old.json', '/atomic.io/network']);
    expect(await seen([], { ETCDCTL_ENDPOINTS: '', FLANNELD_ETCD_PREFIX: '/other' })).toEqual([
      'store.json',
      '/other',
    ]);
  });

  it('says when environment and site file name different endpoints, on stderr with --yes', async () => {
    const cwd = site();
    const env = { ETCDCTL_ENDPOINTS: 'file:other.json' };
    const notice = /ETCDCTL_ENDPOINTS is used instead of the site file's file:store\.json/;

    const diff = await run(['diff'], { cwd, env });
    const apply = await run(['apply', '--yes'], { cwd, env });

    expect(diff.stdout.split('\n')[0]).toMatch(notice);
    expect(apply.stderr).toMatch(notice);
  });

  it('takes paths in the site file from its folder, others from the working directory', async () => {
    const cwd = site();
    const elsewhere = temporaryFolder();

    const declared = await run(['diff', '-f', path.join(cwd, 'flannel-bigip.yaml')], {
      cwd: elsewhere,
    });
    const given = await run(
      ['diff', '-f', path.join(cwd, 'flannel-bigip.yaml'), '--endpoints', 'file:mine.json'],
      { cwd: elsewhere },
    );

    expect(declared.stdout).toContain(`file ${cwd}/store.json (`);
    expect(given.stdout).toContain(`file ${elsewhere}/mine.json (`);
  });

  it('--verbose says where each value came from, without secrets', async () => {
    const { stderr } = await run(['diff', '--verbose'], {
      cwd: site(),
      env: { ETCDCTL_USER: 'root:secret' },
    });

    expect(stderr).toContain('endpoints: file:store.json (site file)\n');
    expect(stderr).toContain('user: root:(set) (ETCDCTL_USER)\n');
    expect(stderr).not.toContain('secret');
  });

  it('reads TLS files for https endpoints only', async () => {
    const { code } = await run(['diff', '--cacert', 'missing.pem'], { cwd: site() });

    expect(code).toBe(2);
  });
});

describe('an etcd that does not answer', () => {
  const silent = net.createServer((socket) => socket.on('error', () => undefined));
  let endpoint = '';
  beforeAll(async () => {
    await new Promise<void>((done) => silent.listen(0, '127.0.0.1', done));
    endpoint = `http://127.0.0.1:${(silent.address() as net.AddressInfo).port}`;
  });
  afterAll(() => void silent.close());

  it.each(['v2', 'v3', 'auto'])('ends a command within --timeout (%s)', async (api) => {
    const began = performance.now();
    const result = await run(
      ['list', '--endpoints', endpoint, '--etcd-api', api, '--timeout', '1s'],
      {
        cwd: temporaryFolder(),
      },
    );
    const took = performance.now() - began;

    expect(result.code).toBe(1);
    expect(result.stderr).toMatch(/^error: etcd at 127\.0\.0\.1:\d+ did not answer in time\..*\n$/);
    expect(took).toBeGreaterThan(900);
    expect(took).toBeLessThan(3000);
  });
});

describe('a dump that is none', () => {
  it.each([
    ['{"header":{},"kvs":5}', 'neither a store of flannel-bigip nor a dump of etcd'],
    ['{"header":{},"kvs":[null]}', 'a damaged dump of etcd v3: kvs[0] is no pair'],
    ['{"header":{},"kvs":[{"key":5}]}', 'a damaged dump of etcd v3: kvs[0].key is not base64'],
    ['{"node":{"dir":true,"nodes":5}}', 'a damaged dump of etcd v2: a node'],
    ['{"node":{"dir":true,"nodes":[null]}}', 'a damaged dump of etcd v2: a node'],
    [
      '{"node":{"key":"/coreos.com/network/config","value":5}}',
      'a damaged dump of etcd v2: a node',
    ],
  ])('%s is told by its file', async (text, what) => {
    const cwd = temporaryFolder({ 'x.json': text });
    const { code, stderr } = await run(['list', '--endpoints', 'file:x.json'], { cwd });

    expect(code).toBe(1);
    expect(stderr).toContain(`error: ${cwd}/x.json is ${what}`);
  });

  it.each([
    ['--etcd-api', ['list', '--etcd-api', 'v2']],
    ['etcd.api in the site file', ['diff']],
  ])('of the other store than %s asks for is told', async (from, args) => {
    const cwd = temporaryFolder({
      'x.json': '{"header":{"revision":5}}',
      'flannel-bigip.yaml': `${SITE}etcd: { api: v2 }\n`,
    });
    const { code, stderr } = await run([...args, '--endpoints', 'file:x.json'], { cwd });

    expect([code, stderr]).toEqual([
      1,
      `error: file ${cwd}/x.json is a dump of etcd v3, not of v2 as ${from} says. Dump the v2 store, or pass --etcd-api auto\n`,
    ]);
  });
});

describe('every output format of every command', () => {
  const FORMATS: Record<string, readonly string[]> = {
    validate: ['text', 'json'],
    diff: ['table', 'json', 'yaml'],
    'apply --dry-run': ['table', 'json'],
    list: ['table', 'wide', 'map', 'json', 'yaml'],
    'remove bigip-1 --ignore-not-found': ['table', 'json'],
  };
  const cases = Object.entries(FORMATS).flatMap(([command, formats]) =>
    formats.map((format) => [command, format] as const),
  );

  it.each(cases)('%s -o %s', async (command, format) => {
    const { code, stdout } = await run([...command.split(' '), '-o', format], { cwd: site() });

    expect(code).toBe(command === 'diff' ? 2 : 0);
    if (format === 'json') expect(() => JSON.parse(stdout)).not.toThrow();
    if (format === 'yaml') expect(parse(stdout)).toEqual(await asJson(command));
    expect(stdout).not.toBe('');
  });

  async function asJson(command: string): Promise<unknown> {
    const { stdout } = await run([command, '-o', 'json'], { cwd: site() });
    return JSON.parse(stdout, (key, value) => (key === 'store' ? expect.any(String) : value));
  }
});

describe('Ctrl-C', () => {
  it('leaves a command that only waits for an answer at once', async () => {
    const waiting = net.createServer();
    const asked = new Promise<void>((resolve) => {
      waiting.on('connection', (socket) => {
        socket.on('error', () => undefined);
        socket.once('data', () => resolve());
      });
    });
    await new Promise<void>((done) => waiting.listen(0, '127.0.0.1', done));
    const { port } = waiting.address() as net.AddressInfo;
    const args = ['list', '--endpoints', `http://127.0.0.1:${port}`, '--timeout', '2m'];
    const running = start(args, { cwd: temporaryFolder() });
    await asked;
    running.child.kill('SIGINT');

    expect((await running.result).code).toBe(130);
    waiting.close();
  });
});

describe('output', () => {
  it('is plain off a terminal and coloured when forced; NO_COLOR wins', async () => {
    const cwd = site();
    const text = async (env: Record<string, string>) => (await run(['diff'], { cwd, env })).stdout;
    const sequence = '\u001b[';

    expect(await text({})).not.toContain(sequence);
    expect(await text({ FORCE_COLOR: '1' })).toContain(sequence);
    expect(await text({ FORCE_COLOR: '1', NO_COLOR: '1' })).not.toContain(sequence);
  });

  it('finishes what it writes when its reader has gone', async () => {
    for (let i = 0; i < 5; i++) {
      const cwd = site();
      const command = `${QUOTED} apply --yes | true; exit \${PIPESTATUS[0]}`;
      const child = spawn('bash', ['-c', command], { cwd, env: cleanEnvironment() });
      const code = await new Promise((done) => child.once('close', done));

      const { keys } = JSON.parse(readFileSync(path.join(cwd, 'store.json'), 'utf8'));
      expect([code, Object.keys(keys).length]).toEqual([0, 2]);
    }
  });

  it('says in one line that it cannot be written', async () => {
    const cwd = site();
    const command = `${QUOTED} list > /dev/full`;
    const child = spawn('sh', ['-c', command], { cwd, env: cleanEnvironment() });
    const err: Buffer[] = [];
    child.stderr.on('data', (chunk) => err.push(chunk));
    const code = await new Promise((done) => child.once('close', done));

    expect([code, Buffer.concat(err).toString()]).toEqual([
      1,
      'error: the output cannot be written (ENOSPC)\n',
    ]);
  });

  it('ends quietly when its reader has gone', async () => {
    const cwd = site();
    const files = Array.from({ length: 400 }, (_, i) => `bad-${i}.yaml`);
    for (const file of files) writeFileSync(path.join(cwd, file), INVALID);
    const child = spawn('sh', ['-c', `${QUOTED} validate bad-*.yaml | head -1`], {
      cwd,
      env: cleanEnvironment(),
    });
    const err: Buffer[] = [];
    child.stderr.on('data', (chunk) => err.push(chunk));
    await new Promise((done) => child.once('close', done));

    expect(Buffer.concat(err).toString()).toBe('');
  });
});

describe('validate', () => {
  it('reads standard input, JSON or YAML', async () => {
    const yaml = await run(['validate', '-'], { input: SITE });
    const json = await run(['validate', '-', '-o', 'json'], {
      input: '{"Network":"10.244.0.0/16","Backend":{"Type":"vxlan"}}',
    });

    expect([yaml.code, json.code]).toEqual([0, 0]);
    expect(JSON.parse(json.stdout)).toMatchObject({
      valid: true,
      files: [{ file: '-', kind: 'network-config', valid: true, problems: [], ignored: [] }],
      problems: [],
    });
  });

  it('checks every file and reports every finding, unreadable and empty files included', async () => {
    const cwd = temporaryFolder({
      'good.yaml': SITE,
      'bad.yaml': INVALID,
      'empty.yaml': '',
      'empty.json': '',
    });

    const { code, stdout } = await run(
      ['validate', 'good.yaml', 'bad.yaml', 'empty.yaml', 'empty.json', 'none.yaml', '-o', 'json'],
      { cwd },
    );
    const report = JSON.parse(stdout) as {
      files: { file: string; valid: boolean; problems: { rule: string }[] }[];
    };

    expect(code).toBe(3);
    expect(
      report.files.map(({ file, valid, problems }) => [file, valid, problems.map((p) => p.rule)]),
    ).toEqual([
      ['good.yaml', true, []],
      ['bad.yaml', false, ['range-includes-bigip']],
      ['empty.yaml', false, ['syntax']],
      ['empty.json', false, ['flannel-rejects']],
      ['none.yaml', false, ['unreadable-file']],
    ]);
  });

  it('shows file, line, column, rule, the line and a caret', async () => {
    const { stdout } = await run(['validate', 'bad.yaml'], {
      cwd: temporaryFolder({ 'bad.yaml': INVALID }),
    });

    expect(stdout).toBe(
      [
        'bad.yaml:7:14: error: SubnetMin 10.244.10.0 to SubnetMax 10.244.255.0 lets flannel hand out 10.244.100.0/24, which bigip-1 reserves; 10.244.10.0 to 10.244.99.0 would do [range-includes-bigip]',
        '    7 |   SubnetMax: 10.244.255.0',
        '      |              ^^^^^^^^^^^^',
        '    set SubnetMin: 10.244.10.0 and SubnetMax: 10.244.99.0',
        '1 file checked, 1 invalid, 0 warnings',
        '',
      ].join('\n'),
    );
  });
});
