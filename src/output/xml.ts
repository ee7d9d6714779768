import { printable } from './style.ts';

/** Attributes of an element, each in its quotes. */
export function attributesText(attributes: Readonly<Record<string, string | number>>): string {
  return Object.entries(attributes)
    .map(([name, value]) => `${name}="${xmlText(printable(String(value)))}"`)
    .join(' ');
}

/** Text for an element or an attribute; what XML 1.0 cannot hold at all becomes a question mark. */
export function xmlText(text: string): string {
  return text
    .replace(/\p{Surrogate}|[\ufffe\uffff]/gu, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
