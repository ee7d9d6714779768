import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { CHECKS } from '../../src/model/doctor/check.ts';
import type { Readings } from '../../src/model/doctor/readings.ts';
import type { Site } from '../../src/model/site.ts';
import { doctorHtml } from '../../src/output/doctor/html/page.ts';
import {
  diagnosed,
  host,
  kubeNode,
  LEASES,
  NOT_READ,
  read,
  readings,
  store,
} from '../model/doctor/readings.ts';
import { liveOf, node, RESERVATION, reservation, siteOf } from '../model/snapshots.ts';
import { temporaryFolder } from '../support/cli.ts';

const HOSTILE = `"><script>alert(1)</script><img src="https://example.com/x">\u001b[31m&amp;`;

function page(parts: Partial<Readings> = {}, site: Site = siteOf()): string {
  const all = readings(parts);
  const found = diagnosed(parts, site);
  return doctorHtml({ ...found, readings: all, shown: found.checks });
}

const MANY = Array.from({ length: 5000 }, (_, i) =>
  node(i % 200, { PublicIP: `10.1.${i >> 8}.${i & 255}` }, `10.${i >> 8}.${i & 255}.0-24`),
);

const PAGES: readonly [what: string, text: string][] = [
  ['a healthy site', page()],
  ['a missing route', page({ host: read(host({ routes: [] })) })],
  [
    'nothing known',
    page({
      etcd: { state: 'failed', why: 'etcd does not answer', fix: null },
      nodes: NOT_READ,
      host: NOT_READ,
      bigips: [],
    }),
  ],
  [
    'names that want to be markup',
    page({
      etcd: read({
        asked: 'auto',
        stores: [store(liveOf({ leases: [...LEASES, reservation(HOSTILE, HOSTILE)] }), HOSTILE)],
      }),
      nodes: read([kubeNode(11, { name: HOSTILE }), kubeNode(12)]),
    }),
  ],
  [
    'five thousand leases',
    page({
      etcd: read({
        asked: 'auto',
        stores: [
          store(
            liveOf({
              config: { Network: '10.0.0.0/8', Backend: { Type: 'vxlan' } },
              leases: [...MANY, reservation('10.244.100.0-24', RESERVATION)],
            }),
          ),
        ],
      }),
      nodes: NOT_READ,
    }),
  ],
  ['no BIG-IP', page({ bigips: [] }, siteOf({ bigips: [] }))],
];

describe.each(PAGES)('the page of %s', (_what, text) => {
  it('is well-formed', () => {
    const folder = temporaryFolder({ 'page.html': text });
    const { status, stderr } = spawnSync('xmllint', ['--noout', path.join(folder, 'page.html')], {
      encoding: 'utf8',
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  it('runs nothing and loads nothing', () => {
    expect(text).not.toMatch(/<script|<img|<link|<iframe|javascript:| on\w+="/i);
    expect(text.match(/<[^>]*\s(?:src|href)=|url\(/gi)).toBeNull();
  });

  it('tells every check, and stays small', () => {
    expect(CHECKS.filter(({ id }) => !text.includes(`>${id}</td>`))).toEqual([]);
    expect(text.length).toBeLessThan(400_000);
  });
});
