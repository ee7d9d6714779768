import type { UnitsDocument } from './apply-units.ts';

// What `diff` and `apply` want of BIG-IPs, loaded together where they are in scope.
export { applyUnits, diffUnits } from './apply-units.ts';
export { devicesBefore, siteAsRead } from './before-etcd.ts';
export { DeviceScope } from './device-scope.ts';
export { scopeJson, scopeText } from './plan-output.ts';
export { withDevices } from './units.ts';

/** A plan that is about BIG-IPs alone, in the shape of one over everything. */
export const bigipsAlone: UnitsDocument = (bigips) => ({
  changes: [],
  problems: [],
  dangers: [],
  bigips,
});
