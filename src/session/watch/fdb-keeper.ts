import { carryOutStep } from '../../bigip/carry-out.ts';
import type { DeviceClient } from '../../bigip/client.ts';
import { DeviceError } from '../../bigip/errors.ts';
import { readDevice } from '../../bigip/read-device.ts';
import { desiredDevice } from '../../model/device/desired.ts';
import { planFdb } from '../../model/device/fdb-plan.ts';
import { errorText, Problem } from '../../model/problem.ts';
import type { LiveState } from '../../model/snapshot.ts';
import type { World } from '../../world.ts';
import { type Unit, unitsOf, withDevices } from '../bigip/units.ts';
import type { Args } from '../options.ts';
import type { Declared } from './declared.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import { Worker } from './worker.ts';

/** Milliseconds after which units are looked at without a change of a lease: they may have rebooted. */
const LOOK_EVERY = 60_000;

/** Keeps the FDB of every unit's tunnel what the leases say. Nothing is saved: a look after a reboot does as much. */
export class FdbKeeper {
  readonly #worker: Worker;
  #live: LiveState | null = null;
  /** Units that refused the login: to go on would lock the user out. */
  readonly #refused = new Set<string>();
  /** What is wrong with each unit, told once for as long as it lasts. */
  readonly #wrong = new Map<string, string>();

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

  /** Why a unit's FDB may not be as the leases say. */
  get reasons(): readonly string[] {
    return [...this.#wrong.values()];
  }

  changed(live: LiveState): void {
    this.#live = live;
    this.#worker.wake();
  }

  /** A person has said something: whatever was left is tried again. */
  retry(): void {
    this.#refused.clear();
    this.#worker.wake();
  }

  /** Kept when what is under way is done, writes above all. */
  finished(): Promise<void> {
    return this.#worker.finished();
  }

  private async work(again: (after: number) => void): Promise<void> {
    const live = this.#live;
    const { loaded } = this.declared;
    if (live === null) return;
    await withDevices(loaded, this.args, this.world, async (devices) => {
      for (const unit of unitsOf(loaded.site.bigips)) {
        const { name } = unit.bigip;
        if (this.signal.aborted || this.#refused.has(name)) continue;
        await devices
          .open(unit)
          .then((client) => this.keep(unit, client, live))
          .catch((error: unknown) => this.failed(name, error));
      }
    });
    again(LOOK_EVERY);
  }

  private failed(name: string, error: unknown): void {
    if (!(error instanceof Problem)) throw error;
    if (error instanceof DeviceError && error.kind === 'refused-login') this.#refused.add(name);
    this.wrong(name, errorText(error));
  }

  private async keep(unit: Unit, client: DeviceClient, live: LiveState): Promise<void> {
    const { bigip, management } = unit;
    const { site } = this.declared.loaded;
    const state = await readDevice(client, management.names, { withMac: false });
    const desired = desiredDevice(bigip, live.config ?? site.network.config);
    const { steps, problems } = planFdb(desired, state, live.leases, site.bigips, false);
    const errors = problems.filter(({ severity }) => severity === 'error');
    if (errors.length > 0) {
      return this.wrong(bigip.name, errors.map(({ message }) => message).join('; '));
    }
    let done = 0;
    for (const step of steps) {
      if (this.signal.aborted) return;
      await carryOutStep(client, step);
      done += 1;
      const { action, path } = step;
      const before = step.before === null ? {} : { before: JSON.stringify(step.before) };
      this.log.info(`${action} ${path}`, { bigip: bigip.name, ...before });
    }
    this.metrics.fdbWritten.inc({ bigip: bigip.name }, done);
    this.#wrong.delete(bigip.name);
  }

  private wrong(name: string, why: string): void {
    const text = `the FDB of ${name} is not kept: ${why}`;
    if (this.#wrong.get(name) !== text) this.log.error(text, { bigip: name });
    this.#wrong.set(name, text);
  }
}
