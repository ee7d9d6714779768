// The library that reads YAML hands every token through up to five generators, which is a third of the time
// that reading takes. Its methods need not stop in the middle of their work: here they put their tokens
// into a list, and only what callers use is a generator still.
const GENERATOR = /^( {4})\*(\w+)(\(.*\) \{)$/gm;

/** What others call, with as little as that in one step. */
const PUBLIC = ['lex', 'next', 'end'];

/** Goes on as it is: it is a loop over the others. */
const LOOP = 'parse';

/**
 * Lexer or parser of `yaml` without its inner generators.
 *
 * @param code source of `parse/lexer.js` or `parse/parser.js`
 * @throws Error when it is written in another way than known
 */
export function withoutGenerators(code) {
  const found = [...code.matchAll(GENERATOR)];
  if (found.length < 14) throw new Error('the parser of yaml is written in another way now');
  const methods = found.map(({ 2: name, index }, i) =>
    rewritten(name, code.slice(index, found[i + 1]?.index)),
  );
  return code.slice(0, found[0].index) + methods.join('');
}

function rewritten(name, source) {
  if (name === LOOP) return source;
  const plain = source
    .replace(GENERATOR, (_, indent, own, rest) => `${indent}${plainName(own)}${rest}`)
    .replaceAll('yield* ', '')
    .replace(/yield ([^;]+);/g, 'this.given.push($1);');
  if (/\byield\b/.test(plain)) throw new Error(`${name} of yaml yields in another way now`);
  if (!PUBLIC.includes(name)) return plain;
  return `    *${name}(...wanted) { this.given = []; this.${plainName(name)}(...wanted); yield* this.given; }\n${plain}`;
}

function plainName(name) {
  return PUBLIC.includes(name) ? `${name}ToList` : name;
}
