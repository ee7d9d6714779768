import { describe, expect, it } from 'vitest';
import { checkDocument } from '../../src/model/document.ts';
import {
  allValid,
  type ValidatedFile,
  validateJson,
  validateText,
} from '../../src/output/validate-output.ts';
import { BARE, edited } from '../model/rules/sites.ts';
import { PLAIN } from './plain.ts';

function validated(file: string, text: string): ValidatedFile {
  const { findings, lines } = checkDocument(text, file);
  return { file, findings, lines };
}

const good = validated('good.json', BARE);
const warned = validated('warned.json', edited(BARE, [['SubnetMax', 'subnetMax']]));
const bad = validated('bad.json', edited(BARE, [['SubnetMax', 'SubnetMaks']]));
const unread: ValidatedFile = {
  file: 'gone.json',
  findings: [
    { rule: 'unreadable-file', severity: 'error', message: 'gone.json: no such file', path: '' },
  ],
  lines: null,
};

describe('the text of validate', () => {
  it('has every finding, and a line that counts', () => {
    expect(validateText([good, warned, bad, unread], PLAIN)).toBe(
      [
        'warned.json:4:3: warning: flannel folds case and reads subnetMax as SubnetMax; other readers do not [key-case]',
        '    4 |   "subnetMax": "10.244.99.0",',
        '      |   ^^^^^^^^^^^',
        '    write SubnetMax',
        'bad.json:4:3: error: flannel silently ignores the key "SubnetMaks" [unknown-key]',
        '    4 |   "SubnetMaks": "10.244.99.0",',
        '      |   ^^^^^^^^^^^^',
        '    did you mean SubnetMax?',
        'gone.json: error: gone.json: no such file [unreadable-file]',
        '4 files checked, 2 invalid, 1 warning',
      ].join('\n'),
    );
  });

  it('is one line where all is well', () => {
    expect(validateText([good], PLAIN)).toBe('1 file checked, all valid, 0 warnings');
  });
});

describe('the document of validate', () => {
  it('has every file with its findings and their places', () => {
    expect(validateJson([good, bad, unread])).toEqual({
      valid: false,
      files: [
        { file: 'good.json', valid: true, problems: [] },
        {
          file: 'bad.json',
          valid: false,
          problems: [
            {
              rule: 'unknown-key',
              severity: 'error',
              message: 'flannel silently ignores the key "SubnetMaks"',
              path: '/SubnetMaks',
              line: 4,
              column: 3,
              fix: 'did you mean SubnetMax?',
            },
          ],
        },
        {
          file: 'gone.json',
          valid: false,
          problems: [
            {
              rule: 'unreadable-file',
              severity: 'error',
              message: 'gone.json: no such file',
              path: '',
              line: null,
              column: null,
              fix: null,
            },
          ],
        },
      ],
    });
  });
});

describe('files', () => {
  it.each([
    ['with nothing', [good], true],
    ['with warnings', [good, warned], true],
    ['with an error in one', [good, bad], false],
    ['of which there are none', [], true],
  ])('%s are all valid: %s', (_, files, valid) => {
    expect(allValid(files)).toBe(valid);
  });
});
