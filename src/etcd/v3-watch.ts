import type { IEvent, IWatchResponse } from 'etcd3';
import type { Snapshot } from '../model/snapshot.ts';
import type { EtcdConnection, TlsMaterial } from './connection.ts';
import type { Endpoints } from './endpoints.ts';
import { timeoutOf } from './errors.ts';
import type { Hearing, Listener } from './follow.ts';
import { configKey, subnetsFolder } from './store.ts';
import { EndpointClient } from './v3-client.ts';
import { explain } from './v3-errors.ts';
import { endOfFolder, headerOf, StrangeAnswer, storedKey } from './v3-keys.ts';

/** Keys that are watched together. */
interface WatchedKeys {
  readonly key: Buffer;
  readonly range_end?: Buffer;
  /** The revision up to which all of their changes were heard. */
  heard: bigint;
}

type WatchStream = Awaited<ReturnType<EndpointClient['etcd']['watchClient']['watch']>>;

/** A stream on which etcd has taken the watches on, and how it ends. */
interface Stream {
  readonly ended: Promise<void>;
}

/** Hears of changes of the v3 store, on one gRPC stream. */
export class V3Listener implements Listener {
  /** Each by itself: a user may have a right to both and to nothing between them. */
  readonly #config: WatchedKeys;
  readonly #leases: WatchedKeys;

  constructor(
    readonly endpoints: Endpoints,
    readonly connection: EtcdConnection,
    readonly material: TlsMaterial | null,
    from: Snapshot,
  ) {
    const heard = BigInt(from.revision);
    const folder = subnetsFolder(from.prefix);
    this.#config = { key: Buffer.from(configKey(from.prefix)), heard };
    this.#leases = { key: Buffer.from(folder), range_end: endOfFolder(folder), heard };
  }

  async listen(hearing: Hearing, signal: AbortSignal): Promise<void> {
    const { ended } = await this.endpoints.run(
      (endpoint, limit) => this.connect(endpoint, limit, hearing, signal),
      signal,
    );
    await ended;
  }

  private async connect(
    endpoint: string,
    limit: number,
    hearing: Hearing,
    signal: AbortSignal,
  ): Promise<Stream> {
    // A new client logs in anew: the token of the last one may have expired since.
    const client = new EndpointClient(endpoint, this.connection, this.material);
    const deadline = new Date(Date.now() + limit);
    client.deadline = deadline;
    const failed = (error: unknown): never => {
      throw explain(endpoint, error, this.connection.credentials !== null);
    };
    const closed = () => client.etcd.close();
    try {
      const request = { key: this.#config.key, keys_only: true };
      const answer = await client.etcd.kv.range(request, { deadline });
      if (this.isSetBack(headerOf(answer).revision)) {
        closed();
        return { ended: Promise.resolve() };
      }
      const stream = await client.etcd.watchClient.watch();
      const left = Math.max(deadline.getTime() - Date.now(), 1);
      let late: NodeJS.Timeout | undefined;
      return await new Promise<Stream>((resolve, reject) => {
        const ended = this.hearAll(stream, signal, hearing, () => {
          clearTimeout(late);
          hearing.connected();
          resolve({ ended });
        })
          .catch(failed)
          .finally(closed);
        late = setTimeout(() => {
          reject(timeoutOf(endpoint));
          stream.cancel();
        }, left);
        ended.then(() => resolve({ ended }), reject).finally(() => clearTimeout(late));
      });
    } catch (error) {
      closed();
      return failed(error);
    }
  }

  /** A store that was put back to an earlier state would stay silent for long. */
  private isSetBack(revision: string): boolean {
    return [this.#config, this.#leases].some(({ heard }) => BigInt(revision) < heard);
  }

  /** Returns when the signal is aborted, or when etcd has not kept what is asked for. */
  private hearAll(
    stream: WatchStream,
    signal: AbortSignal,
    hearing: Hearing,
    takenOn: () => void,
  ): Promise<void> {
    const watches = [this.#config, this.#leases];
    let awaited = watches.length;
    const over = new AbortController();
    return new Promise<void>((resolve, reject) => {
      signal.addEventListener('abort', () => resolve(), { signal: over.signal });
      if (signal.aborted) resolve();
      stream.on('data', ({ canceled, created, events, ...response }: IWatchResponse) => {
        if (canceled && response.compact_revision !== '0') resolve();
        else if (canceled) reject(new Error(response.cancel_reason));
        else if (created && --awaited === 0) takenOn();
        else if (events.some(({ kv }) => kv === null)) reject(new StrangeAnswer('an empty event'));
        else this.hear(events, hearing);
      });
      stream.on('error', reject);
      stream.on('end', () => reject(new Error('the other side closed the watch')));
      for (const { key, range_end, heard } of watches) {
        const start_revision = String(heard + 1n);
        stream.write({
          create_request: { key, ...(range_end ? { range_end } : {}), start_revision },
        });
      }
    }).finally(() => {
      over.abort();
      stream.cancel();
    });
  }

  private hear(events: readonly IEvent[], hearing: Hearing): void {
    const [first] = events;
    if (first === undefined) return;
    const isConfig = String(first.kv.key) === String(this.#config.key);
    const watch = isConfig ? this.#config : this.#leases;
    hearing.changed(
      events.map(({ type, kv }) => ({
        key: String(kv.key),
        revision: kv.mod_revision,
        stored: type === 'Delete' ? null : storedKey(kv),
      })),
    );
    watch.heard = BigInt(events.at(-1)?.kv.mod_revision ?? watch.heard);
  }
}
