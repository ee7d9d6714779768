import { defaultSiteFile, readText } from '../files/site-file.ts';
import { EXIT, type ExitCode, Problem } from '../model/problem.ts';
import { styleOf } from '../output/style.ts';
import {
  allValid,
  type ValidatedFile,
  validateJson,
  validateText,
} from '../output/validate-output.ts';
import { writeDocument, writeLine } from '../output/write.ts';
import type { Args } from '../session/options.ts';
import type { World } from '../world.ts';

/** `validate FILE...`: checks files without a network. Exit 3 when any is invalid. */
export async function run(args: Args, world: World): Promise<ExitCode> {
  const { checkDocument } = await import('../model/document.ts');
  const files: ValidatedFile[] = [];
  for (const file of filesOf(args, world)) files.push(await validate(file, world, checkDocument));
  if (args.text('output') === 'json')
    await writeDocument(world.stdout, 'json', validateJson(files));
  else writeLine(world.stdout, validateText(files, styleOf(world.stdout, world.env)));
  return allValid(files) ? EXIT.done : EXIT.invalid;
}

function filesOf(args: Args, world: World): readonly string[] {
  const named = [...args.positionals, ...(args.text('file') ? [args.text('file') ?? ''] : [])];
  const files = named.length > 0 ? named : [defaultSiteFile(world.cwd) ?? ''].filter(Boolean);
  if (files.length > 0) return files;
  throw new Problem('no file is named, and there is no site file here', {
    exit: EXIT.usage,
    fix: 'name files: flannel-bigip validate FILE...',
  });
}

async function validate(
  file: string,
  world: World,
  checkDocument: typeof import('../model/document.ts').checkDocument,
): Promise<ValidatedFile> {
  try {
    const text = await readText(file, world.cwd, world.stdin);
    const { findings, lines } = checkDocument(text, file);
    // The text of a valid file is not needed any more, and there may be thousands.
    return { file, findings, lines: findings.length > 0 ? lines : null };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const finding = {
      rule: 'unreadable-file',
      severity: 'error',
      message: error.message,
      path: '',
    } as const;
    return { file, findings: [finding], lines: null };
  }
}
