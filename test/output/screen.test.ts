import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Screen } from '../../src/output/screen.ts';

/** A terminal of some size, and everything that was written to it. */
function terminalOf(rows: number | undefined, columns?: number) {
  const stream = Object.assign(new PassThrough({ encoding: 'utf8' }), { rows, columns });
  return { stream, written: () => (stream.read() as string | null) ?? '' };
}

const frame = (...lines: string[]) => `\u001b[H\u001b[J${lines.join('\n')}\n`;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a picture on a terminal', () => {
  it('is drawn once for changes that come together, as it is then', () => {
    const { stream, written } = terminalOf(24);
    let text = 'a';
    const screen = new Screen(stream, () => text, '…');
    screen.changed('first');
    text = 'b';
    screen.changed('second');
    expect(written()).toBe('');
    vi.runAllTimers();
    expect(written()).toBe(frame('second', '', 'b'));
  });

  it('is drawn anew when the terminal gets another size', () => {
    const { stream, written } = terminalOf(24);
    const screen = new Screen(stream, () => 'a', '…');
    screen.changed('status');
    vi.runAllTimers();
    written();
    stream.emit('resize');
    vi.runAllTimers();
    expect(written()).toBe(frame('status', '', 'a'));
  });

  it('is drawn a last time at the end if something has changed, and then no more', () => {
    const { stream, written } = terminalOf(24);
    const screen = new Screen(stream, () => 'a', '…');
    screen.changed('status');
    screen.end();
    expect(written()).toBe(frame('status', '', 'a'));
    stream.emit('resize');
    vi.runAllTimers();
    expect(written()).toBe('');
  });

  it.each([
    [6, ['status', '', 'a', 'b', 'c']],
    [5, ['status', '', 'a', '... 2 more lines than this terminal has room for']],
    [2, ['... 5 more lines than this terminal has room for']],
    [0, ['status', '', 'a', 'b', 'c']],
    [undefined, ['status', '', 'a', 'b', 'c']],
  ])('on %s rows says what there is no room for', (rows, lines) => {
    const { stream, written } = terminalOf(rows);
    new Screen(stream, () => 'a\nb\nc', '…').changed('status');
    vi.runAllTimers();
    expect(written()).toBe(frame(...lines));
  });

  it.each([
    ['what fits', '0123456789', '0123456789'],
    ['what does not, with a mark', '0123456789a', '012345678…'],
    ['wide characters by the cells they take', '全部全部全部', '全部全部…'],
    [
      'a colour, which ends there',
      '\u001b[31m0123456789a\u001b[39m',
      '\u001b[31m012345678…\u001b[0m',
    ],
  ])('of ten columns shows %s', (_, line, shown) => {
    const { stream, written } = terminalOf(24, 10);
    new Screen(stream, () => line, '…').changed('status');
    vi.runAllTimers();
    expect(written()).toBe(frame('status', '', shown));
  });

  it('has the mark for a cut line that it was given', () => {
    const { stream, written } = terminalOf(24, 10);
    new Screen(stream, () => '0123456789a', '...').changed('status');
    vi.runAllTimers();
    expect(written()).toBe(frame('status', '', '0123456...'));
  });
});
