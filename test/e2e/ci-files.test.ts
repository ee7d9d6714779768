import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { temporaryFolder } from '../support/cli.ts';
import { cleanEnvironment } from '../support/etcd.ts';
import { SITE } from '../support/sites.ts';

interface Step {
  readonly name: string;
  readonly id?: string;
  readonly if?: string;
  readonly run?: string;
  readonly uses?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly with?: Readonly<Record<string, string>>;
  readonly 'working-directory'?: string;
}

interface Action {
  readonly inputs: Readonly<Record<string, { readonly default: string }>>;
  readonly outputs: Readonly<Record<string, { readonly value: string }>>;
  readonly runs: { readonly using: string; readonly steps: readonly Step[] };
}

const INVALID_SITE = SITE.replace('SubnetMax: 10.244.99.0', 'SubnetMax: 10.244.255.0');
const ACTION_TEXT = readFileSync('action.yml', 'utf8');
const ACTION = parse(ACTION_TEXT) as Action;
const { steps } = ACTION.runs;

let tarball: string;
beforeAll(() => {
  const target = temporaryFolder();
  const text = execFileSync(
    'npm',
    ['pack', '--json', '--ignore-scripts', '--pack-destination', target],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
  );
  const [pack] = JSON.parse(text) as { filename: string }[];
  tarball = path.join(target, pack?.filename ?? '');
});

/** What GitHub's runner puts in the place of an expression, as far as this action uses them. */
function evaluated(text: string, inputs: Readonly<Record<string, string>>): string {
  return text.replace(/\$\{\{ inputs\.([a-z-]+) \}\}/g, (_, name: string) => {
    const value = inputs[name] ?? ACTION.inputs[name]?.default;
    if (value === undefined) throw new Error(`there is no input ${name}`);
    return value;
  });
}

/** Runs the action's shell steps as the runner does, until one fails. */
function runAction(workspace: string, inputs: Readonly<Record<string, string>>) {
  const temp = temporaryFolder();
  const outputFile = path.join(temp, 'output');
  writeFileSync(outputFile, '');
  const given = { package: tarball, ...inputs };
  let stdout = '';
  let code = 0;
  for (const step of steps.filter(({ run }) => run !== undefined)) {
    const script = path.join(temp, 'step.sh');
    writeFileSync(script, step.run ?? '');
    const env = Object.entries(step.env ?? {}).map(([key, text]) => [key, evaluated(text, given)]);
    const done = spawnSync('bash', ['--noprofile', '--norc', '-eo', 'pipefail', script], {
      cwd: path.resolve(workspace, evaluated(step['working-directory'] ?? '.', given)),
      env: {
        ...cleanEnvironment(),
        ...Object.fromEntries(env),
        RUNNER_TEMP: temp,
        GITHUB_OUTPUT: outputFile,
        GITHUB_WORKSPACE: workspace,
        npm_config_offline: 'true',
      },
      encoding: 'utf8',
    });
    stdout += done.stdout;
    code = done.status ?? -1;
    if (code !== 0) break;
  }
  const outputs = Object.fromEntries(
    readFileSync(outputFile, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => line.split('=', 2)),
  ) as Record<string, string>;
  return { code, stdout, outputs };
}

describe('action.yml', () => {
  it('hands every input to a script through the environment, never as text of the script', () => {
    const scripts = steps.map(({ run }) => run ?? '').join('\n');
    const used = [...ACTION_TEXT.matchAll(/inputs\.([a-z-]+)/g)].map(([, name]) => name ?? '');

    expect(scripts).not.toContain('${{');
    expect(new Set(used)).toEqual(new Set(Object.keys(ACTION.inputs)));
  });

  it('uploads what its own step has written, whether files are valid or not', () => {
    const upload = steps.find(({ uses }) => uses !== undefined);
    // biome-ignore lint/suspicious/noTemplateCurlyInString: GitHub's expression, not ours
    const output = '${{ steps.validate.outputs.sarif-file }}';

    expect(upload?.uses).toBe('github/codeql-action/upload-sarif@v3');
    expect(upload?.if).toContain('always()');
    expect(upload?.with?.['sarif_file']).toBe(output);
    expect(ACTION.outputs['sarif-file']?.value).toBe(output);
    expect(steps.find(({ id }) => id === 'validate')?.run).toContain('sarif-file=');
  });

  it('installs by default the version that it belongs to', () => {
    const { name, version } = JSON.parse(readFileSync('package.json', 'utf8'));

    expect(ACTION.inputs['package']?.default).toBe(`${name}@${version}`);
  });

  it('passes when everything is valid, and says so', () => {
    const workspace = temporaryFolder({ 'flannel-bigip.yaml': SITE });

    expect(runAction(workspace, {})).toEqual({
      code: 0,
      stdout: expect.stringMatching(/1 file checked, all valid, 0 warnings\n$/),
      outputs: { valid: 'true' },
    });
  });

  it('annotates what is wrong, keeps the report for code scanning, and fails', () => {
    const workspace = temporaryFolder();
    mkdirSync(path.join(workspace, 'my sites'));
    writeFileSync(path.join(workspace, 'my sites/one.yaml'), SITE);
    writeFileSync(path.join(workspace, 'my sites/two, $(touch x).yaml'), INVALID_SITE);
    writeFileSync(path.join(workspace, 'net-conf.json'), '{"Network":"10.244.0.0/16"}');

    const { code, stdout, outputs } = runAction(workspace, {
      files: 'my sites/*.yaml\nnet-conf.json\n',
      ignore: 'backend-not-vxlan',
      'bigip-subnet': '10.245.1.0/24',
      'upload-sarif': 'true',
    });

    expect(code).toBe(3);
    const annotations = stdout.split('\n').filter((line) => line.startsWith('::'));
    expect(annotations).toEqual([
      expect.stringMatching(
        /^::error file=my sites\/two%2C \$\(touch x\)\.yaml,line=7,endLine=7,col=14,endColumn=26,title=range-includes-bigip::/,
      ),
      expect.stringMatching(/^::error file=net-conf\.json,line=1,.*title=bigip-outside-network::/),
    ]);
    expect(outputs['valid']).toBe('false');
    const { runs } = JSON.parse(readFileSync(outputs['sarif-file'] ?? '', 'utf8'));
    expect(runs[0].results.map((one: { ruleId: string }) => one.ruleId)).toEqual([
      'range-includes-bigip',
      'bigip-outside-network',
      'backend-not-vxlan',
    ]);
    expect(existsSync(path.join(workspace, 'x'))).toBe(false);
  });

  it('goes into folders from where it is told to start', () => {
    const workspace = temporaryFolder();
    mkdirSync(path.join(workspace, 'deploy/sub'), { recursive: true });
    writeFileSync(path.join(workspace, 'deploy/sub/site.yaml'), INVALID_SITE);

    const { code, stdout } = runAction(workspace, {
      files: 'sub',
      recursive: 'true',
      'working-directory': 'deploy',
    });

    expect(code).toBe(3);
    expect(stdout).toContain('::error file=deploy/sub/site.yaml,');
  });

  it('fails by wrong usage without a report', () => {
    const workspace = temporaryFolder({ 'flannel-bigip.yaml': SITE });

    const { code, outputs } = runAction(workspace, {
      flannel: 'newest',
      'sarif-file': 'out.sarif',
    });

    expect([code, outputs]).toEqual([64, { valid: 'false' }]);
    expect(existsSync(path.join(workspace, 'out.sarif'))).toBe(false);
  });
});

describe('.pre-commit-hooks.yaml', () => {
  const hooks = parse(readFileSync('.pre-commit-hooks.yaml', 'utf8')) as {
    id: string;
    entry: string;
    language: string;
    files: string;
  }[];

  it.each([
    ['flannel-bigip', 'flannel-bigip.yaml', true],
    ['flannel-bigip', 'sites/a/flannel-bigip.yml', true],
    ['flannel-bigip', 'flannel-bigip.json', true],
    ['flannel-bigip', 'my-flannel-bigip.yaml', false],
    ['flannel-bigip', 'flannel-bigip.yaml.bak', false],
    ['flannel-network-config', 'etc/net-conf.json', true],
    ['flannel-network-config', 'deploy/kube-flannel.yml', true],
    ['flannel-network-config', 'kube-flannel-v6.yaml', true],
    ['flannel-network-config', 'cni-conf.json', false],
  ])('%s on %s: %s', (id, file, wanted) => {
    const hook = hooks.find((one) => one.id === id);

    expect(new RegExp(hook?.files ?? '').test(file)).toBe(wanted);
  });

  it.each(hooks)('$id runs the packed program on the files it is handed', ({ entry, language }) => {
    const folder = temporaryFolder({ 'flannel-bigip.yaml': INVALID_SITE });
    const env = { ...cleanEnvironment(), npm_config_offline: 'true' };
    execFileSync('npm', ['install', '--global', '--prefix', folder, '--silent', tarball], { env });
    const [program = '', ...args] = entry.split(' ');

    const { status, stdout } = spawnSync(
      path.join(folder, 'bin', program),
      [...args, 'flannel-bigip.yaml'],
      { cwd: folder, env, encoding: 'utf8' },
    );

    expect([language, status]).toEqual(['node', 3]);
    expect(stdout).toContain('flannel-bigip.yaml:7:14: error:');
  });
});

describe('the GitLab example', () => {
  const jobs = parse(readFileSync('examples/ci/gitlab-ci.yml', 'utf8')) as Record<
    string,
    {
      readonly script: readonly string[];
      readonly artifacts?: { readonly reports: { readonly junit: string } };
      readonly allow_failure?: { readonly exit_codes: number };
    }
  >;

  /** The job's own lines, with the packed program where the job would install the published one. */
  function runJob(name: string, workspace: string, env: Readonly<Record<string, string>> = {}) {
    const prefix = temporaryFolder();
    const script = (jobs[name]?.script ?? []).join('\n').replace(/ flannel-bigip$/m, ` ${tarball}`);
    return spawnSync('bash', ['-eo', 'pipefail', '-c', script], {
      cwd: workspace,
      env: {
        ...cleanEnvironment(),
        PATH: `${prefix}/bin:${process.env['PATH']}`,
        npm_config_prefix: prefix,
        npm_config_offline: 'true',
        CI_PROJECT_DIR: workspace,
        CI: 'true',
        ...env,
      },
      encoding: 'utf8',
    });
  }

  it('leaves a report of every file that GitLab shows, and fails', () => {
    const workspace = temporaryFolder();
    mkdirSync(path.join(workspace, 'sites/b'), { recursive: true });
    writeFileSync(path.join(workspace, 'sites/a.yaml'), SITE);
    writeFileSync(path.join(workspace, 'sites/b/b.yaml'), INVALID_SITE);

    const { status } = runJob('flannel-validate', workspace);

    const junit = jobs['flannel-validate']?.artifacts?.reports.junit ?? '';
    const report = readFileSync(path.join(workspace, junit), 'utf8');
    expect(status).toBe(3);
    expect(report.match(/<testsuite name="[^"]*"/g)).toEqual([
      '<testsuite name="sites/a.yaml"',
      '<testsuite name="sites/b/b.yaml"',
    ]);
    expect(report.match(/<failure type="[^"]*"/g)).toEqual([
      '<failure type="range-includes-bigip"',
    ]);
  });

  it('is not broken by a difference, but by an etcd that cannot be asked', () => {
    const workspace = temporaryFolder();
    mkdirSync(path.join(workspace, 'sites'));
    writeFileSync(path.join(workspace, 'sites/site-a.yaml'), SITE);

    const drifted = runJob('flannel-drift', workspace, { ETCDCTL_ENDPOINTS: 'file:store.json' });
    const away = runJob('flannel-drift', workspace, { ETCDCTL_ENDPOINTS: 'http://127.0.0.1:1' });

    expect([drifted.status, away.status]).toEqual([2, 1]);
    expect(jobs['flannel-drift']?.allow_failure).toEqual({ exit_codes: 2 });
  });
});

describe('the workflow example', () => {
  it('gives the action only inputs that it has', () => {
    const workflow = parse(readFileSync('examples/ci/github-workflow.yml', 'utf8'));
    const step = workflow.jobs.validate.steps.at(-1) as Step;

    expect(step.uses).toMatch(/^flannel-bigip\/flannel-bigip@/);
    expect(Object.keys(step.with ?? {}).filter((name) => !(name in ACTION.inputs))).toEqual([]);
    expect(workflow.permissions['security-events']).toBe('write');
  });
});
