import type { Change, Plan } from '../model/change.ts';
import { EXIT, type ExitCode, Problem } from '../model/problem.ts';
import type { Site } from '../model/site.ts';
import { confirmationOf, type Outcome, planText, reportJson } from '../output/plan-output.ts';
import { writeProse } from '../output/prose.ts';
import { type Style, styleOf } from '../output/style.ts';
import { writeDocument, writeLine } from '../output/write.ts';
import type { World } from '../world.ts';
import { checkGuards, consent, type Executed, execute, failureOf } from './execute.ts';
import { sameCommand, tellNext } from './next-command.ts';
import type { Session } from './open.ts';
import type { Args } from './options.ts';

/** What differs between the commands that write. */
export interface WriteCommand {
  /** As it is typed. */
  readonly name: string;
  /** What was typed, where consent is given in another way than by a flag. */
  readonly typed?: Args;
  readonly question: string;
  /** Said after a no. */
  readonly declined: string;
  /** Told of each acknowledged write with the revision it made. */
  written?(change: Change, revision: string): Promise<void>;
  /** Checks what was written; a Problem says why it is not as planned. */
  verify(executed: Executed): Promise<Problem | null>;
  /** The lines that tell of success. */
  success(executed: Executed): readonly string[];
  /** What is carried out before the keys of etcd; null when there is nothing of the kind. */
  readonly before?: Before | null;
  /** What is carried out after the keys of etcd; null when there is nothing of the kind. */
  readonly beside?: Beside | null;
  /** What a person does then; `executed` is null where there was nothing to do. */
  next(executed: Executed | null): string;
}

/** What comes before the keys of etcd, and may tell what they are to be. */
export interface Before {
  /** How many things change. */
  readonly changes: number;
  text(style: Style): string;
  /** Throws a Problem when live state forbids it. */
  check(): void;
  /** Carries it out. Throws a Problem when it fails. */
  write(): Promise<{
    /** What tells of success. */
    readonly lines: readonly string[];
    /** The plan for etcd as it is now. */
    readonly plan: Plan;
  }>;
  /** Whether something was carried out. */
  isBegun(): boolean;
  /** The document's part about it, as far as it has come. */
  json(): unknown;
}

/** The part of a plan that is not etcd's. */
export interface Beside {
  /** How many things change. */
  readonly changes: number;
  text(style: Style): string;
  /** Throws a Problem when live state forbids it. */
  check(): void;
  /** Carries it out; returns the lines that tell of success. Throws a Problem when it fails. */
  write(): Promise<readonly string[]>;
  /** The document's part about it, as far as it has come. */
  json(): unknown;
}

/**
 * Carries out a plan the way every writing command does: show it, guard it, ask, keep what goes,
 * write, verify, report. With `-o json` one document is printed, at the end, however it ended.
 */
export async function runPlan(
  planned: Plan,
  session: Session<Site | null>,
  command: WriteCommand,
  args: Args,
  world: World,
): Promise<ExitCode> {
  let plan = planned;
  const json = args.text('output') === 'json';
  const before = command.before ?? null;
  const say = (text: string) => (json ? undefined : writeProse(world.stdout, text, world.env));
  const report = async (outcome: Outcome, executed: Executed | null) => {
    if (!json) return;
    const nodes = command.beside ? { nodes: command.beside.json() } : {};
    const bigips = before ? { bigips: before.json() } : {};
    const document = { ...reportJson(plan, session.place, outcome, executed), ...bigips, ...nodes };
    await writeDocument(world.stdout, 'json', document);
  };
  showPlan(plan, session, command, args, world);
  // Until the first write is begun, whatever fails leaves everything as it was.
  const refused = async (error: unknown): Promise<never> => {
    await report('refused', null);
    throw error;
  };
  const early = await decide().catch(refused);
  return early ?? world.whileWriting(write);

  /** The exit code of a run that ends before it writes anything; null when it may write. */
  async function decide(): Promise<ExitCode | null> {
    checkGuards(plan, session);
    before?.check();
    command.beside?.check();
    if (changesOf(plan, command) === 0) {
      await report('unchanged', null);
      tellNext(world, args, command.next(null));
      return EXIT.done;
    }
    if (args.on('dry-run')) {
      const wanted = await nameWanted(plan, session, args, world);
      say(`\nDry run: every guard holds, nothing was written${wanted}.`);
      await report('dry-run', null);
      tellNext(world, args, sameCommand(command.name, command.typed ?? args, ['dry-run']));
      return EXIT.done;
    }
    if (await consent(plan, command.question, session.place, args, world)) return null;
    world.stderr.write(`${command.declined}\n`);
    await report('declined', null);
    return EXIT.failed;
  }

  async function write(): Promise<ExitCode> {
    await writeBefore();
    const executed = await execute(plan, session, args, world, command.written).catch(refused);
    const failure = failureOf(executed, plan) ?? (await command.verify(executed));
    if (failure !== null) {
      await report(executed.done.length > 0 || before?.isBegun() ? 'partial' : 'failed', executed);
      throw failure;
    }
    const lines = plan.changes.length > 0 ? command.success(executed) : [];
    for (const line of lines) say(line);
    await writeBeside(executed);
    await report('applied', executed);
    tellNext(world, args, command.next(executed));
    return EXIT.done;
  }

  async function writeBefore(): Promise<void> {
    if (before === null) return;
    try {
      const written = await before.write();
      for (const line of written.lines) say(line);
      plan = written.plan;
      // What was read only now may forbid what is left.
      checkGuards(plan, session);
    } catch (error) {
      await report(before.isBegun() ? 'partial' : 'failed', null);
      throw error;
    }
  }

  async function writeBeside(executed: Executed): Promise<void> {
    try {
      for (const line of (await command.beside?.write()) ?? []) say(line);
    } catch (error) {
      await report(executed.done.length > 0 ? 'partial' : 'failed', executed);
      throw error;
    }
  }
}

/** What is to be done by hand once the network config is another; null where it is not. */
export function restartStep({ nodeCount }: Plan, { done }: Executed): string | null {
  const isNew = done.some((change) => change.kind === 'config');
  return isNew && nodeCount > 0 ? 'restart flanneld on every node, one after another' : null;
}

/** On stdout; on stderr where stdout is for JSON and a person is to be asked about it. */
function showPlan(
  plan: Plan,
  { place }: Session<Site | null>,
  command: WriteCommand,
  args: Args,
  world: World,
): void {
  const json = args.text('output') === 'json';
  const asked = !args.on('yes') && args.text('confirm') === undefined && !args.on('dry-run');
  if (json && !(asked && changesOf(plan, command) > 0)) return;
  const stream = json ? world.stderr : world.stdout;
  const style = styleOf(stream, world.env);
  const { before, beside } = command;
  if (before) writeLine(stream, `${before.text(style)}\n`);
  writeLine(stream, planText(plan, place, style));
  if (beside) writeLine(stream, `\n${beside.text(style)}`);
}

function changesOf(plan: Plan, { before, beside }: WriteCommand): number {
  return plan.changes.length + (before?.changes ?? 0) + (beside?.changes ?? 0);
}

/** A dry run goes through the guard of the site's name as far as the flags answer it. */
async function nameWanted(
  plan: Plan,
  { place }: Session<Site | null>,
  args: Args,
  world: World,
): Promise<string> {
  const answered = args.on('yes') || args.text('confirm') !== undefined;
  if (answered) await consent(plan, '', place, args, world);
  return answered || plan.dangers.length === 0
    ? ''
    : `; it would want --confirm ${confirmationOf(place)}`;
}

/**
 * Reads back after a plan is carried out: what was written must be all that was to do.
 *
 * @param left what would have to be written now; may fail with a Problem
 */
export async function readBackProblem(
  { done, backup }: Executed,
  left: () => Promise<readonly Change[]>,
): Promise<Problem | null> {
  const written = `everything is written (${done.map(({ key }) => key).join(', ')})`;
  const kept = backup === null ? '' : `; the values before are in ${backup}`;
  const problem = (what: string, fix: string, cause?: unknown) =>
    new Problem(`${written}, but ${what}${kept}`, { exit: EXIT.failed, fix, cause });
  try {
    const keys = (await left()).map((change) => change.key);
    if (keys.length === 0) return null;
    const fix = 'somebody else writes these keys; run diff';
    return problem(`read back differently: ${keys.join(', ')}`, fix);
  } catch (cause) {
    if (!(cause instanceof Problem)) throw cause;
    return problem(`could not be read back: ${cause.message}`, 'run diff', cause);
  }
}
