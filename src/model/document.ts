import type { Subnet } from './address.ts';
import { checkNetwork, type EtcdApi } from './check-network.ts';
import { parseEmbeddedJson } from './embedded-json.ts';
import { compareFindings, type Finding, type RuleId } from './finding.ts';
import type { FlannelRelease } from './flannel-release.ts';
import { filterFindings, type IgnoredFinding } from './ignore.ts';
import { parseJsonText } from './json-source.ts';
import { embeddedConfigs, isManifest } from './manifest.ts';
import { editsFor, type MendedPart, type TextEdit } from './mend.ts';
import { readSite, withSpan } from './read-site.ts';
import type { Site } from './site.ts';
import {
  hasTooManyValues,
  LineIndex,
  lastEntry,
  MAX_VALUES,
  type ParsedText,
  type SourceNode,
} from './source.ts';
import { onlyDocument, type ParsedDocuments, parseYamlDocuments } from './yaml-source.ts';

/** What a text is; `manifest` is Kubernetes', whose ConfigMaps may hold a network config. */
export type DocumentKind = 'site' | 'network-config' | 'manifest';

/** A file's text after all checks. */
export interface CheckedDocument {
  /** Null when the text cannot be told. */
  readonly kind: DocumentKind | null;
  /** The site when the document is one and no rule found an error. */
  readonly site: Site | null;
  /** Errors first. */
  readonly findings: readonly LocatedFinding[];
  readonly ignored: readonly IgnoredFinding[];
  readonly lines: LineIndex;
}

/** A finding with its place in the text, and the edits that would mend it. */
export interface LocatedFinding extends Finding {
  readonly edits?: readonly TextEdit[];
}

/** What a document is judged by besides itself. */
export interface CheckOptions {
  /** Overrides what a site file says of etcd's stores. */
  readonly api?: EtcdApi | undefined;
  /** The one release whose rules hold. */
  readonly release?: FlannelRelease | undefined;
  /** BIG-IPs' subnets that network configs without a site must leave out. */
  readonly reserved?: readonly Subnet[];
  /** Rules that are not reported on network configs without a site. */
  readonly ignore?: readonly RuleId[];
}

/** What only a site file, a network config or its ConfigMap is likely to say. */
const TRACES =
  /flannel-bigip\/|net-conf\.json|["']?(?:ipv6)?(?:network|subnet(?:len|min|max))["']?\s*:/i;

/** Whether a text of unknown origin is worth checking; cheap, and rather once too often. */
export function concernsFlannel(text: string): boolean {
  return TRACES.test(text);
}

/** Reads and checks a site file, a bare network config or a Kubernetes manifest that holds one. */
export function checkDocument(
  text: string,
  fileName: string,
  options: CheckOptions = {},
): CheckedDocument {
  const lines = new LineIndex(text);
  const checked = checkText(text, fileName, options);
  return {
    ignored: [],
    site: null,
    ...checked,
    lines,
    findings: [...checked.findings].sort(compareFindings),
  };
}

/** The tree of a site file, whatever its rules say of it; null when it is none or cannot be read. */
export function siteRoot(text: string, fileName: string): SourceNode | null {
  const { parsed } = parseText(text, fileName);
  const one = parsed.ok ? onlyDocument(parsed.roots) : parsed;
  return one.ok && !hasTooManyValues(one.root) && isSite(one.root) ? one.root : null;
}

type Checked = Pick<CheckedDocument, 'kind' | 'findings'> &
  Partial<Pick<CheckedDocument, 'ignored' | 'site'>>;

function checkText(text: string, fileName: string, options: CheckOptions): Checked {
  const { parsed, language } = parseText(text, fileName);
  if (parsed.ok && parsed.roots.some(isManifest)) {
    return checkManifest(parsed.roots, text, options);
  }
  const one = parsed.ok ? onlyDocument(parsed.roots) : parsed;
  if (!one.ok) {
    const bare = language === 'json' && !/"(apiVersion|bigips)"/.test(text);
    return { kind: bare ? 'network-config' : null, findings: syntaxFindings(one, bare) };
  }
  const { root } = one;
  if (hasTooManyValues(root)) {
    return { kind: isSite(root) ? 'site' : 'network-config', findings: [tooManyValues(root)] };
  }
  if (!isSite(root)) return { kind: 'network-config', ...checkBare(root, text, options) };
  const { site, findings, ignored } = readSite(root, options);
  const network = lastEntry(root, 'network')?.value ?? root;
  const located = locate(findings, { root, network, text });
  return { kind: 'site', site, findings: located, ignored };
}

/** Every network config in a manifest's ConfigMaps. */
function checkManifest(roots: readonly SourceNode[], text: string, options: CheckOptions): Checked {
  const kind = 'manifest';
  const configs = roots.flatMap(embeddedConfigs);
  if (configs.length === 0) {
    const message = 'this Kubernetes manifest has no ConfigMap with a net-conf.json';
    const fix = 'name the file that holds the network config';
    const finding = {
      rule: 'no-network-config',
      severity: 'error',
      message,
      fix,
      path: '',
    } as const;
    return { kind, findings: [{ ...finding, span: { start: 0, end: 0 } }] };
  }
  const checked = configs.map((scalar) => checkEmbedded(scalar, text, options));
  return {
    kind,
    findings: checked.flatMap(({ findings }) => findings),
    ignored: checked.flatMap(({ ignored }) => ignored),
  };
}

function checkEmbedded(scalar: SourceNode, text: string, options: CheckOptions) {
  if (scalar.kind !== 'string') {
    const message = 'net-conf.json must be text';
    const { span } = scalar;
    const finding = { rule: 'wrong-type', severity: 'error', message, path: '', span } as const;
    return { findings: [finding], ignored: [] };
  }
  const parsed = parseEmbeddedJson(text, scalar);
  if (!parsed.ok) return { findings: syntaxFindings(parsed, true), ignored: [] };
  if (hasTooManyValues(parsed.root)) return { findings: [tooManyValues(scalar)], ignored: [] };
  return checkBare(parsed.root, text, options);
}

function checkBare(root: SourceNode, text: string, options: CheckOptions) {
  const { api = 'auto', release, reserved = [], ignore = [] } = options;
  const withBigip = reserved.length > 0;
  const { findings } = checkNetwork(root, { api, release, reserved, withBigip, base: '' });
  const wishes = ignore.map((rule) => ({ rule, place: null, reason: '--ignore', path: '' }));
  const filtered = filterFindings(
    findings.map((finding) => withSpan(finding, root)),
    wishes,
  );
  const located = locate(filtered.findings, { root, network: root, text });
  return { findings: located, ignored: filtered.ignored };
}

/** Turns the mends of findings into edits of their text. */
function locate(findings: readonly Finding[], part: MendedPart): LocatedFinding[] {
  // What a misspelt or doubled key was to say of the range, only a person knows.
  const unclear = findings.some(({ rule }) => rule === 'unknown-key' || rule === 'duplicate-key');
  return findings.map((finding) => {
    if (finding.mend === undefined || (unclear && 'fields' in finding.mend)) return finding;
    const edits = editsFor(finding, part);
    return edits.length > 0 ? { ...finding, edits } : finding;
  });
}

/** The rules compare values with one another: of very many they would never get through. */
function tooManyValues({ span: { start } }: SourceNode): Finding {
  return {
    rule: 'syntax',
    severity: 'error',
    message: `there are more than ${MAX_VALUES} values, so it is no config`,
    fix: 'check that this is the file that was meant',
    path: '',
    span: { start, end: start + 1 },
  };
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
): { readonly parsed: ParsedDocuments; readonly language: 'json' | 'yaml' } {
  const isYamlFile = /\.ya?ml$/i.test(fileName);
  if (!isYamlFile && (/\.(json|conf)$/i.test(fileName) || JSON_START.test(text))) {
    return { parsed: parseJson(text), language: 'json' };
  }
  const yaml = parseYamlDocuments(text);
  const looksLikeJson =
    JSON_START.test(text) || (yaml.ok && text[yaml.roots[0].span.start] === '{');
  const known = yaml.ok && yaml.roots.some((root) => isSite(root) || isManifest(root));
  if (!looksLikeJson || known) return { parsed: yaml, language: 'yaml' };
  return { parsed: parseJson(text), language: 'json' };
}

function parseJson(text: string): ParsedDocuments {
  const parsed = parseJsonText(text);
  return parsed.ok ? { ok: true, roots: [parsed.root] } : parsed;
}

/** A site has keys that a network config cannot have, or a `network` that is no CIDR text. */
function isSite(root: SourceNode): boolean {
  return (
    ['apiVersion', 'kind', 'bigips', 'etcd'].some((key) => lastEntry(root, key) !== undefined) ||
    lastEntry(root, 'network')?.value.kind === 'object'
  );
}
