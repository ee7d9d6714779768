import { readFileSync } from 'node:fs';
import path from 'node:path';
import { writeAtomic } from '../atomic-file.ts';
import { isGroupMac, isZeroMac, parseMac } from '../model/mac.ts';
import type { Family, VxlanDevice } from '../model/pinned-device.ts';
import { EXIT, Problem } from '../model/problem.ts';
import { makeFolder } from './make-folder.ts';

/** What this host's flannel devices are to be made of. */
export type PinnedState = Readonly<Partial<Record<Family, VxlanDevice>>>;

/** The file in a state folder. */
export function pinnedFile(folder: string): string {
  return path.join(folder, 'pinned-devices.json');
}

/**
 * Reads what is kept; empty when nothing is.
 *
 * @throws Problem: exit 1 when the file cannot be read, 3 when it is not what this program wrote
 */
export function readPinned(file: string): PinnedState {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return {};
    throw new Problem(`${file} cannot be read (${code})`, { exit: EXIT.failed, cause });
  }
  const document = parse(text);
  const families = ['ipv4', 'ipv6'].filter((family) => document?.[family] !== undefined);
  if (document === null || !families.every((family) => isDevice(document[family]))) {
    throw new Problem(`${file} is not what was kept there`, {
      exit: EXIT.invalid,
      fix: 'delete it, and run this again while the device is there',
    });
  }
  return Object.fromEntries(families.map((family) => [family, document[family] as VxlanDevice]));
}

function parse(text: string): Record<string, unknown> | null {
  try {
    const document: unknown = JSON.parse(text);
    const { kind } = document as { kind?: unknown };
    return kind === 'PinnedDevices' ? (document as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

function isDevice(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const device = value as Partial<VxlanDevice>;
  const mac = typeof device.mac === 'string' ? parseMac(device.mac) : null;
  return (
    mac !== null &&
    mac === device.mac &&
    !isGroupMac(mac) &&
    !isZeroMac(mac) &&
    Number.isInteger(device.vni) &&
    Number.isInteger(device.port) &&
    typeof device.interface === 'string' &&
    typeof device.local === 'string' &&
    typeof device.learning === 'boolean' &&
    typeof device.gbp === 'boolean'
  );
}

/** Keeps it, in one step. @throws Problem (exit 1) when it cannot be written. */
export async function writePinned(file: string, state: PinnedState): Promise<void> {
  const document = { apiVersion: 'flannel-bigip/v1', kind: 'PinnedDevices', ...state };
  try {
    makeFolder(path.dirname(file), 0o755);
    await writeAtomic(file, `${JSON.stringify(document, null, 2)}\n`, { mode: 0o644 });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new Problem(`${file} cannot be written (${code})`, {
      exit: EXIT.failed,
      fix: 'run it as root, or name another folder with --state-dir',
      cause,
    });
  }
}
