import { ANNOTATIONS } from '../annotations.ts';
import { redacted } from '../redact.ts';
import type { Readings } from './readings.ts';

const RECORD_KIND = 'Readings';
const RECORD_VERSION = 'flannel-bigip/v1';

/** Readings with the site that they are about: what a bundle holds, and `doctor --from` reads. */
export interface DoctorRecord {
  readonly apiVersion: typeof RECORD_VERSION;
  readonly kind: typeof RECORD_KIND;
  /** Text of the site file. */
  readonly site: string;
  readonly readings: Readings;
}

/**
 * A record that may leave the house: without what doctor does not look at, and without secrets.
 *
 * @param known secrets of this run, e.g. passwords
 */
export function recordOf(site: string, readings: Readings, known: readonly string[]): DoctorRecord {
  const record = { apiVersion: RECORD_VERSION, kind: RECORD_KIND, site, readings: lean(readings) };
  return redacted(record, known) as DoctorRecord;
}

/** Labels and annotations of Nodes are other people's; so is the rest of a subnet.env. */
function lean(readings: Readings): Readings {
  const { nodes, host } = readings;
  return {
    ...readings,
    nodes:
      nodes.state !== 'read'
        ? nodes
        : {
            ...nodes,
            value: nodes.value.map((node) => ({
              ...node,
              labels: {},
              annotations: Object.fromEntries(
                ANNOTATIONS.flatMap((name) => {
                  const text = node.annotations[name];
                  return text === undefined ? [] : [[name, text]];
                }),
              ),
            })),
          },
    host:
      host.state !== 'read'
        ? host
        : { ...host, value: { ...host.value, subnetEnv: flannelLines(host.value.subnetEnv) } },
  };
}

function flannelLines<T extends { readonly text: string | null }>(file: T): T {
  if (file.text === null) return file;
  const lines = file.text.split('\n').filter((line) => line.startsWith('FLANNEL_'));
  return { ...file, text: `${lines.join('\n')}\n` };
}

/** Reads a record; a text says why it is none. */
export function parseRecord(text: string): DoctorRecord | string {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return 'it is no JSON';
  }
  if (typeof document !== 'object' || document === null) return 'it is no set of readings';
  const { apiVersion, kind, site, readings } = document as Partial<DoctorRecord>;
  if (kind !== RECORD_KIND) return `its kind is not ${RECORD_KIND}`;
  if (apiVersion !== RECORD_VERSION) return `its apiVersion is not ${RECORD_VERSION}`;
  if (typeof site !== 'string' || !isReadings(readings)) return 'parts of it are missing';
  return document as DoctorRecord;
}

function isReadings(value: unknown): value is Readings {
  if (typeof value !== 'object' || value === null) return false;
  const { takenAt, etcd, nodes, host, bigips } = value as Partial<Readings>;
  const sources = [etcd, nodes, host, ...(Array.isArray(bigips) ? bigips : []).map(deviceOf)];
  return typeof takenAt === 'string' && Array.isArray(bigips) && sources.every(isReading);
}

function deviceOf(unit: unknown): unknown {
  return typeof unit === 'object' && unit !== null && 'device' in unit ? unit.device : null;
}

function isReading(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || !('state' in value)) return false;
  if (value.state === 'read') {
    return 'value' in value && typeof value.value === 'object' && value.value !== null;
  }
  return (value.state === 'skipped' || value.state === 'failed') && 'why' in value;
}
