import type { FlannelVersion } from './network-config.ts';

/** A release of flannel, all of which begin with 0. */
export interface FlannelRelease {
  readonly minor: number;
  readonly patch: number;
}

/** Reads `0.12`, `v0.12.0` or `0.20.2`; null when it is no release of flannel. */
export function parseFlannelRelease(text: string): FlannelRelease | null {
  const match = /^v?0\.(\d{1,3})(?:\.(\d{1,3}|x))?$/.exec(text);
  if (match === null) return null;
  return { minor: Number(match[1]), patch: Number(match[2]?.replace('x', '') ?? 0) };
}

/** As in messages: `v0.12.0`. */
export function formatFlannelRelease({ minor, patch }: FlannelRelease): string {
  return `v0.${minor}.${patch}`;
}

/** Whether a release is this one or a later one. */
export function isAtLeast(release: FlannelRelease, minor: number, patch = 0): boolean {
  return release.minor > minor || (release.minor === minor && release.patch >= patch);
}

/** Whose checks hold for a release: up to v0.14 flannel knew IPv4 only and checked less. */
export function judgeOf(release: FlannelRelease): FlannelVersion {
  return isAtLeast(release, 15) ? 'v0.20.0' : 'v0.12.0';
}
