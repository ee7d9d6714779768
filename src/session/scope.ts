import { EXIT, Problem } from '../model/problem.ts';
import type { BigIp, Site } from '../model/site.ts';
import { didYouMean } from '../model/suggest.ts';
import { writeProse } from '../output/prose.ts';
import { printable } from '../output/style.ts';
import type { World } from '../world.ts';
import type { Args } from './options.ts';

const SCOPES = ['etcd', 'nodes', 'bigip'] as const;

/** What `diff` and `apply` are about. */
export type Scope = Readonly<Record<(typeof SCOPES)[number], boolean>>;

/** The BIG-IPs that are in scope: with `all` those whose management is known. */
export function bigipsInScope(site: Site, args: Args, world: World): readonly BigIp[] {
  if (!scopeOf(args).bigip) return [];
  if (!args.list('scope').includes('all')) return site.bigips;
  const unmanaged = site.bigips.filter(({ management }) => management === null);
  if (unmanaged.length > 0) {
    const names = unmanaged.map(({ name }) => name).join(', ');
    const text = `${names}: left out of --scope all, since nothing says how it is managed (management.url)`;
    writeProse(world.stderr, printable(text), world.env);
  }
  return site.bigips.filter(({ management }) => management !== null);
}

/**
 * What `diff` and `apply` are about.
 *
 * @param byDefault what counts where the option is not given
 * @throws Problem (exit 64) for a scope that there is not
 */
export function scopeOf(args: Args, byDefault = 'etcd'): Scope {
  const given = args.list('scope');
  const named = given.length === 0 ? [byDefault] : given;
  const scopes = named.flatMap((one) => (one === 'all' ? SCOPES : one));
  const unknown = scopes.find((one) => !SCOPES.some((scope) => scope === one));
  if (unknown !== undefined) {
    throw new Problem(`--scope ${unknown} is none of ${SCOPES.join(', ')}, all`, {
      exit: EXIT.usage,
      fix: didYouMean(unknown, [...SCOPES, 'all']),
    });
  }
  return {
    etcd: scopes.includes('etcd'),
    nodes: scopes.includes('nodes'),
    bigip: scopes.includes('bigip'),
  };
}

/** What `doctor` looks at, and what of that was asked for by name: that must not be missing. */
export function doctorScope(args: Args): Scope & { isNamed(scope: keyof Scope): boolean } {
  const named = args.list('scope');
  return { ...scopeOf(args, 'all'), isNamed: (scope) => named.includes(scope) };
}
