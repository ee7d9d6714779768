import type { ExitCode } from '../model/problem.ts';
import {
  type Args,
  ETCD_OPTIONS,
  FILE_OPTION,
  type OptionSpec,
  outputOption,
} from '../session/options.ts';
import type { World } from '../world.ts';
import { run as apply } from './apply.ts';
import { run as diff } from './diff.ts';
import { run as list } from './list.ts';
import { run as remove } from './remove.ts';
import { run as validate } from './validate.ts';

/** One command: what help shows, and the file that runs it, loaded when it does. */
export interface CommandSpec {
  readonly name: string;
  /** As in help, e.g. `remove <SUBNET|NAME..>`. */
  readonly usage: string;
  readonly describe: string;
  readonly positionals: 'none' | 'any' | 'some';
  readonly options: readonly OptionSpec[];
  readonly examples: readonly (readonly [command: string, does: string])[];
  run(args: Args, world: World): Promise<ExitCode>;
}

/** The pause between writes is nothing to a command that only reads. */
const READ_OPTIONS = ETCD_OPTIONS.filter((option) => option.flag !== 'settle');

const YES: OptionSpec = { flag: 'yes', alias: 'y', type: 'switch', describe: 'do not ask' };
const DRY_RUN: OptionSpec = {
  flag: 'dry-run',
  type: 'switch',
  describe: 'go through every guard, write nothing',
};
const BACKUP_DIR: OptionSpec = {
  flag: 'backup-dir',
  type: 'text',
  placeholder: 'PATH',
  describe: 'where replaced values are kept (default $XDG_STATE_HOME/flannel-bigip/backups)',
};
const CONFIRM: OptionSpec = {
  flag: 'confirm',
  type: 'text',
  placeholder: 'NAME',
  describe: "the site's name, to allow a change that endangers living nodes",
};
const PRUNE: OptionSpec = {
  flag: 'prune',
  type: 'switch',
  describe: 'remove reservations that the site file does not declare',
};

export const COMMANDS: readonly CommandSpec[] = [
  {
    name: 'validate',
    usage: 'validate [FILE..]',
    describe: 'check site files and network configs, without a network',
    positionals: 'any',
    options: [FILE_OPTION, outputOption('text', 'json')],
    examples: [
      ['flannel-bigip validate flannel-bigip.yaml', 'check a site file'],
      ['flannel-bigip validate net-conf.json -o json', 'check a bare network config, for a script'],
    ],
    run: validate,
  },
  {
    name: 'diff',
    usage: 'diff',
    describe: 'show what differs between the site file and etcd (exit 2 when something does)',
    positionals: 'none',
    options: [FILE_OPTION, ...READ_OPTIONS, PRUNE, outputOption('table', 'json', 'yaml')],
    examples: [
      ['flannel-bigip diff -f site.yaml', 'compare with the etcd that the site file names'],
      ['flannel-bigip diff -f site.yaml --endpoints file:dump.json', 'compare with a dump'],
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
      YES,
      CONFIRM,
      DRY_RUN,
      PRUNE,
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
];
