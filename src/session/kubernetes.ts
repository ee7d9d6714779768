import { hostname } from 'node:os';
import path from 'node:path';
import type { KubeAccess } from '../kubernetes/kubeconfig.ts';
import type { Nodes } from '../kubernetes/nodes.ts';
import type { KubeNode } from '../model/kube-node.ts';
import { type LabelSelector, parseLabelSelector } from '../model/label-selector.ts';
import { EXIT, Problem } from '../model/problem.ts';
import { didYouMean } from '../model/suggest.ts';
import { whileWaiting } from '../output/progress.ts';
import type { World } from '../world.ts';
import { type Args, parseDuration } from './options.ts';
import type { LoadedSite } from './site.ts';

/** The Nodes of the cluster that flags, environment and site file name. */
export async function openNodes(
  args: Args,
  world: World,
  loaded: LoadedSite | null,
): Promise<Nodes> {
  // A megabyte of generated code, which only these commands want.
  const [{ loadKubeconfig }, { Nodes }] = await Promise.all([
    import('../kubernetes/kubeconfig.ts'),
    import('../kubernetes/nodes.ts'),
  ]);
  const config = loadKubeconfig(accessOf(args, world, loaded));
  return new Nodes(config, parseDuration(args.text('timeout') ?? '10s', 'timeout'));
}

function accessOf(args: Args, world: World, loaded: LoadedSite | null): KubeAccess {
  const { kubeconfig: declared, context: declaredContext } = loaded?.site.kubernetes ?? {};
  const given = args.text('kubeconfig') ?? (world.env['KUBECONFIG'] || undefined);
  const kubeconfig =
    given === undefined
      ? declared && path.resolve(loaded?.folder ?? world.cwd, declared)
      : given
          .split(':')
          .filter(Boolean)
          .map((file) => path.resolve(world.cwd, file))
          .join(':');
  const context = args.text('context') ?? declaredContext;
  return { ...(kubeconfig ? { kubeconfig } : {}), ...(context ? { context } : {}) };
}

/** Nodes by their names. */
export interface NamedNodes {
  readonly names: readonly string[];
  /** Whether all Nodes may be asked for, to tell what a name was meant to be. */
  readonly mayList: boolean;
}

/** Which Nodes a command is about; null is all of them. */
export function namedNodes(args: Args, world: World, api: Nodes): NamedNodes | null {
  const one = args.text('node');
  if (args.positionals.length > 0) return { names: [...new Set(args.positionals)], mayList: true };
  if (one !== undefined) return { names: [one], mayList: false };
  if (!args.on('self')) return null;
  // A kubelet calls its Node after its host, in lower case, unless told otherwise.
  const own = world.env['NODE_NAME'] || (api.ownNode ?? hostname().toLowerCase());
  return { names: [own], mayList: false };
}

/**
 * Reads Nodes: all of them in pages, or each named one by itself, which is all that the credentials of
 * a kubelet may do.
 *
 * @throws Problem (exit 1) when a named one is not there
 */
export async function readNodes(
  api: Nodes,
  named: NamedNodes | null,
  loaded: LoadedSite | null,
  world: World,
): Promise<KubeNode[]> {
  if (named === null) {
    const ignored = ignoredNodes(loaded);
    const all = await whileWaiting(world, `Reading the Nodes of ${api.server}`, api.list());
    return all.filter(({ labels }) => !ignored(labels));
  }
  const nodes: KubeNode[] = [];
  for (const name of named.names) {
    const node = await api.get(name);
    if (node === null) throw await missingNode(name, api, named);
    nodes.push(node);
  }
  return nodes;
}

async function missingNode(name: string, api: Nodes, { mayList }: NamedNodes): Promise<Problem> {
  const known = mayList ? await api.list().catch(() => []) : [];
  const names = known.map((node) => node.name);
  return new Problem(`there is no Node ${name}`, {
    exit: EXIT.failed,
    fix:
      didYouMean(name, names) ??
      'check its name with kubectl get nodes; --node NAME where it is not the host name',
  });
}

/** Tells Nodes that run no flannel, by their labels. */
export function ignoredNodes(loaded: LoadedSite | null): LabelSelector {
  const text = loaded?.site.kubernetes.ignoreNodes;
  // The rules of the site file have seen to it that it can be read.
  return (text === undefined ? null : parseLabelSelector(text)) ?? (() => false);
}

/** Whether a cluster is named: by flag, environment or site file, or by the pod this runs in. */
export function givesKubeconfig(args: Args, world: World, loaded: LoadedSite | null): boolean {
  const { kubeconfig } = accessOf(args, world, loaded);
  return (kubeconfig ?? world.env['KUBERNETES_SERVICE_HOST']) !== undefined;
}
