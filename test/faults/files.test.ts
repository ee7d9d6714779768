import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { COMMAND, type Running, run, start, temporaryFolder } from '../support/cli.ts';
import { cleanEnvironment } from '../support/etcd.ts';
import { CONFIG_VALUE, LEASE_VALUE, PREFIX, SITE } from '../support/sites.ts';
import { LONG, some, Tally } from './tally.ts';

const HOOK = pathToFileURL(path.resolve('test/support/hold-writes.mjs')).href;

const store = (lease: string) =>
  JSON.stringify({
    flannelBigipStore: 1,
    revision: 7,
    keys: {
      '/somebody/else': { value: 'untouched', revision: 1 },
      [`${PREFIX}/config`]: { value: CONFIG_VALUE, revision: 6 },
      [`${PREFIX}/subnets/10.244.100.0-24`]: { value: lease, revision: 7 },
    },
  });
const STORE = store(LEASE_VALUE.replace('2e:db:2e', '2e:db:99'));
const WIDE = '{"Network":"10.244.0.0/16","Backend":{"Type":"vxlan"}}\n';
const AT = ['--endpoints', 'file:etcd.json'];

/** A command that writes files, and the file that must be the old one or the new one. */
interface Case {
  readonly args: readonly string[];
  readonly files?: Readonly<Record<string, string>>;
  readonly file: string;
  /** Only its owner may read it, and whatever else the command leaves. */
  readonly isPrivate?: boolean;
  /** The run made anew after it was stopped; like `args` where absent. */
  readonly again?: readonly string[];
}

const CASES: readonly Case[] = [
  { args: ['apply', '--yes', ...AT], file: 'etcd.json' },
  {
    args: ['remove', '10.244.100.0/24', '--yes', ...AT],
    again: ['remove', '10.244.100.0/24', '--yes', '--ignore-not-found', ...AT],
    file: 'etcd.json',
  },
  {
    args: ['backup', 'b.json', '--force', ...AT],
    file: 'b.json',
    files: { 'b.json': '{}' },
    isPrivate: true,
  },
  {
    args: ['diff', '--save', 'p.json', ...AT],
    file: 'p.json',
    files: { 'p.json': '{}' },
    isPrivate: true,
  },
  {
    args: ['validate', '--fix', 'n.json', '--bigip-subnet', '10.244.100.0/24'],
    file: 'n.json',
    files: { 'n.json': WIDE },
  },
  {
    args: ['init', '--from-live', '--yes', '--force', '--file', 's.yaml', ...AT],
    file: 's.yaml',
    files: { 's.yaml': 'old' },
  },
];

/** What a text says without the time and the folder it was made in. */
const timeless = (text: string) =>
  text.replace(/"(createdAt)": "[^"]*"/g, '"$1": ""').replace(/-test-\w+/g, '');

function folderOf({ files }: Case): string {
  return temporaryFolder({ 'flannel-bigip.yaml': SITE, 'etcd.json': STORE, ...files });
}

/** Runs a case in its folder with its writes to files numbered, and kills it at one of them. */
async function held({ args }: Case, cwd: string, at = '') {
  let running: Running | undefined;
  let said = '';
  running = start(args, {
    cwd,
    env: { NODE_OPTIONS: `--import=${HOOK}`, HOLD_AT: at },
    report: (text) => {
      said += text;
      if (text.includes('held')) running?.child.kill('SIGKILL');
    },
  });
  const result = await running.result;
  return { result, count: Number(/count (\d+)/.exec(said)?.[1] ?? 0) };
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
}

/** The old file or the new one, whole, and nothing that others may read of what they must not. */
function checkLeft(tally: Tally, where: string, one: Case, left: Left): void {
  const between = readFileSync(path.join(left.cwd, one.file), 'utf8');
  if (between !== left.old && timeless(between) !== timeless(left.wanted)) {
    tally.wrong(`${where}: ${one.file} is neither old nor new: ${between.slice(0, 200)}`);
  }
  for (const file of filesBelow(left.cwd)) {
    const isOpen = (statSync(file).mode & 0o077) !== 0;
    const isSecret = one.isPrivate || file.includes('/state/');
    if (isOpen && isSecret && !left.given.includes(file)) {
      tally.wrong(`${where}: others may read ${file}`);
    }
  }
}

/** A folder after a kill, what the file was in it and is to become, and which files were there. */
interface Left {
  readonly cwd: string;
  readonly old: string;
  readonly wanted: string;
  readonly given: readonly string[];
}

describe('killed at any of its writes to files', () => {
  it.for(CASES)('$args.0 $args.1 leaves the old file or the new', LONG, async (one, context) => {
    const tally = new Tally(context);
    const cleanFolder = folderOf(one);
    const clean = await held(one, cleanFolder);
    const old = one.files?.[one.file] ?? STORE;
    const wanted = readFileSync(path.join(cleanFolder, one.file), 'utf8');
    expect(clean.count).toBeGreaterThan(2);
    expect(clean.result.stderr).not.toContain('error');

    const points = Array.from({ length: clean.count }, (_, i) =>
      (['none', 'half'] as const).map((arrives) => `${i + 1},${arrives}`),
    ).flat();
    for (const point of some(points, 3)) {
      const where = `${one.args.join(' ')}, killed at ${point}`;
      const cwd = folderOf(one);
      const given = filesBelow(cwd);
      const { result } = await held(one, cwd, point);
      if (result.signal === 'SIGKILL') tally.injected();
      else tally.wrong(`${where}: not killed`);
      checkLeft(tally, where, one, { cwd, old, wanted, given });
      const second = await run(one.again ?? one.args, { cwd });
      const now = readFileSync(path.join(cwd, one.file), 'utf8');
      if (second.code !== clean.result.code || timeless(now) !== timeless(wanted)) {
        tally.notConverged(`${where}: ${second.code}: ${second.stderr}${now.slice(0, 200)}`);
      }
    }
    expect(tally.failures).toEqual([]);
  });
});

describe('a disk that is full', () => {
  const leases = Array.from({ length: 400 }, (_, n) => [
    `${PREFIX}/subnets/10.244.${n % 100}.${(n % 8) * 32}-27`,
    { value: LEASE_VALUE.replace('10.1.10.245', `10.1.${n}.1`), revision: 5 },
  ]);
  const LARGE = JSON.stringify({
    ...JSON.parse(STORE),
    keys: { ...Object.fromEntries(leases), ...JSON.parse(STORE).keys },
  });

  /** Runs the executable with a small file system in `disk/`; tells what is in there then. */
  function onSmallDisk(args: readonly string[]) {
    const cwd = temporaryFolder({ 'flannel-bigip.yaml': SITE, 'etcd.json': LARGE });
    const script = `mkdir disk && mount -t tmpfs -o size=16k tmpfs disk && echo old > disk/b.json
      "$@"; code=$?; find disk -type f | sort; cat disk/b.json; exit $code`;
    const { status, stdout, stderr } = spawnSync(
      'unshare',
      ['-m', 'sh', '-c', script, 'sh', ...COMMAND, ...args, ...AT],
      { cwd, env: cleanEnvironment(), encoding: 'utf8' },
    );
    return {
      code: status,
      stdout,
      stderr,
      store: readFileSync(path.join(cwd, 'etcd.json'), 'utf8'),
    };
  }

  it('leaves the old backup, whole, and no half one', (context) => {
    const tally = new Tally(context);
    tally.injected();

    expect(onSmallDisk(['backup', 'disk/b.json', '--force'])).toEqual({
      code: 1,
      stdout: 'disk/b.json\nold\n',
      stderr: expect.stringMatching(/b\.json cannot be written \(ENOSPC\), so nothing was changed/),
      store: LARGE,
    });
  });

  it('keeps a command from replacing what it could not keep', (context) => {
    const tally = new Tally(context);
    tally.injected();

    const { code, stdout, stderr, store } = onSmallDisk(['apply', '--yes', '--backup-dir', 'disk']);

    expect([code, store]).toEqual([1, LARGE]);
    expect(stdout).toMatch(/disk\/b\.json\nold\n$/);
    expect(stderr).toMatch(/\.json cannot be written \(ENOSPC\), so nothing was changed/);
  });
});
