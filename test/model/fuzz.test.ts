import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CheckedDocument, checkDocument } from '../../src/model/document.ts';
import { parseJsonText } from '../../src/model/json-source.ts';
import { parseLeaseValue } from '../../src/model/lease-value.ts';
import { judgeConfig } from '../../src/model/network-config.ts';
import { BARE, DUAL, PAIR, SITE } from './rules/sites.ts';
import { RESERVATION } from './snapshots.ts';

const SEED = 20_240_100;

const recorded = JSON.parse(
  readFileSync(new URL('../data/flannel-config-cases.json', import.meta.url), 'utf8'),
) as { configs: { config: string; 'v0.12': { ok: boolean }; 'v0.20': { ok: boolean } }[] };

const CONFIGS = [
  BARE,
  ...recorded.configs.filter((one) => one['v0.12'].ok && one['v0.20'].ok).map((one) => one.config),
];

const SCALARS = [
  'null',
  'true',
  '0',
  '-1',
  '24.0',
  '1e1',
  '""',
  '"x"',
  '[]',
  '{}',
  '"::1"',
  '"10.0.0.0/8"',
];
const ODDITIES = [
  '\ufeff',
  '\0',
  '"',
  '\\',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '\n',
  '\u2028',
  '‐',
  '😀',
  '\ud800',
];

/** One malformation of a text; positions are fractions of its length. */
type Mutation = (text: string) => string;

const fraction = fc.double({ min: 0, max: 1, noNaN: true });
const at = (text: string, where: number) => Math.floor(where * text.length);

const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.tuple(fraction, fc.integer({ min: 0, max: 7 })).map(
    ([where, bit]): Mutation =>
      (text) => {
        const i = at(text, where);
        const flipped = String.fromCharCode(text.charCodeAt(i) ^ (1 << bit));
        return i < text.length ? text.slice(0, i) + flipped + text.slice(i + 1) : text;
      },
  ),
  fraction.map(
    (where): Mutation =>
      (text) =>
        text.slice(0, at(text, where)),
  ),
  fc.tuple(fraction, fraction).map(
    ([a, b]): Mutation =>
      (text) => {
        const [from, to] = [at(text, Math.min(a, b)), at(text, Math.max(a, b))];
        return text.slice(0, to) + text.slice(from);
      },
  ),
  fc.tuple(fraction, fraction).map(
    ([a, b]): Mutation =>
      (text) => {
        const [from, to] = [at(text, Math.min(a, b)), at(text, Math.max(a, b))];
        return text.slice(0, from) + text.slice(to);
      },
  ),
  fc.tuple(fraction, fc.constantFrom(...ODDITIES)).map(
    ([where, piece]): Mutation =>
      (text) => {
        return text.slice(0, at(text, where)) + piece + text.slice(at(text, where));
      },
  ),
  fc.tuple(fc.nat(30), fc.constantFrom(...SCALARS)).map(
    ([nth, scalar]): Mutation =>
      (text) => {
        const values = [...text.matchAll(/(?<=:\s*)("(?:[^"\\]|\\.)*"|[\w.+-]+|\{[^{}]*\})/g)];
        const value = values[nth % Math.max(values.length, 1)];
        if (value === undefined) return text;
        return text.slice(0, value.index) + scalar + text.slice(value.index + value[0].length);
      },
  ),
);

function malformed(texts: readonly string[]): fc.Arbitrary<string> {
  return fc
    .tuple(fc.constantFrom(...texts), fc.array(mutation, { minLength: 1, maxLength: 3 }))
    .map(([text, mutations]) => mutations.reduce((result, mutate) => mutate(result), text));
}

const isValid = ({ findings }: CheckedDocument) =>
  findings.every(({ severity }) => severity !== 'error');

/** Whether both flannels take the text for a config. */
function flannelAccepts(text: string): boolean {
  try {
    JSON.parse(text);
  } catch {
    return false;
  }
  const parsed = parseJsonText(text);
  if (!parsed.ok) return false;
  const { root } = parsed;
  return (['v0.12.0', 'v0.20.0'] as const).every(
    (version) => judgeConfig(root, version).config !== null,
  );
}

describe('malformed input', () => {
  it('never makes a config valid that flannel refuses, and never throws', () => {
    let refused = 0;
    fc.assert(
      fc.property(malformed(CONFIGS), (text) => {
        const checked = checkDocument(text, 'x.json');
        if (flannelAccepts(text)) return;
        refused += 1;
        expect(isValid(checked)).toBe(false);
      }),
      { seed: SEED, numRuns: 1800 },
    );
    expect(refused).toBeGreaterThan(1000);
  });

  it('of a config under any name never throws, and findings stand inside the text', () => {
    fc.assert(
      fc.property(malformed(CONFIGS), fc.constantFrom('x.yaml', 'x', 'x.json'), (text, name) => {
        const { findings } = checkDocument(text, name);
        const outside = findings.filter(
          ({ span }) => span && (span.start < 0 || span.start > text.length),
        );
        expect(outside).toEqual([]);
      }),
      { seed: SEED, numRuns: 600 },
    );
  });

  it('of a site never throws, and what is still a site is one that flannel takes', () => {
    fc.assert(
      fc.property(malformed([SITE, PAIR, DUAL]), (text) => {
        const { site, findings } = checkDocument(text, 'site.yaml', { api: 'auto' });
        if (site === null) expect(findings).not.toEqual([]);
        else expect(flannelAccepts(site.network.text)).toBe(true);
      }),
      { seed: SEED, numRuns: 600 },
    );
  });

  it('of a lease never throws, and what is no JSON is never read', () => {
    fc.assert(
      fc.property(malformed([RESERVATION]), (text) => {
        const value = parseLeaseValue(text);
        if (typeof value !== 'string') expect(() => JSON.parse(text)).not.toThrow();
      }),
      { seed: SEED, numRuns: 600 },
    );
  });
});
