import type { Keyspace } from '../support/keyspace.ts';
import { CONFIG_VALUE, LEASE_VALUE, nodeLease, PAIR, PREFIX } from '../support/sites.ts';

export type Api = 'v2' | 'v3';

/** What both of etcd's stores hold. */
export type Stores = Readonly<Record<Api, Keyspace>>;

/** A writing command and what it is to make of etcd. */
export interface Scenario {
  readonly name: string;
  readonly args: readonly string[];
  /** How it is run again after it was stopped; like `args` where absent. */
  readonly again?: readonly string[];
  readonly before: Stores;
  readonly after: Stores;
  /**
   * A command that is run beforehand, on these stores, and leaves a file; on the stores of `before`
   * where absent, which ties it to their revisions.
   */
  readonly first?: { readonly args: readonly string[]; readonly stores?: Stores };
}

/** The site file that every scenario has in its folder. */
export const SITE_FILE = PAIR;

const CONFIG = `${PREFIX}/config`;
const subnet = (n: number) => `${PREFIX}/subnets/10.244.${n}.0-24`;
const kept = (value: string) => ({ value, expires: false });
const leaseOf = (n: number, mac: string) =>
  kept(LEASE_VALUE.replace('10.1.10.245', `10.1.10.${n}`).replace('2e:db:2e', mac));

const only = (keys: Keyspace, ...names: readonly string[]): Keyspace =>
  Object.fromEntries(Object.entries(keys).filter(([key]) => names.includes(key)));

const NODE_VALUE = nodeLease('10.1.10.151', '5a:7d:2e:91:0c:44');
const NODE = { [subnet(23)]: { value: NODE_VALUE, expires: true } };
const SECOND_NODE = {
  [subnet(24)]: { value: nodeLease('10.1.10.152', '5a:7d:2e:91:0c:45'), expires: true },
};

/** Keys of other people: beside the network, in another network, and odd ones. */
const OTHERS: Keyspace = {
  '/somebody/else': kept('untouched'),
  '/coreos.com/network2/config': kept('{"Network":"10.99.0.0/16"}'),
  '/coreos.com/network2/subnets/10.244.100.0-24': kept(LEASE_VALUE),
};
const FOREIGN: Keyspace = { ...OTHERS, ...NODE };

const WANTED: Keyspace = {
  ...FOREIGN,
  [CONFIG]: kept(CONFIG_VALUE),
  [subnet(100)]: leaseOf(245, '2e:db:2e'),
  [subnet(101)]: leaseOf(246, '2e:db:3e'),
};
/** As `WANTED`, with another config and other MACs and addresses. */
const DIFFERENT: Keyspace = {
  ...FOREIGN,
  [CONFIG]: kept(
    '{"Network":"10.244.0.0/16","SubnetMax":"10.244.99.0","Backend":{"Type":"vxlan"}}',
  ),
  [subnet(100)]: leaseOf(247, '2e:db:98'),
  [subnet(101)]: leaseOf(248, '2e:db:99'),
};
const SURPLUS = { [subnet(102)]: leaseOf(249, '2e:db:4e') };

/** Every command that writes, on one of the stores; the other one must stay as it is. */
export function scenarios(api: Api): readonly Scenario[] {
  const other = api === 'v2' ? 'v3' : 'v2';
  const stores = (here: Keyspace, there: Keyspace = OTHERS): Stores =>
    api === 'v2' ? { v2: here, v3: there } : { v2: there, v3: here };
  const one = ['--etcd-api', api];
  return [
    {
      name: 'apply to nothing',
      args: ['apply', '--yes', ...one],
      before: stores(FOREIGN),
      after: stores(WANTED),
    },
    {
      name: 'apply over other values',
      args: ['apply', '--yes', ...one],
      before: stores(DIFFERENT),
      after: stores(WANTED),
    },
    {
      name: 'apply --prune',
      args: ['apply', '--prune', '--yes', ...one],
      before: stores({ ...DIFFERENT, ...SURPLUS }),
      after: stores(WANTED),
    },
    {
      name: 'apply --rewrite',
      args: ['apply', '--rewrite', '--yes', ...one],
      before: stores(WANTED),
      after: stores(WANTED),
    },
    {
      name: 'apply --plan',
      first: { args: ['diff', '--save', 'plan.json', ...one] },
      args: ['apply', '--plan', 'plan.json', ...one],
      before: stores(DIFFERENT),
      after: stores(WANTED),
    },
    {
      name: 'remove',
      args: ['remove', 'bigip-1', 'bigip-2', '--yes', ...one],
      again: ['remove', 'bigip-1', 'bigip-2', '--yes', '--ignore-not-found', ...one],
      before: stores(WANTED),
      after: stores({ ...FOREIGN, [CONFIG]: kept(CONFIG_VALUE) }),
    },
    {
      name: 'restore --include-nodes',
      first: { args: ['backup', 'kept.json', ...one], stores: stores(WANTED) },
      args: ['restore', 'kept.json', '--include-nodes', '--yes', ...one],
      before: stores({ ...OTHERS, ...only(DIFFERENT, CONFIG, subnet(100)) }),
      after: stores(WANTED),
    },
    {
      name: `migrate --from ${other} --to ${api}`,
      args: ['migrate', '--from', other, '--to', api, '--yes'],
      before: stores(OTHERS, { ...WANTED, ...SECOND_NODE }),
      after: stores({ ...WANTED, ...SECOND_NODE }, { ...WANTED, ...SECOND_NODE }),
    },
    {
      name: `migrate --retire ${api}`,
      args: ['migrate', '--retire', api, '--yes'],
      before: stores({ ...OTHERS, ...only(WANTED, CONFIG, subnet(100)) }, WANTED),
      after: stores(OTHERS, WANTED),
    },
  ];
}
