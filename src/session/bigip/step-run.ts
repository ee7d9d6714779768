import type { DeviceClient } from '../../bigip/client.ts';
import type { UnsavedDevice } from '../../files/unsaved-device.ts';
import type { DeviceFinding } from '../../model/device/device-finding.ts';
import type { DeviceState } from '../../model/device/objects.ts';
import type { DeviceStep } from '../../model/device/step.ts';
import { EXIT, type ExitCode, errorText, Problem } from '../../model/problem.ts';
import {
  countText,
  failedUnit,
  findingJson,
  planLines,
  stepJson,
  unitHead,
} from '../../output/bigip/device-text.ts';
import { writeProse } from '../../output/prose.ts';
import { type Style, styleOf } from '../../output/style.ts';
import { writeDocument, writeLine } from '../../output/write.ts';
import type { World } from '../../world.ts';
import { askYes } from '../ask.ts';
import { sameCommand, tellNext } from '../next-command.ts';
import type { Args } from '../options.ts';
import { refusalOf } from '../refusal.ts';
import { exitOf, tellErrors, type UnitResult } from './units.ts';
import type { UnitWriter } from './write-unit.ts';

/** Steps on a unit that depend on nothing beside them. */
export interface UnitSteps {
  readonly client: DeviceClient;
  readonly state: DeviceState;
  readonly steps: readonly DeviceStep[];
  readonly problems: readonly DeviceFinding[];
  /** What an earlier run left unsaved. */
  readonly unsaved: UnsavedDevice | null;
  readonly writer: UnitWriter;
}

/** What differs between the commands that only carry steps out. */
interface StepCommand {
  /** As it is typed. */
  readonly name: string;
  /** Of units, by name. */
  question(names: string): string;
  readonly declined: string;
  /** Said where nothing is to be done. */
  readonly nothing: string;
  /** What a person does then, and why. */
  readonly next: string;
  readonly why?: string;
}

/** Shows steps on units, asks, carries them out, saves, and reports: one unit after the other. */
export class StepRun {
  constructor(
    readonly planned: readonly UnitResult<UnitSteps>[],
    readonly command: StepCommand,
    readonly args: Args,
    readonly world: World,
  ) {}

  async run(): Promise<ExitCode> {
    const { args, command, world } = this;
    this.show();
    const refused = this.planned.flatMap((one): UnitResult<unknown>[] => {
      const error =
        'error' in one ? one.error : refusalOf(one.value.problems, ` on ${one.unit.bigip.name}`);
      return error === null ? [] : [{ unit: one.unit, error }];
    });
    const names = refused.map(({ unit }) => unit.bigip.name);
    const todo = this.planned.flatMap((one) =>
      'value' in one && isToDo(one.value) && !names.includes(one.unit.bigip.name) ? [one] : [],
    );
    if (todo.length === 0 || args.on('dry-run')) {
      tellErrors(refused, world);
      if (args.on('dry-run')) this.say('\nDry run: nothing was written.');
      const outcome = refused.length > 0 ? 'refused' : todo.length === 0 ? 'unchanged' : 'dry-run';
      const code = await this.end(outcome, refused);
      if (outcome === 'unchanged') tellNext(world, args, command.next);
      if (outcome === 'dry-run') {
        tellNext(world, args, sameCommand(command.name, args, ['dry-run']));
      }
      return code;
    }
    if (!args.on('yes') && !(await this.consent(todo.map(({ unit }) => unit.bigip.name)))) {
      world.stderr.write(`${command.declined}\n`);
      await this.report('declined', []);
      return EXIT.failed;
    }
    return world.whileWriting(async () => {
      const failed: UnitResult<unknown>[] = [...refused];
      for (const one of todo) {
        const error = await this.write(one.unit.bigip.name, one.value);
        if (error !== null) failed.push({ unit: one.unit, error });
      }
      tellErrors(failed, world);
      const isDone = todo.some(({ value }) => value.writer.isChanged);
      const outcome = failed.length === 0 ? 'applied' : isDone ? 'partial' : 'failed';
      const code = await this.end(outcome, failed);
      if (failed.length === 0) tellNext(world, args, command.next, command.why);
      return code;
    });
  }

  private async write(name: string, { steps, writer }: UnitSteps): Promise<Problem | null> {
    try {
      await writer.carryOut(steps, steps);
      await writer.save();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      return error;
    }
    const count = writer.done.length;
    this.say(`\n${name}: ${count} change${count === 1 ? '' : 's'} done, saved.`);
    if (writer.backup !== null) this.say(`The values before are in ${writer.backup}`);
    return null;
  }

  private async consent(names: readonly string[]): Promise<boolean> {
    try {
      return await askYes(this.world, this.command.question(names.join(', ')), 'pass --yes');
    } catch (error) {
      await this.report('refused', []);
      throw error;
    }
  }

  private get isJson(): boolean {
    return this.args.text('output') === 'json';
  }

  private say(text: string): void {
    if (!this.isJson) writeProse(this.world.stdout, text, this.world.env);
  }

  private show(): void {
    const { args, world } = this;
    const asked = !['yes', 'dry-run'].some((flag) => args.on(flag));
    if (this.isJson && !asked) return;
    const stream = this.isJson ? world.stderr : world.stdout;
    const style = styleOf(stream, world.env);
    const texts = this.planned.map((one) => this.unitText(one, style));
    writeLine(stream, texts.join('\n\n'));
  }

  private unitText(one: UnitResult<UnitSteps>, style: Style): string {
    const { bigip, management } = one.unit;
    if ('error' in one) {
      return failedUnit(bigip.name, management.url, errorText(one.error), style);
    }
    const { state, steps, problems, unsaved } = one.value;
    const plan = { steps, problems, recreate: null };
    const lines = planLines(plan, unsaved?.begun ?? null, style);
    return [
      unitHead(bigip.name, management.url, state, style),
      ...(lines.length === 0 ? [] : ['', ...lines, '']),
      ...summaryOf(one.value, this.command.nothing),
    ].join('\n');
  }

  private async end(outcome: string, failed: readonly UnitResult<unknown>[]): Promise<ExitCode> {
    await this.report(outcome, failed);
    return exitOf(failed, false);
  }

  private async report(outcome: string, failed: readonly UnitResult<unknown>[]): Promise<void> {
    if (!this.isJson) return;
    const failures = new Map(
      failed.flatMap((one) =>
        'error' in one ? [[one.unit.bigip.name, errorText(one.error)] as const] : [],
      ),
    );
    const units = this.planned.map((one) => {
      const { bigip, management } = one.unit;
      const failure = failures.get(bigip.name);
      const head = { name: bigip.name, url: management.url };
      if ('error' in one) return { ...head, error: errorText(one.error) };
      const { steps, problems, unsaved, writer } = one.value;
      const done = new Set(writer.done);
      return {
        ...head,
        ...(failure === undefined ? {} : { error: failure }),
        steps: steps.map((step) => stepJson(step, done.has(step))),
        problems: problems.map(findingJson),
        unsavedSince: unsaved?.begun ?? null,
        saved: writer.saved,
        backup: writer.backup,
      };
    });
    await writeDocument(this.world.stdout, 'json', { outcome, units });
  }
}

/** How much it is; nothing where something forbids to say so. */
function summaryOf({ steps, problems }: UnitSteps, nothing: string): string[] {
  if (steps.length > 0) return [countText(steps)];
  return problems.some(({ severity }) => severity === 'error') ? [] : [nothing];
}

/** Whether steps are to be carried out, or those of an earlier run to be saved. */
function isToDo({ steps, unsaved }: UnitSteps): boolean {
  return steps.length > 0 || unsaved !== null;
}
