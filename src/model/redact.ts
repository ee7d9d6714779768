/** What is shown in place of a secret. */
const MASK = '********';

const SECRET_NAME =
  /passw(?:or)?d|passphrase|secret|token|psk|private.?key|access.?key|credential/i;

/** `name: value` and `name=value` in any of the spellings of YAML, JSON and environment files. */
const ASSIGNED =
  /((?:^|[\s,{"'])[\w.-]*(?:passw(?:or)?d|passphrase|secret|token|psk|access.?key)[\w.-]*["']?\s*[:=]\s*)("(?:[^"\\]|\\.)*"|'[^']*'|[^\s,}"']+)/gim;

const PATTERNS: readonly (readonly [RegExp, string])[] = [
  [
    /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
    'PRIVATE KEY removed',
  ],
  [/(:\/\/[^/\s:@]*:)[^@\s/]+@/g, `$1${MASK}@`],
  [/\b(Bearer|Basic)\s+[\w.~+/=-]{8,}/gi, `$1 ${MASK}`],
  // A JSON Web Token, as a service account has one.
  [/\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g, MASK],
];

/**
 * Takes secrets out of a value of plain data: what is named like one, what looks like one, and those that
 * are known.
 *
 * @param known secrets as they are, e.g. passwords of this run
 */
export function redacted<T>(value: T, known: readonly string[]): T {
  return redactAny(value, known) as T;
}

function redactAny(value: unknown, known: readonly string[]): unknown {
  if (typeof value === 'string') return redactText(value, known);
  if (Array.isArray(value)) return value.map((one) => redactAny(one, known));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => {
      const isSecret = SECRET_NAME.test(key) && typeof member === 'string';
      return [redactText(key, known), isSecret ? MASK : redactAny(member, known)];
    }),
  );
}

/** Takes secrets out of a text. */
export function redactText(text: string, known: readonly string[]): string {
  let out = text;
  for (const secret of known) if (secret.length >= 4) out = out.replaceAll(secret, MASK);
  for (const [pattern, instead] of PATTERNS) out = out.replace(pattern, instead);
  return out.replace(ASSIGNED, (_all, name: string, secret: string) => {
    const quote = /^["']/.exec(secret)?.[0] ?? (/:\s*$/.test(name) ? '"' : '');
    return `${name}${quote}${MASK}${quote}`;
  });
}
