/**
 * flanneld's environment file, as packages and unit files have it (`/etc/sysconfig/flanneld`,
 * `/etc/default/flanneld`): what it says of etcd.
 */

/** What flanneld is told of etcd; texts as written. */
export interface FlanneldSettings {
  readonly endpoints?: string;
  readonly prefix?: string;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly user?: string;
  readonly password?: string;
}

/** flanneld's flag for each setting; its variables are the same in capitals behind FLANNELD_. */
const FLAGS = {
  endpoints: 'etcd-endpoints',
  prefix: 'etcd-prefix',
  ca: 'etcd-cafile',
  cert: 'etcd-certfile',
  key: 'etcd-keyfile',
  user: 'etcd-username',
  password: 'etcd-password',
} as const satisfies Record<keyof FlanneldSettings, string>;

/** Names that only packages of RHEL and CentOS use. */
const PACKAGE_NAMES: Partial<Record<keyof FlanneldSettings, string>> = {
  endpoints: 'FLANNEL_ETCD',
  prefix: 'FLANNEL_ETCD_KEY',
};

/** Variables that unit files hand to flanneld as its arguments. */
const ARGUMENTS = /^(FLANNELD?_(OPTIONS|OPTS|ARGS)|DAEMON_(ARGS|OPTS))$/;

/**
 * Reads the text of an environment file. Nothing is evaluated: a value that refers to another
 * variable counts as not set. Arguments come before variables, as in flanneld itself.
 */
export function readFlanneldEnvironment(text: string): FlanneldSettings {
  const variables = parseAssignments(text);
  const words = [...variables].flatMap(([name, value]) =>
    ARGUMENTS.test(name) ? splitWords(value) : [],
  );
  const settings = Object.entries(FLAGS).map(([setting, flag]) => {
    const name = flag.toUpperCase().replaceAll('-', '_');
    const names = [
      `FLANNELD_${name}`,
      `FLANNEL_${name}`,
      PACKAGE_NAMES[setting as keyof FlanneldSettings] ?? '',
    ];
    const found = [flagValue(words, flag), ...names.map((one) => variables.get(one))];
    return [setting, found.find((value) => value !== undefined && isLiteral(value, setting))];
  });
  return Object.fromEntries(settings.filter(([, value]) => value !== undefined));
}

function isLiteral(value: string, setting: string): boolean {
  return value !== '' && (setting === 'password' || !value.includes('$'));
}

/** The head of an assignment; its value follows. */
const HEAD = /^[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)=/gm;

/** `NAME=VALUE` lines by name, the last of equal ones; a line may go on behind a backslash. */
function parseAssignments(text: string): Map<string, string> {
  const whole = text.replaceAll('\r\n', '\n').replaceAll('\\\n', '');
  const found = new Map<string, string>();
  const head = new RegExp(HEAD);
  for (let match = head.exec(whole); match !== null; match = head.exec(whole)) {
    const [begin, end] = [head.lastIndex, endOfValue(whole, head.lastIndex)];
    found.set(match[1] ?? '', splitWords(whole.slice(begin, end)).join(' '));
    head.lastIndex = end;
  }
  return found;
}

/** Where a value ends: with its line, unless the line break is quoted. */
function endOfValue(text: string, begin: number): number {
  let at = begin;
  while (at < text.length && text[at] !== '\n') {
    const end = endOfPiece(text, at);
    if (end === null) break;
    at = end;
  }
  return at;
}

/**
 * Behind a quoted piece, an escaped character, or a character; null where a quote is not closed or a
 * backslash is the last character. Not one pattern for all of it: it would need a stack as deep as
 * a value is long.
 */
function endOfPiece(text: string, at: number): number | null {
  const first = text[at];
  if (first === '\\') return at + 1 < text.length ? at + 2 : null;
  if (first !== "'" && first !== '"') return at + 1;
  for (let i = at + 1; i < text.length; i++) {
    if (text[i] === first) return i + 1;
    if (first === '"' && text[i] === '\\') i += 1;
  }
  return null;
}

/** The words of a line, as systemd and a shell see them before any expansion; no comment. */
function splitWords(text: string): string[] {
  const words: string[] = [];
  let at = 0;
  while (at < text.length) {
    const begin = at;
    for (let end = endOfWordPiece(text, at); end !== null; end = endOfWordPiece(text, at)) at = end;
    if (at > begin) words.push(text.slice(begin, at));
    // A blank, or what no word can begin with.
    else at += 1;
  }
  const comment = words.findIndex((word) => word.startsWith('#'));
  return (comment < 0 ? words : words.slice(0, comment)).map(withoutQuotes);
}

function endOfWordPiece(text: string, at: number): number | null {
  return at >= text.length || /\s/.test(text[at] ?? '') ? null : endOfPiece(text, at);
}

function withoutQuotes(word: string): string {
  const pieces: string[] = [];
  for (let at = 0; at < word.length; ) {
    const end = endOfPiece(word, at) ?? word.length;
    pieces.push(unquoted(word.slice(at, end)));
    at = end;
  }
  return pieces.join('');
}

function unquoted(piece: string): string {
  if (piece.length < 2) return piece;
  if (piece.startsWith("'")) return piece.slice(1, -1);
  // Inside double quotes a backslash stands for itself, except before what it can escape.
  if (piece.startsWith('"')) return piece.slice(1, -1).replace(/\\(["\\$`])/g, '$1');
  return piece.slice(1);
}

/** The value of flanneld's flag among its arguments, the last of several, as Go reads them. */
function flagValue(words: readonly string[], flag: string): string | undefined {
  let value: string | undefined;
  for (const [i, word] of words.entries()) {
    const match = /^--?([\w-]+)(?:=(.*))?$/.exec(word);
    if (match?.[1] === flag) value = match[2] ?? words[i + 1];
  }
  return value;
}
