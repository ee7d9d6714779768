import type { BigIpDevice } from '../support/bigip/device.ts';
import type { ApiServer } from '../support/kubernetes/api-server.ts';

const BACKEND_DATA = 'flannel.alpha.coreos.com/backend-data';
const PUBLIC_IP = 'flannel.alpha.coreos.com/public-ip';
const RECORDS = 'net/fdb/tunnel/~Common~fl-tunnel/records';

/** A pod that CIS exposes. */
interface Pod {
  readonly ip: string;
  readonly node: string;
}

/**
 * CIS, as far as tunnels are concerned: FDB records follow the Nodes, ARP entries are computed when pods come
 * and go, which here is at a restart.
 */
export class LabCis {
  version = '2.16.1';
  /** It hangs, and only a restart helps. */
  hangs = false;

  constructor(
    readonly device: BigIpDevice,
    readonly cluster: ApiServer,
    readonly pods: readonly Pod[],
  ) {}

  /** Follows the annotations, and puts back what somebody else has changed. */
  settle(): void {
    if (this.hangs) return;
    const records = this.nodes().map(({ ip, annotations }) => {
      const endpoint = annotations[PUBLIC_IP] ?? ip;
      return { name: this.mac(annotations) ?? fakeMac(ip), endpoint };
    });
    if (this.device.list('net/tunnels/tunnel').every(({ name }) => name !== 'fl-tunnel')) return;
    const now = this.device.list(RECORDS).map(({ name, endpoint }) => ({ name, endpoint }));
    if (JSON.stringify(now) === JSON.stringify(records)) return;
    for (const { name } of now) this.device.drop(`${RECORDS}/${name}`);
    for (const record of records) this.device.put(RECORDS, record);
  }

  restart(): void {
    this.hangs = false;
    this.settle();
    const nodes = new Map(this.nodes().map((node) => [node.name, node]));
    const entries = this.pods.map(({ ip, node }) => {
      return { ip, mac: this.mac(nodes.get(node)?.annotations ?? {}) };
    });
    // One that fails aborts the whole batch.
    if (entries.some(({ mac }) => mac === null)) return;
    for (const { ip, mac } of entries) {
      const name = `k8s-${ip}`;
      this.device.put('net/arp', { name, partition: 'Common', ipAddress: ip, macAddress: mac });
    }
  }

  private nodes() {
    return this.cluster.store.all().map(({ metadata, status }) => {
      const { addresses } = status as { addresses: { type: string; address: string }[] };
      return {
        name: metadata.name,
        annotations: metadata.annotations ?? {},
        ip: addresses.find(({ type }) => type === 'InternalIP')?.address ?? '',
      };
    });
  }

  private mac(annotations: Readonly<Record<string, string>>): string | null {
    const data = annotations[BACKEND_DATA];
    if (data === undefined) return null;
    if (/^1\.14\.0|^2\.[01]\./.test(this.version)) return data.split('"')[3] ?? null;
    const { VtepMAC } = JSON.parse(data) as { VtepMAC?: string };
    return VtepMAC ?? null;
  }
}

function fakeMac(ip: string): string {
  const octets = ip.split('.').map((one) => Number(one).toString(16).padStart(2, '0'));
  return ['0a', '0a', ...octets].join(':');
}
