import type { RepairStep } from '../model/host/repair.ts';
import { printable, type Style } from './style.ts';

/** What became of the steps: `planned`, or how far they were carried out. */
export interface RepairOutcome {
  readonly steps: readonly RepairStep[];
  /** How many were carried out; null when they were only to be shown. */
  readonly done: number | null;
}

/** The commands as they would be typed, each with what it is for. */
export function repairText({ steps, done }: RepairOutcome, { colour }: Style): string {
  if (steps.length === 0) {
    return colour.green("Nothing to do: the kernel's entries are as the leases say.");
  }
  const lines = steps.map(({ command, lease }) => {
    const why = lease === null ? 'no lease has this MAC' : lease;
    return printable(`${command}   # ${why}`);
  });
  const count = `${steps.length} ${steps.length === 1 ? 'entry' : 'entries'}`;
  const end =
    done === null ? `${count} to mend. --yes runs these commands.` : `Mended ${done} of ${count}.`;
  return [...lines, '', end].join('\n');
}

export function repairJson({ steps, done }: RepairOutcome): Record<string, unknown> {
  return { inSync: steps.length === 0 || done === steps.length, done: done ?? 0, steps };
}
