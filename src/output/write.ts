import type { Writable } from 'node:stream';
import { jsonText } from './json.ts';

/** Writes text with a line break at its end. */
export function writeLine(stream: Writable, text: string): void {
  stream.write(`${text}\n`);
}

/** Writes part of a long output; waits while its reader is behind, unless that has gone. */
export async function writeChunk(stream: Writable, text: string): Promise<void> {
  if (text === '' || stream.write(text) || stream.destroyed || stream.errored) return;
  await new Promise<void>((resolve) => {
    const go = () => {
      for (const event of EVENTS) stream.off(event, go);
      resolve();
    };
    for (const event of EVENTS) stream.once(event, go);
  });
}

const EVENTS = ['drain', 'close', 'error'] as const;

/** Writes one document. */
export async function writeDocument(
  stream: Writable,
  format: 'json' | 'yaml',
  document: unknown,
): Promise<void> {
  if (format === 'json') return writeLine(stream, jsonText(document, 2));
  const { yamlText } = await import('./yaml.ts');
  stream.write(yamlText(document));
}
