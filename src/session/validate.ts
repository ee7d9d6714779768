import { EXIT, type ExitCode } from '../model/problem.ts';
import { openReport } from '../output/reports/index.ts';
import { isValid, type ValidatedFile } from '../output/reports/report.ts';
import { countLine } from '../output/reports/text.ts';
import { styleOf } from '../output/style.ts';
import { writeChunk, writeLine } from '../output/write.ts';
import type { World } from '../world.ts';
import { tellNext } from './next-command.ts';
import type { Args } from './options.ts';
import { Validation } from './validation.ts';

/** Checks files and reports on them, one after another. */
export async function validate(args: Args, world: World): Promise<ExitCode> {
  const validation = Validation.of(args, world);
  const report = await openReport(args.text('output'), styleOf(world.stdout, world.env));
  let next: string | null = null;
  for await (const file of validation.files()) {
    await writeChunk(world.stdout, report.file(file));
    next ??= nextOf(file, args);
  }
  const summary = validation.summary();
  await writeChunk(world.stdout, report.end(summary));
  // These reports go into files, and a log that shows nothing else would say nothing.
  if (['sarif', 'junit'].includes(args.text('output') ?? '')) {
    writeLine(world.stderr, countLine(summary, styleOf(world.stderr, world.env)));
  }
  if (next !== null && (args.text('output') ?? 'text') === 'text') tellNext(world, next);
  return summary.invalid === 0 && isValid({ findings: summary.notices }) ? EXIT.done : EXIT.invalid;
}

/** What helps on with a file; null when only a person knows. */
function nextOf(checked: ValidatedFile, args: Args): string | null {
  const { file, kind, findings } = checked;
  if (file === '-' || args.on('fix')) return null;
  if (findings.some(({ mend }) => mend !== undefined)) {
    return `flannel-bigip validate --fix ${file} shows what can be mended, and asks`;
  }
  return kind === 'site' && isValid(checked) ? `flannel-bigip diff --file ${file}` : null;
}
