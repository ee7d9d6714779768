// The commands that copy etcd's keys, which are run far less than the others about them.
export { run as backup } from './backup.ts';
export { run as migrate } from './migrate.ts';
export { run as restore } from './restore.ts';
