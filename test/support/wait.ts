import { setTimeout as pause } from 'node:timers/promises';

/** Waits until a condition holds; fails with what was waited for when it never does. */
export async function until<T>(
  what: string,
  condition: () => Promise<T | false | null | undefined> | T | false | null | undefined,
  limit = 20_000,
): Promise<T> {
  const end = Date.now() + limit;
  let last: unknown;
  while (Date.now() < end) {
    try {
      const result = await condition();
      if (result) return result;
    } catch (error) {
      last = error;
    }
    await pause(20);
  }
  throw new Error(`waited ${limit} ms in vain for: ${what}`, { cause: last });
}
