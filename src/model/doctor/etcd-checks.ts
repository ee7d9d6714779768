import { isAtSubnet, leaseKeyOf } from '../bigip-lease.ts';
import { checkNetwork } from '../check-network.ts';
import { sameConfig } from '../compare-config.ts';
import type { LiveFinding, RuleId } from '../finding.ts';
import { parseJsonText } from '../json-source.ts';
import { shareAddresses } from '../lease-pairs.ts';
import { meansReservation, reservationOf } from '../lease-value.ts';
import {
  checkExhaustion,
  checkLeases,
  checkNodesAgainst,
  checkNodesFit,
  undeclaredReservations,
} from '../live-rules.ts';
import { checkAgainstRange } from '../rules/bigip-range.ts';
import { shellWord } from '../shell-word.ts';
import type { BigIp, Site } from '../site.ts';
import type { LiveLease, LiveState } from '../snapshot.ts';
import type { CheckList } from './check.ts';
import { type Commands, RESTART } from './commands.ts';

/**
 * Holds flannel's keys against its own rules and against the site.
 *
 * @param assumed names of BIG-IPs whose MAC in the site is the lease's own, since the unit told none
 */
export function checkEtcd(
  live: LiveState,
  site: Site,
  assumed: ReadonlySet<string>,
  list: CheckList,
  commands: Commands,
): void {
  checkConfig(live, site, list, commands);
  checkRanges(live, site, list, commands);
  checkOtherLeases(live, site, list, commands);
  for (const bigip of site.bigips) {
    checkBigIpLease(live, bigip, list, commands);
    const but = assumed.has(bigip.name) ? ', but for its MAC, which the unit has not told' : '';
    const message = `${bigip.name}: ${leaseKeyOf(bigip)} is as declared, without a TTL${but}`;
    list.pass('etcd-bigip-lease', message, bigip.name);
  }
}

const EVERY_NODE = `${RESTART}   # on every node`;

function checkConfig(live: LiveState, site: Site, list: CheckList, commands: Commands): void {
  const { config: stored, api, prefix } = live.snapshot;
  const fix = [commands.own('apply'), EVERY_NODE];
  if (stored === null) {
    list.fail('etcd-config', {
      message: 'there is no network config: no flanneld can start',
      expected: `${prefix}/config = ${site.network.text}`,
      found: 'no such key',
      fix,
    });
    return;
  }
  const parsed = parseJsonText(stored.value);
  const withBigip = site.bigips.length > 0;
  const judges = api === 'file' ? 'auto' : api;
  const findings = parsed.ok
    ? checkNetwork(parsed.root, { api: judges, withBigip, base: '' }).findings
    : [{ rule: 'syntax' as const, severity: 'error' as const, message: 'it is no JSON', fix: '' }];
  const isDeclared = sameConfig({ text: stored.value, config: live.config }, site.network);
  for (const { rule, severity, message, fix: cure } of findings) {
    const tell = severity === 'error' ? 'fail' : 'warn';
    list[tell]('etcd-config', {
      rule,
      message: `the network config: ${message}`,
      ...(isDeclared ? {} : { fix }),
      ...(cure ? { advice: cure } : {}),
    });
  }
  list.pass('etcd-config', 'the network config is one that flannel takes');
}

function checkRanges(live: LiveState, site: Site, list: CheckList, commands: Commands): void {
  const { config } = live;
  if (config === null) {
    list.skip('etcd-range', 'there is no network config that flannel takes', 'etcd-config');
    return;
  }
  if (list.failed('etcd-config')) {
    list.skip('etcd-range', 'the network config is to be mended first', 'etcd-config');
    return;
  }
  const fix = [commands.own('apply'), EVERY_NODE];
  for (const range of [config.ipv4, config.ipv6]) {
    if (range === null) continue;
    const sides = site.bigips.flatMap(({ name, ipv4, ipv6 }) => {
      const subnet = range.family === 4 ? ipv4.subnet : ipv6?.subnet;
      return subnet ? [{ name, subnet }] : [];
    });
    const place = { base: '', pathOf: () => null };
    // The site file's own range leaves them out, or it would be no site.
    for (const { rule, message } of checkAgainstRange(sides, range, place)) {
      list.fail('etcd-range', { rule, message, fix });
    }
  }
  for (const finding of checkExhaustion(live, config)) list.warn('etcd-range', toldOf(finding));
  const { text } = site.network;
  if (!list.failed('etcd-range')) {
    const stored = live.snapshot.config?.value ?? '';
    if (!sameConfig({ text: stored, config }, site.network)) {
      list.warn('etcd-config', {
        message: 'the network config is not the one that the site file declares',
        expected: text,
        found: stored,
        fix,
        advice: 'diff tells which fields; where the live one is right, write it into the site file',
      });
    }
  }
  list.pass('etcd-range', "the allocation range leaves the BIG-IPs' subnets out");
}

function toldOf({ rule, message, fix }: LiveFinding) {
  return { rule, message, ...(fix ? { advice: fix } : {}) };
}

/** What a flanneld survives, if only that lease is lost; everything else breaks something. */
const HARMLESS: readonly RuleId[] = ['lease-other-backend', 'node-outside-config'];

function checkOtherLeases(live: LiveState, site: Site, list: CheckList, commands: Commands): void {
  const byKey = new Map(live.leases.map((lease) => [lease.stored.key, lease]));
  const undeclared = undeclaredReservations(site, live);
  const blamed = new Set<string>();
  const findings = leaseFindings(live, site);
  for (const rule of new Set(findings.map((one) => one.rule))) {
    const ofRule = findings.filter((one) => one.rule === rule);
    for (const finding of ofRule.slice(0, NAMED)) {
      const lease = byKey.get(finding.key ?? '');
      const cure = lease ? cureOf(finding.rule, lease, live, undeclared, commands) : [];
      for (const one of undeclared) if (cure.join(' ').includes(one.name)) blamed.add(one.name);
      tellLease(finding, lease, cure, list);
    }
    tellMore(ofRule, list);
  }
  tellUndeclared(
    undeclared.filter(({ name }) => !blamed.has(name)),
    list,
    commands,
  );
  const count = live.leases.length;
  list.pass(
    'etcd-leases',
    count === 1 ? 'the lease can be read' : `${count} leases, all of them readable`,
  );
}

/** What is wrong with leases that are not a BIG-IP's own, and between any two. */
function leaseFindings(live: LiveState, site: Site): LiveFinding[] {
  const names = new Set(site.bigips.map((bigip) => leaseKeyOf(bigip)));
  const start = `${live.snapshot.prefix}/subnets/`.length;
  const paired = new Set<string | null>();
  return [
    ...checkNodesAgainst(site, live),
    ...[...checkLeases(live).values()].flat(),
    ...checkNodesFit(live, site),
  ].filter(({ rule, key }) => {
    // What the BIG-IP's own lease is like is a check of its own.
    if (!PAIRS.includes(rule)) return !names.has((key ?? '').slice(start));
    // Twins share address and MAC, and one of the two findings tells what to do.
    const isFirst = !paired.has(key);
    paired.add(key);
    return isFirst;
  });
}

/** How many leases are told one by one for each rule that they break. */
const NAMED = 10;

function tellMore(findings: readonly LiveFinding[], list: CheckList): void {
  const [first] = findings;
  if (first === undefined || findings.length <= NAMED) return;
  const message = `${findings.length - NAMED} more leases with this: ${first.rule}`;
  const advice = 'list and diff tell all of them';
  const tell = HARMLESS.includes(first.rule) ? 'warn' : 'fail';
  list[tell]('etcd-leases', { rule: first.rule, message, advice });
}

/** Rules about two leases, of which either may be the one to go. */
const PAIRS: readonly RuleId[] = ['subnets-overlap', 'public-ip-shared', 'vtep-mac-shared'];

function tellLease(
  finding: LiveFinding,
  lease: LiveLease | undefined,
  cure: readonly string[],
  list: CheckList,
): void {
  const told = {
    ...toldOf(finding),
    ...(lease ? { subject: lease.name, found: lease.stored.value } : {}),
    ...(cure.length > 0 ? { fix: cure } : {}),
  };
  if (HARMLESS.includes(finding.rule)) list.warn('etcd-leases', told);
  else list.fail('etcd-leases', told);
}

function tellUndeclared(leases: readonly LiveLease[], list: CheckList, commands: Commands): void {
  const rule = 'undeclared-reservation';
  for (const { name } of leases.slice(0, NAMED)) {
    list.warn('etcd-leases', {
      rule,
      subject: name,
      message: `${name} is a reservation that the site file does not declare`,
      fix: [commands.own(`remove ${shellWord(name)}`)],
      advice: 'declare it under bigips if something uses it',
    });
  }
  if (leases.length <= NAMED) return;
  const message = `${leases.length - NAMED} more reservations that the site file does not declare`;
  list.warn('etcd-leases', { rule, message });
}

/** What takes the cause away, where a command does. */
function cureOf(
  rule: RuleId,
  lease: LiveLease,
  live: LiveState,
  undeclared: readonly LiveLease[],
  commands: Commands,
): string[] {
  const remove = ({ name }: LiveLease) => commands.own(`remove ${shellWord(name)}`);
  switch (rule) {
    case 'key-unreadable':
    case 'value-unreadable':
    case 'lease-family-mismatch': {
      const deaf =
        live.snapshot.api === 'v2' || rule === 'lease-family-mismatch'
          ? EVERY_NODE
          : commands.own('apply --rewrite');
      return [remove(lease), deaf];
    }
    case 'subnets-overlap':
    case 'public-ip-shared':
    case 'vtep-mac-shared':
      // flanneld takes the entries of what goes away, those of a twin among them.
      return [
        ...undeclared.filter((one) => one === lease || clashes(one, lease)).map(remove),
        commands.own('apply --rewrite'),
      ];
    default:
      return undeclared.includes(lease) ? [remove(lease)] : [];
  }
}

function clashes(a: LiveLease, b: LiveLease): boolean {
  if (typeof a.value === 'string' || typeof b.value === 'string') return false;
  const { publicIP, vtepMAC } = a.value;
  return (
    shareAddresses(a, b) ||
    (publicIP !== null && publicIP === b.value.publicIP) ||
    (vtepMAC !== null && vtepMAC === b.value.vtepMAC)
  );
}

/** Notes what is wrong with the lease of a BIG-IP. */
function checkBigIpLease(live: LiveState, bigip: BigIp, list: CheckList, commands: Commands): void {
  const { name } = bigip;
  const lease = live.leases.find((one) => isAtSubnet(one, bigip));
  const expected = JSON.stringify(reservationOf(bigip));
  const fix = [commands.own('apply')];
  const fail = (message: string, more: { found: string; rule?: RuleId; advice?: string }) =>
    list.fail('etcd-bigip-lease', { subject: name, message, expected, fix, ...more });
  if (lease === undefined && list.failed('etcd-store')) {
    list.skip('etcd-bigip-lease', `there is no lease for ${name} here`, 'etcd-store', name);
    return;
  }
  if (lease === undefined) {
    const message = `there is no lease for ${name}: no node sends it anything`;
    fail(message, { rule: 'bigip-lease-missing', found: 'no such key' });
    return;
  }
  const found = lease.stored.value;
  if (typeof lease.value === 'string') {
    const [finding] = checkLeases(live).get(lease.stored.key) ?? [];
    const isDeaf = live.snapshot.api !== 'v3';
    list.fail('etcd-bigip-lease', {
      subject: name,
      rule: 'value-unreadable',
      message: `flannel cannot read the lease of ${name}: ${finding?.message ?? lease.value}`,
      expected,
      found,
      fix: isDeaf ? [...fix, EVERY_NODE] : fix,
    });
    return;
  }
  if (!meansReservation(lease.value, bigip)) {
    fail(`the lease of ${name} is not what the site file declares`, {
      found,
      advice: `where the BIG-IP has changed, read it into the site file first: ${commands.own('bigip import')}`,
    });
  }
  if (lease.stored.expires) {
    fail(`the lease of ${name} expires, and nobody renews it`, {
      rule: 'lease-expires',
      found: `${found} with a TTL`,
    });
  }
}
