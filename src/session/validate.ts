import { EXIT, type ExitCode } from '../model/problem.ts';
import { shellWord } from '../model/shell-word.ts';
import { Progress } from '../output/progress.ts';
import { openReport } from '../output/reports/index.ts';
import { isValid, type ReportWriter, type ValidatedFile } from '../output/reports/report.ts';
import { countLine } from '../output/reports/text.ts';
import { styleOf } from '../output/style.ts';
import { writeChunk, writeLine } from '../output/write.ts';
import type { World } from '../world.ts';
import { sameCommand, tellNext } from './next-command.ts';
import type { Args } from './options.ts';
import { Validation } from './validation.ts';

/** Checks files and reports on them, one after another. */
export async function validate(args: Args, world: World): Promise<ExitCode> {
  const validation = Validation.of(args, world);
  const report = await openReport(args.text('output'), styleOf(world.stdout, world.env));
  const { first, count } = await reportEach(validation, report, world);
  const summary = validation.summary();
  await writeChunk(world.stdout, report.end(summary));
  // These reports go into files, and a log that shows nothing else would say nothing.
  if (['sarif', 'junit'].includes(args.text('output') ?? '')) {
    writeLine(world.stderr, countLine(summary, styleOf(world.stderr, world.env)));
  }
  if (first !== undefined && first.file !== '-') {
    const step = nextStep(first, count, args);
    if (step !== null) tellNext(world, args, ...step);
  }
  return summary.invalid === 0 && isValid({ findings: summary.notices }) ? EXIT.done : EXIT.invalid;
}

/** Reports on each file; gives the first of them that is invalid, else the first, and how many there are. */
async function reportEach(
  validation: Validation,
  report: ReportWriter,
  world: World,
): Promise<{ readonly first: ValidatedFile | undefined; readonly count: number }> {
  let first: ValidatedFile | undefined;
  let count = 0;
  const progress = new Progress(world, 'Files checked:', null);
  try {
    for await (const file of validation.files()) {
      const text = report.file(file);
      if (text !== '') progress.end();
      await writeChunk(world.stdout, text);
      if (count++ === 0 || (isWrong(file) && !isWrong(first))) first = file;
      progress.at(count);
    }
  } finally {
    progress.end();
  }
  return { first, count };
}

function isWrong(file: ValidatedFile | undefined): boolean {
  return file !== undefined && !isValid(file);
}

type Step = [step: string, why?: string];

/** What helps on; null when many files are all valid, or one cannot be read. */
function nextStep(checked: ValidatedFile, count: number, args: Args): Step | null {
  const { kind, findings } = checked;
  const file = shellWord(checked.file);
  const again = sameCommand('validate', args, ['fix', 'dry-run']);
  // What is mended may follow from what only a person can mend: then nothing is.
  const isMendable = findings.some(({ mend }) => mend !== undefined);
  const errors = findings.filter(({ severity }) => severity === 'error');
  if (isMendable && errors.every(({ mend }) => mend !== undefined) && !args.on('fix')) {
    return [`flannel-bigip validate --fix ${file}`, 'mends it; --dry-run only shows how'];
  }
  // What is not there, or cannot be read, is not to be mended.
  if (findings.some(({ rule }) => ['unreadable-file', 'no-files'].includes(rule))) return null;
  if (!isValid(checked)) return [`mend ${file}, then ${again}`];
  if (count > 1) return null;
  return kind === 'site'
    ? [`flannel-bigip diff --file ${file}`]
    : ['flannel-bigip init', 'writes a site file for the network and its BIG-IP'];
}
