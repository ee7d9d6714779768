import { desiredDevice } from '../../../src/model/device/desired.ts';
import type {
  ArpEntry,
  DeviceState,
  FdbRecord,
  Named,
  Profile,
  SelfIp,
  Tunnel,
} from '../../../src/model/device/objects.ts';
import type { DeviceStep } from '../../../src/model/device/step.ts';
import { checkDocument } from '../../../src/model/document.ts';
import type { BigIp, Site } from '../../../src/model/site.ts';
import { SITE } from '../../support/sites.ts';

/** The site of the tests; its text edited first. */
export function siteOf(edit: (text: string) => string = (text) => text): Site {
  const { site, findings } = checkDocument(edit(SITE), 'site.yaml');
  if (site === null) throw new Error(JSON.stringify(findings));
  return site;
}

export function unitOf(site: Site): BigIp {
  const [bigip] = site.bigips;
  if (bigip === undefined) throw new Error('the site has no BIG-IP');
  return bigip;
}

export const DESIRED = desiredDevice(unitOf(siteOf()), siteOf().network.config);

const UNDERLAY: Named<SelfIp> = {
  path: '/Common/underlay',
  address: '10.1.10.245/24',
  vlan: '/Common/internal',
  allowService: 'default',
  trafficGroup: '/Common/traffic-group-local-only',
};

/** A unit that holds nothing of a site. */
export const BARE: DeviceState = {
  version: '15.1.5',
  build: '0.0.9',
  hostname: 'bigip-1.example.com',
  failoverState: 'active',
  peers: [],
  configsync: false,
  profile: null,
  tunnel: null,
  tunnelProfile: null,
  otherTunnels: [],
  selfIps: [UNDERLAY],
  fdb: [],
  arp: [],
  mac: null,
};

/** A unit that is as the site declares it. */
export const TRUE: DeviceState = {
  ...BARE,
  profile: DESIRED.profile,
  tunnel: DESIRED.tunnel,
  selfIps: [UNDERLAY, ...(DESIRED.selfIp ? [DESIRED.selfIp] : [])],
  mac: '00:0c:29:2e:db:2e',
};

/** The state that steps lead to, by what they say they do. */
export function stateAfter(state: DeviceState, steps: readonly DeviceStep[]): DeviceState {
  return steps.reduce(carriedOut, state);
}

function carriedOut(state: DeviceState, step: DeviceStep): DeviceState {
  const { target, path, after: values } = step;
  const made = <T>(live: Named<T> | null): Named<T> | null =>
    values === null ? null : ({ ...live, ...values, path } as Named<T>);
  switch (target) {
    case 'db':
      return { ...state, configsync: values?.['value'] === 'enable' };
    case 'profile':
      return { ...state, profile: made<Profile>(state.profile) };
    case 'tunnel':
      return { ...state, tunnel: made<Tunnel>(state.tunnel), tunnelProfile: null, fdb: [] };
    case 'self-ip':
      return { ...state, selfIps: among<SelfIp>(state.selfIps, path, made) };
    case 'arp-entry':
      return { ...state, arp: among<ArpEntry>(state.arp, path, made) };
    case 'fdb':
      return { ...state, fdb: (values?.['records'] ?? []) as FdbRecord[] };
    case 'fdb-record': {
      const mac = path.split(' ')[1] ?? '';
      const live = state.fdb.find((record) => record.mac === mac);
      const rest = state.fdb.filter((record) => record !== live);
      const record = { ...live, ...values, mac } as FdbRecord;
      return { ...state, fdb: values === null ? rest : [...rest, record] };
    }
  }
}

function among<T>(
  all: readonly Named<T>[],
  path: string,
  made: (live: Named<T> | null) => Named<T> | null,
): readonly Named<T>[] {
  const live = all.find((one) => one.path === path) ?? null;
  const next = made(live);
  return [...all.filter((one) => one !== live), ...(next === null ? [] : [next])];
}
