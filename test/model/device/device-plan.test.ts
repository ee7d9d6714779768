import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planDevice } from '../../../src/model/device/device-plan.ts';
import type { DeviceState } from '../../../src/model/device/objects.ts';
import { planDeviceRemoval } from '../../../src/model/device/removal-plan.ts';
import { BARE, DESIRED, siteOf, stateAfter, TRUE } from './states.ts';

const NETWORK = siteOf().network.config.ipv4?.network ?? null;

/** A unit that differs from what is declared in any of the ways that one can. */
const STATES: fc.Arbitrary<DeviceState> = fc
  .record({
    hasProfile: fc.boolean(),
    port: fc.constantFrom(8472, 4789),
    flooding: fc.constantFrom('none', 'multipoint'),
    hasTunnel: fc.boolean(),
    key: fc.constantFrom(1, 2),
    localAddress: fc.constantFrom('10.1.10.245', '10.1.10.9'),
    hasSelfIp: fc.boolean(),
    mask: fc.constantFrom(16, 24),
    allowService: fc.constantFrom('none', 'all'),
    name: fc.constantFrom('10.244.100.10', 'overlay'),
    fdb: fc.uniqueArray(fc.constantFrom('02:00:00:00:00:01', '02:00:00:00:00:02')),
  })
  .map((parts) => {
    const { profile, tunnel, selfIp } = DESIRED;
    const { hasTunnel, port, flooding, key, localAddress, allowService } = parts;
    const hasProfile = parts.hasProfile || hasTunnel;
    const own = selfIp && {
      ...selfIp,
      path: `/Common/${parts.name}`,
      address: `10.244.100.10/${parts.mask}`,
      allowService,
    };
    return {
      ...BARE,
      profile: hasProfile ? { ...profile, port, flooding } : null,
      tunnel: hasTunnel ? { ...tunnel, key, localAddress } : null,
      selfIps: [...BARE.selfIps, ...(own && hasTunnel && parts.hasSelfIp ? [own] : [])],
      fdb: hasTunnel
        ? parts.fdb.map((mac) => ({ mac, endpoint: '10.1.10.151', description: null }))
        : [],
    };
  });

describe('a plan for a unit', () => {
  it('is empty when the unit is as declared', () => {
    expect(planDevice(DESIRED, TRUE)).toEqual({
      steps: [],
      problems: [],
      recreate: null,
      records: [],
    });
  });

  it('leads from any state to the declared one, keeps every FDB record, and is then empty', () => {
    fc.assert(
      fc.property(STATES, (state) => {
        const { steps } = planDevice(DESIRED, state);
        const next = stateAfter(state, steps);
        expect(planDevice(DESIRED, next).steps).toEqual([]);
        expect(next.fdb.map(({ mac }) => mac).toSorted()).toEqual(
          state.fdb.map(({ mac }) => mac).toSorted(),
        );
      }),
    );
  });

  it('can be cut off behind any step: what is planned then ends in the same state', () => {
    fc.assert(
      fc.property(STATES, fc.nat(12), (state, cut) => {
        const { steps, records } = planDevice(DESIRED, state);
        const halfway = stateAfter(state, steps.slice(0, cut));
        const rest = planDevice(DESIRED, halfway, { lostRecords: records }).steps;
        const whole = stateAfter(state, steps);
        const resumed = stateAfter(halfway, rest);
        const shape = ({ profile, tunnel, fdb }: DeviceState) => ({
          profile,
          tunnel,
          fdb: fdb.map(({ mac }) => mac).toSorted(),
        });
        expect(shape(resumed)).toEqual(shape(whole));
        expect(planDevice(DESIRED, resumed, { lostRecords: records }).steps).toEqual([]);
      }),
    );
  });

  it('has each object only after what it stands on, and takes it away before', () => {
    fc.assert(
      fc.property(STATES, (state) => {
        const order = planDevice(DESIRED, state).steps.map(
          ({ action, target }) => `${action} ${target}`,
        );
        const isBefore = (first: string, second: string) =>
          !order.includes(first) ||
          !order.includes(second) ||
          order.indexOf(first) < order.indexOf(second);
        expect(isBefore('create profile', 'create tunnel')).toBe(true);
        expect(isBefore('create tunnel', 'create self-ip')).toBe(true);
        expect(isBefore('delete self-ip', 'delete tunnel')).toBe(true);
        expect(isBefore('delete tunnel', 'update profile')).toBe(true);
        expect(isBefore('delete tunnel', 'create tunnel')).toBe(true);
      }),
    );
  });

  it('changes in place what can be, and says why a tunnel has to be made anew', () => {
    fc.assert(
      fc.property(STATES, (state) => {
        const { recreate, steps } = planDevice(DESIRED, state);
        const mustBe =
          state.tunnel !== null &&
          (state.tunnel.key !== 1 ||
            state.tunnel.localAddress !== '10.1.10.245' ||
            state.profile?.flooding !== 'none');
        expect(recreate !== null).toBe(mustBe);
        const isTornDown = steps.some(
          ({ target, action }) => target === 'tunnel' && action === 'delete',
        );
        expect(isTornDown).toBe(mustBe);
      }),
    );
  });

  it.each<[string, Partial<DeviceState>, string, 'error' | 'warning']>([
    [
      'another tunnel with its key and address',
      { otherTunnels: [{ ...DESIRED.tunnel, path: '/Common/other', profile: '/Common/vx' }] },
      'tunnel-twin',
      'error',
    ],
    [
      'the declared self IP on another VLAN',
      {
        selfIps: [
          ...BARE.selfIps,
          ...(DESIRED.selfIp ? [{ ...DESIRED.selfIp, path: '/Common/x', vlan: '/Common/v' }] : []),
        ],
      },
      'self-ip-elsewhere',
      'error',
    ],
    [
      'a peer and config-sync of tunnels',
      { configsync: true, peers: [{ hostname: 'b', failoverState: null }] },
      'configsync-carries-tunnels',
      'error',
    ],
    ['no self IP at the local address', { selfIps: [] }, 'local-address-no-self-ip', 'warning'],
  ])('finds %s', (_, parts, rule, severity) => {
    const { problems } = planDevice(DESIRED, { ...BARE, ...parts });
    expect(problems.map((one) => [one.rule, one.severity])).toEqual([[rule, severity]]);
  });

  it('warns that no self IP is declared, and makes none', () => {
    const { steps, problems } = planDevice({ ...DESIRED, selfIp: null }, BARE);
    expect(steps.map(({ target }) => target)).toEqual(['profile', 'tunnel']);
    expect(problems.map(({ rule }) => rule)).toEqual(['self-ip-undeclared']);
  });
});

describe('the removal of a unit', () => {
  it('leaves nothing behind of what apply made, from any state in which one could have left it', () => {
    fc.assert(
      fc.property(fc.nat(4), (cut) => {
        const { steps } = planDevice(DESIRED, BARE);
        const state = stateAfter(BARE, steps.slice(0, cut));
        const { steps: gone, problems } = planDeviceRemoval(DESIRED, state, [], NETWORK, false);
        expect(problems).toEqual([]);
        expect(stateAfter(state, gone)).toEqual(BARE);
      }),
    );
  });
});
