import { EXIT } from '../model/problem.ts';
import type { CommandSpec } from '../session/command-spec.ts';
import {
  DEVICE_OPTIONS,
  FILE_OPTION,
  KUBE_OPTIONS,
  type OptionSpec,
  outputOption,
  READ_OPTIONS,
  YES,
} from '../session/options.ts';

/** What doctor reads, and where from. */
const SOURCES: readonly OptionSpec[] = [
  FILE_OPTION,
  ...READ_OPTIONS,
  ...KUBE_OPTIONS,
  ...DEVICE_OPTIONS,
  {
    flag: 'scope',
    type: 'list',
    placeholder: 'etcd,nodes,bigip|all',
    describe: 'what is looked at beside this host (default all that is named)',
  },
  {
    flag: 'host',
    type: 'switch',
    describe:
      'this host is a node: a missing flannel device is a fault (default: look if there is one)',
  },
  {
    flag: 'subnet-env',
    type: 'text',
    completes: 'file',
    placeholder: 'PATH',
    describe: "flanneld's subnet.env (default /run/flannel/subnet.env)",
  },
  {
    flag: 'cis-version',
    type: 'text',
    placeholder: 'X.Y.Z',
    describe: 'release of CIS, which decides how it reads annotations (default: the site file)',
  },
];

const DOCTOR_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'ping',
    usage: 'ping [BIGIP..]',
    describe:
      "send packets from this node to the BIG-IPs' overlay self IPs, small and at full size",
    positionals: 'any',
    completes: 'bigip',
    options: [
      FILE_OPTION,
      ...READ_OPTIONS,
      {
        flag: 'count',
        type: 'text',
        placeholder: 'N',
        describe: 'packets of each size (default 3)',
      },
      outputOption('text', 'json'),
    ],
    examples: [['flannel-bigip doctor ping', 'on a node; exit 2 when packets are lost']],
    run: async (args, world) => (await import('./on-doctor.ts')).ping(args, world),
  },
  {
    name: 'bundle',
    usage: 'bundle <FILE>',
    describe: 'write everything that doctor reads into one archive, without secrets',
    positionals: 'some',
    completes: 'file',
    options: SOURCES,
    examples: [
      ['flannel-bigip doctor bundle case.tar.gz', 'for a support case'],
      ['flannel-bigip doctor --from case.tar.gz', 'what doctor says of it, anywhere'],
    ],
    run: async (args, world) => (await import('./on-doctor.ts')).bundle(args, world),
  },
];

export const DOCTOR: CommandSpec = {
  name: 'doctor',
  alsoCalled: ['status', 'check'],
  usage: 'doctor [ping|bundle FILE]',
  describe: 'find out why traffic does not flow, and how to mend it (exit 2 when a check fails)',
  positionals: 'none',
  subcommands: DOCTOR_COMMANDS,
  runsAlone: true,
  options: [
    ...SOURCES,
    {
      flag: 'only',
      type: 'list',
      placeholder: 'CHECK,...',
      describe: 'only these checks, by id or by how ids begin, e.g. etcd, linux, linux-route',
    },
    {
      flag: 'wait',
      type: 'text',
      placeholder: 'DURATION',
      describe: 'look again until nothing fails, at most so long',
    },
    {
      flag: 'from',
      type: 'text',
      completes: 'file',
      placeholder: 'FILE',
      describe: 'diagnose what doctor bundle has recorded, instead of what is live',
    },
    outputOption('text', 'json', 'junit', 'html'),
  ],
  examples: [
    ['flannel-bigip doctor', 'everything that can be reached from here'],
    ['flannel-bigip doctor --host', 'on a node: its kernel too'],
    ['flannel-bigip doctor --only linux-route,linux-arp --wait 2m', 'in a script'],
    ['flannel-bigip doctor -o html > site.html', 'for a change request'],
    ['flannel-bigip doctor ping', 'real packets'],
    ['flannel-bigip doctor bundle case.tar.gz', 'for a support case'],
  ],
  run: async (args, world) => (await import('./on-doctor.ts')).doctor(args, world),
};

export const NODE: CommandSpec = {
  name: 'node',
  usage: 'node <repair>',
  describe: "mend what this host's kernel knows of other nodes and BIG-IPs",
  positionals: 'some',
  options: [],
  subcommands: [
    {
      name: 'repair',
      usage: 'repair',
      describe:
        'print the routes, ARP and FDB entries that flanneld should have made; --yes makes them',
      positionals: 'none',
      options: [
        FILE_OPTION,
        ...READ_OPTIONS,
        { ...YES, describe: 'run the commands' },
        outputOption('text', 'json'),
      ],
      examples: [
        ['flannel-bigip node repair', 'what is missing, wrong or stale'],
        ['flannel-bigip node repair --yes', 'as root'],
      ],
      run: async (args, world) => (await import('./on-doctor.ts')).repair(args, world),
    },
  ],
  examples: [['flannel-bigip node repair --yes', 'as root, on the node']],
  run: async () => EXIT.usage,
};
