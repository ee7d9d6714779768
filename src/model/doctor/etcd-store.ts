import { bigipOf, isAtSubnet, nodesOf } from '../bigip-lease.ts';
import type { EtcdApi } from '../check-network.ts';
import type { BigIp, Site } from '../site.ts';
import {
  decodeSnapshot,
  emptyPlace,
  holdsKeys,
  type LiveLease,
  type LiveState,
  type Snapshot,
} from '../snapshot.ts';
import type { CheckList } from './check.ts';
import type { Commands } from './commands.ts';
import type { EtcdReading } from './readings.ts';

/**
 * Decides which of etcd's stores flanneld lives in, and says so.
 *
 * @returns what is diagnosed from here on; null when it cannot be told
 */
export function checkStore(
  { asked, stores }: EtcdReading,
  site: Site,
  list: CheckList,
  commands: Commands,
): LiveState | null {
  const holding = stores.filter(({ snapshot }) => holdsKeys(snapshot));
  const followed = choose(stores, asked);
  if (followed === null) return undecided(holding, stores, list, commands);
  const other = holding.find((one) => one !== followed);
  const live = decodeSnapshot(followed.snapshot);
  if (other === undefined) {
    const { description, snapshot } = followed;
    if (!holdsKeys(snapshot)) {
      list.fail('etcd-store', {
        message: `${description} holds nothing of flannel's under ${emptyPlace(snapshot.prefix)}`,
        expected: `${snapshot.prefix}/config, written by apply or by hand`,
        found: 'no key at all',
        fix: [commands.own('apply')],
        advice: 'check --prefix and --endpoints first: flanneld may live under another prefix',
      });
      return live;
    }
    list.pass('etcd-store', `${description} holds flannel's keys under ${snapshot.prefix}`);
    return live;
  }
  const there = decodeSnapshot(other.snapshot);
  const [hasNodesHere, hasNodesThere] = [live, there].map(
    ({ leases }) => nodesOf(leases, site.bigips).length > 0,
  );
  if (hasNodesThere && !hasNodesHere) return wrongStore(followed, other, list, commands);
  const strays = site.bigips.filter(
    (bigip) =>
      there.leases.some((lease) => isStray(lease, bigip)) &&
      !live.leases.some((lease) => isAtSubnet(lease, bigip)),
  );
  tellOther(followed, other, strays, list, commands);
  return live;
}

/** Whether a lease is the BIG-IP's: at its subnet, and no living node's. */
function isStray(lease: LiveLease, bigip: BigIp): boolean {
  if (bigipOf(lease, [bigip]) !== undefined) return true;
  const mac = typeof lease.value === 'string' ? null : lease.value.vtepMAC;
  return isAtSubnet(lease, bigip) && mac !== null && mac === bigip.ipv4.vtepMAC;
}

/** Nodes renew their leases in the store that flanneld reads, whichever was asked for. */
function wrongStore(followed: Store, other: Store, list: CheckList, commands: Commands): null {
  const there = other.snapshot.api;
  list.fail('etcd-store', {
    message: `only the ${there} store has leases of living nodes, so flanneld here reads that, not ${followed.description}`,
    expected: `the leases of nodes in ${followed.description}`,
    found: [followed, other].map(contents).join('; '),
    fix: [commands.own(`doctor --etcd-api ${there}`)],
    advice: `${READERS}; write etcd.api: ${there} into the site file`,
  });
  return null;
}

type Store = EtcdReading['stores'][number];

/** The store that is asked for, or the only one in which flanneld can live. */
function choose(stores: readonly Store[], asked: EtcdApi): Store | null {
  const [first] = stores;
  if (first !== undefined && stores.length === 1) return first;
  const named = stores.find(({ snapshot }) => snapshot.api === asked);
  if (named !== undefined) return named;
  // A flanneld starts with nothing but a config, and its node leases expire.
  for (const isAlive of [hasConfig, hasNodes, holdsKeys]) {
    const alive = stores.filter(({ snapshot }) => isAlive(snapshot));
    if (alive.length === 1) return alive[0] ?? null;
  }
  return null;
}

function hasConfig({ config }: Snapshot): boolean {
  return config !== null;
}

function hasNodes({ leases }: Snapshot): boolean {
  return leases.some(({ expires }) => expires);
}

const READERS = 'flannel up to v0.17 reads v2, from v0.18 on v3';

function undecided(
  holding: readonly Store[],
  stores: readonly Store[],
  list: CheckList,
  commands: Commands,
): null {
  const prefix = stores[0]?.snapshot.prefix ?? '';
  const found = stores.map(contents).join('; ');
  if (holding.length === 0) {
    list.fail('etcd-store', {
      message: `neither of etcd's stores holds flannel's keys under ${emptyPlace(prefix)}`,
      expected: `${prefix}/config in one of them`,
      found,
      fix: [commands.own('apply --etcd-api v3')],
      advice: `check --prefix first; ${READERS}, so apply to the one that flanneld here reads`,
    });
    return null;
  }
  list.fail('etcd-store', {
    message: "both of etcd's stores hold a network config, and only one of them is read",
    expected: 'one store with a network config',
    found,
    fix: [commands.own('doctor --etcd-api v3'), commands.own('doctor --etcd-api v2')],
    advice: `${READERS}; write etcd.api: v2 or v3 into the site file, and take the other store's keys away once nobody reads it`,
  });
  return null;
}

/** The other store's keys are seen by no flanneld that is about. */
function tellOther(
  followed: Store,
  other: Store,
  strays: readonly BigIp[],
  list: CheckList,
  commands: Commands,
): void {
  const { api } = followed.snapshot;
  const there = other.snapshot.api;
  const found = [followed, other].map(contents).join('; ');
  if (strays.length > 0) {
    const names = strays.map(({ name }) => name).join(', ');
    list.fail('etcd-store', {
      message: `the lease of ${names} is in the ${there} store, and flanneld reads ${api}: no node sees it`,
      expected: `the lease in ${followed.description}`,
      found,
      fix: [
        commands.own(`apply --etcd-api ${api}`),
        ...strays.map(({ name }) => commands.own(`remove ${name} --etcd-api ${there}`)),
      ],
      advice: READERS,
    });
    return;
  }
  list.warn('etcd-store', {
    message: `${followed.description} is what flanneld reads, and the ${there} store holds keys of flannel's too`,
    expected: `nothing in the ${there} store once no flanneld reads it`,
    found,
    advice: `${READERS}; migrate tells whether anything there is missing here`,
  });
}

function contents({ snapshot }: Store): string {
  const { api, config, leases } = snapshot;
  return `${api}: ${config === null ? 'no config' : 'a config'}, ${leases.length} ${leases.length === 1 ? 'lease' : 'leases'}`;
}
