import { setTimeout as pause } from 'node:timers/promises';
import type { V1Node, V1NodeList } from '@kubernetes/client-node';
import type { KubeNode } from '../model/kube-node.ts';
import { ApiError, explain } from './errors.ts';
import type { LoadedKubeconfig } from './kubeconfig.ts';
import { type KubeRequest, KubeRequests, RefusedRequest } from './requests.ts';

/** Nodes of one list request: the API server keeps what comes after for the next. */
const PAGE = 500;

const NODES = '/api/v1/nodes';

/** Only names differ between the library's types and what is sent. */
type NodeListJson = Pick<V1NodeList, 'items'> & {
  readonly metadata?: { readonly continue?: string; readonly resourceVersion?: string };
};

/** How often a list is begun anew when the API server has forgotten where it was. */
const LISTS = 3;

/** What is patched: text sets an annotation, null takes it off. */
export type AnnotationPatch = Readonly<Record<string, string | null>>;

/** Nodes of one cluster. Every method throws ApiError, and waits no longer than the timeout. */
export class Nodes {
  readonly server: string;
  readonly requests: KubeRequests;
  /** The Node whose kubelet's credentials are used; null when they are somebody else's. */
  readonly ownNode: string | null;
  readonly timeout: number;

  /** @param timeout milliseconds for each request, its repetitions included */
  constructor({ config, server, ownNode }: LoadedKubeconfig, timeout: number) {
    this.ownNode = ownNode;
    this.server = server;
    this.timeout = timeout;
    this.requests = new KubeRequests(config, server);
  }

  /** All Nodes of the cluster. */
  async list(): Promise<KubeNode[]> {
    return (await this.listAt()).nodes;
  }

  /** All Nodes of the cluster, page by page, and the version from which on they can be watched. */
  async listAt(): Promise<{ readonly nodes: KubeNode[]; readonly resourceVersion: string }> {
    for (let left = LISTS; ; left--) {
      try {
        return await this.listOnce();
      } catch (error) {
        if (!(error instanceof ApiError) || error.status !== 410 || left <= 1) throw error;
      }
    }
  }

  private async listOnce(): Promise<{ nodes: KubeNode[]; resourceVersion: string }> {
    const nodes: KubeNode[] = [];
    let resourceVersion = '';
    let next: string | undefined;
    do {
      const query = new URLSearchParams({
        limit: String(PAGE),
        ...(next ? { continue: next } : {}),
      });
      const page = (await this.ask('list nodes', 'GET', `${NODES}?${query}`)) as NodeListJson;
      nodes.push(...page.items.map(readNode));
      next = page.metadata?.continue;
      resourceVersion = page.metadata?.resourceVersion ?? '';
    } while (next);
    return { nodes, resourceVersion };
  }

  /** One Node by name; null when there is none. */
  async get(name: string): Promise<KubeNode | null> {
    try {
      return readNode((await this.ask(`get node ${name}`, 'GET', pathOf(name))) as V1Node);
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return null;
      throw error;
    }
  }

  /**
   * Changes annotations of a Node and nothing else (JSON merge patch, RFC 7386).
   *
   * @param resourceVersion what was read: the API server answers 409 when the Node has moved since
   */
  async patch(name: string, resourceVersion: string, patch: AnnotationPatch): Promise<KubeNode> {
    const body = { metadata: { resourceVersion, annotations: patch } };
    return readNode((await this.ask(`patch node ${name}`, 'PATCH', pathOf(name), body)) as V1Node);
  }

  /** Repeats what a busy API server sends away, as late as it says, within the timeout. */
  private async ask(
    what: string,
    method: KubeRequest['method'],
    path: string,
    patch?: object,
  ): Promise<unknown> {
    const end = Date.now() + this.timeout;
    for (let attempt = 0; ; attempt++) {
      try {
        const signal = AbortSignal.timeout(this.timeout);
        const body = await this.requests.send({
          method,
          path,
          signal,
          ...(patch ? { patch } : {}),
        });
        return await body.json();
      } catch (error) {
        const problem = explain(this.server, what, error);
        const wait = patienceFor(problem, error, attempt);
        if (wait === null || Date.now() + wait >= end) throw problem;
        await pause(wait);
      }
    }
  }
}

function pathOf(name: string): string {
  return `${NODES}/${encodeURIComponent(name)}`;
}

/** Milliseconds until a refused request may be sent again; null when that is no use. */
function patienceFor({ status }: ApiError, error: unknown, attempt: number): number | null {
  if (status !== 429 && (status === null || status < 500 || status === 501)) return null;
  const seconds = error instanceof RefusedRequest ? Number(error.headers['retry-after']) : 0;
  return seconds > 0 ? seconds * 1000 : Math.min(100 * 2 ** attempt, 5_000);
}

/** Nodes come from a server: nothing of them is taken for granted. */
export function readNode({ metadata, spec, status }: V1Node): KubeNode {
  const addresses = (type: string) =>
    (status?.addresses ?? []).filter((one) => one.type === type).map((one) => one.address);
  const ready = status?.conditions?.find((one) => one.type === 'Ready');
  return {
    name: metadata?.name ?? '',
    resourceVersion: metadata?.resourceVersion ?? '',
    internalIPs: addresses('InternalIP'),
    externalIPs: addresses('ExternalIP'),
    labels: metadata?.labels ?? {},
    annotations: metadata?.annotations ?? {},
    isReady: ready ? ready.status === 'True' : null,
    noExecute: (spec?.taints ?? []).flatMap(({ key, effect }) =>
      effect === 'NoExecute' ? [key] : [],
    ),
  };
}
