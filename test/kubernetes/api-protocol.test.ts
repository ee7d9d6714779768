import https from 'node:https';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ApiServer, startApiServer } from '../support/kubernetes/api-server.ts';
import { ask, credentials, follow } from '../support/kubernetes/ask.ts';
import { nodeObject } from '../support/kubernetes/nodes.ts';
import { until } from '../support/wait.ts';

let api: ApiServer;
beforeEach(async () => {
  api = await startApiServer([
    nodeObject(1, { labels: { role: 'edge', zone: 'a' } }),
    nodeObject(2, { labels: { role: 'core' } }),
    nodeObject(3, { labels: { zone: '' } }),
  ]);
});
afterEach(() => api.stop());

const NODES = '/api/v1/nodes';
const NODE = `${NODES}/node-1`;
const MERGE = 'application/merge-patch+json';
const patchOf = (metadata: unknown) => JSON.stringify({ metadata });
const namesOf = (body: Record<string, unknown>) =>
  (body['items'] as { metadata: { name: string } }[]).map(({ metadata }) => metadata.name);
const since = () => ({ resourceVersion: api.store.revision });

describe('a request that will not do', () => {
  it.each([
    ['a body that is no JSON', 400, 'POST', NODES, '{', ''],
    ['a body that is no object', 400, 'PUT', NODE, '5', ''],
    ['a patch that is no object', 400, 'PATCH', NODE, '5', MERGE],
    ['an object of another kind', 400, 'POST', NODES, '{"kind":"Pod"}', ''],
    ['a name that cannot be decoded', 400, 'GET', `${NODES}/%zz`, '', ''],
    ['a limit that is no number', 400, 'GET', `${NODES}?limit=x`, '', ''],
    ['a version that is no number', 400, 'GET', `${NODES}?watch=1&resourceVersion=x`, '', ''],
    ['a continue token of its own', 400, 'GET', `${NODES}?limit=1&continue=x`, '', ''],
    ['half a label selector', 400, 'GET', `${NODES}?labelSelector=role%20in%20(a`, '', ''],
    ['a field that is not selected by', 400, 'GET', `${NODES}?fieldSelector=a.b%3Dc`, '', ''],
    ['a path that only begins well', 404, 'GET', '/api/v1/nodesandmore', '', ''],
    ['a part of a Node', 404, 'GET', `${NODE}/proxy`, '', ''],
    ['a deletion of everything', 405, 'DELETE', NODES, '', ''],
    ['a Node without a name', 422, 'POST', NODES, '{"metadata":{}}', ''],
    ['another name than the path has', 422, 'PUT', NODE, patchOf({ name: 'node-2' }), ''],
    ['a patch that takes all metadata off', 422, 'PATCH', NODE, patchOf(null), MERGE],
    ['annotations that are no map', 422, 'PATCH', NODE, patchOf({ annotations: 'x' }), MERGE],
    ['a label that is no text', 422, 'PATCH', NODE, patchOf({ labels: { a: true } }), MERGE],
    [
      'annotations of more than 256 KiB',
      422,
      'PATCH',
      NODE,
      patchOf({ annotations: { a: 'x'.repeat(256 * 1024) } }),
      MERGE,
    ],
  ])('is told so and changes nothing: %s', async (_, status, method, where, body, type) => {
    const before = api.store.revision;
    const answer = await ask(api, 'admin', method, where, body, type);

    expect(answer.status).toBe(status);
    expect(answer.body).toMatchObject({ kind: 'Status', status: 'Failure', code: status });
    expect(api.store.revision).toBe(before);
  });

  it('names the field that is invalid as a cause', async () => {
    const { body } = await ask(
      api,
      'annotator',
      'PATCH',
      NODE,
      patchOf({ annotations: { a: 1 } }),
      MERGE,
    );
    expect(body).toMatchObject({
      reason: 'Invalid',
      details: {
        name: 'node-1',
        causes: [{ reason: 'FieldValueInvalid', field: 'metadata.annotations' }],
      },
    });
  });

  it('is forgotten when its client goes before its end', async () => {
    const before = api.store.revision;
    const headers = { 'content-type': MERGE, 'content-length': '100' };
    const request = https.request(`${api.url}${NODE}`, {
      ...credentials(api, 'admin'),
      method: 'PATCH',
      headers,
    });
    request.on('error', () => undefined);
    request.write('{"metadata":');
    await until('the request to come', () => api.requests.length === 1);
    request.destroy();

    expect((await ask(api, 'reader', 'GET', NODE)).status).toBe(200);
    expect(api.store.revision).toBe(before);
  });

  it('is nobody’s with a token that nobody has been given', async () => {
    const { ca } = credentials(api, null);
    const headers = { authorization: 'Bearer nobody-knows' };
    const status = await new Promise((done, fail) => {
      https
        .get(`${api.url}${NODES}`, { agent: false, ca, headers }, (reply) => {
          reply.resume();
          done(reply.statusCode);
        })
        .on('error', fail);
    });
    expect(status).toBe(401);
  });
});

describe('a list of Nodes', () => {
  it.each([
    ['role', ['node-1', 'node-2']],
    ['!role', ['node-3']],
    ['role=edge', ['node-1']],
    ['role==edge', ['node-1']],
    ['role!=edge', ['node-2', 'node-3']],
    ['role in (edge, core)', ['node-1', 'node-2']],
    ['role notin (edge,core)', ['node-3']],
    ['role notin(edge)', ['node-2', 'node-3']],
    ['zone=', ['node-3']],
    ['zone,role in (edge,core),role!=core', ['node-1']],
    ['toString', []],
  ])('has those of the label selector %s', async (text, names) => {
    const where = `${NODES}?labelSelector=${encodeURIComponent(text)}`;
    expect(namesOf((await ask(api, 'reader', 'GET', where)).body)).toEqual(names);
  });

  it.each([
    ['metadata.name=node-2', ['node-2']],
    ['metadata.name!=node-2', ['node-1', 'node-3']],
  ])('has those of the field selector %s', async (text, names) => {
    const where = `${NODES}?fieldSelector=${encodeURIComponent(text)}`;
    expect(namesOf((await ask(api, 'reader', 'GET', where)).body)).toEqual(names);
  });

  it('is what watch=false asks for', async () => {
    const { body } = await ask(api, 'reader', 'GET', `${NODES}?watch=false`);
    expect(body['kind']).toBe('NodeList');
  });

  it('is not yet to be had of a version that is to come', async () => {
    const where = `${NODES}?resourceVersion=${api.store.revision + 1}`;
    const { status, retryAfter, body } = await ask(api, 'reader', 'GET', where);
    expect([status, retryAfter, body['reason']]).toEqual([504, '1', 'Timeout']);
  });
});

describe('a watch of Nodes', () => {
  it.each([{}, { resourceVersion: 0 }])('begins with all Nodes where %j is asked', async (from) => {
    api.store.remove('node-2');
    const watch = await follow(api, 'reader', from);
    await until('the Nodes', () => watch.events.length === 2);
    api.store.update(nodeObject(3));
    await until('the change', () => watch.events.length === 3);
    watch.stop();

    expect(watch.events.map(({ type, object }) => [type, object.metadata.name])).toEqual([
      ['ADDED', 'node-1'],
      ['ADDED', 'node-3'],
      ['MODIFIED', 'node-3'],
    ]);
  });

  it('tells of what joins and leaves its selection as added and deleted', async () => {
    const watch = await follow(api, 'reader', { ...since(), labelSelector: 'role=edge' });
    api.store.update(nodeObject(1, { labels: { role: 'core' } }));
    const left = api.store.revision;
    api.store.update(nodeObject(2, { labels: { role: 'edge' } }));
    api.store.update(nodeObject(2, { labels: { role: 'edge', zone: 'b' } }));
    api.store.update(nodeObject(3));
    api.store.remove('node-1');
    api.store.remove('node-2');
    await until('the deletion', () => watch.events.length === 4);
    watch.stop();

    expect(watch.events.map(({ type, object }) => [type, object.metadata.name])).toEqual([
      ['DELETED', 'node-1'],
      ['ADDED', 'node-2'],
      ['MODIFIED', 'node-2'],
      ['DELETED', 'node-2'],
    ]);
    expect(watch.events[0]?.object.metadata).toMatchObject({
      labels: { role: 'edge', zone: 'a' },
      resourceVersion: String(left),
    });
  });

  it('waits for a version that is to come', async () => {
    const watch = await follow(api, 'reader', { resourceVersion: api.store.revision + 1 });
    api.store.update(nodeObject(1));
    api.store.update(nodeObject(2));
    await until('a change', () => watch.events.length > 0);
    watch.stop();

    expect(watch.events.map(({ object }) => object.metadata.name)).toEqual(['node-2']);
  });

  it('has bookmarks only where they are wanted', async () => {
    const plain = await follow(api, 'reader', since());
    const marked = await follow(api, 'reader', { ...since(), allowWatchBookmarks: 'true' });
    api.bookmark();
    api.store.update(nodeObject(1));
    await until('the change', () => plain.events.length > 0 && marked.events.length > 1);
    plain.stop();
    marked.stop();

    expect(plain.events.map(({ type }) => type)).toEqual(['MODIFIED']);
    expect(marked.events.map(({ type }) => type)).toEqual(['BOOKMARK', 'MODIFIED']);
  });

  it('ends when its time is over', async () => {
    const watch = await follow(api, 'reader', { ...since(), timeoutSeconds: 1 });
    await until('its end', () => watch.hasEnded());
    expect(watch.events).toEqual([]);
  });
});

describe('a Node', () => {
  it('keeps its identity when it is replaced, and gets another when it is made anew', async () => {
    const { uid, creationTimestamp } = api.store.get('node-1').metadata;
    await ask(api, 'admin', 'PUT', NODE, JSON.stringify(nodeObject(1)));
    const replaced = api.store.get('node-1').metadata;
    await ask(api, 'admin', 'DELETE', NODE);
    await ask(api, 'admin', 'POST', NODES, JSON.stringify(nodeObject(1)));

    expect(replaced).toMatchObject({
      uid,
      creationTimestamp,
      labels: nodeObject(1).metadata.labels,
    });
    expect(api.store.get('node-1').metadata['uid']).not.toBe(uid);
  });

  it('is not replaced by what was made from an older one', async () => {
    const read = await ask(api, 'admin', 'GET', NODE);
    api.store.update(nodeObject(1, { annotations: { a: 'b' } }));
    const { status, body } = await ask(api, 'admin', 'PUT', NODE, JSON.stringify(read.body));

    expect([status, body['reason']]).toEqual([409, 'Conflict']);
    expect(api.store.get('node-1').metadata.annotations).toEqual({ a: 'b' });
  });

  it('is not made a second time', async () => {
    const answer = await ask(api, 'admin', 'POST', NODES, JSON.stringify(nodeObject(1)));
    expect([answer.status, answer.body['reason']]).toEqual([409, 'AlreadyExists']);
  });

  it('is unchanged when it is replaced by the same in another order', async () => {
    const before = api.store.revision;
    const { metadata, ...rest } = api.store.get('node-1');
    const turned = { ...rest, metadata: Object.fromEntries(Object.entries(metadata).reverse()) };
    const { status } = await ask(api, 'admin', 'PUT', NODE, JSON.stringify(turned));

    expect([status, api.store.revision]).toEqual([200, before]);
  });
});
