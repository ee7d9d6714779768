import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
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
});

describe('a misspelt word', () => {
  const COMMANDS: readonly (readonly [line: string, says: string])[] = [
    ['aply', 'unknown command aply. Did you mean apply?'],
    ['aply -f site.yaml', 'unknown command aply. Did you mean apply?'],
    ['aply --yes', 'unknown command aply. Did you mean apply?'],
    ['-f site.yaml aply', 'unknown command aply. Did you mean apply?'],
    ['aply --help', 'unknown command aply. Did you mean apply?'],
    ['lsit -o json', 'unknown command lsit. Did you mean list?'],
    ['remov list', 'unknown command remov. Did you mean remove?'],
    ['frobnicate --yes', 'unknown command frobnicate. See flannel-bigip --help'],
    ['bigip aply --yes', 'unknown command aply. Did you mean apply?'],
    ['bigip shwo', 'unknown command shwo. Did you mean show?'],
    ['node repiar', 'unknown command repiar. Did you mean repair?'],
    ['bigip frobnicate', 'unknown command frobnicate. See flannel-bigip bigip --help'],
    ['doctor pign', 'doctor takes no "pign". Did you mean ping?'],
    ['doctor bundel x', 'doctor takes no "bundel". Did you mean bundle?'],
    ['diff x.yaml', 'diff takes no "x.yaml". Name the site file with --file x.yaml'],
    ['doctor --host surplus', 'doctor takes no "surplus". See flannel-bigip doctor --help'],
    ['-f site.yaml', 'no command is given. See flannel-bigip --help'],
    ['-- list', 'no command is given. See flannel-bigip --help'],
  ];
  const FLAGS: readonly (readonly [line: string, says: string])[] = [
    [
      'apply --confrim x',
      'unknown option --confrim. Did you mean --confirm? (see flannel-bigip apply --help)',
    ],
    [
      'list --endpoint x',
      'unknown option --endpoint. Did you mean --endpoints? (see flannel-bigip list --help)',
    ],
    [
      'migrate --form v2',
      'unknown option --form. Did you mean --from? (see flannel-bigip migrate --help)',
    ],
    [
      'doctor --onyl=etcd',
      'unknown option --onyl. Did you mean --only? (see flannel-bigip doctor --help)',
    ],
    [
      'pin-mac --adpot',
      'unknown option --adpot. Did you mean --adopt? (see flannel-bigip pin-mac --help)',
    ],
    [
      'list -output json',
      'unknown option -output. Did you mean --output? (see flannel-bigip list --help)',
    ],
    ['--verison', 'unknown option --verison. Did you mean --version? (see flannel-bigip --help)'],
    ['--hlep', 'unknown option --hlep. Did you mean --help? (see flannel-bigip --help)'],
    [
      'bigip --hlep',
      'unknown option --hlep. Did you mean --help? (see flannel-bigip bigip --help)',
    ],
    ['-v', 'unknown option -v. See flannel-bigip --help'],
    ['list -x', 'unknown option -x. See flannel-bigip list --help'],
    ['--frobnicate x list', 'unknown option --frobnicate. See flannel-bigip list --help'],
  ];
  const VALUES: readonly (readonly [line: string, says: string])[] = [
    [
      'list -o tabel',
      '--output tabel is none of table, wide, map, json, yaml. Did you mean table?',
    ],
    [
      'list -o sarif',
      '--output sarif is none of table, wide, map, json, yaml. See flannel-bigip list --help',
    ],
    ['list -oo json', 'option -oo wants a value. See flannel-bigip list --help'],
    ['list --output=', 'option --output wants a value. See flannel-bigip list --help'],
    ['list -o', 'option -o wants a value. See flannel-bigip list --help'],
    ['apply --output', 'option --output wants a value. See flannel-bigip apply --help'],
    ['list --endpoints --ttl', 'option --endpoints wants a value. See flannel-bigip list --help'],
  ];
  it.each([...COMMANDS, ...FLAGS, ...VALUES])('in %j: %s', async (line, says) => {
    expect(await run(line.split(' '), { cwd: site() })).toMatchObject({
      code: 64,
      stdout: '',
      stderr: `error: ${says}\n`,
    });
  });

  it.each([
    ['help', '--help'],
    ['hlep', '--help'],
    ['version', '--version'],
    ['plan', 'diff'],
    ['rm', 'remove'],
    ['delete', 'remove'],
    ['ls', 'list'],
    ['get', 'list'],
    ['status', 'doctor'],
    ['check', 'validate or doctor'],
    ['sync', 'apply'],
    ['show', 'bigip show'],
    ['ping', 'doctor ping'],
    ['repair', 'node repair'],
    ['bigip ls', 'show'],
    ['bigip delete', 'remove'],
  ])('is no misspelling where other programs have it: %j is %s', async (line, here) => {
    const words = line.split(' ');
    expect(await run([...words, '--yes'], { cwd: site() })).toMatchObject({
      code: 64,
      stderr: `error: unknown command ${words.at(-1)}. Did you mean ${here}?\n`,
    });
  });
});

describe('a misspelt name', () => {
  const ELSE = 'the site file has no BIG-IP';
  it.each([
    ['bigip show bigp-1', 64, `${ELSE} bigp-1. Did you mean bigip-1?`],
    ['bigip import bigp-1', 64, `${ELSE} bigp-1. Did you mean bigip-1?`],
    ['doctor ping bigip-l', 64, `${ELSE} bigip-l. Did you mean bigip-1?`],
    ['bigip show bigip-2', 64, `${ELSE} bigip-2. It has bigip-1`],
    [
      'service instal',
      64,
      'service instal is none of install, uninstall, print, status. Did you mean install?',
    ],
    ['service enable', 64, 'service enable is none of install, uninstall, print, status'],
    ['completion bahs', 64, 'completion is for one of bash, zsh, fish. Did you mean bash?'],
    [
      'completion bash zsh',
      64,
      'completion is for one of bash, zsh, fish. See flannel-bigip completion --help',
    ],
    ['bigip fdb snyc', 64, 'bigip fdb snyc is no command. Write bigip fdb sync'],
    [
      'diff --scope node',
      64,
      '--scope node is none of etcd, nodes, bigip, all. Did you mean nodes?',
    ],
    ['diff --scope kernel', 64, '--scope kernel is none of etcd, nodes, bigip, all'],
    [
      'watch --keep lease',
      64,
      '--keep lease is none of leases, annotations, fdb. Did you mean leases?',
    ],
    [
      'backup lst',
      64,
      'backup lst would write a file of that name. Did you mean list? (./lst writes the file)',
    ],
    [
      'backup prun',
      64,
      'backup prun would write a file of that name. Did you mean prune? (./prun writes the file)',
    ],
  ])('in %j ends with %i: %s', async (line, code, says) => {
    const cwd = site();
    expect(await run(line.split(' '), { cwd })).toMatchObject({
      code,
      stdout: '',
      stderr: `error: ${says}\n`,
    });
    expect(readdirSync(cwd)).toEqual(['flannel-bigip.yaml']);
  });

  it.each([
    [['bigp-1'], 'Did you mean bigip-1?'],
    [['10.244.200.0/24', 'bigp-1'], 'Did you mean bigip-1?'],
    // It is declared, and there is none.
    [['bigip-1'], '`flannel-bigip list` shows what is there; a name must stand in the site file'],
  ])('of a reservation to remove: %j', async (names, fix) => {
    const cwd = site();
    expect(await run(['remove', ...names, '--yes'], { cwd })).toMatchObject({
      code: 1,
      stderr: `error: there is no lease for ${names.join(', ')} in file ${cwd}/store.json (not there yet, taken as empty) under /coreos.com/network; nothing was changed. ${fix}\n`,
    });
  });

  it('of a BIG-IP among many names the first of them', async () => {
    const [head = '', bigip = ''] = SITE.split(/(?<=bigips:\n)/);
    const many = Array.from({ length: 150 }, (_, i) =>
      bigip
        .replace('bigip-1', `bigip-${i + 1}`)
        .replaceAll('10.244.100.', `10.244.${i + 100}.`)
        .replace('10.1.10.245', `10.1.11.${i + 1}`)
        .replace('db:2e', `db:${(i + 16).toString(16)}`),
    );
    const { stderr } = await run(['bigip', 'show', 'bigip-0'], {
      cwd: site(head + many.join('')),
    });
    expect(stderr).toBe(
      `error: ${ELSE} bigip-0. It has bigip-1, bigip-2, bigip-3, bigip-4, bigip-5, bigip-6, bigip-7, bigip-8, bigip-9, bigip-10 and 140 more\n`,
    );
  });

  it.each(['./lst', 'lst.json', 'before'])('is not %j, a file for a backup', async (file) => {
    const cwd = site();
    await run(['apply', '--yes'], { cwd });
    const { code, stderr } = await run(['backup', file], { cwd });
    expect([code, stderr]).toEqual([0, '']);
    expect(readdirSync(cwd)).toContain(path.basename(file));
  });
});

describe('a command behind its options', () => {
  it.each([
    [
      ['--etcd-api', 'v3', 'list'],
      ['list', '--etcd-api', 'v3'],
    ],
    [
      ['--yes', '-f', 'flannel-bigip.yaml', 'apply', '--dry-run'],
      ['apply', '--yes', '--dry-run'],
    ],
    [
      ['--verbose', 'doctor', '-f', 'flannel-bigip.yaml', 'ping', 'x'],
      ['doctor', 'ping', 'x', '--verbose'],
    ],
    [
      ['--file=flannel-bigip.yaml', 'bigip', '--insecure', 'show'],
      ['bigip', 'show', '--insecure'],
    ],
  ])('%j does what %j does', async (behind, before) => {
    const cwd = site();
    const [one, other] = [await run(behind, { cwd }), await run(before, { cwd })];
    expect(one).toEqual(other);
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
        '1 file checked, 1 invalid: 1 error, 0 warnings',
        '',
      ].join('\n'),
    );
  });
});

describe('a command behind its options', () => {
  // A word that is no command's must not become one: this name is a group's too.
  const files = { 's.yaml': SITE.replace('bigip-1', 'bigip') };

  it.each([
    ['-f with its file attached, before a group', (f: string) => [`-f${f}`, 'bigip', 'remove']],
    ['-f with its file attached, inside a group', (f: string) => ['bigip', `-f${f}`, 'remove']],
    ['-f and its file', (f: string) => ['-f', f, 'bigip', 'remove']],
    ['a switch with its value', (f: string) => ['--verbose', 'false', 'bigip', 'remove', '-f', f]],
  ])('is the one that was typed: %s', async (_, line) => {
    const cwd = temporaryFolder(files);
    const { code, stderr } = await run(line(path.join(cwd, 's.yaml')), { cwd });
    expect([code, stderr]).toEqual([
      3,
      expect.stringContaining('does not say how bigip is managed'),
    ]);
  });

  it('is not guessed behind an option that is a switch here and wants a value there', async () => {
    const args = ['--save', 'p.json', 'apply', '-f', 's.yaml'];
    const { code, stdout, stderr } = await run(args, { cwd: temporaryFolder(files) });
    expect([code, stdout, stderr]).toEqual([
      64,
      '',
      'error: the command must stand before --save. Write the command first, then its options\n',
    ]);
  });
});

it('repeats no password that was typed into a flag, in what it tells to do next or to mend', async () => {
  const cwd = temporaryFolder({ 's.yaml': SITE });
  const typed = ['--user', 'root:s3cret', '--endpoints', 'file:store.json'];
  const outputs = await Promise.all(
    ['json', 'html', 'junit', 'text'].map((format) =>
      run(['doctor', '-f', 's.yaml', '--scope', 'etcd', '-o', format, ...typed], { cwd }),
    ),
  );
  for (const { code, stdout, stderr } of outputs) {
    expect(code).toBe(2);
    expect(stdout).toContain('--user root');
    expect(stdout + stderr).not.toContain('s3cret');
  }
});
