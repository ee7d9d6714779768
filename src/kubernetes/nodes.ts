import https from 'node:https';
import { setTimeout as pause } from 'node:timers/promises';
import {
  CoreV1Api,
  createConfiguration,
  type KubeConfig,
  Observable,
  type ObservableMiddleware,
  type RequestContext,
  type ResponseContext,
  ServerConfiguration,
  type V1Node,
} from '@kubernetes/client-node';
import type { KubeNode } from '../model/kube-node.ts';
import { ApiError, explain } from './errors.ts';
import type { LoadedKubeconfig } from './kubeconfig.ts';

/** Nodes of one list request: the API server keeps what comes after for the next. */
const PAGE = 500;

/** How often a list is begun anew when the API server has forgotten where it was. */
const LISTS = 3;

/** What is patched: text sets an annotation, null takes it off. */
export type AnnotationPatch = Readonly<Record<string, string | null>>;

/** Nodes of one cluster. Every method throws ApiError, and waits no longer than the timeout. */
export class Nodes {
  readonly server: string;
  readonly #api: CoreV1Api;
  readonly config: KubeConfig;
  /** The Node whose kubelet's credentials are used; null when they are somebody else's. */
  readonly ownNode: string | null;
  readonly timeout: number;

  /** @param timeout milliseconds for each request, its repetitions included */
  constructor({ config, server, ownNode }: LoadedKubeconfig, timeout: number) {
    this.ownNode = ownNode;
    this.server = server;
    this.config = config;
    this.timeout = timeout;
    this.#api = new CoreV1Api(
      createConfiguration({
        baseServer: new ServerConfiguration(server, {}),
        authMethods: { default: config },
      }),
    );
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
      const from = next;
      const page = await this.ask('list nodes', () =>
        this.#api.listNode({ limit: PAGE, ...(from ? { _continue: from } : {}) }, this.options()),
      );
      nodes.push(...page.items.map(readNode));
      next = page.metadata?._continue;
      resourceVersion = page.metadata?.resourceVersion ?? '';
    } while (next);
    return { nodes, resourceVersion };
  }

  /** One Node by name; null when there is none. */
  async get(name: string): Promise<KubeNode | null> {
    try {
      const node = await this.ask(`get node ${name}`, () =>
        this.#api.readNode({ name }, this.options()),
      );
      return readNode(node);
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
    const node = await this.ask(`patch node ${name}`, () =>
      this.#api.patchNode({ name, body }, this.options('application/merge-patch+json')),
    );
    return readNode(node);
  }

  /** Repeats what a busy API server sends away, as late as it says, within the timeout. */
  private async ask<T>(what: string, request: () => Promise<T>): Promise<T> {
    const end = Date.now() + this.timeout;
    for (let attempt = 0; ; attempt++) {
      try {
        return await request();
      } catch (error) {
        const problem = explain(this.server, what, error);
        const wait = patienceFor(problem, error, attempt);
        if (wait === null || Date.now() + wait >= end) throw problem;
        await pause(wait);
      }
    }
  }

  private options(contentType?: string) {
    const signal = AbortSignal.timeout(this.timeout);
    return {
      middleware: [requestOptions(signal, contentType)],
      middlewareMergeStrategy: 'append' as const,
    };
  }
}

/** Milliseconds until a refused request may be sent again; null when that is no use. */
function patienceFor({ status }: ApiError, error: unknown, attempt: number): number | null {
  if (status !== 429 && (status === null || status < 500 || status === 501)) return null;
  const { headers } = error as { headers?: Record<string, string> };
  const seconds = Number(headers?.['retry-after']);
  return seconds > 0 ? seconds * 1000 : Math.min(100 * 2 ** attempt, 5_000);
}

/** What the library lets nobody say otherwise. */
function requestOptions(
  signal: AbortSignal,
  contentType: string | undefined,
): ObservableMiddleware {
  return {
    pre(context: RequestContext) {
      context.setSignal(signal);
      if (contentType !== undefined) context.setHeaderParam('Content-Type', contentType);
      const agent = context.getAgent();
      if (agent instanceof https.Agent) context.setAgent(keptAlive(agent));
      return new Observable(Promise.resolve(context));
    },
    post: (context: ResponseContext) => new Observable(Promise.resolve(context)),
  };
}

let kept: { readonly of: string; readonly agent: https.Agent } | undefined;

/** The library makes an agent, and with it a TLS handshake, for each request; one will do. */
function keptAlive(agent: https.Agent): https.Agent {
  const { ca, cert, key, servername } = agent.options;
  const of = [ca, cert, key, servername].map(String).join('\n');
  if (kept?.of !== of) {
    kept?.agent.destroy();
    kept = {
      of,
      agent: new https.Agent({ ...agent.options, keepAlive: true, scheduling: 'lifo' }),
    };
  }
  return kept.agent;
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
