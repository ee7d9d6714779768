import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cleanEnvironment } from '../support/etcd.ts';
import { type ApiServer, startApiServer } from '../support/kubernetes/api-server.ts';
import { type Answer, ask, follow } from '../support/kubernetes/ask.ts';
import { nodeObject } from '../support/kubernetes/nodes.ts';
import { until } from '../support/wait.ts';

let api: ApiServer;
beforeEach(async () => {
  api = await startApiServer([nodeObject(1), nodeObject(2)]);
});
afterEach(() => api.stop());

const cache = mkdtempSync(path.join(tmpdir(), 'flannel-bigip-kubectl-'));
const kubectlArgs = (user: string, args: readonly string[]) => [
  `--kubeconfig=${api.kubeconfig(user)}`,
  `--cache-dir=${cache}`,
  ...args,
];

/** Runs Debian's kubectl to its end. */
function kubectl(user: string, ...args: string[]) {
  return new Promise<{ code: number; stdout: string; stderr: string }>((done) => {
    const child = execFile(
      'kubectl',
      kubectlArgs(user, args),
      { env: cleanEnvironment() },
      (error, stdout, stderr) => done({ code: error ? Number(error.code) : 0, stdout, stderr }),
    );
    child.stdin?.end();
  });
}

const MERGE = 'application/merge-patch+json';
const annotate = (value: unknown) =>
  JSON.stringify({ metadata: { annotations: { 'a/b': value } } });

describe('the API server that tests talk to, asked by kubectl', () => {
  it('lists Nodes and gets one', async () => {
    const table = await kubectl('admin', 'get', 'nodes');
    const one = await kubectl('admin', 'get', 'node', 'node-2', '-o', 'json');

    expect(table.stdout).toMatch(/NAME.*\nnode-1 .*\nnode-2 /);
    expect(JSON.parse(one.stdout)).toMatchObject(nodeObject(2));
  });

  it('selects by label', async () => {
    const some = await kubectl(
      'reader',
      'get',
      'nodes',
      '-l',
      'kubernetes.io/hostname in (node-2)',
      '-o',
      'name',
    );
    expect(some.stdout).toBe('node/node-2\n');
  });

  it('creates, patches, annotates and deletes', async () => {
    const file = path.join(cache, 'node-3.json');
    writeFileSync(file, JSON.stringify(nodeObject(3)));

    const created = await kubectl('admin', 'create', '-f', file);
    const patched = await kubectl(
      'admin',
      'patch',
      'node',
      'node-3',
      '--type=merge',
      '-p',
      annotate('x'),
    );
    const annotated = await kubectl(
      'admin',
      'annotate',
      'node',
      'node-3',
      'a/b=y',
      'c/d=z',
      '--overwrite',
    );
    const now = api.store.get('node-3').metadata.annotations;
    const deleted = await kubectl('admin', 'delete', 'node', 'node-3');

    expect(
      [created, patched, annotated, deleted].map(({ code, stderr }) => [code, stderr]),
    ).toEqual([0, 1, 2, 3].map(() => [0, '']));
    expect(now).toEqual({ 'node.alpha.kubernetes.io/ttl': '0', 'a/b': 'y', 'c/d': 'z' });
    expect(api.store.all().map(({ metadata }) => metadata.name)).toEqual(['node-1', 'node-2']);
  });

  it('tells a watch of each change', async () => {
    const watching = spawn('kubectl', kubectlArgs('reader', ['get', 'nodes', '-w', '-o', 'name']), {
      env: cleanEnvironment(),
    });
    let seen = '';
    watching.stdout.on('data', (chunk) => {
      seen += chunk;
    });
    await until('the watch to begin', () => api.requests.some(({ verb }) => verb === 'watch'));
    await kubectl('admin', 'annotate', 'node', 'node-2', 'a/b=c');
    await until('the change to be seen', () => seen === 'node/node-1\nnode/node-2\nnode/node-2\n');
    watching.kill();
  });

  it('lets a kubelet get and patch its own Node, and nothing else', async () => {
    const kubelet = 'system:node:node-1';
    const answers = [
      await kubectl(kubelet, 'get', 'node', 'node-1', '-o', 'name'),
      await kubectl(kubelet, 'annotate', 'node', 'node-1', 'a/b=c'),
      await kubectl(kubelet, 'get', 'node', 'node-2'),
      await kubectl(kubelet, 'patch', 'node', 'node-2', '--type=merge', '-p', annotate('x')),
      await kubectl(kubelet, 'get', 'nodes'),
    ];

    expect(answers.map(({ code }) => code)).toEqual([0, 0, 1, 1, 1]);
    expect(answers[4]?.stderr).toBe(
      'Error from server (Forbidden): nodes is forbidden: User "system:node:node-1" cannot list resource "nodes" in API group "" at the cluster scope\n',
    );
  });

  it.each([
    [
      'not found',
      'admin',
      ['get', 'node', 'nobody'],
      'Error from server (NotFound): nodes "nobody" not found',
    ],
    [
      'forbidden',
      'reader',
      ['annotate', 'node', 'node-1', 'a=b'],
      'nodes "node-1" is forbidden: User "reader" cannot patch',
    ],
    [
      'forbidden to read',
      'nobody',
      ['get', 'nodes'],
      'nodes is forbidden: User "nobody" cannot list',
    ],
    [
      'for those it knows',
      'reader',
      ['get', 'nodes', '--token=nobody-knows'],
      'You must be logged in to the server',
    ],
  ])('says that something is %s', async (_, user, args, message) => {
    const { code, stderr } = await kubectl(user, ...args);
    expect(code).toBe(1);
    expect(stderr).toContain(message);
  });
});

describe('the API server that tests talk to', () => {
  it('knows nobody without credentials', async () => {
    const { status, body } = await ask(api, null, 'GET', '/api/v1/nodes');
    expect([status, body['reason']]).toEqual([401, 'Unauthorized']);
  });

  it('lists page by page what was there at one moment, and forgets it when compacted', async () => {
    const first = await ask(api, 'reader', 'GET', '/api/v1/nodes?limit=1');
    const { continue: token, remainingItemCount } = first.body['metadata'] as Record<
      string,
      string
    >;
    api.store.create(nodeObject(0));
    const second = await ask(api, 'reader', 'GET', `/api/v1/nodes?limit=1&continue=${token}`);
    api.store.compact();
    const gone = await ask(api, 'reader', 'GET', `/api/v1/nodes?limit=1&continue=${token}`);

    const names = (answer: Answer) =>
      (answer.body['items'] as { metadata: { name: string } }[]).map(
        ({ metadata }) => metadata.name,
      );
    expect([names(first), remainingItemCount, names(second)]).toEqual([['node-1'], 1, ['node-2']]);
    expect(second.body['metadata'] as object).not.toHaveProperty('continue');
    expect([gone.status, gone.body['reason']]).toEqual([410, 'Expired']);
  });

  it('refuses a patch of what has moved, and counts no change that is none', async () => {
    const before = api.store.get('node-1').metadata.resourceVersion;
    const done = await ask(api, 'annotator', 'PATCH', '/api/v1/nodes/node-1', annotate('x'), MERGE);
    const same = await ask(api, 'annotator', 'PATCH', '/api/v1/nodes/node-1', annotate('x'), MERGE);
    const stale = JSON.stringify({
      metadata: { resourceVersion: before, annotations: { 'a/b': 'y' } },
    });
    const conflict = await ask(api, 'annotator', 'PATCH', '/api/v1/nodes/node-1', stale, MERGE);

    expect([done.status, same.status]).toEqual([200, 200]);
    expect(same.body).toEqual(done.body);
    expect([conflict.status, conflict.body['reason']]).toEqual([409, 'Conflict']);
    expect(api.store.get('node-1').metadata.annotations?.['a/b']).toBe('x');
  });

  it.each([
    [422, annotate(5), MERGE],
    [400, '{', MERGE],
    [415, '[]', 'application/yaml'],
  ])('answers %i to a patch that will not do', async (status, body, type) => {
    const answer = await ask(api, 'annotator', 'PATCH', '/api/v1/nodes/node-1', body, type);
    expect(answer.body).toMatchObject({ kind: 'Status', status: 'Failure', code: status });
  });

  it('fails when told to: busy, broken, or with the connection gone', async () => {
    api.fail({ verb: 'get', times: 1, answer: 429, retryAfter: 7 });
    const busy = await ask(api, 'reader', 'GET', '/api/v1/nodes/node-1');
    api.fail({ verb: 'get', times: 1, answer: 503 });
    const broken = await ask(api, 'reader', 'GET', '/api/v1/nodes/node-1');
    api.fail({ verb: 'get', times: 1, answer: 'reset' });
    const reset = await ask(api, 'reader', 'GET', '/api/v1/nodes/node-1').catch(
      (error) => error.code,
    );
    const well = await ask(api, 'reader', 'GET', '/api/v1/nodes/node-1');

    expect([busy.status, busy.retryAfter, broken.status, reset, well.status]).toEqual([
      429,
      '7',
      503,
      'ECONNRESET',
      200,
    ]);
  });

  it('watches from a version on, with bookmarks, and says when that is forgotten', async () => {
    const since = api.store.revision;
    api.store.update(nodeObject(2, { annotations: { a: 'b' } }));
    const watch = await follow(api, 'reader', {
      resourceVersion: since,
      allowWatchBookmarks: 'true',
    });
    await until('the change', () => watch.events.length === 1);
    api.bookmark();
    await until('the bookmark', () => watch.events.length === 2);
    watch.stop();
    api.store.compact();
    const gone = await follow(api, 'reader', { resourceVersion: since });
    await until('its end', () => gone.hasEnded());

    expect(watch.events.map(({ type }) => type)).toEqual(['MODIFIED', 'BOOKMARK']);
    expect(watch.events[1]?.object.metadata.resourceVersion).toBe(String(api.store.revision));
    expect(gone.events).toMatchObject([{ type: 'ERROR', object: { code: 410 } }]);
  });
});
