import { splitShellWords } from '../../src/session/shell-words.ts';

/** A quoted piece, a comment, or what one simple command ends with; a bar without blanks parts choices. */
const PIECE = /'[^'\n]*'|"[^"\n]*"|(?<=^|\s)#.*|&&|<\(|[;&)\n]|(?<=\s)\|(?=\s)/gm;
const REDIRECTION = /(?<=\s)\d?[<>]\S*\s*[^\s<>]+/g;
const PROGRAM = /^(?:\S*\/)?flannel-bigip(?= |$)/;

/** The arguments of each call of the program in a shell text, as a shell would pass them. */
export function callsIn(shellText: string): string[][] {
  return shellText
    .replaceAll('\\\n', ' ')
    .replace(PIECE, (piece) => (/^['"]/.test(piece) ? piece : '\n'))
    .split('\n')
    .map((line) => line.trim().replace('node bin/flannel-bigip.js', 'flannel-bigip'))
    .filter((line) => PROGRAM.test(line))
    .map((line) => splitShellWords(line.replace(REDIRECTION, '').trim()).slice(1));
}

/** Each reading of arguments with choices (`bash|zsh`), without the dots that stand for more. */
export function readings(args: readonly string[]): string[][] {
  const choices = args.filter((word) => word !== '...').map((word) => word.split('|'));
  const most = Math.max(1, ...choices.map(({ length }) => length));
  return Array.from({ length: most }, (_, nth) =>
    choices.map((words) => words[nth] ?? words[0] ?? ''),
  );
}
