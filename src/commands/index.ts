import { EXIT } from '../model/problem.ts';
import { SHELLS } from '../output/completion-output.ts';
import { REPORT_FORMATS } from '../output/reports/formats.ts';
import type { CommandSpec } from '../session/command-spec.ts';
import { INIT_OPTIONS } from '../session/init/options.ts';
import {
  BACKUP_DIR,
  DEVICE_OPTIONS,
  DIRECTION_OPTIONS,
  DRY_RUN,
  ETCD_OPTIONS,
  ETCD_STORES,
  FILE_OPTION,
  KUBE_OPTIONS,
  type OptionSpec,
  outputOption,
  READ_OPTIONS,
  YES,
} from '../session/options.ts';
import { run as apply } from './apply.ts';
import { run as backup } from './backup.ts';
import { BIGIP_COMMANDS, DISABLE_CONFIGSYNC, REPLACE, SAVE } from './bigip-specs.ts';
import { run as completion } from './completion.ts';
import { run as diff } from './diff.ts';
import { DOCTOR, NODE } from './doctor-specs.ts';
import { run as init } from './init.ts';
import { run as list } from './list.ts';
import { run as migrate } from './migrate.ts';
import { run as remove } from './remove.ts';
import { run as restore } from './restore.ts';
import { run as validate } from './validate.ts';

/** What a plan is over, and how the Nodes and BIG-IPs in it are reached. */
const SCOPE_OPTIONS: readonly OptionSpec[] = [
  {
    flag: 'scope',
    type: 'list',
    placeholder: 'etcd,nodes,bigip|all',
    describe: 'what it is about (default etcd)',
  },
  ...KUBE_OPTIONS,
  ...DEVICE_OPTIONS,
];

const CONFIRM: OptionSpec = {
  flag: 'confirm',
  type: 'text',
  completes: 'site-name',
  placeholder: 'NAME',
  describe: "the site's name, to allow a change that endangers living nodes",
};
const PRUNE: OptionSpec = {
  flag: 'prune',
  type: 'switch',
  describe: 'remove reservations that the site file does not declare',
};

const VALIDATE_OPTIONS: readonly OptionSpec[] = [
  FILE_OPTION,
  {
    flag: 'recursive',
    alias: 'r',
    type: 'switch',
    describe: "go into folders; their files that are none of flannel's are passed over",
  },
  {
    flag: 'stdin-filename',
    type: 'text',
    placeholder: 'NAME',
    describe: 'what standard input is called in reports',
  },
  {
    flag: 'bigip-subnet',
    type: 'list',
    placeholder: 'CIDR,...',
    describe: "a BIG-IP's subnet, which network configs without a site must leave out; repeatable",
  },
  {
    flag: 'flannel',
    type: 'text',
    placeholder: '0.12|0.20|...',
    describe: 'the one release whose rules hold (default: all that read the store)',
  },
  {
    flag: 'ignore',
    type: 'list',
    completes: 'rule',
    placeholder: 'RULE,...',
    describe: 'a rule not to report on network configs; a site file has its own `ignore` list',
  },
  { flag: 'strict', type: 'switch', describe: 'warnings count as errors' },
  {
    flag: 'fix',
    type: 'switch',
    describe: 'show and write what is safe to mend: key case, host bits, the allocation range',
  },
  { ...DRY_RUN, describe: 'with --fix: show the difference, write nothing' },
  outputOption(...REPORT_FORMATS),
];

export const COMMANDS: readonly CommandSpec[] = [
  {
    name: 'init',
    usage: 'init',
    describe: 'write a site file: asks, or reads what is live',
    positionals: 'none',
    options: INIT_OPTIONS,
    examples: [
      ['flannel-bigip init', 'ask for everything, with what etcd holds as defaults'],
      [
        'flannel-bigip init --from-live --yes --file site.yaml',
        'write down a cluster that was set up by hand',
      ],
      [
        'flannel-bigip init --yes -f - --offline --network 10.244.0.0/16 --bigip-public-ip 10.1.10.245 --bigip-vtep-mac 00:0c:29:2e:db:2e',
        'answer by flags, defaults for the rest',
      ],
    ],
    run: (args, world) => init(args, world, { diff, apply }),
  },
  {
    name: 'validate',
    completes: 'file',
    usage: 'validate [FILE..]',
    describe: 'check site files, network configs and ConfigMaps, without a network',
    positionals: 'any',
    options: VALIDATE_OPTIONS,
    examples: [
      ['flannel-bigip validate flannel-bigip.yaml', 'check a site file'],
      [
        'flannel-bigip validate kube-flannel.yml --bigip-subnet 10.244.100.0/24',
        "check that a manifest's network config leaves a BIG-IP's subnet out",
      ],
      ["flannel-bigip validate 'sites/**/*.yaml' -o sarif > out.sarif", 'for code scanning'],
      [
        'flannel-bigip validate site.yaml --fix --dry-run',
        'show what can be mended, write nothing',
      ],
    ],
    run: validate,
  },
  {
    name: 'diff',
    usage: 'diff',
    describe: 'show what differs between the site file and etcd (exit 2 when something does)',
    positionals: 'none',
    options: [
      FILE_OPTION,
      ...READ_OPTIONS,
      ...SCOPE_OPTIONS,
      DISABLE_CONFIGSYNC,
      PRUNE,
      {
        flag: 'save',
        type: 'text',
        completes: 'file',
        placeholder: 'PATH',
        describe: 'keep the plan in a file, for apply --plan',
      },
      ...DIRECTION_OPTIONS,
      outputOption('table', 'json', 'yaml'),
    ],
    examples: [
      ['flannel-bigip diff -f site.yaml', 'compare with the etcd that the site file names'],
      ['flannel-bigip diff -f site.yaml --endpoints file:dump.json', 'compare with a dump'],
      ['flannel-bigip diff --from v2 --to v3', "compare etcd's two stores"],
    ],
    run: diff,
  },
  {
    name: 'apply',
    usage: 'apply',
    describe: 'make etcd what the site file declares',
    positionals: 'none',
    options: [
      FILE_OPTION,
      ...ETCD_OPTIONS,
      ...SCOPE_OPTIONS,
      REPLACE,
      DISABLE_CONFIGSYNC,
      SAVE,
      YES,
      CONFIRM,
      DRY_RUN,
      PRUNE,
      {
        flag: 'plan',
        type: 'text',
        completes: 'file',
        placeholder: 'PATH',
        describe: 'carry out a plan that diff --save kept, exactly, without a question',
      },
      {
        flag: 'rewrite',
        type: 'switch',
        describe: 'put equal leases again, for nodes whose flanneld missed the event',
      },
      BACKUP_DIR,
      outputOption('table', 'json'),
    ],
    examples: [
      ['flannel-bigip apply -f site.yaml', 'show the difference, ask, apply'],
      ['flannel-bigip apply -f site.yaml --yes', 'apply without asking'],
      ['flannel-bigip apply --plan plan.json', 'carry out what diff --save plan.json has shown'],
    ],
    run: apply,
  },
  {
    name: 'list',
    usage: 'list',
    describe: 'show every subnet lease of the network',
    positionals: 'none',
    options: [
      FILE_OPTION,
      ...READ_OPTIONS,
      { flag: 'ttl', type: 'switch', describe: 'show how long each lease still lasts' },
      {
        flag: 'watch',
        alias: 'w',
        type: 'switch',
        describe: 'keep the table current; in a pipe, and with -o json, one line a change',
      },
      outputOption('table', 'wide', 'map', 'json', 'yaml'),
    ],
    examples: [
      ['flannel-bigip list --endpoints http://127.0.0.1:2379', 'needs no site file'],
      ['flannel-bigip list -f site.yaml -o json', 'for a script, with the names of BIG-IPs'],
      ['flannel-bigip list --watch', 'keep the table current until Ctrl-C'],
      ['flannel-bigip list -f site.yaml -o map', 'what is taken and what is free, as a picture'],
    ],
    run: list,
  },
  {
    name: 'remove',
    completes: 'reservation',
    usage: 'remove <SUBNET|NAME|KEY..>',
    describe: 'remove reservations from etcd',
    positionals: 'some',
    options: [
      FILE_OPTION,
      ...ETCD_OPTIONS,
      YES,
      DRY_RUN,
      { flag: 'force', type: 'switch', describe: 'remove leases of living nodes too' },
      {
        flag: 'ignore-not-found',
        type: 'switch',
        describe: 'a lease that is not there is no failure',
      },
      BACKUP_DIR,
      outputOption('table', 'json'),
    ],
    examples: [
      ['flannel-bigip remove 10.244.100.0/24', 'show the reservation, ask, remove it'],
      ['flannel-bigip remove -f site.yaml bigip-1 --yes', 'by the name in the site file'],
    ],
    run: remove,
  },
  {
    name: 'backup',
    completes: { words: ['list', 'prune'] },
    usage: 'backup [FILE | list | prune]',
    describe: 'keep config and all leases in a file; list and tidy what is kept',
    positionals: 'any',
    options: [
      FILE_OPTION,
      ...READ_OPTIONS,
      BACKUP_DIR,
      {
        flag: 'keep',
        type: 'text',
        placeholder: 'NUMBER',
        describe: 'prune: how many of the newest stay',
      },
      {
        flag: 'older-than',
        type: 'text',
        placeholder: 'DAYS',
        describe: 'prune: only what is older (30d, 12h)',
      },
      { flag: 'force', type: 'switch', describe: 'replace a file that is there' },
      { ...DRY_RUN, describe: 'prune: count, delete nothing' },
      outputOption('table', 'json'),
    ],
    examples: [
      ['flannel-bigip backup before-upgrade.json', 'into a file of your own'],
      ['flannel-bigip backup list', 'what was kept, also by apply and remove'],
      ['flannel-bigip backup prune --keep 20 --older-than 90d', 'tidy up'],
    ],
    run: backup,
  },
  {
    name: 'restore',
    completes: 'file',
    usage: 'restore <FILE>',
    describe: 'put config and reservations back as a backup has them',
    positionals: 'some',
    options: [
      FILE_OPTION,
      ...ETCD_OPTIONS,
      YES,
      CONFIRM,
      DRY_RUN,
      {
        flag: 'include-nodes',
        type: 'switch',
        describe: 'also the leases of nodes that are not there, for a day',
      },
      {
        flag: 'other-cluster',
        type: 'switch',
        describe: 'the backup is of another cluster, store or prefix, and that is meant',
      },
      BACKUP_DIR,
      outputOption('table', 'json'),
    ],
    examples: [
      ['flannel-bigip restore before-upgrade.json --dry-run', 'show what would go back'],
      ['flannel-bigip restore before-upgrade.json', 'show it, ask, put it back'],
    ],
    run: restore,
  },
  {
    name: 'migrate',
    usage: 'migrate',
    describe: "copy flannel's keys from one of etcd's stores to the other",
    positionals: 'none',
    options: [
      FILE_OPTION,
      ...ETCD_OPTIONS,
      ...DIRECTION_OPTIONS,
      {
        flag: 'cutover',
        type: 'switch',
        describe: 'say in which order to upgrade flanneld, and how far that is; write nothing',
      },
      {
        flag: 'retire',
        type: 'text',
        choices: ETCD_STORES,
        describe: 'empty this store, once nothing is renewed in it',
      },
      YES,
      DRY_RUN,
      BACKUP_DIR,
      outputOption('table', 'json'),
    ],
    examples: [
      ['flannel-bigip migrate --from v2 --to v3', 'before flannel is upgraded to v0.18 or later'],
      ['flannel-bigip migrate --from v2 --to v3 --cutover', 'how to go over, node by node'],
      ['flannel-bigip migrate --retire v2', 'a day after the last node is through'],
    ],
    run: migrate,
  },
  {
    name: 'annotate',
    usage: 'annotate [NODE..]',
    describe: 'set on each Kubernetes Node what CIS must know of its VTEP',
    positionals: 'any',
    options: [
      FILE_OPTION,
      ...READ_OPTIONS,
      ...KUBE_OPTIONS,
      {
        flag: 'node',
        type: 'text',
        placeholder: 'NAME',
        describe: "one Node, with its kubelet's own credentials too: one GET, one PATCH, no list",
      },
      {
        flag: 'self',
        type: 'switch',
        describe: "the Node of this host (NODE_NAME, else the certificate's, else the host name)",
      },
      {
        flag: 'wait',
        type: 'text',
        placeholder: 'DURATION',
        describe: "with --self: until flannel's device is there and its lease says its MAC",
      },
      {
        flag: 'check',
        type: 'switch',
        describe: 'change nothing; exit 2 when a Node is not as it must be, or has no lease',
      },
      { flag: 'remove', type: 'switch', describe: "take flannel's four annotations off again" },
      YES,
      { ...DRY_RUN, describe: 'show what would change, write nothing' },
      BACKUP_DIR,
      outputOption('table', 'json'),
    ],
    examples: [
      ['flannel-bigip annotate', 'show what differs, ask, annotate every Node'],
      ['flannel-bigip annotate --check', 'in CI or monitoring'],
      [
        'flannel-bigip annotate --self --yes --kubeconfig /etc/kubernetes/kubelet.conf',
        "on a node, with the kubelet's credentials",
      ],
      ['flannel-bigip annotate --remove node-3', 'take it back'],
    ],
    run: async (args, world) => (await import('./on-nodes.ts')).annotate(args, world),
  },
  {
    name: 'bigip',
    usage: 'bigip <show|import|diff|apply|remove|check|fdb>',
    describe: 'read, set up and check the BIG-IPs themselves',
    positionals: 'some',
    options: [],
    subcommands: BIGIP_COMMANDS,
    examples: [
      ['flannel-bigip bigip show', 'what the units hold'],
      ['flannel-bigip bigip apply', 'make tunnel and self IP'],
    ],
    run: async () => EXIT.usage,
  },
  DOCTOR,
  NODE,
  {
    name: 'watch',
    usage: 'watch',
    describe: "keep the BIG-IPs' leases and the Nodes' annotations true, as a service",
    positionals: 'none',
    options: [
      FILE_OPTION,
      ...ETCD_OPTIONS,
      ...KUBE_OPTIONS,
      ...DEVICE_OPTIONS,
      {
        flag: 'keep',
        type: 'list',
        placeholder: 'leases,annotations,fdb',
        describe: 'what to keep true (default leases,annotations)',
      },
      {
        flag: 'listen',
        type: 'text',
        placeholder: 'HOST:PORT',
        describe: 'serve /healthz, /readyz and /metrics there',
      },
      {
        flag: 'log-format',
        type: 'text',
        choices: ['text', 'json'],
        describe: 'of the log on standard error (default text)',
      },
      BACKUP_DIR,
    ],
    examples: [
      ['flannel-bigip watch -f site.yaml --listen 127.0.0.1:9100', 'on a control-plane host'],
      [
        'flannel-bigip watch --keep annotations --log-format json',
        'with an etcd user who only reads',
      ],
    ],
    run: async (args, world) => (await import('./on-nodes.ts')).watch(args, world),
  },
  {
    name: 'pin-mac',
    usage: 'pin-mac',
    describe: "keep the MAC of this host's flannel device across reboots",
    positionals: 'none',
    options: [
      FILE_OPTION,
      ...READ_OPTIONS,
      {
        flag: 'state-dir',
        type: 'text',
        completes: 'folder',
        placeholder: 'PATH',
        describe: 'where the MAC is kept (default /var/lib/flannel-bigip)',
      },
      {
        flag: 'mac',
        type: 'text',
        placeholder: 'MAC',
        describe: "this one (default: what is kept, the device's, its lease's)",
      },
      { flag: 'vni', type: 'text', placeholder: 'NUMBER', describe: "flannel's VNI (default 1)" },
      {
        flag: 'interface',
        type: 'text',
        placeholder: 'NAME',
        describe: 'the underlay interface, where there is no device yet',
      },
      {
        flag: 'local',
        type: 'text',
        placeholder: 'IP',
        describe: "the node's public IP, where there is no device yet",
      },
      {
        flag: 'wait',
        type: 'text',
        placeholder: 'DURATION',
        describe: 'for the interface and its address at most (default 30s)',
      },
      { flag: 'force', type: 'switch', describe: 'give a device the kept MAC that has another' },
      { flag: 'adopt', type: 'switch', describe: 'keep the MAC that the device has now' },
      YES,
      { ...DRY_RUN, describe: 'say what would be done, do nothing' },
      outputOption('table', 'json'),
    ],
    examples: [
      ['flannel-bigip pin-mac', 'once while flanneld runs, and at each boot before it starts'],
      ['flannel-bigip pin-mac --adopt', 'after flanneld was faster at boot'],
    ],
    run: async (args, world) => (await import('./on-nodes.ts')).pinMac(args, world),
  },
  {
    name: 'service',
    usage: 'service <install|uninstall|print|status>',
    describe: "systemd units that pin this node's MAC and annotate its Node at boot",
    positionals: 'some',
    completes: { words: ['install', 'uninstall', 'print', 'status'] },
    options: [
      ...READ_OPTIONS.filter(({ flag }) => !['timeout', 'use-env-proxy'].includes(flag)).map(
        ({ env: _, ...option }) => option,
      ),
      {
        flag: 'flanneld-env',
        type: 'text',
        completes: 'file',
        placeholder: 'PATH',
        describe:
          "flanneld's environment file (default /etc/sysconfig/flanneld, /etc/default/flanneld)",
      },
      {
        flag: 'kubeconfig',
        type: 'text',
        completes: 'file',
        placeholder: 'PATH',
        describe: 'of the kubelet (default /etc/kubernetes/kubelet.conf)',
      },
      {
        flag: 'flanneld-unit',
        type: 'text',
        placeholder: 'NAME',
        describe: 'default flanneld.service',
      },
      {
        flag: 'kubelet-unit',
        type: 'text',
        placeholder: 'NAME',
        describe: 'default kubelet.service',
      },
      { flag: 'no-pin', type: 'switch', describe: 'without the unit that pins the MAC' },
      { flag: 'no-annotate', type: 'switch', describe: 'without the units that annotate' },
      {
        flag: 'state-dir',
        type: 'text',
        completes: 'folder',
        placeholder: 'PATH',
        describe: 'where the MAC is kept (default /var/lib/flannel-bigip)',
      },
      {
        flag: 'unit-dir',
        type: 'text',
        completes: 'folder',
        placeholder: 'PATH',
        describe: 'where units are written (default /etc/systemd/system)',
      },
      {
        flag: 'executable',
        type: 'text',
        completes: 'file',
        placeholder: 'PATH',
        describe: 'what the units start (default: this program as it was started)',
      },
      YES,
      outputOption('table', 'json'),
    ],
    examples: [
      ['flannel-bigip service print', 'what would be installed'],
      ['flannel-bigip service install', 'on each node, as root'],
    ],
    run: async (args, world) => (await import('./on-nodes.ts')).service(args, world),
  },
  {
    name: 'completion',
    usage: 'completion <bash|zsh|fish>',
    describe: 'print the script that completes commands, flags and names in a shell',
    positionals: 'some',
    completes: { words: SHELLS },
    options: [],
    examples: [
      ['source <(flannel-bigip completion bash)', 'in ~/.bashrc'],
      ['source <(flannel-bigip completion zsh)', 'in ~/.zshrc, behind compinit'],
      ['flannel-bigip completion fish | source', 'in ~/.config/fish/config.fish'],
    ],
    run: completion,
  },
];
