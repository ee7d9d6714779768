import { checkDevice } from '../device/check.ts';
import type { DeviceFinding } from '../device/device-finding.ts';
import { type DeviceState, isOwnEntry, isOwnRecord, plainAddress } from '../device/objects.ts';
import type { RuleId } from '../finding.ts';
import type { BigIp, Site } from '../site.ts';
import type { LiveState } from '../snapshot.ts';
import type { CheckId, CheckList } from './check.ts';
import type { Commands } from './commands.ts';
import { publicIPOf } from './node-checks.ts';
import type { Reading } from './readings.ts';

export interface UnitToCheck {
  readonly site: Site;
  readonly bigip: BigIp;
  readonly device: Reading<DeviceState>;
  /** Null when flannel's keys are not known. */
  readonly live: LiveState | null;
  /** Whether Kubernetes was read: then CIS is taken to keep FDB and ARP entries. */
  readonly hasNodes: boolean;
  readonly cisVersion: string | null;
}

const IDS = ['bigip-tunnel', 'bigip-self-ip', 'bigip-fdb', 'bigip-arp'] as const;

/** Holds one unit against leases and config. */
export function checkUnit(check: UnitToCheck, list: CheckList, commands: Commands): void {
  const { site, bigip, device, live, cisVersion } = check;
  const { name } = bigip;
  if (device.state !== 'read') {
    tellUnread(name, device, list);
    return;
  }
  const state = device.value;
  list.pass('bigip-reachable', `${name} answers: ${state.hostname} ${state.version}`, name);
  if (live === null) {
    for (const id of IDS) list.skip(id, 'the leases are not known', etcdBlame(list), name);
    return;
  }
  const findings = checkDevice({ site, bigip, state, live, nodes: null, cisVersion });
  for (const rule of new Set(findings.map((one) => one.rule))) {
    const ofRule = findings.filter((one) => one.rule === rule);
    const told = ofRule.slice(0, NAMED);
    for (const finding of told) tell(finding, check, state, live, list, commands);
    const [first] = ofRule;
    if (first === undefined || ofRule.length <= NAMED) continue;
    // As grave as the first, or as little to blame.
    const message = `${ofRule.length - NAMED} more of these: ${rule}; bigip check tells all of them`;
    tell({ ...first, message, effect: '' }, check, state, live, list, commands);
  }
  for (const id of IDS) {
    const hasNoTunnel = state.tunnel === null && id !== 'bigip-tunnel';
    if (hasNoTunnel) list.skip(id, `${name} has no tunnel`, 'bigip-tunnel', name);
    else list.pass(id, passText(id, name, state), name);
  }
}

/** How many findings are told one by one for each rule. */
const NAMED = 10;

function tellUnread(
  name: string,
  device: Exclude<Reading<DeviceState>, { readonly state: 'read' }>,
  list: CheckList,
): void {
  const message = `${name}: ${device.why}`;
  const isFailed = device.state === 'failed';
  if (isFailed) {
    const advice = device.fix === null ? {} : { advice: device.fix };
    list.fail('bigip-reachable', { subject: name, message, ...advice });
  } else list.skip('bigip-reachable', message, undefined, name);
  for (const id of IDS) {
    list.skip(id, `${name} was not read`, isFailed ? 'bigip-reachable' : undefined, name);
  }
}

/** Why the leases are not known. */
export function etcdBlame(list: CheckList): CheckId | undefined {
  return list.firstFailed('etcd-reachable', 'etcd-store');
}

function passText(id: (typeof IDS)[number], name: string, state: DeviceState): string {
  const { tunnel, fdb, arp } = state;
  switch (id) {
    case 'bigip-tunnel':
      return `${name}: ${tunnel?.path} has key ${tunnel?.key}, local address ${tunnel?.localAddress}${state.mac === null ? '' : `, MAC ${state.mac}`}`;
    case 'bigip-self-ip':
      return `${name}: the self IP is on the tunnel`;
    case 'bigip-fdb':
      return `${name}: ${fdb.length} FDB records, each node's among them`;
    case 'bigip-arp':
      return `${name}: ${arp.length} static ARP entries, none of them stale`;
  }
}

function checkOf(rule: RuleId): CheckId {
  if (rule.startsWith('fdb-')) return 'bigip-fdb';
  if (rule.startsWith('arp-')) return 'bigip-arp';
  return rule.startsWith('self-ip') ? 'bigip-self-ip' : 'bigip-tunnel';
}

function tell(
  finding: DeviceFinding,
  check: UnitToCheck,
  state: DeviceState,
  live: LiveState,
  list: CheckList,
  commands: Commands,
): void {
  // etcd has a check of its own for that.
  if (finding.rule === 'bigip-lease-missing') return;
  const id = checkOf(finding.rule);
  const { name } = check.bigip;
  const because = causeOf(finding, id, name, list);
  if (because !== undefined) {
    list.skip(id, `${name}: ${finding.message}`, because, name);
    return;
  }
  const isWarning = finding.severity === 'warning' || isLeftOver(finding, state, live);
  list[isWarning ? 'warn' : 'fail'](id, {
    subject: name,
    rule: finding.rule,
    message: `${name}: ${finding.message}${finding.effect ? `; affected: ${finding.effect}` : ''}`,
    ...partsOf(finding, check, state, commands),
  });
}

/** An earlier failure that alone may explain this one. */
function causeOf(
  { rule }: DeviceFinding,
  id: CheckId,
  name: string,
  list: CheckList,
): CheckId | undefined {
  const isOfLease = rule === 'tunnel-mac' || rule === 'tunnel-local-address';
  if (isOfLease && list.failed('etcd-bigip-lease', name)) return 'etcd-bigip-lease';
  // The tunnel is to be made anew, and its MAC is read then.
  if (rule === 'tunnel-mac' && list.failed('bigip-tunnel', name)) return 'bigip-tunnel';
  if (id !== 'bigip-fdb' && id !== 'bigip-arp') return undefined;
  // CIS makes both tables from all Nodes, and the ARP entries not at all while one Node lacks its own.
  return list.firstFailed(
    'etcd-config',
    'linux-node',
    'nodes-lease',
    'nodes-annotations',
    'nodes-cis',
  );
}

/** A record whose endpoint is nobody's any more leads nobody astray. */
function isLeftOver({ rule, object }: DeviceFinding, state: DeviceState, live: LiveState): boolean {
  if (rule !== 'fdb-record-stale') return false;
  const record = state.fdb.find(({ mac }) => mac === object);
  const endpoint = record ? plainAddress(record.endpoint) : null;
  return !live.leases.some(({ value }) => publicIPOf(value) === endpoint);
}

const RESTART_CIS = 'kubectl -n kube-system rollout restart deployment/k8s-bigip-ctlr-deployment';

function partsOf(
  { rule, fix }: DeviceFinding,
  { hasNodes }: UnitToCheck,
  state: DeviceState,
  commands: Commands,
): { readonly fix?: readonly string[]; readonly advice?: string } {
  const apply = commands.own('bigip apply');
  const lease = [commands.own('bigip import'), commands.own('apply')];
  const keepsOwn = state.fdb.some(isOwnRecord) || state.arp.some(isOwnEntry);
  switch (rule) {
    case 'tunnel-missing':
      return { fix: [apply, ...lease], advice: 'the MAC of a new tunnel is another one' };
    case 'tunnel-key':
    case 'tunnel-local-address':
    case 'tunnel-flooding':
      return {
        fix: [commands.own('bigip apply --replace'), ...lease],
        advice:
          'the tunnel is made anew, and its MAC may change; where the BIG-IP is right, bigip import and apply do',
      };
    case 'tunnel-mac':
      return { fix: lease };
    case 'tunnel-port':
    case 'self-ip-missing':
    case 'self-ip-mask':
    case 'self-ip-open':
    case 'self-ip-floating':
      return { fix: [apply] };
    case 'fdb-record-missing':
    case 'fdb-record-wrong':
    case 'fdb-record-stale':
    case 'fdb-record-fake':
    case 'arp-entry-missing':
    case 'arp-entry-stale': {
      if (keepsOwn || !hasNodes) return { fix: [commands.own('bigip fdb sync')] };
      const advice =
        rule === 'arp-entry-stale' && fix
          ? fix
          : 'CIS has not followed the annotations: see its log where a restart does not help';
      return { fix: [RESTART_CIS], advice };
    }
    default:
      return fix ? { advice: fix } : {};
  }
}
