import path from 'node:path';
import { type Result, type RunOptions, run, start, temporaryFolder } from '../cli.ts';
import { nodeLease, PREFIX } from '../sites.ts';
import type { BigIpDevice } from './device.ts';

/** The MACs that a device gives its tunnels in most tests, in this order. */
export const MACS = ['00:0c:29:2e:db:2e', '00:0c:29:2e:db:3e', '00:0c:29:2e:db:4e'];

/** Two nodes, by the last octet of their public IP 10.1.10.N. */
export const NODES = [
  { number: 151, subnet: '10.244.23.0', mac: '5a:7d:2e:91:0c:44' },
  { number: 152, subnet: '10.244.61.0', mac: '86:a8:e1:95:5e:cf' },
] as const;

interface SiteParts {
  /** What stands in the place of `vtepMAC: device`. */
  readonly vtepMAC?: string;
  /** More of `management`, e.g. `tunnel: x`. */
  readonly management?: readonly string[];
  readonly publicIP?: string;
  readonly selfIP?: string | null;
  readonly network?: string;
  readonly backend?: string;
}

/** A site file of one or two units; etcd is a file beside it. */
export function siteText(devices: readonly BigIpDevice[], parts: SiteParts = {}): string {
  const units = devices.flatMap((device, i) => unitLines(device, i, parts));
  return `apiVersion: flannel-bigip/v1
kind: Site
name: site-a
etcd: { endpoints: ["file:store.json"] }
network:
  Network: ${parts.network ?? '10.244.0.0/16'}
  SubnetMin: 10.244.10.0
  SubnetMax: 10.244.99.0
  SubnetLen: 24
  Backend: ${parts.backend ?? '{ Type: vxlan }'}
bigips:
${units.join('\n')}
`;
}

function unitLines(device: BigIpDevice, i: number, parts: SiteParts): string[] {
  const selfIP = parts.selfIP === undefined ? `10.244.${100 + i}.10` : parts.selfIP;
  return [
    `  - name: bigip-${i + 1}`,
    `    subnet: 10.244.${100 + i}.0/24`,
    `    publicIP: ${parts.publicIP ?? `10.1.10.${245 + i}`}`,
    `    vtepMAC: ${parts.vtepMAC ?? 'device'}`,
    ...(selfIP === null ? [] : [`    selfIP: ${selfIP}`]),
    '    management:',
    `      url: ${device.url}`,
    `      ca: ${device.ca}`,
    ...(parts.management ?? []).map((line) => `      ${line}`),
  ];
}

/** A flannel network in a file: a config, leases of nodes, and of BIG-IPs as they are given. */
export function storeText(
  leases: Readonly<Record<string, string>> = {},
  nodes: readonly { number: number; subnet: string; mac: string }[] = NODES,
): string {
  const expires = new Date(Date.now() + 23 * 3_600_000).toISOString();
  const config =
    '{"Network":"10.244.0.0/16","SubnetMin":"10.244.10.0","SubnetMax":"10.244.99.0","SubnetLen":24,"Backend":{"Type":"vxlan"}}';
  const keys: Record<string, object> = { [`${PREFIX}/config`]: { value: config, revision: 1 } };
  for (const { number, subnet, mac } of nodes) {
    const value = nodeLease(`10.1.10.${number}`, mac);
    keys[`${PREFIX}/subnets/${subnet}-24`] = { value, revision: 2, expires };
  }
  for (const [subnet, mac] of Object.entries(leases)) {
    const unit = Number(subnet.split('.')[2]) - 100;
    const value = JSON.stringify({
      PublicIP: `10.1.10.${245 + unit}`,
      BackendType: 'vxlan',
      BackendData: { VtepMAC: mac },
    });
    keys[`${PREFIX}/subnets/${subnet}-24`] = { value, revision: 3 };
  }
  return JSON.stringify({ flannelBigipStore: 1, revision: 3, keys });
}

/** A folder with a site file, and the program run in it as the devices' user. */
export class BigIpSite {
  readonly folder: string;

  constructor(
    readonly devices: readonly BigIpDevice[],
    files: Readonly<Record<string, string>> = {},
  ) {
    this.folder = temporaryFolder({
      'flannel-bigip.yaml': siteText(devices),
      'store.json': storeText(),
      ...files,
    });
  }

  get env(): Record<string, string> {
    const { user = '', password = '' } = this.devices[0] ?? {};
    return {
      BIGIP_USERNAME: user,
      BIGIP_PASSWORD: password,
      XDG_STATE_HOME: path.join(this.folder, 'state'),
    };
  }

  run(args: readonly string[], options: RunOptions = {}): Promise<Result> {
    return run(args, this.options(options));
  }

  start(args: readonly string[], options: RunOptions = {}) {
    return start(args, this.options(options));
  }

  /** `bigip ...` with these words. */
  bigip(...args: readonly string[]): Promise<Result> {
    return this.run(['bigip', ...args]);
  }

  private options(options: RunOptions): RunOptions {
    return { cwd: this.folder, ...options, env: { ...this.env, ...options.env } };
  }
}

/** The changes that devices were asked for: logins, tokens and readings left out. */
export function writesOf(device: BigIpDevice): string[] {
  return device.requests
    .filter(({ method, path: at }) => method !== 'GET' && !/authn|authz|util\/bash/.test(at))
    .map(({ method, path: at }) => `${method} ${at.replace('/mgmt/tm/', '')}`);
}
