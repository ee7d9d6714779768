import type { Etcd } from './etcd.ts';

export const ROOT = { user: 'root', password: 'root-secret' };
/** May read and write the keys under `/site` only. */
export const FLANNEL = { user: 'flannel', password: 'flannel-secret' };
/** May read them, and nothing else. */
export const READER = { user: 'reader', password: 'reader-secret' };

/** Makes the v3 store check passwords with as little work as it can. */
export const QUICK_PASSWORDS = '--bcrypt-cost=4';

/** Switches the v3 store's users on. */
export function enableV3Auth(etcd: Etcd): void {
  for (const { user, password } of [ROOT, FLANNEL, READER]) {
    etcd.etcdctl(3, 'user', 'add', `${user}:${password}`);
  }
  for (const [role, right] of [
    ['flannel', 'readwrite'],
    ['reader', 'read'],
  ] as const) {
    etcd.etcdctl(3, 'role', 'add', role);
    etcd.etcdctl(3, 'role', 'grant-permission', role, right, '/site', '--prefix');
    etcd.etcdctl(3, 'user', 'grant-role', role, role);
  }
  etcd.etcdctl(3, 'user', 'grant-role', 'root', 'root');
  etcd.etcdctl(3, 'auth', 'enable');
}

/** Switches the v2 store's users on, and takes all rights from those who do not log in. */
export function enableV2Auth(etcd: Etcd): void {
  for (const { user, password } of [ROOT, FLANNEL, READER]) {
    etcd.etcdctl(2, 'user', 'add', `${user}:${password}`);
  }
  for (const [role, right] of [
    ['flannel', '--readwrite'],
    ['reader', '--read'],
  ] as const) {
    etcd.etcdctl(2, 'role', 'add', role);
    etcd.etcdctl(2, 'role', 'grant', role, '--path', '/site*', right);
    etcd.etcdctl(2, 'user', 'grant', role, '--roles', role);
  }
  etcd.etcdctl(2, 'auth', 'enable');
  const root = ['--username', `${ROOT.user}:${ROOT.password}`];
  etcd.etcdctl(2, ...root, 'role', 'revoke', 'guest', '--path', '/*', '--readwrite');
}
