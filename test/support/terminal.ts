import { spawn } from 'node:child_process';
import { stripVTControlCharacters } from 'node:util';
import { COMMAND } from './cli.ts';
import { cleanEnvironment } from './etcd.ts';
import { until } from './wait.ts';

/** A command in a pseudo-terminal, as a person sits before it. */
export interface Terminal {
  /** Waits until the screen has shown a text, wherever its lines were broken. */
  shows(text: string): Promise<unknown>;
  types(keys: string): void;
  /** What was shown, without control sequences, and the exit code. */
  ended: Promise<{ readonly code: number | null; readonly screen: string }>;
}

/** How the terminal is, where it matters. */
export interface TerminalOptions {
  readonly columns?: number;
  /** A folder to stand in the place of /etc/default, for this one process. */
  readonly etcDefault?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts the executable in a pseudo-terminal. */
export function openTerminal(
  args: readonly string[],
  cwd: string,
  options: TerminalOptions = {},
): Terminal {
  return openCommand([...COMMAND, ...args], cwd, options);
}

/** Starts any command in a pseudo-terminal (util-linux' script). */
export function openCommand(
  words: readonly string[],
  cwd: string,
  { columns = 100, etcDefault, env }: TerminalOptions = {},
): Terminal {
  const command = words.map((word) => `'${word}'`).join(' ');
  const script = ['script', '-qefc', `stty cols ${columns}; ${command}`, '/dev/null'];
  const mount = 'mount --bind "$1" /etc/default && shift && exec "$@"';
  const [program = '', ...rest] =
    etcDefault === undefined
      ? script
      : ['unshare', '-m', 'sh', '-c', mount, 'sh', etcDefault, ...script];
  const child = spawn(program, rest, {
    cwd,
    env: { ...cleanEnvironment(), TERM: 'xterm', XDG_STATE_HOME: `${cwd}/state`, ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.on('data', (chunk) => {
    text += chunk;
  });
  const screen = () => stripVTControlCharacters(text);
  return {
    shows: (wanted) =>
      until(`the screen to show ${wanted}`, () => unbroken(screen()).includes(unbroken(wanted))),
    types: (keys) => void child.stdin.write(keys),
    ended: new Promise((resolve) => {
      child.once('close', (code) => resolve({ code, screen: screen() }));
    }),
  };
}

/** Without white space: a narrow terminal breaks lines anywhere. */
function unbroken(text: string): string {
  return text.replace(/\s+/g, '');
}
