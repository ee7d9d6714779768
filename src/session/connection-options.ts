import path from 'node:path';
import type { EtcdConnection, HttpProxy, TlsFiles } from '../etcd/connection.ts';
import { readFileText } from '../files/site-file.ts';
import type { EtcdApi } from '../model/check-network.ts';
import { EXIT, Problem } from '../model/problem.ts';
import type { EtcdSettings } from '../model/site.ts';
import type { World } from '../world.ts';
import { askPassword } from './ask.ts';
import { type Args, ETCD_OPTIONS, parseDuration } from './options.ts';

export const DEFAULT_ENDPOINT = 'http://127.0.0.1:2379';
export const DEFAULT_PREFIX = '/coreos.com/network';

/** One value with where it came from, for `--verbose`. */
interface Origin {
  readonly option: string;
  readonly value: string;
  readonly from: string;
}

export interface ResolvedConnection {
  readonly connection: EtcdConnection;
  readonly api: EtcdApi;
  /** Where that was named, for messages. */
  readonly apiFrom: string;
  /** Said when environment and site file name different endpoints. */
  readonly notice: string | null;
  readonly origins: readonly Origin[];
}

/** The site file's part of the connection, and the folder its paths are relative to. */
export interface SiteConnection {
  readonly etcd: EtcdSettings;
  readonly folder: string;
  /** Where it stands, if that is not a site file. */
  readonly from?: string;
}

interface Found {
  readonly value: string;
  readonly from: string;
  /** The folder that a relative path in the value starts from. */
  readonly base: string;
}

/**
 * Puts the connection together: flag, then environment, then site file, then default.
 *
 * @param options `offline`: nothing will be connected, so no password is looked for
 * @throws Problem (exit 64) when values contradict one another or a password cannot be asked for.
 */
export async function resolveConnection(
  args: Args,
  world: World,
  site: SiteConnection | null,
  options: { readonly offline?: boolean } = {},
): Promise<ResolvedConnection> {
  const origins: Origin[] = [];
  const find = (flag: string, declared: string | undefined): Found | undefined => {
    const found = lookUp(flag, declared, args, world, site);
    if (found)
      origins.push({ option: flag, value: shownValue(flag, found.value), from: found.from });
    return found;
  };
  const etcd = site?.etcd ?? {};
  const endpoints = find('endpoints', etcd.endpoints?.join(','));
  const tls: TlsFiles = {
    ...filePath('ca', find('cacert', etcd.ca)),
    ...filePath('cert', find('cert', etcd.cert)),
    ...filePath('key', find('key', etcd.key)),
  };
  const user = find('user', etcd.user);
  if (user === undefined && args.text('password-file') !== undefined) {
    throw new Problem('--password-file is given without a user', {
      exit: EXIT.usage,
      fix: 'pass --user too',
    });
  }
  const list = splitEndpoints(endpoints, world.cwd, Object.keys(tls).length > 0);
  const isFile = list.some((endpoint) => endpoint.startsWith('file:'));
  const api = find('etcd-api', etcd.api);
  return {
    connection: {
      endpoints: list,
      ...(endpoints === undefined ? { howToName: howToName(site) } : {}),
      prefix: cleanPrefix(find('prefix', etcd.prefix)?.value ?? DEFAULT_PREFIX),
      timeout: parseDuration(args.text('timeout') ?? '10s', 'timeout'),
      settle: parseDuration(args.text('settle') ?? '500ms', 'settle'),
      tls,
      credentials:
        user && !isFile && !options.offline ? await credentials(user, args, world) : null,
      proxy: args.on('use-env-proxy') && !isFile ? await environmentProxy(list, origins) : null,
    },
    api: (api?.value ?? 'auto') as EtcdApi,
    apiFrom: api?.from === '--etcd-api' ? '--etcd-api' : 'etcd.api in the site file',
    notice: endpointsNotice(endpoints, list, etcd, site, Object.keys(tls).length > 0),
    origins,
  };
}

function howToName(site: SiteConnection | null): string {
  const named =
    site === null ? 'name a site file with --file' : 'write etcd.endpoints in the site file';
  return `pass --endpoints, or ${named}`;
}

/** Whether the endpoint in force is the embedded store. */
export function namesFile(args: Args, world: World, etcd: EtcdSettings): boolean {
  const found = lookUp('endpoints', etcd.endpoints?.join(','), args, world, null);
  return found?.value.trimStart().startsWith('file:') === true;
}

/** Whether a flag or an environment variable names a value of the connection. */
export function isNamed(flag: string, args: Args, world: World): boolean {
  return lookUp(flag, undefined, args, world, null) !== undefined;
}

function lookUp(
  flag: string,
  declared: string | undefined,
  args: Args,
  world: World,
  site: SiteConnection | null,
): Found | undefined {
  const spec = ETCD_OPTIONS.find((option) => option.flag === flag);
  const given = spec?.type === 'list' ? args.list(flag).join(',') : args.text(flag);
  if (given) return { value: given, from: `--${flag}`, base: world.cwd };
  const variable = spec?.env?.find((name) => world.env[name]);
  const value = variable && world.env[variable];
  if (variable && value) return { value, from: variable, base: world.cwd };
  if (declared === undefined || declared === '') return undefined;
  return {
    value: declared,
    from: site?.from ?? 'site file',
    base: site?.folder ?? world.cwd,
  };
}

function shownValue(flag: string, value: string): string {
  return flag === 'user' ? value.replace(/:.*/s, ':(set)') : value;
}

function filePath<K extends string>(name: K, found: Found | undefined): { [P in K]?: string } {
  if (found === undefined) return {};
  return { [name]: path.resolve(found.base, found.value) } as { [P in K]: string };
}

/** flanneld joins its prefix with Go's `path.Join`, which drops doubled and trailing slashes. */
function cleanPrefix(prefix: string): string {
  return path.posix.normalize(prefix).replace(/\/$/, '');
}

function splitEndpoints(found: Found | undefined, cwd: string, withTls: boolean): string[] {
  const texts = (found?.value ?? DEFAULT_ENDPOINT)
    .split(',')
    .map((text) => text.trim())
    .filter((text) => text !== '');
  const list = texts.map((text) => endpointOf(text, found?.base ?? cwd, withTls));
  const files = list.filter((endpoint) => endpoint.startsWith('file:'));
  if (list.length === 0 || (files.length > 0 && list.length > 1)) {
    throw new Problem(
      list.length === 0 ? 'no endpoint is given' : 'a file: endpoint stands alone, without others',
      { exit: EXIT.usage, fix: 'pass --endpoints' },
    );
  }
  return list;
}

function endpointOf(text: string, base: string, withTls: boolean): string {
  if (text.startsWith('file:')) return `file:${path.resolve(base, text.slice('file:'.length))}`;
  // Like etcdctl: without a scheme, TLS files mean TLS.
  const withScheme = text.includes('://') ? text : `${withTls ? 'https' : 'http'}://${text}`;
  const wrong = (why: string, fix: string) =>
    new Problem(`the endpoint ${text.replace(/\/\/.*@/, '//')} ${why}`, { exit: EXIT.usage, fix });
  let url: URL;
  try {
    url = new URL(withScheme);
  } catch {
    throw wrong('is no URL', 'write it like https://10.1.10.151:2379');
  }
  if (url.username || url.password) {
    throw wrong('holds a user or a password', 'use --user and --password-file');
  }
  if (!['http:', 'https:'].includes(url.protocol) || !['', '/'].includes(url.pathname)) {
    throw wrong('is no etcd client URL', 'write it like https://10.1.10.151:2379');
  }
  // URL drops a port that is its scheme's default, so the text decides whether there was one.
  const port = url.port || (/:(\d+)\/?$/.exec(withScheme)?.[1] ?? '2379');
  return `${url.protocol}//${url.hostname}:${port}`;
}

/**
 * The proxy that the environment names for these endpoints; null when it names none.
 *
 * @throws Problem (exit 64) when it is none that can open a tunnel, or not the same for all of them
 */
async function environmentProxy(
  endpoints: readonly string[],
  origins: Origin[],
): Promise<HttpProxy | null> {
  const { getProxyForUrl } = await import('proxy-from-env');
  const urls = new Set(endpoints.map(getProxyForUrl).filter((url) => url !== ''));
  const [url, other] = urls;
  if (url === undefined) return null;
  const fix = 'set https_proxy and http_proxy to one http:// URL, or leave --use-env-proxy out';
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed?.protocol !== 'http:' || other !== undefined) {
    const what = other === undefined ? 'no http:// URL' : 'not the same for all endpoints';
    throw new Problem(`the proxy of the environment is ${what}`, { exit: EXIT.usage, fix });
  }
  origins.push({ option: 'proxy', value: `http://${parsed.host}`, from: 'environment' });
  return { url, except: endpoints.filter((endpoint) => getProxyForUrl(endpoint) === '') };
}

function endpointsNotice(
  found: Found | undefined,
  list: readonly string[],
  etcd: EtcdSettings,
  site: SiteConnection | null,
  withTls: boolean,
): string | null {
  if (found === undefined || etcd.endpoints === undefined) return null;
  if (!/^(ETCDCTL|FLANNELD?)_/.test(found.from)) return null;
  const declared = etcd.endpoints.map((one) => endpointOf(one, site?.folder ?? '', withTls));
  if (list.toSorted().join() === declared.toSorted().join()) return null;
  const other = site?.from ?? 'the site file';
  return `${found.from} is used instead of ${other}'s ${etcd.endpoints.join(',')}`;
}

async function credentials(
  found: Found,
  args: Args,
  world: World,
): Promise<{ user: string; password: string }> {
  const colon = found.value.indexOf(':');
  if (colon >= 0 && found.from === '--user') {
    throw new Problem('--user must not hold the password: every process list would show it', {
      exit: EXIT.usage,
      fix: 'use --password-file, ETCDCTL_USER=name:password, or the prompt',
    });
  }
  const user = colon < 0 ? found.value : found.value.slice(0, colon);
  const file = args.text('password-file');
  if (file !== undefined) {
    return { user, password: readPassword(file, world.cwd) };
  }
  if (colon >= 0) return { user, password: found.value.slice(colon + 1) };
  // ETCDCTL_USER may hold the password of the very user that a flag names.
  const [name, ...rest] = (world.env['ETCDCTL_USER'] ?? '').split(':');
  if (name === user && rest.length > 0) return { user, password: rest.join(':') };
  const password = world.env['ETCDCTL_PASSWORD'] || world.env['FLANNELD_ETCD_PASSWORD'];
  return { user, password: password || (await askPassword(world, user)) };
}

function readPassword(file: string, cwd: string): string {
  try {
    return readFileText(file, cwd).replace(/\r?\n$/, '');
  } catch (cause) {
    if (!(cause instanceof Problem)) throw cause;
    throw new Problem(`the password file ${cause.message}`, { exit: EXIT.failed, cause });
  }
}
