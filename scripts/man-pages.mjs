// Makes the man pages of the table of commands: one of the program, one of each command.
import packageJson from '../package.json' with { type: 'json' };
import { commandTable, EXIT_CODES, signature } from './command-table.mjs';

const PROGRAM = 'flannel-bigip';

/** Text as roff takes it: a leading dot or quote is a request, a bare hyphen may become a dash. */
const roff = (text) =>
  text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^(?=[.'])/gm, '\\&');
const bold = (text) => `\\fB${roff(text)}\\fR`;

const optionLines = (options) =>
  options.flatMap((option) => [
    '.TP',
    bold(signature(option)),
    roff(`${option.describe}${option.env ? ` [${option.env.join(', ')}]` : ''}`),
  ]);

function page(name, describe, date, sections) {
  const title = name.toUpperCase();
  const lines = sections.flatMap(([heading, body]) => [`.SH ${heading}`, ...body]);
  return `${[
    `.TH "${roff(title)}" 1 "${date}" "${PROGRAM} ${packageJson.version}" "User Commands"`,
    // Flags and names that are broken apart cannot be searched for.
    '.nh',
    '.ad l',
    '.SH NAME',
    `${roff(name)} \\- ${roff(describe)}`,
    ...lines,
  ].join('\n')}\n`;
}

const exitCodes = EXIT_CODES.flatMap(([code, meaning]) => [
  '.TP',
  bold(String(code)),
  roff(meaning),
]);
const examplesOf = (examples) =>
  examples.flatMap(([line, does], index) => [
    // The heading is a paragraph's beginning already.
    ...(index > 0 ? ['.PP'] : []),
    roff(`${does}:`),
    '.PP',
    '.nf',
    `.RS 4\n${roff(line)}\n.RE`,
    '.fi',
  ]);

/** Variables that stand for no option. */
const ENVIRONMENT = [
  [['ETCDCTL_PASSWORD', 'FLANNELD_ETCD_PASSWORD'], "the password of etcd's user"],
  [
    ['BIGIP_USERNAME', 'BIGIP_PASSWORD'],
    'the login to the units of the BIG-IP; what is missing is asked',
  ],
  [
    ['SSL_CERT_FILE'],
    "the CAs that a BIG-IP's certificate is checked by, if the site file names none",
  ],
  [
    ['https_proxy', 'http_proxy', 'no_proxy'],
    'the proxy that etcd is reached through with --use-env-proxy, and the hosts without',
  ],
  [['NODE_NAME'], 'the Node that annotate --self is about, if not the host name'],
  [['XDG_STATE_HOME'], 'where backups, records and notes are kept; ~/.local/state if unset'],
  [['NO_COLOR'], 'no colours, if it is set'],
  [
    ['FORCE_COLOR'],
    'colours in a pipe as well, if it is neither 0 nor false; 1 gives sixteen, 2 more',
  ],
  [['TERM', 'COLORTERM'], 'how many colours the terminal has'],
  [['LC_ALL', 'LC_CTYPE', 'LANG'], 'without UTF-8 in the first that is set, symbols are ASCII'],
  [['CI'], 'nothing is asked, if it is set'],
  [['NODE_TLS_REJECT_UNAUTHORIZED'], 'not heeded: certificates are checked all the same'],
  [
    ['GITHUB_WORKSPACE', 'CI_PROJECT_DIR'],
    'the folder that paths in reports of validate start from',
  ],
];

function environment(groups) {
  const ofOptions = groups
    .flatMap(([, options]) => options)
    .filter(({ env }) => env)
    .map(({ env, flag }) => [
      env,
      `as --${flag}${env.length > 1 ? '; the first that is set counts' : ''}`,
    ]);
  return [...ofOptions, ...ENVIRONMENT].flatMap(([names, meaning]) => [
    '.TP',
    names.map(bold).join(', '),
    roff(meaning),
  ]);
}

const pageOf = (name) => [PROGRAM, ...name.split(' ')].join('-');

/**
 * @param date of the release, `YYYY-MM-DD`
 * @returns names of files, each with its text
 */
export async function manPages(date) {
  const { commands, global, groups } = await commandTable();
  const everywhere = ['OPTIONS OF EVERY COMMAND', optionLines(global)];
  const main = page(PROGRAM, packageJson.description, date, [
    ['SYNOPSIS', [`${bold(PROGRAM)} \\fICOMMAND\\fR [options]`]],
    [
      'DESCRIPTION',
      [
        roff(
          "A flannel network whose flanneld keeps its state in etcd knows nothing of an F5 BIG-IP. This program declares what both must agree on in one site file, checks it by flannel's own rules, shows the difference to what is live in etcd, on the BIG-IP and in Kubernetes, and applies it with every write guarded by what was read.",
        ),
      ],
    ],
    [
      'COMMANDS',
      commands.flatMap(({ name, describe }) => ['.TP', `${bold(pageOf(name))}(1)`, roff(describe)]),
    ],
    everywhere,
    ['EXIT STATUS', exitCodes],
    ['ENVIRONMENT', environment(groups)],
    [
      'FILES',
      [
        '.TP',
        '\\fIflannel\\-bigip.yaml\\fR',
        roff('the site file that is taken when none is named, in the working directory'),
        '.TP',
        '\\fI$XDG_STATE_HOME/flannel\\-bigip/backups\\fR',
        roff('values that were replaced or removed (~/.local/state without that variable)'),
        '.TP',
        '\\fI/usr/share/doc/flannel\\-bigip\\fR',
        roff('README.md, docs and examples, where the Debian package has installed them'),
      ],
    ],
    ['SEE ALSO', [roff(packageJson.homepage)]],
  ]);
  const others = commands.map((command) => {
    const { name, usage, describe, options, examples } = command;
    return [
      `${pageOf(name)}.1`,
      page(pageOf(name), describe, date, [
        ['SYNOPSIS', [`${bold(`${PROGRAM} ${usage}`)} [options]`]],
        ...(options.length > 0 ? [['OPTIONS', optionLines(options)]] : []),
        everywhere,
        ['EXAMPLES', examplesOf(examples)],
        ['EXIT STATUS', exitCodes],
        ['ENVIRONMENT', [`See ${bold(PROGRAM)}(1).`]],
        ['SEE ALSO', [`${bold(PROGRAM)}(1)`]],
      ]),
    ];
  });
  return [[`${PROGRAM}.1`, main], ...others];
}
