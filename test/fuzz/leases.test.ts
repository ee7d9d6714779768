import fc from 'fast-check';
import { describe, expect } from 'vitest';
import { formatLeaseKey, parseLeaseKey } from '../../src/model/lease-key.ts';
import { parseLeaseValue } from '../../src/model/lease-value.ts';
import { bigipsOfLive, networkOfLive } from '../../src/model/live-draft.ts';
import { planMigration, planRetirement } from '../../src/model/migrate.ts';
import { planSite } from '../../src/model/plan.ts';
import { planRestore } from '../../src/model/restore.ts';
import { decodeSnapshot, type LiveState, type StoredKey } from '../../src/model/snapshot.ts';
import { NETWORK, node, PREFIX, RESERVATION, siteOf } from '../model/snapshots.ts';
import { hostileJson, hostileText, jsonText } from './hostile.ts';
import { malformed } from './malformed.ts';
import { printList, printPlan } from './printed.ts';
import { fuzz } from './runs.ts';

const LEASE_KEYS = ['PublicIP', 'PublicIPv6', 'BackendType', 'BackendData', 'VtepMAC', 'VNI'];
const LEASE_LEAVES = ['10.1.10.5', 'fd00::5', 'vxlan', '0a:00:00:00:00:05', '10.1.10.245'];
const KEYS = ['10.244.100.0-24', '10.244.12.0-24', '10.244.12.0-24&fd00:10:244:12::-64'];
const DUAL_LEASE = JSON.stringify({
  PublicIP: '10.1.10.12',
  PublicIPv6: 'fd00::12',
  BackendType: 'vxlan',
  BackendData: { VNI: 1, VtepMAC: '0a:00:00:00:00:0c' },
  BackendV6Data: { VNI: 1, VtepMAC: '0a:00:00:00:00:0d' },
});

const leaseKey = fc.oneof(
  malformed(KEYS),
  hostileText,
  fc
    .array(fc.constantFrom('1', '10', '244', '.', '-', '24', '&', ':', 'x', '255', '00', '\n'), {
      maxLength: 14,
    })
    .map((parts) => parts.join('')),
);

/** As in flannel's source; only short keys can be held against them. */
const FLANNEL_PATTERNS = {
  'v0.12.0': /(\d+\.\d+[^\n]\d+[^\n]\d+)-(\d+)/,
  'v0.20.0': /(\d+\.\d+[^\n]\d+[^\n]\d+)-(\d+)(?:&([\da-f:]+)-(\d+))?$/,
};

const shortKey = fc
  .array(fc.constantFrom('1', '22', '.', '-', '.1', 'x', '&', 'f', '::', '\n', '10.2.3.4-24'), {
    maxLength: 18,
  })
  .map((parts) => parts.join(''));

const leaseValue = fc.oneof(
  malformed([RESERVATION, DUAL_LEASE, node(12).value]),
  hostileJson(LEASE_KEYS, LEASE_LEAVES).map(jsonText),
  fc.constantFrom(RESERVATION, DUAL_LEASE),
  hostileText,
);

const configText = fc.oneof(
  { weight: 3, arbitrary: fc.constant(JSON.stringify(NETWORK)) },
  { weight: 1, arbitrary: malformed([JSON.stringify(NETWORK)]) },
  { weight: 1, arbitrary: hostileJson(['Network', 'Backend', 'Type', 'SubnetLen']).map(jsonText) },
);

const storedKey = (name: string, value: string, expires: boolean, n: number): StoredKey => ({
  key: `${PREFIX}/subnets/${name}`,
  value,
  revision: String(n),
  expires,
  ttl: expires ? 3_600 : null,
});

/** A store in which others have written what they liked. */
const live: fc.Arbitrary<LiveState> = fc
  .record({
    api: fc.constantFrom('v2' as const, 'v3' as const, 'file' as const),
    config: fc.option(configText),
    leases: fc.uniqueArray(fc.tuple(leaseKey, leaseValue, fc.boolean()), {
      maxLength: 8,
      selector: ([name]) => name,
    }),
  })
  .map(({ api, config, leases }) =>
    decodeSnapshot({
      api,
      prefix: PREFIX,
      revision: '1000',
      clusterId: null,
      config:
        config === null
          ? null
          : { key: `${PREFIX}/config`, value: config, revision: '7', expires: false, ttl: null },
      leases: leases.map(([name, value, expires], n) => storedKey(name, value, expires, n)),
    }),
  );

const SITE = siteOf();
const NO_TTLS = new Map<string, number>();

describe('whatever others write into the store', () => {
  fuzz('a key is read as a subnet that can be written, or not', leaseKey, 600, (name) => {
    for (const version of ['v0.12.0', 'v0.20.0'] as const) {
      const read = parseLeaseKey(name, version);
      if (read !== null) expect(parseLeaseKey(formatLeaseKey(read), version)).toEqual(read);
    }
  });

  fuzz("a key is found where flannel's own pattern finds it", shortKey, 500, (name) => {
    for (const version of ['v0.12.0', 'v0.20.0'] as const) {
      const [found] = FLANNEL_PATTERNS[version].exec(name) ?? [];
      const expected = found === undefined ? null : parseLeaseKey(found, version);
      expect(parseLeaseKey(name, version)).toEqual(expected);
    }
  });

  fuzz('a value that is no JSON is never read', leaseValue, 400, (text) => {
    const value = parseLeaseValue(text);
    if (typeof value !== 'string') expect(() => JSON.parse(text)).not.toThrow();
  });

  fuzz('it can be listed and mapped', live, 250, (state) => {
    printList(state, SITE);
  });

  fuzz('plans against it can be made and shown', fc.tuple(live, live), 200, ([now, other]) => {
    printPlan(planSite(SITE, now, { prune: true, rewrite: true }), PREFIX);
    printPlan(planRestore(other, now, { includeNodes: true }), PREFIX);
    printPlan(planRetirement(now, other), PREFIX);
    const sides = { source: now, target: other, sourceTtls: NO_TTLS, targetTtls: NO_TTLS };
    printPlan(planMigration({ ...sides, written: {} }), PREFIX);
  });

  fuzz('a site can be drafted from it', live, 75, (state) => {
    const drafted = networkOfLive(state);
    const network = drafted?.network ?? NETWORK;
    const draft = { name: 'site', etcd: { api: 'v3' as const }, network, bigips: [] };
    bigipsOfLive(draft as never, state);
  });
});
