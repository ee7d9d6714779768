/** Where flannel's Kubernetes subnet manager writes, and CIS reads (cis.md, section 1). */
const PREFIX = 'flannel.alpha.coreos.com/';

export const BACKEND_DATA = `${PREFIX}backend-data`;
export const PUBLIC_IP = `${PREFIX}public-ip`;

/** The only annotations of a Node that this program ever touches. */
export const ANNOTATIONS = [
  BACKEND_DATA,
  `${PREFIX}backend-type`,
  `${PREFIX}kube-subnet-manager`,
  PUBLIC_IP,
] as const;

export type Annotation = (typeof ANNOTATIONS)[number];

/**
 * What a Node's annotations must say for CIS to reach its pods.
 *
 * @param mac lower case with colons
 */
export function annotationsOf(publicIP: string, mac: string): Readonly<Record<Annotation, string>> {
  return {
    // VtepMAC is the first key and the only one: every version of CIS reads that right.
    [BACKEND_DATA]: JSON.stringify({ VtepMAC: mac }),
    [`${PREFIX}backend-type`]: 'vxlan',
    [`${PREFIX}kube-subnet-manager`]: 'true',
    [PUBLIC_IP]: publicIP,
  } as Record<Annotation, string>;
}

/** The MAC that CIS takes from `backend-data`; null when it reads none. */
export function macByJson(text: string): string | null {
  // CIS 1.14.1, 1.14.2, 2.2.2 and later: Go's map takes the last of equal keys, in their exact case.
  try {
    const data: unknown = JSON.parse(text);
    if (typeof data !== 'object' || data === null || !Object.hasOwn(data, 'VtepMAC')) return null;
    const { VtepMAC } = data as { VtepMAC: unknown };
    return typeof VtepMAC === 'string' ? VtepMAC : null;
  } catch {
    return null;
  }
}

/** As `macByJson`, in CIS up to 1.14.0 and 2.0.0 to 2.2.1, which split the text at its quotes. */
export function macByQuotes(text: string): string | null {
  const pieces = text.split('"');
  return pieces.length < 5 ? null : (pieces[3] ?? null);
}

/** Whether every version of CIS reads this very MAC from `backend-data`. */
function isReadRight(text: string, mac: string): boolean {
  return macByJson(text) === mac && macByQuotes(text) === mac;
}

/** The annotations that are to be set, with what they are now. */
export function differences(
  now: Readonly<Record<string, string>>,
  publicIP: string,
  mac: string,
): { readonly annotation: Annotation; readonly before: string | null; readonly after: string }[] {
  const wanted = annotationsOf(publicIP, mac);
  return ANNOTATIONS.flatMap((annotation) => {
    const before = now[annotation] ?? null;
    const after = wanted[annotation];
    const isRight =
      before === after ||
      (annotation === BACKEND_DATA && before !== null && isReadRight(before, mac));
    return isRight ? [] : [{ annotation, before, after }];
  });
}
