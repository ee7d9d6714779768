import { EXIT, Problem } from '../model/problem.ts';
import type { Args } from './options.ts';

const SCOPES = ['etcd', 'nodes'] as const;

/**
 * What `diff` and `apply` are about.
 *
 * @throws Problem (exit 64) for a scope that there is not
 */
export function scopeOf(args: Args): { readonly etcd: boolean; readonly nodes: boolean } {
  const named = args.list('scope');
  const scopes =
    named.length === 0 ? ['etcd'] : named.flatMap((one) => (one === 'all' ? SCOPES : one));
  const unknown = scopes.find((one) => !SCOPES.some((scope) => scope === one));
  if (unknown !== undefined) {
    throw new Problem(`--scope ${unknown} is none of ${SCOPES.join(', ')}, all`, {
      exit: EXIT.usage,
    });
  }
  return { etcd: scopes.includes('etcd'), nodes: scopes.includes('nodes') };
}
