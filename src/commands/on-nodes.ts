// The commands about nodes, loaded together: each lazily loaded part more cuts what all share into
// smaller files, and the start of every command pays for each of them.
export { run as annotate } from './annotate.ts';
export { run as pinMac } from './pin-mac.ts';
export { run as service } from './service.ts';
export { run as watch } from './watch.ts';
