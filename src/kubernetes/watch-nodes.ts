import { setTimeout as pause } from 'node:timers/promises';
import type { V1Node } from '@kubernetes/client-node';
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

/** One watch, until the API server ends it. @throws ApiError when it fails, or its place is gone */
async function watchOnce(
  { requests, server, timeout }: Nodes,
  resourceVersion: string,
  signal: AbortSignal,
  heard: (type: string, object: V1Node) => void,
): Promise<void> {
  const query = new URLSearchParams({
    watch: 'true',
    resourceVersion,
    allowWatchBookmarks: 'true',
    timeoutSeconds: String(WATCH_SECONDS),
  });
  const over = new AbortController();
  const stop = () => over.abort(new Error('timeout'));
  let late = setTimeout(stop, timeout);
  try {
    const body = await requests.send({
      method: 'GET',
      path: `/api/v1/nodes?${query}`,
      signal: AbortSignal.any([signal, over.signal]),
    });
    clearTimeout(late);
    late = setTimeout(stop, WATCH_SECONDS * 1000 + GRACE);
    for await (const line of linesOf(body)) {
      const { type, object } = JSON.parse(line) as WatchEvent;
      if (type !== 'ERROR') heard(type, object);
      else throw new ApiError(endOf(object), object.code ?? null);
    }
  } catch (error) {
    if (!signal.aborted) throw explain(server, 'watch nodes', error);
  } finally {
    clearTimeout(late);
  }
}

/** What the API server sends in a watch; with type `ERROR` the object is a `Status`. */
interface WatchEvent {
  readonly type: string;
  readonly object: V1Node & { readonly code?: number; readonly message?: string };
}

function endOf({ message }: WatchEvent['object']): string {
  return `the API server ended the watch of nodes: ${message ?? 'no reason given'}`;
}

/** Whole lines of a body as it comes; what has no end at the end of it was cut off. */
async function* linesOf(body: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    yield* lines.filter((line) => line.trim() !== '');
  }
}
