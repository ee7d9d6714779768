import { existsSync, mkdirSync, realpathSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { writeAtomic } from '../atomic-file.ts';
import type { Snapshot, StoredKey } from '../model/snapshot.ts';
import { type Dump, readDump } from './dump.ts';
import { StoreError } from './errors.ts';
import { withFileLock } from './file-lock.ts';
import {
  configKey,
  type GuardedWrite,
  type KeyStore,
  subnetsFolder,
  type Watched,
  type WriteResult,
} from './store.ts';

/** The document of the embedded store. */
interface StoreDocument {
  readonly flannelBigipStore: 1;
  /** Raised by each write. */
  readonly revision: number;
  readonly keys: Readonly<Record<string, FileKey>>;
}

interface FileKey {
  readonly value: string;
  /** The store's revision when the key was last written. */
  readonly revision: number;
  /** ISO 8601; absent when the key stays for ever. */
  readonly expires?: string;
}

const EMPTY: StoreDocument = { flannelBigipStore: 1, revision: 0, keys: {} };

/** flannel's keys in one JSON file, or in a dump of etcd that is only read. */
export class FileStore implements KeyStore {
  readonly api = 'file';
  readonly description: string;
  settle = 0;
  readonly #path: string;
  #dump: Dump | null = null;

  constructor(
    file: string,
    readonly prefix: string,
    readonly timeout: number,
  ) {
    this.#path = realPath(path.resolve(file));
    const absent = existsSync(this.#path) ? '' : ' (not there yet, taken as empty)';
    this.description = `file ${file}${absent}`;
  }

  get readOnly(): string | null {
    return this.#dump && `${this.#path} is a dump of etcd ${this.#dump.api}, which is only read`;
  }

  async read(): Promise<Snapshot> {
    const content = await this.load();
    const isStore = 'flannelBigipStore' in content;
    const keys = isStore ? liveKeys(content) : content.keys;
    // Keys of the v2 store are paths, whatever flanneld was told.
    const isV2 = !isStore && content.api === 'v2';
    const prefix = isV2 ? this.prefix.replace(/^(?=[^/])/, '/') : this.prefix;
    const folder = subnetsFolder(prefix);
    return {
      api: isStore ? 'file' : content.api,
      prefix,
      revision: String(content.revision),
      clusterId: null,
      config: keys.find((one) => one.key === configKey(prefix)) ?? null,
      leases: keys.filter((one) => one.key.startsWith(folder)),
    };
  }

  /** The file tells when each key ends. */
  readTtls(): Promise<Map<string, number>> {
    return Promise.resolve(new Map());
  }

  async write(change: GuardedWrite, signal?: AbortSignal): Promise<WriteResult> {
    if (signal?.aborted) return { outcome: 'aborted' };
    this.makeFolder();
    return withFileLock(this.#path, this.timeout, async () => {
      const content = await this.load();
      if (!('flannelBigipStore' in content)) {
        throw new StoreError('read-only', this.readOnly ?? '', {
          fix: 'write to the etcd it was made of',
        });
      }
      const now = new Map(liveKeys(content).map((one) => [one.key, one.revision]));
      const guards: [string, string | null][] = [
        [change.key, change.revision],
        ...(change.key === configKey(this.prefix)
          ? []
          : [[configKey(this.prefix), change.configRevision] as [string, string | null]]),
      ];
      for (const [key, expected] of guards) {
        const revision = now.get(key) ?? null;
        if (revision !== expected) return { outcome: 'stale', key, revision };
      }
      const revision = content.revision + 1;
      const keys: Record<string, FileKey> = { ...content.keys };
      if (change.value === null) delete keys[change.key];
      else keys[change.key] = { value: change.value, revision, ...expiry(change.ttl) };
      await this.save({ ...content, revision, keys });
      return { outcome: 'done', revision: String(revision) };
    });
  }

  async *watch(from: Snapshot, signal: AbortSignal): AsyncGenerator<Watched, void> {
    const { followFile } = await import('./file-watch.ts');
    yield* followFile(this.#path, () => this.read(), from, signal);
  }

  close(): void {}

  private makeFolder(): void {
    try {
      mkdirSync(path.dirname(this.#path), { recursive: true });
    } catch (cause) {
      throw this.inaccessible('written', cause);
    }
  }

  private inaccessible(what: 'read' | 'written', cause: unknown): StoreError {
    return new StoreError('bad-store', `${this.#path} cannot be ${what}`, {
      cause,
      fix: 'check the path and its permissions',
    });
  }

  private async load(): Promise<StoreDocument | Dump> {
    let text: string;
    try {
      text = await readFile(this.#path, 'utf8');
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return EMPTY;
      throw this.inaccessible('read', cause);
    }
    const content = this.parse(text);
    this.#dump = 'flannelBigipStore' in content ? null : content;
    return content;
  }

  private parse(text: string): StoreDocument | Dump {
    let document: unknown;
    try {
      document = JSON.parse(text);
    } catch (cause) {
      throw new StoreError('bad-store', `${this.#path} is no JSON`, {
        cause,
        fix: 'check the path, or take the file from a backup',
      });
    }
    if (isStoreDocument(document)) return document;
    const dump = readDump(document);
    if (dump !== null && 'objection' in dump) {
      const what = `${this.#path} is a damaged dump of etcd ${dump.api}: ${dump.objection}`;
      throw new StoreError('bad-store', what, { fix: 'dump the store again' });
    }
    if (dump !== null) return dump;
    throw new StoreError(
      'bad-store',
      `${this.#path} is neither a store of flannel-bigip nor a dump of etcd`,
      {
        fix: 'dump with `etcdctl get --prefix PREFIX -w json` or `GET /v2/keys/PREFIX?recursive=true`',
      },
    );
  }

  private async save(document: StoreDocument): Promise<void> {
    try {
      await writeAtomic(this.#path, `${JSON.stringify(document, null, 2)}\n`);
    } catch (cause) {
      throw this.inaccessible('written', cause);
    }
  }
}

function expiry(ttl: number | null | undefined): { expires?: string } {
  return ttl ? { expires: new Date(Date.now() + ttl * 1000).toISOString() } : {};
}

/** One name for one file, whichever way leads to it: the lock is by name. */
function realPath(file: string): string {
  if (existsSync(file)) return realpathSync(file);
  const folder = path.dirname(file);
  return existsSync(folder) ? path.join(realpathSync(folder), path.basename(file)) : file;
}

function isStoreDocument(document: unknown): document is StoreDocument {
  if (typeof document !== 'object' || document === null) return false;
  const { flannelBigipStore, revision, keys } = document as Partial<StoreDocument>;
  if (flannelBigipStore !== 1 || !isRevision(revision)) return false;
  if (typeof keys !== 'object' || keys === null || Array.isArray(keys)) return false;
  return Object.values(keys).every(isFileKey);
}

function isFileKey(key: Partial<FileKey> | null): boolean {
  if (typeof key?.value !== 'string' || !isRevision(key.revision)) return false;
  const { expires } = key;
  return (
    expires === undefined || (typeof expires === 'string' && !Number.isNaN(Date.parse(expires)))
  );
}

function isRevision(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

/** The keys that have not expired. */
function liveKeys(document: StoreDocument): StoredKey[] {
  const now = Date.now();
  return Object.entries(document.keys)
    .map(([key, { value, revision, expires }]) => ({
      key,
      value,
      revision: String(revision),
      expires: expires !== undefined,
      ttl: expires === undefined ? null : Math.ceil((Date.parse(expires) - now) / 1000),
    }))
    .filter((one) => one.ttl === null || one.ttl > 0);
}
