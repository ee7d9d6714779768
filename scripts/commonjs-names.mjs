// What CommonJS gives every module; esbuild puts it in where a bundled package asks for it.
import { fileURLToPath } from 'node:url';

export const __filename = fileURLToPath(import.meta.url);
export const __dirname = fileURLToPath(new URL('.', import.meta.url));
