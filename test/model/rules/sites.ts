/** Valid site files, and their edits: each replaces a piece that must be there. */
export type Edit = readonly [from: string, to: string];

export const SITE = `apiVersion: flannel-bigip/v1
kind: Site
name: site-a
etcd:
  api: v3
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

export const PAIR = `${SITE}  - name: bigip-2
    subnet: 10.244.101.0/24
    publicIP: 10.1.10.246
    vtepMAC: 00:0c:29:2e:db:2f
    selfIP: 10.244.101.10
`;

export const DUAL = `${SITE.replace(
  '  SubnetLen: 24\n',
  `  SubnetLen: 24
  EnableIPv6: true
  IPv6Network: fd00:10:244::/48
  IPv6SubnetMin: "fd00:10:244:10::"
  IPv6SubnetMax: "fd00:10:244:63::"
`,
)}    ipv6Subnet: fd00:10:244:64::/64
    publicIPv6: fd00:10:1::245
    vtepMACv6: 00:0c:29:2e:db:2f
    selfIPv6: fd00:10:244:64::10
`;

export const BARE = `{
  "Network": "10.244.0.0/16",
  "SubnetMin": "10.244.10.0",
  "SubnetMax": "10.244.99.0",
  "SubnetLen": 24,
  "Backend": { "Type": "vxlan" }
}
`;

export function edited(base: string, edits: readonly Edit[]): string {
  return edits.reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`${JSON.stringify(from)} is not in:\n${text}`);
    return text.replace(from, () => to);
  }, base);
}
