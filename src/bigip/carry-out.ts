import { mergeRecords } from '../model/device/device-plan.ts';
import type { FdbRecord } from '../model/device/objects.ts';
import type { DeviceStep, Values } from '../model/device/step.ts';
import { holds } from '../model/device/step.ts';
import type { DeviceClient } from './client.ts';
import { DeviceError } from './errors.ts';
import { entryOf, profileOf, recordOf, selfIpOf, text, tunnelOf } from './objects.ts';
import { COLLECTION, objectUrl, partitionOf, recordsUrl, SAVE } from './paths.ts';
import { isBefore121, readRecords } from './read-device.ts';
import type { Json } from './reply.ts';

/** How often a write whose answer was lost is tried, each time after a look. */
const TRIES = 3;

/**
 * Carries out one step, unless it is done already. iControl REST has no conditional write: the object
 * is read right before, and what is not as it was planned stays untouched.
 *
 * @throws DeviceError of kind `conflict` when somebody else changed the object meanwhile
 */
export async function carryOutStep(client: DeviceClient, step: DeviceStep): Promise<void> {
  if (step.target === 'fdb-record') await assertSingleRecords(client);
  for (let tried = 1; ; tried++) {
    const now = await readObject(client, step);
    if (isDone(step, now)) return;
    if (!isAsPlanned(step, now)) throw moved(client, step);
    try {
      await write(client, step, now);
      return;
    } catch (error) {
      if (tried === TRIES || !isToBeLookedAt(error)) throw error;
    }
  }
}

/** Without an answer, or with somebody faster, a look tells what is left to do. */
function isToBeLookedAt(error: unknown): boolean {
  return error instanceof DeviceError && (error.kind === 'lost' || error.kind === 'conflict');
}

function isDone(step: DeviceStep, now: Values | null): boolean {
  const { after } = step;
  if (after === null || now === null) return after === now;
  if (putsBack(step)) return missingRecords(after, now).length === 0;
  return holds(after, now);
}

/** Whether records come back to a tunnel that was made anew, beside whatever CIS has written by then. */
function putsBack({ target, after }: DeviceStep): boolean {
  return target === 'fdb' && recordsOf(after).length > 0;
}

function recordsOf(values: Values | null): readonly FdbRecord[] {
  return (values?.['records'] ?? []) as readonly FdbRecord[];
}

function missingRecords(after: Values, now: Values): readonly FdbRecord[] {
  const there = new Set(recordsOf(now).map(({ mac }) => mac));
  return recordsOf(after).filter(({ mac }) => !there.has(mac));
}

function isAsPlanned(step: DeviceStep, now: Values | null): boolean {
  const { before } = step;
  if (putsBack(step)) return true;
  if (before === null || now === null) return before === now;
  return holds(before, now);
}

function moved({ host }: DeviceClient, { path, before }: DeviceStep): DeviceError {
  const what = before === null ? 'made otherwise' : 'changed';
  return new DeviceError(
    'conflict',
    `${path} on the BIG-IP at ${host} was ${what} by somebody else meanwhile; nothing of theirs was overwritten`,
    { fix: 'run bigip diff, then the same command again' },
  );
}

/** @throws DeviceError where FDB records are written as a whole table only */
async function assertSingleRecords(client: DeviceClient): Promise<void> {
  const { version } = await client.version();
  if (!isBefore121(version)) return;
  const message = `the BIG-IP at ${client.host} has ${version}, which writes no single FDB records`;
  throw new DeviceError('refused', message, { fix: 'update it to 12.1 or later' });
}

/** What a release does not have, or what has gone since. */
function unknown({ host }: DeviceClient, path: string): DeviceError {
  return new DeviceError('refused', `the BIG-IP at ${host} has no ${path}`, {
    fix: 'check its release',
  });
}

/** Keeps the running configuration, so that it outlasts a reboot. */
export async function saveConfiguration(client: DeviceClient): Promise<void> {
  for (let tried = 1; ; tried++) {
    try {
      const saved = await client.change('POST', SAVE, { command: 'save' });
      if (saved === null) throw unknown(client, SAVE);
      return;
    } catch (error) {
      // To save twice does no harm.
      if (!(error instanceof DeviceError && error.kind === 'lost') || tried === TRIES) throw error;
    }
  }
}

function recordParts(path: string): { readonly tunnel: string; readonly mac: string } {
  const [tunnel = '', mac = ''] = path.split(' ');
  return { tunnel, mac };
}

async function readObject(
  client: DeviceClient,
  { target, path }: DeviceStep,
): Promise<Values | null> {
  if (target === 'fdb') return { records: await readRecords(client, path) };
  const body = await client.get(urlOf(target, path));
  if (body === null) return null;
  const domain = target === 'db' ? 0 : await client.routeDomainOf(partitionOf(path));
  switch (target) {
    case 'profile':
      return { ...profileOf(body) };
    case 'tunnel':
      return { ...tunnelOf(body, domain) };
    case 'self-ip':
      return { ...selfIpOf(body, domain) };
    case 'arp-entry':
      return { ...entryOf(body, domain) };
    case 'fdb-record':
      return { ...recordOf(body, domain) };
    case 'db':
      return { value: text(body, 'value') };
  }
}

function urlOf(target: Exclude<DeviceStep['target'], 'fdb'>, path: string): string {
  if (target !== 'fdb-record') return objectUrl(target, path);
  const { tunnel, mac } = recordParts(path);
  return `${recordsUrl(tunnel)}/${mac}`;
}

async function write(client: DeviceClient, step: DeviceStep, now: Values | null): Promise<void> {
  const { action, target, path, after } = step;
  if (target === 'fdb')
    return writeTable(client, path, mergeRecords(kept(step, now), recordsOf(after)));
  const url = urlOf(target, path);
  if (action === 'delete' || after === null) {
    await client.change('DELETE', url);
  } else if (action === 'update') {
    const done = await client.change('PATCH', url, bodyOf(target, after));
    if (done === null) throw moved(client, step);
  } else {
    const collection = collectionOf(target, path);
    const body = { ...nameOf(target, path), ...bodyOf(target, withoutDefaults(after)) };
    if ((await client.change('POST', collection, body)) === null) throw unknown(client, collection);
  }
}

/** What stays of the table: everything where records come back, nothing where it is emptied. */
function kept(step: DeviceStep, now: Values | null): readonly FdbRecord[] {
  return putsBack(step) ? recordsOf(now) : [];
}

/** The list replaces the table: CIS depends on that too. */
async function writeTable(
  client: DeviceClient,
  tunnel: string,
  records: readonly FdbRecord[],
): Promise<void> {
  const list = records.map(({ mac, endpoint, description }) => ({
    name: mac,
    endpoint,
    ...(description === null ? {} : { description }),
  }));
  await client.change('PATCH', objectUrl('fdb', tunnel), { records: list });
}

function collectionOf(target: Exclude<DeviceStep['target'], 'fdb'>, path: string): string {
  return target === 'fdb-record' ? recordsUrl(recordParts(path).tunnel) : COLLECTION[target];
}

function nameOf(target: DeviceStep['target'], path: string): Json {
  if (target === 'fdb-record') return { name: recordParts(path).mac };
  const [, partition = '', name = ''] = path.split('/');
  return { name, partition, ...(target === 'profile' ? { defaultsFrom: '/Common/vxlan' } : {}) };
}

/** A self IP that is made without services allows none. */
function withoutDefaults({ allowService, ...values }: Values): Values {
  return allowService === undefined || allowService === 'none'
    ? values
    : { ...values, allowService };
}

/** A value's name in REST, where it is another than here. */
const FIELDS: Readonly<Record<string, string>> = { flooding: 'floodingType' };

function bodyOf(target: DeviceStep['target'], values: Values): Json {
  const body = Object.fromEntries(
    Object.entries(values)
      .filter(([, value]) => value !== null)
      .map(([name, value]) => [FIELDS[name] ?? name, value]),
  );
  if (target !== 'self-ip' || body['allowService'] === undefined) return body;
  // None is an empty list.
  const { allowService } = body;
  return { ...body, allowService: allowService === 'none' ? [] : allowService };
}
