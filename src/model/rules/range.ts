import {
  formatAddress,
  formatSubnet,
  hasHostBits,
  parseSubnet,
  withoutHostBits,
} from '../address.ts';
import type { Finding } from '../finding.ts';
import {
  type AllocationRange,
  type DecodedConfig,
  type NetworkConfig,
  rangeCapacity,
  rangeEndFields,
} from '../network-config.ts';
import { pointerStep } from '../source.ts';

/** Fewer subnets than this leave no room for a cluster that grows or replaces a node. */
const SMALL_RANGE = 4n;

/** Networks written with bits behind their prefix: flannel clears them without a word. */
export function checkHostBits(decoded: DecodedConfig, base: string): Finding[] {
  return (['Network', 'IPv6Network'] as const).flatMap((field): Finding[] => {
    const entry = decoded.fields[field].at(-1)?.entry;
    const subnet = parseSubnet(String(entry?.value.kind === 'string' ? entry.value.value : ''));
    if (entry === undefined || subnet === null) return [];
    const at = { path: `${base}${pointerStep(entry.key)}`, span: entry.value.span };
    const common = { rule: 'host-bits', severity: 'error', ...at } as const;
    if (field === 'IPv6Network' && subnet.family === 4) {
      const message = `${entry.key} ${formatSubnet(subnet)} is IPv4; flannel pads it to nonsense`;
      return [{ ...common, message, fix: 'write an IPv6 network' }];
    }
    if (!hasHostBits(subnet)) return [];
    const cleared = formatSubnet(withoutHostBits(subnet));
    const message = `${entry.key} ${formatSubnet(subnet)} has host bits; flannel uses ${cleared}`;
    return [{ ...common, message, fix: `write ${cleared}`, mend: { value: cleared } }];
  });
}

/** Whether the allocation range, derived defaults included, holds subnets, and enough of them. */
export function checkRange(config: NetworkConfig, decoded: DecodedConfig, base: string): Finding[] {
  const ranges = [config.ipv4, config.ipv6].filter((range) => range !== null);
  if (ranges.length === 0) {
    const message = 'EnableIPv4 and EnableIPv6 are both off: there is nothing to hand out';
    return [{ rule: 'range-empty', severity: 'error', message, path: base }];
  }
  return ranges.flatMap((range) => checkOneRange(range, decoded, base));
}

function checkOneRange(range: AllocationRange, decoded: DecodedConfig, base: string): Finding[] {
  const [minName, maxName] = rangeEndFields(range.family);
  const declared = (decoded.fields[maxName].at(-1) ?? decoded.fields[minName].at(-1))?.entry;
  const path = `${base}${declared ? pointerStep(declared.key) : ''}`;
  const min = `${minName} ${formatAddress(range.family, range.subnetMin)}`;
  const max = `${maxName} ${formatAddress(range.family, range.subnetMax)}`;
  if (range.subnetMin > range.subnetMax) {
    const derived = decoded.fields[minName].length === 0 ? ' (the default)' : '';
    const message = `${min}${derived} is above ${max}: flannel can hand out nothing`;
    return [{ rule: 'range-reversed', severity: 'error', message, path }];
  }
  const capacity = rangeCapacity(range);
  if (capacity >= SMALL_RANGE) return [];
  const message = `the allocation range ${min} to ${max} holds ${capacity} subnet(s) in all`;
  const fix = 'leave room for every node there will be, and for replacing one';
  return [{ rule: 'range-small', severity: 'warning', message, fix, path }];
}
