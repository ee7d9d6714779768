import { bareName, type DeviceState, profileInUse, selfIpsOn } from '../../model/device/objects.ts';
import { printable, type Style } from '../style.ts';
import { table } from '../table.ts';
import { wrapBehind } from '../wrap.ts';
import { unitHead } from './device-text.ts';

/** Why the MAC of a tunnel is not told. */
export type MacNote = string | null;

/** What a unit holds, for people. */
export function showText(
  name: string,
  url: string,
  tunnelPath: string,
  state: DeviceState,
  macNote: MacNote,
  style: Style,
): string {
  const { tunnel, fdb, arp, peers, configsync } = state;
  const profile = profileInUse(state);
  const peer = peers.map(({ hostname, failoverState }) =>
    failoverState === null ? hostname : `${hostname} (${failoverState})`,
  );
  const facts: [string, string][] = [
    ['version', `${state.version}${state.build === '' ? '' : ` build ${state.build}`}`],
    ['peer', peer.length === 0 ? 'none' : peer.join(', ')],
    ['iptunnel.configsync', configsync === null ? '-' : configsync ? 'enable' : 'disable'],
    ['tunnel', tunnel === null ? `${tunnelPath} (absent)` : tunnel.path],
    ...(tunnel === null
      ? []
      : ([
          ['key (VNI)', String(tunnel.key)],
          ['local address', tunnel.localAddress],
          ['MAC', state.mac ?? `- (${macNote ?? 'it has none yet'})`],
          ['profile', tunnel.profile],
          ['port', profile === null ? '-' : String(profile.port)],
          ['flooding', profile?.flooding ?? '-'],
        ] as [string, string][])),
  ];
  const parts: readonly Part[] = [
    [
      'Self IPs on the tunnel',
      ['SELF IP', 'ADDRESS', 'ALLOWS', 'TRAFFIC GROUP'],
      selfIpsOn(state).map((one) => [
        bareName(one.path),
        one.address,
        one.allowService,
        bareName(one.trafficGroup),
      ]),
    ],
    [
      'FDB records',
      ['MAC', 'ENDPOINT', 'DESCRIPTION'],
      fdb.map(({ mac, endpoint, description }) => [mac, endpoint, description ?? '-']),
    ],
    [
      'Static ARP entries',
      ['NAME', 'ADDRESS', 'MAC'],
      arp.map(({ path, ipAddress, macAddress }) => [bareName(path), ipAddress, macAddress]),
    ],
  ];
  return [
    unitHead(name, url, state, style),
    ...facts.map(([label, value]) => wrapBehind(`  ${label.padEnd(20)} `, printable(value), style)),
    ...parts.flatMap((part, i) => [
      ...(part[2].length + (parts[i - 1]?.[2].length ?? 0) > 0 ? [''] : []),
      ...partLines(part, style),
    ]),
  ].join('\n');
}

type Part = readonly [
  title: string,
  header: readonly string[],
  rows: readonly (readonly string[])[],
];

function partLines([title, header, rows]: Part, style: Style): string[] {
  if (rows.length === 0) return [`  ${`${title}:`.padEnd(20)} none`];
  const inside = { ...style, width: style.width && style.width - 2 };
  const lines = table(header, rows, inside).split('\n');
  return [`  ${title}: ${rows.length}`, ...lines.map((line) => `  ${line}`.trimEnd())];
}

/** The same in JSON. */
export function showJson(
  name: string,
  url: string,
  state: DeviceState,
  macNote: MacNote,
): Record<string, unknown> {
  const { tunnel, fdb, arp, configsync } = state;
  const profile = profileInUse(state);
  return {
    name,
    url,
    version: state.version,
    build: state.build,
    hostname: state.hostname,
    failoverState: state.failoverState,
    peers: state.peers,
    configsync: configsync === null ? null : configsync ? 'enable' : 'disable',
    tunnel:
      tunnel === null
        ? null
        : {
            name: bareName(tunnel.path),
            path: tunnel.path,
            key: tunnel.key,
            localAddress: tunnel.localAddress,
            mac: state.mac,
            ...(macNote === null ? {} : { macNote }),
            profile: tunnel.profile,
            port: profile?.port ?? null,
            flooding: profile?.flooding ?? null,
          },
    selfIPs: selfIpsOn(state).map(({ path, address, allowService, trafficGroup }) => ({
      name: bareName(path),
      address,
      allowService,
      trafficGroup,
    })),
    fdb,
    arp: arp.map(({ path, ipAddress, macAddress, description }) => ({
      name: bareName(path),
      ipAddress,
      macAddress,
      description,
    })),
  };
}
