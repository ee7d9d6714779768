import { parseMac } from '../mac.ts';

/** What `show net tunnels tunnel NAME all-properties` says of one tunnel. */
export interface ShownTunnel {
  /** As tmsh heads it; null when it was not pasted. */
  readonly name: string | null;
  /** Lower case with colons. */
  readonly mac: string;
}

/** The MAC of the first tunnel in tmsh's output; null when there is none in it. */
export function tmshMac(output: string): string | null {
  return shownTunnels(output)[0]?.mac ?? null;
}

/** Every tunnel with a MAC in what tmsh printed, prompts and other lines round it allowed. */
export function shownTunnels(output: string): ShownTunnel[] {
  const tunnels: ShownTunnel[] = [];
  let name: string | null = null;
  for (const line of output.split(/\r?\n/)) {
    const head = /^\s*Net::Tunnel:?\s+(\S+)/i.exec(line);
    if (head?.[1] !== undefined) name = head[1];
    const found = /^\s*MAC Address\s+(\S+)/i.exec(line);
    const mac = found?.[1] === undefined ? null : parseMac(found[1]);
    if (mac === null) continue;
    tunnels.push({ name, mac });
    name = null;
  }
  return tunnels;
}
