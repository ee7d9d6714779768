import { isIP } from 'node:net';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type PinnedState, pinnedFile, readPinned, writePinned } from '../files/pinned-state.ts';
import { createVxlan, readAddresses, readVxlan, setMac } from '../linux/vxlan.ts';
import { isGroupMac, isZeroMac, parseMac } from '../model/mac.ts';
import {
  decidePin,
  deviceName,
  type Family,
  type PinFlags,
  type PinStep,
} from '../model/pinned-device.ts';
import { EXIT, type ExitCode, Problem } from '../model/problem.ts';
import { type PinResult, pinJson, pinText } from '../output/pin-output.ts';
import { writeDocument, writeLine } from '../output/write.ts';
import { askYes } from '../session/ask.ts';
import { nextCommand, sameCommand, tellNext } from '../session/next-command.ts';
import { type Args, parseDuration } from '../session/options.ts';
import { type PinNetwork, readPinNetwork } from '../session/pin-network.ts';
import type { World } from '../world.ts';

const STATE_FOLDER = '/var/lib/flannel-bigip';

/** How often the underlay is looked at while it comes up, in milliseconds. */
const LOOK_EVERY = 200;

type Decided = PinResult['step'];

/** `pin-mac`: makes this host's flannel device have the same MAC for ever. */
export async function run(args: Args, world: World): Promise<ExitCode> {
  const flags = readFlags(args);
  const limit = parseDuration(args.text('wait') ?? '30s', 'wait');
  const file = pinnedFile(path.resolve(world.cwd, args.text('state-dir') ?? STATE_FOLDER));
  const kept = readPinned(file);
  const network = await readPinNetwork(args, world);
  const pin = new Pin(flags, kept, network, vniOf(args) ?? network?.vni ?? null);
  const end = Date.now() + limit;
  const results: PinResult[] = [];
  for (const family of ['ipv4', 'ipv6'] as const) {
    const result = await pin.settle(family, end, world.signal);
    if (result !== null) results.push(result);
  }
  const isDry = args.on('dry-run');
  const refused = results.find(({ step }) => step.do === 'refuse')?.step;
  if (!isDry && refused === undefined) {
    await consent(results, args, world);
    await carryOut(file, kept, results);
  }
  if (args.text('output') === 'json') {
    await writeDocument(world.stdout, 'json', pinJson(results, file, isDry));
  } else {
    writeLine(world.stdout, pinText(results, isDry));
    const step = isDry
      ? sameCommand('pin-mac', args, ['dry-run'])
      : nextCommand('service install', args);
    if (refused === undefined) tellNext(world, args, step);
  }
  if (refused?.do !== 'refuse') return EXIT.done;
  throw new Problem(refused.why, { exit: EXIT.failed, fix: refused.fix });
}

function readFlags(args: Args): PinFlags {
  const usage = (message: string, fix: string) => new Problem(message, { exit: EXIT.usage, fix });
  const text = args.text('mac');
  const mac = text === undefined ? null : parseMac(text);
  if (text !== undefined && (mac === null || isGroupMac(mac) || isZeroMac(mac))) {
    throw usage(
      `--mac ${text} is no address that a device can have`,
      'write it like 5a:7d:2e:91:0c:44',
    );
  }
  const local = args.text('local') ?? null;
  if (local !== null && isIP(local) !== 4) {
    throw usage(`--local ${local} is no IPv4 address`, 'name an address of the underlay interface');
  }
  if (args.on('force') && args.on('adopt')) {
    throw usage('--force and --adopt are opposites', 'pass one of them');
  }
  return {
    mac,
    local,
    interface: args.text('interface') ?? null,
    force: args.on('force'),
    adopt: args.on('adopt'),
  };
}

function vniOf(args: Args): number | null {
  const text = args.text('vni');
  if (text === undefined) return null;
  const vni = /^\d{1,8}$/.test(text) ? Number(text) : 0;
  if (vni >= 1 && vni < 2 ** 24) return vni;
  throw new Problem(`--vni ${text} is none`, { exit: EXIT.usage, fix: 'it is 1 to 16777215' });
}

/** What is asked for, kept and read; decides for each family. */
class Pin {
  constructor(
    readonly flags: PinFlags,
    readonly kept: PinnedState,
    readonly network: PinNetwork | null,
    readonly vni: number | null,
  ) {}

  /** What is to be done, once what it depends on is there; null where there is no such device to be. */
  async settle(family: Family, end: number, signal: AbortSignal): Promise<PinResult | null> {
    const vni = this.vni ?? this.kept[family]?.vni ?? this.kept.ipv4?.vni ?? 1;
    const name = deviceName(family, vni);
    for (;;) {
      const step = await this.decide(family, name, vni);
      if (step === null) return null;
      if (step.do !== 'wait') return { name, step };
      if (Date.now() >= end) return { name, step: atLast(name, step) };
      await pause(LOOK_EVERY, undefined, { signal }).catch(() => {
        throw new Problem('interrupted; nothing was changed', { exit: EXIT.interrupted });
      });
    }
  }

  private async decide(family: Family, name: string, vni: number): Promise<PinStep | null> {
    const kept = this.kept[family] ?? null;
    const live = await readVxlan(name);
    if (family === 'ipv6' && kept === null && live === null) return null;
    const { flags } = this;
    const own = family === 'ipv4' ? flags : { ...flags, mac: null, local: null };
    const underlay = own.interface ?? kept?.interface ?? null;
    const addresses = live || underlay === null ? null : await readAddresses(underlay, family);
    const leaseMac = this.network?.macOf(family, addresses ?? []) ?? null;
    const port = this.network?.port ?? null;
    return decidePin({ name, kept, live, addresses, vni, port, leaseMac, flags: own });
  }
}

/** What has not come up in time will not, or is another now. */
function atLast(name: string, { what, otherwise }: PinStep & { do: 'wait' }): Decided {
  if (otherwise !== null && otherwise.do !== 'wait') return otherwise;
  return {
    do: 'refuse',
    why: `${name} cannot be made: ${what} did not come up`,
    fix: 'check the interface, name another with --interface, or raise --wait',
  };
}

/** Another MAC on a device in use cuts this node off until its lease says so too. */
async function consent(results: readonly PinResult[], args: Args, world: World): Promise<void> {
  const forced = results.find(({ step }) => step.do === 'set-mac');
  if (forced?.step.do !== 'set-mac' || args.on('yes')) return;
  const { name, step } = forced;
  const question = `${name} has the MAC ${step.from}. Other hosts send to it until flanneld is restarted.\nGive it ${step.device.mac}?`;
  if (await askYes(world, question, 'pass --yes')) return;
  throw new Problem('not done; nothing was changed', { exit: EXIT.failed });
}

/** What is kept is written first: a run that is killed then leaves what the next one makes. */
async function carryOut(
  file: string,
  kept: PinnedState,
  results: readonly PinResult[],
): Promise<void> {
  const devices = results.flatMap(({ name, step }) => {
    if (step.do === 'nothing' || step.do === 'refuse') return [];
    const family: Family = name.includes('-v6.') ? 'ipv6' : 'ipv4';
    return [{ name, family, step }];
  });
  const state = Object.fromEntries(devices.map(({ family, step }) => [family, step.device]));
  const next = { ...kept, ...state };
  if (JSON.stringify(next) !== JSON.stringify(kept)) await writePinned(file, next);
  for (const { name, step } of devices) {
    if (step.do === 'create') await createVxlan(name, step.device);
    if (step.do === 'set-mac') await setMac(name, step.device.mac);
  }
}
