// A process of its own that writes to a file store; started through store-processes.ts.
import { writeSync } from 'node:fs';
import { FileStore } from '../../src/etcd/file.ts';
import { withFileLock } from '../../src/etcd/file-lock.ts';

/** What a writer process is to do; each says something on standard output when it is at it. */
export type WriterJob =
  /** Raise the counter in the config so many times, and create a lease with each. */
  | { readonly kind: 'count'; readonly name: string; readonly times: number }
  /** Take the lock and keep it for ever. */
  | { readonly kind: 'lock' };

const PREFIX = '/coreos.com/network';
const CONFIG = `${PREFIX}/config`;

async function main(file: string, job: WriterJob): Promise<void> {
  if (job.kind === 'lock') {
    await withFileLock(file, 1_000, () => {
      writeSync(1, 'locked\n');
      return new Promise((done) => setTimeout(done, 60_000));
    });
    return;
  }
  const store = new FileStore(file, PREFIX, 60_000);
  for (let i = 0; i < job.times; i++) {
    while (!(await raise(store)));
    await createLease(store, `${job.name}-${i}`);
    writeSync(1, '.');
  }
}

/** False when another process was faster. */
async function raise(store: FileStore): Promise<boolean> {
  const { config } = await store.read();
  const result = await store.write({
    key: CONFIG,
    value: String(Number(config?.value ?? 0) + 1),
    liveValue: config?.value ?? null,
    revision: config?.revision ?? null,
    configRevision: config?.revision ?? null,
  });
  return result.outcome === 'done';
}

async function createLease(store: FileStore, name: string): Promise<void> {
  for (;;) {
    const { config } = await store.read();
    const result = await store.write({
      key: `${PREFIX}/subnets/${name}`,
      value: name,
      liveValue: null,
      revision: null,
      configRevision: config?.revision ?? null,
    });
    if (result.outcome === 'done') return;
    if (result.outcome === 'stale' && result.key !== CONFIG) throw new Error(`${name} is there`);
  }
}

const [, , file = '', job = ''] = process.argv;
void main(file, JSON.parse(job) as WriterJob);
