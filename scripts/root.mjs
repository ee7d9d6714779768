import { fileURLToPath } from 'node:url';

/** The folder of the clone. Its path may hold what a URL would escape. */
export const root = fileURLToPath(new URL('..', import.meta.url));
