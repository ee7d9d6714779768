import { afterEach } from 'vitest';
import { type BigIpDevice, type BigIpOptions, startBigIp } from './device.ts';
import { MACS } from './site.ts';

/** Starts devices for the tests of a file, and ends them behind each. */
export function devicesOfTest(): (options?: BigIpOptions) => Promise<BigIpDevice> {
  const opened: BigIpDevice[] = [];
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((one) => one.stop()));
  });
  return async (options = {}) => {
    const one = await startBigIp({ macs: MACS, ...options });
    opened.push(one);
    return one;
  };
}

/** A unit as somebody set it up by hand, as the site of the tests wants it unless parts say otherwise. */
export function setUp(
  device: BigIpDevice,
  parts: {
    readonly port?: number;
    readonly floodingType?: string;
    readonly key?: number;
    readonly localAddress?: string;
    readonly address?: string;
    readonly allowService?: unknown;
    readonly trafficGroup?: string;
    readonly records?: Readonly<Record<string, string>>;
    readonly arp?: Readonly<Record<string, string>>;
  } = {},
): void {
  const { port = 8472, floodingType = 'none', key = 1, localAddress = '10.1.10.245' } = parts;
  const { address = '10.244.100.10/16', allowService, trafficGroup } = parts;
  const partition = 'Common';
  device.put('net/tunnels/vxlan', { name: 'fl-vxlan', partition, port, floodingType });
  const profile = '/Common/fl-vxlan';
  device.put('net/tunnels/tunnel', { name: 'fl-tunnel', partition, profile, key, localAddress });
  device.put('net/self', {
    name: 'overlay',
    partition,
    address,
    vlan: '/Common/fl-tunnel',
    ...(allowService === undefined ? {} : { allowService }),
    ...(trafficGroup === undefined ? {} : { trafficGroup }),
  });
  for (const [name, endpoint] of Object.entries(parts.records ?? {})) {
    device.put('net/fdb/tunnel/~Common~fl-tunnel/records', { name, endpoint });
  }
  for (const [ipAddress, macAddress] of Object.entries(parts.arp ?? {})) {
    device.put('net/arp', { name: `k8s-${ipAddress}`, partition, ipAddress, macAddress });
  }
}
