import { formatAddress } from '../address.ts';
import { isAtSubnet } from '../bigip-lease.ts';
import type { NetworkConfig } from '../network-config.ts';
import type { BigIp, Site } from '../site.ts';
import type { LiveState } from '../snapshot.ts';
import type { CheckedNode } from './check-tables.ts';
import { checkTables } from './check-tables.ts';
import { desiredDevice, LOCAL_ONLY } from './desired.ts';
import type { DeviceFinding } from './device-finding.ts';
import { ownSelfIp, planDevice } from './device-plan.ts';
import { type DeviceState, profileInUse, routed, type SelfIp } from './objects.ts';

export interface DeviceCheck {
  readonly site: Site;
  readonly bigip: BigIp;
  readonly state: DeviceState;
  readonly live: LiveState;
  /** Null when Kubernetes is not looked at. */
  readonly nodes: readonly CheckedNode[] | null;
  /** e.g. `2.16.1`; null when it is not known. */
  readonly cisVersion: string | null;
}

/** Holds a unit against network config, leases and Nodes; what is most at fault comes first. */
export function checkDevice(check: DeviceCheck): DeviceFinding[] {
  const { bigip, site, state, live } = check;
  // What flanneld works with counts, whatever the site file says.
  const config = live.config ?? site.network.config;
  const desired = desiredDevice(bigip, config);
  const plan = planDevice(desired, state);
  const also = plan.problems.filter(({ rule }) =>
    ['configsync-carries-tunnels', 'local-address-no-self-ip', 'tunnel-twin'].includes(rule),
  );
  return [
    ...checkLease(check),
    ...(state.tunnel === null ? [noTunnel(desired.tunnel.path)] : checkTunnel(check, config)),
    ...(state.tunnel === null ? [] : checkSelfIp(desired.selfIp, state)),
    ...also.map(({ severity, ...rest }) => ({
      ...rest,
      severity: state.tunnel === null ? severity : ('warning' as const),
    })),
    ...(state.tunnel === null ? [] : checkTables(check)),
  ];
}

function error(
  rule: DeviceFinding['rule'],
  object: string | null,
  message: string,
  effect: string,
  fix: string,
): DeviceFinding {
  return { rule, severity: 'error', message, effect, fix, object };
}

const ALL_TRAFFIC = 'all traffic between pods and this BIG-IP';

function leaseOf({ bigip, live }: DeviceCheck) {
  return live.leases.find((lease) => isAtSubnet(lease, bigip));
}

function checkLease(check: DeviceCheck): DeviceFinding[] {
  const lease = leaseOf(check);
  if (lease !== undefined && typeof lease.value !== 'string') return [];
  const what = lease === undefined ? 'etcd has no lease' : 'flannel cannot read the lease';
  const message = `${what} for ${check.bigip.name}`;
  return [error('bigip-lease-missing', null, message, ALL_TRAFFIC, 'run flannel-bigip apply')];
}

function noTunnel(path: string): DeviceFinding {
  const message = `there is no tunnel ${path}`;
  return error('tunnel-missing', path, message, ALL_TRAFFIC, 'run flannel-bigip bigip apply');
}

const ANEW = 'run flannel-bigip bigip apply --replace';

function checkTunnel(check: DeviceCheck, config: NetworkConfig): DeviceFinding[] {
  const { bigip, state } = check;
  const { tunnel, mac } = state;
  const profile = profileInUse(state);
  if (tunnel === null) return [];
  const value = leaseOf(check)?.value;
  const lease = typeof value === 'string' ? undefined : value;
  const desired = desiredDevice(bigip, config);
  const port = desired.profile.port;
  const routeDomain = desired.names.routeDomain;
  const publicIP = lease?.publicIP ? routed(formatAddress(4, lease.publicIP), routeDomain) : null;
  const findings: DeviceFinding[] = [];
  const say = (...of: Parameters<typeof error>) => findings.push(error(...of));
  if (tunnel.key !== desired.tunnel.key) {
    const message = `the key of ${tunnel.path} is ${tunnel.key}, flannel's VNI is ${desired.tunnel.key}`;
    say('tunnel-key', tunnel.path, message, `${ALL_TRAFFIC}, in both directions`, ANEW);
  }
  if (profile !== null && profile.port !== port) {
    const message = `the port of ${profile.path} is ${profile.port}, flannel's is ${port}`;
    const fix = 'run flannel-bigip bigip apply';
    say('tunnel-port', profile.path, message, `${ALL_TRAFFIC}, in both directions`, fix);
  }
  if (profile !== null && profile.flooding !== 'none') {
    findings.push({
      rule: 'tunnel-flooding',
      severity: 'warning',
      message: `${profile.path} floods by ${profile.flooding}; CIS and fdb sync fill its tables, so it is to be none`,
      effect: 'packets to unknown MACs go to nobody, or to everybody',
      fix: ANEW,
      object: profile.path,
    });
  }
  if (publicIP !== null && tunnel.localAddress !== publicIP) {
    const message = `the local address of ${tunnel.path} is ${tunnel.localAddress}, the lease's PublicIP is ${publicIP}`;
    const fix = `${ANEW}, or flannel-bigip bigip import and apply where the tunnel is right`;
    say('tunnel-local-address', tunnel.path, message, 'packets from pods to this BIG-IP', fix);
  }
  if (lease?.vtepMAC && mac !== null && mac !== lease.vtepMAC) {
    const message = `the MAC of ${tunnel.path} is ${mac}, the lease says ${lease.vtepMAC}`;
    const fix = 'run flannel-bigip bigip import, then flannel-bigip apply';
    say('tunnel-mac', tunnel.path, message, 'packets from pods to this BIG-IP', fix);
  }
  return findings;
}

function checkSelfIp(
  wanted: (SelfIp & { path: string }) | null,
  state: DeviceState,
): DeviceFinding[] {
  if (wanted === null) return [];
  const fix = 'run flannel-bigip bigip apply';
  const live = ownSelfIp(wanted, state);
  if (live === undefined) {
    const message = `the self IP ${wanted.address} is not on ${wanted.vlan}`;
    return [error('self-ip-missing', wanted.address, message, ALL_TRAFFIC, fix)];
  }
  const [length, needed] = [live.address, wanted.address].map((text) => Number(text.split('/')[1]));
  const findings: DeviceFinding[] = [];
  if (Number(length) > Number(needed)) {
    const message = `the mask of ${live.path} is /${length} and does not cover flannel's Network, /${needed}`;
    const effect = 'packets from this BIG-IP to pods of other nodes leave by the default route';
    findings.push(error('self-ip-mask', live.path, message, effect, fix));
  } else if (length !== needed) {
    const message = `the mask of ${live.path} is /${length}, flannel's Network has /${needed}`;
    const effect = 'packets to addresses beyond it go into the tunnel';
    findings.push({
      rule: 'self-ip-mask',
      severity: 'warning',
      message,
      effect,
      fix,
      object: live.path,
    });
  }
  if (live.allowService !== 'none') {
    const message = `${live.path} allows ${live.allowService}`;
    const effect = "every pod reaches these services of the BIG-IP's own";
    findings.push({
      rule: 'self-ip-open',
      severity: 'warning',
      message,
      effect,
      fix,
      object: live.path,
    });
  }
  if (live.trafficGroup !== LOCAL_ONLY) {
    const message = `${live.path} is in ${live.trafficGroup}, so it moves to the peer at failover, and the lease does not`;
    const effect = 'all traffic through it after a failover';
    findings.push(error('self-ip-floating', live.path, message, effect, fix));
  }
  return findings;
}
