import { describe, expect, it } from 'vitest';
import { changing, planAnnotations, planRemoval } from '../../src/model/annotate.ts';
import { annotationsOf, PUBLIC_IP } from '../../src/model/annotations.ts';
import type { KubeNode } from '../../src/model/kube-node.ts';
import type { MatchOptions } from '../../src/model/match-nodes.ts';
import type { StoredKey } from '../../src/model/snapshot.ts';
import { BIGIP_KEY, node as lease, liveOf, RESERVATION, reservation, siteOf } from './snapshots.ts';

function kubeNode(n: number, parts: Partial<KubeNode> = {}): KubeNode {
  return {
    name: `node-${n}`,
    resourceVersion: String(n),
    internalIPs: [`10.1.10.${n}`],
    externalIPs: [],
    labels: {},
    annotations: {},
    isReady: true,
    noExecute: [],
    ...parts,
  };
}

const macOf = (n: number) => `0a:00:00:00:00:${n.toString(16).padStart(2, '0')}`;

function plan(
  nodes: readonly KubeNode[],
  leases: readonly StoredKey[],
  options: Partial<MatchOptions> = {},
) {
  const all = { bigips: siteOf().bigips, map: {}, isPartial: false, ...options };
  return planAnnotations(nodes, liveOf({ leases }).leases, all);
}

const matches = (result: ReturnType<typeof plan>) =>
  result.nodes.map(({ name, lease: of }) => [name, of]);
const rules = (result: ReturnType<typeof plan>) =>
  result.problems.map(({ rule, severity, node, key }) => [
    rule,
    severity,
    node ?? key?.replace(/^.*\//, ''),
  ]);

describe('a lease', () => {
  it.each([
    ['an InternalIP', { internalIPs: ['10.9.9.9', '10.1.10.21'] }],
    ['an ExternalIP', { internalIPs: ['10.9.9.9'], externalIPs: ['10.1.10.21'] }],
    [
      'the present annotation',
      { internalIPs: ['10.9.9.9'], annotations: { [PUBLIC_IP]: '10.1.10.21' } },
    ],
  ])('is matched to the Node that has its public IP as %s', (_, parts) => {
    expect(matches(plan([kubeNode(21, parts)], [lease(21)]))).toEqual([
      ['node-21', '10.244.21.0-24'],
    ]);
  });

  it("is matched by the site file's map where nothing else tells", () => {
    const nodes = [kubeNode(21, { internalIPs: ['10.9.9.9'] })];
    const map = { 'node-21': '10.1.10.21', toString: '10.1.10.22' };
    expect(matches(plan(nodes, [lease(21)], { map }))).toEqual([['node-21', '10.244.21.0-24']]);
  });

  it('is matched by an InternalIP before anything else that would lead elsewhere', () => {
    const parts = { externalIPs: ['10.1.10.22'], annotations: { [PUBLIC_IP]: '10.1.10.22' } };
    const result = plan([kubeNode(21, parts)], [lease(21), lease(22)], {
      map: { 'node-21': '10.1.10.22' },
    });
    expect(matches(result)).toEqual([['node-21', '10.244.21.0-24']]);
    expect(rules(result)).toEqual([['lease-without-node', 'warning', '10.244.22.0-24']]);
  });

  it("of a BIG-IP is no node's, even where it expires", () => {
    for (const own of [
      reservation(BIGIP_KEY, RESERVATION),
      { ...reservation(BIGIP_KEY, RESERVATION), expires: true },
    ]) {
      expect(plan([], [own])).toEqual({ nodes: [], problems: [] });
    }
  });

  it('that never expires is a node’s all the same when a Node has its public IP', () => {
    const kept = { ...lease(21), expires: false };
    expect(matches(plan([kubeNode(21)], [kept, reservation('10.244.7.0-24', '{}')]))).toEqual([
      ['node-21', '10.244.21.0-24'],
    ]);
  });

  it.each([
    ['of another backend', { BackendType: 'udp' }],
    ['without a MAC', { BackendData: {} }],
    ['with a multicast MAC', { BackendData: { VtepMAC: '01:00:5e:00:00:01' } }],
    ['with a MAC of zeroes', { BackendData: { VtepMAC: '00:00:00:00:00:00' } }],
    ['that is no JSON', 'x'],
  ])('%s is told and matched to nobody', (_, value) => {
    const result = plan([kubeNode(21)], [lease(21, value)]);
    expect(result.nodes).toEqual([]);
    expect(rules(result)).toEqual([
      ['node-without-lease', 'warning', 'node-21'],
      ['lease-without-node', 'warning', '10.244.21.0-24'],
    ]);
  });
});

describe('what cannot be told', () => {
  it('is an error when two Nodes have one public IP', () => {
    const twin = kubeNode(22, { internalIPs: ['10.1.10.21'] });
    const result = plan([kubeNode(21), twin, kubeNode(23)], [lease(21), lease(23)]);
    expect(rules(result)).toEqual([['public-ip-shared', 'error', 'node-21']]);
    expect(matches(result)).toEqual([['node-23', '10.244.23.0-24']]);
  });

  it('is an error when two Nodes have one MAC', () => {
    const twin = lease(22, { BackendData: { VtepMAC: macOf(21) } });
    const result = plan([kubeNode(21), kubeNode(22)], [lease(21), twin]);
    expect(rules(result)).toEqual([['vtep-mac-shared', 'error', 'node-21']]);
    expect(result.nodes).toEqual([]);
  });

  it('is an error when the addresses of a Node lead to two leases', () => {
    const both = kubeNode(21, { internalIPs: ['10.1.10.21', '10.1.10.22'] });
    const same = lease(23, { PublicIP: '10.1.10.24' });
    const again = lease(24, { PublicIP: '10.1.10.24' });
    const result = plan([both, kubeNode(24)], [lease(21), lease(22), same, again]);
    expect(rules(result)).toEqual([
      ['node-ambiguous', 'error', 'node-21'],
      ['node-ambiguous', 'error', 'node-24'],
    ]);
    expect(result.nodes).toEqual([]);
  });

  it('is named: Nodes without a lease, and leases without a Node unless only some Nodes are looked at', () => {
    const [nodes, leases] = [[kubeNode(21)], [lease(22)]];
    expect(rules(plan(nodes, leases))).toEqual([
      ['node-without-lease', 'warning', 'node-21'],
      ['lease-without-node', 'warning', '10.244.22.0-24'],
    ]);
    expect(rules(plan(nodes, leases, { isPartial: true }))).toEqual([
      ['node-without-lease', 'warning', 'node-21'],
    ]);
  });
});

describe('the plan', () => {
  it('says of each Node what is and what is to be, by name', () => {
    const right = kubeNode(22, { annotations: annotationsOf('10.1.10.22', macOf(22)) });
    const stale = kubeNode(21, { annotations: annotationsOf('10.1.10.21', macOf(99)) });
    const result = plan([right, stale], [lease(21), lease(22)]);

    expect(result.nodes).toEqual([
      {
        name: 'node-21',
        publicIP: '10.1.10.21',
        macNow: macOf(99),
        macWanted: macOf(21),
        lease: '10.244.21.0-24',
        isReady: true,
        changes: [
          {
            annotation: 'flannel.alpha.coreos.com/backend-data',
            before: `{"VtepMAC":"${macOf(99)}"}`,
            after: `{"VtepMAC":"${macOf(21)}"}`,
          },
        ],
      },
      {
        name: 'node-22',
        publicIP: '10.1.10.22',
        macNow: macOf(22),
        macWanted: macOf(22),
        lease: '10.244.22.0-24',
        isReady: true,
        changes: [],
      },
    ]);
    expect(changing(result).map(({ name }) => name)).toEqual(['node-21']);
  });

  it('says that CIS keeps ARP entries of a Ready Node whose MAC changes, once', () => {
    const stale = (n: number, isReady: boolean | null) =>
      kubeNode(n, { isReady, annotations: annotationsOf(`10.1.10.${n}`, macOf(99)) });
    const nodes = [stale(21, true), stale(22, null), stale(23, false), kubeNode(24)];
    const { problems } = plan(
      nodes,
      [21, 22, 23, 24].map((n) => lease(n)),
    );

    expect(problems).toEqual([
      {
        rule: 'stale-arp-entry',
        severity: 'warning',
        message:
          'the MAC of node-21, node-22 changes while it is Ready: CIS keeps the ARP entries of its pods with the old one',
        fix: expect.stringContaining('rollout restart'),
        node: 'node-21',
        key: null,
      },
    ]);
  });

  it('of a removal takes off what is there of the four, and nothing else', () => {
    const annotations = { [PUBLIC_IP]: '10.1.10.21', 'example.org/mine': 'x' };
    const { nodes } = planRemoval([kubeNode(22), kubeNode(21, { annotations })]);

    expect(nodes.map(({ name, changes }) => [name, changes])).toEqual([
      ['node-21', [{ annotation: PUBLIC_IP, before: '10.1.10.21', after: null }]],
      ['node-22', []],
    ]);
  });
});
