import { styleOf } from '../../src/output/style.ts';

/** Without colour, as in a pipe. */
export const PLAIN = styleOf({}, {});
export const COLOURED = styleOf({}, { FORCE_COLOR: '1' });

/** Text that would clear the screen of a terminal, and what is shown of it. */
export const NASTY = 'x\u001b[2J\u202ey';
export const SHOWN = 'x\\u001b[2J\\u202ey';
