import { contains, parseAddress, type Subnet } from '../address.ts';
import { firstOf } from '../first-of.ts';
import type { DesiredDevice } from './desired.ts';
import type { DeviceFinding } from './device-finding.ts';
import { emptying, ownSelfIp, removal } from './device-plan.ts';
import {
  bareName,
  cisEntries,
  type DeviceState,
  isOwnEntry,
  plainAddress,
  selfIpsOn,
} from './objects.ts';
import type { DeviceStep, Values } from './step.ts';
import { holds } from './step.ts';

/** A member of a pool (`ltm pool`). */
export interface PoolMember {
  /** Full path of the pool. */
  readonly pool: string;
  readonly address: string;
}

/** What goes when a unit is to be no VTEP any more. */
export interface RemovalPlan {
  readonly steps: readonly DeviceStep[];
  readonly problems: readonly DeviceFinding[];
}

/**
 * What `bigip apply` made, in the order in which a BIG-IP lets it go. What is not as the site file
 * declares it was made by somebody else: it stays unless `force` says otherwise.
 *
 * @param network flannel's Network, whose addresses CIS's entries and pools may use
 */
export function planDeviceRemoval(
  desired: DesiredDevice,
  state: DeviceState,
  members: readonly PoolMember[],
  network: Subnet | null,
  force: boolean,
): RemovalPlan {
  const { tunnel } = state;
  const users = state.otherTunnels.filter(({ profile }) => profile === desired.profile.path);
  const profile = users.length === 0 ? state.profile : null;
  const selfIp = desired.selfIp && ownSelfIp(desired.selfIp, state);
  const steps = [
    ...(selfIp ? [removal('self-ip', selfIp)] : []),
    ...state.arp.filter(isOwnEntry).map((one) => removal('arp-entry', one)),
    ...(tunnel ? [...emptying(tunnel.path, state.fdb), removal('tunnel', tunnel)] : []),
    ...(profile ? [removal('profile', profile)] : []),
  ];
  const strange = force ? [] : strangers(desired, state, profile !== null);
  const problems = [...usesOf(state, members, network), ...othersOn(state, desired), ...strange];
  return { steps: steps.length === 0 ? [] : steps, problems: steps.length === 0 ? [] : problems };
}

/** CIS or pools that would lose their way. */
function usesOf(
  state: DeviceState,
  members: readonly PoolMember[],
  network: Subnet | null,
): DeviceFinding[] {
  if (state.tunnel === null) return [];
  const isPods = (text: string) => {
    const address = parseAddress(plainAddress(text));
    return address?.family === 4 && network !== null && contains(network, address.value);
  };
  const entries = cisEntries(state).filter(({ ipAddress }) => isPods(ipAddress));
  const pools = new Set(members.filter(({ address }) => isPods(address)).map(({ pool }) => pool));
  const path = state.tunnel.path;
  return [
    ...(entries.length === 0
      ? []
      : [
          inUse(
            `CIS keeps ${entries.length} ARP ${entries.length === 1 ? 'entry' : 'entries'} for pods behind it, e.g. ${bareName(entries[0]?.path ?? '')}`,
            'take the services that CIS exposes away and stop CIS; entries that stay behind are deleted with tmsh delete net arp',
            path,
          ),
        ]),
    ...(pools.size === 0
      ? []
      : [
          inUse(
            `pools have members behind it: ${firstOf([...pools], 3)}`,
            'remove these members first',
            path,
          ),
        ]),
  ];
}

function inUse(what: string, fix: string, path: string): DeviceFinding {
  const message = `${path} is in use: ${what}`;
  return { rule: 'tunnel-in-use', severity: 'error', message, fix, object: path };
}

function othersOn(state: DeviceState, { selfIp }: DesiredDevice): DeviceFinding[] {
  const own = selfIp && ownSelfIp(selfIp, state);
  return selfIpsOn(state)
    .filter((one) => one !== own)
    .map((one) =>
      inUse(
        `${one.path} (${one.address}) is on it, which the site file does not declare`,
        'remove it first',
        state.tunnel?.path ?? '',
      ),
    );
}

function strangers(
  desired: DesiredDevice,
  state: DeviceState,
  withProfile: boolean,
): DeviceFinding[] {
  const differing = [
    ...(state.tunnel && !isAs(state.tunnel, desired.tunnel) ? [state.tunnel.path] : []),
    ...(withProfile && state.profile && !isAs(state.profile, desired.profile)
      ? [state.profile.path]
      : []),
  ];
  return differing.map((path) => ({
    rule: 'object-differs',
    severity: 'error',
    message: `${path} is not as the site file declares it, so somebody else may have made it`,
    fix: 'see bigip diff; pass --force to remove it all the same',
    object: path,
  }));
}

function isAs(live: object, wanted: object): boolean {
  const { path: _, ...values } = wanted as { path: string } & Values;
  return holds(values, live as Values);
}
