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

/** `NAME=VALUE` lines by name, the last of equal ones. */
function parseAssignments(text: string): Map<string, string> {
  const variables = new Map<string, string>();
  let rest = text.replaceAll('\r\n', '\n');
  while (rest !== '') {
    const assignment = /^[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)=/.exec(rest);
    if (assignment === null) {
      // A comment, an empty line, or something a shell would run.
      rest = rest.replace(/^[^\n]*\n?/, '');
      continue;
    }
    const { words, length } = readWords(rest.slice(assignment[0].length), '\n');
    variables.set(assignment[1] ?? '', words.join(' '));
    rest = rest.slice(assignment[0].length + length);
  }
  return variables;
}

function splitWords(text: string): string[] {
  return readWords(text, null).words;
}

/** One piece of a word: quoted, escaped, a run of plain text, blanks, or a comment. */
const PIECE =
  /'([^']*)(?:'|$)|"((?:[^"\\]|\\[^])*)(?:"|$)|\\\n|\\([^])|([ \t]+#[^\n]*)|([ \t]+)|(\n)|([^'"\\\s]+|[^])/y;

/**
 * Splits text at blanks outside quotes, up to an end character that is neither quoted nor escaped.
 * Both systemd and a shell read a line so, apart from what a shell would expand or run.
 */
function readWords(text: string, end: '\n' | null): { words: string[]; length: number } {
  const words: string[] = [];
  let word: string | null = null;
  PIECE.lastIndex = 0;
  while (PIECE.lastIndex < text.length) {
    const piece = PIECE.exec(text);
    if (piece === null) break;
    const [, single, double, escaped, , , lineBreak, plain] = piece;
    const blank = piece[4] ?? piece[5] ?? lineBreak;
    if (lineBreak !== undefined && end !== null) {
      return { words: word === null ? words : [...words, word], length: PIECE.lastIndex };
    }
    if (blank !== undefined) {
      if (word !== null) words.push(word);
      word = null;
      continue;
    }
    const part = single ?? (double === undefined ? (escaped ?? plain) : unescaped(double));
    word = (word ?? '') + (part ?? '');
  }
  return { words: word === null ? words : [...words, word], length: text.length };
}

/** Inside double quotes a backslash stands for itself, except before what it can escape. */
function unescaped(text: string): string {
  return text.replace(/\\\n/g, '').replace(/\\(["\\$`])/g, '$1');
}

/** The value of flanneld's flag among its arguments, the last of several, as Go reads them. */
function flagValue(words: readonly string[], flag: string): string | undefined {
  let value: string | undefined;
  for (const [i, word] of words.entries()) {
    const match = /^--?([\w-]+)(?:=([^]*))?$/.exec(word);
    if (match?.[1] === flag) value = match[2] ?? words[i + 1];
  }
  return value;
}
