import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { Check } from '../../src/model/doctor/check.ts';
import { findingLines, unitHead } from '../../src/output/bigip/device-text.ts';
import { doctorText } from '../../src/output/doctor/text.ts';
import { cutoverText } from '../../src/output/migrate-output.ts';
import { problemLines } from '../../src/output/plan-output.ts';
import { writeProse } from '../../src/output/prose.ts';
import { PLAIN } from './plain.ts';

const on = (width: number | null) => ({ ...PLAIN, width });

describe('on a narrow terminal', () => {
  it('the problems of a plan hang below their mark', () => {
    const problem = {
      rule: 'key-unreadable',
      severity: 'error',
      message: 'no BIG-IP of this site reaches it while the tunnel is down',
      fix: 'remove it, then run apply --rewrite for nodes that missed it',
      key: null,
    } as const;
    expect(problemLines([problem], on(50))).toEqual([
      [
        '  x error: no BIG-IP of this site reaches it while',
        '    the tunnel is down [key-unreadable]',
      ].join('\n'),
      ['      remove it, then run apply --rewrite for', '      nodes that missed it'].join('\n'),
    ]);
  });

  it('what is wrong with a BIG-IP hangs below what it is', () => {
    const finding = {
      rule: 'tunnel-key',
      severity: 'error',
      message: 'the tunnel has the key 2, the network the VNI 1',
      effect: 'all traffic between pods and this BIG-IP',
      fix: 'run flannel-bigip bigip apply --replace',
      object: null,
    } as const;
    expect(findingLines([finding], on(44))).toEqual([
      '  x error: the tunnel has the key 2, the\n    network the VNI 1 [tunnel-key]',
      '      breaks: all traffic between pods and\n        this BIG-IP',
      '      cure: run\n        flannel-bigip bigip apply --replace',
    ]);
    expect(unitHead('bigip-1', 'https://10.1.10.245', null, on(24))).toBe(
      'bigip-1 at\n  https://10.1.10.245',
    );
  });

  const checks: readonly Check[] = [
    { id: 'etcd-reachable', status: 'pass', message: 'etcd v3 answers', subject: null },
    {
      id: 'etcd-range',
      status: 'fail',
      message: 'the allocation range overlaps the subnet of bigip-1',
      subject: null,
      expected: 'SubnetMax below 10.244.100.0',
      found: 'SubnetMax 10.244.255.0 in the network config',
      fix: ['flannel-bigip apply --endpoints https://10.1.10.151:2379 --yes'],
      advice: 'flanneld reads its config only when it starts, so restart each',
    },
  ];

  it('the checks of doctor keep their column', () => {
    expect(doctorText(checks, on(60)).split('\n')).toEqual([
      'etcd',
      '  ok   etcd-reachable      etcd v3 answers',
      '  FAIL etcd-range          the allocation range overlaps the',
      '                           subnet of bigip-1',
      '',
      'First fault: etcd-range',
      '  the allocation range overlaps the subnet of bigip-1',
      '  expected: SubnetMax below 10.244.100.0',
      '  found:    SubnetMax 10.244.255.0 in the network config',
      '  to mend it:',
      '    flannel-bigip apply --endpoints https://10.1.10.151:2379 --yes',
      '  flanneld reads its config only when it starts, so restart',
      '  each',
      '',
      '1 fault, 0 warnings, 1 passed, 0 skipped',
    ]);
  });

  it('the checks of doctor stand below their names where there is no room beside them', () => {
    expect(doctorText(checks, on(40)).split('\n').slice(0, 5)).toEqual([
      'etcd',
      '  ok   etcd-reachable',
      '    etcd v3 answers',
      '  FAIL etcd-range',
      '    the allocation range overlaps the',
    ]);
  });

  it('the steps of a cut-over hang below their first words, and each command stays whole', () => {
    const plan = {
      from: 'v2',
      to: 'v3',
      prefix: '/p',
      nodes: [],
      isPrepared: true,
      shortest: null,
    } as const;
    const lines = cutoverText(plan, (words) => `flannel-bigip ${words}`, on(60)).split('\n');
    expect(lines.slice(lines.findIndex((line) => line.startsWith('4.')))).toEqual([
      '4. After each batch look at',
      '   `flannel-bigip list --etcd-api v3`: each of its nodes',
      '   must hold the subnet that it had.',
      '5. When every node is through, set `etcd.api: v3` in the',
      '   site file, and run `flannel-bigip diff`.',
      '6. A day later, when nothing is left in the v2 store that',
      '   expires: `flannel-bigip migrate --retire v2`.',
    ]);
  });

  it('what a command says is broken between words, line by line', () => {
    const stream = new PassThrough({ encoding: 'utf8' });
    const terminal = Object.assign(stream, { isTTY: true, columns: 24 });
    writeProse(terminal, '\nMigrated and read back: 4 keys.\nDone.', {});
    expect(stream.read()).toBe('\nMigrated and read back:\n  4 keys.\nDone.\n');
  });
});
