import { readFile } from 'node:fs/promises';
import {
  type DeviceCounters,
  PING_HEADERS,
  type PingResult,
  parsePing,
} from '../model/host/ping.ts';
import { EXIT, Problem } from '../model/problem.ts';
import { run } from './run.ts';

/**
 * Sends packets that must not be fragmented and counts what comes back.
 *
 * @param size bytes of the whole IPv4 packet
 * @param device whose counters are watched
 * @throws Problem (exit 1) when ping is missing or may not be run
 */
export async function ping(
  address: string,
  size: number,
  count: number,
  device: string,
): Promise<PingResult> {
  const before = await countersOf(device);
  const data = String(Math.max(size - PING_HEADERS, 0));
  const options = ['-n', '-M', 'do', '-c', String(count), '-i', '0.2', '-W', '1', '-s', data];
  const { error, stdout, stderr } = await run('ping', [...options, address]);
  const after = await countersOf(device);
  const parsed = parsePing(`${stdout}\n${stderr}`);
  if (parsed === null) {
    const isMissing = error?.code === 'ENOENT';
    throw new Problem(`ping ${isMissing ? 'is missing' : `failed: ${stderr.trim()}`}`, {
      exit: EXIT.failed,
      fix: isMissing ? 'install iputils-ping' : 'run it as root',
    });
  }
  return { size, ...parsed, moved: before && after && difference(before, after) };
}

async function countersOf(device: string): Promise<DeviceCounters | null> {
  const read = async (name: string) => {
    const file = `/sys/class/net/${device}/statistics/${name}`;
    return Number(await readFile(file, 'utf8'));
  };
  try {
    const [sent, received, errors, dropped, carrier] = await Promise.all(
      ['tx_packets', 'rx_packets', 'tx_errors', 'tx_dropped', 'tx_carrier_errors'].map(read),
    );
    const sendFailures = (errors ?? 0) + (dropped ?? 0) + (carrier ?? 0);
    return { sent: sent ?? 0, received: received ?? 0, sendFailures };
  } catch {
    return null;
  }
}

function difference(before: DeviceCounters, after: DeviceCounters): DeviceCounters {
  return {
    sent: after.sent - before.sent,
    received: after.received - before.received,
    sendFailures: after.sendFailures - before.sendFailures,
  };
}
