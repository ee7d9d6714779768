// Writes docs/commands.md from the table of commands. With `--check` it only says whether that is so.
import { readFileSync, writeFileSync } from 'node:fs';
import { commandTable, EXIT_CODES, signature } from './command-table.mjs';

const file = new URL('../docs/commands.md', import.meta.url);
const { commands, global, groups } = await commandTable();

const anchor = (title) => title.toLowerCase().replaceAll(' ', '-');
const cell = (text) => text.replaceAll('|', '\\|').replaceAll('<', '&lt;');

/** Variables in an option's place, and those that its description says to be. */
function environmentOf({ env, describe }) {
  return [...new Set([...(env ?? []), ...(describe.match(/\b[A-Z]+(?:_[A-Z]+)+\b/g) ?? [])])];
}

function optionTable(options, variablesOf = ({ env }) => env ?? []) {
  const hasEnv = options.some((option) => variablesOf(option).length > 0);
  const rows = options.map((option) => {
    const cells = [`\`${signature(option).replaceAll('|', '\\|')}\``, cell(option.describe)];
    if (hasEnv) {
      cells.push(
        variablesOf(option)
          .map((name) => `\`${name}\``)
          .join(', '),
      );
    }
    return `| ${cells.join(' | ')} |`;
  });
  return hasEnv
    ? ['| option | what it does | environment |', '|---|---|---|', ...rows]
    : ['| option | what it does |', '|---|---|', ...rows];
}

/** A command's own options, and the groups of which it has some. */
function optionsOf({ options }) {
  const shared = groups.flatMap(([title, all]) => {
    const taken = all.filter((one) => options.includes(one));
    return taken.length > 1
      ? [{ title, taken, left: all.filter((one) => !taken.includes(one)) }]
      : [];
  });
  const own = options.filter((one) => !shared.some(({ taken }) => taken.includes(one)));
  const links = shared.map(({ title, left }) => {
    const without =
      left.length === 0 ? '' : ` (but ${left.map(({ flag }) => `\`--${flag}\``).join(', ')})`;
    return `[${title}](#${anchor(title)})${without}`;
  });
  return [
    ...(own.length > 0 ? [...optionTable(own), ''] : []),
    ...(links.length > 0 ? [`Also: ${links.join(' · ')}.`, ''] : []),
  ];
}

function section(command) {
  const { name, usage, describe, examples } = command;
  return [
    `## ${name}`,
    '',
    `${describe[0].toUpperCase()}${describe.slice(1)}.`,
    '',
    '```',
    `flannel-bigip ${usage}`,
    '```',
    '',
    ...optionsOf(command),
    '```',
    ...examples.map(([line, does]) => `# ${does}\n${line}`),
    '```',
    '',
  ];
}

const text = [
  '<!-- Made by `npm run docs` from src/commands; do not edit. -->',
  '',
  '# Commands',
  '',
  'Every command with all of its options. `flannel-bigip COMMAND --help` says the same.',
  '',
  ...commands.map(({ name, describe }) => `- [\`${name}\`](#${anchor(name)}): ${describe}`),
  '',
  ...commands.flatMap(section),
  '## Options of every command',
  '',
  ...optionTable(global),
  '',
  ...groups.flatMap(([title, options]) => [
    `## ${title}`,
    '',
    ...optionTable(options, environmentOf),
    '',
  ]),
  '## Exit codes',
  '',
  '| code | meaning |',
  '|---|---|',
  ...EXIT_CODES.map(([code, meaning]) => `| ${code} | ${meaning} |`),
  '',
].join('\n');

if (!process.argv.includes('--check')) writeFileSync(file, text);
else if (readFileSync(file, 'utf8') !== text) {
  console.error('docs/commands.md is not what src/commands says; run: npm run docs');
  process.exit(1);
}
