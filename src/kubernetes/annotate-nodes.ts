import type { NodeChange } from '../model/annotate.ts';
import type { KubeNode } from '../model/kube-node.ts';
import { ApiError } from './errors.ts';
import type { Nodes } from './nodes.ts';

/** Patches under way at once: enough to hide the way to and fro, few enough for a busy API server. */
const PARALLEL = 16;

/** How often a Node that somebody else keeps changing is read anew. */
const ATTEMPTS = 5;

/** What became of one Node. */
export interface PatchedNode {
  readonly name: string;
  /** `moved`: somebody else has changed one of the annotations since the plan; theirs stays. */
  readonly outcome: 'done' | 'gone' | 'moved' | 'failed' | 'interrupted';
  readonly error?: ApiError;
  /** What was read back of one that is done. */
  readonly node?: KubeNode;
}

/**
 * Carries out changes of annotations, several Nodes at once, each guarded by what was read.
 *
 * @param read the Nodes that the changes were made from, by name
 * @param progress told of each Node that is through
 */
export async function annotateNodes(
  api: Nodes,
  changes: readonly NodeChange[],
  read: ReadonlyMap<string, KubeNode>,
  signal: AbortSignal,
  progress: (done: number) => void,
): Promise<PatchedNode[]> {
  const results: PatchedNode[] = [];
  const next = changes.values();
  const worker = async () => {
    for (const change of next) {
      const { name } = change;
      const result = signal.aborted
        ? ({ name, outcome: 'interrupted' } as const)
        : await annotateNode(api, change, read.get(name));
      results.push(result);
      progress(results.length);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
  return results.sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function annotateNode(
  api: Nodes,
  change: NodeChange,
  planned: KubeNode | undefined,
): Promise<PatchedNode> {
  const { name } = change;
  try {
    let node = planned ?? null;
    for (let left = ATTEMPTS; left > 0; left--) {
      if (node === null) return { name, outcome: 'gone' };
      if (!isAsPlanned(node, change)) return { name, outcome: 'moved' };
      const patched = await patchedAt(api, node, change);
      if (patched) return { name, outcome: 'done', node: patched };
      node = await api.get(name);
    }
    return { name, outcome: 'moved' };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return error.status === 404 ? { name, outcome: 'gone' } : { name, outcome: 'failed', error };
  }
}

/** A kubelet writes its Node's status all the time: only the annotations in question count. */
function isAsPlanned({ annotations }: KubeNode, { changes }: NodeChange): boolean {
  return changes.every(({ annotation, before }) => (annotations[annotation] ?? null) === before);
}

/** Null when the Node has moved since it was read. */
async function patchedAt(
  api: Nodes,
  node: KubeNode,
  { changes }: NodeChange,
): Promise<KubeNode | null> {
  const patch = Object.fromEntries(changes.map(({ annotation, after }) => [annotation, after]));
  try {
    return await api.patch(node.name, node.resourceVersion, patch);
  } catch (error) {
    if (error instanceof ApiError && error.status === 409) return null;
    throw error;
  }
}
