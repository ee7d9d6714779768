import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { run, temporaryFolder } from '../support/cli.ts';
import { ROLES } from '../support/kubernetes/users.ts';
import { SITE } from '../support/sites.ts';

interface Container {
  readonly args: readonly string[];
  readonly ports: readonly { name: string; containerPort: number }[];
  readonly volumeMounts: readonly { name: string; mountPath: string }[];
  readonly livenessProbe: { httpGet: { path: string; port: string } };
  readonly readinessProbe: { httpGet: { path: string; port: string } };
}

const documents = (file: string) =>
  parseAllDocuments(readFileSync(`deploy/kubernetes/${file}`, 'utf8')).map((one) => one.toJS());
const [deployment] = documents('deployment.yaml');
const { containers, serviceAccountName, volumes } = deployment.spec.template.spec as {
  containers: Container[];
  serviceAccountName: string;
  volumes: { name: string }[];
};
const [container] = containers as [Container];

describe('the deployment', () => {
  it('may do with Nodes what the watch does, which its tests do as that very user, and nothing else', () => {
    const [account, role, binding] = documents('rbac.yaml');
    expect(role.rules).toEqual([
      { apiGroups: [''], resources: ['nodes'], verbs: ROLES['annotator'] },
    ]);
    expect([account.metadata.name, binding.subjects[0].name, binding.roleRef.name]).toEqual([
      serviceAccountName,
      serviceAccountName,
      role.metadata.name,
    ]);
  });

  it('finds every file that its arguments name in something that is mounted', () => {
    const files = container.args.flatMap((arg) => /=(\/.*)$/.exec(arg)?.[1] ?? []);
    const mounts = container.volumeMounts.map(({ mountPath }) => `${mountPath}/`);
    const names = volumes.map(({ name }) => name);

    expect(files).toHaveLength(2);
    for (const file of files) expect(mounts.some((mount) => file.startsWith(mount))).toBe(true);
    for (const { name } of container.volumeMounts) expect(names).toContain(name);
  });

  it('starts with arguments that the program takes', async () => {
    // Everything but what only a cluster has: it then ends for want of a kubeconfig, and of nothing else.
    const cwd = temporaryFolder({ 'site.yaml': SITE, password: 'x' });
    const args = container.args.map((arg) =>
      arg.replace(/=\/.*\//, '=').replace(/=:\d+$/, '=127.0.0.1:0'),
    );
    const { code, stderr } = await run(args, { cwd, env: { ETCDCTL_USER: 'reader', HOME: cwd } });

    expect(code).toBe(64);
    expect(stderr).toContain('there is no kubeconfig');
  });

  it('is probed where the watch answers', () => {
    const listened = container.args.find((arg) => arg.startsWith('--listen'));
    expect(listened).toBe(`--listen=:${container.ports[0]?.containerPort}`);
    expect(
      [container.livenessProbe, container.readinessProbe].map(({ httpGet }) => httpGet),
    ).toEqual([
      { path: '/healthz', port: container.ports[0]?.name },
      { path: '/readyz', port: container.ports[0]?.name },
    ]);
  });
});

describe('the unit for a control-plane host', () => {
  it('is one that systemd takes, with a command that the program takes', async () => {
    const text = readFileSync('deploy/flannel-bigip-watch.service', 'utf8');
    const folder = temporaryFolder({ 'site.yaml': SITE });
    const file = path.join(folder, 'flannel-bigip-watch.service');
    writeFileSync(file, text.replace('/usr/bin/flannel-bigip', process.execPath));
    // The page of the manual that it names comes with the Debian package.
    const verified = spawnSync('systemd-analyze', ['verify', '--man=no', file], {
      encoding: 'utf8',
    });
    const line = /^ExecStart=\S+ (.*)$/m.exec(text)?.[1] ?? '';
    const args = line
      .split(' ')
      .map((word) => word.replace('/etc/flannel-bigip/', '').replace(':9100', ':0'));
    const { stderr } = await run(args, { cwd: folder, env: { HOME: folder } });

    expect([verified.status, verified.stderr]).toEqual([0, '']);
    expect(stderr).toContain('there is no kubeconfig');
  });
});
