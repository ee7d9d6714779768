import { EXIT, Problem } from '../model/problem.ts';

/** How a command-line option is parsed and explained. Values stay text until they are used. */
export interface OptionSpec {
  readonly flag: string;
  readonly alias?: string;
  /** `list` is split at commas, `repeated` is not; both may be given several times. */
  readonly type: 'text' | 'list' | 'repeated' | 'switch';
  readonly describe: string;
  readonly choices?: readonly string[];
  /** Environment variables that stand in for the flag, the first non-empty one counts. */
  readonly env?: readonly string[];
  readonly placeholder?: string;
  /** What a shell may offer for the value, where there are no choices. */
  readonly completes?: 'file' | 'folder' | 'site-name' | 'rule';
}

/** Parsed options of a command by flag name, plus its positional arguments. */
export interface Args {
  readonly positionals: readonly string[];
  text(flag: string): string | undefined;
  list(flag: string): readonly string[];
  /** Every value of an option that may be given several times, as it is. */
  each(flag: string): readonly string[];
  on(flag: string): boolean;
  /** The flags that another command takes, which is named as a person types it: `bigip check`. */
  takenBy(words: string): readonly string[];
}

export const FILE_OPTION: OptionSpec = {
  flag: 'file',
  alias: 'f',
  type: 'text',
  completes: 'file',
  placeholder: 'PATH',
  describe:
    'site file, YAML or JSON, - for standard input (default: flannel-bigip.yaml|yml|json here)',
};

/** How etcd is reached: flag, then ETCDCTL_*, FLANNELD_*, FLANNEL_*, then the site file. */
export const ETCD_OPTIONS: readonly OptionSpec[] = [
  {
    flag: 'endpoints',
    type: 'list',
    placeholder: 'URL,...',
    describe: "etcd's client URLs, or file:PATH for the embedded store",
    env: ['ETCDCTL_ENDPOINTS', 'FLANNELD_ETCD_ENDPOINTS', 'FLANNEL_ETCD_ENDPOINTS'],
  },
  {
    flag: 'cacert',
    type: 'text',
    completes: 'file',
    placeholder: 'PATH',
    describe: "PEM file of etcd's CA",
    env: ['ETCDCTL_CACERT', 'FLANNELD_ETCD_CAFILE'],
  },
  {
    flag: 'cert',
    type: 'text',
    completes: 'file',
    placeholder: 'PATH',
    describe: 'PEM file of the client certificate',
    env: ['ETCDCTL_CERT', 'FLANNELD_ETCD_CERTFILE'],
  },
  {
    flag: 'key',
    type: 'text',
    completes: 'file',
    placeholder: 'PATH',
    describe: "PEM file of the client certificate's key",
    env: ['ETCDCTL_KEY', 'FLANNELD_ETCD_KEYFILE'],
  },
  {
    flag: 'user',
    type: 'text',
    placeholder: 'NAME',
    describe: 'user name, never with the password',
    env: ['ETCDCTL_USER', 'FLANNELD_ETCD_USERNAME'],
  },
  {
    flag: 'password-file',
    type: 'text',
    completes: 'file',
    placeholder: 'PATH',
    describe:
      'file that holds the password (else ETCDCTL_PASSWORD, FLANNELD_ETCD_PASSWORD, a prompt)',
  },
  {
    flag: 'prefix',
    type: 'text',
    placeholder: 'PATH',
    describe: "flannel's --etcd-prefix (default /coreos.com/network)",
    env: ['FLANNELD_ETCD_PREFIX', 'FLANNEL_ETCD_PREFIX'],
  },
  {
    flag: 'use-env-proxy',
    type: 'switch',
    describe: 'reach etcd through the proxy that https_proxy, http_proxy and no_proxy name',
  },
  {
    flag: 'etcd-api',
    type: 'text',
    choices: ['auto', 'v2', 'v3'],
    describe: "which of etcd's two stores flannel uses (default auto: look at both)",
  },
  {
    flag: 'timeout',
    type: 'text',
    placeholder: 'DURATION',
    describe:
      'bound on each wait for a server (default 10s; 500ms, 3s, 2m, bare numbers are seconds)',
  },
  {
    flag: 'settle',
    type: 'text',
    placeholder: 'DURATION',
    describe:
      'pause between two writes under subnets/ on v3, for flanneld before v0.21.3 (default 500ms)',
  },
];

/** The bound on each wait, for commands that never ask etcd. */
export const TIMEOUT: OptionSpec = ETCD_OPTIONS.find(
  ({ flag }) => flag === 'timeout',
) as OptionSpec;

/** The pause between writes is nothing to a command that only reads. */
export const READ_OPTIONS = ETCD_OPTIONS.filter((option) => option.flag !== 'settle');

/** How a BIG-IP is logged in to: its user and its password never stand in argv. */
export const DEVICE_OPTIONS: readonly OptionSpec[] = [
  {
    flag: 'bigip-password-file',
    type: 'text',
    completes: 'file',
    placeholder: 'PATH',
    describe:
      "file that holds the BIG-IP's password (else BIGIP_PASSWORD, a prompt); the user: BIGIP_USERNAME",
  },
  {
    flag: 'insecure',
    type: 'switch',
    describe: "do not check the BIG-IP's certificate: whoever answers gets the password",
  },
];

export const YES: OptionSpec = { flag: 'yes', alias: 'y', type: 'switch', describe: 'do not ask' };
export const DRY_RUN: OptionSpec = {
  flag: 'dry-run',
  type: 'switch',
  describe: 'go through every guard, write nothing',
};
export const BACKUP_DIR: OptionSpec = {
  flag: 'backup-dir',
  type: 'text',
  completes: 'folder',
  placeholder: 'PATH',
  describe: 'where replaced values are kept (default $XDG_STATE_HOME/flannel-bigip/backups)',
};
/** How the Kubernetes API server is reached: flag, then KUBECONFIG, then the site file. */
export const KUBE_OPTIONS: readonly OptionSpec[] = [
  {
    flag: 'kubeconfig',
    type: 'text',
    completes: 'file',
    placeholder: 'PATH',
    describe: "kubeconfig file (default: a pod's service account, else ~/.kube/config)",
    env: ['KUBECONFIG'],
  },
  {
    flag: 'context',
    type: 'text',
    placeholder: 'NAME',
    describe: 'context of the kubeconfig (default: its current one)',
  },
];

/** etcd's two stores, which keep separate data. */
export const ETCD_STORES = ['v2', 'v3'] as const;

export type EtcdStore = (typeof ETCD_STORES)[number];

/** Between which of etcd's stores. */
export const DIRECTION_OPTIONS: readonly OptionSpec[] = [
  { flag: 'from', type: 'text', choices: ETCD_STORES, describe: 'the store that is read' },
  {
    flag: 'to',
    type: 'text',
    choices: ETCD_STORES,
    describe: 'the store that is compared or written to',
  },
];

export const GLOBAL_OPTIONS: readonly OptionSpec[] = [
  { flag: 'verbose', type: 'switch', describe: 'say where each value came from, and stack traces' },
];

/** An output option with the formats that a command really has. */
export function outputOption(...formats: string[]): OptionSpec {
  return {
    flag: 'output',
    alias: 'o',
    type: 'text',
    choices: formats,
    describe: `output format (default ${formats[0]})`,
  };
}

/**
 * Milliseconds of `500ms`, `3s`, `2m`, or a bare number of seconds.
 *
 * @throws Problem (exit 64) for anything else.
 */
export function parseDuration(text: string, flag: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m)?$/.exec(text);
  const unit = { ms: 1, s: 1000, m: 60_000 }[match?.[2] ?? 's'] ?? 1000;
  const milliseconds = Number(match?.[1]) * unit;
  // Node's timers end at 2^31 ms.
  if (match === null || milliseconds >= 2 ** 31) {
    throw new Problem(`--${flag} ${text} is no duration`, {
      exit: EXIT.usage,
      fix: 'write it like 500ms, 3s or 2m',
    });
  }
  return milliseconds;
}

/**
 * Milliseconds of `30d`, `12h`, or a bare number of days.
 *
 * @throws Problem (exit 64) for anything else.
 */
export function parseDays(text: string, flag: string): number {
  const match = /^(\d{1,5}(?:\.\d+)?)(d|h)?$/.exec(text);
  if (match === null) {
    throw new Problem(`--${flag} ${text} is no age`, {
      exit: EXIT.usage,
      fix: 'write it like 30d or 12h',
    });
  }
  return Number(match[1]) * (match[2] === 'h' ? 3_600_000 : 86_400_000);
}
