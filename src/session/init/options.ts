import { DEVICE_OPTIONS, ETCD_OPTIONS, type OptionSpec } from '../options.ts';

function text(flag: string, placeholder: string, describe: string): OptionSpec {
  return { flag, type: 'text', placeholder, describe };
}

function toggle(flag: string, describe: string): OptionSpec {
  return { flag, type: 'switch', describe };
}

/** The answers to what `init` asks about the network. */
export const NETWORK_OPTIONS: readonly OptionSpec[] = [
  text('network', 'CIDR', "network of all pods (default: the live config's)"),
  text('subnet-len', 'BITS', "prefix length of each node's subnet (default: flannel's)"),
  text('vni', 'NUMBER', "the tunnel's VNI (default 1)"),
  text('port', 'NUMBER', "the tunnel's UDP port (default 8472)"),
  text('ipv6-network', 'CIDR', 'IPv6 network of all pods, makes the network dual-stack'),
  text('ipv6-subnet-len', 'BITS', "prefix length of each node's IPv6 subnet"),
];

/** The answers about the allocation range. */
const RANGE_OPTIONS: readonly OptionSpec[] = [
  text('subnet-min', 'ADDRESS', 'first subnet that flannel hands out'),
  text('subnet-max', 'ADDRESS', 'last subnet that flannel hands out, itself included'),
  text('ipv6-subnet-min', 'ADDRESS', 'the same of IPv6'),
  text('ipv6-subnet-max', 'ADDRESS', 'the same of IPv6'),
];

/** The answers about one BIG-IP, or `--bigip` for several. */
const BIGIP_OPTIONS: readonly OptionSpec[] = [
  {
    flag: 'bigip',
    type: 'repeated',
    placeholder: 'URL[,KEY=VALUE...]|KEY=VALUE,...',
    describe:
      'a BIG-IP to ask at its management address, or by the keys of the site file; repeatable',
  },
  {
    flag: 'bigip-name',
    type: 'list',
    placeholder: 'NAME',
    describe: 'its name (default bigip-1); with --from-live the names of all, by address',
  },
  text('bigip-subnet', 'CIDR', 'its subnet (default: the highest free one above the range)'),
  text('bigip-public-ip', 'ADDRESS', "its underlay self IP, the tunnel's local address"),
  text('bigip-vtep-mac', 'MAC', "its tunnel's MAC address"),
  text('bigip-self-ip', 'ADDRESS', 'its overlay self IP (default: the next one)'),
  text('bigip-tunnel', 'NAME', 'with --bigip URL: its tunnel (default: the only VXLAN tunnel)'),
  text('bigip-ca', 'PATH', "with --bigip URL: PEM file of its certificate's CA"),
  text('bigip-fingerprint', 'SHA256', 'with --bigip URL: of its certificate, instead of a CA'),
  text('bigip-ipv6-subnet', 'CIDR', 'dual-stack: its IPv6 subnet'),
  text('bigip-public-ipv6', 'ADDRESS', 'dual-stack: its underlay IPv6 self IP'),
  text('bigip-vtep-mac-v6', 'MAC', "dual-stack: its IPv6 tunnel's MAC address"),
  text('bigip-self-ipv6', 'ADDRESS', 'dual-stack: its overlay IPv6 self IP'),
  toggle('without-bigip', 'a site without BIG-IP'),
];

/** Everything `init` can be told instead of asking. */
export const INIT_OPTIONS: readonly OptionSpec[] = [
  {
    flag: 'file',
    alias: 'f',
    type: 'text',
    placeholder: 'PATH',
    describe: 'the file to write, - for standard output (default flannel-bigip.yaml)',
  },
  toggle('from-live', 'write down the live network config and reservations'),
  text('flanneld-env', 'PATH', "flanneld's environment file, for the connection"),
  toggle('offline', 'do not connect to etcd'),
  ...ETCD_OPTIONS,
  text('name', 'NAME', "the site's name (default: the file's or folder's)"),
  ...NETWORK_OPTIONS,
  ...BIGIP_OPTIONS,
  ...DEVICE_OPTIONS,
  ...RANGE_OPTIONS,
  { flag: 'yes', alias: 'y', type: 'switch', describe: 'do not ask, take the defaults' },
  toggle('force', 'replace the file if it is there'),
  {
    flag: 'then',
    type: 'text',
    choices: ['diff', 'apply', 'nothing'],
    describe: 'what to do with the written file (default nothing)',
  },
];
