import { backupFolder } from '../files/backup.ts';
import { keepAnnotations } from '../files/node-backup.ts';
import type { PatchedNode } from '../kubernetes/annotate-nodes.ts';
import type { Nodes } from '../kubernetes/nodes.ts';
import { changing, type NodePlan, planAnnotations, planRemoval } from '../model/annotate.ts';
import type { KubeNode } from '../model/kube-node.ts';
import { EXIT, type ExitCode, Problem } from '../model/problem.ts';
import type { LiveState } from '../model/snapshot.ts';
import { type AnnotateOutcome, annotateJson, annotateText } from '../output/annotate-output.ts';
import { Progress } from '../output/progress.ts';
import { styleOf } from '../output/style.ts';
import { writeDocument, writeLine } from '../output/write.ts';
import { askYes } from '../session/ask.ts';
import { namedNodes, openNodes, readNodes } from '../session/kubernetes.ts';
import { type Session, withSession } from '../session/open.ts';
import { type Args, parseDuration } from '../session/options.ts';
import { loadSiteIfAny } from '../session/site.ts';
import type { World } from '../world.ts';

/** `annotate`: sets on each Node what CIS must know of its VTEP, or takes it off again. */
export async function run(args: Args, world: World): Promise<ExitCode> {
  checkFlags(args);
  const names = namedNodes(args, world);
  const loaded = await loadSiteIfAny(args, world);
  const api = await openNodes(args, world, loaded);
  if (args.on('remove')) {
    const nodes = await readNodes(api, names, loaded);
    return new Annotation(api, nodes, planRemoval(nodes), args, world).run();
  }
  const { nodes, plan } = await withSession(args, world, loaded, async (session) => {
    const { site } = session;
    const live = await awaited(session, args, world);
    const nodes = await readNodes(api, names, loaded);
    const options = {
      bigips: site?.bigips ?? [],
      map: site?.kubernetes.nodes ?? {},
      isPartial: names !== null,
    };
    return { nodes, plan: planAnnotations(nodes, live.leases, options) };
  });
  return new Annotation(api, nodes, plan, args, world).run();
}

/** What etcd holds; with `--wait` as soon as flanneld has published this host's MAC. */
async function awaited(session: Session, args: Args, world: World): Promise<LiveState> {
  const wait = args.text('wait');
  if (wait === undefined) return session.live;
  const { waitForDevice } = await import('../session/wait-for-device.ts');
  return waitForDevice(session, parseDuration(wait, 'wait'), world.signal);
}

function checkFlags(args: Args): void {
  const usage = (message: string, fix: string) => new Problem(message, { exit: EXIT.usage, fix });
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
  #results = new Map<string, PatchedNode>();
  #backup: string | null = null;

  constructor(
    readonly api: Nodes,
    readonly nodes: readonly KubeNode[],
    readonly plan: NodePlan,
    readonly args: Args,
    readonly world: World,
  ) {}

  async run(): Promise<ExitCode> {
    const { args, plan, world } = this;
    this.show();
    const errors = plan.problems.filter(({ severity }) => severity === 'error');
    if (args.on('check')) return this.check();
    if (errors.length > 0) {
      await this.report('refused');
      const what = errors.map(({ message, fix }) => (fix ? `${message} (${fix})` : message));
      throw new Problem(`refused, nothing was changed: ${what.join('; ')}`, { exit: EXIT.failed });
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
    const { plan } = this;
    const isWrong =
      changing(plan).length > 0 ||
      plan.problems.some(
        ({ rule, severity }) => severity === 'error' || rule === 'node-without-lease',
      );
    return this.end(isWrong ? 'found' : 'unchanged', isWrong ? EXIT.found : EXIT.done);
  }

  private async consent(): Promise<boolean> {
    const { args, plan, world, api } = this;
    const count = changing(plan).length;
    const what = args.on('remove') ? "Take flannel's annotations off" : 'Annotate';
    const question = `${api.server}\n${what} ${count} node${count === 1 ? '' : 's'}?`;
    try {
      return await askYes(world, question, 'pass --yes');
    } catch (error) {
      await this.report('refused');
      throw error;
    }
  }

  private async write(): Promise<ExitCode> {
    const { api, args, plan, world } = this;
    const changes = changing(plan);
    const folder = backupFolder(args.text('backup-dir'), world.env, world.cwd);
    this.#backup = await keepAnnotations(folder, api.server, changes, world.now());
    const progress = new Progress(world.stderr, 'Annotating', changes.length);
    const { annotateNodes } = await import('../kubernetes/annotate-nodes.ts');
    const read = new Map(this.nodes.map((node) => [node.name, node]));
    const results = await annotateNodes(api, changes, read, world.signal, (done) =>
      progress.at(done),
    ).finally(() => progress.end());
    this.#results = new Map(results.map((result) => [result.name, result]));
    const failed = results.filter(({ outcome }) => outcome !== 'done');
    const done = results.length - failed.length;
    if (failed.length > 0) {
      await this.report(done > 0 ? 'partial' : 'failed');
      throw failure(failed, results.length, this.#backup);
    }
    const verb = args.on('remove') ? 'Cleared' : 'Annotated';
    this.say(`\n${verb}: ${done} node${done === 1 ? '' : 's'}.`);
    if (this.#backup !== null) this.say(`The annotations before are in ${this.#backup}`);
    return this.end('applied', EXIT.done);
  }

  private get isJson(): boolean {
    return this.args.text('output') === 'json';
  }

  /** On stdout; on stderr where stdout is for JSON and a person is to be asked about it. */
  private show(): void {
    const { args, plan, world, api } = this;
    const asked = !['yes', 'dry-run', 'check'].some((flag) => args.on(flag));
    if (this.isJson && !(asked && changing(plan).length > 0)) return;
    const stream = this.isJson ? world.stderr : world.stdout;
    const where = `Nodes of the cluster at ${api.server}`;
    writeLine(stream, annotateText(plan, where, styleOf(stream, world.env)));
  }

  private say(text: string): void {
    if (!this.isJson) writeLine(this.world.stdout, text);
  }

  private async report(outcome: AnnotateOutcome): Promise<void> {
    if (!this.isJson) return;
    const statusOf = (name: string) => this.#results.get(name)?.outcome ?? 'pending';
    const document = annotateJson(this.plan, this.api.server, outcome, statusOf, this.#backup);
    await writeDocument(this.world.stdout, 'json', document);
  }

  private async end(outcome: AnnotateOutcome, code: ExitCode): Promise<ExitCode> {
    await this.report(outcome);
    return code;
  }
}

const WHY: Record<PatchedNode['outcome'], string> = {
  done: '',
  gone: 'gone meanwhile',
  moved: 'changed by somebody else meanwhile, nothing of theirs was overwritten',
  failed: 'not written',
  interrupted: 'not begun',
};

/** Which Nodes are left and why, those with one reason together. */
function failure(failed: readonly PatchedNode[], total: number, backup: string | null): Problem {
  const reasons = new Map<string, string[]>();
  for (const { name, outcome, error } of failed) {
    const why = error?.message ?? WHY[outcome];
    reasons.set(why, [...(reasons.get(why) ?? []), name]);
  }
  const what = [...reasons].map(([why, names]) => `${names.join(', ')}: ${why}`).join('; ');
  const kept = backup === null ? '' : `; the annotations before are in ${backup}`;
  const interrupted = failed.some(({ outcome }) => outcome === 'interrupted');
  return new Problem(
    `${interrupted ? 'interrupted: ' : ''}${total - failed.length} of ${total} nodes are done: ${what}${kept}`,
    {
      exit: interrupted ? EXIT.interrupted : EXIT.failed,
      fix: 'run the same command again to go on',
      cause: failed.find(({ error }) => error)?.error,
    },
  );
}
