import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Screen } from '../../src/output/screen.ts';

/** A terminal of so many rows, and everything that was written to it. */
function terminalOf(rows: number | undefined) {
  const stream = Object.assign(new PassThrough({ encoding: 'utf8' }), { rows });
  return { stream, written: () => (stream.read() as string | null) ?? '' };
}

const frame = (...lines: string[]) => `\u001b[H\u001b[J\u001b[?7l${lines.join('\n')}\n\u001b[?7h`;

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
    const screen = new Screen(stream, () => text);
    screen.changed('first');
    text = 'b';
    screen.changed('second');
    expect(written()).toBe('');
    vi.runAllTimers();
    expect(written()).toBe(frame('second', '', 'b'));
  });

  it('is drawn anew when the terminal gets another size', () => {
    const { stream, written } = terminalOf(24);
    const screen = new Screen(stream, () => 'a');
    screen.changed('status');
    vi.runAllTimers();
    written();
    stream.emit('resize');
    vi.runAllTimers();
    expect(written()).toBe(frame('status', '', 'a'));
  });

  it('is drawn a last time at the end if something has changed, and then no more', () => {
    const { stream, written } = terminalOf(24);
    const screen = new Screen(stream, () => 'a');
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
    new Screen(stream, () => 'a\nb\nc').changed('status');
    vi.runAllTimers();
    expect(written()).toBe(frame(...lines));
  });
});
