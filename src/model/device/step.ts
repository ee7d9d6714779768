import type { FdbRecord } from './objects.ts';

/** What a step is about. `fdb` is a tunnel's whole table. */
type StepTarget = 'db' | 'profile' | 'tunnel' | 'self-ip' | 'fdb' | 'fdb-record' | 'arp-entry';

type Value = string | number | boolean | null | readonly FdbRecord[];

/** An object's values by the names of objects.ts. */
export type Values = Readonly<Record<string, Value>>;

/** One request that changes a unit, with what it is guarded by. */
export interface DeviceStep {
  readonly action: 'create' | 'update' | 'delete';
  readonly target: StepTarget;
  /** Full path; of a record `TUNNEL MAC`, of a db variable its name. */
  readonly path: string;
  /** What was read and must still hold; null when the object must not be there. */
  readonly before: Values | null;
  /** What holds afterwards; null when the object is gone then. */
  readonly after: Values | null;
}

/** A field that a step changes. */
export interface StepField {
  readonly field: string;
  readonly before: Value | undefined;
  readonly after: Value | undefined;
}

/** The values of a step that differ; all of them where the object comes or goes. */
export function stepFields({ before, after }: DeviceStep): StepField[] {
  const names = [...new Set([...Object.keys(after ?? {}), ...Object.keys(before ?? {})])];
  return names.flatMap((field) => {
    const [was, is] = [before?.[field], after?.[field]];
    if (before !== null && after !== null && (is === undefined || same(was, is))) return [];
    return [{ field, before: was, after: is }];
  });
}

/** Whether all of these values hold for an object as it is read now. */
export function holds(values: Values, now: Values): boolean {
  return Object.entries(values).every(([name, value]) => same(value, now[name]));
}

function same(one: Value | undefined, other: Value | undefined): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
