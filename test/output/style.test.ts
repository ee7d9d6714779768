import { describe, expect, it } from 'vitest';
import { printable, styleOf } from '../../src/output/style.ts';

const terminal = { isTTY: true, columns: 120 };
const pipe = {};

describe('colour', () => {
  it.each([
    ['a terminal', terminal, {}, true],
    ['a pipe', pipe, {}, false],
    ['a dumb terminal', terminal, { TERM: 'dumb' }, false],
    ['NO_COLOR', terminal, { NO_COLOR: '1' }, false],
    ['an empty NO_COLOR', terminal, { NO_COLOR: '' }, true],
    ['NO_COLOR beside FORCE_COLOR', terminal, { NO_COLOR: '1', FORCE_COLOR: '1' }, false],
    ['FORCE_COLOR in a pipe', pipe, { FORCE_COLOR: '1' }, true],
    ['an empty FORCE_COLOR in a pipe', pipe, { FORCE_COLOR: '' }, true],
    ['FORCE_COLOR=0 in a pipe', pipe, { FORCE_COLOR: '0' }, false],
    ['FORCE_COLOR=false in a pipe', pipe, { FORCE_COLOR: 'false' }, false],
    ['FORCE_COLOR in a dumb terminal', terminal, { TERM: 'dumb', FORCE_COLOR: '1' }, true],
  ])('with %s: %s %j %s', (_, stream, env, coloured) => {
    const { colour } = styleOf(stream, env);
    expect(colour.red('x')).toBe(coloured ? '\u001b[31mx\u001b[39m' : 'x');
  });
});

describe('colours of a terminal that has 256', () => {
  const { colour } = styleOf(terminal, { TERM: 'xterm-256color' });

  it.each(['red', 'yellow', 'green', 'cyan', 'blue', 'dim'] as const)(
    '%s reads on black and on white',
    (name) => {
      const [, number] = /38;5;(\d+)m/.exec(colour[name]('x')) ?? [];
      const light = luminance(Number(number));

      expect((light + 0.05) / 0.05).toBeGreaterThan(3.8);
      expect(1.05 / (light + 0.05)).toBeGreaterThan(3.8);
    },
  );

  it.each([
    ['xterm-256color', {}, 5],
    ['xterm', { COLORTERM: 'truecolor' }, 5],
    ['xterm', {}, 1],
    ['xterm', { FORCE_COLOR: '3' }, 5],
    ['xterm-256color', { FORCE_COLOR: '1' }, 1],
  ])('are used on %s with %j', (term, env, kind) => {
    const text = styleOf(terminal, { TERM: term, ...env }).colour.red('x');
    expect(text).toBe(`\u001b[${kind === 5 ? '38;5;160' : '31'}mx\u001b[39m`);
  });
});

/** Relative luminance (WCAG 2) of one of xterm's 256 colours, of those behind the first sixteen. */
function luminance(number: number): number {
  const steps = [0, 95, 135, 175, 215, 255];
  const cube = number - 16;
  const grey = 8 + 10 * (number - 232);
  const levels =
    number >= 232
      ? [grey, grey, grey]
      : [Math.floor(cube / 36), Math.floor(cube / 6) % 6, cube % 6].map((at) => steps[at] ?? 0);
  const [red = 0, green = 0, blue = 0] = levels.map((level) => {
    const part = level / 255;
    return part <= 0.040_45 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

describe('width', () => {
  it.each([
    [terminal, 120],
    [{ isTTY: true }, 80],
    [{ isTTY: true, columns: 0 }, 80],
    [{ columns: 120 }, null],
  ])('of %j is %s', (stream, width) => {
    expect(styleOf(stream, {}).width).toBe(width);
  });
});

describe('text from outside', () => {
  it.each([
    ['an escape sequence', '\u001b[2Jx', '\\u001b[2Jx'],
    ['line breaks', 'a\r\nb', 'a\\u000d\\u000ab'],
    ['a C1 control character', '\u009b2J', '\\u009b2J'],
    ['delete and nul', '\u007f\u0000', '\\u007f\\u0000'],
    ['a change of direction', '\u202eabc\u2069', '\\u202eabc\\u2069'],
    ['letters of any script', 'Zürich 東京 😀', 'Zürich 東京 😀'],
  ])('is safe to print with %s', (_, text, shown) => {
    expect(printable(text)).toBe(shown);
  });
});

describe('letters', () => {
  it.each([
    [{}, false],
    [{ LANG: 'C' }, false],
    [{ LANG: 'C.UTF-8' }, true],
    [{ LANG: 'de_DE.utf8' }, true],
    [{ LANG: 'de_DE.UTF-8', LC_ALL: 'C' }, false],
    [{ LANG: 'C', LC_CTYPE: 'en_US.UTF-8' }, true],
    [{ LANG: 'C', LC_CTYPE: 'en_US.UTF-8', LC_ALL: '' }, true],
  ])('beyond ASCII in the locale %j: %s', (env, unicode) => {
    expect(styleOf(pipe, env).unicode).toBe(unicode);
  });
});
