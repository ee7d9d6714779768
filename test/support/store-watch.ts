import type { KeyStore } from '../../src/etcd/store.ts';
import { until } from './wait.ts';

/** What a watch has told so far, each thing as one line. */
export interface WatchLog {
  readonly lines: readonly string[];
  /** Waits until the last lines are these. */
  ends(...lines: readonly string[]): Promise<unknown>;
  /** The failure that ended it; null when it was ended by `stop`. */
  readonly end: Promise<Error | null>;
  stop(): Promise<void>;
}

/**
 * Watches a store from what it holds now. A change is told as the names under the prefix with the
 * values they have then, `lost` with the failure.
 */
export async function watchLog(store: KeyStore): Promise<WatchLog> {
  const from = await store.read();
  const controller = new AbortController();
  const lines: string[] = [];
  const name = (key: string) => key.slice(store.prefix.length + 1);
  const follow = async () => {
    for await (const told of store.watch(from, controller.signal)) {
      if (told.kind === 'lost') lines.push(`lost: ${told.error.failure}`);
      if (told.kind === 'back') lines.push('back');
      if (told.kind !== 'changed') continue;
      const { config, leases } = told.snapshot;
      const keys = [...(config ? [config] : []), ...leases];
      lines.push(keys.map(({ key, value }) => `${name(key)}=${value}`).join(' ') || 'nothing');
    }
  };
  const end = follow().then(
    () => null,
    (error: Error) => error,
  );
  return {
    lines,
    ends: (...wanted) =>
      until(`the watch to tell ${wanted.join(', ')}`, () => {
        if (lines.slice(-wanted.length).join('\n') === wanted.join('\n')) return true;
        throw new Error(`it told ${lines.join(', ')}`);
      }),
    end,
    async stop() {
      controller.abort();
      await end;
      store.close();
    },
  };
}
