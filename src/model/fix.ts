import { type CheckOptions, checkDocument } from './document.ts';
import { applyEdits } from './mend.ts';

/** One mend may bring the next to light, as host bits hide a range; more rounds than rules are. */
const MAX_ROUNDS = 10;

/** The text with everything mended that is safe to mend; the same text when nothing is. */
export function fixText(text: string, fileName: string, options: CheckOptions): string {
  let fixed = text;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const edits = checkDocument(fixed, fileName, options).findings.flatMap(
      (finding) => finding.edits ?? [],
    );
    const next = applyEdits(fixed, edits);
    if (next === fixed) break;
    fixed = next;
  }
  return fixed;
}
