/** How the commands of a cure are written. */
export interface Commands {
  /** A command of this program about the same site and etcd, e.g. `own('apply --rewrite')`. */
  own(words: string): string;
}

export const RESTART = 'systemctl restart flanneld';
