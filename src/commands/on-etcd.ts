// The commands about etcd's keys, loaded together: `--help` and `validate` need none of them.
export { run as apply } from './apply.ts';
export { run as diff } from './diff.ts';
export { run as init } from './init.ts';
export { run as list } from './list.ts';
export { run as remove } from './remove.ts';
