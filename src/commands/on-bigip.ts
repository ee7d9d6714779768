// The commands about BIG-IPs, loaded together, for the reason that on-nodes.ts gives.
export { run as apply } from './bigip/apply.ts';
export { run as check } from './bigip/check.ts';
export { run as diff } from './bigip/diff.ts';
export { run as fdb } from './bigip/fdb.ts';
export { run as importValues } from './bigip/import.ts';
export { run as remove } from './bigip/remove.ts';
export { run as show } from './bigip/show.ts';
