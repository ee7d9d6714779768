/** Whether labels are what a selector asks for. */
export type LabelSelector = (labels: Readonly<Record<string, string>>) => boolean;

const KEY = '[A-Za-z0-9](?:[-A-Za-z0-9_./]*[A-Za-z0-9])?';
const VALUE = '(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?)?';

const EXISTS = new RegExp(`^(!?)\\s*(${KEY})$`);
const EQUALS = new RegExp(`^(${KEY})\\s*(==|=|!=)\\s*(${VALUE})$`);
const IN = new RegExp(`^(${KEY})\\s+(in|notin)\\s*\\(\\s*([^()]*?)\\s*\\)$`);
const ONE_VALUE = new RegExp(`^${VALUE}$`);

/**
 * Reads a label selector as kubectl takes it: `key`, `!key`, `key=value`, `key!=value`,
 * `key in (a, b)`, `key notin (a, b)`, several with commas between, all of which must hold. Null when it is none.
 */
export function parseLabelSelector(text: string): LabelSelector | null {
  // Commas in brackets part values, those outside requirements.
  const parts = text.split(/,(?![^(]*\))/).map((part) => part.trim());
  const requirements = parts.map(parseRequirement);
  const known = requirements.filter((one) => one !== null);
  if (known.length < parts.length) return null;
  return (labels) => known.every((holds) => holds(labels));
}

function parseRequirement(text: string): LabelSelector | null {
  const exists = EXISTS.exec(text);
  if (exists) {
    const [, not, key = ''] = exists;
    return (labels) => Object.hasOwn(labels, key) === (not === '');
  }
  const equals = EQUALS.exec(text);
  if (equals) {
    const [, key = '', operator, value = ''] = equals;
    return oneOf(key, [value], operator !== '!=');
  }
  const [, key = '', operator, list = ''] = IN.exec(text) ?? [];
  const values = list.split(',').map((value) => value.trim());
  if (operator === undefined || !values.every((value) => ONE_VALUE.test(value))) return null;
  return oneOf(key, values, operator === 'in');
}

/** What is not to have a value may also lack the key. */
function oneOf(key: string, values: readonly string[], wanted: boolean): LabelSelector {
  return (labels) => {
    const has = Object.hasOwn(labels, key) && values.includes(labels[key] ?? '');
    return has === wanted;
  };
}
