import { setTimeout as pause } from 'node:timers/promises';
import type { KeyStore } from '../../etcd/store.ts';
import { unreadMacs } from '../../model/device/resolve-macs.ts';
import { isFoughtOver, type LostLease, lostLeases, TAKEN_WITHIN } from '../../model/lease-guard.ts';
import type { LiveState } from '../../model/snapshot.ts';
import type { World } from '../../world.ts';
import { execute, failureOf } from '../execute.ts';
import type { Args } from '../options.ts';
import type { Declared } from './declared.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import { Worker } from './worker.ts';

/** Puts BIG-IPs' leases back that somebody deletes or overwrites. */
export class LeaseKeeper {
  readonly #worker: Worker;
  #live: LiveState | null = null;
  #store: KeyStore | null = null;
  /** When each BIG-IP's lease was put back, in milliseconds. */
  readonly #restored = new Map<string, number[]>();
  /** What is wrong and stays so, by BIG-IP; in words, and whether that is for a fight. */
  readonly #left = new Map<string, { readonly why: string; readonly isFought: boolean }>();

  constructor(
    readonly declared: Declared,
    readonly args: Args,
    readonly world: World,
    readonly log: Log,
    readonly metrics: Metrics,
    readonly signal: AbortSignal,
  ) {
    this.#worker = new Worker((again) => this.work(again), log, signal);
  }

  /** What is wrong with a lease and is not put back. */
  get reasons(): readonly string[] {
    const unread = unreadMacs(this.declared.loaded.site);
    const waits = unread.map((name) => `the MAC of ${name} is not read from the device`);
    return [...this.#left.values()].map(({ why }) => why).concat(waits);
  }

  changed(store: KeyStore, live: LiveState): void {
    this.#store = store;
    this.#live = live;
    const lost = new Map(this.lost().map((one) => [one.bigip.name, one]));
    for (const [name, { isFought }] of this.#left) {
      // What was in the way may have gone; a fight is over when somebody says so.
      const now = lost.get(name);
      if (now === undefined || (now.objection === null && !isFought)) this.#left.delete(name);
    }
    this.metrics.left.set(this.#left.size);
    if (lost.size > 0) this.#worker.wake();
  }

  /** What is declared may be something else now. */
  look(): void {
    this.#worker.wake();
  }

  /** A person has said something: whatever was left is looked at again. */
  retry(): void {
    this.#left.clear();
    this.#restored.clear();
    this.#worker.wake();
  }

  /** Kept when what is under way is done, writes above all. */
  finished(): Promise<void> {
    return this.#worker.finished();
  }

  private lost(): LostLease[] {
    if (this.#live === null) return [];
    // What a lease has to say is not known before the tunnel's MAC is.
    return lostLeases(this.declared.loaded.site, this.#live).filter(
      ({ change }) => !change.awaitsMac,
    );
  }

  private async work(again: (after: number) => void): Promise<void> {
    const seen = this.lost().filter(({ bigip }) => !this.#left.has(bigip.name));
    if (seen.length === 0 || this.#store === null) return;
    // Events that come together are lost to flanneld 0.18.0 to 0.21.2: not on the heels of the other.
    await pause(this.#store.settle, undefined, { signal: this.signal });
    // Who changed a lease may have changed the site file first, and then means it.
    if (!(await this.declared.reload())) return again(RETRY_AFTER);
    for (const one of this.lost()) {
      if (this.signal.aborted || this.#left.has(one.bigip.name)) continue;
      if (!(await this.restore(one))) return again(RETRY_AFTER);
    }
    return undefined;
  }

  /** False when it is to be tried again. */
  private async restore(lost: LostLease): Promise<boolean> {
    const { bigip, change, taker, objection } = lost;
    const [store, live] = [this.#store, this.#live];
    if (store === null || live === null) return true;
    const { name } = bigip;
    if (objection !== null) {
      this.leave(name, `the lease of ${name} is ${taker} and is not put back: ${objection}`, false);
      return true;
    }
    const now = this.world.now().getTime();
    const before = (this.#restored.get(name) ?? []).filter((at) => now - at < TAKEN_WITHIN);
    if (isFoughtOver(before, now)) {
      this.leave(
        name,
        `the lease of ${name} is ${taker} again and again and is left so: find out who does it, then send SIGHUP`,
        true,
      );
      return true;
    }
    this.log.warn(`the lease of ${name} is ${taker}`, { bigip: name, key: change.key });
    const plan = {
      changes: [change],
      problems: [],
      dangers: [],
      nodeCount: 0,
      configRevision: live.snapshot.config?.revision ?? null,
    };
    const { site } = this.declared.loaded;
    const place = { site: site.name, store: store.description, prefix: store.prefix, notice: null };
    const executed = await execute(plan, { site, store, live, place }, this.args, this.world);
    const failure = failureOf(executed, plan);
    if (executed.ended === 'stale') {
      // Who was faster makes an event of it, which is looked at anew.
      this.log.info(`${executed.staleKey} was changed by somebody else meanwhile`, { bigip: name });
      return true;
    }
    if (failure !== null) {
      this.log.error(`the lease of ${name} is not put back: ${failure.message}`, { bigip: name });
      return false;
    }
    this.#restored.set(name, [...before, now]);
    this.metrics.restored.inc({ bigip: name });
    const kept = executed.backup === null ? {} : { backup: executed.backup };
    this.log.info(`the lease of ${name} is put back`, { bigip: name, key: change.key, ...kept });
    return true;
  }

  private leave(name: string, why: string, isFought: boolean): void {
    this.#left.set(name, { why, isFought });
    this.metrics.left.set(this.#left.size);
    this.log.error(why, { bigip: name });
  }
}

/** Milliseconds after which what failed is tried again. */
const RETRY_AFTER = 5_000;
