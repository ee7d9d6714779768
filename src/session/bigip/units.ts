import path from 'node:path';
import type { DeviceClient } from '../../bigip/client.ts';
import type { DeviceAccess } from '../../bigip/connection.ts';
import { firstOf } from '../../model/first-of.ts';
import { EXIT, type ExitCode, errorText, Problem } from '../../model/problem.ts';
import type { BigIp, Management, Site } from '../../model/site.ts';
import { didYouMean } from '../../model/suggest.ts';
import { clearProgress, whileWaiting } from '../../output/progress.ts';
import { printable, styleOf } from '../../output/style.ts';
import { wrap } from '../../output/wrap.ts';
import { writeLine } from '../../output/write.ts';
import type { World } from '../../world.ts';
import { type Args, parseDuration } from '../options.ts';
import type { LoadedSite } from '../site.ts';
import { type DeviceLogin, deviceLogin } from './login.ts';

/** A BIG-IP of the site whose management is known. */
export interface Unit {
  readonly bigip: BigIp;
  readonly management: Management;
}

/** The BIG-IPs of a site that are named; all of them when none is. @throws Problem (exit 64) */
export function namedBigips(site: Site, names: readonly string[]): readonly BigIp[] {
  const unknown = names.find((name) => !site.bigips.some((bigip) => bigip.name === name));
  if (unknown !== undefined) throw unknownBigip(unknown, site.bigips);
  if (site.bigips.length === 0) {
    throw new Problem('the site file declares no BIG-IP', {
      exit: EXIT.invalid,
      fix: 'declare it under bigips',
    });
  }
  const wanted = new Set(names);
  return names.length === 0 ? site.bigips : site.bigips.filter(({ name }) => wanted.has(name));
}

/** That a name is none of those that the site file has. */
export function unknownBigip(name: string, known: readonly { readonly name: string }[]): Problem {
  const names = known.map((one) => one.name);
  const others = names.length === 0 ? 'declare it under bigips' : `it has ${firstOf(names, 10)}`;
  return new Problem(`the site file has no BIG-IP ${name}`, {
    exit: EXIT.usage,
    fix: didYouMean(name, names) ?? others,
  });
}

/** The units among BIG-IPs. @throws Problem (exit 3) when one says not how it is managed */
export function unitsOf(bigips: readonly BigIp[]): Unit[] {
  return bigips.map((bigip) => {
    const { management, name } = bigip;
    if (management !== null) return { bigip, management };
    throw new Problem(`the site file does not say how ${name} is managed`, {
      exit: EXIT.invalid,
      fix: 'add management: { url: https://... } to it; bigip apply --tmsh needs none',
    });
  });
}

/** Opens units, and closes every one of them at the end, an interrupt included. */
export class Devices {
  readonly #open = new Set<DeviceClient>();
  readonly #stay: () => void;
  #login: DeviceLogin | null = null;

  constructor(
    readonly folder: string,
    readonly args: Args,
    readonly world: World,
  ) {
    this.#stay = world.beforeExit(() => this.close());
  }

  /** Asks for user and password where they are missing; the same for all units. */
  async login(): Promise<DeviceLogin> {
    this.#login ??= await deviceLogin(this.args, this.world);
    return this.#login;
  }

  /** @throws DeviceError when the unit cannot be reached or refuses the login */
  async open({ bigip, management }: Unit): Promise<DeviceClient> {
    return this.openAt(management, bigip.name);
  }

  async openAt(
    management: Pick<Management, 'url' | 'ca' | 'fingerprint'>,
    name: string,
  ): Promise<DeviceClient> {
    const insecure = this.args.on('insecure');
    const access: DeviceAccess = {
      url: management.url,
      ca: management.ca === null ? null : path.resolve(this.folder, management.ca),
      fingerprint: insecure ? null : management.fingerprint,
      insecure,
      ...(await this.login()),
      timeout: parseDuration(this.args.text('timeout') ?? '10s', 'timeout'),
    };
    if (insecure) {
      clearProgress();
      this.world.stderr.write(
        `warning: --insecure: the certificate of ${name} is not checked; whoever answers at ${management.url} gets the password\n`,
      );
    }
    const { DeviceClient } = await import('../../bigip/client.ts');
    const client = new DeviceClient(access);
    // Known before it has a token: an interrupt may come at once.
    this.#open.add(client);
    await whileWaiting(this.world, `Waiting for ${printable(management.url)}`, client.login());
    return client;
  }

  /** Gives every token back. */
  async close(): Promise<void> {
    this.#stay();
    const all = [...this.#open];
    this.#open.clear();
    await Promise.all(all.map((client) => client.close()));
  }
}

/** Opens units for some work and closes them whatever happens. */
export async function withDevices<T>(
  loaded: Pick<LoadedSite, 'folder'>,
  args: Args,
  world: World,
  work: (devices: Devices) => Promise<T>,
): Promise<T> {
  const devices = new Devices(loaded.folder, args, world);
  try {
    return await work(devices);
  } finally {
    await devices.close();
  }
}

/** What became of one unit. */
export type UnitResult<T> =
  | { readonly unit: Unit; readonly value: T }
  | { readonly unit: Unit; readonly error: Problem };

/** Does the same with one unit after another; one that fails does not stop the others. */
export async function eachUnit<T>(
  units: readonly Unit[],
  work: (unit: Unit) => Promise<T>,
): Promise<UnitResult<T>[]> {
  const results: UnitResult<T>[] = [];
  for (const unit of units) {
    try {
      results.push({ unit, value: await work(unit) });
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      // A login that is missing is missing for all of them.
      if (error.exit === EXIT.usage || error.exit === EXIT.interrupted) throw error;
      results.push({ unit, error });
    }
  }
  return results;
}

/** Tells what failed on which unit, on standard error. */
export function tellErrors(results: readonly UnitResult<unknown>[], world: World): void {
  const style = styleOf(world.stderr, world.env);
  for (const result of results) {
    if (!('error' in result)) continue;
    const text = printable(`${result.unit.bigip.name}: ${errorText(result.error)}`);
    writeLine(world.stderr, wrap(`${style.colour.red('error:')} ${text}`, style, 2));
  }
}

/** 130 when it was interrupted, 1 when a unit failed, else 2 when something was found, else 0. */
export function exitOf(results: readonly UnitResult<unknown>[], found: boolean): ExitCode {
  const wasInterrupted = results.some(
    (result) => 'error' in result && result.error.exit === EXIT.interrupted,
  );
  if (wasInterrupted) return EXIT.interrupted;
  if (results.some((result) => 'error' in result)) return EXIT.failed;
  return found ? EXIT.found : EXIT.done;
}
