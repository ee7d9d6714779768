import { setTimeout as delay } from 'node:timers/promises';
import { type OpenStore, openOffered, openOther } from '../../etcd/open-store.ts';
import { readHostWith, readLinks } from '../../linux/read-host.ts';
import { formatAddress } from '../../model/address.ts';
import { DEFAULT_VXLAN_PORT } from '../../model/backends.ts';
import type { EtcdApi } from '../../model/check-network.ts';
import { effectivePort } from '../../model/compare-config.ts';
import type { CheckId } from '../../model/doctor/check.ts';
import type { EtcdReading, Reading, Readings, UnitReading } from '../../model/doctor/readings.ts';
import { probedAddresses } from '../../model/doctor/way-checks.ts';
import type { HostState, Link } from '../../model/host/state.ts';
import type { KubeNode } from '../../model/kube-node.ts';
import type { NetworkConfig } from '../../model/network-config.ts';
import { EXIT, Problem } from '../../model/problem.ts';
import { decodeSnapshot } from '../../model/snapshot.ts';
import { canAsk, type World } from '../../world.ts';
import { type ResolvedConnection, resolveConnection } from '../connection-options.ts';
import { givesKubeconfig, openNodes, readNodes } from '../kubernetes.ts';
import type { Args } from '../options.ts';
import { doctorScope } from '../scope.ts';
import type { LoadedSite } from '../site.ts';

/** Where flanneld writes what it has got, unless told otherwise. */
export const SUBNET_ENV = '/run/flannel/subnet.env';

/** Which sources are wanted at all. */
export interface Wanted {
  readonly host: boolean;
  readonly nodes: boolean;
  readonly bigips: boolean;
}

/** The sources that these checks look at; all of them where none is named. */
export function wantedFor(ids: readonly CheckId[] | null): Wanted {
  const some = (...prefixes: readonly string[]) =>
    ids === null || ids.some((id) => prefixes.some((prefix) => id.startsWith(prefix)));
  // What CIS makes of Nodes explains what the BIG-IP holds, and the host what the Nodes say.
  return {
    host: some('linux-'),
    nodes: some('nodes-', 'bigip-fdb', 'bigip-arp'),
    bigips: some('bigip-'),
  };
}

/** Reads every source that is named and wanted; one that fails is told, and stops none of the others. */
export async function readSources(
  loaded: LoadedSite,
  wanted: Wanted,
  args: Args,
  world: World,
): Promise<Readings> {
  const resolved = await connectionOf(loaded, args, world);
  const takenAt = world.now().toISOString();
  const wantsHost = wanted.host || args.on('host');
  const [etcd, links, nodes, bigips] = await Promise.all([
    attempt(() => readEtcd(resolved)),
    wantsHost ? attempt(readLinks) : skipped('it is not asked for (--only)'),
    readCluster(loaded, wanted, args, world),
    readUnits(loaded, wanted, args, world),
  ]);
  const host = await readThisHost(links, etcd, loaded, args);
  const cisVersion = args.text('cis-version') ?? loaded.site.kubernetes.cisVersion ?? null;
  return { takenAt, etcd, nodes, host, bigips, cisVersion };
}

function connectionOf(loaded: LoadedSite, args: Args, world: World): Promise<ResolvedConnection> {
  return resolveConnection(args, world, { etcd: loaded.site.etcd, folder: loaded.folder });
}

/** A source that cannot be read is a finding; wrong usage and an interrupt are not. */
async function attempt<T>(read: () => Promise<T>): Promise<Reading<T>> {
  try {
    return { state: 'read', value: await read() };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (error.exit === EXIT.usage || error.exit === EXIT.interrupted) throw error;
    return { state: 'failed', why: error.message, fix: error.fix ?? null };
  }
}

function skipped(why: string) {
  return { state: 'skipped', why } as const;
}

/** Reads every store that etcd offers: the lease may lie in the one that nobody reads. */
async function readEtcd({ connection, api, apiFrom }: ResolvedConnection): Promise<EtcdReading> {
  const isFile = connection.endpoints.some((endpoint) => endpoint.startsWith('file:'));
  const first = openOffered(connection, api, apiFrom);
  const [asked, other] = await Promise.allSettled([
    first,
    api === 'auto' || isFile ? [] : otherStore(connection, api, first),
  ]);
  const opened = [asked, other].flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
  try {
    for (const one of [asked, other]) if (one.status === 'rejected') throw one.reason;
    const stores = opened.map(({ store, snapshot }) => ({
      description: store.description,
      snapshot,
    }));
    return {
      asked: api,
      stores: stores.toSorted((a, b) => (a.snapshot.api < b.snapshot.api ? -1 : 1)),
    };
  } finally {
    for (const { store } of opened) store.close();
  }
}

/** In milliseconds: by then a request to the store that was asked for is on its way. */
const HEAD_START = 50;

/**
 * The store that was not asked for. What reads it is loaded while the one that was asked for makes its answer, not before it is asked.
 */
async function otherStore(
  connection: ResolvedConnection['connection'],
  api: EtcdApi,
  first: Promise<unknown>,
): Promise<readonly OpenStore[]> {
  const headStart = delay(HEAD_START, undefined, { ref: false });
  await Promise.race([first, headStart]).catch(() => undefined);
  return [(await openOther(connection, api)) ?? []].flat();
}

async function readCluster(
  loaded: LoadedSite,
  wanted: Wanted,
  args: Args,
  world: World,
): Promise<Reading<readonly KubeNode[]>> {
  const scope = doctorScope(args);
  if (!wanted.nodes) return skipped('it is not asked for (--only)');
  if (!scope.nodes) return skipped('it is out of scope (--scope)');
  if (!givesKubeconfig(args, world, loaded) && !scope.isNamed('nodes')) {
    return skipped('no kubeconfig is named (--kubeconfig, KUBECONFIG, kubernetes.kubeconfig)');
  }
  return attempt(async () => readNodes(await openNodes(args, world, loaded), null, loaded, world));
}

async function readUnits(
  loaded: LoadedSite,
  wanted: Wanted,
  args: Args,
  world: World,
): Promise<readonly UnitReading[]> {
  const { bigips } = loaded.site;
  const scope = doctorScope(args);
  const why = !wanted.bigips
    ? 'it is not asked for (--only)'
    : scope.bigip
      ? null
      : 'it is out of scope (--scope)';
  const managed = bigips.filter(({ management }) => management !== null);
  if (why === null && managed.length > 0 && !hasLogin(args, world) && !scope.isNamed('bigip')) {
    const login = 'there is no login for it (BIGIP_USERNAME, BIGIP_PASSWORD)';
    return bigips.map(({ name }) => ({ name, device: skipped(login) }));
  }
  if (why !== null || managed.length === 0) {
    const because = why ?? 'the site file does not say how it is managed (management.url)';
    return bigips.map(({ name }) => ({ name, device: skipped(because) }));
  }
  const [{ readDevice }, { unitsOf, withDevices }] = await Promise.all([
    import('../../bigip/read-device.ts'),
    import('../bigip/units.ts'),
  ]);
  return withDevices(loaded, args, world, async (devices) => {
    await devices.login();
    return Promise.all(
      bigips.map(async (bigip): Promise<UnitReading> => {
        const { name, management } = bigip;
        if (management === null) {
          const device = skipped('the site file does not say how it is managed (management.url)');
          return { name, device };
        }
        const device = await attempt(async () => {
          const [unit] = unitsOf([bigip]);
          if (unit === undefined) throw new Error('no unit');
          const client = await devices.open(unit);
          return readDevice(client, management.names, { withMac: true });
        });
        return { name, device };
      }),
    );
  });
}

/** Whether somebody logs in, or can be asked. */
function hasLogin(args: Args, world: World): boolean {
  if (canAsk(world)) return true;
  const hasPassword = world.env['BIGIP_PASSWORD'] || args.text('bigip-password-file');
  return Boolean(world.env['BIGIP_USERNAME'] && hasPassword);
}

/** This host, where it is a node of the network; `--host` says that it must be. */
async function readThisHost(
  links: Reading<readonly Link[]>,
  etcd: Reading<EtcdReading>,
  { site }: LoadedSite,
  args: Args,
): Promise<Reading<HostState>> {
  if (links.state === 'skipped') return links;
  const isNode = links.state === 'read' && isNodeOf(links.value, etcd);
  if (!isNode && !args.on('host')) {
    return skipped(
      'this host is no node of the network: it has no flannel device (--host insists)',
    );
  }
  if (links.state === 'failed') return links;
  const subnetEnv = args.text('subnet-env') ?? SUBNET_ENV;
  const port = effectivePort(liveConfig(etcd) ?? site.network.config) || DEFAULT_VXLAN_PORT;
  const probes = probedAddresses(site.bigips);
  return attempt(() => readHostWith(links.value, { subnetEnv, probes, port }));
}

/** The config of the store that has one; where both have, it matters to nobody yet. */
function liveConfig(etcd: Reading<EtcdReading>): NetworkConfig | null {
  if (etcd.state !== 'read') return null;
  const states = etcd.value.stores.map(({ snapshot }) =>
    decodeSnapshot({ ...snapshot, leases: [] }),
  );
  return states.find(({ config }) => config !== null)?.config ?? null;
}

function isNodeOf(links: readonly Link[], etcd: Reading<EtcdReading>): boolean {
  if (links.some(({ name, vxlan }) => vxlan && /^flannel(-v6)?\.\d+$/.test(name))) return true;
  if (etcd.state !== 'read') return false;
  const own = links
    .flatMap(({ addresses }) => addresses.map((one) => one.address))
    .filter((address) => address.includes('.') && !address.startsWith('127.'));
  return etcd.value.stores.some(({ snapshot }) => {
    // A flanneld writes its address as text: what has none of these need not be decoded.
    const leases = snapshot.leases.filter(({ value }) => own.some((one) => value.includes(one)));
    return decodeSnapshot({ ...snapshot, leases }).leases.some(
      ({ value, stored }) =>
        stored.expires &&
        typeof value !== 'string' &&
        value.publicIP !== null &&
        own.includes(formatAddress(4, value.publicIP)),
    );
  });
}
