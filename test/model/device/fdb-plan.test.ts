import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkDevice } from '../../../src/model/device/check.ts';
import { planFdb } from '../../../src/model/device/fdb-plan.ts';
import { type DeviceState, OWN_MARK } from '../../../src/model/device/objects.ts';
import { decodeSnapshot, type LiveState } from '../../../src/model/snapshot.ts';
import { CONFIG_VALUE, LEASE_VALUE, nodeLease, PREFIX } from '../../support/sites.ts';
import { DESIRED, siteOf, stateAfter, TRUE, unitOf } from './states.ts';

const SITE = siteOf();
const macOf = (n: number) => `02:00:00:00:00:${n.toString(16).padStart(2, '0')}`;

/** Nodes by number, each with the MAC of a number. */
type Macs = Readonly<Record<number, number>>;

function liveOf(nodes: Macs): LiveState {
  const stored = (key: string, value: string, expires: boolean) => {
    return { key: `${PREFIX}/${key}`, value, revision: '1', expires, ttl: null };
  };
  return decodeSnapshot({
    api: 'v3',
    prefix: PREFIX,
    revision: '1',
    clusterId: null,
    config: stored('config', CONFIG_VALUE, false),
    leases: [
      stored('subnets/10.244.100.0-24', LEASE_VALUE, false),
      ...Object.entries(nodes).map(([n, mac]) =>
        stored(`subnets/10.244.${n}.0-24`, nodeLease(`10.1.10.${n}`, macOf(mac)), true),
      ),
    ],
  });
}

const plan = (state: DeviceState, nodes: Macs, force = false) =>
  planFdb(DESIRED, state, liveOf(nodes).leases, SITE.bigips, force);

const NODES: fc.Arbitrary<Macs> = fc
  .uniqueArray(fc.tuple(fc.integer({ min: 10, max: 40 }), fc.integer({ min: 1, max: 60 })), {
    minLength: 1,
    maxLength: 12,
    selector: ([n]) => n,
  })
  .filter((pairs) => new Set(pairs.map(([, mac]) => mac)).size === pairs.length)
  .map((pairs) => Object.fromEntries(pairs));

const FOREIGN = { mac: '0a:0a:0a:01:0a:99', endpoint: '10.1.10.153', description: null };

describe('a plan for the FDB', () => {
  it('leads from what one set of leases made to what another wants, and is then empty', () => {
    fc.assert(
      fc.property(NODES, NODES, (before, next) => {
        const first = stateAfter(TRUE, plan(TRUE, before).steps);
        const second = stateAfter(first, plan(first, next, true).steps);
        const wanted = Object.entries(next).map(([n, mac]) => `${macOf(mac)} 10.1.10.${n}`);
        expect(second.fdb.map((one) => `${one.mac} ${one.endpoint}`).toSorted()).toEqual(
          wanted.toSorted(),
        );
        expect(second.arp.map((one) => one.path).toSorted()).toEqual(
          Object.keys(next)
            .map((n) => `/Common/flannel-10.244.${n}.0`)
            .toSorted(),
        );
        expect(plan(second, next, true).steps).toEqual([]);
      }),
    );
  });

  it('never names what it did not make', () => {
    fc.assert(
      fc.property(NODES, NODES, (before, next) => {
        const made = stateAfter(TRUE, plan(TRUE, before).steps);
        const shared = { ...made, fdb: [...made.fdb, FOREIGN] };
        const { steps } = plan(shared, next, true);
        expect(steps.some(({ path }) => path.includes(FOREIGN.mac))).toBe(false);
        expect(stateAfter(shared, steps).fdb).toContainEqual(FOREIGN);
      }),
    );
  });

  it('loses more than half of the nodes only by force; a node that changed its MAC is not lost', () => {
    fc.assert(
      fc.property(NODES, NODES, (before, next) => {
        const made = stateAfter(TRUE, plan(TRUE, before).steps);
        const lost = Object.keys(before).filter((n) => next[Number(n)] === undefined).length;
        const isMass = lost * 2 > Object.keys(before).length;
        const rules = plan(made, next).problems.map(({ rule }) => rule);
        expect(rules).toEqual(isMass ? ['fdb-mass-removal'] : []);
      }),
    );
  });

  it('takes a foreign record that is right for a record, and tells of one that is wrong', () => {
    const right = { mac: macOf(1), endpoint: '10.1.10.20', description: null };
    const state = (endpoint: string) => ({ ...TRUE, fdb: [{ ...right, endpoint }] });
    const targets = plan(state('10.1.10.20'), { 20: 1 }, true).steps.map(({ target }) => target);
    expect(targets).toEqual(['arp-entry']);
    const { problems } = plan(state('10.1.10.21'), { 20: 1 }, true);
    expect(problems.map(({ rule, severity }) => [rule, severity])).toEqual([
      ['fdb-record-wrong', 'warning'],
    ]);
  });
});

describe('the check of a table that this site keeps itself', () => {
  const check = (state: DeviceState) =>
    checkDevice({
      site: SITE,
      bigip: unitOf(SITE),
      state,
      live: liveOf({ 20: 1 }),
      nodes: null,
      cisVersion: null,
    }).map(({ rule, fix }) => [rule, fix]);
  const made = stateAfter(TRUE, plan(TRUE, { 20: 1 }).steps);

  it('finds nothing in what fdb sync made', () => {
    expect(made.fdb).toEqual([{ mac: macOf(1), endpoint: '10.1.10.20', description: OWN_MARK }]);
    expect(check(made)).toEqual([]);
  });

  it('finds a missing ARP entry, which it does not where CIS keeps the table', () => {
    expect(check({ ...made, arp: [] })).toEqual([
      ['arp-entry-missing', 'run flannel-bigip bigip fdb sync'],
    ]);
    const ofCis = made.fdb.map((record) => ({ ...record, description: null }));
    expect(check({ ...made, fdb: ofCis, arp: [] })).toEqual([]);
  });
});
