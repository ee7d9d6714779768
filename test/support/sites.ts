/** The site of most end-to-end tests: one BIG-IP beside a range that leaves its subnet out. */
export const SITE = `apiVersion: flannel-bigip/v1
kind: Site
name: site-a
network:
  Network: 10.244.0.0/16
  SubnetMin: 10.244.10.0
  SubnetMax: 10.244.99.0
  SubnetLen: 24
  Backend: { Type: vxlan }
bigips:
  - name: bigip-1
    subnet: 10.244.100.0/24
    publicIP: 10.1.10.245
    vtepMAC: 00:0c:29:2e:db:2e
    selfIP: 10.244.100.10
`;

/** The same with a second unit. */
export const PAIR = `${SITE}  - name: bigip-2
    subnet: 10.244.101.0/24
    publicIP: 10.1.10.246
    vtepMAC: 00:0c:29:2e:db:3e
    selfIP: 10.244.101.10
`;

export const PREFIX = '/coreos.com/network';

export const CONFIG_VALUE =
  '{"Network":"10.244.0.0/16","SubnetMin":"10.244.10.0","SubnetMax":"10.244.99.0","SubnetLen":24,"Backend":{"Type":"vxlan"}}';

export const LEASE_VALUE =
  '{"PublicIP":"10.1.10.245","BackendType":"vxlan","BackendData":{"VtepMAC":"00:0c:29:2e:db:2e"}}';

/** A node's lease as flanneld writes it. */
export function nodeLease(publicIP: string, mac: string): string {
  return JSON.stringify({
    PublicIP: publicIP,
    BackendType: 'vxlan',
    BackendData: { VNI: 1, VtepMAC: mac },
  });
}
