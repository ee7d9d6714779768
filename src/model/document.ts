import { checkNetwork, type EtcdApi } from './check-network.ts';
import { compareFindings, type Finding } from './finding.ts';
import { parseJsonText } from './json-source.ts';
import { readSite, withSpan } from './read-site.ts';
import type { Site } from './site.ts';
import { LineIndex, lastEntry, type ParsedText, type SourceNode } from './source.ts';
import { parseYamlText } from './yaml-source.ts';

/** A file's text after all checks. */
export interface CheckedDocument {
  /** `network-config` is flannel's config on its own; null when the text cannot be told. */
  readonly kind: 'site' | 'network-config' | null;
  /** The site when the document is one and no rule found an error. */
  readonly site: Site | null;
  /** Errors first. */
  readonly findings: readonly Finding[];
  readonly lines: LineIndex;
}

/** Reads and checks a site file or a bare network config, JSON or YAML. */
export function checkDocument(text: string, fileName: string, api?: EtcdApi): CheckedDocument {
  const lines = new LineIndex(text);
  const done = (
    kind: CheckedDocument['kind'],
    findings: readonly Finding[],
    site: Site | null,
  ) => ({
    kind,
    site,
    findings: [...findings].sort(compareFindings),
    lines,
  });
  const { parsed, language } = parseText(text, fileName);
  if (!parsed.ok) {
    const bare = language === 'json' && !/"(apiVersion|bigips)"/.test(text);
    return done(bare ? 'network-config' : null, syntaxFindings(parsed, bare), null);
  }
  if (isSite(parsed.root)) {
    const { site, findings } = readSite(parsed.root, api);
    return done('site', findings, site);
  }
  const options = { api: api ?? 'auto', withBigip: false, base: '' } as const;
  const { findings } = checkNetwork(parsed.root, options);
  const placed = findings.map((finding) => withSpan(finding, parsed.root));
  return done('network-config', placed, null);
}

function syntaxFindings(parsed: ParsedText & { ok: false }, bare: boolean): Finding[] {
  return parsed.problems.map(({ span, message, fix }) => ({
    rule: bare ? 'flannel-rejects' : 'syntax',
    severity: 'error',
    message: bare ? `no flannel can read this JSON: ${message}` : message,
    ...(fix ? { fix } : {}),
    path: '',
    span,
  }));
}

/** What a JSON document can begin with, after a byte-order mark and white space. */
const JSON_START = /^\ufeff?\s*[[{"]/;

/**
 * JSON where the name or the first character says so. A site file may be a YAML flow mapping; a
 * bare config that begins like JSON must be JSON, since that is all flannel reads.
 */
function parseText(
  text: string,
  fileName: string,
): { readonly parsed: ParsedText; readonly language: 'json' | 'yaml' } {
  const isYamlFile = /\.ya?ml$/i.test(fileName);
  if (!isYamlFile && (/\.(json|conf)$/i.test(fileName) || JSON_START.test(text))) {
    return { parsed: parseJsonText(text), language: 'json' };
  }
  const yaml = parseYamlText(text);
  const looksLikeJson = JSON_START.test(text) || (yaml.ok && text[yaml.root.span.start] === '{');
  if (!looksLikeJson || (yaml.ok && isSite(yaml.root))) return { parsed: yaml, language: 'yaml' };
  return { parsed: parseJsonText(text), language: 'json' };
}

/** A site has keys that a network config cannot have, or a `network` that is no CIDR text. */
function isSite(root: SourceNode): boolean {
  return (
    ['apiVersion', 'kind', 'bigips', 'etcd'].some((key) => lastEntry(root, key) !== undefined) ||
    lastEntry(root, 'network')?.value.kind === 'object'
  );
}
