import type { Change } from './change.ts';
import { differences, type FieldChange } from './compare-config.ts';
import { leaseDocument } from './lease-value.ts';
import type { LiveLease } from './snapshot.ts';

/** A lease's decoded value; undecodable text as it is. */
export function documentOf(lease: LiveLease): unknown {
  const { value } = lease.stored;
  return typeof lease.value === 'string' ? value : leaseDocument(value);
}

/** Fields in which two lease documents differ, the MAC lifted out of its wrapper. */
export function leaseFields(before: unknown, after: unknown): FieldChange[] {
  const flat = (document: unknown): Map<string, unknown> => {
    if (typeof document !== 'object' || document === null) return new Map();
    return new Map(
      Object.entries(document).flatMap(([key, value]: [string, unknown]): [string, unknown][] =>
        typeof value === 'object' && value !== null
          ? Object.entries(value).map(([inner, member]) => [`${key}.${inner}`, member])
          : [[key, value]],
      ),
    );
  };
  return differences(flat(before), flat(after));
}

/** The removal of one lease, guarded by what was read. */
export function planRemoval(lease: LiveLease, name: string | null = null): Change {
  const before = documentOf(lease);
  return {
    action: 'delete',
    kind: 'lease',
    key: lease.stored.key,
    name,
    before,
    after: null,
    fields: leaseFields(before, null),
    value: null,
    ttl: null,
    liveValue: lease.stored.value,
    revision: lease.stored.revision,
  };
}

/** Puts a lease's value as it stands elsewhere, over the live one or where none is. */
export function planCopy(copy: LiveLease, live: LiveLease | undefined, ttl: number | null): Change {
  const [before, after] = [live === undefined ? null : documentOf(live), documentOf(copy)];
  return {
    action: live === undefined ? 'create' : 'update',
    kind: 'lease',
    key: copy.stored.key,
    name: null,
    before,
    after,
    fields: [
      ...leaseFields(before, after),
      ...(live?.stored.expires && ttl === null
        ? [{ field: 'expires', before: true, after: false }]
        : []),
    ],
    value: copy.stored.value,
    ttl,
    liveValue: live?.stored.value ?? null,
    revision: live?.stored.revision ?? null,
  };
}
