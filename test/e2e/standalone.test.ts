import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { temporaryFolder } from '../support/cli.ts';

const PROGRAM = path.resolve('dist/flannel-bigip');
const SITE = path.resolve('examples/site.yaml');

function standalone(args: readonly string[], cwd: string, env: Record<string, string> = {}) {
  const { status, stdout, stderr } = spawnSync(PROGRAM, args, { cwd, env, encoding: 'utf8' });
  return [status, stdout, stderr];
}

describe('the standalone executable', () => {
  it('needs neither Node nor anything else on the PATH', () => {
    expect(standalone(['validate', SITE], '/', { PATH: '/nonexistent' })).toEqual([
      0,
      '1 file checked, all valid, 0 warnings\n',
      '',
    ]);
  });

  it('says what it runs on', () => {
    const { version, devDependencies } = packageJson;
    expect(standalone(['--version'], '/')).toEqual([
      0,
      `flannel-bigip ${version} (bun ${devDependencies.bun}; etcd v2, etcd v3, file)\n`,
      '',
    ]);
  });

  it('takes no orders from the folder it is started in', () => {
    const folder = temporaryFolder({
      '.env': 'FORCE_COLOR=1\nETCDCTL_ENDPOINTS=file:named.json\n',
      'bunfig.toml': 'preload = ["./order.ts"]\n',
      'order.ts': 'console.log("preloaded"); process.exit(7);\n',
      'package.json': '{"type":"module","imports":{"#x":"./order.ts"}}',
      'tsconfig.json': '{"compilerOptions":{"paths":{"*":["./order.ts"]}}}',
    });
    writeFileSync(path.join(folder, 'bad.yaml'), 'name: [');
    const [status, stdout] = standalone(['validate', 'bad.yaml'], folder);
    const list = (env: Record<string, string>) =>
      standalone(['list', '--timeout', '1s'], folder, env).join('');
    // The variable does say where to look, where it is set.
    const told = list({ ETCDCTL_ENDPOINTS: 'file:named.json' });
    const untold = list({});

    expect(status).toBe(3);
    expect(stdout).toMatch(/^bad\.yaml:1:8: error: /);
    expect(told).toContain('named.json');
    expect(untold).not.toContain('named.json');
  });

  it.each(['--preload=./order.ts', '--cwd=/', '--version', '--help', '-e process.exit(7)', 'x'])(
    'takes no order from BUN_OPTIONS=%s',
    (options) => {
      const folder = temporaryFolder({
        'order.ts': 'console.log("preloaded"); process.exit(7);\n',
        'site.yaml': readFileSync(SITE, 'utf8'),
      });
      expect(standalone(['validate', 'site.yaml'], folder, { BUN_OPTIONS: options })).toEqual([
        0,
        '1 file checked, all valid, 0 warnings\n',
        '',
      ]);
    },
  );
});
