import { formatSubnet } from '../model/address.ts';
import type { ListChange } from '../model/list-changes.ts';
import { jsonText } from './json.ts';
import { leaseJson, listColumns } from './list-output.ts';
import type { Style } from './style.ts';
import { tableLines } from './table.ts';

/** Changes as JSON Lines: one object a line. */
export function changesJson(changes: readonly ListChange[]): string {
  return changes
    .map((change) =>
      change.event === 'config'
        ? jsonText({ event: change.event, config: change.config })
        : jsonText({ event: change.event, lease: leaseJson(change.lease) }),
    )
    .join('\n');
}

/** Of EVENT, SUBNET and so on: rows that come later fit in nearly always. */
const USUAL_WIDTHS = [7, 18, 15, 7, 17, 3, 7, 11];

/**
 * Makes what lays changes out as rows of one table that grows: the header comes with the first
 * ones. Columns keep the widths they have got.
 */
export function changeRows(
  options: { readonly wide: boolean; readonly ttl: boolean },
  style: Style,
): (changes: readonly ListChange[]) => string {
  const { header, row } = listColumns(options);
  const widths = [...USUAL_WIDTHS];
  let begun = false;
  return (changes) => {
    const rows = changes.map((change) => {
      if (change.event !== 'config') return [change.event, ...row(change.lease)];
      const networks = change.networks.map(formatSubnet).join(' ') || '-';
      return [change.event, networks, ...header.slice(1).map(() => '-')];
    });
    const [first = '', ...lines] = tableLines([['EVENT', ...header], ...rows], widths);
    const shown = begun ? lines : [style.colour.bold(first), ...lines];
    begun = true;
    return shown.join('\n');
  };
}
