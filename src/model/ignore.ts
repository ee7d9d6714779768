import { FILE_RULES, type Finding, type RuleId } from './finding.ts';
import { followPointer, lastEntry, pointerStep, type SourceNode, textEntry } from './source.ts';
import { didYouMean } from './suggest.ts';

/** One rule that is not to be reported, everywhere or at one place and below it. */
export interface Ignore {
  readonly rule: RuleId;
  /** JSON pointer; null is the whole document. */
  readonly place: string | null;
  readonly reason: string;
  /** Where the wish itself stands, e.g. `/ignore/0`. */
  readonly path: string;
}

/** A finding that is not reported, and why. */
export interface IgnoredFinding {
  readonly finding: Finding;
  readonly reason: string;
}

/** Findings parted by what is to be ignored. */
export interface Filtered {
  readonly findings: readonly Finding[];
  readonly ignored: readonly IgnoredFinding[];
  readonly unused: readonly Ignore[];
}

/**
 * What cannot be ignored: without it nothing can be read or told apart, flannel does not start, or
 * the lease would hang, crash or rob a flanneld.
 */
const NEVER_IGNORED: readonly RuleId[] = [
  'unreadable-file',
  'no-files',
  'no-network-config',
  'syntax',
  'missing-key',
  'wrong-type',
  'wrong-value',
  'flannel-rejects',
  'network-missing',
  'family-mismatch',
  'bigip-name-duplicate',
  'bigip-subnet-overlap',
  'unused-ignore',
  'unused-option',
];

/** The rules that may be ignored. */
const IGNORABLE = FILE_RULES.filter((rule) => !NEVER_IGNORED.includes(rule));

/** A rule that may be ignored, or why a word is none: for messages. */
export function ignorableRule(
  word: string,
): { readonly rule: RuleId } | { readonly objection: string; readonly fix: string } {
  const rule = IGNORABLE.find((one) => one === word);
  if (rule !== undefined) return { rule };
  if (NEVER_IGNORED.some((one) => one === word)) {
    return {
      objection: `${word} cannot be ignored`,
      fix: 'mend what it reports',
    };
  }
  const fix = didYouMean(word, IGNORABLE) ?? 'see docs/rules.md for every rule';
  return { objection: `there is no rule ${JSON.stringify(word)}`, fix };
}

/** Reads a site's `ignore` list: the wishes that can be granted, and what is wrong with the rest. */
export function readIgnores(root: SourceNode): {
  readonly ignores: readonly Ignore[];
  readonly findings: readonly Finding[];
} {
  const node = lastEntry(root, 'ignore')?.value;
  const items = node?.kind === 'array' ? node.items : [];
  const ignores: Ignore[] = [];
  const findings: Finding[] = [];
  for (const [index, item] of items.entries()) {
    const [word, reason] = [textEntry(item, 'rule'), textEntry(item, 'reason')];
    // What is missing or no text is the schema's to report.
    if (word === null || reason === null) continue;
    const path = `/ignore/${index}`;
    const found = ignorableRule(word);
    if ('rule' in found) {
      const place = textEntry(item, 'place');
      const pointer = place === null ? null : withIndexes(place, root);
      ignores.push({ rule: found.rule, place: pointer, reason, path });
      continue;
    }
    const { objection, fix } = found;
    const at = `${path}/rule`;
    findings.push({ rule: 'wrong-value', severity: 'error', message: objection, fix, path: at });
  }
  return { ignores, findings };
}

/** A BIG-IP may be named by its name in a place, which does not move when others come and go. */
function withIndexes(place: string, root: SourceNode): string {
  const [list, name, ...rest] = place.split('/').slice(1);
  const bigips = followPointer(root, '/bigips').node;
  if (list !== 'bigips' || name === undefined || bigips.kind !== 'array') return place;
  const index = bigips.items.findIndex((item) => {
    const bigip = textEntry(item, 'name');
    return bigip !== null && pointerStep(bigip) === `/${name}`;
  });
  return index < 0 ? place : ['', list, index, ...rest].join('/');
}

/** Takes out the findings that are to be ignored. */
export function filterFindings(findings: readonly Finding[], ignores: readonly Ignore[]): Filtered {
  const used = new Set<Ignore>();
  const ignored: IgnoredFinding[] = [];
  const reported = findings.filter((finding) => {
    const ignore = ignores.find((one) => matches(one, finding));
    if (ignore === undefined) return true;
    used.add(ignore);
    ignored.push({ finding, reason: ignore.reason });
    return false;
  });
  return { findings: reported, ignored, unused: ignores.filter((one) => !used.has(one)) };
}

function matches({ rule, place }: Ignore, finding: Finding): boolean {
  if (rule !== finding.rule) return false;
  return place === null || finding.path === place || finding.path.startsWith(`${place}/`);
}
