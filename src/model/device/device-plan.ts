import type { DesiredDevice } from './desired.ts';
import type { DeviceFinding } from './device-finding.ts';
import {
  type DeviceState,
  type FdbRecord,
  type Named,
  type Profile,
  plainAddress,
  type SelfIp,
  selfIpsOn,
  type Tunnel,
} from './objects.ts';
import type { DeviceStep, Values } from './step.ts';

/** What has to change on a unit so that it is the VTEP that the site declares. */
export interface DevicePlan {
  /** In an order in which each may be the last. */
  readonly steps: readonly DeviceStep[];
  /** Errors forbid the steps. */
  readonly problems: readonly DeviceFinding[];
  /** Why the tunnel has to be made anew; null when it has not. */
  readonly recreate: string | null;
  /** The FDB records that a tunnel made anew gets back. */
  readonly records: readonly FdbRecord[];
}

export interface DevicePlanOptions {
  /** Whether config-sync of tunnels is to be switched off. */
  readonly disableConfigsync?: boolean;
  /** Records that a run which was cut off took away. */
  readonly lostRecords?: readonly FdbRecord[];
}

export const CONFIGSYNC = 'iptunnel.configsync';

/** Compares a unit with what it is to hold. Pure: the same input gives the same steps. */
export function planDevice(
  desired: DesiredDevice,
  state: DeviceState,
  options: DevicePlanOptions = {},
): DevicePlan {
  const recreate = recreation(desired, state);
  const records = mergeRecords(state.fdb, options.lostRecords ?? []);
  const steps = [
    ...configsyncSteps(state, options),
    ...(recreate === null ? [] : teardown(state)),
    ...profileSteps(desired, state),
    ...tunnelSteps(desired, recreate === null ? state.tunnel : null),
    ...selfIpSteps(desired, state, recreate !== null),
    ...recordSteps(desired, recreate === null ? state.fdb : [], records),
  ];
  const problems = [
    ...configsyncProblems(state, options, recreate !== null),
    ...profileProblems(desired, state, steps),
    ...tunnelProblems(desired, state),
    ...selfIpProblems(desired, state, recreate !== null),
    ...localAddressProblems(desired, state),
  ];
  return { steps, problems, recreate, records };
}

/** Whether nothing is to be done and nothing is wrong. */
export function isUnitTrue({ steps, problems }: DevicePlan): boolean {
  return steps.length === 0 && problems.every(({ severity }) => severity !== 'error');
}

/** Both lists' records by MAC; of two with one MAC the first list's counts. */
export function mergeRecords(
  first: readonly FdbRecord[],
  second: readonly FdbRecord[],
): readonly FdbRecord[] {
  const known = new Set(first.map(({ mac }) => mac));
  const all = [...first, ...second.filter(({ mac }) => !known.has(mac))];
  return all.toSorted((a, b) => (a.mac < b.mac ? -1 : 1));
}

/** What a tunnel was made with and cannot be changed in it. */
function recreation({ tunnel, profile }: DesiredDevice, state: DeviceState): string | null {
  const live = state.tunnel;
  if (live === null) return null;
  const reasons = [
    ...(live.key === tunnel.key ? [] : [`its key is ${live.key} instead of ${tunnel.key}`]),
    ...(live.localAddress === tunnel.localAddress
      ? []
      : [`its local address is ${live.localAddress} instead of ${tunnel.localAddress}`]),
    ...(live.profile === tunnel.profile
      ? []
      : [`its profile is ${live.profile} instead of ${tunnel.profile}`]),
  ];
  const used = live.profile === profile.path ? state.profile : null;
  if (used !== null && used.flooding !== profile.flooding) {
    reasons.push(`its profile floods by ${used.flooding} instead of ${profile.flooding}`);
  }
  return reasons.length === 0 ? null : reasons.join(', ');
}

function valuesOf<T extends object>({ path: _, ...values }: Named<T>): Values {
  return values as Values;
}

function configsyncSteps(state: DeviceState, options: DevicePlanOptions): DeviceStep[] {
  if (!options.disableConfigsync || state.configsync !== true) return [];
  const [before, after] = [{ value: 'enable' }, { value: 'disable' }];
  return [{ action: 'update', target: 'db', path: CONFIGSYNC, before, after }];
}

/** Takes a tunnel away with what is on it; the records go first, as F5's own scripts do it. */
function teardown(state: DeviceState): DeviceStep[] {
  const { tunnel } = state;
  if (tunnel === null) return [];
  return [
    ...selfIpsOn(state).map((one) => removal('self-ip', one)),
    ...emptying(tunnel.path, state.fdb),
    removal('tunnel', tunnel),
  ];
}

/** The step that takes an object away. */
export function removal(
  target: 'self-ip' | 'tunnel' | 'profile' | 'arp-entry',
  object: Named<object>,
): DeviceStep {
  return { action: 'delete', target, path: object.path, before: valuesOf(object), after: null };
}

/** The step that empties a tunnel's FDB; none when it is empty. */
export function emptying(tunnel: string, fdb: readonly FdbRecord[]): DeviceStep[] {
  if (fdb.length === 0) return [];
  return [
    {
      action: 'update',
      target: 'fdb',
      path: tunnel,
      before: { records: fdb },
      after: { records: [] },
    },
  ];
}

function profileSteps({ profile }: DesiredDevice, { profile: live }: DeviceState): DeviceStep[] {
  if (live === null) return [creation('profile', profile)];
  return update('profile', live, profile, ['port', 'flooding']);
}

function tunnelSteps({ tunnel }: DesiredDevice, live: Named<Tunnel> | null): DeviceStep[] {
  return live === null ? [creation('tunnel', tunnel)] : [];
}

function selfIpSteps(
  { selfIp }: DesiredDevice,
  state: DeviceState,
  recreated: boolean,
): DeviceStep[] {
  if (selfIp === null) return [];
  const live = recreated ? undefined : ownSelfIp(selfIp, state);
  if (live === undefined) return [creation('self-ip', selfIp)];
  return update('self-ip', live, selfIp, ['address', 'allowService', 'trafficGroup']);
}

/** The declared self IP as it is on the tunnel, whatever its name and its mask. */
export function ownSelfIp(selfIp: SelfIp, state: DeviceState): Named<SelfIp> | undefined {
  return selfIpsOn(state).find(
    ({ address }) => withoutMask(address) === withoutMask(selfIp.address),
  );
}

/** With its route domain. */
function withoutMask(address: string): string {
  return address.replace(/\/.*$/, '');
}

function recordSteps(
  { tunnel }: DesiredDevice,
  now: readonly FdbRecord[],
  wanted: readonly FdbRecord[],
): DeviceStep[] {
  if (wanted.length === now.length) return [];
  const [before, after] = [{ records: now }, { records: wanted }];
  return [{ action: 'update', target: 'fdb', path: tunnel.path, before, after }];
}

function creation(
  target: 'profile' | 'tunnel' | 'self-ip',
  object: Named<Profile | Tunnel | SelfIp>,
): DeviceStep {
  return { action: 'create', target, path: object.path, before: null, after: valuesOf(object) };
}

function update<T extends object>(
  target: 'profile' | 'self-ip',
  live: Named<T>,
  wanted: T,
  fields: readonly (keyof T & string)[],
): DeviceStep[] {
  const changed = fields.filter((field) => live[field] !== wanted[field]);
  if (changed.length === 0) return [];
  const pick = (from: T) =>
    Object.fromEntries(changed.map((field) => [field, from[field]])) as Values;
  return [{ action: 'update', target, path: live.path, before: pick(live), after: pick(wanted) }];
}

function configsyncProblems(
  state: DeviceState,
  options: DevicePlanOptions,
  recreated: boolean,
): DeviceFinding[] {
  if (state.configsync !== true || state.peers.length === 0 || options.disableConfigsync) return [];
  const peers = state.peers.map(({ hostname }) => hostname).join(', ');
  const makesTunnel = state.tunnel === null || recreated;
  return [
    {
      rule: 'configsync-carries-tunnels',
      severity: makesTunnel ? 'error' : 'warning',
      message: `sys db ${CONFIGSYNC} is enable and this unit has a peer (${peers}): config-sync carries the tunnel, with this unit's local address, to the peer`,
      effect: 'the tunnel works on one unit only, and what the lease says is true of one only',
      fix: makesTunnel
        ? 'pass --disable-configsync to switch it off, on every unit before it has a tunnel; it holds for all tunnels of the unit'
        : 'bigip apply --disable-configsync switches it off',
      object: CONFIGSYNC,
    },
  ];
}

function profileProblems(
  { profile, tunnel }: DesiredDevice,
  state: DeviceState,
  steps: readonly DeviceStep[],
): DeviceFinding[] {
  const changes = steps.some(({ target, action }) => target === 'profile' && action !== 'create');
  const users = state.otherTunnels.filter((one) => one.profile === profile.path);
  if (!changes || users.length === 0) return [];
  const names = users.map(({ path }) => path).join(', ');
  return [
    {
      rule: 'profile-shared',
      severity: 'error',
      message: `the profile ${profile.path} is not as ${tunnel.path} wants it, and ${names} uses it too`,
      fix: 'name another profile in management.profile',
      object: profile.path,
    },
  ];
}

function tunnelProblems({ tunnel }: DesiredDevice, state: DeviceState): DeviceFinding[] {
  const twin = state.otherTunnels.find(
    (one) => one.key === tunnel.key && one.localAddress === tunnel.localAddress,
  );
  if (twin === undefined) return [];
  return [
    {
      rule: 'tunnel-twin',
      severity: 'error',
      message: `${twin.path} has the key ${twin.key} and the local address ${twin.localAddress} already, and a BIG-IP takes no second one`,
      fix: `name it in management.tunnel, or remove it`,
      object: twin.path,
    },
  ];
}

function selfIpProblems(
  { selfIp, tunnel }: DesiredDevice,
  state: DeviceState,
  recreated: boolean,
): DeviceFinding[] {
  if (selfIp === null) return [undeclaredSelfIp(tunnel)];
  const address = plainAddress(selfIp.address);
  const elsewhere = state.selfIps.find(
    (one) =>
      one.vlan !== tunnel.path &&
      (one.path === selfIp.path || withoutMask(one.address) === withoutMask(selfIp.address)),
  );
  const others = selfIpsOn(state).filter((one) => one !== ownSelfIp(selfIp, state));
  return [
    ...(elsewhere ? [takenSelfIp(elsewhere, address, tunnel)] : []),
    ...others.map((one) => otherSelfIp(one, recreated)),
  ];
}

function takenSelfIp(one: Named<SelfIp>, address: string, tunnel: Named<Tunnel>): DeviceFinding {
  return {
    rule: 'self-ip-elsewhere',
    severity: 'error',
    message: `${one.path} (${one.address}) is on ${one.vlan}, so ${address} cannot be made on ${tunnel.path}`,
    fix: 'remove it there, or declare another selfIP',
    object: one.path,
  };
}

function undeclaredSelfIp(tunnel: Named<Tunnel>): DeviceFinding {
  return {
    rule: 'self-ip-undeclared',
    severity: 'warning',
    message: `the site file declares no selfIP, so none is made on ${tunnel.path}`,
    effect: 'nothing that the BIG-IP sends into the tunnel has a source address there',
    fix: 'add selfIP to the BIG-IP in the site file',
    object: null,
  };
}

function otherSelfIp(one: Named<SelfIp>, recreated: boolean): DeviceFinding {
  return {
    rule: 'self-ip-undeclared',
    severity: recreated ? 'error' : 'warning',
    message: `the site file does not declare ${one.path} (${one.address}), which is on the tunnel`,
    fix: recreated
      ? 'remove it first: it is not made anew with the tunnel'
      : 'remove it, unless something else wants it',
    object: one.path,
  };
}

function localAddressProblems({ tunnel }: DesiredDevice, state: DeviceState): DeviceFinding[] {
  if (state.selfIps.some(({ address }) => withoutMask(address) === tunnel.localAddress)) return [];
  return [
    {
      rule: 'local-address-no-self-ip',
      severity: 'warning',
      message: `${tunnel.localAddress} is to be the tunnel's local address, and this unit has no such self IP`,
      effect: 'packets of nodes reach nobody',
      fix: 'make it on the underlay VLAN, or correct publicIP',
      object: tunnel.localAddress,
    },
  ];
}
