/** A flannel VXLAN device, as far as flanneld compares one that exists with the one it wants. */
export interface VxlanDevice {
  /** Lower case with colons. */
  readonly mac: string;
  readonly vni: number;
  /** UDP port. */
  readonly port: number;
  /** The underlay interface. */
  readonly interface: string;
  /** The VTEP's own underlay address. */
  readonly local: string;
  readonly learning: boolean;
  readonly gbp: boolean;
}

export type Family = 'ipv4' | 'ipv6';

/** flannel's name of its device (flannel.md, "Own side"). */
export function deviceName(family: Family, vni: number): string {
  return `flannel${family === 'ipv6' ? '-v6' : ''}.${vni}`;
}

/** What is known when it is decided what to do about one device. */
export interface PinFacts {
  readonly name: string;
  /** What an earlier run has kept. */
  readonly kept: VxlanDevice | null;
  /** What the kernel has under that name. */
  readonly live: VxlanDevice | null;
  /** Global addresses of the underlay interface, in the kernel's order; null when it is not there. */
  readonly addresses: readonly string[] | null;
  readonly vni: number;
  /** What the network config says; null when it was not read. */
  readonly port: number | null;
  /** The MAC that the lease of one of these addresses says. */
  readonly leaseMac: string | null;
  readonly flags: PinFlags;
}

export interface PinFlags {
  readonly mac: string | null;
  readonly interface: string | null;
  readonly local: string | null;
  /** Give a device the kept MAC that has another. */
  readonly force: boolean;
  /** Keep the MAC that the device has. */
  readonly adopt: boolean;
}

/** What is to be done about one device. */
export type PinStep =
  | { readonly do: 'nothing'; readonly device: VxlanDevice }
  /** Keep this; the device is there already. */
  | { readonly do: 'remember'; readonly device: VxlanDevice }
  /** Keep this and give the device its MAC. */
  | { readonly do: 'set-mac'; readonly device: VxlanDevice; readonly from: string }
  /** Make the device; `movedFrom` is the kept address that the interface has no more. */
  | { readonly do: 'create'; readonly device: VxlanDevice; readonly movedFrom: string | null }
  /** Something that comes up while a host boots is not there yet. */
  | { readonly do: 'wait'; readonly what: string; readonly otherwise: PinStep | null }
  | { readonly do: 'refuse'; readonly why: string; readonly fix: string };

/** Decides what makes the device have its kept MAC, and keep it. */
export function decidePin(facts: PinFacts): PinStep {
  return facts.live === null ? makeDevice(facts) : keepDevice(facts, facts.live);
}

function keepDevice({ name, kept, vni, port, flags }: PinFacts, live: VxlanDevice): PinStep {
  const wanted = flags.mac ?? kept?.mac ?? live.mac;
  const device = { ...live, vni, port: port ?? live.port, mac: wanted };
  if (live.mac === wanted) {
    return isSame(device, kept) ? { do: 'nothing', device } : { do: 'remember', device };
  }
  if (flags.adopt) return { do: 'remember', device: { ...device, mac: live.mac } };
  if (flags.force) return { do: 'set-mac', device, from: live.mac };
  const whose = flags.mac === null ? 'kept is' : '--mac is';
  return {
    do: 'refuse',
    why: `${name} has the MAC ${live.mac}, ${whose} ${wanted}: flanneld has made it anew; nothing was touched`,
    fix: '--force gives it that MAC, --adopt keeps the one it has; run this before flanneld starts',
  };
}

function makeDevice(facts: PinFacts): PinStep {
  const { name, kept, addresses, vni, flags } = facts;
  const mac = flags.mac ?? kept?.mac ?? facts.leaseMac;
  const underlay = flags.interface ?? kept?.interface;
  if (mac === null || mac === undefined || underlay === undefined || underlay === null) {
    const missing = underlay ? 'MAC' : 'underlay interface';
    return {
      do: 'refuse',
      why: `there is no device ${name}, and no ${missing} is kept for it`,
      fix: 'let flanneld run once and run this again, or pass --mac and --interface',
    };
  }
  const made = {
    mac,
    vni,
    port: facts.port ?? kept?.port ?? DEFAULT_PORT,
    interface: underlay,
    learning: kept?.learning ?? false,
    gbp: kept?.gbp ?? false,
  };
  const create = (local: string, movedFrom: string | null): PinStep => ({
    do: 'create',
    device: { ...made, local },
    movedFrom,
  });
  if (addresses === null) return waitFor(`the interface ${underlay}`);
  const local = flags.local ?? kept?.local ?? addresses[0];
  if (local === undefined) return waitFor(`an address on ${underlay}`);
  if (addresses.includes(local)) return create(local, null);
  // What was asked for by name is not replaced by another.
  const [other] = flags.local === null ? addresses : [];
  return waitFor(`${local} on ${underlay}`, other === undefined ? null : create(other, local));
}

/** Linux' flanneld listens here unless the config says otherwise (flannel.md). */
const DEFAULT_PORT = 8472;

function waitFor(what: string, otherwise: PinStep | null = null): PinStep {
  return { do: 'wait', what, otherwise };
}

function isSame(a: VxlanDevice, b: VxlanDevice | null): boolean {
  return (
    b !== null &&
    a.mac === b.mac &&
    a.vni === b.vni &&
    a.port === b.port &&
    a.interface === b.interface &&
    a.local === b.local &&
    a.learning === b.learning &&
    a.gbp === b.gbp
  );
}
