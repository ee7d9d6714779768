// The commands that find out why traffic does not flow, loaded together, for the reason that on-nodes.ts gives.
export { run as bundle } from './doctor/bundle.ts';
export { run as doctor } from './doctor/doctor.ts';
export { run as ping } from './doctor/ping.ts';
export { run as repair } from './doctor/repair.ts';
