import path from 'node:path';
import { isThere, keepReplaced, writeSiteFile } from '../../files/new-site-file.ts';
import { maskSecrets } from '../../model/compare-config.ts';
import { checkDocument } from '../../model/document.ts';
import { planSite } from '../../model/plan.ts';
import { EXIT, type ExitCode, Problem } from '../../model/problem.ts';
import { shellWord } from '../../model/shell-word.ts';
import { type SiteNotes, siteText } from '../../model/site-text.ts';
import type { LiveState } from '../../model/snapshot.ts';
import { findingText } from '../../output/findings-text.ts';
import { printable, printableLines, styleOf } from '../../output/style.ts';
import { writeLine } from '../../output/write.ts';
import { SITE_SCHEMA_URL } from '../../project.ts';
import type { World } from '../../world.ts';
import { askChoice } from '../ask.ts';
import { tellNext } from '../next-command.ts';
import type { Args } from '../options.ts';
import { type Connected, connect, withAnswers } from './connect.ts';
import { draftSite } from './draft-site.ts';
import type { Drafted } from './drafted.ts';
import { refuseAnswers } from './from-live.ts';
import { Interview } from './interview.ts';

/** The commands that can follow on the written file. */
export type NextCommands = Readonly<
  Record<'diff' | 'apply', (args: Args, world: World) => Promise<ExitCode>>
>;

const DEFAULT_FILE = 'flannel-bigip.yaml';

/** Asks for a site, or reads the live one, and writes its file. */
export async function init(args: Args, world: World, next: NextCommands): Promise<ExitCode> {
  const file = args.text('file') ?? DEFAULT_FILE;
  const toStdout = file === '-';
  checkUsage(args, toStdout);
  // Without a person nothing further down may ask for a password either.
  const interview = new Interview(args, args.on('yes') ? withoutPerson(world) : world);
  const replace = !toStdout && (await mayReplace(interview, file));
  const target = path.resolve(world.cwd, toStdout ? DEFAULT_FILE : file);
  const connected = await connect(interview, path.dirname(target));
  const drafted = await draftSite(interview, connected, target);
  const text = composed(drafted);
  const secret = maskedOf(drafted) !== drafted;
  if (!toStdout && interview.asks) show(composed(maskedOf(drafted)), file, interview);
  const valid = report(text, drafted, connected.live, file, interview);
  if (toStdout) {
    world.stdout.write(text);
    return EXIT.done;
  }
  if (!(await interview.whether(`Write ${file}?`, true))) return declined(interview, file);
  const kept = replace ? keepReplaced(file, world.cwd) : null;
  writeSiteFile(file, world.cwd, text, { secret, replace });
  const owner = secret ? '; it holds a secret, so only its owner may read it' : '';
  writeLine(world.stdout, printable(`Written: ${file}${owner}`));
  if (kept !== null) writeLine(world.stdout, printable(`The file before is ${kept}`));
  return goOn(interview, connected, { file, valid }, next);
}

function checkUsage(args: Args, toStdout: boolean): void {
  if (args.on('from-live')) refuseAnswers(args);
  if (toStdout && args.text('then') !== undefined) {
    throw new Problem('--then needs a file, and --file - writes none', { exit: EXIT.usage });
  }
}

function withoutPerson(world: World): World {
  return { ...world, env: { ...world.env, CI: 'true' } };
}

/** Whether a file that is there may be replaced; @throws Problem when it may not. */
async function mayReplace(interview: Interview, file: string): Promise<boolean> {
  if (!isThere(file, interview.world.cwd)) return false;
  if (interview.args.on('force')) return true;
  const what = `${file} is there already`;
  if (interview.asks && (await interview.whether(`${what}. Replace it when done?`, false))) {
    return true;
  }
  throw new Problem(`${what}; it was not changed`, {
    exit: EXIT.failed,
    fix: 'pass --force to replace it, or name another file with --file',
  });
}

function composed({ draft, notes, refused }: Drafted): string {
  const reasons = refused.map(({ name, reason }) => `${name}: ${reason}`);
  const head = ['Reservations that cannot be declared, so diff warns of them:'];
  const all: SiteNotes = { ...notes, bigips: reasons.length > 0 ? [...head, ...reasons] : [] };
  return siteText(draft, all, SITE_SCHEMA_URL);
}

/** With its secrets masked; the same object where it has none. */
function maskedOf(drafted: Drafted): Drafted {
  const { draft } = drafted;
  const network = maskSecrets(draft.network) as typeof draft.network;
  if (JSON.stringify(network) === JSON.stringify(draft.network)) return drafted;
  return { ...drafted, draft: { ...draft, network } };
}

function show(text: string, file: string, { world }: Interview): void {
  const { colour } = styleOf(world.stderr, world.env);
  world.stderr.write(`\n${colour.bold(printable(file))}\n${printableLines(text)}\n`);
}

/**
 * Says what is wrong with the file, and what will be with applying it. Only what is live may break
 * rules: it is written down as it is.
 *
 * @returns whether the file is valid
 * @throws Problem (exit 3) when answers make no valid file.
 */
function report(
  text: string,
  { draft }: Drafted,
  live: LiveState | null,
  file: string,
  interview: Interview,
): boolean {
  const { world, args } = interview;
  const checked = checkDocument(text, DEFAULT_FILE);
  const style = styleOf(world.stderr, world.env);
  for (const finding of checked.findings) {
    writeLine(world.stderr, findingText(file, finding, checked.lines, style));
  }
  if (checked.site === null) {
    if (args.on('from-live')) {
      interview.say(
        'What is live breaks these rules; diff and apply refuse the file until it is mended.',
      );
      return false;
    }
    throw new Problem('the answers make no valid site file; nothing was written', {
      exit: EXIT.invalid,
    });
  }
  if (live === null) return true;
  const { problems, dangers } = planSite(checked.site, live);
  for (const { message, severity } of problems) {
    if (severity === 'error') interview.say(`apply will refuse this: ${message}`);
  }
  for (const danger of dangers) {
    interview.say(`apply will want --confirm ${draft.name}: ${danger}`);
  }
  return true;
}

function declined(interview: Interview, file: string): ExitCode {
  interview.say(`Not written; ${file} was not touched.`);
  return EXIT.failed;
}

async function goOn(
  interview: Interview,
  { args, world, live }: Connected,
  { file, valid }: { readonly file: string; readonly valid: boolean },
  next: NextCommands,
): Promise<ExitCode> {
  const then = await whatNext(interview, file, valid, live !== null);
  if (then === 'nothing') {
    const named = file === DEFAULT_FILE ? '' : ` --file ${shellWord(file)}`;
    const mend = valid ? '' : `mend ${shellWord(file)}, then `;
    tellNext(world, args, `${mend}flannel-bigip diff${named}`);
    return EXIT.done;
  }
  return next[then](withAnswers(args, new Map([['file', file]])), world);
}

async function whatNext(
  { args, asks, world }: Interview,
  file: string,
  valid: boolean,
  reached: boolean,
): Promise<'diff' | 'apply' | 'nothing'> {
  const told = args.text('then');
  if (told === 'diff' || told === 'apply' || told === 'nothing') return told;
  if (!asks || !valid) return 'nothing';
  return askChoice(
    world,
    'What next?',
    [
      { value: 'diff', name: 'diff: show what apply would change' },
      { value: 'apply', name: 'apply: show it, ask, and write it to etcd' },
      { value: 'nothing', name: 'nothing' },
    ],
    // What could not be reached before can hardly be compared with now.
    reached ? 'diff' : 'nothing',
    `${file} is written`,
  );
}
