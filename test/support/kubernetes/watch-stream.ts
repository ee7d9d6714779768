import type { ServerResponse } from 'node:http';
import type { NodeObject, NodeStore, WatchEvent } from './node-store.ts';
import { numberOf } from './request.ts';
import { selector } from './selector.ts';
import { Refused } from './status.ts';

/**
 * Answers a watch until its time is over or the client goes. Without a version, or with 0, it begins with
 * an ADDED for each Node that there is (Kubernetes API concepts, "Semantics for watch").
 *
 * @param bookmarks where a watch that wants bookmarks leaves what sends it one
 */
export function streamWatch(
  response: ServerResponse,
  query: URLSearchParams,
  store: NodeStore,
  bookmarks: Set<() => void>,
): void {
  const isMeant = selector(query);
  const since = numberOf(query, 'resourceVersion') ?? 0;
  const seconds = numberOf(query, 'timeoutSeconds') ?? 0;
  response.writeHead(200, { 'content-type': 'application/json' });
  const tell = (type: string, object: object) =>
    response.write(`${JSON.stringify({ type, object })}\n`);
  if (since === 0) for (const node of store.all()) if (isMeant(node)) tell('ADDED', node);
  let unwatch: () => void;
  try {
    unwatch = store.watch(since === 0 ? store.revision : since, (event) => {
      const selected = asSelected(event, isMeant);
      if (selected) tell(selected.type, selected.object);
    });
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    // A watch has begun with 200 before it is found to be too old.
    tell('ERROR', error.status);
    response.end();
    return;
  }
  const bookmark = () => {
    const metadata = { resourceVersion: String(store.revision) };
    tell('BOOKMARK', { kind: 'Node', apiVersion: 'v1', metadata });
  };
  if (['true', '1'].includes(query.get('allowWatchBookmarks') ?? '')) bookmarks.add(bookmark);
  const timer = seconds > 0 ? setTimeout(() => response.end(), seconds * 1000) : undefined;
  response.on('close', () => {
    unwatch();
    bookmarks.delete(bookmark);
    clearTimeout(timer);
  });
  response.flushHeaders();
}

/** An event as a watch with a selector sees it: what leaves the selection is as good as deleted. */
function asSelected(
  { type, object, before }: WatchEvent,
  isMeant: (node: NodeObject) => boolean,
): { readonly type: string; readonly object: NodeObject } | null {
  const was = before !== undefined && isMeant(before);
  const is = type !== 'DELETED' && isMeant(object);
  if (is) return { type: was ? 'MODIFIED' : 'ADDED', object };
  if (!was) return null;
  // It shows what was selected, at the version at which it no longer was.
  const { resourceVersion = '' } = object.metadata;
  const metadata = { ...before.metadata, resourceVersion };
  return { type: 'DELETED', object: { ...before, metadata } };
}
