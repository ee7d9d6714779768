import { describe, expect, it } from 'vitest';
import { listLeases } from '../../src/model/lease-list.ts';
import { type Listing, listChanges } from '../../src/model/list-changes.ts';
import type { StoredKey } from '../../src/model/snapshot.ts';
import { liveOf, NETWORK, node } from './snapshots.ts';

const first = node(20);
const second = node(21);

function listing(leases: readonly StoredKey[], config: object | string | null = NETWORK): Listing {
  const live = liveOf({ leases, config });
  return { live, leases: listLeases(live, null, new Map()) };
}

/** Each change as the event and the end of its key. */
const short = (before: Listing | null, after: Listing) =>
  listChanges(before, after).map((change) =>
    change.event === 'config'
      ? change.event
      : `${change.event} ${change.lease.key.split('/').at(-1)}`,
  );

describe('what changed between two listings', () => {
  it.each([
    ['nothing', [first], [first], []],
    ['a lease came', [first], [first, second], ['added 10.244.21.0-24']],
    ['a lease went', [first, second], [second], ['removed 10.244.20.0-24']],
    [
      'one went and another came',
      [first],
      [second],
      ['removed 10.244.20.0-24', 'added 10.244.21.0-24'],
    ],
    [
      'the same value was written again',
      [first],
      [{ ...first, revision: '9000' }],
      ['changed 10.244.20.0-24'],
    ],
    ['time went by', [{ ...first, ttl: 60 }], [{ ...first, ttl: 59 }], []],
    [
      'another lease made it a problem',
      [second],
      [node(20, { PublicIP: '10.1.10.21' }), second],
      ['added 10.244.20.0-24', 'changed 10.244.21.0-24'],
    ],
  ])('%s', (_, before, after, changes) => {
    expect(short(listing(before), listing(after))).toEqual(changes);
  });

  it('is everything when there was nothing before, the config first', () => {
    expect(short(null, listing([first, second]))).toEqual([
      'config',
      'added 10.244.20.0-24',
      'added 10.244.21.0-24',
    ]);
  });

  it('is also a lease that a new config takes out of the range', () => {
    const before = listing([first]);
    const live = liveOf({ leases: [first], config: { ...NETWORK, SubnetMax: '10.244.19.0' } });
    const { config } = live.snapshot;
    const snapshot = { ...live.snapshot, config: config && { ...config, revision: '8' } };
    const moved = { ...live, snapshot };
    const after = { live: moved, leases: listLeases(moved, null, new Map()) };
    expect(short(before, after)).toEqual(['config', 'changed 10.244.20.0-24']);
  });
});

describe('the config in a change', () => {
  it.each([
    [{ ...NETWORK, Backend: { Type: 'ipsec', PSK: 'secret' } }, '10.244.0.0', '********'],
    [null, undefined, undefined],
    ['no JSON with "PSK": "secret"', undefined, undefined],
  ])('%j is without secrets, and null when it is no JSON', (config, network, psk) => {
    const [change] = listChanges(null, listing([], config));
    if (change?.event !== 'config') throw new Error('no config');
    const shown = change.config as { Backend?: { PSK: string } } | null;
    expect(shown?.Backend?.PSK).toBe(psk);
    expect(change.networks.length).toBe(network === undefined ? 0 : 1);
    expect(JSON.stringify(change.config)).not.toContain('secret');
  });
});
