import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises';
import type { Snapshot, StoredKey } from '../model/snapshot.ts';
import { StoreError } from './errors.ts';
import { configKey, subnetsFolder, type Watched } from './store.ts';

/** Between two attempts to reach a store that does not answer. */
const TRY_AGAIN_AFTER = 1_000;

/** One key that changed. */
export interface KeyEvent {
  readonly key: string;
  /** The store's revision at the change. */
  readonly revision: string;
  /** Null when the key is gone. */
  readonly stored: StoredKey | null;
  /** With a key that is gone: everything below it is gone too. */
  readonly andBelow?: boolean;
}

/** What a listener reports while it listens. */
export interface Hearing {
  /** The store answers. */
  connected(): void;
  /** In the order of each key's changes. */
  changed(events: readonly KeyEvent[]): void;
}

/** Hears what changes behind a snapshot. It keeps its place when a connection breaks. */
export interface Listener {
  /**
   * Listens on one connection. Returns when the signal is aborted, and when the store's history does
   * not reach back to the listener's place, so that everything must be read again.
   *
   * @throws StoreError when the connection fails
   */
  listen(hearing: Hearing, signal: AbortSignal): Promise<void>;
}

/** What an adapter of etcd needs to be followed. */
export interface Source {
  read(): Promise<Snapshot>;
  /** A listener behind a snapshot that was read. */
  listener(from: Snapshot): Listener;
}

type Item =
  | { readonly kind: 'event'; readonly event: KeyEvent }
  | { readonly kind: 'read'; readonly snapshot: Snapshot }
  | Exclude<Watched, { kind: 'changed' }>;

/** `KeyStore.watch` for etcd: the connections, what is read again, and what is told of both. */
export async function* follow(
  source: Source,
  from: Snapshot,
  signal: AbortSignal,
): AsyncGenerator<Watched, void> {
  const left = new AbortController();
  const items = new Queue<Item>();
  const over = AbortSignal.any([signal, left.signal]);
  // Connections do not keep the process alive by themselves.
  const alive = setInterval(() => undefined, 2 ** 30);
  const listening = listenOn(source, from, items, over).then(
    () => items.end(null),
    // What fails because it is broken off is no failure.
    (error: unknown) => items.end(over.aborted ? null : error),
  );
  let snapshot = from;
  try {
    for (;;) {
      // What has arrived already is heard first, so that a burst is taken in together.
      await turn();
      const first = await items.next();
      if (first === null) return;
      if (first.kind === 'lost' || first.kind === 'back') {
        yield first;
        continue;
      }
      snapshot =
        first.kind === 'read' ? first.snapshot : applied(snapshot, eventsWith(first.event, items));
      yield { kind: 'changed', snapshot };
    }
  } finally {
    clearInterval(alive);
    left.abort();
    await listening;
  }
}

/** Listens, on one connection after another, until the signal is aborted. */
async function listenOn(
  source: Source,
  from: Snapshot,
  items: Queue<Item>,
  signal: AbortSignal,
): Promise<void> {
  const contact = new Contact(items, from.prefix);
  let listener = source.listener(from);
  while (!signal.aborted) {
    const began = performance.now();
    try {
      await listener.listen(contact, signal);
      if (signal.aborted) return;
      const snapshot = await source.read();
      items.push({ kind: 'read', snapshot });
      listener = source.listener(snapshot);
    } catch (error) {
      const stood = contact.broken(error) && performance.now() - began > TRY_AGAIN_AFTER;
      if (!stood) await pause(TRY_AGAIN_AFTER, undefined, { signal }).catch(() => undefined);
    }
  }
}

/** Passes on what is heard, and tells once that the store has gone and once that it is back. */
class Contact implements Hearing {
  #connected = false;
  #lost = false;

  constructor(
    readonly items: Queue<Item>,
    readonly prefix: string,
  ) {}

  connected(): void {
    this.#connected = true;
    if (this.#lost) this.items.push({ kind: 'back' });
    this.#lost = false;
  }

  changed(events: readonly KeyEvent[]): void {
    for (const event of events) {
      if (this.concernsFlannel(event)) this.items.push({ kind: 'event', event });
    }
  }

  /** The prefix may hold keys that are none of flannel's. */
  private concernsFlannel({ key, andBelow }: KeyEvent): boolean {
    const isLease = key.startsWith(subnetsFolder(this.prefix));
    return isLease || key === configKey(this.prefix) || andBelow === true;
  }

  /**
   * Takes note of a failure and says whether there was a connection that broke. That is nothing to
   * tell of as long as the next one stands. Throws what another attempt would not mend.
   */
  broken(error: unknown): boolean {
    if (!(error instanceof StoreError && error.transient)) throw error;
    const stood = this.#connected;
    this.#connected = false;
    if (stood || this.#lost) return stood;
    this.items.push({ kind: 'lost', error });
    this.#lost = true;
    return false;
  }
}

/**
 * An event with those that wait behind it, up to the next one of the same key: what changes twice is
 * told twice, and a burst does not cost more than it must.
 */
function eventsWith(first: KeyEvent, items: Queue<Item>): KeyEvent[] {
  const events = [first];
  const keys = new Set([first.key]);
  while (!events.at(-1)?.andBelow) {
    const next = items.peek();
    if (next?.kind !== 'event' || next.event.andBelow || keys.has(next.event.key)) break;
    events.push(next.event);
    keys.add(next.event.key);
    items.drop();
  }
  return events;
}

function applied(before: Snapshot, events: readonly KeyEvent[]): Snapshot {
  const { config, leases, prefix } = before;
  const keys = new Map([...(config ? [config] : []), ...leases].map((one) => [one.key, one]));
  for (const { key, stored, andBelow } of events) {
    if (stored !== null) keys.set(key, stored);
    else keys.delete(key);
    if (andBelow) for (const one of keys.keys()) if (one.startsWith(`${key}/`)) keys.delete(one);
  }
  const folder = subnetsFolder(prefix);
  return {
    ...before,
    revision: events.at(-1)?.revision ?? before.revision,
    config: keys.get(configKey(prefix)) ?? null,
    leases: [...keys.values()].filter(({ key }) => key.startsWith(folder)),
  };
}

/** Hands items from whoever hears them to whoever takes them in, in order. */
class Queue<T> {
  #items: T[] = [];
  #end: { readonly error: unknown } | null = null;
  #wake: () => void = () => undefined;

  push(item: T): void {
    this.#items.push(item);
    this.#wake();
  }

  /** Nothing comes any more; what waits is still handed out, then the error, if there is one. */
  end(error: unknown): void {
    this.#end = { error };
    this.#wake();
  }

  peek(): T | undefined {
    return this.#items[0];
  }

  drop(): void {
    this.#items.shift();
  }

  /** The next item as soon as there is one; null at the end. */
  async next(): Promise<T | null> {
    for (;;) {
      const item = this.#items.shift();
      if (item !== undefined) return item;
      if (this.#end !== null) {
        if (this.#end.error !== null) throw this.#end.error;
        return null;
      }
      await new Promise<void>((wake) => {
        this.#wake = wake;
      });
    }
  }
}
