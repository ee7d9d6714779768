import { setTimeout as pause } from 'node:timers/promises';
import { type V1Node, Watch } from '@kubernetes/client-node';
import type { KubeNode } from '../model/kube-node.ts';
import { ApiError, explain } from './errors.ts';
import { type Nodes, readNode } from './nodes.ts';

/** What a watch of Nodes tells: all of them, one that has changed or gone, and how the line is. */
export type NodeNews =
  | { readonly kind: 'all'; readonly nodes: readonly KubeNode[] }
  | { readonly kind: 'changed'; readonly node: KubeNode }
  | { readonly kind: 'gone'; readonly name: string }
  | { readonly kind: 'lost'; readonly error: ApiError };

/** The API server ends each watch after so many seconds, and a new one shows that the line is alive. */
const WATCH_SECONDS = 240;

/** A watch that has outlived that by so many milliseconds is on a dead line. */
const GRACE = 15_000;

const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 15_000;

/**
 * Follows the Nodes of a cluster until the signal is aborted: lists them, watches from there on, and
 * lists them anew when the API server has been away or has forgotten that place. Never gives up.
 */
export async function watchNodes(
  api: Nodes,
  tell: (news: NodeNews) => void,
  signal: AbortSignal,
): Promise<void> {
  let wait = FIRST_PAUSE;
  while (!signal.aborted) {
    try {
      const { nodes, resourceVersion } = await api.listAt();
      wait = FIRST_PAUSE;
      tell({ kind: 'all', nodes });
      await watchFrom(api, resourceVersion, tell, signal);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof ApiError)) throw error;
      // That it has forgotten a place is no trouble of the API server's.
      if (error.status === 410) continue;
      tell({ kind: 'lost', error });
      await pause(wait, undefined, { signal }).catch(() => undefined);
      wait = Math.min(wait * 2, LONGEST_PAUSE);
    }
  }
}

/** Watches on one connection after another. @throws ApiError when one fails, or its place is gone. */
async function watchFrom(
  api: Nodes,
  from: string,
  tell: (news: NodeNews) => void,
  signal: AbortSignal,
): Promise<void> {
  let resourceVersion = from;
  while (!signal.aborted) {
    await watchOnce(api, resourceVersion, signal, (type, object) => {
      resourceVersion = object.metadata?.resourceVersion ?? resourceVersion;
      if (type === 'DELETED') tell({ kind: 'gone', name: object.metadata?.name ?? '' });
      else if (type !== 'BOOKMARK') tell({ kind: 'changed', node: readNode(object) });
    });
  }
}

interface StatusObject {
  readonly code?: number;
  readonly message?: string;
}

async function watchOnce(
  { config, server, timeout }: Nodes,
  resourceVersion: string,
  signal: AbortSignal,
  heard: (type: string, object: V1Node) => void,
): Promise<void> {
  const query = { resourceVersion, allowWatchBookmarks: true, timeoutSeconds: WATCH_SECONDS };
  let refusal: ApiError | null = null;
  const { promise: over, resolve: end } = ending();
  const starting = new Watch(config).watch(
    '/api/v1/nodes',
    query,
    (type: string, object: V1Node & StatusObject) => {
      if (type !== 'ERROR') return heard(type, object);
      const message = `the API server ended the watch of nodes: ${object.message ?? 'no reason given'}`;
      refusal = new ApiError(message, object.code ?? null);
      return undefined;
    },
    end,
  );
  // The library waits for an answer for ever.
  const watching = await Promise.race([starting, pause(timeout, null, { ref: false })]);
  if (watching === null) {
    void starting.then((late) => late.abort());
    throw explain(server, 'watch nodes', new Error('timeout'));
  }
  const stop = () => watching.abort();
  const late = setTimeout(stop, WATCH_SECONDS * 1000 + GRACE);
  signal.addEventListener('abort', stop);
  const error = await over;
  clearTimeout(late);
  signal.removeEventListener('abort', stop);
  if (signal.aborted) return;
  if (refusal !== null) throw refusal;
  if (error != null) throw explain(server, 'watch nodes', withStatus(error));
}

function ending() {
  let resolve: (error: unknown) => void = () => undefined;
  const promise = new Promise<unknown>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

/** The library's watch says the status in another field than its requests do. */
function withStatus(error: unknown): unknown {
  const { statusCode } = error as { statusCode?: unknown };
  return typeof statusCode === 'number'
    ? Object.assign(error as object, { code: statusCode })
    : error;
}
