import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Certificates, KeyPair } from './certificates.ts';
import { freePorts } from './ports.ts';
import { until } from './wait.ts';

export interface EtcdOptions {
  /** Serve the v2 store too; default true. */
  readonly v2?: boolean;
  /** TLS with client certificates required. */
  readonly tls?: Certificates;
  /** With `tls`: another certificate than the good one to show to clients. */
  readonly server?: KeyPair;
  readonly members?: number;
  /** More arguments for each member, e.g. `--quota-backend-bytes=...`. */
  readonly args?: readonly string[];
}

/** One started etcd process. */
export interface EtcdMember {
  readonly name: string;
  readonly endpoint: string;
  readonly pid: number;
  /** Sends a signal, e.g. SIGSTOP to freeze it, SIGKILL to kill it. */
  signal(name: NodeJS.Signals): void;
  /** Starts it anew, with its data, after it was killed; nothing when it still runs. */
  restart(): Promise<void>;
}

/** A real etcd, of one member or more, on loopback with its data in a temporary folder. */
export interface Etcd {
  /** Client URLs. */
  readonly endpoints: readonly string[];
  readonly members: readonly EtcdMember[];
  /** Runs Debian's etcdctl against it and returns what it printed. */
  etcdctl(api: 2 | 3, ...args: string[]): string;
  stop(): Promise<void>;
}

/** Starts etcd and waits until it has a leader. */
export async function startEtcd(options: EtcdOptions = {}): Promise<Etcd> {
  const count = options.members ?? 1;
  const folder = mkdtempSync(path.join(tmpdir(), 'flannel-bigip-etcd-'));
  const ports = await freePorts(count * 2);
  const scheme = options.tls ? 'https' : 'http';
  const names = Array.from({ length: count }, (_, i) => `m${i + 1}`);
  const clientUrl = (i: number) => `${scheme}://127.0.0.1:${ports[2 * i]}`;
  const peerUrl = (i: number) => `http://127.0.0.1:${ports[2 * i + 1]}`;
  const cluster = names.map((name, i) => `${name}=${peerUrl(i)}`).join(',');
  const launch = (name: string, i: number) => {
    const args = [
      `--name=${name}`,
      `--data-dir=${path.join(folder, name)}`,
      `--listen-client-urls=${clientUrl(i)}`,
      `--advertise-client-urls=${clientUrl(i)}`,
      `--listen-peer-urls=${peerUrl(i)}`,
      `--initial-advertise-peer-urls=${peerUrl(i)}`,
      `--initial-cluster=${cluster}`,
      `--enable-v2=${options.v2 ?? true}`,
      '--unsafe-no-fsync',
      ...(options.tls
        ? [
            `--cert-file=${(options.server ?? options.tls.server).cert}`,
            `--key-file=${(options.server ?? options.tls.server).key}`,
            `--trusted-ca-file=${options.tls.ca}`,
            '--client-cert-auth=true',
          ]
        : []),
      ...(options.args ?? []),
    ];
    return spawn('etcd', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  };
  const children = names.map(launch);
  const killed = new Set<number>();
  const logs = children.map(collect);
  const tlsArgs = options.tls
    ? [
        `--cacert=${options.tls.ca}`,
        `--cert=${options.tls.client.cert}`,
        `--key=${options.tls.client.key}`,
        ...(options.server ? ['--insecure-skip-tls-verify'] : []),
      ]
    : [];
  const endpoints = names.map((_, i) => clientUrl(i));
  const etcdctl = (api: 2 | 3, ...args: string[]) =>
    execFileSync(
      'etcdctl',
      api === 3
        ? [`--endpoints=${endpoints.join(',')}`, ...tlsArgs, ...args]
        : [
            `--endpoints=${endpoints.join(',')}`,
            ...(options.tls
              ? [
                  `--ca-file=${options.tls.ca}`,
                  `--cert-file=${options.tls.client.cert}`,
                  `--key-file=${options.tls.client.key}`,
                ]
              : []),
            ...args,
          ],
      {
        env: { ...cleanEnvironment(), ETCDCTL_API: String(api) },
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
  try {
    await until('etcd to have a leader', () => {
      for (const [i, child] of children.entries()) {
        if (child.exitCode !== null) throw new Error(`etcd ended: ${logs[i]?.()}`);
      }
      return etcdctl(3, 'endpoint', 'health') !== undefined;
    });
  } catch (error) {
    for (const child of children) child.kill('SIGKILL');
    throw error;
  }
  return {
    endpoints,
    members: names.map((name, i) => ({
      name,
      endpoint: endpoints[i] ?? '',
      pid: children[i]?.pid ?? 0,
      signal(signal) {
        children[i]?.kill(signal);
        if (signal === 'SIGKILL') killed.add(i);
      },
      async restart() {
        const child = children[i];
        if (child === undefined || !killed.delete(i)) return;
        await end(child);
        const anew = launch(name, i);
        logs[i] = collect(anew);
        children[i] = anew;
      },
    })),
    etcdctl,
    async stop() {
      await Promise.all(children.map(end));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The environment without anything that would steer etcd's client or this program. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(ETCD|FLANNELD|BIGIP|XDG|FORCE_COLOR|NO_COLOR|CI$)/.test(name),
    ),
  );
}

function collect(child: ChildProcess): () => string {
  let text = '';
  child.stderr?.on('data', (chunk) => {
    text = `${text}${chunk}`.slice(-4000);
  });
  return () => text;
}

function end(child: ChildProcess): Promise<void> {
  return new Promise((done) => {
    if (child.exitCode !== null || child.signalCode !== null) return done();
    child.once('exit', () => done());
    child.kill('SIGKILL');
    return undefined;
  });
}
