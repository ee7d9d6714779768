import { setTimeout as pause } from 'node:timers/promises';
import { readVxlan } from '../linux/vxlan.ts';
import { formatAddress } from '../model/address.ts';
import { deviceName } from '../model/pinned-device.ts';
import { EXIT, Problem } from '../model/problem.ts';
import { decodeSnapshot, type LiveState } from '../model/snapshot.ts';
import type { Session } from './open.ts';

/** How often device and lease are looked at, in milliseconds. */
const LOOK_EVERY = 250;

/**
 * Waits until flanneld has made this host's device and has published its MAC.
 *
 * @param limit milliseconds
 * @returns what etcd holds then
 * @throws Problem (exit 1) when that takes too long; StoreError when etcd goes away
 */
export async function waitForDevice(
  { store, live: first }: Session,
  limit: number,
  signal: AbortSignal,
): Promise<LiveState> {
  const end = Date.now() + limit;
  for (let live = first; ; live = decodeSnapshot(await store.read())) {
    const missing = await missingOf(live);
    if (missing === null) return live;
    if (Date.now() >= end) {
      throw new Problem(`${missing}; nothing was changed`, {
        exit: EXIT.failed,
        fix: 'see that flanneld runs here, or raise --wait',
      });
    }
    await pause(LOOK_EVERY, undefined, { signal }).catch(() => {
      throw new Problem('interrupted; nothing was changed', { exit: EXIT.interrupted });
    });
  }
}

async function missingOf({ config, leases }: LiveState): Promise<string | null> {
  if (config === null) return 'there is no network config';
  const name = deviceName('ipv4', config.vxlan.vni);
  const device = await readVxlan(name);
  if (device === null) return `there is no device ${name}`;
  const isPublished = leases.some(
    ({ value }) =>
      typeof value !== 'string' &&
      value.publicIP !== null &&
      formatAddress(4, value.publicIP) === device.local &&
      value.vtepMAC === device.mac,
  );
  return isPublished
    ? null
    : `no lease says that ${device.local} has the MAC ${device.mac} of ${name}`;
}
