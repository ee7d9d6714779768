import { areTrue, changing, type NodePlan, planRemoval } from '../model/annotate.ts';
import { EXIT, type ExitCode, Problem } from '../model/problem.ts';
import type { LiveState } from '../model/snapshot.ts';
import { type AnnotateOutcome, annotateJson, annotateText } from '../output/annotate-output.ts';
import { whileWaiting } from '../output/progress.ts';
import { writeProse } from '../output/prose.ts';
import { styleOf } from '../output/style.ts';
import { writeDocument, writeLine } from '../output/write.ts';
import { askYes } from '../session/ask.ts';
import { namedNodes, openNodes, readNodes } from '../session/kubernetes.ts';
import { nextCommand, sameCommand, tellNext } from '../session/next-command.ts';
import {
  type Annotated,
  checkNodes,
  type NodeScope,
  nodesFailure,
  planNodes,
  writeNodes,
} from '../session/node-scope.ts';
import { type Session, withSession } from '../session/open.ts';
import { type Args, parseDuration } from '../session/options.ts';
import { loadSiteIfAny } from '../session/site.ts';
import type { World } from '../world.ts';

/** `annotate`: sets on each Node what CIS must know of its VTEP, or takes it off again. */
export async function run(args: Args, world: World): Promise<ExitCode> {
  checkFlags(args);
  const loaded = await loadSiteIfAny(args, world);
  const api = await openNodes(args, world, loaded);
  const named = namedNodes(args, world, api);
  if (args.on('remove')) {
    const nodes = await readNodes(api, named, loaded, world);
    return new Annotation({ api, nodes, plan: planRemoval(nodes) }, args, world).run();
  }
  const scope = await withSession(args, world, loaded, async (session) => {
    const live = await awaited(session, args, world);
    return planNodes(api, named, { ...session, live }, loaded, world);
  });
  return new Annotation(scope, args, world).run();
}

/** What etcd holds; with `--wait` as soon as flanneld has published this host's MAC. */
async function awaited(session: Session, args: Args, world: World): Promise<LiveState> {
  const wait = args.text('wait');
  if (wait === undefined) return session.live;
  const { waitForDevice } = await import('../session/wait-for-device.ts');
  const limit = parseDuration(wait, 'wait');
  const what = `Waiting for flanneld's device and its lease, for ${wait} at most`;
  return whileWaiting(world, what, waitForDevice(session, limit, world.signal));
}

function checkFlags(args: Args): void {
  const usage = (message: string, fix: string) => new Problem(message, { exit: EXIT.usage, fix });
  if (args.text('node') !== undefined && args.on('self')) {
    throw usage('--node and --self name a Node each', 'pass one of them');
  }
  if (args.positionals.length > 0 && (args.text('node') !== undefined || args.on('self'))) {
    throw usage('Nodes are named twice', 'leave --node or --self out');
  }
  if (args.text('wait') !== undefined && !args.on('self')) {
    throw usage('--wait waits for the device of this host', 'pass --self too');
  }
  for (const flag of ['remove', 'dry-run', 'yes']) {
    if (args.on('check') && args.on(flag)) {
      throw usage(`--check changes nothing, and --${flag} is about changes`, 'pass one of them');
    }
  }
}

/** One run: what is planned, and what becomes of it. */
class Annotation {
  #done: Annotated | null = null;

  constructor(
    readonly scope: NodeScope,
    readonly args: Args,
    readonly world: World,
  ) {}

  private get plan(): NodePlan {
    return this.scope.plan;
  }

  private get server(): string {
    return this.scope.api.server;
  }

  async run(): Promise<ExitCode> {
    const { args, plan, world } = this;
    this.show();
    if (args.on('check')) return this.check();
    try {
      checkNodes(this.scope);
    } catch (error) {
      await this.report('refused');
      throw error;
    }
    if (changing(plan).length === 0) return this.end('unchanged', EXIT.done);
    if (args.on('dry-run')) {
      this.say('\nDry run: nothing was written.');
      return this.end('dry-run', EXIT.done);
    }
    if (!args.on('yes') && !(await this.consent())) {
      world.stderr.write('Not applied; nothing was changed.\n');
      return this.end('declined', EXIT.failed);
    }
    return world.whileWriting(() => this.write());
  }

  private async check(): Promise<ExitCode> {
    const isWrong = !areTrue(this.plan);
    return this.end(isWrong ? 'found' : 'unchanged', isWrong ? EXIT.found : EXIT.done);
  }

  private async consent(): Promise<boolean> {
    const { args, plan, world, server } = this;
    const count = changing(plan).length;
    const what = args.on('remove') ? "Take flannel's annotations off" : 'Annotate';
    const question = `${server}\n${what} ${count} node${count === 1 ? '' : 's'}?`;
    try {
      return await askYes(world, question, 'pass --yes');
    } catch (error) {
      await this.report('refused');
      throw error;
    }
  }

  private async write(): Promise<ExitCode> {
    const { args, world } = this;
    const written = await writeNodes(this.scope, args, world);
    this.#done = written;
    const failure = nodesFailure(written);
    const done = written.results.filter(({ outcome }) => outcome === 'done').length;
    if (failure !== null) {
      await this.report(done > 0 ? 'partial' : 'failed');
      throw failure;
    }
    const verb = args.on('remove') ? 'Cleared' : 'Annotated';
    this.say(`\n${verb}: ${done} node${done === 1 ? '' : 's'}.`);
    if (written.backup !== null) this.say(`The annotations before are in ${written.backup}`);
    return this.end('applied', EXIT.done);
  }

  private get isJson(): boolean {
    return this.args.text('output') === 'json';
  }

  /** On stdout; on stderr where stdout is for JSON and a person is to be asked about it. */
  private show(): void {
    const { args, plan, world, server } = this;
    const asked = !['yes', 'dry-run', 'check'].some((flag) => args.on(flag));
    if (this.isJson && !(asked && changing(plan).length > 0)) return;
    const stream = this.isJson ? world.stderr : world.stdout;
    const where = `Nodes of the cluster at ${server}`;
    writeLine(stream, annotateText(plan, where, styleOf(stream, world.env)));
  }

  private say(text: string): void {
    if (!this.isJson) writeProse(this.world.stdout, text, this.world.env);
  }

  private async report(outcome: AnnotateOutcome): Promise<void> {
    if (!this.isJson) return;
    const of = new Map(this.#done?.results.map(({ name, outcome: came }) => [name, came]));
    const statusOf = (name: string) => of.get(name) ?? 'pending';
    const backup = this.#done?.backup ?? null;
    const document = annotateJson(this.plan, this.server, outcome, statusOf, backup);
    await writeDocument(this.world.stdout, 'json', document);
  }

  private async end(outcome: AnnotateOutcome, code: ExitCode): Promise<ExitCode> {
    await this.report(outcome);
    const step = this.next(outcome);
    if (step !== null) tellNext(this.world, this.args, step);
    return code;
  }

  private next(outcome: AnnotateOutcome): string | null {
    const { args } = this;
    if (outcome === 'declined') return null;
    if (outcome === 'found') return sameCommand('annotate', args, ['check']);
    if (outcome === 'dry-run') return sameCommand('annotate', args, ['dry-run']);
    return nextCommand(args.on('remove') ? 'list' : 'doctor', args);
  }
}
