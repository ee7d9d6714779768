import { formatAddress } from '../address.ts';
import { planAnnotations } from '../annotate.ts';
import { annotationsOf, BACKEND_DATA, macByJson, macByQuotes, PUBLIC_IP } from '../annotations.ts';
import { cisHabits } from '../device/cis.ts';
import type { NodeOfHost } from '../host/node-of-host.ts';
import type { KubeNode } from '../kube-node.ts';
import type { NodeFinding } from '../node-finding.ts';
import type { Site } from '../site.ts';
import type { LiveState } from '../snapshot.ts';
import type { CheckList } from './check.ts';
import { type Commands, RESTART } from './commands.ts';

export interface NodesToCheck {
  readonly nodes: readonly KubeNode[];
  readonly site: Site;
  readonly live: LiveState;
  /** Release of CIS; null when it is not known. */
  readonly cisVersion: string | null;
  /** The node that doctor runs on, where it is one. */
  readonly own: NodeOfHost | null;
}

/** Holds what CIS reads of Nodes against the leases. */
export function checkNodes(check: NodesToCheck, list: CheckList, commands: Commands): void {
  const { nodes, site, live } = check;
  const plan = planAnnotations(nodes, live.leases, {
    bigips: site.bigips,
    map: site.kubernetes.nodes ?? {},
    isPartial: false,
  });
  const byName = new Map(nodes.map((node) => [node.name, node]));
  for (const problem of plan.problems) {
    // A stale entry is told of a change that is still to come.
    if (problem.rule !== 'stale-arp-entry') tellProblem(problem, byName, check, list);
  }
  list.pass('nodes-lease', `${nodes.length} Nodes, each with its lease`);
  checkAnnotations(check, plan.nodes, byName, list, commands);
  checkHabits(check, list);
}

function tellProblem(
  { rule, severity, message, fix, node }: NodeFinding,
  byName: ReadonlyMap<string, KubeNode>,
  { own }: NodesToCheck,
  list: CheckList,
): void {
  const subject = node === null ? {} : { subject: node };
  if (node !== null && isOwnNode(byName.get(node), own) && list.failed('linux-node')) {
    list.skip('nodes-lease', `${node} has no lease`, 'linux-node', node);
    return;
  }
  const advice = fix ? { advice: fix } : {};
  if (rule === 'node-without-lease') {
    const restart = [`${RESTART}   # on ${node}`];
    list.fail('nodes-lease', { rule, message, ...subject, fix: restart, ...advice });
  } else if (severity === 'error')
    list.fail('nodes-lease', { rule, message, ...subject, ...advice });
  else list.warn('nodes-lease', { rule, message, ...subject, ...advice });
}

function isOwnNode(node: KubeNode | undefined, own: NodeOfHost | null): boolean {
  return (
    own !== null && own.publicIP !== null && (node?.internalIPs.includes(own.publicIP) ?? false)
  );
}

type Planned = ReturnType<typeof planAnnotations>['nodes'][number];

/** How many Nodes are told one by one. */
const NAMED = 5;

function checkAnnotations(
  { cisVersion }: NodesToCheck,
  planned: readonly Planned[],
  byName: ReadonlyMap<string, KubeNode>,
  list: CheckList,
  commands: Commands,
): void {
  const habits = cisHabits(cisVersion);
  const wrong = planned.filter(({ changes }) => changes.length > 0);
  const faults: Planned[] = [];
  for (const one of wrong) {
    const effect = effectOf(one, byName.get(one.name), habits?.splitsAtQuotes ?? null);
    if (effect.breaks) faults.push(one);
    else {
      const after = annotationsOf(one.publicIP ?? '', one.macWanted ?? '');
      list.warn('nodes-annotations', {
        subject: one.name,
        message: `${one.name}: ${effect.message}`,
        expected: JSON.stringify(after),
        found: foundOf(byName.get(one.name)),
        fix: [commands.own('annotate')],
      });
    }
  }
  for (const one of faults.slice(0, NAMED)) {
    const node = byName.get(one.name);
    const { message } = effectOf(one, node, habits?.splitsAtQuotes ?? null);
    list.fail('nodes-annotations', {
      rule: 'node-not-annotated',
      subject: one.name,
      message: `${one.name}: ${message}`,
      expected: expectedOf(one),
      found: foundOf(node),
      fix: [commands.own('annotate')],
      advice:
        'CIS up to 2.11.0 follows within half a minute; ARP entries that it has made before stay as they are, see bigip-arp',
    });
  }
  if (faults.length > NAMED) {
    list.fail('nodes-annotations', {
      rule: 'node-not-annotated',
      message: `${faults.length - NAMED} more Nodes do not say what their leases say`,
      fix: [commands.own('annotate')],
    });
  }
  list.pass('nodes-annotations', 'every Node says what its lease says');
}

function expectedOf({ publicIP, macWanted }: Planned): string {
  const wanted = annotationsOf(publicIP ?? '', macWanted ?? '');
  return `${BACKEND_DATA}=${wanted[BACKEND_DATA]} ${PUBLIC_IP}=${publicIP}`;
}

function foundOf(node: KubeNode | undefined): string {
  const [data, ip] = [BACKEND_DATA, PUBLIC_IP].map((name) => node?.annotations[name]);
  return data === undefined && ip === undefined
    ? 'no such annotations'
    : `${BACKEND_DATA}=${data ?? 'none'} ${PUBLIC_IP}=${ip ?? 'none'}`;
}

/** What CIS makes of what a Node says; whether it splits at quotes is null when it is not known. */
function effectOf(
  { changes, macWanted }: Planned,
  node: KubeNode | undefined,
  splits: boolean | null,
): { readonly breaks: boolean; readonly message: string } {
  const data = node?.annotations[BACKEND_DATA];
  if (data === undefined) {
    const message =
      'it is not annotated: CIS makes up a MAC for it, and writes no ARP entry for any node';
    return { breaks: true, message };
  }
  const changed = changes.map(({ annotation }) => annotation);
  const [byJson, byQuotes] = [macByJson(data), macByQuotes(data)];
  const bad = splits === true ? byQuotes !== macWanted : byJson !== macWanted;
  if (bad) {
    const read = splits === true ? byQuotes : byJson;
    const what = read === null ? 'reads no MAC' : `reads the MAC ${read}`;
    return {
      breaks: true,
      message: `CIS ${what} from its annotation, its lease says ${macWanted}`,
    };
  }
  if (changed.includes(PUBLIC_IP)) {
    return { breaks: true, message: 'its annotation says another public IP than its lease' };
  }
  if (byQuotes !== macWanted && splits === null) {
    const message = `CIS up to 1.14.0 and 2.0.0 to 2.2.1 reads "${byQuotes}" for its MAC (--cis-version tells which is in use)`;
    return { breaks: false, message };
  }
  return { breaks: false, message: 'its annotations are not quite what flannel would write' };
}

/** Nodes that CIS leaves out of the FDB for reasons of their own. */
function checkHabits({ nodes, cisVersion }: NodesToCheck, list: CheckList): void {
  const habits = cisHabits(cisVersion);
  const subjectOf = (names: readonly string[]) =>
    names[0] && names.length === 1 ? names[0] : null;
  const tainted = nodes.filter(({ noExecute }) => noExecute.length > 0);
  const [first] = tainted;
  if (first && habits?.leavesTaintedOut !== false) {
    const names = tainted.map(({ name }) => name);
    const taint = first.noExecute[0] ?? '';
    const subject = subjectOf(names);
    const release = habits ? `CIS ${cisVersion}` : 'CIS 1.9.1 to 2.14.0';
    list[habits ? 'fail' : 'warn']('nodes-cis', {
      ...(subject ? { subject } : {}),
      message: `${release} makes no FDB record for ${names.slice(0, NAMED).join(', ')}: a taint with the effect NoExecute is on it`,
      expected: 'no NoExecute taint on Nodes whose pods the BIG-IP is to reach',
      found: `${first.name}: ${first.noExecute.join(', ')}`,
      fix: names.map((name) => `kubectl taint node ${name} ${taint}:NoExecute-`),
      advice: 'or use CIS 2.15.0 or later, which looks at the condition Ready instead',
    });
  }
  const unready = nodes.filter(({ isReady }) => isReady === false).map(({ name }) => name);
  if (unready.length > 0 && habits?.leavesUnreadyOut !== false) {
    const subject = subjectOf(unready);
    list.warn('nodes-cis', {
      ...(subject ? { subject } : {}),
      message: `${unready.slice(0, NAMED).join(', ')} ${unready.length === 1 ? 'is' : 'are'} not Ready: CIS since 2.15.0 makes no FDB record`,
      advice: 'see why with kubectl describe node',
    });
  }
  list.pass('nodes-cis', 'CIS leaves no Node out');
}

/** The underlay address of a node's VTEP as a lease has it. */
export function publicIPOf(value: { readonly publicIP: bigint | null } | string): string | null {
  if (typeof value === 'string' || value.publicIP === null) return null;
  return formatAddress(4, value.publicIP);
}
