import { EXIT, type ExitCode, errorText } from '../../model/problem.ts';
import type { BigIp } from '../../model/site.ts';
import { writeProse } from '../../output/prose.ts';
import { printable, styleOf } from '../../output/style.ts';
import { writeDocument, writeLine } from '../../output/write.ts';
import type { World } from '../../world.ts';
import { askYes } from '../ask.ts';
import { nextCommand, sameCommand, tellNext, withArguments } from '../next-command.ts';
import type { Args } from '../options.ts';
import type { LoadedSite } from '../site.ts';
import { DeviceScope, type WrittenUnit } from './device-scope.ts';
import { comparedWithLeases } from './lease-macs.ts';
import { scopeJson, scopeText } from './plan-output.ts';
import { exitOf, tellErrors, type UnitResult, withDevices } from './units.ts';

/** How a document about units is put together: those of `bigip` commands, or a part of a plan. */
export type UnitsDocument = (units: readonly Record<string, unknown>[]) => Record<string, unknown>;

/** Makes profile, tunnel and self IP on units, one after the other; one that fails does not stop the others. */
export async function applyUnits(
  bigips: readonly BigIp[],
  loaded: LoadedSite,
  args: Args,
  world: World,
  documentOf: UnitsDocument,
): Promise<ExitCode> {
  return withDevices(loaded, args, world, async (devices) => {
    const scope = await DeviceScope.open(loaded.site, bigips, devices, args, world);
    return new Application(scope, loaded, args, world, documentOf).run();
  });
}

/** Shows what `applyUnits` would change. Exit 2 when it would change something. */
export async function diffUnits(
  bigips: readonly BigIp[],
  loaded: LoadedSite,
  args: Args,
  world: World,
  documentOf: UnitsDocument,
): Promise<ExitCode> {
  const scope = await withDevices(loaded, args, world, (devices) =>
    DeviceScope.open(loaded.site, bigips, devices, args, world),
  );
  const format = args.text('output');
  if (format === 'json' || format === 'yaml') {
    const document = { inSync: scope.isTrue, ...documentOf(scopeJson(scope)) };
    await writeDocument(world.stdout, format, document);
  } else {
    writeLine(world.stdout, scopeText(scope, styleOf(world.stdout, world.env)));
  }
  const code = exitOf(scope.planned, !scope.isTrue);
  if (code === EXIT.done) tellNext(world, args, nextCommand('bigip check', args));
  if (code === EXIT.found) {
    const words = withArguments(applying(args), args);
    tellNext(world, args, nextCommand(words, args, ['scope', 'disable-configsync']));
  }
  return code;
}

/** The command that is about the units now: their own, or one with `--scope bigip`. */
function applying(args: Args): string {
  return args.list('scope').length > 0 ? 'apply' : 'bigip apply';
}

type Outcome = 'applied' | 'unchanged' | 'dry-run' | 'declined' | 'refused' | 'partial' | 'failed';

/** One run: what is planned, and what becomes of it. */
class Application {
  constructor(
    readonly scope: DeviceScope,
    readonly loaded: LoadedSite,
    readonly args: Args,
    readonly world: World,
    readonly documentOf: UnitsDocument,
  ) {}

  private get isJson(): boolean {
    return this.args.text('output') === 'json';
  }

  async run(): Promise<ExitCode> {
    const { args, scope, world } = this;
    this.show();
    const refused = this.refused();
    if (scope.changes === 0) {
      tellErrors(refused, world);
      await this.report(refused.length === 0 ? 'unchanged' : 'refused', refused);
      if (refused.length === 0) tellNext(world, args, nextCommand('bigip check', args));
      return exitOf(refused, false);
    }
    if (args.on('dry-run')) {
      tellErrors(refused, world);
      this.say('\nDry run: nothing was written.');
      await this.report('dry-run', refused);
      if (refused.length === 0) {
        tellNext(world, args, sameCommand(applying(args), args, ['dry-run']));
      }
      return exitOf(refused, false);
    }
    if (!args.on('yes') && !(await this.consent())) {
      world.stderr.write('Not applied; nothing was changed.\n');
      await this.report('declined', []);
      return EXIT.failed;
    }
    return world.whileWriting(() => this.write());
  }

  /** Units that must not be changed, or could not be read. */
  private refused(): UnitResult<unknown>[] {
    return this.scope.planned.flatMap((one) => {
      const error = 'error' in one ? one.error : this.scope.refusal(one.unit, one.value);
      return error === null ? [] : [{ unit: one.unit, error }];
    });
  }

  private async consent(): Promise<boolean> {
    try {
      const question = `Apply this to ${this.scope.changing.join(', ')}?`;
      return await askYes(this.world, question, 'pass --yes');
    } catch (error) {
      await this.report('refused', []);
      throw error;
    }
  }

  private async write(): Promise<ExitCode> {
    const { scope, world, args } = this;
    const results = await scope.write();
    const done = results.filter((one) => 'value' in one);
    for (const { unit, value } of done) this.tell(unit.bigip.name, value);
    tellErrors(results, world);
    const failed = results.length > done.length;
    const outcome = !failed ? 'applied' : this.isAnythingDone() ? 'partial' : 'failed';
    const differing = await comparedWithLeases(done, this.loaded, args, world).catch(
      async (error: unknown) => {
        await this.report(outcome, results);
        throw error;
      },
    );
    for (const { text } of differing) {
      writeProse(world.stderr, printable(text), world.env);
    }
    await this.report(outcome, results);
    if (!failed && differing.length === 0) tellNext(world, args, nextCommand('apply', args));
    return exitOf(
      results,
      differing.some(({ isUrgent }) => isUrgent),
    );
  }

  private isAnythingDone(): boolean {
    return this.scope.planned.some((one) => 'value' in one && one.value.writer.isChanged);
  }

  private tell(name: string, { writer, mac }: WrittenUnit): void {
    const count = writer.done.length;
    const saved = writer.saved ? ', saved' : '';
    const is = mac === null ? '' : `; the tunnel's MAC is ${mac}`;
    this.say(`\n${name}: ${count} change${count === 1 ? '' : 's'} done${saved}${is}.`);
    if (writer.backup !== null) this.say(`The values before are in ${writer.backup}`);
  }

  /** On stdout; on stderr where stdout is for JSON and a person is to be asked about it. */
  private show(): void {
    const { args, scope, world } = this;
    const asked = !['yes', 'dry-run'].some((flag) => args.on(flag));
    if (this.isJson && !(asked && scope.changes > 0)) return;
    const stream = this.isJson ? world.stderr : world.stdout;
    writeLine(stream, scopeText(scope, styleOf(stream, world.env)));
  }

  private say(text: string): void {
    if (!this.isJson) writeProse(this.world.stdout, text, this.world.env);
  }

  private async report(outcome: Outcome, results: readonly UnitResult<unknown>[]): Promise<void> {
    if (!this.isJson) return;
    const failures = new Map(
      results.flatMap((one) =>
        'error' in one ? [[one.unit.bigip.name, errorText(one.error)]] : [],
      ),
    );
    const document = { outcome, ...this.documentOf(scopeJson(this.scope, failures)) };
    await writeDocument(this.world.stdout, 'json', document);
  }
}
