import { killSuite } from './kill.ts';

killSuite('v3');
