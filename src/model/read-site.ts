import type { ErrorObject } from 'ajv';
import { checkNetwork, configPlace, type EtcdApi } from './check-network.ts';
import type { Finding } from './finding.ts';
import type { FlannelRelease } from './flannel-release.ts';
import type { SiteDocument } from './generated/documents.ts';
import { SITE_KEYS } from './generated/site-keys.ts';
import { validateSite } from './generated/site-validator.js';
import { filterFindings, type Ignore, type IgnoredFinding, readIgnores } from './ignore.ts';
import { BigIpReader } from './read-bigip.ts';
import { checkBigips } from './rules/bigips.ts';
import { checkKubernetes } from './rules/kubernetes.ts';
import type { Site } from './site.ts';
import {
  followPointer,
  lastEntry,
  type ObjectEntry,
  pointerStep,
  type SourceNode,
  toValue,
} from './source.ts';
import { didYouMean, suggest } from './suggest.ts';

/** A site document after all rules: the site when no rule found an error, and every finding. */
export interface ReadSite {
  readonly site: Site | null;
  readonly findings: readonly Finding[];
  /** What the document's own `ignore` list keeps from being reported. */
  readonly ignored: readonly IgnoredFinding[];
}

/** What overrides the document. */
interface ReadOptions {
  readonly api?: EtcdApi | undefined;
  readonly release?: FlannelRelease | undefined;
}

/**
 * Reads a site document: structure by the JSON Schema, the network by flannel's checks, the rest
 * by this program's rules. What the document wants ignored is left out of the findings.
 */
export function readSite(root: SourceNode, { api, release }: ReadOptions = {}): ReadSite {
  const value = toValue(root);
  const structure = checkStructure(root, value);
  const document = value as Partial<SiteDocument>;
  const networkNode = lastEntry(root, 'network')?.value;
  if (networkNode === undefined) return { site: null, findings: structure, ignored: [] };

  const bigipNodes = lastEntry(root, 'bigips')?.value;
  const declared = bigipNodes?.kind === 'array' ? bigipNodes.items : [];
  const network = checkNetwork(networkNode, {
    api: api ?? validApi(document.etcd?.api),
    release,
    withBigip: declared.length > 0,
    base: '/network',
  });
  const reader = new BigIpReader();
  const bigips = declared.map((node, index) => reader.read(node, `/bigips/${index}`));
  const known = bigips.filter((bigip) => bigip !== null);
  const wishes = readIgnores(root);
  const filtered = filterFindings(
    [
      ...structure,
      ...network.findings,
      ...reader.findings,
      ...checkKubernetes(document.kubernetes),
      ...(network.config
        ? checkBigips(known, network.config, configPlace(networkNode, '/network'))
        : []),
      ...wishes.findings,
    ].map((finding) => withSpan(finding, root)),
    wishes.ignores,
  );
  const unused = filtered.unused.map((ignore) => withSpan(unusedIgnore(ignore), root));
  const findings = [...filtered.findings, ...unused];
  const { ignored } = filtered;
  const broken = findings.some((finding) => finding.severity === 'error');
  if (broken || network.config === null) return { site: null, findings, ignored };
  return {
    site: {
      name: document.name ?? '',
      etcd: { ...document.etcd },
      network: { text: JSON.stringify(document.network), config: network.config },
      bigips: known.map(({ bigip }) => bigip),
      kubernetes: { ...document.kubernetes },
    },
    findings,
    ignored,
  };
}

function unusedIgnore({ rule, place, path }: Ignore): Finding {
  const where = place === null ? 'in this file' : `at ${place}`;
  return {
    rule: 'unused-ignore',
    severity: 'warning',
    message: `${rule} has nothing to report ${where}, so there is nothing to ignore`,
    fix: 'take it out',
    path,
  };
}

function validApi(api: unknown): EtcdApi {
  return api === 'v2' || api === 'v3' ? api : 'auto';
}

/** Adds the place in the text that a finding's pointer leads to. */
export function withSpan(finding: Finding, root: SourceNode): Finding {
  if (finding.span !== undefined) return finding;
  return { ...finding, span: followPointer(root, finding.path).node.span };
}

function checkStructure(root: SourceNode, value: unknown): Finding[] {
  const findings = duplicateKeys(root, '');
  if (validateSite(value)) return findings;
  const errors = (validateSite.errors ?? [])
    // flannel's own checks judge the network: they fold case and know every backend's keys.
    .filter((error) => !error.instancePath.startsWith('/network/'))
    .filter((error) => error.instancePath !== '/network' || error.keyword === 'type');
  const explained = errors.map((error) => withSpan(explain(error, root), root));
  return [...findings, ...withoutTypoTwins(explained)];
}

/** A misspelt key is also a missing one: what the one finding suggests, the other need not say. */
function withoutTypoTwins(findings: readonly Finding[]): Finding[] {
  const suggested = new Set(
    findings.flatMap(({ rule, path, fix }) => {
      const key = rule === 'unknown-key' ? /^did you mean (.+)\?$/.exec(fix ?? '')?.[1] : undefined;
      return key === undefined ? [] : [`${path.slice(0, path.lastIndexOf('/'))} ${key}`];
    }),
  );
  return findings.filter(({ rule, path, message }) => {
    const key = rule === 'missing-key' ? /^`(.+?)` is missing/.exec(message)?.[1] : undefined;
    return key === undefined || !suggested.has(`${path} ${key}`);
  });
}

/** Where something is, in the user's words: a BIG-IP by its name. */
function placeName(path: string, root: SourceNode): string {
  if (path === '') return 'the site file';
  const [, list, index, ...rest] = path.split('/');
  const name = lastEntry(followPointer(root, `/${list}/${index}`).node, 'name')?.value;
  const isNamed = list === 'bigips' && index !== undefined && name?.kind === 'string';
  const parts = isNamed ? [String(name.value), ...rest] : path.slice(1).split('/');
  return parts.join('.');
}

/** Equal keys outside the network, which has a rule of its own. */
function duplicateKeys(node: SourceNode, path: string): Finding[] {
  if (node.kind === 'array') {
    return node.items.flatMap((item, i) => duplicateKeys(item, `${path}/${i}`));
  }
  if (node.kind !== 'object' || path === '/network') return [];
  const seen = new Set<string>();
  return node.entries.flatMap((entry): Finding[] => {
    const at = `${path}${pointerStep(entry.key)}`;
    const repeated = seen.has(entry.key);
    seen.add(entry.key);
    return [...(repeated ? [standsTwice(entry, at)] : []), ...duplicateKeys(entry.value, at)];
  });
}

function standsTwice({ key, keySpan }: ObjectEntry, path: string): Finding {
  const message = `${JSON.stringify(key)} stands twice`;
  return {
    rule: 'duplicate-key',
    severity: 'error',
    message,
    fix: 'keep one of them',
    path,
    span: keySpan,
  };
}

/** A schema error in the user's words. */
function explain(error: ErrorObject, root: SourceNode): Finding {
  const path = error.instancePath;
  const name = placeName(path, root);
  const { params } = error as { params: Record<string, unknown> };
  const base = { severity: 'error', path } as const;
  switch (error.keyword) {
    case 'required': {
      const key = String(params['missingProperty']);
      return { ...base, rule: 'missing-key', message: `\`${key}\` is missing in ${name}` };
    }
    case 'additionalProperties': {
      const key = String(params['additionalProperty']);
      const node = followPointer(root, path).node;
      const entry = lastEntry(node, key);
      const fix = unknownKeyFix(key, path);
      return {
        ...base,
        rule: 'unknown-key',
        message: `${name} has no key ${JSON.stringify(key)}`,
        fix,
        path: `${path}${pointerStep(key)}`,
        ...(entry ? { span: entry.keySpan } : {}),
      };
    }
    case 'type':
      return { ...base, rule: 'wrong-type', message: `${name} must be ${article(params['type'])}` };
    case 'const':
      return {
        ...base,
        rule: 'wrong-value',
        message: `${name} must be ${String(params['allowedValue'])}`,
        ...misspeltFix(path, root, [String(params['allowedValue'])]),
      };
    case 'enum': {
      const allowed = params['allowedValues'] as string[];
      return {
        ...base,
        rule: 'wrong-value',
        message: `${name} must be one of ${allowed.join(', ')}`,
        ...misspeltFix(path, root, allowed),
      };
    }
    case 'pattern':
      if (/\/management\/(partition|tunnel|profile)$/.test(path)) {
        return {
          ...base,
          rule: 'wrong-value',
          message: `${name} must be a name of letters, digits, dots, dashes and underscores`,
          fix: 'write it without its partition, like fl-tunnel',
        };
      }
      if (!path.endsWith('/place')) break;
      return {
        ...base,
        rule: 'wrong-value',
        message: `${name} must be a JSON pointer`,
        fix: 'write it like /network/Backend/Port',
      };
    case 'minimum':
    case 'maximum':
      return {
        ...base,
        rule: 'wrong-value',
        message: `${name} must be ${error.keyword === 'minimum' ? 'at least' : 'at most'} ${String(params['limit'])}`,
      };
    case 'minItems':
      return { ...base, rule: 'wrong-value', message: `${name} must not be empty` };
  }
  return {
    ...base,
    rule: 'wrong-value',
    message: `${name} must not be ${OBJECTIONS[String(params['pattern'])] ?? 'empty'}`,
  };
}

/** What a text must not be that does not match, by the patterns of the schema. */
const OBJECTIONS: Readonly<Record<string, string>> = {
  '^\\S(.*\\S)?$': 'empty, or begin or end with white space',
  '^\\S+$': 'empty, or hold white space',
  '^[^:]+$': 'empty, or hold a colon',
  '^v?[0-9]+\\.[0-9]+(\\.[0-9]+)?$': 'anything but a version like 2.20.1',
};

/** @param path JSON pointer of the object that has the key */
function unknownKeyFix(key: string, path: string): string {
  const known = SITE_KEYS[path.replace(/\/\d+/g, '')] ?? [];
  if (path.endsWith('/management') && suggest(key, [...known, 'insecure']) === 'insecure') {
    return 'write its fingerprint, or pass --insecure';
  }
  return didYouMean(key, known) ?? `known keys: ${known.join(', ')}`;
}

/** What a value at a JSON pointer was to be, where it is near. */
function misspeltFix(path: string, root: SourceNode, allowed: readonly string[]): { fix?: string } {
  const { node } = followPointer(root, path);
  const fix = node.kind === 'string' ? didYouMean(String(node.value), allowed) : undefined;
  return fix === undefined ? {} : { fix };
}

function article(type: unknown): string {
  const names: Record<string, string> = {
    object: 'a mapping of keys to values',
    array: 'a list',
    string: 'text',
  };
  return names[String(type)] ?? String(type);
}
