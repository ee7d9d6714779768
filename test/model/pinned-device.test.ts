import { describe, expect, it } from 'vitest';
import {
  decidePin,
  deviceName,
  type PinFacts,
  type VxlanDevice,
} from '../../src/model/pinned-device.ts';

const DEVICE: VxlanDevice = {
  mac: '5a:7d:2e:91:0c:44',
  vni: 1,
  port: 8472,
  interface: 'eth0',
  local: '10.1.10.151',
  learning: false,
  gbp: false,
};
const OTHER = { ...DEVICE, mac: '5a:7d:2e:91:0c:55' };
const NO_FLAGS = { mac: null, interface: null, local: null, force: false, adopt: false };

const decide = ({ flags, ...parts }: Partial<Omit<PinFacts, 'flags'>> & { flags?: object }) =>
  decidePin({
    name: 'flannel.1',
    kept: null,
    live: null,
    addresses: ['10.1.10.151'],
    vni: 1,
    port: null,
    leaseMac: null,
    flags: { ...NO_FLAGS, ...flags },
    ...parts,
  });
const refusal = { do: 'refuse', why: expect.any(String), fix: expect.any(String) };

describe('a device that is there', () => {
  it.each([
    ['is kept when nothing is', { live: DEVICE }, { do: 'remember', device: DEVICE }],
    [
      'that is kept is left alone',
      { live: DEVICE, kept: DEVICE },
      { do: 'nothing', device: DEVICE },
    ],
    [
      'with the kept MAC and another address is kept anew',
      { live: DEVICE, kept: { ...DEVICE, local: '10.1.10.9' } },
      { do: 'remember', device: DEVICE },
    ],
    [
      'takes the port of the network config',
      { live: DEVICE, kept: DEVICE, port: 4789 },
      { do: 'remember', device: { ...DEVICE, port: 4789 } },
    ],
    ['with another MAC than the kept one is not touched', { live: OTHER, kept: DEVICE }, refusal],
    [
      'gets the kept MAC by force',
      { live: OTHER, kept: DEVICE, flags: { force: true } },
      { do: 'set-mac', device: DEVICE, from: OTHER.mac },
    ],
    [
      'keeps its own when that is adopted',
      { live: OTHER, kept: DEVICE, flags: { adopt: true } },
      { do: 'remember', device: OTHER },
    ],
    [
      'with another MAC than --mac is not touched',
      { live: OTHER, flags: { mac: DEVICE.mac } },
      refusal,
    ],
    [
      'gets --mac by force',
      { live: OTHER, kept: OTHER, flags: { mac: DEVICE.mac, force: true } },
      { do: 'set-mac', device: DEVICE, from: OTHER.mac },
    ],
    [
      'that has --mac is kept',
      { live: DEVICE, kept: OTHER, flags: { mac: DEVICE.mac } },
      { do: 'remember', device: DEVICE },
    ],
  ])('%s', (_, facts, step) => {
    expect(decide(facts)).toEqual(step);
  });
});

describe('a device that is not there', () => {
  it.each([
    [
      'is made from what is kept',
      { kept: DEVICE },
      { do: 'create', device: DEVICE, movedFrom: null },
    ],
    [
      'is made with --mac',
      { kept: DEVICE, flags: { mac: OTHER.mac } },
      { do: 'create', device: OTHER, movedFrom: null },
    ],
    [
      'is made with the MAC of its lease',
      { leaseMac: DEVICE.mac, flags: { interface: 'eth0' } },
      { do: 'create', device: DEVICE, movedFrom: null },
    ],
    [
      'is made with the VNI and port of the network config',
      { kept: DEVICE, vni: 7, port: 4789 },
      { do: 'create', device: { ...DEVICE, vni: 7, port: 4789 }, movedFrom: null },
    ],
    [
      'keeps what flanneld compares',
      { kept: { ...DEVICE, learning: true, gbp: true } },
      { do: 'create', device: { ...DEVICE, learning: true, gbp: true }, movedFrom: null },
    ],
    ['cannot be made of nothing', {}, refusal],
    ['cannot be made without a MAC', { flags: { interface: 'eth0' } }, refusal],
    [
      'waits for its interface',
      { kept: DEVICE, addresses: null },
      { do: 'wait', what: 'the interface eth0', otherwise: null },
    ],
    [
      'waits for an address',
      { kept: DEVICE, addresses: [] },
      { do: 'wait', what: '10.1.10.151 on eth0', otherwise: null },
    ],
    [
      'is made with the address that there is when the kept one does not come',
      { kept: DEVICE, addresses: ['10.1.10.9', '10.1.10.8'] },
      {
        do: 'wait',
        what: '10.1.10.151 on eth0',
        otherwise: {
          do: 'create',
          device: { ...DEVICE, local: '10.1.10.9' },
          movedFrom: '10.1.10.151',
        },
      },
    ],
    [
      'is made with no other address than --local',
      { kept: DEVICE, flags: { local: '10.1.10.7' } },
      { do: 'wait', what: '10.1.10.7 on eth0', otherwise: null },
    ],
  ])('%s', (_, facts, step) => {
    expect(decide(facts)).toEqual(step);
  });
});

it('is called as flannel calls it', () => {
  expect([deviceName('ipv4', 1), deviceName('ipv6', 7)]).toEqual(['flannel.1', 'flannel-v6.7']);
});
