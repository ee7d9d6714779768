import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type RunOptions, run as runTool, temporaryFolder } from '../support/cli.ts';
import { type Eavesdropper, startEavesdropper } from '../support/eavesdropper.ts';
import { SITE } from '../support/sites.ts';
import { startTunnelProxy, type TunnelProxy } from '../support/tunnel.ts';

/** What switches off the check of certificates in Node and Bun, wherever a program does not ask for it. */
const UNCHECKED = { NODE_TLS_REJECT_UNAUTHORIZED: '0' };

let server: Eavesdropper;
let proxy: TunnelProxy;
beforeEach(async () => {
  [server, proxy] = await Promise.all([startEavesdropper(), startTunnelProxy()]);
});
afterEach(() => Promise.all([server.stop(), proxy.stop()]));

const run = async (args: readonly string[], options: RunOptions) => {
  const { code, stderr } = await runTool(args, {
    ...options,
    env: { ...UNCHECKED, ...options.env },
  });
  return { code, stderr, heard: server.heard() };
};

describe.each(['v2', 'v3', 'auto'])('etcd %s with a certificate that nobody has signed', (api) => {
  const list = (...more: string[]) => [
    ...['list', '--etcd-api', api, '--endpoints', `https://${server.host}`, '--timeout', '3s'],
    ...more,
  ];
  const env = { ETCDCTL_USER: 'flannel:secret' };
  const untrusted = () =>
    `error: the certificate of etcd at ${server.host} is signed by no CA that is trusted here`;

  it('hears no password, though the environment switches the check off', async () => {
    expect(await run(list(), { env })).toEqual({
      code: 1,
      stderr: `${untrusted()}. Pass etcd's own CA with --cacert; without it the system's CAs count\n`,
      heard: '',
    });
  });

  it('hears none through a proxy either', async () => {
    const proxied = { ...env, https_proxy: proxy.url };
    expect(await run(list('--use-env-proxy'), { env: proxied })).toEqual({
      code: 1,
      stderr: `${untrusted()} (through the proxy at ${new URL(proxy.url).host}). Pass etcd's own CA with --cacert; without it the system's CAs count\n`,
      heard: '',
    });
  });
});

describe('an API server with a certificate that nobody has signed', () => {
  const annotate = (cluster: Record<string, unknown>, user: Record<string, unknown>) => {
    const kubeconfig = {
      clusters: [{ name: 'c', cluster: { server: `https://${server.host}`, ...cluster } }],
      users: [{ name: 'u', user }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'x',
    };
    const cwd = temporaryFolder({ 'kubeconfig.json': JSON.stringify(kubeconfig) });
    return run(['annotate', '--remove', '--kubeconfig', 'kubeconfig.json', '--timeout', '3s'], {
      cwd,
    });
  };
  const untrusted = () => ({
    code: 1,
    stderr: `error: the API server at ${server.host} shows a certificate that the kubeconfig's CA did not sign. Check certificate-authority in the kubeconfig\n`,
    heard: '',
  });

  it.each([
    { what: 'token', user: { token: 'secret' } },
    { what: 'password', user: { username: 'me', password: 'secret' } },
  ])('hears no $what, though the environment switches the check off', async ({ user }) => {
    expect(await annotate({}, user)).toEqual(untrusted());
  });

  it('hears no token through a proxy either', async () => {
    expect(await annotate({ 'proxy-url': proxy.url }, { token: 'secret' })).toEqual(untrusted());
  });

  it('hears no password of its own as a proxy', async () => {
    const { code, heard } = await annotate(
      { server: 'https://10.0.0.1', 'proxy-url': `https://me:secret@${server.host}` },
      { token: 'secret' },
    );
    expect([code, heard]).toEqual([1, '']);
  });

  it('hears no token to be renewed as the issuer of one', async () => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const config = {
      'id-token': `${part({ alg: 'none' })}.${part({ exp: 1 })}.x`,
      'refresh-token': 'secret',
      'client-id': 'flannel-bigip',
      'idp-issuer-url': `https://${server.host}`,
    };
    const { code, heard } = await annotate({}, { 'auth-provider': { name: 'oidc', config } });
    expect([code, heard]).toEqual([1, '']);
  });

  it('is talked to where the kubeconfig itself says so', async () => {
    const { code, heard } = await annotate(
      { 'insecure-skip-tls-verify': true },
      { token: 'the-token' },
    );
    expect([code, /^authorization: (.*)\r$/im.exec(heard)?.[1]]).toEqual([1, 'Bearer the-token']);
  });
});

describe('a BIG-IP with a certificate that nobody has signed', () => {
  it('hears no password, though the environment switches the check off', async () => {
    const site = `${SITE}    management: { url: "https://${server.host}" }\n`;
    const cwd = temporaryFolder({ 'flannel-bigip.yaml': site });
    const env = { BIGIP_USERNAME: 'admin', BIGIP_PASSWORD: 'secret' };
    expect(await run(['bigip', 'show', '--timeout', '3s'], { cwd, env })).toEqual({
      code: 1,
      stderr: expect.stringMatching(/certificate/),
      heard: '',
    });
  });
});
