import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJsonText } from '../../src/model/json-source.ts';
import {
  followPointer,
  LineIndex,
  lastEntry,
  pointerStep,
  type SourceNode,
  toValue,
} from '../../src/model/source.ts';

function rootOf(text: string): SourceNode {
  const parsed = parseJsonText(text);
  if (!parsed.ok) throw new Error(`no JSON: ${text}`);
  return parsed.root;
}

describe('a parsed document', () => {
  it('has the value that JSON.parse gives', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value, null, 1);
        expect(toValue(rootOf(text))).toEqual(JSON.parse(text));
      }),
    );
  });

  it('has for raw text the JSON of its value, when it was written without white space', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        expect(rootOf(text).raw).toBe(text);
      }),
    );
  });

  it('is found again by pointers of any keys', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (first, second) => {
        const root = rootOf(JSON.stringify({ [first]: [{ [second]: 'here' }] }));
        const { node, entry, found } = followPointer(
          root,
          `${pointerStep(first)}${pointerStep(0)}${pointerStep(second)}`,
        );
        expect([found, entry?.key, node.kind === 'string' && node.value]).toEqual([
          true,
          second,
          'here',
        ]);
      }),
    );
  });

  it('yields the deepest node there is when a pointer leads nowhere', () => {
    const root = rootOf('{"network":{"Network":"x"}}');
    const { node, entry, found } = followPointer(root, '/network/SubnetMax/deeper');
    expect([found, entry?.key, toValue(node)]).toEqual([false, 'network', { Network: 'x' }]);
  });

  it('counts the last of equal keys, and knows none in what is no object', () => {
    const last = lastEntry(rootOf('{"a":1,"b":2,"a":3}'), 'a');
    expect([last?.value.raw, last?.keySpan.start]).toEqual(['3', 13]);
    expect([lastEntry(rootOf('[1]'), '0'), lastEntry(undefined, 'a')]).toEqual([
      undefined,
      undefined,
    ]);
  });

  it('makes an ordinary property of a key like __proto__', () => {
    const value = toValue(rootOf('{"__proto__":{"x":1},"constructor":2}')) as object;
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(Object.entries(value)).toEqual([
      ['__proto__', { x: 1 }],
      ['constructor', 2],
    ]);
  });
});

describe('line and column', () => {
  it('are those one gets by counting', () => {
    const textAndOffset = fc
      .array(fc.constantFrom('a', '\n', '\r\n', 'é', '😀', ' '), { minLength: 1 })
      .map((parts) => parts.join(''))
      .chain((text) => fc.tuple(fc.constant(text), fc.nat(text.length)));
    fc.assert(
      fc.property(textAndOffset, ([text, offset]) => {
        const lines = text.slice(0, offset).split('\n');
        expect(new LineIndex(text).at(offset)).toEqual({
          line: lines.length,
          column: (lines.at(-1) ?? '').length + 1,
        });
      }),
    );
  });

  it('beyond the end are the end', () => {
    expect(new LineIndex('a\nbc').at(99)).toEqual({ line: 2, column: 3 });
  });

  it('give the text of each line without its break', () => {
    const index = new LineIndex('one\r\n\ntwo\n');
    expect([1, 2, 3, 4, 5].map((line) => index.line(line))).toEqual(['one', '', 'two', '', '']);
  });
});
