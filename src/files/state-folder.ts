import path from 'node:path';

/** Where this program keeps what outlasts a run (XDG Base Directory). */
export function stateFolder(env: Readonly<Record<string, string | undefined>>): string {
  const state = env['XDG_STATE_HOME'] || path.join(env['HOME'] || '/root', '.local', 'state');
  return path.join(state, 'flannel-bigip');
}
