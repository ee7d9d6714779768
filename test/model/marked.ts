/** A text whose places are marked by `«`, so that a test can say where a finding must stand. */
export interface MarkedText {
  readonly text: string;
  readonly offset: number;
  readonly line: number;
  readonly column: number;
}

export function marked(text: string): MarkedText {
  const [before = '', ...rest] = text.split('«');
  if (rest.length !== 1) throw new Error(`one mark is wanted in: ${text}`);
  const lines = before.split('\n');
  return {
    text: before + rest.join(''),
    offset: before.length,
    line: lines.length,
    column: (lines.at(-1) ?? '').length + 1,
  };
}
