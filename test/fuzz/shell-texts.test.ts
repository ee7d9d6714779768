import fc from 'fast-check';
import { describe, expect } from 'vitest';
import { readFlanneldEnvironment } from '../../src/model/flanneld-environment.ts';
import { completionAnswer } from '../../src/output/completion-output.ts';
import { splitShellWords } from '../../src/session/shell-words.ts';
import { hostileText } from './hostile.ts';
import { malformed } from './malformed.ts';
import { fuzz } from './runs.ts';

const ENVIRONMENTS = [
  'FLANNELD_ETCD_ENDPOINTS=https://10.1.10.1:2379,https://10.1.10.2:2379\nFLANNELD_ETCD_PREFIX=/x\n',
  'FLANNEL_ETCD="http://127.0.0.1:2379"\nFLANNEL_ETCD_KEY="/atomic.io/network"\n',
  "export FLANNEL_OPTIONS='--etcd-endpoints=https://a:2379 -etcd-prefix /y'\n# comment\n",
  'DAEMON_ARGS="-etcd-cafile=/a\\ b -etcd-password=\'x\' \\\n --etcd-username u"\n',
];

const lines = fc.oneof(
  malformed(ENVIRONMENTS),
  fc
    .array(
      fc.constantFrom(
        'FLANNEL_OPTIONS=',
        '"',
        "'",
        '\\',
        '\n',
        ' ',
        'x',
        '$',
        '#',
        '--etcd-prefix=',
      ),
      { maxLength: 400 },
    )
    .map((parts) => parts.join('')),
);

describe('text that shells and systemd read', () => {
  fuzz(
    'as an environment file gives texts, and only those that are asked for',
    lines,
    300,
    (text) => {
      const settings = readFlanneldEnvironment(text);
      const known = ['endpoints', 'prefix', 'ca', 'cert', 'key', 'user', 'password'];
      expect(Object.keys(settings).filter((name) => !known.includes(name))).toEqual([]);
      expect(Object.values(settings).filter((value) => typeof value !== 'string')).toEqual([]);
    },
  );

  fuzz(
    'as a command line gives words; what is offered is one line each',
    fc.oneof(lines, hostileText),
    200,
    (line) => {
      const words = splitShellWords(line);
      expect(words.length).toBeGreaterThan(0);
      const candidates = words.map((value) => ({ value, about: line.slice(0, 80) }));
      const answer = completionAnswer({ paths: null, candidates }, 'zsh', '');
      for (const one of answer.split('\n').slice(0, -1)) expect(one.split('\t')).toHaveLength(2);
    },
  );
});
