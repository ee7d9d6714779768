import { clusterSuite } from './cluster.ts';

clusterSuite('v2');
