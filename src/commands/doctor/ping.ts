import { ping } from '../../linux/ping.ts';
import { readHost } from '../../linux/read-host.ts';
import { formatAddress } from '../../model/address.ts';
import { nodeOfHost } from '../../model/host/node-of-host.ts';
import { lostDirection } from '../../model/host/ping.ts';
import { EXIT, type ExitCode, Problem } from '../../model/problem.ts';
import { type PingedBigIp, pingJson, pingText } from '../../output/doctor/ping-text.ts';
import { whileWaiting } from '../../output/progress.ts';
import { styleOf } from '../../output/style.ts';
import { writeDocument, writeLine } from '../../output/write.ts';
import { namedBigips } from '../../session/bigip/units.ts';
import { SUBNET_ENV } from '../../session/doctor/read-sources.ts';
import { nextCommand, tellNext } from '../../session/next-command.ts';
import { withSession } from '../../session/open.ts';
import type { Args } from '../../session/options.ts';
import { loadSite } from '../../session/site.ts';
import type { World } from '../../world.ts';

/** Bytes of the IPv4 packet that an ordinary ping sends. */
const SMALL = 84;

/** `doctor ping`: real packets to the overlay self IPs. Exit 2 when any is lost. */
export async function run(args: Args, world: World): Promise<ExitCode> {
  const loaded = await loadSite(args, world);
  const targets = namedBigips(loaded.site, args.positionals).map(({ name, ipv4 }) => {
    if (ipv4.selfIP !== null) return { name, address: formatAddress(4, ipv4.selfIP.value) };
    throw new Problem(`the site file names no selfIP of ${name}`, {
      exit: EXIT.invalid,
      fix: 'write it into the site file; bigip import reads it from the unit',
    });
  });
  const count = countOf(args);
  const device = await withSession(args, world, loaded, async ({ live, site }) => {
    if (live.config === null) return null;
    const host = await readHost({ subnetEnv: SUBNET_ENV, probes: [], port: 0 });
    return nodeOfHost(host, live, live.config, site.bigips).device ?? null;
  });
  if (device === null) {
    throw new Problem('this host has no flannel device to send through', {
      exit: EXIT.failed,
      fix: 'run it on a node; flannel-bigip doctor --host tells what is missing',
    });
  }
  const pinged: PingedBigIp[] = [];
  for (const { name, address } of targets) {
    const sent = async (size: number) =>
      whileWaiting(world, `Pinging ${address}`, ping(address, size, count, device.name));
    const results = [await sent(SMALL), await sent(device.mtu)];
    pinged.push({ name, address, results });
  }
  const ok = pinged.every(({ results }) => results.every((one) => lostDirection(one) === 'none'));
  if (args.text('output') === 'json') {
    await writeDocument(world.stdout, 'json', { ok, bigips: pinged.map(pingJson) });
  } else {
    const style = styleOf(world.stdout, world.env);
    writeLine(world.stdout, pinged.map((one) => pingText(one, style)).join('\n\n'));
    tellNext(world, args, nextCommand(ok ? 'bigip check' : 'doctor --host', args));
  }
  return ok ? EXIT.done : EXIT.found;
}

function countOf(args: Args): number {
  const text = args.text('count') ?? '3';
  const count = Number(text);
  if (/^\d+$/.test(text) && count > 0 && count <= 1000) return count;
  throw new Problem(`--count ${text} is no number from 1 to 1000`, { exit: EXIT.usage });
}
