import { StoreError } from '../etcd/errors.ts';
import type { KeyStore } from '../etcd/store.ts';
import type { StoredKey } from '../model/snapshot.ts';

/** How long each lease still lasts, while time passes. */
export class Lifetimes {
  #ends = new Map<string, { readonly revision: string; readonly end: number | null }>();

  /** @param asks whether a store that does not tell by itself is asked, with one request a lease */
  constructor(
    readonly store: KeyStore,
    readonly asks: boolean,
    readonly now: () => Date,
  ) {}

  /** Takes note of leases as they were read or heard of a moment ago. Throws StoreError. */
  async note(leases: readonly StoredKey[]): Promise<void> {
    const expiring = leases.filter(({ expires }) => expires);
    const news = expiring.filter(({ key, revision }) => this.#ends.get(key)?.revision !== revision);
    const asked = this.asks ? await this.askFor(news) : new Map<string, number>();
    const now = this.now().getTime();
    for (const { key, revision, ttl } of news) {
      const seconds = ttl ?? asked.get(key) ?? null;
      this.#ends.set(key, { revision, end: seconds === null ? null : now + seconds * 1000 });
    }
    const left = new Set(expiring.map(({ key }) => key));
    for (const key of this.#ends.keys()) if (!left.has(key)) this.#ends.delete(key);
  }

  /** Seconds by key, where they are known. */
  left(): Map<string, number> {
    const now = this.now().getTime();
    return new Map(
      [...this.#ends].flatMap(([key, { end }]): [string, number][] =>
        end === null ? [] : [[key, Math.max(Math.ceil((end - now) / 1000), 0)]],
      ),
    );
  }

  /** An etcd that has just gone away does not end a watch: it is waited for. */
  private askFor(leases: readonly StoredKey[]): Promise<Map<string, number>> {
    return this.store.readTtls(leases).catch((error: unknown) => {
      if (error instanceof StoreError && error.transient) return new Map();
      throw error;
    });
  }
}
