import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../src/commands/index.ts';
import { ALL_BACKEND_KEYS } from '../../src/model/backends.ts';
import { CONFIG_FIELDS } from '../../src/model/network-config.ts';
import { didYouMean, suggest } from '../../src/model/suggest.ts';

const COMMAND_NAMES = COMMANDS.map(({ name }) => name);
const CONFIG_KEYS = Object.keys(CONFIG_FIELDS);
const BIGIPS = ['bigip-1', 'bigip-2', 'bigip-10'];

describe('what a word most likely means', () => {
  it.each([
    // A letter too many, too few, wrong, or in another case.
    ['aply', 'apply', COMMAND_NAMES],
    ['pply', 'apply', COMMAND_NAMES],
    ['validatte', 'validate', COMMAND_NAMES],
    ['migrade', 'migrate', COMMAND_NAMES],
    ['Apply', 'apply', COMMAND_NAMES],
    ['selfIp', 'selfIP', ['publicIP', 'selfIP', 'selfIPv6']],
    // Two neighbours swapped, in words however short.
    ['lsit', 'list', COMMAND_NAMES],
    ['paply', 'apply', COMMAND_NAMES],
    ['SubnetMxa', 'SubnetMax', CONFIG_KEYS],
    ['SubnetMni', 'SubnetMin', CONFIG_KEYS],
    ['Tpye', 'Type', ALL_BACKEND_KEYS],
    ['nmae', 'name', ['name', 'subnet', 'network']],
    ['form', 'from', ['file', 'force', 'from', 'to']],
    // Two slips.
    ['aplyy', 'apply', COMMAND_NAMES],
    ['SubnetMaks', 'SubnetMax', CONFIG_KEYS],
    ['anotatte', 'annotate', COMMAND_NAMES],
    ['ednpoint', 'endpoints', ['endpoints', 'prefix', 'timeout']],
    // A word shortened.
    ['SubMax', 'SubnetMax', CONFIG_KEYS],
    ['Ntwrk', 'Network', CONFIG_KEYS],
    ['val', 'validate', COMMAND_NAMES],
    ['password', 'password-file', ['password-file', 'prefix']],
    // Numbers are no slips.
    ['bigp-1', 'bigip-1', BIGIPS],
    ['bigip1', 'bigip-1', BIGIPS],
    ['bigip-01', 'bigip-1', BIGIPS],
    ['publicIPv4', 'publicIP', ['publicIP', 'publicIPv6']],
    // The longer beginning is nearer, then the more letters.
    ['tabse', 'table', ['tasse', 'table']],
    ['acbd', 'abcd', ['axbd', 'abcd']],
  ])('by %j is %j', (word, meant, known) => {
    expect(suggest(word, known)).toBe(meant);
    expect(didYouMean(word, known)).toBe(`did you mean ${meant}?`);
  });

  it.each([
    ['frobnicate', COMMAND_NAMES],
    ['cordon', COMMAND_NAMES],
    ['rollout', COMMAND_NAMES],
    ['config', COMMAND_NAMES],
    ['print', COMMAND_NAMES],
    ['export', ['show', 'import', 'diff']],
    ['note', CONFIG_KEYS],
    ['Wholly', CONFIG_KEYS],
    ['Description', CONFIG_KEYS],
    ['node', ['name', 'subnet', 'network']],
    ['vlan', ['url', 'ca', 'fingerprint', 'partition', 'tunnel']],
    ['soon', ['json', 'yaml', 'table', 'wide']],
    ['xml', ['text', 'json', 'sarif', 'junit', 'github']],
    ['x', ['ca', 'to']],
    ['', COMMAND_NAMES],
    // It may be one as well as the other.
    ['SubnetM', CONFIG_KEYS],
    ['bigip', BIGIPS],
    ['bigip-3', BIGIPS],
    ['bigip-11', BIGIPS],
  ])('by %j is not guessed among others', (word, known) => {
    expect(suggest(word, known)).toBeUndefined();
    expect(didYouMean(word, known)).toBeUndefined();
  });

  it('is a known word for the word itself, in whatever order they are known', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(COMMAND_NAMES, { minLength: 1 }), (known) => {
        for (const name of known) expect(suggest(name, known)).toBe(name);
      }),
    );
  });

  it('does not depend on the order of what is known', () => {
    const words = fc.uniqueArray(fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 6 }));
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', 'b', 'c') }), words, (word, known) => {
        expect(suggest(word, known.toReversed())).toBe(suggest(word, known));
      }),
    );
  });

  it('is found at once beside a word without end', () => {
    const began = performance.now();
    expect(suggest('Subnet'.repeat(1_000_000), CONFIG_KEYS)).toBeUndefined();
    expect(performance.now() - began).toBeLessThan(2000);
  });
});
