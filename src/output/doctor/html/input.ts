import type { Check } from '../../../model/doctor/check.ts';
import type { Readings } from '../../../model/doctor/readings.ts';
import type { NodeOfHost } from '../../../model/host/node-of-host.ts';
import type { Site } from '../../../model/site.ts';
import type { LiveState } from '../../../model/snapshot.ts';

/** What a page is made from. */
export interface DoctorPage {
  readonly shown: readonly Check[];
  readonly readings: Readings;
  readonly site: Site;
  /** Null when flannel's keys are not known. */
  readonly live: LiveState | null;
  /** The node that doctor ran on; null when it was none. */
  readonly own: NodeOfHost | null;
}
