import type { DeviceFinding } from '../../model/device/device-finding.ts';
import type { DeviceState } from '../../model/device/objects.ts';
import { printable, type Style } from '../style.ts';
import { findingJson, findingLines, unitHead } from './device-text.ts';

/** What a unit was held against, and what came out. */
export interface CheckedUnit {
  readonly name: string;
  readonly url: string;
  readonly state: DeviceState;
  readonly findings: readonly DeviceFinding[];
}

/** The findings of a unit, for people. */
export function checkText({ name, url, state, findings }: CheckedUnit, style: Style): string {
  const { colour } = style;
  const head = unitHead(name, url, state, style);
  if (findings.length === 0) return `${head}\n  ${colour.green('Everything agrees.')}`;
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  const count = `${errors} error${errors === 1 ? '' : 's'}, ${findings.length - errors} warning${findings.length - errors === 1 ? '' : 's'}`;
  return [head, '', ...findingLines(findings, style), '', `  ${printable(count)}`].join('\n');
}

/** The same in JSON. */
export function checkJson({ name, url, findings }: CheckedUnit): Record<string, unknown> {
  return { name, url, findings: findings.map(findingJson) };
}
