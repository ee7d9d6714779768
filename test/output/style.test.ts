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

describe('width', () => {
  it.each([
    [terminal, 120],
    [{ isTTY: true }, 80],
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
