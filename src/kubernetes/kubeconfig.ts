import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { EXIT, Problem } from '../model/problem.ts';

/** Where a pod finds the credentials of its service account. */
const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount/token';

/** How the API server is reached. */
export interface KubeAccess {
  /** Paths, parted by colons as in KUBECONFIG; absent: what a pod has, else `~/.kube/config`. */
  readonly kubeconfig?: string;
  /** Absent: the kubeconfig's current one. */
  readonly context?: string;
}

/** A kubeconfig that names a server. */
export interface LoadedKubeconfig {
  readonly config: KubeConfig;
  /** URL of the API server. */
  readonly server: string;
  /** The Node whose kubelet's credentials these are; null when they are somebody else's. */
  readonly ownNode: string | null;
}

/**
 * Finds and reads the kubeconfig.
 *
 * @throws Problem: exit 1 when a file is not there, 3 when it is none, 64 when there is none at all
 */
export function loadKubeconfig({ kubeconfig, context }: KubeAccess): LoadedKubeconfig {
  const config = new KubeConfig();
  if (kubeconfig !== undefined) loadFiles(config, kubeconfig.split(':').filter(Boolean));
  else if (process.env['KUBERNETES_SERVICE_HOST'] && existsSync(SERVICE_ACCOUNT)) {
    config.loadFromCluster();
  } else loadFiles(config, [defaultFile()]);
  if (context !== undefined) chooseContext(config, context);
  const server = config.getCurrentCluster()?.server;
  if (server) return { config, server, ownNode: nodeOf(config) };
  throw new Problem('the kubeconfig names no cluster to talk to', {
    exit: EXIT.invalid,
    fix: 'set its current-context, or pass --context',
  });
}

/** A kubelet's certificate is made out to `system:node:NAME` (Kubernetes' node authorization). */
function nodeOf(config: KubeConfig): string | null {
  const { certData, certFile } = config.getCurrentUser() ?? {};
  try {
    const pem = certData ? Buffer.from(certData, 'base64') : certFile && readFileSync(certFile);
    const subject = pem ? new X509Certificate(pem).subject : '';
    return /^CN=system:node:(.+)$/m.exec(subject)?.[1] ?? null;
  } catch {
    // Whoever uses it is told that it is no good.
    return null;
  }
}

function defaultFile(): string {
  const file = path.join(homedir(), '.kube', 'config');
  if (existsSync(file)) return file;
  throw new Problem('there is no kubeconfig', {
    exit: EXIT.usage,
    fix: 'pass --kubeconfig, set KUBECONFIG, write kubernetes.kubeconfig into the site file, or leave nodes out of --scope',
  });
}

/** As kubectl: of several files the first that says something counts. */
function loadFiles(config: KubeConfig, files: readonly string[]): void {
  for (const [index, file] of files.entries()) {
    if (!existsSync(file)) {
      throw new Problem(`the kubeconfig ${file} is not there`, {
        exit: EXIT.failed,
        fix: 'check the path',
      });
    }
    try {
      if (index === 0) config.loadFromFile(file);
      else {
        const other = new KubeConfig();
        other.loadFromFile(file);
        config.mergeConfig(other, true);
      }
    } catch {
      // What the parser quotes of the file may be a key or a token: not even --verbose tells it.
      throw new Problem(`${file} is no kubeconfig that can be read`, {
        exit: EXIT.invalid,
        fix: '`kubectl config view --kubeconfig FILE` says what is wrong',
      });
    }
  }
}

function chooseContext(config: KubeConfig, context: string): void {
  const names = config.getContexts().map(({ name }) => name);
  if (!names.includes(context)) {
    throw new Problem(`the kubeconfig has no context ${JSON.stringify(context)}`, {
      exit: EXIT.usage,
      fix: `its contexts are ${names.join(', ') || 'none'}`,
    });
  }
  config.setCurrentContext(context);
}
