// What `diff` and `apply` want of BIG-IPs, loaded together where they are in scope.
export { devicesBefore, siteAsRead } from './before-etcd.ts';
export { DeviceScope } from './device-scope.ts';
export { scopeJson, scopeText } from './plan-output.ts';
export { withDevices } from './units.ts';
