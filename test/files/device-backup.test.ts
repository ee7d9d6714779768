import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { keepDevice } from '../../src/files/device-backup.ts';
import type { DeviceStep } from '../../src/model/device/step.ts';

const STEP: DeviceStep = {
  action: 'delete',
  target: 'arp-entry',
  path: '/Common/k8s-10.244.23.5',
  before: { ipAddress: '10.244.23.5', macAddress: '5a:7d:2e:91:0c:44', description: null },
  after: null,
};

it.each([
  ['bigip-1', 'bigip-1'],
  ['负载均衡-一号', '负载均衡-一号'],
  ['../上海 (浦东)', '.._上海__浦东_'],
  ['负'.repeat(300), '负'.repeat(50)],
])('what the BIG-IP %s held is kept under its name', async (name, shown) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'flannel-bigip-test-'));
  const unit = { name, url: 'https://10.1.10.245' };
  const file = await keepDevice(folder, unit, [STEP], new Date('2026-11-28T13:16:22.123Z'));
  expect(file).toBe(`${folder}/bigip-${shown}-2026-11-28T13-16-22.123Z-${process.pid}.json`);
});
