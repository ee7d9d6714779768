import type { Finding } from './finding.ts';
import type { BigipDocument } from './generated/documents.ts';
import { DEFAULT_NAMES, type Management } from './site.ts';

/**
 * Reads the `management` of a BIG-IP; null when there is none or it cannot be used.
 *
 * @param path JSON pointer of it
 */
export function readManagement(
  value: unknown,
  path: string,
): { readonly management: Management | null; readonly findings: readonly Finding[] } {
  const findings: Finding[] = [];
  const wrong = (key: string, message: string, fix: string) =>
    findings.push({
      rule: 'wrong-value',
      severity: 'error',
      message,
      fix,
      path: `${path}/${key}`,
    });
  if (typeof value !== 'object' || value === null) return { management: null, findings };
  const { url, ca, fingerprint, ...names } = value as Partial<
    NonNullable<BigipDocument['management']>
  >;
  const at = typeof url === 'string' ? managementUrl(url) : null;
  if (typeof url === 'string' && at === null) {
    const fix = 'write it like https://10.1.1.245, without user, password or path';
    wrong('url', `${JSON.stringify(withoutLogin(url))} is no address of a BIG-IP`, fix);
  }
  const digest = typeof fingerprint === 'string' ? parseFingerprint(fingerprint) : null;
  if (typeof fingerprint === 'string' && digest === null) {
    const fix =
      'take what openssl x509 -noout -fingerprint -sha256 prints: 32 octets in hex, with colons';
    wrong('fingerprint', 'it is no SHA-256 fingerprint', fix);
  }
  if (digest !== null && ca !== undefined) {
    wrong('ca', 'ca and fingerprint are both there, and each is enough', 'keep one of them');
  }
  if (at === null) return { management: null, findings };
  return {
    management: {
      url: at,
      ca: ca ?? null,
      fingerprint: digest,
      names: { ...DEFAULT_NAMES, ...names },
    },
    findings,
  };
}

/** `https://HOST[:PORT]` of what is written; null when it cannot be that. */
export function managementUrl(text: string): string | null {
  if (!/^https:\/\/[^/]/i.test(text) || !URL.canParse(text)) return null;
  const url = new URL(text);
  const isBare = url.pathname === '/' && url.search === '' && url.hash === '';
  return isBare && url.username === '' && url.password === '' ? url.origin : null;
}

/** A URL that somebody put a password into must not be shown with it. */
function withoutLogin(url: string): string {
  return url.replace(/\/\/.*@/s, '//');
}

/** Upper case with colons; null when it is no SHA-256 fingerprint. */
export function parseFingerprint(text: string): string | null {
  const hex = text.trim().replace(/^sha256 fingerprint=/i, '');
  return /^[\da-f]{2}(:[\da-f]{2}){31}$/i.test(hex) ? hex.toUpperCase() : null;
}
