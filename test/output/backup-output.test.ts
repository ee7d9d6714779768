import { describe, expect, it } from 'vitest';
import { backupOf } from '../../src/model/backup.ts';
import { backupsText } from '../../src/output/backup-output.ts';
import { BIGIP_KEY, liveOf, node, RESERVATION, reservation } from '../model/snapshots.ts';
import { PLAIN } from './plain.ts';

const FOLDER = '/var/lib/站点/backups';
const backup = backupOf(
  liveOf({ leases: [node(1), reservation(BIGIP_KEY, RESERVATION)] }).snapshot,
  'etcd v3 at https://10.1.10.151:2379',
  new Date('2026-11-28T13:16:22.123Z'),
  new Map(),
);
const kept = [
  { file: `${FOLDER}/2026-11-28T13-16-22.123Z-12345.json`, size: 1, backup },
  { file: `${FOLDER}/2026-11-28T13-17-01.004Z-12399.json`, size: 1, backup: null },
];
const shown = (width: number | null) => backupsText(kept, FOLDER, { ...PLAIN, width }).split('\n');

describe('the table of backups', () => {
  it('has whole times and paths in a pipe', () => {
    expect(shown(null)).toEqual([
      'MADE                      STORE                                PREFIX               CONFIG  RESERVATIONS  NODES  FILE',
      `2026-11-28T13:16:22.123Z  etcd v3 at https://10.1.10.151:2379  /coreos.com/network  yes     1             1      ${FOLDER}/2026-11-28T13-16-22.123Z-12345.json`,
      `-                         cannot be read                       -                    -       -             -      ${FOLDER}/2026-11-28T13-17-01.004Z-12399.json`,
    ]);
  });

  it.each([
    [
      80,
      [
        'MADE               STORE                     FILE',
        '2026-11-28 13:16Z  etcd v3 at https://10...  2026-11-28T13-16-22.123Z-12345.json',
        '-                  cannot be read            2026-11-28T13-17-01.004Z-12399.json',
      ],
    ],
    [
      60,
      [
        'MADE          2026-11-28 13:16Z',
        'STORE         etcd v3 at https://10.1.10.151:2379',
        'PREFIX        /coreos.com/network',
        'CONFIG        yes',
        'RESERVATIONS  1',
        'NODES         1',
        'FILE          2026-11-28T13-16-22.123Z-12345.json',
        '',
        'MADE          -',
        'STORE         cannot be read',
        'PREFIX        -',
        'CONFIG        -',
        'RESERVATIONS  -',
        'NODES         -',
        'FILE          2026-11-28T13-17-01.004Z-12399.json',
      ],
    ],
  ])('tells them apart on %i columns, and names their folder once', (width, lines) => {
    expect(shown(width)).toEqual([...lines, '', `2 backups in ${FOLDER}`]);
  });

  it('says that there is none', () => {
    expect(backupsText([], FOLDER, PLAIN)).toBe(`no backups in ${FOLDER}`);
  });
});
