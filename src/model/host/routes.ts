import { contains, parseAddress, parseSubnet } from '../address.ts';
import type { Route } from './state.ts';

/** The route by which the kernel sends to an address: the longest prefix, then the smallest metric. */
export function routeTo(routes: readonly Route[], address: string): Route | undefined {
  const to = parseAddress(address);
  if (to === null) return undefined;
  let best: { readonly route: Route; readonly length: number } | undefined;
  for (const route of routes) {
    const length = matches(route, to);
    if (length === null) continue;
    const isBetter =
      best === undefined ||
      length > best.length ||
      (length === best.length && route.metric < best.route.metric);
    if (isBetter) best = { route, length };
  }
  return best?.route;
}

/** The prefix length of a route that leads to an address; null when it does not. */
function matches(
  { dst }: Route,
  to: { readonly family: 4 | 6; readonly value: bigint },
): number | null {
  if (dst === 'default') return 0;
  const subnet = subnetOf(dst);
  return subnet?.family === to.family && contains(subnet, to.value) ? subnet.length : null;
}

/** The destination of a route; the kernel leaves the prefix length of a single address out. */
export function subnetOf(dst: string) {
  if (dst.includes('/')) return parseSubnet(dst);
  const address = parseAddress(dst);
  if (address === null) return null;
  const { family, value } = address;
  return { family, base: value, length: family === 4 ? 32 : 128 };
}
