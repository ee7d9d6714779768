import { describe, expect, it } from 'vitest';
import { checkDocument } from '../../src/model/document.ts';
import { edited, PAIR, SITE } from './rules/sites.ts';

const PORT = [['{ Type: vxlan }', '{ Type: vxlan, Port: 4789 }']] as const;
const REASON = 'the profile uses 4789 too';

function withIgnore(base: string, ...entries: readonly object[]): string {
  return `${base}ignore: ${JSON.stringify(entries)}\n`;
}

function outcome(text: string) {
  const { findings, ignored, site } = checkDocument(text, 'site.yaml');
  return {
    reported: findings.map(({ rule, path, severity }) => `${severity} ${rule} ${path}`),
    ignored: ignored.map(({ finding, reason }) => `${finding.rule} ${finding.path}: ${reason}`),
    valid: site !== null,
  };
}

describe('ignore in a site file', () => {
  it.each([
    ['without a place', {}],
    ['at its place', { place: '/network/Backend/Port' }],
    ['above its place', { place: '/network' }],
  ])('keeps a rule from being reported %s', (_, place) => {
    const text = withIgnore(edited(SITE, PORT), { rule: 'vxlan-port', reason: REASON, ...place });
    expect(outcome(text)).toEqual({
      reported: [],
      ignored: [`vxlan-port /network/Backend/Port: ${REASON}`],
      valid: true,
    });
  });

  it.each(['/network/Backend/P', '/network/Backend/Port/x', '/bigips', '/Port'])(
    'holds nowhere but at its place: %s',
    (place) => {
      const text = withIgnore(edited(SITE, PORT), { rule: 'vxlan-port', place, reason: REASON });
      expect(outcome(text)).toEqual({
        reported: ['warning vxlan-port /network/Backend/Port', 'warning unused-ignore /ignore/0'],
        ignored: [],
        valid: true,
      });
    },
  );

  it.each(['/bigips/1/subnet', '/bigips/bigip-2/subnet', '/bigips/bigip-2'])(
    'finds one BIG-IP of several at %s',
    (place) => {
      const longer = edited(PAIR, [
        ['10.244.100.0/24', '10.244.100.0/25'],
        ['10.244.101.0/24', '10.244.101.0/25'],
      ]);
      const text = withIgnore(longer, { rule: 'bigip-subnet-length', place, reason: REASON });
      expect(outcome(text)).toEqual({
        reported: ['warning bigip-subnet-length /bigips/0/subnet'],
        ignored: [`bigip-subnet-length /bigips/1/subnet: ${REASON}`],
        valid: true,
      });
    },
  );

  it('makes a site of a file whose only error is ignored', () => {
    const wide = edited(SITE, [['10.244.99.0', '10.244.255.0']]);
    const text = withIgnore(wide, { rule: 'range-includes-bigip', reason: 'no node will join' });
    expect(outcome(wide).valid).toBe(false);
    expect(outcome(text)).toEqual({
      reported: [],
      ignored: ['range-includes-bigip /network/SubnetMax: no node will join'],
      valid: true,
    });
  });

  it.each([
    'syntax',
    'missing-key',
    'wrong-type',
    'wrong-value',
    'flannel-rejects',
    'network-missing',
    'family-mismatch',
    'bigip-subnet-overlap',
    'unused-ignore',
  ])('cannot be told to leave out %s', (rule) => {
    const { findings, site } = checkDocument(
      withIgnore(SITE, { rule, reason: REASON }),
      'site.yaml',
    );
    expect(site).toBeNull();
    expect(findings).toMatchObject([
      { rule: 'wrong-value', message: `${rule} cannot be ignored`, path: '/ignore/0/rule' },
    ]);
  });

  it('suggests the rule that was meant', () => {
    const { findings } = checkDocument(
      withIgnore(SITE, { rule: 'vxlan-prot', reason: REASON }),
      'site.yaml',
    );
    expect(findings).toMatchObject([
      { message: 'there is no rule "vxlan-prot"', fix: 'did you mean vxlan-port?' },
    ]);
  });

  it.each([
    ['no reason', { rule: 'vxlan-port' }, 'missing-key'],
    ['an empty reason', { rule: 'vxlan-port', reason: ' ' }, 'wrong-value'],
    ['no rule', { reason: REASON }, 'missing-key'],
    [
      'a place that is no pointer',
      { rule: 'vxlan-port', place: 'x', reason: REASON },
      'wrong-value',
    ],
    ['a key too many', { rule: 'vxlan-port', reason: REASON, until: 2030 }, 'unknown-key'],
    ['a rule that is no text', { rule: 5, reason: REASON }, 'wrong-type'],
  ])('wants every entry to be right, not with %s', (_, entry, rule) => {
    const { findings, site } = checkDocument(withIgnore(edited(SITE, PORT), entry), 'site.yaml');
    expect(site).toBeNull();
    expect(findings.map((one) => one.rule)).toContain(rule);
  });
});

describe('ignoring rules on a bare network config', () => {
  const WIDE = '{"Network":"10.244.0.0/16","Backend":{"Type":"host-gw"}}';

  it('keeps them from being reported, and tells which', () => {
    const { findings, ignored } = checkDocument(WIDE, 'net-conf.json', {
      ignore: ['backend-not-vxlan'],
    });
    expect(findings).toEqual([]);
    expect(ignored).toMatchObject([{ reason: '--ignore', finding: { rule: 'backend-not-vxlan' } }]);
  });

  it('does not reach into site files, which have a list of their own', () => {
    const { findings } = checkDocument(edited(SITE, PORT), 'site.yaml', { ignore: ['vxlan-port'] });
    expect(findings.map(({ rule }) => rule)).toEqual(['vxlan-port']);
  });
});
