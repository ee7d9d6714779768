// Collects the licences of what others wrote and what is shipped: all of them ask for their text to go along.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import packageJson from '../package.json' with { type: 'json' };
import { root } from './root.mjs';

const TEXT_FILE = /^(licen[cs]e|copying|notice)\b(?!.*\.js$)/i;
/** Centred titles stay where they are. */
const read = (file) => readFileSync(file, 'utf8').replace(/\r|^\s*\n|\s+$/g, '');
const legal = (name) => read(path.join(root, 'legal', `${name}.txt`));

/** Folders of the packages of which something is in the bundle. */
function bundledFolders({ outputs }) {
  const inputs = Object.values(outputs).flatMap((output) => Object.keys(output.inputs));
  const folders = inputs.map((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0]);
  return [...new Set(folders.filter(Boolean))].toSorted();
}

/** What a package says of itself; a text of its own, or the usual one with its author's name. */
function licenceOf(folder) {
  const home = path.join(root, folder);
  const { name, version, license, author } = JSON.parse(
    readFileSync(path.join(home, 'package.json'), 'utf8'),
  );
  const texts = readdirSync(home)
    .filter((file) => TEXT_FILE.test(file))
    .toSorted()
    .map((file) => read(path.join(home, file)));
  const title = `${name} ${version} (${license})`;
  if (texts.length > 0) return { title, text: texts.join('\n\n') };
  const holder = author?.name ?? author;
  if (license !== 'MIT' || !holder) throw new Error(`${folder} has no text of its licence`);
  return { title, text: `Copyright (c) ${holder}\n\n${legal('MIT')}` };
}

/** The text of a file to go along, of the bundle's metafile. */
export function thirdPartyLicences(metafile) {
  const titles = new Map();
  for (const { title, text } of bundledFolders(metafile).map(licenceOf)) {
    titles.set(text, [...(titles.get(text) ?? []), title]);
  }
  const bun = legal('bun');
  if (!bun.startsWith(`Bun ${packageJson.devDependencies.bun} `))
    throw new Error('legal/bun.txt is about another version of Bun; look what that one carries');
  const sections = [
    ...[...titles].map(([text, names]) => `${names.join('\n')}\n\n${text}`),
    ...[legal('embedded'), bun, legal('MIT'), legal('LGPL-2'), legal('LGPL-2.1')],
  ];
  const line = `\n\n${'='.repeat(80)}\n\n`;
  return `${packageJson.name} ${packageJson.version} carries what others wrote, each part under the licence below it.${line}${sections.join(line)}\n`;
}
