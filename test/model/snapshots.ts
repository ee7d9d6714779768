import { checkDocument } from '../../src/model/document.ts';
import type { Site } from '../../src/model/site.ts';
import {
  decodeSnapshot,
  type LiveState,
  type Snapshot,
  type StoreApi,
  type StoredKey,
} from '../../src/model/snapshot.ts';

/** The site and the live state that tests of plans, lists and live rules start from. */
export const PREFIX = '/coreos.com/network';

export const NETWORK = {
  Network: '10.244.0.0/16',
  SubnetMin: '10.244.10.0',
  SubnetMax: '10.244.99.0',
  SubnetLen: 24,
  Backend: { Type: 'vxlan' },
};

export const DUAL_NETWORK = {
  ...NETWORK,
  EnableIPv6: true,
  IPv6Network: 'fd00:10:244::/48',
  IPv6SubnetMin: 'fd00:10:244:10::',
  IPv6SubnetMax: 'fd00:10:244:63::',
};

export const BIGIP = {
  name: 'bigip-1',
  subnet: '10.244.100.0/24',
  publicIP: '10.1.10.245',
  vtepMAC: '00:0c:29:2e:db:2e',
  selfIP: '10.244.100.10',
};

export const DUAL_BIGIP = {
  ...BIGIP,
  ipv6Subnet: 'fd00:10:244:64::/64',
  publicIPv6: 'fd00:10:1::245',
  vtepMACv6: '00:0c:29:2e:db:2f',
};

export const BIGIP_KEY = '10.244.100.0-24';
export const RESERVATION =
  '{"PublicIP":"10.1.10.245","BackendType":"vxlan","BackendData":{"VtepMAC":"00:0c:29:2e:db:2e"}}';

/** A site that must be without errors. */
export function siteOf(parts: { network?: object; bigips?: readonly object[] } = {}): Site {
  const { network = NETWORK, bigips = [BIGIP] } = parts;
  const document = {
    apiVersion: 'flannel-bigip/v1',
    kind: 'Site',
    name: 'site-a',
    network,
    bigips,
  };
  const { site, findings } = checkDocument(JSON.stringify(document), 'site.json', { api: 'v3' });
  if (site === null) throw new Error(`not a valid site: ${JSON.stringify(findings)}`);
  return site;
}

let revision = 100;

export function stored(key: string, value: string, parts: Partial<StoredKey> = {}): StoredKey {
  return {
    key: `${PREFIX}/${key}`,
    value,
    revision: String(revision++),
    expires: false,
    ttl: null,
    ...parts,
  };
}

/** A reservation: it never expires. */
export function reservation(name: string, value: string, parts: Partial<StoredKey> = {}) {
  return stored(`subnets/${name}`, value, parts);
}

/** A node's lease of `10.244.N.0/24`, its public IP and MAC made from N unless named. */
export function node(n: number, value: object | string = {}, name = `10.244.${n}.0-24`): StoredKey {
  const text =
    typeof value === 'string'
      ? value
      : JSON.stringify({
          PublicIP: `10.1.10.${n}`,
          BackendType: 'vxlan',
          BackendData: { VtepMAC: `0a:00:00:00:00:${n.toString(16).padStart(2, '0')}` },
          ...value,
        });
  return stored(`subnets/${name}`, text, { expires: true });
}

export interface LiveParts {
  readonly api?: StoreApi;
  /** The text of `config` or its document; null when there is none. */
  readonly config?: object | string | null;
  readonly leases?: readonly StoredKey[];
}

export function liveOf(parts: LiveParts = {}): LiveState {
  const { api = 'v3', config = NETWORK, leases = [] } = parts;
  const text = typeof config === 'string' ? config : JSON.stringify(config);
  const snapshot: Snapshot = {
    api,
    prefix: PREFIX,
    revision: '1000',
    clusterId: null,
    config: config === null ? null : stored('config', text, { revision: '7' }),
    leases,
  };
  return decodeSnapshot(snapshot);
}
