import { setTimeout as pause } from 'node:timers/promises';
import { openStore } from '../../etcd/open-store.ts';
import type { KeyStore } from '../../etcd/store.ts';
import { watchNodes } from '../../kubernetes/watch-nodes.ts';
import { Problem } from '../../model/problem.ts';
import { readsDevice } from '../../model/site.ts';
import { decodeSnapshot, type LiveState, type Snapshot } from '../../model/snapshot.ts';
import type { World } from '../../world.ts';
import { deviceLogin, withLogin } from '../bigip/login.ts';
import { unitsOf } from '../bigip/units.ts';
import { resolveConnection } from '../connection-options.ts';
import { openNodes } from '../kubernetes.ts';
import type { Args } from '../options.ts';
import { AnnotationKeeper } from './annotation-keeper.ts';
import type { Declared } from './declared.ts';
import { FdbKeeper } from './fdb-keeper.ts';
import { serveHealth } from './health.ts';
import { LeaseKeeper } from './lease-keeper.ts';
import type { Log } from './log.ts';
import { Metrics } from './metrics.ts';

/** What a watch keeps true. */
export interface Kept {
  readonly leases: boolean;
  readonly annotations: boolean;
  readonly fdb: boolean;
}

const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 15_000;

/** Milliseconds between two looks for the MACs of tunnels. */
const LOOK_EVERY = 60_000;

/** Keeps a site true until the signal is aborted. */
export class SiteWatch {
  readonly #metrics = new Metrics();
  readonly #connected = new Map<'etcd' | 'kubernetes', boolean>();
  /** The last trouble that was told of each. */
  readonly #told = new Map<string, string>();
  #annotations: AnnotationKeeper | null = null;
  #leases: LeaseKeeper | null = null;
  #fdb: FdbKeeper | null = null;

  constructor(
    readonly kept: Kept,
    readonly declared: Declared,
    readonly args: Args,
    readonly world: World,
    readonly log: Log,
    readonly signal: AbortSignal,
  ) {}

  /** @throws Problem when it cannot begin: a kubeconfig that is none, an address that is taken */
  async run(): Promise<void> {
    const { args, declared, world, log, signal } = this;
    const { loaded } = declared;
    const api = this.kept.annotations ? await openNodes(args, world, loaded) : null;
    // A password is asked for, and a wrong option told, before anything is begun.
    const etcd = { etcd: loaded.site.etcd, folder: loaded.folder };
    const resolved = await resolveConnection(args, world, etcd);
    if (resolved.notice !== null) log.warn(resolved.notice);
    if (this.kept.fdb) unitsOf(loaded.site.bigips);
    const readsMacs = this.kept.leases && readsDevice(declared.written);
    const asksDevices = this.kept.fdb || readsMacs;
    const login = asksDevices ? await deviceLogin(args, world) : null;
    const listen = args.text('listen');
    if (listen !== undefined)
      await serveHealth(listen, this.#metrics, () => this.reasons(), signal);
    if (api !== null) {
      this.#annotations = new AnnotationKeeper(api, declared, log, this.#metrics, signal);
      this.line('kubernetes', false);
    }
    if (this.kept.leases) {
      this.#leases = new LeaseKeeper(declared, args, world, log, this.#metrics, signal);
    }
    if (this.kept.fdb) {
      const asked = login === null ? world : withLogin(world, login);
      this.#fdb = new FdbKeeper(declared, args, asked, log, this.#metrics, signal);
    }
    if (readsMacs && login !== null) {
      await declared.readMacsAs(login);
      this.lookAtDevices();
    }
    this.line('etcd', false);
    world.onHangUp(() => void this.reload());
    await Promise.all([
      this.followEtcd(() => openStore(resolved.connection, resolved.api, resolved.apiFrom)),
      api === null ? null : this.followNodes(api),
    ]);
    await Promise.all([this.#annotations?.finished(), this.#fdb?.finished()]);
  }

  private async reload(): Promise<void> {
    this.declared.askAgain();
    if (!(await this.declared.reload())) return;
    this.log.info('the site file was read again', { site: this.declared.loaded.site.name });
    this.#leases?.retry();
    this.#annotations?.retry();
    this.#fdb?.retry();
  }

  /** A tunnel that is made anew has another MAC, of which nothing tells. */
  private lookAtDevices(): void {
    const timer = setInterval(async () => {
      if (await this.declared.reload()) this.#leases?.look();
    }, LOOK_EVERY);
    this.signal.addEventListener('abort', () => clearInterval(timer));
  }

  /** Why the site may not be as declared; empty when it is kept so. */
  private reasons(): string[] {
    const away = [...this.#connected].filter(([, isThere]) => !isThere);
    return [
      ...away.map(([source]) => `${source} does not answer`),
      ...(this.declared.isReadable ? [] : ['the site file cannot be used']),
      ...(this.#annotations?.isReady === false ? ['leases and Nodes are not read yet'] : []),
      ...(this.#leases?.reasons ?? []),
      ...(this.#fdb?.reasons ?? []),
    ];
  }

  private line(source: 'etcd' | 'kubernetes', isThere: boolean, why = ''): void {
    const was = this.#connected.get(source);
    this.#connected.set(source, isThere);
    this.#metrics.connected.set({ source }, isThere ? 1 : 0);
    if (isThere && was !== true) this.log.info(`${source} answers`, { source });
    const told = this.#told.get(source);
    if (!isThere && why !== '' && why !== told) this.log.warn(why, { source });
    this.#told.set(source, why);
  }

  /** Follows etcd for ever: what ends it is said, and it is opened anew. */
  private async followEtcd(
    open: () => Promise<{ readonly store: KeyStore; readonly snapshot: Snapshot }>,
  ): Promise<void> {
    let wait = FIRST_PAUSE;
    while (!this.signal.aborted) {
      try {
        const { store, snapshot } = await open();
        wait = FIRST_PAUSE;
        await this.followStore(store, snapshot).finally(async () => {
          // A lease's write in flight has its answer to come.
          await this.#leases?.finished();
          store.close();
        });
      } catch (error) {
        if (this.signal.aborted) return;
        if (!(error instanceof Problem)) throw error;
        this.line('etcd', false, error.fix ? `${error.message}; ${error.fix}` : error.message);
        await pause(wait, undefined, { signal: this.signal }).catch(() => undefined);
        wait = Math.min(wait * 2, LONGEST_PAUSE);
      }
    }
  }

  private async followStore(store: KeyStore, snapshot: Snapshot): Promise<void> {
    this.line('etcd', true);
    this.changed(store, decodeSnapshot(snapshot));
    for await (const told of store.watch(snapshot, this.signal)) {
      if (told.kind === 'lost') this.line('etcd', false, told.error.message);
      else this.line('etcd', true);
      if (told.kind === 'changed') this.changed(store, decodeSnapshot(told.snapshot));
    }
  }

  private changed(store: KeyStore, live: LiveState): void {
    this.#leases?.changed(store, live);
    this.#annotations?.changed(live);
    this.#fdb?.changed(live);
  }

  private followNodes(api: Awaited<ReturnType<typeof openNodes>>): Promise<void> {
    return watchNodes(
      api,
      (news) => {
        if (news.kind === 'lost') return this.line('kubernetes', false, news.error.message);
        this.line('kubernetes', true);
        this.#annotations?.heard(news);
        return undefined;
      },
      this.signal,
    );
  }
}
