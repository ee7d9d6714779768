import {
  CoreV1Api,
  KubeConfig,
  PatchStrategy,
  setHeaderOptions,
  type V1Node,
  Watch,
} from '@kubernetes/client-node';
import { afterEach, expect, it } from 'vitest';
import { type ApiServer, startApiServer } from '../support/kubernetes/api-server.ts';
import { nodeObject } from '../support/kubernetes/nodes.ts';
import { until } from '../support/wait.ts';

let api: ApiServer;
afterEach(() => api.stop());

/** The library as it comes, steered by nothing but a kubeconfig. */
function libraryOf(user: string) {
  const config = new KubeConfig();
  config.loadFromFile(api.kubeconfig(user));
  return { config, client: config.makeApiClient(CoreV1Api) };
}

const merging = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);

it('lets the client library list 5,000 Nodes page by page', async () => {
  api = await startApiServer(Array.from({ length: 5_000 }, (_, n) => nodeObject(n)));
  const { client } = libraryOf('reader');
  const names = new Set<string | undefined>();
  let pages = 0;
  let next: string | undefined;
  do {
    const page = await client.listNode({ limit: 500, ...(next ? { _continue: next } : {}) });
    for (const { metadata } of page.items) names.add(metadata?.name);
    next = page.metadata?._continue;
    pages += 1;
  } while (next);

  expect([pages, names.size]).toEqual([10, 5_000]);
});

it('lets the client library make, read, patch, replace and delete a Node', async () => {
  api = await startApiServer();
  const { client } = libraryOf('admin');
  const made = await client.createNode({ body: nodeObject(1) as V1Node });
  const body = { metadata: { annotations: { 'a/b': 'c' } } };
  await client.patchNode({ name: 'node-1', body }, merging);
  const read = await client.readNode({ name: 'node-1' });
  const spec = { unschedulable: true };
  const replaced = await client.replaceNode({ name: 'node-1', body: { ...read, spec } });
  const deleted = await client.deleteNode({ name: 'node-1' });

  expect(made.metadata?.creationTimestamp?.valueOf()).toBeGreaterThan(0);
  expect(read.metadata?.annotations?.['a/b']).toBe('c');
  expect(replaced.spec).toEqual(spec);
  expect(deleted).toMatchObject({ status: 'Success', details: { uid: made.metadata?.uid } });
  expect(api.store.all()).toEqual([]);
});

it('lets the client library watch Nodes', async () => {
  api = await startApiServer([nodeObject(1)]);
  const { config } = libraryOf('annotator');
  const seen: [type: string, name: string][] = [];
  const query = { resourceVersion: String(api.store.revision), allowWatchBookmarks: true };
  const watching = await new Watch(config).watch(
    '/api/v1/nodes',
    query,
    (type: string, { metadata }: V1Node) => seen.push([type, metadata?.name ?? '']),
    () => undefined,
  );
  api.store.create(nodeObject(2));
  api.store.update(nodeObject(1, { annotations: { a: 'b' } }));
  api.bookmark();
  api.store.remove('node-2');
  await until('all changes', () => seen.length === 4);
  watching.abort();

  expect(seen).toEqual([
    ['ADDED', 'node-2'],
    ['MODIFIED', 'node-1'],
    ['BOOKMARK', ''],
    ['DELETED', 'node-2'],
  ]);
});

it('tells the client library in a Status why it refuses', async () => {
  api = await startApiServer([nodeObject(1), nodeObject(2)]);
  const { client } = libraryOf('system:node:node-1');
  const own = await client.readNode({ name: 'node-1' });
  const refused = await client.readNode({ name: 'node-2' }).catch((error) => error);
  const status = JSON.parse(refused.body);

  expect(own.metadata?.name).toBe('node-1');
  expect(refused.code).toBe(403);
  expect(status).toMatchObject({
    kind: 'Status',
    reason: 'Forbidden',
    message:
      'nodes "node-2" is forbidden: User "system:node:node-1" cannot get resource "nodes" in API group "" at the cluster scope',
  });
});
