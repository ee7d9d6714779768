import { setTimeout as pause } from 'node:timers/promises';
import { tmshMac } from '../model/device/tmsh-output.ts';
import type { DeviceClient } from './client.ts';
import { DeviceError } from './errors.ts';
import { BASH } from './paths.ts';

/** A tunnel that was just made has no MAC for a moment. */
const TRIES = 30;
const BETWEEN_TRIES = 100;

/** Names that mean nothing to the shell which they go through. */
const SAFE_PATH = /^\/[A-Za-z0-9._-]+\/[A-Za-z0-9._-]+$/;

/**
 * The MAC of a tunnel, which no REST object has: from tmsh, through the unit's shell.
 *
 * @param tunnel full path
 * @returns lower case with colons; null when the tunnel has none after some seconds
 * @throws DeviceError when the user may not use the shell, or the unit has none (appliance mode)
 */
export async function readMac(client: DeviceClient, tunnel: string): Promise<string | null> {
  if (!SAFE_PATH.test(tunnel)) throw new Error(`${tunnel} is no name for a shell`);
  const name = tunnel.replace(/^\/Common\//, '');
  const body = {
    command: 'run',
    utilCmdArgs: `-c 'tmsh -c "show net tunnels tunnel ${name} all-properties"'`,
  };
  for (let tried = 0; tried < TRIES; tried++) {
    if (tried > 0) await pause(BETWEEN_TRIES);
    const reply = await ask(client, body);
    const output = reply?.['commandResult'];
    const mac = typeof output === 'string' ? tmshMac(output) : null;
    if (mac !== null) return mac;
  }
  return null;
}

async function ask(client: DeviceClient, body: { command: string; utilCmdArgs: string }) {
  for (let tried = 0; ; tried++) {
    try {
      return await client.change('POST', BASH, body);
    } catch (error) {
      if (!(error instanceof DeviceError)) throw error;
      // It only shows something, so that it may be asked again whatever became of it.
      if (error.kind === 'lost' && tried < 2) continue;
      if (error.kind !== 'role' && error.kind !== 'refused') throw error;
      throw new DeviceError(error.kind, `the tunnel's MAC cannot be read: ${error.message}`, {
        fix: 'use an Administrator; where that or the shell is not to be had, paste what tmsh shows: flannel-bigip bigip import --tmsh-output -',
        cause: error,
      });
    }
  }
}
