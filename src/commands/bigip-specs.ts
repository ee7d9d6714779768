import type { CommandSpec } from '../session/command-spec.ts';
import {
  BACKUP_DIR,
  DEVICE_OPTIONS,
  DRY_RUN,
  FILE_OPTION,
  KUBE_OPTIONS,
  type OptionSpec,
  outputOption,
  READ_OPTIONS,
  TIMEOUT,
  YES,
} from '../session/options.ts';

const COMMON: readonly OptionSpec[] = [FILE_OPTION, ...DEVICE_OPTIONS, TIMEOUT];

/** How etcd is reached by commands that also ask BIG-IPs; the wait is the same for both. */
const WITH_ETCD: readonly OptionSpec[] = [FILE_OPTION, ...READ_OPTIONS, ...DEVICE_OPTIONS];

export const DISABLE_CONFIGSYNC: OptionSpec = {
  flag: 'disable-configsync',
  type: 'switch',
  describe: 'switch sys db iptunnel.configsync off, as the units of a pair need it',
};
export const REPLACE: OptionSpec = {
  flag: 'replace',
  type: 'switch',
  describe: 'make a tunnel anew that cannot be changed; its MAC may change (FDB records come back)',
};
export const SAVE: OptionSpec = {
  flag: 'save',
  type: 'switch',
  describe: "save the unit's configuration even if nothing changes",
};

/** What is done with the BIG-IPs of a site themselves. */
export const BIGIP_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'show',
    alsoCalled: ['ls', 'list', 'get', 'status'],
    usage: 'show [NAME..]',
    describe: 'show what the units hold: tunnel, self IPs, FDB records, ARP entries',
    positionals: 'any',
    completes: 'bigip',
    options: [...COMMON, outputOption('table', 'json', 'yaml')],
    examples: [['flannel-bigip bigip show', 'every unit of the site']],
    run: async (args, world) => (await import('./on-bigip.ts')).show(args, world),
  },
  {
    name: 'import',
    usage: 'import [NAME..]',
    describe: 'fill vtepMAC, publicIP and selfIP in the site file from the units',
    positionals: 'any',
    completes: 'bigip',
    options: [
      ...COMMON,
      {
        flag: 'tmsh-output',
        type: 'text',
        completes: 'file',
        placeholder: 'FILE|-',
        describe:
          'what tmsh show net tunnels tunnel NAME all-properties printed, instead of asking',
      },
      { ...YES, describe: 'overwrite values that differ without asking' },
      outputOption('table', 'json'),
    ],
    examples: [
      ['flannel-bigip bigip import', 'what the file lacks is filled in, comments stay'],
      [
        'flannel-bigip bigip import bigip-1 --tmsh-output -',
        'paste, where iControl REST or its shell is not allowed',
      ],
    ],
    run: async (args, world) => (await import('./on-bigip.ts')).importValues(args, world),
  },
  {
    name: 'diff',
    alsoCalled: ['plan'],
    usage: 'diff [NAME..]',
    describe: 'show what differs between the site file and the units (exit 2 when something does)',
    positionals: 'any',
    completes: 'bigip',
    options: [...COMMON, DISABLE_CONFIGSYNC, outputOption('table', 'json', 'yaml')],
    examples: [['flannel-bigip bigip diff bigip-1', 'one unit']],
    run: async (args, world) => (await import('./on-bigip.ts')).diff(args, world),
  },
  {
    name: 'apply',
    alsoCalled: ['sync'],
    usage: 'apply [NAME..]',
    describe: 'make profile, tunnel and self IP on the units, and save',
    positionals: 'any',
    completes: 'bigip',
    options: [
      ...WITH_ETCD,
      YES,
      DRY_RUN,
      REPLACE,
      DISABLE_CONFIGSYNC,
      SAVE,
      { flag: 'tmsh', type: 'switch', describe: 'print it as commands for tmsh, ask nobody' },
      BACKUP_DIR,
      outputOption('table', 'json'),
    ],
    examples: [
      ['flannel-bigip bigip apply', 'show the difference, ask, apply'],
      ['flannel-bigip bigip apply --tmsh', 'for people without access to iControl REST'],
      ['flannel-bigip bigip apply --disable-configsync', 'for the units of a pair'],
    ],
    run: async (args, world) => (await import('./on-bigip.ts')).apply(args, world),
  },
  {
    name: 'remove',
    alsoCalled: ['rm', 'delete'],
    usage: 'remove [NAME..]',
    describe: 'take away what bigip apply made',
    positionals: 'any',
    completes: 'bigip',
    options: [
      ...COMMON,
      YES,
      DRY_RUN,
      { flag: 'force', type: 'switch', describe: 'also what is not as the site file declares it' },
      BACKUP_DIR,
      outputOption('table', 'json'),
    ],
    examples: [['flannel-bigip bigip remove bigip-1', 'show it, ask, remove it']],
    run: async (args, world) => (await import('./on-bigip.ts')).remove(args, world),
  },
  {
    name: 'check',
    usage: 'check [NAME..]',
    describe: 'hold the units against leases and Nodes (exit 2 when something does not agree)',
    positionals: 'any',
    completes: 'bigip',
    options: [
      ...WITH_ETCD,
      ...KUBE_OPTIONS,
      {
        flag: 'cis-version',
        type: 'text',
        placeholder: 'VERSION',
        describe: 'release of CIS, which decides what cures a stale ARP entry',
      },
      outputOption('table', 'json'),
    ],
    examples: [['flannel-bigip bigip check --kubeconfig ~/.kube/config', 'after an onboarding']],
    run: async (args, world) => (await import('./on-bigip.ts')).check(args, world),
  },
  {
    name: 'fdb',
    usage: 'fdb sync [NAME..]',
    describe: "keep the tunnels' FDB what the leases say, for sites without CIS",
    positionals: 'some',
    completes: { words: ['sync'] },
    options: [
      ...WITH_ETCD,
      YES,
      DRY_RUN,
      {
        flag: 'force',
        type: 'switch',
        describe: 'beside records of others, and when more than half would go',
      },
      BACKUP_DIR,
      outputOption('table', 'json'),
    ],
    examples: [['flannel-bigip bigip fdb sync', 'show the difference, ask, write it']],
    run: async (args, world) => (await import('./on-bigip.ts')).fdb(args, world),
  },
];
