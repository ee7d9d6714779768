import { StoreError } from '../../src/etcd/errors.ts';

/** What a store says when it fails, as `failure: message. Fix`, the way the command line prints it. */
export async function failureText(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    (result) => new Error(`it did not fail: ${JSON.stringify(result)}`),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof StoreError)) throw error;
  const { failure, message, fix } = error;
  const cure = fix === undefined ? '' : `. ${fix[0]?.toUpperCase()}${fix.slice(1)}`;
  return `${failure}: ${message}${cure}`;
}
