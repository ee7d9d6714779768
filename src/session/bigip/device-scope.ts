import type { DeviceClient } from '../../bigip/client.ts';
import { readDevice } from '../../bigip/read-device.ts';
import { readMac } from '../../bigip/read-mac.ts';
import type { UnsavedDevice } from '../../files/unsaved-device.ts';
import { desiredDevice } from '../../model/device/desired.ts';
import { type DevicePlan, isUnitTrue, planDevice } from '../../model/device/device-plan.ts';
import type { DeviceState } from '../../model/device/objects.ts';
import { EXIT, Problem } from '../../model/problem.ts';
import type { BigIp, Site } from '../../model/site.ts';
import type { World } from '../../world.ts';
import type { Args } from '../options.ts';
import { refusalOf } from '../refusal.ts';
import { type Devices, eachUnit, type Unit, type UnitResult, unitsOf } from './units.ts';
import { UnitWriter, unsavedRun } from './write-unit.ts';

/** A unit as it was read, and what is to become of it. */
export interface PlannedUnit {
  readonly client: DeviceClient;
  readonly state: DeviceState;
  readonly plan: DevicePlan;
  /** What an earlier run left unsaved. */
  readonly unsaved: UnsavedDevice | null;
  readonly writer: UnitWriter;
}

/** What became of a unit in the end. */
export interface WrittenUnit {
  readonly writer: UnitWriter;
  /** The tunnel's MAC, where a tunnel was made or the MAC was read before. */
  readonly mac: string | null;
  /** Whether the tunnel was made by this run. */
  readonly isNew: boolean;
  /** Whether there was one before. */
  readonly replaced: boolean;
}

/** Units of a site on their way to what the site declares. */
export class DeviceScope {
  constructor(
    readonly site: Site,
    readonly planned: readonly UnitResult<PlannedUnit>[],
    readonly args: Args,
  ) {}

  /** Opens and reads units and plans their changes; one that fails does not stop the others. */
  static async open(
    site: Site,
    bigips: readonly BigIp[],
    devices: Devices,
    args: Args,
    world: World,
  ): Promise<DeviceScope> {
    const options = { disableConfigsync: args.on('disable-configsync') };
    const planned = await eachUnit(unitsOf(bigips), async (unit) => {
      const client = await devices.open(unit);
      const { names: called } = unit.management;
      const state = await readDevice(client, called, { withMac: unit.bigip.ipv4.vtepMAC === null });
      const unsaved = unsavedRun(unit, world);
      const lostRecords = unsaved?.records ?? [];
      const desired = desiredDevice(unit.bigip, site.network.config);
      const plan = planDevice(desired, state, { ...options, lostRecords });
      const writer = new UnitWriter(unit, client, args, world);
      return { client, state, plan, unsaved, writer };
    });
    return new DeviceScope(site, planned, args);
  }

  /** Whether every unit was read, is as declared, and has saved that. */
  get isTrue(): boolean {
    return this.planned.every(
      (one) => 'value' in one && isUnitTrue(one.value.plan) && one.value.unsaved === null,
    );
  }

  /** Whether a unit could not be read. */
  get isUnread(): boolean {
    return this.planned.some((one) => 'error' in one);
  }

  /** How many things change. */
  get changes(): number {
    return this.planned.reduce((sum, one) => sum + this.changesOf(one), 0);
  }

  /** The units on which something changes, by name. */
  get changing(): string[] {
    return this.planned.filter((one) => this.changesOf(one) > 0).map(({ unit }) => unit.bigip.name);
  }

  private changesOf(one: UnitResult<PlannedUnit>): number {
    if ('error' in one || this.refusal(one.unit, one.value) !== null) return 0;
    const { plan, unsaved } = one.value;
    return plan.steps.length + (unsaved !== null || this.args.on('save') ? 1 : 0);
  }

  /** Why a unit must not be changed; null when it may. */
  refusal(unit: Unit, { plan }: PlannedUnit): Problem | null {
    const { name } = unit.bigip;
    const refusal = refusalOf(plan.problems, ` on ${name}`);
    if (refusal !== null) return refusal;
    if (plan.recreate === null || this.args.on('replace')) return null;
    return new Problem(
      `refused, nothing was changed on ${name}: the tunnel has to be made anew, since ${plan.recreate}`,
      {
        exit: EXIT.failed,
        fix: 'pass --replace to do that; its MAC may change, and until it is back nothing gets through',
      },
    );
  }

  /** Carries the changes out on every unit that may be changed; one that fails does not stop the others. */
  async write(): Promise<UnitResult<WrittenUnit>[]> {
    const failed = new Map<Unit, Problem>();
    const attempt = async (
      one: UnitResult<PlannedUnit>,
      work: (unit: PlannedUnit) => Promise<void>,
    ) => {
      if ('error' in one || failed.has(one.unit)) return;
      try {
        await work(one.value);
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        failed.set(one.unit, error);
      }
    };
    for (const one of this.planned) {
      const refused = 'error' in one ? one.error : this.refusal(one.unit, one.value);
      if (refused !== null) failed.set(one.unit, refused);
    }
    // The switch must be off on both units of a pair before either has a tunnel.
    for (const isSwitch of [true, false]) {
      for (const one of this.planned) {
        await attempt(one, ({ plan, unsaved, writer }) => {
          const steps = plan.steps.filter(({ target }) => (target === 'db') === isSwitch);
          const recreates = plan.recreate !== null || (unsaved?.recreates ?? false);
          return writer.carryOut(steps, plan.steps, { recreates, records: plan.records });
        });
      }
    }
    const results: UnitResult<WrittenUnit>[] = [];
    for (const one of this.planned) {
      let written: WrittenUnit | null = null;
      await attempt(one, async (unit) => {
        written = await this.finish(one.unit, unit);
      });
      const error = failed.get(one.unit);
      if (error !== undefined) results.push({ unit: one.unit, error });
      else if (written !== null) results.push({ unit: one.unit, value: written });
    }
    return results;
  }

  private async finish(
    { bigip }: Unit,
    { client, plan, state, unsaved, writer }: PlannedUnit,
  ): Promise<WrittenUnit> {
    if (writer.isChanged || unsaved !== null || this.args.on('save')) await writer.save();
    const tunnel = plan.steps.find(
      ({ target, action }) => target === 'tunnel' && action === 'create',
    );
    const replaced = plan.recreate !== null || (unsaved?.recreates ?? false);
    const path = tunnel?.path ?? state.tunnel?.path;
    // A run that was cut off may have made the tunnel and not read its MAC.
    const isUnread = tunnel !== undefined || (replaced && state.mac === null);
    const mac = isUnread && path !== undefined ? await this.macOf(client, path, bigip) : state.mac;
    return { writer, mac, isNew: tunnel !== undefined || replaced, replaced };
  }

  /** What the lease needs; where the site file has it, a user who may not ask is no failure. */
  private async macOf(client: DeviceClient, tunnel: string, bigip: BigIp): Promise<string | null> {
    try {
      return await readMac(client, tunnel);
    } catch (error) {
      if (bigip.ipv4.vtepMAC === null || !(error instanceof Problem)) throw error;
      return null;
    }
  }
}
