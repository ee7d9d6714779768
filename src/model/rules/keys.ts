import { ALL_BACKEND_KEYS, BACKEND_KEYS } from '../backends.ts';
import type { Finding } from '../finding.ts';
import { foldedNames, foldKey } from '../go-decode.ts';
import { CONFIG_FIELDS, type DecodedConfig, decodeBackendType } from '../network-config.ts';
import { type ObjectEntry, pointerStep, type SourceNode } from '../source.ts';
import { didYouMean } from '../suggest.ts';

const CONFIG_KEYS = Object.keys(CONFIG_FIELDS);

/** Keys of the network config and of its `Backend` that flannel ignores, folds or overrides. */
export function checkConfigKeys(root: SourceNode, decoded: DecodedConfig, base: string): Finding[] {
  const backend = decoded.fields.Backend.at(-1)?.entry;
  return [
    ...checkKeys(root, CONFIG_KEYS, base),
    ...(backend ? checkBackendKeys(backend, `${base}${pointerStep(backend.key)}`) : []),
  ];
}

function checkBackendKeys(backend: ObjectEntry, base: string): Finding[] {
  const type = decodeBackendType(backend.value).fields.Type.findLast(
    (one) => one.value !== undefined,
  )?.value;
  const own = Object.entries(BACKEND_KEYS).find(([name]) => name === type?.toLowerCase())?.[1];
  return [
    ...checkKeys(backend.value, ALL_BACKEND_KEYS, base),
    ...(own ? unreadKeys(backend.value, type ?? '', own, base) : []),
  ];
}

/** A key that another backend knows is no misspelling, but this backend does not read it. */
function unreadKeys(
  node: SourceNode,
  type: string,
  own: Readonly<Record<string, unknown>>,
  base: string,
): Finding[] {
  if (node.kind !== 'object') return [];
  const [known, read] = [foldedNames(ALL_BACKEND_KEYS), foldedNames(own)];
  return node.entries
    .filter(({ key }) => {
      const folded = foldKey(key);
      return folded !== 'type' && known.has(folded) && !read.has(folded);
    })
    .map((entry) => ({
      rule: 'backend-key-unread',
      severity: 'warning',
      message: `the ${type} backend does not read ${entry.key}`,
      path: `${base}${pointerStep(entry.key)}`,
      span: entry.keySpan,
    }));
}

/** Unknown, repeated and oddly cased keys of one object. */
function checkKeys(node: SourceNode, known: readonly string[], base: string): Finding[] {
  if (node.kind !== 'object') return [];
  const canonical = foldedNames(known);
  const seen = new Map<string, string>();
  const findings: Finding[] = [];
  for (const entry of node.entries) {
    const at = { path: `${base}${pointerStep(entry.key)}`, span: entry.keySpan };
    const folded = foldKey(entry.key);
    const name = canonical.get(folded);
    // Keys no field takes are only the same key when they are equal to the letter.
    const identity = name === undefined ? `=${entry.key}` : folded;
    const earlier = seen.get(identity);
    seen.set(identity, entry.key);
    if (earlier !== undefined) findings.push({ ...duplicateKey(entry.key, earlier), ...at });
    if (name === undefined) findings.push({ ...unknownKey(entry.key, known), ...at });
    else if (name !== entry.key) findings.push({ ...keyCase(entry.key, name), ...at });
  }
  return findings;
}

function unknownKey(key: string, known: readonly string[]) {
  return {
    rule: 'unknown-key' as const,
    severity: 'error' as const,
    message: `flannel silently ignores the key ${JSON.stringify(key)}`,
    fix: didYouMean(key, known) ?? `known keys: ${known.join(', ')}`,
  };
}

function duplicateKey(key: string, earlier: string) {
  const same = key === earlier ? '' : ` (earlier as ${JSON.stringify(earlier)})`;
  return {
    rule: 'duplicate-key' as const,
    severity: 'error' as const,
    message: `${JSON.stringify(key)} stands twice${same}: flannel silently takes the last`,
    fix: 'keep one of them',
  };
}

function keyCase(key: string, name: string) {
  return {
    rule: 'key-case' as const,
    severity: 'warning' as const,
    message: `flannel folds case and reads ${key} as ${name}; other readers do not`,
    fix: `write ${name}`,
    mend: { key: name },
  };
}
