import { carryOutStep, saveConfiguration } from '../../bigip/carry-out.ts';
import type { DeviceClient } from '../../bigip/client.ts';
import { backupFolder } from '../../files/backup.ts';
import { keepDevice } from '../../files/device-backup.ts';
import {
  clearUnsaved,
  readUnsaved,
  type UnsavedDevice,
  unsavedFile,
  writeUnsaved,
} from '../../files/unsaved-device.ts';
import { pathOf } from '../../model/device/desired.ts';
import type { DeviceStep } from '../../model/device/step.ts';
import { EXIT, Problem } from '../../model/problem.ts';
import { Progress, whileWaiting } from '../../output/progress.ts';
import type { World } from '../../world.ts';
import type { Args } from '../options.ts';
import type { Unit } from './units.ts';

/** What a unit's changes are carried out with. */
export class UnitWriter {
  readonly done: DeviceStep[] = [];
  /** Path of the file with what was replaced; null when nothing was. */
  backup: string | null = null;
  saved = false;
  readonly #note: string;
  #isBegun = false;

  constructor(
    readonly unit: Unit,
    readonly client: DeviceClient,
    readonly args: Args,
    readonly world: World,
  ) {
    this.#note = noteOf(unit, world);
  }

  /**
   * Carries steps out, one after another, until the program is interrupted.
   *
   * @param all everything that this run is going to change, kept before the first of it
   * @param left what a next run would have to know
   * @throws Problem that says how far it came
   */
  async carryOut(
    steps: readonly DeviceStep[],
    all: readonly DeviceStep[],
    left: Pick<UnsavedDevice, 'recreates' | 'records'> = { recreates: false, records: [] },
  ): Promise<void> {
    if (steps.length === 0) return;
    await this.begin(all, left);
    const progress = new Progress(this.world, `Writing to ${this.unit.bigip.name}`, all.length);
    try {
      for (const step of steps) {
        await this.carryOutOne(step, all);
        progress.at(this.done.length);
      }
    } finally {
      progress.end();
    }
  }

  private async carryOutOne(step: DeviceStep, all: readonly DeviceStep[]): Promise<void> {
    if (this.world.signal.aborted) throw this.stopped('interrupted', undefined, all);
    try {
      await carryOutStep(this.client, step);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      throw this.stopped(error.message, error, all);
    }
    this.done.push(step);
  }

  /** Saves the running configuration; the note that it is not saved goes with it. */
  async save(): Promise<void> {
    const saving = saveConfiguration(this.client);
    await whileWaiting(this.world, `Saving ${this.unit.bigip.name}'s configuration`, saving);
    this.saved = true;
    clearUnsaved(this.#note);
  }

  get isChanged(): boolean {
    return this.done.length > 0;
  }

  private async begin(
    all: readonly DeviceStep[],
    left: Pick<UnsavedDevice, 'recreates' | 'records'>,
  ): Promise<void> {
    if (this.#isBegun) return;
    const { args, unit, world } = this;
    const { url, names } = unit.management;
    const folder = backupFolder(args.text('backup-dir'), world.env, world.cwd);
    const about = { name: unit.bigip.name, url };
    this.backup = await keepDevice(folder, about, all, world.now());
    const begun = world.now().toISOString();
    await writeUnsaved(this.#note, { url, tunnel: pathOf(names, names.tunnel), begun, ...left });
    this.#isBegun = true;
  }

  private stopped(why: string, cause: Problem | undefined, all: readonly DeviceStep[]): Problem {
    const { name } = this.unit.bigip;
    const count = `${this.done.length} of ${all.length} changes of ${name} are done, and not saved`;
    const kept = this.backup === null ? '' : `; the values before are in ${this.backup}`;
    return new Problem(`${why}: ${count}${kept}`, {
      exit: cause === undefined ? EXIT.interrupted : EXIT.failed,
      fix: cause?.fix ?? 'run the same command again to go on',
      cause,
    });
  }
}

/** Where it stands that a run on this unit was cut off before it saved. */
function noteOf({ management }: Unit, { env }: World): string {
  const { names, url } = management;
  return unsavedFile(env, url, pathOf(names, names.tunnel));
}

/** What an earlier run on this unit left unsaved; null when none did. */
export function unsavedRun(unit: Unit, world: World) {
  return readUnsaved(noteOf(unit, world));
}
