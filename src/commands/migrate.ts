import { MigrationRecord } from '../files/migration-record.ts';
import type { Change, Plan } from '../model/change.ts';
import { cutover } from '../model/cutover.ts';
import {
  allCopied,
  isListenedTo,
  nameOf,
  notKept,
  planMigration,
  planRetirement,
} from '../model/migrate.ts';
import { EXIT, type ExitCode, Problem } from '../model/problem.ts';
import { cutoverJson, cutoverText, migratedLines } from '../output/migrate-output.ts';
import { styleOf } from '../output/style.ts';
import { writeDocument, writeLine } from '../output/write.ts';
import type { Executed } from '../session/execute.ts';
import { nextCommand, sameCommand } from '../session/next-command.ts';
import type { Args, EtcdStore } from '../session/options.ts';
import { loadSiteIfAny } from '../session/site.ts';
import {
  type BothStores,
  directionOf,
  readSide,
  type StoreSide,
  withBothStores,
} from '../session/stores.ts';
import { readBackProblem, runPlan } from '../session/write-command.ts';
import type { World } from '../world.ts';

/** How many writes may go by until it is looked whether a flanneld has begun to listen. */
const LOOK_EVERY = 100;

/** `migrate`: copies config, reservations and node leases from one of etcd's stores to the other. */
export async function run(args: Args, world: World): Promise<ExitCode> {
  const retire = args.text('retire') as EtcdStore | undefined;
  if (retire !== undefined && (args.text('from') ?? args.text('to') ?? args.on('cutover'))) {
    throw new Problem('--retire stands alone', { exit: EXIT.usage });
  }
  const direction = retire === undefined ? directionOf(args) : null;
  const loaded = await loadSiteIfAny(args, world);
  return withBothStores(args, world, loaded, (stores) => {
    if (retire !== undefined) return retireStore(retire, args, world, stores);
    const { from, to } = direction ?? directionOf(args);
    const record = new MigrationRecord(world.env, `${stores.id}-${from}-${to}`);
    if (args.on('cutover')) return showCutover(stores.of[from], stores.of[to], record, args, world);
    return migrate({ from, to, stores, record }, args, world);
  });
}

interface Migration {
  readonly from: EtcdStore;
  readonly to: EtcdStore;
  readonly stores: BothStores;
  readonly record: MigrationRecord;
}

async function migrate(migration: Migration, args: Args, world: World): Promise<ExitCode> {
  const { from, to, stores, record } = migration;
  const [source, target] = [stores.of[from], stores.of[to]];
  const plan = planBetween(source, target, record);
  const { store } = target;
  const configured = store.settle;
  const pace = (side: StoreSide) => {
    // Nobody listens to a store that nobody renews anything in: no event can be lost there.
    store.settle = isListenedTo(side.live, record.read()) ? configured : 0;
  };
  pace(target);
  let done = 0;
  const command = {
    name: 'migrate',
    question: `Copy this to etcd's ${to} store?`,
    declined: 'Not migrated; nothing was changed.',
    written: async (change: Change, revision: string) => {
      record.add(nameOf(change), revision);
      done += 1;
      if (done % LOOK_EVERY === 0) pace(await readSide(to, store));
    },
    verify: (executed: Executed) =>
      readBackProblem(executed, async () => {
        const now = await readSide(to, store);
        return notKept(executed.done, now.live, record.read());
      }),
    success: ({ done, backup }: Executed) => migratedLines(done, plan, backup, from, to),
    next: () =>
      isPartial(plan)
        ? `make right what was left alone, then ${sameCommand('migrate', args, ['dry-run'])}`
        : nextCommand(`migrate --from ${from} --to ${to} --cutover`, args),
  };
  const session = sessionOf(stores, target, source, allCopied(to));
  const code = await runPlan(plan, session, command, args, world);
  return code === EXIT.done && isPartial(plan) ? EXIT.failed : code;
}

function planBetween(source: StoreSide, target: StoreSide, record: MigrationRecord): Plan {
  return planMigration({
    source: source.live,
    target: target.live,
    sourceTtls: source.ttls,
    targetTtls: target.ttls,
    written: record.read(),
  });
}

/** Whether somebody has to make a config or a reservation right by hand. */
function isPartial({ problems }: Plan): boolean {
  return problems.some(({ rule }) => rule === 'target-differs' || rule === 'config-unreadable');
}

/** A session on the store that is written to. */
function sessionOf(stores: BothStores, written: StoreSide, read: StoreSide, atRest: string) {
  const { store, live } = written;
  const place = {
    site: stores.site,
    store: `${store.description} (beside its ${read.api} store)`,
    prefix: store.prefix,
    notice: stores.notice,
    atRest,
  };
  return { site: null, store, live, place };
}

async function showCutover(
  source: StoreSide,
  target: StoreSide,
  record: MigrationRecord,
  args: Args,
  world: World,
): Promise<ExitCode> {
  const plan = cutover(source, target, record.read());
  if (args.text('output') === 'json') {
    await writeDocument(world.stdout, 'json', cutoverJson(plan));
  } else {
    const own = (words: string) => nextCommand(words, args);
    writeLine(world.stdout, cutoverText(plan, own, styleOf(world.stdout, world.env)));
  }
  return EXIT.done;
}

async function retireStore(
  api: EtcdStore,
  args: Args,
  world: World,
  stores: BothStores,
): Promise<ExitCode> {
  const other = api === 'v2' ? stores.of.v3 : stores.of.v2;
  const old = stores.of[api];
  const plan = planRetirement(old.live, other.live);
  const command = {
    name: 'migrate',
    question: `Empty etcd's ${api} store of this?`,
    declined: 'Not emptied; nothing was changed.',
    verify: (executed: Executed) =>
      readBackProblem(executed, async () => {
        const now = await readSide(api, old.store);
        return planRetirement(now.live, other.live).changes;
      }),
    success: ({ done, backup }: Executed) => [
      `\nRetired: ${done.length} key${done.length === 1 ? '' : 's'} of the ${api} store ${done.length === 1 ? 'is' : 'are'} gone.`,
      ...(backup === null ? [] : [`They are kept in ${backup}`]),
    ],
    next: () => nextCommand(`list --etcd-api ${other.api}`, args),
  };
  return runPlan(
    plan,
    sessionOf(stores, old, other, `the ${api} store holds nothing of it`),
    command,
    args,
    world,
  );
}
