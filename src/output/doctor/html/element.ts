import { printable } from '../../style.ts';
import { attributesText, xmlText } from '../../xml.ts';

/** Markup that is finished: what goes into it is escaped already. */
export class Markup {
  constructor(readonly text: string) {}
}

type Child = Markup | string | number | null;

/** One element, well-formed as HTML and as XML; strings are escaped. */
export function element(
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  ...children: readonly (Child | readonly Child[])[]
): Markup {
  const open = [name, attributesText(attributes)].filter(Boolean).join(' ');
  const inner = children.flat().map(childText).join('');
  return new Markup(inner === '' && VOID.has(name) ? `<${open}/>` : `<${open}>${inner}</${name}>`);
}

/** Elements that have no end tag in HTML, and shapes of SVG. */
const VOID = new Set(['meta', 'br', 'rect', 'line', 'circle', 'path']);

function childText(child: Child): string {
  if (child === null) return '';
  if (child instanceof Markup) return child.text;
  return xmlText(printable(String(child)));
}

/** Text that is at most so many letters long, with the whole of it as a title. */
export function cut(text: string, letters: number): readonly Child[] {
  if (text.length <= letters) return [text];
  return [element('title', {}, text), `${text.slice(0, letters - 1)}…`];
}

/** A drawing that scales with the page. */
export function drawing(
  size: { readonly width: number; readonly height: number },
  about: { readonly title: string; readonly description: string },
  children: readonly Markup[],
): Markup {
  const { width, height } = size;
  return element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      viewBox: `0 0 ${width} ${height}`,
      role: 'img',
      style: `max-width:${width}px`,
    },
    element('title', {}, about.title),
    element('desc', {}, about.description),
    children,
  );
}
