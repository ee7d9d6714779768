// What `npm run demo -- --all` starts in the place of a BIG-IP and of a Kubernetes cluster.
export { startBigIp } from './bigip/device.ts';
export { startApiServer } from './kubernetes/api-server.ts';
export { nodeObject } from './kubernetes/nodes.ts';
