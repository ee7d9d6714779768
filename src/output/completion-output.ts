import { PROGRAM } from '../project.ts';
import { printable } from './style.ts';

/** The shells that completion is made for. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;

export type Shell = (typeof SHELLS)[number];

/** The command that the scripts ask; it is in no help. */
export const COMPLETE_COMMAND = '__complete';

/** What is offered, as `complete` finds it. */
interface Offered {
  readonly paths: 'file' | 'folder' | null;
  readonly candidates: readonly { readonly value: string; readonly about: string }[];
}

/**
 * The answer to a script: a line `:file` or `:folder` where the shell is to offer paths, then a line
 * for each candidate, its explanation behind a tab.
 */
export function completionAnswer(offered: Offered, shell: Shell, current: string): string {
  // bash replaces only what stands behind the last of these.
  const cut =
    shell === 'bash' ? Math.max(current.lastIndexOf(':'), current.lastIndexOf('=')) + 1 : 0;
  const candidates = offered.candidates
    // A line break in a name would be taken for the next candidate.
    .filter(({ value }) => printable(value) === value)
    .map(({ value, about }) => `${value.slice(cut)}\t${printable(about)}\n`);
  return [...(offered.paths ? [`:${offered.paths}\n`] : []), ...candidates].join('');
}

/** The script that a shell sources. */
export function completionScript(shell: Shell): string {
  return SCRIPTS[shell];
}

const SCRIPTS: Record<Shell, string> = {
  bash: `# Completion of ${PROGRAM} for bash: source <(${PROGRAM} completion bash)
_flannel_bigip() {
  local line value
  local current="\${COMP_WORDS[COMP_CWORD]}"
  case "$current" in =|:) current='' ;; esac
  COMPREPLY=()
  while IFS= read -r line; do
    value="\${line%%$'\\t'*}"
    case "$line" in
      :file|:folder)
        compopt -o filenames 2>/dev/null
        local action=-f
        if [ "$line" = :folder ]; then action=-d; fi
        while IFS= read -r value; do COMPREPLY+=("$value"); done < <(compgen "$action" -- "$current")
        ;;
      *) COMPREPLY+=("$(printf '%q' "$value")") ;;
    esac
  done < <(${PROGRAM} ${COMPLETE_COMMAND} bash "\${COMP_LINE:0:COMP_POINT}" 2>/dev/null)
}
complete -F _flannel_bigip ${PROGRAM}
`,
  zsh: `#compdef ${PROGRAM}
# Completion of ${PROGRAM} for zsh: source <(${PROGRAM} completion zsh)
# or, as a file _${PROGRAM} in a folder of fpath, found by compinit
_${PROGRAM}() {
  local line value about
  local -a values shown
  while IFS= read -r line; do
    case "$line" in
      :file|:folder)
        compset -P '--*='
        if [[ "$line" = :folder ]]; then _files -/; else _files; fi
        ;;
      *)
        value="\${line%%$'\\t'*}"
        about="\${line#*$'\\t'}"
        values+=("$value")
        shown+=("$value\${about:+  -- $about}")
        ;;
    esac
  done < <(${PROGRAM} ${COMPLETE_COMMAND} zsh "\${(@Q)words[2,CURRENT]}" 2>/dev/null)
  (( $#values )) && compadd -l -d shown -a values
}
if [[ "$funcstack[1]" = _${PROGRAM} ]]; then _${PROGRAM} "$@"; else compdef _${PROGRAM} ${PROGRAM}; fi
`,
  fish: `# Completion of ${PROGRAM} for fish: ${PROGRAM} completion fish | source
function __flannel_bigip_complete
  set -l words (commandline -opc) (commandline -ct)
  for line in (${PROGRAM} ${COMPLETE_COMMAND} fish $words[2..-1] 2>/dev/null)
    switch $line
      case :file
        __fish_complete_path (string replace -r '^--[^=]*=' '' -- (commandline -ct))
      case :folder
        __fish_complete_directories (string replace -r '^--[^=]*=' '' -- (commandline -ct)) ''
      case '*'
        echo $line
    end
  end
end
complete -c ${PROGRAM} -f -a '(__flannel_bigip_complete)'
`,
};
