import type { NodeObject } from './node-store.ts';

/** A Node as a kubelet registers it, `node-N` at 10.1.X.Y. */
export function nodeObject(n: number, parts: Partial<NodeObject['metadata']> = {}): NodeObject {
  const address = `10.1.${10 + (n >> 8)}.${n & 255}`;
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: `node-${n}`,
      labels: { 'kubernetes.io/os': 'linux', 'kubernetes.io/hostname': `node-${n}` },
      annotations: { 'node.alpha.kubernetes.io/ttl': '0' },
      ...parts,
    },
    spec: {},
    status: {
      addresses: [
        { type: 'InternalIP', address },
        { type: 'Hostname', address: `node-${n}` },
      ],
      conditions: [{ type: 'Ready', status: 'True' }],
    },
  };
}
