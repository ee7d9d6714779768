import { formatSubnet, parseSubnet, type Subnet, sameSubnet } from '../../model/address.ts';
import { DEFAULT_VNI, DEFAULT_VXLAN_PORT } from '../../model/backends.ts';
import { effectivePort, maskSecrets } from '../../model/compare-config.ts';
import { type LiveNetwork, networkOfLive } from '../../model/live-draft.ts';
import type { NetworkConfig } from '../../model/network-config.ts';
import { checkDraft, draftConfig, objectionAt, type SiteDraft } from '../../model/site-draft.ts';
import type { LiveState } from '../../model/snapshot.ts';
import type { Args } from '../options.ts';
import type { Interview } from './interview.ts';
import { NETWORK_OPTIONS } from './options.ts';

/** flannel's own example, and what most clusters use. */
const EXAMPLE = '10.244.0.0/16';

/** Asks for the network config: the live one, or a new one of vxlan. */
export async function askNetwork(
  interview: Interview,
  draft: SiteDraft,
  live: LiveState | null,
): Promise<LiveNetwork> {
  const found = live && networkOfLive(live);
  const config = live?.config ?? null;
  if (found !== null && config !== null) {
    const shown = JSON.stringify(maskSecrets(found.network));
    const other = otherThanLive(interview.args, config);
    if (other.length > 0) {
      interview.say(
        `Nothing is kept of the live network config ${shown}, which ${other.join(' and ')} would change.`,
      );
    } else if (isValid({ ...draft, network: found.network }, interview)) {
      if (await interview.whether(`Keep the live network config ${shown}?`, true)) return found;
    }
  }
  return { network: await askNewNetwork(interview, draft, config), notes: [] };
}

/** The flags that say something else of the network than what is live. */
function otherThanLive(args: Args, config: NetworkConfig): string[] {
  const { ipv4, ipv6, vxlan } = config;
  const same = (text: string, network: Subnet | undefined) => {
    const given = parseSubnet(text);
    return given !== null && network !== undefined && sameSubnet(given, network);
  };
  const agrees: Readonly<Record<string, (text: string) => boolean>> = {
    network: (text) => same(text, ipv4?.network),
    'subnet-len': (text) => Number(text) === ipv4?.subnetLen,
    vni: (text) => Number(text) === vxlan.vni,
    port: (text) => Number(text) === effectivePort(config),
    'ipv6-network': (text) => same(text, ipv6?.network),
    'ipv6-subnet-len': (text) => Number(text) === ipv6?.subnetLen,
  };
  return NETWORK_OPTIONS.flatMap(({ flag }) => {
    const text = args.text(flag);
    return text === undefined || agrees[flag]?.(text) ? [] : [`--${flag}`];
  });
}

/** Whether the live config can be kept as it is; says why not. */
function isValid(draft: SiteDraft, interview: Interview): boolean {
  const error = checkDraft(draft).findings.find(({ severity }) => severity === 'error');
  if (error !== undefined) {
    interview.say(`The live network config cannot be kept: ${error.message} [${error.rule}]`);
  }
  return error === undefined;
}

async function askNewNetwork(
  interview: Interview,
  draft: SiteDraft,
  live: NetworkConfig | null,
): Promise<SiteDraft['network']> {
  const { args } = interview;
  const with_ = (network: SiteDraft['network']): SiteDraft => ({ ...draft, network });
  const liveNetwork = live?.ipv4 ? formatSubnet(live.ipv4.network) : undefined;
  const backend = { Backend: { Type: 'vxlan' } };
  const Network = await interview.text({
    flag: '--network',
    message: 'Network of all pods:',
    given: args.text('network'),
    initial: liveNetwork ?? (interview.asks ? EXAMPLE : undefined),
    example: EXAMPLE,
    check: (text) =>
      objectionAt(with_({ Network: text, ...backend }), '/network/Network', '/network'),
  });
  let network: SiteDraft['network'] = { Network };
  const length = async (key: string, flag: string, what: string, initial?: number) => {
    const text = await interview.text({
      flag: `--${flag}`,
      message: `Prefix length of each node's ${what}:`,
      given: args.text(flag),
      ...(initial === undefined ? {} : { initial: String(initial) }),
      check: (answer) =>
        objectionAt(with_({ ...network, [key]: numberOf(answer), ...backend }), `/network/${key}`),
    });
    network = { ...network, [key]: numberOf(text) };
  };
  const sameNetwork = Network === liveNetwork ? live?.ipv4?.subnetLen : undefined;
  const byDefault = () => draftConfig(with_({ ...network, ...backend }));
  await length('SubnetLen', 'subnet-len', 'subnet', sameNetwork ?? byDefault()?.ipv4?.subnetLen);
  const ipv6 = await askIpv6Network(interview, with_({ ...network, ...backend }), live);
  if (ipv6 !== '') {
    network = { ...network, EnableIPv6: true, IPv6Network: ipv6 };
    await length('IPv6SubnetLen', 'ipv6-subnet-len', 'IPv6 subnet', byDefault()?.ipv6?.subnetLen);
  }
  return { ...network, Backend: await askBackend(interview, with_(network), live) };
}

/** The IPv6 network of a dual-stack network; '' for none. Readers of v2 do not know it. */
async function askIpv6Network(
  interview: Interview,
  draft: SiteDraft,
  live: NetworkConfig | null,
): Promise<string> {
  const given = interview.args.text('ipv6-network');
  if (given === undefined && draft.etcd.api === 'v2') return '';
  return interview.text({
    flag: '--ipv6-network',
    message: 'IPv6 network of all pods (Enter: none):',
    given,
    initial: live?.ipv6 ? formatSubnet(live.ipv6.network) : undefined,
    optional: true,
    check: (text) =>
      objectionAt(
        { ...draft, network: { ...draft.network, EnableIPv6: true, IPv6Network: text } },
        '/network/IPv6Network',
        '/network',
      ),
  });
}

async function askBackend(
  interview: Interview,
  draft: SiteDraft,
  live: NetworkConfig | null,
): Promise<object> {
  const ask = async (key: 'VNI' | 'Port', message: string, initial: number) =>
    numberOf(
      await interview.text({
        flag: `--${key.toLowerCase()}`,
        message,
        given: interview.args.text(key.toLowerCase()),
        initial: String(initial),
        check: (text) => {
          const Backend = { Type: 'vxlan', [key]: numberOf(text) };
          const network = { ...draft.network, Backend };
          return objectionAt({ ...draft, network }, `/network/Backend/${key}`, '/network/Backend');
        },
      }),
    );
  const vni = await ask(
    'VNI',
    "VNI, the key of the BIG-IP's tunnel:",
    live?.vxlan.vni ?? DEFAULT_VNI,
  );
  const wanted = live === null ? DEFAULT_VXLAN_PORT : effectivePort(live);
  const port = await ask('Port', "UDP port of the BIG-IP's tunnel profile:", wanted);
  return {
    Type: 'vxlan',
    ...(vni === DEFAULT_VNI ? {} : { VNI: vni }),
    ...(port === DEFAULT_VXLAN_PORT ? {} : { Port: port }),
  };
}

/** A number where the text is one; else the text, for the rules to refuse. */
function numberOf(text: string): number | string {
  return /^\d{1,15}$/.test(text) ? Number(text) : text;
}
