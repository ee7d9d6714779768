import fc from 'fast-check';
import stringWidth from 'fast-string-width';
import { describe, expect, it } from 'vitest';
import { wrap, wrapBehind } from '../../src/output/wrap.ts';
import { COLOURED, PLAIN } from './plain.ts';

const WORDS = [
  'prefix',
  'carried',
  '负载均衡（一号），',
  '、设备',
  '/备份/文件',
  '`list -o json`',
  'e\u0301',
  '…',
];
const texts = fc.array(fc.constantFrom(...WORDS), { minLength: 1 }).map((words) => words.join(' '));

describe('prose', () => {
  it.each([
    ['between words', 'neither is carried out', 14, ['neither is', '    carried', '    out']],
    ['behind the blanks it begins with', '  x is wrong', 10, ['  x is', '    wrong']],
    ['before a long path', 'kept in /var/lib/backups', 12, ['kept in', '    /var/lib/backups']],
    ['not within a path', '在 /备份/文件 里', 8, ['在', '    /备份/文件', '    里']],
    [
      'not within backticks',
      'Run `list -o json`, now',
      16,
      ['Run', '    `list -o json`,', '    now'],
    ],
    [
      'not within a command',
      'run flannel-bigip bigip apply --replace, then again',
      24,
      ['run', '    flannel-bigip bigip apply --replace,', '    then again'],
    ],
    ['between ideographs', '负载均衡一号设备', 10, ['负载均衡一', '    号设备']],
    ['not before what closes', '负载均衡。一号', 8, ['负载均', '    衡。', '    一号']],
    ['not behind what opens', '负载（均衡', 7, ['负载', '    （均', '    衡']],
  ])('breaks %s', (_, text, width, lines) => {
    expect(wrap(text, { width }, 4).split('\n')).toEqual(lines);
  });

  it('counts no colours', () => {
    const { red } = COLOURED.colour;
    expect(wrap(`${red('x error:')} it is wrong`, { width: 14 }, 4)).toBe(
      `${red('x error:')} it is\n    wrong`,
    );
  });

  it.each([null, 0])('stays one line where the width is %s', (width) => {
    const text = 'neither is carried out '.repeat(20);
    expect(wrap(text, { width }, 4)).toBe(text);
  });

  it('has all its words, each line within the width if its words are', () => {
    fc.assert(
      fc.property(texts, fc.integer({ min: 20, max: 60 }), (text, width) => {
        const wrapped = wrap(text, { width }, 2);
        const blankless = (all: string) => all.replace(/\s/g, '');
        expect(blankless(wrapped)).toBe(blankless(text));
        for (const line of wrapped.split('\n'))
          expect(stringWidth(line)).toBeLessThanOrEqual(width);
      }),
    );
  });
});

describe('prose beside its head', () => {
  it.each([
    [null, ['- name    what is wrong with it']],
    [40, ['- name    what is wrong with it']],
    [20, ['- name    what is', '          wrong with', '          it']],
    [18, ['- name', '    what is wrong', '    with it']],
  ])('on %s columns', (width, lines) => {
    const text = wrapBehind('- name    ', 'what is wrong with it', { ...PLAIN, width });
    expect(text.split('\n')).toEqual(lines);
  });
});
