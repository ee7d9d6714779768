import type { PinStep, VxlanDevice } from '../model/pinned-device.ts';
import { printable } from './style.ts';

/** What was decided, or done, about one device. */
export interface PinResult {
  readonly name: string;
  readonly step: Exclude<PinStep, { do: 'wait' }>;
}

/** A line for each device. */
export function pinText(results: readonly PinResult[], isDry: boolean): string {
  return results.map((result) => printable(lineOf(result, isDry))).join('\n');
}

function lineOf({ name, step }: PinResult, isDry: boolean): string {
  const would = isDry ? 'would be ' : '';
  switch (step.do) {
    case 'nothing':
      return `${name}: has its kept MAC ${step.device.mac}, nothing to do`;
    case 'remember':
      return `${name}: ${would}kept as it is: ${deviceText(step.device)}`;
    case 'set-mac':
      return `${name}: ${would}given the MAC ${step.device.mac}, it had ${step.from}; restart flanneld, so that lease and annotation follow`;
    case 'create': {
      const moved = step.movedFrom === null ? '' : `; ${step.movedFrom} is there no more`;
      return `${name}: ${would}made: ${deviceText(step.device)}${moved}`;
    }
    case 'refuse':
      return `${name}: ${step.why}`;
  }
}

function deviceText({ mac, vni, local, interface: underlay, port }: VxlanDevice): string {
  return `MAC ${mac}, VNI ${vni}, ${local} on ${underlay}, port ${port}`;
}

/** The document of `pin-mac -o json`. */
export function pinJson(results: readonly PinResult[], stateFile: string, isDry: boolean): unknown {
  return {
    dryRun: isDry,
    stateFile,
    devices: results.map(({ name, step }) => ({
      name,
      action: step.do,
      ...('device' in step ? step.device : {}),
      ...(step.do === 'create' ? { movedFrom: step.movedFrom } : {}),
      ...(step.do === 'set-mac' ? { macBefore: step.from } : {}),
      ...(step.do === 'refuse' ? { reason: step.why, fix: step.fix } : {}),
    })),
  };
}
