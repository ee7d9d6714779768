import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { configKey, type KeyStore, subnetsFolder } from '../../src/etcd/store.ts';
import { BENCHES, type Bench, type Keys, type OtherWriter } from '../support/store-bench.ts';

const CONFIG = '{"Network":"10.244.0.0/16","Backend":{"Type":"vxlan"}}';
const LEASE = '{"PublicIP":"10.1.10.245","BackendType":"vxlan"}';
const NODE = '{"PublicIP":"10.1.10.1","BackendType":"vxlan"}';
const DAY = 86_400;

let count = 0;

describe.each(BENCHES)('the store $name', ({ start }) => {
  let bench: Bench;
  let other: OtherWriter;
  let prefix: string;
  let store: KeyStore;
  let config: string;
  let subnet: (name: string) => string;
  /** The revision of a key now; null when it is not there. */
  let revisionOf: (key: string) => Promise<string | null>;
  /** Writes with guards as they hold now, except for what is given. */
  let write: (
    change: { key: string; value: string | null } & Partial<{
      ttl: number | null;
      revision: string | null;
      configRevision: string | null;
    }>,
  ) => ReturnType<KeyStore['write']>;

  beforeAll(async () => {
    bench = await start();
    other = bench.other;
    await other.put('/site', 'a key that is no part of any network');
    await other.remove('/site');
  });
  afterAll(() => bench.stop());

  beforeEach(() => {
    prefix = `/site-${++count}/network`;
    store = bench.open(prefix);
    config = configKey(prefix);
    subnet = (name) => `${subnetsFolder(prefix)}${name}`;
    revisionOf = async (key) => (await other.keys())[key]?.revision ?? null;
    write = async (change) => {
      const keys = await other.keys();
      return store.write({
        liveValue: keys[change.key]?.value ?? null,
        revision: keys[change.key]?.revision ?? null,
        configRevision: keys[config]?.revision ?? null,
        ...change,
      });
    };
  });
  afterEach(() => store.close());

  describe('reading', () => {
    it('finds neither config nor leases under an empty prefix', async () => {
      expect(await store.read()).toEqual({
        api: bench.api,
        prefix,
        revision: expect.stringMatching(/^\d+$/),
        clusterId: bench.api === 'file' ? null : expect.stringMatching(/^[0-9a-f]{8,16}$/),
        config: null,
        leases: [],
      });
    });

    it('finds the config and every key under subnets/, and nothing beside them', async () => {
      await other.put(config, CONFIG);
      await other.put(subnet('10.244.100.0-24'), LEASE);
      await other.put(subnet('10.244.10.0-24'), NODE, DAY);
      await other.put(subnet('rack-1/10.244.11.0-24'), 'deeper');
      await other.put(subnet('bigip'), 'no lease at all');
      await other.put(`${prefix}/subnet`, 'beside');
      await other.put(`${prefix}/subnets-old/10.244.12.0-24`, 'beside');
      await other.put(`${prefix}2/config`, 'another network');
      await other.put(`${prefix}2/subnets/10.245.1.0-24`, 'another network');
      const keys = await other.keys();
      const snapshot = await store.read();
      const told = [snapshot.config, ...snapshot.leases].map((one) => [
        one?.key,
        { value: one?.value, revision: one?.revision, expires: one?.expires },
      ]);
      const expected = [
        config,
        subnet('10.244.100.0-24'),
        subnet('10.244.10.0-24'),
        subnet('rack-1/10.244.11.0-24'),
        subnet('bigip'),
      ];
      expect(Object.fromEntries(told)).toEqual(only(keys, expected));
      expect(told).toHaveLength(expected.length);
    });

    it('tells the seconds left of the keys that expire, and of no other', async () => {
      await other.put(config, CONFIG);
      await other.put(subnet('10.244.100.0-24'), LEASE);
      await other.put(subnet('10.244.10.0-24'), NODE, 3600);
      await other.put(subnet('10.244.11.0-24'), NODE, DAY);
      const { leases } = await store.read();
      const asked = await store.readTtls(leases);
      const left = Object.fromEntries(
        leases.map(({ key, ttl }) => [key, ttl ?? asked.get(key) ?? null]),
      );
      expect(left).toEqual({
        [subnet('10.244.100.0-24')]: null,
        [subnet('10.244.10.0-24')]: expect.closeTo(3600, -1),
        [subnet('10.244.11.0-24')]: expect.closeTo(DAY, -1),
      });
    });
  });

  describe('creating', () => {
    it('writes a key that is not there, kept for ever', async () => {
      await other.put(config, CONFIG);
      const before = await other.keys();
      const result = await write({ key: subnet('10.244.100.0-24'), value: LEASE });
      const revision = await revisionOf(subnet('10.244.100.0-24'));
      expect(result).toEqual({ outcome: 'done', revision });
      expect(await other.keys()).toEqual({
        ...before,
        [subnet('10.244.100.0-24')]: { value: LEASE, revision, expires: false },
      });
    });

    it('writes a key that goes by itself, for as long as it is told', async () => {
      await other.put(config, CONFIG);
      const before = await other.keys();
      const result = await write({ key: subnet('10.244.10.0-24'), value: NODE, ttl: 7200 });
      const revision = await revisionOf(subnet('10.244.10.0-24'));
      expect(result).toEqual({ outcome: 'done', revision });
      expect(await other.keys()).toEqual({
        ...before,
        [subnet('10.244.10.0-24')]: { value: NODE, revision, expires: true },
      });
      const [lease] = (await store.read()).leases;
      const asked = lease && (lease.ttl ?? (await store.readTtls([lease])).get(lease.key));
      expect(asked).toBeGreaterThan(7100);
      expect(asked).toBeLessThanOrEqual(7200);
    });

    it('writes the config of a network that has none yet', async () => {
      const before = await other.keys();
      const result = await write({ key: config, value: CONFIG });
      const revision = await revisionOf(config);
      expect(result).toEqual({ outcome: 'done', revision });
      expect(await other.keys()).toEqual({
        ...before,
        [config]: { value: CONFIG, revision, expires: false },
      });
    });

    it('is stale when the key is there, and changes nothing', async () => {
      await other.put(config, CONFIG);
      await other.put(subnet('10.244.100.0-24'), NODE, DAY);
      const before = await other.keys();
      expect(await write({ key: subnet('10.244.100.0-24'), value: LEASE, revision: null })).toEqual(
        {
          outcome: 'stale',
          key: subnet('10.244.100.0-24'),
          revision: before[subnet('10.244.100.0-24')]?.revision,
        },
      );
      expect(await other.keys()).toEqual(before);
    });
  });

  describe('updating', () => {
    it('replaces the value at the planned revision and takes the TTL off', async () => {
      await other.put(config, CONFIG);
      await other.put(subnet('10.244.100.0-24'), NODE, DAY);
      const before = await other.keys();
      const result = await write({ key: subnet('10.244.100.0-24'), value: LEASE });
      const revision = await revisionOf(subnet('10.244.100.0-24'));
      expect(result).toEqual({ outcome: 'done', revision });
      expect(await other.keys()).toEqual({
        ...before,
        [subnet('10.244.100.0-24')]: { value: LEASE, revision, expires: false },
      });
    });

    it('puts a time to live on a key that had none', async () => {
      await other.put(config, CONFIG);
      await other.put(subnet('10.244.10.0-24'), NODE);
      const { outcome } = await write({ key: subnet('10.244.10.0-24'), value: NODE, ttl: DAY });
      expect(outcome).toBe('done');
      expect((await other.keys())[subnet('10.244.10.0-24')]).toEqual({
        value: NODE,
        revision: expect.any(String),
        expires: true,
      });
    });

    it('takes the TTL off when the value stays the same', async () => {
      await other.put(subnet('10.244.100.0-24'), LEASE, DAY);
      await write({ key: subnet('10.244.100.0-24'), value: LEASE });
      const { leases } = await store.read();
      expect(leases).toEqual([
        {
          key: subnet('10.244.100.0-24'),
          value: LEASE,
          revision: await revisionOf(subnet('10.244.100.0-24')),
          expires: false,
          ttl: null,
        },
      ]);
    });

    it('returns the revision that guards the next write of the key', async () => {
      const first = await write({ key: config, value: CONFIG });
      const revision = first.outcome === 'done' ? first.revision : 'none';
      const second = await write({ key: config, value: '{}', revision });
      expect(second).toEqual({ outcome: 'done', revision: await revisionOf(config) });
      expect((await store.read()).config?.value).toBe('{}');
    });

    it.each([
      { what: 'another value', value: NODE },
      { what: 'the same value', value: LEASE },
    ])('is stale when somebody put $what since, and changes nothing', async ({ value }) => {
      await other.put(config, CONFIG);
      await other.put(subnet('10.244.100.0-24'), LEASE);
      const planned = await revisionOf(subnet('10.244.100.0-24'));
      await other.put(subnet('10.244.100.0-24'), value);
      const before = await other.keys();
      expect(
        await write({ key: subnet('10.244.100.0-24'), value: LEASE, revision: planned }),
      ).toEqual({
        outcome: 'stale',
        key: subnet('10.244.100.0-24'),
        revision: before[subnet('10.244.100.0-24')]?.revision,
      });
      expect(await other.keys()).toEqual(before);
    });

    it('is stale when the key has gone, and does not bring it back', async () => {
      await other.put(config, CONFIG);
      await other.put(subnet('10.244.100.0-24'), LEASE);
      const planned = await revisionOf(subnet('10.244.100.0-24'));
      await other.remove(subnet('10.244.100.0-24'));
      const before = await other.keys();
      expect(
        await write({ key: subnet('10.244.100.0-24'), value: LEASE, revision: planned }),
      ).toEqual({ outcome: 'stale', key: subnet('10.244.100.0-24'), revision: null });
      expect(await other.keys()).toEqual(before);
    });
  });

  describe('removing', () => {
    it.each([
      { what: 'stays', seconds: undefined },
      { what: 'expires', seconds: DAY },
    ])('takes away a key that $what, and no other', async ({ seconds }) => {
      await other.put(config, CONFIG);
      await other.put(subnet('10.244.10.0-24'), NODE, DAY);
      await other.put(subnet('10.244.100.0-24'), LEASE, seconds);
      await other.put(subnet('10.244.100.0-25'), LEASE);
      const { [subnet('10.244.100.0-24')]: _, ...rest } = await other.keys();
      expect(await write({ key: subnet('10.244.100.0-24'), value: null })).toEqual({
        outcome: 'done',
        revision: expect.stringMatching(/^\d+$/),
      });
      expect(await other.keys()).toEqual(rest);
    });

    it('is stale when somebody wrote the key since, and changes nothing', async () => {
      await other.put(config, CONFIG);
      await other.put(subnet('10.244.100.0-24'), LEASE);
      const planned = await revisionOf(subnet('10.244.100.0-24'));
      await other.put(subnet('10.244.100.0-24'), NODE, DAY);
      const before = await other.keys();
      expect(
        await write({ key: subnet('10.244.100.0-24'), value: null, revision: planned }),
      ).toEqual({
        outcome: 'stale',
        key: subnet('10.244.100.0-24'),
        revision: before[subnet('10.244.100.0-24')]?.revision,
      });
      expect(await other.keys()).toEqual(before);
    });

    it('is stale when the key has gone already', async () => {
      await other.put(config, CONFIG);
      await other.put(subnet('10.244.100.0-24'), LEASE);
      const planned = await revisionOf(subnet('10.244.100.0-24'));
      await other.remove(subnet('10.244.100.0-24'));
      const before = await other.keys();
      expect(
        await write({ key: subnet('10.244.100.0-24'), value: null, revision: planned }),
      ).toEqual({ outcome: 'stale', key: subnet('10.244.100.0-24'), revision: null });
      expect(await other.keys()).toEqual(before);
    });
  });

  describe('removing a key that was not there when it was planned', () => {
    it('is done when it still is not, and creates nothing', async () => {
      await other.put(config, CONFIG);
      const before = await other.keys();
      const result = await write({ key: subnet('10.244.100.0-24'), value: null });
      expect(result).toEqual({ outcome: 'done', revision: expect.stringMatching(/^\d+$/) });
      expect(await other.keys()).toEqual(before);
    });

    it('is stale when somebody created it since', async () => {
      await other.put(subnet('10.244.100.0-24'), LEASE);
      const before = await other.keys();
      expect(await write({ key: subnet('10.244.100.0-24'), value: null, revision: null })).toEqual({
        outcome: 'stale',
        key: subnet('10.244.100.0-24'),
        revision: before[subnet('10.244.100.0-24')]?.revision,
      });
      expect(await other.keys()).toEqual(before);
    });
  });

  describe.each([
    { kind: 'creates', present: false, value: LEASE },
    { kind: 'updates', present: true, value: LEASE },
    { kind: 'removes', present: true, value: null },
  ])('a write that $kind a lease', ({ present, value }) => {
    beforeEach(async () => {
      if (present) await other.put(subnet('10.244.100.0-24'), NODE);
    });

    it.each([
      { what: 'changed', planned: CONFIG, now: '{}' },
      { what: 'written again', planned: CONFIG, now: CONFIG },
      { what: 'created', planned: null, now: CONFIG },
      { what: 'removed', planned: CONFIG, now: null },
    ])('is stale when the config was $what since the plan', async ({ planned, now }) => {
      if (planned !== null) await other.put(config, planned);
      const configRevision = await revisionOf(config);
      if (now === null) await other.remove(config);
      else await other.put(config, now);
      const before = await other.keys();
      expect(await write({ key: subnet('10.244.100.0-24'), value, configRevision })).toEqual({
        outcome: 'stale',
        key: config,
        revision: before[config]?.revision ?? null,
      });
      expect(await other.keys()).toEqual(before);
    });
  });

  it('keeps keys and values to the last character', async () => {
    const name = '10.244.100.0-24&fd00:10:244:64::-64';
    const value = 'Zürich – “日本” 🙂 a+b=c&d=100%\t"quoted"\\ \n last line\n';
    const created = await write({ key: subnet(name), value });
    expect((await store.read()).leases).toEqual([
      {
        key: subnet(name),
        value,
        revision: created.outcome === 'done' && created.revision,
        expires: false,
        ttl: null,
      },
    ]);
    await write({ key: subnet(name), value: null });
    expect((await store.read()).leases).toEqual([]);
  });

  it('sends nothing once the signal is aborted', async () => {
    await other.put(config, CONFIG);
    const before = await other.keys();
    const change = {
      key: subnet('10.244.100.0-24'),
      value: LEASE,
      liveValue: null,
      revision: null,
      configRevision: await revisionOf(config),
    };
    expect(await store.write(change, AbortSignal.abort())).toEqual({ outcome: 'aborted' });
    expect(await other.keys()).toEqual(before);
  });
});

function only(keys: Keys, names: readonly string[]): Keys {
  return Object.fromEntries(Object.entries(keys).filter(([key]) => names.includes(key)));
}
