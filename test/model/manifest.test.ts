import { describe, expect, it } from 'vitest';
import { checkDocument } from '../../src/model/document.ts';
import { marked } from './marked.ts';

const NETWORK = '{"Network":"10.244.0.0/16","Backend":{"Type":"vxlan"}}';

/** Like kube-flannel's own manifest, as far as it matters here. */
function manifest(config: string, entry = 'net-conf.json'): string {
  return `---
kind: Namespace
apiVersion: v1
metadata:
  name: kube-flannel
---
kind: ConfigMap
apiVersion: v1
metadata:
  name: kube-flannel-cfg
data:
  cni-conf.json: |
    {
      "name": "cbr0"
    }
  ${entry}: |
    ${config}
---
apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: kube-flannel-ds
`;
}

function found(text: string, name = 'kube-flannel.yml') {
  const { kind, findings, lines } = checkDocument(text, name);
  const places = findings.map(({ rule, path, span }) => ({
    rule,
    path,
    ...(span && lines.at(span.start)),
  }));
  return { kind, places };
}

describe('a Kubernetes manifest', () => {
  it('is judged by the network config in its ConfigMap', () => {
    expect(found(manifest(NETWORK))).toEqual({ kind: 'manifest', places: [] });
  });

  it('has the places of findings in its own text', () => {
    const { text, line, column } = marked(manifest('{"Network":"10.244.0.0/16",«"SubnetMaks":1}'));
    expect(found(text)).toEqual({
      kind: 'manifest',
      places: [
        { rule: 'unknown-key', path: '/SubnetMaks', line, column },
        { rule: 'backend-not-vxlan', path: '', line, column: 5 },
      ],
    });
  });

  it('may be JSON, whose strings escape what is inside', () => {
    const config = '{"Network":"10.244.0.0/15","SubnetLen":«"24"}';
    const { text, line, column } = marked(
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        data: { 'net-conf.json': config },
      }),
    );
    const { kind, places } = found(text, 'cm.json');
    expect(kind).toBe('manifest');
    // The mark stands before the backslash of the escaped quote.
    expect(places[0]).toEqual({ rule: 'flannel-rejects', path: '/SubnetLen', line, column });
  });

  it('may be a List', () => {
    const item = { apiVersion: 'v1', kind: 'ConfigMap', data: { 'net-conf.json': '{}' } };
    const list = { apiVersion: 'v1', kind: 'List', items: [{ kind: 'Secret' }, item] };
    expect(found(JSON.stringify(list), 'list.json').places[0]?.rule).toBe('network-missing');
  });

  it('is judged by every network config in it', () => {
    const two = manifest('{"Network":"10.0.0.0/30"}') + manifest('{"Network":"x"}');
    const rules = found(two).places.filter(({ rule }) => rule === 'flannel-rejects');
    expect(rules).toHaveLength(2);
    expect(rules[1]?.line).toBeGreaterThan(rules[0]?.line ?? Number.POSITIVE_INFINITY);
  });

  it.each([
    ['without a network config', manifest(NETWORK, 'other.json'), 'no-network-config'],
    ['without any ConfigMap', 'apiVersion: v1\nkind: Pod\n', 'no-network-config'],
    ['with a ConfigMap that has no data', 'apiVersion: v1\nkind: ConfigMap\n', 'no-network-config'],
    [
      'with a network config that is no text',
      'apiVersion: v1\nkind: ConfigMap\ndata:\n  net-conf.json: 5\n',
      'wrong-type',
    ],
    ['with broken JSON', manifest('{"Network"}'), 'flannel-rejects'],
    ['that is no YAML', `${manifest(NETWORK)}---\na: [`, 'syntax'],
  ])('%s is invalid', (_, text, rule) => {
    expect(found(text).places.map((place) => place.rule)).toEqual([rule]);
  });
});

describe('what is no manifest', () => {
  it.each([
    ['a site of a misspelt kind', 'apiVersion: flannel-bigip/v1\nkind: Sit\nname: a\n'],
    ['a site of a misspelt version', 'apiVersion: flannel/v1\nkind: Site\nname: a\n'],
    ['a site of both', 'apiVersion: v1\nkind: site\nname: a\nnetwork: {}\n'],
  ])('%s is judged as a site', (_, text) => {
    expect(checkDocument(text, 'site.yaml').kind).toBe('site');
  });

  it('two sites in one file are refused', () => {
    const { text, line } = marked(
      'apiVersion: flannel-bigip/v1\n---\n«apiVersion: flannel-bigip/v1\n',
    );
    expect(found(text).places).toEqual([{ rule: 'syntax', path: '', line, column: 1 }]);
  });
});
