import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { jsonText } from '../../src/output/json.ts';
import { yamlText } from '../../src/output/yaml.ts';

/** Control characters of both kinds, and what turns the direction of text. */
const HARM = '\u001b[2J\u0007\u007f\u0085\u009b\u202e\u2069';

const DOCUMENT = {
  plain: 'text',
  [HARM]: [HARM, `${HARM}\n${HARM}`, 'two\nlines\n', 'a\ttab', ''],
  long: `${'word '.repeat(60)}${HARM}`,
};

describe('a document that is printed', () => {
  it('as JSON spells out what steers a terminal, and is the same value', () => {
    for (const indent of [undefined, 2]) {
      const text = jsonText(DOCUMENT, indent);
      expect(JSON.parse(text)).toEqual(DOCUMENT);
      expect(text).toMatch(/^[\x20-\x7e\n]*$/);
    }
    expect(jsonText('\u009b')).toBe('"\\u009b"');
  });

  it('as YAML spells out what steers a terminal, and is the same value', () => {
    const text = yamlText(DOCUMENT);
    expect(parse(text)).toEqual(DOCUMENT);
    expect(text).toMatch(/^[\x20-\x7e\n]*$/);
  });

  it('as YAML has blocks and plain text where nothing has to be spelt out', () => {
    expect(yamlText({ a: 'two\nlines\n', b: 'Zürich' })).toBe('a: |\n  two\n  lines\nb: Zürich\n');
  });
});
