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

/** Single quotes, double quotes with escapes, or an escaped character. */
const QUOTED = /'([^']*)'|"((?:[^"\\]|\\[\s\S])*)"|\\([\s\S])/;

const ASSIGNMENT = new RegExp(
  `^[ \\t]*(?:export[ \\t]+)?([A-Za-z_]\\w*)=((?:${QUOTED.source}|[^'"\\\\\\n])*)`,
  'gm',
);

const WORD = new RegExp(`(?:${QUOTED.source}|[^'"\\\\\\s])+`, 'g');

/** `NAME=VALUE` lines by name, the last of equal ones; a line may go on behind a backslash. */
function parseAssignments(text: string): Map<string, string> {
  const whole = text.replaceAll('\r\n', '\n').replaceAll('\\\n', '');
  const found = [...whole.matchAll(ASSIGNMENT)];
  return new Map(found.map(([, name = '', value = '']) => [name, splitWords(value).join(' ')]));
}

/** The words of a line, as systemd and a shell see them before any expansion; no comment. */
function splitWords(text: string): string[] {
  const words = [...text.matchAll(WORD)].map(([word]) => word);
  const comment = words.findIndex((word) => word.startsWith('#'));
  return (comment < 0 ? words : words.slice(0, comment)).map(withoutQuotes);
}

function withoutQuotes(word: string): string {
  return word.replace(
    new RegExp(QUOTED, 'g'),
    (_, single?: string, double?: string, escaped?: string) =>
      // Inside double quotes a backslash stands for itself, except before what it can escape.
      single ?? double?.replace(/\\(["\\$`])/g, '$1') ?? escaped ?? '',
  );
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
