import type { BigIpDevice } from '../support/bigip/device.ts';
import { must, shell } from './shell.ts';

export const BIGIP = 'bigip';

/** The data plane of the BIG-IP: a namespace that is made what the stand-in's objects say. */
export class LabVtep {
  #made = '';

  /** @param hosts each node's own overlay address with its MAC */
  constructor(
    readonly device: BigIpDevice,
    readonly hosts: Readonly<Record<string, string>>,
  ) {}

  async boot(): Promise<void> {
    await must(
      null,
      `ip netns add ${BIGIP}
       ip link add lab-${BIGIP} type veth peer name eth0 netns ${BIGIP}
       ip link set lab-${BIGIP} master lab0 up`,
    );
    await must(
      BIGIP,
      `ip link set lo up; ip link set eth0 up
       ip addr add 10.1.10.245/24 dev eth0; ip addr add 10.1.10.246/24 dev eth0
       sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0`,
    );
  }

  async settle(): Promise<void> {
    const commands = this.commands();
    if (commands === this.#made) return;
    this.#made = commands;
    const { code, stderr } = await shell(BIGIP, commands);
    if (code !== 0) throw new Error(`the VTEP of the lab: ${stderr}`);
  }

  private commands(): string {
    const { device } = this;
    const [tunnel] = device.list('net/tunnels/tunnel').filter(({ name }) => name === 'fl-tunnel');
    const head = 'ip link del vtep 2>/dev/null; iptables -F INPUT';
    if (tunnel === undefined) return head;
    const profile = device
      .list('net/tunnels/vxlan')
      .find(({ fullPath }) => fullPath === tunnel['profile']);
    const local = String(tunnel['localAddress']);
    const port = Number(profile?.['port'] ?? 8472);
    const records = device.list('net/fdb/tunnel/~Common~fl-tunnel/records');
    return [
      'ip link del vtep 2>/dev/null',
      'set -e',
      `ip link add vtep address ${device.macOf('/Common/fl-tunnel')} mtu 1450 type vxlan id ${tunnel['key']} local ${local} dev eth0 dstport ${port} nolearning`,
      'ip link set vtep up',
      // A tunnel takes nothing that is not sent to its local address; a Linux device does.
      `iptables -F INPUT; iptables -A INPUT -p udp --dport ${port} ! -d ${local} -j DROP`,
      ...device
        .list('net/self')
        .filter(({ vlan }) => vlan === '/Common/fl-tunnel')
        .map(({ address }) => `ip addr add ${address} dev vtep`),
      ...records.map(
        // What is no MAC is refused by the unit as a whole, and here one by one.
        ({ name, endpoint }) => `bridge fdb replace ${name} dev vtep dst ${endpoint} self || true`,
      ),
      // A BIG-IP answers to where a packet came from (auto last hop); Linux asks by ARP, which leads nowhere here.
      ...Object.entries(this.hosts).map(
        ([address, mac]) => `ip neigh replace ${address} lladdr ${mac} dev vtep nud permanent`,
      ),
      ...device
        .list('net/arp')
        .map(
          ({ ipAddress, macAddress }) =>
            `ip neigh replace ${ipAddress} lladdr ${macAddress} dev vtep nud permanent`,
        ),
    ].join('\n');
  }
}
