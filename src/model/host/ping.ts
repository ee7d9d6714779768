/** How packets of one size fared. */
export interface PingResult {
  /** Bytes of the whole IPv4 packet. */
  readonly size: number;
  readonly sent: number;
  readonly received: number;
  /** What ping said of a failure, e.g. `Destination Host Unreachable`; null when it said nothing. */
  readonly said: string | null;
  /** Milliseconds, mean; null when nothing came back. */
  readonly mean: number | null;
  /** How the counters of the flannel device moved meanwhile; null where they could not be read. */
  readonly moved: DeviceCounters | null;
}

/** Packets that a network device has counted. */
export interface DeviceCounters {
  readonly sent: number;
  readonly received: number;
  /** Sent packets that were dropped or failed. */
  readonly sendFailures: number;
}

/** IPv4 and ICMP headers (RFC 791, RFC 792): what ping's size does not count. */
export const PING_HEADERS = 28;

/** Where packets are lost, as far as this host can tell. */
export type Direction = 'none' | 'out' | 'far-or-back' | 'in' | 'unknown';

/**
 * Tells from the device's counters in which direction packets are lost: what never left this host is lost
 * on the way out, what came back and did not reach the program is lost on the way in.
 */
export function lostDirection({ sent, received, said, moved }: PingResult): Direction {
  if (received >= sent && sent > 0) return 'none';
  if (said !== null || sent === 0) return 'out';
  if (moved === null) return 'unknown';
  const lost = sent - received;
  // Other packets pass through the device too: only as many as were lost are proof.
  if (moved.sent < sent || moved.sendFailures >= lost) return 'out';
  return moved.received - received >= lost ? 'in' : 'far-or-back';
}

/** What `ping -q`-like output says; null when it is none. */
export function parsePing(
  text: string,
): Pick<PingResult, 'sent' | 'received' | 'said' | 'mean'> | null {
  const counts = /(\d+) packets transmitted, (\d+) (?:packets )?received/.exec(text);
  const said =
    /(Destination \S+ Unreachable|Frag(?:mentation)? needed[^\n]*|message too long[^\n]*|Network is unreachable|No route to host|Time to live exceeded)/i.exec(
      text,
    );
  if (counts === null && said === null) return null;
  const mean = /= [\d.]+\/([\d.]+)\//.exec(text);
  return {
    sent: Number(counts?.[1] ?? 0),
    received: Number(counts?.[2] ?? 0),
    said: said?.[1] ?? null,
    mean: mean ? Number(mean[1]) : null,
  };
}
