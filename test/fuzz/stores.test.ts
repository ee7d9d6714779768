import { writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect } from 'vitest';
import { FileStore } from '../../src/etcd/file.ts';
import { backupOf, readBackup, stateOf } from '../../src/model/backup.ts';
import { planSite } from '../../src/model/plan.ts';
import { EXIT, Problem } from '../../src/model/problem.ts';
import { planRestore } from '../../src/model/restore.ts';
import { readSavedPlan, remainingPlan, savedPlan } from '../../src/model/saved-plan.ts';
import { decodeSnapshot } from '../../src/model/snapshot.ts';
import { backupsText, backupText } from '../../src/output/backup-output.ts';
import {
  liveOf,
  NETWORK,
  node,
  PREFIX,
  RESERVATION,
  reservation,
  siteOf,
} from '../model/snapshots.ts';
import { PLAIN } from '../output/plain.ts';
import { temporaryFolder } from '../support/cli.ts';
import { DEEP, hostileJson, hostileText, jsonText } from './hostile.ts';
import { malformed } from './malformed.ts';
import { expectPrintable, printList, printPlan } from './printed.ts';
import { fuzz, fuzzAsync } from './runs.ts';

const NOW = new Date('2024-05-01T12:00:00Z');
const base64 = (text: string) => Buffer.from(text).toString('base64');
const LIVE = liveOf({
  leases: [node(12), node(13), reservation('10.244.200.0-24', RESERVATION.replace('245', '9'))],
});
const { snapshot } = LIVE;
const PAIRS = [...(snapshot.config ? [snapshot.config] : []), ...snapshot.leases];

const DUMPS = [
  JSON.stringify({
    header: { cluster_id: 1, revision: 1000 },
    kvs: PAIRS.map(({ key, value, revision, expires }) => ({
      key: base64(key),
      value: base64(value),
      mod_revision: Number(revision),
      ...(expires ? { lease: 7 } : {}),
    })),
    count: PAIRS.length,
  }),
  JSON.stringify({
    action: 'get',
    node: {
      key: PREFIX,
      dir: true,
      nodes: [
        { key: `${PREFIX}/config`, value: JSON.stringify(NETWORK), modifiedIndex: 7 },
        {
          key: `${PREFIX}/subnets`,
          dir: true,
          nodes: snapshot.leases.map(({ key, value, revision, expires }) => ({
            key,
            value,
            modifiedIndex: Number(revision),
            ...(expires ? { expiration: '2030-01-01T00:00:00Z', ttl: 100 } : {}),
          })),
        },
      ],
    },
  }),
  JSON.stringify({ errorCode: 100, message: 'Key not found', index: 12 }),
  JSON.stringify({
    flannelBigipStore: 1,
    revision: 12,
    keys: Object.fromEntries(
      PAIRS.map(({ key, value, expires }, n) => [
        key,
        { value, revision: n, ...(expires ? { expires: '2099-01-01T00:00:00Z' } : {}) },
      ]),
    ),
  }),
];

const STORE_KEYS = [
  ...['header', 'revision', 'kvs', 'key', 'value', 'mod_revision', 'lease', 'node', 'nodes', 'dir'],
  ...['modifiedIndex', 'expiration', 'ttl', 'errorCode', 'index', 'flannelBigipStore', 'keys'],
  ...['expires', ...PAIRS.map(({ key }) => key), ...PAIRS.map(({ key }) => base64(key))],
];
const STORE_LEAVES = [...STORE_KEYS, RESERVATION, base64(RESERVATION), '2030-01-01T00:00:00Z'];
const anyStoreValue = hostileJson(STORE_KEYS, STORE_LEAVES);

const storeText = fc.oneof(
  { weight: 10, arbitrary: malformed(DUMPS) },
  {
    weight: 6,
    arbitrary: fc
      .record(
        {
          header: fc.oneof(fc.constant({ revision: 3 }), anyStoreValue),
          kvs: fc.array(
            fc.oneof(
              fc.record({
                key: hostileText.map((text) => base64(`${PREFIX}/subnets/${text}`)),
                value: hostileText.map(base64),
              }),
              anyStoreValue,
            ),
          ),
          node: anyStoreValue,
          flannelBigipStore: fc.constant(1),
          revision: fc.constantFrom(1, -1, 1.5, '1'),
          keys: anyStoreValue,
        },
        { requiredKeys: [] },
      )
      .map(jsonText),
  },
  { weight: 2, arbitrary: anyStoreValue.map(jsonText) },
  { weight: 1, arbitrary: fc.constantFrom(...DEEP.map((deep) => `{"node":{"nodes":${deep}}}`)) },
  { weight: 1, arbitrary: hostileText },
);

const SITE = siteOf();

describe('a store file that somebody else wrote', () => {
  const file = path.join(temporaryFolder(), 'store\u001b[2J.json');

  fuzzAsync(
    'is read, listed and planned against, or refused as a bad store',
    storeText,
    500,
    async (text) => {
      writeFileSync(file, text);
      try {
        const live = decodeSnapshot(await new FileStore(file, PREFIX, 1_000).read());
        printList(live, SITE);
        printPlan(planSite(SITE, live, { prune: true }), PREFIX);
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        expect([error.name, error.exit]).toEqual(['StoreError', EXIT.failed]);
      }
    },
  );
});

const BACKUP = JSON.stringify(backupOf(snapshot, 'etcd v3', NOW));
const BACKUP_KEYS = [
  ...['apiVersion', 'kind', 'createdAt', 'store', 'api', 'prefix', 'clusterId', 'revision'],
  ...['config', 'leases', 'key', 'value', 'expires', 'ttl', PREFIX, `${PREFIX}/config`],
];
const backupText_ = fc.oneof(
  { weight: 6, arbitrary: malformed([BACKUP]) },
  {
    weight: 6,
    arbitrary: fc
      .array(fc.tuple(fc.constantFrom(...BACKUP_KEYS), hostileJson(BACKUP_KEYS, [PREFIX])), {
        maxLength: 3,
      })
      .map((entries) => jsonText({ ...JSON.parse(BACKUP), ...Object.fromEntries(entries) })),
  },
  {
    weight: 6,
    arbitrary: fc
      .uniqueArray(fc.tuple(hostileText, hostileText), { selector: ([name]) => name, maxLength: 4 })
      .map((pairs) => {
        const more = pairs.map(([name, value]) => reservation(name, value));
        return jsonText(backupOf({ ...snapshot, leases: [...snapshot.leases, ...more] }, 'x', NOW));
      }),
  },
  { weight: 1, arbitrary: fc.constantFrom(...DEEP) },
);

/** Reads a kept file; null when it is refused the way every invalid file is. */
function orRefused<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    expect(error.exit).toBe(EXIT.invalid);
    return null;
  }
}

describe('a backup that somebody else wrote', () => {
  fuzz('can be planned and shown, or is refused', backupText_, 400, (text) => {
    const backup = orRefused(() => readBackup(text, 'b.json'));
    if (backup === null) return;
    const keys = [backup.config, ...backup.leases].flatMap((one) => (one ? [one.key] : []));
    expect(keys.filter((key) => !key.startsWith(`${backup.prefix}/`))).toEqual([]);
    expect(keys.filter((key) => /\/\.{0,2}(\/|$)/.test(key.slice(backup.prefix.length)))).toEqual(
      [],
    );
    const live = stateOf(backup, PREFIX);
    printPlan(planRestore(live, LIVE, { includeNodes: true }), PREFIX);
    expectPrintable(backupText('b', backup));
    expectPrintable(backupsText([{ file: 'b', size: 1, backup }], 'f', PLAIN));
  });
});

const digest = (text: string) => text.length.toString(16).padStart(64, '0');
const PLAN = JSON.stringify(
  savedPlan(
    planSite(SITE, LIVE, { prune: true }),
    { site: 'site', store: 'etcd v3', snapshot, now: NOW },
    digest,
  ),
);
const PLAN_KEYS = [
  ...['changes', 'problems', 'dangers', 'read', 'site', 'prefix', 'fields', 'field', 'before'],
  ...['after', 'key', 'value', 'action', 'kind', 'name', 'ttl', 'rule', 'severity', 'message'],
  ...['nodeCount', 'configRevision', 'create', 'delete', 'lease', `${PREFIX}/config`],
];
const planTextArbitrary = fc.oneof(
  { weight: 6, arbitrary: malformed([PLAN]) },
  {
    weight: 6,
    arbitrary: fc
      .array(fc.tuple(fc.constantFrom(...PLAN_KEYS), hostileJson(PLAN_KEYS, [PREFIX])), {
        maxLength: 3,
      })
      .map((entries) => jsonText({ ...JSON.parse(PLAN), ...Object.fromEntries(entries) })),
  },
  {
    weight: 6,
    arbitrary: fc
      .array(
        fc.record({
          action: fc.constantFrom('create', 'update', 'delete', 'rewrite'),
          kind: fc.constantFrom('config', 'lease'),
          key: hostileText.map((text) => `${PREFIX}/subnets/${text}`),
          name: fc.option(hostileText),
          before: hostileJson(PLAN_KEYS),
          after: hostileJson(PLAN_KEYS),
          fields: fc.array(
            fc.record({
              field: hostileText,
              before: hostileJson(['x']),
              after: hostileJson(['x']),
            }),
            { maxLength: 3 },
          ),
          value: fc.option(hostileText),
          ttl: fc.option(fc.integer()),
          liveValue: fc.option(hostileText),
          revision: fc.option(hostileText),
        }),
        { maxLength: 3 },
      )
      .map((changes) => jsonText({ ...JSON.parse(PLAN), changes })),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      ...DEEP.map((deep) => PLAN.replace('"fields":[', `"before":${deep},"fields":[`)),
    ),
  },
);

describe('a saved plan that somebody else wrote', () => {
  fuzz(
    'can be shown and checked against the store, or is refused',
    planTextArbitrary,
    400,
    (text) => {
      const saved = orRefused(() => readSavedPlan(text, 'p.json'));
      if (saved === null) return;
      const outside = saved.changes.filter(({ key }) => !key.startsWith(`${saved.prefix}/`));
      expect(outside).toEqual([]);
      expect(saved.changes.filter(({ key }) => key.split('/').includes('..'))).toEqual([]);
      printPlan({ ...saved, changes: saved.changes } as never, saved.prefix);
      try {
        remainingPlan(saved, snapshot, digest);
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        expect(error.exit).toBe(EXIT.failed);
      }
    },
  );
});
