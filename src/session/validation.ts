import path from 'node:path';
import { findFiles } from '../files/find-files.ts';
import { defaultSiteFile, NotText, readText } from '../files/site-file.ts';
import { checkDocument, concernsFlannel } from '../model/document.ts';
import type { Finding, RuleId, Severity } from '../model/finding.ts';
import { EXIT, Problem } from '../model/problem.ts';
import { isValid, type RunSummary, type ValidatedFile } from '../output/reports/report.ts';
import type { World } from '../world.ts';
import type { Args } from './options.ts';
import { checkOptions } from './validate-options.ts';

/** One run of `validate` over any number of files, of which it keeps only counts. */
export class Validation {
  readonly #counts = {
    files: 0,
    invalid: 0,
    errors: 0,
    warnings: 0,
    ignored: 0,
    mended: 0,
    mendable: 0,
    skipped: 0,
  };
  readonly #ignoresUsed = new Set<RuleId>();
  #reservedUsed = false;

  private constructor(
    readonly args: Args,
    readonly world: World,
    readonly options: ReturnType<typeof checkOptions>,
  ) {}

  /** @throws Problem (exit 64) when a flag's value is wrong or flags contradict one another. */
  static of(args: Args, world: World): Validation {
    if (args.on('dry-run') && !args.on('fix')) {
      throw new Problem('--dry-run is for --fix: without it nothing is ever written', {
        exit: EXIT.usage,
      });
    }
    return new Validation(args, world, checkOptions(args));
  }

  /** Every file that is named or found, checked one after another. */
  async *files(): AsyncGenerator<ValidatedFile> {
    for await (const file of this.check()) {
      const counts = this.#counts;
      counts.files += 1;
      counts.ignored += file.ignored.length;
      counts.errors += countOf(file.findings, 'error');
      counts.warnings += countOf(file.findings, 'warning');
      if (!isValid(file)) counts.invalid += 1;
      if (file.kind === 'network-config' || file.kind === 'manifest') {
        this.#reservedUsed = true;
        for (const { finding } of file.ignored) this.#ignoresUsed.add(finding.rule);
      }
      yield file;
    }
  }

  /** To be asked when all files are through. */
  summary(): RunSummary {
    const notices: Finding[] = this.options.ignore
      .filter((rule) => !this.#ignoresUsed.has(rule))
      .map((rule) => ({
        rule: 'unused-ignore',
        severity: 'warning',
        message: `--ignore ${rule} matches nothing in any network config`,
        fix: 'leave it out',
        path: '',
      }));
    if (this.options.reserved.length > 0 && !this.#reservedUsed) {
      const message = '--bigip-subnet was held against nothing: no file is a network config';
      const fix = 'site files declare their BIG-IPs themselves';
      notices.push({ rule: 'unused-option', severity: 'warning', message, fix, path: '' });
    }
    if (this.#counts.files === 0) {
      const message = `none of ${this.#counts.skipped} files is a site file or holds a network config`;
      const fix = 'check the name of the folder';
      notices.push({ rule: 'no-files', severity: 'error', message, fix, path: '' });
    }
    const judged = notices.map((notice) => this.judged(notice));
    const errors = this.#counts.errors + countOf(judged, 'error');
    const warnings = this.#counts.warnings + countOf(judged, 'warning');
    return { ...this.#counts, errors, warnings, notices: judged };
  }

  private async *check(): AsyncGenerator<ValidatedFile> {
    const names = this.names();
    for (const found of await findFiles(names, this.world.cwd, this.args.on('recursive'))) {
      if ('problem' in found) yield this.unread(found.file, PROBLEMS[found.problem]);
      else {
        const checked = await this.checkFile(found.file, found.from === 'folder');
        if (checked === null) this.#counts.skipped += 1;
        else yield checked;
      }
    }
  }

  private names(): readonly string[] {
    const { args, world } = this;
    const file = args.text('file');
    const named = [...args.positionals, ...(file === undefined ? [] : [file])];
    if (named.length > 0) return named;
    if (args.text('stdin-filename') !== undefined) return ['-'];
    const site = defaultSiteFile(world.cwd);
    if (site !== null) return [site];
    throw new Problem('no file is named, and there is no site file here', {
      exit: EXIT.usage,
      fix: 'name files: flannel-bigip validate FILE...',
    });
  }

  /** Null for a file in a folder that is neither a site file nor holds a network config. */
  private async checkFile(file: string, inFolder: boolean): Promise<ValidatedFile | null> {
    const { world, args } = this;
    let text: string;
    try {
      text = await readText(file, world);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      // In a folder it may as well be somebody else's.
      if (inFolder && error instanceof NotText && !concernsFlannel(error.legible)) return null;
      const { message, fix } = error;
      return this.unread(file, { rule: 'unreadable-file', message, ...(fix ? { fix } : {}) });
    }
    if (inFolder && !concernsFlannel(text)) return null;
    const name = file === '-' ? (args.text('stdin-filename') ?? file) : file;
    if (args.on('fix')) text = await this.fix(file, name, text);
    const { kind, findings, ignored, lines } = checkDocument(text, name, this.options);
    // Most manifests are about something else.
    if (inFolder && findings.some(({ rule }) => rule === 'no-network-config')) return null;
    const judged = findings.map((finding) => this.judged(finding));
    return { file: name, path: this.pathOf(name), kind, findings: judged, ignored, lines };
  }

  private unread(
    file: string,
    problem: { readonly rule: RuleId; readonly message: string; readonly fix?: string },
  ): ValidatedFile {
    const message = problem.message.replace('%s', () => file);
    const finding: Finding = { ...problem, message, severity: 'error', path: '' };
    const path = this.pathOf(file);
    return { file, path, kind: null, findings: [finding], ignored: [], lines: null };
  }

  private judged<F extends Finding>(finding: F): F {
    return this.args.on('strict') ? { ...finding, severity: 'error' } : finding;
  }

  /** Mends a file as far as that is safe; shows the difference before it writes. */
  private async fix(file: string, name: string, text: string): Promise<string> {
    const { fixFile } = await import('./fix-file.ts');
    const { shown, kept } = await fixFile(
      { file, name, text },
      this.options,
      this.args,
      this.world,
    );
    if (shown) this.#counts[this.args.on('dry-run') ? 'mendable' : 'mended'] += 1;
    return kept;
  }

  /**
   * Relative to the checkout in a job of GitHub or GitLab, whose readers look there, else to the
   * working directory.
   */
  private pathOf(file: string): string {
    const { cwd, env } = this.world;
    const where = path.resolve(cwd, file);
    for (const base of [env['GITHUB_WORKSPACE'], env['CI_PROJECT_DIR'], cwd]) {
      const relative = base ? path.relative(base, where) : '..';
      if (!relative.startsWith('..')) return relative.replaceAll(path.sep, '/');
    }
    return where;
  }
}

function countOf(findings: readonly Finding[], wanted: Severity): number {
  return findings.filter(({ severity }) => severity === wanted).length;
}

const PROBLEMS = {
  'nothing-matches': {
    rule: 'no-files',
    message: 'no file matches %s',
    fix: 'check the pattern, and the folder it starts from',
  },
  'nothing-in-folder': {
    rule: 'no-files',
    message: 'there is no .yaml, .yml, .json or .conf file in %s',
    fix: 'check the name of the folder',
  },
  folder: {
    rule: 'unreadable-file',
    message: '%s is a folder',
    fix: 'go into it with --recursive',
  },
} as const;
