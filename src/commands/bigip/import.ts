import path from 'node:path';
import { readDevice } from '../../bigip/read-device.ts';
import { replaceFile } from '../../files/replace-file.ts';
import { defaultSiteFile, readText } from '../../files/site-file.ts';
import {
  type ImportChange,
  type ImportedValues,
  importChanges,
  importEdits,
  importedValues,
} from '../../model/device/import.ts';
import { shownTunnels } from '../../model/device/tmsh-output.ts';
import { checkDocument, siteRoot } from '../../model/document.ts';
import { applyEdits } from '../../model/mend.ts';
import { EXIT, type ExitCode, errorText, Problem } from '../../model/problem.ts';
import { readManagement } from '../../model/read-management.ts';
import type { Management } from '../../model/site.ts';
import { lastEntry, type SourceNode, toValue } from '../../model/source.ts';
import { findingText } from '../../output/findings-text.ts';
import { writeProse } from '../../output/prose.ts';
import { printable, styleOf } from '../../output/style.ts';
import { writeDocument } from '../../output/write.ts';
import { askYes } from '../../session/ask.ts';
import { type Devices, unknownBigip, withDevices } from '../../session/bigip/units.ts';
import { nextCommand, tellNext } from '../../session/next-command.ts';
import type { Args } from '../../session/options.ts';
import type { World } from '../../world.ts';

/** An entry of `bigips` as it stands in the file, which may lack what the BIG-IP is to say. */
interface Entry {
  readonly name: string;
  readonly node: SourceNode;
  readonly subnet: string | null;
  readonly management: Management | null;
}

/** What becomes of one entry. */
interface Imported {
  readonly entry: Entry;
  readonly changes: readonly ImportChange[];
  readonly error: Problem | null;
}

/** What only a BIG-IP knows, so that an entry may lack it. */
const FILLED = ['publicIP', 'vtepMAC', 'selfIP'];

/** `bigip import`: fills in the site file what only the BIG-IP knows. */
export async function run(args: Args, world: World): Promise<ExitCode> {
  const file = args.text('file') ?? defaultSiteFile(world.cwd);
  if (file === null || file === '-') {
    throw new Problem(
      file === null
        ? `there is no site file in ${world.cwd}`
        : 'standard input cannot be written to',
      { exit: file === null ? EXIT.invalid : EXIT.usage, fix: 'name the file with --file' },
    );
  }
  const text = await readText(file, world);
  const entries = entriesOf(text, file, args, world);
  const tmsh = args.text('tmsh-output');
  const folder = path.dirname(path.resolve(world.cwd, file));
  const imported =
    tmsh === undefined
      ? await withDevices({ folder }, args, world, (devices) => fromDevices(entries, devices))
      : [await fromTmsh(entries, tmsh, world)];
  return new Import(imported, text, file, args, world).run();
}

/** @throws Problem: 3 when the file has faults that the BIG-IP cannot mend, 64 for unknown names */
function entriesOf(text: string, file: string, args: Args, world: World): Entry[] {
  const checked = checkDocument(text, file);
  const root = siteRoot(text, file);
  const faults = checked.findings.filter(
    ({ severity, rule, message }) =>
      severity === 'error' &&
      !(rule === 'missing-key' && FILLED.some((key) => message.startsWith(`\`${key}\``))),
  );
  if (root === null || faults.length > 0) {
    const style = styleOf(world.stderr, world.env);
    for (const fault of faults) {
      world.stderr.write(`${findingText(file, fault, checked.lines, style)}\n`);
    }
    throw new Problem(`${file} is invalid; nothing was read or changed`, { exit: EXIT.invalid });
  }
  const list = lastEntry(root, 'bigips')?.value;
  const entries = (list?.kind === 'array' ? list.items : []).map(entryOf);
  const unknown = args.positionals.find((name) => !entries.some((entry) => entry.name === name));
  if (unknown !== undefined) throw unknownBigip(unknown, entries);
  if (entries.length === 0) {
    throw new Problem('the site file has no BIG-IP', {
      exit: EXIT.invalid,
      fix: 'declare one under bigips, with its name, subnet and management',
    });
  }
  const wanted = new Set(args.positionals);
  return wanted.size === 0 ? entries : entries.filter(({ name }) => wanted.has(name));
}

function entryOf(node: SourceNode): Entry {
  const value = toValue(node) as { name?: string; subnet?: string; management?: unknown };
  const { management } = readManagement(value.management, '');
  return { name: value.name ?? '', node, subnet: value.subnet ?? null, management };
}

async function fromDevices(entries: readonly Entry[], devices: Devices): Promise<Imported[]> {
  const imported: Imported[] = [];
  for (const entry of entries) {
    try {
      const values = await valuesOf(entry, devices);
      imported.push({ entry, changes: importChanges(entry.node, values), error: null });
    } catch (error) {
      if (!(error instanceof Problem) || error.exit === EXIT.usage) throw error;
      imported.push({ entry, changes: [], error });
    }
  }
  return imported;
}

async function valuesOf(
  { name, subnet, management }: Entry,
  devices: Devices,
): Promise<ImportedValues> {
  if (management === null) {
    throw new Problem(`the site file does not say how ${name} is managed`, {
      exit: EXIT.invalid,
      fix: 'add management: { url: https://... } to it, or pass --tmsh-output',
    });
  }
  const client = await devices.openAt(management, name);
  const state = await readDevice(client, management.names, { withMac: true });
  const { partition, tunnel } = management.names;
  if (state.tunnel === null) {
    throw new Problem(`there is no tunnel /${partition}/${tunnel} yet`, {
      exit: EXIT.failed,
      fix: 'make it with flannel-bigip bigip apply, or name another in management.tunnel',
    });
  }
  return importedValues(state, subnet);
}

/** One unit, by what somebody pasted. @throws Problem: 64 for more than one, 3 when no MAC is in it */
async function fromTmsh(
  [entry, ...others]: readonly Entry[],
  file: string,
  world: World,
): Promise<Imported> {
  if (entry === undefined || others.length > 0) {
    throw new Problem('--tmsh-output is of one BIG-IP', {
      exit: EXIT.usage,
      fix: `name it, e.g. bigip import ${entry?.name ?? 'NAME'} --tmsh-output ${file}`,
    });
  }
  const shown = shownTunnels(await readText(file, world));
  const name = entry.management?.names.tunnel;
  const [first, ...more] = shown;
  const found = shown.find((one) => one.name === name) ?? (more.length === 0 ? first : undefined);
  if (found === undefined) {
    const what = more.length > 0 ? `has no tunnel ${name} among ${shown.length}` : 'has no MAC';
    throw new Problem(`${file === '-' ? 'standard input' : file} ${what}`, {
      exit: EXIT.invalid,
      fix: `paste what this prints: tmsh show net tunnels tunnel ${name ?? 'NAME'} all-properties`,
    });
  }
  return { entry, changes: importChanges(entry.node, { vtepMAC: found.mac }), error: null };
}

/** One run: what the BIG-IPs said, and what becomes of the file. */
class Import {
  readonly #failed: readonly Imported[];

  constructor(
    readonly imported: readonly Imported[],
    readonly text: string,
    readonly file: string,
    readonly args: Args,
    readonly world: World,
  ) {
    this.#failed = imported.filter(({ error }) => error !== null);
  }

  async run(): Promise<ExitCode> {
    const { file, text, world } = this;
    const after = edited(this.imported, text, file);
    for (const { entry, changes } of this.imported) {
      for (const change of changes) {
        this.say(
          `${entry.name}: ${change.key}  ${change.before ?? '(not set)'} -> ${change.after}`,
        );
      }
    }
    if (after === text) {
      if (!this.isFailed) this.say('Nothing to do: the site file says what the BIG-IP says.');
      const unchanged = await this.end(this.isFailed ? 'failed' : 'unchanged');
      this.tellNext();
      return unchanged;
    }
    if (!(await this.consent())) {
      world.stderr.write('Not written; nothing was changed.\n');
      await this.end('declined');
      return EXIT.failed;
    }
    await replaceFile(file, world.cwd, text, after);
    this.say(`Written: ${file}`);
    const checked = checkDocument(after, file);
    const style = styleOf(world.stderr, world.env);
    for (const finding of checked.findings) {
      world.stderr.write(`${findingText(file, finding, checked.lines, style)}\n`);
    }
    const code = await this.end(this.isFailed ? 'partial' : 'applied');
    if (checked.site !== null) {
      this.tellNext();
      return code;
    }
    throw new Problem(`what the BIG-IP says makes ${file} invalid; it is written all the same`, {
      exit: EXIT.invalid,
    });
  }

  private tellNext(): void {
    const { args, world } = this;
    if (!this.isFailed) tellNext(world, args, nextCommand('diff', args));
  }

  private get isFailed(): boolean {
    return this.#failed.length > 0;
  }

  /** What the file lacks needs no consent, what it has does. */
  private async consent(): Promise<boolean> {
    const changes = this.imported.flatMap((one) => one.changes);
    if (this.args.on('yes') || changes.every(({ before }) => before === null)) return true;
    return askYes(this.world, `Overwrite this in ${this.file}?`, 'pass --yes');
  }

  private get isJson(): boolean {
    return this.args.text('output') === 'json';
  }

  private say(line: string): void {
    const { stdout, env } = this.world;
    if (!this.isJson) writeProse(stdout, line, env);
  }

  private async end(outcome: string): Promise<ExitCode> {
    for (const { entry, error } of this.#failed) {
      const line = `error: ${entry.name}: ${error === null ? '' : errorText(error)}`;
      this.world.stderr.write(`${printable(line)}\n`);
    }
    if (this.isJson) {
      const units = this.imported.map(({ entry, changes, error }) => ({
        name: entry.name,
        ...(error === null ? {} : { error: errorText(error) }),
        changes,
      }));
      await writeDocument(this.world.stdout, 'json', { outcome, file: this.file, units });
    }
    return this.isFailed ? EXIT.failed : EXIT.done;
  }
}

/** The file's text with everything in it that is to change. */
function edited(imported: readonly Imported[], text: string, file: string): string {
  const edits = imported.flatMap(({ entry, changes }) => {
    const found = importEdits(entry.node, changes, text);
    if (found !== null) return found;
    const values = changes.map(({ key, after }) => `${key}: ${after}`).join(', ');
    throw new Problem(
      `${file} is written in a way that cannot be changed safely at ${entry.name}`,
      {
        exit: EXIT.failed,
        fix: `write it yourself: ${values}`,
      },
    );
  });
  return applyEdits(text, edits);
}
