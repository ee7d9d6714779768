import { desiredDevice } from '../../model/device/desired.ts';
import { tmshCommands } from '../../model/device/tmsh.ts';
import { errorText } from '../../model/problem.ts';
import type { BigIp, Site } from '../../model/site.ts';
import {
  countText,
  failedUnit,
  findingJson,
  planLines,
  stepJson,
  unitHead,
} from '../../output/bigip/device-text.ts';
import { printable, type Style } from '../../output/style.ts';
import type { DeviceScope } from './device-scope.ts';

/** What is to be done to units, for people. */
export function scopeText({ planned }: DeviceScope, style: Style): string {
  return planned
    .map((one) => {
      const { bigip, management } = one.unit;
      if ('error' in one) {
        return failedUnit(bigip.name, management.url, errorText(one.error), style);
      }
      const { plan, state, unsaved } = one.value;
      const lines = planLines(plan, unsaved?.begun ?? null, style);
      return [
        unitHead(bigip.name, management.url, state, style),
        ...(lines.length === 0 ? [] : ['', ...lines, '']),
        countText(plan.steps),
      ].join('\n');
    })
    .join('\n\n');
}

/**
 * The same in JSON.
 *
 * @param failures what kept a unit from being changed, by its name
 */
export function scopeJson(
  { planned }: DeviceScope,
  failures: ReadonlyMap<string, string> = new Map(),
): Record<string, unknown>[] {
  return planned.map((one) => {
    const { bigip, management } = one.unit;
    const head = { name: bigip.name, url: management.url };
    if ('error' in one) return { ...head, error: errorText(one.error) };
    const { plan, unsaved, writer } = one.value;
    const done = new Set(writer.done);
    const failure = failures.get(bigip.name);
    return {
      ...head,
      ...(failure === undefined ? {} : { error: failure }),
      steps: plan.steps.map((step) => stepJson(step, done.has(step))),
      problems: plan.problems.map(findingJson),
      recreate: plan.recreate,
      unsavedSince: unsaved?.begun ?? null,
      saved: writer.saved,
      backup: writer.backup,
    };
  });
}

/** The commands for tmsh, those of each unit below its name where there are several. */
export function tmshText(site: Site, bigips: readonly BigIp[], disableConfigsync: boolean): string {
  return bigips
    .map((bigip) => {
      const commands = tmshCommands(desiredDevice(bigip, site.network.config), disableConfigsync);
      return [...(bigips.length > 1 ? [`# ${printable(bigip.name)}`] : []), ...commands].join('\n');
    })
    .join('\n\n');
}
