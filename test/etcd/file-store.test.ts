import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { FileStore } from '../../src/etcd/file.ts';
import type { GuardedWrite } from '../../src/etcd/store.ts';
import { temporaryFolder } from '../support/cli.ts';
import { failureText } from '../support/store-failure.ts';
import { type Writer, writerProcesses } from '../support/store-processes.ts';
import { until } from '../support/wait.ts';

const PREFIX = '/coreos.com/network';
const NEW_CONFIG: GuardedWrite = {
  key: `${PREFIX}/config`,
  value: '{}',
  liveValue: null,
  revision: null,
  configRevision: null,
};

let startWriter: Awaited<ReturnType<typeof writerProcesses>>;

beforeAll(async () => {
  startWriter = await writerProcesses();
});

function newFile(): string {
  return path.join(temporaryFolder(), 'store.json');
}

function open(file: string, timeout = 5_000): FileStore {
  return new FileStore(file, PREFIX, timeout);
}

describe('a file store that many processes use at once', () => {
  const WRITERS = 8;
  const TIMES = 12;

  it('loses no write, and is a whole document at every moment', async () => {
    const file = newFile();
    const writers = Array.from({ length: WRITERS }, (_, i) =>
      startWriter(file, { kind: 'count', name: `writer-${i}`, times: TIMES }),
    );
    let running = true;
    const ends = Promise.all(writers.map(({ end }) => end)).finally(() => {
      running = false;
    });
    const revisions: number[] = [];
    while (running) {
      if (existsSync(file)) {
        const { revision } = JSON.parse(readFileSync(file, 'utf8')) as { revision: number };
        if (revision !== revisions.at(-1)) revisions.push(revision);
      }
      await breathe();
    }
    expect(await ends).toEqual(writers.map(() => 0));
    expect(revisions).toEqual(revisions.toSorted((a, b) => a - b));
    const { config, leases, revision } = await open(file).read();
    expect([config?.value, revision]).toEqual([
      String(WRITERS * TIMES),
      String(2 * WRITERS * TIMES),
    ]);
    expect(leases.map(({ value }) => value).toSorted()).toEqual(
      writers
        .flatMap((_, w) => Array.from({ length: TIMES }, (_, i) => `writer-${w}-${i}`))
        .toSorted(),
    );
  });

  it('is whole after a writer was killed at any moment', async () => {
    const file = newFile();
    for (let round = 0; round < 5; round++) {
      const name = `victim-${round}`;
      const writer = startWriter(file, { kind: 'count', name, times: 100_000 });
      await until('it to write', () => writer.said().length > 3 + round);
      await kill(writer);
    }
    const { config, leases } = await open(file).read();
    const difference = Number(config?.value) - leases.length;
    // A victim may have raised the counter and not yet have created its lease.
    expect(difference).toBeGreaterThanOrEqual(0);
    expect(difference).toBeLessThanOrEqual(5);
    expect(await open(file).write(update(config?.value, config?.revision))).toEqual({
      outcome: 'done',
      revision: expect.any(String),
    });
  });
});

describe('the lock of a file store', () => {
  it('makes a writer wait, and tells it who holds it when that takes too long', async () => {
    const file = newFile();
    const holder = startWriter(file, { kind: 'lock' });
    await until('the lock to be held', () => holder.said() === 'locked\n');
    const start = performance.now();
    expect(await failureText(open(file, 200).write(NEW_CONFIG))).toBe(
      `timeout: ${file} is locked by another flannel-bigip. Wait for it to end, or raise --timeout`,
    );
    expect(performance.now() - start).toBeLessThan(500);
    const { config } = await open(file).read();
    expect(config).toBeNull();
    await kill(holder);
  });

  it('goes with its holder, however that ends', async () => {
    const file = newFile();
    const holder = startWriter(file, { kind: 'lock' });
    await until('the lock to be held', () => holder.said() === 'locked\n');
    const waiting = open(file).write(NEW_CONFIG);
    await kill(holder);
    expect(await waiting).toEqual({ outcome: 'done', revision: '1' });
  });

  it('is the same under every name of the file', async () => {
    const file = newFile();
    await open(file).write(NEW_CONFIG);
    const link = path.join(temporaryFolder(), 'link.json');
    symlinkSync(file, link);
    const holder = startWriter(file, { kind: 'lock' });
    await until('the lock to be held', () => holder.said() === 'locked\n');
    expect(await failureText(open(link, 100).write(update('{}', '1')))).toBe(
      `timeout: ${file} is locked by another flannel-bigip. Wait for it to end, or raise --timeout`,
    );
    await kill(holder);
    expect(await open(link).write(update('{}', '1'))).toEqual({ outcome: 'done', revision: '2' });
    expect((await open(file).read()).config?.value).toBe('new');
  });

  it('is another one for another file', async () => {
    const holder = startWriter(newFile(), { kind: 'lock' });
    await until('the lock to be held', () => holder.said() === 'locked\n');
    expect(await open(newFile()).write(NEW_CONFIG)).toEqual({ outcome: 'done', revision: '1' });
    await kill(holder);
  });
});

describe('a file store whose file', () => {
  it('is missing reads as empty, and is not made by reading', async () => {
    const file = newFile();
    expect(await open(file).read()).toEqual({
      api: 'file',
      prefix: PREFIX,
      revision: '0',
      clusterId: null,
      config: null,
      leases: [],
    });
    expect(existsSync(file)).toBe(false);
  });

  it('is missing with its folder is made by the first write', async () => {
    const file = path.join(temporaryFolder(), 'not', 'yet', 'store.json');
    expect(await open(file).write(NEW_CONFIG)).toEqual({ outcome: 'done', revision: '1' });
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({
      flannelBigipStore: 1,
      revision: 1,
      keys: { [NEW_CONFIG.key]: { value: '{}', revision: 1 } },
    });
  });

  it.each([
    { what: 'is empty', text: '' },
    { what: 'is cut off', text: '{"flannelBigipStore":1,"revision":1,"keys":{' },
    { what: 'is YAML', text: 'flannelBigipStore: 1\n' },
  ])('$what is an error, and is left as it is', async ({ text }) => {
    const file = newFile();
    writeFileSync(file, text);
    const said = `bad-store: ${file} is no JSON. Check the path, or take the file from a backup`;
    expect(await failureText(open(file).read())).toBe(said);
    expect(await failureText(open(file).write(NEW_CONFIG))).toBe(said);
    expect(readFileSync(file, 'utf8')).toBe(text);
  });

  it.each([
    { what: 'another version', document: { flannelBigipStore: 2, revision: 1, keys: {} } },
    { what: 'no revision', document: { flannelBigipStore: 1, keys: {} } },
    { what: 'no keys', document: { flannelBigipStore: 1, revision: 1 } },
    {
      what: 'a key without revision',
      document: { flannelBigipStore: 1, revision: 1, keys: { '/a': { value: '' } } },
    },
    {
      what: 'a key that ends at no time',
      document: {
        flannelBigipStore: 1,
        revision: 1,
        keys: { '/a': { value: '', revision: 1, expires: 'tomorrow' } },
      },
    },
  ])('holds $what is an error, and is left as it is', async ({ document }) => {
    const file = newFile();
    const text = JSON.stringify(document);
    writeFileSync(file, text);
    const said = `bad-store: ${file} is neither a store of flannel-bigip nor a dump of etcd. Dump with \`etcdctl get --prefix PREFIX -w json\` or \`GET /v2/keys/PREFIX?recursive=true\``;
    expect(await failureText(open(file).read())).toBe(said);
    expect(await failureText(open(file).write(NEW_CONFIG))).toBe(said);
    expect(readFileSync(file, 'utf8')).toBe(text);
  });

  it('is a folder is an error', async () => {
    const folder = temporaryFolder();
    expect(await failureText(open(folder).read())).toBe(
      `bad-store: ${folder} cannot be read. Check the path and its permissions`,
    );
  });

  it('cannot be made because its folder is a file is an error', async () => {
    const folder = newFile();
    writeFileSync(folder, '');
    const file = path.join(folder, 'store.json');
    expect(await failureText(open(file).write(NEW_CONFIG))).toBe(
      `bad-store: ${file} cannot be written. Check the path and its permissions`,
    );
  });

  it('holds keys that have ended reads without them, and takes them for absent', async () => {
    const file = newFile();
    const keys = {
      [`${PREFIX}/config`]: { value: 'old', revision: 3, expires: '2020-01-01T00:00:00Z' },
    };
    writeFileSync(file, JSON.stringify({ flannelBigipStore: 1, revision: 3, keys }));
    expect((await open(file).read()).config).toBeNull();
    expect(await open(file).write(NEW_CONFIG)).toEqual({ outcome: 'done', revision: '4' });
    expect((await open(file).read()).config).toEqual({
      key: `${PREFIX}/config`,
      value: '{}',
      revision: '4',
      expires: false,
      ttl: null,
    });
  });
});

function update(liveValue: string | undefined, revision: string | undefined): GuardedWrite {
  const now = { liveValue: liveValue ?? null, revision: revision ?? null };
  return { ...NEW_CONFIG, ...now, value: 'new' };
}

async function kill({ child, end }: Writer): Promise<void> {
  child.kill('SIGKILL');
  expect(await end).toBeNull();
}
