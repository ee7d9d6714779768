import { Document, Scalar, visit } from 'yaml';
import { printableLines } from './style.ts';

/** A value as YAML that is safe to print: what holds control characters is quoted and escaped. */
export function yamlText(value: unknown): string {
  const document = new Document(value);
  visit(document, {
    Scalar(_, node) {
      if (typeof node.value === 'string' && printableLines(node.value) !== node.value) {
        node.type = Scalar.QUOTE_DOUBLE;
      }
    },
  });
  return printableLines(document.toString());
}
