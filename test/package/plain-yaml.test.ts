import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type * as Yaml from 'yaml';
import { withoutGenerators } from '../../scripts/plain-yaml.mjs';
import { temporaryFolder } from '../support/cli.ts';

const ORIGINAL = path.resolve('node_modules/yaml/browser/dist');

/** What reads YAML, as the library has it and as the bundle has it. */
let original: typeof Yaml;
let rewritten: typeof Yaml;
beforeAll(async () => {
  const folder = temporaryFolder({ 'package.json': '{"type":"module"}' });
  cpSync(ORIGINAL, path.join(folder, 'dist'), { recursive: true });
  for (const name of ['lexer.js', 'parser.js']) {
    const file = path.join(folder, 'dist/parse', name);
    writeFileSync(file, withoutGenerators(readFileSync(file, 'utf8')));
  }
  const from = (root: string) => import(pathToFileURL(path.join(root, 'index.js')).href);
  original = await from(ORIGINAL);
  rewritten = await from(path.join(folder, 'dist'));
});

/** Every token, and where the parser stands after each lexeme. */
function tokensOf({ Lexer, Parser }: typeof Yaml, text: string): unknown {
  const parser = new Parser();
  const steps = [];
  for (const lexeme of new Lexer().lex(text)) {
    steps.push([lexeme, [...parser.next(lexeme)], parser.offset, parser.stack.length]);
  }
  return structuredClone([steps, [...parser.end()]]);
}

/** What makes up YAML texts, right ones and wrong ones. */
const PIECES = [
  ...['a', 'key', '10.244.0.0/16', '0x1F', 'ä', '站点', '"q\\n"', "'it''s'", '', ' ', '  ', '\t'],
  ...[
    '\n',
    '\n\n',
    '\r\n',
    '\n  ',
    '\n    ',
    '\n- ',
    '\n  - ',
    ': ',
    ':',
    '? ',
    ', ',
    ',',
    '-',
    '- ',
  ],
  ...[
    '{',
    '}',
    '[',
    ']',
    '{ a: 1 }',
    '|',
    '>-',
    '|2+',
    '# c',
    ' # c\n',
    '&x ',
    '*x',
    '!t ',
    '!!str ',
  ],
  ...['---', '\n---\n', '\n...\n', '%YAML 1.2\n', '%TAG ! x\n', '"', "'", '\\', '\ufeff', '@', '`'],
];

describe('YAML without inner generators is read into the same tokens', () => {
  it.for(
    ['deploy/kubernetes', 'examples', 'examples/invalid', 'test/data/bad-input/files']
      .flatMap((folder) => readdirSync(folder).map((name) => path.join(folder, name)))
      .filter((file) => /\.ya?ml$/.test(file)),
  )('%s', (file) => {
    const text = readFileSync(file, 'utf8');
    expect(tokensOf(rewritten, text)).toEqual(tokensOf(original, text));
  });

  it('any text', () => {
    const texts = fc.array(fc.constantFrom(...PIECES), { maxLength: 40 });
    fc.assert(
      fc.property(texts, (pieces) => {
        const text = pieces.join('');
        expect(tokensOf(rewritten, text)).toEqual(tokensOf(original, text));
      }),
      { numRuns: 2_000 },
    );
  });

  it('in one go, too, and as documents', () => {
    const texts = fc.array(fc.constantFrom(...PIECES), { maxLength: 20 });
    const documents = ({ parseAllDocuments }: typeof Yaml, text: string) =>
      [...parseAllDocuments(text, { logLevel: 'silent' })].map((one) => [
        one.errors.map(({ message }) => message),
        one.errors.length === 0 ? one.toJS({ maxAliasCount: 100 }) : null,
      ]);
    fc.assert(
      fc.property(texts, (pieces) => {
        const text = pieces.join('');
        const told = (yaml: typeof Yaml) => {
          try {
            return documents(yaml, text);
          } catch (error) {
            return String(error);
          }
        };
        expect(told(rewritten)).toEqual(told(original));
      }),
      { numRuns: 1_000 },
    );
  });
});

it('a parser that is written in another way is not rewritten', () => {
  expect(() => withoutGenerators('class Parser {\n    *next(source) {\n    }\n}')).toThrow(
    'the parser of yaml is written in another way now',
  );
});
