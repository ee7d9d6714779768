import type { Stored } from './configuration.ts';
import { linkTo, tilde } from './names.ts';
import type { Plain, Settings } from './types.ts';

/** A page of read-only facts; null where the path, below /mgmt/tm, is of none. */
export function factsAt(path: string, settings: Settings): Plain | null {
  const { version, hostname } = settings;
  switch (path) {
    case 'sys/version':
      return stats(path, version, {
        Build: '0.0.9',
        Date: 'Thu Sep  9 00:00:00 PDT 2021',
        Edition: 'Final',
        Product: 'BIG-IP',
        Title: 'Main Package',
        Version: version,
      });
    case 'cm/failover-status':
      return stats(path, version, failover(settings));
    case 'cm/sync-status':
      return stats(path, version, syncing(settings));
    case 'sys/global-settings':
      return {
        kind: 'tm:sys:global-settings:global-settingsstate',
        selfLink: linkTo(path, version),
        guiSetup: 'disabled',
        hostname,
      };
    default:
      return null;
  }
}

function failover({ failoverState, peer }: Settings): Plain {
  const isActive = failoverState === 'active';
  return {
    color: isActive ? 'green' : 'gray',
    status: isActive ? 'ACTIVE' : 'STANDBY',
    summary: isActive ? '1/1 active' : '1/1 standby',
    details: [
      isActive
        ? 'active for /Common/traffic-group-1'
        : `${peer ?? 'another unit'} is active for /Common/traffic-group-1`,
    ],
  };
}

function syncing({ peer }: Settings): Plain {
  if (peer === null) {
    return { color: 'green', mode: 'standalone', status: 'Standalone', summary: ' ', details: [] };
  }
  return {
    color: 'green',
    mode: 'high-availability',
    status: 'In Sync',
    summary: 'All devices in the device group are in sync',
    details: [`${peer}: connected`],
  };
}

/** The nested shape of statistics. A list becomes entries of their own, under another spelling. */
function stats(path: string, version: string, facts: Plain): Plain {
  const entries: Plain = {};
  for (const [name, value] of Object.entries(facts)) {
    if (!Array.isArray(value)) entries[name] = { description: value };
    else if (value.length > 0) entries[detailsKey(path)] = nested(detailed(path, value));
  }
  const kind = `tm:${path.replaceAll('/', ':')}:${path.split('/').at(-1)}stats`;
  const own = { [`https://localhost/mgmt/tm/${path}/0`]: nested(entries) };
  return { kind, selfLink: linkTo(path, version), entries: own };
}

function nested(entries: Plain): Plain {
  return { nestedStats: { entries } };
}

function detailsKey(path: string): string {
  const camel = path.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return `https://localhost/mgmt/tm/${camel}/0/details`;
}

function detailed(path: string, lines: readonly string[]): Plain {
  const entries: Plain = {};
  for (const [index, line] of lines.entries()) {
    entries[`${detailsKey(path)}/${index}`] = nested({ details: { description: line } });
  }
  return entries;
}

const COUNTERS = ['inDiscards', 'inErrors', 'inUnknownProtos', 'outDiscards', 'outErrors'];
const LONG_COUNTERS = ['BroadcastPkts', 'MulticastPkts', 'Octets', 'UcastPkts'];

/** What is counted of a tunnel; its MAC is not among it. */
export function tunnelStats({ fullPath }: Stored, version: string): Plain {
  const path = `net/tunnels/tunnel/${tilde(fullPath)}`;
  const long = ['hcIn', 'hcOut'].flatMap((way) => LONG_COUNTERS.map((what) => way + what));
  const counters = [...COUNTERS, ...long].map((name) => [name, { value: 0 }]);
  const entries = {
    ...Object.fromEntries(counters),
    tmName: { description: fullPath },
    typeId: { description: 'vxlan' },
  };
  const own = { [`https://localhost/mgmt/tm/${path}/${tilde(fullPath)}/stats`]: nested(entries) };
  const kind = 'tm:net:tunnels:tunnel:tunnelstats';
  return { kind, generation: 1, selfLink: linkTo(`${path}/stats`, version), entries: own };
}
