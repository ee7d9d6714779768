import { describe, expect, it } from 'vitest';
import { doctorHtml } from '../../src/output/doctor/html/page.ts';
import { diagnosed, host, kubeNode, read, readings } from '../model/doctor/readings.ts';
import { look } from '../support/browser.ts';

/** A page with a fault, a warning, and names that are too long for their boxes. */
const PARTS = {
  host: read(host({ routes: [], rpFilter: { all: 0, eth0: 0, 'flannel.1': 1 } })),
  nodes: read([
    kubeNode(11, { name: 'a-node-with-a-very-long-name.in-a-cluster.example.internal' }),
    kubeNode(12, { isReady: false }),
  ]),
};
const found = diagnosed(PARTS);
const page = doctorHtml({ ...found, readings: readings(PARTS), shown: found.checks });

const LIGHT = { ground: 'rgb(255, 255, 255)', text: 'rgb(27, 31, 36)' };
const DARK = { ground: 'rgb(13, 17, 23)', text: 'rgb(230, 237, 243)' };

describe.each([
  ['light', LIGHT],
  ['dark', DARK],
] as const)('in a browser whose reader prefers %s', (scheme, colours) => {
  it('every text is to be read, and stands within its box', async () => {
    const { looked, ...seen } = await look(page, scheme);
    expect(looked).toBeGreaterThan(100);
    expect(seen).toEqual({
      scripts: 0,
      ...colours,
      overflowing: [],
      faint: [],
      isTooWide: false,
    });
  }, 60_000);

  it('a narrow window shows all of it', async () => {
    const { isTooWide, overflowing } = await look(page, scheme, 480);
    expect({ isTooWide, overflowing }).toEqual({ isTooWide: false, overflowing: [] });
  }, 60_000);
});
