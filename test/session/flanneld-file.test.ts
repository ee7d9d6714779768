import path from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { flanneldFile } from '../../src/session/init/flanneld-file.ts';
import { Interview } from '../../src/session/init/interview.ts';
import { temporaryFolder } from '../support/cli.ts';

/** Looks in two places, as on a host without a person at it. */
async function lookUp(files: Readonly<Record<string, string>>, env: Record<string, string> = {}) {
  const folder = temporaryFolder(files);
  const stderr = new PassThrough();
  const none = new PassThrough();
  const args = {
    positionals: [],
    text: () => undefined,
    list: () => [],
    each: () => [],
    on: () => false,
    takenBy: () => [],
  };
  const interview = new Interview(args, {
    env,
    cwd: folder,
    stdin: none,
    stdout: none,
    stderr,
    signal: new AbortController().signal,
    whileWriting: (work) => work(),
    serve: (work) => work(new AbortController().signal),
    beforeExit: () => () => undefined,
    onHangUp: () => undefined,
    now: () => new Date(0),
  });
  const places = ['sysconfig', 'default'].map((name) => path.join(folder, name));
  const found = await flanneldFile(interview, places);
  stderr.end();
  const said = (await text(stderr)).replaceAll(`${folder}/`, '');
  return { file: found && path.basename(found.file), settings: found?.settings, said };
}

describe("flanneld's environment file, where packages put it", () => {
  const ENDPOINTS = 'FLANNELD_ETCD_ENDPOINTS=http://a:2379\n';

  it.each([
    [
      'the first place',
      { sysconfig: ENDPOINTS, default: 'FLANNELD_ETCD_ENDPOINTS=http://b:1' },
      'sysconfig',
    ],
    ['the second one where the first is not there', { default: ENDPOINTS }, 'default'],
    [
      'the second one where the first names no endpoints',
      { sysconfig: 'A=1', default: ENDPOINTS },
      'default',
    ],
  ])('is taken from %s, and that is said', async (_, files, file) => {
    expect(await lookUp(files)).toEqual({
      file,
      settings: { endpoints: 'http://a:2379' },
      said: `Taking the connection of ${file} (http://a:2379).\n`,
    });
  });

  it.each([
    ['is none', {}, {}],
    ['names no endpoints', { sysconfig: 'A=1' }, {}],
    [
      'is not needed, since the environment names them',
      { sysconfig: ENDPOINTS },
      { ETCDCTL_ENDPOINTS: 'http://b:1' },
    ],
  ])('is not taken where it %s', async (_, files, env) => {
    expect(await lookUp(files, env)).toEqual({ file: null, settings: undefined, said: '' });
  });
});
