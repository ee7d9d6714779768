/** What flanneld writes into its subnet.env (flannel.md, "Own side"). */
export interface SubnetEnv {
  readonly network: string | null;
  /** First address of the node's subnet plus one, e.g. `10.244.10.1/24`. */
  readonly subnet: string | null;
  readonly mtu: number | null;
}

export function parseSubnetEnv(text: string): SubnetEnv {
  const values = new Map<string, string>();
  for (const line of text.split('\n')) {
    const match = /^\s*(?:export\s+)?(FLANNEL_\w+)=["']?([^"'\s]*)/.exec(line);
    if (match) values.set(match[1] ?? '', match[2] ?? '');
  }
  const mtu = Number(values.get('FLANNEL_MTU'));
  return {
    network: values.get('FLANNEL_NETWORK') || null,
    subnet: values.get('FLANNEL_SUBNET') || null,
    mtu: mtu > 0 ? mtu : null,
  };
}
