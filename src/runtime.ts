import { realpathSync } from 'node:fs';

/** Bun's version when it runs the program, as in the standalone executable; else undefined. */
export const BUN: string | undefined = process.versions['bun'];

/** What runs the program, for people. */
export const RUNTIME: string = BUN === undefined ? `node ${process.versions.node}` : `bun ${BUN}`;

/** The command that this very process was started with, without its arguments. */
export function ownCommand(): string[] {
  if (BUN !== undefined) return [process.execPath];
  return [process.execPath, realpathSync(process.argv[1] ?? '')];
}

/**
 * Collects garbage earlier, for what runs for months: half the memory for twice the processor time of
 * each change. Bun takes such a wish from its environment only (deploy/flannel-bigip-watch.service).
 */
export function preferLittleMemory(): void {
  // What every command would have to load otherwise.
  if (BUN === undefined)
    process.getBuiltinModule('node:v8').setFlagsFromString('--optimize-for-size');
}
