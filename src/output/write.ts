import type { Writable } from 'node:stream';

/** Writes text with a line break at its end. */
export function writeLine(stream: Writable, text: string): void {
  stream.write(`${text}\n`);
}

/** Writes one document. */
export async function writeDocument(
  stream: Writable,
  format: 'json' | 'yaml',
  document: unknown,
): Promise<void> {
  if (format === 'json') return writeLine(stream, JSON.stringify(document, null, 2));
  const { yamlText } = await import('./yaml.ts');
  stream.write(yamlText(document));
}
