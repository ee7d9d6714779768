import path from 'node:path';
import { type EtcdConnection, readTlsFiles } from '../../etcd/connection.ts';
import { type OpenStore, openOffered } from '../../etcd/open-store.ts';
import { readFileText } from '../../files/site-file.ts';
import type { EtcdApi } from '../../model/check-network.ts';
import type { EtcdDocument } from '../../model/generated/documents.ts';
import { EXIT, Problem } from '../../model/problem.ts';
import { objectionAt } from '../../model/site-draft.ts';
import {
  decodeSnapshot,
  emptyPlace,
  holdsKeys,
  isNode,
  type LiveState,
} from '../../model/snapshot.ts';
import type { World } from '../../world.ts';
import {
  DEFAULT_ENDPOINT,
  DEFAULT_PREFIX,
  isNamed,
  type ResolvedConnection,
  resolveConnection,
  type SiteConnection,
} from '../connection-options.ts';
import type { FlanneldFile } from '../flanneld-settings.ts';
import { originLines } from '../open.ts';
import type { Args } from '../options.ts';
import { flanneldFile } from './flanneld-file.ts';
import type { Interview } from './interview.ts';

/** How etcd is reached, and what it holds. */
export interface Connected {
  /** What the site file says of it. */
  readonly etcd: EtcdDocument;
  /** Null when etcd was not looked at. */
  readonly live: LiveState | null;
  /** The arguments with the typed answers among them, and the world with flanneld's password. */
  readonly args: Args;
  readonly world: World;
}

/**
 * Asks how etcd is reached and reads what it holds.
 *
 * @param folder where the site file is to lie: relative paths in it start there
 * @throws Problem when it cannot be reached and that is needed, or not accepted.
 */
export async function connect(interview: Interview, folder: string): Promise<Connected> {
  const flanneld = await flanneldFile(interview);
  const world = withPassword(interview.world, flanneld);
  const answers = new Map<string, string>();
  const args = withAnswers(interview.args, answers);
  const site = flanneld === null ? null : asDeclared(flanneld);
  if (site === null) await askConnection(interview, args, answers);
  const offline = interview.args.on('offline');
  const resolved = await resolveConnection(args, world, site, { offline });
  if (args.on('verbose')) world.stderr.write(originLines(resolved));
  if (resolved.notice !== null) interview.say(`${resolved.notice}.`);
  const seen = offline ? null : await look(interview, resolved);
  const api = seen?.api ?? (await askApi(interview));
  const etcd = etcdDocument(resolved, api, folder);
  return { etcd, live: seen && decodeSnapshot(seen.store.snapshot), args, world };
}

function withPassword(world: World, flanneld: FlanneldFile | null): World {
  const password = flanneld?.settings.password;
  if (password === undefined || world.env['FLANNELD_ETCD_PASSWORD']) return world;
  return { ...world, env: { ...world.env, FLANNELD_ETCD_PASSWORD: password } };
}

/** Arguments with answers that count as if they had been given. */
export function withAnswers(args: Args, answers: ReadonlyMap<string, string>): Args {
  return {
    ...args,
    text: (flag) => answers.get(flag) ?? args.text(flag),
    list: (flag) => answers.get(flag)?.split(',').filter(Boolean) ?? args.list(flag),
  };
}

/** flanneld runs in the root folder, where its relative paths start. */
function asDeclared({ file, settings }: FlanneldFile): SiteConnection {
  const { password: _, endpoints = '', ...etcd } = settings;
  return { etcd: { ...etcd, endpoints: endpoints.split(',') }, folder: '/', from: file };
}

async function askConnection(
  interview: Interview,
  args: Args,
  answers: Map<string, string>,
): Promise<void> {
  const { world } = interview;
  const ask = async (flag: string, message: string, rest: AskedRest) => {
    if (isNamed(flag, args, world)) return;
    const answer = await interview.text({ flag: `--${flag}`, message, given: undefined, ...rest });
    if (answer !== '') answers.set(flag, answer);
  };
  await ask('endpoints', "etcd's endpoints:", {
    initial: DEFAULT_ENDPOINT,
    check: (text) => refusal(withAnswers(args, new Map([['endpoints', text]])), world),
  });
  const { connection } = await resolveConnection(args, world, null, { offline: true });
  if (connection.endpoints.some((endpoint) => endpoint.startsWith('https:'))) {
    const pem = (tls: EtcdConnection['tls']) => tlsRefusal({ ...connection, tls });
    const file = (text: string) => path.resolve(world.cwd, text);
    await ask('cacert', "PEM file of etcd's CA (Enter: the system's CAs):", {
      optional: true,
      check: (text) => pem({ ca: file(text) }),
    });
    await ask('cert', 'PEM file of the client certificate (Enter: none):', {
      optional: true,
      // The file alone: its key is asked for next.
      check: (text) => messageOf(() => readFileText(text, world.cwd)),
    });
    const cert = args.text('cert');
    if (cert !== undefined) {
      await ask('key', "PEM file of the client certificate's key:", {
        check: (text) => pem({ cert: file(cert), key: file(text) }),
      });
    }
  }
  await ask('prefix', "flannel's prefix in etcd:", {
    initial: DEFAULT_PREFIX,
    check: (prefix) =>
      objectionAt({ name: 'site', etcd: { prefix }, network: {}, bigips: [] }, '/etcd/prefix'),
  });
}

interface AskedRest {
  readonly initial?: string;
  readonly optional?: boolean;
  check(text: string): string | null | Promise<string | null>;
}

/** Why arguments make no connection. */
async function refusal(args: Args, world: World): Promise<string | null> {
  return messageOf(() => resolveConnection(args, world, null, { offline: true }));
}

function tlsRefusal(connection: EtcdConnection): Promise<string | null> {
  return messageOf(() => readTlsFiles(connection));
}

async function messageOf(attempt: () => unknown): Promise<string | null> {
  try {
    await attempt();
    return null;
  } catch (error) {
    if (error instanceof Problem) return error.message;
    throw error;
  }
}

interface Seen {
  readonly store: OpenStore;
  readonly api: EtcdApi;
}

/** Reads the store that flannel uses; null when etcd is to be done without. */
async function look(interview: Interview, resolved: ResolvedConnection): Promise<Seen | null> {
  let offered: readonly OpenStore[];
  try {
    offered = await openOffered(resolved.connection, resolved.api);
    for (const { store } of offered) store.close();
  } catch (error) {
    if (!(error instanceof Problem) || interview.args.on('from-live')) throw error;
    return doWithout(interview, error);
  }
  const holding = offered.filter(({ snapshot }) => holdsKeys(snapshot));
  const candidates = holding.length > 0 ? holding : offered;
  const [first, second] = candidates;
  if (first === undefined) throw new Error('etcd offers no store');
  const told = second === undefined ? null : await askStore(interview, candidates);
  // Where nobody could choose, every choice is said.
  for (const one of told === null || interview.asks ? [told ?? first] : candidates) {
    interview.say(`${one.store.description} holds ${contents(one)}.`);
  }
  const store = told ?? first;
  const { api } = store.snapshot;
  return { store, api: api === 'file' ? 'auto' : api };
}

async function doWithout(interview: Interview, error: Problem): Promise<null> {
  const why = error.fix === undefined ? error.message : `${error.message} (${error.fix})`;
  interview.say(`warning: ${why}. Nothing is known of what is live.`);
  // Whoever is asked may have mistyped the endpoint, and a network made up goes unnoticed.
  if (await interview.whether('Go on without etcd?', !interview.asks)) return null;
  throw new Problem('not written, since etcd cannot be read', { exit: EXIT.failed, cause: error });
}

/** etcd keeps two stores, and most people look into the wrong one. */
async function askStore(interview: Interview, stores: readonly OpenStore[]): Promise<OpenStore> {
  const of = (api: string) => stores.find(({ store }) => store.api === api);
  const name = (api: 'v2' | 'v3', flannel: string) => {
    const store = of(api);
    return { value: api, name: `${api}: ${flannel}${store ? `, holds ${contents(store)}` : ''}` };
  };
  const api = await interview.choice({
    flag: '--etcd-api',
    message: "Which of etcd's stores does flanneld read?",
    given: undefined,
    choices: [name('v3', 'flannel 0.18 and later'), name('v2', 'flannel up to 0.17')],
    initial: 'v3',
    guess: false,
  });
  return of(api) ?? (stores[0] as OpenStore);
}

function contents(opened: OpenStore): string {
  if (!holdsKeys(opened.snapshot)) {
    return `nothing of flannel's under ${emptyPlace(opened.store.prefix)}`;
  }
  const { leases, snapshot } = decodeSnapshot(opened.snapshot);
  const nodes = leases.filter(isNode).length;
  const count = (n: number, one: string) => `${n} ${one}${n === 1 ? '' : 's'}`;
  const config = snapshot.config === null ? 'no network config' : 'a network config';
  return `${config}, ${count(nodes, 'node lease')}, ${count(leases.length - nodes, 'reservation')}`;
}

/** Where nobody could look, both stores stay possible unless it is said. */
function askApi(interview: Interview): Promise<EtcdApi> {
  return interview.choice({
    flag: '--etcd-api',
    message: "Which of etcd's stores does flanneld read?",
    given: interview.args.text('etcd-api') as EtcdApi | undefined,
    choices: [
      { value: 'auto', name: 'auto: look at both, once etcd can be reached' },
      { value: 'v3', name: 'v3: flannel 0.18 and later' },
      { value: 'v2', name: 'v2: flannel up to 0.17' },
    ],
    initial: 'auto',
    guess: true,
  });
}

/** The connection as the site file says it, never a password. */
function etcdDocument(
  { connection, origins }: ResolvedConnection,
  api: EtcdApi,
  folder: string,
): EtcdDocument {
  const typed = (option: string) => origins.find((origin) => origin.option === option)?.value;
  // What was given as a relative path stays one, but starts from the site file's folder.
  const moved = (file: string, given: string | undefined) =>
    given === undefined || path.isAbsolute(given) ? file : path.relative(folder, file);
  const [first = '', ...others] = connection.endpoints.map((endpoint) =>
    endpoint.startsWith('file:')
      ? `file:${moved(endpoint.slice('file:'.length), typed('endpoints')?.slice('file:'.length))}`
      : endpoint,
  );
  const { ca, cert, key } = connection.tls;
  const user = typed('user')?.replace(/:.*/s, '');
  return {
    endpoints: [first, ...others],
    api,
    prefix: connection.prefix,
    ...(ca === undefined ? {} : { ca: moved(ca, typed('cacert')) }),
    ...(cert === undefined ? {} : { cert: moved(cert, typed('cert')) }),
    ...(key === undefined ? {} : { key: moved(key, typed('key')) }),
    ...(user === undefined ? {} : { user }),
  };
}
