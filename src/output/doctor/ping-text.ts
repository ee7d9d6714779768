import { type Direction, lostDirection, type PingResult } from '../../model/host/ping.ts';
import { printable, type Style } from '../style.ts';
import { wrap } from '../wrap.ts';

/** The packets that were sent to one BIG-IP. */
export interface PingedBigIp {
  readonly name: string;
  /** Its overlay self IP. */
  readonly address: string;
  readonly results: readonly PingResult[];
}

const WHERE: Record<Direction, string> = {
  none: 'both directions are right',
  out: 'they do not leave this node: look at its route, ARP and FDB entries',
  'far-or-back':
    'they leave this node and nothing comes back: the BIG-IP does not get them, or its answers go elsewhere',
  in: 'the answers reach the flannel device and are dropped behind it: packet filter or rp_filter',
  unknown: 'where they are lost cannot be told',
};

/** A line for each size, and the direction that fails. */
export function pingText({ name, address, results }: PingedBigIp, style: Style): string {
  const { colour } = style;
  const lines = results.map((one) => {
    const isWhole = lostDirection(one) === 'none';
    const count = `${one.received} of ${one.sent} came back`;
    const time = one.mean === null ? '' : `, ${one.mean} ms`;
    const said = one.said === null ? '' : ` (${one.said})`;
    const text = printable(`  ${one.size} bytes: ${count}${time}${said}`);
    const told = wrap(text, style, 4);
    if (isWhole) return colour.green(told);
    return colour.red(`${told}\n${wrap(`    ${WHERE[lostDirection(one)]}`, style, 6)}`);
  });
  return [colour.bold(printable(`${name} ${address}`)), ...lines].join('\n');
}

export function pingJson({ name, address, results }: PingedBigIp): Record<string, unknown> {
  return {
    name,
    address,
    results: results.map((one) => ({ ...one, lost: lostDirection(one), moved: one.moved })),
  };
}
