import { backupFolder } from '../files/backup.ts';
import { keepAnnotations } from '../files/node-backup.ts';
import type { PatchedNode } from '../kubernetes/annotate-nodes.ts';
import type { Nodes } from '../kubernetes/nodes.ts';
import { changing, type NodePlan, planAnnotations } from '../model/annotate.ts';
import type { KubeNode } from '../model/kube-node.ts';
import { EXIT, Problem } from '../model/problem.ts';
import { annotateText, nodesJson } from '../output/annotate-output.ts';
import { Progress } from '../output/progress.ts';
import type { World } from '../world.ts';
import { type NamedNodes, openNodes, readNodes } from './kubernetes.ts';
import type { Session } from './open.ts';
import type { Args } from './options.ts';
import { refusalOf } from './refusal.ts';
import type { LoadedSite } from './site.ts';
import type { Beside } from './write-command.ts';

/** Nodes as they were read, and what is to become of them. */
export interface NodeScope {
  readonly api: Nodes;
  readonly nodes: readonly KubeNode[];
  readonly plan: NodePlan;
}

/** Reads Nodes and plans what their leases make of them. */
export async function planNodes(
  api: Nodes,
  named: NamedNodes | null,
  { site, live }: Pick<Session, 'site' | 'live'>,
  loaded: LoadedSite | null,
  world: World,
): Promise<NodeScope> {
  const nodes = await readNodes(api, named, loaded, world);
  const plan = planAnnotations(nodes, live.leases, {
    bigips: site?.bigips ?? [],
    map: site?.kubernetes.nodes ?? {},
    isPartial: named !== null,
  });
  return { api, nodes, plan };
}

/** All Nodes of the cluster that flags, environment and site file name. */
export async function nodesInScope(
  args: Args,
  world: World,
  session: Pick<Session, 'site' | 'live'>,
  loaded: LoadedSite,
): Promise<NodeScope> {
  return planNodes(await openNodes(args, world, loaded), null, session, loaded, world);
}

/** The Nodes as a part of what `apply` shows, guards and carries out. */
export function nodesBeside(scope: NodeScope, args: Args, world: World): Beside {
  const { api, plan } = scope;
  let done: Annotated | null = null;
  return {
    changes: changing(plan).length,
    text: (style) => annotateText(plan, `Nodes of the cluster at ${api.server}`, style),
    check: () => checkNodes(scope),
    async write() {
      if (changing(plan).length === 0) return [];
      done = await writeNodes(scope, args, world);
      const failure = nodesFailure(done);
      if (failure !== null) throw failure;
      return [`Annotated: ${done.results.length} node${done.results.length === 1 ? '' : 's'}.`];
    },
    json() {
      const of = new Map(done?.results.map(({ name, outcome }) => [name, outcome]));
      const backup = done?.backup ?? null;
      return {
        server: api.server,
        backup,
        ...nodesJson(plan, (name) => of.get(name) ?? 'pending'),
      };
    },
  };
}

/** @throws Problem (exit 1) when something about the Nodes cannot be told, so that none is written */
export function checkNodes({ plan }: NodeScope): void {
  const refusal = refusalOf(plan.problems);
  if (refusal !== null) throw refusal;
}

/** What writing annotations led to. */
export interface Annotated {
  readonly results: readonly PatchedNode[];
  /** Path of the file with what was replaced; null when nothing was. */
  readonly backup: string | null;
}

/** Keeps the annotations that go, then writes the new ones. */
export async function writeNodes(
  { api, nodes, plan }: NodeScope,
  args: Args,
  world: World,
): Promise<Annotated> {
  const changes = changing(plan);
  const folder = backupFolder(args.text('backup-dir'), world.env, world.cwd);
  const backup = await keepAnnotations(folder, api.server, changes, world.now());
  const progress = new Progress(world, 'Annotating', changes.length);
  const { annotateNodes } = await import('../kubernetes/annotate-nodes.ts');
  const read = new Map(nodes.map((node) => [node.name, node]));
  const results = await annotateNodes(api, changes, read, world.signal, (done) =>
    progress.at(done),
  ).finally(() => progress.end());
  return { results, backup };
}

const WHY: Record<PatchedNode['outcome'], string> = {
  done: '',
  gone: 'gone meanwhile',
  moved: 'changed by somebody else meanwhile, nothing of theirs was overwritten',
  failed: 'not written',
  interrupted: 'not begun',
};

/** Which Nodes are left and why, those with one reason together; null when none is. */
export function nodesFailure({ results, backup }: Annotated): Problem | null {
  const failed = results.filter(({ outcome }) => outcome !== 'done');
  if (failed.length === 0) return null;
  const reasons = new Map<string, string[]>();
  for (const { name, outcome, error } of failed) {
    const why = error?.message ?? WHY[outcome];
    reasons.set(why, [...(reasons.get(why) ?? []), name]);
  }
  const what = [...reasons].map(([why, names]) => `${names.join(', ')}: ${why}`).join('; ');
  const kept = backup === null ? '' : `; the annotations before are in ${backup}`;
  const interrupted = failed.some(({ outcome }) => outcome === 'interrupted');
  const done = `${results.length - failed.length} of ${results.length} nodes are done`;
  return new Problem(`${interrupted ? 'interrupted: ' : ''}${done}: ${what}${kept}`, {
    exit: interrupted ? EXIT.interrupted : EXIT.failed,
    fix: 'run the same command again to go on',
    cause: failed.find(({ error }) => error)?.error,
  });
}
