// The table of commands that help and parsing come from, for what is generated from it.
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import './generate.mjs';
import { root } from './root.mjs';

const folder = path.join(root, 'node_modules/.cache/flannel-bigip');

/** Options that yargs has of its own. */
const YARGS_OPTIONS = [
  { flag: 'help', alias: 'h', type: 'switch', describe: 'show this command and its options' },
  { flag: 'version', type: 'switch', describe: 'show the version, and what it runs on' },
];

/** Every command, those behind a word included, with all its words in `name`, in the order of help. */
function flat(commands, words = []) {
  return commands.flatMap((spec) => {
    const inner = flat(spec.subcommands ?? [], [...words, spec.name]);
    const runs = spec.subcommands === undefined || spec.runsAlone === true;
    const usage = [...words, spec.usage].join(' ');
    return [...(runs ? [{ ...spec, name: fixedWords(usage), usage }] : []), ...inner];
  });
}

/** What is always typed of `bigip fdb sync [NAME..]`. */
const fixedWords = (usage) => /^[a-z-]+(?: [a-z-]+)*(?= |$)/.exec(usage)[0];

/** @returns `commands`, the `global` options, and the `groups` of options that many commands share */
export async function commandTable() {
  mkdirSync(folder, { recursive: true });
  const outfile = path.join(folder, `commands-${process.pid}.mjs`);
  await build({
    absWorkingDir: root,
    stdin: {
      contents:
        "export { COMMANDS } from './src/commands/index.ts'; export * from './src/session/options.ts';",
      resolveDir: root,
    },
    outfile,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    logLevel: 'warning',
  });
  const all = await import(pathToFileURL(outfile).href);
  return {
    commands: flat(all.COMMANDS),
    global: [...all.GLOBAL_OPTIONS, ...YARGS_OPTIONS],
    groups: [
      ['Connection to etcd', all.ETCD_OPTIONS],
      ['Login to BIG-IPs', all.DEVICE_OPTIONS],
      ['Connection to Kubernetes', all.KUBE_OPTIONS],
    ],
  };
}

/** `-f, --file PATH` */
export function signature({ flag, alias, type, placeholder, choices }) {
  const value =
    type === 'switch' ? '' : ` ${placeholder ?? (choices ? choices.join('|') : 'VALUE')}`;
  return `${alias ? `-${alias}, ` : ''}--${flag}${value}`;
}

export const EXIT_CODES = [
  [0, 'done, or no difference'],
  [1, 'failed: unreachable, refused, conflict, partly done, question answered no'],
  [2, 'a difference, or something wrong, was found'],
  [3, 'the input is invalid'],
  [64, 'wrong usage, or an answer is missing and nobody can be asked'],
  [130, 'interrupted; what is done and what is not is said'],
];
