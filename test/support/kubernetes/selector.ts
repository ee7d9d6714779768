import type { NodeObject } from './node-store.ts';
import { Refused } from './status.ts';

type Labels = Readonly<Record<string, string>>;

/**
 * Which Nodes a list or a watch is about. Reads label selectors by itself, not with the program's own
 * reader: tests with both would not see what that one gets wrong.
 *
 * @throws Refused 400 for what is no selector, or selects by a field that Nodes are not selected by
 */
export function selector(query: URLSearchParams): (node: NodeObject) => boolean {
  const requirements = split(query.get('labelSelector') ?? '').map(requirement);
  const hasName = nameSelector(query.get('fieldSelector') ?? '');
  return ({ metadata: { name, labels = {} } }) =>
    hasName(name) && requirements.every((holds) => holds(labels));
}

/** Parts between commas; those in brackets are not between requirements. */
function split(text: string): string[] {
  if (text.trim() === '') return [];
  const parts = [''];
  let depth = 0;
  for (const char of text) {
    if (char === '(') depth += 1;
    if (char === ')') depth -= 1;
    if (char === ',' && depth === 0) parts.push('');
    else parts.push(`${parts.pop()}${char}`);
  }
  return parts.map((part) => part.trim());
}

function requirement(text: string): (labels: Labels) => boolean {
  const [, key = '', operator = '', value = ''] =
    /^(!?\s*[\w./-]+)\s*(==|=|!=|\bin\b|\bnotin\b|$)\s*(.*)$/.exec(text) ?? [];
  const isSet = operator === 'in' || operator === 'notin';
  const values = isSet ? /^\(([^()]*)\)$/.exec(value)?.[1]?.split(',') : [value];
  const wrong = key === '' || values === undefined || (key.startsWith('!') && operator !== '');
  if (wrong || !values.every((one) => /^[\w.-]*$/.test(one.trim()))) {
    throw new Refused(400, `unable to parse requirement: ${JSON.stringify(text)}`);
  }
  const name = key.replace(/^!\s*/, '');
  const wanted = new Set<string | null>(values.map((one) => one.trim()));
  const valueIn = (labels: Labels) => (Object.hasOwn(labels, name) ? (labels[name] ?? null) : null);
  switch (operator) {
    case '':
      return (labels) => (valueIn(labels) === null) === key.startsWith('!');
    case '!=':
    case 'notin':
      return (labels) => !wanted.has(valueIn(labels));
    default:
      return (labels) => wanted.has(valueIn(labels));
  }
}

function nameSelector(text: string): (name: string) => boolean {
  if (text === '') return () => true;
  const [, field = '', operator, value] = /^([\w.]+)\s*(==|=|!=)\s*(.*)$/.exec(text) ?? [];
  if (field === 'metadata.name') return (name) => (name === value) === (operator !== '!=');
  throw new Refused(
    400,
    `Unable to find "/v1, Resource=nodes" that match label selector "", field selector ${JSON.stringify(text)}: field label not supported: ${field}`,
  );
}
