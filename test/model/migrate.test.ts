import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Change } from '../../src/model/change.ts';
import { isListenedTo, notKept, planMigration, type Written } from '../../src/model/migrate.ts';
import { decodeSnapshot, type LiveState, type StoredKey } from '../../src/model/snapshot.ts';
import { liveOf, NETWORK, node, PREFIX, RESERVATION, reservation } from './snapshots.ts';

function plan(source: LiveState, target: LiveState, written: Written = {}) {
  const none = new Map<string, number>();
  return planMigration({ source, target, sourceTtls: none, targetTtls: none, written });
}

/** The target after a plan was carried out, and the record of what was written. */
function carriedOut(target: LiveState, changes: readonly Change[], written: Written) {
  let revision = 5_000;
  let { config } = target.snapshot;
  const leases = new Map(target.snapshot.leases.map((one) => [one.key, one]));
  const record: Record<string, string> = { ...written };
  for (const { key, kind, value, ttl } of changes) {
    const stored: StoredKey = {
      key,
      value: value ?? '',
      revision: String(revision++),
      expires: ttl !== null,
      ttl,
    };
    if (kind === 'config') config = stored;
    else leases.set(key, stored);
    const name = kind === 'config' ? 'config' : key.slice(`${PREFIX}/subnets/`.length);
    record[name] = stored.revision;
  }
  const snapshot = { ...target.snapshot, config, leases: [...leases.values()] };
  return { target: decodeSnapshot(snapshot), written: record };
}

const withTtl = (one: StoredKey, ttl: number): StoredKey => ({ ...one, ttl });

describe('a migration', () => {
  it('into an empty store copies all, the config last', () => {
    const leases = [withTtl(node(11), 500), reservation('10.244.100.0-24', RESERVATION)];
    const { changes, problems } = plan(liveOf({ leases }), liveOf({ config: null }));
    expect(problems).toEqual([]);
    expect(changes.map(({ action, key, ttl }) => [action, key, ttl])).toEqual([
      ['create', `${PREFIX}/subnets/10.244.100.0-24`, null],
      ['create', `${PREFIX}/subnets/10.244.11.0-24`, 500],
      ['create', `${PREFIX}/config`, null],
    ]);
  });

  it.each([
    ['a key that flannel cannot read', reservation('bigip', '{}'), 'value-unreadable'],
    ['a value that flannel cannot read', reservation('10.244.9.0-24', 'x'), 'value-unreadable'],
    ['a key in a folder', reservation('x/../10.244.9.0-24', RESERVATION), 'key-unreadable'],
  ])('leaves %s out and says so', (_, bad, rule) => {
    const { changes, problems } = plan(liveOf({ leases: [bad] }), liveOf({}));
    expect(changes).toEqual([]);
    expect(problems.map((problem) => problem.rule)).toEqual([rule]);
  });

  it('copies no lease that ends before anybody could renew it', () => {
    const { changes } = plan(liveOf({ leases: [withTtl(node(11), 2)] }), liveOf({}));
    expect(changes).toEqual([]);
  });

  it('takes a reservation on one side and a node on the other for a difference', () => {
    const there = withTtl(node(11, RESERVATION), 900);
    const { changes, problems } = plan(
      liveOf({ leases: [reservation('10.244.11.0-24', RESERVATION)] }),
      liveOf({ leases: [there] }),
    );
    expect(changes).toEqual([]);
    expect(problems.map(({ rule }) => rule)).toEqual(['target-differs']);
  });

  it('is listened to only where somebody else’s lease is', () => {
    const lease = node(11);
    const live = liveOf({ leases: [lease, reservation('10.244.100.0-24', RESERVATION)] });
    expect(isListenedTo(live, {})).toBe(true);
    expect(isListenedTo(live, { '10.244.11.0-24': lease.revision })).toBe(false);
  });

  it('lasted unless a key is gone or holds another value at its own revision', () => {
    const leases = [withTtl(node(11), 500), withTtl(node(12), 500)];
    const { changes } = plan(liveOf({ leases }), liveOf({ config: null }));
    const done = carriedOut(liveOf({ config: null }), changes, {});
    const changed = (n: number, parts: Partial<StoredKey>) => ({
      ...done.target,
      snapshot: {
        ...done.target.snapshot,
        leases: done.target.snapshot.leases.map((one) =>
          one.key.includes(`10.244.${n}.`) ? { ...one, ...parts } : one,
        ),
      },
    });
    const broken = (target: LiveState) =>
      notKept(changes, target, done.written).map(({ key }) => key);
    const gone = { ...done.target, snapshot: { ...done.target.snapshot, config: null } };
    expect(broken(done.target)).toEqual([]);
    expect(broken(changed(11, { value: '{}', revision: '9999' }))).toEqual([]);
    expect(broken(changed(11, { value: '{}' }))).toEqual([`${PREFIX}/subnets/10.244.11.0-24`]);
    expect(broken(gone)).toEqual([`${PREFIX}/config`]);
  });

  const lease = fc
    .tuple(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 0, max: 2 }), fc.nat(90_000))
    .map(([n, version, ttl]) =>
      ttl < 30_000
        ? reservation(
            `10.244.${n}.0-24`,
            JSON.stringify({ PublicIP: `10.1.1.${version}`, BackendType: 'vxlan' }),
          )
        : withTtl(node(n, { PublicIP: `10.1.${version}.${n}` }), ttl),
    );
  const leases = fc.uniqueArray(lease, { selector: ({ key }) => key, maxLength: 8 });
  const configs = fc.constantFrom(NETWORK, { ...NETWORK, SubnetMax: '10.244.50.0' }, null);

  it('is done after one run, and never writes over what it has not written itself', () => {
    fc.assert(
      fc.property(leases, leases, configs, configs, fc.array(fc.boolean()), (a, b, c, d, ours) => {
        const source = liveOf({ leases: a, config: c });
        const target = liveOf({ leases: b, config: d });
        const written = Object.fromEntries(
          target.leases.flatMap(({ name, stored }, i) =>
            ours[i] ? [[name, stored.revision]] : [],
          ),
        );
        const { changes } = plan(source, target, written);
        for (const { key, kind, liveValue, revision } of changes) {
          if (liveValue === null) continue;
          const name = kind === 'config' ? 'config' : key.slice(`${PREFIX}/subnets/`.length);
          expect(written[name]).toBe(revision);
        }
        const next = carriedOut(target, changes, written);
        expect(plan(source, next.target, next.written).changes).toEqual([]);
      }),
      { numRuns: 1_000 },
    );
  });
});
