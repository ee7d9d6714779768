import { writeFileSync } from 'node:fs';
import type { LabEtcd } from './etcd.ts';
import { must, shell } from './shell.ts';

/** What is fixed of a node of the lab. */
export interface LabNodeSpec {
  readonly name: string;
  readonly publicIP: string;
  /** First address of its subnet. */
  readonly subnet: string;
  readonly mac: string;
}

interface LeaseDocument {
  readonly PublicIP?: string;
  readonly BackendType?: string;
  readonly BackendData?: { readonly VtepMAC?: string };
}

/** A node with its pod, and the part of flanneld that follows leases (reference: docs/how-it-works.md). */
export class LabNode {
  readonly pod: string;
  readonly podIP: string;
  readonly subnetEnv: string;
  /** The next change of a lease that is not its own goes by it unseen. */
  losesNextEvent = false;
  #seen = new Map<string, string>();
  #handled = new Map<string, LeaseDocument>();

  constructor(
    readonly spec: LabNodeSpec,
    readonly etcd: LabEtcd,
    folder: string,
  ) {
    this.pod = `${spec.name}-pod`;
    this.podIP = spec.subnet.replace(/0$/, '2');
    this.subnetEnv = `${folder}/${spec.name}.env`;
  }

  get leaseKey(): string {
    return `${this.spec.subnet}-24`;
  }

  /** Makes the node as it is after a boot: everything that was there before goes. */
  async boot(): Promise<void> {
    const { name, publicIP, subnet } = this.spec;
    const gateway = subnet.replace(/0$/, '1');
    await must(null, `ip netns del ${name} 2>/dev/null || true`);
    await must(null, `ip netns del ${this.pod} 2>/dev/null || true`);
    await must(
      null,
      `ip netns add ${name}; ip netns add ${this.pod}
       ip link del lab-${name} 2>/dev/null || true
       ip link add lab-${name} type veth peer name eth0 netns ${name}
       ip link set lab-${name} master lab0 up`,
    );
    await must(
      name,
      `ip link set lo up; ip link set eth0 address 02:00:0a:01:0a:${publicIP.slice(-2)} up; ip addr add ${publicIP}/24 dev eth0
       sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
       sysctl -qw net.ipv4.conf.eth0.rp_filter=0
       ip link add docker0 mtu 1450 type bridge; ip link set docker0 up; ip addr add ${gateway}/24 dev docker0
       ip link add pod mtu 1450 type veth peer name eth0 mtu 1450 netns ${this.pod}
       ip link set pod master docker0 up`,
    );
    await must(
      this.pod,
      `ip link set lo up; ip link set eth0 up; ip addr add ${this.podIP}/24 dev eth0
       ip route add default via ${gateway}`,
    );
    await this.start();
  }

  /** Starts flanneld: its device, its lease, its subnet.env, and every lease there is. */
  async start(): Promise<void> {
    const { name, publicIP, subnet } = this.spec;
    const config = JSON.parse((await this.etcd.config()) ?? 'null') as {
      Backend: { VNI?: number };
    } | null;
    // Without a config flanneld waits for one.
    if (config === null) return;
    const vni = config.Backend.VNI ?? 1;
    const device = `flannel.${vni}`;
    const { stdout } = await shell(name, `ip -d link show ${device} 2>/dev/null`);
    const wanted = `vxlan id ${vni} local ${publicIP} dev eth0`;
    if (!stdout.includes(wanted)) {
      await must(
        name,
        `ip link del ${device} 2>/dev/null || true
         ip link add ${device} address ${this.spec.mac} mtu 1450 type ${wanted} dstport 8472 nolearning`,
      );
    }
    await must(
      name,
      `ip link set ${device} up mtu 1450; ip addr replace ${subnet}/32 dev ${device}
       sysctl -qw net.ipv4.conf.${device.replace('.', '/')}.rp_filter=0`,
    );
    const mac = (await must(name, `cat /sys/class/net/${device}/address`)).trim();
    const leases = await this.etcd.leases();
    const value = JSON.stringify({
      PublicIP: publicIP,
      BackendType: 'vxlan',
      BackendData: { VNI: vni, VtepMAC: mac },
    });
    if (leases.get(this.leaseKey)?.value !== value) {
      await this.etcd.put(`subnets/${this.leaseKey}`, value, 'a-day');
    }
    this.writeSubnetEnv(subnet);
    this.#seen.clear();
    await this.settle();
  }

  writeSubnetEnv(subnet: string): void {
    const lines = [
      'FLANNEL_NETWORK=10.244.0.0/16',
      `FLANNEL_SUBNET=${subnet.replace(/0$/, '1')}/24`,
      'FLANNEL_MTU=1450',
      'FLANNEL_IPMASQ=true',
    ];
    writeFileSync(this.subnetEnv, `${lines.join('\n')}\n`);
  }

  /** Handles what has changed under `subnets/` since the last time. */
  async settle(): Promise<void> {
    const leases = await this.etcd.leases();
    const commands: string[] = [];
    for (const [key, { revision, value }] of leases) {
      if (this.#seen.get(key) === revision) continue;
      this.#seen.set(key, revision);
      if (key === this.leaseKey) continue;
      if (this.losesNextEvent) {
        this.losesNextEvent = false;
        continue;
      }
      const document = parse(value);
      this.#handled.set(key, document);
      commands.push(...entries(key, document));
    }
    for (const key of this.#seen.keys()) {
      if (leases.has(key)) continue;
      this.#seen.delete(key);
      commands.push(...removals(key, this.#handled.get(key) ?? {}));
    }
    if (commands.length > 0) await shell(this.spec.name, commands.join('\n'));
  }
}

function parse(value: string): LeaseDocument {
  try {
    return JSON.parse(value) as LeaseDocument;
  } catch {
    return {};
  }
}

/** What flanneld makes of a lease (vxlan). */
function entries(key: string, { PublicIP, BackendType, BackendData }: LeaseDocument): string[] {
  if (BackendType !== 'vxlan' || !BackendData?.VtepMAC || !PublicIP) return [];
  const [first, length] = key.split('-');
  return [
    `ip route replace ${first}/${length} via ${first} dev flannel.1 onlink`,
    `ip neigh replace ${first} dev flannel.1 lladdr ${BackendData.VtepMAC} nud permanent`,
    `bridge fdb replace ${BackendData.VtepMAC} dev flannel.1 dst ${PublicIP} self permanent`,
  ];
}

function removals(key: string, { PublicIP, BackendData }: LeaseDocument): string[] {
  const [first, length] = key.split('-');
  return [
    `ip route del ${first}/${length} dev flannel.1`,
    `ip neigh del ${first} dev flannel.1`,
    `bridge fdb del ${BackendData?.VtepMAC} dev flannel.1 dst ${PublicIP} self`,
  ];
}
